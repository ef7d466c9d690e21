#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Scenario slow-line in IPv6: see tests/lab/scenarios/slow-line.sh.
. "$(dirname "$0")/../../lib/tap.sh"
. "$(dirname "$0")/../lib/test.sh"
need_lab
lab slow-line FAMILY=6 && compare
done_testing
