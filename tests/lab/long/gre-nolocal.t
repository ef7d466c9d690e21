#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Scenario gre-nolocal: see tests/lab/scenarios/gre-nolocal.sh.
. "$(dirname "$0")/../../lib/tap.sh"
. "$(dirname "$0")/../lib/test.sh"
need_lab
lab gre-nolocal && compare
done_testing
