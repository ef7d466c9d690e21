# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154,SC2034
# Many paths at once, each with an MTU of its own, in groups with conditions of their own: source it after netns.sh, or
# in a benchmark. near - edge - router - far; the namespaces' names are in $near, $edge, $router, $far, and $work is a
# folder. The path to 10.78.GROUP.N and 2001:db8:78:GROUP::N is as path_add said, its conditions as path_group said:
#   lose=PERCENT    packets are lost before the router, each for itself
#   bursts=PERCENT  they are lost four in a row
#   silent          the router never says frag-needed
#   limited         it says so once in 500 ms for each target
#   names=MTU,...   it names these instead, by the last bits of the target's address (2 or 4 of them)
#   series          the first limit is that of the edge, which does say so
#   policed=RATE/BURST  far answers no more echo requests a second for each target
#   slow            40 ms to the router
#   line            3 Mbit/s to the far end, room for ten packets (all groups of that kind together)

path_rate=
path_first=()
path_router_in=()
path_router_out=()
path_far_in=()

# path_hosts: addresses and cables; slow_wire runs until this shell has ended.
path_hosts()
{
	local ns

	path_cable "$near" n0 10.77.1.2/24 2001:db8:1::2/64 "$edge" e0 10.77.1.1/24 2001:db8:1::1/64
	path_cable "$edge" e1 10.77.2.1/24 2001:db8:2::1/64 "$router" r0 10.77.2.2/24 2001:db8:2::2/64
	path_cable "$router" r1 10.77.3.1/24 2001:db8:3::1/64 "$far" f0 10.77.3.2/24 2001:db8:3::2/64
	path_cable "$router" r2 10.77.4.1/24 2001:db8:4::1/64 "$far" f1 10.77.4.2/24 2001:db8:4::2/64
	for ns in "$near" "$edge" "$router" "$far"; do
		ip netns exec "$ns" sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0 \
			net.ipv4.icmp_ratelimit=0 net.ipv6.icmp.ratelimit=0
		ip netns exec "$ns" sysctl -qw net.ipv4.icmp_msgs_per_sec=1000000 2> /dev/null
	done
	for ns in "$edge" "$router"; do
		ip netns exec "$ns" sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
	done
	ip -n "$near" route add default via 10.77.1.1
	ip -n "$near" -6 route add default via 2001:db8:1::1
	ip -n "$edge" route add default via 10.77.2.2
	ip -n "$edge" -6 route add default via 2001:db8:2::2
	ip -n "$router" route add 10.77.1.0/24 via 10.77.2.1
	ip -n "$router" -6 route add 2001:db8:1::/64 via 2001:db8:2::1
	ip -n "$far" route add default via 10.77.3.1
	ip -n "$far" -6 route add default via 2001:db8:3::1
	ip -n "$far" route add local 10.78.0.0/16 dev lo
}

# path_cable HOST1 DEVICE1 IPV4 IPV6 HOST2 DEVICE2 IPV4 IPV6
path_cable()
{
	ip link add "$2" netns "$1" type veth peer name "$6" netns "$5"
	ip -n "$1" addr add "$3" dev "$2"
	ip -n "$1" addr add "$4" dev "$2" nodad
	ip -n "$5" addr add "$7" dev "$6"
	ip -n "$5" addr add "$8" dev "$6" nodad
	ip -n "$1" link set "$2" up
	ip -n "$5" link set "$6" up
}

# path_slow MS: the other way from the edge to the router, and only there.
path_slow()
{
	# its standard input stays open until this shell has ended
	: > "$work/slow_wire"
	"$TOOLS/slow_wire" "$edge" s0 "$router" s1 "$1" < <(exec tail -f /dev/null --pid=$$ 2> /dev/null) \
		> "$work/slow_wire" 2>&1 &
	disown $!
	until grep -q ready "$work/slow_wire"; do
		kill -0 $! 2> /dev/null || return
		sleep 0.01
	done
	ip netns exec "$router" sysctl -qw net.ipv4.conf.s1.rp_filter=0
	ip -n "$edge" link set s0 up
	ip -n "$router" link set s1 up
}

# path_line: 3 Mbit/s, and room for ten packets, where the kernel has it.
path_line()
{
	tc -n "$router" qdisc add dev r2 root tbf rate 3mbit burst 1600 limit 15000 2> /dev/null
}

# path_group NUMBER WORD...
path_group()
{
	local v4="ip daddr 10.78.$1.0/24" v6="ip6 daddr 2001:db8:78:$1::/64" word n i names
	# whom the packet was for that an error quotes
	local q4 q6

	printf -v q4 'icmp type destination-unreachable icmp code frag-needed @th,192,24 0x0a4e%02x' "$1"
	printf -v q6 'icmpv6 type packet-too-big @th,256,64 0x20010db80078%04x' "0x$1"
	path_first[$1]=
	for word in "${@:2}"; do
		n=${word#*=}
		case $word in
		lose=*)
			path_router_in+=("$v4 numgen random mod 100 < $n drop" "$v6 numgen random mod 100 < $n drop")
			;;
		bursts=*)
			# Gilbert's chain, for each target
			i=$((n * 1000 / (100 - n) / 4))
			path_router_in+=("$v4 ip daddr @bad4 numgen random mod 4 < 3 drop"
				"$v4 ip daddr @bad4 delete @bad4 { ip daddr } return"
				"$v4 numgen random mod 1000 < $i add @bad4 { ip daddr } drop"
				"$v6 ip6 daddr @bad6 numgen random mod 4 < 3 drop"
				"$v6 ip6 daddr @bad6 delete @bad6 { ip6 daddr } return"
				"$v6 numgen random mod 1000 < $i add @bad6 { ip6 daddr } drop")
			;;
		silent) path_router_out+=("$q4 drop" "$q6 drop") ;;
		limited)
			path_router_out+=("$q4 add @said4 { @th,192,32 limit rate over 2/second burst 1 packets } drop"
				"$q6 add @said6 { @th,256,128 limit rate over 2/second burst 1 packets } drop")
			;;
		names=*)
			IFS=, read -ra names <<< "$n"
			for i in "${!names[@]}"; do
				path_router_out+=("$q4 @th,216,8 & $((${#names[@]} - 1)) == $i icmp mtu set ${names[i]}"
					"$q6 @th,376,8 & $((${#names[@]} - 1)) == $i icmpv6 mtu set ${names[i]}")
			done
			;;
		policed=*)
			i="limit rate over ${n%/*}/second burst ${n#*/} packets } drop"
			path_far_in+=("$v4 icmp type echo-request add @policed4 { ip daddr $i"
				"$v6 icmpv6 type echo-request add @policed6 { ip6 daddr $i")
			;;
		slow)
			echo "route add 10.78.$1.0/24 dev s0" >> "$work/edge.batch"
			echo "route add 2001:db8:78:$1::/64 dev s0" >> "$work/edge.batch"
			;;
		series | line) path_first[$1]=$word ;;
		*) return 1 ;;
		esac
	done
}

# path_add GROUP N MTU4 MTU6 [FIRST4 FIRST6]: a path; FIRST: of the edge, in a group of the kind "series"
path_add()
{
	local via=3 x4=10.78.$1.$2 x6

	printf -v x6 '2001:db8:78:%s::%x' "$1" "$2"
	[ "${path_first[$1]}" = line ] && via=4
	# locked: else forwarding takes the device's
	echo "route add $x4 via 10.77.$via.2 mtu lock $3" >> "$work/router.batch"
	echo "route add $x6 via 2001:db8:$via::2 mtu $4" >> "$work/router.batch"
	# IPv6 sends errors from addresses it has only
	echo "addr add $x6/128 dev lo nodad" >> "$work/far.batch"
	[ "${path_first[$1]}" = series ] || return 0
	echo "route add $x4 via 10.77.2.2 mtu lock $5" >> "$work/edge.batch"
	echo "route add $x6 via 2001:db8:2::2 mtu $6" >> "$work/edge.batch"
}

# path_apply: all groups and paths from here on; packets that come faster than $path_rate a second are counted.
path_apply()
{
	local host

	for host in edge router far; do
		[ ! -e "$work/$host.batch" ] || ip -n "${!host}" -batch "$work/$host.batch" || return
		rm -f "$work/$host.batch"
	done
	{
		echo "table inet paths {"
		echo "set sent4 { type ipv4_addr; flags dynamic; counter; }"
		echo "set sent6 { type ipv6_addr; flags dynamic; counter; }"
		echo "set bad4 { type ipv4_addr; flags dynamic, timeout; timeout 100ms; }"
		echo "set bad6 { type ipv6_addr; flags dynamic, timeout; timeout 100ms; }"
		echo "set said4 { typeof @th,192,32; flags dynamic; }"
		echo "set said6 { typeof @th,256,128; flags dynamic; }"
		echo "counter fast { }"
		echo "chain in { type filter hook prerouting priority -300;"
		echo 'ip daddr 10.78.0.0/16 iifname { "r0", "s1" } add @sent4 { ip daddr }'
		echo 'ip6 daddr 2001:db8:78::/48 iifname { "r0", "s1" } add @sent6 { ip6 daddr }'
		[ -z "$path_rate" ] ||
			echo "iifname { r0, s1 } limit rate over $path_rate/second burst 200 packets counter name fast"
		printf '%s\n' "${path_router_in[@]}" "}"
		echo "chain out { type filter hook output priority -150;"
		printf '%s\n' "${path_router_out[@]}" "}"
		echo "}"
	} > "$work/router.nft"
	{
		echo "table inet paths {"
		echo "set policed4 { type ipv4_addr; flags dynamic; }"
		echo "set policed6 { type ipv6_addr; flags dynamic; }"
		echo "chain in { type filter hook input priority 0;"
		printf '%s\n' "${path_far_in[@]}" "}"
		echo "}"
	} > "$work/far.nft"
	ip netns exec "$router" nft -f "$work/router.nft" && ip netns exec "$far" nft -f "$work/far.nft"
}

# path_sent: how many packets have reached the router, as "ADDRESS PACKETS" lines.
path_sent()
{
	local set

	for set in sent4 sent6; do
		ip netns exec "$router" nft -j list set inet paths $set |
			jq -r '.nftables[].set? // empty | .elem // [] | .[].elem | "\(.val) \(.counter.packets)"'
	done
}

# path_change GROUP N MTU4 MTU6: what a path has from the next path_change_all on
path_change()
{
	local via=3 x6

	printf -v x6 '2001:db8:78:%s::%x' "$1" "$2"
	[ "${path_first[$1]}" = line ] && via=4
	echo "route replace 10.78.$1.$2 via 10.77.$via.2 mtu lock $3" >> "$work/router.batch"
	echo "route replace $x6 via 2001:db8:$via::2 mtu $4" >> "$work/router.batch"
}

# path_change_all: now
path_change_all()
{
	ip -n "$router" -batch "$work/router.batch" || return
	rm -f "$work/router.batch"
}

# path_fast: how many of them
path_fast()
{
	ip netns exec "$router" nft -j list counter inet paths fast | jq '.nftables[].counter? // empty | .packets'
}
