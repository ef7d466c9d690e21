#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Scenario ipsec: see tests/lab/scenarios/ipsec.sh.
. "$(dirname "$0")/../../lib/tap.sh"
. "$(dirname "$0")/../lib/test.sh"
need_lab
lab ipsec && compare
done_testing
