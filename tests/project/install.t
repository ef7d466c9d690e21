#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# make install, and what lies at the top of the tree.
. "$(dirname "$0")/../lib/tap.sh"
need make

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cd "$TOP" || exit
unset MAKEFLAGS MFLAGS MAKELEVEL
make B="$B" DESTDIR="$work" PREFIX=/usr install > "$work/log" 2>&1
ok $? "make install" || diag "$(tail -n 5 "$work/log")"
[ -x "$work/usr/bin/tunwatch" ]
ok $? "the program is there"
cmp -s "$TUNWATCH" "$work/usr/bin/tunwatch"
ok $? "... and the one that was built"
for page in man/*.[1-8]; do
	cmp -s "$page" "$work/usr/share/man/man${page##*.}/${page##*/}"
	ok $? "$page is there"
done
[ -s "$work/usr/share/bash-completion/completions/tunwatch" ]
ok $? "the completion is there"
rm -f "$work/log"
make B="$B" DESTDIR="$work" PREFIX=/usr uninstall > /dev/null 2>&1
is "$(find "$work" -type f)" "" "make uninstall leaves nothing"

top=$(git ls-tree --name-only HEAD 2> /dev/null | grep -v '^\.' | sort | tr '\n' ' ')
if [ -n "$top" ]; then
	is "$top" "LICENSE Makefile README.md contrib include man src tests " "the top level is what it should be"
else
	skip "not a git checkout" "the top level is what it should be"
fi
done_testing
