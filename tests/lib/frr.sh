# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154,SC2034
# Two hosts, $near (AS 65001, 192.0.2.1) and $far (AS 65002, 192.0.2.2), and bgpd on both: source it after netns.sh.
# bgpd of the near one is where vtysh looks by itself and has a vty on port 2605, its password is lab-vty.

[ -x /usr/lib/frr/bgpd ] || lack "frr is not installed"
need vtysh

# the test's own: nothing is left on this host, and none of its routers is asked
mkdir -p /run/frr /etc/frr
mount -t tmpfs -o mode=755 tmpfs /run/frr
mount -t tmpfs -o mode=755 tmpfs /etc/frr
chown frr:frr /run/frr /etc/frr

# frr_router HOST SUFFIX AS PEER-AS PEER NETWORK...: configure and start its daemons; SUFFIX: "" or a folder. Its pid is in
# $pid.
frr_router()
{
	local host=$1 dir=/etc/frr$2 run=/run/frr$2 network

	install -d -o frr -g frr "$dir" "$run"
	{
		echo "hostname router$3"
		echo "password lab-vty"
		echo "log file $run/bgpd.log"
		echo "log timestamp precision 6"
		echo "line vty"
		echo " exec-timeout 0 0"
		echo "!"
		echo "router bgp $3"
		echo " bgp log-neighbor-changes"
		echo " bgp router-id 192.0.2.$((65003 - $3))"
		echo " no bgp ebgp-requires-policy"
		echo " no bgp network import-check"
		echo " timers bgp 1 3"
		echo " neighbor $5 remote-as $4"
		echo " neighbor $5 timers connect 1"
		echo " neighbor $5 advertisement-interval 0"
		echo " address-family ipv4 unicast"
		for network in "${@:6}"; do
			echo "  network $network"
		done
		echo " exit-address-family"
	} > "$dir/bgpd.conf"
	: > "$dir/vtysh.conf"
	: > "$dir/zebra.conf"
	chown frr:frr "$dir"/*.conf
	chmod 644 "$dir"/*.conf
	rm -f "$run/zserv.api"
	ip netns exec "$host" /usr/lib/frr/zebra -f "$dir/zebra.conf" -i "$run/zebra.pid" --vty_socket "$run" \
		-z "$run/zserv.api" -A 127.0.0.1 > /dev/null 2>&1 &
	children+=("$!")
	disown "$!"
	wait_for 10 [ -S "$run/zserv.api" ]
	frr_bgpd "$host" "$2"
}

# frr_bgpd HOST SUFFIX: its bgpd, again.
frr_bgpd()
{
	ip netns exec "$1" /usr/lib/frr/bgpd -f "/etc/frr$2/bgpd.conf" -i "/run/frr$2/bgpd.pid" --vty_socket "/run/frr$2" \
		-z "/run/frr$2/zserv.api" -A 127.0.0.1 -P 2605 > /dev/null 2>&1 &
	pid=$!
	children+=("$pid")
	disown "$pid"
}

# vty SUFFIX LINE...: by vtysh.
vty()
{
	local dir=/run/frr$1 line args=()

	shift
	for line; do
		args+=(-c "$line")
	done
	vtysh --vty_socket "$dir" -d bgpd "${args[@]}"
}

# frr_downs SUFFIX: how often it said that a session went down.
frr_downs()
{
	grep -c 'ADJCHANGE.* Down' "/run/frr$1/bgpd.log"
}

# frr_went_down SUFFIX: when it said so last, seconds since 1970.
frr_went_down()
{
	local line

	line=$(grep -h 'ADJCHANGE.* Down' "/run/frr$1/bgpd.log" | tail -n 1)
	[ -n "$line" ] && date -u -d "${line:0:4}-${line:5:2}-${line:8:2}T${line:11:15}Z" +%s.%6N
}
