// SPDX-License-Identifier: GPL-2.0-or-later
// Actions that concern only the view.
#include <string.h>

#include "view/panel.h"

static void scroll_by(struct view *v, int64_t n)
{
	int64_t to = (int64_t)v->scroll + n;

	v->scroll = to < 0 ? 0 : to > (int64_t)v->scroll_max ? v->scroll_max : (size_t)to;
}

// The events below the tunnels are a list of their own.
static const struct panel *list_of(const struct view *v)
{
	return events_have_keys(v) && v->overlay == OVERLAY_NONE ? panels_get(PANEL_EVENTS) : v->panel;
}

static void select_at(struct view *v, const struct model *m, int64_t at)
{
	const struct panel *list = list_of(v);
	int64_t n = (int64_t)list->count(v);

	if (n)
		list->select(v, m, (size_t)(at < 0 ? 0 : at >= n ? n - 1 : at));
}

// By n lines, or by n pages.
static void move(struct view *v, const struct model *m, int n, bool page)
{
	const struct panel *list = list_of(v);

	if (v->overlay == OVERLAY_HELP || (v->overlay == OVERLAY_DETAIL && page))
		scroll_by(v, page ? n * (int64_t)v->scroll_page : n);
	else
		select_at(v, m, (int64_t)list->index(v) + (page ? n * (int64_t)list->page(v) : n));
}

static void move_to_end(struct view *v, const struct model *m, bool last)
{
	int64_t at = last ? INT32_MAX : 0;

	if (v->overlay != OVERLAY_NONE)
		scroll_by(v, last ? at : -INT32_MAX);
	else
		select_at(v, m, at);
}

static void open_overlay(struct view *v, enum overlay which)
{
	v->overlay = which;
	v->scroll = 0;
}

static void open_detail(struct view *v)
{
	if (!v->panel->detail)
		return;
	v->chosen |= (v->panel->bit & (PANEL_TUNNELS | PANEL_MTU)) != 0;
	v->item_chosen |= v->panel->bit == PANEL_ROUTERS;
	open_overlay(v, OVERLAY_DETAIL);
}

static bool open_panel(struct view *v, enum action action, const struct model *m, const struct view_status *st)
{
	if (action == ACTION_PANEL_TUNNELS)
		v->panel = panels_get(PANEL_TUNNELS);
	else if (action == ACTION_PANEL_MTU)
		v->panel = panels_get(PANEL_MTU);
	else if (action == ACTION_PANEL_ROUTERS)
		v->panel = panels_get(PANEL_ROUTERS);
	else if (action == ACTION_PANEL_EVENTS)
		v->panel = panels_get(PANEL_EVENTS);
	else if (action == ACTION_PANEL_SOURCES)
		v->panel = panels_get(PANEL_SOURCES);
	else
		return false;
	v->events_focus = false;
	open_overlay(v, OVERLAY_NONE);
	panels_collect(v, m, st);
	return true;
}

// Returns whether there was something to go back from.
static bool back(struct view *v, bool filter_too)
{
	if (v->overlay != OVERLAY_NONE) {
		open_overlay(v, OVERLAY_NONE);
		return true;
	}
	if (filter_too && v->events_focus)
		v->events_focus = false;
	else if (filter_too && ask_clear_filter(v))
		return true;
	else if (v->panel->bit != PANEL_TUNNELS)
		v->panel = panels_get(PANEL_TUNNELS);
	else if (filter_too)
		v->chosen = false;
	else
		return false;
	return true;
}

static void change_zoom(struct view *v, int step)
{
	bool tunnels = v->panel->bit == PANEL_TUNNELS, detail = tunnels && v->overlay == OVERLAY_DETAIL;
	int *zoom = &v->zoom[detail ? DISPLAY_RTT : tunnels ? v->display : DISPLAY_NUMBERS];
	int to = *zoom + step;

	if (to >= 0 && to < (int)ARRAY_LEN(strip_seconds))
		*zoom = to;
	if (detail)
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
		rows_sorting(v)->inverted = !rows_sorting(v)->inverted;
	else if (action == ACTION_SORT_LEFT || action == ACTION_SORT_RIGHT)
		rows_change_sort(v, action == ACTION_SORT_LEFT ? -1 : 1);
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
	else if (action == ACTION_OPEN && !events_have_keys(v))
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
	if (action != ACTION_NONE && !action_works(action, v->panel->bit)) {
		view_say(v, "it does nothing in this panel; ? lists the keys, 1 shows the tunnels");
		return true;
	}
	// the model may have changed since the last drawing
	panels_collect(v, m, st);
	events_collect(v, m, st);
	// steps through the events of one stay with it, whichever is the worst then
	if (action == ACTION_EVENT || action == ACTION_EVENT_BACK) {
		v->item_chosen |= v->panel->bit == PANEL_ROUTERS;
		v->chosen |= v->panel->bit == PANEL_MTU;
	}
	return do_look(v, action) || do_move(v, action, m) || do_panels(v, action, m) || open_panel(v, action, m, st);
}
