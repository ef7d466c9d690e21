#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A recording replayed without a terminal: scripted keys in, a screen as text out.
. "$(dirname "$0")/../lib/tap.sh"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"
story=$work/story.twr
"$TOOLS/make_story" "$story"
chmod 644 "$story"

# screen KEYS [OPTIONS...]
screen()
{
	local keys=$1

	shift
	"$TUNWATCH" replay "$story" --size 80x24 --keys "$keys" "$@"
}

golden=$TOP/tests/data/screens
for case in "end:<Esc>" "rewound:rtt" "event:[[" "branch:b13:52<Enter>d" "mark:'A" "baseline:b14:02:00<Enter>=" \
	"find:/gre<Enter><Enter>" "help:?<PgDn>" "spool:b-10m<Enter>]]"; do
	name=${case%%:*}
	keys=${case#*:}
	screen "$keys" > "$work/$name.txt" 2>&1
	[ -z "$GENERATE" ] || cp "$work/$name.txt" "$golden/replay-$name.txt"
	diff -u "$golden/replay-$name.txt" "$work/$name.txt" > "$work/diff"
	ok $? "screen after '$keys'" || diag "$(cat "$work/diff")"
done

like "$(screen "&^dc2-gre<Enter>")" " NAME " "one row has titles too"

is "$(screen "b-10m<Enter>]]" --ascii | LC_ALL=C grep -c '[^ -~]')" 0 "--ascii draws ASCII only"
is "$(LC_ALL=C screen d | LC_ALL=C grep -c '[^ -~]')" 0 "so does a locale without UTF-8"
like "$(LC_ALL=C screen d --utf8)" "█" "--utf8 overrides the locale"
is "$("$TUNWATCH" replay - < <(cat "$story") --size 80x24 --keys "b-10m<Enter>]]" 2>&1)" \
	"$(cat "$golden/replay-spool.txt")" "a stream shows the same as the file"
is "$(screen "jjdd>Tab")" "$(screen "jjdd>Tab")" "the same keys give the same screen"
is "$("$TUNWATCH" replay "$story" | wc -l)" 24 "no terminal: the last screen, 80x24"
is "$(COLUMNS=40 LINES=10 "$TUNWATCH" replay "$story" | wc -l)" 10 "COLUMNS and LINES give another size"
for size in 20x5 1x1 500x200 13x2; do
	is "$("$TUNWATCH" replay "$story" --size $size --keys "jd?q<Enter>" | wc -l)" "${size#*x}" "size $size"
done

"$TOOLS/make_story" "$work/tokyo.twr" 32400 60 && chmod 644 "$work/tokyo.twr"
like "$("$TUNWATCH" replay "$work/tokyo.twr")" "11-20 22:41:30\+09" "the clock is the recording's own zone"
like "$("$TUNWATCH" replay --utc "$work/tokyo.twr")" "11-20 13:41:30Z" "--utc"

"$TUNWATCH" replay "$work/none" 2> "$work/err"
is $? 66 "no such file: exit 66"
like "$(cat "$work/err")" "^tunwatch: " "and says so"
echo "not a recording" > "$work/text" && chmod 644 "$work/text"
"$TUNWATCH" replay "$work/text" 2> /dev/null
is $? 65 "not a recording: exit 65"
"$TUNWATCH" replay - < /dev/null 2> /dev/null
is $? 65 "an empty stream: exit 65"
head -c 100000 "$story" > "$work/torn.twr" && chmod 644 "$work/torn.twr"
like "$("$TUNWATCH" replay "$work/torn.twr")" "REPLAY END" "a torn recording is shown up to its tear"

done_testing
