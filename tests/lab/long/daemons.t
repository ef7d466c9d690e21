#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Scenario daemons: see tests/lab/scenarios/daemons.sh.
. "$(dirname "$0")/../../lib/tap.sh"
. "$(dirname "$0")/../lib/test.sh"
need_lab openvpn wireguard-go xl2tpd pppd
lab daemons && compare
done_testing
