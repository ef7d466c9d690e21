#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# One search for a path MTU: tunwatch mtu, tracepath, scamper (as fast as it may be), nmap, and a bisection by ping -M
# do as people do it by hand. Every search has a path of its own, every tool the same MTUs; all of them run in the
# same minutes, AT_ONCE at a time. Seconds of tunwatch: until the number is printed; until it also knew the cause is
# shown beside. ROUNDS searches of a kind, three times as many where no black hole makes them long. A kind's seconds
# are the mean: that is where a loss shows.
# shellcheck disable=SC2154 # near, edge, router and far are set below
. "$(dirname "$0")/lib.sh"
. "$top/tests/lib/paths.sh"
for command in nft jq tracepath scamper nmap ping; do
	command -v $command > /dev/null && continue
	echo "tunwatch: $command is missing: contrib/deps.sh install bench" >&2
	exit 69
done
: "${ROUNDS:=5}" "${AT_ONCE:=40}" "${SEED:=$RANDOM}"
RANDOM=$SEED
tools=(tunwatch tracepath scamper nmap ping)

# group, searches a round, whether others must need more seconds (hard), name, conditions
rows=(
	"1 3 easy frag-needed|"
	"2 3 hard frag-needed, 10 % loss|lose=10"
	"3 1 hard black hole|silent"
	"4 1 hard black hole, 5 % loss|silent lose=5"
	"5 1 hard black hole, 10 % loss|silent lose=10"
	"6 3 easy frag-needed, 40 ms|slow"
	"7 3 hard frag-needed, 40 ms, 10 % loss|lose=10 slow"
	"8 1 hard black hole, 40 ms|silent slow"
	"9 1 hard black hole, 40 ms, 5 % loss|silent lose=5 slow"
	"10 1 hard black hole, 40 ms, 10 % loss|silent lose=10 slow"
)

# searches SHARE: as many as there are addresses
searches()
{
	echo $((ROUNDS * $1 < 49 ? ROUNDS * $1 : 49))
}

target()
{
	if [ "$1" = 4 ]; then
		echo "10.78.$2.$3"
	else
		printf '2001:db8:78:%s::%x\n' "$2" "$3"
	fi
}

make_paths()
{
	local ns row group share i k

	near=near edge=edge router=router far=far
	for ns in $near $edge $router $far; do
		ip netns add "$ns" || exit 69
		ip -n "$ns" link set lo up
		in_ns "$ns" sysctl -qw net.ipv6.conf.default.accept_dad=0 net.ipv6.conf.all.accept_dad=0
	done
	path_hosts
	path_slow 40 || exit 69
	for row in "${rows[@]}"; do
		read -r group share _ <<< "$row"
		# shellcheck disable=SC2086
		path_group "$group" ${row#*|}
		path_add "$group" 250 1500 1500
		for ((i = 0; i < $(searches "$share"); i++)); do
			want[group * 100 + i]=$((1280 + RANDOM % 220))
			for k in "${!tools[@]}"; do
				path_add "$group" $((i * ${#tools[@]} + k + 1)) $((want[group * 100 + i])) \
					$((want[group * 100 + i]))
			done
		done
	done
	path_apply || exit 69
	for i in 4 6; do
		for group in 1 10; do
			until in_ns $near ping -c 1 -W 1 "$(target $i $group 250)" > /dev/null; do
				[ "$SECONDS" -lt 60 ] || exit 69
			done
		done
	done
}

# by_hand TARGET LEAST HEADERS: the least is taken for granted, and so is that more than 1500 does not pass
by_hand()
{
	local low=$2 high=1500 middle

	while [ "$low" -lt "$high" ]; do
		middle=$(((low + high + 1) / 2))
		if in_ns $near ping -n -q -M "do" -s $((middle - $3)) -c 1 -W 1 "$1" > /dev/null 2>&1; then
			low=$middle
		else
			high=$((middle - 1))
		fi
	done
	echo "$low"
}

# run_tool TOOL FAMILY TARGET: prints the MTU it told, or nothing; for tunwatch also when, in us
run_tool()
{
	local line rest method

	case $1 in
	tunwatch)
		in_ns $near "$TUNWATCH" mtu "$3" | {
			read -r line
			rest=${EPOCHREALTIME/./}
			sed -n "s/^path MTU to .*: \([0-9]*\) bytes.*/\1 $rest/p" <<< "$line"
			cat > /dev/null
		}
		;;
	tracepath) in_ns $near tracepath -n "$3" | sed -n 's/.*Resume: pmtu \([0-9]*\) *.*/\1/p' ;;
	scamper)
		# its default does not get IPv6 answers here
		method=
		[ "$2" = 4 ] || method="-P UDP"
		in_ns $near scamper -I "trace $method -M -w 1 -q 2 $3" |
			sed -n "s/.* $3  *[0-9.]* ms \[\*\{0,1\}mtu: \([0-9]*\)\].*/\1/p" | tail -n 1
		;;
	nmap)
		# much computing: one at a time, so that it disturbs neither itself nor others
		in_ns $near nmap -n -Pn -p 22 --script path-mtu "$3" | sed -n 's/.*path-mtu: PMTU == \([0-9]*\).*/\1/p'
		;;
	ping)
		if [ "$2" = 4 ]; then
			by_hand "$3" 500 28
		else
			by_hand "$3" 1280 48
		fi
		;;
	esac 2> /dev/null
}

# measure TOOL FAMILY GROUP SEARCH N: a line in its own file
measure()
{
	local begin said end answer lock

	if [ "$1" = nmap ]; then
		exec {lock}> "$work/lock"
		flock "$lock"
	fi
	begin=${EPOCHREALTIME/./}
	read -r answer said < <(run_tool "$1" "$2" "$(target "$2" "$3" "$5")"; echo)
	end=${EPOCHREALTIME/./}
	[ "$1" = tunwatch ] && wait $!
	echo "$2 $3 $1 $(target "$2" "$3" "$5") ${want[$3 * 100 + $4]} ${answer:-none} $((${said:-$end} - begin))" \
		"$((${EPOCHREALTIME/./} - begin))" > "$work/result.$2.$3.$4.$1"
}

make_paths
for ((i = 0; i < 49; i++)); do
	for row in "${rows[@]}"; do
		read -r group share _ <<< "$row"
		[ "$i" -lt "$(searches "$share")" ] || continue
		for family in 4 6; do
			for k in "${!tools[@]}"; do
				# its script knows IPv4 only
				[ "${tools[k]}-$family" != nmap-6 ] || continue
				measure "${tools[k]}" "$family" "$group" "$i" $((i * ${#tools[@]} + k + 1)) &
				while [ "$(jobs -rp | wc -l)" -ge "$AT_ONCE" ]; do
					wait -n
				done
			done
		done
	done
done
wait
path_sent > "$work/sent"
cat "$work"/result.* > "$work/results"

# statistics FAMILY GROUP TOOL: median of packets, of seconds; mean of seconds, of those until the end; wrong, of
statistics()
{
	awk -v f="$1" -v g="$2" -v t="$3" '
		NR == FNR { sent[$1] = $2; next }
		$1 == f && $2 == g && $3 == t {
			n++
			packets[n] = sent[$4]
			seconds[n] = $7 / 1e6
			sum += $7 / 1e6
			all += $8 / 1e6
			wrong += $5 != $6
		}
		function median(v,   i, j, x) {
			for (i = 2; i <= n; i++)
				for (j = i; j > 1 && v[j] < v[j - 1]; j--) { x = v[j]; v[j] = v[j - 1]; v[j - 1] = x }
			return n % 2 ? v[(n + 1) / 2] : (v[n / 2] + v[n / 2 + 1]) / 2
		}
		END { if (n) print median(packets), median(seconds), sum / n, all / n, wrong, n }
	' "$work/sent" "$work/results"
}

# better OURS THEIRS STRICT WHAT: counts it; says so when it is not
better()
{
	asked=$((asked + 1))
	awk -v a="$1" -v b="$2" -v s="$3" 'BEGIN { exit !(s ? a < b : a <= b) }' && return
	failed=$((failed + 1))
	printf '%s: %s to %s: MISSED\n' "$4" "$1" "$2"
}

# goal WHAT FIGURES
goal()
{
	local word=met

	[ "$failed" = 0 ] || word=MISSED
	printf '%-92s %d of %d, %s %s\n' "$1" $((asked - failed)) "$asked" "$2" "$word"
	missed=$((missed + failed))
	asked=0 failed=0
}

echo "SEED=$SEED ROUNDS=$ROUNDS load $(cut -d ' ' -f 1-3 /proc/loadavg)"
printf '%-40s %-10s %8s %10s %10s   %s\n' "" "" packets seconds seconds wrong
printf '%-40s %-10s %8s %10s %10s\n' "" "" median median mean
declare -A figures
for family in 4 6; do
	for row in "${rows[@]}"; do
		read -r group _ _ name <<< "${row%|*}"
		for tool in "${tools[@]}"; do
			line=$(statistics $family "$group" "$tool")
			[ -n "$line" ] || continue
			figures[$family.$group.$tool]=$line
			read -r packets median mean all wrong n <<< "$line"
			printf '%-40s %-10s %8.0f %10.2f %10.2f   %d of %d\n' "IPv$family, $name" "$tool" "$packets" \
				"$median" "$mean" "$wrong" "$n"
			[ "$tool" != tunwatch ] || printf '%-40s %-10s %30.2f\n' "" "... cause" "$all"
		done
	done
done
echo
asked=0 failed=0
for family in 4 6; do
	for tool in "${tools[@]:1}"; do
		[ -n "${figures[$family.1.$tool]-}" ] || continue
		ours=0 theirs=0
		for row in "${rows[@]}"; do
			read -r group _ kind name <<< "${row%|*}"
			read -r _ _ our_mean _ our_wrong _ <<< "${figures[$family.$group.tunwatch]}"
			read -r _ _ mean _ wrong _ <<< "${figures[$family.$group.$tool]}"
			better "$our_wrong" "$wrong" 0 "IPv$family, $name: wrong answers, tunwatch and $tool"
			[ "$kind" = hard ] || continue
			better "$our_mean" "$mean" 1 "IPv$family, $name: seconds, tunwatch and $tool"
			ours=$((ours + our_wrong)) theirs=$((theirs + wrong))
		done
		better $ours $theirs $((ours + theirs > 0)) "IPv$family: fewer wrong answers in all, tunwatch and $tool"
		goal "IPv$family, $tool: kinds in which tunwatch is not wrong more often, and faster in hard ones" \
			"wrong in hard ones $ours to $theirs:"
	done
done
exit $((missed > 0))
