#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Every header compiles alone, with both compilers.
. "$(dirname "$0")/../lib/tap.sh"
cd "$TOP" || exit 1

flags=(-std=gnu11 -D_GNU_SOURCE -Wall -Wextra -Werror -Iinclude -Isrc -fsyntax-only -x c)
for cc in gcc clang; do
	for header in include/tunwatch/*.h src/*/*.h; do
		name="$header compiles alone with $cc"
		if ! command -v "$cc" > /dev/null; then
			skip "$cc is not installed" "$name"
			continue
		fi
		printf '#include "%s"\n' "$header" | "$cc" "${flags[@]}" -I. -
		ok $? "$name"
	done
done
done_testing
