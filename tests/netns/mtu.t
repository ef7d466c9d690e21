#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# tunwatch mtu over a router whose routes have MTUs of their own: right to the byte with and without frag-needed, with
# loss, IPv4 and IPv6. MTU_RUNS paths for each (6 unless given), MTU_SEED says which.
# shellcheck disable=SC2154 # near, middle and far are set by host
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/netns.sh"
need ping setpriv tc

runs=${MTU_RUNS:-6}
RANDOM=${MTU_SEED:-$$}
diag "MTU_RUNS=$runs MTU_SEED=${MTU_SEED:-$$}"

routed_pair

# targets 10.77.200.x behind routes with MTUs of their own (locked: else forwarding takes the device's)
for ((i = 1; i <= runs; i++)); do
	mtu4[i]=$((600 + RANDOM % 900))
	mtu6[i]=$((1280 + RANDOM % 220))
	echo "addr add 10.77.200.$i/32 dev lo" >> "$work/far"
	echo "addr add 2001:db8:200::$(printf %x "$i")/128 dev lo nodad" >> "$work/far"
	echo "route add 10.77.200.$i/32 via 10.77.2.2 mtu lock ${mtu4[i]}" >> "$work/middle"
	echo "route add 2001:db8:200::$(printf %x "$i")/128 via 2001:db8:2::2 mtu ${mtu6[i]}" >> "$work/middle"
done
ip -n "$far" -batch "$work/far"
ip -n "$middle" -batch "$work/middle"

# router [hole] [LOSS_PERCENT]: whether the router says frag-needed, and loses echo requests
router()
{
	local said=accept

	[ "$1" = hole ] && said=drop
	in_host "$middle" nft -f - << END
flush ruleset
table inet t {
	chain lose {
		type filter hook prerouting priority -300;
		icmp type echo-request numgen random mod 100 < $2 drop
		icmpv6 type echo-request numgen random mod 100 < $2 drop
	}
	chain say {
		type filter hook output priority 0;
		icmp type destination-unreachable icmp code frag-needed $said
		icmpv6 type packet-too-big $said
	}
}
END
}

# mtu ARGUMENTS...: what it prints is in $out, its exit status in $status
mtu()
{
	out=$(in_host "$near" "$TUNWATCH" mtu "$@" 2> "$work/err")
	status=$?
}

# field NAME: of the JSON in $out
field()
{
	jq -r ".$1" <<< "$out"
}

# search_one NUMBER TARGET: into files of that number
search_one()
{
	in_host "$near" "$TUNWATCH" mtu --json "$2" > "$work/out.$1" 2> "$work/err.$1"
	echo $? > "$work/status.$1"
}

# search_all FAMILY STATUS HOW NAME: every target, many at a time
search_all()
{
	local i target want wrong=0

	rm -f "$work"/out.* "$work"/status.*
	# IPv6 probes leave what routers said there, and the next search tries it first
	ip -n "$near" -6 route flush cache
	for ((i = 1; i <= runs; i++)); do
		target=10.77.200.$i
		[ "$1" = 6 ] && target=2001:db8:200::$(printf %x "$i")
		search_one "$i" "$target" &
		[ "$(jobs -rp | wc -l)" -lt 12 ] || wait -n
	done
	wait
	for ((i = 1; i <= runs; i++)); do
		want=${mtu4[i]}
		[ "$1" = 6 ] && want=${mtu6[i]}
		[[ $(< "$work/out.$i") == *'"mtu":'$want',"how":"'$3'"'* && $(< "$work/status.$i") == "$2" ]] && continue
		wrong=$((wrong + 1))
		diag "wanted $want $3, status $2: $(cat "$work/out.$i" "$work/status.$i" "$work/err.$i" | xargs)"
	done
	is "$wrong of $runs" "0 of $runs" "IPv$1: $4"
	diag "IPv$1: $4: $(jq -s -r 'def at(f): map(f) | sort | "\(.[length / 2 | floor]), most \(.[-1])";
		"probes \(at(.probes)); ms \(at(.took_ms))"' "$work"/out.*)"
}

# in the first round neighbours are not known yet
router open 0
mtu 10.77.2.2 && mtu 2001:db8:2::2
for family in 4 6; do
	router open 0
	search_all $family 0 frag-needed "frag-needed"
	router open 10
	search_all $family 0 frag-needed "frag-needed, 10 % loss"
	router hole 0
	search_all $family 2 silence "black hole"
	router hole 10
	search_all $family 2 silence "black hole, 10 % loss"
done

# the observer changes nothing
router open 0
target=10.77.200.1
ip -n "$near" route flush cache
mtu $target
is "$(ip -n "$near" route get $target | grep -o 'mtu [0-9]*')" "" "the cache of path MTUs is as it was"
in_host "$near" ping -M "do" -c 1 -W 1 -s $((mtu4[1] + 1 - 28)) $target > /dev/null 2>&1
is "$(ip -n "$near" route get $target | grep -o 'mtu [0-9]*')" "mtu ${mtu4[1]}" "... which ping's is not"
mtu --json $target
is "$(field mtu) $status" "${mtu4[1]} 0" "what the cache says is tried first"
ip -n "$middle" route replace $target/32 via 10.77.2.2 mtu lock $((mtu4[1] + 1))
mtu --json $target
is "$(field mtu) $status" "$((mtu4[1] + 1)) 0" "... and not believed"

# what it says
mtu $target
like "$out" "^path MTU to $target: $((mtu4[1] + 1)) bytes \([0-9]+ probes, [0-9.]+ s\)" "text: the number"
like "$out" "10.77.1.1 says so" "text: who says so"
like "$out" "TCP MSS that fits: $((mtu4[1] + 1 - 40))" "text: the MSS"
like "$out" "ip link set dev n0 mtu $((mtu4[1] + 1))" "text: the line for Linux"
like "$out" "ip tunnel tcp mss limit $((mtu4[1] + 1 - 40))" "text: the line for Yamaha"
is "$(cat "$work/err")" "" "no progress where there is no terminal"
terminal=$(in_host "$near" "$TOOLS/pty_run" "$TUNWATCH" mtu $target < <(exec tail -f /dev/null --pid=$$ 2> /dev/null))
like "$terminal" "searching: .* bytes pass" "progress on a terminal"
mtu --json 2001:db8:200::1
is "$(field target) $(field state) $(field from) $(field mss) $(field interface) $(field interface_mtu)" \
	"2001:db8:200::1 complete 2001:db8:1::1 $((mtu6[1] - 60)) n0 1500" "JSON: its members"
mtu --json -I n0 -4 10.77.1.1
is "$(field mtu) $(field how) $status" "1500 interface 0" "nothing but the interface limits"
mtu -6 10.77.1.1
is "$status" 69 "an IPv4 address has no IPv6"
like "$(cat "$work/err")" "cannot find 10.77.1.1 in IPv6" "... and it is said"
for host in "-6 10.77.1.1" "-I nosuch 10.77.1.1" 224.0.0.1; do
	# shellcheck disable=SC2086
	mtu --json $host
	is "tunwatch: $(field error) $(field state) $(field mtu) $(field named_wrong)" \
		"$(cat "$work/err") null null null" "--json $host: the error is in the JSON"
done
for host in 224.0.0.1 255.255.255.255 ff02::1 ff02::1%n0; do
	mtu $host
	is "$status $out" "64 " "$host is refused"
	like "$(cat "$work/err")" "^tunwatch: ${host%%%*} is a group of hosts" "... and why"
done
for host in 0.0.0.0 ::; do
	mtu $host
	is "$status $out $(cat "$work/err")" "64  tunwatch: $host is nobody's address" "$host is refused"
done
mtu -I nosuch 10.77.1.1
is "$status" 69 "an interface that does not exist"

# packets leave by another interface than the one that has their source
ip -n "$near" addr add 10.99.9.9/32 dev lo
ip -n "$middle" route add 10.99.9.9/32 via 10.77.1.2
ip -n "$far" route add 10.99.9.9/32 via 10.77.2.1
ip -n "$near" route add $target/32 via 10.77.1.1 src 10.99.9.9
mtu --json $target
is "$(field mtu) $(field interface) $(field interface_mtu) $status" "$((mtu4[1] + 1)) n0 1500 0" \
	"the source is of lo: the interface that packets leave by"
mtu $target
like "$out" "ip link set dev n0 mtu $((mtu4[1] + 1))" "... is the one to configure"
ip -n "$near" route del $target/32
mtu 10.77.1.2
like "$out" "65535 bytes .*as large as interface lo allows" "an address of this host is behind lo"

# nobody there, or a router that says so
ip -n "$middle" route add 10.77.201.2/32 via 10.77.2.2
mtu --json 10.77.201.1
is "$(field state) $(field from) $status" "unreachable 10.77.1.1 1" "a router says unreachable"
in_host "$far" nft -f - << END
table ip t {
	chain in {
		type filter hook input priority 0;
		ip daddr 10.77.2.2 drop
	}
}
END
mtu 10.77.2.2
is "$status" 1 "no answer"
like "$out" "^no answer from 10.77.2.2" "... and it is said"
in_host "$far" nft flush ruleset

# routers that lie, and a policer
want=$((mtu4[1] + 1))
for names in 577 0 68; do
	in_host "$middle" nft -f - << END
flush ruleset
table ip t {
	chain say {
		type filter hook output priority 0;
		icmp type destination-unreachable icmp code frag-needed icmp mtu set $names
	}
}
END
	mtu --json $target
	is "$(field mtu) $(field how) $(field named_wrong) $status" "$want frag-needed $names 0" "a router names $names"
done
# ... and one that names less than every path must carry, and means it
router open 0
ip -n "$middle" route replace $target/32 via 10.77.2.2 mtu lock 500
mtu $target
is "$status" 1 "a path of 500 that a router tells of is no black hole"
like "$out" "not even 576 bytes.*10.77.1.1 says so.*names 500, less than 576 \(RFC 791\)" "... it is said"
[[ $out != *wrong* ]]
ok $? "... and not that it is wrong"
router hole 0
mtu $target
is "$status" 2 "... but when it does not tell it is"
ip -n "$middle" route replace $target/32 via 10.77.2.2 mtu lock $want
router hole 0
in_host "$far" nft -f - << END
table ip t {
	chain in {
		type filter hook input priority 0;
		icmp type echo-request limit rate over 20/second burst 10 packets drop
	}
}
END
mtu --json $target
is "$(field mtu) $status" "$want 2" "behind a policer of 20 a second"
in_host "$far" nft flush ruleset

# a slow line with room for ten packets: whatever is sent over it besides finds that room
if tc -n "$middle" qdisc add dev m1 root tbf rate 3mbit burst 1600 limit 15000 2> /dev/null; then
	router hole 0
	wrong=0
	for ((i = 1; i <= (runs + 9) / 10; i++)); do
		mtu --json 10.77.200.$i
		[ "$i" = 1 ] || want=${mtu4[i]}
		[ "$(field mtu) $status" = "$want 2" ] && continue
		wrong=$((wrong + 1))
		diag "wanted $want: $out"
	done
	is "$wrong" 0 "3 Mbit/s: right to the byte"
	is "$(tc -n "$middle" -s qdisc show dev m1 | grep -o 'dropped [0-9]*')" "dropped 0" "3 Mbit/s: its queue is never full"
	tc -n "$middle" qdisc del dev m1 root
	want=$((mtu4[1] + 1))
else
	skip "no tbf here" "3 Mbit/s"
fi
in_host "$middle" nft flush ruleset

# without privileges: by ping sockets where they are allowed, else not at all
nobody=(env HOME=/nonexistent setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=-all --bounding-set=-all)
in_host "$near" sysctl -qw net.ipv4.ping_group_range="1 0"
in_host "$near" "${nobody[@]}" "$TUNWATCH" mtu $target > /dev/null 2> "$work/err"
is $? 69 "without privilege and ping sockets"
like "$(cat "$work/err")" "ping_group_range" "... it says what helps"
in_host "$near" sysctl -qw net.ipv4.ping_group_range="0 2147483647"
for host in "$target $want" "2001:db8:200::1 ${mtu6[1]}"; do
	read -r address want <<< "$host"
	router open 0
	ip -n "$near" route flush cache
	ip -n "$near" -6 route flush cache
	out=$(in_host "$near" "${nobody[@]}" "$TUNWATCH" mtu --json "$address")
	is "$(field mtu) $(field how) $?" "$want frag-needed 0" "without privilege: $address"
	is "$(field cached_mtu)" "$want" "... and the cache says so"
	router hole 10
	out=$(in_host "$near" "${nobody[@]}" "$TUNWATCH" mtu --json "$address")
	is "$(field mtu) $(field how)" "$want silence" "without privilege, black hole, 10 % loss: $address"
done

# a router behind the first one says nothing, which the first one does of what is larger still
router open 0
avoided="without CAP_NET_RAW it cannot be avoided"
ip -n "$middle" route replace 10.77.200.1 via 10.77.2.2 mtu lock 1450
ip -n "$middle" route replace 2001:db8:200::1 via 2001:db8:2::2 mtu 1450
for host in "10.77.200.1 0 null" "2001:db8:200::1 1 1450"; do
	read -r address avoids cached <<< "$host"
	in_host "$far" nft -f - << END
table inet t {
	chain in {
		type filter hook prerouting priority -300;
		meta length > 1350 drop
	}
}
END
	ip -n "$near" route flush cache
	ip -n "$near" -6 route flush cache
	out=$(in_host "$near" "${nobody[@]}" "$TUNWATCH" mtu "$address")
	like "$out" "1350 bytes.*black hole" "nobody, and a black hole behind an honest router: $address"
	like "$out" "cache of path MTUs now says 1450, for [0-9]+ s" "... the cache was written, which is told"
	[[ $out == *"$avoided"* ]]
	is $? "$avoids" "... that it cannot be avoided, of IPv4 alone"
	ip -n "$near" route flush cache
	ip -n "$near" -6 route flush cache
	mtu --json "$address"
	is "$(field mtu) $(field cached_mtu)" "1350 $cached" "... with privilege"
	in_host "$far" nft flush ruleset
done
done_testing
