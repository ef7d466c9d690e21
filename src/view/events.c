// SPDX-License-Identifier: GPL-2.0-or-later
// What happened, newest first.
#include <stdio.h>

#include "view/panel.h"

const struct history_event *events_get(const struct view *v, const struct model *m, size_t i)
{
	size_t n = history_events(m);
	unsigned only = view_events_of(v);

	while (n--) {
		const struct history_event *e = history_event(m, n);

		if (only != MODEL_NONE && e->tunnel != only && e->tunnel != MODEL_NONE)
			continue;
		if (!i--)
			return e;
	}
	return NULL;
}

size_t events_count(const struct view *v, const struct model *m)
{
	size_t n = history_events(m), found = 0;
	unsigned only = view_events_of(v);

	if (only == MODEL_NONE)
		return n;
	for (size_t i = 0; i < n; i++)
		found += history_event(m, i)->tunnel == only || history_event(m, i)->tunnel == MODEL_NONE;
	return found;
}

// Events of another day say so: "19d14:03".
static void format_when(const struct frame *f, int64_t t, char out[FORMAT_MAX])
{
	int off = format_offset(f);
	struct time_parts then, now;

	format_clock(f, t, out);
	if (!f->m->has_clock)
		return;
	then = time_split(model_wall(f->m, t), off);
	now = time_split(model_wall(f->m, f->st->at), off);
	if (then.day != now.day || then.month != now.month || then.year != now.year)
		snprintf(out, FORMAT_MAX, "%02dd%02d:%02d", then.day, then.hour, then.minute);
}

static const char *who(const struct frame *f, const struct history_event *e)
{
	if (e->tunnel < f->m->ntunnels && f->m->tunnels[e->tunnel].used)
		return f->m->tunnels[e->tunnel].name;
	return "-";
}

static enum role role_of(const struct history_event *e)
{
	if (e->dir > 0)
		return ROLE_UP;
	if (e->dir < 0)
		return e->severity == SEVERITY_CRITICAL ? ROLE_DOWN : ROLE_DEGRADED;
	return ROLE_NOTE;
}

static void put_event(struct frame *f, int y, const struct history_event *e, int name_width)
{
	const struct glyphs *g = panel_glyphs(f->v);
	char when[FORMAT_MAX], name[160], word[sizeof e->word + 1];
	int x = 1;

	format_when(f, e->t, when);
	str_copy(word, sizeof word, e->word);
	x += canvas_put(f->c, x, y, 8, ROLE_PLAIN, when) + 1;
	canvas_put(f->c, x, y, name_width, ROLE_PLAIN, format_name(f, who(f, e), name_width, name));
	x += name_width + 1;
	canvas_put(f->c, x, y, 1, role_of(e), e->dir > 0 ? g->better : e->dir < 0 ? g->worse : g->neither);
	x += 2;
	canvas_put(f->c, x, y, 6, role_of(e), word);
	x += 6;
	canvas_put(f->c, x, y, -1, ROLE_PLAIN, e->text);
}

static void put_title(struct frame *f, int y)
{
	const struct view *v = f->v;
	bool live = f->st->mode & MODE_LIVE;
	const char *hint = f->columns >= 110 ? "Tab: focus, [ ] previous/next" : "[ ] step";
	char title[200];
	size_t pos = 0;

	str_append(title, sizeof title, &pos, " EVENTS ");
	if (v->events_focus)
		str_append(title, sizeof title, &pos, "%zu of %zu (Enter: go to its time, Tab: tunnels)",
			   v->event + 1, events_count(v, f->m));
	else
		str_append(title, sizeof title, &pos, "(%s%s)", hint,
			   !live ? "" : f->columns >= 110 ? ", m: mark" : ", m mark");
	panel_title(f, y, title);
}

void panel_events(struct frame *f, int y, int height)
{
	struct view *v = f->v;
	size_t n = events_count(v, f->m);
	int name_width = f->columns >= 110 ? 12 : f->columns >= 60 ? 8 : 6;

	if (height < 2)
		return;
	v->event_page = (size_t)(height - 1);
	if (v->event >= n)
		v->event = n ? n - 1 : 0;
	if (v->event < v->event_top)
		v->event_top = v->event;
	if (v->event >= v->event_top + v->event_page)
		v->event_top = v->event + 1 - v->event_page;
	if (!v->events_focus)
		v->event_top = 0;
	put_title(f, y);
	for (size_t i = 0; i < v->event_page; i++) {
		const struct history_event *e = events_get(v, f->m, v->event_top + i);

		if (!e)
			break;
		put_event(f, y + 1 + (int)i, e, name_width);
		if (v->events_focus && v->event_top + i == v->event)
			canvas_put(f->c, 0, y + 1 + (int)i, 1, ROLE_STRONG, ">");
	}
	if (!n && height > 1)
		canvas_put(f->c, 1, y + 1, -1, ROLE_DIM, "none so far");
}
