#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Records for other programs: JSON lines, CSV, windows, filters, cuts, streams, damage.
. "$(dirname "$0")/../lib/tap.sh"
need jq

work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"
export XDG_CONFIG_HOME=$work HOME=$work
cd "$work" || exit 1
"$TOOLS/twr_gen" -s 3 -t 300 -n 4 -a 4 -o s 2> gen
chmod 644 s.twr

export_()
{
	"$TUNWATCH" export "$@" 2> err
}

export_ s.twr > all
is $? 0 "export exits 0"
lines=$(wc -l < all)
records=$(awk '{ print $1 }' gen)
[ "$lines" -le "$records" ] && [ $((lines + 20)) -ge "$records" ]
ok $? "a line a record, but for removals"
is "$(jq -s 'map(select(.time == null or .mono_ns == null or .kind == null)) | length' all)" 0 "time, mono_ns and kind in all"
is "$(jq -r 'select(.kind == "session").host' all)" jump01 "references are texts"
is "$(jq -r 'select(.kind == "tunnel").tunnel' all | sort | tr '\n' ' ')" \
	"wg-site00 wg-site01 wg-site02 wg-site03 " "tunnels by name"
is "$(jq -r 'select(.kind == "link") | .tunnel' all | sort | uniq -c | awk '{ print $1 }' | tr '\n' ' ')" \
	"300 300 300 300 " "links joined with their tunnels"
is "$(jq -r 'select(.kind == "probe") | .path + .purpose' all | sort -u | xargs)" "innermtu innerschedule" "words"
like "$(jq -r 'select(.kind == "sa").spi' all | head -n 1)" '^0x[0-9a-f]{8}$' "hexadecimal"
is "$(jq -r 'select(.kind == "link") | .up' all | sort -u)" true "booleans"
is "$(jq -c 'select(.kind == "probe" and .outcome == "timeout") | has("rtt_ns")' all | sort -u)" false "unknown is absent"
is "$(jq -s 'map(.mono_ns) | . == sort' all)" true "in order of time"
is "$(jq -r .time all | head -n 1)" 2026-11-18T11:06:40.000000Z "wall time"

export_ s.twr --kind probe,link --tunnel 'site0[13]$' > some
is "$(jq -r '.kind + .tunnel' some | sort -u | tr '\n' ' ')" \
	"linkwg-site01 linkwg-site03 probewg-site01 probewg-site03 " "--kind and --tunnel"
export_ s.twr --kind tick --from -200s --to -100s > ticks
is "$(wc -l < ticks)" 101 "--from and --to"
is "$(jq .mono_ns ticks | sed -n '1p;$p' | tr '\n' ' ')" "100000000000 200000000000 " "the window's ends"

export_ s.twr --format csv --kind probe > p.csv
is "$(head -n 1 p.csv)" \
	$'time,mono_ns,record_key,tunnel,rtt_ns,age_us,seq,outcome,purpose,slip_us,size,path,target,mtu,from,errno\r' "CSV header"
is "$(wc -l < p.csv)" $(($(jq -c 'select(.kind == "probe")' all | wc -l) + 1)) "CSV lines"
is "$(awk -F, '{ print NF }' p.csv | sort -u)" 16 "as many columns in each"

export_ s.twr --format twr -o copy.twr
is $? 0 "a cut of everything"
is "$(export_ copy.twr | cmp - all && echo same)" same "... has the same records"
export_ s.twr --format twr --from -200s --to -100s -o cut.twr
export_ s.twr --from -200s --to -100s > window
is "$(export_ cut.twr | cmp - window && echo same)" same "a window is a recording of its own"
is "$(stat -c %a cut.twr)" 600 "... for its owner alone"
export_ s.twr --format twr -o cut.twr
is "$? $(grep -c 'exists already' err)" "73 1" "... and never overwrites"
export_ - < <(export_ s.twr --format twr) > piped
is "$(cmp piped all && echo same)" same "through pipes"
cat s.twr cut.twr > two.twr
is "$(export_ two.twr | wc -l)" $(($(wc -l < all) + $(wc -l < window))) "two recordings in one file"

cp s.twr bad.twr
printf 'XX' | dd of=bad.twr bs=1 seek=20000 conv=notrunc status=none
export_ bad.twr > bad
is $? 0 "a damaged file is read as far as it goes"
is "$(jq -r 'select(.kind == "gap").reason' bad)" damaged "... with a gap where it is"
is "$(grep -c '1 damaged stretches' err)" 1 "... and a word about it"

fails()
{
	local status=$1 text=$2

	shift 2
	export_ "$@" > out
	is $? "$status" "exit $status: $*"
	like "$(cat err)" "$text" "... $text"
}
fails 64 'did you mean probe' s.twr --kind prob
fails 64 'say which with --kind' s.twr --format csv
fails 64 'jsonl, csv, twr' s.twr --format pcapng
fails 64 'parenthesis' s.twr --tunnel '('
fails 64 'nothing was recorded then' s.twr --from -2h --to -1h
fails 64 'leave out --kind' s.twr --format twr --kind probe
fails 64 'needs a recording' --kind probe
fails 66 'cannot open' nothing.twr
fails 65 'not a recording' gen
fails 64 'the recording itself' s.twr -o s.twr
is "$(export_ s.twr | cmp - all && echo same)" same "... which is as it was"
export_ s.twr | head -n 1 > /dev/null
is "${PIPESTATUS[0]}" 0 "a reader that has enough"
if [ -c /dev/full ]; then
	export_ s.twr > /dev/full
	is $? 74 "a full disk"
fi
done_testing
