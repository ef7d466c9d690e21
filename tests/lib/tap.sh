# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# TAP for shell tests: source it, call ok, is, like or skip for every test point, and done_testing at the end
# (a test that ends before has no plan, which fails the run). `make check` sets TUNWATCH, TOOLS and FUZZERS; a test
# run by hand gets those of the release build.

tap_top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
: "${B:=$tap_top/build/release-gcc}"
: "${TUNWATCH:=$B/tunwatch}"
: "${TOOLS:=$B/tests/tools}"
: "${FUZZERS:=$B/tests/fuzz}"
export TUNWATCH TOOLS FUZZERS LC_ALL=C.UTF-8 TZ=UTC
export TOP=$tap_top
tap_count=0
tap_failed=0
tap_planned=

# plan N: say beforehand how many test points there are.
plan()
{
	tap_planned=$1
	echo "1..$1"
}

# diag TEXT...: a remark, beside the results.
diag()
{
	printf '%s\n' "$*" | sed 's/^/# /' >&2
}

# ok STATUS NAME: a test point; STATUS is an exit status. Returns it.
ok()
{
	local status=$1

	shift
	tap_count=$((tap_count + 1))
	if [ "$status" = 0 ]; then
		echo "ok $tap_count - $*"
		return 0
	fi
	tap_failed=$((tap_failed + 1))
	echo "not ok $tap_count - $*"
	diag "failed: $* (${BASH_SOURCE[-1]##*/}, status $status)"
	return 1
}

# is GOT WANT NAME: equal strings.
is()
{
	if [ "$1" = "$2" ]; then
		ok 0 "$3"
		return 0
	fi
	ok 1 "$3" || true
	diag "got:  $1"
	diag "want: $2"
	return 1
}

# like GOT REGEX NAME: an extended regular expression is found in GOT.
like()
{
	if [[ $1 =~ $2 ]]; then
		ok 0 "$3"
		return 0
	fi
	ok 1 "$3" || true
	diag "got:   $1"
	diag "want:  /$2/"
	return 1
}

# skip REASON NAME: a test point that this machine cannot have.
skip()
{
	tap_count=$((tap_count + 1))
	echo "ok $tap_count - $2 # SKIP $1"
}

# skip_all REASON: before any test point: leave out the whole file.
skip_all()
{
	echo "1..0 # SKIP $*"
	exit 0
}

# lack REASON: skip the file; with CI=true, where everything must run, that is a failure.
lack()
{
	[ "${CI-}" = true ] || skip_all "$1"
	ok 1 "everything runs here: $1"
	done_testing
}

# need COMMAND...: lack the file when one is not installed.
need()
{
	local command

	for command; do
		command -v "$command" > /dev/null || lack "$command is not installed"
	done
}

# need_root: lack the file when not root, or where namespaces are not allowed.
need_root()
{
	[ "$(id -u)" = 0 ] || lack "needs root"
	unshare -n true 2> /dev/null || lack "network namespaces are not allowed here"
}

# wait_for SECONDS COMMAND...: until it succeeds; 1 when the time is up.
wait_for()
{
	local end=$((${EPOCHREALTIME/./} + $1 * 1000000))

	shift
	until "$@"; do
		[ "${EPOCHREALTIME/./}" -lt "$end" ] || return 1
		sleep 0.05
	done
}

# done_testing: the plan, when there was none, and the exit status.
done_testing()
{
	[ -n "$tap_planned" ] || echo "1..$tap_count"
	[ "$tap_failed" = 0 ] || diag "$tap_failed of $tap_count failed"
	exit $((tap_failed > 0))
}
