#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# mtu-drop.sh [COMMAND...]: the outer path MTU falls from 1454 to 1300 (of IPv6 to 1400: 1280 has to pass inside) and
# later recovers. ICMP=pass (default): the router says so. ICMP=drop: a black hole on the way out. Small packets pass
# all the time. FAMILY: 4, 6 (inside and outside) or 46, both at once. LOSS (0) %: on the way out while the program
# looks.
. "$LAB/lib/lab.sh"
icmp=${ICMP:-pass} family=${FAMILY:-4} loss=${LOSS:-0} within=12 hole=20 rise=14
# what is lost is looked for again: of a rise one probe tells in each period
[ "$loss" = 0 ] || within=16 hole=28 rise=36
lab_up 5ms 0%
path_mtu 1454
rows=() peers=() outers=() high=() low=() PINGS=

# pair OUTER ROW PEER HIGH LOW [ROW PEER HIGH LOW]...: what is asked, and what it will be
pair()
{
	outers+=("$1")
	shift
	for (( ; $#; )); do
		rows+=("$1") peers+=("$2") high+=("$1=$3") low+=("$1=$4")
		PINGS+=" $1=$2 big${1#vti}=$2/$3"
		told_mtu hq "$2" 1436 > /dev/null
		shift 4
	done
}
if [[ $family == *4* ]]; then
	tun_vti
	pair $CLOUD vti1 169.254.252.1 1390 1230 vti2 169.254.252.5 1398 1246
fi
if [[ $family == *6* ]]; then
	tun_vti6
	pair $CLOUD6 vti61 2001:db8:b1::2 1374 1310 vti62 2001:db8:b2::2 1378 1326
fi
program=${1-}
begin "mtu-drop icmp=$icmp family=$family loss=$loss" "$@"

# loses PERCENT
loses()
{
	[ "$loss" = 0 ] || path_netem 5ms "$1%" out
}

# passes SINCE HOW STATUS CAUSE DIRECTION: what really gets through now; a search finds that, and the collector found it
# within a period (10 s) and what it takes from what happened SINCE, or at least by now
passes()
{
	local a i side size now=$EPOCHREALTIME searches=()
	local -A sizes

	for a in "${peers[@]}" "${outers[@]}"; do
		find_mtu "$a-$1" "$a" &
		searches+=($!)
	done
	wait "${searches[@]}"
	loses 0
	while read -r a size; do
		side=$5
		# in IPv6 only errors tell which way it was, and of those there is one a second
		[[ $a != *:* || $side != forward ]] || side=forward,unknown
		want found "$a" "file=mtu-$a-$1" "mtu=$size" "how=$2" "status=$3" "direction=$side"
		[ -z "$within" ] ||
			want learnt "$a" "mtu=$size" "since=$1" within=$within "until=$now" "cause=$4" "direction=$side"
		sizes[$a]=$size
	done < <(largest_df hq 1100 1500 "${peers[@]}" "${outers[@]}")
	loses "$loss"
	for i in "${!rows[@]}"; do want mtu "${rows[i]}" "at=$now" "path_inner=${sizes[${peers[i]}]}"; done
}
began=$EPOCHREALTIME
truth inner-mtu "${high[@]}"
sleep "${CALM:-14}"
for n in "${rows[@]}"; do want state $n state=degraded 'reason=less than the interface says' "at=$EPOCHREALTIME"; done
loses "$loss"
passes "$began..$began" frag-needed 0 ptb None

t=$EPOCHREALTIME
[ "$icmp" = pass ] || path_icmp drop
path_mtu 1300/1400 out
t=$t..$EPOCHREALTIME
truth inner-mtu "${low[@]}" "icmp=$icmp"
sleep "${LOW:-$hole}"
if [ "$icmp" = pass ]; then passes $t frag-needed 0 ptb None; else passes $t silence 2 silent forward; fi

[ "$icmp" = pass ] || path_icmp pass
path_mtu 1454
# what both ends learnt is good for 600 s, if nobody helps
t=$EPOCHREALTIME
for n in hq cloud; do for f in 4 6; do ip -$f -n $n route flush cache; done; done
t=$t..$EPOCHREALTIME
truth inner-mtu "${high[@]}"
sleep "${CALM:-$rise}"
[ "$loss" = 0 ] || within=
passes $t frag-needed 0 ptb None
for n in "${rows[@]}"; do [ "$loss" != 0 ] || want lost $n lost=0; done
count_outages "${rows[@]}"
finish
