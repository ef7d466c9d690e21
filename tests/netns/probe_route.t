#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Probes leave as they were asked to: device, source address, mark, TOS, DF; and leave nothing behind.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/probe.sh"
need_root
need ip nft

new_ns near
new_ns far
: "${near:?}" "${far:?}"
ip -n "$near" link add v0 type veth peer name v0 netns "$far"
for n in "$near:1" "$far:2"; do
	ns=${n%:*} host=${n#*:}
	ip -n "$ns" addr add "10.210.0.$host/24" dev v0
	ip -n "$ns" addr add "2001:db8:5::$host/64" dev v0 nodad
	ip -n "$ns" link set v0 up
done
ip -n "$near" addr add 10.210.0.9/24 dev v0
ip -n "$near" addr add 2001:db8:5::9/64 dev v0 nodad preferred_lft 0
ip -n "$far" addr add 10.211.0.1/32 dev lo
ip -n "$far" addr add 2001:db8:6::1/128 dev lo
# only marked packets find their way to these
ip -n "$near" rule add fwmark 0x2a table 100
ip -n "$near" route add 10.211.0.1 via 10.210.0.2 table 100
ip -n "$near" -6 rule add fwmark 0x2a table 100
ip -n "$near" -6 route add 2001:db8:6::1 via 2001:db8:5::2 table 100
for n in "$near:1:2" "$far:2:1"; do
	IFS=: read -r ns me other <<< "$n"
	ip -n "$ns" link add vx0 type vxlan id 7 local "10.210.0.$me" remote "10.210.0.$other" dstport 4789 2> /dev/null
	ip -n "$ns" addr add "10.212.0.$me/30" dev vx0 2> /dev/null
	ip -n "$ns" link set vx0 up 2> /dev/null
done
# until neighbours know each other
for a in "10.210.0.2" "-I 10.210.0.9 10.210.0.2" "2001:db8:5::2" "-I 2001:db8:5::9 2001:db8:5::2"; do
	# shellcheck disable=SC2086 # words
	wait_for 10 in_ns "$near" ping -c 1 -W 1 $a > /dev/null 2>&1 || exit 1
done

in_ns "$far" nft -f - << 'N' || skip_all "no nftables in this kernel"
table inet count {
	chain in {
		type filter hook input priority 0
		icmp type echo-request ip saddr 10.210.0.9 counter comment "source4"
		icmp type echo-request ip dscp 46 counter comment "tos4"
		icmp type echo-request ip frag-off & 0x4000 == 0 counter comment "nodf"
		icmp type echo-request iifname vx0 ip daddr 10.210.0.2 counter comment "device4"
		icmpv6 type echo-request ip6 saddr 2001:db8:5::9 counter comment "source6"
		icmpv6 type echo-request ip6 dscp 46 counter comment "tos6"
	}
}
N
# packets NAME: of that counter.
packets()
{
	in_ns "$far" nft list ruleset | sed -n "s/.*counter packets \([0-9]*\) .*comment \"$1\".*/\1/p"
}

probe "$near" -t 2.5 10.210.0.2,source=10.210.0.9 10.210.0.2,tos=184 10.211.0.1,mark=42 10.211.0.1 \
	2001:db8:5::2,source=2001:db8:5::9 2001:db8:5::2,tos=184 2001:db8:6::1,mark=42 2001:db8:6::1 \
	10.211.0.1,device=v0 10.210.0.2,device=nodev outer:10.210.0.2,source=10.210.0.9
is "$(outcomes 0)-$(outcomes 4)" reply-reply "probes from a given source address are answered"
is "$(packets source4)" "$(($(lines 0 outcome=reply) + $(lines 10 outcome=reply)))" "IPv4: and come from it"
is "$(packets source6)" "$(lines 4 outcome=reply)" "IPv6: and come from it"
is "$(outcomes 1)-$(outcomes 5)" reply-reply "probes with TOS are answered"
is "$(packets tos4)" "$(lines 1 outcome=reply)" "IPv4: and carry it"
is "$(packets tos6)" "$(lines 5 outcome=reply)" "IPv6: and carry it"
is "$(outcomes 2)-$(outcomes 6)" reply-reply "probes with a mark take its route"
is "$(outcomes 3)-$(outcomes 7)" error-error "those without do not"
is "$(outcomes 8)" reply "a device needs no route"
is "$(outcomes 9)" error "a device that does not exist is an error"
like "$(awk '$2 == 9' "$probe_dir/out")" 'errno=19' "no such device"
is "$(outcomes 10)" reply "outer probes leave from the outer local address"
is "$(packets nodf)" 0 "every probe forbids fragments"
one_fate "each probe has one fate"
is "$(ip -n "$near" route show cache)" "" "nothing is left in the route cache"

if ip -n "$near" link show vx0 > /dev/null 2>&1; then
	probe "$near" -t 1.5 10.212.0.2,device=vx0 10.210.0.2,device=vx0
	is "$(outcomes 0)" reply "through a vxlan device"
	is "$(packets device4)" "$(lines 1 outcome=)" "which also takes what is routed elsewhere"
	is "$(sum sent_stamped)" "$(sum reply)" "with transmit stamps"
else
	skip "no vxlan in this kernel" "through a vxlan device"
fi

# the moment of sending when drivers give no stamp: of the device's queue, or our clock
probe "$near" -m 1 -t 2 10.210.0.2 2001:db8:5::2
is "$(($(sum sent_stamped) == $(sum reply) && $(sum reply) >= 4))" 1 "stamps of the queue come back"
probe "$near" -m 2 -t 2 10.210.0.2 10.210.0.9 2001:db8:5::2
is "$(($(sum stamped) == $(sum reply) && $(sum reply) >= 6))" 1 "by our own clock there is a round-trip time too"

# a socket that is too small for a batch: the rest waits for the next slots
if ip netns exec "$near" tc qdisc add dev v0 root tbf rate 200kbit burst 200 latency 2s 2> /dev/null; then
	args=()
	for ((i = 0; i < 120; i++)); do args+=(10.210.0.2); done
	probe "$near" -b 1 -t 3 "${args[@]}"
	is "$(($(sum reply) > 100))" 1 "a send buffer for few packets still sends some"
	is "$(($(grep -c 'outcome=reply.*slip_us=[0-9]\{5,\}' "$probe_dir/out") > 0))" 1 "some of them a slot later"
	one_fate "and each probe has one fate"

	# few targets, at a moment each, wait as long: the moments of others in between are no slots
	ip netns exec "$near" tc qdisc change dev v0 root tbf rate 8kbit burst 200 latency 2s
	probe "$near" -N -b 1 -t 4 "${args[@]:80}"
	waited=$(sed -n 's/.*outcome=error.* slip_us=\([0-9]*\).*errno=11.*/\1/p' "$probe_dir/out" | sort -n | head -1)
	[ "${waited:-0}" -gt 200000 ]
	ok $? "who gets no place has waited for it in three slots (${waited:-none} us)"
	one_fate "and each probe of few has one fate"
else
	skip "no tbf in this kernel" "a send buffer for few packets"
fi
done_testing
