#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A tunnel that ends on this host's router: what that router names is the tunnel's configured MTU, also where a router
# behind it lets less pass, whether that one says so or not.
# shellcheck disable=SC2154 # near, edge, router and far are set by host
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/netns.sh"
. "$(dirname "$0")/../lib/paths.sh"

host near
host edge
host router
host far
path_hosts
path_group 1
path_group 2 silent
path_add 1 5 1390 1391
path_add 2 5 1390 1391
path_apply
ok $? "the paths are there" || done_testing
ip -n "$edge" link set e1 mtu 1436
cat > "$work/conf" << END
tunnel loud4 { peer = "10.78.1.5" }
tunnel loud6 { peer = "2001:db8:78:1::5" }
tunnel silent4 { peer = "10.78.2.5" }
tunnel silent6 { peer = "2001:db8:78:2::5" }
mtu-period = 2
END
for a in 10.78.1.5 2001:db8:78:1::5; do
	wait_for 10 in_host "$near" ping -c 1 -W 1 $a > /dev/null 2>&1
done

# look: what is known of each row, as "NAME CONFIGURED PATH GAP VERDICT" lines
look()
{
	"$TUNWATCH" report --format json "$work/run.twr" 2> /dev/null | jq -r '.tunnels[] |
		"\(.name) \(.mtu.configured) \(.mtu.path_inner) \(.mtu.gap) \(.mtu.verdict)"'
}

# shellcheck disable=SC2317,SC2329 # called by wait_for
seen()
{
	look | grep -qx "$1"
}

# known ROW...: such lines are there before long
known()
{
	local row

	for row in "$@"; do
		wait_for 20 seen "$row"
		is "$(look | grep "^${row%% *} ")" "$row" "$row"
	done
}

background "$near" "$TUNWATCH" record --new -c "$work/conf" -o "$work/run.twr"
known "loud4 1436 1390 -46 oversized" "loud6 1436 1391 -45 oversized" \
	"silent4 1436 1390 -46 black hole" "silent6 1436 1391 -45 black hole"
is "$("$TUNWATCH" export "$work/run.twr" --kind pmtu 2> /dev/null |
	jq -r 'select(.state == "complete" and .near_mtu != 1436) | .target' | sort -u | xargs)" "" "near_mtu says so"

# nothing behind it is smaller
path_change 1 5 1460 1460
path_change 2 5 1436 1436
path_change_all
known "loud4 1436 1436 0 ok" "loud6 1436 1436 0 ok" "silent4 1436 1436 0 ok" "silent6 1436 1436 0 ok"

# it is told another one, which is known by the next search
ip -n "$edge" link set e1 mtu 1300
known "loud4 1300 1300 0 ok" "loud6 1300 1300 0 ok"
done_testing
