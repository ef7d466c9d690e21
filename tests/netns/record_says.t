#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2154
# What keeps a recording from having what somebody wants is said at once, and in the report of it.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/netns.sh"
need setpriv

host near
ip -n "$near" addr add 192.0.2.1/24 dev lo
notes()
{
	"$TUNWATCH" report "$work/$1.twr" -f json | jq -r '.notes[]'
}

in_host "$near" "$TUNWATCH" record -n 0.2 --for 2.5 -i nope -o "$work/none.twr" 2> "$work/err"
is $? 0 "a recording without a tunnel goes on"
like "$(cat "$work/err")" "warning: no interface matches -i nope; there are: lo" "an interface that is not there is said"
like "$(cat "$work/err")" "warning: no tunnel was found" "and that there is no tunnel"
like "$(notes none)" "no tunnel was found" "and the report says so"
like "$("$TUNWATCH" export "$work/none.twr" --kind notice)" "no interface matches -i nope" "the screen has it, too"

# nobody's: no privilege, and no ping sockets
in_host "$near" sysctl -qw net.ipv4.ping_group_range="1 0"
echo 'line gw { target = "192.0.2.1" }' > "$work/conf"
mkdir "$work/open"
chmod 777 "$work/open"
# shellcheck disable=SC2016 # expands in there
in_host "$near" setpriv --reuid 65534 --regid 65534 --clear-groups env HOME="$work/open" sh -c \
	'exec "$0" record -n 0.2 --for 2.5 -c "$1" -o "$2"' "$TUNWATCH" "$work/conf" "$work/open/user.twr" 2> "$work/err"
is $? 0 "a recording without privilege goes on"
like "$(cat "$work/err")" "warning: probe ipv4: neither CAP_NET_RAW nor ping sockets" "what it cannot do is said"
mv "$work/open/user.twr" "$work/user.twr"
like "$(notes user)" "probe denied: neither CAP_NET_RAW nor ping sockets" "and the report says so"

# what is written to a pipe may have a screen at its other end
in_host "$near" "$TUNWATCH" record -n 0.2 --for 2.5 -o - 2> "$work/err" > "$work/pipe.twr"
is "$(cat "$work/err")" "" "a recording into a pipe disturbs no screen"

head -c 12 "$work/none.twr" > "$work/bad.twr"
tail -c +13 "$work/none.twr" | tr 't' 'u' >> "$work/bad.twr"
err=$("$TUNWATCH" report "$work/bad.twr" 2>&1)
is $? 65 "a recording whose headers are all damaged cannot be read"
like "$err" "too damaged to be read" "and says so"
done_testing
