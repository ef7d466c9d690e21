#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# tunwatch mtu before a black hole: which way it loses and behind which of three routers, over real namespaces, IPv4 and
# IPv6, with what targets, firewalls and routers do to the probes that tell. Some chains of hosts, to each its share of
# the scenarios; both families at a time.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/netns.sh"
need setpriv

chains=4
size=1382
target4=10.78.4.2
target6=2001:db8:78:4::2
nobody=(env HOME=/nonexistent setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=-all --bounding-set=-all)

# make_chain NAME: this host, three routers and the target, in chain[0..4]
make_chain()
{
	local i j name

	chain=()
	for i in 0 1 2 3 4; do
		host "$1$i"
		name=$1$i
		chain+=("${!name}")
	done
	for i in 1 2 3 4; do
		wire "${chain[i - 1]}" "out" "10.78.$i.1/24" "${chain[i]}" "in" "10.78.$i.2/24"
		ip -n "${chain[i - 1]}" addr add "2001:db8:78:$i::1/64" dev out nodad
		ip -n "${chain[i]}" addr add "2001:db8:78:$i::2/64" dev in nodad
	done
	for i in 0 1 2 3; do
		ip -n "${chain[i]}" route add default via "10.78.$((i + 1)).2"
		ip -n "${chain[i]}" -6 route add default via "2001:db8:78:$((i + 1))::2"
		[ $i = 0 ] || in_host "${chain[i]}" sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
	done
	for i in 2 3 4; do
		for ((j = 1; j < i; j++)); do
			ip -n "${chain[i]}" route add "10.78.$j.0/24" via "10.78.$i.1"
			ip -n "${chain[i]}" -6 route add "2001:db8:78:$j::/64" via "2001:db8:78:$i::1"
		done
	done
	in_host "${chain[0]}" sysctl -qw net.ipv4.ping_group_range="0 2147483647"
}

# router NUMBER RULES...: in its table, for both families
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
$(printf 'add rule inet t %s\n' "$@")
END
}

# open_path: no holes, no rules
open_path()
{
	local n

	for n in 1 2 3 4; do
		in_host "${chain[n]}" nft flush ruleset
		ip -n "${chain[n]}" route del $target4/32 2> /dev/null
		ip -n "${chain[n]}" -6 route del $target6/128 2> /dev/null
	done
	ip -n "${chain[3]}" route replace 10.78.1.0/24 via 10.78.3.1
	ip -n "${chain[4]}" -6 route replace 2001:db8:78:1::/64 via 2001:db8:78:4::1
	ip -n "${chain[0]}" -6 route flush cache
}

# hole NUMBER: that router's next link carries $size bytes, and it does not say so
hole()
{
	ip -n "${chain[$1]}" route add $target4/32 via "10.78.$(($1 + 1)).2" mtu lock $size
	ip -n "${chain[$1]}" -6 route add $target6/128 via "2001:db8:78:$(($1 + 1))::2" mtu $size
	router "$1" "say icmp type destination-unreachable icmp code frag-needed drop" \
		"say icmpv6 type packet-too-big drop"
}

# back NUMBER: that router drops larger packets on their way back
back()
{
	router "$1" "pass ip saddr $target4 meta length > $size drop" "pass ip6 saddr $target6 meta length > $size drop"
}

deaf_timestamp="take icmp type timestamp-request drop"
deaf_udp="take udp dport 33434 drop"
mute=("say icmp type time-exceeded drop" "say icmpv6 type time-exceeded drop")

# result GOT WANT NAME: a test point, to be told in the end
result()
{
	printf '%s\0' "$1" "$2" "$3" >> "$work/result.$me"
}

# said FAMILY HOP: how the address of that router reads
said()
{
	case $2 in
	null) echo null ;;
	*) [ "$1" = 4 ] && echo "10.78.$2.2" || echo "2001:db8:78:$2::2" ;;
	esac
}

# search [COMMAND...]: both families, into $work/NAME.out4 and 6
search()
{
	in_host "${chain[0]}" "$@" "$TUNWATCH" mtu --json $target4 > "$work/$me.out4" &
	in_host "${chain[0]}" "$@" "$TUNWATCH" mtu --json $target6 > "$work/$me.out6"
	wait $!
}

# placed DIRECTION HOP NEXT NAME [COMMAND...]: what a search says
placed()
{
	local family got direction=$1 hop=$2 next=$3 name=$4

	shift 4
	search "$@"
	for family in 4 6; do
		got=$(jq -r '"\(.mtu) \(.how) \(.direction) \(.hop) \(.hop_from) \(.next_hop) \(.next_hop_from)"' \
			"$work/$me.out$family")
		result "$got" "$size silence $direction $hop $(said $family "$hop") $next $(said $family "$next")" \
			"IPv$family: $name"
	done
}

# lossy DIRECTION HOP NEXT NAME: right, or not known
lossy()
{
	local family got want

	router 1 "arrive icmp type { echo-request, timestamp-request } numgen random mod 10 < 1 drop" \
		"arrive icmpv6 type echo-request numgen random mod 10 < 1 drop" \
		"arrive udp dport 33434 numgen random mod 10 < 1 drop"
	search
	for family in 4 6; do
		got=$(jq -r '"\(.mtu) \(.direction) \(.hop) \(.next_hop)"' "$work/$me.out$family")
		want="$size $1 $2 $3"
		case $got in
		"$want") ;;
		"$size $1 null null" | "$size unknown null null") diag "IPv$family: $4: $got" && got=$want ;;
		esac
		result "$got" "$want" "IPv$family: $4"
	done
}

# each opens the path before
scenarios=(nothing hole1 hole2 hole3 before_first back back_lossy lossy1 lossy2 no_timestamps back_no_timestamps only_hops
	last_hop_only back_unknown firewall mute1 mute12 df_replies cache text text_back nobody nobody_back
	fragments mirror)
scenario()
{
	local out before

	case $1 in
	nothing)
		out=$(in_host "${chain[0]}" "$TUNWATCH" mtu --json $target4)
		result "$(jq -r '"\(.mtu) \(.direction) \(.hop) \(.hops)"' <<< "$out")" "1500 null null null" \
			"no black hole, no place"
		;;
	hole[12]) hole "${1#hole}" && placed forward "${1#hole}" $((${1#hole} + 1)) "a hole behind router ${1#hole}" ;;
	hole3)
		hole 3
		placed forward 3 null "a hole behind the last router"
		result "$(jq .hops "$work/$me.out4")" 4 "... which is the fourth hop's"
		;;
	before_first)
		router 1 "arrive meta length > $size drop"
		placed forward null 1 "a hole before the first router"
		;;
	back) back 2 && placed reverse null null "a hole on the way back" ;;
	back_lossy) back 3 && lossy reverse null null "10 % loss, a hole on the way back" ;;
	lossy1) hole 2 && lossy forward 2 3 "10 % loss" ;;
	lossy2) hole 3 && lossy forward 3 null "10 % loss, a hole behind the last router" ;;
	no_timestamps)
		hole 2
		router 4 "$deaf_timestamp"
		placed forward 2 3 "no timestamps"
		;;
	back_no_timestamps)
		back 1
		router 4 "$deaf_timestamp"
		placed reverse null null "no timestamps, on the way back"
		;;
	only_hops)
		hole 2
		router 4 "$deaf_timestamp" "$deaf_udp"
		placed forward 2 3 "neither timestamps nor UDP: the hops tell"
		;;
	last_hop_only)
		hole 3
		router 4 "$deaf_timestamp" "$deaf_udp"
		placed unknown 3 null "neither, behind the last router"
		;;
	back_unknown)
		back 2
		router 4 "$deaf_timestamp" "$deaf_udp"
		placed unknown 3 null "neither, on the way back"
		;;
	firewall)
		hole 3
		router 4 "$deaf_timestamp"
		router 2 "pass udp dport 33434 reject with icmpx type port-unreachable"
		placed unknown 3 null "a firewall refuses UDP on the way"
		;;
	mute1)
		hole 2
		router 1 "${mute[@]}"
		placed forward 2 3 "router 1 is mute"
		;;
	mute12)
		hole 2
		router 1 "${mute[@]}"
		router 2 "${mute[@]}"
		placed forward null 3 "routers 1 and 2 are mute"
		;;
	df_replies)
		# BSD's way: replies with DF, on a way back that is smaller, and whose router does not say so
		router 4 "say icmp type { echo-reply, timestamp-reply } ip frag-off set 0x4000"
		ip -n "${chain[3]}" route replace 10.78.1.0/24 via 10.78.3.1 mtu lock $size
		router 3 "say icmp type destination-unreachable drop"
		out=$(in_host "${chain[0]}" "$TUNWATCH" mtu --json $target4)
		result "$(jq -r '"\(.mtu) \(.how) \(.direction) \(.hop)"' <<< "$out")" "$size silence reverse null" \
			"replies with DF vanish"
		;;
	cache)
		hole 2
		ip -n "${chain[0]}" route flush cache
		before=$(ip -n "${chain[0]}" -o route get $target4 | sed 's/ uid.*//')
		in_host "${chain[0]}" "$TUNWATCH" mtu $target4 > /dev/null
		result "$(ip -n "${chain[0]}" -o route get $target4 | sed 's/ uid.*//')" "$before" \
			"the observer changes nothing"
		# with frag-needed said now and then, too
		in_host "${chain[2]}" nft flush ruleset
		router 2 "say icmp type destination-unreachable icmp code frag-needed numgen random mod 8 < 7 drop"
		in_host "${chain[0]}" "$TUNWATCH" mtu $target4 > /dev/null
		result "$(ip -n "${chain[0]}" -o route get $target4 | sed 's/ uid.*//')" "$before" "... with frag-needed"
		;;
	text)
		hole 2
		out=$(in_host "${chain[0]}" "$TUNWATCH" mtu $target4)
		result "$(sed -n 2,4p <<< "$out")" "$(printf '  %s\n' \
			"black hole: larger packets vanish, and no router says so (frag-needed)" \
			"they are lost on the way there" \
			"hop 2 of 4 (10.78.2.2) is the last to get them; hop 3 of 4 (10.78.3.2) does not")" "text"
		out=$(in_host "${chain[0]}" "$TOOLS/pty_run" "$TUNWATCH" mtu $target4 \
			< <(exec tail -f /dev/null --pid=$$ 2> /dev/null))
		result "$(grep -o 'finding which way loses' <<< "$out" | head -1)" "finding which way loses" \
			"progress on a terminal"
		;;
	text_back)
		back 2
		out=$(in_host "${chain[0]}" "$TUNWATCH" mtu $target4)
		result "$(sed -n 3p <<< "$out")" \
			"  they get there: their answers, as large, are lost on the way back" "text: the way back"
		;;
	fragments)
		# replies without DF
		ip -n "${chain[3]}" route replace 10.78.1.0/24 via 10.78.3.1 mtu lock 1300
		ip -n "${chain[4]}" -6 route replace 2001:db8:78:1::/64 via 2001:db8:78:4::1 mtu 1300
		search
		for before in 4 6; do
			result "$(jq -r '"\(.mtu) \(.direction) \(.back_fragment)"' "$work/$me.out$before")" \
				"1500 null $((before == 4 ? 1300 : 1296))" "IPv$before: answers in fragments"
		done
		;;
	mirror)
		# BSD's timestamp replies are as large as requests, and get lost as echo replies do
		back 2
		router 4 "say icmp type timestamp-reply meta length 40 drop"
		in_host "${chain[4]}" "$TOOLS/stamp_mirror" &
		before=$!
		placed reverse null null "timestamps come back whole, and are lost on the way back"
		kill "$before"
		;;
	nobody) hole 2 && placed forward 2 3 "without privilege" "${nobody[@]}" ;;
	nobody_back) back 2 && placed reverse null null "without privilege, on the way back" "${nobody[@]}" ;;
	esac
}

# work_on NUMBER: that chain's share
work_on()
{
	local i me=$1

	trap - EXIT
	for ((i = $1; i < ${#scenarios[@]}; i += chains)); do
		open_path
		scenario "${scenarios[i]}"
	done
}

for ((c = 0; c < chains; c++)); do
	make_chain "c$c"
	work_on $c &
	workers[c]=$!
done
wait "${workers[@]}"
for ((c = 0; c < chains; c++)); do
	while IFS= read -r -d '' got && IFS= read -r -d '' want && IFS= read -r -d '' name; do
		is "$got" "$want" "$name"
	done < "$work/result.$c"
done
done_testing
