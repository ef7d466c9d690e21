#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Scenario ike-up-bgp-down: see tests/lab/scenarios/ike-up-bgp-down.sh.
. "$(dirname "$0")/../../lib/tap.sh"
. "$(dirname "$0")/../lib/test.sh"
need_lab /usr/lib/ipsec/charon swanctl vtysh
lab ike-up-bgp-down && compare
done_testing
