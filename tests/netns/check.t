#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2154,SC2317
# One vxlan between two hosts: check, list, and what check says when the far end is down.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/netns.sh"

host near
host far
wire "$near" eth0 192.0.2.1/24 "$far" eth0 192.0.2.2/24
vxlan "$near" vx1 42 192.0.2.1 192.0.2.2 10.77.0.1/30
vxlan "$far" vx1 42 192.0.2.2 192.0.2.1 10.77.0.2/30

out=$(in_host "$near" "$TUNWATCH" check --json 2> "$work/err")
is $? 0 "check exits 0"
is "$(jq -r .status <<< "$out")" OK "status OK"
is "$(jq -r '.tunnels | length' <<< "$out")" 1 "one tunnel"
is "$(jq -r '.tunnels[0] | "\(.name) \(.type) \(.state) \(.peer) \(.outer_local) \(.outer_remote)"' <<< "$out")" \
	"vx1 vxlan up 10.77.0.2 192.0.2.1 192.0.2.2" "the tunnel is up, with its peer and endpoints"
is "$(jq -r '.tunnels[0].rtt_us.last > 0' <<< "$out")" true "it has a round-trip time"
is "$(jq -r '.tunnels[0].via | contains("eth0")' <<< "$out")" true "it goes via eth0"
out=$(in_host "$near" "$TUNWATCH" check 2>&1)
is $? 0 "check as text exits 0"
is "$(wc -l <<< "$out")" 1 "one summary line"
like "$out" '^(TUNWATCH )?OK.*\|' "with performance data"

in_host "$near" "$TUNWATCH" list > "$work/list.conf" 2> "$work/err"
is $? 0 "list exits 0"
like "$(cat "$work/list.conf")" "tunnel vx1 " "list names the tunnel"
out=$(in_host "$near" "$TUNWATCH" -c "$work/list.conf" check --json 2> "$work/err")
is $? 0 "check accepts the configuration that list prints"
is "$(jq -r '.tunnels | length' <<< "$out")" 1 "and it is the same row"

ip -n "$far" link set vx1 down
began=$(now)
out=$(in_host "$near" "$TUNWATCH" check --json 2> "$work/err")
is $? 2 "with the far device down check exits 2"
awk -v a="$began" -v b="$(now)" 'BEGIN { exit !(b - a < 8) }'
ok $? "within 8 s"
is "$(jq -r '"\(.status) \(.tunnels[0].state)"' <<< "$out")" "CRITICAL down" "CRITICAL, down"
like "$(jq -r '.tunnels[0].reason' <<< "$out")" 'no reply from 10.77.0.2.*outer 192.0.2.2 answers' \
	"the reason: the peer is silent and the line is not"

ip -n "$near" link set vx1 down
out=$(in_host "$near" "$TUNWATCH" check --json 2> "$work/err")
is $? 2 "with our own device shut check exits 2"
like "$(jq -r '.tunnels[0].reason' <<< "$out")" 'ADMIN' "and says that it is shut"

ip -n "$near" link del vx1
out=$(in_host "$near" "$TUNWATCH" check 2>&1)
is $? 3 "without any tunnel check exits 3"
like "$out" 'peer' "and says how to name one"
done_testing
