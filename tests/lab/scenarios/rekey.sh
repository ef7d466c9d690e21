#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# rekey.sh [COMMAND...]: strongSwan renews the ESP SAs of both tunnels every REKEY (10) s for LONG (45) s; no packet may
# be lost.
. "$LAB/lib/lab.sh"
. "$LAB/lib/sa.sh"
lab_up 5ms 0%
IKE_REKEY=${REKEY:-10}s IKE_LIFE=30s tun_ike || exit 1
PINGS="vti1=169.254.252.1 vti2=169.254.252.5"
# what fits through NAT-T too, or they are degraded for that
for n in vti1 vti2; do ip -n hq link set $n mtu 1400; done
begin rekey "$@"
sa_watched
from=$EPOCHREALTIME
sa_list > "$OUT/sas"
sleep "${LONG:-45}"
want_told "$from" "$OUT/sas"
grep -oE '0x[0-9a-f]{32,}' "$OUT/xfrm.txt" | sort -u >> "$OUT/keys.txt"
for n in vti1 vti2; do
	want state $n state=up
	# what the witness lost too would be the lab's fault
	[ "$(grep -c 'no answer' "$OUT/ping-$n.txt")" != 0 ] || want lost $n lost=0
done
count_outages vti1 vti2
finish
