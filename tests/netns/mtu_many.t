#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# tunwatch mtu over many paths with MTUs by chance, under every condition that hides them: right to the byte. A few
# of each; MTU_RUNS=100 makes it a hundred and judges times and probes as well (on a quiet machine, for ten minutes).
# MTU_SEED says which paths.
# shellcheck disable=SC2154 # near, edge, router and far are set by host
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/netns.sh"
. "$(dirname "$0")/../lib/paths.sh"
need ping tc
[ -c /dev/net/tun ] || skip_all "no /dev/net/tun"

runs=${MTU_RUNS:-3}
: "${MTU_SEED:=$$}"
RANDOM=$MTU_SEED
diag "MTU_RUNS=$runs MTU_SEED=$MTU_SEED"
at_once=40
[ "$runs" -le 249 ] || runs=249

# group, how the MTU is known, name, conditions; those that take longest first
conditions=(
	"10 silence black hole, policer of 10 a second|silent policed=10/5"
	"11 frag-needed frag-needed, policer of 10 a second|policed=10/5"
	"7 silence or-lossy black hole, 30 % loss|silent lose=30"
	"8 silence black hole, policer of 100 a second|silent policed=100/20"
	"9 silence black hole, policer of 20 a second|silent policed=20/10"
	"1 frag-needed frag-needed|"
	"2 frag-needed frag-needed, 10 % loss|lose=10"
	"3 frag-needed frag-needed, 10 % loss in bursts|bursts=10"
	"4 silence black hole|silent"
	"5 silence black hole, 10 % loss|silent lose=10"
	"6 silence black hole, 10 % loss in bursts|silent bursts=10"
	"12 frag-needed frag-needed once in 500 ms|limited"
	"13 frag-needed frag-needed once in 500 ms, 10 % loss|limited lose=10"
	"14 silence two limits in series, the second silent|series silent"
	"15 frag-needed two limits in series|series"
	"16 frag-needed the router names 0, 68, 600 or 1300|names=0,68,600,1300"
	"17 frag-needed the router names 0, 1000, 1301 or 1499, 10 % loss|names=0,1000,1301,1499 lose=10"
	"18 frag-needed the router names 1501 or 9000|names=1501,9000"
	"19 silence black hole, 40 ms, 10 % loss|silent lose=10 slow"
	"20 silence black hole, 40 ms, 10 % loss, right candidate|silent lose=10 slow"
)
if [ "$runs" -lt 10 ]; then
	# up to a minute
	conditions=("${conditions[@]:2}")
fi
line_group=21
candidate_group=20
told_group=19
loose=

# between LOW HIGH: by chance, in $between (a subshell would not move the seed on)
between()
{
	between=$(($1 + RANDOM % ($2 - $1 + 1)))
}

# a path is "want4[GROUP.N]"
declare -A want4 want6
make_paths()
{
	local group=$1 i mtu4 mtu6 first4

	for ((i = 1; i <= runs; i++)); do
		between 600 1500
		mtu4=$between
		between 1280 1500
		mtu6=$between
		between $((mtu4 < 1500 ? mtu4 + 1 : 1500)) 1500
		first4=$between
		between $((mtu6 < 1500 ? mtu6 + 1 : 1500)) 1500
		path_add "$group" "$i" "$mtu4" "$mtu6" "$first4" "$between"
		want4[$group.$i]=$mtu4
		want6[$group.$i]=$mtu6
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

# search FAMILY GROUP N: into files of that path
search()
{
	in_host "$near" "$TUNWATCH" mtu --json "$(target "$@")" > "$work/out.$1.$2.$3" 2> "$work/err.$1.$2.$3"
	echo $? > "$work/status.$1.$2.$3"
}

# right FAMILY GROUP N HOW LOOSE
right()
{
	local key=$2.$3 want how=$4 status=0 got

	want=${want4[$key]}
	[ "$1" = 4 ] || want=${want6[$key]}
	[ "$how" = frag-needed ] || status=2
	if [ "$want" = 1500 ]; then
		how=interface
		status=0
	fi
	got="$(< "$work/out.$1.$key") $(< "$work/status.$1.$key")"
	[[ $got == *'"mtu":'$want',"how":"'$how'"'*" $status" ]] && return
	if [ -n "$5" ]; then
		[[ $got == *'"state":"too-lossy","mtu":null'*" 1" ]] && return
		[[ $got == *'"mtu":'$want',"how":null'*" 0" ]] && return
	fi
	diag "wanted $want $how, status $status: $got $(< "$work/err.$1.$key")"
	return 1
}

# figures FAMILY GROUP: probes and seconds of all its paths, as "probes MEDIAN P95 seconds MEDIAN P95"
figures()
{
	jq -s -r 'def at(f; p): map(f) | sort | .[[(length * p | floor), length - 1] | min];
		"probes \(at(.probes; 0.5)) \(at(.probes; 0.95)) seconds \(at(.took_ms; 0.5) / 1000) \(
		at(.took_ms; 0.95) / 1000)"' "$work/out.$1.$2".*
}

# report FAMILY GROUP HOW LOOSE NAME
report()
{
	local i wrong=0

	for ((i = 1; i <= runs; i++)); do
		right "$1" "$2" "$i" "$3" "$4" || wrong=$((wrong + 1))
	done
	is "$wrong of $runs" "0 of $runs" "IPv$1: $5"
	diag "IPv$1: $5: $(figures "$1" "$2") (median, 95 %)"
}

# at_most NAME VALUE MOST
at_most()
{
	awk -v v="$2" -v m="$3" 'BEGIN { exit !(v <= m) }'
	ok $? "$1: $2, at most $3"
}

host near
host edge
host router
host far
path_hosts
path_slow 40 || lack "no tun devices here"
for condition in "${conditions[@]}"; do
	read -r group _ _ <<< "$condition"
	# shellcheck disable=SC2086
	path_group "$group" ${condition#*|}
	make_paths "$group"
done
path_group $line_group silent line
make_paths $line_group
path_add $line_group 251 1500 1500
path_add $told_group 251 1500 1500
path_apply
ok $? "the paths are there" || done_testing
for ((i = 1; i <= runs; i++)); do
	# what this host believes is tried first
	echo "route add $(target 4 $candidate_group "$i") via 10.77.1.1 mtu ${want4[$candidate_group.$i]}"
	echo "route add $(target 6 $candidate_group "$i") via 2001:db8:1::1 mtu ${want6[$candidate_group.$i]}"
done > "$work/candidates"
ip -n "$near" -batch "$work/candidates"
# neighbours are known then
for family in 4 6; do
	for group in $line_group $told_group; do
		wait_for 10 in_host "$near" ping -c 1 -W 1 "$(target "$family" "$group" 251)" > /dev/null
	done
done

for condition in "${conditions[@]}"; do
	read -r group _ <<< "$condition"
	for ((i = 1; i <= 2 * runs; i++)); do
		search $((4 + i % 2 * 2)) "$group" $(((i + 1) / 2)) &
		[ "$(jobs -rp | wc -l)" -lt "$at_once" ] || wait -n
	done
done
wait
for family in 4 6; do
	for condition in "${conditions[@]}"; do
		read -r group how name <<< "${condition%|*}"
		loose=
		[[ $name != "or-lossy "* ]] || loose=1
		report "$family" "$group" "$how" "$loose" "${name#or-lossy }"
	done
	[ "$runs" -ge 50 ] || continue
	read -r _ probes _ _ median most <<< "$(figures $family $told_group)"
	at_most "IPv$family: 40 ms, 10 % loss: median of probes" "$probes" 70
	at_most "IPv$family: 40 ms, 10 % loss: median of seconds" "$median" 0.6
	at_most "IPv$family: 40 ms, 10 % loss: 95 % of seconds" "$most" 1.5
	read -r _ probes _ _ median most <<< "$(figures $family $candidate_group)"
	at_most "IPv$family: 40 ms, 10 % loss, right candidate: median of probes" "$probes" 20
	at_most "IPv$family: 40 ms, 10 % loss, right candidate: median of seconds" "$median" 0.6
	at_most "IPv$family: 40 ms, 10 % loss, right candidate: 95 % of seconds" "$most" 1.5
done

# one after the other, beside others' traffic
if path_line; then
	for family in 4 6; do
		ip netns exec "$near" ping -q -i 0.02 -s 1000 -w 3600 "$(target $family $line_group 251)" \
			> "$work/others" 2>&1 &
		others=$!
		for ((i = 1; i <= runs; i++)); do
			search "$family" $line_group "$i"
		done
		kill -INT $others
		wait $others
		report $family $line_group silence "" "3 Mbit/s with room for ten packets"
		lost=$(sed -n 's/^\([0-9]*\) packets transmitted, \([0-9]*\) .*/\1 - \2/p' "$work/others")
		# the newest may be on its way yet
		[ -n "$lost" ] && [ $((lost)) -le 1 ]
		ok $? "IPv$family: other traffic loses nothing" || diag "$(cat "$work/others")"
	done
	dropped=$(tc -n "$router" -s qdisc show dev r2 | sed -n 's/.*dropped \([0-9]*\).*/\1/p')
	# a busy host lets packets out in a heap at times
	[ "$dropped" -le $((1 + 2 * runs / 50)) ]
	ok $? "... and the queue was hardly ever full ($dropped packets did not fit, of $((2 * runs)) searches)"
else
	skip "no tbf here" "3 Mbit/s"
fi
done_testing
