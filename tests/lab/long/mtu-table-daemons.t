#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Path MTUs of tunnels that processes keep: see tests/lab/scenarios/mtu-table.sh.
. "$(dirname "$0")/../../lib/tap.sh"
. "$(dirname "$0")/../lib/test.sh"
need_lab openvpn wireguard-go xl2tpd pppd
export LAB_TIMEOUT=560
lab mtu-table SET=daemons && compare
lab mtu-table SET=daemons FAMILY=6 && compare
done_testing
