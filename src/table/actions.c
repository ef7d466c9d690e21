// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "tunwatch/base.h"
#include "tunwatch/table.h"

static const struct action_info actions[] = {
	{ ACTION_HELP, MODE_ANY, "? h F1", "help", "?help", 1, "this list" },
	{ ACTION_UP, MODE_ANY, "k Up", "up", NULL, 0, "up one row (in an overlay: scroll)" },
	{ ACTION_DOWN, MODE_ANY, "j Down", "down", NULL, 0, "down one row" },
	{ ACTION_PAGE_UP, MODE_ANY, "PgUp ^U", "page-up", NULL, 0, "up one page" },
	{ ACTION_PAGE_DOWN, MODE_ANY, "PgDn ^D", "page-down", NULL, 0, "down one page" },
	{ ACTION_FIRST, MODE_ANY, "g Home", "first", NULL, 0, "first row" },
	{ ACTION_LAST, MODE_ANY, "G", "last", NULL, 0, "last row" },
	{ ACTION_OPEN, MODE_ANY, "Enter", "detail", "Enter", 3, "detail of the row; on an event: go to its time" },
	{ ACTION_BACK, MODE_ANY, "Esc", "back", NULL, 0,
	  "back; clear the filter; let the selection go to the worst row" },
	{ ACTION_FOCUS, MODE_ANY, "Tab", "focus", NULL, 0, "keys go to the tunnels or to the events" },
	{ ACTION_FILTER, MODE_ANY, "& \\ F4", "filter", "&filter", 4,
	  "show only rows matching a PCRE2; a leading ! inverts, empty clears" },
	{ ACTION_SEARCH, MODE_ANY, "/ F3", "search", "/find", 13, "go to the next row matching a PCRE2" },
	{ ACTION_SEARCH_NEXT, MODE_ANY, "n", "search-next", NULL, 0, "next match" },
	{ ACTION_SEARCH_BACK, MODE_ANY, "N", "search-back", NULL, 0, "previous match" },
	{ ACTION_SORT_LEFT, MODE_ANY, "<", "sort-left", "<>sort", 9, "sort by the column to the left" },
	{ ACTION_SORT_RIGHT, MODE_ANY, "> F6", "sort-right", NULL, 0, "sort by the column to the right" },
	{ ACTION_INVERT, MODE_ANY, "I", "invert", NULL, 0, "invert the order" },
	{ ACTION_DISPLAY, MODE_ANY, "d", "display", "dView", 8, "numbers, wide strip of states, wide strip of RTT" },
	{ ACTION_ZOOM_IN, MODE_ANY, "+", "zoom-in", "+-zoom", 12, "fewer seconds in a cell of the strip" },
	{ ACTION_ZOOM_OUT, MODE_ANY, "-", "zoom-out", NULL, 0, "more seconds in a cell of the strip" },
	{ ACTION_FAULTS, MODE_ANY, "!", "faults", "!faults", 11, "hide rows that are up" },
	{ ACTION_ALL, MODE_ANY, "a", "all", NULL, 0, "show rows that were shut down from the start" },
	{ ACTION_PAUSE, MODE_ANY, "Space p z", "pause", "pPause", 5,
	  "hold the view, or let it go on; recording never stops" },
	{ ACTION_STEP, MODE_ANY, "t .", "step", "T/t", 7, "one interval on (pauses)" },
	{ ACTION_STEP_BACK, MODE_ANY, "T ,", "step-back", NULL, 0, "one interval back (pauses)" },
	{ ACTION_CELL_BACK, MODE_ANY, "Left", "cell-back", NULL, 0, "one cell of the strip back (pauses)" },
	{ ACTION_CELL, MODE_ANY, "Right", "cell", NULL, 0, "one cell of the strip on" },
	{ ACTION_EVENT_BACK, MODE_ANY, "[", "event-back", "[ ]event", 6,
	  "to the event before (in detail: of that row)" },
	{ ACTION_EVENT, MODE_ANY, "]", "event", NULL, 0, "to the next event" },
	{ ACTION_BRANCH, MODE_ANY, "b", "branch", "bTime", 14, "to a time: 14:05, 14:05:30, -10m, +30s, y 14:05, A" },
	{ ACTION_GOTO_MARK, MODE_ANY, "'", "goto-mark", NULL, 0, "to a mark, by its letter" },
	{ ACTION_LIVE, MODE_ANY, "Z End", "live", NULL, 0, "to the end: live again" },
	{ ACTION_REWIND, MODE_REPLAY, "r", "rewind", "rRewind", 10, "to the start of the recording" },
	{ ACTION_SLOWER, MODE_REPLAY, "{", "slower", "{}speed", 9, "half the speed, down to 1/4" },
	{ ACTION_FASTER, MODE_REPLAY, "}", "faster", NULL, 0, "twice the speed, up to 64" },
	{ ACTION_SPEED_1, MODE_REPLAY, "Backspace", "speed-1", NULL, 0, "as fast as it happened" },
	{ ACTION_MARK, MODE_LIVE, "m", "mark", "mMark", 9, "put a mark with a text into the recording" },
	{ ACTION_BASELINE, MODE_ANY, "=", "baseline", "=Base", 10,
	  "compare with the values of this moment; again: clear" },
	{ ACTION_RESET, MODE_LIVE, "r", "reset", NULL, 0, "statistics count from now (kept in the recording)" },
	{ ACTION_INTERVAL, MODE_LIVE, "i", "interval", NULL, 0, "seconds between probes" },
	{ ACTION_BITS, MODE_ANY, "u", "bits", NULL, 0, "rates in bits or bytes a second" },
	{ ACTION_COLOR, MODE_ANY, "x", "color", NULL, 0, "colours on or off" },
	{ ACTION_SAVE_SCREEN, MODE_ANY, "P", "save-screen", NULL, 0, "write the screen to a text file" },
	{ ACTION_REDRAW, MODE_ANY, "^L", "redraw", NULL, 0, "draw the whole screen anew" },
	{ ACTION_QUIT, MODE_ANY, "q F10", "quit", "qQuit", 2, "back from an overlay; else leave" },
	{ ACTION_QUIT_PRINT, MODE_ANY, "Q", "quit-print", NULL, 0, "leave, printing the last screen and the outages" },
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
