#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Scenario esp-attack: see tests/lab/scenarios/esp-attack.sh.
. "$(dirname "$0")/../../lib/tap.sh"
. "$(dirname "$0")/../lib/test.sh"
need_lab
lab esp-attack && compare
done_testing
