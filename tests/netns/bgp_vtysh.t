#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2154,SC2317
# Two FRR routers: whatever ends their session is recorded in time and with its reason, by vtysh; and one whose bgpd
# hangs keeps nothing else waiting. HANGS=60 makes that long.
. "$(dirname "$0")/../lib/tap.sh"
[ -x /usr/lib/frr/bgpd ] || lack "frr is not installed"
need vtysh
. "$(dirname "$0")/../lib/netns.sh"
. "$(dirname "$0")/../lib/process.sh"

# the test's own: nothing is left on this host, and none of its routers is asked
mkdir -p /run/frr /etc/frr
mount -t tmpfs -o mode=755 tmpfs /run/frr
mount -t tmpfs -o mode=755 tmpfs /etc/frr
chown frr:frr /run/frr /etc/frr

vxlan_pair 12

# ---- routers: the near one where FRR looks by itself, the far one in a pathspace

# configure HOST DIRECTORY-SUFFIX AS PEER-AS PEER NETWORK...
configure()
{
	local dir=/etc/frr$2 network

	install -d -o frr -g frr "$dir" "/run/frr$2"
	{
		echo "log file $work/bgpd$3.log"
		echo "log timestamp precision 6"
		echo "router bgp $3"
		echo " bgp log-neighbor-changes"
		echo " no bgp ebgp-requires-policy"
		echo " no bgp network import-check"
		echo " timers bgp 1 3"
		echo " timers connect 1"
		echo " neighbor $5 remote-as $4"
		echo " address-family ipv4 unicast"
		for network in "${@:6}"; do
			echo "  network $network"
		done
		echo " exit-address-family"
	} > "$dir/bgpd.conf"
	: > "$dir/zebra.conf"
	: > "$dir/vtysh.conf"
	: > "$work/bgpd$3.log"
	chown frr:frr "$dir"/*.conf "$work/bgpd$3.log"
	chmod 644 "$dir"/*.conf
}

# daemon HOST SUFFIX NAME
daemon()
{
	in_host "$1" "/usr/lib/frr/$3" -d ${2:+-N "${2#/}"} -f "/etc/frr$2/$3.conf" -A 127.0.0.1 > "$work/$3.out" 2>&1 ||
		diag "$(cat "$work/$3.out")"
}

near_sh()
{
	in_host "$near" vtysh -d bgpd "$@" > "$work/vtysh.out" 2>&1 || diag "$(cat "$work/vtysh.out")"
}

far_sh()
{
	in_host "$far" vtysh -N far -d bgpd "$@" > "$work/vtysh.out" 2>&1 || diag "$(cat "$work/vtysh.out")"
}

bgpd_pid()
{
	cat "/run/frr$1/bgpd.pid"
}

# ---- what was recorded

record=$work/bgp.twr

# records KIND FILTER: of the recording so far
records()
{
	"$TUNWATCH" export "$record" --kind "$1" 2> /dev/null | jq -c "select($2)"
}

has_record()
{
	[ -n "$(records "$1" "$2")" ]
}

newest()
{
	records "$1" true | tail -n 1 | jq -r "$2"
}

# The session is up, and settled, as recorded.
is_up()
{
	[ "$(newest bgp '"\(.state) \(.prefixes_received)"')" = "Established 2" ]
}

# When bgpd itself said that the session was up or down last, seconds since 1970.
said()
{
	local line

	line=$(grep -h "ADJCHANGE.* $1" "$work/bgpd64512.log" | tail -n 1)
	[ -n "$line" ] && date -u -d "${line:0:4}-${line:5:2}-${line:8:2}T${line:11:15}Z" +%s.%6N
}

down_again()
{
	[ "$(grep -c 'ADJCHANGE.* Down' "$work/bgpd64512.log")" -gt "$downs" ]
}

# first_after TIME FILTER: how many seconds later the first such record of a neighbour was made.
first_after()
{
	records bgp true | jq -s -r --argjson at "$1" 'def at: (.time[0:19] + "Z" | fromdate) + ("0" + .time[19:26] | tonumber);
		first(.[] | select(at >= $at and ('"$2"')) | at - $at) // empty'
}

has_after()
{
	[ -n "$(first_after "$1" "$2")" ]
}

# slowness TIME SECONDS: how much longer than 0.4 s the polls took that ended within SECONDS of TIME, together: vtysh
# is that slow where other processes leave it no processor.
slowness()
{
	records router true | jq -s -r --argjson at "$1" --argjson for "$2" '
		def at: (.time[0:19] + "Z" | fromdate) + ("0" + .time[19:26] | tonumber);
		[.[] | (at - $at) as $t | select($t >= 0 and $t <= $for + 0.1) | .took_ms / 1000 - 0.4 |
			select(. > 0)] | add // 0'
}

# in_time TIME FILTER NAME: within the poll interval and a second, and what vtysh was too slow by.
in_time()
{
	local late slow=0

	wait_for 20 has_after "$1" "$2"
	late=$(first_after "$1" "$2")
	awk -v late="${late:-99}" 'BEGIN { exit !(late > 2) }' && slow=$(slowness "$1" "${late:-99}")
	awk -v late="${late:-99}" -v slow="$slow" 'BEGIN { exit !(late <= 2 + slow) }'
	ok $? "$3" || diag "after ${late:-?} s, vtysh was $slow s too slow; newest: $(newest bgp \
		'"\(.state) \(.word) \(.reset_reason)"')"
	[ "$slow" = 0 ] || diag "a busy machine: $3: after ${late:-?} s, vtysh was $slow s too slow"
}

# falls NAME FILTER REASON COMMAND...: the command ends the session; it is recorded as the filter says, and why.
falls()
{
	local name=$1 filter=$2 reason=$3 at

	shift 3
	wait_for 30 is_up || diag "not up before: $name"
	downs=$(grep -c 'ADJCHANGE.* Down' "$work/bgpd64512.log")
	"$@"
	wait_for 20 down_again
	ok $? "$name" || return
	at=$(said Down)
	in_time "$at" "$filter" "$name: its state in time"
	in_time "$at" "((.reset_reason // \"\") | test(\"$reason\"))" "$name: its reason in time"
}

# ---- whether this machine leaves the collector any time

# witness PID: look five times a second when it is, and how long the process waited for a processor so far.
witness()
{
	local waited

	while read -r _ waited _ 2> /dev/null < "/proc/$1/schedstat"; do
		echo "$(now) $waited"
		read -rt 0.2 <> "$work/never"
	done
}

# starved FROM TO: from then till then it waited for a processor most of the time, or the witness stood still as well.
starved()
{
	awk -v from="$1" -v to="$2" '
		$1 < from { before = $2; last = $1; next }
		{ after = $2; if ($1 - last > still) still = $1 - last; last = $1 }
		$1 > to { exit }
		END { n = to - from; exit !((after - before) / 1e9 >= n / 2 || still >= n / 2) }' "$work/witness"
}

# our_gaps FILE: gaps in it that this machine is not to blame for, and what they say.
our_gaps()
{
	local from to rest

	"$TUNWATCH" export "$1" --kind gap 2> /dev/null | jq -r '
		def at: (.time[0:19] + "Z" | fromdate) + ("0" + .time[19:26] | tonumber);
		"\(at - (.to_us - .from_us) / 1e6) \(at) \(.reason) \(.ticks)"' |
		while read -r from to rest; do
			if [[ $rest == suspend* ]] && starved "$from" "$to"; then
				diag "a busy machine: a gap from $from to $to: $rest"
			else
				echo "$from $to $rest"
			fi
		done
}

mkfifo "$work/never"

# ---- found by itself

configure near '' 64512 64513 192.0.2.2 198.51.100.0/24
configure far /far 64513 64512 192.0.2.1 203.0.113.0/25 203.0.113.128/25
daemon "$far" /far zebra
daemon "$far" /far bgpd
background "$near" "$TUNWATCH" record --only link,route,bgp,probe -o "$record" > "$work/out" 2>&1
recorder=$pid
witness "$recorder" > "$work/witness" &
children+=("$!")
disown "$!"
wait_for 20 has_record source '.name == "bgp"'
is "$(records source '.name == "bgp"' | tail -n 1 | jq -r '.state + ": " + .reason')" "absent: no FRR on this host" \
	"where there is no FRR, it says so"
is "$(records router true | wc -l)" 0 "and no router"
daemon "$near" '' zebra
daemon "$near" '' bgpd
wait_for 30 is_up
ok $? "FRR is found when it comes, and its session" || diag "$(cat "$work/out")"
is "$(newest bgp '"\(.router) \(.neighbor) \(.asn) \(.vrf) \(.prefixes_received) \(.gone) \(.admin)"')" \
	"frr 192.0.2.2 64513 null 2 false false" "with what there is to know"
is "$(newest router '"\(.router) \(.outcome) \(.profile) \(.period_ms)"')" "frr ok vtysh 1000" "asked once a second"

# ---- ends of a session

lose()
{
	in_host "$far" nft -f - <<- END
		table inet lose {
			chain in { type filter hook input priority 0; tcp dport 179 drop; tcp sport 179 drop; }
			chain out { type filter hook output priority 0; tcp dport 179 drop; tcp sport 179 drop; }
		}
	END
}

kill_far()
{
	kill -KILL "$(bgpd_pid /far)"
}

falls "cleared" '.state != "Established"' '^User reset$' near_sh -c 'clear bgp 192.0.2.2'
falls "the hold timer expires" '.state != "Established"' 'Hold Timer Expired' lose
in_host "$far" nft delete table inet lose
falls "bgpd over there is killed" '.state != "Established"' '^Peer closed the session' kill_far
daemon "$far" /far bgpd
falls "shut down over there" '.state != "Established"' \
	'received: Cease/Administrative Shutdown: maintenance window 42' far_sh -c 'configure terminal' \
	-c 'router bgp 64513' -c 'neighbor 192.0.2.1 shutdown message maintenance window 42'
far_sh -c 'configure terminal' -c 'router bgp 64513' \
	-c 'no neighbor 192.0.2.1 shutdown message maintenance window 42'
falls "shut down here" '.state == "Idle" and .admin and .word == "Idle (Admin)"' '^Admin. shutdown' \
	near_sh -c 'configure terminal' -c 'router bgp 64512' -c 'neighbor 192.0.2.2 shutdown'
near_sh -c 'configure terminal' -c 'router bgp 64512' -c 'no neighbor 192.0.2.2 shutdown'
falls "too many prefixes" '.state == "Idle" and .word == "Idle (PfxCt)"' 'Cease/Maximum Number of Prefixes Reached' \
	near_sh -c 'configure terminal' -c 'router bgp 64512' -c 'address-family ipv4 unicast' \
	-c 'neighbor 192.0.2.2 maximum-prefix 1'
near_sh -c 'configure terminal' -c 'router bgp 64512' -c 'address-family ipv4 unicast' \
	-c 'no neighbor 192.0.2.2 maximum-prefix 1'
near_sh -c 'clear bgp 192.0.2.2'
wait_for 30 is_up
ok $? "up again"
is "$(records router '.outcome != "ok"' | wc -l)" 0 "no poll failed"

# an FRR that does not list those that failed: the neighbour is asked about, as it is again when one comes that does
cat > "$work/vtysh" <<- END
	#!/bin/bash
	exec "$work/vtysh-real" "\${@//summary failed/summary frobnicate}"
END
cp /usr/bin/vtysh "$work/vtysh-real"
chmod 755 "$work/vtysh" "$work/vtysh-real"
mount --bind "$work/vtysh" /usr/bin/vtysh
falls "shut down here, by an old FRR" '.state == "Idle" and .admin' '^Admin. shutdown' \
	near_sh -c 'configure terminal' -c 'router bgp 64512' -c 'neighbor 192.0.2.2 shutdown'
umount /usr/bin/vtysh
near_sh -c 'configure terminal' -c 'router bgp 64512' -c 'no neighbor 192.0.2.2 shutdown'
wait_for 30 is_up
is "$(records router '.outcome != "ok"' | wc -l)" 0 "which is no failure"

in_host "$near" setpriv --reuid=65534 --regid=65534 --clear-groups env -u HOME "$TUNWATCH" record --only bgp --for 3 -o - \
	> "$work/user.twr" 2> "$work/user.err"
is "$("$TUNWATCH" export "$work/user.twr" --kind router 2> /dev/null | head -n 1 | jq -r '"\(.outcome): \(.reason)"')" \
	"auth: FRR does not let this user in: add the user that tunwatch runs as to group frrvty" \
	"whom FRR does not let in is told so" || diag "$(cat "$work/user.err")"

# ---- a daemon that hangs

vtysh_pids()
{
	local pid

	for pid in $(ip netns pids "$near"); do
		[ "$(cat "/proc/$pid/comm" 2> /dev/null)" = vtysh ] && echo "$pid"
	done
}

has_vtysh()
{
	[ -n "$(vtysh_pids)" ]
}

no_vtysh()
{
	! has_vtysh
}

kill -STOP "$(bgpd_pid '')"
stopped=$(now)
sees_hung_vtysh()
{
	hung=$(vtysh_pids | head -n 1)
	# one that had its answer before would be gone by now
	[ -n "$hung" ] && sleep 1 && [ -d "/proc/$hung" ]
}
wait_for 20 sees_hung_vtysh
ok $? "bgpd hangs, and vtysh with it"
is "$(status_of "$hung" CapEff) $(status_of "$hung" CapPrm) $(status_of "$hung" CapInh) $(status_of "$hung" CapAmb)" \
	"0000000000000000 0000000000000000 0000000000000000 0000000000000000" "it holds no capability"
is "$(status_of "$hung" NoNewPrivs)" 1 "and cannot gain any"
[ "$(status_of "$hung" Uid | cut -d' ' -f1)" != 0 ]
ok $? "it is not root"
is "$(for f in /proc/"$hung"/fd/*; do readlink "$f"; done | grep -Ev '^(pipe|socket):|^/dev/null$|^/dev/tty$')" "" \
	"it has none of our files"
is "$(cut -d' ' -f5 "/proc/$hung/stat")" "$hung" "it leads a group of its own"
wait_for 20 has_record router '.outcome == "timeout"'
ok $? "the poll times out"
while awk -v a="$(now)" -v b="$stopped" -v h="${HANGS:-12}" 'BEGIN { exit !(a - b < h) }'; do
	[ "$(vtysh_pids | wc -l)" -le 1 ] || crowd=1
	sleep 0.3
done
is "${crowd-0}" 0 "never two at once"
is "$(newest router '"\(.outcome): \(.reason)"')" "timeout: bgpd does not answer" "the router says so"
is "$(records source '.name == "bgp"' | tail -n 1 | jq -r .state)" stale "and the source is stale"
kill -CONT "$(bgpd_pid '')"
recovered()
{
	[ "$(newest router .outcome)" = ok ] && is_up
}
wait_for 40 recovered
ok $? "it answers again, and the session comes back"
is "$(records source '.name == "bgp"' | tail -n 1 | jq -r .state)" ok "the source is well"
read -r n p99 max <<< "$("$TUNWATCH" export "$record" --kind probe 2> /dev/null |
	jq -s -r '[.[] | .slip_us // 0] | sort | "\(length) \(.[length * 99 / 100 | floor]) \(.[-1])"')"
[ "${n:-0}" -gt 200 ] && [ "$p99" -lt 100000 ]
ok $? "all the while probes left on time" || diag "$n probes, p99 of slip_us $p99, at most $max"
is "$(our_gaps "$record")" "" "without a gap"

# ---- it goes away

kill -KILL "$(bgpd_pid '')"
wait_for 20 has_record router '.outcome == "absent"'
is "$(newest router '"\(.outcome): \(.reason)"')" "absent: bgpd is not running" "bgpd is killed: that is what it says"
kill "$recorder"
wait_for 10 gone "$recorder"
wait_for 5 no_vtysh
ok $? "no vtysh is left"
done_testing
