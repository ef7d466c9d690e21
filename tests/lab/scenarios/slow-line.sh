#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# slow-line.sh [COMMAND...]: the carrier is a line of 3 Mbit/s with a queue of 10 packets. For LONG (20) s a bulk transfer
# fills it: round trips wait for the queue and some packets find it full; the line is slow, not down.
. "$LAB/lib/lab.sh"
lab_up 5ms 0%
tun_vti
tc -n isp qdisc replace dev cl0 root netem limit 10 delay 5ms rate 3mbit
PINGS="vti1=169.254.252.1 vti2=169.254.252.5"
begin slow-line "$@"
calm=$EPOCHREALTIME
sleep "${CALM:-20}"
for n in vti1 vti2; do want rtt $n ping=$n "from=$calm" "to=$EPOCHREALTIME" times=1; done
t=$EPOCHREALTIME
ip netns exec hq python3 "$LAB/lib/bulk.py" 169.254.252.1 3.2 "${LONG:-20}" > "$OUT/bulk.txt"
truth bulk "began=$t" "result=$(cat "$OUT/bulk.txt")" \
	"dropped=$(tc -n isp -s qdisc show dev cl0 | sed -n 's/.*dropped \([0-9]*\).*/\1/p')"
want rtt vti1 ping=vti1 "from=$t" "to=$EPOCHREALTIME" times=1 within=0.2
sleep 5
count_outages vti1 vti2
finish
