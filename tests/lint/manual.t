#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The manual names everything there is: commands, options, configuration keys, keys of the screen, sources, exit
# statuses, kinds of record and their fields; and mandoc finds nothing wrong in it.
. "$(dirname "$0")/../lib/tap.sh"
cd "$TOP" || exit 1

tables=$("$TOOLS/tables")
ok $? "the tables can be printed"
page=$(cat man/tunwatch.1)
conf=$(cat man/tunwatch.conf.5)

# rows KIND: the fields of the rows of this kind
rows()
{
	sed -n "s/^$1	//p" <<< "$tables"
}

# names TEXT WORD: whether the page has WORD as an argument of a macro or within its text
names()
{
	grep -qE "(^|[^A-Za-z0-9-])$2([^A-Za-z0-9-]|$)" <<< "$1"
}

while read -r command; do
	grep -qE "^\.It Cm $command( |$)" <<< "$page"
	ok $? "command $command"
done < <(rows command)

while IFS=$'\t' read -r option letter _ words value key _; do
	line=$(grep -E "^\.It .*Fl Fl $option( |$)" <<< "$page")
	[ -n "$line" ]
	ok $? "option --$option"
	if [ "$letter" != - ]; then
		like "$line" "Fl $letter ," "option --$option has the letter -$letter"
	fi
	for word in ${words#-}; do
		names "$page" "$word"
		ok $? "option --$option: $word"
	done
	if [ "$value" != - ] && [ "$words" = - ]; then
		names "$page" "default $value" || names "$(tr '\n' ' ' <<< "$page")" "default $value"
		ok $? "option --$option: its default"
	fi
	if [ "$key" != - ]; then
		grep -qE "^\.It Cm (.* )?$key( |$)" <<< "$conf"
		ok $? "configuration key $key"
	fi
done < <(rows option)

while IFS=$'\t' read -r section key words; do
	names "$conf" "$section"
	ok $? "section $section"
	names "$conf" "$key"
	ok $? "key $key of $section"
	for word in ${words#-}; do
		names "$conf" "$word"
		ok $? "key $key of $section: $word"
	done
done < <(rows config)

keys=$(sed -n '/^\.Sh KEYS/,/^\.Sh TERMINAL/p' man/tunwatch.1 | sed 's/\\&//g; s/\\(aq/'"'"'/g; s/\\e/\\/g')
while IFS=$'\t' read -r action list; do
	for key in $list; do
		grep -E '^\.(It )?Cm ' <<< "$keys" | tr ' ' '\n' | grep -qxF -e "$key"
		ok $? "key $key ($action)"
	done
done < <(rows action)

while read -r source; do
	names "$page" "$source"
	ok $? "source $source"
done < <(rows source)
while read -r status; do
	grep -qE "^\.It $status$" <<< "$page"
	ok $? "exit status $status"
done < <(rows exit)
while read -r variable; do
	names "$page" "$variable"
	ok $? "environment variable $variable"
done < <(grep -rhoE '(getenv|from_environment)\("[A-Z_]+"' src | sed 's/.*"\(.*\)"/\1/' | sort -u)

format=$(cat man/tunwatch-recording.5)
while read -r kind; do
	names "$format" "$kind"
	ok $? "record kind $kind"
done < <(rows record)
while IFS=$'\t' read -r kind field; do
	names "$format" "$field"
	ok $? "field $field of $kind"
done < <(rows field)

profile=$(cat man/tunwatch-profile.5)
while IFS=$'\t' read -r section key; do
	grep -qE "^\.Ss $section( |$)" <<< "$profile"
	ok $? "section $section of profiles"
	grep -qE "^\.It Cm (.* )?$key( |$)" <<< "$profile" || { [ "$section" = states ] && names "$profile" "$key"; }
	ok $? "key $key of profiles"
done < <(rows profile)
while read -r group; do
	names "$profile" "$group"
	ok $? "group $group of profiles"
done < <(rows group)

for file in man/*.[1-9]; do
	if command -v mandoc > /dev/null; then
		# the pages of this very project are not installed
		is "$(mandoc -Tlint -W style "$file" 2> /dev/null | grep -v 'referenced manual not found')" "" "mandoc: $file"
	else
		skip "mandoc is not installed" "mandoc: $file"
	fi
	like "$(head -n 1 "$file")" 'SPDX-License-Identifier' "licence of $file"
done
done_testing
