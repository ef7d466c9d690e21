#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# sa.sh [COMMAND...]: security associations of many kinds that come, change, expire, and go.
. "$LAB/lib/lab.sh"
. "$LAB/lib/sa.sh"
lab_up 5ms 0%
modprobe -a esp4 esp6 ah4 ah6 ipcomp6 2> /dev/null
tun_vti
tun_gre_ipsec
sa_pair $HQ $CLOUD 0xe0000010 tunnel "$CBC256" encap espinudp 4500 4500 0.0.0.0
sa_pair $HQ6 $CLOUD6 0xe0000020 tunnel "$GCM" if_id 9
state() { ip -n hq xfrm state "$@"; }
six="src $HQ6 dst $CLOUD6"
state add $six proto ah spi 0x601 mode transport auth-trunc 'hmac(sha256)' ${K16}0123456789abcdef0123456789abcdef 128
state add $six proto comp spi 0x602 mode tunnel comp deflate
state add $six proto esp spi 0x603 mode beet aead 'rfc4106(gcm(aes))' $KGCM 64
state allocspi src $HQ dst $CLOUD proto esp mode tunnel reqid 7 min 0x1000 max 0x1000 > /dev/null
sa_list > "$OUT/first"
begin sa "$@"
lately() { awk -v t=$EPOCHREALTIME 'BEGIN { printf "%.6f..%.6f", t - 1, t }'; }

t=$EPOCHREALTIME
state add $six proto esp spi 0x700 mode tunnel $GCM limit time-soft 2 limit time-hard 4
sa_list | grep '^0x00000700' > "$OUT/short"
born=$t..$EPOCHREALTIME
# what IKE does: a place first, then the SA
t=$EPOCHREALTIME
state update src $HQ dst $CLOUD proto esp spi 0x1000 reqid 7 mode tunnel $CBC
sa_list | grep '^0x00001000' > "$OUT/made"
want_sas "$OUT/made" "$t..$EPOCHREALTIME" ""
t=$EPOCHREALTIME
state delete $six proto esp spi 0x603
want_sas "$OUT/first" "" "$t..$EPOCHREALTIME" 0x00000603
wait_for 10 grep -qE '^[[:space:]]*hard 0' "$OUT/xfrm.txt"
want sa-event 0x00000700 event=soft-expire "at=$(lately)"
wait_for 10 grep -qE '^[[:space:]]*hard 1' "$OUT/xfrm.txt"
want sa-event 0x00000700 event=hard-expire "at=$(lately)"
want_sas "$OUT/short" "$born" "$(lately)"
python3 "$LAB/lib/memory.py" "$OUT/keys.txt" $TOOL > "$OUT/memory.txt"
t=$EPOCHREALTIME
state flush proto esp
want_sas "$OUT/first" "" "$t..$EPOCHREALTIME" 0x00c00010 0x00c00011 0x00c00020 0x00c00021 0xd0000010 0xd0000011 \
	0xe0000010 0xe0000011 0xe0000020 0xe0000021
want_sas "$OUT/first" "" - 0x00000601 0x00000602
want sas all count=$(($(wc -l < "$OUT/first") + 2))
sleep 2
finish
