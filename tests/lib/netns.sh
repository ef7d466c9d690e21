# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Hosts in network namespaces for tests: source it after tap.sh. Names carry the test's pid; everything is removed at
# its end. The test runs in a mount namespace of its own, with a state directory of its own.

need_root
need ip nft jq

if [ -z "${TUNWATCH_TEST_PRIVATE-}" ]; then
	export TUNWATCH_TEST_PRIVATE=1
	exec unshare -m --propagation private "$0" "$@"
fi

mkdir -p /var/lib/tunwatch
mount -t tmpfs -o mode=755 tmpfs /var/lib/tunwatch
work=$(mktemp -d /tmp/tunwatch-test.XXXXXX)
chmod 755 "$work"
# other users run it as well, wherever the checkout lies
cp "$TUNWATCH" "$work/tunwatch"
TUNWATCH=$work/tunwatch
hosts=()
children=()

# shellcheck disable=SC2317
net_clean_up()
{
	local host pid

	trap - EXIT INT TERM HUP
	for pid in "${children[@]}"; do
		kill -CONT "$pid" 2> /dev/null
		kill "$pid" 2> /dev/null
	done
	for host in "${hosts[@]}"; do
		ip netns exec "$host" "$TUNWATCH" stop > /dev/null 2>&1
		ip netns pids "$host" 2> /dev/null | while read -r pid; do kill -KILL "$pid" 2> /dev/null; done
		ip netns del "$host" 2> /dev/null
	done
	rm -rf "$work"
}
trap net_clean_up EXIT
trap 'exit 130' INT TERM HUP

# host NAME: a namespace; its name for `ip netns exec` is in $NAME.
host()
{
	local real="tw$$-$1"

	ip netns add "$real"
	hosts+=("$real")
	declare -g "$1=$real"
	ip -n "$real" link set lo up
	ip netns exec "$real" sysctl -qw net.ipv6.conf.default.accept_dad=0 net.ipv6.conf.all.accept_dad=0 \
		net.ipv4.ip_forward=0
}

# wire HOST1 DEVICE1 ADDRESS1 HOST2 DEVICE2 ADDRESS2: a cable.
wire()
{
	ip -n "$1" link add "$2" type veth peer name "$5" netns "$4"
	ip -n "$1" addr add "$3" dev "$2"
	ip -n "$4" addr add "$6" dev "$5"
	ip -n "$1" link set "$2" up
	ip -n "$4" link set "$5" up
}

# vxlan HOST DEVICE ID LOCAL REMOTE ADDRESS: one end of a tunnel.
vxlan()
{
	ip -n "$1" link add "$2" type vxlan id "$3" local "$4" remote "$5" dstport 4789
	ip -n "$1" addr add "$6" dev "$2"
	ip -n "$1" link set "$2" up
}

# vxlan_pair NUMBER: hosts $near and $far on one wire, and so many tunnels vx1, vx2, ... between them.
vxlan_pair()
{
	local i

	host near
	host far
	# shellcheck disable=SC2154
	wire "$near" eth0 192.0.2.1/24 "$far" eth0 192.0.2.2/24
	for ((i = 1; i <= $1; i++)); do
		vxlan "$near" vx$i 4$i 192.0.2.1 192.0.2.2 10.77.$i.1/30
		vxlan "$far" vx$i 4$i 192.0.2.2 192.0.2.1 10.77.$i.2/30
	done
}

# routed_pair: hosts $near and $far with the router $middle between them, IPv4 and IPv6.
# shellcheck disable=SC2154
routed_pair()
{
	host near
	host middle
	host far
	wire "$near" n0 10.77.1.2/24 "$middle" m0 10.77.1.1/24
	wire "$middle" m1 10.77.2.1/24 "$far" f0 10.77.2.2/16
	ip -n "$near" addr add 2001:db8:1::2/64 dev n0 nodad
	ip -n "$middle" addr add 2001:db8:1::1/64 dev m0 nodad
	ip -n "$middle" addr add 2001:db8:2::1/64 dev m1 nodad
	ip -n "$far" addr add 2001:db8:2::2/64 dev f0 nodad
	ip netns exec "$middle" sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
	ip -n "$near" route add default via 10.77.1.1
	ip -n "$near" -6 route add default via 2001:db8:1::1
	ip -n "$far" route add 10.77.1.0/24 via 10.77.2.1
	ip -n "$far" -6 route add default via 2001:db8:2::1
}

# in_host HOST COMMAND...
in_host()
{
	local host=$1

	shift
	ip netns exec "$host" "$@"
}

# background HOST COMMAND...: its pid is in $pid (that of the command itself).
background()
{
	local host=$1

	shift
	ip netns exec "$host" "$@" &
	pid=$!
	children+=("$pid")
}

# The time now, seconds since 1970 with microseconds.
now()
{
	echo "$EPOCHREALTIME"
}

# seconds TIME: an RFC 3339 time as seconds since 1970.
seconds()
{
	date -u -d "$1" +%s.%6N
}

# near GOT WANT OFF NAME: |GOT - WANT| <= OFF.
near()
{
	if awk -v a="$1" -v b="$2" -v c="$3" 'BEGIN { exit !(a - b <= c && b - a <= c) }'; then
		ok 0 "$4"
	else
		ok 1 "$4" || diag "got $1, want $2 within $3"
	fi
}
