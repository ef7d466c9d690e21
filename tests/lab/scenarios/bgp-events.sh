#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# bgp-events.sh [COMMAND...]: administrative shutdown, reset, death and
# freezing of the far bgpd, each seen from hq; static tunnels.  The exact times
# are in bgpd-hq.log (%ADJCHANGE); the truth's bgp-down and bgp-up are polled,
# up to 0.4 s late.
. "$LAB/lib/lab.sh"
lab_up 5ms 0%
tun_"${TUN:-vti}"	# TUN=standin for host-run
bgp_up "${HOLD:-9}"
A=169.254.252.1 B=169.254.252.5
wait_for 30 bgp_established hq $A
wait_for 30 bgp_established hq $B
begin bgp-events "$@"
left()
{
	! bgp_established hq "$1"
}
back()
{
	wait_for 60 bgp_established hq "$1" && truth bgp-up "peer=$1"
}
sleep "${CALM:-5}"

act admin-shut by=cloud peer=$A -- bgp_shut cloud 169.254.252.2 yes
wait_for 30 left $A && truth bgp-down peer=$A
sleep 5
act admin-noshut by=cloud peer=$A -- bgp_shut cloud 169.254.252.2 no
back $A
sleep 5

act reset by=hq peer=$B -- bgp_reset hq $B
sleep 0.3
back $B
sleep 5

act killed daemon=bgpd side=cloud -- bgp_kill cloud
wait_for 30 left $A && truth bgp-down peer=$A
wait_for 30 left $B && truth bgp-down peer=$B
sleep 5
act started daemon=bgpd side=cloud -- bgp_daemon cloud bgpd
back $A
back $B
sleep 5

# a peer that hangs: the session ends by hold timer
act frozen daemon=bgpd side=cloud -- lab_kill bgpd-cloud STOP
wait_for 30 left $A && truth bgp-down peer=$A
wait_for 30 left $B && truth bgp-down peer=$B
sleep 5
act thawed daemon=bgpd side=cloud -- lab_kill bgpd-cloud CONT
back $A
back $B
sleep "${CALM:-5}"
# IPsec passed every probe; BGP was down three times, which is flapping. A reset may be over before it counts.
for n in vti1 vti2; do want lost $n lost=0; done
want state vti1 state=degraded
bgp_outages vti1 $A "$A answers, but BGP is"
bgp_outages vti2 $B "$B answers, but BGP is"
want outages vti1 count=3
finish
