#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2154 # near and far are set by host
# What check says of path MTUs: not before they are searched, and what is still being searched when its time is up.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/netns.sh"

rows=60
host near
host far
wire "$near" eth0 192.0.2.1/24 "$far" eth0 192.0.2.2/24
# ends LOCAL REMOTE HOST_NUMBER: commands that make one end of every tunnel
ends()
{
	local i

	for ((i = 1; i <= rows; i++)); do
		echo "link add vx$i mtu 1450 type vxlan id $i local $1 remote $2 dstport 4789"
		echo "addr add 10.77.$i.$3/30 dev vx$i"
		echo "link set vx$i up"
	done
}
ends 192.0.2.1 192.0.2.2 1 | ip -n "$near" -batch -
ends 192.0.2.2 192.0.2.1 2 | ip -n "$far" -batch -
in_host "$far" nft -f - << END
table ip t {
	chain in {
		type filter hook input priority 0;
		iifname { vx1, vx31, vx60 } ip length > 1400 drop
	}
}
END

# check ARGUMENTS...: its JSON is in $out, its exit status in $status
check()
{
	out=$(in_host "$near" "$TUNWATCH" check --json "$@" 2> "$work/err")
	status=$?
}

# count FILTER: how many rows it is true of
count()
{
	jq "[.tunnels[] | select($1)] | length" <<< "$out"
}

check --for 60
is "$status" 1 "$rows tunnels: a black hole among them is a WARNING"
is "$(jq -r '[.tunnels[] | select(.state == "degraded") | .name] | sort | join(" ")' <<< "$out")" "vx1 vx31 vx60" \
	"... those that lose large packets are degraded"
is "$(count '.mtu.path_inner == 1400') $(count '.mtu.path_inner == 1450')" "3 $((rows - 3))" \
	"... and every path MTU is known"
is "$(count .mtu.searching)" 0 "... no search is left"

for n in 0.2 1; do
	check -n $n -i vx1
	is "$status $(jq '.tunnels[0].mtu.path_inner' <<< "$out")" "1 1400" "-n $n: a black hole alone"
done
check -n 0.2 -i vx2
is "$status $(jq -r '.tunnels[0].mtu | "\(.path_inner) \(.verdict) \(.searching)"' <<< "$out")" "0 1450 tight false" \
	"-n 0.2: a tunnel that is well"
check -n 0.2 --mtu-period 0 -i vx1
is "$status $(jq '.tunnels[0].mtu | .path_inner, .searching' <<< "$out" | xargs)" "0 null false" \
	"--mtu-period 0: nothing is searched, nothing is waited for"

# its time is up before
check -n 0.2 --for 1.2
is "$(count '.mtu.verdict == "tight" and .mtu.path_inner == null')" 0 "too little time: what is not known is not well"
searched=$(count .mtu.searching)
[ "$searched" -gt 0 ]
ok $? "... rows say that they are still being searched"
out=$(in_host "$near" "$TUNWATCH" check -n 0.2 --for 1.2 2> "$work/err")
like "$out" "; path MTU of [0-9]+ of $rows still being searched \|" "... and the line says how many"

# outside all is searched, and inside nobody answers
in_host "$far" nft add rule ip t in iifname vx2 drop
check -i vx2
is "$status" 2 "a peer that does not answer is down"
is "$(count .mtu.searching)" 0 "... and nothing of it is searched"
done_testing
