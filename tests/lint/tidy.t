#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# clang-tidy's checks for likely mistakes over all of src. Left out: what is a matter of taste here, what calls
# every pointer array suspicious, and the path-sensitive analyser, which takes a minute and is wrong about uthash's
# and utlist's lists.
. "$(dirname "$0")/../lib/tap.sh"
need clang-tidy
cd "$TOP" || exit 1

checks='-*,bugprone-*,-bugprone-easily-swappable-parameters,-bugprone-suspicious-string-compare'
checks+=',-bugprone-reserved-identifier,-bugprone-implicit-widening-of-multiplication-result'
checks+=',-bugprone-narrowing-conversions,-bugprone-assignment-in-if-condition,-bugprone-branch-clone'
checks+=',-bugprone-sizeof-expression,-bugprone-not-null-terminated-result,-bugprone-signed-char-misuse'
checks+=',-bugprone-integer-division'

dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
printf 'int planted(int a);\nint planted(int a)\n{\n\tif (a)\n\t\t;\n\ta++;\n\treturn a;\n}\n' > "$dir/planted.c"

tidy()
{
	clang-tidy --quiet --checks="$checks" "$@" -- -std=gnu11 -D_GNU_SOURCE -Iinclude -Isrc 2> /dev/null |
		grep -E '(warning|error):' | head -n 10
}

like "$(tidy "$dir/planted.c")" "bugprone-suspicious-semicolon" "the planted fault is found"
for dir_of in src/*/; do
	layer=$(basename "$dir_of")
	is "$(tidy "src/$layer"/*.c)" "" "src/$layer"
done
done_testing
