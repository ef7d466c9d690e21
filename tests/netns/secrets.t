#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2154,SC2317
# A router's password, given by file, environment or command, is nowhere but on the wire: not in the recording, in no
# child's arguments or environment, not on the screen, and no longer in memory once it was sent.
. "$(dirname "$0")/../lib/tap.sh"
need perl
. "$(dirname "$0")/../lib/netns.sh"
. "$(dirname "$0")/../lib/process.sh"
. "$(dirname "$0")/../lib/router.sh"

host near
conf=$work/conf
mkdir -m 777 "$work/rec"
declare -A password=([file]=Fi1e-Pa55word [env]=Env-Pa55word [command]=C0mmand-Pa55word [pty]=Terminal-Pa55word)
# made of pieces: a whole one must not stand in the arguments of what prints it
printf '%s\n' "${password[file]}" > "$work/file"
printf '%s\n' "${password[pty]}" > "$work/pty"
printf '#!/bin/sh\nprintf "%%s-%%s\\n" C0mmand Pa55word\necho C0mmand-Pa55word >&2\n' > "$work/command"
chmod 600 "$work/file" "$work/pty"
chmod 755 "$work/command"
for name in file env command; do
	play "$near" $name yamaha -p "${password[$name]}"
	routers+=("$pid")
	case $name in
	file) how="password-file = $work/file" ;;
	env) how="password-env = TUNWATCH_SECRET" ;;
	command) how="password-command = { $work/command }" ;;
	esac
	echo "router $name { profile = yamaha-rtx host = 127.0.0.1 port = $port poll = 1 $how }" >> "$conf"
done
cat >> "$conf" << END
router pty { profile = yamaha-rtx poll = 1 password-file = $work/pty
	run = { sh, "-c", "env > $work/rec/pty.env; exec $work/play.sh" } }
END
# shellcheck disable=SC2016
# what it is told as an argument is this test's doing
printf '#!/bin/sh\nexec "%s" -p "$(printf Terminal-; printf Pa55word)" -\n' "$TOOLS/router_play" > "$work/play.sh"
chmod 755 "$work/play.sh"

screen_of()
{
	ip netns exec "$near" env TERM=xterm TUNWATCH_SECRET="${password[env]}" "$TOOLS/pty_run" -p "$work/first.pid" \
		"$TUNWATCH" -c "$conf" <> "$work/first.keys" > "$work/first.out" 2> "$work/first.err" &
	pid=$!
	children+=("$pid")
	disown "$pid"
}
mkfifo "$work/first.keys"
screen_of
all_ok()
{
	local name

	file=$(running_file "$near")
	[ -n "$file" ] || return 1
	for name in file env command pty; do
		last_outcome_is "$file" "$name" ok || return 1
	done
}
wait_for 40 all_ok
ok $? "all four are logged in to" || diag "$(for n in file env command pty; do outcomes "$file" $n | tail -n 1; done)"
type_keys first 4
wait_for 10 grep -aq command "$work/first.out"
collector=$(collectors "$near" | head -n 1)

# shapes PASSWORD: itself, in hexadecimal, in base64 at each of the three places it may begin at
shapes()
{
	# shellcheck disable=SC2016
	perl -MMIME::Base64 -e '
		my $p = shift;
		print "$p\n", unpack("H*", $p), "\n", uc unpack("H*", $p), "\n";
		for (0 .. 2) {
			my $b = encode_base64(("x" x $_) . $p, "");
			print substr($b, $_ ? 4 : 0, length($b) - 8), "\n";
		}' "$1"
}
for name in "${!password[@]}"; do
	shapes "${password[$name]}"
done > "$work/shapes"
is "$(wc -l < "$work/shapes")" 24 "six shapes of each are looked for"
printf 'x%s' "${password[file]}" | base64 | grep -qF -f "$work/shapes"
ok $? "and would be found"

is "$(grep -rlaF -f "$work/shapes" "$(dirname "$file")" 2> /dev/null)" "" "the session's directory holds none"
is "$("$TUNWATCH" export "$file" 2> /dev/null | grep -cF -f "$work/shapes")" 0 "nor does what is exported"
is "$(grep -caF -f "$work/shapes" "$work/first.out")" 0 "the screen shows none"
is "$(grep -caF -f "$work/shapes" "$work/first.err")" 0 "nor does a message"
is "$(for pid in $(of_host "$near"); do grep -laF -f "$work/shapes" "/proc/$pid/cmdline" "/proc/$pid/environ"; done)" "" \
	"no argument and no environment of ours does"
[ -s "$work/rec/pty.env" ] && ! grep -qF -f "$work/shapes" "$work/rec/pty.env"
ok $? "nor the environment of a child"

# in_memory PID PASSWORD: how often it is found
in_memory()
{
	# shellcheck disable=SC2016
	perl -e '
		my ($pid, $want) = @ARGV;
		open(my $maps, "<", "/proc/$pid/maps") or die; open(my $mem, "<:raw", "/proc/$pid/mem") or die;
		my $n = 0;
		while (<$maps>) {
			next unless /^([0-9a-f]+)-([0-9a-f]+) r/ && !/\[v/;
			my ($from, $to) = (hex $1, hex $2);
			next if $to - $from > 1 << 28;
			sysseek($mem, $from, 0) and defined sysread($mem, my $data, $to - $from) or next;
			$n++ while $data =~ /\Q$want\E/g;
		}
		print "$n\n";' "$1" "$2"
}
is "$(in_memory "$collector" "${password[file]}")" 0 "the one from a file is no longer in memory"
is "$(in_memory "$collector" "${password[command]}")" 0 "nor the one from a command"
is "$(in_memory "$collector" "${password[pty]}")" 0 "nor the one typed to a program"
is "$(in_memory "$collector" "${password[env]}")" 1 "the one from the environment is there once"
for pid in $(of_host "$near"); do
	[ "$pid" = "$collector" ] || in_memory "$pid" "${password[env]}"
done > "$work/others"
is "$(sort -u "$work/others")" 0 "and in no other process of ours"
in_host "$near" "$TUNWATCH" stop > /dev/null

# ---- files that are not safe

# refused FILE PATTERN NAME
refused()
{
	echo "router r { profile = yamaha-rtx host = 192.0.2.9 password-file = $1 }" > "$conf.bad"
	said=$(in_host "$near" timeout 20 "$TUNWATCH" record --new -c "$conf.bad" --for 0.2s -o "$work/rec/bad.twr" 2>&1)
	is $? 78 "$3 is refused"
	like "$said" "$conf.bad:[12]: .*$2" "and it says why"
}
cp "$work/file" "$work/open"
chmod 644 "$work/open"
refused "$work/open" 'can be read by others .mode 0644.; chmod 600' "a password file with mode 0644"
ln -s "$work/file" "$work/link"
refused "$work/link" 'symbolic link' "a symbolic link"
mkfifo -m 600 "$work/fifo"
refused "$work/fifo" 'not a regular file' "a pipe"
cp -p "$work/file" "$work/others-file"
chown nobody "$work/others-file"
refused "$work/others-file" 'must be yours' "somebody else's file"
refused "$work/none" 'cannot open' "a file that is not there"
echo "router r { profile = yamaha-rtx host = 192.0.2.9 password-env = TUNWATCH_NONE }" > "$conf.bad"
said=$(in_host "$near" timeout 20 "$TUNWATCH" record --new -c "$conf.bad" --for 0.2s -o "$work/rec/bad.twr" 2>&1)
is $? 78 "a variable that is not set is refused"
like "$said" 'TUNWATCH_NONE, which should hold the password of router r, is not set' "and named"
done_testing
