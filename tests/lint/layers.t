#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Includes follow the table of layers; the world is touched only where it may be.
. "$(dirname "$0")/../lib/tap.sh"
cd "$TOP" || exit 1

# what a layer may use: itself, and everything below it
declare -A uses=(
	[base]="base"
	[record]="base record"
	[recording]="base record recording"
	[model]="base record model"
	[decode]="base record decode"
	[source]="base record model decode source"
	[canvas]="base canvas"
	[table]="base table"
	[report]="base record model report"
	[view]="base record model canvas table view"
	[term]="base canvas term"
	[app]="base record recording model decode source canvas table report view term app"
)

# layer_of HEADER: which layer include/tunwatch/HEADER.h is the contract of
layer_of()
{
	case $1 in
	record_table) echo record ;;
	options) echo table ;;
	model_pmtu) echo model ;;
	decode_icmp) echo decode ;;
	*) echo "$1" ;;
	esac
}

# layer_check LAYER FILE...: print each include that the layer may not have
layer_check()
{
	local layer=$1 file kind name owner

	shift
	for file; do
		while IFS=/ read -r kind name; do
			owner=$kind
			[ "$kind" = tunwatch ] && owner=$(layer_of "${name%.h}")
			[ "$kind" = tunwatch ] || [ "$kind" = "$layer" ] || echo "$file: $kind/$name"
			[[ " ${uses[$layer]} " == *" $owner "* ]] || echo "$file: $kind/$name"
		done < <(sed -n 's/^#include "\(.*\)"$/\1/p' "$file")
	done
}

for layer in "${!uses[@]}"; do
	files=$(find "src/$layer" -name '*.[ch]')
	# shellcheck disable=SC2086
	is "$(layer_check "$layer" $files)" "" "src/$layer includes only what is below it"
done
for header in include/tunwatch/*.h; do
	layer=$(layer_of "$(basename "$header" .h)")
	[ -n "${uses[$layer]}" ]
	ok $? "$header belongs to a layer"
	is "$(layer_check "$layer" "$header")" "" "$header includes only what is below it"
	is "$(sed -n 's/^#include "\(.*\)"$/\1/p' "$header" | grep -v '^tunwatch/')" "" "$header includes only contracts"
done
known=" ${!uses[*]} "
for dir in src/*/; do
	dir=$(basename "$dir")
	[[ $known == *" $dir "* ]]
	ok $? "src/$dir is a layer"
done

# only_in WHERE PATTERN WHAT: an extended regular expression matches in these folders only
only_in()
{
	local where=$1 pattern=$2 what=$3

	is "$(grep -rnE --include='*.[ch]' "$pattern" src include | grep -vE "^src/($where)/" | head -5)" "" "$what"
}

only_in term '^#include <n?curses' "curses only in term"
only_in source '^#include <pcap' "libpcap only in source"
only_in 'decode|source' '^#include <libmnl' "libmnl only in decode and source"
only_in 'source|app' '^#include <event' "libevent only in source and app"
only_in 'decode|app' '^#include <confuse' "libconfuse only in decode and app"
# source: the child that resolves names gives its capabilities up
only_in 'app|source' '^#include <cap-ng' "libcap-ng only in app and source"
only_in 'report|decode|app' '^#include <jansson' "jansson only in report, decode and app"
only_in 'source|app' '(^|[^a-z_>.])(socket|sendto|sendmsg|recvmsg|recvfrom|bind|listen|accept4?|connect)\(' \
	"sockets only in source and app"
# term: how long an escape sequence may take
only_in 'source|app|term' '(^|[^a-z_])(clock_gettime|gettimeofday|time)\((NULL|CLOCK|&|id)' "clocks only where records are stamped"
only_in 'app' '(^|[^a-z_])(exit|printf|fprintf|puts|fputs|perror|err|warn)\(' "only app prints or ends the process"
done_testing
