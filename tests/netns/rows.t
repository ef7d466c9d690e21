#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2154,SC2317
# Rows without an interface: tunnels that end on a router, and lines. An outage of one of them.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/netns.sh"

host jump
host router
host site
wire "$jump" eth0 192.0.2.10/24 "$router" lan0 192.0.2.1/24
wire "$router" wan0 198.51.100.1/24 "$site" wan0 198.51.100.2/24
ip -n "$site" addr add 10.88.1.2/32 dev lo
ip -n "$site" addr add 10.88.2.2/32 dev lo
ip -n "$jump" route add default via 192.0.2.1
ip -n "$router" route add 10.88.0.0/16 via 198.51.100.2
ip -n "$site" route add default via 198.51.100.1
in_host "$router" sysctl -qw net.ipv4.ip_forward=1
in_host "$router" nft add table ip t
in_host "$router" nft add chain ip t pass '{ type filter hook forward priority 0; }'

cat > "$work/rows.conf" << 'CONF'
tunnel aws-1 { peer = "10.88.1.2" group = "aws" }
tunnel aws-2 { peer = "10.88.2.2" group = "aws" }
line uplink { target = "198.51.100.2" }
line lan { target = "gateway" }
CONF
background "$jump" "$TUNWATCH" -c "$work/rows.conf" record -o "$work/rows.twr" 2> "$work/err"
recorder=$pid
report()
{
	"$TUNWATCH" report "$work/rows.twr" --format json 2> /dev/null
}
state()
{
	report | jq -r --arg n "$1" '.tunnels[] | select(.name == $n) | .state'
}
all_up()
{
	[ "$(report | jq -r '[.tunnels[] | select(.state == "up")] | length')" = 4 ]
}
# replies enough for the loss before to be small; what a busy host loses at the start counts for a minute
settled()
{
	[ "$(report | jq -r '[.tunnels[] | select(.state == "up" and .sent >= 12)] | length')" = 4 ]
}
is_state()
{
	[ "$(state "$1")" = "$2" ]
}
wait_for 20 all_up
ok $? "four rows are up"
wait_for 90 settled
ok $? "and have been for a while" || diag "$(report | jq -c '.tunnels[] | [.name, .state, .reason]')"
broke=$(now)
in_host "$router" nft add rule ip t pass ip daddr 10.88.2.2 drop
wait_for 20 is_state aws-2 down
ok $? "aws-2 is seen going down"
is "$(state aws-1)" up "aws-1 stays up"
in_host "$router" nft flush chain ip t pass
mended=$(now)
wait_for 20 is_state aws-2 up
ok $? "aws-2 comes up again"
kill -TERM "$recorder"
wait "$recorder"
is $? 0 "record ends cleanly"
report > "$work/report.json"
row()
{
	jq -r --arg n "$1" ".tunnels[] | select(.name == \$n) | $2" "$work/report.json"
}
is "$(jq -r '[.tunnels[].name] | sort | join(" ")' "$work/report.json")" "aws-1 aws-2 lan uplink" "the rows' names"
is "$(row aws-1 .type) $(row uplink .type) $(row lan .peer)" "remote line 192.0.2.1" "their types; the gateway was found"
for name in aws-1 aws-2 uplink lan; do
	is "$(row $name '.rtt_us.avg > 0 and .rtt_us.p95 >= .rtt_us.p50 and .rtt_us.max >= .rtt_us.last')" true \
		"$name has round-trip times"
done
is "$(row aws-2 '.outages | length') $(row aws-1 '.outages | length')" "1 0" "one outage, of aws-2"
near "$(seconds "$(row aws-2 '.outages[0].start')")" "$broke" 1.2 "it starts within an interval of the truth"
near "$(seconds "$(row aws-2 '.outages[0].end')")" "$mended" 1.2 "and ends within one"

echo 'tunnel lost { peer = "nowhere.invalid" }' > "$work/lost.conf"
like "$(in_host "$jump" timeout 20 "$TUNWATCH" -c "$work/lost.conf" check --for 1)" \
	"unknown: lost .the address of its peer is not known" "a peer whose name has no address says so"
done_testing
