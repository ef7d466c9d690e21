#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Who the program becomes, where its sessions are kept, and how many of them.
. "$(dirname "$0")/../lib/tap.sh"
. "$TOP/tests/lib/netns.sh"
. "$TOP/tests/lib/process.sh"
need setpriv setcap

user=4242
none=0000000000000000
host a
mkdir -m 755 "$work/bin" "$work/home"
chown "$user" "$work/home"
cp "$TUNWATCH" "$work/bin/tunwatch"
chmod 755 "$work/bin/tunwatch"

# as_user COMMAND...
as_user()
{
	# shellcheck disable=SC2154
	in_host "$a" setpriv --reuid "$user" --regid "$user" --clear-groups env HOME="$work/home" "$@"
}

# begin FILE COMMAND...: record to it in the background; $collector
begin()
{
	local file=$1

	shift
	"$@" record -o "$file" 2> "$work/err" &
	children+=("$!")
	disown "$!"
	wait_for 5 test -s "$file"
	collector=$(find_collector)
}

# The collector is the one whose child is one of ours too.
find_collector()
{
	local pid

	for pid in $(ip netns pids "$a"); do
		[[ $(cat "/proc/$pid/comm") = @(tunwatch|"${TUNWATCH##*/}") ]] && [ -n "$(child_of "$pid")" ] && echo "$pid"
	done | head -1
}

# ---- sudo
begin "$work/home/sudo.twr" in_host "$a" env SUDO_UID="$user" SUDO_GID="$user" "$TUNWATCH"
is "$(status_of "$collector" Uid)" "$user $user $user $user" "with sudo it becomes the person behind it"
is "$(status_of "$collector" CapEff)" 0000000000003000 "and keeps two capabilities"
is "$(stat -c '%u %a' "$work/home/sudo.twr")" "$user 600" "whose the recording is"
kill "$collector"
wait_for 5 gone "$collector"

# ---- an ordinary user, without and with file capabilities
begin "$work/home/plain.twr" as_user "$TUNWATCH"
is "$(status_of "$collector" Uid)" "$user $user $user $user" "an ordinary user stays what she is"
is "$(status_of "$collector" CapPrm)" "$none" "without capabilities it runs all the same"
like "$(as_user "$TUNWATCH" attach -l)" "running .*plain.twr" "attach -l shows it to her"
in_host "$a" setpriv --reuid 4243 --clear-groups env HOME="$work/home" "$TUNWATCH" attach -l > "$work/out" 2>&1
is "$(grep -c running "$work/out")" 0 "and to nobody else"
as_user "$TUNWATCH" stop > /dev/null
is $? 0 "she may stop it"
if setcap cap_net_raw,cap_net_admin,cap_sys_admin+p "$work/bin/tunwatch" 2> /dev/null; then
	begin "$work/home/caps.twr" as_user "$work/bin/tunwatch"
	is "$(status_of "$collector" CapPrm) $(status_of "$collector" CapEff)" "0000000000003000 0000000000003000" \
		"of a file's capabilities two are kept"
	is "$(status_of "$(child_of "$collector")" CapPrm)" "$none" "its writer has none"
	kill "$collector"
	wait_for 5 gone "$collector"
else
	skip "no file capabilities here" "file capabilities"
fi
chmod 4755 "$work/bin/tunwatch"
as_user "$work/bin/tunwatch" record -o "$work/home/suid.twr" 2> "$work/err"
is $? 69 "set-uid root is refused"

# ---- no place for sessions, and a long one
as_user env -u HOME "$TUNWATCH" record --for 0.2s -o "$work/home/homeless.twr" 2> "$work/err"
is $? 0 "without a state directory it records"
like "$(cat "$work/err")" "warning.*HOME" "and says what is missing"
long=$work/home/$(printf 'd%.0s' {1..200})
as_user mkdir "$long"
begin "$work/home/long.twr" as_user env XDG_STATE_HOME="$long" "$TUNWATCH"
as_user env XDG_STATE_HOME="$long" "$TUNWATCH" stop > /dev/null
is $? 0 "a path longer than a socket's name is no obstacle"

# ---- a directory that is root's
mkdir -m 755 "$work/roots"
in_host "$a" timeout 20 "$TUNWATCH" record --new --for 0.3s -o "$work/roots/one.twr"
like "$("$TUNWATCH" export --kind notice "$work/roots/one.twr")" "one.twr stays one file.*writable for user" \
	"where no second part can be made, it says so"

# ---- the cap over all sessions
old=/var/lib/tunwatch/nobody
mkdir -p "$old"
for ((i = 1; i <= 3; i++)); do
	mkdir -p "$old/2020010${i}T000000Z-$i"
	truncate -s 600K "$old/2020010${i}T000000Z-$i/recording.twr"
	printf '%d 1\n%s\n' "$i" "$old/2020010${i}T000000Z-$i/recording.twr" > "$old/2020010${i}T000000Z-$i/lock"
done
mkdir "$old/keep me"
chown -R nobody "$old"
chmod 700 "$old" "$old"/*
touch -d '1 hour ago' "$old"/*
in_host "$a" timeout 20 "$TUNWATCH" record --for 0.2s --disk-cap 1M -o "$work/cap.twr"
is "$(cd "$old" && echo *)" "20200103T000000Z-3 keep me" "the oldest sessions go when space is short, and nothing else"
done_testing
