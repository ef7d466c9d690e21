#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# From a host behind the router that the tunnels end on.
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/lib/test.sh"
need_lab
lab jump-host && compare
done_testing
