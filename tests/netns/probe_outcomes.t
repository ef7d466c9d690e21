#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What becomes of a probe: each outcome told from the others, IPv4 and IPv6.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/probe.sh"
need_root
need ip
[ -c /dev/net/tun ] || skip_all "no /dev/net/tun"

new_ns near
: "${near:?}"
far_end "$near" 5 45 10.201.0.2=delay:1500 10.201.0.3=dup:2 10.201.0.4=foreign 10.201.0.5=unreach:50 \
	10.201.0.6=unreach:1,short 10.201.0.7=ptb:600 10.201.0.8=silent 10.201.0.9=otherid \
	10.201.0.10=from:10.201.9.9 2001:db8:1::12=unreach:5 2001:db8:1::13=delay:1500 2001:db8:1::14=ptb:1280
probe "$near" -t 3 10.201.0.1+10 2001:db8:1::11+4 outer:10.201.0.20

is "$(outcomes 0)" reply "an answer is a reply"
like "$(awk '$2 == 0' "$probe_dir/out")" 'rtt_ns=[0-9]{7,8} ' "with a round-trip time of 5 to 45 ms"
like "$(awk '$2 == 0' "$probe_dir/out")" 'size=84 path=inner target=10.201.0.1' "and says what it was sent to"
is "$(outcomes 1)" "late reply timeout" "an answer after the timeout is late, then the next ones are waited for"
like "$(awk '$2 == 1' "$probe_dir/out")" 'rtt_ns=15[0-9]{8} .*outcome=late' "with its whole round-trip time"
is "$(outcomes 2)" "duplicate reply" "further answers are duplicates"
is "$(($(lines 2 duplicate) / $(lines 2 outcome=reply)))" 2 "each of them"
is "$(outcomes 3)" "foreign timeout" "an answer with our id and another payload is foreign"
is "$(outcomes 4)" unreachable "an ICMP error is the probe's fate"
like "$(awk '$2 == 4' "$probe_dir/out")" 'from=10.255.255.1 errno=113' "and who sent it is said"
is "$(outcomes 5)" unreachable "an ICMP error that quotes 8 bytes is matched too"
is "$(outcomes 6)" ptb "frag-needed is a PTB"
like "$(awk '$2 == 6' "$probe_dir/out")" 'mtu=600 from=10.255.255.1' "with its MTU"
is "$(outcomes 7)" timeout "no answer is a timeout"
is "$(outcomes 8)" timeout "an answer with another id is not ours"
is "$(lines 9 'outcome=reply.* from=10.201.9.9')" "$(lines 9 outcome=)" "an answer from elsewhere says from where"
is "$(outcomes 10)" reply "IPv6: reply"
like "$(awk '$2 == 10' "$probe_dir/out")" 'size=104 .*target=2001:db8:1::11' "IPv6: size and target"
is "$(outcomes 11)" unreachable "IPv6: unreachable"
is "$(outcomes 12)" "late reply timeout" "IPv6: late, then waited for"
is "$(outcomes 13)" ptb "IPv6: packet too big"
like "$(awk '$2 == 13' "$probe_dir/out")" 'mtu=1280 from=2001:db8:ffff::1' "IPv6: with its MTU"
is "$(lines 14 'path=outer')" "$(lines 14 outcome=reply)" "outer targets are probed too"
one_fate "each probe has one fate"

# verdict probes: 200 ms apart after the first timeout, until the model has made up its mind
is "$(awk '$2 == 7 && /purpose=verdict/' "$probe_dir/out" | wc -l | awk '{ print ($1 >= 3) }')" 1 \
	"a timeout brings fast probes"
is "$(lines 0 purpose=verdict)" 0 "a target that answers gets none"

# a collector that was stalled does not send the missed probes in a burst
probe "$near" -t 5 -n 0.5 -S 1000,2000 10.201.0.11+20
is "$(awk '$2 < 20 { n[$2]++ } END { for (k in n) if (n[k] > 8) bad++; print bad + 0 }' "$probe_dir/out")" 0 \
	"probes missed in a stall are left out"
is "$(sum timeout)" 0 "answers that waited in the socket are replies"
one_fate "no holes after a stall"
done_testing
