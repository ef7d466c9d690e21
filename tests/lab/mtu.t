#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Path MTUs of two tunnels, one over IPv4 and one over IPv6, against what really passes; all of them: long/mtu-table*.t.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/lib/test.sh"
need_lab
lab mtu-table MTUS=1454 ROWS=vti1,ds0 && compare
done_testing
