#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# daemons.sh [COMMAND...]: tunnels that a process keeps: OpenVPN, WireGuard in userspace, L2TP over ESP (xl2tpd, pppd).
# For DOWN (8) s the far OpenVPN is frozen.
. "$LAB/lib/lab.sh"
lab_up 5ms 0%
tun_openvpn
tun_wg
tun_l2tp
PEERS="ovpn0=10.99.5.2 wg0=10.99.6.2 l2tp0=10.99.7.1"
for p in $PEERS; do wait_for 25 answers hq "${p#*=}" || { echo "lab: no answer from $p" >&2; exit 1; }; done
PINGS=$PEERS
begin daemons "$@"
from=$EPOCHREALTIME
sleep "${CALM:-20}"
to=$EPOCHREALTIME
breaks ovpn0 -- lab_kill openvpn-cloud STOP
sleep "${DOWN:-4}"
lab_kill openvpn-cloud CONT
sleep "${AFTER:-8}"
mended_by_witness ovpn0 ovpn0 'no reply from 10.99.5.2'
for p in $PEERS; do
	want rtt "${p%%=*}" "ping=${p%%=*}" "from=$from" "to=$to" times=1 within=0.15
	count_outages "${p%%=*}"
done
want_row ovpn0 tun - - 10.99.5.2 mtu=1500
want_row l2tp0 ppp - - 10.99.7.1 mtu=1400
want row wg0 peer=10.99.6.2 mtu=1420
want rows all count=3
finish
