#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# 1000 paths with a limit of 1390 behind a router at 1 Hz: tunwatch with its MTU probes every 10 s, recorded, against
# fping for the same targets without any. For one half of the paths the router says frag-needed, the other half are
# black holes. Searches share a pace that a slow line can bear, so the first three minutes are another thing than what
# follows: the goal is for the steady state, SEARCHED seconds later. ROUNDS, in turn.
. "$(dirname "$0")/lib.sh"
: "${ROUNDS:=2}" "${SEARCHED:=200}" "${SECONDS_EACH:=40}" "${PATHS:=1000}"
end=end

ip netns add "$here" && ip netns add "$there" && ip netns add "$end" || exit 69
for ns in "$here" "$there" "$end"; do
	in_ns "$ns" sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1 \
		net.ipv4.icmp_ratelimit=0
	ip -n "$ns" link set lo up
done
ip link add wan netns "$here" type veth peer name wan netns "$there"
ip link add lan netns "$there" type veth peer name lan netns "$end"
ip -n "$here" addr add 192.0.2.1/30 dev wan
ip -n "$there" addr add 192.0.2.2/30 dev wan
ip -n "$there" addr add 192.0.2.5/30 dev lan
ip -n "$end" addr add 192.0.2.6/30 dev lan
ip -n "$here" link set wan up
ip -n "$there" link set wan up
ip -n "$there" link set lan up
ip -n "$end" link set lan up
in_ns "$there" sysctl -qw net.ipv4.ip_forward=1
ip -n "$here" route add 10.88.0.0/16 via 192.0.2.2
ip -n "$there" route add 10.88.0.0/16 via 192.0.2.6 mtu lock 1390
ip -n "$end" route add default via 192.0.2.5
ip -n "$end" route add local 10.88.0.0/16 dev lo
# of a packet that an error quotes the last bit of the destination: every second path is a black hole
in_ns "$there" nft -f - << 'END' || exit 69
table ip paths {
	chain out {
		type filter hook output priority 0;
		icmp type destination-unreachable icmp code frag-needed @th,216,8 & 1 == 1 drop
	}
}
END
far_cpu
for ((i = 0; i < PATHS; i++)); do
	echo "10.88.$((i / 250)).$((i % 250 + 1))"
done > "$work/targets"
awk '{ print "line l" NR " { target = \"" $1 "\" }" } END { print "mtu-period = 10" }' "$work/targets" > "$work/conf"

for ((round = 0; round < ROUNDS; round++)); do
	bench_run ours -m "$SEARCHED" -- "$TUNWATCH" record --new -c "$work/conf" --only probe,pmtu \
		-o "$work/rec$round.twr" --for $((SEARCHED + SECONDS_EACH))
	bench_run fping -- fping -q -i 1 -p 1000 -c "$SECONDS_EACH" -f "$work/targets" 2> /dev/null
	"$TUNWATCH" export "$work/rec$round.twr" --kind pmtu > "$work/pmtu"
	right=$(jq -r 'select(.state == "complete" and .mtu == 1390 and
		.cause == (if .target | test("[02468]$") then "ptb" else "silent" end)) | .target' "$work/pmtu" |
		sort -u | wc -l)
	wrong=$(jq -r 'select(.state == "complete" and .mtu != 1390) | .target' "$work/pmtu" | wc -l)
	[ "$right-$wrong" = "$PATHS-0" ] || { echo "$right of $PATHS path MTUs are right, $wrong wrong" >&2; missed=1; }
	"$TUNWATCH" export "$work/rec$round.twr" --kind probe | jq -r '.purpose // "path"' | sort | uniq -c |
		xargs echo "probes:"
done
# per second
for label in ours fping; do
	paste <(column $label cpu) <(column $label wall) | awk '{ print $1 / $2 }' > "$work/$label.whole"
done
paste <(column ours late_cpu) <(column ours late_s) | awk '{ print $1 / $2 }' > "$work/ours.steady"
for label in ours.steady ours.whole fping.whole; do
	echo "$label: CPU ms a second: $(awk '{ printf "%.1f ", $1 * 1000 }' "$work/$label")"
done
ratio "CPU, $PATHS paths at 1 Hz, MTU probes too: tunwatch / fping" "$work/ours.steady" "$work/fping.whole" 0.333
ratio "... first searches included" "$work/ours.whole" "$work/fping.whole" 1
exit $((missed > 0))
