#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Scenario fragment-storm: see tests/lab/scenarios/fragment-storm.sh.
. "$(dirname "$0")/../../lib/tap.sh"
. "$(dirname "$0")/../lib/test.sh"
need_lab
lab fragment-storm && compare
done_testing
