#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# loss.sh [COMMAND...]: for LONG (30) s every 7th echo request of vti1 is dropped at the far end after it was
# decrypted, and a random 10 % of those of vti2; rules of the far end count what they drop. No witness disturbs them.
. "$LAB/lib/lab.sh"
lab_up 5ms 0%
tun_vti
# the rules count every echo request, and not every large one that is lost has a record
configure <<< "mtu-period = 0"
begin loss "$@"
rule1=(-i vti1 -p icmp --icmp-type echo-request -m statistic --mode nth --every 7 --packet 0)
rule2=(-i vti2 -p icmp --icmp-type echo-request -m statistic --mode random --probability "${LOSS:-0.1}")
sleep "${CALM:-10}"
drop_exactly cloud INPUT "${rule1[@]}"
sleep 0.5
from=$EPOCHREALTIME
sleep "${LONG:-30}"
to=$EPOCHREALTIME
lost1=$(undrop_exactly cloud INPUT "${rule1[@]}")
drop_exactly cloud INPUT "${rule2[@]}"
sleep 0.5
from2=$EPOCHREALTIME
sleep "${LONG:-30}"
to2=$EPOCHREALTIME
lost2=$(undrop_exactly cloud INPUT "${rule2[@]}")
sleep 4	# the last fates are known
want lost vti1 "lost=$lost1"
want lost vti2 "lost=$lost2"
want loss vti2 p="${LOSS:-0.1}" "from=$from2" "to=$to2"
want state vti1 state=degraded 'reason=loss [0-9.]+ %'
count_outages vti1 vti2
finish
