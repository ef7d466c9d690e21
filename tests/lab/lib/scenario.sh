# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# scenario.sh - frame of a scenario: the program under test, witnesses, truth
#
#   . "$LAB/lib/lab.sh"
#   lab_up; tun_vti ...          set the stage
#   configure <<< "..."          a configuration for the program, if it needs one
#   begin flap "$@"              witnesses start; "$@" runs in hq, if given
#   ... truth lines, and want lines ...
#   finish                       ends the program, closes the books
#
# Lines of truth.txt: "TIME EVENT key=value..." tell what was done; "TIME want KIND ROW key=value..." say what
# the program's report must show (bin/compare).
#
# Files in $OUT: truth.txt (the scenario's own statements, UNIX time first),
# ping-*.txt (reference pings, -D time), monitor.txt and xfrm.txt (ip monitor in
# hq), stat-before.txt and stat-after.txt, tool.txt (the program's output).

# one reference ping per word of $PINGS, every $PING_EVERY: NAME=ADDR, or
# NAME=ADDR/SIZE for IP packets of SIZE bytes with DF
PINGS=${PINGS:-}
PING_EVERY=${PING_EVERY:-0.1}
BG=()
TOOL_NS=${TOOL_NS:-hq}
declare -A broke_at outage_count

# configure: standard input becomes the program's tunwatch.conf
configure()
{
	mkdir -p "$OUT/config"
	cat > "$OUT/config/tunwatch.conf"
}

# breaks ROW... -- COMMAND...: it ends the rows' health
breaks()
{
	local rows=() row t=$EPOCHREALTIME

	while [ "$1" != -- ]; do rows+=("$1"); shift; done
	shift
	"$@"
	for row in "${rows[@]}"; do broke_at[$row]=$t..$EPOCHREALTIME; done
	truth breaks "rows=${rows[*]}" "began=$t" "command=$*"
}

# mends CAUSE ROW... -- COMMAND...: and this brings them back; CAUSE: a regular expression
mends()
{
	local cause=$1 rows=() row t=$EPOCHREALTIME

	shift
	while [ "$1" != -- ]; do rows+=("$1"); shift; done
	shift
	"$@"
	for row in "${rows[@]}"; do mended "$row" "$t..$EPOCHREALTIME" "$cause"; done
	truth mends "rows=${rows[*]}" "began=$t" "command=$*"
}

# mended ROW FROM..TO CAUSE: an outage that breaks began ended in that time
mended()
{
	want outage "$1" "start=${broke_at[$1]}" "end=$2" "cause=$3"
	outage_count[$1]=$((${outage_count[$1]-0} + 1))
	unset "broke_at[$1]"
}

# mended_by_witness NAME ROW CAUSE: it ended when the reference ping NAME was answered again
mended_by_witness()
{
	local last first

	read -r last first _ <<< "$(gaps "$OUT/ping-$1.txt" 1 | tail -n 1)"
	# the last probe without an answer left just before
	mended "$2" "$(awk -v t="${first:-0}" 'BEGIN { printf "%.6f", t - 0.3 }')..${first:-0}" "$3"
}

# mended_by_bgp ROW PEER CAUSE: it ended when hq's bgpd had the session again; the program has that date by whole seconds
mended_by_bgp()
{
	local at

	at=$(bgp_changes hq "$2" | awk '$2 == "Up" { t = $1 } END { print t + 0 ? t : 1 }')
	want outage "$1" "start=${broke_at[$1]}" "end=$at" whole=end "cause=$3"
	outage_count[$1]=$((${outage_count[$1]-0} + 1))
	unset "broke_at[$1]"
}

# bgp_outages ROW PEER CAUSE: what hq's bgpd was without the session for 5 s or more since the scenario began. Less than 3
# is none to the program, by dates in whole seconds: of what is between, and of how many there are then, nothing is said.
bgp_outages()
{
	local down up n=0 doubt=

	while read -r down up; do
		case $(awk -v s="$down" -v e="$up" 'BEGIN { print (e - s >= 5 ? "yes" : e - s >= 1 ? "perhaps" : "no") }') in
		yes)
			want outage "$1" "start=$down" "end=$up" whole=start,end "cause=$3"
			n=$((n + 1))
			;;
		perhaps) doubt=1 ;;
		esac
	done < <(bgp_changes hq "$2" | awk -v from="$BEGAN" '$2 == "Down" && $1 > from { d = $1 } $2 == "Up" && d { print d, $1; d = 0 }')
	[ -n "$doubt" ] || want outages "$1" "count=$n"
}

# count_outages ROW...: as many as there were, none invented
count_outages()
{
	local row

	for row; do want outages "$row" "count=${outage_count[$row]-0}"; done
}

# want_row NAME TYPE LOCAL REMOTE PEER [KEY=VALUE]...: "-" for what there is not
want_row()
{
	local name=$1 type=$2 local=$3 remote=$4 peer=$5

	shift 5
	want row "$name" "type=$type" "outer_local=$local" "outer_remote=$remote" "peer=$peer" "$@"
}

# drop_exactly NS CHAIN MATCH...: a rule that drops; undrop_exactly ends it and prints how many packets it took: it is
# put out of reach first, and read then
drop_exactly()
{
	ns_drop "$1" "$2" add "${@:3}"
}

undrop_exactly()
{
	ip netns exec "$1" iptables-legacy -w -I "$2" -j ACCEPT
	ip netns exec "$1" iptables-legacy -w -nvxL "$2" 2 | awk '{ print $1 }'
	ns_drop "$1" "$2" del "${@:3}"
	ip netns exec "$1" iptables-legacy -w -D "$2" -j ACCEPT
}

# keys: secrets of this run that no recording may hold, one a line
keys()
{
	local ns

	for ns in hq cloud; do
		ip -n $ns xfrm state | grep -oE '0x[0-9a-f]{32,}'
		lab_in $ns wg show all private-key 2> /dev/null | awk '{ print "base64:" $NF }'
	done | sort -u >> "$OUT/keys.txt"
}

# counters a monitor may want to be checked against
stats()
{
	local ns
	for ns in hq cloud; do
		echo "== $ns xfrm_stat"; ip netns exec $ns cat /proc/net/xfrm_stat
		echo "== $ns snmp"; ip netns exec $ns cat /proc/net/snmp
		echo "== $ns netstat"; ip netns exec $ns cat /proc/net/netstat
		echo "== $ns links"; ip -n $ns -s link
		echo "== $ns sa"; ip -n $ns -s xfrm state | sed -E 's/0x[0-9a-f]{32,}/KEY/'
	done
	echo "== isp qdisc"; tc -n isp -s qdisc
}

# spawn FILE COMMAND...: background, ended by finish
spawn()
{
	local file=$1
	shift
	"$@" > "$OUT/$file" 2>&1 < /dev/null &
	BG+=($!)
}

# act EVENT [KEY=VALUE]... -- COMMAND...: do it, then tell.  The line's own time
# is when the command had returned; began= is when it was started.
act()
{
	local w=() t=$EPOCHREALTIME
	while [ "$1" != -- ]; do w+=("$1"); shift; done
	shift
	"$@"
	truth "${w[@]}" "began=$t"
}

TMUX_LAB=(tmux -L lab -f "$LAB/lib/tmux.conf")
tool_keys() { "${TMUX_LAB[@]}" send-keys -t tool "$@"; }	# type at the program
tool_screen() { "${TMUX_LAB[@]}" capture-pane -p -t tool; }
# a picture of the screen every TOOL_SNAP seconds
snapshots()
{
	mkdir -p "$OUT/screens"
	while sleep "${TOOL_SNAP:-2}"; do
		tool_screen > "$OUT/screens/$EPOCHREALTIME.txt" || break
	done
}

# The program runs in $TOOL_NS.  With TOOL_SIZE=COLSxROWS it gets a terminal (tmux)
# of that size, and $OUT/screens/TIME.txt its pictures; else stdout goes to
# $OUT/tool.txt and stderr to $OUT/tool.err.
tool_start()
{
	TOOL=
	[ $# -gt 0 ] || return 0
	if [ -n "${TOOL_SIZE-}" ]; then
		"${TMUX_LAB[@]}" new-session -d -s tool -x "${TOOL_SIZE%x*}" -y "${TOOL_SIZE#*x}" \
			"exec env XDG_CONFIG_HOME=$OUT/config ip netns exec $TOOL_NS $(printf ' %q' "$@") 2> $OUT/tool.err"
		TOOL=$("${TMUX_LAB[@]}" display -p -t tool '#{pane_pid}')
		snapshots &
		BG+=($!)
	else
		(exec env XDG_CONFIG_HOME="$OUT/config" ip netns exec "$TOOL_NS" "$@") > "$OUT/tool.txt" 2> "$OUT/tool.err" < /dev/null &
		TOOL=$!
	fi
}

# SIGTERM; SIGKILL after 10 s
tool_stop()
{
	[ -n "$TOOL" ] || return 0
	awk '/^(VmHWM|VmRSS|Threads)/' /proc/$TOOL/status > "$OUT/tool.usage"
	awk '{ print "utime_ticks", $14, "stime_ticks", $15 }' /proc/$TOOL/stat >> "$OUT/tool.usage"
	kill -TERM $TOOL 2> /dev/null
	for _ in $(seq 50); do kill -0 $TOOL 2> /dev/null || break; sleep 0.2; done
	kill -KILL $TOOL 2> /dev/null && truth tool-killed
	want program tool status=0
	if [ -n "${TOOL_SIZE-}" ]; then
		sleep 0.5
		"${TMUX_LAB[@]}" display -p -t tool '#{pane_dead_status}' > "$OUT/tool.rc"
		"${TMUX_LAB[@]}" kill-server
	else
		wait $TOOL
		echo $? > "$OUT/tool.rc"
	fi
	truth tool-exit "status=$(cat "$OUT/tool.rc")"
}

# find_mtu NAME ADDRESS: one search by $program, when there is one, in hq; the result in mtu-NAME.json and .rc
find_mtu()
{
	[ -n "$program" ] || return 0
	ip netns exec hq "$program" mtu "$2" --json > "$OUT/mtu-$1.json" 2> "$OUT/mtu-$1.err"
	echo $? > "$OUT/mtu-$1.rc"
}

ping_words()
{
	case $1 in
	*:*/*) echo "-M do -s $((${1#*/} - 48)) ${1%/*}" ;;
	*/*) echo "-M do -s $((${1#*/} - 28)) ${1%/*}" ;;
	*) echo "$1" ;;
	esac
}

# the time, ten times a second as long as this scenario runs: where it stands still, the guest did
clock()
{
	local never

	exec {never}<> <(:)
	while [ -e /proc/$$ ]; do
		read -rt 0.1 -u "$never"
		echo "$EPOCHREALTIME"
	done
}

# begin NAME [COMMAND...]
begin()
{
	local p name=$1
	shift
	: > "$TRUTH"
	BEGAN=$EPOCHREALTIME
	stats > "$OUT/stat-before.txt"
	keys
	spawn clock.txt clock
	spawn monitor.txt ip netns exec hq ip -ts monitor link address route
	spawn xfrm.txt ip netns exec hq ip -ts xfrm monitor acquire expire SA policy report
	for p in $PINGS; do
		spawn "ping-${p%%=*}.txt" ip netns exec "$TOOL_NS" ping -n -D -O -W 1 \
			-i "$PING_EVERY" $(ping_words "${p#*=}")
	done
	tool_start "$@"
	sleep 1
	truth begin "scenario=$name"
}

# finish [STATUS]
finish()
{
	truth end
	keys
	tool_stop
	[ ${#BG[@]} = 0 ] || kill -INT "${BG[@]}" 2> /dev/null
	stats > "$OUT/stat-after.txt"
	exit "${1:-0}"
}

# gaps FILE [SECONDS]: silences of a reference ping, "FROM TO LENGTH" per line
gaps()
{
	awk -v min="${2:-0.5}" '/bytes from/ { t = substr($1, 2) + 0
		if (p && t - p > min) printf "%.2f %.2f %.2f\n", p, t, t - p
		p = t }' "$1"
}

# changed: counters that differ between the two stat files
changed()
{
	diff "$OUT/stat-before.txt" "$OUT/stat-after.txt" | grep -E '^[<>] (Xfrm|Ip:|Icmp:|IcmpMsg)'
}
