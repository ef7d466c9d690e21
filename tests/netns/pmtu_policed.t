#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A black hole behind somebody who limits the rate of echoes: the search makes small probes lost, which is no loss of
# the row.
# shellcheck disable=SC2154 # near, middle and far are set by host
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/netns.sh"
. "$(dirname "$0")/../lib/process.sh"
need setpriv nft jq

routed_pair
ip -n "$far" addr add 10.77.200.1/32 dev lo
ip -n "$middle" route add 10.77.200.1/32 via 10.77.2.2 mtu lock 1390
in_host "$middle" nft -f - << END
table inet t {
	chain say {
		type filter hook output priority 0;
		icmp type destination-unreachable icmp code frag-needed drop
	}
}
END
wait_for 10 in_host "$near" ping -c 1 -W 1 10.77.200.1 > /dev/null 2>&1
in_host "$far" nft -f - << END
table inet t {
	chain police {
		type filter hook input priority 0;
		icmp type echo-request limit rate over 5/second burst 5 packets drop
	}
}
END
cat > "$work/conf" << END
line far { target = "10.77.200.1" }
mtu-period = 2
END
background "$near" "$TUNWATCH" record --new -c "$work/conf" -o "$work/run.twr"
collector=$pid

look()
{
	"$TUNWATCH" export "$work/run.twr" > "$work/run" 2> /dev/null
}

# shellcheck disable=SC2317,SC2329 # called by wait_for
found()
{
	look
	jq -e 'select(.kind == "pmtu" and .cause == "silent")' "$work/run" > /dev/null
}

# shellcheck disable=SC2317,SC2329 # called by wait_for
# settled: twenty small probes had their fate since the search told of something new
settled()
{
	look
	jq -se 'map(select(.kind == "pmtu" and .proofs == null)) [-1].mono_ns as $t |
		map(select(.kind == "probe" and .purpose == "schedule" and .mono_ns > $t)) | length >= 20' "$work/run" \
		> /dev/null
}

wait_for 60 found
ok $? "the black hole is found"
wait_for 60 settled
ok $? "and the search is over"
kill "$collector"
wait "$collector"
look
lost=$(jq -r 'select(.kind == "probe" and .purpose == "schedule" and .outcome == "timeout") | .age_us' "$work/run" |
	wc -l)
"$TUNWATCH" report -f json "$work/run.twr" > "$work/report" 2> /dev/null
diag "$lost small probes were lost; the report: $(jq -c '.tunnels[0] | [.state, .sent, .lost, .loss]' "$work/report")"
is "$(jq -c '.tunnels[0] | [.lost, .loss.all, .loss.up]' "$work/report")" "[0,0,0]" "no loss is made of them"
is "$(jq -r '.tunnels[0].reason' "$work/report" | grep -c 'loss')" 0 "nor is the row degraded by loss"
is "$(jq -r '.tunnels[0].sent >= 5' "$work/report")" true "those outside the search count"
done_testing
