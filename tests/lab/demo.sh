#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# demo.sh PROGRAM: run in the guest (make demo LAB=1): an AWS-like pair of tunnels by IKE with BGP over them, and a router
# that moves to another carrier's port again and again while tunwatch looks on. Without a terminal: one move, and the
# report of it.
. "$LAB/lib/lab.sh"
program=$1
echo "The lab comes up: two ends, IKE, BGP. A moment..."
lab_up 5ms 0%
if ! IKE_DPD=3s IKE_REKEY=30s IKE_LIFE=60s tun_ike > /dev/null 2>&1; then
	echo "tunwatch: IKE brought up no tunnel" >&2
	exit 1
fi
bgp_up 9
wait_for 20 bgp_established hq 169.254.252.1
configure <<-X
	tunnel vti1 { ifname = vti1  group = aws }
	tunnel vti2 { ifname = vti2  group = aws }
	line uplink { target = gateway }
X

# move ADDRESS GATEWAY: the uplink goes down, and comes back with another address at another port
move()
{
	local n far

	ip -n hq link set wan down
	sleep 10
	ip -n hq -batch - <<-X
		addr flush dev wan
		addr add $1/24 dev wan
		link set wan up
		route add default via $2
	X
	sleep 5
	for n in 1 2; do
		far=$CLOUD
		[ $n = 1 ] || far=$CLOUD2
		ip -n hq link set vti$n type vti local $1 remote $far key $n
		ip -n cloud link set vti$n type vti local $far remote $1 key $n
	done
	ike_load hq $1
	ike_load cloud $1
	for n in 1 2; do ike_ctl hq --terminate --ike t$n --force; done
	for n in 1 2; do ike_ctl hq --initiate --child t$n; done
}

moves()
{
	while sleep 20; do
		ip -n cloud link set vti2 down
		sleep 8
		ip -n cloud link set vti2 up
		sleep 12
		move 192.0.2.2 192.0.2.1
		sleep 20
		move $HQ 198.51.100.1
	done
}

export XDG_CONFIG_HOME=$OUT/config
moves > /dev/null 2>&1 < /dev/null &
if [ -t 0 ]; then
	ip netns exec hq "$program"
	ip netns exec hq "$program" stop > /dev/null 2>&1
	echo "tunwatch: the demo is over; the lab and what was recorded in it are gone"
	exit
fi
ip netns exec hq "$program" record --for 72 -o "$OUT/demo.twr"
exec "$program" report "$OUT/demo.twr"
