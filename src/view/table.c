// SPDX-License-Identifier: GPL-2.0-or-later
// The main table: one row, one tunnel, one state. Columns are rows of a table too.
#include <stdio.h>
#include <string.h>

#include "view/panel.h"

struct place {
	struct frame *f;
	int x, y, width;
	unsigned key;
	const struct model_tunnel *t;
	enum row_state state;
};

enum column_id {
	COLUMN_NAME, COLUMN_KIND, COLUMN_STATE, COLUMN_SINCE, COLUMN_STRIP, COLUMN_RTT, COLUMN_JITTER, COLUMN_LOSS,
	COLUMN_MTU, COLUMN_GAP, COLUMN_DRIFT, COLUMN_BGP, COLUMN_RATE, COLUMN_RX, COLUMN_TX, COLUMN_WHY, COLUMN_COUNT
};

static void put_right(const struct place *p, enum role role, const char *text)
{
	int n = canvas_text_width(text);

	canvas_put(p->f->c, p->x + (n < p->width ? p->width - n : 0), p->y, p->width, role, text);
}

static void put_left(const struct place *p, enum role role, const char *text)
{
	canvas_put(p->f->c, p->x, p->y, p->width, role, text);
}

static void put_name(const struct place *p)
{
	bool selected = p->key == p->f->v->selected;
	char text[160];
	int at = p->t->ssh ? 1 : 0;

	if (selected && !p->f->v->events_focus)
		canvas_put(p->f->c, 0, p->y, 1, ROLE_STRONG, ">");
	if (at)
		canvas_put(p->f->c, p->x, p->y, 1, ROLE_NOTE, "@");
	canvas_put(p->f->c, p->x + at, p->y, p->width - at, selected ? ROLE_STRONG : ROLE_PLAIN,
		   format_name(p->f, p->t->name, p->width - at, text));
}

static void put_kind(const struct place *p)
{
	put_left(p, ROLE_PLAIN, row_kind(p->t, p->width > 6));
}

static void put_state(const struct place *p)
{
	put_left(p, row_role(p->state), row_word(p->state));
}

static void put_since(const struct place *p)
{
	char text[FORMAT_MAX];

	put_right(p, p->state == ROW_UNKNOWN ? ROLE_DIM : ROLE_PLAIN, row_since(p->f, p->t, text));
}

static void put_strip(const struct place *p)
{
	strip_draw(p->f, p->x, p->y, p->width, p->key, p->f->v->display);
}

// The round-trip time and what follows from it are shown while replies come, never kept on the screen after.
static void put_rtt_value(const struct place *p, int64_t us, const struct model_target *target)
{
	char text[FORMAT_MAX];

	if (!target)
		put_right(p, ROLE_DIM, "-");
	else if (row_probes_stale(p->f, target))
		put_right(p, ROLE_DIM, "?");
	else
		put_right(p, ROLE_PLAIN, format_rtt(target->lost_run || target->silent ? -1 : us, text));
}

static void put_rtt(const struct place *p)
{
	const struct model_target *target = row_target(p->f->m, p->t);

	put_rtt_value(p, target ? target->rtt.last_us : -1, target);
}

static void put_jitter(const struct place *p)
{
	const struct model_target *target = row_target(p->f->m, p->t);

	put_rtt_value(p, target && target->rtt.count > 1 ? target->rtt.jitter_us : -1, target);
}

static void put_loss(const struct place *p)
{
	const struct model_target *target = row_target(p->f->m, p->t);
	char text[FORMAT_MAX];
	double loss;

	if (!target) {
		put_right(p, ROLE_DIM, "-");
		return;
	}
	if (row_probes_stale(p->f, target)) {
		put_right(p, ROLE_DIM, "?");
		return;
	}
	loss = model_loss(p->f->m, target, LOSS_1M);
	put_right(p, loss >= 0.03 ? ROLE_DEGRADED : ROLE_PLAIN, format_loss(loss, text));
}

static void put_mtu(const struct place *p)
{
	const struct model_link *link = model_tunnel_link(p->f->m, p->t);
	char text[FORMAT_MAX];

	if (row_is_line(p->t) || !link || link->gone || link->mtu <= 0)
		snprintf(text, sizeof text, "-");
	else
		snprintf(text, sizeof text, "%d/?", link->mtu);
	put_left(p, *text == '-' ? ROLE_DIM : ROLE_PLAIN, text);
}

// The path MTU is not measured yet: the gap is not known, where there can be one.
static void put_gap(const struct place *p)
{
	put_right(p, ROLE_DIM, row_is_line(p->t) ? "-" : "?");
}

static void put_absent(const struct place *p)
{
	put_right(p, ROLE_DIM, "-");
}

static void put_bgp(const struct place *p)
{
	char text[FORMAT_MAX];
	enum role role = neighbor_brief(p->f, p->key, p->width, text);

	put_left(p, role, text);
}

static void put_rates(const struct place *p)
{
	const struct model_link *link = model_tunnel_link(p->f->m, p->t);
	const struct glyphs *g = panel_glyphs(p->f->v);
	char rx[FORMAT_MAX], tx[FORMAT_MAX], text[3 * FORMAT_MAX];

	if (!link || link->gone) {
		put_right(p, ROLE_DIM, "-");
		return;
	}
	if (row_counters_stale(p->f, link)) {
		put_right(p, ROLE_DIM, "?");
		return;
	}
	format_rate(p->f->v, link->rate.rx_bytes, rx);
	format_rate(p->f->v, link->rate.tx_bytes, tx);
	snprintf(text, sizeof text, "%s%s %s%s", g->rx, rx, g->tx, tx);
	if (canvas_text_width(text) > p->width)
		snprintf(text, sizeof text, "%s%s%s%s", g->rx, rx, g->tx, tx);
	put_right(p, ROLE_PLAIN, text);
}

static void put_rate(const struct place *p, bool received)
{
	const struct model_link *link = model_tunnel_link(p->f->m, p->t);
	const struct glyphs *g = panel_glyphs(p->f->v);
	char rate[FORMAT_MAX], text[2 * FORMAT_MAX];

	if (!link || link->gone) {
		put_right(p, ROLE_DIM, "-");
		return;
	}
	if (row_counters_stale(p->f, link)) {
		put_right(p, ROLE_DIM, "?");
		return;
	}
	format_rate(p->f->v, received ? link->rate.rx_bytes : link->rate.tx_bytes, rate);
	snprintf(text, sizeof text, "%s%s", received ? g->rx : g->tx, rate);
	put_right(p, ROLE_PLAIN, text);
}

static void put_rx(const struct place *p)
{
	put_rate(p, true);
}

static void put_tx(const struct place *p)
{
	put_rate(p, false);
}

static void put_why(const struct place *p)
{
	put_left(p, p->state == ROW_UP ? ROLE_DIM : ROLE_PLAIN, row_is_silent(p->f) ? "" : p->t->reason);
}

static const struct column {
	const char *title;
	bool right;
	void (*put)(const struct place *p);
} columns[COLUMN_COUNT] = {
	[COLUMN_NAME] = { "NAME", false, put_name },   [COLUMN_KIND] = { "KIND", false, put_kind },
	[COLUMN_STATE] = { "ST", false, put_state },   [COLUMN_SINCE] = { "SINCE", true, put_since },
	[COLUMN_STRIP] = { "", false, put_strip },     [COLUMN_RTT] = { "RTT", true, put_rtt },
	[COLUMN_JITTER] = { "±", true, put_jitter },   [COLUMN_LOSS] = { "LOSS", true, put_loss },
	[COLUMN_MTU] = { "MTU c/p", false, put_mtu },  [COLUMN_GAP] = { "GAP", true, put_gap },
	[COLUMN_DRIFT] = { "Δ", true, put_absent },    [COLUMN_BGP] = { "BGP", false, put_bgp },
	[COLUMN_RATE] = { "RATE", true, put_rates },   [COLUMN_RX] = { "RX/s", true, put_rx },
	[COLUMN_TX] = { "TX/s", true, put_tx },        [COLUMN_WHY] = { "WHY", false, put_why },
};

struct layout {
	int width[COLUMN_COUNT]; // 0: not shown
};

enum { STRIP_MIN = 8, WIDE = 110, NARROW = 50, WHY_FROM = 170 };

static int rest_of(const struct layout *l, int total)
{
	int used = 1;

	for (int i = 0; i < COLUMN_COUNT; i++)
		if (l->width[i])
			used += l->width[i] + (i != COLUMN_NAME);
	return total - used;
}

static bool has_bgp(const struct frame *f)
{
	for (size_t i = 0; i < f->v->nrows; i++) {
		unsigned key = f->v->rows[i];

		if (f->m->tunnels[key].bgp != MODEL_NONE || model_tunnel_bgp(f->m, key, 0) != MODEL_NONE)
			return true;
	}
	return false;
}

static void set_numbers(const struct frame *f, struct layout *l, bool wide)
{
	static const struct layout narrow = { { [COLUMN_NAME] = 8, [COLUMN_KIND] = 6, [COLUMN_STATE] = 4,
		[COLUMN_SINCE] = 6, [COLUMN_STRIP] = 1, [COLUMN_RTT] = 5, [COLUMN_LOSS] = 4, [COLUMN_MTU] = 9,
		[COLUMN_BGP] = 4, [COLUMN_RATE] = 10 } };
	static const struct layout broad = { { [COLUMN_NAME] = 9, [COLUMN_KIND] = 9, [COLUMN_STATE] = 5,
		[COLUMN_SINCE] = 6, [COLUMN_STRIP] = 1, [COLUMN_RTT] = 6, [COLUMN_JITTER] = 5, [COLUMN_LOSS] = 5,
		[COLUMN_MTU] = 9, [COLUMN_GAP] = 4, [COLUMN_DRIFT] = 4, [COLUMN_BGP] = 9, [COLUMN_RX] = 5,
		[COLUMN_TX] = 5 } };

	*l = wide ? broad : narrow;
	if (!wide && has_bgp(f))
		l->width[COLUMN_BGP] = 6;
}

static void set_strip_only(struct layout *l, bool since)
{
	static const struct layout least = { { [COLUMN_NAME] = 8, [COLUMN_STATE] = 4, [COLUMN_STRIP] = 1 } };

	*l = least;
	if (!since)
		return;
	l->width[COLUMN_STATE] = 5;
	l->width[COLUMN_SINCE] = 6;
	l->width[COLUMN_RTT] = 6;
	l->width[COLUMN_LOSS] = 4;
}

// Least wanted first; BGP shrinks to a letter before SINCE goes.
static void drop_columns(struct layout *l, int total)
{
	static const enum column_id order[] = { COLUMN_RATE, COLUMN_KIND, COLUMN_BGP, COLUMN_SINCE, COLUMN_MTU,
						COLUMN_BGP, COLUMN_LOSS, COLUMN_RTT };

	for (size_t i = 0; i < ARRAY_LEN(order) && rest_of(l, total) + 1 < STRIP_MIN; i++) {
		bool shrinks = order[i] == COLUMN_BGP && l->width[COLUMN_BGP] > 2;

		l->width[order[i]] = shrinks ? 2 : 0;
	}
}

static int longest_name(const struct frame *f)
{
	int max = 0;

	for (size_t i = 0; i < f->v->nrows; i++) {
		const struct model_tunnel *t = &f->m->tunnels[f->v->rows[i]];
		int n = canvas_text_width(t->name) + t->ssh;

		max = n > max ? n : max;
	}
	return max;
}

// What is left goes to names that do not fit, then to the strip.
static void grow(const struct frame *f, struct layout *l, int total)
{
	int spare = rest_of(l, total) + 1 - (total >= WIDE ? 16 : 10), name = longest_name(f), most;

	most = total >= WIDE ? 24 : 12;
	name = (name < most ? name : most) - l->width[COLUMN_NAME];
	if (name > 0 && spare > 0)
		l->width[COLUMN_NAME] += name < spare ? name : spare;
	if (total >= WHY_FROM && f->v->display == DISPLAY_NUMBERS) {
		l->width[COLUMN_STRIP] = 40 + (total - WHY_FROM) / 4;
		l->width[COLUMN_WHY] = 1;
		l->width[COLUMN_WHY] += rest_of(l, total);
		return;
	}
	l->width[COLUMN_STRIP] += rest_of(l, total);
	if (l->width[COLUMN_STRIP] < 0)
		l->width[COLUMN_STRIP] = 0;
}

static void lay_out(const struct frame *f, struct layout *l)
{
	if (f->columns < NARROW)
		set_strip_only(l, false);
	else if (f->v->display != DISPLAY_NUMBERS)
		set_strip_only(l, true);
	else
		set_numbers(f, l, f->columns >= WIDE);
	if (f->columns >= NARROW)
		drop_columns(l, f->columns);
	grow(f, l, f->columns);
}

// Units stand in the titles only.
static const char *title_of(const struct frame *f, enum column_id id, int width)
{
	const struct glyphs *g = panel_glyphs(f->v);

	if (id == COLUMN_RTT && width > 5)
		return "RTT ms";
	if (id == COLUMN_LOSS && width > 4)
		return "LOSS%";
	if (id == COLUMN_RATE)
		return f->v->bits ? "RATE bit/s" : "RATE B/s";
	if (id == COLUMN_RX || id == COLUMN_TX)
		return f->v->bits ? (id == COLUMN_RX ? "RX b" : "TX b") : (id == COLUMN_RX ? "RX B" : "TX B");
	if (id == COLUMN_DRIFT)
		return g->drift;
	return columns[id].title;
}

static void put_titles(struct frame *f, const struct layout *l, int y)
{
	struct place p = { .f = f, .x = 1, .y = y };

	canvas_fill(f->c, 0, y, f->columns, ROLE_BAR);
	for (int i = 0; i < COLUMN_COUNT; i++) {
		char text[FORMAT_MAX];

		p.width = l->width[i];
		if (!p.width)
			continue;
		snprintf(text, sizeof text, "%s", title_of(f, (enum column_id)i, p.width));
		if (i == COLUMN_STRIP)
			strip_title(f, p.x, y, p.width);
		else if (columns[i].right)
			put_right(&p, ROLE_BAR, text);
		else
			put_left(&p, ROLE_BAR, text);
		p.x += p.width + 1;
	}
}

static void put_row(struct frame *f, const struct layout *l, int y, unsigned key)
{
	struct place p = { .f = f, .x = 1, .y = y, .key = key, .t = &f->m->tunnels[key] };

	p.state = row_state(f, p.t);
	for (int i = 0; i < COLUMN_COUNT; i++) {
		p.width = l->width[i];
		if (!p.width)
			continue;
		// ADMIN reaches into the gap where ST has 4 columns
		if (i == COLUMN_STATE)
			p.width++;
		columns[i].put(&p);
		p.x += l->width[i] + 1;
	}
}

// What the rows out of sight are: "+37 up not shown".
static void put_rest(struct frame *f, int y, size_t from, size_t to)
{
	static const enum row_state order[] = { ROW_DOWN, ROW_DEGRADED, ROW_UNKNOWN, ROW_UP, ROW_ADMIN };
	static const char *const words[] = { "down", "degraded", "unknown", "up", "admin-down" };
	size_t count[ARRAY_LEN(order)] = { 0 }, pos = 0;
	char text[200] = "";

	for (size_t i = 0; i < f->v->nrows; i++)
		for (size_t k = 0; k < ARRAY_LEN(order) && (i < from || i >= to); k++)
			count[k] += row_state(f, &f->m->tunnels[f->v->rows[i]]) == order[k];
	for (size_t k = 0; k < ARRAY_LEN(order); k++)
		if (count[k])
			str_append(text, sizeof text, &pos, "%s+%zu %s", pos ? " " : "", count[k], words[k]);
	canvas_printf(f->c, 1, y, -1, count[0] || count[1] ? ROLE_DEGRADED : ROLE_DIM, "%s not shown", text);
}

static void keep_in_sight(struct view *v, size_t page)
{
	size_t at = rows_index(v);

	v->page = page;
	if (at < v->top)
		v->top = at;
	if (at >= v->top + page)
		v->top = at + 1 - page;
	if (v->top + page > v->nrows)
		v->top = v->nrows > page ? v->nrows - page : 0;
}

void panel_table(struct frame *f, int y, int height)
{
	struct view *v = f->v;
	struct layout l;
	size_t page;
	int end = y + height;

	lay_out(f, &l);
	// a host with one tunnel has titles too
	if (height >= 4 || (height >= 2 && height > (int)v->nrows))
		put_titles(f, &l, y++);
	if (end - y < 1)
		return;
	page = (size_t)(end - y);
	if (v->nrows > page && page > 1)
		page--;
	keep_in_sight(v, page);
	for (size_t i = v->top; i < v->nrows && i < v->top + page; i++)
		put_row(f, &l, y++, v->rows[i]);
	if (v->nrows > page && y < end)
		put_rest(f, y, v->top, v->top + page);
	else if (!v->nrows && y < end)
		canvas_put(f->c, 1, y, -1, ROLE_NOTE,
			   "no row matches (Esc clears the filter, ! shows rows that are up)");
}
