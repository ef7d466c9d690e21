#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2154,SC2317
# What was shown can be shown again: the model in replay equals the live one at every tick, a stream shows the live
# screen, and the same recording and keys give the same screen.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/netns.sh"

host near
host far
wire "$near" eth0 192.0.2.1/24 "$far" eth0 192.0.2.2/24
for i in 1 2; do
	vxlan "$near" vx$i 4$i 192.0.2.1 192.0.2.2 10.77.$i.1/30
	vxlan "$far" vx$i 4$i 192.0.2.2 192.0.2.1 10.77.$i.2/30
done

background "$near" "$TUNWATCH" -n 0.2 record --hashes "$work/live" -o "$work/r.twr" 2> "$work/err"
recorder=$pid
ticks()
{
	[ -s "$work/live" ] && [ "$(wc -l < "$work/live")" -ge "$1" ]
}
wait_for 30 ticks 20
ok $? "it ticks"
ip -n "$far" link set vx2 down
wait_for 30 ticks 50
ip -n "$near" link set vx1 mtu 1400
ip -n "$far" link set vx2 up
ip -n "$near" link del vx1
vxlan "$near" vx1 41 192.0.2.1 192.0.2.2 10.77.1.1/30
wait_for 30 ticks 100
ok $? "and goes on"
kill -TERM "$recorder"
wait "$recorder"
is $? 0 "record ends cleanly"
"$TOOLS/model_hash" "$work/r.twr" > "$work/again"
is "$(wc -l < "$work/again")" "$(wc -l < "$work/live")" "as many ticks in replay as there were live"
cmp "$work/live" "$work/again" >&2
ok $? "the model's hash is the same at every tick"

for size in 80x24 120x40; do
	for keys in 'g' 'jj[[' ']d+' 'bA' '?' '&vx2
'; do
		"$TUNWATCH" replay "$work/r.twr" --size $size --keys "$keys" > "$work/one" 2>> "$work/err"
		is $? 0 "replay at $size with keys '${keys//$'\n'/ }'"
		"$TUNWATCH" replay "$work/r.twr" --size $size --keys "$keys" > "$work/two" 2>> "$work/err"
		cmp "$work/one" "$work/two" >&2 && [ -s "$work/one" ]
		ok $? "gives the same screen twice"
	done
done
like "$("$TUNWATCH" replay "$work/r.twr" --size 120x40)" 'vx2.*vxlan' "the screen shows the tunnels"

in_host "$near" "$TUNWATCH" -n 0.5 record --for 6 -o - 2>> "$work/err" |
	"$TUNWATCH" replay - --size 100x30 > "$work/screen" 2>> "$work/err"
is "${PIPESTATUS[*]}" "0 0" "record -o - into replay -"
like "$(cat "$work/screen")" 'vx1 .*UP' "shows the tunnel that is up"
grep -q AddressSanitizer "$work/err"
is $? 1 "nothing odd on stderr"
done_testing
