# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# topology.sh - namespaces, links, path MTU, delay, loss, ICMP filter

lab_up()
{
	local n
	for n in hq isp cloud; do
		ip netns add "$n"
		ip -n "$n" link set lo up
		# ping sockets for all (the kernel's default, "1 0", is for none);
		# LAB_PINGSOCK=no leaves the default, to test the fallback
		[ "${LAB_PINGSOCK-}" = no ] || ip netns exec "$n" \
			sysctl -qw net.ipv4.ping_group_range='0 2147483647'
	done
	ip link add wan netns hq type veth peer name hq0 netns isp
	ip link add wan netns cloud type veth peer name cl0 netns isp
	# plain frames: no offloads, real checksums in captures
	for n in hq/wan isp/hq0 isp/cl0 cloud/wan; do
		ip netns exec "${n%/*}" ethtool -K "${n#*/}" tx off tso off gso off gro off \
			> /dev/null 2>&1
	done
	ip -n hq -batch - <<-X
		addr add $HQ/24 dev wan
		addr add $HQ6/64 dev wan nodad
		link set wan up
		route add default via 198.51.100.1
		route add default via 2001:db8:1::1 dev wan
	X
	ip -n cloud -batch - <<-X
		addr add $CLOUD/24 dev wan
		addr add $CLOUD2/24 dev wan
		addr add $CLOUD3/24 dev wan
		addr add $CLOUD6/64 dev wan nodad
		addr add $CLOUD26/64 dev wan nodad
		link set wan up
		route add default via 203.0.113.1
		route add default via 2001:db8:2::1 dev wan
	X
	ip -n isp -batch - <<-X
		addr add 198.51.100.1/24 dev hq0
		addr add 192.0.2.1/24 dev hq0
		addr add 203.0.113.1/24 dev cl0
		addr add 2001:db8:1::1/64 dev hq0 nodad
		addr add 2001:db8:2::1/64 dev cl0 nodad
		link set hq0 up
		link set cl0 up
	X
	ip netns exec isp sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 \
		net.ipv4.icmp_ratelimit=0
	# a LAN address at each end (a bridge stands in where there is no dummy)
	for n in hq/10.10 cloud/10.20; do
		ip -n "${n%/*}" link add lan0 type dummy 2> /dev/null ||
			ip -n "${n%/*}" link add lan0 type bridge
		ip -n "${n%/*}" addr add "${n#*/}.0.1/16" dev lan0
		ip -n "${n%/*}" link set lan0 up
		ip netns exec "${n%/*}" sysctl -qw net.ipv4.ip_forward=1
	done
	path_netem "${1:-5ms}" "${2:-0%}" || true
}

lab_down()
{
	local n
	for n in hq isp cloud; do ip netns del "$n" 2> /dev/null; done
	return 0
}

# path_mtu N[/N6] [DIR]: the MTU of the link behind the isp router, N6: for
# IPv6.  DIR: both (default), out (hq to cloud) or in.  Done with a locked route MTU, not with
# the device MTU: the router then answers with frag-needed / packet-too-big
# for what arrives too big, instead of losing the frame on receipt.
path_mtu()
{
	local mtu=${1%/*} mtu6=${1#*/} dir=${2:-both} t=$EPOCHREALTIME
	[ "$dir" = in ] || ip -n isp -batch - <<-X
		route replace 203.0.113.0/24 dev cl0 mtu lock $mtu
		route replace 2001:db8:2::/64 dev cl0 metric 128 mtu lock $mtu6
	X
	[ "$dir" = out ] || ip -n isp -batch - <<-X
		route replace 198.51.100.0/24 dev hq0 mtu lock $mtu
		route replace 192.0.2.0/24 dev hq0 mtu lock $mtu
		route replace 2001:db8:1::/64 dev hq0 metric 128 mtu lock $mtu6
	X
	truth path-mtu "mtu=$mtu" "mtu6=$mtu6" "dir=$dir" "began=$t"
}

# path_netem DELAY LOSS [DIR]: one-way delay and loss of each direction
path_netem()
{
	local d=$1 l=$2 dir=${3:-both} r=0 t=$EPOCHREALTIME
	[ "$dir" = in ] || tc -n isp qdisc replace dev cl0 root netem limit 10000 \
		delay "$d" loss "$l" 2> /dev/null || r=1
	[ "$dir" = out ] || tc -n isp qdisc replace dev hq0 root netem limit 10000 \
		delay "$d" loss "$l" 2> /dev/null || r=1
	if [ $r = 0 ]; then truth path "delay=$d" "loss=$l" "dir=$dir" "began=$t"
	else truth path netem=unavailable; fi
	return $r
}

# ns_drop NS CHAIN add|del MATCH...: drop packets (iptables words; FW=ip6tables
# for IPv6).  UML's nf_tables has no ip family and needs the legacy tool; the
# host's kernel has nf_tables only.
ns_drop()
{
	local ns=$1 chain=$2 op=-I how=legacy
	[ "$3" = add ] || op=-D
	shift 3
	ip netns exec "$ns" iptables-legacy -S > /dev/null 2>&1 || how=nft
	ip netns exec "$ns" "${FW:-iptables}-$how" -w $op "$chain" "$@" -j DROP
}

# path_icmp pass|drop: does the isp router's frag-needed get out?
path_icmp()
{
	local op=del t=$EPOCHREALTIME
	[ "$1" = drop ] && op=add
	ns_drop isp OUTPUT $op -p icmp --icmp-type fragmentation-needed
	FW=ip6tables ns_drop isp OUTPUT $op -p icmpv6 --icmpv6-type packet-too-big
	truth path-icmp "fragneeded=$1" "began=$t"
}

# largest_df NS LOW HIGH ADDR...: "ADDR SIZE" of each, all at a time: the largest IP packet (bytes) answered
# unfragmented, whatever the kernel has cached; 0 when not even LOW passes
largest_df()
{
	local ns=$1
	shift
	ip netns exec "$ns" python3 "$LAB/lib/dfprobe.py" "$@" | sed 's/largest=\([0-9]*\).*/\1/'
}

# fragments NS: outer fragments that arrived there so far, IPv4 and IPv6
fragments()
{
	ip netns exec "$1" cat /proc/net/snmp /proc/net/snmp6 |
		awk '/^Ip: [0-9]/ { n += $15 } /^Ip6ReasmReqds/ { n += $2 } END { print n }'
}

# told_mtu NS ADDR [SIZE]: what the kernel ends up telling a sender with DF
# ("mtu = N" of ping -M do), starting at SIZE; 0 if it never says anything
told_mtu()
{
	local ns=$1 to=$2 size=${3:-1500} h=28 m told=0
	case $to in *:*) h=48 ;; esac
	for _ in 1 2 3 4 5 6; do
		m=$(ip netns exec "$ns" ping -n -M "do" -c 2 -i 0.2 -W 1 -s $((size - h)) "$to" 2>&1 |
			sed -n 's/.*mtu *[=:] *\([0-9]*\).*/\1/p' | tail -n 1)
		[ -n "$m" ] || break
		told=$m
		[ "$m" -lt "$size" ] || break
		size=$m
	done
	echo "$told"
}

# jump_up: a host behind hq, which is its gateway; what comes back to it takes the tunnel it went by
jump_up()
{
	ip netns add jump
	ip -n jump link set lo up
	ip netns exec jump sysctl -qw net.ipv4.ping_group_range='0 2147483647'
	ip link add jump0 netns hq type veth peer name eth0 netns jump
	ip -n hq addr add 10.11.0.1/24 dev jump0
	ip -n hq link set jump0 up
	ip -n jump addr add 10.11.0.2/24 dev eth0
	ip -n jump link set eth0 up
	ip -n jump route add default via 10.11.0.1
	ip -n isp route add 10.11.0.0/24 via $HQ
	jump_back 1
	jump_back 2
}

# jump_back N: cloud's way back to the jump host by tunnel N; a device that went down has lost it
jump_back()
{
	ip -n cloud route replace 10.11.0.0/24 dev vti$1 table 10$1
	ip -n cloud rule del pref 10$1 2> /dev/null
	ip -n cloud rule add pref 10$1 from 169.254.252.$((4 * $1 - 3)) lookup 10$1
}

vti2_up()
{
	ip -n cloud link set vti2 up
	jump_back 2
}
