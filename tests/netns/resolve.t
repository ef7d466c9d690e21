#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Names: looked up in a child, asked again when this host moved, given up on when they hang. No network is used:
# /etc/hosts is this test's own.
# shellcheck disable=SC2317 # functions called by wait_for
. "$(dirname "$0")/../lib/tap.sh"
need_root
need unshare setpriv

dir=$(mktemp -d)
pid=
cleanup()
{
	[ -n "$pid" ] && kill "$pid" 2> /dev/null
	exec 9>&-
	rm -rf "$dir"
}
trap cleanup EXIT

cat > "$dir/hosts" << 'E2'
127.0.0.1 localhost
192.0.2.9 alpha
2001:db8::8 beta
192.0.2.7 gamma
E2
printf 'hosts: files\n' > "$dir/nsswitch.conf"
mkfifo "$dir/in"
unshare -m -n bash -c "mount --bind $dir/hosts /etc/hosts && mount --bind $dir/nsswitch.conf /etc/nsswitch.conf &&
	exec $TOOLS/resolve_run alpha beta gamma nosuchname 198.51.100.1 'no such' $(printf 'x%.0s' {1..300})" \
	< "$dir/in" > "$dir/out" 2> "$dir/err" &
pid=$!
exec 9> "$dir/in"

said()
{
	[ "$(grep -Fxc -- "$1" "$dir/out")" -ge 1 ]
}
for line in "alpha 192.0.2.9" "beta 2001:db8::8" "gamma 192.0.2.7" "nosuchname none" "198.51.100.1 198.51.100.1" \
	"no such none"; do
	wait_for 15 said "$line"
	ok $? "$line"
done

child()
{
	grep -l '^Name:.tunwatch-names' /proc/[0-9]*/status 2> /dev/null | while read -r f; do
		grep -q "^PPid:.$pid\$" "$f" && basename "$(dirname "$f")"
	done
}
c=$(child)
like "$c" '^[0-9]+$' "one child looks names up"
is "$(grep ^CapEff "/proc/$c/status" | awk '{ print $2 }')" 0000000000000000 "it has no capability"
is "$(find "/proc/$c/fd" -mindepth 1 | wc -l)" 4 "and no descriptor but its own"

# alpha keeps its address as long as it is among the answers; the others change
cat > "$dir/hosts" << 'E2'
192.0.2.1 alpha
192.0.2.9 alpha
192.0.2.77 gamma
E2
# asked again at most every 5 s
moved()
{
	echo again >&9
	sleep 0.5
	said "gamma 192.0.2.77"
}
wait_for 20 moved
ok $? "names are asked again when this host's addresses change"
wait_for 10 said "beta none"
ok $? "a name that is gone is none"
is "$(grep -c ^alpha "$dir/out")" 1 "an address that is still good is kept"

# a child that is gone or hangs is replaced
kill -STOP "$c"
printf '192.0.2.78 gamma\n192.0.2.8 beta\n192.0.2.9 alpha\n' > "$dir/hosts"
again()
{
	echo again >&9
	sleep 0.5
	said "gamma 192.0.2.78"
}
wait_for 45 again
ok $? "a child that hangs is replaced"
isnt=$(child)
[ -n "$isnt" ] && [ "$isnt" != "$c" ]
ok $? "by another process"
c=$isnt
exec 9>&-
wait "$pid"
is $? 0 "it ends well"
pid=
gone()
{
	[ ! -e "/proc/$c" ]
}
wait_for 10 gone
ok $? "and its child with it"

# the child dies with a parent that is killed
rm "$dir/in"
mkfifo "$dir/in"
"$TOOLS/resolve_run" localhost < "$dir/in" > "$dir/out" 2>&1 &
pid=$!
exec 9> "$dir/in"
has_child()
{
	c=$(child)
	[ -n "$c" ]
}
wait_for 10 has_child
kill -KILL "$pid"
wait "$pid" 2> /dev/null
pid=
wait_for 10 gone
ok $? "and with a parent that is killed"
done_testing
