#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2154,SC2317
# Security associations on this kernel, whatever it has of IPsec: who may see them, lost events, memory for keys, and
# real ones where there is ESP (tests/lab/sa.t brings a kernel that has it).
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/netns.sh"
need setpriv perl

out=$work/out
# watch COMMAND...: source_dump in the background, until its first dump is over or was refused
watch()
{
	: > "$out"
	background "$a" "$@" "$TOOLS/source_dump" -o link,xfrm > "$out" 2> "$work/err"
	wait_for 10 grep -q ' source .*name=xfrm state=' "$out"
}
enough()
{
	kill "$pid"
	wait "$pid" 2> /dev/null
}
state() { ip -n "$a" xfrm state "$@"; }
# place SPI: one that IKE would fill in; the kernel needs no ESP for that
place() { state allocspi src 192.0.2.1 dst 192.0.2.2 proto esp mode tunnel reqid 7 min "$1" max "$1"; }

host a
ip -n "$a" addr add 192.0.2.1/24 dev lo
ip -n "$a" addr add 2001:db8::1/64 dev lo
if ! place 0x1000 > /dev/null 2>&1; then
	watch env
	like "$(grep 'name=xfrm' "$out")" 'state=absent .*no IPsec' "without XFRM the source is absent"
	enough
	skip "this kernel has no XFRM" "the rest"
	done_testing
fi

# ---- who may see them
watch env
like "$(grep 'name=xfrm' "$out")" 'state=ok' "with CAP_NET_ADMIN it works"
is "$(grep -c ' sa ' "$out")" 0 "a place that IKE has not filled in is no SA"
# one mapping, as large as an answer of the kernel: not in core dumps (dd), empty in children (wf)
flags=$(awk '/^[0-9a-f]+-/ { size = 0 } /^Size:/ { size = $2 } /^VmFlags:/ && size == 32 { print }' "/proc/$pid/smaps" |
	grep -c ' wf .*dd\| dd .*wf')
is "$flags" 1 "what keys come through is in no core dump and no child"

# ---- events that come too fast
kill -STOP "$pid"
for ((i = 0; i < 20000; i++)); do
	echo "xfrm state allocspi src 192.0.2.1 dst 192.0.2.2 proto esp mode tunnel min $((0x10000 + i)) max $((0x10000 + i))"
	echo "xfrm state delete src 192.0.2.1 dst 192.0.2.2 proto esp spi $((0x10000 + i))"
done | ip -n "$a" -batch - > /dev/null
kill -CONT "$pid"
wait_for 20 grep -q ' source .*name=xfrm state=lost errno=105' "$out"
ok $? "events were lost, and it says so" || diag "$(tail -n 5 "$out")"
lost_then_ok() { sed -n '/state=lost/,$p' "$out" | grep -q 'name=xfrm state=ok'; }
wait_for 20 lost_then_ok
ok $? "all is read again"
like "$(grep ' notice ' "$out")" 'source=xfrm .*faster than they could' "a notice tells"
enough

watch setpriv --reuid 4242 --regid 4242 --clear-groups --bounding-set -all --inh-caps -all
like "$(grep 'name=xfrm' "$out")" 'state=denied errno=1 .*reason=.*CAP_NET_ADMIN' "without it that is said"
enough
if command -v strace > /dev/null; then
	in_host "$a" timeout 20 strace -qq -o /dev/null -e trace=socket -e inject=socket:error=EPROTONOSUPPORT \
		"$TOOLS/source_dump" -o xfrm -t 0.1 > "$out"
	like "$(grep 'name=xfrm' "$out")" 'state=absent errno=93 .*no IPsec' "a kernel without XFRM is told from that"
else
	skip "no strace" "a kernel without XFRM"
fi

# ---- the collector is no longer root then
in_host "$a" "$TUNWATCH" record --new --only link,xfrm --for 1s -o "$work/run.twr" > "$work/said" 2>&1
is $? 0 "the collector ran" || diag "$(cat "$work/said")"
is "$("$TUNWATCH" export --kind source "$work/run.twr" | jq -r 'select(.name == "xfrm") | .state' | xargs)" ok \
	"with no uid 0 and two capabilities it sees them"

# ---- real ones
key=8d3f0c5a71e29b64d7f01e3c5a9b2846cc17fe03
cbc="enc cbc(aes) 0x${key:0:32} auth-trunc hmac(sha1) 0x$key 96"
gcm="aead rfc4106(gcm(aes)) 0x$key 128"
# shellcheck disable=SC2086
if ! state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 1 mode tunnel $cbc 2> /dev/null; then
	skip "this kernel has no ESP (tests/lab/sa.t brings one)" "ESP on this kernel"
	done_testing
fi
# shellcheck disable=SC2086
state add src 2001:db8::2 dst 2001:db8::1 proto esp spi 2 mode transport if_id 9 $gcm
watch env
wait_for 5 grep -q ' sa .* dir=in' "$out"
like "$(grep ' sa .*spi=0x1 ' "$out")" \
	'event=new .*src=192.0.2.1 dst=192.0.2.2 proto=50 mode=tunnel .*enc=cbc.aes. auth=hmac.sha1. auth_bits=96' "one is shown"
like "$(grep ' sa .*spi=0x2 ' "$out" | tail -n 1)" \
	'mode=transport dir=in .*if_id=0x9 enc=rfc4106.gcm.aes.. auth_bits=128' "and another, by IPv6"
# holds_key FILE: as it is, in hexadecimal, or in base64 from any place on
holds_key()
{
	# shellcheck disable=SC2016
	perl -MMIME::Base64 -0777 -ne '
		my $raw = pack("H*", $ENV{KEY});
		my @forms = ($raw, $ENV{KEY}, uc $ENV{KEY}, map { substr(encode_base64(substr($raw, $_), ""), 0, 20) } 0 .. 2);
		for my $form (@forms) { exit 0 if index($_, $form) >= 0 } exit 1' "$1"
}
export KEY=${key:0:32}
in_host "$a" "$TUNWATCH" record --new --only link,xfrm --for 1s -o "$work/keys.twr" > "$work/said" 2>&1
is "$("$TUNWATCH" export --kind sa "$work/keys.twr" | jq -r .spi | sort | xargs)" "0x00000001 0x00000002" "a recording has both"
! holds_key "$work/keys.twr"
ok $? "and no key"
cp "$work/keys.twr" "$work/planted"
perl -MMIME::Base64 -e 'print encode_base64(pack("H*", $ENV{KEY}))' >> "$work/planted"
holds_key "$work/planted"
ok $? "which would be found"
state delete src 192.0.2.1 dst 192.0.2.2 proto esp spi 1
wait_for 5 grep -q ' sa .*event=delete spi=0x1 ' "$out"
ok $? "it goes"
state flush
wait_for 5 grep -q ' sa .*event=delete spi=0x2 ' "$out"
ok $? "and so does what is flushed"
enough
done_testing
