/* SPDX-License-Identifier: GPL-2.0-or-later */
/* table: actions (keys) as data. Help, footer, the key list of the manual page and the keymap are read from here. */
#ifndef TUNWATCH_TABLE_H
#define TUNWATCH_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum action {
	ACTION_NONE,
	ACTION_QUIT, ACTION_QUIT_PRINT, ACTION_HELP,
	ACTION_UP, ACTION_DOWN, ACTION_PAGE_UP, ACTION_PAGE_DOWN, ACTION_FIRST, ACTION_LAST,
	ACTION_OPEN, ACTION_BACK, ACTION_FOCUS, ACTION_DISPLAY,
	ACTION_SORT_LEFT, ACTION_SORT_RIGHT, ACTION_INVERT,
	ACTION_SEARCH, ACTION_SEARCH_NEXT, ACTION_SEARCH_BACK, ACTION_FILTER, ACTION_FAULTS, ACTION_ALL,
	ACTION_PAUSE, ACTION_STEP, ACTION_STEP_BACK, ACTION_CELL_BACK, ACTION_CELL,
	ACTION_EVENT_BACK, ACTION_EVENT, ACTION_BRANCH, ACTION_RESET, ACTION_REWIND, ACTION_LIVE,
	ACTION_SLOWER, ACTION_FASTER, ACTION_SPEED_1, ACTION_ZOOM_IN, ACTION_ZOOM_OUT,
	ACTION_MARK, ACTION_GOTO_MARK, ACTION_BASELINE, ACTION_INTERVAL,
	ACTION_SAVE_SCREEN, ACTION_COLOR, ACTION_BITS, ACTION_REDRAW,
	ACTION_PANEL_TUNNELS, ACTION_PANEL_MTU, ACTION_PANEL_ROUTERS, ACTION_PANEL_EVENTS, ACTION_PANEL_SOURCES,
	ACTION_RELEASE, ACTION_SWEEP, ACTION_SWEEP_ALL,
	ACTION_COUNT
};

enum { MODE_LIVE = 1, MODE_REPLAY = 2, MODE_ANY = 3 };
/* 1 << the key that shows the panel */
enum { PANEL_TUNNELS = 1 << 1, PANEL_MTU = 1 << 2, PANEL_ROUTERS = 1 << 4, PANEL_EVENTS = 1 << 6,
       PANEL_SOURCES = 1 << 7,
       PANEL_ANY = PANEL_TUNNELS | PANEL_MTU | PANEL_ROUTERS | PANEL_EVENTS | PANEL_SOURCES };

/* A key has a name: the character itself, or one of Enter Esc Tab Space Backspace Up Down Left Right PgUp PgDn Home
 * End Ins Del F1..F12 ^A..^Z. */
#define KEY_NAME_MAX 12

struct action_info {
	enum action action;
	unsigned modes;      /* MODE_ bits in which it does something */
	unsigned panels;     /* PANEL_ bits of the panels in which it does */
	const char *keys;    /* names of keys, separated by spaces; letters first */
	const char *name;    /* a word for it */
	const char *footer;  /* what the footer says, or NULL */
	int rank;            /* footer: 1 is shown first; 0 with no footer */
	const char *help;    /* one line */
};

/* Rows in the order in which help shows them. */
const struct action_info *action_table(size_t *ret_n);
/* What a key does in a mode; ACTION_NONE when nothing. */
enum action action_find(const char *key, unsigned mode);
/* Whether it does something in that panel. */
bool action_works(enum action action, unsigned panel);

#endif
