#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# 1000 tunnels at 1 Hz: tunwatch (collector, writer and viewer together) against fping and bmon together, which do
# half of it each. ROUNDS pairs of SECONDS, in turn. fping -i 1 sends one packet a millisecond, tunwatch a hundred
# every 100 ms; fping -i 0, one burst a second, is shown beside it.
. "$(dirname "$0")/lib.sh"
: "${ROUNDS:=3}" "${SECONDS_EACH:=30}" "${TUNNELS:=1000}"

bench_tunnels "$TUNNELS"
for ((round = 0; round < ROUNDS; round++)); do
	bench_run ours -p 120x40 -t "$SECONDS_EACH" -k qs -e "$TUNWATCH stop > /dev/null 2>&1" -- \
		"$TUNWATCH" --new -w "$work/rec$round.twr"
	bench_run fping1 -- fping -q -i 1 -p 1000 -c "$SECONDS_EACH" -f "$work/targets" 2> /dev/null
	bench_run fping0 -- fping -q -i 0 -p 1000 -c "$SECONDS_EACH" -f "$work/targets" 2> /dev/null
	bench_run bmon -p 120x40 -t "$SECONDS_EACH" -k q -- bmon
	up=$("$TUNWATCH" report --format json "$work/rec$round.twr" | jq '[.tunnels[] | select(.state == "up")] | length')
	[ "$up" = "$TUNNELS" ] || { echo "only ${up:-none} of $TUNNELS tunnels were up" >&2; missed=1; }
done
for label in ours fping1 fping0 bmon; do
	column $label cpu > "$work/$label.cpu"
	echo "$label: CPU s in $SECONDS_EACH s: $(tr '\n' ' ' < "$work/$label.cpu")"
done
paste "$work/fping1.cpu" "$work/bmon.cpu" | awk '{ print $1 + $2 }' > "$work/peers1"
paste "$work/fping0.cpu" "$work/bmon.cpu" | awk '{ print $1 + $2 }' > "$work/peers0"
ratio "CPU, $TUNNELS tunnels: tunwatch / (fping -i 1 + bmon)" "$work/ours.cpu" "$work/peers1" 0.2
ratio "CPU, $TUNNELS tunnels: tunwatch / (fping -i 0 + bmon)" "$work/ours.cpu" "$work/peers0" 1
limit "PSS of all processes after $SECONDS_EACH s" "$(column ours pss_kb | median)" 30000 kB
echo "(bmon alone: $(column bmon pss_kb | median) kB)"
exit $((missed > 0))
