#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The live screen on a router that cannot be reached: its panel says so, and key L leaves it alone and asks it again.
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
	[ -z "$pid" ] || kill "$pid" 2> /dev/null
	rm -rf "$work"
}
trap cleanup EXIT
chmod 711 "$work"
mkdir -m 777 "$work/state" "$work/runtime"
export XDG_STATE_HOME=$work/state XDG_RUNTIME_DIR=$work/runtime TERM=xterm-256color
export TUNWATCH_PROFILES=$TOP/contrib/profiles
cat > "$work/conf" << EOF
router edge {
	profile = frr-vty
	host    = "127.0.0.1"
	port    = 9
	poll    = 1
}
EOF
chmod 644 "$work/conf"

# meter OPTIONS... -- COMMAND...: sets found, status
found='' status=''
meter()
{
	eval "$("$TOOLS/pty_meter" "$@")"
}

meter -g 120x40 -f LIVE -w 0 -n 20 -k 4 -t 'cannot be reached, no answer so far' -e qq -- \
	"$TUNWATCH" -c "$work/conf" --new
is "$found $status" "1 0" "the panel says that the router cannot be reached"
pid=$("$TUNWATCH" attach -l | awk '/running/ { sub(/.*-/, "", $1); print $1; exit }')
like "$pid" "^[0-9]+$" "the collector goes on"
meter -g 120x40 -f 'router silent' -w 0 -n 20 -k 4L -t 'left alone, no answer so far (L asks it again)' -e qq -- \
	"$TUNWATCH" attach
is "$found $status" "1 0" "L leaves it alone"
meter -g 120x40 -f LIVE -w 0 -n 20 -k 4L -t 'cannot be reached' -e qq -- "$TUNWATCH" attach
is "$found $status" "1 0" "and asks it again"
"$TUNWATCH" stop > /dev/null
ok $? "the session can be stopped"
pid=

done_testing
