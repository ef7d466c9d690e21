#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What a terminal is sent, and how it is left: bytes and bursts by the budget, terminals that are not read, that are
# unknown, or that can do nothing.
. "$(dirname "$0")/../lib/tap.sh"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"
story=$work/story.twr
"$TOOLS/make_story" "$story"
chmod 644 "$story"
export TERM=xterm-256color

start='' bytes_s='' bursts_s='' exit_ms='' status='' restored='' unread=''
# meter OPTIONS... -- ARGUMENTS...: sets start, bytes_s, bursts_s, exit_ms, status, restored
meter()
{
	local options=()

	while [ "$1" != -- ]; do
		options+=("$1")
		shift
	done
	shift
	eval "$("$TOOLS/pty_meter" "${options[@]}" -- "$TUNWATCH" replay "$story" "$@" | tr ' ' '\n' |
		sed 's/^bursts_s=\(.*\)\.\(..\)$/bursts_s=\1\2/')"
}

# most VALUE LIMIT NAME
most()
{
	[ "$1" -le "$2" ]
	ok $? "$3: $1, at most $2"
}

meter -g 120x40 -w 0.9 -n 0.1 -- --keys 'p'
most "$start" 6000 "bytes of the start at 120x40"
is "$status $restored" "0 1" "ends well, the terminal as before"
meter -g 120x40 -f use1-b -w 0 -n 0.1 -e q -o "$work/out" --
regions=$(LC_ALL=C grep -ao $'\x1b\\[[0-9;]*r' "$work/out" | tr -d '\033')
is "$regions" "[1;40r" "the scroll region is the whole screen"
meter -g 80x24 -f use1-b -w 1.5 -n 8 -- --keys 'b+20m<Enter>'
most "$bytes_s" 200 "bytes a second at 80x24, all rows changing"
most "$bursts_s" 113 "bursts in 100 s"
meter -g 120x40 -f use1-b -w 1.5 -n 8 -- --keys 'b+20m<Enter>'
most "$bytes_s" 500 "bytes a second at 120x40, all rows changing"
most "$bursts_s" 113 "bursts in 100 s"
meter -g 120x40 -f use1-b -w 1.5 -n 4 -- --keys 'p'
most "$bytes_s" 30 "bytes a second when paused"

"$TOOLS/make_story" -r "$work/routers.twr"
"$TOOLS/make_story" -m "$work/mtu.twr"
"$TOOLS/make_storm" "$work/storm.twr"
chmod 644 "$work/storm.twr" "$work/routers.twr" "$work/mtu.twr"
story=$work/routers.twr meter -g 80x24 -f edge -w 1.5 -n 8 -- --keys 'b+20m<Enter>4'
most "$bytes_s" 200 "bytes a second at 80x24, BGP and routers"
most "$bursts_s" 113 "bursts in 100 s"
story=$work/routers.twr meter -g 120x40 -f edge -w 1.5 -n 8 -- --keys 'b+20m<Enter>4'
most "$bytes_s" 500 "bytes a second at 120x40, BGP and routers"
for most in 80x24:200 120x40:500; do
	story=$work/mtu.twr meter -g "${most%:*}" -f lac1 -w 1.5 -n 8 -- --keys 'b+18m<Enter>2'
	most "$bytes_s" "${most#*:}" "bytes a second at ${most%:*}, MTUs"
	most "$bursts_s" 113 "bursts in 100 s"
done
for size in 80x24 120x40; do
	story=$work/storm.twr meter -g $size -f tun -w 2 -n 8 -- --keys 'b+110s<Enter>'
	most "$bytes_s" 2000 "bytes a second at $size while 40 tunnels flap"
	most "$bursts_s" 500 "bursts in 100 s"
done

# more than the kernel keeps for a pty: from then on writing would block
full=10000
redraw=$'\f'
for signal in 15 1 2; do
	meter -g 500x200 -f use1-b -w 0 -n 2 -u -r "$redraw" -s $signal -- --keys 'b+20m<Enter>'
	most "$exit_ms" 1000 "milliseconds to end by signal $signal, on a terminal that nobody reads"
	is "$restored" 1 "its modes are restored"
	most $full "$unread" "bytes lay in its queue"
done
meter -g 500x200 -f use1-b -w 0 -n 2 -u -r "$redraw" -e q -- --keys 'b+20m<Enter>'
most "$exit_ms" 1000 "q works there too"
meter -g 500x200 -f use1-b -w 0 -n 2 -u -r "$redraw" -e Q -- --keys 'b+20m<Enter>'
most "$exit_ms" 2500 "and Q"

# the status is the signal's own, but for a sanitizer that has its say
ulimit -c 0
for signal in 11 6 8 3; do
	meter -g 80x24 -f use1-b -w 0 -n 0.1 -s $signal -o "$work/out" --
	is "$restored" 1 "a crash (signal $signal) leaves the terminal's modes as before"
	like "$status" "^($((128 + signal))|1)$" "and dies of it"
	LC_ALL=C grep -qaF $'\x1b[?1049l' "$work/out"
	ok $? "the screen is the one from before, too"
done
meter -g 500x200 -f use1-b -w 0 -n 1 -u -r "$redraw" -s 11 -- --keys 'b+20m<Enter>'
most "$exit_ms" 1000 "milliseconds to crash on a terminal that nobody reads"
is "$restored" 1 "its modes are restored"

for term in dumb nonsense vt100 xterm-kitty linux ''; do
	TERM=$term meter -f use1-b -w 0 -n 0.1 -e q -o "$work/out" -- --keys 'jjd'
	is "$status $restored" "0 1" "TERM=$term"
	LC_ALL=C grep -q 'use1-b' "$work/out"
	ok $? "TERM=$term shows rows"
done
for size in 20x5 1x1 2x30 500x200; do
	meter -g $size -w 1 -n 0.5 -e q -- --keys 'jjd?q'
	is "$status $restored" "0 1" "size $size"
done
LC_ALL=C meter -f use1-b -w 0 -n 0.5 -e q -o "$work/out" --
is "$(LC_ALL=C grep -c $'[\x80-\xff]' "$work/out")" 0 "LC_ALL=C: not a byte beyond ASCII"
NO_COLOR=1 meter -f use1-b -w 0 -n 0.5 -e q -o "$work/out" -- --keys 'b+24m<Enter>'
is "$(LC_ALL=C grep -c $'\x1b\\[3[1-7]m' "$work/out")" 0 "NO_COLOR"
meter -f use1-b -w 0 -n 0.1 -e q -o "$work/out" -- --keys 'b+24m<Enter>'
like "$(LC_ALL=C grep -c $'\x1b\\[3[1-7]m' "$work/out")" "^[1-9]" "colours otherwise"
meter -f use1-b -w 0 -n 0.1 -e Q -o "$work/out" -- --keys 'b+24m<Enter>'
like "$(cat "$work/out")" "Outages" "Q prints the outages"

done_testing
