#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A thousand targets: spread evenly, and one that fails does not disturb the others.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/probe.sh"
need_root
need ip
[ -c /dev/net/tun ] || skip_all "no /dev/net/tun"

new_ns near
: "${near:?}"
far_end "$near" 5 45 10.201.1.10=unreach:200
ip -n "$near" route add blackhole 10.201.1.20
ip -n "$near" route add unreachable 10.201.1.30
ip -n "$near" route add prohibit 10.201.1.40

# per TARGET FIELD: keys 265, 275, 285, 295 are the four that fail (10.201.0.1 is key 0)
probe "$near" -t 4 10.201.0.1+1000
good=$(awk '/outcome=reply/ && $2 < 1000 { n[$2]++ } END { for (k in n) if (n[k] >= 3) good++; print good + 0 }' \
	"$probe_dir/out")
is "$good" 996 "all but the four that fail are answered in every interval"
is "$(sum timeout)" 0 "none of them is lost"
is "$(outcomes 265)" unreachable "a storm of ICMP errors hits its target alone"
is "$(outcomes 275)-$(outcomes 285)-$(outcomes 295)" error-error-error "routes that refuse are errors"
like "$(awk '$2 == 275' "$probe_dir/out")" 'errno=22' "with the errno of a blackhole"
like "$(awk '$2 == 285' "$probe_dir/out")" 'errno=113' "of an unreachable"
like "$(awk '$2 == 295' "$probe_dir/out")" 'errno=13' "and of a prohibit route"
one_fate "each probe has one fate"
is "$(awk '/seq=2 / && $2 < 1000 && $2 != 265 && $2 != 275 && $2 != 285 && $2 != 295 { n[$1]++ }
	END { for (t in n) if (n[t] > 130) bad++; print bad + 0 }' "$probe_dir/out")" 0 "the slots share the load"
is "$(sum stamped)" "$(sum reply)" "every reply has a round-trip time"
is "$(awk '/outcome=reply/ { split($3, a, "="); if (a[2] < 4900000 || a[2] > 200000000) bad++ } END { print bad + 0 }' \
	"$probe_dir/out")" 0 "of 5 ms and more"

# everything in one slot: batches of more than a socket call takes
probe "$near" -q -n 0.1 -t 1 10.201.0.1+200 10.201.2.1+200
is "$(sum timeout)-$(sum error)" 0-0 "400 targets in every slot"
one_fate "each probe of these has one fate"

# a thousand errors at once: no route at all
probe "$near" -q -t 2 198.18.0.1+1000
is "$(sum reply)-$(sum timeout)" 0-0 "without a route all fail at once"
one_fate "and each once"

if command -v strace > /dev/null; then
	in_ns "$near" strace -f -c -o "$probe_dir/strace" "$TOOLS/probe_run" -q -t 6 10.201.0.1+200 10.201.2.1+800 \
		> "$probe_dir/out"
	calls=$(awk '$1 ~ /^[0-9.]+$/ && $NF ~ /sendmmsg|recvmmsg|sendto|recvmsg|epoll_|timerfd|setsockopt/ { n += $4 }
		END { print n + 0 }' "$probe_dir/strace")
	sent=$(($(sum reply) + $(sum timeout)))
	is "$((sent > 5000 && calls * 10 <= sent))" 1 "at most 0.1 system calls a probe"
	diag "$calls calls for $sent probes"
else
	skip "strace is not installed" "system calls a probe"
fi
done_testing
