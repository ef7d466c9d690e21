#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Scenario bgp-events: see tests/lab/scenarios/bgp-events.sh.
. "$(dirname "$0")/../../lib/tap.sh"
. "$(dirname "$0")/../lib/test.sh"
need_lab vtysh
lab bgp-events && compare
done_testing
