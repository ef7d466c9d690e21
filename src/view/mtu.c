// SPDX-License-Identifier: GPL-2.0-or-later
// What a row says of its MTUs. What was measured is shown while the path answers, never kept on the screen after.
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "view/panel.h"

enum { CELLS_MAX = CANVAS_COLUMNS_MAX, STEPS_MAX = 64 };

static bool is_searched(const struct frame *f, unsigned target)
{
	const struct model_pmtu *p = model_find_pmtu(f->m, target);

	return p && p->state == PMTU_STATE_SEARCHING;
}

static struct mtu read(const struct frame *f, unsigned tunnel)
{
	const struct model_tunnel *t = &f->m->tunnels[tunnel];
	const struct model_target *target = row_target(f->m, t);
	struct model_mtu x;
	struct mtu u;

	model_mtu(f->m, tunnel, &x);
	u = (struct mtu){ .configured = x.configured };
	if (row_is_silent(f))
		return u;
	u.verdict = (uint8_t)x.verdict;
	u.path = x.path_inner;
	u.outer = x.path_outer;
	u.ceiling = x.ceiling;
	u.has_gap = x.has_gap;
	u.gap = x.has_gap ? x.gap : 0;
	u.has_drift = x.has_drift;
	u.drift = x.has_drift ? x.drift : 0;
	u.mss = target && model_addr(f->m, target->target).family == AF_INET6 ? x.mss6 : x.mss4;
	u.searching = is_searched(f, t->inner_target) || is_searched(f, t->outer_target);
	return u;
}

// Worked out once for all that is drawn or sorted.
void mtu_collect(struct view *v, const struct model *m, const struct view_status *st)
{
	const struct frame f = { .v = v, .m = m, .st = st };

	array_grow(&v->mtus, &v->mtus_cap, m->ntunnels, sizeof *v->mtus);
	v->nmtus = m->ntunnels;
	for (size_t i = 0; i < m->ntunnels && i < MODEL_NONE; i++)
		v->mtus[i] = m->tunnels[i].used ? read(&f, (unsigned)i) : (struct mtu){ 0 };
}

struct mtu mtu_of(const struct view *v, unsigned tunnel)
{
	return tunnel < v->nmtus ? v->mtus[tunnel] : (struct mtu){ 0 };
}

enum row_state mtu_state(const struct mtu *u)
{
	switch ((enum mtu_verdict)u->verdict) {
	case MTU_VERDICT_OK:
	case MTU_VERDICT_TIGHT:
	case MTU_VERDICT_UNDER_UTILISED:
		return ROW_UP;
	case MTU_VERDICT_OVERSIZED:
	case MTU_VERDICT_FRAGMENTS:
	case MTU_VERDICT_TOO_LOSSY:
	case MTU_VERDICT_UNSTABLE:
		return ROW_DEGRADED;
	case MTU_VERDICT_BLACK_HOLE:
		return ROW_DOWN;
	case MTU_VERDICT_UNKNOWN:
	case MTU_VERDICT_COUNT:
		break;
	}
	return ROW_UNKNOWN;
}

const char *mtu_word(const struct mtu *u, char out[FORMAT_MAX])
{
	enum row_state state = mtu_state(u);

	if (u->verdict == MTU_VERDICT_UNKNOWN && u->searching)
		str_copy(out, FORMAT_MAX, "searching");
	else
		snprintf(out, FORMAT_MAX, "%s%.20s", state == ROW_DEGRADED || state == ROW_DOWN ? "!" : "",
			 mtu_verdict_word((enum mtu_verdict)u->verdict));
	return out;
}

// Numbers that are well are plain.
enum role mtu_role(const struct mtu *u)
{
	enum row_state state = mtu_state(u);

	return state == ROW_UP ? ROLE_PLAIN : state == ROW_UNKNOWN && !u->path && !u->configured ? ROLE_DIM :
	       state == ROW_UNKNOWN ? ROLE_PLAIN : row_role(state);
}

enum role mtu_change_role(int change)
{
	return change < 0 ? ROLE_DEGRADED : ROLE_PLAIN;
}

const char *format_mtus(const struct mtu *u, int width, char out[FORMAT_MAX])
{
	char configured[FORMAT_MAX], path[FORMAT_MAX];

	for (int digits = 5; digits > 2; digits--) {
		format_mtu(u->configured, digits, configured);
		format_mtu(u->path, digits, path);
		snprintf(out, FORMAT_MAX, "%.8s/%.8s", u->configured > 0 ? configured : "-",
			 u->path <= 0 && u->searching ? ".." : path);
		if (canvas_text_width(out) <= width)
			break;
	}
	return out;
}

void mtu_count(const struct frame *f, struct mtu_tally *ret)
{
	memset(ret, 0, sizeof *ret);
	for (size_t i = 0; i < f->v->nmtus; i++) {
		ret->drifts += f->v->mtus[i].has_drift && f->v->mtus[i].drift;
		ret->holes += f->v->mtus[i].verdict == MTU_VERDICT_BLACK_HOLE;
	}
}

// ---- the past ----

// The least known one from one time to another; 0: not known. *k is the first step that begins later.
static int32_t least_in(const struct history_step *steps, size_t n, size_t *k, int64_t to)
{
	int32_t least = *k ? steps[*k - 1].mtu : 0;

	for (; *k < n && steps[*k].t < to; ++*k)
		if (steps[*k].mtu > 0 && (least <= 0 || steps[*k].mtu < least))
			least = steps[*k].mtu;
	return least > 0 ? least : 0;
}

static void read_cells(const struct frame *f, const struct history_step *steps, size_t n, int32_t *ret, int cells)
{
	int64_t us = view_zoom(f->v) * US_PER_S, newest = (f->st->at - 1) / us;
	size_t k = 0;

	for (int i = 0; i < cells; i++) {
		int64_t from = (newest - (cells - 1 - i)) * us;
		int64_t to = from >= 0 && f->st->at - from > us ? from + us : f->st->at;

		while (k < n && steps[k].t <= from)
			k++;
		ret[i] = from < 0 || from > f->m->now ? 0 : least_in(steps, n, &k, to);
	}
}

// Levels lie between the least and the greatest that is remembered, so that a small change can be seen.
void mtu_chart(struct frame *f, int x, int y, int cells, unsigned target, int want)
{
	struct history_step steps[STEPS_MAX];
	int32_t values[CELLS_MAX], min = INT32_MAX, max = 0;
	size_t n = target == MODEL_NONE ? 0 : history_steps(f->m, target, steps, STEPS_MAX);
	const struct glyphs *g = panel_glyphs(f->v);

	if (cells <= 0)
		return;
	cells = cells < CELLS_MAX ? cells : CELLS_MAX;
	read_cells(f, steps, n, values, cells);
	for (size_t i = 0; i < n; i++) {
		if (steps[i].mtu <= 0)
			continue;
		min = steps[i].mtu < min ? steps[i].mtu : min;
		max = steps[i].mtu > max ? steps[i].mtu : max;
	}
	for (int i = 0; i < cells; i++) {
		int64_t level = values[i] <= 0 ? 0 : min == max ? 7 : ((int64_t)values[i] - min) * 7 / (max - min);

		canvas_put(f->c, x + i, y, 1, values[i] <= 0 ? ROLE_DIM : values[i] < want ? ROLE_DEGRADED : ROLE_UP,
			   values[i] <= 0 ? g->unknown : g->step[level]);
	}
}
