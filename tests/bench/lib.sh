# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# For benchmarks: a namespace with many tunnels, runs in turn, medians and ratios. No figure stands alone: every one
# is a ratio to a peer measured in the same run.

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
: "${B:=$top/build/release-gcc}"
: "${TUNWATCH:=$B/tunwatch}"
: "${TOOLS:=$B/tests/tools}"
export TUNWATCH TOOLS LC_ALL=C.UTF-8
here=here
there=there
missed=0

[ "$(id -u)" = 0 ] || { echo "tunwatch: benchmarks make network namespaces: run them as root" >&2; exit 69; }
# mounts and processes of our own: nothing is left, however a benchmark ends
if [ -z "${TUNWATCH_BENCH-}" ]; then
	mkdir -p /run/netns /var/lib/tunwatch
	TUNWATCH_BENCH=1 exec unshare --mount --pid --fork --kill-child --mount-proc "$0" "$@"
fi
mount -t tmpfs -o mode=755 tmpfs /run/netns && mount -t tmpfs -o mode=755 tmpfs /var/lib/tunwatch || exit 69
work=/var/lib/tunwatch/bench
mkdir "$work"

in_ns()
{
	nsenter --net="/run/netns/$1" -- "${@:2}"
}

# N vxlan tunnels from $here to $there, each a /30 with a peer that answers; peers' addresses in $work/targets.
# Neighbours are permanent: thousands of others would overflow the kernel's table.
bench_tunnels()
{
	local i a ns

	ip netns add "$here" && ip netns add "$there" || exit 69
	for ns in "$here" "$there"; do
		in_ns "$ns" sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
		ip -n "$ns" link set lo up
	done
	ip link add wan netns "$here" type veth peer name wan netns "$there"
	ip -n "$here" addr add 192.0.2.1/30 dev wan
	ip -n "$there" addr add 192.0.2.2/30 dev wan
	ip -n "$here" link set wan up
	ip -n "$there" link set wan up
	far_cpu
	for ((i = 1; i <= $1; i++)); do
		printf -v a '10.77.%d.%d' $((i * 4 / 256)) $((i * 4 % 256 + 1))
		echo "$i $a ${a%.*}.$((${a##*.} + 1))"
	done > "$work/pairs"
	# "here" has the second host of each /30, "there" the first
	awk '{
		h = sprintf("%02x:%02x", int($1 / 256), $1 % 256)
		print "link add vx" $1 " address 02:77:01:00:" h " type vxlan id " $1 \
			" local 192.0.2.1 remote 192.0.2.2 dstport 4789 nolearning"
		print "addr add " $3 "/30 dev vx" $1
		print "link set vx" $1 " up"
		print "neigh replace " $2 " lladdr 02:77:02:00:" h " dev vx" $1 " nud permanent"
	}' "$work/pairs" > "$work/here.batch"
	awk '{
		h = sprintf("%02x:%02x", int($1 / 256), $1 % 256)
		print "link add vx" $1 " address 02:77:02:00:" h " type vxlan id " $1 \
			" local 192.0.2.2 remote 192.0.2.1 dstport 4789 nolearning"
		print "addr add " $2 "/30 dev vx" $1
		print "link set vx" $1 " up"
		print "neigh replace " $3 " lladdr 02:77:01:00:" h " dev vx" $1 " nud permanent"
	}' "$work/pairs" > "$work/there.batch"
	ip -n "$here" -batch "$work/here.batch" && ip -n "$there" -batch "$work/there.batch" || exit 69
	awk '{ print $2 }' "$work/pairs" > "$work/targets"
}

# With more than one CPU: what arrives at either end of the wire is worked on by CPU 1, programs run on CPU 0. Else a
# veth pair bills the far end's work to whoever sends.
far_cpu()
{
	local ns

	[ "$(nproc)" -gt 1 ] || return
	taskset -p -c 0 $$ > /dev/null
	for ns in "$here" "$there"; do
		# sysfs shows the devices of the namespace in which it was mounted
		in_ns "$ns" unshare --mount sh -c 'mount -t sysfs sys /sys && echo 2 > /sys/class/net/wan/queues/rx-0/rps_cpus'
	done
}

# bench_run LABEL [bench_run's options and command]: runs it in $here, keeps the line in $work/LABEL
bench_run()
{
	in_ns "$here" "$TOOLS/bench_run" "${@:2}" >> "$work/$1"
}

# value NAME LINE
value()
{
	sed -n "s/.*\\b$1=\\([0-9.-]*\\).*/\\1/p" <<< "$2"
}

# column LABEL NAME: the values of all its runs, in order
column()
{
	sed -n "s/.*\\b$2=\\([0-9.-]*\\).*/\\1/p" "$work/$1"
}

median()
{
	sort -g | awk '{ v[NR] = $1 } END { if (NR) print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'
}

# ratio WHAT OURS THEIRS GOAL: OURS and THEIRS are files with one value a round; the goal: OURS <= GOAL * THEIRS
ratio()
{
	local line

	line=$(paste "$2" "$3" | awk -v what="$1" -v goal="$4" '
		NF < 2 || $2 <= 0 { exit }
		{ r[NR] = $1 / $2; all = all sprintf(" %.3f", r[NR]); rounds = NR }
		END {
			if (!rounds || rounds < NR) { printf "%-58s no figures: MISSED\n", what; exit }
			n = asort_(r, NR)
			m = n % 2 ? r[(n + 1) / 2] : (r[n / 2] + r[n / 2 + 1]) / 2
			printf "%-58s %.3f (goal %.3f) %s  rounds:%s\n", what, m, goal, m <= goal ? "met" : "MISSED", all
		}
		function asort_(a, n,   i, j, x) {
			for (i = 2; i <= n; i++)
				for (j = i; j > 1 && a[j] < a[j - 1]; j--) { x = a[j]; a[j] = a[j - 1]; a[j - 1] = x }
			return n
		}')
	echo "$line"
	[[ $line != *MISSED* ]] || missed=$((missed + 1))
}

# limit WHAT VALUE GOAL UNIT: for promises that are no ratio
limit()
{
	local word=met

	if ! awk -v v="${2:-x}" -v g="$3" 'BEGIN { exit !(v + 0 == v && v <= g) }'; then
		word=MISSED
		missed=$((missed + 1))
	fi
	printf '%-58s %s %s (goal %s) %s\n' "$1" "$2" "$4" "$3" "$word"
}
