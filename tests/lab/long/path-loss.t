#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Scenario path-loss: see tests/lab/scenarios/path-loss.sh.
. "$(dirname "$0")/../../lib/tap.sh"
. "$(dirname "$0")/../lib/test.sh"
need_lab
lab path-loss && compare
done_testing
