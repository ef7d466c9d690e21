#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A router's log becomes a report: alone, and beside a recording. Transcripts go through router-test.
. "$(dirname "$0")/../lib/tap.sh"

work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
export XDG_CONFIG_HOME=$work XDG_STATE_HOME=$work HOME=$work TZ=UTC TUNWATCH_PROFILES=$TOP/contrib/profiles
chmod 755 "$work"

# say SECONDS WORDS: a line of the log, so long after 02:08:00 of its day
say()
{
	date -u -d "@$((1328926080 + $1))" "+%Y/%m/%d %H:%M:%S: $2"
}

# 30 s up, 5 s down, and one that was up for 17 s
story()
{
	local start=0 up i

	echo "rtx# show log"
	say 0 "[IKE] respond ISAKMP phase to 203.0.113.7"
	for i in {1..17}; do
		up=30
		[ "$i" = 9 ] && up=17
		say "$start" "IP Tunnel[1] Up"
		say "$((start + up))" "IP Tunnel[1] Down"
		say "$((start + up + 1))" "[IKE] initiate ISAKMP phase to 203.0.113.7 (local address 192.0.2.1)"
		start=$((start + up + 5))
	done
	say "$start" "IP Tunnel[1] Up"
	say "$((start + 60))" "LAN1: link up"
}

# outages JSON: start, end and milliseconds of the first row's
outages()
{
	jq -r '.tunnels[0].outages[] | "\(.start) \(.end) \(.duration_ms)"' "$1"
}

story > "$work/log"
"$TUNWATCH" report --log "$work/log" --zone +09:00 -f json > "$work/json" 2> "$work/err"
is "$? $(cat "$work/err")" "0 " "a log is a report"
is "$(jq -r '.tunnels | length' "$work/json")" 1 "of one tunnel"
is "$(jq -r '.tunnels[0] | "\(.name) \(.type) \(.state) \(.since)"' "$work/json")" \
	"TUNNEL[1] remote degraded 2012-02-10T17:17:42.000000Z" \
	"under the router's name, up but flapping since the last line"
is "$(outages "$work/json" | wc -l)" 17 "every outage is told"
is "$(outages "$work/json" | awk '{ print $3 }' | sort | uniq -c | xargs)" "17 5000" "of 5 seconds each"
is "$(outages "$work/json" | head -n 1)" "2012-02-10T17:08:30.000000Z 2012-02-10T17:08:35.000000Z 5000" "with exact dates"
is "$(outages "$work/json" | sed -n 9p)" "2012-02-10T17:12:57.000000Z 2012-02-10T17:13:02.000000Z 5000" \
	"after the odd 17 seconds too"
cp "$work/json" "$work/want"

tac "$work/log" > "$work/reverse"
"$TUNWATCH" report --log "$work/reverse" --zone +09:00 -f json > "$work/json"
is "$(outages "$work/json")" "$(outages "$work/want")" "newest line first: the same"
"$TUNWATCH" report --log - --zone +09:00 -f json < "$work/log" > "$work/json"
is "$(outages "$work/json")" "$(outages "$work/want")" "from standard input: the same"
sed 's/$/\r/' "$work/log" | "$TUNWATCH" report --log - --zone +09:00 -f json > "$work/json"
is "$(outages "$work/json")" "$(outages "$work/want")" "with CR LF: the same"
# what a syslog daemon wrote: its own header before what the router said; the year is that of the file
behind_header()
{
	touch -d "2012-02-12 00:00 UTC" "$work/syslog"
	"$TUNWATCH" report --log "$work/syslog" --zone +09:00 -f json > "$work/json" 2> "$work/err"
	is "$(cat "$work/err")$(outages "$work/json")" "$(outages "$work/want")" "$1: the same"
}
grep '^2012' "$work/log" | sed -E 's|^2012/02/11 (.{8}): |Feb 11 \1 rtx |' > "$work/syslog"
behind_header "behind a header of syslog"
like "$("$TUNWATCH" report --log "$work/syslog" --zone +09:00)" "have no year: that of the file is taken, 2012" "which is told"
sed -i 's/ rtx / /' "$work/syslog"
behind_header "without the sender's name"
grep '^2012' "$work/log" | sed -E 's|^2012/02/11 (.{8}): |2012-02-11T\1+09:00 rtx |' > "$work/syslog"
{
	echo "Feb 10 23:59:59 host sshd[1]: Server listening"
	echo "2012-02-11T02:00:00+09:00 host kernel: IP Tunnel[1] Down"
} >> "$work/syslog"
sort -o "$work/syslog" "$work/syslog"
behind_header "with RFC 3339, among lines of others"
sed -E 's|^2012/02/11 (.{8}): |Feb 11 \1 192.0.2.9 &|' "$work/log" > "$work/syslog"
behind_header "with both times"
text=$("$TUNWATCH" report --log "$work/syslog" --zone +09:00)
is "$(grep -c 'have no year' <<< "$text")" 0 "of which the router's own has its year"
like "$("$TUNWATCH" report --log "$work/log" --zone +09:00)" "2012-02-11 02:08:30.0  2012-02-11 02:08:35.0 +5.0s" \
	"as text, in the router's zone"
like "$("$TUNWATCH" report --log "$work/log" --zone +09:00 --from 02:10 --to 02:11)" "outages  2" "of a window"
{
	say 0 "IP Tunnel[1] Up"
	say 10 "IP Tunnel[2] Down"
	say 10 "IP Tunnel[1] Down"
	for ((i = 0; i < 20000; i++)); do
		echo "2012/02/11 02:08:20: PP[01] Rejected at OUT(default) filter: UDP 192.0.2.1:10395 >"
	done
	say 30 "IP Tunnel[1] Up"
} > "$work/long"
for order in cat tac; do
	"$order" "$work/long" | "$TUNWATCH" report --log - --zone +09:00 -f json > "$work/json"
	is "$(outages "$work/json")" "2012-02-10T17:08:10.000000Z 2012-02-10T17:08:30.000000Z 20000" "a long log ($order)"
done

# beside a recording: its lines join the row that has the router's name for the tunnel
"$TOOLS/make_story" -r "$work/story.twr"
# branch JSON: the outages of that row
branch()
{
	jq -r '.tunnels[] | select(.name == "branch") | .outages[] | "\(.start) \(.duration_ms)"' "$1"
}
printf '%s\n' "2026/11/20 22:45:11: IP Tunnel[1] Down" "2026/11/20 22:45:15: IP Tunnel[1] Up" \
	"2026/11/20 22:50:00: IP Tunnel[7] Down" > "$work/beside"
"$TUNWATCH" report -f json "$work/story.twr" > "$work/json"
is "$(branch "$work/json")" "" "without the log that row has no outage"
"$TUNWATCH" report -f json --log "$work/beside" --zone +09:00 "$work/story.twr" > "$work/json"
is "$(branch "$work/json")" "2026-11-20T13:45:11.000000Z 4000" "with it that of the log"
like "$("$TUNWATCH" report --log "$work/beside" --zone +09:00 "$work/story.twr")" \
	"tunnels that no row has as its remote-name: TUNNEL\[7\]" "and what belongs to no row is told"

# what is wrong is said
refused()
{
	local want=$1 regex=$2

	shift 2
	"$TUNWATCH" report "$@" > "$work/out" 2> "$work/err" < /dev/null
	is "$?" "$want" "exit status of: $*"
	like "$(cat "$work/err")" "^tunwatch: .*$regex" "message of: $*"
}
printf 'one\ntwo\n' > "$work/prose"
refused 65 "no line of .*prose is understood by profile yamaha-rtx, which knows lines as '2012/" --log "$work/prose"
say 0 "LAN1: link up" > "$work/dull"
refused 65 "1 line of .* none says that a tunnel went up or down" --log "$work/dull"
refused 65 "no line" --log -
refused 66 "cannot open" --log "$work/absent"
refused 78 "no profile 'nosuch'" --log "$work/log" --profile nosuch
refused 65 "profile cisco-ios reads no log" --log "$work/log" --profile cisco-ios
refused 64 "zone" --log "$work/log" --zone 9
printf '1980/01/01 09:00:05: Power-on boot\n1980/01/01 09:02:49: IP Tunnel[1] Up\n' > "$work/unset"
like "$("$TUNWATCH" report --log "$work/unset")" "clock was never set" "a clock that nobody set"
cat "$work/unset" "$work/log" | "$TUNWATCH" report --log - --zone +09:00 -f json > "$work/json"
is "$(outages "$work/json")" "$(outages "$work/want")" "lines of before the clock was set are left out"
head -c 1000000 /dev/urandom | tr -d '\0' > "$work/noise"
refused 65 "no line" --log "$work/noise"
cat "$work/log" "$work/noise" | "$TUNWATCH" report --log - --zone +09:00 -f json > "$work/json"
is "$(outages "$work/json" | head -n 17)" "$(outages "$work/want")" "noise behind it changes nothing"
head -c 70000000 /dev/zero | tr '\0' 'x' > "$work/big"
refused 65 "longer than 64 MiB" --log "$work/big"
rm "$work/big"

# router-test
data=$TOP/tests/data/routers/text
out=$("$TUNWATCH" router-test yamaha-rtx "$data/yamaha-tunnel-ja.txt" 2> "$work/err")
is "$? $(cat "$work/err")" "0 " "router-test of a transcript that is understood"
is "$(jq -r '"\(.command) \(.name) \(.up)"' <<< "$out" | xargs)" "tunnel TUNNEL[1] true tunnel TUNNEL[2] null" \
	"prints JSON; a sentence that only begins like the positive one is not up"
iconv -f UTF-8 -t CP932 "$data/yamaha-tunnel-ja.txt" > "$work/sjis"
is "$("$TUNWATCH" router-test yamaha-rtx "$work/sjis")" "$out" "the same in the router's charset"
is "$("$TUNWATCH" router-test "$TOP/contrib/profiles/yamaha-rtx.conf" - < "$work/sjis")" "$out" "by path, from standard input"
"$TUNWATCH" router-test frr-vty "$data/frr84-show-bgp-summary-wide-text.txt" > "$work/out" 2> "$work/err"
is "$? $(wc -l < "$work/out")" "65 0" "a format that no pattern fits exits 65"
like "$(cat "$work/err")" "bgp: line 10 is not understood: vu0 " "and the lines are told"
"$TUNWATCH" router-test frr-vty "$data/frr84-vtysh-error-unknown-command.txt" --command bgp 2> "$work/err"
is "$?" 65 "a refused command exits 65"
like "$(cat "$work/err")" "the router says: Unknown command" "and says so"
printf 'profile { name = x }\nlogin { ready = ">" }\ncommand bgp {\n\tsend = "show x"\n\trecord = "(x"\n}\n' > "$work/x.conf"
"$TUNWATCH" router-test "$work/x.conf" - < /dev/null 2> "$work/err"
is "$?" 78 "a broken profile exits 78"
like "$(cat "$work/err")" "x.conf:5: record is no pattern: missing closing parenthesis" "and is told with its line"
"$TUNWATCH" router-test nosuch - < /dev/null 2> "$work/err"
is "$?" 78 "so does one that is not there"
like "$(cat "$work/err")" "no profile 'nosuch' in .*there are: .*yamaha-rtx" "and says what there is"
mkdir -p "$work/tunwatch/profiles"
sed 's/name = yamaha-rtx/name = mine/' "$TOP/contrib/profiles/yamaha-rtx.conf" > "$work/tunwatch/profiles/mine.conf"
is "$("$TUNWATCH" router-test mine "$data/yamaha-tunnel-ja.txt")" "$out" "a user's own profile is found"
done_testing
