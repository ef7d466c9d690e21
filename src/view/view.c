// SPDX-License-Identifier: GPL-2.0-or-later
// What a person has chosen to see, and how the panels share the screen.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "view/panel.h"

enum { SUMMARY_FROM = 12, EVENTS_FULL_FROM = 24, EVENTS_FROM = 16, DETAIL_FROM = 110, SHORT_DETAIL_FROM = 18,
       DETAIL_MIN = 4, LIST_MIN = 6 };

struct view *view_new(bool ascii, bool utc)
{
	struct view *v = xcalloc(1, sizeof *v);

	v->ascii = ascii;
	v->utc = utc;
	v->panel = panels_get(PANEL_TUNNELS);
	v->selected = v->item_row = MODEL_NONE;
	v->message_until = MODEL_NEVER;
	v->zoom[DISPLAY_NUMBERS] = v->zoom[DISPLAY_STATES] = 4;
	v->zoom[DISPLAY_RTT] = 2;
	return v;
}

void view_free(struct view *v)
{
	if (!v)
		return;
	pattern_free(v->filter);
	pattern_free(v->search);
	free(v->rows);
	free(v->lines);
	free(v->over);
	free(v->mtus);
	free(v->events);
	free(v->items);
	free(v->groups);
	free(v->group_of);
	free(v->sources);
	free(v);
}

int view_zoom(const struct view *v)
{
	return strip_seconds[v->zoom[v->panel->bit == PANEL_TUNNELS ? v->display : DISPLAY_NUMBERS]];
}

unsigned view_row(const struct view *v)
{
	if (v->panel->bit == PANEL_ROUTERS)
		return v->item_row;
	return v->panel->bit & (PANEL_TUNNELS | PANEL_MTU) ? v->selected : MODEL_NONE;
}

unsigned view_events_of(const struct view *v)
{
	if (v->panel->bit == PANEL_TUNNELS && v->overlay != OVERLAY_DETAIL)
		return MODEL_NONE;
	return view_row(v);
}

bool view_event_time(struct view *v, const struct model *m, const struct view_status *st, int64_t *ret)
{
	const struct history_event *e;

	events_collect(v, m, st);
	e = events_have_keys(v) ? events_get(v, m, v->event) : NULL;
	if (!e)
		return false;
	*ret = e->t;
	return true;
}

void panel_title(struct frame *f, int y, const char *text)
{
	canvas_fill(f->c, 0, y, f->columns, ROLE_BAR);
	canvas_put(f->c, 0, y, f->columns, ROLE_BAR, text);
}

int panel_line(const struct frame *f, int y, int height, size_t i)
{
	size_t scroll = f->v->overlay == OVERLAY_NONE ? 0 : f->v->scroll;

	if (i < scroll || i - scroll >= (size_t)(height > 0 ? height : 0))
		return -1;
	return y + (int)(i - scroll);
}

void panel_lines_end(struct frame *f, int height, size_t n)
{
	size_t page = height > 0 ? (size_t)height : 0;

	f->v->scroll_page = page;
	f->v->scroll_max = n > page ? n - page : 0;
}

int panel_detail_share(const struct frame *f, int height, size_t n, int all)
{
	int rows = n < 1 ? 1 : n < CANVAS_ROWS_MAX ? (int)n : CANVAS_ROWS_MAX, left = height - 2 - rows;

	if (f->rows < SHORT_DETAIL_FROM)
		return 0;
	if (all > left)
		all = left > DETAIL_MIN ? left : all < DETAIL_MIN ? all : DETAIL_MIN;
	return height - all - 1 < (rows + 1 < LIST_MIN ? rows + 1 : LIST_MIN) ? 0 : all;
}

// Rows come first, but leave the events their least; what is left holds the short detail and more events.
static void draw_main(struct frame *f, int y, int height)
{
	int least = f->rows >= EVENTS_FULL_FROM ? 6 : f->rows >= EVENTS_FROM ? 4 : 0;
	int titles = height >= 4, rows = titles + (int)(f->v->nrows < 400 ? f->v->nrows : 400), detail, left;

	rows = rows > titles + 1 ? rows : titles + 1;
	if (rows > height - least)
		rows = height - least;
	rows_collect(f->v, f->m, f->st, (int)f->v->nrows > rows - titles);
	rows_select_nearest(f->v, f->m, f->st);
	panel_table(f, y, rows);
	left = height - rows;
	y += rows;
	detail = f->columns >= DETAIL_FROM ? panel_detail_height(f) : 0;
	if (detail && left >= detail + 1 + 6) {
		panel_detail(f, y + 1, detail);
		y += detail + 1;
		left -= detail + 1;
	}
	if (left >= 3)
		panel_events(f, y + 1, left - 1);
}

static bool has_rows(const struct model *m)
{
	for (size_t i = 0; i < m->ntunnels; i++)
		if (m->tunnels[i].used)
			return true;
	return false;
}

// What the sources say matters most where nothing was found.
static void draw_empty(struct frame *f, int y, int height)
{
	int text = height > 20 ? 17 : height;

	panel_empty(f, y + (height > 16), text);
	if (height > text)
		panel_events(f, y + text, height - text);
}

void panel_tunnels(struct frame *f, int y, int height)
{
	if (has_rows(f->m))
		draw_main(f, y, height);
	else
		draw_empty(f, y, height);
}

static void draw_panel(struct frame *f, int y, int height)
{
	if (!has_rows(f->m) && f->st->connecting)
		canvas_put(f->c, 1, y, -1, ROLE_NOTE, "waiting for the collector");
	else if (!has_rows(f->m) && f->st->mode & MODE_REPLAY && !f->m->ticks)
		canvas_put(f->c, 1, y, -1, ROLE_DIM, "nothing was recorded up to here");
	else
		f->v->panel->draw(f, y, height);
}

static void draw_body(struct frame *f, int y, int height)
{
	canvas_clip(f->c, 0, y, f->columns, height);
	switch (f->v->overlay) {
	case OVERLAY_HELP:
		panel_help(f, y, height);
		break;
	case OVERLAY_DETAIL:
		f->v->panel->detail(f, y, height);
		break;
	case OVERLAY_NONE:
		draw_panel(f, y, height);
		break;
	}
	canvas_clip(f->c, 0, 0, f->columns, f->rows);
}

void view_draw(struct view *v, struct canvas *c, const struct model *m, const struct view_status *st)
{
	struct frame f = { v, c, m, st, canvas_columns(c), canvas_rows(c) };
	int head = f.rows >= SUMMARY_FROM ? 2 : f.rows >= 2, foot;

	if (v->message_until != MODEL_NEVER && st->end >= v->message_until)
		view_say(v, "%s", "");
	foot = f.rows >= 4 || v->asking != ASK_NOTHING || *v->message;
	canvas_clear(c);
	if (f.rows < 2 && foot)
		head = 0;
	panels_collect(v, m, st);
	if (v->overlay == OVERLAY_DETAIL && !v->panel->count(v))
		v->overlay = OVERLAY_NONE;
	if (v->panel->bit != PANEL_EVENTS)
		events_collect(v, m, st);
	panel_head(&f, 0, head);
	if (f.rows - head - foot > 0)
		draw_body(&f, head, f.rows - head - foot);
	// a shorter page may have left the scroll behind its end
	if (v->overlay != OVERLAY_NONE && v->scroll > v->scroll_max) {
		v->scroll = v->scroll_max;
		canvas_clear(c);
		panel_head(&f, 0, head);
		draw_body(&f, head, f.rows - head - foot);
	}
	if (foot)
		panel_footer(&f, f.rows - 1);
}

void view_outages(const struct model *m, bool utc, struct buf *out)
{
	static const struct view_status none;
	struct view v = { .utc = utc };
	struct frame f = { .v = &v, .m = m, .st = &none };

	for (size_t i = 0; i < history_outages(m); i++) {
		const struct history_outage *h = history_outage(m, i);
		const char *name = h->tunnel < m->ntunnels ? m->tunnels[h->tunnel].name : "?";
		char from[FORMAT_MAX], to[FORMAT_MAX] = "still down", age[16], zone[FORMAT_MAX];

		if (h->end != MODEL_NEVER)
			format_moment(&f, h->end, to);
		time_age((h->end == MODEL_NEVER ? m->now : h->end) - h->start, age);
		buf_printf(out, "%-16s %s%s%s - %-10s %6s  %s\n", name, h->start_known ? " " : "<",
			   format_moment(&f, h->start, from), format_zone(&f, zone), to, age, h->cause);
	}
}
