# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# For tests of the lab: source it after tap.sh.
#   cannot REASON                     skip the file; with CI=true that is a failure
#   lab NAME [VARIABLE=VALUE]...      run a scenario with tunwatch recording in it
#   compare                           its truth against the report: a test point for every line
# LAB_KEEP=DIR keeps what the scenarios leave, in DIR/NAME. LAB_INTERVAL: seconds between probes, 0.2 unless given.

LAB=$TOP/tests/lab
work=$(mktemp -d /tmp/tunwatch-lab.XXXXXX)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM HUP

cannot()
{
	[ "${CI-}" = true ] || skip_all "$1"
	ok 1 "the lab can run: $1"
	done_testing
}

need_lab()
{
	local command

	[ "$(id -u)" = 0 ] || cannot "the lab needs root"
	for command in linux.uml jq ethtool iptables-legacy /usr/bin/python3 "$@"; do
		command -v "$command" > /dev/null || cannot "the lab needs $command (contrib/deps.sh install lab)"
	done
	[ "$(uname -m)" = x86_64 ] || cannot "User-Mode Linux is for x86"
}

# what qemu needs besides; its kernel is fetched when it is not there
need_qemu()
{
	need_lab qemu-system-x86_64 busybox cpio
	[ -e "${LAB_KERNEL:-/var/cache/lab-kernel}/initrd.gz" ] || "$LAB/bin/kernel" > "$work/kernel.log" 2>&1 ||
		cannot "no kernel for qemu: $(tail -n 1 "$work/kernel.log")"
}

lab()
{
	local name=$1 status

	shift
	out=${LAB_KEEP:-$work}/$name
	rm -rf "$out"
	LAB_SET=$* "$LAB/bin/scenario" "$name" "$out" "$TUNWATCH" -n "${LAB_INTERVAL:-0.2}" record --new \
		-o "$out/run.twr" > "$work/log" 2>&1
	status=$?
	if [ $status = 121 ] && [ "${CI-}" != true ]; then
		skip "guests do not start here: $(grep -m 1 -E 'panic|rror' "$work/log")" "scenario $name $*"
		return 1
	fi
	ok $status "scenario $name $* ran" || diag "$(tail -n 20 "$work/log")"
	is "$(cat "$out/tool.err" 2>&1)" "" "and tunwatch had nothing to complain of" || true
	return $status
}

# With LAB_FALSIFY=1 every truth is made untrue in turn as well, and the comparison must notice.
compare()
{
	points
	[ -z "${LAB_FALSIFY-}" ] || points --falsify
}

points()
{
	local line n=0

	while IFS= read -r line; do
		case $line in
		'ok '*) ok 0 "${line#ok }" ;;
		'not ok '*) ok 1 "${line#not ok }" || true ;;
		*) diag "$line" ;;
		esac
		n=$((n + 1))
	done < <("$LAB/bin/compare" "$@" "$out" 2>&1)
	[ $n -gt 2 ] || ok 1 "there was something to compare" || true
}
