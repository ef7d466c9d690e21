#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The live panel of MTUs: a path MTU comes up by itself, key R searches that of the selected row again, f those of all.
. "$(dirname "$0")/../lib/tap.sh"
need_root
need unshare
need jq
# In a namespace of its own, where nobody else's session is.
if [ -z "$INSIDE" ]; then
	INSIDE=1 exec unshare -n "$0" "$@"
fi
ip link set lo up
ip link set lo mtu 1400
ip addr add 192.0.2.1/32 dev lo
ip addr add 2001:db8::1/128 dev lo nodad

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
# a period that does not come again here: what is searched later is searched because of a key
cat > "$work/conf" << EOF
line "over there" { target = "192.0.2.1" }
line six { target = "2001:db8::1" }
mtu-period = 3600
EOF
chmod 644 "$work/conf"

# meter OPTIONS... -- COMMAND...: sets found, status
found='' status=''
meter()
{
	eval "$("$TOOLS/pty_meter" "$@")"
}

# searches TARGET: that have ended so far
# shellcheck disable=SC2317,SC2329 # called by wait_for
searches()
{
	"$TUNWATCH" export --kind pmtu "$recording" 2> /dev/null |
		jq -s --arg target "$1" '[.[] | select(.target == $target and .state == "complete")] | length'
}

# searched TARGET N
# shellcheck disable=SC2317,SC2329 # called by wait_for
searched()
{
	[ "$(searches "$1")" -ge "$2" ]
}

meter -g 120x40 -f LIVE -w 0 -n 30 -k 2 -t ' 1400 ' -e qq -- "$TUNWATCH" -c "$work/conf" --new
is "$found $status" "1 0" "the path MTU comes up"
read -r pid recording < <("$TUNWATCH" attach -l | awk '/running/ { sub(/.*-/, "", $1); print $1, $NF; exit }')
like "$pid" "^[0-9]+$" "the collector goes on"
wait_for 20 searched 192.0.2.1 1 && wait_for 20 searched 2001:db8::1 1
ok $? "both are searched"
four=$(searches 192.0.2.1) six=$(searches 2001:db8::1)
meter -g 120x40 -f LIVE -w 0 -n 20 -k 2gR -t 'searching the path MTU of over there' -e qq -- "$TUNWATCH" attach
is "$found $status" "1 0" "R says that it searches, by a name with a blank"
wait_for 20 searched 192.0.2.1 $((four + 1))
ok $? "and it does"
is "$(searches 2001:db8::1)" "$six" "no other row is searched"
four=$(searches 192.0.2.1)
meter -g 120x40 -f LIVE -w 0 -n 20 -k f -t 'searching the path MTUs of all rows' -e qq -- "$TUNWATCH" attach
is "$found $status" "1 0" "f says that it searches all"
wait_for 20 searched 192.0.2.1 $((four + 1)) && wait_for 20 searched 2001:db8::1 $((six + 1))
ok $? "and it does"
"$TUNWATCH" stop > /dev/null
ok $? "the session can be stopped"
pid=

done_testing
