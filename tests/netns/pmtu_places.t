#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A black hole is located while many others are searched behind the same slow line, which want each packet that may
# leave. Its target ignores timestamp requests, and limits its errors: that takes some seconds.
# shellcheck disable=SC2154 # near, middle and far are set by host
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/netns.sh"
. "$(dirname "$0")/../lib/process.sh"
need setpriv nft jq

rows=60
routed_pair
# 3 Mbit/s, 10 ms each way
"$TOOLS/slow_wire" "$near" s0 "$middle" s1 10 3000 < <(exec tail -f /dev/null --pid=$$ 2> /dev/null) > "$work/slow_wire" &
children+=($!)
wait_for 10 grep -q ready "$work/slow_wire"
for end in "$near s0 1" "$middle s1 2"; do
	# shellcheck disable=SC2086 # a host, its device and its number
	set -- $end
	ip -n "$1" addr add "10.77.9.$3/24" dev "$2"
	ip -n "$1" link set "$2" up
done
in_host "$near" sysctl -qw net.ipv4.icmp_ratelimit=0
in_host "$middle" sysctl -qw net.ipv4.icmp_ratelimit=1000
in_host "$far" sysctl -qw net.ipv4.icmp_ratelimit=1000
ip -n "$near" route add 10.77.200.0/24 via 10.77.9.2
ip -n "$far" route add local 10.77.200.1 dev lo
ip -n "$far" route add blackhole 10.77.200.0/24
ip -n "$far" route add 10.77.9.0/24 via 10.77.2.1
ip -n "$middle" route add 10.77.200.0/24 via 10.77.2.2 mtu lock 1390
in_host "$middle" nft -f - << END
table inet t {
	chain say {
		type filter hook output priority 0;
		icmp type destination-unreachable icmp code frag-needed drop
	}
}
END
in_host "$far" nft -f - << END
table inet t {
	chain hear {
		type filter hook input priority 0;
		icmp type timestamp-request drop
	}
}
END
wait_for 10 in_host "$near" ping -c 1 -W 1 10.77.200.1 > /dev/null 2>&1
for ((i = 1; i <= rows; i++)); do
	echo "line far$i { target = \"10.77.200.$i\" }"
done > "$work/conf"
background "$near" "$TUNWATCH" record --new -c "$work/conf" --only probe,pmtu -o "$work/run.twr"
collector=$pid

pmtu()
{
	"$TUNWATCH" export "$work/run.twr" --kind pmtu 2> /dev/null | jq -r "select(.target == \"10.77.200.1\") | $1"
}

# shellcheck disable=SC2317,SC2329 # called by wait_for
found()
{
	[ "$(pmtu 'select(.cause == "silent") | .state' | tail -1)" = complete ]
}

# shellcheck disable=SC2317,SC2329 # called by wait_for
placed()
{
	[ -n "$(pmtu '.direction // empty')" ]
}

wait_for 30 found
ok $? "the black hole is found"
ip -n "$far" route add local 10.77.200.0/24 dev lo
wait_for 60 placed
is "$(pmtu '.direction // empty' | tail -1)" forward "which way it loses is told while others are searched"
diag "$(pmtu '"\(.mono_ns / 1e9): \(.state) \(.direction)"' | paste -sd ';')"
kill "$collector"
wait "$collector"
done_testing
