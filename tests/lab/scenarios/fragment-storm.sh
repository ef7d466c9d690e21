#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# fragment-storm.sh [COMMAND...]: RATE (100) fragmented datagrams a second for LONG (8) s, then first pieces without a
# second, then forged frag-needed (MTU 1300) that quote hq's ESP: a kernel believes those, and small packets pass anyway,
# but no larger ones do.
. "$LAB/lib/lab.sh"
lab_up 5ms 0%
tun_vti
PINGS="vti1=169.254.252.1 vti2=169.254.252.5"
begin fragment-storm "$@"
sleep "${CALM:-5}"
for kind in fragments orphans fragneeded; do
	t=$EPOCHREALTIME
	sent=$(ip netns exec isp python3 "$LAB/lib/fragstorm.py" $kind "${RATE:-100}" "${LONG:-8}")
	truth storm "kind=$kind" "result=$sent" "began=$t"
	sleep 2
done
# a period of path MTUs, and a search
sleep 20
want state vti1 state=degraded 'reason=path MTU 1[0-9]+, [0-9]+ less than the interface says: frag-needed from'
want state vti2 state=up
for n in vti1 vti2; do want lost $n lost=0; done
count_outages vti1 vti2
finish
