#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Without CAP_NET_RAW: ping sockets where they are allowed, and a plain word where they are not.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/probe.sh"
need_root
need ip setpriv

new_ns near
: "${near:?}"
far_end "$near" 5 45 10.201.0.2=delay:1500 10.201.0.3=dup:1 10.201.0.4=unreach:1 2001:db8:1::12=unreach:1

# unprivileged NS ARGUMENTS...
unprivileged()
{
	local ns=$1

	shift
	in_ns "$ns" setpriv --bounding-set -all --inh-caps -all --reuid 65534 --regid 65534 --clear-groups \
		"$probe_dir/probe_run" "$@" > "$probe_dir/out" 2>&1
}
cp "$TOOLS/probe_run" "$probe_dir"
chmod 755 "$probe_dir" "$probe_dir/probe_run"

in_ns "$near" sysctl -qw net.ipv4.ping_group_range="1 0"
unprivileged "$near" -t 0.5 10.201.0.1
like "$(grep ^source "$probe_dir/out")" '^source denied .*CAP_NET_RAW.*ping_group_range' "denied, and how to mend it"
is "$(grep -c outcome= "$probe_dir/out")" 0 "nothing is said about the target"

in_ns "$near" sysctl -qw net.ipv4.ping_group_range="0 65534"
unprivileged "$near" -t 3 10.201.0.1+4 2001:db8:1::11+2 10.201.0.9,mark=7 10.201.0.10,tos=184
like "$(grep ^source "$probe_dir/out")" '^source ok without CAP_NET_RAW' "ping sockets are used, and said"
is "$(outcomes 0)" reply "reply"
like "$(awk '$2 == 0' "$probe_dir/out")" 'rtt_ns=[0-9]{7,8} ' "with a round-trip time"
like "$(outcomes 1)" "^late (reply )?timeout\$" "late"
is "$(outcomes 2)" "duplicate reply" "duplicate"
is "$(outcomes 3)" unreachable "unreachable"
is "$(outcomes 4)-$(outcomes 5)" reply-unreachable "IPv6"
is "$(outcomes 6)" "" "a target that needs a mark is left alone"
is "$(outcomes 7)" reply "TOS needs no privilege"
one_fate "each probe has one fate"
done_testing
