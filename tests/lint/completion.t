#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The completion for bash offers each command exactly the options it takes.
. "$(dirname "$0")/../lib/tap.sh"
cd "$TOP" || exit 1

tables=$("$TOOLS/tables")
ok $? "the tables can be printed"
# shellcheck source=/dev/null
. contrib/completion/tunwatch.bash
ok $? "the completion can be sourced"

# complete_line WORD...: what is offered for the last word
complete_line()
{
	COMP_WORDS=("$@")
	COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
	COMPREPLY=()
	__tunwatch
	printf '%s\n' "${COMPREPLY[@]}" | sort | xargs
}

commands=$(sed -n 's/^command	//p' <<< "$tables")
for command in $commands; do
	want=$(sed -n 's/^option	//p' <<< "$tables" |
		awk -F'\t' -v c="$command" '$7 == "*" || index(" " $7 " ", " " c " ") { print "--" $1 }' | sort | xargs)
	is "$(complete_line tunwatch "$command" --)" "$want" "options of $command"
done
# shellcheck disable=SC2086
is "$(complete_line tunwatch "")" "$(printf '%s\n' $commands | sort | xargs)" "commands"
while IFS=$'\t' read -r name _ _ words _ _ takers; do
	[ "$words" = - ] && continue
	# shellcheck disable=SC2086
	is "$(complete_line tunwatch "$takers" "--$name" "")" "$(printf '%s\n' $words | sort | xargs)" \
		"values of --$name for $takers"
done < <(sed -n 's/^option	//p' <<< "$tables")
done_testing
