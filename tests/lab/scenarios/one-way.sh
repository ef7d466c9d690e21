#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# one-way.sh [COMMAND...]: for LONG (20) s what hq sends over two GRE tunnels arrives, but nothing comes back: gre1 has a
# peer that answered until then; gre2 has none that anybody knows, and traffic of its own.
. "$LAB/lib/lab.sh"
lab_up 5ms 0%
tun_gre
plain_link gre2 gre $HQ $CLOUD3 ttl 64
ip -n hq addr add 10.99.3.1/32 dev gre2
ip -n cloud addr add 10.99.3.2/32 dev gre2
ip -n hq route add 10.99.3.2 dev gre2 src 10.99.3.1
ip -n cloud route add 10.99.3.1 dev gre2 src 10.99.3.2
begin one-way "$@"
spawn traffic.txt ip netns exec hq ping -n -q -i 0.3 10.99.3.2
sleep "${CALM:-20}"
before=$EPOCHREALTIME
breaks gre1 -- ns_drop isp FORWARD add -p gre -d $HQ
sleep "${LONG:-26}"
during=$EPOCHREALTIME
mends 'no reply from 10.99.1.2 .*nothing arrives; outer 203.0.113.2 answers' gre1 -- ns_drop isp FORWARD del -p gre -d $HQ
sleep 5
want state gre2 state=up "at=$before" 'reason=by traffic'
want state gre2 state=degraded "at=$during" 'reason=one way: packets leave gre2'
want state gre2 state=up 'reason=by traffic'
want state gre1 state=down "at=$during" reason=.
count_outages gre1 gre2
finish
