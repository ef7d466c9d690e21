// SPDX-License-Identifier: GPL-2.0-or-later
// Actions that concern only the view.
#include <string.h>

#include "view/panel.h"

static void scroll_by(struct view *v, int64_t n)
{
	int64_t to = (int64_t)v->scroll + n;

	v->scroll = to < 0 ? 0 : to > (int64_t)v->scroll_max ? v->scroll_max : (size_t)to;
}

static void select_row(struct view *v, int64_t at)
{
	if (!v->nrows)
		return;
	at = at < 0 ? 0 : at >= (int64_t)v->nrows ? (int64_t)v->nrows - 1 : at;
	v->selected = v->rows[at];
	v->chosen = true;
}

static void select_event(struct view *v, const struct model *m, int64_t at)
{
	int64_t n = (int64_t)events_count(v, m);

	v->event = (size_t)(at < 0 || !n ? 0 : at >= n ? n - 1 : at);
}

// By n lines, or by n pages.
static void move(struct view *v, const struct model *m, int n, bool page)
{
	if (v->overlay == OVERLAY_HELP || (v->overlay == OVERLAY_DETAIL && page)) {
		scroll_by(v, page ? n * (int64_t)v->scroll_page : n);
		return;
	}
	if (v->events_focus && v->overlay == OVERLAY_NONE) {
		select_event(v, m, (int64_t)v->event + (page ? n * (int64_t)v->event_page : n));
		return;
	}
	select_row(v, (int64_t)rows_index(v) + (page ? n * (int64_t)v->page : n));
}

static void move_to_end(struct view *v, const struct model *m, bool last)
{
	int64_t at = last ? INT32_MAX : 0;

	if (v->overlay != OVERLAY_NONE)
		scroll_by(v, last ? at : -INT32_MAX);
	else if (v->events_focus)
		select_event(v, m, at);
	else
		select_row(v, at);
}

static void open_overlay(struct view *v, enum overlay which)
{
	v->overlay = which;
	v->scroll = 0;
}

static void open_detail(struct view *v)
{
	v->chosen = true;
	open_overlay(v, OVERLAY_DETAIL);
}

// Returns whether there was something to go back from.
static bool back(struct view *v, bool filter_too)
{
	if (v->overlay != OVERLAY_NONE) {
		open_overlay(v, OVERLAY_NONE);
		return true;
	}
	if (!filter_too)
		return false;
	if (v->events_focus)
		v->events_focus = false;
	else if (!ask_clear_filter(v))
		v->chosen = false;
	return true;
}

static void change_sort(struct view *v, int step)
{
	v->sort = (enum sort)((v->sort + SORT_COUNT + step) % SORT_COUNT);
	v->top = 0;
}

static void change_zoom(struct view *v, int step)
{
	int *zoom = &v->zoom[v->overlay == OVERLAY_DETAIL ? DISPLAY_RTT : v->display];
	int to = *zoom + step;

	if (to >= 0 && to < (int)ARRAY_LEN(strip_seconds))
		*zoom = to;
	if (v->overlay == OVERLAY_DETAIL)
		v->zoom[DISPLAY_STATES] = *zoom;
}

static bool do_look(struct view *v, enum action action)
{
	if (action == ACTION_DISPLAY)
		v->display = (enum display)((v->display + 1) % DISPLAY_COUNT);
	else if (action == ACTION_FAULTS)
		v->faults = !v->faults;
	else if (action == ACTION_ALL)
		v->all = !v->all;
	else if (action == ACTION_BITS)
		v->bits = !v->bits;
	else if (action == ACTION_INVERT)
		v->inverted = !v->inverted;
	else if (action == ACTION_SORT_LEFT || action == ACTION_SORT_RIGHT)
		change_sort(v, action == ACTION_SORT_LEFT ? -1 : 1);
	else if (action == ACTION_ZOOM_IN || action == ACTION_ZOOM_OUT)
		change_zoom(v, action == ACTION_ZOOM_IN ? -1 : 1);
	else
		return false;
	return true;
}

static bool do_move(struct view *v, enum action action, const struct model *m)
{
	if (action == ACTION_UP || action == ACTION_DOWN)
		move(v, m, action == ACTION_UP ? -1 : 1, false);
	else if (action == ACTION_PAGE_UP || action == ACTION_PAGE_DOWN)
		move(v, m, action == ACTION_PAGE_UP ? -1 : 1, true);
	else if (action == ACTION_FIRST || action == ACTION_LAST)
		move_to_end(v, m, action == ACTION_LAST);
	else
		return false;
	return true;
}

static bool do_panels(struct view *v, enum action action, const struct model *m)
{
	if (action == ACTION_HELP)
		open_overlay(v, v->overlay == OVERLAY_HELP ? OVERLAY_NONE : OVERLAY_HELP);
	else if (action == ACTION_OPEN && !v->events_focus)
		open_detail(v);
	else if (action == ACTION_FOCUS)
		v->events_focus = !v->events_focus && v->overlay == OVERLAY_NONE;
	else if (action == ACTION_BACK)
		back(v, true);
	else if (action == ACTION_QUIT)
		return back(v, false);
	else if (action == ACTION_FILTER)
		view_ask(v, ASK_FILTER);
	else if (action == ACTION_SEARCH)
		view_ask(v, ASK_SEARCH);
	else if (action == ACTION_SEARCH_NEXT || action == ACTION_SEARCH_BACK)
		ask_search(v, m, action == ACTION_SEARCH_NEXT ? 1 : -1);
	else
		return false;
	return true;
}

bool view_do(struct view *v, enum action action, const struct model *m, const struct view_status *st)
{
	v->message[0] = 0;
	// the model may have changed since the last drawing
	rows_collect(v, m, st, v->page && v->nrows > v->page);
	rows_select_nearest(v, m, st);
	return do_look(v, action) || do_move(v, action, m) || do_panels(v, action, m);
}
