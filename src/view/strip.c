// SPDX-License-Identifier: GPL-2.0-or-later
// The past of a row, one cell a span of time, the newest at the right.
#include <string.h>

#include "view/panel.h"

enum { CELLS_MAX = CANVAS_COLUMNS_MAX };

const int strip_seconds[7] = { 1, 2, 5, 10, 30, 60, 300 };

static const struct glyphs utf8_glyphs = {
	"█", "▄", "×", "·", "│", "▲", "▼", "│", "↓", "↑", "→", "●", "Δ", { "▁", "▂", "▃", "▄", "▅", "▆", "▇" },
};
static const struct glyphs ascii_glyphs = {
	".", "o", "X", "?", "|", "^", "v", "|", "<", ">", "->", "*", "d", { "1", "2", "3", "4", "5", "6", "7" },
};

const struct glyphs *panel_glyphs(const struct view *v)
{
	return v->ascii ? &ascii_glyphs : &utf8_glyphs;
}

static const char *state_glyph(const struct glyphs *g, const struct history_cell *h, enum role *ret_role)
{
	*ret_role = ROLE_DIM;
	if (!h->seen)
		return g->unknown;
	switch ((enum health)h->health) {
	case HEALTH_UP:
		*ret_role = ROLE_UP;
		return g->up;
	case HEALTH_DEGRADED:
		*ret_role = ROLE_DEGRADED;
		return g->degraded;
	case HEALTH_DOWN:
		*ret_role = ROLE_DOWN;
		return g->down;
	case HEALTH_UNKNOWN:
	case HEALTH_COUNT:
		break;
	}
	return g->unknown;
}

struct range {
	uint32_t min, max;
};

static struct range rtt_range(const struct history_cell *h, int n)
{
	struct range r = { UINT32_MAX, 0 };

	for (int i = 0; i < n; i++) {
		if (!h[i].seen || !h[i].rtt_us)
			continue;
		r.min = h[i].rtt_us < r.min ? h[i].rtt_us : r.min;
		r.max = h[i].rtt_us > r.max ? h[i].rtt_us : r.max;
	}
	return r;
}

// A level between the row's own least and greatest; small changes do not fill the height.
static const char *rtt_glyph(const struct glyphs *g, const struct history_cell *h, struct range r, enum role *ret_role)
{
	uint64_t least = r.min / 2 > 200 ? r.min / 2 : 200, span;

	if (h->seen && h->health == HEALTH_DOWN) {
		*ret_role = ROLE_DOWN;
		return g->down;
	}
	*ret_role = ROLE_DIM;
	if (!h->seen || (!h->rtt_us && !h->sent))
		return g->unknown;
	if (!h->rtt_us) {
		*ret_role = ROLE_DOWN;
		return g->down;
	}
	span = r.max - r.min > least ? r.max - r.min : least;
	*ret_role = h->health == HEALTH_DEGRADED ? ROLE_DEGRADED : ROLE_UP;
	return g->level[(uint64_t)(h->rtt_us - r.min) * 6 / span];
}

static int cell_seconds(const struct frame *f, enum display display)
{
	return strip_seconds[f->v->zoom[display]];
}

// The newest cell is the one that has just passed or is passing, never one that only begins.
void strip_draw(struct frame *f, int x, int y, int cells, unsigned tunnel, enum display display)
{
	struct history_cell h[CELLS_MAX];
	const struct glyphs *g = panel_glyphs(f->v);
	int cell_s = cell_seconds(f, display);
	struct range range;

	if (cells <= 0)
		return;
	cells = cells < CELLS_MAX ? cells : CELLS_MAX;
	memset(h, 0, sizeof *h * (size_t)cells);
	history_cells(f->m, tunnel, cell_s, f->st->at - 1, h, (size_t)cells);
	range = rtt_range(h, cells);
	for (int i = 0; i < cells; i++) {
		enum role role;
		const char *glyph = display == DISPLAY_RTT ? rtt_glyph(g, &h[i], range, &role)
							   : state_glyph(g, &h[i], &role);

		canvas_put(f->c, x + i, y, 1, role, glyph);
	}
}

int strip_marks(struct frame *f, int x, int y, int cells)
{
	int first = cells;

	int64_t us = cell_seconds(f, f->v->display) * US_PER_S, newest = (f->st->at - 1) / us;

	for (unsigned i = 0; i < f->m->marks_count && i < ARRAY_LEN(f->m->marks); i++) {
		int64_t ago = newest - f->m->marks[i].t / us;
		char letter[2] = { (char)('A' + i), 0 };

		if (ago < 0 || ago >= cells)
			continue;
		first = first < cells - 1 - (int)ago ? first : cells - 1 - (int)ago;
		canvas_put(f->c, x + cells - 1 - (int)ago, y, 1, ROLE_BAR, letter);
	}
	return first;
}
