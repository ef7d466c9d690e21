#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# local-gone.sh [COMMAND...]: two DS-Lite tunnels (ipip6, MTU 1460, /32 address, no peer address); hq's address that ds1
# is bound to goes away for DOWN (8) s, that of ds0 stays. Its traffic stops; the interface stays as it is.
. "$LAB/lib/lab.sh"
lab_up 5ms 0%
B6=2001:db8:1::22
ip -n hq addr add $B6/64 dev wan nodad
for n in 0 1; do
	here=$HQ6
	[ $n = 0 ] || here=$B6
	plain_link ds$n ip6tnl $here $CLOUD6 mode ipip6 encaplimit none
	ip -n hq addr add 192.0.0.1$n/32 dev ds$n
	ip -n cloud addr add 192.0.0.2$n/32 dev ds$n
	ip -n hq link set ds$n mtu 1460
	ip -n cloud link set ds$n mtu 1460
	ip -n hq route add 192.0.0.2$n dev ds$n src 192.0.0.1$n
	ip -n cloud route add 192.0.0.1$n dev ds$n src 192.0.0.2$n
done
configure <<-X
	tunnel ds0 { ifname = ds0  peer = 192.0.0.20 }
	tunnel ds1 { ifname = ds1  peer = 192.0.0.21 }
X
PINGS="ds0=192.0.0.20 ds1=192.0.0.21"
begin local-gone "$@"
sleep "${CALM:-20}"
breaks ds1 -- ip -n hq addr del $B6/64 dev wan
sleep "${DOWN:-8}"
mends 'no reply from 192.0.0.21' ds1 -- ip -n hq addr add $B6/64 dev wan nodad
sleep 5
want_row ds0 ip6tnl $HQ6 $CLOUD6 192.0.0.20 mtu=1460
want_row ds1 ip6tnl $B6 $CLOUD6 192.0.0.21 mtu=1460
want lost ds0 lost=0
count_outages ds0 ds1
finish
