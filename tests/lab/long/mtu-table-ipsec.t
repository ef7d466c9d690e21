#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Path MTUs of tunnels over ESP: see tests/lab/scenarios/mtu-table.sh.
. "$(dirname "$0")/../../lib/tap.sh"
. "$(dirname "$0")/../lib/test.sh"
need_lab
export LAB_TIMEOUT=560
lab mtu-table SET=ipsec && compare
done_testing
