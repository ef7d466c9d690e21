#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Scenario one-way: see tests/lab/scenarios/one-way.sh.
. "$(dirname "$0")/../../lib/tap.sh"
. "$(dirname "$0")/../lib/test.sh"
need_lab
lab one-way && compare
done_testing
