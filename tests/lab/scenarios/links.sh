#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# links.sh [COMMAND...]: a tunnel of every kind that the kernel has, beside the kernel's fallback devices, which are no
# tunnels. One is an ip6tnl that somebody named sit0.
. "$LAB/lib/lab.sh"
lab_up 5ms 0%
tun_vti
plain_pair gre1 gre $HQ $CLOUD 10.99.1.1 10.99.1.2 30 ttl 64 key 77
tun_ipip
tun_sit
tun_vxlan
tun_gretap
ip -n hq link set sit0 name old0
ip -n cloud link set sit0 name old0
plain_pair sit0 ip6tnl $HQ6 $CLOUD6 192.0.0.2 192.0.0.1 29 mode ipip6 encaplimit none
ip -n hq link set sit0 mtu 1460
ip -n cloud link set sit0 mtu 1460
configure <<-X
	tunnel sit1 { ifname = sit1  peer = "2001:db8:99::2" }
	tunnel sit0 { ifname = sit0  peer = "192.0.0.1" }
X
# six probes, however long they take: traced, on one processor
sent_enough()
{
	[ "$(grep -c 'send.*sa_family=AF_INET' "$OUT/calls-$1.txt")" -ge 6 ]
}

stamps()
{
	local n

	for n in vti1 gre1; do
		XDG_CONFIG_HOME=/nowhere ip netns exec hq strace -f -e trace=sendmsg,sendmmsg,recvmmsg -s 4 \
			-o "$OUT/calls-$n.txt" "$1" -i $n -n 0.2 --mtu-period 0 record --for 30 -o - > /dev/null 2>&1 &
		wait_for 25 sent_enough $n
		ip netns exec hq "$1" stop > /dev/null 2>&1
		wait $!
	done
}
PEERS="vti1=169.254.252.1 vti2=169.254.252.5 gre1=10.99.1.2 ipip1=10.99.2.2 sit1=2001:db8:99::2 vx100=10.99.4.2
	gretap1=10.99.9.2 sit0=192.0.0.1"
for p in $PEERS; do must_answer "${p#*=}"; done
# before the session that is compared: on one processor, strace is in everybody's way
[[ ${1-} != *tunwatch ]] || stamps "$1"
PINGS=$PEERS PING_EVERY=0.5
begin links "$@"
sleep 1
from=$EPOCHREALTIME
sleep "${CALM:-10}"
to=$EPOCHREALTIME
for p in $PEERS; do
	want rtt "${p%%=*}" "ping=${p%%=*}" "from=$from" "to=$to" times=1
	want state "${p%%=*}" state=up reason=answers
	want lost "${p%%=*}" lost=0
	count_outages "${p%%=*}"
done
want_row vti1 vti $HQ $CLOUD 169.254.252.1 key=0x1 mtu=1436 ifname=vti1 "via=wan gateway 198.51.100.1"
want_row vti2 vti $HQ $CLOUD2 169.254.252.5 key=0x2 mtu=1436
want_row gre1 gre $HQ $CLOUD 10.99.1.2 key=0x4d mtu=1472
want_row ipip1 ipip $HQ $CLOUD3 10.99.2.2 key=- mtu=1480
want_row sit1 sit $HQ $CLOUD3 2001:db8:99::2 key=- mtu=1480
want_row vx100 vxlan $HQ $CLOUD 10.99.4.2 key=0x64 mtu=1500
want_row gretap1 gretap $HQ $CLOUD 10.99.9.2 key=0x9 mtu=1458
want_row sit0 ip6tnl $HQ6 $CLOUD6 192.0.0.1 key=- mtu=1460 "via=wan gateway 2001:db8:1::1 source 2001:db8:1::2"
want rows all count=8
if [[ ${1-} == *tunwatch ]]; then
	XDG_CONFIG_HOME=/nowhere ip netns exec hq "$1" list > "$OUT/list.txt" 2> "$OUT/list.err"
	XDG_CONFIG_HOME=$OUT/config ip netns exec hq "$1" check --json > "$OUT/check.json" 2> "$OUT/check.err"
	echo $? > "$OUT/check.rc"
fi
finish
