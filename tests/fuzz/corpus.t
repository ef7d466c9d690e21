#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Every fuzz target over its seeds, and over mutations of them. SEED=N and COUNT=N give others.
. "$(dirname "$0")/../lib/tap.sh"

seed=${SEED:-1}
count=${COUNT:-5000}
for source in "$TOP"/tests/fuzz/fuzz_*.c; do
	target=$(basename "$source" .c)
	mapfile -d '' -t files < <(find "$TOP/tests/corpus/${target#fuzz_}" -type f -print0 2> /dev/null | sort -z)
	[ ${#files[@]} -gt 0 ]
	ok $? "$target has seeds"
	out=$("$FUZZERS/$target" -r "$seed" -n "$count" "${files[@]}" 2>&1)
	ok $? "$target: ${#files[@]} seeds, $count mutations from seed $seed" || diag "$out"
done
done_testing
