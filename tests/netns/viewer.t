#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The live screen: marks reach the recording, a collector that stands still is seen to, leaving asks what shall be.
. "$(dirname "$0")/../lib/tap.sh"
need_root
need unshare
# In a namespace of its own, where nobody else's session is.
if [ -z "$INSIDE" ]; then
	INSIDE=1 exec unshare -n "$0" "$@"
fi
ip link set lo up

work=$(mktemp -d)
pid=
# shellcheck disable=SC2317,SC2329 # called by the trap
cleanup()
{
	[ -z "$pid" ] || kill -CONT "$pid" 2> /dev/null
	[ -z "$pid" ] || kill "$pid" 2> /dev/null
	rm -rf "$work"
}
trap cleanup EXIT
chmod 711 "$work"
mkdir -m 777 "$work/state" "$work/runtime"
export XDG_STATE_HOME=$work/state XDG_RUNTIME_DIR=$work/runtime TERM=xterm-256color

# meter OPTIONS... -- COMMAND...: sets found, status, restored ...
found='' status='' restored=''
meter()
{
	eval "$("$TOOLS/pty_meter" "$@")"
}

meter -g 120x40 -f LIVE -w 0 -n 20 -k $'mover the bridge\r' -t 'over the bridge"' -e qk -- "$TUNWATCH" --new
is "$found" 1 "a mark comes back as an event"
meter -g 120x40 -f LIVE -w 0 -n 20 -k q -t 'keep recording' -e k -- "$TUNWATCH" attach
is "$found $status $restored" "1 0 1" "leaving asks, with a mark in the session; k leaves"
pid=$("$TUNWATCH" attach -l | awk '/running/ { sub(/.*-/, "", $1); print $1; exit }')
like "$pid" "^[0-9]+$" "the collector goes on"

"$TOOLS/pty_meter" -g 120x40 -f LIVE -w 0 -n 20 -t 'COLLECTOR SILENT' -e qk -o "$work/out" -- \
	"$TUNWATCH" attach > "$work/result" &
wait_for 15 grep -aqs LIVE "$work/out"
kill -STOP "$pid"
wait
like "$(cat "$work/result")" "status=0 .*found=1" "a collector that stands still is seen to"
kill -CONT "$pid"
meter -g 120x40 -f LIVE -w 0 -n 20 -k q -t 'keep recording' -e s -- "$TUNWATCH" attach
is "$found $status" "1 0" "s stops the session"
# shellcheck disable=SC2317,SC2329 # called by wait_for
gone()
{
	! kill -0 "$pid" 2> /dev/null
}
wait_for 10 gone
ok $? "the collector has ended"

done_testing
