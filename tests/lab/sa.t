#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Security associations of a kernel that has ESP, as `ip xfrm state` shows them; and where their keys are not.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/lib/test.sh"
need_lab
lab sa && {
	compare
	[ "$(grep -c . "$out/first")" = 13 ]
	ok $? "ESP, AH and IPComp were there" || diag "$(cat "$out/first")"
	like "$(tail -n 1 "$out/memory.txt")" 'python3 [1-9]' "keys in memory are found"
	is "$(grep -v python3 "$out/memory.txt" | awk '$3 != 0')" "" "and there are none in the collector's and its writer's"
	[ "$(grep -c tunwatch "$out/memory.txt")" -ge 2 ]
	ok $? "both were looked at"
}
done_testing
