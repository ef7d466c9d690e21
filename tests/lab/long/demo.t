#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# make demo LAB=1 at a terminal, as a person sees it: the screen with the pair of tunnels, and a clean end.
. "$(dirname "$0")/../../lib/tap.sh"
. "$(dirname "$0")/../lib/test.sh"
need_lab tmux
tmux=(tmux -L "tunwatch-$$" -f "$LAB/lib/tmux.conf")
trap '"${tmux[@]}" kill-server 2> /dev/null; rm -rf "$work"' EXIT

screen()
{
	"${tmux[@]}" capture-pane -p -t demo > "$work/screen"
}

shows()
{
	screen && grep -qE "$1" "$work/screen"
}

# the question about an open outage, when there is one, is answered by the next key
leave()
{
	"${tmux[@]}" send-keys -t demo q
	wait_for 2 shows 'the demo is over|leave: k keep' && shows 'the demo is over'
}

"${tmux[@]}" new-session -d -s demo -x 110 -y 32 -c "$TOP" "make --no-print-directory demo LAB=1"
for row in vti1 vti2 uplink; do
	wait_for 100 shows "^.$row .* UP "
	ok $? "the screen has $row, up" || { diag "$(cat "$work/screen")"; done_testing; }
done
"${tmux[@]}" send-keys -t demo '?'
wait_for 10 shows '^ KEYS '
ok $? "and takes keys"
"${tmux[@]}" send-keys -t demo Escape
wait_for 40 leave
ok $? "q ends it" || diag "$(cat "$work/screen")"
# a guest that ends writes to disk first
wait_for 60 shows 'Pane is dead \(status 0'
ok $? "well" || diag "$(cat "$work/screen")"
done_testing
