#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2154,SC2317
# A cable is pulled and put in again: probes that waited for the neighbour's address meanwhile leave when it is known,
# and their answers came then, not when those were meant to leave.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/netns.sh"

host near
host far
wire "$near" eth0 192.0.2.1/24 "$far" eth0 192.0.2.2/24
for i in 1 2; do
	vxlan "$near" vx$i 4$i 192.0.2.1 192.0.2.2 10.77.$i.1/30
	vxlan "$far" vx$i 4$i 192.0.2.2 192.0.2.1 10.77.$i.2/30
done
cat > "$work/conf" << END
line gw { target = "192.0.2.2" }
END
background "$near" "$TUNWATCH" -n 0.2 record -c "$work/conf" -o "$work/o.twr" 2> "$work/err"
recorder=$pid
report()
{
	"$TUNWATCH" report "$work/o.twr" --format json 2> /dev/null
}
answered()
{
	[ "$(report | jq -r '[.tunnels[] | select(.sent >= 40 and .state == "up")] | length')" = 3 ]
}
over()
{
	[ "$(report | jq -r '[.tunnels[] | select(.outages[0].end and .state != "down")] | length')" = 3 ]
}
wait_for 60 answered
ok $? "all three are up"

ip -n "$far" link set eth0 down
# as long as that takes until the neighbour is forgotten, and longer than a probe is waited for
sleep 4
back=$(now)
ip -n "$far" link set eth0 up
wait_for 30 over
ok $? "and again after a cable was out for 4 s"
kill -TERM "$recorder"
wait "$recorder"
report > "$work/report.json"
while read -r name end; do
	after=$(awk -v a="$(seconds "$end")" -v b="$back" 'BEGIN { print a - b }')
	awk -v s="$after" 'BEGIN { exit !(s > -0.05 && s < 3) }'
	ok $? "$name: the outage ends when the cable is back, not before (${after} s after)"
done < <(jq -r '.tunnels[] | "\(.name) \(.outages[0].end)"' "$work/report.json")
done_testing
