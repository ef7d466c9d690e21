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

# passes SINCE HOW STATUS CAUSE DIRECTION: what really gets through now; a search finds that, and the collector found it
# within a period (10 s) and two seconds from what happened SINCE
passes()
{
	local a size now=$EPOCHREALTIME

	while read -r a size; do
		find_mtu "$a-$1" "$a"
		want found "$a" "file=mtu-$a-$1" "mtu=$size" "how=$2" "status=$3" "direction=$5"
		want learnt "$a" "mtu=$size" "since=$1" within=12 "until=$now" "cause=$4" "direction=$5"
	done < <(largest_df hq 1100 1500 $PEERS $CLOUD)
}
began=$EPOCHREALTIME
truth inner-mtu vti1=1390 vti2=1398
sleep "${CALM:-14}"
for n in vti1 vti2; do want state $n state=degraded 'reason=less than the interface says' "at=$EPOCHREALTIME"; done
passes "$began..$began" frag-needed 0 ptb None

t=$EPOCHREALTIME
[ "$icmp" = pass ] || path_icmp drop
path_mtu 1300 out
t=$t..$EPOCHREALTIME
truth inner-mtu vti1=1230 vti2=1246 "icmp=$icmp"
sleep "${LOW:-20}"
if [ "$icmp" = pass ]; then passes $t frag-needed 0 ptb None; else passes $t silence 2 silent forward; fi

[ "$icmp" = pass ] || path_icmp pass
path_mtu 1454
# what both ends learnt is good for 600 s, if nobody helps
t=$EPOCHREALTIME
for n in hq cloud; do ip -n $n route flush cache; done
t=$t..$EPOCHREALTIME
truth inner-mtu vti1=1390 vti2=1398
sleep "${CALM:-14}"
passes $t frag-needed 0 ptb None
for n in vti1 vti2; do want lost $n lost=0; done
count_outages vti1 vti2
finish
