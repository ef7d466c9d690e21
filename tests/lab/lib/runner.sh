# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# runner.sh - what uml-run and qemu-run have in common.  They define
#   boot   start the guest in the background as its own session: stdout of the
#          script to fd 6, stderr to fd 7, the terminal (if -i) is fd 8,
#          kernel messages to $job/kernel.log; set pid, and helpers=(pid...)
# and call run "$@".

usage()
{
	cat <<-X
	$(basename "$0") [-t SECS] [-m MEM] [-w DIR]... [-e VAR=VALUE]... [-i] [-v] SCRIPT [ARG]...

	Boot a guest on this machine's own file system, run SCRIPT in it as root,
	stream its stdout and stderr, exit with its exit status.
	  -t SECS   end the guest after SECS seconds (default 300); exit status 124
	  -m MEM    guest memory (default $mem)
	  -w DIR    share DIR read-write; all else the guest writes is thrown away
	  -e V=X    set an environment variable for SCRIPT
	  -i        interactive: SCRIPT gets the terminal ($(basename "$0") -i bash)
	  -v        show the kernel's messages when done
	Exit status 121: the guest did not come up; 125: it died, or could not be made.
	X
	exit 2
}

# end our own guest and nothing else
stop()
{
	kill -TERM "$pid" 2> /dev/null
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		kill -0 "$pid" 2> /dev/null || break
		sleep 0.2
	done
	kill -KILL -- "-$pid" 2> /dev/null
}

run()
{
	local o v rc secs=300 shares=() env=() interactive= verbose= saved= late= timer
	while getopts t:m:w:e:iv o; do
		case $o in
		t) secs=$OPTARG ;;
		m) mem=$OPTARG ;;
		w) mkdir -p "$OPTARG"; shares+=("$(readlink -f "$OPTARG")") ;;
		e) env+=("$OPTARG") ;;
		i) interactive=1 ;;
		v) verbose=1 ;;
		*) usage ;;
		esac
	done
	shift $((OPTIND - 1))
	[ $# -gt 0 ] || usage

	job=$(mktemp -d /tmp/labjob.XXXXXX) || exit 125
	printf '%s\n' "${shares[@]}" | sed '/^$/d' > "$job/shares"
	{
		printf 'export LAB=%q\n' "$here"
		for v in "${env[@]}"; do printf 'export %q\n' "$v"; done
		printf 'cd %q || cd /\n' "$PWD"
		printf 'exec'
		printf ' %q' "$@"
		echo
	} > "$job/cmd"

	exec 6>&1 7>&2 8<&0
	if [ -n "$interactive" ]; then
		stty size | { read -r r c; echo "rows ${r:-24} cols ${c:-80}"; } > "$job/interactive"
		echo "${TERM:-linux}" > "$job/term"
		saved=$(stty -g 2> /dev/null)
	else
		# UML cannot poll a regular file: give it pipes
		exec 6> >(exec cat) 7> >(exec cat >&2)
	fi
	helpers=()
	boot
	exec 6>&- 7>&-

	trap 'stop; exit 130' INT TERM HUP
	sleep "$secs" & timer=$!
	wait -n "$pid" "$timer"
	if kill -0 "$pid" 2> /dev/null; then late=1; stop; fi
	kill "$timer" "${helpers[@]}" 2> /dev/null
	wait "$pid" 2> /dev/null
	kill -KILL -- "-$pid" 2> /dev/null	# strays of this guest, if any
	[ -z "$saved" ] || stty "$saved"

	if [ -n "$late" ]; then
		echo "$(basename "$0"): timeout after $secs s" >&2
		rc=124
	elif [ -s "$job/rc" ]; then
		rc=$(cat "$job/rc")
	else
		echo "$(basename "$0"): the guest died" >&2
		cat "$job"/*.log >&2
		rc=125
		[ -e "$job/boot_seconds" ] || rc=121
	fi
	[ -z "$verbose" ] || cat "$job/kernel.log" >&2
	[ -z "$verbose" ] || echo "guest up after $(cat "$job/boot_seconds") s" >&2
	rm -rf "$job"
	exit "$rc"
}
