#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What the screen costs a slow ssh line: bytes and bursts a second on a pty that nobody touches, 8 tunnels at 1 Hz,
# against bmon on the same interfaces.
. "$(dirname "$0")/lib.sh"
: "${ROUNDS:=2}" "${SECONDS_EACH:=25}"

bench_tunnels 8
for ((round = 0; round < ROUNDS; round++)); do
	for size in 80x24 120x40; do
		bench_run "ours.$size" -p $size -t "$SECONDS_EACH" -k qs -e "$TUNWATCH stop > /dev/null 2>&1" -- \
			"$TUNWATCH" --new &
		bench_run "bmon.$size" -p $size -t "$SECONDS_EACH" -k q -- bmon &
		wait
	done
done
for size in 80x24 120x40; do
	column "ours.$size" bytes_s > "$work/ours"
	column "bmon.$size" bytes_s > "$work/bmon"
	echo "$size: bytes/s: tunwatch $(tr '\n' ' ' < "$work/ours") bmon $(tr '\n' ' ' < "$work/bmon")"
	ratio "bytes/s at $size: tunwatch / bmon" "$work/ours" "$work/bmon" 2
	limit "bytes/s at $size" "$(median < "$work/ours")" "$([ $size = 80x24 ] && echo 200 || echo 500)" B/s
	limit "bursts/s at $size" "$(column "ours.$size" bursts_s | median)" 1.2 /s
	limit "bytes of the first 2 s at $size" "$(column "ours.$size" start_bytes | median)" 6000 B
done
exit $((missed > 0))
