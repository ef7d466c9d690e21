// SPDX-License-Identifier: GPL-2.0-or-later
// The past of a row, one cell a span of time, the newest at the right.
#include <stdio.h>
#include <string.h>

#include "view/panel.h"

enum { CELLS_MAX = CANVAS_COLUMNS_MAX };

const int strip_seconds[7] = { 1, 2, 5, 10, 30, 60, 300 };

static const struct glyphs utf8_glyphs = {
	"█", "▄", "×", "·", "│", "▲", "▼", "│", "↓", "↑", "→", "●", "Δ", { "▁", "▂", "▃", "▄", "▅", "▆", "▇" },
	{ "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" },
};
static const struct glyphs ascii_glyphs = {
	".", "o", "X", "?", "|", "^", "v", "|", "<", ">", "->", "*", "d", { "1", "2", "3", "4", "5", "6", "7" },
	{ "_", "_", ".", ".", ".", "-", "-", "-" },
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

static void draw_states(struct frame *f, int x, int y, int cells, const struct history_cell *h)
{
	const struct glyphs *g = panel_glyphs(f->v);

	for (int i = 0; i < cells; i++) {
		enum role role;
		const char *glyph = state_glyph(g, &h[i], &role);

		canvas_put(f->c, x + i, y, 1, role, glyph);
	}
}

static void draw_rtt(struct frame *f, int x, int y, int cells, const struct history_cell *h)
{
	const struct glyphs *g = panel_glyphs(f->v);
	struct range range = rtt_range(h, cells);

	for (int i = 0; i < cells; i++) {
		enum role role;
		const char *glyph = rtt_glyph(g, &h[i], range, &role);

		canvas_put(f->c, x + i, y, 1, role, glyph);
	}
}

// The newest cell is the one that has just passed or is passing, never one that only begins.
void strip_draw(struct frame *f, int x, int y, int cells, unsigned tunnel, enum display display)
{
	struct history_cell h[CELLS_MAX];

	if (cells <= 0)
		return;
	cells = cells < CELLS_MAX ? cells : CELLS_MAX;
	memset(h, 0, sizeof *h * (size_t)cells);
	history_cells(f->m, tunnel, cell_seconds(f, display), f->st->at - 1, h, (size_t)cells);
	if (display == DISPLAY_RTT)
		draw_rtt(f, x, y, cells, h);
	else
		draw_states(f, x, y, cells, h);
}

void strip_draw_bgp(struct frame *f, int x, int y, int cells, unsigned bgp)
{
	struct history_cell h[CELLS_MAX];

	if (cells <= 0)
		return;
	cells = cells < CELLS_MAX ? cells : CELLS_MAX;
	memset(h, 0, sizeof *h * (size_t)cells);
	history_bgp_cells(f->m, bgp, cell_seconds(f, DISPLAY_NUMBERS), f->st->at - 1, h, (size_t)cells);
	draw_states(f, x, y, cells, h);
}

// As much of it as leaves the marks to be read.
void strip_title(struct frame *f, int x, int y, int width)
{
	static const char *const formats[] = { "HISTORY %ds/cell", "%ds/cell", "%ds" };
	int room = strip_marks(f, x, y, width);

	room = room < width ? room - 1 : width;
	for (size_t i = width > 26 ? 0 : 1; i < ARRAY_LEN(formats); i++) {
		char text[FORMAT_MAX];

		snprintf(text, sizeof text, formats[i], view_zoom(f->v));
		if (canvas_text_width(text) > room)
			continue;
		canvas_put(f->c, x, y, width, ROLE_BAR, text);
		return;
	}
}

int strip_marks(struct frame *f, int x, int y, int cells)
{
	int first = cells;

	int64_t us = view_zoom(f->v) * US_PER_S, newest = (f->st->at - 1) / us;

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
