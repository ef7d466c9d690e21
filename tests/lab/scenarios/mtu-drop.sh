#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# mtu-drop.sh [COMMAND...]: the outer path MTU falls from 1454 to 1300 and later recovers. ICMP=pass (default): the
# router says so. ICMP=drop: a black hole. Small packets pass all the time.
. "$LAB/lib/lab.sh"
icmp=${ICMP:-pass}
lab_up 5ms 0%
tun_vti
path_mtu 1454
for a in 169.254.252.1 169.254.252.5; do told_mtu hq $a 1436 > /dev/null; done
PINGS="vti1=169.254.252.1 vti2=169.254.252.5 big1=169.254.252.1/1390 big2=169.254.252.5/1398"
begin "mtu-drop icmp=$icmp" "$@"
truth inner-mtu vti1=1390 vti2=1398
sleep "${CALM:-10}"
[ "$icmp" = pass ] || path_icmp drop
path_mtu 1300
truth inner-mtu vti1=1230 vti2=1246 "icmp=$icmp"
sleep "${LOW:-20}"
path_mtu 1454
[ "$icmp" = pass ] || path_icmp pass
# hq may go on using 1300 until what it learnt expires (600 s)
truth inner-mtu vti1=1390 vti2=1398 note=kernel-may-remember-less
sleep "${CALM:-10}"
for n in vti1 vti2; do
	want state $n state=up
	want lost $n lost=0
done
count_outages vti1 vti2
finish
