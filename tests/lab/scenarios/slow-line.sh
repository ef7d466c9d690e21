#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# slow-line.sh [COMMAND...]: the carrier is a line of 3 Mbit/s with a queue of 10 packets. For LONG (20) s a bulk transfer
# fills it: round trips wait for the queue and some packets find it full; the line is slow, not down. Then SEARCHES (3)
# path-MTU searches of three paths each, on an idle line, and beside traffic that takes 2 of the 3 Mbit/s: none of its
# packets may be lost; then HOLES (1) of the same in a black hole, where searches take more. FAMILY: 4, or 6 (inside and
# outside).
. "$LAB/lib/lab.sh"
lab_up 5ms 0%
if [ "${FAMILY:-4}" = 4 ]; then
	rows=(vti1 vti2) peers=(169.254.252.1 169.254.252.5) outer=$CLOUD tables=iptables-legacy
	tun_vti
	full=2.8 part=2
else
	rows=(vti61 vti62) peers=(2001:db8:b1::2 2001:db8:b2::2) outer=$CLOUD6 tables=ip6tables-legacy
	tun_vti6
	# longer headers: the same on the line
	full=2.7 part=1.9
fi
path_mtu 1454
for n in "${rows[@]}"; do for ns in hq cloud; do ip -n $ns link set $n mtu 1480; done; done
tc -n isp qdisc replace dev cl0 root netem limit 10 delay 5ms rate 3mbit
PINGS="${rows[0]}=${peers[0]} ${rows[1]}=${peers[1]}"
program=${1-}
begin slow-line "$@"

# bulk MBIT SECONDS: through the tunnel and the line
bulk()
{
	ip netns exec hq python3 "$LAB/lib/bulk.py" "${peers[0]}" "$@"
}

# count: how many of those arrived
count()
{
	ip netns exec cloud $tables -w -nvxL INPUT 1 | awk '{ print $1 }'
}

# searches TAG N: of what really passes
searches()
{
	local a size

	for ((i = 0; i < $2; i++)); do
		for a in "${!passes[@]}"; do
			size=${passes[$a]}
			find_mtu "$1-$i-$a" "$a"
			want found "$a" "file=mtu-$1-$i-$a" "mtu=$size"
		done
	done
}

# beside NAME COMMAND...: what becomes of the traffic while it runs
beside()
{
	local name=$1 before traffic

	shift
	before=$(count)
	bulk $part "${BESIDE:-15}" > "$OUT/bulk-$name.txt" &
	traffic=$!
	sleep 0.5
	"$@"
	wait $traffic
	sleep 0.5
	echo "received=$(($(count) - before))" >> "$OUT/bulk-$name.txt"
	want traffic "$name" "sent=$(sed -n 's/^sent=\([0-9]*\).*/\1/p' "$OUT/bulk-$name.txt")"
}

calm=$EPOCHREALTIME
sleep "${CALM:-20}"
for n in "${rows[@]}"; do want rtt $n ping=$n "from=$calm" "to=$EPOCHREALTIME" times=1; done
t=$EPOCHREALTIME
bulk $full "${LONG:-20}" > "$OUT/bulk.txt"
truth bulk "began=$t" "result=$(cat "$OUT/bulk.txt")" \
	"dropped=$(tc -n isp -s qdisc show dev cl0 | sed -n 's/.*dropped \([0-9]*\).*/\1/p')"
want rtt "${rows[0]}" "ping=${rows[0]}" "from=$t" "to=$EPOCHREALTIME" times=1 within=0.2
sleep 2

declare -A passes
for _ in 1 2; do
	while read -r a size; do passes[$a]=$size; done < <(largest_df hq 1100 1500 "${peers[@]}" $outer)
done
ip netns exec cloud $tables -w -I INPUT -i "${rows[0]}" -p udp --dport 9 -j ACCEPT
searches idle "${SEARCHES:-3}"
beside nothing true
beside searches searches beside "${SEARCHES:-3}"
path_icmp drop
searches hole "${HOLES:-1}"
beside hole searches beside-hole "${HOLES:-1}"
sleep 3
# dark NAME: the witness had no answer three times in a row, so probes may well have none five times: the line was full
dark()
{
	awk '/no answer/ { dark += ++n == 3 } /bytes from/ { n = 0 } END { exit !dark }' "$OUT/ping-$1.txt"
}
for n in "${rows[@]}"; do dark $n || count_outages $n; done
finish
