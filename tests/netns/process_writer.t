#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The writer and its files: rotation, a writer that hangs, a full disk, a pipe.
. "$(dirname "$0")/../lib/tap.sh"
. "$TOP/tests/lib/netns.sh"
. "$TOP/tests/lib/process.sh"

host a
host b
# shellcheck disable=SC2154
wire "$a" eth0 198.51.100.1/24 "$b" eth0 198.51.100.2/24
for ((i = 1; i <= 24; i++)); do
	vxlan "$a" "vx$i" "$i" 198.51.100.1 198.51.100.2 "10.7.$i.1/30"
	vxlan "$b" "vx$i" "$i" 198.51.100.2 198.51.100.1 "10.7.$i.2/30"
done

# begin FILE OPTIONS...: record in the background; $collector and $writer
begin()
{
	local file=$1

	shift
	background "$a" "$TUNWATCH" record -o "$file" "$@"
	collector=$pid
	disown "$pid"
	wait_for 5 test -s "$file"
	writer=$(child_of "$collector")
}

finish()
{
	kill "$collector"
	wait_for 10 gone "$collector" && wait_for 5 gone "$writer"
}

# cpu_of PID: clock ticks used.
cpu_of()
{
	awk '{ print $14 + $15 }' "/proc/$1/stat"
}

# shellcheck disable=SC2317
busier_than()
{
	[ "$(cpu_of "$2")" -gt "$1" ]
}

# export FILE KIND: its records of that kind
export_kind()
{
	"$TUNWATCH" export --format jsonl --kind "$2" "$1"
}

# ---- rotation; the live model's hashes against those of the parts folded
mkdir -m 777 "$work/r"
begin "$work/r/x.twr" -n 0.1 --rotate-size 64K --hashes "$work/hashes"
wait_for 60 test -s "$work/r/x.2.twr"
ok $? "a part ends at its size"
finish
ok $? "record ends on SIGTERM"
size=$(stat -c %s "$work/r/x.twr")
[ "$size" -ge 65536 ] && [ "$size" -lt 100000 ]
ok $? "and not much later"
"$TOOLS/model_hash" "$work/r/x.twr" "$work/r/x.1.twr" "$work/r/x.2.twr" > "$work/folded"
is "$(wc -l < "$work/folded")" "$(wc -l < "$work/hashes")" "no tick is missing between parts"
cmp -s "$work/folded" "$work/hashes"
ok $? "the folded parts are the live model, tick by tick"
is "$(export_kind "$work/r/x.1.twr" carry | wc -l)" 24 "the second part says what each row had behind it"
is "$(stat -c '%U %a' "$work/r/x.1.twr")" "$(stat -c '%U %a' "$work/r/x.twr")" "parts belong to the same user"

# ---- a writer that hangs for a while
begin "$work/hang.twr" -n 0.5
wait_for 10 more_ticks_than 3 "$work/hang.twr"
n=$(ticks "$work/hang.twr")
kill -STOP "$writer"
sleep "${WRITER_HANGS:-5}"
kill -CONT "$writer"
wait_for 5 more_ticks_than $((n + 8)) "$work/hang.twr"
ok $? "what was queued is written"
finish
# a gap that the collector itself was not run for, on a host that is too busy, is another matter
is "$(export_kind "$work/hang.twr" gap | jq -r .reason | grep -v suspend)" "" "nothing is missing"
p99=$(export_kind "$work/hang.twr" probe | jq -s 'map(.slip_us // 0) | sort | .[length * 99 / 100 | floor]')
[ -n "$p99" ] && [ "$p99" -lt 100000 ]
ok $? "probes left on time all the while" || diag "p99 of slip_us: $p99"
[ "$(export_kind "$work/hang.twr" probe | wc -l)" -gt 200 ]
ok $? "and there were many"

# ---- a disk that is full for a while
mkdir "$work/disk"
mount -t tmpfs -o size=512k,mode=777 tmpfs "$work/disk"
begin "$work/disk/x.twr" -n 0.1
wait_for 10 more_ticks_than 3 "$work/disk/x.twr"
dd if=/dev/zero of="$work/disk/fill" bs=1k count=400 status=none
dd if=/dev/zero of="$work/disk/fill" bs=1k count=400 seek=400 status=none 2> /dev/null
before=$(stat -c %s "$work/disk/x.twr")
sleep 1.5
is "$(stat -c %s "$work/disk/x.twr")" "$before" "a full disk pauses the recording"
gone "$collector"
is $? 1 "the collector goes on"
n=$(ticks "$work/disk/x.twr")
rm "$work/disk/fill"
wait_for 5 more_ticks_than $((n + 3)) "$work/disk/x.twr"
ok $? "with room again it goes on"
finish
export_kind "$work/disk/x.twr" gap > "$work/gaps"
is "$(jq -r .reason "$work/gaps" | sort -u)" disk-full "the gap is in the file"
is "$(wc -l < "$work/gaps")" 1 "once"
ticks_lost=$(jq -s 'map(.ticks) | add' "$work/gaps")
[ "$ticks_lost" -ge 8 ] && [ "$ticks_lost" -le 40 ]
ok $? "with the number of ticks" || diag "$ticks_lost"
umount "$work/disk"

# ---- a pipe whose reader leaves, and one whose reader hangs
in_host "$a" timeout 20 "$TUNWATCH" record -n 0.1 -o - | head -c 20000 > "$work/piped.twr"
is "${PIPESTATUS[0]}" 0 "record ends when its reader leaves"
[ "$(ticks "$work/piped.twr")" -gt 3 ]
ok $? "and what came through is a recording"
mkfifo "$work/fifo"
in_host "$a" "$TUNWATCH" record -n 0.1 -o - > "$work/fifo" &
collector=$!
children+=("$collector")
disown "$collector"
exec 7< "$work/fifo"
wait_for 5 has_collectors "$a" 1
collector=$(collectors "$a")
writer=$(child_of "$collector")
wait_for 30 grep -q pipe "/proc/$writer/wchan"
ok $? "a reader that hangs stops the writer"
before=$(cpu_of "$collector")
wait_for 5 busier_than "$before" "$collector"
ok $? "but not the collector"
kill "$collector"
cat <&7 > "$work/late.twr"
wait_for 10 gone "$collector"
ok $? "it ends when told"
[ "$(ticks "$work/late.twr")" -gt 10 ]
ok $? "what the reader had not taken comes late"
exec 7<&-
done_testing
