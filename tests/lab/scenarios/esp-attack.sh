#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# esp-attack.sh [COMMAND...]: somebody on the way sends hq's ESP packets again, packets with SPIs nobody knows, and packets
# that were changed. The tunnels do not mind.
. "$LAB/lib/lab.sh"
lab_up 5ms 0%
tun_vti
PINGS="vti1=169.254.252.1 vti2=169.254.252.5"
begin esp-attack "$@"
sleep "${CALM:-5}"
for kind in replay badspi badicv; do
	t=$EPOCHREALTIME
	sent=$(ip netns exec isp python3 "$LAB/lib/espattack.py" $kind "${COUNT:-100}")
	truth attack "kind=$kind" "result=$sent" "began=$t"
	sleep 2
done
sleep "${CALM:-5}"
for n in vti1 vti2; do want lost $n lost=0; done
count_outages vti1 vti2
finish
