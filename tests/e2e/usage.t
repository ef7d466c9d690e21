#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What is wrong on the command line or in a file is said on standard error, with the exit status that belongs to it.
. "$(dirname "$0")/../lib/tap.sh"

work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
export XDG_CONFIG_HOME=$work XDG_STATE_HOME=$work HOME=$work
chmod 755 "$work"

# refused STATUS REGEX ARGUMENT...: exits so, says so on standard error alone
refused()
{
	local want=$1 regex=$2 out

	shift 2
	out=$("$TUNWATCH" "$@" 2> "$work/err" < /dev/null)
	is "$?" "$want" "exit status of: $*"
	like "$(cat "$work/err")" "^tunwatch: .*$regex" "message of: $*"
	is "$out" "" "nothing on standard output of: $*"
}

refused 64 "did you mean --interval" --intervall 3
refused 64 "did you mean check" chek
refused 64 "tunwatch replay move.twr" move.twr
refused 64 "from 0.1 to 60" check -n 0
refused 64 "needs a value" check -n
refused 64 "check does not take the option --kind" check --kind link
refused 64 "takes no arguments" check extra
refused 64 "takes no arguments" list extra
refused 64 "report needs a recording" report
refused 64 "must be one of text, md, json" report x --format xml
refused 64 "there is no source nosuch" record -o "$work/r.twr" --only nosuch
refused 64 "no such command" help nosuch
refused 64 "needs a profile and a transcript" router-test yamaha-rtx
refused 64 "router-test does not take the option --kind" router-test --kind link
refused 66 "cannot open" report "$work/absent.twr"
refused 66 "absent.conf" check -c "$work/absent.conf"
refused 65 "not a recording" report /etc/passwd
refused 65 "director" report /
refused 69 "no interface matches -i nosuch\*" list -i 'nosuch*'
refused 73 "cannot create" report /etc/passwd -o "$work/absent/out"

printf 'interval = 1\n\ntunnel a {\n\tifname = vti1\n\tmtu = 12\n}\n' > "$work/bad.conf"
refused 78 "bad.conf:5: mtu must be a whole number, from 68 to 65535, not '12'" check -c "$work/bad.conf"
cp "$work/bad.conf" "$work/tunwatch.conf"
refused 78 "tunwatch.conf:5: mtu" list
refused 66 "not a regular file" check -c /dev/null
printf 'tunnel lac {\n\tifname = ppp0\n\tframing = l2tp\n}\n' > "$work/bad.conf"
refused 78 "bad.conf:3: framing must be one of l2tpv2, l2tpv2-length, .*, wireguard, not 'l2tp'" check -c "$work/bad.conf"

# help works whatever the configuration says
for command in live attach stop record replay report export check list router-test help; do
	out=$("$TUNWATCH" help "$command" 2> "$work/err")
	is "$? $(cat "$work/err")" "0 " "help $command exits 0"
	like "$out" "Usage: tunwatch" "help $command"
	[ "$command" = help ] || is "$("$TUNWATCH" "$command" --help)" "$out" "$command --help says the same"
	is "$(awk 'length > 80' <<< "$out")" "" "help $command fits 80 columns"
done
like "$("$TUNWATCH" --version)" '^tunwatch [0-9.]+$' "the version"
out=$("$TUNWATCH" --help)
like "$out" "check .*verdict" "help names the commands"
is "$(awk 'length > 80' <<< "$out")" "" "help fits 80 columns"

rm "$work/tunwatch.conf"
out=$("$TUNWATCH" check -i 'nosuch*' 2> "$work/err")
is "$?" 3 "check of an interface that does not exist is UNKNOWN"
like "$out" "^TUNWATCH UNKNOWN - no interface matches -i nosuch\*; there are: " "and says what there is"
out=$("$TUNWATCH" check --json -i 'nosuch*' 2> "$work/err")
is "$?" 3 "as JSON too"
like "$out" '"status": "UNKNOWN"' "with the status"
printf 'hook { on = { down }  run = { "/bin/true" } }\nline up { target = gateway }\n' > "$work/hook.conf"
out=$("$TUNWATCH" list -c "$work/hook.conf" 2> "$work/err")
is "$?" 0 "a section for later versions is accepted"
like "$(cat "$work/err")" "hook.conf:1: version [0-9.]+ does not use hook sections yet; ignored" "and said to be ignored"
like "$out" "line up" "list keeps what is configured"
printf '%s\n' "$out" > "$work/again.conf"
"$TUNWATCH" list -c "$work/again.conf" > "$work/out" 2> "$work/err"
is "$? $(cat "$work/err")" "0 " "what list prints is a configuration"
is "$(cat "$work/out")" "$out" "that lists the same"
cat > "$work/router.conf" <<- 'END'
	router rtx { profile = vtysh }
	tunnel branch { peer = 192.0.2.9  router = rtx  remote-name = "TUNNEL[1]" }
END
out=$("$TUNWATCH" list -c "$work/router.conf" 2> "$work/err")
like "$out" "# router = 'rtx' +remote-name = 'TUNNEL\[1\]'" "list says whose tunnel it is"
printf '%s\n' "$out" > "$work/again.conf"
"$TUNWATCH" list -c "$work/again.conf" > "$work/out" 2> "$work/err"
is "$? $(cat "$work/err")" "0 " "and that is a configuration too"
printf 'tunnel lac { ifname = ppp77  outer = 192.0.2.9  framing = l2tpv2 }\n' > "$work/framing.conf"
out=$("$TUNWATCH" list -c "$work/framing.conf" 2> "$work/err")
like "$out" "framing = 'l2tpv2'" "list keeps what a tunnel's packets are in"
printf '%s\n' "$out" > "$work/again.conf"
is "$("$TUNWATCH" list -c "$work/again.conf")" "$out" "and reads it again"
"$TUNWATCH" help > /dev/full 2> "$work/err"
is "$?" 74 "a full disk is noticed"
done_testing
