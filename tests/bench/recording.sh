#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The file: its size and the time to read it, against the same records as JSON lines (plain, gzipped, read by jq).
. "$(dirname "$0")/lib.sh"
: "${SECONDS_LONG:=1200}" "${TUNNELS:=32}"

cd "$work" || exit
"$TOOLS/twr_gen" -s 1 -t "$SECONDS_LONG" -n "$TUNNELS" -a 64 -o rec || exit
"$TUNWATCH" export rec.twr --format jsonl > rec.jsonl || exit
gzip -k rec.jsonl
"$TOOLS/twr_bench" rec.twr > figures
sed 's/^/  /' figures
stat -c %s rec.twr > size.twr
stat -c %s rec.jsonl > size.jsonl
stat -c %s rec.jsonl.gz > size.gz
sed -n 's/^read_s //p' figures > read.twr
# shellcheck disable=SC2016
"$TOOLS/bench_run" -- jq -n 'reduce inputs as $line (0; . + 1)' rec.jsonl | sed -n 's/^cpu=\([0-9.]*\).*/\1/p' > read.jq
"$TOOLS/bench_run" -- gzip -dc rec.jsonl.gz | sed -n 's/^cpu=\([0-9.]*\).*/\1/p' > read.gz
ratio "size: recording / JSON lines" size.twr size.jsonl 0.08
ratio "size: recording / gzipped JSON lines" size.twr size.gz 1
ratio "CPU to read: recording / jq counting JSON lines" read.twr read.jq 0.02
ratio "CPU to read: recording / only unpacking the gzipped lines" read.twr read.gz 0.5
limit "average seek" "$(sed -n 's/^seek_avg_ms //p' figures)" 0.5 ms
exit $((missed > 0))
