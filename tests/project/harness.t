#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# `make check` can fail: what its harness says of tests that fail, skip, crash, hang or end too early.
. "$(dirname "$0")/../lib/tap.sh"
need prove

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

test_file()
{
	cat > "$work/$1"
	chmod +x "$work/$1"
}

run()
{
	out=$(cd "$work" && PERL5LIB=$TOP/tests/lib prove -j2 --harness Harness --exec "$TOP/tests/lib/bounded 2" "$@" 2>&1)
	status=$?
	last=$(tail -n 1 <<< "$out")
}

test_file good.t <<< '#!/bin/sh
printf "ok 1 - a\nok 2 - b # SKIP no moon\nok 3 - c\n1..3\n"'
test_file skipped.t <<< '#!/bin/sh
echo "1..0 # SKIP needs the sea"'
test_file bad.t <<< '#!/bin/sh
printf "ok 1\nnot ok 2\n1..2\n"; exit 1'
test_file crash.t <<< '#!/bin/sh
printf "1..1\nok 1\n"; kill -SEGV $$'
test_file early.t <<< '#!/bin/sh
printf "ok 1\n"'
test_file hang.t <<< '#!/bin/sh
printf "1..1\nok 1\n"; sleep 30'
test_file orphan.t <<< '#!/bin/sh
printf "1..1\nok 1\n"; sleep 20 2> /dev/null &'
test_file silent.t <<< '#!/bin/sh
exit 0'

run ./good.t ./skipped.t
is "$status" 0 "good and skipped tests pass"
is "$last" "2 passed, 0 failed, 2 skipped" "... and are counted"
like "$out" "needs the sea: ./skipped.t" "the reason of a skipped file is told"
like "$out" "no moon: ./good.t" "the reason of a skipped point is told"
for name in bad crash early hang orphan silent; do
	run ./good.t ./$name.t
	[ "$status" != 0 ]
	ok $? "$name.t fails the run"
	like "$last" "^[23] passed, 1 failed, 1 skipped$" "... and is counted as a failure"
done
done_testing
