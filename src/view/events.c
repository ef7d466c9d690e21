// SPDX-License-Identifier: GPL-2.0-or-later
// What happened, newest first.
#include <stdio.h>

#include "view/panel.h"

bool events_have_keys(const struct view *v)
{
	return v->panel->bit == PANEL_EVENTS || (v->events_focus && v->panel->bit == PANEL_TUNNELS);
}

static const char *who(const struct model *m, const struct history_event *e)
{
	return e->tunnel < m->ntunnels && m->tunnels[e->tunnel].used ? m->tunnels[e->tunnel].name : "-";
}

static bool match(const struct model *m, const struct history_event *e, const struct pattern *p)
{
	char text[512];
	size_t pos = 0;

	str_append(text, sizeof text, &pos, "%s %.*s %.*s", who(m, e), (int)sizeof e->word, e->word,
		   (int)sizeof e->text, e->text);
	return pattern_match(p, text, pos);
}

void events_collect(struct view *v, const struct model *m, const struct view_status *st)
{
	size_t n = history_events(m);
	unsigned only = view_events_of(v);
	bool filtered = v->panel->bit == PANEL_EVENTS && v->filter;

	(void)st;
	v->events = xrealloc(v->events, n + 1, sizeof *v->events);
	v->nevents = 0;
	if (v->panel->bit == PANEL_EVENTS)
		v->hidden = 0;
	while (n--) {
		const struct history_event *e = history_event(m, n);

		if (only != MODEL_NONE && e->tunnel != only && e->tunnel != MODEL_NONE)
			continue;
		if (filtered && !match(m, e, v->filter))
			v->hidden++;
		else
			v->events[v->nevents++] = (uint16_t)n;
	}
	if (v->event >= v->nevents)
		v->event = v->nevents ? v->nevents - 1 : 0;
}

const struct history_event *events_get(const struct view *v, const struct model *m, size_t i)
{
	return i < v->nevents && v->events[i] < history_events(m) ? history_event(m, v->events[i]) : NULL;
}

size_t events_count(const struct view *v)
{
	return v->nevents;
}

void events_select(struct view *v, const struct model *m, size_t at)
{
	(void)m;
	v->event = at < v->nevents ? at : v->nevents ? v->nevents - 1 : 0;
}

bool events_match(const struct view *v, const struct model *m, size_t at, const struct pattern *p)
{
	const struct history_event *e = events_get(v, m, at);

	return e && match(m, e, p);
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
	int x = 1, width;

	format_when(f, e->t, when);
	str_copy(word, sizeof word, e->word);
	x += canvas_put(f->c, x, y, 8, ROLE_PLAIN, when) + 1;
	canvas_put(f->c, x, y, name_width, ROLE_PLAIN, format_name(f, who(f->m, e), name_width, name));
	x += name_width + 1;
	canvas_put(f->c, x, y, 1, role_of(e), e->dir > 0 ? g->better : e->dir < 0 ? g->worse : g->neither);
	x += 2;
	width = canvas_put(f->c, x, y, -1, role_of(e), word);
	x += width < 6 ? 6 : width + 1;
	canvas_put(f->c, x, y, -1, ROLE_PLAIN, e->text);
}

static void put_title(struct frame *f, int y)
{
	const struct view *v = f->v;
	bool live = f->st->mode & MODE_LIVE;
	const char *hint = f->columns >= 110 && v->panel->bit == PANEL_TUNNELS ? "Tab: focus, [ ] previous/next" :
			   "[ ] step";
	unsigned only = view_events_of(v);
	char title[200];
	size_t pos = 0;

	str_append(title, sizeof title, &pos, " EVENTS ");
	if (only < f->m->ntunnels)
		str_append(title, sizeof title, &pos, "of %s ", f->m->tunnels[only].name);
	if (events_have_keys(v))
		str_append(title, sizeof title, &pos, "%zu of %zu (Enter: go to its time%s)",
			   v->nevents ? v->event + 1 : 0, v->nevents,
			   v->panel->bit == PANEL_TUNNELS ? ", Tab: tunnels" : "");
	else
		str_append(title, sizeof title, &pos, "(%s%s)", hint,
			   !live ? "" : f->columns >= 110 ? ", m: mark" : ", m mark");
	panel_title(f, y, title);
}

void panel_events(struct frame *f, int y, int height)
{
	struct view *v = f->v;
	int name_width = f->columns >= 110 ? 12 : f->columns >= 60 ? 8 : 6;

	if (height < 2)
		return;
	v->event_page = (size_t)(height - 1);
	if (v->event < v->event_top)
		v->event_top = v->event;
	if (v->event >= v->event_top + v->event_page)
		v->event_top = v->event + 1 - v->event_page;
	if (!events_have_keys(v))
		v->event_top = 0;
	put_title(f, y);
	for (size_t i = 0; i < v->event_page; i++) {
		const struct history_event *e = events_get(v, f->m, v->event_top + i);

		if (!e)
			break;
		put_event(f, y + 1 + (int)i, e, name_width);
		if (events_have_keys(v) && v->event_top + i == v->event)
			canvas_put(f->c, 0, y + 1 + (int)i, 1, ROLE_STRONG, ">");
	}
	if (!v->nevents)
		canvas_put(f->c, 1, y + 1, -1, ROLE_DIM, v->hidden && v->panel->bit == PANEL_EVENTS
			   ? "no event matches (Esc clears the filter)" : "none so far");
}
