#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# mtu-table.sh [COMMAND...]: path MTUs inside tunnels of SET (kernel, ipsec, daemons or modules) for each outer path MTU of
# MTUS (1500 1454 1300), found by one search each (tunwatch mtu) and by the collector. FAMILY=6: IPv6 inside, of those that
# carry it. ROWS: only these. LOSS (0) %: on the way out while the program looks.
. "$LAB/lib/lab.sh"
SET=${SET:-kernel} FAMILY=${FAMILY:-4} LOSS=${LOSS:-0} MTUS=${MTUS:-1500 1454 1300}
lab_up 5ms 0%

# row NAME DEV PEER PEER6 OUTER [FRAMING]: PEER or PEER6 is - where the tunnel does not carry it
declare -A dev peer outer framing
row()
{
	local in=$3

	[ "$FAMILY" = 4 ] || in=$4
	[ "$in" != - ] && [[ ",${ROWS:-$1}," == *",$1,"* ]] || return 0
	dev[$1]=$2 peer[$1]=$in outer[$1]=$5 framing[$1]=${6-}
	names+=("$1")
}

# inner6 DEV N: addresses in the tunnel
inner6()
{
	ip -n hq addr add 2001:db8:a$2::1/64 dev "$1" nodad
	ip -n cloud addr add 2001:db8:a$2::2/64 dev "$1" nodad
}

set_kernel()
{
	tun_vti
	# not the device is to be the limit
	for n in vti1 vti2; do for ns in hq cloud; do ip -n $ns link set $n mtu 1480; done; done
	tun_gre
	tun_ipip
	tun_sit
	tun_vxlan
	tun_gretap
	# one of them between two endpoints
	if [ "$FAMILY" = 4 ]; then
		tun_dslite
	else
		plain_pair ip6t1 ip6tnl $HQ6 $CLOUD6 2001:db8:a4::1 2001:db8:a4::2 64 mode ip6ip6 encaplimit none
	fi
	inner6 gre1 1
	inner6 vx100 2
	inner6 br9 3
	row vti1 vti1 169.254.252.1 - $CLOUD
	row vti2 vti2 169.254.252.5 - $CLOUD2
	row gre1 gre1 10.99.1.2 2001:db8:a1::2 $CLOUD
	row ipip1 ipip1 10.99.2.2 - $CLOUD3
	row sit1 sit1 - 2001:db8:99::2 $CLOUD3
	row vx100 vx100 10.99.4.2 2001:db8:a2::2 $CLOUD
	row gretap1 gretap1 10.99.9.2 2001:db8:a3::2 $CLOUD
	row ds0 ds0 192.0.0.1 - $CLOUD6
	row ip6t1 ip6t1 - 2001:db8:a4::2 $CLOUD6
}

set_ipsec()
{
	tun_vti_natt
	for n in vti1 vti2; do for ns in hq cloud; do ip -n $ns link set $n mtu 1480; done; done
	tun_gre_ipsec
	tun_ipip_ipsec
	inner6 gre1 1
	row vti1 vti1 169.254.252.1 - $CLOUD
	row vti2 vti2 169.254.252.5 - $CLOUD2
	row gre1 gre1 10.99.1.2 2001:db8:a1::2 $CLOUD3
	row ipip1 ipip1 10.99.2.2 - $CLOUD3
}

set_daemons()
{
	tun_openvpn
	tun_wg
	tun_l2tp
	for n in ovpn0 wg0; do for ns in hq cloud; do wait_for 20 ip -n $ns link show up dev $n; done; done
	inner6 ovpn0 5
	inner6 wg0 6
	row ovpn0 ovpn0 10.99.5.2 2001:db8:a5::2 $CLOUD openvpn
	row wg0 wg0 10.99.6.2 2001:db8:a6::2 $CLOUD wireguard
	row l2tp0 l2tp0 10.99.7.1 - $FAR l2tpv2
}

set_modules()
{
	tun_xfrmi
	tun_wg
	inner6 ipsec1 8
	inner6 wg0 6
	row ipsec1 ipsec1 10.99.8.2 2001:db8:a8::2 $CLOUD
	row wg0 wg0 10.99.6.2 2001:db8:a6::2 $CLOUD
}

# fragmented ADDRESS SIZE: yes, no, or unclear when 20 packets of that size go there
fragmented()
{
	local n h=28

	[[ $1 != *:* ]] || h=48
	n=$(fragments cloud)
	ip netns exec hq ping -n -q -c 20 -i 0.02 -W 1 -s $(($2 - h)) "$1" > /dev/null 2>&1
	n=$(($(fragments cloud) - n))
	if [ $n -ge 40 ]; then echo yes; elif [ $n -le 10 ]; then echo no; else echo "unclear-$n"; fi
}

# measure M: what really passes, size[ADDRESS]
measure()
{
	local a s

	# both ends learn first
	largest_df hq 1100 1500 "${peer[@]}" "${outer[@]}" > /dev/null
	while read -r a s; do size[$a]=$s; done < <(largest_df hq 1100 1500 "${peer[@]}" "${outer[@]}")
	for n in "${names[@]}"; do
		cut[$n]=$(fragmented "${peer[$n]}" "${size[${peer[$n]}]}")
		truth path-mtus "row=$n" "outer=$1" "dev=$(mtu_of $n)" "path_inner=${size[${peer[$n]}]}" \
			"path_outer=${size[${outer[$n]}]}" "fragments=${cut[$n]}"
	done
}

mtu_of()
{
	ip netns exec hq cat /sys/class/net/${dev[$1]}/mtu
}

# want_mtu NAME TIME: of the collector
want_mtu()
{
	local inner=${size[${peer[$1]}]} verdict='(ok|tight|under-utilised)'

	[ "$(mtu_of $1)" -le "$inner" ] || verdict=oversized
	[ "${cut[$1]}" = no ] || verdict='fragments outside'
	# IPv6 carries 1280 bytes or is not IPv6: less is no path MTU
	[[ ${peer[$1]} != *:* ]] || [ "$inner" -ge 1280 ] || { inner=None verdict='(black hole|oversized)'; }
	want mtu $1 "at=$2" "path_inner=$inner" "path_outer=${size[${outer[$1]}]}" "verdict=$verdict"
}

# want_calm NAME TIME: what the collector does by itself is no trouble of the row
want_calm()
{
	local inner=${size[${peer[$1]}]}

	if [ "$(mtu_of $1)" -gt "$inner" ]; then
		want state $1 state=degraded "reason=^path MTU $inner, .* less than the interface says: frag-needed" "at=$2"
	else
		want state $1 state=up "at=$2"
	fi
}

# want_found NAME ADDRESS: of one search
want_found()
{
	local passes=${size[$2]}

	if [[ $2 == *:* ]] && [ "$passes" -lt 1280 ]; then
		want found "$2" "file=mtu-$1" mtu=None high=1280
	else
		want found "$2" "file=mtu-$1" "mtu=$passes"
	fi
}

# step M TIME: an outer path MTU; the program looks first, and then it is measured what is true
step()
{
	local n a at

	[ "$LOSS" = 0 ] || path_netem 5ms "$LOSS%" out
	path_mtu "$1"
	sleep 13
	at=$EPOCHREALTIME
	for n in "${names[@]}"; do find_mtu "$n-$1" "${peer[$n]}"; done
	for a in "${outers[@]}"; do find_mtu "$a-$1" "$a"; done
	[ "$LOSS" = 0 ] || path_netem 5ms 0% out
	measure "$1"
	for n in "${names[@]}"; do
		[ -z "$2" ] || want_calm $n "$2"
		want_mtu $n "$at"
		want_found "$n-$1" "${peer[$n]}"
	done
	for a in "${outers[@]}"; do want_found "$a-$1" "$a"; done
}

names=()
set_"$SET"
for n in "${names[@]}"; do
	wait_for 25 answers hq "${peer[$n]}" || { echo "lab: no answer from ${peer[$n]}" >&2; exit 1; }
	printf 'tunnel %s { ifname = %s  peer = "%s"' "$n" "${dev[$n]}" "${peer[$n]}"
	[[ $SET != @(daemons|modules) ]] || printf '  outer = "%s"' "${outer[$n]}"
	[ -z "${framing[$n]}" ] || printf '  framing = %s' "${framing[$n]}"
	echo ' }'
done > "$OUT/rows.conf"
mapfile -t outers < <(printf '%s\n' "${outer[@]}" | sort -u)
configure < "$OUT/rows.conf"
program=${1-}
path_mtu "${MTUS%% *}"
begin mtu-table "$@"
declare -A size cut
sleep 13
calm=$EPOCHREALTIME
for m in $MTUS; do
	step $m "$calm"
	calm=
done
for n in "${names[@]}"; do
	[ "$LOSS" != 0 ] || want lost $n lost=0
	count_outages $n
done
finish
