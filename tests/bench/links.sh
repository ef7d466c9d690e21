#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# CPU of one poll of 1000 interfaces at 1 Hz: the difference of a long and a short run of tunwatch, against ip -s link
# (a process a poll, as scripts do it) and bmon (difference of two lengths as well).
. "$(dirname "$0")/lib.sh"
: "${ROUNDS:=3}" "${LONG:=22}" "${SHORT:=2}" "${TUNNELS:=1000}"

bench_tunnels "$TUNNELS"
for ((round = 0; round < ROUNDS; round++)); do
	for length in "$LONG" "$SHORT"; do
		bench_run "ours.$length" -- "$TUNWATCH" record --only link -o - --for "$length"
		bench_run "bmon.$length" -- bmon -r 1 -R 1 -o "ascii:quitafter=$length"
	done
	for _ in 1 2 3 4 5; do
		bench_run "ip.$round" -- ip -s link
		sleep 1
	done
	column "ip.$round" cpu | median >> "$work/ip.poll"
done
for label in ours bmon; do
	paste <(column "$label.$LONG" cpu) <(column "$label.$SHORT" cpu) |
		awk -v n=$((LONG - SHORT)) '{ print ($1 - $2) / n }' > "$work/$label.poll"
	echo "$label: CPU ms a poll: $(awk '{ printf "%.2f ", $1 * 1000 }' "$work/$label.poll")"
done
echo "ip -s link: CPU ms: $(awk '{ printf "%.2f ", $1 * 1000 }' "$work/ip.poll")"
ratio "link poll CPU, $TUNNELS interfaces: tunwatch / ip -s link" "$work/ours.poll" "$work/ip.poll" 0.2
ratio "link poll CPU, $TUNNELS interfaces: tunwatch / bmon" "$work/ours.poll" "$work/bmon.poll" 0.05
exit $((missed > 0))
