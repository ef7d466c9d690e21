#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A head office, two carriers and a cloud in network namespaces of their own, real tunnels between them, and a small
# router move while tunwatch looks on. Nothing leaves the namespaces; everything is gone at the end.
# With a terminal tunwatch runs in it until you leave (q). Without one: 24 s, then the last screen as text.
set -u

top=$(cd "$(dirname "$0")/../.." && pwd)
: "${TUNWATCH:=$top/build/release-gcc/tunwatch}"
# shellcheck source=topology.sh
. "$top/contrib/demo/topology.sh"

if [ "$(id -u)" != 0 ]; then
	echo "tunwatch: the demo makes network namespaces: run it as root" >&2
	exit 69
fi

# Namespaces for mounts and processes around everything: its names, sessions and recordings are seen nowhere else,
# and whatever it started ends with it, however it ends.
if [ -z "${TUNWATCH_DEMO-}" ]; then
	mkdir -p /run/netns /run/wireguard /var/lib/tunwatch
	TUNWATCH_DEMO=1 exec unshare --mount --pid --fork --kill-child --mount-proc "$0" "$@"
fi
mount -t tmpfs -o mode=755 tmpfs /run/netns &&
	mount -t tmpfs -o mode=700 tmpfs /run/wireguard &&
	mount -t tmpfs -o mode=755 tmpfs /var/lib/tunwatch || exit 69
work=/var/lib/tunwatch
cd "$work" || exit

# The move, with the seconds before each of its steps.
router_move()
{
	sleep "$1"
	peer_link use1-b down      # the far end of one tunnel is shut
	sleep "$2"
	carrier_loss 50            # and the carrier loses packets of another
	sleep "$3"
	carrier_a down             # the old uplink is pulled: everything is out
	sleep "$4"
	way_through b              # until the routes lead through the new one
	carrier_loss 0
	peer_link use1-b up
}

# and back, so that it can go round
move_back()
{
	sleep "$1"
	carrier_a up
	sleep "$1"
	way_through a
}

write_config()
{
	local name

	echo "interval = 1.0"
	echo "mtu-period = 2"
	for name in "${tunnels[@]}"; do
		echo "tunnel $name { ifname = \"$name\"  group = \"${group_of[$name]}\" }"
	done
	echo "line carrier-a { target = \"192.0.2.1\" }"
	echo "line carrier-b { target = \"192.0.2.5\" }"
}

on_terminal()
{
	(
		while :; do
			router_move 8 8 8 8
			move_back 12
		done
	) > /dev/null 2>&1 &
	in_ns hq "$TUNWATCH" -c "$work/tunwatch.conf" --new -w "$work/demo.twr"
	in_ns hq "$TUNWATCH" stop > /dev/null 2>&1
	echo "tunwatch: the demo is over; its namespaces and what was recorded in them are gone"
	return 0
}

as_text()
{
	echo "tunwatch records 24 s of a router move: ${#tunnels[@]} tunnels (${kinds[*]}), 2 carriers"
	router_move 3 1 4 6 > /dev/null 2>&1 &
	in_ns hq "$TUNWATCH" record -c "$work/tunwatch.conf" -o "$work/demo.twr" --for 24 || return
	"$TUNWATCH" replay "$work/demo.twr" --size 100x30 --keys ++++ || return
	echo
	"$TUNWATCH" report "$work/demo.twr"
}

topology_up || exit
write_config > "$work/tunwatch.conf"
if [ -t 0 ] && [ -t 1 ]; then
	on_terminal
else
	as_text
fi
