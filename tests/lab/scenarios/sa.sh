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
# a slow guest shall not let it expire
ip netns exec hq sysctl -qw net.core.xfrm_acq_expires=600
state allocspi src $HQ dst $CLOUD proto esp mode tunnel reqid 7 min 0x1000 max 0x1000 > /dev/null
sa_list > "$OUT/first"
begin sa "$@"
sa_watched
t=$EPOCHREALTIME
state add $six proto esp spi 0x700 mode tunnel $GCM limit time-soft 2 limit time-hard 4
# what IKE does: a place first, then the SA
state update src $HQ dst $CLOUD proto esp spi 0x1000 reqid 7 mode tunnel $CBC
u=$EPOCHREALTIME
state update $six proto ah spi 0x601 mode transport auth-trunc 'hmac(sha256)' ${K16}0123456789abcdef0123456789abcdef 128 \
	limit time-soft 100
u=$u..$EPOCHREALTIME
state delete $six proto esp spi 0x603
wait_for 10 grep -qE '^[[:space:]]*hard 1' "$OUT/xfrm.txt"
python3 "$LAB/lib/memory.py" "$OUT/keys.txt" $TOOL > "$OUT/memory.txt"
want_told "$t" "$OUT/first"
want sa 0x00000601 soft_s=100
want sa-event 0x00000601 event=update "at=$u"
f=$EPOCHREALTIME
state flush proto esp
want_sas "$OUT/first" "" "$f..$EPOCHREALTIME" 0x00c00010 0x00c00011 0x00c00020 0x00c00021 0xd0000010 0xd0000011 \
	0xe0000010 0xe0000011 0xe0000020 0xe0000021
want sa 0x00001000 "gone=$f..$EPOCHREALTIME"
want_sas "$OUT/first" "" - 0x00000601 0x00000602
want sas all count=$(($(wc -l < "$OUT/first") + 2))
sleep 2
finish
