#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# flap.sh [COMMAND...]: vti1 is up UP (30) s, then down DOWN (5) s, CYCLES (3) times, as with a keepalive that nobody
# answers (10 s x 3); the ODD-th (2nd) up-time is 17 s. FLAP_SIDE=hq: our interface goes down (link events);
# FLAP_SIDE=cloud: the far end's does (nothing but silence here). CALM: before the first.
. "$LAB/lib/lab.sh"
side=${FLAP_SIDE:-hq} n=${CYCLES:-3}
lab_up 5ms 0%
tun_"${TUN:-vti}"	# TUN=standin for host-run
PINGS="vti1=169.254.252.1 vti2=169.254.252.5"
cause='no reply from 169.254.252.1 .*nothing arrives; outer 203.0.113.2 answers'
[ "$side" = cloud ] || cause='ADMIN: vti1'
begin flap "$@"
sleep "${CALM:-0}"
for i in $(seq "$n"); do
	if [ "$i" = "${ODD:-2}" ]; then sleep "${ODD_UP:-17}"; else sleep "${UP:-30}"; fi
	breaks vti1 -- ip -n "$side" link set vti1 down
	[ "$side" = cloud ] || want link vti1 up=no "at=${broke_at[vti1]}"
	sleep "${DOWN:-5}"
	mends "$cause" vti1 -- ip -n "$side" link set vti1 up
done
sleep 5
count_outages vti1 vti2
want lost vti2 lost=0
want state vti1 state=up,degraded
want state vti2 state=up
finish
