#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Scenario dpd: see tests/lab/scenarios/dpd.sh.
. "$(dirname "$0")/../../lib/tap.sh"
. "$(dirname "$0")/../lib/test.sh"
need_lab /usr/lib/ipsec/charon swanctl
lab dpd && compare
done_testing
