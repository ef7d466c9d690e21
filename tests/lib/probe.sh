# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# For tests of the probe source: namespaces of this test's own, and the far end on a tun device.

probe_pids=()
probe_ns=()
probe_dir=$(mktemp -d)

probe_cleanup()
{
	local pid ns

	for pid in "${probe_pids[@]}"; do
		kill "$pid" 2> /dev/null
		wait "$pid" 2> /dev/null
	done
	for ns in "${probe_ns[@]}"; do
		ip netns del "$ns" 2> /dev/null
	done
	rm -rf "$probe_dir"
}
trap probe_cleanup EXIT

# new_ns NAME: a namespace; its real name is in the variable NAME.
new_ns()
{
	local real=tw-$1-$$

	ip netns add "$real" || exit 1
	probe_ns+=("$real")
	ip -n "$real" link set lo up
	declare -g "$1=$real"
}

in_ns()
{
	ip netns exec "$@"
}

# far_end NS LOW_MS HIGH_MS [RULE...]: 10.201.0.0/16 and 2001:db8:1::/64 behind tun0, answered by an echoer.
far_end()
{
	local ns=$1

	shift
	ip -n "$ns" tuntap add dev tun0 mode tun
	ip -n "$ns" addr add 10.200.1.1/30 dev tun0
	ip -n "$ns" addr add 2001:db8:1::1/64 dev tun0 nodad
	ip -n "$ns" link set tun0 up txqueuelen 5000
	ip -n "$ns" route add 10.201.0.0/16 dev tun0
	ip -n "$ns" route add 10.255.255.1 dev tun0
	: > "$probe_dir/echoer"
	# its standard input stays open until this test has ended; what holds it must not hold this test's output as well
	in_ns "$ns" "$TOOLS/echoer" tun0 300 "$@" < <(exec tail -f /dev/null --pid=$$ 2> /dev/null) \
		> "$probe_dir/echoer" 2>&1 &
	probe_pids+=($!)
	wait_for 10 grep -q ready "$probe_dir/echoer" || { diag "$(cat "$probe_dir/echoer")"; exit 1; }
}

# probe NS ARGUMENTS...: run the probe source; its output is in $probe_dir/out.
probe()
{
	local ns=$1

	shift
	in_ns "$ns" "$TOOLS/probe_run" "$@" > "$probe_dir/out" 2> "$probe_dir/err" ||
		diag "$(cat "$probe_dir/err")"
}

# sum FIELD: of the last line.
sum()
{
	sed -n "s/^sum .*\b$1=\([0-9.]*\).*/\1/p" "$probe_dir/out"
}

# outcomes KEY: which outcomes the target with that key had, sorted.
outcomes()
{
	awk -v k="$1" '$2 == k' "$probe_dir/out" | grep -o 'outcome=[^ ]*' | cut -d= -f2 | sort -u | xargs
}

# lines KEY REGEX: how many records of that target match.
lines()
{
	awk -v k="$1" '$2 == k' "$probe_dir/out" | grep -Ec -- "$2"
}

# one_fate NAME: every probe has one fate, and time never went back.
one_fate()
{
	is "$(sum holes)-$(sum doubles)-$(sum twisted)" 0-0-0 "$1"
}
