#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# router-move.sh [COMMAND...]: hq's router moves: its uplink is down 20 s, comes back at another carrier's port with
# another address and a lower MTU (1454); IKE is back first, BGP DELAY (8) s later. The way to the far ends has changed.
. "$LAB/lib/lab.sh"
NEW=192.0.2.2
lab_up 5ms 0%
IKE_DPD=3s IKE_REKEY=600s IKE_LIFE=900s tun_ike || exit 1
bgp_up 9
must_answer 169.254.252.1 169.254.252.5
wait_for 30 bgp_established hq 169.254.252.1
wait_for 30 bgp_established hq 169.254.252.5
PINGS="vti1=169.254.252.1 vti2=169.254.252.5"
begin router-move "$@"
sleep "${CALM:-20}"
breaks vti1 vti2 -- ip -n hq link set wan down
sleep 5
bgp_shut cloud 169.254.252.2 yes
bgp_shut cloud 169.254.252.6 yes
truth bgp-shut side=cloud
sleep "${DEAD:-15}"
path_mtu 1454
t=$EPOCHREALTIME
ip -n hq -batch - <<-X
	addr flush dev wan
	addr add $NEW/24 dev wan
	link set wan up
	route add default via 192.0.2.1
X
want route way "remote=$CLOUD" oif=wan gateway=192.0.2.1 "at=$t..$EPOCHREALTIME"
truth uplink-up "address=$NEW" "began=$t"
# both ends are given the new address, as a person would
for n in 1 2; do
	far=$CLOUD
	[ $n = 1 ] || far=$CLOUD2
	ip -n hq link set vti$n type vti local $NEW remote $far key $n
	ip -n cloud link set vti$n type vti local $far remote $NEW key $n
done
ike_load hq $NEW > "$OUT/swanctl-hq2.log" 2>&1
ike_load cloud $NEW > "$OUT/swanctl-cloud2.log" 2>&1
for n in 1 2; do ike_ctl hq --terminate --ike t$n --force > /dev/null 2>&1; done
for n in 1 2; do ike_ctl hq --initiate --child t$n >> "$OUT/swanctl-hq2.log" 2>&1; done
wait_for 40 answers hq 169.254.252.1 && truth tunnel-up dev=vti1
wait_for 40 answers hq 169.254.252.5 && truth tunnel-up dev=vti2
sleep "${DELAY:-8}"
bgp_shut cloud 169.254.252.2 no
bgp_shut cloud 169.254.252.6 no
for a in 169.254.252.1 169.254.252.5; do wait_for 40 bgp_established hq $a && truth bgp-up "peer=$a"; done
sleep "${AFTER:-5}"
# packets pass before, but the one outage is over when BGP is Established again
mended_by_bgp vti1 169.254.252.1 'no reply from 169.254.252.1'
mended_by_bgp vti2 169.254.252.5 'no reply from 169.254.252.5'
want_row vti1 vti $NEW $CLOUD 169.254.252.1
want_row vti2 vti $NEW $CLOUD2 169.254.252.5
count_outages vti1 vti2
finish
