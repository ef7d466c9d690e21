#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The processes of a session: whose they are, what they may, and who outlives whom.
. "$(dirname "$0")/../lib/tap.sh"
. "$TOP/tests/lib/netns.sh"
. "$TOP/tests/lib/process.sh"

none=0000000000000000
host a
host b
# shellcheck disable=SC2154
wire "$a" eth0 198.51.100.1/24 "$b" eth0 198.51.100.2/24
vxlan "$a" vx1 7 198.51.100.1 198.51.100.2 10.7.0.1/30
vxlan "$b" vx1 7 198.51.100.2 198.51.100.1 10.7.0.2/30

# ---- one session, its three processes
screen "$a" one
terminal=$pid
wait_for 10 has_collectors "$a" 1
ok $? "tunwatch begins a collector"
collector=$(collectors "$a")
viewer=$(cat "$work/one.pid")
wait_for 5 test -n "$(child_of "$collector")"
writer=$(child_of "$collector")
wait_for 5 test -n "$(running_file "$a")"
file=$(running_file "$a")
dir=$(dirname "$file")
for pid in $(of_host "$a"); do
	[[ " $(status_of "$pid" Uid) " != *" 0 "* ]] || root="$pid"
	[ "$(status_of "$pid" NoNewPrivs)" = 1 ] || may_gain="$pid"
	[ "$(status_of "$pid" CapBnd)$(status_of "$pid" CapAmb)$(status_of "$pid" CapInh)" = "$none$none$none" ] ||
		bounding="$pid"
	[ "$pid" = "$collector" ] || [ "$(status_of "$pid" CapPrm)" = "$none" ] || capable="$pid"
done
is "${root-}" "" "nobody of them is root"
is "${may_gain-}" "" "all of them have no_new_privs"
is "${bounding-}" "" "bounding, ambient and inheritable sets are empty"
is "${capable-}" "" "only the collector has capabilities"
is "$(status_of "$collector" CapPrm) $(status_of "$collector" CapEff)" "0000000000003000 0000000000003000" \
	"the collector has CAP_NET_ADMIN and CAP_NET_RAW"
is "$(status_of "$viewer" CapPrm)" "$none" "the viewer has none"
is "$(status_of "$writer" CapPrm)" "$none" "the writer has none"
is "$(stat -c %a "$dir") $(stat -c %a "$dir/control") $(stat -c %a "$file")" "700 600 600" \
	"directory, socket and file are closed to others"
[ "$(awk '{ print $6 }' "/proc/$collector/stat")" != "$(awk '{ print $6 }' "/proc/$viewer/stat")" ]
ok $? "the collector has a session of its own"
# by device, not by name: that of another mount namespace reads differently in a chroot
is "$(stat -L -c %t:%T "/proc/$collector/fd/0" "/proc/$collector/fd/1" "/proc/$collector/fd/2" | sort -u)" 1:3 \
	"and nothing of the terminal"
setpriv --reuid 4242 --clear-groups "$TUNWATCH" attach -l > "$work/list" 2>&1
is "$(grep -c running "$work/list")" 0 "another user does not see it"

# ---- never two
screen "$a" two
wait_for 10 grep -q LIVE "$work/two.out"
ok $? "a second tunwatch shows it"
is "$(collectors "$a" | wc -w)" 1 "and there is still one collector"
type_keys two q
wait_for 5 gone "$pid" || type_keys two '\r'
wait_for 5 gone "$pid"
ok $? "the second one leaves"
in_host "$a" "$TUNWATCH" record -o "$work/second.twr" 2> "$work/err"
is $? 69 "record is refused beside it"
like "$(cat "$work/err")" "pid $collector.*attach.*-w.*--new" "saying what to do"
[ ! -e "$work/second.twr" ]
ok $? "and leaves no file"
in_host "$a" timeout 20 "$TUNWATCH" record --new --for 0.3s -o "$work/second.twr"
is $? 0 "unless forced"
in_host "$a" timeout 20 "$TUNWATCH" record --new --for 0.3s -o "$work/second.twr" 2> "$work/err"
is $? 73 "a file that exists is not written over"

# ---- the terminal dies
kill -KILL "$terminal"
wait_for 5 gone "$viewer"
ok $? "without a terminal the viewer ends"
n=$(ticks "$file")
wait_for 5 more_ticks_than "$n" "$file"
ok $? "the collector goes on"
screen "$a" again attach
wait_for 10 grep -q LIVE "$work/again.out"
ok $? "attach shows it again"

# ---- nobody reads the terminal
STALLED=1 screen "$a" stalled attach
wait_for 5 test -s "$work/stalled.pid"
wait_for 5 grep -q "State.*S" "/proc/$(cat "$work/stalled.pid")/status"
viewer=$(cat "$work/stalled.pid")
n=$(ticks "$file")
wait_for 8 more_ticks_than $((n + 2)) "$file"
kill "$viewer"
wait_for 1 gone "$viewer"
ok $? "a viewer whose terminal is stuck ends within a second"
n=$(ticks "$file")
wait_for 5 more_ticks_than "$n" "$file"
ok $? "the collector goes on"

# ---- kill -9
kill -STOP "$collector"
n=$(ticks "$file")
kill -KILL "$collector"
wait_for 5 gone "$writer"
ok $? "the writer ends when the collector is killed"
[ "$(ticks "$file")" -ge "$n" ] && [ "$n" -gt 3 ]
ok $? "every finished tick is in the file"
wait_for 5 has_collectors "$a" 0
is "$(in_host "$a" "$TUNWATCH" attach -l | awk '{ print $3; exit }')" over "its session is over"
in_host "$a" "$TUNWATCH" stop 2> /dev/null
is $? 69 "there is nothing to stop"

# ---- another one, ended cleanly; then one that lingers
screen "$a" three --linger 1
wait_for 10 has_collectors "$a" 1
ok $? "another session begins"
wait_for 5 test -n "$(running_file "$a")"
file=$(running_file "$a")
in_host "$a" "$TUNWATCH" stop > "$work/out"
is "$(cat "$work/out")" "recording ended: $file" "stop says where it is"
like "$(tail -c 20 "$file" | od -An -tx1 | tr -d ' \n')" ^d754570a08000045 "it is closed"
wait_for 5 gone "$pid" || type_keys three q
[ ! -e "$(dirname "$file")/control" ]
ok $? "the socket is gone"
screen "$a" four --linger 1
wait_for 10 has_collectors "$a" 1
kill "$pid"
wait_for 8 has_collectors "$a" 0
ok $? "linger ends a session that nobody looks at"
done_testing
