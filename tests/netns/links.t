#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2154,SC2317
# Interfaces and rows on a real kernel: discovery, generations, bridges, lost events, ten thousand interfaces.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/netns.sh"

out=$work/out
# watch HOST OPTION...: source_dump in the background
watch()
{
	: > "$out"
	background "$1" "$TOOLS/source_dump" -o link,discover,route "${@:2}" > "$out"
	wait_for 10 grep -q ' source .*name=discover state=ok' "$out"
}
enough()
{
	kill "$pid"
	wait "$pid" 2> /dev/null
}
# last KIND PATTERN: the newest record of that kind that matches
last()
{
	grep -E " $1 [0-9]+ .*$2" "$out" | tail -n 1
}
row_has() # NAME PATTERN: its newest tunnel record
{
	[[ $(last tunnel "\"$1\"") =~ $2 ]]
}
link_has() # IFNAME PATTERN
{
	[[ $(last link "ifname=$1 ") =~ $2 ]]
}

host a
L="local 127.0.0.1 remote 127.0.0.2 dstport 4789"
vxlan "$a" vx0 5 127.0.0.1 127.0.0.2 10.1.0.1/30
ip -n "$a" link add vxg type vxlan id 6 group 239.1.1.1 dev lo dstport 4790
ip -n "$a" link add br0 type bridge
ip -n "$a" addr add 10.2.0.2/31 dev br0
# shellcheck disable=SC2086
ip -n "$a" link add vx6 type vxlan id 7 $L
ip -n "$a" addr add fd00:6::1/126 dev vx6 nodad
ip -n "$a" link set vx6 up
ip -n "$a" tuntap add tun0 mode tun
ip -n "$a" addr add fe80::1 peer fe80::2 dev tun0
watch "$a"

row_has vx0 ' peer=10.1.0.2 peer_from=subnet key=0x5 '
ok $? "the other host of a /30 is the peer"
row_has vx6 ' peer=fd00:6::2 peer_from=subnet '
ok $? "an IPv6-only tunnel has its peer from a /126"
row_has tun0 ' peer=fe80::2 peer_from=point-to-point .* device=tun0'
ok $? "a link-local peer is bound to its device"
row_has vxg ' outer_remote=239.1.1.1 '
ok $? "a vxlan to a group is a row"
row_has vxg 'outer_target='
ok $((! $?)) "with nobody to probe outside"
[ "$(grep -c ' tunnel ' "$out")" = 4 ]
ok $? "nothing else is a row"

# ---- a bridge ----
ip -n "$a" link set vxg master br0
wait_for 5 row_has vxg ' peer=10.2.0.3 '
ok $? "a tunnel in a bridge has its peer from the bridge's subnet"

# ---- generations ----
key=$(last tunnel '"vx0"' | cut -d' ' -f3)
link=$(last link 'ifname=vx0 ' | cut -d' ' -f3)
index=$(last link 'ifname=vx0 ' | sed 's/.* ifindex=\([0-9]*\).*/\1/')
ip -n "$a" link del vx0
wait_for 5 row_has vx0 ' gone=1 '
ok $? "a deleted interface's row is gone"
vxlan "$a" vx0 5 127.0.0.1 127.0.0.2 10.1.0.1/30
wait_for 5 row_has vx0 ' gone=0 .* peer=10.1.0.2 | peer=10.1.0.2 .* gone=0 '
ok $? "made again it is back"
is "$(last tunnel '"vx0"' | cut -d' ' -f3)" "$key" "as the same row"
is "$(last link 'ifname=vx0 ' | cut -d' ' -f3)" "$link" "with the same link key"
link_has vx0 " ifindex=$index "
ok $((! $?)) "and another index"
ip -n "$a" link set vx0 down
ip -n "$a" link set vx0 name vx9
wait_for 5 row_has vx9 ' ifname=vx9 '
is "$(last tunnel '"vx9"' | cut -d' ' -f3)" "$key" "a renamed interface takes its row along"

# ---- events lost ----
kill -STOP "$pid"
for ((i = 0; i < 6000; i++)); do
	echo "link set vx6 mtu 1400"
	echo "link set vx6 mtu 1401"
done | ip -n "$a" -batch -
ip -n "$a" link del vx9
ip -n "$a" link set vx6 mtu 1337
# shellcheck disable=SC2086
ip -n "$a" link add late type vxlan id 8 $L
kill -CONT "$pid"
wait_for 10 grep -q ' notice .*source=link.*events came faster' "$out"
ok $? "lost events are noticed"
wait_for 10 row_has vx9 ' gone=1 '
ok $? "then a deletion nobody told of is seen"
wait_for 10 row_has late ' gone=0 '
ok $? "and a new interface"
wait_for 10 link_has vx6 ' up=1 .* mtu=1337 '
ok $? "and the newest state"
grep -q ' source 0 name=link state=lost errno=105 ' "$out"
ok $? "the source said that it lost some"
source_is_ok()
{
	[[ $(last source 'name=link') =~ state=ok ]]
}
wait_for 10 source_is_ok
ok $? "and that it is well again"
is "$(grep -c ' notice .*source=link' "$out")" 1 "one notice is enough"
enough

# the kernel goes on dropping until what it kept has been read: changes that come meanwhile must not stay unseen
host c
in_host "$c" sysctl -qw net.ipv6.conf.default.disable_ipv6=1
for ((i = 1; i <= 300; i++)); do
	echo "link add q$i type vxlan id $((100 + i)) $L"
done | ip -n "$c" -batch -
# sweep TIMES: each interface in turn changes so many times
sweep()
{
	local i k

	for ((i = 1; i <= 300; i++)); do
		for ((k = 1; k < $1; k++)); do
			echo "link set q$i mtu $((1400 + k))"
		done
		echo "link set q$i mtu $((1300 + (i + $1) % 50))"
	done
}
sweep 250 > "$work/first" # long enough that all may be read again at once when it wakes
sweep 30 > "$work/second"
watch "$c" -n 0.3
kill -STOP "$pid"
ip -n "$c" -batch "$work/first"
kill -CONT "$pid"
ip -n "$c" -batch "$work/second"
real()
{
	ip -n "$c" -o link show type vxlan | sed -n 's/^[0-9]*: \(q[0-9]*\):.* mtu \([0-9]*\) .*/\1 \2/p' | sort
}
seen()
{
	sed -n 's/.* link [0-9]* .* mtu=\([0-9]*\) gone=0 ifname=\(q[0-9]*\) .*/\2 \1/p' "$out" |
		awk '{ mtu[$1] = $2 } END { for (n in mtu) print n, mtu[n] }' | sort
}
agree()
{
	[ "$(real)" = "$(seen)" ]
}
wait_for 10 agree
ok $? "after a flood in which events were lost, every interface is as it is"
enough

# ---- ten thousand, there and gone ----
host b
in_host "$b" sysctl -qw net.ipv6.conf.default.disable_ipv6=1
watch "$b" -n 0.5
for ((i = 1; i <= 10000; i++)); do
	echo "link add vx$i group $((5 + i % 2)) type vxlan id $i $L"
done | ip -n "$b" -batch -
wait_for 20 link_has vx10000 ' gone=0 '
ok $? "the last of 10,000 interfaces is seen"
ip -n "$b" link del group 5
for ((i = 2; i <= 10000; i += 2)); do
	echo "link add vx$i group 5 type vxlan id $i $L"
done | ip -n "$b" -batch -
ip -n "$b" link del group 6
# newest record of each name: how many are there, how many are gone
count()
{
	grep ' link [0-9]* .*ifname=vx' "$out" | sed 's/.* gone=\([01]\) ifname=\(vx[0-9]*\) .*/\2 \1/' |
		awk '{ s[$1] = $2 } END { for (n in s) c[s[n]]++; print c[0] + 0, c[1] + 0 }'
}
settled()
{
	[ "$(count)" = "5000 5000" ]
}
wait_for 30 settled
ok $? "half of them deleted, made again, the others deleted: 5000 are left, 5000 gone" || diag "$(count)"
keys=$(grep -o ' link [0-9]* ' "$out" | sort -u | wc -l)
[ "$keys" -le 10100 ]
ok $? "a name made again costs no new key" || diag "$keys keys"
is "$(grep -c 'more than 4096 rows' "$out")" 1 "the bound on rows is told once"
enough
done_testing
