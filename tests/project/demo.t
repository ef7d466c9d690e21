#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The demo without a terminal: it tells of the move it made, and leaves nothing behind.
. "$(dirname "$0")/../lib/tap.sh"
need_root
need ip nft

out=$("$TOP/contrib/demo/demo.sh" < /dev/null 2>&1)
ok $? "the demo ends well" || diag "$out"
like "$out" "use1-a .*vxlan" "the screen shows a tunnel"
like "$out" "carrier-a" "... and a line"
like "$out" "use1-b" "the report names the tunnel whose far end was shut"
like "$out" "(DOWN|down)" "... and that something was down"
pid=$(sed -n 's/.*twdemo\([0-9]*\)-.*/\1/p' <<< "$out" | head -n 1)
is "$pid" "" "no inside name is shown"
is "$(ip netns list | grep -c "^twdemo" || true)" 0 "no namespace is left" ||
	diag "another demo may be running: $(ip netns list)"
is "$(find /tmp -maxdepth 1 -name 'tunwatch-demo.*' -newer "$TUNWATCH" 2> /dev/null)" "" "no file is left"
done_testing
