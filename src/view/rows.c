// SPDX-License-Identifier: GPL-2.0-or-later
// Which rows are shown, and in which order.
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "view/panel.h"

struct order {
	const struct frame *f;
	enum sort sort;
	bool worst, inverted;
};

enum row_state rows_state(const struct frame *f, const struct model_tunnel *t)
{
	enum row_state state = row_state(f, t);
	struct mtu u;

	if (f->v->panel->bit != PANEL_MTU || state == ROW_ADMIN)
		return state;
	u = mtu_of(f->v, (unsigned)(t - f->m->tunnels));
	return mtu_state(&u);
}

// ---- sorting ----

static const enum sort tunnel_sorts[] = { SORT_NONE, SORT_NAME, SORT_KIND, SORT_STATE, SORT_SINCE, SORT_RTT, SORT_LOSS,
					  SORT_MTU,  SORT_PATH, SORT_GAP,  SORT_DRIFT, SORT_RATE };
static const enum sort mtu_sorts[] = { SORT_NONE, SORT_NAME, SORT_KIND,  SORT_MTU,     SORT_PATH,
				       SORT_OUTER, SORT_GAP, SORT_DRIFT, SORT_CEILING, SORT_VERDICT };

struct sorting *rows_sorting(struct view *v)
{
	return &v->sorting[v->panel->bit == PANEL_MTU ? 0 : 1];
}

void rows_change_sort(struct view *v, int step)
{
	bool is_mtu = v->panel->bit == PANEL_MTU;
	const enum sort *sorts = is_mtu ? mtu_sorts : tunnel_sorts;
	int n = is_mtu ? (int)ARRAY_LEN(mtu_sorts) : (int)ARRAY_LEN(tunnel_sorts), at = 0;
	struct sorting *s = rows_sorting(v);

	while (at < n - 1 && sorts[at] != s->by)
		at++;
	s->by = sorts[(at + n + step) % n];
	v->top = 0;
}

const char *rows_sort_name(enum sort by)
{
	static const char *const names[SORT_COUNT] = {
		[SORT_NONE] = "", [SORT_NAME] = "name", [SORT_KIND] = "kind", [SORT_STATE] = "state",
		[SORT_SINCE] = "since", [SORT_RTT] = "rtt", [SORT_LOSS] = "loss", [SORT_MTU] = "mtu",
		[SORT_PATH] = "path mtu", [SORT_OUTER] = "outer", [SORT_GAP] = "gap", [SORT_DRIFT] = "drift",
		[SORT_CEILING] = "ceiling", [SORT_VERDICT] = "verdict", [SORT_RATE] = "rate",
	};

	return names[by];
}

// Everything of a row that a pattern may want.
bool rows_match(const struct view *v, const struct model *m, unsigned key, const struct pattern *p)
{
	static const struct view_status none;
	struct frame f = { .m = m, .st = &none };
	const struct model_tunnel *t = &m->tunnels[key];
	struct mtu u = mtu_of(v, key);
	char text[1024], word[FORMAT_MAX], mtus[FORMAT_MAX];
	size_t pos = 0;

	str_append(text, sizeof text, &pos, "%s %s %s ", t->name, row_kind(t, true), row_word(row_state(&f, t)));
	str_append(text, sizeof text, &pos, "%s %s ", model_name(m, t->ifname), model_name(m, t->peer));
	str_append(text, sizeof text, &pos, "%s %s ", model_name(m, t->outer_local), model_name(m, t->outer_remote));
	str_append(text, sizeof text, &pos, "%s %s", model_name(m, t->group), t->reason);
	str_append(text, sizeof text, &pos, " %s %s", format_mtus(&u, 11, mtus), mtu_word(&u, word));
	return pattern_match(p, text, pos);
}

// Shut down when it was first seen, and ever since: nobody is waiting for it.
static bool is_idle(const struct frame *f, const struct model_tunnel *t)
{
	int64_t up, down;

	if (row_state(f, t) != ROW_ADMIN || t->outages)
		return false;
	model_tunnel_times(f->m, t, &up, &down);
	return !up;
}

static bool is_wanted(const struct frame *f, const struct model_tunnel *t)
{
	enum row_state state = rows_state(f, t);

	if (!f->v->all && is_idle(f, t))
		return false;
	if (f->v->faults && (state == ROW_UP || state == ROW_ADMIN))
		return false;
	return !f->v->filter || rows_match(f->v, f->m, (unsigned)(t - f->m->tunnels), f->v->filter);
}

int rows_rank(enum row_state state)
{
	static const int ranks[] = { [ROW_DOWN] = 0, [ROW_DEGRADED] = 1, [ROW_UNKNOWN] = 2,
				     [ROW_UP] = 3, [ROW_ADMIN] = 4 };

	return ranks[state];
}

static int rank(const struct frame *f, const struct model_tunnel *t)
{
	return rows_rank(rows_state(f, t));
}

// The number that a column sorts by; larger first, but of changes the worst.
static double value_of(const struct order *o, const struct model_tunnel *t)
{
	const struct model *m = o->f->m;
	const struct model_target *target = row_target(m, t);
	const struct model_link *link = model_tunnel_link(m, t);
	struct mtu u = mtu_of(o->f->v, (unsigned)(t - m->tunnels));

	switch (o->sort) {
	case SORT_STATE:
		return -rank(o->f, t);
	case SORT_SINCE:
		return (double)t->since_us;
	case SORT_RTT:
		return target ? (double)target->rtt.last_us : -2;
	case SORT_LOSS:
		return target ? model_loss(m, target, LOSS_1M) : -2;
	case SORT_MTU:
		return u.configured;
	case SORT_PATH:
		return u.path;
	case SORT_OUTER:
		return u.outer;
	case SORT_CEILING:
		return u.ceiling;
	case SORT_GAP:
		return u.has_gap ? -(double)u.gap : -(double)INT_MAX - 2;
	case SORT_DRIFT:
		return u.has_drift ? -(double)u.drift : -(double)INT_MAX - 2;
	case SORT_VERDICT:
		return -rows_rank(mtu_state(&u)) * (int)MTU_VERDICT_COUNT + u.verdict;
	case SORT_RATE:
		return link ? link->rate.rx_bytes + link->rate.tx_bytes : -3;
	case SORT_NONE:
	case SORT_NAME:
	case SORT_KIND:
	case SORT_COUNT:
		break;
	}
	return 0;
}

// The line that a row goes over: its key, or MODEL_NONE. The lines are the first n of v->lines.
static unsigned line_of(const struct view *v, const struct model *m, unsigned key, size_t n)
{
	const struct model_tunnel *t = &m->tunnels[key];
	const struct model_route *r;

	if (row_is_line(t))
		return key;
	r = model_tunnel_route(m, t);
	for (size_t i = 0; r && r->gateway != MODEL_NONE && i < n; i++)
		if (m->tunnels[v->lines[i]].peer == r->gateway)
			return v->lines[i];
	return MODEL_NONE;
}

// Looked up once, not in every comparison.
static void find_lines(struct view *v, const struct model *m)
{
	size_t n = 0;

	for (size_t i = 0; i < v->nrows; i++)
		if (row_is_line(&m->tunnels[v->rows[i]]))
			v->lines[n++] = v->rows[i];
	for (size_t i = 0; i < v->nrows; i++)
		v->over[v->rows[i]] = (uint16_t)line_of(v, m, v->rows[i], n);
}

static int compare_lines(const struct order *o, unsigned a, unsigned b)
{
	const struct model *m = o->f->m;
	bool line_a = row_is_line(&m->tunnels[a]), line_b = row_is_line(&m->tunnels[b]);
	unsigned over_a, over_b;

	if (o->sort != SORT_NONE || o->worst)
		return line_b - line_a;
	over_a = o->f->v->over[a];
	over_b = o->f->v->over[b];
	if (over_a != over_b)
		return over_a < over_b ? -1 : 1;
	return line_b - line_a;
}

static int compare_values(const struct order *o, const struct model_tunnel *a, const struct model_tunnel *b)
{
	double x, y;

	if (o->worst)
		return rank(o->f, a) - rank(o->f, b);
	if (o->sort == SORT_NAME)
		return strcmp(a->name, b->name);
	if (o->sort == SORT_KIND)
		return strcmp(row_kind(a, true), row_kind(b, true));
	x = value_of(o, a);
	y = value_of(o, b);
	return (x < y) - (x > y);
}

static int compare(const void *pa, const void *pb, void *arg)
{
	const struct order *o = arg;
	unsigned a = *(const uint16_t *)pa, b = *(const uint16_t *)pb;
	int r = compare_lines(o, a, b);

	if (r)
		return r;
	r = compare_values(o, &o->f->m->tunnels[a], &o->f->m->tunnels[b]);
	if (o->inverted)
		r = -r;
	return r ? r : a < b ? -1 : a > b;
}

void rows_collect(struct view *v, const struct model *m, const struct view_status *st, bool worst_first)
{
	struct frame f = { .v = v, .m = m, .st = st };
	const struct sorting *s = rows_sorting(v);
	struct order o = { &f, s->by, worst_first && s->by == SORT_NONE, s->inverted };

	v->nrows = v->hidden = 0;
	if (v->rows_cap < m->ntunnels) {
		v->rows = xrealloc(v->rows, m->ntunnels, sizeof *v->rows);
		v->lines = xrealloc(v->lines, m->ntunnels, sizeof *v->lines);
		v->over = xrealloc(v->over, m->ntunnels, sizeof *v->over);
		v->rows_cap = m->ntunnels;
	}
	for (size_t i = 0; i < m->ntunnels && i < MODEL_NONE; i++) {
		if (!m->tunnels[i].used)
			continue;
		if (is_wanted(&f, &m->tunnels[i]))
			v->rows[v->nrows++] = (uint16_t)i;
		else
			v->hidden++;
	}
	find_lines(v, m);
	if (v->nrows > 1)
		qsort_r(v->rows, v->nrows, sizeof *v->rows, compare, &o);
}

size_t rows_index(const struct view *v)
{
	for (size_t i = 0; i < v->nrows; i++)
		if (v->rows[i] == v->selected)
			return i;
	return 0;
}

// The first of the rows that are worst, tunnels before lines.
static size_t worst_row(const struct frame *f)
{
	const struct view *v = f->v;
	int least = INT_MAX;
	size_t at = 0;

	for (size_t i = 0; i < v->nrows; i++) {
		const struct model_tunnel *t = &f->m->tunnels[v->rows[i]];
		int r = 2 * rank(f, t) + row_is_line(t);

		if (r < least)
			at = i;
		least = r < least ? r : least;
	}
	return at;
}

// Until a person has chosen a row it is the one that needs to be looked at. A chosen row that is filtered out leaves
// the selection to the first one.
void rows_select_nearest(struct view *v, const struct model *m, const struct view_status *st)
{
	const struct frame f = { .v = v, .m = m, .st = st };

	if (!v->nrows)
		v->selected = MODEL_NONE;
	else if (v->chosen)
		v->selected = v->rows[rows_index(v)];
	else
		v->selected = v->rows[rows_sorting(v)->by == SORT_NONE ? worst_row(&f) : 0];
}
