// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "tunwatch/base.h"
#include "tunwatch/table.h"

static const struct action_info actions[] = {
	{ ACTION_HELP, MODE_ANY, PANEL_ANY, "? h F1", "help", "?help", 1, "this list" },
	{ ACTION_UP, MODE_ANY, PANEL_ANY, "k Up", "up", NULL, 0, "up one row (in an overlay: scroll)" },
	{ ACTION_DOWN, MODE_ANY, PANEL_ANY, "j Down", "down", NULL, 0, "down one row" },
	{ ACTION_PAGE_UP, MODE_ANY, PANEL_ANY, "PgUp ^U", "page-up", NULL, 0, "up one page" },
	{ ACTION_PAGE_DOWN, MODE_ANY, PANEL_ANY, "PgDn ^D", "page-down", NULL, 0, "down one page" },
	{ ACTION_FIRST, MODE_ANY, PANEL_ANY, "g Home", "first", NULL, 0, "first row" },
	{ ACTION_LAST, MODE_ANY, PANEL_ANY, "G", "last", NULL, 0, "last row" },
	{ ACTION_OPEN, MODE_ANY, PANEL_ANY & ~PANEL_SOURCES, "Enter", "detail", "Enter", 3,
	  "detail of the row; on an event: go to its time" },
	{ ACTION_BACK, MODE_ANY, PANEL_ANY, "Esc", "back", NULL, 0,
	  "back: overlay, filter, panel; then let the worst row be selected" },
	{ ACTION_FOCUS, MODE_ANY, PANEL_TUNNELS, "Tab", "focus", NULL, 0, "keys go to the tunnels or to the events" },
	{ ACTION_FILTER, MODE_ANY, PANEL_ANY, "& \\ F4", "filter", "&filter", 4,
	  "show only what matches a PCRE2; a leading ! inverts, empty clears" },
	{ ACTION_SEARCH, MODE_ANY, PANEL_ANY, "/ F3", "search", "/find", 13, "go to the next match of a PCRE2" },
	{ ACTION_SEARCH_NEXT, MODE_ANY, PANEL_ANY, "n", "search-next", NULL, 0, "next match" },
	{ ACTION_SEARCH_BACK, MODE_ANY, PANEL_ANY, "N", "search-back", NULL, 0, "previous match" },
	{ ACTION_SORT_LEFT, MODE_ANY, PANEL_TUNNELS | PANEL_MTU, "<", "sort-left", "<>sort", 9,
	  "sort by the column to the left" },
	{ ACTION_SORT_RIGHT, MODE_ANY, PANEL_TUNNELS | PANEL_MTU, "> F6", "sort-right", NULL, 0,
	  "sort by the column to the right" },
	{ ACTION_INVERT, MODE_ANY, PANEL_TUNNELS | PANEL_MTU, "I", "invert", NULL, 0, "invert the order" },
	{ ACTION_DISPLAY, MODE_ANY, PANEL_TUNNELS, "d", "display", "dView", 8,
	  "numbers, wide strip of states, wide strip of RTT" },
	{ ACTION_ZOOM_IN, MODE_ANY, PANEL_TUNNELS | PANEL_MTU | PANEL_ROUTERS, "+", "zoom-in", "+-zoom", 11,
	  "fewer seconds in a cell of the strip" },
	{ ACTION_ZOOM_OUT, MODE_ANY, PANEL_TUNNELS | PANEL_MTU | PANEL_ROUTERS, "-", "zoom-out", NULL, 0,
	  "more seconds in a cell of the strip" },
	{ ACTION_FAULTS, MODE_ANY, PANEL_TUNNELS | PANEL_MTU | PANEL_ROUTERS, "!", "faults", "!faults", 12,
	  "hide what is up, and MTUs that are well" },
	{ ACTION_ALL, MODE_ANY, PANEL_TUNNELS | PANEL_MTU, "a", "all", NULL, 0,
	  "show rows that were shut down from the start" },
	{ ACTION_PAUSE, MODE_ANY, PANEL_ANY, "Space p z", "pause", "pPause", 5,
	  "hold the view, or let it go on; recording never stops" },
	{ ACTION_STEP, MODE_ANY, PANEL_ANY, "t .", "step", "T/t", 11, "one interval on (pauses)" },
	{ ACTION_STEP_BACK, MODE_ANY, PANEL_ANY, "T ,", "step-back", NULL, 0, "one interval back (pauses)" },
	{ ACTION_CELL_BACK, MODE_ANY, PANEL_ANY, "Left", "cell-back", NULL, 0, "one cell of the strip back (pauses)" },
	{ ACTION_CELL, MODE_ANY, PANEL_ANY, "Right", "cell", NULL, 0, "one cell of the strip on" },
	{ ACTION_EVENT_BACK, MODE_ANY, PANEL_ANY, "[", "event-back", "[ ]event", 6,
	  "to the event before (in detail: of that row)" },
	{ ACTION_EVENT, MODE_ANY, PANEL_ANY, "]", "event", NULL, 0, "to the next event" },
	{ ACTION_BRANCH, MODE_ANY, PANEL_ANY, "b", "branch", "bTime", 14,
	  "to a time: 14:05, 14:05:30, -10m, +30s, y 14:05, A" },
	{ ACTION_GOTO_MARK, MODE_ANY, PANEL_ANY, "'", "goto-mark", NULL, 0, "to a mark, by its letter" },
	{ ACTION_LIVE, MODE_ANY, PANEL_ANY, "Z End", "live", NULL, 0, "to the end: live again" },
	{ ACTION_REWIND, MODE_REPLAY, PANEL_ANY, "r", "rewind", "rRewind", 10, "to the start of the recording" },
	{ ACTION_SLOWER, MODE_REPLAY, PANEL_ANY, "{", "slower", "{}speed", 9, "half the speed, down to 1/4" },
	{ ACTION_FASTER, MODE_REPLAY, PANEL_ANY, "}", "faster", NULL, 0, "twice the speed, up to 64" },
	{ ACTION_SPEED_1, MODE_REPLAY, PANEL_ANY, "Backspace", "speed-1", NULL, 0, "as fast as it happened" },
	{ ACTION_MARK, MODE_LIVE, PANEL_ANY, "m", "mark", "mMark", 9, "put a mark with a text into the recording" },
	{ ACTION_BASELINE, MODE_ANY, PANEL_ANY, "=", "baseline", "=Base", 10,
	  "compare with the values of this moment; again: clear" },
	{ ACTION_RESET, MODE_LIVE, PANEL_ANY, "r", "reset", NULL, 0,
	  "statistics count from now (kept in the recording)" },
	{ ACTION_INTERVAL, MODE_LIVE, PANEL_ANY, "i", "interval", NULL, 0, "seconds between probes" },
	{ ACTION_PANEL_TUNNELS, MODE_ANY, PANEL_ANY & ~PANEL_TUNNELS, "1", "tunnels", "1Tunnels", 4,
	  "tunnels and lines" },
	{ ACTION_PANEL_MTU, MODE_ANY, PANEL_ANY & ~PANEL_MTU, "2", "mtu", "2MTU", 7, "MTUs: configured, of the paths" },
	{ ACTION_PANEL_ROUTERS, MODE_ANY, PANEL_ANY & ~PANEL_ROUTERS, "4", "routers", "4BGP", 6,
	  "BGP neighbours and routers" },
	{ ACTION_PANEL_EVENTS, MODE_ANY, PANEL_ANY & ~PANEL_EVENTS, "6", "events", NULL, 0, "all events" },
	{ ACTION_PANEL_SOURCES, MODE_ANY, PANEL_ANY & ~PANEL_SOURCES, "7", "sources", NULL, 0,
	  "what is watched, and what cannot be" },
	{ ACTION_SWEEP, MODE_ANY, PANEL_TUNNELS | PANEL_MTU | PANEL_ROUTERS, "R", "sweep", "Rsearch", 15,
	  "search the path MTU of the row now" },
	{ ACTION_SWEEP_ALL, MODE_ANY, PANEL_ANY, "f", "sweep-all", NULL, 0, "search the path MTUs of all rows now" },
	{ ACTION_RELEASE, MODE_ANY, PANEL_ANY, "L", "release", NULL, 0,
	  "leave all routers alone for 15 minutes, or ask them again" },
	{ ACTION_BITS, MODE_ANY, PANEL_TUNNELS, "u", "bits", NULL, 0, "rates in bits or bytes a second" },
	{ ACTION_COLOR, MODE_ANY, PANEL_ANY, "x", "color", NULL, 0, "colours on or off" },
	{ ACTION_SAVE_SCREEN, MODE_ANY, PANEL_ANY, "P", "save-screen", NULL, 0, "write the screen to a text file" },
	{ ACTION_REDRAW, MODE_ANY, PANEL_ANY, "^L", "redraw", NULL, 0, "draw the whole screen anew" },
	{ ACTION_QUIT, MODE_ANY, PANEL_ANY, "q F10", "quit", "qQuit", 2,
	  "back from an overlay, back to the tunnels; else leave" },
	{ ACTION_QUIT_PRINT, MODE_ANY, PANEL_ANY, "Q", "quit-print", NULL, 0,
	  "leave, printing the last screen and the outages" },
};

const struct action_info *action_table(size_t *ret_n)
{
	*ret_n = ARRAY_LEN(actions);
	return actions;
}

// Whether list (names separated by spaces) has this name.
static bool list_has(const char *list, const char *name)
{
	size_t len = strlen(name);

	while (*list) {
		size_t n = strcspn(list, " ");

		if (n == len && !memcmp(list, name, n))
			return true;
		list += n + (list[n] == ' ');
	}
	return false;
}

enum action action_find(const char *key, unsigned mode)
{
	for (size_t i = 0; i < ARRAY_LEN(actions); i++)
		if (actions[i].modes & mode && list_has(actions[i].keys, key))
			return actions[i].action;
	return ACTION_NONE;
}

bool action_works(enum action action, unsigned panel)
{
	for (size_t i = 0; i < ARRAY_LEN(actions); i++)
		if (actions[i].action == action)
			return actions[i].panels & panel;
	return false;
}
