#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2154,SC2317
# The kernel's ways to outer remotes: moves, gateways' MACs, learnt path MTUs, no way at all; ssh and the gateway line.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/netns.sh"

out=$work/out
last()
{
	grep -E " $1 [0-9]+ .*$2" "$out" | tail -n 1
}
way_is() # REMOTE PATTERN
{
	[[ $(last route "outer_remote=$1 ") =~ $2 ]]
}
row_has() # NAME PATTERN
{
	[[ $(last tunnel "\"$1\"") =~ $2 ]]
}
# told COMMAND...: how long until it succeeds, in ms; 99999 if never
told()
{
	local begin=${EPOCHREALTIME/./}

	if wait_for 10 "$@"; then
		echo $(((${EPOCHREALTIME/./} - begin) / 1000))
	else
		echo 99999
	fi
}

host a
host r1
host r2
host far
wire "$a" eth0 192.0.2.10/24 "$r1" lan0 192.0.2.1/24
wire "$a" eth1 198.51.100.10/24 "$r2" lan0 198.51.100.1/24
wire "$r1" wan0 203.0.113.1/24 "$far" wan0 203.0.113.2/24
ip -n "$r1" link set lan0 address 02:00:00:00:01:01
ip -n "$r2" link set lan0 address 02:00:00:00:02:01
in_host "$r1" sysctl -qw net.ipv4.ip_forward=1
ip -n "$far" route add default via 203.0.113.1
ip -n "$a" route add default via 192.0.2.1
ip -n "$a" -6 addr add 2001:db8:1::10/64 dev eth0 nodad
ip -n "$a" -6 route add default via 2001:db8:1::1
vxlan "$a" vx0 5 192.0.2.10 203.0.113.2 10.1.0.1/30
ip -n "$a" link add vx6 type vxlan id 6 local 2001:db8:1::10 remote 2001:db8:9::1 dstport 4789
ip -n "$a" link set vx6 up
in_host "$a" ping -q -c 1 -W 2 203.0.113.2 > /dev/null
: > "$out"
background "$a" "$TOOLS/source_dump" -o link,discover,route -s 10.1.0.2 name=up,line=1,peer=gateway > "$out"
wait_for 10 grep -q ' source .*name=route state=ok' "$out"

wait_for 5 way_is 203.0.113.2 ' oif=eth0 gateway=192.0.2.1 gateway_mac=02:00:00:00:01:01'
ok $? "interface, gateway and its MAC of the way to the remote"
way_is 2001:db8:9::1 ' oif=eth0 gateway=2001:db8:1::1'
ok $? "the same of an IPv6 remote"
wait_for 5 row_has up ' outer_remote=192.0.2.1 peer=192.0.2.1 '
ok $? "a line to the gateway has the default gateway as target"
grep -q ' link [0-9]* .*ifname=eth0 type=other ' "$out"
ok $? "the carrier's device is recorded"
wait_for 5 row_has vx0 ' ssh=1 '
ok $? "the row that leads to the ssh client is marked"

# ---- moves ----
ip -n "$a" route add 203.0.113.0/24 via 198.51.100.1
ms=$(told way_is 203.0.113.2 ' oif=eth1 gateway=198.51.100.1')
[ "$ms" -lt 1500 ]
ok $? "a more specific route is seen within an interval" || diag "$ms ms"
grep -q ' link [0-9]* .*ifname=eth1 type=other ' "$out" ||
	wait_for 3 grep -q ' link [0-9]* .*ifname=eth1 type=other ' "$out"
ok $? "then the other device is recorded too"
in_host "$a" ping -q -c 1 -W 1 198.51.100.1 > /dev/null
wait_for 5 way_is 203.0.113.2 ' gateway_mac=02:00:00:00:02:01'
ok $? "the new gateway's MAC follows when it is known"
ip -n "$a" link set eth1 down
ms=$(told way_is 203.0.113.2 ' oif=eth0 gateway=192.0.2.1 ')
[ "$ms" -lt 1500 ]
ok $? "a device that goes down takes its way with it" || diag "$ms ms"
ip -n "$r1" link set lan0 address 02:00:00:00:01:99
ip -n "$a" neigh replace 192.0.2.1 lladdr 02:00:00:00:01:99 dev eth0
wait_for 5 way_is 203.0.113.2 ' gateway_mac=02:00:00:00:01:99'
ok $? "another box behind the same gateway address is seen"
ip -n "$a" rule add to 203.0.113.2 prohibit priority 10
wait_for 5 way_is 203.0.113.2 ' errno=13'
ok $? "a rule that forbids it is told with its errno"
ip -n "$a" rule del priority 10
wait_for 5 way_is 203.0.113.2 ' oif=eth0 '
ok $? "and its end"
ip -n "$a" addr del 192.0.2.10/24 dev eth0
wait_for 5 way_is 203.0.113.2 ' errno='
ok $? "a local address that left the host is no way"
ip -n "$a" addr add 192.0.2.10/24 dev eth0
ip -n "$a" route add default via 192.0.2.1
wait_for 5 way_is 203.0.113.2 ' oif=eth0 '
ok $? "until it is back"

# ---- what the kernel learnt ----
ip -n "$r1" link set wan0 mtu 1300
in_host "$a" ping -q -c 1 -W 1 -M "do" -s 1400 203.0.113.2 > /dev/null
ms=$(told way_is 203.0.113.2 ' cached_mtu=1300')
[ "$ms" -lt 11500 ]
ok $? "a learnt path MTU is found within 10 s, though nothing announces it" || diag "$ms ms"
moves=$(grep -c ' route [0-9]* .*outer_remote=203.0.113.2 ' "$out")
ip -n "$a" link add vx7 type vxlan id 7 local 192.0.2.10 remote 203.0.113.9 dstport 4789
wait_for 5 way_is 203.0.113.9 ' oif=eth0 '
ok $? "a new tunnel's remote is asked for, and all others again"
is "$(grep -c ' route [0-9]* .*outer_remote=203.0.113.2 ' "$out")" "$moves" "nothing is said of a way that did not change"
kill "$pid"
wait "$pid" 2> /dev/null
done_testing
