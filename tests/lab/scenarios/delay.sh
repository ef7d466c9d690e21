#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# delay.sh [COMMAND...]: 50 ms more on the way out for LONG (40) s: RTT 10, 60, 10 ms
. "$LAB/lib/lab.sh"
lab_up 5ms 0%
tun_vti
PINGS="vti1=169.254.252.1 vti2=169.254.252.5"
begin delay "$@"
# phase SECONDS: the round-trip time of this phase, its first moments left out
phase()
{
	local from

	sleep 0.5
	from=$EPOCHREALTIME
	sleep "$1"
	for n in vti1 vti2; do want rtt $n ping=$n "from=$from" "to=$EPOCHREALTIME" times=1; done
}
truth rtt ms=10
phase "${CALM:-20}"
path_netem 55ms 0% out
truth rtt ms=60
phase "${LONG:-40}"
at=$EPOCHREALTIME
path_netem 5ms 0% out
truth rtt ms=10
phase "${CALM:-20}"
for n in vti1 vti2; do
	want state $n state=degraded "at=$at" 'reason=RTT [56][0-9.]+ ms, 1[0-9.]+ ms at the baseline'
	want lost $n lost=0
done
count_outages vti1 vti2
finish
