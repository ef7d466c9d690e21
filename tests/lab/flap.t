#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A tunnel that flaps: our interface is shut (link events), or the far end is (silence).
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/lib/test.sh"
need_lab
lab flap FLAP_SIDE=hq CYCLES=2 UP=6 ODD_UP=4 DOWN=3 && compare
lab flap FLAP_SIDE=cloud CALM=16 CYCLES=2 UP=4 ODD_UP=6 && compare
done_testing
