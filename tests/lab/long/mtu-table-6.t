#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Path MTUs with IPv6 inside: see tests/lab/scenarios/mtu-table.sh.
. "$(dirname "$0")/../../lib/tap.sh"
. "$(dirname "$0")/../lib/test.sh"
need_lab
export LAB_TIMEOUT=560
lab mtu-table FAMILY=6 && compare
lab mtu-table FAMILY=6 SET=ipsec && compare
done_testing
