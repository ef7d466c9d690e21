#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# tunwatch mtu before a black hole: which way it loses and behind which of three routers, over real namespaces, IPv4 and
# IPv6, with what targets, firewalls and routers do to the probes that tell.
# shellcheck disable=SC2154 # near, r1, r2, r3 and far are set by host
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/netns.sh"
need setpriv

host near
host r1
host r2
host r3
host far
chain=("$near" "$r1" "$r2" "$r3" "$far")
for i in 1 2 3 4; do
	wire "${chain[i - 1]}" "out" "10.78.$i.1/24" "${chain[i]}" "in" "10.78.$i.2/24"
	ip -n "${chain[i - 1]}" addr add "2001:db8:78:$i::1/64" dev out nodad
	ip -n "${chain[i]}" addr add "2001:db8:78:$i::2/64" dev in nodad
done
for i in 1 2 3; do
	in_host "${chain[i]}" sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
	ip -n "${chain[i]}" route add default via "10.78.$((i + 1)).2"
	ip -n "${chain[i]}" -6 route add default via "2001:db8:78:$((i + 1))::2"
done
ip -n "$near" route add default via 10.78.1.2
ip -n "$near" -6 route add default via 2001:db8:78:1::2
for i in 2 3 4; do
	for ((j = 1; j < i; j++)); do
		ip -n "${chain[i]}" route add "10.78.$j.0/24" via "10.78.$i.1"
		ip -n "${chain[i]}" -6 route add "2001:db8:78:$j::/64" via "2001:db8:78:$i::1"
	done
done

target4=10.78.4.2
target6=2001:db8:78:4::2
size=1382

# router NUMBER RULES...: in its table for both families
router()
{
	local n=$1

	shift
	in_host "${chain[n]}" nft -f - << END
table inet t {
	chain arrive { type filter hook prerouting priority -300; }
	chain pass { type filter hook forward priority 0; }
	chain take { type filter hook input priority 0; }
	chain say { type filter hook output priority 0; }
}
$(printf '%s\n' "$@")
END
}

# open_path: no holes, no rules
open_path()
{
	local n

	for n in 1 2 3 4; do
		in_host "${chain[n]}" nft flush ruleset
		[ "$n" = 4 ] && continue
		ip -n "${chain[n]}" route del $target4/32 2> /dev/null
		ip -n "${chain[n]}" -6 route del $target6/128 2> /dev/null
	done
	ip -n "$near" -6 route flush cache
}

# hole NUMBER: that router's next link carries $size bytes, and it does not say so
hole()
{
	ip -n "${chain[$1]}" route add $target4/32 via "10.78.$(($1 + 1)).2" mtu lock $size
	ip -n "${chain[$1]}" -6 route add $target6/128 via "2001:db8:78:$(($1 + 1))::2" mtu $size
	router "$1" "add rule inet t say icmp type destination-unreachable icmp code frag-needed drop" \
		"add rule inet t say icmpv6 type packet-too-big drop"
}

# back NUMBER: that router drops larger packets on their way back
back()
{
	router "$1" "add rule inet t pass ip saddr $target4 meta length > $size drop" \
		"add rule inet t pass ip6 saddr $target6 meta length > $size drop"
}

deaf_timestamp="add rule inet t take icmp type timestamp-request drop"
deaf_udp="add rule inet t take udp dport 33434 drop"

# mtu ARGUMENTS...: what it prints is in $out, its exit status in $status
mtu()
{
	out=$(in_host "$near" "$TUNWATCH" mtu "$@" 2> "$work/err")
	status=$?
}

from()
{
	case $1 in
	null) echo null ;;
	*) [ "$2" = 4 ] && echo "10.78.$1.2" || echo "2001:db8:78:$1::2" ;;
	esac
}

# placed FAMILY DIRECTION HOP NEXT NAME: what a search says
placed()
{
	local got target=target$1

	mtu --json "${!target}"
	got=$(jq -r '"\(.mtu) \(.how) \(.direction) \(.hop) \(.hop_from) \(.next_hop) \(.next_hop_from)"' <<< "$out")
	is "$status $got" "2 $size silence $2 $3 $(from "$3" "$1") $4 $(from "$4" "$1")" "IPv$1: $5"
}

for family in 4 6; do
	target=target$family
	open_path
	mtu --json "${!target}"
	is "$(jq -r '"\(.mtu) \(.direction) \(.hop) \(.hops)"' <<< "$out")" "1500 null null null" \
		"IPv$family: no black hole, no place"
	for n in 1 2; do
		open_path
		hole $n
		placed $family forward $n $((n + 1)) "a hole behind router $n"
	done
	open_path
	hole 3
	placed $family forward 3 null "a hole behind the last router"
	is "$(jq .hops <<< "$out")" 4 "IPv$family: ... which is the fourth hop's"
	open_path
	router 1 "add rule inet t arrive meta length > $size drop"
	placed $family forward null 1 "a hole before the first router"
	open_path
	back 2
	placed $family reverse null null "a hole on the way back"

	# targets that do not answer all
	open_path
	hole 2
	router 4 "$deaf_timestamp"
	placed $family forward 2 3 "no timestamps"
	open_path
	back 1
	router 4 "$deaf_timestamp"
	placed $family reverse null null "no timestamps, on the way back"
	open_path
	hole 2
	router 4 "$deaf_timestamp" "$deaf_udp"
	placed $family forward 2 3 "neither timestamps nor UDP: the hops tell"
	open_path
	hole 3
	router 4 "$deaf_timestamp" "$deaf_udp"
	placed $family unknown 3 null "neither, behind the last router"
	open_path
	back 2
	router 4 "$deaf_timestamp" "$deaf_udp"
	placed $family unknown 3 null "neither, on the way back"
	open_path
	hole 3
	router 4 "$deaf_timestamp"
	router 2 "add rule inet t pass udp dport 33434 reject with icmpx type port-unreachable"
	placed $family unknown 3 null "a firewall refuses UDP on the way"

	# routers that do not answer
	open_path
	hole 2
	router 1 "add rule inet t say icmp type time-exceeded drop" "add rule inet t say icmpv6 type time-exceeded drop"
	placed $family forward 2 3 "router 1 is mute"
	router 2 "add rule inet t say icmp type time-exceeded drop" "add rule inet t say icmpv6 type time-exceeded drop"
	placed $family forward null 3 "routers 1 and 2 are mute"

	# one in ten packets is lost, errors come two a second
	open_path
	hole 2
	router 1 "add rule inet t arrive icmp type { echo-request, timestamp-request } numgen random mod 10 < 1 drop" \
		"add rule inet t arrive icmpv6 type echo-request numgen random mod 10 < 1 drop" \
		"add rule inet t arrive udp dport 33434 numgen random mod 10 < 1 drop"
	wrong=0
	for i in 1 2 3 4; do
		mtu --json "${!target}"
		got=$(jq -r '"\(.direction) \(.hop) \(.next_hop)"' <<< "$out")
		case $got in
		"forward 2 3" | "forward null null" | "forward 2 null") ;;
		*) wrong=$((wrong + 1)) && diag "$out" ;;
		esac
	done
	is $wrong 0 "IPv$family: 10 % loss: never wrong"
done

# BSD's way: replies with DF, on a way back that is smaller, and whose router does not say so
open_path
router 4 "add rule inet t say icmp type { echo-reply, timestamp-reply } ip frag-off set 0x4000"
ip -n "$r3" route replace 10.78.1.0/24 via 10.78.3.1 mtu lock $size
router 3 "add rule inet t say icmp type destination-unreachable drop"
placed 4 reverse null null "replies with DF vanish"
ip -n "$r3" route replace 10.78.1.0/24 via 10.78.3.1

# the kernel's cache of path MTUs is as it was
open_path
hole 2
ip -n "$near" route flush cache
before=$(ip -n "$near" -o route get $target4 | sed 's/ uid.*//')
mtu $target4
is "$(ip -n "$near" -o route get $target4 | sed 's/ uid.*//')" "$before" "the observer changes nothing"

# what it says
like "$out" "black hole: larger packets vanish" "text: the black hole"
like "$out" "they are lost on the way there" "text: the direction"
like "$out" "hop 2 of 4 \(10.78.2.2\) is the last to get them; hop 3 of 4 \(10.78.3.2\) does not" "text: the place"
like "$out" "TCP MSS that fits: $((size - 40))" "text: the MSS"
terminal=$(in_host "$near" "$TOOLS/pty_run" "$TUNWATCH" mtu $target4 < <(exec tail -f /dev/null --pid=$$ 2> /dev/null))
like "$terminal" "finding which way loses" "progress on a terminal"
open_path
back 2
mtu $target4
like "$out" "they get there: their answers, as large, are lost on the way back" "text: the way back"

# without privilege: ping sockets, and UDP's errors
nobody=(env HOME=/nonexistent setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=-all --bounding-set=-all)
in_host "$near" sysctl -qw net.ipv4.ping_group_range="0 2147483647"
for family in 4 6; do
	target=target$family
	open_path
	hole 2
	out=$(in_host "$near" "${nobody[@]}" "$TUNWATCH" mtu --json "${!target}")
	is "$(jq -r '"\(.mtu) \(.direction) \(.hop) \(.next_hop)"' <<< "$out")" "$size forward 2 3" \
		"IPv$family: without privilege"
	open_path
	back 2
	out=$(in_host "$near" "${nobody[@]}" "$TUNWATCH" mtu --json "${!target}")
	is "$(jq -r '"\(.mtu) \(.direction) \(.hop)"' <<< "$out")" "$size reverse null" \
		"IPv$family: without privilege, on the way back"
done
done_testing
