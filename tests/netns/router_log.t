#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2154,SC2317
# Logs of routers that arrive on this host: by syslog over UDP, and in a file that is rotated.
. "$(dirname "$0")/../lib/tap.sh"
need perl
. "$(dirname "$0")/../lib/netns.sh"
. "$(dirname "$0")/../lib/process.sh"
. "$(dirname "$0")/../lib/router.sh"

host near
host far
wire "$near" eth0 192.0.2.1/24 "$far" eth0 192.0.2.2/24
ip -n "$far" addr add 192.0.2.3/24 dev eth0
mkdir -m 777 "$work/rec"
file=$work/rec/log.twr
mkdir -m 755 "$work/log"
echo "2026/11/20 14:00:00: IP Tunnel[9] Up" > "$work/log/rtx"
cat > "$work/conf" << END
log wire { profile = yamaha-rtx listen = "192.0.2.1:514" from = 192.0.2.2 zone = "+09:00" }
log file { profile = yamaha-rtx file = $work/log/rtx zone = "+09:00" }
log none { profile = yamaha-rtx file = $work/log/none }
log port { profile = yamaha-rtx listen = "192.0.2.77:514" }
END
background "$near" "$TUNWATCH" record --new -n 0.2 -c "$work/conf" --only link,log -o "$file"
collector=$pid

# log_of NAME: meaning, tunnel, time
log_of()
{
	records "$file" log "select(.source == \"$1\") | \"\(.meaning) \(.name // \"-\") \(.at / 1000000 | floor | todate)\""
}

# told NAME PATTERN: the newest line is that
told()
{
	log_of "$1" | tail -n 1 | grep -qE "^$2"
}

# from ADDRESS TEXT: a datagram
from()
{
	# shellcheck disable=SC2016
	in_host "$far" perl -MIO::Socket::INET -e '
		my ($from, $text) = @ARGV;
		IO::Socket::INET->new(Proto => "udp", LocalAddr => $from, PeerAddr => "192.0.2.1:514")->send($text)' "$@"
}

wait_for 20 told file 'up TUNNEL\[9\] 2026-11-20T05:00:00'
ok $? "what the file held is told, with its own time" || diag "$(log_of file)"
is "$(records "$file" source 'select(.instance == "none") | "\(.state) \(.reason)"' | tail -n 1)" \
	"absent $work/log/none: No such file or directory" "a file that is not there is told"
like "$(records "$file" source 'select(.instance == "port") | "\(.state) \(.reason)"' | tail -n 1)" \
	'^(lost|denied) cannot listen on 192.0.2.77:514' "so is an address that is not ours"
from 192.0.2.2 '<190>IP Tunnel[1] Down'
wait_for 10 told wire 'down TUNNEL\[1\] '
ok $? "a message without a time"
at=$(seconds "$(log_of wire | tail -n 1 | cut -d' ' -f3)")
near "$at" "$(now)" 15 "is told with the time it came"
from 192.0.2.3 '<190>IP Tunnel[2] Up'
from 192.0.2.2 '<190>Nov 20 14:05:30 rtx IP Tunnel[3] Up'
wait_for 10 told wire 'up TUNNEL\[3\] 20..-11-20T05:05:30'
ok $? "a header's time is the sender's" || diag "$(log_of wire)"
is "$(log_of wire | wc -l)" 2 "another sender is not listened to"
from 192.0.2.2 '<190>1 2026-11-20T14:05:31+09:00 rtx - - - - IP Tunnel[4] Down'
wait_for 10 told wire 'down TUNNEL\[4\] 2026-11-20T05:05:31'
ok $? "and in the newer form"

echo "2026/11/20 14:01:00: IP Tunnel[9] Down" >> "$work/log/rtx"
wait_for 10 told file 'down TUNNEL\[9\] 2026-11-20T05:01:00'
ok $? "the file grows"
mv "$work/log/rtx" "$work/log/rtx.1"
echo "2026/11/20 14:02:00: IP Tunnel[9] Up" >> "$work/log/rtx.1"
wait_for 10 told file 'up TUNNEL\[9\] 2026-11-20T05:02:00'
ok $? "rotated, the old one is read to its end"
echo "2026/11/20 14:03:00: IP Tunnel[8] Up" > "$work/log/rtx"
wait_for 10 told file 'up TUNNEL\[8\] 2026-11-20T05:03:00'
ok $? "and then the new one"
: > "$work/log/rtx"
sleep 1
echo "Nov 20 14:04:00 192.168.100.1 IP Tunnel[8] Down" >> "$work/log/rtx"
wait_for 10 told file 'down TUNNEL\[8\] 20..-11-20T05:04:00'
ok $? "cut, it is read from its beginning; a daemon's header is left out"
is "$(log_of file | wc -l)" 5 "each line once"

# ---- a flood
# shellcheck disable=SC2016
in_host "$far" perl -MIO::Socket::INET -e '
	my $s = IO::Socket::INET->new(Proto => "udp", LocalAddr => "192.0.2.2", PeerAddr => "192.0.2.1:514");
	$s->send("<190>" . join("", map { chr(int(rand(256))) } 1 .. 1200)) for 1 .. 20000;'
flooded()
{
	records "$file" source 'select(.instance == "wire") | .reason' | grep -q '200 lines a second'
}
wait_for 10 flooded
ok $? "too many lines are told as such"
from 192.0.2.2 '<190>IP Tunnel[5] Up'
again()
{
	from 192.0.2.2 '<190>IP Tunnel[5] Up'
	told wire 'up TUNNEL\[5\]'
}
wait_for 20 again
ok $? "and it goes on behind them"
is "$(records "$file" gap .ticks | wc -l)" 0 "without a gap"
kill "$collector"
wait_for 10 gone "$collector"
done_testing
