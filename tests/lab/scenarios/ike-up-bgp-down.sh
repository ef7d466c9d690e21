#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# ike-up-bgp-down.sh [COMMAND...]: IPsec of both tunnels is up and passes packets, but the far end shuts the BGP session
# of the first for DOWN (15) s.
. "$LAB/lib/lab.sh"
lab_up 5ms 0%
IKE_REKEY=600s IKE_LIFE=900s tun_ike || exit 1
bgp_up 9
wait_for 30 bgp_established hq 169.254.252.1
wait_for 30 bgp_established hq 169.254.252.5
PINGS="vti1=169.254.252.1 vti2=169.254.252.5"
begin ike-up-bgp-down "$@"
sleep "${CALM:-5}"
act admin-shut by=cloud peer=169.254.252.1 -- bgp_shut cloud 169.254.252.2 yes
left()
{
	! bgp_established hq 169.254.252.1
}
wait_for 30 left && truth bgp-down peer=169.254.252.1
sleep "${DOWN:-15}"
act admin-noshut by=cloud peer=169.254.252.1 -- bgp_shut cloud 169.254.252.2 no
wait_for 60 bgp_established hq 169.254.252.1 && truth bgp-up peer=169.254.252.1
sleep "${CALM:-5}"
for n in vti1 vti2; do want lost $n lost=0; done
# packets pass, and the tunnel is down all the same
bgp_outages vti1 169.254.252.1 '169.254.252.1 answers, but BGP is [A-Za-z]+ [(].*Administrative Shutdown'
count_outages vti2
finish
