#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2154,SC2317
# Routers of every temper, all at once: what they say is recorded, how they fail is told in words, none makes a probe
# late, and none is told a password twice.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/netns.sh"
. "$(dirname "$0")/../lib/process.sh"
. "$(dirname "$0")/../lib/router.sh"

vxlan_pair 8
mkdir -m 777 "$work/rec"
file=$work/rec/all.twr
conf=$work/conf
echo secret > "$work/secret"
chmod 600 "$work/secret"
yamaha=$TOP/tests/data/routers/yamaha
answers=(-a "show status bgp neighbor=$yamaha/bgp.txt" -a "show status tunnel=$yamaha/tunnel-ja.txt"
	-a "show ipsec sa=$yamaha/sa.txt" -a "show environment=$yamaha/environment.txt"
	-a "show log reverse=$work/log.txt")
cp "$yamaha/log.txt" "$work/log.txt"

# router NAME KEYS...: its section.
router()
{
	local name=$1

	shift
	echo "router $name { profile = yamaha-rtx password-file = $work/secret poll = 1 $* }" >> "$conf"
}

# telnet NAME SCRIPT OPTIONS...
telnet()
{
	play "$near" "$@"
	router "$1" "host = 127.0.0.1 port = $port ${KEYS-}"
	ports[$1]=$port
	pids[$1]=$pid
}
declare -A ports pids

cat > "$conf" << 'END'
tunnel aws { peer = 192.0.2.2 router = ja remote-name = 'TUNNEL[1]' bgp = 169.254.12.1 }
END
KEYS="zone = '+09:00'" telnet ja yamaha-ja "${answers[@]}"
KEYS="user = me" telnet named yamaha -u me
telnet first lost-first
telnet wrong wrong-password
telnet error error-password
telnet silent silent
telnet slow slow
telnet garbage garbage
telnet eof eof-in-answer
telnet confirm confirm
telnet later asks-later
telnet idle idle-close
router pty "run = { sh, \"-c\", \"echo \$\$ > $work/rec/pty.pid; exec $TOOLS/router_play -l $work/pty.log -\" }"
router gone "run = { /nonexistent/ssh, me@192.0.2.9 }"
router empty "host = 192.0.2.2 port = 2323"
# the terminal's router runs as whoever the collector becomes
touch "$work/pty.log"
chmod 666 "$work/pty.log"

background "$near" "$TUNWATCH" record --new -c "$conf" -o "$file"
collector=$pid

wait_for 30 last_outcome_is "$file" ja ok
ok $? "a router in Japanese answers"
is "$(records "$file" bgp 'select(.router == "ja") | "\(.neighbor) \(.state) \(.asn) \(.drops)"' | tail -n 1)" \
	"169.254.12.1 Active 64512 1" "its neighbour"
is "$(records "$file" router-tunnel 'select(.router == "ja") | "\(.name) \(.up) \(.rx_packets) \(.sa) \(.sa_life_s)"' |
	tail -n 1)" "TUNNEL[1] true 3921 true 2345" "its tunnel"
is "$(records "$file" router 'select(.router == "ja" and .cpu_pct) | "\(.cpu_pct) \(.mem_pct)"' | head -n 1)" "7 31" \
	"its environment"
log_lines()
{
	records "$file" log 'select(.source == "ja") | "\(.at) \(.meaning) \(.name // "-")"'
}
wait_for 10 heard ja 'line show log reverse' > /dev/null
is "$(log_lines | wc -l)" 5 "its log, once"
is "$(log_lines | tail -n 1 | cut -d' ' -f2-)" "up TUNNEL[1]" "the newest line comes last"
polls=$(heard ja 'line show log reverse')
polled_again()
{
	[ "$(heard ja 'line show log reverse')" -gt $((polls + 2)) ]
}
wait_for 20 polled_again
is "$(log_lines | wc -l)" 5 "polled again, nothing is told twice"
{ echo "2026/11/20 14:05:10: IP Tunnel[1] Up"; cat "$yamaha/log.txt"; } > "$work/log.new"
mv "$work/log.new" "$work/log.txt"
has_six()
{
	[ "$(log_lines | wc -l)" = 6 ]
}
wait_for 10 has_six
ok $? "a line like the one before it, in the same second, is new"

for name in named first confirm pty; do
	wait_for 30 last_outcome_is "$file" $name ok
	ok $? "$name answers" || diag "$(outcomes "$file" $name | tail -n 3)"
done
is "$(heard ja connect) $(heard pty connect)" "1 1" "one session each"

# expect NAME OUTCOME NAME_OF_TEST
expect()
{
	wait_for 40 had_outcome "$file" "$1" "$2"
	ok $? "$3" || diag "$(outcomes "$file" "$1" | sort | uniq -c)"
}
expect wrong "auth .*next try in 30 min" "a wrong password is told"
expect error "auth .*next try in 30 min" "so is one that is complained of"
expect silent "timeout no prompt within 10 s" "a silent router"
expect slow "timeout no prompt" "a slow one"
expect garbage "(parse|timeout) " "one that prints without end"
expect eof "lost .*in the middle of an answer" "one that hangs up in the middle of an answer"
expect later "parse .*login question" "one that asks for a password later"
expect gone "(refused|lost) .*cannot be run|cannot run" "a program that is not there"
expect empty "refused Connection refused" "nobody listens"
idle_twice()
{
	[ "$(heard idle connect)" -ge 2 ] && last_outcome_is "$file" idle ok
}
wait_for 30 idle_twice
ok $? "one that closes idle sessions is asked in a new one"

# ---- they get well
well()
{
	kill "${pids[$1]}"
	wait_for 5 gone "${pids[$1]}"
	PORT=${ports[$1]} play "$near" "$1" yamaha
}
well eof
well silent
for name in eof silent; do
	wait_for 60 last_outcome_is "$file" $name ok
	ok $? "$name recovers" || diag "$(outcomes "$file" $name | tail -n 3)"
done
is "$(heard wrong connect) $(heard error connect)" "1 1" "wrong credentials are tried once"
is "$(cat "$work"/*.log | grep -c '^fault')" 0 "nothing but what was allowed was sent" ||
	diag "$(grep -h '^fault' "$work"/*.log | head -n 5)"
p99=$(slip_p99 "$file")
[ "$p99" -lt 100000 ]
ok $? "no probe left late" || diag "p99 of slip_us $p99"
rss=$(status_of "$collector" VmRSS | cut -d' ' -f1)
[ "$rss" -lt 100000 ]
ok $? "the collector stays small" || diag "$rss KiB"
kill "$collector"
wait_for 5 gone "$collector"
hung_up()
{
	[ "$(heard ja close)" = 1 ]
}
wait_for 5 hung_up
ok $? "at the end nothing stays open"
wait_for 5 gone "$(head -n 1 "$work/rec/pty.pid")"
ok $? "nor does a program run on"

# ---- a person needs the session
kill "${pids[ja]}" 2> /dev/null
: > "$work/mine.log"
play "$near" mine yamaha
cat > "$conf" << END
router mine { profile = yamaha-rtx host = 127.0.0.1 port = $port password-file = $work/secret poll = 1 }
END
screen "$near" first -c "$conf"
session_file()
{
	file=$(running_file "$near")
	[ -n "$file" ] && last_outcome_is "$file" mine "$1"
}
wait_for 20 session_file ok
ok $? "a session with a screen"
# a key means what the screen says at that moment
shows()
{
	grep -aqF "$1" "$work/first.out"
}
type_keys first 4
wait_for 20 shows 'last answer'
ok $? "that shows the router"
type_keys first L
wait_for 10 session_file 'released .*somebody asked for it'
ok $? "key L releases the routers"
closed()
{
	[ "$(heard mine connect)" = "$(heard mine close)" ]
}
wait_for 5 closed
ok $? "and the session is closed"
is "$(heard mine 'line exit')" 1 "with a logout"
wait_for 10 shows 'left alone'
ok $? "and the screen says so"
type_keys first L
wait_for 10 session_file ok
ok $? "pressed again, they are asked again"
is "$(heard mine connect)" 2 "in a session of its own"
in_host "$near" "$TUNWATCH" stop > /dev/null
done_testing
