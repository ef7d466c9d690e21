# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# lab.sh - source this inside the guest (or, for what the host kernel can do,
# on the host).  bash.  Needs root.
#
#   hq  wan 198.51.100.2/24 ---- hq0 [isp] cl0 ---- wan 203.0.113.2/24,.3,.4  cloud
#       2001:db8:1::2/64                             2001:db8:2::2/64,::3
#   hq lan0 10.10.0.1/16                             cloud lan0 10.20.0.1/16
#
# hq uses the default run-time paths (/run/frr, /run/charon.vici, ...), so a
# program run with "ip netns exec hq" finds the daemons where it expects them.
# Daemons of the other namespaces see a private /run (see lab_in); files that
# both ends read lie in $S, outside /run.

set -u
LAB=${LAB:-$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)}
S=${LAB_STATE:-/var/tmp/lab}
OUT=${OUT:-$S/out}
TRUTH=${TRUTH:-$OUT/truth.txt}
mkdir -p "$S" "$OUT"

HQ=198.51.100.2 CLOUD=203.0.113.2 CLOUD2=203.0.113.3 CLOUD3=203.0.113.4
HQ6=2001:db8:1::2 CLOUD6=2001:db8:2::2 CLOUD26=2001:db8:2::3

# truth EVENT [KEY=VALUE]...: one line, UNIX time first; words with blanks are quoted
truth()
{
	local w line=$EPOCHREALTIME

	for w; do
		case $w in
		*[\ \'\"]*) line+=" '${w//\'/}'" ;;
		*) line+=" $w" ;;
		esac
	done
	echo "$line" >> "$TRUTH"
	[ -z "${LAB_ECHO-}" ] || echo "# $line"
}

# want KIND ROW [KEY=VALUE]...: what the program must have seen; see bin/compare
want()
{
	truth want "$@"
}

LAB_EXEC=
# lab_in NS COMMAND...: run in a namespace
lab_in()
{
	local ns=$1
	shift
	if [ "$ns" = hq ]; then
		$LAB_EXEC ip netns exec hq "$@"
	else
		mkdir -p "$S/run.$ns"
		$LAB_EXEC ip netns exec "$ns" sh -c 'mount --bind "$0" /run && exec "$@"' "$S/run.$ns" "$@"
	fi
}

# lab_bg NAME NS COMMAND...: the same in the background, log in $OUT
lab_bg()
{
	local name=$1
	shift
	(LAB_EXEC=exec; lab_in "$@") > "$OUT/$name.log" 2>&1 < /dev/null &
	disown
	echo $! > "$S/$name.pid"	# the daemon itself, not a wrapper
}

# lab_kill NAME [SIGNAL]: end what lab_bg started
lab_kill()
{
	kill -"${2:-TERM}" "$(cat "$S/$1.pid")"
}

# wait_for SECONDS COMMAND...: until it succeeds
wait_for()
{
	local end=$((SECONDS + $1))
	shift
	until "$@" > /dev/null 2>&1; do
		[ $SECONDS -lt $end ] || return 1
		sleep 0.2
	done
}

# answers NS ADDR
answers()
{
	ip netns exec "$1" ping -n -q -c 1 -W 1 "$2"
}

# must_answer ADDR...: from hq, or the scenario ends: its stage does not stand
must_answer()
{
	local addr

	for addr; do
		wait_for 10 answers hq "$addr" && continue
		echo "lab: no answer from $addr" >&2
		exit 1
	done
}

. "$LAB/lib/topology.sh"
. "$LAB/lib/tunnels.sh"
. "$LAB/lib/ike.sh"
. "$LAB/lib/bgp.sh"
. "$LAB/lib/scenario.sh"
