#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The panel of MTUs over a recording: scripted keys in, screens as text out. Keys that send packets do nothing there.
. "$(dirname "$0")/../lib/tap.sh"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"
story=$work/mtu.twr
"$TOOLS/make_story" -m "$story"
chmod 644 "$story"

# screen SIZE KEYS [OPTIONS...]
screen()
{
	local size=$1 keys=$2

	shift 2
	"$TUNWATCH" replay "$story" --size "$size" --keys "$keys" "$@"
}

golden=$TOP/tests/data/screens
for case in "panel-80x24:2" "panel-120x40:2" "detail-120x40:2/dc2<Enter><Enter>" "before-80x24:2b13:50<Enter>" \
	"event-80x24:2[[[[" "main-80x24:<Esc>"; do
	name=${case%%:*}
	keys=${case#*:}
	screen "${name##*-}" "$keys" > "$work/screen.txt" 2>&1
	[ -z "$GENERATE" ] || cp "$work/screen.txt" "$golden/replay-mtu-$name.txt"
	diff -u "$golden/replay-mtu-$name.txt" "$work/screen.txt" > "$work/diff"
	ok $? "screen after '$keys'" || diag "$(cat "$work/diff")"
done

like "$(screen 80x24 R)" "R works live only: replay sends no packet" "R searches nothing in a recording"
like "$(screen 80x24 2f)" "f works live only: replay sends no packet" "nor does f"
like "$(screen 80x24 6R)" "it does nothing in this panel" "a panel without rows has no R"
is "$(screen 80x24 '2&!oversized|hole<Enter>' | grep -cE '^[ >](dc2-gre|lac1) ')" 0 "a filter that inverts"
like "$(screen 80x24 '2!')" "!oversized .*!fragments outside .*!black hole" "! leaves what is not well"
is "$(screen 80x24 '2!' | grep -cE ' (tight|under-utilised) |^ (uplink|branch) ')" 0 "and nothing else"
is "$(screen 80x24 '2' --ascii | LC_ALL=C grep -c '[^ -~]')" 0 "--ascii draws ASCII only"
is "$(LC_ALL=C screen 120x40 '2<Enter>' | LC_ALL=C grep -c '[^ -~]')" 0 "so does a locale without UTF-8"
for size in 20x5 1x1 500x200 13x2 81x25 110x12; do
	is "$(screen $size '2jd?q<Enter><PgDn>' | wc -l)" "${size#*x}" "size $size"
done
is "$("$TUNWATCH" replay - --size 80x24 --keys 2 < "$story" 2>&1)" "$(cat "$golden/replay-mtu-panel-80x24.txt")" \
	"a stream shows the same as the file"

done_testing
