#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Scenario mtu-drop in IPv6: see tests/lab/scenarios/mtu-drop.sh.
. "$(dirname "$0")/../../lib/tap.sh"
. "$(dirname "$0")/../lib/test.sh"
need_lab
lab mtu-drop FAMILY=6 && compare
done_testing
