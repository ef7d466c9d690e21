#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A tunnel of every kind, beside the kernel's own fallback devices: rows, endpoints, keys, peers, round trips.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/lib/test.sh"
need_lab strace
lab links && {
	compare
	is "$(cat "$out/list.err" "$out/check.err")" "" "list and check are content"
	for row in vti1 vti2 gre1 ipip1 sit1 vx100 gretap1 sit0; do
		grep -q "^tunnel $row {" "$out/list.txt"
		ok $? "list has $row"
	done
	is "$(grep -c "^tunnel" "$out/list.txt")" 8 "and nothing else"
	is "$(cat "$out/check.rc")" 0 "check exits 0"
	is "$(jq -r "[.tunnels[] | select(.state == \"up\")] | length" "$out/check.json")" 8 "every tunnel is up"
	for row in vti1 gre1; do
		sent=$(grep -c 'send.*sa_family=AF_INET' "$out/calls-$row.txt")
		stamps=$(grep -o 'ee_origin=4' "$out/calls-$row.txt" | wc -l)
		[ "$sent" -ge 4 ] && [ "$stamps" -ge $((sent - 1)) ]
		ok $? "the kernel stamps what leaves through $row ($stamps of $sent)"
	done
}
done_testing
