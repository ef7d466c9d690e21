#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# dpd.sh [COMMAND...]: the carrier goes dead for DEAD (20) s; DPD takes the SAs down, strongSwan brings them back when
# the carrier is there again.
. "$LAB/lib/lab.sh"
lab_up 5ms 0%
IKE_DPD=3s IKE_REKEY=120s IKE_LIFE=150s tun_ike || exit 1
PINGS="vti1=169.254.252.1 vti2=169.254.252.5"
begin dpd "$@"
sas()
{
	ip -n hq xfrm state count | sed -n 's/.*SAD count \([0-9]*\).*/\1/p'
}
sleep "${CALM:-20}"
breaks vti1 vti2 -- path_netem 5ms 100%
end=$((SECONDS + ${DEAD:-20}))
was=$(sas)
while [ $SECONDS -lt $end ]; do
	now=$(sas)
	[ "$now" = "$was" ] || { truth sa-count "hq=$now"; was=$now; }
	sleep 0.3
done
path_netem 5ms 0%
wait_for 40 answers hq 169.254.252.1 && truth tunnel-up dev=vti1
wait_for 40 answers hq 169.254.252.5 && truth tunnel-up dev=vti2
sleep "${AFTER:-5}"
for n in vti1 vti2; do mended_by_witness $n $n 'no reply from .*nothing arrives'; done
count_outages vti1 vti2
finish
