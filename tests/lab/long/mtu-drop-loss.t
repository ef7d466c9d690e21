#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Scenario mtu-drop where packets are lost, too, in IPv4 and IPv6: see tests/lab/scenarios/mtu-drop.sh.
. "$(dirname "$0")/../../lib/tap.sh"
. "$(dirname "$0")/../lib/test.sh"
need_lab
for loss in 5 10; do
	lab mtu-drop "LOSS=$loss" FAMILY=46 && compare
done
done_testing
