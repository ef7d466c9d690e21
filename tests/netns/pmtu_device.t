#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Rows whose probes are bound to a device that no row is about, as those of a second carrier line: they follow it when
# it is made anew, or its MTU rises, and while it is gone nobody's path is taken for theirs.
# shellcheck disable=SC2154 # near and far are set by host
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/netns.sh"

host near
host far
wire "$near" n0 10.77.1.2/24 "$far" f0 10.77.1.1/24
ip -n "$near" addr add 2001:db8:1::2/64 dev n0 nodad
ip -n "$far" addr add 2001:db8:1::1/64 dev f0 nodad
ip -n "$far" addr add 10.77.200.1/32 dev lo
ip -n "$far" addr add 2001:db8:200::1/128 dev lo
ip -n "$near" route add default via 10.77.1.1
ip -n "$near" -6 route add default via 2001:db8:1::1 metric 10
for h in "$near" "$far"; do
	in_host "$h" sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0
done

# plug: the second line
plug()
{
	wire "$near" n1 10.77.2.2/24 "$far" f1 10.77.2.1/24
	ip -n "$near" addr add 2001:db8:2::2/64 dev n1 nodad
	ip -n "$far" addr add 2001:db8:2::1/64 dev f1 nodad
	ip -n "$near" route add default via 10.77.2.1 metric 100
	ip -n "$near" -6 route add default via 2001:db8:2::1 metric 100
}

# swallow [RULE]: what the far end does not get of the second line
swallow()
{
	in_host "$far" nft -f - << END
flush ruleset
table inet t {
	chain c {
		type filter hook prerouting priority -300;
		${1-}
	}
}
END
}

look()
{
	"$TUNWATCH" export "$work/run.twr" > "$work/run" 2> /dev/null
}

# newest TARGET: its newest pmtu record as "STATE CAUSE MTU"
newest()
{
	look
	jq -r --arg t "$1" 'select(.kind == "pmtu" and .target == $t) | "\(.state) \(.cause // "-") \(.mtu // 0)"' \
		"$work/run" | tail -n 1
}

# shellcheck disable=SC2317,SC2329 # called by wait_for
newest_is()
{
	[ "$(newest "$1")" = "$2" ]
}

# known WANT TEXT: of both families
known()
{
	local t

	for t in 10.77.200.1 2001:db8:200::1; do
		wait_for 20 newest_is $t "$1"
		is "$(newest $t)" "$1" "$2: $t"
	done
}

# shellcheck disable=SC2317,SC2329 # called by wait_for
fate_is()
{
	look
	[ "$(jq -r --arg t "$1" 'select(.kind == "probe" and .target == $t and .purpose == "schedule") | .outcome' \
		"$work/run" | tail -n 1)" = "$2" ]
}

# fates WANT TEXT: of the newest scheduled probes
fates()
{
	local t

	for t in 10.77.200.1 2001:db8:200::1; do
		wait_for 20 fate_is $t "$1"
		ok $? "$2: $t"
	done
}

cat > "$work/conf" << END
line four { target = "10.77.200.1" device = n1 }
line six { target = "2001:db8:200::1" device = n1 }
mtu-period = 1
END
plug
ip -n "$near" link set n1 mtu 1400
background "$near" "$TUNWATCH" record --new -c "$work/conf" -o "$work/run.twr"
known "complete none 1400" "the device limits"
ip -n "$near" link set n1 mtu 1500
known "complete none 1500" "it limits less"

# a black hole, and before it is called so the device goes, though the target answers elsewhere
swallow "iifname f1 meta length > 1300 drop"
# shellcheck disable=SC2317,SC2329 # called by wait_for
both_are_holes()
{
	[[ "$(newest 10.77.200.1) $(newest 2001:db8:200::1)" =~ ^complete\ [a-z]+\ 1300\ complete\ [a-z]+\ 1300$ ]]
}
wait_for 20 both_are_holes
ok $? "a black hole"
ip -n "$near" link del n1
in_host "$near" ping -c 1 -W 2 10.77.200.1 > /dev/null
ok $? "who is probed answers elsewhere"
wait_for 10 fate_is 10.77.200.1 error
sleep 1
plug
fates reply "a device made anew is followed"
known "complete silent 1300" "... by searches as well"
look
for t in 10.77.200.1 2001:db8:200::1; do
	is "$(jq -r --arg t $t 'select(.kind == "pmtu" and .target == $t and .state == "complete") | .mtu' "$work/run" |
		uniq | xargs)" "1400 1500 1300" "no number of another path: $t"
done

# a search that is slowed down, and given up in the midst of it because the device goes
swallow "iifname f1 icmp type echo-request limit rate over 6/second burst 3 packets drop
		iifname f1 icmpv6 type echo-request limit rate over 6/second burst 3 packets drop
		iifname f1 meta length > 1200 drop"
# shellcheck disable=SC2317,SC2329 # called by wait_for
one_is_searched()
{
	for searched in 10.77.200.1 2001:db8:200::1; do
		newest_is "$searched" "searching - 0" && return
	done
	return 1
}
wait_for 30 one_is_searched
ok $? "a policer does not hide a drop: it is searched for"
ip -n "$near" link del n1
wait_for 20 newest_is "$searched" "unreachable - 0"
is "$(newest "$searched")" "unreachable - 0" "the search is over with the device"
done_testing
