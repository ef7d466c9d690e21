#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The list of records in tunwatch-recording(5) is that of the program.
. "$(dirname "$0")/../lib/tap.sh"
cd "$TOP" || exit 1

page=man/tunwatch-recording.5
want=$("$TOOLS/record_man")
ok $? "the table can be printed"
got=$(sed -n '/^\.\\" BEGIN of the record table/,/^\.\\" END of the record table/p' $page | sed '1d;$d')
difference=$(diff <(echo "$got") <(echo "$want"))
is "$difference" "" "the page has it"
[ -z "$difference" ] || diag "mend it: $TOOLS/record_man $page > new && mv new $page"
done_testing
