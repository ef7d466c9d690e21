#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Scenario mtu-black-hole in IPv6: see tests/lab/scenarios/mtu-drop.sh.
. "$(dirname "$0")/../../lib/tap.sh"
. "$(dirname "$0")/../lib/test.sh"
need_lab
lab mtu-black-hole FAMILY=6 && compare
done_testing
