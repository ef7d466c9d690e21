#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The file: bytes a record, and CPU to write and read it, against the same records as JSON lines.
. "$(dirname "$0")/lib.sh"

"$TOOLS/twr_bench"
