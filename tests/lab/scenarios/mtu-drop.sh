#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# mtu-drop.sh [COMMAND...]: the outer path MTU falls from 1454 to 1300 and later recovers. ICMP=pass (default): the
# router says so. ICMP=drop: a black hole on the way out. Small packets pass all the time.
. "$LAB/lib/lab.sh"
icmp=${ICMP:-pass}
PEERS="169.254.252.1 169.254.252.5"
lab_up 5ms 0%
tun_vti
path_mtu 1454
for a in $PEERS; do told_mtu hq $a 1436 > /dev/null; done
PINGS="vti1=169.254.252.1 vti2=169.254.252.5 big1=169.254.252.1/1390 big2=169.254.252.5/1398"
program=${1-}
begin "mtu-drop icmp=$icmp" "$@"

# passes HOW STATUS: what really gets through now, and what a search finds
passes()
{
	local a size

	while read -r a size; do
		find_mtu "$a-$size" "$a"
		want found "$a" "file=mtu-$a-$size" "mtu=$size" "how=$1" "status=$2"
	done < <(largest_df hq 1100 1500 $PEERS $CLOUD)
}
truth inner-mtu vti1=1390 vti2=1398
sleep "${CALM:-10}"
for n in vti1 vti2; do want state $n state=up "at=$EPOCHREALTIME"; done
passes frag-needed 0
how=frag-needed status=0
if [ "$icmp" = drop ]; then
	path_icmp drop
	how=silence status=2
fi
path_mtu 1300 out
truth inner-mtu vti1=1230 vti2=1246 "icmp=$icmp"
sleep "${LOW:-20}"
passes $how $status
path_mtu 1454
[ "$icmp" = pass ] || path_icmp pass
# hq may go on using 1300 until what it learnt expires (600 s)
truth inner-mtu vti1=1390 vti2=1398 note=kernel-may-remember-less
sleep "${CALM:-10}"
for n in vti1 vti2; do
	# the witness's packets that are too large are errors of the device
	want state $n state=up,degraded "reason=^169.254.252.[15] answers|^errors of $n rising"
	want lost $n lost=0
done
count_outages vti1 vti2
finish
