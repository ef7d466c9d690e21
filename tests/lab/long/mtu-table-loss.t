#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Path MTUs where packets are lost, too: see tests/lab/scenarios/mtu-table.sh.
. "$(dirname "$0")/../../lib/tap.sh"
. "$(dirname "$0")/../lib/test.sh"
need_lab
export LAB_TIMEOUT=560
for loss in 5 10; do
	lab mtu-table "LOSS=$loss" ROWS=vti1,gre1,ds0 && compare
done
done_testing
