// SPDX-License-Identifier: GPL-2.0-or-later
// The main table: one row, one tunnel, one state. Columns are rows of a table too.
#include <stdio.h>

#include "view/grid.h"

enum column_id {
	COLUMN_NAME, COLUMN_KIND, COLUMN_STATE, COLUMN_SINCE, COLUMN_STRIP, COLUMN_RTT, COLUMN_JITTER, COLUMN_LOSS,
	COLUMN_MTU, COLUMN_GAP, COLUMN_DRIFT, COLUMN_BGP, COLUMN_RATE, COLUMN_RX, COLUMN_TX, COLUMN_WHY, COLUMN_COUNT
};

enum { MTUS = 9, MTU_AND_GAP = 13 }; // widths of COLUMN_MTU

static void put_state(const struct place *p)
{
	grid_put_left(p, row_role(p->state), row_word(p->state));
}

static void put_since(const struct place *p)
{
	char text[FORMAT_MAX];

	grid_put_right(p, p->state == ROW_UNKNOWN ? ROLE_DIM : ROLE_PLAIN, row_since(p->f, p->t, text));
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
		grid_put_right(p, ROLE_DIM, "-");
	else if (row_probes_stale(p->f, target))
		grid_put_right(p, ROLE_DIM, "?");
	else
		grid_put_right(p, ROLE_PLAIN, format_rtt(target->lost_run || target->silent ? -1 : us, text));
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
		grid_put_right(p, ROLE_DIM, "-");
		return;
	}
	if (row_probes_stale(p->f, target)) {
		grid_put_right(p, ROLE_DIM, "?");
		return;
	}
	loss = model_loss(p->f->m, target, LOSS_1M);
	grid_put_right(p, loss >= 0.03 ? ROLE_DEGRADED : ROLE_PLAIN, format_loss(loss, text));
}

// Configured and of the path; where there is room, what is between them, or else what has changed.
static void put_mtu(const struct place *p)
{
	struct mtu u = mtu_of(p->f->v, p->key);
	char text[FORMAT_MAX];
	int used;

	if (!u.configured && !u.path && !u.searching) {
		grid_put_left(p, ROLE_DIM, row_target(p->f->m, p->t) ? "?" : "-");
		return;
	}
	used = canvas_put(p->f->c, p->x, p->y, p->width, mtu_role(&u), format_mtus(&u, MTUS, text));
	if (p->width < MTU_AND_GAP)
		return;
	if (u.has_gap && u.gap < 0)
		canvas_printf(p->f->c, p->x + used, p->y, p->width - used, ROLE_DEGRADED, " %s",
			      format_change(u.gap, p->width - used - 1, text));
	else if (u.has_drift && u.drift)
		canvas_printf(p->f->c, p->x + used, p->y, p->width - used, mtu_change_role(u.drift), "%s%s",
			      panel_glyphs(p->f->v)->drift, format_change(u.drift, p->width - used - 1, text));
}

static void put_gap(const struct place *p)
{
	struct mtu u = mtu_of(p->f->v, p->key);

	grid_put_change(p, u.has_gap, u.gap, u.configured > 0);
}

static void put_drift(const struct place *p)
{
	struct mtu u = mtu_of(p->f->v, p->key);

	grid_put_change(p, u.has_drift, u.drift, p->t->base_inner > 0 || p->t->base_outer > 0);
}

static void put_bgp(const struct place *p)
{
	char text[FORMAT_MAX];
	enum role role = neighbor_brief(p->f, p->key, p->width, text);

	grid_put_left(p, role, text);
}

static void put_rates(const struct place *p)
{
	const struct model_link *link = model_tunnel_link(p->f->m, p->t);
	const struct glyphs *g = panel_glyphs(p->f->v);
	char rx[FORMAT_MAX], tx[FORMAT_MAX], text[3 * FORMAT_MAX];

	if (!link || link->gone) {
		grid_put_right(p, ROLE_DIM, "-");
		return;
	}
	if (row_counters_stale(p->f, link)) {
		grid_put_right(p, ROLE_DIM, "?");
		return;
	}
	format_rate(p->f->v, link->rate.rx_bytes, rx);
	format_rate(p->f->v, link->rate.tx_bytes, tx);
	snprintf(text, sizeof text, "%s%s %s%s", g->rx, rx, g->tx, tx);
	if (canvas_text_width(text) > p->width)
		snprintf(text, sizeof text, "%s%s%s%s", g->rx, rx, g->tx, tx);
	grid_put_right(p, ROLE_PLAIN, text);
}

static void put_rate(const struct place *p, bool received)
{
	const struct model_link *link = model_tunnel_link(p->f->m, p->t);
	const struct glyphs *g = panel_glyphs(p->f->v);
	char rate[FORMAT_MAX], text[2 * FORMAT_MAX];

	if (!link || link->gone) {
		grid_put_right(p, ROLE_DIM, "-");
		return;
	}
	if (row_counters_stale(p->f, link)) {
		grid_put_right(p, ROLE_DIM, "?");
		return;
	}
	format_rate(p->f->v, received ? link->rate.rx_bytes : link->rate.tx_bytes, rate);
	snprintf(text, sizeof text, "%s%s", received ? g->rx : g->tx, rate);
	grid_put_right(p, ROLE_PLAIN, text);
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
	grid_put_left(p, p->state == ROW_UP ? ROLE_DIM : ROLE_PLAIN, row_is_silent(p->f) ? "" : p->t->reason);
}

static const struct grid_column columns[COLUMN_COUNT] = {
	[COLUMN_NAME] = { "NAME", false, grid_put_name }, [COLUMN_KIND] = { "KIND", false, grid_put_kind },
	[COLUMN_STATE] = { "ST", false, put_state },      [COLUMN_SINCE] = { "SINCE", true, put_since },
	[COLUMN_STRIP] = { "", false, put_strip },        [COLUMN_RTT] = { "RTT", true, put_rtt },
	[COLUMN_JITTER] = { "±", true, put_jitter },      [COLUMN_LOSS] = { "LOSS", true, put_loss },
	[COLUMN_MTU] = { "MTU c/p", false, put_mtu },     [COLUMN_GAP] = { "GAP", true, put_gap },
	[COLUMN_DRIFT] = { "Δ", true, put_drift },        [COLUMN_BGP] = { "BGP", false, put_bgp },
	[COLUMN_RATE] = { "RATE", true, put_rates },      [COLUMN_RX] = { "RX/s", true, put_rx },
	[COLUMN_TX] = { "TX/s", true, put_tx },           [COLUMN_WHY] = { "WHY", false, put_why },
};

// Units stand in the titles only.
static const char *title_of(const struct frame *f, int id, int width)
{
	if (id == COLUMN_RTT && width > 5)
		return "RTT ms";
	if (id == COLUMN_LOSS && width > 4)
		return "LOSS%";
	if (id == COLUMN_MTU && width >= MTU_AND_GAP)
		return "MTU c/p gap";
	if (id == COLUMN_RATE)
		return f->v->bits ? "RATE bit/s" : "RATE B/s";
	if (id == COLUMN_RX || id == COLUMN_TX)
		return f->v->bits ? (id == COLUMN_RX ? "RX b" : "TX b") : (id == COLUMN_RX ? "RX B" : "TX B");
	if (id == COLUMN_DRIFT)
		return panel_glyphs(f->v)->drift;
	return columns[id].title;
}

static const char *const words[] = {
	[ROW_DOWN] = "down", [ROW_DEGRADED] = "degraded", [ROW_UNKNOWN] = "unknown", [ROW_UP] = "up",
	[ROW_ADMIN] = "admin-down",
};

static const struct grid grid = {
	// ADMIN has 5 columns
	columns, COLUMN_COUNT, COLUMN_STRIP, COLUMN_STATE, title_of, words,
	"no row matches (Esc clears the filter, ! shows rows that are up)",
};

struct layout {
	int width[COLUMN_COUNT]; // 0: not shown
};

enum { STRIP_MIN = 8, WIDE = 110, NARROW = 50, WHY_FROM = 170 };

static bool has_bgp(const struct frame *f)
{
	for (size_t i = 0; i < f->v->nrows; i++) {
		unsigned key = f->v->rows[i];

		if (f->m->tunnels[key].bgp != MODEL_NONE || model_tunnel_bgp(f->m, key, 0) != MODEL_NONE)
			return true;
	}
	return false;
}

static bool has_gap(const struct frame *f)
{
	for (size_t i = 0; i < f->v->nrows; i++) {
		struct mtu u = mtu_of(f->v, f->v->rows[i]);

		if (u.gap < 0 || u.drift)
			return true;
	}
	return false;
}

static void set_numbers(const struct frame *f, struct layout *l, bool wide)
{
	static const struct layout narrow = { { [COLUMN_NAME] = 8, [COLUMN_KIND] = 6, [COLUMN_STATE] = 4,
		[COLUMN_SINCE] = 6, [COLUMN_STRIP] = 1, [COLUMN_RTT] = 5, [COLUMN_LOSS] = 4, [COLUMN_MTU] = MTUS,
		[COLUMN_BGP] = 4, [COLUMN_RATE] = 10 } };
	static const struct layout broad = { { [COLUMN_NAME] = 9, [COLUMN_KIND] = 9, [COLUMN_STATE] = 5,
		[COLUMN_SINCE] = 6, [COLUMN_STRIP] = 1, [COLUMN_RTT] = 6, [COLUMN_JITTER] = 5, [COLUMN_LOSS] = 5,
		[COLUMN_MTU] = MTUS, [COLUMN_GAP] = 4, [COLUMN_DRIFT] = 4, [COLUMN_BGP] = 9, [COLUMN_RX] = 5,
		[COLUMN_TX] = 5 } };

	*l = wide ? broad : narrow;
	if (!wide && has_bgp(f))
		l->width[COLUMN_BGP] = 6;
	if (!wide && has_gap(f))
		l->width[COLUMN_MTU] = MTU_AND_GAP;
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
						COLUMN_MTU, COLUMN_BGP, COLUMN_LOSS, COLUMN_RTT };
	static const int least[COLUMN_COUNT] = { [COLUMN_BGP] = 2, [COLUMN_MTU] = MTUS };

	for (size_t i = 0; i < ARRAY_LEN(order) && grid_rest(&grid, l->width, total) + 1 < STRIP_MIN; i++)
		l->width[order[i]] = l->width[order[i]] > least[order[i]] ? least[order[i]] : 0;
}

// What is left goes to names that do not fit, then to the strip.
static void grow(const struct frame *f, struct layout *l, int total)
{
	int spare = grid_rest(&grid, l->width, total) + 1 - (total >= WIDE ? 16 : 10);
	int name = grid_longest_name(f), most = total >= WIDE ? 24 : 12;

	name = (name < most ? name : most) - l->width[COLUMN_NAME];
	if (name > 0 && spare > 0)
		l->width[COLUMN_NAME] += name < spare ? name : spare;
	if (total >= WHY_FROM && f->v->display == DISPLAY_NUMBERS) {
		l->width[COLUMN_STRIP] = 40 + (total - WHY_FROM) / 4;
		l->width[COLUMN_WHY] = 1;
		l->width[COLUMN_WHY] += grid_rest(&grid, l->width, total);
		return;
	}
	l->width[COLUMN_STRIP] += grid_rest(&grid, l->width, total);
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

void panel_table(struct frame *f, int y, int height)
{
	struct layout l;

	lay_out(f, &l);
	grid_draw(f, &grid, l.width, y, height);
}
