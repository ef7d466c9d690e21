#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Scenario mtu-black-hole: see tests/lab/scenarios/mtu-black-hole.sh.
. "$(dirname "$0")/../../lib/tap.sh"
. "$(dirname "$0")/../lib/test.sh"
need_lab
lab mtu-black-hole && compare
done_testing
