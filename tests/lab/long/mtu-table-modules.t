#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Path MTUs of an xfrm interface and of the kernel's WireGuard: see tests/lab/scenarios/mtu-table.sh.
. "$(dirname "$0")/../../lib/tap.sh"
. "$(dirname "$0")/../lib/test.sh"
need_qemu
export LAB_TIMEOUT=560
LAB_RUN=qemu
export LAB_RUN
lab mtu-table SET=modules && compare
lab mtu-table SET=modules FAMILY=6 && compare
done_testing
