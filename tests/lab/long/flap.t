#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Flapping as a keepalive of 10 s x 3 makes it: 30 s up, 5 s down, one odd interval, at one probe a second.
. "$(dirname "$0")/../../lib/tap.sh"
. "$(dirname "$0")/../lib/test.sh"
need_lab
LAB_INTERVAL=1
lab flap && compare
lab flap FLAP_SIDE=cloud && compare
done_testing
