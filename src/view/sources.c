// SPDX-License-Identifier: GPL-2.0-or-later
// The panel of sources: what is watched, and what cannot be.
#include <stdio.h>
#include <string.h>

#include "view/panel.h"

enum { NAME = 18, STATE = 7, SINCE = 6, PERIOD = 6, REASON_FROM = 60, DETAIL_FROM = 16 };

// A file may hold any number here.
static const char *state_word(enum source_state state)
{
	switch (state) {
	case SOURCE_STATE_OK:
		return "ok";
	case SOURCE_STATE_DENIED:
		return "denied";
	case SOURCE_STATE_ABSENT:
		return "absent";
	case SOURCE_STATE_STALE:
		return "stale";
	case SOURCE_STATE_LOST:
		return "lost";
	case SOURCE_STATE_COUNT:
		break;
	}
	return "?";
}

static enum role state_role(enum source_state state)
{
	switch (state) {
	case SOURCE_STATE_OK:
		return ROLE_UP;
	case SOURCE_STATE_DENIED:
	case SOURCE_STATE_LOST:
		return ROLE_DOWN;
	case SOURCE_STATE_STALE:
		return ROLE_DEGRADED;
	case SOURCE_STATE_ABSENT:
	case SOURCE_STATE_COUNT:
		break;
	}
	return ROLE_DIM;
}

static const struct model_source *source_at(const struct view *v, const struct model *m, size_t at)
{
	return at < v->nsources ? &m->sources[v->sources[at]] : NULL;
}

static bool match(const struct model *m, const struct model_source *s, const struct pattern *p)
{
	char text[512];
	size_t pos = 0;

	str_append(text, sizeof text, &pos, "%s %s %s %s", model_name(m, s->name), model_name(m, s->instance),
		   state_word(s->state), model_name(m, s->reason));
	return pattern_match(p, text, pos);
}

void sources_collect(struct view *v, const struct model *m, const struct view_status *st)
{
	(void)st;
	v->nsources = v->hidden = 0;
	v->sources = xrealloc(v->sources, m->nsources + 1, sizeof *v->sources);
	for (size_t i = 0; i < m->nsources && i < MODEL_NONE; i++) {
		if (!m->sources[i].used)
			continue;
		if (v->filter && !match(m, &m->sources[i], v->filter))
			v->hidden++;
		else
			v->sources[v->nsources++] = (uint16_t)i;
	}
	if (v->source >= v->nsources)
		v->source = v->nsources ? v->nsources - 1 : 0;
}

size_t sources_count(const struct view *v)
{
	return v->nsources;
}

size_t sources_index(const struct view *v)
{
	return v->source;
}

void sources_select(struct view *v, const struct model *m, size_t at)
{
	(void)m;
	v->source = at;
}

bool sources_match(const struct view *v, const struct model *m, size_t at, const struct pattern *p)
{
	const struct model_source *s = source_at(v, m, at);

	return s && match(m, s, p);
}

static const char *name_of(const struct frame *f, const struct model_source *s, char *out, size_t size)
{
	const char *instance = model_name(f->m, s->instance);

	snprintf(out, size, "%s%s%s", model_name(f->m, s->name), *instance ? " " : "", instance);
	return out;
}

static void put_source(const struct frame *f, int y, size_t at)
{
	const struct model_source *s = source_at(f->v, f->m, at);
	bool silent = row_is_silent(f), selected = at == f->v->source;
	enum role plain = silent ? ROLE_DIM : ROLE_PLAIN;
	char name[160], text[FORMAT_MAX], cut[160];
	int x = 1;

	if (selected)
		canvas_put(f->c, 0, y, 1, ROLE_STRONG, ">");
	format_name(f, name_of(f, s, name, sizeof name), NAME, cut);
	canvas_put(f->c, x, y, NAME, selected ? ROLE_STRONG : plain, cut);
	x += NAME + 1;
	canvas_put(f->c, x, y, STATE, silent ? ROLE_DIM : state_role(s->state), silent ? "?" : state_word(s->state));
	x += STATE + 1;
	format_since(f, s->since_us, true, text);
	canvas_printf(f->c, x, y, SINCE, plain, "%*s", SINCE, text);
	x += SINCE + 1;
	if (s->period_ms > 0)
		snprintf(text, sizeof text, "%g s", s->period_ms / 1000.0);
	canvas_printf(f->c, x, y, PERIOD, plain, "%*s", PERIOD, s->period_ms > 0 ? text : "-");
	x += PERIOD + 2;
	if (f->columns >= REASON_FROM)
		canvas_put(f->c, x, y, -1, plain, model_name(f->m, s->reason));
}

static void put_titles(const struct frame *f, int y)
{
	int x = 1;

	canvas_fill(f->c, 0, y, f->columns, ROLE_BAR);
	canvas_put(f->c, x, y, -1, ROLE_BAR, "SOURCE");
	x += NAME + 1;
	canvas_put(f->c, x, y, -1, ROLE_BAR, "STATE");
	x += STATE + 1;
	canvas_printf(f->c, x, y, -1, ROLE_BAR, "%*s", SINCE, "SINCE");
	x += SINCE + 1;
	canvas_printf(f->c, x, y, -1, ROLE_BAR, "%*s", PERIOD, "PERIOD");
	if (f->columns >= REASON_FROM)
		canvas_put(f->c, x + PERIOD + 2, y, -1, ROLE_BAR, "REASON");
}

// The whole reason of the selected one.
static void write_reason(const struct frame *f, struct sheet *w)
{
	const struct model_source *s = source_at(f->v, f->m, f->v->source);
	struct text o = { .pos = 0 };

	if (!s)
		return;
	text_say(&o, "%s", *model_name(f->m, s->reason) ? model_name(f->m, s->reason) : state_word(s->state));
	if (s->error)
		text_say(&o, "(%s)", strerrordesc_np(s->error) ? strerrordesc_np(s->error) : "unknown error");
	sheet_put(w, "why", o.s);
}

static int put_reason(struct frame *f, int y, int height)
{
	struct sheet counted = { .f = f }, w = { .f = f, .draw = true, .height = height };

	write_reason(f, &counted);
	w.y = y + height - (int)counted.n;
	write_reason(f, &w);
	return (int)counted.n + 1;
}

void panel_sources(struct frame *f, int y, int height)
{
	struct view *v = f->v;

	if (height >= 2) {
		put_titles(f, y++);
		height--;
	}
	if (f->rows >= DETAIL_FROM)
		height -= put_reason(f, y, height);
	if (height < 1)
		return;
	v->source_page = (size_t)height;
	if (v->source < v->source_top)
		v->source_top = v->source;
	if (v->source >= v->source_top + v->source_page)
		v->source_top = v->source + 1 - v->source_page;
	for (size_t i = 0; i < v->source_page && v->source_top + i < v->nsources; i++)
		put_source(f, y + (int)i, v->source_top + i);
	if (!v->nsources)
		canvas_put(f->c, 1, y, -1, ROLE_NOTE,
			   v->hidden ? "no source matches (Esc clears the filter)" : "no source has told of itself");
}
