#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What routers say, in a recording replayed without a terminal: the panels that show it, and what their keys do.
. "$(dirname "$0")/../lib/tap.sh"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"
story=$work/routers.twr
"$TOOLS/make_story" -r "$story"
chmod 644 "$story"

# screen SIZE KEYS [OPTIONS...]
screen()
{
	local size=$1 keys=$2

	shift 2
	"$TUNWATCH" replay "$story" --size "$size" --keys "$keys" "$@" 2>&1
}

golden=$TOP/tests/data/screens
for case in "80x24:4:panel" "120x40:4:panel" "120x40:4jj<Enter>:detail" "80x24:b14:04:20<Enter>4:edge" "80x24:7j:sources"; do
	size=${case%%:*}
	name=${case##*:}
	keys=${case#*:}
	keys=${keys%:*}
	screen "$size" "$keys" > "$work/screen.txt"
	[ -z "$GENERATE" ] || cp "$work/screen.txt" "$golden/replay-routers-$name-$size.txt"
	diff -u "$golden/replay-routers-$name-$size.txt" "$work/screen.txt" > "$work/diff"
	ok $? "$size after '$keys'" || diag "$(cat "$work/diff")"
done

is "$(screen 80x24 4 --ascii | LC_ALL=C grep -c '[^ -~]')" 0 "--ascii draws ASCII only"
like "$(screen 80x24 '4&AS65001<Enter>')" "10.255.0.2 .*Established" "a filter keeps what matches"
is "$(screen 80x24 '4&AS65001<Enter>' | grep -c '169\.254')" 0 "and nothing else"
like "$(screen 80x24 '4/lac1<Enter>')" ">10.64.64.64" "/ finds a neighbour by its tunnel"
# of all rows the event before would be dc2-gre's
like "$(screen 120x40 '[')" " 14:04:24Z" "[ goes to the event before"
like "$(screen 120x40 '4[')" " 14:04:10Z" "in the panel to one of its tunnel, or of none"
like "$(screen 120x40 '4[[')" ">169.254.44.1 .*!Active  *0s" "and further: the session is lost there"
like "$(screen 120x40 '4[[[[[')" ">169.254.44.1 .*Established" "the selection stays with the neighbour"
like "$(screen 80x24 3)" "panel 3 \(IPsec\) is not in this version" "a panel that does not exist is not promised"
like "$(screen 80x24 L)" "L works live only" "L in a replay says that it works live only"
like "$(screen 80x24 4d)" "it does nothing in this panel" "a key of another panel says so"
is "$(screen 80x24 4q)" "$(screen 80x24 "<Esc>")" "q goes back to the tunnels"
is "$(screen 80x24 '41')" "$(screen 80x24 "<Esc>")" "so does 1"
for size in 20x5 1x1 500x200 13x2; do
	is "$(screen $size '4jGg<Enter><PgDn><Esc>67' | wc -l)" "${size#*x}" "size $size"
done

done_testing
