#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Path MTUs that change while a collector runs: each new one is known within a period and 2 s, with frag-needed and
# without, near and far, and no other is ever told. DRIFT_ROUNDS changes of DRIFT_PATHS paths of each kind, DRIFT_SEED
# says which. On a machine that may be busy the median is judged; DRIFT_STRICT=1: all of them.
# shellcheck disable=SC2154 # near, edge, router and far are set by host
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/netns.sh"
. "$(dirname "$0")/../lib/paths.sh"
need ping
[ -c /dev/net/tun ] || skip_all "no /dev/net/tun"

rounds=${DRIFT_ROUNDS:-2}
paths=${DRIFT_PATHS:-2}
period=${DRIFT_PERIOD:-3}
: "${DRIFT_SEED:=$$}"
RANDOM=$DRIFT_SEED
diag "DRIFT_ROUNDS=$rounds DRIFT_PATHS=$paths DRIFT_PERIOD=$period DRIFT_SEED=$DRIFT_SEED"

# group, name, conditions; with losses a period may pass in vain, and a search take longer: those are only shown
groups=(
	"1 frag-needed|"
	"2 black hole|silent"
	"3 frag-needed, 40 ms|slow"
	"4 black hole, 40 ms|silent slow"
	"5 frag-needed, 10 % loss|lose=10"
	"6 black hole, 10 % loss|silent lose=10"
)

host near
host edge
host router
host far
path_hosts
path_slow 40 || lack "no tun devices here"

# draw GROUP N: new MTUs, not the old ones
declare -A mtu
draw()
{
	local family old

	for family in 4 6; do
		old=${mtu[$family.$1.$2]-0}
		while :; do
			mtu[$family.$1.$2]=$((1280 + RANDOM % 221))
			[ "${mtu[$family.$1.$2]}" = "$old" ] || break
		done
	done
}

# draw_all CALL: for all paths; CALL is told them
draw_all()
{
	local group g i

	for group in "${groups[@]}"; do
		g=${group%% *}
		for ((i = 1; i <= paths; i++)); do
			draw "$g" "$i"
			"$1" "$g" "$i" "${mtu[4.$g.$i]}" "${mtu[6.$g.$i]}"
		done
	done
}

# target FAMILY GROUP N
target()
{
	if [ "$1" = 4 ]; then
		echo "10.78.$2.$3"
	else
		printf '2001:db8:78:%s::%x\n' "$2" "$3"
	fi
}

# each PATH: "FAMILY GROUP N" lines
each()
{
	local group i family

	for group in "${groups[@]}"; do
		for ((i = 1; i <= paths; i++)); do
			for family in 4 6; do
				echo "$family ${group%% *} $i"
			done
		done
	done
}

# shellcheck disable=SC2317,SC2329 # called by wait_for, as the next
# look: what was recorded so far, as "TARGET STATE MTU SECONDS" lines
look()
{
	"$TUNWATCH" export "$work/run.twr" --kind pmtu 2> /dev/null |
		jq -r 'select(.path == "inner") | "\(.target) \(.state) \(.mtu // 0) \(.time |
			capture("^(?<s>[^.]*)(?<f>[.][0-9]*)?Z$") | (.s + "Z" | fromdate | tostring) + (.f // ""))"' \
			> "$work/seen"
}

# shellcheck disable=SC2317,SC2329
# all_known: whether the newest number of each path is the one it has
all_known()
{
	local family group i

	look
	each | while read -r family group i; do
		echo "$(target "$family" "$group" "$i") ${mtu[$family.$group.$i]}"
	done > "$work/wanted"
	awk 'FILENAME ~ /seen$/ { if ($2 == "complete") mtu[$1] = $3; next } mtu[$1] != $2 { wrong = 1 }
		END { exit wrong || !FNR }' "$work/seen" "$work/wanted"
}

for group in "${groups[@]}"; do
	# shellcheck disable=SC2086
	path_group "${group%% *}" ${group#*|}
done
draw_all path_add
# all searches together send at most 500 packets a second; beside them go a control a second and two probes a period
path_rate=$((500 + 4 * paths * ${#groups[@]}))
path_apply
ok $? "the paths are there" || done_testing
each | while read -r family group i; do
	echo "line p$family-$group-$i { target = \"$(target "$family" "$group" "$i")\" }"
done > "$work/conf"
echo "mtu-period = $period" >> "$work/conf"
for family in 4 6; do
	for group in 1 3; do
		wait_for 10 in_host "$near" ping -c 1 -W 1 "$(target $family $group 1)" > /dev/null
	done
done
background "$near" "$TUNWATCH" record --new -c "$work/conf" --only probe,pmtu -o "$work/run.twr"
wait_for 60 all_known
ok $? "all are found"

for ((round = 1; round <= rounds; round++)); do
	cp "$work/wanted" "$work/old.$round"
	draw_all path_change
	# anywhere in a period
	sleep "$((RANDOM % period)).$((RANDOM % 10))"
	now > "$work/at.$round"
	path_change_all
	wait_for $((4 * period + 60)) all_known
	ok $? "round $round: all that they are now is found" || diag "$(diff <(sort "$work/wanted") <(awk '
		{ mtu[$1] = $3 } END { for (t in mtu) print t, mtu[t] }' "$work/seen" | sort))"
	cp "$work/wanted" "$work/new.$round"
done

# latency ROUND: "TARGET SECONDS" of each path, and "TARGET wrong MTU" where it told what is neither old nor new
latency()
{
	awk -v at="$(cat "$work/at.$1")" -v until="$(cat "$work/at.$(($1 + 1))" 2> /dev/null)" '
		FILENAME ~ /old[.][0-9]*$/ { old[$1] = $2; next }
		FILENAME ~ /new[.][0-9]*$/ { new[$1] = $2; next }
		$4 < at || (until != "" && $4 >= until) || $2 != "complete" { next }
		$3 == new[$1] && !($1 in took) { took[$1] = $4 - at }
		$3 != new[$1] && ($3 != old[$1] || $1 in took) { print $1, "wrong", $3 }
		END { for (t in new) print t, t in took ? took[t] : "never" }
	' "$work/old.$1" "$work/new.$1" "$work/seen"
}

is "$(path_fast)" 0 "no more than 500 packets a second search"
for ((round = 1; round <= rounds; round++)); do
	latency "$round"
done > "$work/latencies"
is "$(grep -c wrong "$work/latencies")" 0 "no other number is ever told" || diag "$(grep wrong "$work/latencies")"
for group in "${groups[@]}"; do
	read -r g name <<< "${group%|*}"
	for pattern in "10\\.78\\.$g\\." "2001:db8:78:$g::"; do
		[[ $pattern == 10* ]] && family=4 || family=6
		took=$(grep -v wrong "$work/latencies" | grep "^$pattern" | cut -d ' ' -f 2 | sort -g | xargs)
		if [[ $name == *loss ]]; then
			diag "IPv$family, $name: known after ... s: $took"
			continue
		fi
		awk -v m=$((period + 2)) -v all="${DRIFT_STRICT-}" '{
			for (i = 1; i <= NF; i++)
				if ($i == "never" || ($i > m && (all || i <= NF / 2)))
					exit 1
		}' <<< "$took"
		ok $? "IPv$family, $name: known within $((period + 2)) s ($took)"
	done
done
done_testing
