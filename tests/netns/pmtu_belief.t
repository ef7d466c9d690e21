#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What the kernel believes of a path's MTU is told as it is now, not as it was when a search ended.
# shellcheck disable=SC2154 # near, middle and far are set by host
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/netns.sh"
need bc

period=2

routed_pair
ip -n "$far" addr add 10.77.200.1/32 dev lo
ip -n "$far" addr add 2001:db8:200::1/128 dev lo nodad
ip -n "$middle" route add 10.77.200.1/32 via 10.77.2.2 mtu lock 1400
ip -n "$middle" route add 2001:db8:200::1/128 via 2001:db8:2::2 mtu 1400
# in IPv6 our own probes draw what the kernel learns from
in_host "$middle" nft -f - << END
table inet t {
	chain say {
		type filter hook output priority 0;
		icmpv6 type packet-too-big icmpv6 mtu 1400 drop
	}
}
END
cat > "$work/conf" << END
line four { target = "10.77.200.1" }
line six { target = "2001:db8:200::1" }
mtu-period = $period
END
for a in 10.77.200.1 2001:db8:200::1; do
	wait_for 10 in_host "$near" ping -c 1 -W 1 $a > /dev/null 2>&1
done

# newest TARGET: its newest pmtu record as "STATE CAUSE MTU CACHED"
newest()
{
	"$TUNWATCH" export "$work/run.twr" --kind pmtu > "$work/run" 2> /dev/null
	jq -r --arg t "$1" 'select(.target == $t) | "\(.state) \(.cause // "-") \(.mtu // 0) \(.cached_mtu // 0)"' \
		"$work/run" | tail -n 1
}

# shellcheck disable=SC2317,SC2329 # called by wait_for
newest_is()
{
	[ "$(newest "$1")" = "$2" ]
}

# known TARGET WANT TEXT
known()
{
	wait_for 15 newest_is "$1" "$2"
	is "$(newest "$1")" "$2" "$3"
}

# soon CHANGED TARGET TEXT: its newest record is from within a period and 2 s of then
soon()
{
	local took

	took=$(jq -r --arg t "$2" 'select(.target == $t) | .time' "$work/run" | tail -n 1)
	took=$(bc <<< "$(seconds "$took") - $1")
	[ "$(bc <<< "0 < $took && $took <= $period + 2")" = 1 ]
	ok $? "$3 ($took s)"
}

# searches TARGET: how many have begun
searches()
{
	jq -r --arg t "$1" 'select(.target == $t and .state == "searching") | .time' "$work/run" | wc -l
}

# shellcheck disable=SC2317,SC2329 # called by wait_for
believed()
{
	ip -n "$near" route get "$1" | grep -q "mtu $2"
}

# datagram: one with DF that is too large; the kernel learns so
datagram()
{
	# shellcheck disable=SC2016 # expanded there
	in_host "$near" bash -c 'head -c 1430 /dev/zero > /dev/udp/10.77.200.1/9' 2> /dev/null
	wait_for 5 believed 10.77.200.1 1400
}

background "$near" "$TUNWATCH" record --new -c "$work/conf" -o "$work/run.twr"
known 10.77.200.1 "complete ptb 1400 0" "IPv4: nothing is believed"
known 2001:db8:200::1 "complete silent 1400 0" "IPv6: nothing is believed"
before=$(searches 10.77.200.1)
for round in 1 2; do
	changed=$(now)
	datagram
	ok $? "IPv4: others' packets teach the kernel, round $round"
	known 10.77.200.1 "complete ptb 1400 1400" "IPv4: ... which is known"
	soon "$changed" 10.77.200.1 "IPv4: ... in time"
	changed=$(now)
	ip -n "$near" route flush cache
	known 10.77.200.1 "complete ptb 1400 0" "IPv4: it has forgotten"
	soon "$changed" 10.77.200.1 "IPv4: ... in time"
done
is "$(searches 10.77.200.1)" "$before" "... and nothing was searched for that"

# one that nobody proves
in_host "$middle" "$TOOLS/forge_ptb" 2001:db8:1::2 2001:db8:1::2 2001:db8:200::1 1300 3
known 2001:db8:200::1 "complete silent 1400 1300" "IPv6: the kernel believes what is wrong"
changed=$(now)
ip -n "$near" -6 route flush cache
known 2001:db8:200::1 "complete silent 1400 0" "IPv6: it has forgotten"
soon "$changed" 2001:db8:200::1 "IPv6: ... in time"

# what has been believed for a while is told with the time that is left, and dated so
datagram
known 10.77.200.1 "complete ptb 1400 1400" "IPv4: it learns again"
# shellcheck disable=SC2317,SC2329 # called by wait_for
proved()
{
	newest 10.77.200.1 > /dev/null
	[ "$(jq -r 'select(.target == "10.77.200.1") | .proofs // 0' "$work/run" | tail -n 1)" = 6 ]
}
wait_for 20 proved
ok $? "six periods later it is told again"
left=$(jq -r 'select(.target == "10.77.200.1") | .cached_s // 0' "$work/run" | tail -n 1)
[ "$left" -gt 0 ] && [ "$left" -lt 595 ]
ok $? "... with the time that is left ($left s)"
done_testing
