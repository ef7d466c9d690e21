#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Real output of routers, which is not ours to distribute: file by file what a reader of it would count. Folder
# $TUNWATCH_SAMPLES, or the one beside the checkout, with samples quoted from public documents; beside it those captured.
. "$(dirname "$0")/../lib/tap.sh"

export TUNWATCH_PROFILES=$TOP/contrib/profiles
public=${TUNWATCH_SAMPLES:-$TOP/../shared/routers/public}
captured=$(dirname "$public")/captured
[ -d "$public" ] || skip_all "no folder of samples: TUNWATCH_SAMPLES names none, and there is none beside the checkout"
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

# FILE PROFILE COMMAND=RECORDS..., or - and why nothing is expected
table()
{
	cat << 'END'
public/cisco-ios-show-crypto-ipsec-sa cisco-ios - not asked
public/cisco-ios-show-crypto-isakmp-sa cisco-ios - IKE SAs: of no tunnel
public/cisco-ios-show-crypto-session-detail-ikev2 cisco-ios sa=2
public/cisco-ios-show-crypto-session-detail cisco-ios sa=2
public/cisco-ios-show-interfaces-tunnel cisco-ios tunnel=1
public/cisco-ios-show-ip-bgp-neighbors cisco-ios bgp-detail=1
public/cisco-ios-show-ip-bgp-summary-all cisco-ios bgp=3
public/cisco-ios-show-ip-bgp-summary-aws cisco-ios bgp=2
public/cisco-ios-show-ip-bgp-summary-with-dot-peer-as cisco-ios bgp=4
public/cisco-ios-show-ip-bgp-summary-with-dot cisco-ios bgp=1
public/cisco-ios-show-ip-bgp-summary cisco-ios bgp=10
public/cisco-ios-telnet-first-bytes cisco-ios - bytes of a login
public/cisco-iosxe-show-bgp-all-neighbors-idle cisco-ios bgp-detail=8
public/cisco-iosxe-show-bgp-summary-ipv6-wrapped cisco-ios bgp=1
public/cisco-iosxe-show-ip-bgp-neighbors-5 cisco-ios bgp-detail=1
public/cisco-iosxe-show-ip-bgp-vpnv4-vrf-summary-idle cisco-ios bgp=1
public/cisco-pager-erase-variants cisco-ios - bytes of a pager
public/juniper-show-bgp-neighbor-aws junos bgp-detail=1
public/juniper-show-bgp-neighbor-genie junos bgp-detail=19
public/juniper-show-bgp-summary-aws junos bgp=2
public/juniper-show-bgp-summary-genie1 junos bgp=19
public/juniper-show-bgp-summary-genie2 junos bgp=2
public/juniper-show-bgp-summary-instance junos bgp=1
public/juniper-show-bgp-summary-ntc junos bgp=6
public/juniper-show-interfaces-st0 junos - not asked
public/juniper-show-security-ike-sa junos - IKE SAs: of no tunnel
public/juniper-show-security-ipsec-sa junos sa=4
public/juniper-telnet-session-mock junos - bytes of a login
public/nec-ix-prompts-and-errors nec-ix - prompts
public/nec-ix-show-ike-ipsec-sa nec-ix sa=3
public/nec-ix-show-ip-bgp-summary-handedited nec-ix bgp=1
public/yamaha-log-lines-quoted-from-yamaha yamaha-rtx log=16
public/yamaha-pager-ja-show-status-dhcp yamaha-rtx - bytes of a pager
public/yamaha-rtx1100-show-log-reverse yamaha-rtx log=26
public/yamaha-rtx1100-show-status-ja yamaha-rtx tunnel=1
public/yamaha-rtx1200-show-environment yamaha-rtx environment=1
public/yamaha-rtx1200-show-ipsec-sa yamaha-rtx sa=2
public/yamaha-rtx1210-telnet-login-administrator yamaha-rtx - bytes of a login
public/yamaha-rtx1210-telnet-login-expect yamaha-rtx - bytes of a login
public/yamaha-rtx1300-show-log yamaha-rtx log=15
public/yamaha-rtx830-serial-login-username yamaha-rtx - a login
public/yamaha-rtx830-telnet-login yamaha-rtx - bytes of a login
public/yamaha-show-ip-route-bgp yamaha-rtx - not asked
public/yamaha-show-ip-route yamaha-rtx - not asked
public/yamaha-show-ipsec-sa-and-tunnel-ja yamaha-rtx tunnel=1 sa=4
public/yamaha-show-ipsec-sa-gateway-detail-en yamaha-rtx - not asked
public/yamaha-show-ipsec-sa-gateway-en yamaha-rtx - not asked
public/yamaha-show-ipsec-sa-ikev2-reflowed yamaha-rtx sa=2
public/yamaha-show-status-bgp-neighbor-advertised-routes yamaha-rtx - not asked
public/yamaha-show-status-bgp-neighbor-en-active yamaha-rtx bgp=2
public/yamaha-show-status-tunnel-en-keepalive yamaha-rtx tunnel=1
public/yamaha-show-status-tunnel-en-mtu-keepalive-reflowed yamaha-rtx tunnel=1
public/yamaha-show-status-tunnel-en-online yamaha-rtx tunnel=1
captured/bird2-control-socket-raw frr-vty - BIRD: no profile
captured/bird2-show-protocols-all-disabled frr-vty - BIRD: no profile
captured/bird2-show-protocols-all-remote-shutdown frr-vty - BIRD: no profile
captured/bird2-show-protocols-all-tun1 frr-vty - BIRD: no profile
captured/bird2-show-protocols-all frr-vty - BIRD: no profile
captured/bird2-show-protocols frr-vty - BIRD: no profile
captured/bird2-show-status frr-vty - BIRD: no profile
captured/frr104-show-bgp-neighbors-json-mixed frr-vty bgp-detail=8
captured/frr104-show-bgp-neighbors-text-mixed frr-vty bgp-detail=8
captured/frr104-show-bgp-summary-failed-json frr-vty - not understood
captured/frr104-show-bgp-summary-json-as-notation-dotplus frr-vty bgp=2
captured/frr104-show-bgp-summary-json-mixed frr-vty bgp=8
captured/frr104-show-bgp-summary-text-as-notation-dotplus frr-vty bgp=2
captured/frr104-show-bgp-summary-text-mixed frr-vty bgp=8
captured/frr104-show-bgp-vrf-all-summary-json frr-vty bgp=8
captured/frr104-telnet2605-login frr-vty - bytes of a session
captured/frr104-vtysh-error-no-such-neighbor frr-vty - nothing
captured/frr104-vtysh-error-unknown-command frr-vty - an error
captured/frr84-bgpd-log-lines frr-vty - BGP log: not read
captured/frr84-show-bgp-neighbors-json-after-holdtimer frr-vty bgp-detail=1
captured/frr84-show-bgp-neighbors-json-maxprefix frr-vty bgp-detail=1
captured/frr84-show-bgp-neighbors-json-mixed frr-vty bgp-detail=10
captured/frr84-show-bgp-neighbors-json-no-instance frr-vty - absent
captured/frr84-show-bgp-neighbors-json-on-shutdown-side frr-vty bgp-detail=1
captured/frr84-show-bgp-neighbors-json-remote-killed frr-vty bgp-detail=1
captured/frr84-show-bgp-neighbors-json-remote-shutdown frr-vty bgp-detail=1
captured/frr84-show-bgp-neighbors-text-mixed frr-vty bgp-detail=10
captured/frr84-show-bgp-neighbors-text-remote-shutdown frr-vty bgp-detail=1
captured/frr84-show-bgp-summary-established-json frr-vty bgp=3
captured/frr84-show-bgp-summary-failed-json frr-vty - not understood
captured/frr84-show-bgp-summary-failed-text frr-vty - another table
captured/frr84-show-bgp-summary-json-after-holdtimer frr-vty bgp=10
captured/frr84-show-bgp-summary-json-invalid-utf8-desc frr-vty bgp=12
captured/frr84-show-bgp-summary-json-long-ipv6 frr-vty bgp=11
captured/frr84-show-bgp-summary-json-maxprefix frr-vty bgp=10
captured/frr84-show-bgp-summary-json-mixed frr-vty bgp=10
captured/frr84-show-bgp-summary-json-no-instance frr-vty - absent
captured/frr84-show-bgp-summary-json-no-neighbors frr-vty - nothing
captured/frr84-show-bgp-summary-json-on-shutdown-side frr-vty bgp=3
captured/frr84-show-bgp-summary-terse-text frr-vty bgp=10
captured/frr84-show-bgp-summary-text-after-holdtimer frr-vty bgp=10
captured/frr84-show-bgp-summary-text-long-ipv6 frr-vty bgp=11
captured/frr84-show-bgp-summary-text-maxprefix frr-vty bgp=10
captured/frr84-show-bgp-summary-text-mixed frr-vty bgp=10
captured/frr84-show-bgp-summary-text-no-instance frr-vty - absent
captured/frr84-show-bgp-summary-text-no-neighbors frr-vty - nothing
captured/frr84-show-bgp-summary-text-on-shutdown-side frr-vty bgp=3
captured/frr84-show-bgp-summary-wide-text frr-vty - not understood
captured/frr84-show-bgp-vrf-all-summary-json frr-vty bgp=10
captured/frr84-show-bgp-vrfs-json frr-vty - not asked
captured/frr84-show-ip-bgp-summary-json-mixed frr-vty bgp=10
captured/frr84-show-ip-bgp-summary-text-mixed frr-vty bgp=10
captured/frr84-telnet2605-access-class-deny frr-vty - bytes of a session
captured/frr84-telnet2605-bad-password frr-vty - bytes of a session
captured/frr84-telnet2605-cr-only frr-vty - bytes of a session
captured/frr84-telnet2605-enable-and-errors frr-vty - bytes of a session
captured/frr84-telnet2605-idle-timeout frr-vty - bytes of a session
captured/frr84-telnet2605-json frr-vty - bytes of a session
captured/frr84-telnet2605-login-terminal-length-0 frr-vty - bytes of a session
captured/frr84-telnet2605-no-naws frr-vty - bytes of a session
captured/frr84-telnet2605-no-password-set frr-vty - bytes of a session
captured/frr84-telnet2605-pager frr-vty - bytes of a session
captured/frr84-timeline-clear frr-vty - states over time
captured/frr84-timeline-holdtimer frr-vty - states over time
captured/frr84-timeline-link-restored frr-vty - states over time
captured/frr84-timeline-local-shutdown frr-vty - states over time
captured/frr84-timeline-maxprefix frr-vty - states over time
captured/frr84-timeline-remote-killed frr-vty - states over time
captured/frr84-timeline-remote-shutdown frr-vty - states over time
captured/frr84-unix-socket-raw frr-vty - bytes of a socket
captured/frr84-vtysh-error-bad-vrf frr-vty - absent
captured/frr84-vtysh-error-bgpd-down-zebra-up frr-vty - an error
captured/frr84-vtysh-error-bgpd-not-running frr-vty - an error
captured/frr84-vtysh-error-no-daemons frr-vty - an error
captured/frr84-vtysh-error-no-such-neighbor frr-vty - nothing
captured/frr84-vtysh-error-unknown-command frr-vty - an error
captured/frr84-vtysh-error-unpriv-user frr-vty - an error
captured/frr84-vtysh-frrvty-group frr-vty bgp=3
captured/frr84-vtysh-hung-daemon frr-vty - an error
captured/frr84-vtysh-two-commands frr-vty bgp=1 bgp-detail=1
captured/inetutils-telnetd-accept frr-vty - bytes of a session
captured/inetutils-telnetd-refuse frr-vty - bytes of a session
captured/inetutils-telnetd-silent frr-vty - bytes of a session
captured/inetutils-telnetd-vtysh-80x24 frr-vty - bytes of a session
END
}

# count PROFILE FILE: COMMAND=RECORDS of what is seen, in the order of the profile
count()
{
	"$TUNWATCH" router-test "$1" "$2" 2> "$work/err" | sed 's/^{"command":"\([a-z-]*\)".*/\1/' | uniq -c |
		awk '{ printf "%s%s=%s", (NR > 1 ? " " : ""), $2, $1 }'
}

while read -r name profile want; do
	file=$(dirname "$public")/$name.txt
	[[ $name == public/* ]] && file=$public/${name#public/}.txt
	if [ ! -e "$file" ]; then
		skip "there is no such file" "$name"
		continue
	fi
	is "$(count "$profile" "$file")" "$([[ $want == -* ]] || echo "$want")" "$name: $want"
	case $want in
	"- not understood") like "$(cat "$work/err")" "not understood|nothing in it" "$name: and that is told" ;;
	-* | *" "*) ;;
	*) is "$(grep -v experimental "$work/err")" "" "$name: all of it is understood" ;;
	esac
done < <(table)

# each file is classified
is "$(cd "$public" && for f in *.txt; do table | grep -qF "public/${f%.txt} " || echo "$f"; done)" "" \
	"every public sample is in the table"
if [ -d "$captured" ]; then
	is "$(cd "$captured" && for f in *.txt; do table | grep -qF "captured/${f%.txt} " || echo "$f"; done)" "" \
		"every captured one is"
fi
done_testing
