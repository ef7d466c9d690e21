#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Probes of few targets do not leave together: behind a slow line each would wait for those before it. Those of many do.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/probe.sh"
need_root
need ip
[ -c /dev/net/tun ] || skip_all "no /dev/net/tun"

new_ns near
: "${near:?}"
far_end "$near" 1 2

# moments MS: when in a period of so long each target's probes leave (the median of them), sorted, in ms
moments()
{
	awk -v period="$1" '/outcome=reply/ {
		for (i = 3; i <= NF; i++)
			if (split($i, a, "=") == 2)
				v[a[1]] = a[2]
		print $2, ($1 * 1000 - v["age_us"] / 1000) % period
	}' "$probe_dir/out" | sort -k 1,1n -k 2,2n | awk '
		$1 != key && n { print at[int((n + 1) / 2)]; n = 0 }
		{ key = $1; at[++n] = $2 }
		END { print at[int((n + 1) / 2)] }' | sort -n
}

# near NAME MS: how many of those moments have one that is less than that before them
near()
{
	awk -v ms="$2" 'NR > 1 && $1 - last < ms { n++ } { last = $1 } END { print n + 0 }' "$probe_dir/$1"
}

probe "$near" -t 6 -n 0.2 10.201.0.1+12 2001:db8:1::10+4
moments 200 > "$probe_dir/few"
is "$(wc -l < "$probe_dir/few")" 16 "sixteen targets are answered"
is "$(near few 5)" 0 "each leaves at a moment of its own, of both families" || diag "$(xargs < "$probe_dir/few")"
one_fate "each probe has one fate"
is "$(sum stamped)" "$(sum reply)" "every reply has a round-trip time"

probe "$near" -t 6 -n 0.2 10.201.0.1+150 2001:db8:1::10+50
moments 200 > "$probe_dir/many"
is "$(wc -l < "$probe_dir/many")" 200 "two hundred are answered, too"
n=$(near many 2)
[ "$n" -ge 150 ]
ok $? "they leave in batches ($n are less than 2 ms behind another)"
one_fate "each probe of these has one fate"

# Those that are silent get further probes 200 ms apart, whatever their moment: also between two of their schedule.
ip -n "$near" tuntap add dev nobody mode tun
ip -n "$near" link set nobody up
ip -n "$near" route add 10.202.0.0/16 dev nobody
probe "$near" -t 5 -n 0.4 10.202.0.1+20
gaps=$(awk '/outcome=timeout/ {
		match($0, /age_us=[0-9]+/)
		at = $1 * 1000 - substr($0, RSTART + 7, RLENGTH - 7) / 1000
		if ($2 in last && ++n[$2] > 2) {
			all++
			right += at - last[$2] > 150 && at - last[$2] < 250
		}
		last[$2] = at
	}
	END { print all + 0, right + 0 }' "$probe_dir/out")
[ "${gaps% *}" -gt 200 ] && [ $((${gaps#* } * 10)) -gt $((${gaps% *} * 9)) ]
ok $? "silent ones get a probe each 200 ms (gaps, right: $gaps)"
done_testing
