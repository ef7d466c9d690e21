#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# cppcheck over all of src, beside a planted fault that it must find: then it has understood the headers.
. "$(dirname "$0")/../lib/tap.sh"
need cppcheck
cd "$TOP" || exit 1

dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
cat > "$dir/planted.c" << 'END'
#include "tunwatch/model.h"
#include "tunwatch/options.h"
int planted(void);
int planted(void) { int a[3] = { 0 }; return a[4]; }
END
cppcheck --quiet --enable=warning,performance,portability --inline-suppr --std=c11 -D_GNU_SOURCE \
	--library=tests/lint/cppcheck.cfg -Iinclude -Isrc --template='{file}:{line}: {message} [{id}]' \
	src "$dir/planted.c" > "$dir/out" 2>&1
grep -q 'planted.c:4:.*arrayIndexOutOfBounds' "$dir/out"
ok $? "the planted fault is found"
is "$(grep -E '^src/' "$dir/out" | head -n 10)" "" "nothing else is found"
done_testing
