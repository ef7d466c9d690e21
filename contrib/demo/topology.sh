# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034
# The network of the demo: hq has two carriers, a and b, and tunnels to the cloud over whichever the routes name.
#
#              .2  wan-a  192.0.2.0/30  .1 [carrier a]
#   hq 198.51.100.2                                    [cloud] 203.0.113.2 .3 .4 .5 .6 .7 .8
#              .6  wan-b  192.0.2.4/30  .5 [carrier b]   behind it no more than 1454 bytes pass

# what came up: names, kinds, name -> group
declare -a tunnels=() kinds=()
declare -A group_of=()

in_ns()
{
	local ns=$1

	shift
	nsenter --net="/run/netns/$ns" -- "$@"
}

# A carrier: its link to hq, its link to the cloud, and delay where the kernel has netem.
add_carrier()
{
	local ns=$1 x=$2 hq_net=$3 cloud_net=$4

	ip link add "wan-$x" netns hq type veth peer name hq netns "$ns" &&
		ip link add "wan-$x" netns cloud type veth peer name cloud netns "$ns" &&
		ip -n hq addr add "192.0.2.$((hq_net + 2))/30" dev "wan-$x" &&
		ip -n "$ns" addr add "192.0.2.$((hq_net + 1))/30" dev hq &&
		ip -n "$ns" addr add "192.0.2.$((cloud_net + 1))/30" dev cloud &&
		ip -n cloud addr add "192.0.2.$((cloud_net + 2))/30" dev "wan-$x" &&
		ip -n hq link set "wan-$x" up &&
		ip -n cloud link set "wan-$x" up &&
		ip -n "$ns" link set hq up &&
		ip -n "$ns" link set cloud up &&
		ip -n "$ns" route add 198.51.100.0/24 via "192.0.2.$((hq_net + 2))" &&
		ip -n "$ns" route add 203.0.113.0/24 via "192.0.2.$((cloud_net + 2))" || return
	in_ns "$ns" tee /proc/sys/net/ipv4/ip_forward <<< 1 > /dev/null
	tc -n "$ns" qdisc add dev hq root netem delay 6ms 1ms 2> /dev/null
	tc -n "$ns" qdisc add dev cloud root netem delay 5ms 2> /dev/null
	return 0
}

topology_up()
{
	local ns host

	command -v ip > /dev/null || { echo "tunwatch: iproute2 is missing: make demo installs it" >&2; return 69; }
	for ns in hq carrier-a carrier-b cloud; do
		if ! ip netns add "$ns" || ! ip -n "$ns" link set lo up; then
			echo "tunwatch: cannot make network namespaces here" >&2
			return 69
		fi
	done
	ip -n hq addr add 198.51.100.2/32 dev lo
	for host in 2 3 4 5 6 7 8; do
		ip -n cloud addr add "203.0.113.$host/32" dev lo
	done
	add_carrier carrier-a a 0 8 && add_carrier carrier-b b 4 12 && way_through a || return 69
	# the line of carrier b is a PPPoE one
	ip -n carrier-b link set cloud mtu 1454
	ip -n cloud link set wan-b mtu 1454
	add_tunnels
}

# add_pair KIND NAME REMOTE INNER GROUP [LINK WORD]...: a device at both ends, INNER1 in the cloud and INNER2 here.
# A kind that this kernel lacks is left out without a word.
add_pair()
{
	local kind=$1 name=$2 remote=$3 inner=$4 group=$5

	shift 5
	ip -n hq link add "$name" type "$kind" local 198.51.100.2 remote "$remote" "$@" 2> /dev/null || return 0
	if ! ip -n cloud link add "$name" type "$kind" local "$remote" remote 198.51.100.2 "$@" 2> /dev/null; then
		ip -n hq link del "$name"
		return 0
	fi
	take_up "$kind" "$name" "$inner" "$group"
}

take_up()
{
	local kind=$1 name=$2 inner=$3 group=$4 length=30

	[[ $inner != *: ]] || length="126 nodad"
	# shellcheck disable=SC2086
	ip -n hq addr add "$inner"2/$length dev "$name"
	# shellcheck disable=SC2086
	ip -n cloud addr add "$inner"1/$length dev "$name"
	if [ "$kind" = vxlan ]; then
		ip -n hq link set "$name" mtu 1450
		ip -n cloud link set "$name" mtu 1450
	fi
	ip -n hq link set "$name" up
	ip -n cloud link set "$name" up
	tunnels+=("$name")
	group_of[$name]=$group
	[[ " ${kinds[*]} " == *" $kind "* ]] || kinds+=("$kind")
}

add_tunnels()
{
	add_pair vxlan use1-a 203.0.113.2 169.254.252. aws id 101 dstport 4789
	add_pair vxlan use1-b 203.0.113.3 169.254.253. aws id 102 dstport 4789
	add_pair vxlan dc2 203.0.113.4 10.99.4. dc id 104 dstport 4789
	add_pair gre dc2-gre 203.0.113.5 10.99.1. dc ttl 64
	add_pair ipip lac1 203.0.113.6 10.99.2. branch ttl 64
	add_pair sit six1 203.0.113.7 fd00:99:3:: branch ttl 64
	add_vti
	add_wireguard
	[ ${#tunnels[@]} -gt 0 ] || { echo "tunwatch: this kernel has no tunnels, not even vxlan" >&2; return 69; }
}

# one security association each way, with keys that are no secret
add_sa()
{
	local ns

	for ns in hq cloud; do
		ip -n "$ns" xfrm state add src "$1" dst "$2" proto esp spi "$3" reqid 7 mode tunnel mark 7 \
			replay-window 64 aead 'rfc4106(gcm(aes))' 0x0123456789abcdef0123456789abcdef01234567 128 \
			2> /dev/null || return
	done
}

add_policy()
{
	ip -n "$1" xfrm policy add dir "$2" mark 7 src 0.0.0.0/0 dst 0.0.0.0/0 \
		tmpl src "$3" dst "$4" proto esp reqid 7 mode tunnel 2> /dev/null
}

add_vti()
{
	local a=198.51.100.2 b=203.0.113.8

	ip -n hq link add vti1 type vti local $a remote $b key 7 2> /dev/null || return 0
	if ip -n cloud link add vti1 type vti local $b remote $a key 7 2> /dev/null &&
		add_sa $a $b 0xc0001 && add_sa $b $a 0xc0002 &&
		add_policy hq out $a $b && add_policy hq in $b $a &&
		add_policy cloud out $b $a && add_policy cloud in $a $b; then
		take_up vti vti1 10.99.5. aws
		return
	fi
	ip -n hq link del vti1
	ip -n cloud link del vti1 2> /dev/null
	return 0
}

# the kernel's WireGuard, else wireguard-go
add_wg_device()
{
	ip -n "$1" link add "$2" type wireguard 2> /dev/null && return
	command -v wireguard-go > /dev/null && [ -c /dev/net/tun ] || return
	WG_I_PREFER_BUGGY_USERSPACE_TO_POLISHED_KMOD=1 \
		nsenter --net="/run/netns/$1" wireguard-go -f "$2" > /dev/null 2>&1 &
	for _ in {1..50}; do
		in_ns "$1" wg show "$2" > /dev/null 2>&1 && return
		sleep 0.1
	done
	return 1
}

# the two ends would share a control socket if they had one name
add_wireguard()
{
	local here=hq-wg there=cloud-wg key_here key_there

	command -v wg > /dev/null || return 0
	key_here=$(wg genkey) key_there=$(wg genkey)
	if add_wg_device hq $here && add_wg_device cloud "$there" &&
		in_ns hq wg set $here listen-port 51820 private-key <(echo "$key_here") \
			peer "$(wg pubkey <<< "$key_there")" endpoint 203.0.113.2:51820 \
			allowed-ips 10.99.6.0/30 persistent-keepalive 5 &&
		in_ns cloud wg set "$there" listen-port 51820 private-key <(echo "$key_there") \
			peer "$(wg pubkey <<< "$key_here")" allowed-ips 10.99.6.0/30; then
		ip -n cloud addr add 10.99.6.1/30 dev "$there"
		ip -n cloud link set "$there" up
		ip -n hq addr add 10.99.6.2/30 dev $here
		ip -n hq link set $here up
		tunnels+=("$here")
		group_of[$here]=branch
		kinds+=(wireguard)
		# the first handshake may take some seconds
		for _ in {1..40}; do
			in_ns hq ping -q -c 1 -W 0.25 10.99.6.1 > /dev/null 2>&1 && break
		done
	fi
	return 0
}

# ---- what happens in it

peer_link()
{
	ip -n cloud link set "$1" "$2"
}

carrier_a()
{
	ip -n hq link set wan-a "$1"
}

way_through()
{
	local hop=1 back=9

	[ "$1" = a ] || { hop=5 back=13; }
	ip -n hq route replace 203.0.113.0/24 via 192.0.2.$hop src 198.51.100.2 &&
		ip -n cloud route replace 198.51.100.0/24 via 192.0.2.$back
}

# percent of the packets to dc2 that carrier a loses
carrier_loss()
{
	in_ns carrier-a nft -f - <<-X
		table inet demo
		delete table inet demo
		table inet demo {
			chain loss {
				type filter hook forward priority 0;
				ip daddr 203.0.113.4 numgen random mod 100 < $1 drop
			}
		}
	X
}
