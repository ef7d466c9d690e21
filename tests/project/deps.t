#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# contrib/deps.sh with a pretended apt-get and dpkg-query, and a /usr/sbin of its own.
. "$(dirname "$0")/../lib/tap.sh"
need_root
unshare -m true 2> /dev/null || skip_all "mount namespaces are not allowed here"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/bin" "$work/sbin"
deps=$TOP/contrib/deps.sh

cat > "$work/bin/dpkg-query" <<-'X'
	#!/bin/bash
	case " $ABSENT " in *" ${*: -1} "*) exit 1 ;; esac
	[ "${*: -1}" = gcc ] && [ -n "${HALF-}" ] && { echo "deinstall ok config-files"; exit; }
	echo "install ok installed"
X
cat > "$work/bin/apt-get" <<-'X'
	#!/bin/bash
	echo "apt-get $*" >> "$WORK/calls"
	if [[ " $* " == *" install "* ]]; then
		/usr/sbin/policy-rc.d
		echo "policy $?" >> "$WORK/calls"
		[ -z "${HANG-}" ] || { : > "$WORK/hanging"; sleep 5; }
	fi
	exit "${APT_STATUS:-0}"
X
chmod +x "$work"/bin/*
export WORK=$work ABSENT='' PATH=$work/bin:$PATH

# deps ARGUMENT...: in a mount namespace whose /usr/sbin is $work/sbin
deps()
{
	: > "$work/calls"
	# shellcheck disable=SC2016
	unshare -m bash -c 'mount --bind "$WORK/sbin" /usr/sbin && exec "$@"' - "$deps" "$@" > "$work/out" 2>&1
}

calls()
{
	sed 's/ -[oqy][^ ]*\( [A-Za-z]*::[^ ]*\)\?//g' "$work/calls" | tr '\n' ';'
}

deps install build test routers demo bench ci
ok $? "nothing is missing"
is "$(calls)" "" "... and apt-get is not called"

ABSENT="libmnl-dev uthash-dev"
deps missing build
is "$?" 1 "missing says so by its status"
is "$(tr '\n' ' ' < "$work/out")" "libmnl-dev uthash-dev " "... and names the packages"
HALF=1 deps missing build
like "$(cat "$work/out")" gcc "a package of which only the configuration is left is missing"
deps missing nonsense
is "$?" 64 "an unknown set is refused"

(ABSENT="libmnl-dev inetutils-telnetd" deps missing routers)
is "$(cat "$work/out")" inetutils-telnetd "the routers of tests are a set of their own"

deps install build
ok $? "they are installed"
is "$(calls)" "apt-get update;apt-get install --no-install-recommends libmnl-dev uthash-dev;policy 101;" \
	"only those, without recommended ones, and no service may start"
[ ! -e "$work/sbin/policy-rc.d" ]
ok $? "the policy is gone afterwards"

printf '#!/bin/sh\nexit 42\n' > "$work/sbin/policy-rc.d"
chmod 700 "$work/sbin/policy-rc.d"
before=$(stat -c '%a %s %Y' "$work/sbin/policy-rc.d")
deps install build
is "$(stat -c '%a %s %Y' "$work/sbin/policy-rc.d")" "$before" "an older policy is back after success"
APT_STATUS=100 deps install build
is "$?" 100 "apt's failure is ours"
is "$(stat -c '%a %s %Y' "$work/sbin/policy-rc.d")" "$before" "... and the older policy is back"

HANG=1 deps install build &
wait_for 10 test -e "$work/hanging"
child=$(pgrep -f "^/bin/bash $deps install build" | head -n 1)
kill -TERM "$child"
wait $!
is "$(stat -c '%a %s %Y' "$work/sbin/policy-rc.d")" "$before" "... also when we are ended"
is "$(ls "$work/sbin")" policy-rc.d "nothing else is left"
done_testing
