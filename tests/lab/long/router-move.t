#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Scenario router-move: see tests/lab/scenarios/router-move.sh.
. "$(dirname "$0")/../../lib/tap.sh"
. "$(dirname "$0")/../lib/test.sh"
need_lab /usr/lib/ipsec/charon swanctl vtysh
lab router-move && compare
done_testing
