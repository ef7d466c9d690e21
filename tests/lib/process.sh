# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154
# What tests of processes ask: source it after netns.sh.

# status_of PID FIELD: from /proc/PID/status, blanks squeezed.
status_of()
{
	sed -n "s/^$2:[[:blank:]]*//p" "/proc/$1/status" 2> /dev/null | tr '\t' ' '
}

# of_host HOST: pids of tunwatch processes in a host.
of_host()
{
	local pid

	for pid in $(ip netns pids "$1"); do
		# not by name: in a chroot that of another mount namespace reads differently
		[ "/proc/$pid/exe" -ef "$TUNWATCH" ] && echo "$pid"
	done
}

# collectors HOST: those of them that hold capabilities.
collectors()
{
	local pid

	for pid in $(of_host "$1"); do
		[ "$(status_of "$pid" CapEff)" != 0000000000000000 ] && echo "$pid"
	done
}

# child_of PID [N]: its Nth child (the writer is the first).
child_of()
{
	local pids

	read -ra pids < "/proc/$1/task/$1/children"
	echo "${pids[${2:-1} - 1]-}"
}

# screen HOST NAME OPTIONS...: tunwatch on a terminal; keys go to "$work/NAME.keys", its picture to "$work/NAME.out",
# the viewer's pid to "$work/NAME.pid". $pid is the terminal.
screen()
{
	local host=$1 name=$2

	shift 2
	rm -f "$work/$name".*
	mkfifo "$work/$name.keys"
	ip netns exec "$host" env TERM=xterm "$TOOLS/pty_run" ${STALLED:+-s} -p "$work/$name.pid" "$TUNWATCH" "$@" \
		<> "$work/$name.keys" > "$work/$name.out" 2> /dev/null &
	pid=$!
	children+=("$pid")
	disown "$pid"
}

# type_keys NAME KEYS
type_keys()
{
	printf '%b' "$2" > "$work/$1.keys"
}

# running HOST: the session that runs there: id, directory, file.
running_file()
{
	in_host "$1" "$TUNWATCH" attach -l 2> /dev/null | awk '$3 == "running" { print $NF; exit }'
}

gone()
{
	[ ! -d "/proc/$1" ] || [ "$(status_of "$1" State)" = "Z (zombie)" ]
}

# ticks FILE...: how many are in a recording.
ticks()
{
	"$TOOLS/model_hash" "$@" | wc -l
}

more_ticks_than()
{
	local n=$1

	shift
	[ "$(ticks "$@")" -gt "$n" ]
}

has_collectors()
{
	[ "$(collectors "$1" | wc -w)" = "$2" ]
}
