// SPDX-License-Identifier: GPL-2.0-or-later
// The first two lines: what is being shown, of when, and how many rows are well.
#include <stdio.h>
#include <string.h>

#include "view/panel.h"

enum { PIECES_MAX = 12 };

struct pieces {
	size_t n;
	struct piece {
		char text[96];
		enum role role;
	} piece[PIECES_MAX];
};

static void add(struct pieces *p, enum role role, const char *fmt, ...) PRINTF_LIKE(3, 4);
static void add(struct pieces *p, enum role role, const char *fmt, ...)
{
	va_list ap;

	if (p->n == PIECES_MAX)
		return;
	va_start(ap, fmt);
	vsnprintf(p->piece[p->n].text, sizeof p->piece->text, fmt, ap);
	va_end(ap);
	p->piece[p->n++].role = role;
}

static int width_of(const struct pieces *p, const char *between)
{
	int n = 0;

	for (size_t i = 0; i < p->n; i++)
		n += canvas_text_width(p->piece[i].text) + (i ? canvas_text_width(between) : 0);
	return n;
}

// Pieces from the left while they fit.
static void put(const struct frame *f, const struct pieces *p, int y, int width, const char *between)
{
	int x = 0;

	for (size_t i = 0; i < p->n; i++) {
		int w = canvas_text_width(p->piece[i].text), gap = i ? canvas_text_width(between) : 0;

		if (i && x + gap + w > width)
			return;
		if (i)
			x += canvas_put(f->c, x, y, width - x, ROLE_DIM, between);
		x += canvas_put(f->c, x, y, width - x, p->piece[i].role, p->piece[i].text);
	}
}

static void add_live(const struct frame *f, struct pieces *p)
{
	const struct view_status *st = f->st;
	char at[FORMAT_MAX], age[16];

	if (st->silent && st->paused)
		add(p, ROLE_NOTE, "PAUSED %s", format_clock(f, st->at, at));
	if (st->silent)
		add(p, ROLE_DOWN, "COLLECTOR SILENT %s", time_age(st->silent_us, age));
	else if (st->paused && f->columns >= 76)
		add(p, ROLE_NOTE, "PAUSED %s -%s (recording goes on)", format_clock(f, st->at, at),
		    time_age(st->end - st->at, age));
	else if (st->paused)
		add(p, ROLE_NOTE, "PAUSED %s", format_clock(f, st->at, at));
	else if (st->connecting)
		add(p, ROLE_NOTE, "CONNECTING");
	else
		add(p, ROLE_UP, "LIVE %gs", (double)f->m->interval_us / US_PER_S);
}

static void add_replay(const struct frame *f, struct pieces *p)
{
	const struct view_status *st = f->st;
	char at[FORMAT_MAX], end[FORMAT_MAX];

	if (st->over)
		add(p, ROLE_NOTE, "REPLAY END");
	else if (st->paused)
		add(p, ROLE_NOTE, "REPLAY PAUSED");
	else
		add(p, ROLE_NOTE, "REPLAY %gx", st->speed);
	add(p, ROLE_PLAIN, "%s/%s", format_span(st->at, at), format_span(st->end, end));
}

// Detail 0 says all, 3 the least.
static void add_status(const struct frame *f, struct pieces *p, int detail)
{
	const struct view_status *st = f->st;
	char span[FORMAT_MAX], bytes[FORMAT_MAX];

	p->n = 0;
	if (detail < 3)
		add(p, ROLE_STRONG, "tunwatch %s", model_name(f->m, f->m->host));
	if (f->v->panel->bit != PANEL_TUNNELS)
		add(p, ROLE_STRONG, "[%s %s]", f->v->panel->key, detail < 2 ? f->v->panel->name : f->v->panel->brief);
	if (st->mode & MODE_LIVE)
		add_live(f, p);
	else
		add_replay(f, p);
	if (st->trouble)
		add(p, ROLE_DOWN, "%s", st->trouble);
	if (st->scan_percent < 100)
		add(p, ROLE_DIM, "%sreading %d%%", f->m->partial ? "~ " : "", st->scan_percent);
	else if (f->m->partial)
		add(p, ROLE_DIM, "~");
	if (st->mode & MODE_LIVE && !st->silent && detail < 2 && st->paused)
		add(p, ROLE_DOWN, "REC%s", panel_glyphs(f->v)->rec);
	else if (st->mode & MODE_LIVE && !st->silent && detail < 2)
		add(p, ROLE_PLAIN, "REC%s %s %s", panel_glyphs(f->v)->rec, format_span(st->end, span),
		    format_bytes(st->bytes, bytes));
	if (detail < 1 && f->m->baseline_us != MODEL_NEVER)
		add(p, ROLE_PLAIN, "base %.5s", format_clock(f, f->m->baseline_us, span));
	if (detail < 1 && st->file && f->columns >= 100)
		add(p, ROLE_DIM, "%s", st->file);
}

static void format_date(const struct frame *f, char *out, size_t size)
{
	// the end of the recording is the present; the moment shown stands in "PAUSED"
	int64_t t = f->st->mode & MODE_LIVE ? f->st->end : f->st->at;
	struct time_parts p = time_split(model_wall(f->m, t), format_offset(f));
	char clock[FORMAT_MAX], zone[FORMAT_MAX];

	format_clock(f, t, clock);
	format_zone(f, zone);
	*out = 0;
	if (!f->m->has_clock)
		return;
	if (f->columns >= 110)
		snprintf(out, size, "%04d-%02d-%02d %s%s", p.year, p.month, p.day, clock, zone);
	else if (f->columns >= 60)
		snprintf(out, size, "%02d-%02d %s%s", p.month, p.day, clock, zone);
	else
		snprintf(out, size, "%s%s", clock, zone);
}

static void put_status(const struct frame *f, int y)
{
	struct pieces p;
	char date[80];
	int width, gap = f->columns >= 60 ? 2 : 1;
	const char *between = gap == 2 ? "  " : " ";

	format_date(f, date, sizeof date);
	width = f->columns - (*date ? (int)strlen(date) + gap : 0);
	for (int detail = 0; detail <= 3; detail++) {
		add_status(f, &p, detail);
		if (width_of(&p, between) <= width)
			break;
	}
	if (width_of(&p, between) > width && p.n > 1)
		p.n = 1;
	if (width_of(&p, between) > width) {
		width = f->columns;
		*date = 0;
	}
	put(f, &p, y, width, between);
	canvas_put(f->c, f->columns - (int)strlen(date), y, -1, ROLE_PLAIN, date);
}

struct tally {
	size_t state[ROW_ADMIN + 1], lines, tunnels, flaps;
	bool more; // outages than are remembered
};

static void count(const struct frame *f, struct tally *n)
{
	memset(n, 0, sizeof *n);
	for (size_t i = 0; i < f->m->ntunnels; i++) {
		const struct model_tunnel *t = &f->m->tunnels[i];

		if (!t->used)
			continue;
		n->state[row_state(f, t)]++;
		n->flaps += model_flaps(f->m, t);
		n->more |= model_flaps(f->m, t) == ARRAY_LEN(t->flap_us);
		n->lines += row_is_line(t);
		n->tunnels += !row_is_line(t);
	}
}

static void add_counts(const struct frame *f, struct pieces *p)
{
	static const enum row_state order[] = { ROW_UP, ROW_DEGRADED, ROW_DOWN, ROW_UNKNOWN, ROW_ADMIN };
	static const char *const words[] = { "up", "degr", "down", "unknown", "admin" };
	struct tally n;
	char text[96];
	size_t pos = 0;

	count(f, &n);
	*text = 0;
	if (f->columns >= 110) {
		str_append(text, sizeof text, &pos, "%zu tunnel%s", n.tunnels, n.tunnels == 1 ? "" : "s");
		if (n.lines)
			str_append(text, sizeof text, &pos, ", %zu line%s", n.lines, n.lines == 1 ? "" : "s");
		str_append(text, sizeof text, &pos, ": ");
	}
	for (size_t k = 0; k < ARRAY_LEN(order); k++)
		if (n.state[order[k]] || order[k] == ROW_UP)
			str_append(text, sizeof text, &pos, "%zu %s ", n.state[order[k]], words[k]);
	text[pos - 1] = 0;
	add(p, n.state[ROW_DOWN] ? ROLE_DOWN : n.state[ROW_DEGRADED] ? ROLE_DEGRADED : ROLE_PLAIN, "%s", text);
	if (n.flaps)
		add(p, ROLE_DEGRADED, "%zu%s outage%s/10m", n.flaps, n.more ? "+" : "", n.flaps == 1 ? "" : "s");
}

static void add_sources(const struct frame *f, struct pieces *p)
{
	for (size_t i = 0; i < f->m->nsources; i++) {
		const struct model_source *s = &f->m->sources[i];
		const char *instance = model_name(f->m, s->instance);

		if (!s->used || s->state == SOURCE_STATE_OK || s->state == SOURCE_STATE_ABSENT)
			continue;
		add(p, ROLE_DEGRADED, "%.30s%s%.20s %s", model_name(f->m, s->name), *instance ? " " : "", instance,
		    s->state == SOURCE_STATE_DENIED ? "denied" : s->state == SOURCE_STATE_STALE ? "stale" : "lost");
	}
}

static void add_bgp(const struct frame *f, struct pieces *p)
{
	struct neighbor_tally n;
	char stale[32] = "";

	neighbor_count(f, &n);
	if (!n.all)
		return;
	if (n.stale)
		snprintf(stale, sizeof stale, ", %zu stale", n.stale);
	add(p, n.established + n.stale < n.all ? ROLE_DOWN : n.stale ? ROLE_DEGRADED : ROLE_PLAIN, "BGP %zu/%zu%s",
	    n.established, n.all, stale);
}

static void add_mtus(const struct frame *f, struct pieces *p)
{
	struct mtu_tally n;

	mtu_count(f, &n);
	if (n.holes)
		add(p, ROLE_DOWN, "black hole %zu", n.holes);
	if (n.drifts)
		add(p, ROLE_DEGRADED, "%sdrift %zu", f->columns >= 110 ? "MTU " : "", n.drifts);
}

// Routers that do not answer; their panel names them.
static void add_routers(const struct frame *f, struct pieces *p)
{
	size_t stale = 0, n = 0;

	for (size_t i = 0; i < f->m->nrouters; i++) {
		const struct model_router *r = &f->m->routers[i];

		n += r->used;
		stale += r->used && r->outcome != ROUTER_OUTCOME_RELEASED && router_is_stale(f, r->router);
	}
	if (stale)
		add(p, ROLE_DEGRADED, "%zu of %zu router%s silent", stale, n, n == 1 ? "" : "s");
}

static void put_summary(const struct frame *f, int y)
{
	struct pieces p = { 0 };
	struct view *v = f->v;
	const struct sorting *s = rows_sorting(v);
	char between[16];

	snprintf(between, sizeof between, " %s ", panel_glyphs(v)->bar);
	add_counts(f, &p);
	add_bgp(f, &p);
	add_mtus(f, &p);
	add_routers(f, &p);
	if (v->filter)
		add(&p, ROLE_NOTE, "filter %.60s", v->filter_text);
	if (v->faults)
		add(&p, ROLE_NOTE, "faults only");
	if (v->hidden)
		add(&p, ROLE_NOTE, "%zu hidden", v->hidden);
	if (v->panel->bit & (PANEL_TUNNELS | PANEL_MTU) && (s->by != SORT_NONE || s->inverted))
		add(&p, ROLE_DIM, "sort %s%s", s->inverted ? "!" : "", rows_sort_name(s->by));
	add_sources(f, &p);
	put(f, &p, y, f->columns, between);
}

void panel_head(struct frame *f, int y, int height)
{
	if (height >= 1)
		put_status(f, y);
	if (height >= 2)
		put_summary(f, y + 1);
}
