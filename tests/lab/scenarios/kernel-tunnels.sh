#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# kernel-tunnels.sh [COMMAND...]: what User-Mode Linux has not: an xfrm interface and WireGuard in the kernel.
# runner: qemu
. "$LAB/lib/lab.sh"
lab_up 5ms 0%
tun_xfrmi
tun_wg
PEERS="ipsec1=10.99.8.2 wg0=10.99.6.2"
for p in $PEERS; do wait_for 25 answers hq "${p#*=}" || { echo "lab: no answer from $p" >&2; exit 1; }; done
PINGS=$PEERS PING_EVERY=0.5
# what fits, or it is degraded for that
ip -n hq link set ipsec1 mtu 1400
begin kernel-tunnels "$@"
sleep "${CALM:-20}"
for p in $PEERS; do
	want state "${p%%=*}" state=up reason=answers
	want lost "${p%%=*}" lost=0
	count_outages "${p%%=*}"
done
want row ipsec1 type=xfrm peer=10.99.8.2 if_id=0xb
want row wg0 type=wireguard peer=10.99.6.2 mtu=1420
want rows all count=2
finish
