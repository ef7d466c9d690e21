#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Loss, against the counters of the rules that drop.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/lib/test.sh"
need_lab
lab loss LONG=20 && compare
done_testing
