#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# gre-nolocal.sh [COMMAND...]: a GRE tunnel without local: its packets leave from whatever address the way gives, which
# changes when the uplink gets another address; the far end follows 3 s later.
. "$LAB/lib/lab.sh"
lab_up 5ms 0%
NEW=198.51.100.9
ip -n hq -batch - <<-X
	link add gre1 type gre remote $CLOUD ttl 64
	addr add 10.99.1.1/30 dev gre1
	link set gre1 up
X
ip -n cloud -batch - <<-X
	link add gre1 type gre local $CLOUD remote $HQ ttl 64
	addr add 10.99.1.2/30 dev gre1
	link set gre1 up
X
PINGS="gre1=10.99.1.2"
begin gre-nolocal "$@"
sleep "${CALM:-20}"
readdress()
{
	ip -n hq -batch - <<-X
		addr del $HQ/24 dev wan
		addr add $NEW/24 dev wan
		route replace default via 198.51.100.1
	X
}
breaks gre1 -- readdress
want route way "remote=$CLOUD" oif=wan gateway=198.51.100.1 prefsrc=$NEW "at=${broke_at[gre1]}"
sleep "${DOWN:-6}"
mends 'no reply from 10.99.1.2' gre1 -- ip -n cloud link set gre1 type gre local $CLOUD remote $NEW
sleep 5
want_row gre1 gre - $CLOUD 10.99.1.2
count_outages gre1
finish
