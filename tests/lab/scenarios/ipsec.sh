#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# ipsec.sh [COMMAND...]: tunnels over ESP in other ways: the VTI pair through UDP 4500 (NAT-T), GRE and IPIP over
# transport mode.
. "$LAB/lib/lab.sh"
. "$LAB/lib/sa.sh"
lab_up 5ms 0%
tun_vti_natt
tun_gre_ipsec
tun_ipip_ipsec
PEERS="vti1=169.254.252.1 vti2=169.254.252.5 gre1=10.99.1.2 ipip1=10.99.2.2"
for p in $PEERS; do must_answer "${p#*=}"; done
PINGS=$PEERS
# what fits, or they are degraded for that
for p in $PEERS; do ip -n hq link set "${p%%=*}" mtu 1400; done
begin ipsec "$@"
from=$EPOCHREALTIME
sleep "${CALM:-15}"
for p in $PEERS; do
	want rtt "${p%%=*}" "ping=${p%%=*}" "from=$from" "to=$EPOCHREALTIME" times=1
	want state "${p%%=*}" state=up reason=answers
	want lost "${p%%=*}" lost=0
	count_outages "${p%%=*}"
done
want_row vti1 vti $HQ $CLOUD 169.254.252.1
want_row gre1 gre $HQ $FAR 10.99.1.2
want_row ipip1 ipip $HQ $FAR 10.99.2.2
want rows all count=4
sa_list > "$OUT/sas"
want_sas "$OUT/sas" "" -
want sas all count=$(wc -l < "$OUT/sas")
finish
