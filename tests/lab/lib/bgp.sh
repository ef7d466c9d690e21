# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# bgp.sh - FRR bgpd at both ends, peering over vti1 and vti2
#   hq: AS 65010, 10.10.0.0/16; cloud: AS 64512, 10.20.0.0/16
#   in hq: vtysh works as it stands; telnet 127.0.0.1 2605, password "lab"

# bgp_conf NS HOLD CONNECT
bgp_conf()
{
	local ns=$1 hold=$2 connect=$3 as=65010 peer=64512 net=10.10.0.0/16 id=10.10.0.1
	local n1=169.254.252.1 n2=169.254.252.5
	[ "$ns" = hq ] || as=64512 peer=65010 net=10.20.0.0/16 id=10.20.0.1 \
		n1=169.254.252.2 n2=169.254.252.6
	cat <<-X
		hostname $ns
		password lab
		enable password lab
		log stdout
		log timestamp precision 3
		router bgp $as
		 bgp router-id $id
		 bgp log-neighbor-changes
		 no bgp ebgp-requires-policy
		 no bgp network import-check
		 timers bgp $((hold / 3)) $hold
		 neighbor $n1 remote-as $peer
		 neighbor $n1 timers connect $connect
		 neighbor $n1 description tunnel1
		 neighbor $n2 remote-as $peer
		 neighbor $n2 timers connect $connect
		 neighbor $n2 description tunnel2
		 address-family ipv4 unicast
		  network $net
		 exit-address-family
		line vty
	X
}

# bgp_daemon NS DAEMON
bgp_daemon()
{
	lab_bg "$2-$1" "$1" "/usr/lib/frr/$2" -A 127.0.0.1 -u frr -g frr \
		-f "$S/frr/$1.$2.conf" -i "/run/frr/$2.pid"
}

# bgp_up [HOLD [CONNECT-RETRY]] in seconds
bgp_up()
{
	local ns
	mkdir -p "$S/frr" /run/frr "$S/run.cloud/frr"
	chown frr:frr /run/frr "$S/run.cloud/frr"
	for ns in cloud hq; do
		printf 'hostname %s\npassword lab\nline vty\n' $ns > "$S/frr/$ns.zebra.conf"
		bgp_conf $ns "${1:-3}" "${2:-3}" > "$S/frr/$ns.bgpd.conf"
		chown -R frr:frr "$S/frr"
		bgp_daemon $ns zebra
		bgp_daemon $ns bgpd
	done
}

# bgp_vty NS COMMAND...
bgp_vty()
{
	local ns=$1 a=()
	shift
	for c; do a+=(-c "$c"); done
	lab_in "$ns" vtysh "${a[@]}"
}

# bgp_state NS NEIGHBOR: prints Established, Active, ...
bgp_state()
{
	bgp_vty "$1" "show bgp neighbors $2 json" 2> /dev/null |
		sed -n 's/.*"bgpState":"\([A-Za-z]*\)".*/\1/p'
}
# is the session up?  A vtysh takes about 0.1 s in UML
bgp_established() { [ "$(bgp_state "$1" "$2")" = Established ]; }

# bgp_shut NS ADDR yes|no: administrative shutdown of a neighbour
bgp_shut()
{
	local as=65010 no=
	[ "$1" = hq ] || as=64512
	[ "$3" = yes ] || no="no "
	bgp_vty "$1" "configure terminal" "router bgp $as" "${no}neighbor $2 shutdown"
}
# bgp_changes NS NEIGHBOR: "UNIXTIME Up|Down" of each change, by bgpd's own log
bgp_changes()
{
	local day time word

	sed -nE "s/^([0-9/]+ [0-9:.]+) .*%ADJCHANGE: neighbor ${2//./\\.}[(].* in vrf [^ ]+ (Up|Down).*/\1 \2/p" "$OUT/bgpd-$1.log" |
		while read -r day time word; do echo "$(date -d "$day $time" +%s.%6N) $word"; done
}
bgp_reset() { bgp_vty "$1" "clear bgp $2"; }	# bgp_reset NS ADDR
bgp_kill() { lab_kill "bgpd-$1" KILL; }		# bgp_kill NS
