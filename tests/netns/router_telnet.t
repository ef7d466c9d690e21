#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2154,SC2317
# A real router asked by telnet: FRR's vty, and vtysh behind a telnetd. Whatever ends its session with another router is
# recorded with state and reason within the poll interval and a second.
. "$(dirname "$0")/../lib/tap.sh"
need perl telnetd
. "$(dirname "$0")/../lib/netns.sh"
. "$(dirname "$0")/../lib/process.sh"
. "$(dirname "$0")/../lib/router.sh"
. "$(dirname "$0")/../lib/frr.sh"

host near
host far
wire "$near" eth0 192.0.2.1/24 "$far" eth0 192.0.2.2/24
frr_router "$near" '' 65001 65002 192.0.2.2 198.51.100.0/24
near_bgpd=$pid
frr_router "$far" /far 65002 65001 192.0.2.1 203.0.113.0/25 203.0.113.128/25
far_bgpd=$pid

# inetd, as far as it is needed: telnetd for each connection, on port 2323, until its end is ours.
# shellcheck disable=SC2016
background "$near" perl -MIO::Socket::INET -e '
	$SIG{CHLD} = "IGNORE";
	my $l = IO::Socket::INET->new(LocalAddr => "127.0.0.1:2323", Listen => 8, ReuseAddr => 1) or die;
	while (my $s = $l->accept) {
		if (!fork) {
			open(STDIN, "<&", $s); open(STDOUT, ">&", $s); open(STDERR, ">&", $s);
			exec("telnetd", "-h", "-E", "/usr/bin/vtysh -d bgpd");
		}
		close $s;
	}'
disown "$pid"
listens()
{
	in_host "$near" ss -ltn | grep -q "127.0.0.1:$1 "
}
wait_for 20 listens 2323
wait_for 20 listens 2605

mkdir -m 777 "$work/rec"
file=$work/rec/bgp.twr
echo lab-vty > "$work/password"
chmod 600 "$work/password"
cat > "$work/conf" << END
router vty { profile = frr-vty host = 127.0.0.1 password-file = $work/password poll = 1 }
router telnetd { profile = frr-vty host = 127.0.0.1 port = 2323 poll = 1 }
END
background "$near" "$TUNWATCH" record --new -c "$work/conf" --only link,router,probe -o "$file"
collector=$pid
routers="vty telnetd"

# bgp_records ROUTER FILTER: of the neighbour, as time state word reason
bgp_records()
{
	records "$file" bgp "select(.router == \"$1\" and ($2)) | \"\(.time) \(.state) \(.word // \"\") \(.reset_reason // \"\")\""
}

is_up()
{
	records "$file" bgp "select(.router == \"$1\") | \"\(.state) \(.prefixes_received)\"" | tail -n 1 |
		grep -qx 'Established 2'
}

all_up()
{
	local router

	for router in $routers; do
		is_up "$router" || return 1
	done
}

down_again()
{
	[ "$(frr_downs '')" -gt "$downs" ]
}

# since ROUTER AT FILTER: how long after that time the first record that fits came; nothing: none did
since()
{
	bgp_records "$1" "$3" | while read -r time _; do
		awk -v t="$(seconds "$time")" -v at="$2" 'BEGIN { exit !(t >= at && !system("echo " (t - at))) }' && break
	done
}

came()
{
	[ -n "$(since "$@")" ]
}

# falls NAME FILTER REASON COMMAND...: the command ends the session.
falls()
{
	local name=$1 filter=$2 reason="((.reset_reason // \"\") | test(\"$3\"))" at late router

	shift 3
	wait_for 60 all_up || for router in $routers; do
		diag "not up before: $name: $router: $(outcomes "$file" "$router" | tail -n 2 | tr '\n' ' ')" \
			"$(bgp_records "$router" true | tail -n 2)" "$(vty '' 'show bgp summary' | tail -n 4)"
	done
	downs=$(frr_downs '')
	"$@" > "$work/vtysh.out" 2>&1
	wait_for 20 down_again
	ok $? "$name" || return
	at=$(frr_went_down '')
	for router in $routers; do
		wait_for 10 came "$router" "$at" "($filter) and $reason"
		late=$(since "$router" "$at" "($filter) and $reason")
		awk -v late="${late:-99}" 'BEGIN { exit !(late <= 2) }'
		ok $? "$name: $router says so in time" ||
			diag "after ${late:-?} s; newest: $(bgp_records "$router" true | tail -n 1)"
	done
}

lose()
{
	in_host "$far" nft -f - <<- END
		table inet lose {
			chain in { type filter hook input priority 0; tcp dport 179 drop; tcp sport 179 drop; }
			chain out { type filter hook output priority 0; tcp dport 179 drop; tcp sport 179 drop; }
		}
	END
}

wait_for 40 all_up
ok $? "both ways reach it" || diag "$(outcomes "$file" vty | tail -n 2)" "$(outcomes "$file" telnetd | tail -n 2)"
for router in $routers; do
	is "$(records "$file" bgp "select(.router == \"$router\") | \"\(.neighbor) \(.asn) \(.prefixes_received) \(.gone)\"" |
		tail -n 1)" "192.0.2.2 65002 2 false" "$router: with what there is to know"
done
falls "cleared" '.state != "Established"' '^User reset$' vty '' 'clear bgp 192.0.2.2'
falls "the hold timer expires" '.state != "Established"' 'Hold Timer Expired' lose
in_host "$far" nft delete table inet lose
falls "bgpd over there is killed" '.state != "Established"' '^Peer closed the session' kill -KILL "$far_bgpd"
frr_bgpd "$far" /far
falls "shut down over there" '.state != "Established"' 'received: Cease/Administrative Shutdown' \
	vty /far 'configure terminal' 'router bgp 65002' 'neighbor 192.0.2.1 shutdown'
vty /far 'configure terminal' 'router bgp 65002' 'no neighbor 192.0.2.1 shutdown'
falls "shut down here" '.state == "Idle" and .admin and .word == "Idle (Admin)"' '' \
	vty '' 'configure terminal' 'router bgp 65001' 'neighbor 192.0.2.2 shutdown'
vty '' 'configure terminal' 'router bgp 65001' 'no neighbor 192.0.2.2 shutdown'
falls "too many prefixes" '.state == "Idle" and .word == "Idle (PfxCt)"' '' vty '' 'configure terminal' \
	'router bgp 65001' 'address-family ipv4 unicast' 'neighbor 192.0.2.2 maximum-prefix 1'
vty '' 'configure terminal' 'router bgp 65001' 'address-family ipv4 unicast' 'no neighbor 192.0.2.2 maximum-prefix 1'
vty '' 'clear bgp 192.0.2.2' > "$work/vtysh.out" 2>&1
wait_for 60 all_up
ok $? "up again"
for router in $routers; do
	is "$(outcomes "$file" "$router" | sort -u)" "ok " "$router: no poll failed"
done

# ---- a daemon that hangs, and one that is gone
kill -STOP "$near_bgpd"
all_hang()
{
	last_outcome_is "$file" vty timeout && last_outcome_is "$file" telnetd timeout
}
wait_for 60 all_hang
ok $? "bgpd hangs: both time out"
kill -CONT "$near_bgpd"
wait_for 60 all_up
ok $? "it goes on, and so do they"
kill -KILL "$near_bgpd"
both_gone()
{
	last_outcome_is "$file" vty '(refused|lost)' && last_outcome_is "$file" telnetd '(absent|parse|lost)'
}
wait_for 30 both_gone
ok $? "bgpd is killed: nobody says that there are no neighbours" ||
	diag "$(outcomes "$file" vty | tail -n 2)" "$(outcomes "$file" telnetd | tail -n 2)"
is "$(records "$file" bgp 'select(.gone) | .router')" "" "and none of them is gone"
kill "$collector"
wait_for 10 gone "$collector"
ok $? "the collector ends"
done_testing
