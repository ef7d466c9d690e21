#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2154,SC2317
# At five probes a second: outages of 1.2, 2.5 and 5 s and a blip of 0.5 s on one tunnel; 60 s of 90 % loss on a
# second; a third whose peer never answers while traffic comes in. What the report says of each.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/netns.sh"
need ping

host near
host far
wire "$near" eth0 192.0.2.1/24 "$far" eth0 192.0.2.2/24
for i in 1 2 3; do
	vxlan "$near" vx$i 4$i 192.0.2.1 192.0.2.2 10.77.$i.1/30
	vxlan "$far" vx$i 4$i 192.0.2.2 192.0.2.1 10.77.$i.2/30
done
in_host "$far" nft -f - << 'NFT'
table ip t {
	chain first { type filter hook input priority -10; ip daddr 10.77.3.2 icmp type echo-request drop; }
	chain outage { type filter hook input priority 0; }
	chain loss { type filter hook input priority 1; }
}
NFT
# traffic from the far side that is no answer to ours
background "$far" ping -q -i 0.3 -c 1000 10.77.3.1 > /dev/null
in_host "$near" sysctl -qw net.ipv4.icmp_echo_ignore_all=0

background "$near" "$TUNWATCH" -n 0.2 record -o "$work/o.twr" 2> "$work/err"
recorder=$pid
report()
{
	"$TUNWATCH" report "$work/o.twr" --format json 2> /dev/null
}
probes()
{
	[ "$(report | jq -r '[.tunnels[] | select(.name != "vx3" and .sent >= '"$1"')] | length')" = 2 ]
}
wait_for 60 probes 120
ok $? "120 probes have gone"

in_host "$far" nft add rule ip t loss ip daddr 10.77.2.2 icmp type echo-request \
	numgen inc mod 10 != 0 drop
lossy=$(now)
truth=()
n=0
for length in 1.2 0.5 2.5 5; do
	began=$(now)
	in_host "$far" nft add rule ip t outage ip daddr 10.77.1.2 icmp type echo-request drop
	sleep $length
	in_host "$far" nft flush chain ip t outage
	truth+=("$began $(now) $length")
	n=$((n + 1))
	# the pause is part of the scenario: some 25 answers between two outages
	sleep 5
done
while awk -v a="$lossy" -v b="$(now)" 'BEGIN { exit !(b - a < 60) }'; do sleep 0.5; done
in_host "$far" nft flush chain ip t loss
clean=$(now)
vx2_up()
{
	report | jq -e '.tunnels[] | select(.name == "vx2") | .state != "down"' > /dev/null
}
wait_for 30 vx2_up
ok $? "the lossy tunnel recovers"
kill -TERM "$recorder"
wait "$recorder"
is $? 0 "record ends cleanly"

report > "$work/report.json"
row()
{
	jq -r --arg n "$1" ".tunnels[] | select(.name == \$n) | $2" "$work/report.json"
}
is "$(row vx1 '.outages | length')" 3 "three outages, and none invented"
k=0
for line in "${truth[@]}"; do
	read -r began ended length <<< "$line"
	[ "$length" = 0.5 ] && continue
	near "$(seconds "$(row vx1 ".outages[$k].start")")" "$began" 0.35 "the outage of $length s starts in its interval"
	near "$(seconds "$(row vx1 ".outages[$k].end")")" "$ended" 0.35 "and ends in its interval"
	k=$((k + 1))
done
is "$(row vx1 '.loss.up > 0')" true "the blip is loss outside outages"
is "$(row vx1 '.loss.up < 0.05')" true "and outages are not"
is "$(row vx2 '.outages | length')" 1 "90 % loss is one outage"
near "$(row vx2 '.outages[0].duration_ms / 1000')" "$(awk -v a="$lossy" -v b="$clean" 'BEGIN { print b - a }')" 12 \
	"of about a minute"
is "$(row vx3 .state)" up "a peer that never answers while traffic comes in is up"
like "$(row vx3 .reason)" 'by traffic' "by traffic"

# the cell of the blip on the screen: one second a cell, the moment in sight
read -r began ended _ <<< "${truth[1]}"
cells=$("$TUNWATCH" export "$work/o.twr" --kind probe --tunnel '^vx1$' 2> /dev/null |
	jq -r 'select(.path == "inner" and .outcome == "timeout") | .time' |
	while read -r t; do seconds "$t"; done |
	awk -v a="$began" -v b="$ended" '$1 - 1 >= a - 0.3 && $1 - 1 <= b + 0.3' | wc -l)
[ "$cells" -ge 2 ] && [ "$cells" -le 4 ]
ok $? "two to four probes were lost in the blip ($cells)"
done_testing
