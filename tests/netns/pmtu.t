#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Path MTUs in a running collector: found, followed within a period and 2 s, with and without frag-needed, and nothing
# else feels it: loss and round-trip times of rows, the kernel's cache, the line.
# shellcheck disable=SC2154 # near, middle and far are set by host
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/netns.sh"
. "$(dirname "$0")/../lib/process.sh"
need setpriv bc

period=2
late=$((period + 2))

routed_pair
for i in 1 2 3; do
	ip -n "$far" addr add 10.77.200.$i/32 dev lo
	ip -n "$far" addr add 2001:db8:200::$i/128 dev lo nodad
done
vxlan "$near" vx1 41 10.77.1.2 10.77.2.2 10.78.1.1/30
vxlan "$far" vx1 41 10.77.2.2 10.77.1.2 10.78.1.2/30
ip -n "$near" link set vx1 mtu 1350
ip -n "$far" link set vx1 mtu 1350

# limit NUMBER MTU4 MTU6: of the routes to that target
limit()
{
	ip -n "$middle" route replace "10.77.200.$1/32" via 10.77.2.2 mtu lock "$2"
	ip -n "$middle" route replace "2001:db8:200::$1/128" via 2001:db8:2::2 mtu "$3"
}

# router accept|drop: whether it says frag-needed
router()
{
	in_host "$middle" nft -f - << END
flush ruleset
table inet t {
	chain say {
		type filter hook output priority 0;
		icmp type destination-unreachable icmp code frag-needed $1
		icmpv6 type packet-too-big $1
	}
}
END
}

limit 1 1400 1390
limit 2 1300 1290
router accept
cat > "$work/conf" << END
line four1 { target = "10.77.200.1" }
line six1 { target = "2001:db8:200::1" }
line four2 { target = "10.77.200.2" }
line six2 { target = "2001:db8:200::2" }
line nobody4 { target = "10.77.200.9" }
line nobody6 { target = "2001:db8:200::9" }
mtu-period = $period
END
# until neighbours know each other
for a in 10.77.200.1 2001:db8:200::1; do
	wait_for 10 in_host "$near" ping -c 1 -W 1 $a > /dev/null 2>&1
done

# collect NAME: in the background; what it records is exported into $work/NAME by `look NAME`
collect()
{
	background "$near" "$TUNWATCH" record --new -c "$work/conf" -o "$work/$1.twr"
	collector=$pid
}

look()
{
	"$TUNWATCH" export "$work/$1.twr" > "$work/$1" 2> /dev/null
}

stop()
{
	kill "$collector"
	wait "$collector"
	look "$1"
}

# newest NAME TARGET: its newest pmtu record as "STATE CAUSE MTU"
newest()
{
	look "$1"
	jq -r --arg t "$2" 'select(.kind == "pmtu" and .target == $t and .path == "inner") |
		"\(.state) \(.cause // "-") \(.mtu // 0)"' "$work/$1" | tail -n 1
}

# shellcheck disable=SC2317,SC2329 # called by wait_for
newest_is()
{
	[ "$(newest "$1" "$2")" = "$3" ]
}

# known NAME TARGET WANT TEXT: within ten seconds, and then its time is in $at
known()
{
	wait_for 10 newest_is "$1" "$2" "$3"
	is "$(newest "$1" "$2")" "$3" "$4"
	at=$(jq -r --arg t "$2" --arg m "${3##* }" 'select(.kind == "pmtu" and .target == $t and .path == "inner" and
		.mtu == ($m | tonumber)) | .time' "$work/$1" | tail -n 1)
}

# soon CHANGED TEXT: $at is no later than a period and 2 s behind that time
soon()
{
	local took

	took=$(bc <<< "$(seconds "$at") - $1")
	[ "$(bc <<< "$took <= $late")" = 1 ]
	ok $? "$2 ($took s)"
}

collect run
known run 10.77.200.1 "complete ptb 1400" "IPv4: found"
known run 2001:db8:200::1 "complete ptb 1390" "IPv6: found"
known run 10.77.200.2 "complete ptb 1300" "IPv4: another"
known run 2001:db8:200::2 "complete ptb 1290" "IPv6: another"
known run 10.78.1.2 "complete none 1350" "inside a tunnel: its interface limits"
# shellcheck disable=SC2317,SC2329 # called by wait_for
outer_is()
{
	look run
	[ "$(jq -r 'select(.kind == "pmtu" and .path == "outer" and .state == "complete") | .mtu' "$work/run")" = "$1" ]
}
wait_for 10 outer_is 1500
ok $? "outside of it"
is "$(jq -c 'select(.kind == "pmtu" and .target == "10.77.200.1" and .state == "complete") |
	[.from, .near, .limit, .low, .high, .cached_mtu]' "$work/run" | tail -n 1)" \
	'["10.77.1.1",true,1500,1400,1401,null]' "IPv4: who says so, and the evidence"
is "$(jq -c 'select(.kind == "pmtu" and .target == "2001:db8:200::1" and .state == "complete") |
	[.from, .near, .limit, .low, .high, .cached_mtu]' "$work/run" | tail -n 1)" \
	'["2001:db8:1::1",true,1500,1390,1391,1390]' "IPv6: the same, and what the kernel learnt"
is "$(jq -r 'select(.kind == "source" and .name == "pmtu") | "\(.instance) \(.state) \(.reason // "-")"' "$work/run" |
	sort | xargs)" "ipv4 ok - ipv6 ok the kernel keeps the MTUs that routers name in its route cache" \
	"how the source fares"

# drift, with frag-needed and without
changed=$(now)
limit 1 1350 1340
known run 10.77.200.1 "complete ptb 1350" "IPv4: a drop"
soon "$changed" "... in time"
known run 2001:db8:200::1 "complete ptb 1340" "IPv6: a drop"
soon "$changed" "... in time"
changed=$(now)
limit 1 1444 1445
known run 10.77.200.1 "complete ptb 1444" "IPv4: a rise"
soon "$changed" "... in time"
known run 2001:db8:200::1 "complete ptb 1445" "IPv6: a rise"
soon "$changed" "... in time"
router drop
changed=$(now)
fell_silent=$changed
limit 2 1280 1281
known run 10.77.200.2 "complete silent 1280" "IPv4: a drop, black hole"
at=$(jq -r 'select(.kind == "pmtu" and .target == "10.77.200.2" and .mtu == 1280) | .time' "$work/run" | head -n 1)
soon "$changed" "... in time"
known run 2001:db8:200::2 "complete silent 1281" "IPv6: a drop, black hole"
at=$(jq -r 'select(.kind == "pmtu" and .target == "2001:db8:200::2" and .mtu == 1281) | .time' "$work/run" |
	head -n 1)
soon "$changed" "... in time"
changed=$(now)
limit 2 1479 1478
known run 10.77.200.2 "complete silent 1479" "IPv4: a rise, black hole"
at=$(jq -r 'select(.kind == "pmtu" and .target == "10.77.200.2" and .mtu == 1479) | .time' "$work/run" | head -n 1)
soon "$changed" "... in time"
known run 2001:db8:200::2 "complete silent 1478" "IPv6: a rise, black hole"
at=$(jq -r 'select(.kind == "pmtu" and .target == "2001:db8:200::2" and .mtu == 1478) | .time' "$work/run" |
	head -n 1)
soon "$changed" "... in time"
# where the number is as it was a search begins after three periods without frag-needed, and takes 4 s for the cause
for t in "10.77.200.1 1444" "2001:db8:200::1 1445"; do
	known run "${t% *}" "complete silent ${t#* }" "${t% *}: the router stopped to say so"
	at=$(jq -r --arg t "${t% *}" 'select(.kind == "pmtu" and .target == $t and .cause == "silent") | .time' \
		"$work/run" | head -n 1)
	late=$((4 * period + 5)) soon "$fell_silent" "... after three periods"
done
router accept
known run 10.77.200.2 "complete ptb 1479" "IPv4: the router says so again"
known run 2001:db8:200::2 "complete ptb 1478" "IPv6: the router says so again"

# PTBs that quote nothing of ours, and others that are too small to be
forged=$(now)
in_host "$middle" "$TOOLS/forge_ptb" 10.77.1.2 10.77.1.2 10.77.200.1 600 50
in_host "$middle" "$TOOLS/forge_ptb" 2001:db8:1::2 2001:db8:1::2 2001:db8:200::1 1280 50
in_host "$middle" "$TOOLS/forge_ptb" 10.77.1.2 10.77.1.2 10.77.200.2 68 50
in_host "$middle" "$TOOLS/forge_ptb" 2001:db8:1::2 2001:db8:1::2 2001:db8:200::2 68 50
in_host "$middle" nft -f - << END
flush ruleset
table inet t {
	chain say {
		type filter hook output priority 0;
		icmp type destination-unreachable icmp code frag-needed icmp mtu set 500
		icmpv6 type packet-too-big icmpv6 mtu set 1200
	}
}
END
# shellcheck disable=SC2317,SC2329 # called by wait_for
lied_to()
{
	look run
	[ "$(jq -c --arg t "$1" --argjson m "$2" 'select(.kind == "probe" and .target == $t and .mtu == $m)' \
		"$work/run")" ]
}
for t in "10.77.200.1 500" "10.77.200.2 500" "2001:db8:200::1 1200" "2001:db8:200::2 1200"; do
	# shellcheck disable=SC2086 # words
	wait_for 10 lied_to $t
	ok $? "${t% *}: a PTB that names ${t#* } came"
done
look run
for t in "10.77.200.1 1444" "2001:db8:200::1 1445" "10.77.200.2 1479" "2001:db8:200::2 1478"; do
	is "$(jq -r --arg t "${t% *}" 'select(.kind == "pmtu" and .target == $t) | "\(.mtu // "-") \(.time)"' \
		"$work/run" | while read -r mtu time; do
			[ "$(bc <<< "$(seconds "$time") > $forged")" = 1 ] && [ "$mtu" != - ] && echo "$mtu"
		done | sort -u | grep -v "^${t#* }$")" "" "${t% *}: moves no number"
done
router accept

# a network in motion is left alone for 5 s
# shellcheck disable=SC2317,SC2329 # called by wait_for
seen_down()
{
	look run
	grep -q '"kind":"link".*"tunnel":"vx1".*"up":false' "$work/run"
}
ip -n "$near" link set vx1 down
wait_for 10 seen_down
changed=$(now)
ip -n "$near" link set vx1 up
# shellcheck disable=SC2317,SC2329 # called by wait_for
searched_since()
{
	look "$1"
	begun=$(jq -r --arg t "$2" 'select(.kind == "pmtu" and .target == $t and .path == "inner" and
		.state == "searching") | .time' "$work/$1" | tail -n 1)
	[ -n "$begun" ] && [ "$(bc <<< "$(seconds "$begun") > $3")" = 1 ]
}
wait_for 20 searched_since run 10.78.1.2 "$changed"
ok $? "a link that went down and up calls for a search"
[ "$(bc <<< "$(seconds "$begun") - $changed >= 5")" = 1 ]
ok $? "... not before 5 s ($(bc <<< "$(seconds "$begun") - $changed") s)"

stop run
# nobody else feels it
for row in four1 six1 four2 six2; do
	is "$(jq -c --arg r "$row" 'select(.kind == "probe" and .tunnel == $r and (.purpose == "schedule" or .purpose == "verdict") and
		.outcome != "reply") | [.outcome, .size]' "$work/run")" "" "$row: no scheduled probe is lost"
done
is "$("$TUNWATCH" report --format json "$work/run.twr" | jq -r '.tunnels[] | select(.name | test("^(four|six)")) |
	.loss.all' | sort -u)" 0 "loss is 0"
is "$(jq -r 'select(.kind == "probe" and .rtt_ns) | .size' "$work/run" | sort -nu | xargs)" "84 104" \
	"round-trip times are those of small probes"
is "$(jq -c 'select(.kind == "pmtu" and (.tunnel | test("^nobody")))' "$work/run")" "" "who is silent is not searched"
# what finds nothing new has one record for six periods; in IPv6 the kernel learns something in between
# (but when what the kernel believes, or the next hop names, is news)
proofs=$(jq -r 'select(.kind == "pmtu" and .proofs and (.target | test("^10[.]"))) | .proofs' "$work/run" |
	awk '$1 == 6 { six++ } $1 > 6 { wrong++ } { n++ } END { print (six > 0 && !wrong && n - six <= six) }')
is "$proofs" 1 "quiet periods are told of together"
for i in 1 2; do
	is "$(ip -n "$near" route get 10.77.200.$i | grep -o 'mtu [0-9]*')" "" "the cache of path MTUs is as it was: $i"
done

# a person asks: in a session on a terminal
screen "$near" live --new -c "$work/conf" -w "$work/live.twr"
wait_for 20 grep -aqs LIVE "$work/live.out"
for t in "10.77.200.1 1444" "2001:db8:200::1 1445"; do
	known live "${t% *}" "complete ptb ${t#* }" "in a session: ${t% *}"
done
asked=$(now)
type_keys live f
for t in 10.77.200.1 2001:db8:200::1 10.77.200.9 2001:db8:200::9; do
	wait_for 10 searched_since live $t "$asked"
	ok $? "f searches at once: $t"
done
for t in 10.77.200.9 2001:db8:200::9; do
	wait_for 15 newest_is live $t "unreachable - 0"
	is "$(newest live $t)" "unreachable - 0" "who never answers is no black hole: $t"
done
in_host "$near" "$TUNWATCH" stop > /dev/null 2>&1

# many at once: no more than 500 packets a second, and all of them right
ip -n "$far" route add local 10.79.0.0/24 dev lo
ip -n "$far" -6 route add local 2001:db8:79::/64 dev lo
ip -n "$middle" route add 10.79.0.0/24 via 10.77.2.2 mtu lock 1433
ip -n "$middle" -6 route add 2001:db8:79::/64 via 2001:db8:2::2 mtu 1432
echo "mtu-period = 1h" > "$work/conf.many"
for ((i = 1; i <= 60; i++)); do
	echo "line a$i { target = \"10.79.0.$i\" }"
	echo "line b$i { target = \"2001:db8:79::$i\" }"
done >> "$work/conf.many"
background "$near" "$TUNWATCH" record --new -c "$work/conf.many" -o "$work/many.twr"
collector=$pid
# shellcheck disable=SC2317,SC2329 # called by wait_for
many_known()
{
	look many
	[ "$(grep -c '"kind":"pmtu".*"state":"complete","cause":"ptb","mtu":143[23]' "$work/many")" = 120 ]
}
wait_for 30 many_known
ok $? "120 paths: all right"
# all of one family move to another gateway in the same moment
ip -n "$middle" addr add 10.77.1.9/24 dev m0
ip -n "$near" route replace default via 10.77.1.9
# shellcheck disable=SC2317,SC2329 # called by wait_for
many_again()
{
	look many
	[ "$(grep -c '"kind":"pmtu".*"target":"10.79.*"state":"complete","cause":"ptb"' "$work/many")" -ge 120 ]
}
wait_for 30 many_again
ok $? "60 paths turn: all are searched again"
stop many
crowd=$(jq -r 'select(.kind == "pmtu" and .state == "searching" and (.target | test("^10.79"))) | .mono_ns / 1e6' \
	"$work/many" | sort -n | tail -n 60 | awk '{ t[NR] = $1; while (t[first + 1] <= $1 - 90) first++
		most = NR - first > most ? NR - first : most } END { print most }')
[ "${crowd:-0}" -gt 0 ] && [ "$crowd" -le 4 ]
ok $? "... one after another (at most $crowd in 90 ms)"
most=$(jq -r 'select(.kind == "probe" and .purpose == "mtu") | .mono_ns / 1000 - (.age_us // 0)' "$work/many" |
	sort -n | awk '{ t[NR] = $1; while (t[first + 1] <= $1 - 1000000) first++
		most = NR - first > most ? NR - first : most } END { print most }')
[ "${most:-0}" -gt 100 ] && [ "$most" -le 500 ]
ok $? "... and at most 500 packets in a second ($most)"

# without privileges
nobody=(env HOME=/nonexistent setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=-all --bounding-set=-all)
cp "$work/conf" "$work/conf.nobody"
chmod 644 "$work/conf.nobody"
in_host "$near" sysctl -qw net.ipv4.ping_group_range="1 0"
in_host "$near" "${nobody[@]}" "$TUNWATCH" record --new -c "$work/conf.nobody" -o - --for 2 > "$work/denied.twr" 2> /dev/null
look denied
like "$(jq -r 'select(.kind == "source" and .name == "pmtu") | "\(.state) \(.reason)"' "$work/denied" | sort -u)" \
	"^denied neither CAP_NET_RAW nor ping sockets" "without privilege and ping sockets: denied, and how to mend it"
is "$(grep -c '"kind":"pmtu"' "$work/denied")" 0 "... and nothing is said of MTUs"
in_host "$near" sysctl -qw net.ipv4.ping_group_range="0 2147483647"
in_host "$near" "${nobody[@]}" "$TUNWATCH" record --new -c "$work/conf.nobody" -o - --for 4 > "$work/ping.twr" 2> /dev/null
look ping
like "$(jq -r 'select(.kind == "source" and .name == "pmtu") | "\(.state) \(.reason)"' "$work/ping" | sort -u)" \
	"^ok without CAP_NET_RAW: by ping sockets, and the kernel keeps" "without privilege: ping sockets, and it is said"
is "$(newest ping 10.77.200.1)" "complete ptb 1444" "... IPv4"
is "$(newest ping 2001:db8:200::1)" "complete ptb 1445" "... IPv6"
done_testing
