#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Reports on a recording of a move: whole, of a window, through a pipe, damaged, cut off.
. "$(dirname "$0")/../lib/tap.sh"
need jq

work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"
export XDG_CONFIG_HOME=$work HOME=$work
"$TOOLS/make_story" "$work/s.twr"
chmod 644 "$work/s.twr"

report()
{
	"$TUNWATCH" report "$@" 2> "$work/err"
}

json=$(report -f json "$work/s.twr")
is $? 0 "report exits 0"
is "$(jq -r '.status' <<< "$json")" CRITICAL "one is down at the end"
is "$(jq -r '"\(.from) \(.time) \(.closed) \(.notes|length)"' <<< "$json")" \
	"2026-11-20T13:40:30.000000Z 2026-11-20T14:05:30.000000Z true 0" "the whole recording, closed, undamaged"
is "$(jq -r '[.tunnels[] | "\(.name)=\(.state)"] | join(" ")' <<< "$json")" \
	"uplink=up use1-a=up use1-b=down dc2-gre=degraded hq-wg=up dslite0=up lac1=up" "every row with its state"
is "$(jq -r '.tunnels[] | select(.name == "use1-b").outages | map("\(.start[11:19])-\((.end // "open")[11:19])") |
	join(" ")' <<< "$json")" "13:50:30-13:52:00 14:02:10-14:02:39 14:03:16-" "outages with start and end"
is "$(jq -r '.tunnels[] | select(.name == "use1-a").outages[0].duration_ms' <<< "$json")" 90000 "90 s long"
like "$(jq -r '.tunnels[] | select(.name == "lac1").outages[0].cause' <<< "$json")" "ppp0 is gone" "the cause, in words"
is "$(jq -r '.tunnels[] | select(.name == "use1-b").loss.up == 0' <<< "$json")" true "no loss outside outages"

# a window has its own numbers, but does not change what was true at its end
window=$(report -f json --from 14:03 "$work/s.twr")
is "$(jq -r '.from' <<< "$window")" "2026-11-20T14:03:00.000000Z" "a window begins where it should"
is "$(jq -r '.tunnels[] | select(.name == "use1-b").outages | length' <<< "$window")" 1 "outages of the window only"
is "$(jq -r '.tunnels[] | select(.name == "use1-a") | "\(.sent) \(.lost) \(.down_ms)"' <<< "$window")" "150 0 0" \
	"statistics of the window only"
is "$(jq -c '[.tunnels[] | [.name, .state, .since, .reason]]' <<< "$window")" \
	"$(jq -c '[.tunnels[] | [.name, .state, .since, .reason]]' <<< "$json")" "the states are the same"
is "$(report -f json --from A --to B "$work/s.twr" | jq -r '"\(.from[11:19]) \(.time[11:19])"')" "13:50:24 14:03:11" \
	"between marks"
is "$(report -f json --from -5m "$work/s.twr" | jq -r '.from[11:19]')" "14:00:30" "relative to the end"

report "$work/s.twr" > "$work/text"
is "$(report - < "$work/s.twr")" "$(cat "$work/text")" "the same from a redirected file"
# shellcheck disable=SC2002
is "$(cat "$work/s.twr" | report --from 14:03 -)" "$(report --from 14:03 "$work/s.twr")" "a window of a pipe"
like "$(cat "$work/text")" "use1-b  vti  DOWN since 2026-11-20 14:03:16.0 \(2m14\)" "as text"
like "$(cat "$work/text")" "14:03:16.0  \(still down\)" "with the outage that is open"
like "$(report -f md "$work/s.twr")" '\| use1-a \| vti \| up \|' "as markdown"
"$TOOLS/make_story" "$work/k.twr" 32400
like "$(report "$work/k.twr" | head -n 1)" '23:05:30.0 \(UTC\+09:00\)' "in the recording's zone"
like "$(report --utc "$work/k.twr" | head -n 1)" '14:05:30.0 \(UTC\)' "or in UTC"

# path MTUs
"$TOOLS/make_story" -m "$work/m.twr"
json=$(report -f json "$work/m.twr")
is "$(jq -r '[.tunnels[] | "\(.name)=\(.mtu.verdict)"] | join(" ")' <<< "$json")" "uplink=ok use1-a=tight use1-b=null \
dc2-gre=oversized hq-wg=tight dslite0=fragments outside lac1=black hole small=under-utilised sat=too lossy ecmp=unstable \
branch=ok six=black hole" "the verdict on every row"
is "$(jq -c '.tunnels[] | select(.name == "dc2-gre").mtu | [.interface, .path_inner, .path_outer, .ceiling, .gap, .baseline,
	.drift, .cause, .from, .mtu, .mss4, .mss6]' <<< "$json")" \
	'[1400,1372,1400,1376,-28,1400,-28,"ptb","192.0.2.65",1372,1332,1312]' "its numbers"
is "$(jq -c '.tunnels[] | select(.name == "use1-b").mtu | [.path_inner, .gap, .drift, .mss4, .baseline, .text]' \
	<<< "$json")" '[null,null,null,null,1436,"does not answer; it was 1436; outer 1500 leaves 1438 inside; interface says 1436"]' \
	"a row that is down has none"
is "$(jq -c '.tunnels[] | select(.name == "branch").mtu | [.interface, .configured, .gap]' <<< "$json")" '[null,1280,0]' \
	"what a router enforces is what is configured"
is "$(jq -c '.tunnels[] | select(.name == "six").mtu | [.cause, .direction, .hop, .gap, .mss6]' <<< "$json")" \
	'["silent","reverse",1,-48,1340]' "where a black hole is, IPv6"
is "$(jq -r '[.tunnels[] | select(.state == "degraded").name] | join(" ")' <<< "$json")" "dc2-gre lac1 ecmp six" \
	"black holes, a gap and an unstable path degrade a row"
like "$(jq -r '.tunnels[] | select(.name == "lac1").reason' <<< "$json")" \
	"^black hole: packets larger than 1390 vanish without frag-needed, interface says 1450" "with the reason"
report "$work/m.twr" > "$work/text.m"
like "$(cat "$work/text.m")" "14:03:54.0  path 1400 -> 1372 \(-28\) frag-needed from 192.0.2.65" "changes are listed"
is "$(report --from 14:04 "$work/m.twr" | grep -c ' -> ')" 0 "those of the window"
is "$(report -f json --from 14:04 "$work/m.twr" | jq -c '[.tunnels[] | [.name, .mtu]]')" \
	"$(jq -c '[.tunnels[] | [.name, .mtu]]' <<< "$json")" "a window changes no number"
like "$(report -f md "$work/m.twr")" '\| dc2-gre \| 1400 \| 1372 \| 1400 \| -28 \| -28 \| 1332 \| oversized \|' "markdown"

size=$(stat -c %s "$work/s.twr")
head -c $((size - 100)) "$work/s.twr" > "$work/cut.twr"
out=$(report "$work/cut.twr")
is $? 0 "a file that was cut off is reported"
like "$out" "note: the recording is not closed" "and said to be"
cp "$work/s.twr" "$work/bad.twr"
printf 'XXXXXXXXXXXXXXXXXXXX' | dd of="$work/bad.twr" bs=1 seek=$((size / 2)) conv=notrunc 2> /dev/null
out=$(report "$work/bad.twr")
is $? 0 "a damaged file is reported"
like "$out" "note: damaged: [0-9]+ bytes at offset [0-9]+" "with where it is damaged"

report -o "$work/out.txt" "$work/s.twr"
is "$?" 0 "-o FILE"
is "$(cat "$work/out.txt")" "$(cat "$work/text")" "holds the report"
is "$(stat -c %a "$work/out.txt")" 600 "for its owner alone"
ln -s "$work/out.txt" "$work/link"
report -o "$work/link" "$work/s.twr"
is "$?" 73 "never through a symbolic link"
report "$work/s.twr" > /dev/full
is "$?" 74 "a full disk is noticed"
report --from 14:05 --to 14:04 "$work/s.twr"
is "$?" 64 "a window that ends before it begins"
report --to -2h "$work/s.twr"
is "$?" 64 "a window before the recording"
like "$(cat "$work/err")" "from 2026-11-20T13:40:30" "says what there is"
done_testing
