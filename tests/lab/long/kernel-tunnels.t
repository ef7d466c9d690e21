#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Scenario kernel-tunnels: see tests/lab/scenarios/kernel-tunnels.sh.
. "$(dirname "$0")/../../lib/tap.sh"
. "$(dirname "$0")/../lib/test.sh"
need_qemu
lab kernel-tunnels && compare
done_testing
