#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# An address that a tunnel is bound to goes away.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/lib/test.sh"
need_lab
lab local-gone && compare
done_testing
