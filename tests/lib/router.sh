# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154
# Routers that are asked, in tests: source it after netns.sh and process.sh.

export TUNWATCH_PROFILES=$TOP/contrib/profiles

# shellcheck disable=SC2034
# play HOST NAME SCRIPT OPTIONS...: a scripted router; its port is in $port, what it heard in "$work/NAME.log", the
# process in $pid. PORT=n: at that port.
play()
{
	local host=$1 name=$2 script=$3

	shift 3
	: > "$work/$name.port"
	ip netns exec "$host" "$TOOLS/router_play" -s "$script" -l "$work/$name.log" "$@" "127.0.0.1:${PORT:-0}" \
		> "$work/$name.port" 2>> "$work/$name.err" &
	pid=$!
	children+=("$pid")
	disown "$pid"
	wait_for 10 grep -q listening "$work/$name.port"
	port=$(sed -n 's/^listening on //p' "$work/$name.port")
}

# heard NAME PATTERN: how many lines of what a scripted router heard match.
heard()
{
	grep -cE "$2" "$work/$1.log" 2> /dev/null
}

# records FILE KIND FILTER: records of a recording through a filter of jq, one line each.
records()
{
	"$TUNWATCH" export "$1" --kind "$2" 2> /dev/null | jq -r "$3"
}

# outcomes FILE ROUTER: how its polls went, one after the other: "ok", "timeout no prompt within 10 s".
outcomes()
{
	records "$1" router "select(.router == \"$2\") | \"\(.outcome) \(.reason // \"\")\""
}

# last_outcome_is FILE ROUTER PATTERN
last_outcome_is()
{
	outcomes "$1" "$2" | tail -n 1 | grep -qE "^$3"
}

# had_outcome FILE ROUTER PATTERN
had_outcome()
{
	outcomes "$1" "$2" | grep -qE "^$3"
}

# 99th percentile of how late probes left, us.
slip_p99()
{
	records "$1" probe '.slip_us // 0' | sort -n | awk '{ a[NR] = $1 } END { print a[int(NR * 0.99) + (NR > 0 && NR * 0.99 < 1)] + 0 }'
}
