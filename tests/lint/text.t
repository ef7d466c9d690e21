#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What can be seen without understanding: licence lines, lengths, leftovers, shell.
. "$(dirname "$0")/../lib/tap.sh"
cd "$TOP" || exit 1

columns=120   # a tab is eight
file_lines=600
header_lines=400

sources=$(find src include tests -name '*.[ch]')
shells=$(grep -rlE '^#!/bin/(ba)?sh|^# shellcheck shell' contrib tests .ci --include='*' 2> /dev/null | sort)

# first_few: at most five lines of standard input
first_few()
{
	head -n 5
}

# shellcheck disable=SC2086
is "$(for f in $sources; do head -n 1 "$f" | grep -q 'SPDX-License-Identifier: GPL-2.0-or-later' || echo "$f"; done |
	first_few)" "" "every C file begins with its licence"
# shellcheck disable=SC2086
is "$(for f in $shells; do head -n 3 "$f" | grep -q 'SPDX-License-Identifier' || echo "$f"; done | first_few)" "" \
	"every shell script names its licence"
is "$(find src include -name '*.[ch]' ! -name '*_table.h' -print0 | while IFS= read -r -d '' f; do
	expand -t8 "$f" | grep -nE ".{$((columns + 1))}" | sed "s|^|$f:|"
done | first_few)" "" "no line of src or include is wider than $columns columns"
is "$(find src -name '*.[ch]' ! -name '*_table.h' -exec wc -l {} + |
	awk -v m="$file_lines" '$2 != "total" && $1 > m' | first_few)" "" "no file of src is longer than $file_lines lines"
is "$(find include -name '*.h' ! -name '*_table.h' -exec wc -l {} + |
	awk -v m="$header_lines" '$2 != "total" && $1 > m' | first_few)" "" \
	"no contract is longer than $header_lines lines"
is "$(grep -rnE '\b(TODO|FIXME|XXX)\b' --include='*.[ch]' src include | first_few)" "" "no leftovers in comments"
is "$(grep -rnE '[ 	]+$' --include='*.[ch]' src include | first_few)" "" "no blanks at the end of lines"
is "$(grep -rnE '^typedef' --include='*.[ch]' src include | first_few)" "" "no typedef"
is "$(grep -rnE '(^|[^a-z_])(strcpy|strcat|sprintf|gets|strncpy|alloca)\(' --include='*.c' src |
	grep -v 'strcpy([a-z]*, "\.")' | first_few)" "" "no function that cannot be given a bound"
if command -v shellcheck > /dev/null; then
	# shellcheck disable=SC2086
	is "$(shellcheck -x -P SCRIPTDIR -e SC1091 -f gcc $shells 2>&1 | first_few)" "" "shellcheck has nothing to say"
else
	skip "shellcheck is not installed" "shellcheck has nothing to say"
fi
is "$(find tests -name '*.t' ! -perm -u+x)" "" "every shell test can be run"
done_testing
