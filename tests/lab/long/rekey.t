#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Scenario rekey: see tests/lab/scenarios/rekey.sh.
. "$(dirname "$0")/../../lib/tap.sh"
. "$(dirname "$0")/../lib/test.sh"
need_lab /usr/lib/ipsec/charon swanctl
lab rekey && compare
lab rekey IKE_ENCAP=yes LONG=25 && compare
done_testing
