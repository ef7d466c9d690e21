#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Round trips that become longer, against a ping in the same tunnel.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/lib/test.sh"
need_lab
lab delay CALM=14 LONG=20 && compare
done_testing
