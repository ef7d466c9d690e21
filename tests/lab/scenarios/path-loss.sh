#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# path-loss.sh [COMMAND...]: LOSS (0.1) on the carrier's way out for LONG (60) s, between calm spells. Witness pings
# share the fate; what the carrier dropped in all is in the truth.
. "$LAB/lib/lab.sh"
lab_up 5ms 0%
tun_vti
PINGS="vti1=169.254.252.1 vti2=169.254.252.5"
begin path-loss "$@"
drops() { tc -n isp -s qdisc show dev cl0 | sed -n 's/.*dropped \([0-9]*\).*/\1/p'; }
sleep "${CALM:-15}"
calm=$EPOCHREALTIME
d=$(drops)
path_netem 5ms "${LOSS:-10}%" out
from=$EPOCHREALTIME
sleep "${LONG:-60}"
to=$EPOCHREALTIME
truth dropped "packets=$(($(drops) - d))"
path_netem 5ms 0% out
sleep "${CALM:-15}"
for n in vti1 vti2; do
	want loss $n p="$(awk -v l="${LOSS:-10}" 'BEGIN { print l / 100 }')" "from=$from" "to=$to"
	want lost $n lost=0 to="$calm"
	want state $n state=degraded reason=loss
done
count_outages vti1 vti2
finish
