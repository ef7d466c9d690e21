#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# jump-host.sh [COMMAND...]: the program runs on a host behind hq: the tunnels end on the router, not on the host. First
# the second tunnel goes for DOWN (6) s, then the carrier; the gateway answers all the time.
. "$LAB/lib/lab.sh"
lab_up 5ms 0%
tun_vti
jump_up
TOOL_NS=jump
configure <<-X
	tunnel aws-1 { peer = 169.254.252.1  outer = $CLOUD }
	tunnel aws-2 { peer = 169.254.252.5  outer = $CLOUD2 }
	line router { target = gateway }
X
PINGS="aws-1=169.254.252.1 aws-2=169.254.252.5"
for a in 169.254.252.1 169.254.252.5; do
	wait_for 5 answers jump $a || { echo "lab: the jump host does not reach $a" >&2; exit 1; }
done
begin jump-host "$@"
calm=$EPOCHREALTIME
sleep "${CALM:-20}"
to=$EPOCHREALTIME
breaks aws-2 -- ip -n cloud link set vti2 down
sleep "${DOWN:-6}"
mends "no reply from 169.254.252.5 .*outer $CLOUD2 answers" aws-2 -- vti2_up
sleep 8
breaks aws-1 aws-2 -- path_netem 5ms 100%
sleep "${DOWN:-6}"
path_netem 5ms 0%
sleep 5
# ARP was lost as well: a router whose entry ran out meanwhile asks again once a second
for n in aws-1 aws-2; do mended_by_witness $n $n 'no reply from 169.254.252.[15] .*lost too'; done
for n in aws-1 aws-2; do want rtt $n ping=$n "from=$calm" "to=$to" times=1; done
want_row aws-1 remote - $CLOUD 169.254.252.1 mtu=-
want_row aws-2 remote - $CLOUD2 169.254.252.5 mtu=-
want row router type=line state=up outer_remote=10.11.0.1
count_outages aws-1 aws-2 router
finish
