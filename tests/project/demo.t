#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The demo without a terminal: it tells of the move it made, and leaves nothing behind.
. "$(dirname "$0")/../lib/tap.sh"
need_root
need ip nft unshare

out=$("$TOP/contrib/demo/demo.sh" < /dev/null 2>&1)
ok $? "the demo ends well" || diag "$out"
like "$out" "use1-a .*vxlan" "the screen shows a tunnel"
like "$out" "carrier-a" "... and a line"
like "$out" "use1-b" "the report names the tunnel whose far end was shut"
like "$out" "(DOWN|down)" "... and that something was down"
like "$out" "outer path 1500 -> 1454 \(-46\) frag-needed from 192.0.2.5" "... and that the new line carries less"
like "$out" "fragments outside: .*outer 1454 leaves 1404 inside" "... and what that does to the tunnels"
[ ! -e /run/netns/carrier-a ] && [ ! -e /var/lib/tunwatch/demo.twr ] && [ ! -e /run/wireguard/hq-wg.sock ]
ok $? "nothing is left"
done_testing
