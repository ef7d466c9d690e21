#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2154,SC2317
# A viewer that hangs, a terminal that nobody reads, a terminal that dies: probes leave on time all the while, and
# whoever comes back sees the whole time. HANGS=60 makes it long.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/netns.sh"
. "$(dirname "$0")/../lib/process.sh"

vxlan_pair 12

session_ticks()
{
	file=$(running_file "$near")
	[ -n "$file" ] && more_ticks_than "$1" "$file"
}

# Probes of the session so far: how many, and the 99th percentile of how late they left, us.
punctual()
{
	"$TUNWATCH" export "$file" --kind probe 2> /dev/null |
		jq -s -r '"\(length) \(map(.slip_us // 0) | sort | .[length * 99 / 100 | floor])"'
}

seen()
{
	grep -aq "$2" "$work/$1.out"
}

screen "$near" first -n 0.5
terminal=$pid
wait_for 20 session_ticks 4
ok $? "a session runs"
viewer=$(cat "$work/first.pid")
kill -STOP "$viewer"
sleep "${HANGS:-6}"
kill -CONT "$viewer"
read -r n p99 <<< "$(punctual)"
[ "$n" -gt 100 ] && [ "$p99" -lt 100000 ]
ok $? "the viewer hangs, and probes leave on time" || diag "$n probes, p99 of slip_us $p99"
STALLED=1 screen "$near" second
stalled=$pid
sleep "${HANGS:-6}"
read -r n p99 <<< "$(punctual)"
[ "$n" -gt 200 ] && [ "$p99" -lt 100000 ]
ok $? "nobody reads the terminal, and probes leave on time" || diag "$n probes, p99 of slip_us $p99"
viewer=$(cat "$work/second.pid")
began=${EPOCHREALTIME/./}
kill -TERM "$viewer"
wait_for 5 gone "$viewer"
[ $((${EPOCHREALTIME/./} - began)) -lt 1000000 ]
ok $? "its viewer ends within a second"
kill "$stalled" 2> /dev/null

kill -KILL "$terminal"
wait_for 5 gone "$(cat "$work/first.pid")"
ok $? "the terminal dies, and with it the viewer"
is "$(collectors "$near" | wc -l)" 1 "the collector stays"
wait_for 10 session_ticks 30
screen "$near" third
wait_for 10 seen third 'vx12'
ok $? "tunwatch attaches"
is "$(collectors "$near" | wc -l)" 1 "and probes nothing a second time"
start=$("$TUNWATCH" export "$file" --kind session 2> /dev/null | head -n 1 | jq -r .mono_ns)
[ -n "$start" ] && [ "$start" -lt 1000000000 ]
ok $? "the recording holds the whole time"
is "$("$TUNWATCH" export "$file" --kind gap 2> /dev/null | wc -l)" 0 "without a gap"
in_host "$near" "$TUNWATCH" stop > /dev/null
no_collector()
{
	[ "$(collectors "$near" | wc -l)" = 0 ]
}
wait_for 5 no_collector
ok $? "stop ends it"
done_testing
