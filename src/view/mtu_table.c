// SPDX-License-Identifier: GPL-2.0-or-later
// The panel of MTUs: what is configured, what gets through, and what follows.
#include <stdio.h>
#include <string.h>

#include "view/grid.h"

enum column_id {
	COLUMN_NAME, COLUMN_KIND, COLUMN_MTU, COLUMN_PATH, COLUMN_OUTER, COLUMN_GAP, COLUMN_DRIFT, COLUMN_CEILING,
	COLUMN_VERDICT, COLUMN_CHART, COLUMN_MSS, COLUMN_WHY, COLUMN_COUNT
};

enum { CHART_MIN = 10, CHART_WIDE = 20, WIDE = 110, WHY_FROM = 150, NAME_LEAST = 8, NAME_SQUEEZED = 4 };

static struct mtu mtu_at(const struct place *p)
{
	return mtu_of(p->f->v, p->key);
}

// What is not known is '?' where it can be, else '-'.
static void put_size(const struct place *p, int size, bool possible, bool searching)
{
	char text[FORMAT_MAX];

	if (size <= 0 && searching && possible)
		grid_put_right(p, ROLE_DIM, "..");
	else if (size <= 0)
		grid_put_right(p, ROLE_DIM, possible ? "?" : "-");
	else
		grid_put_right(p, ROLE_PLAIN, format_mtu(size, p->width, text));
}

static void put_configured(const struct place *p)
{
	put_size(p, mtu_at(p).configured, !row_is_line(p->t), false);
}

static void put_path(const struct place *p)
{
	put_size(p, mtu_at(p).path, row_target(p->f->m, p->t) != NULL, mtu_at(p).searching);
}

static void put_outer(const struct place *p)
{
	put_size(p, mtu_at(p).outer, !row_is_line(p->t) && model_tunnel_outer(p->f->m, p->t), mtu_at(p).searching);
}

static void put_gap(const struct place *p)
{
	struct mtu u = mtu_at(p);

	grid_put_change(p, u.has_gap, u.gap, u.configured > 0);
}

static void put_drift(const struct place *p)
{
	struct mtu u = mtu_at(p);

	grid_put_change(p, u.has_drift, u.drift, p->t->base_inner > 0 || p->t->base_outer > 0);
}

static void put_ceiling(const struct place *p)
{
	put_size(p, mtu_at(p).ceiling, !row_is_line(p->t), false);
}

static void put_verdict(const struct place *p)
{
	struct mtu u = mtu_at(p);
	char text[FORMAT_MAX];

	grid_put_left(p, row_role(mtu_state(&u)), mtu_word(&u, text));
}

static void put_chart(const struct place *p)
{
	const struct model_target *target = row_target(p->f->m, p->t);

	target = target ? target : model_tunnel_outer(p->f->m, p->t);
	mtu_chart(p->f, p->x, p->y, p->width, target ? (unsigned)(target - p->f->m->targets) : MODEL_NONE,
		  mtu_at(p).configured);
}

static void put_mss(const struct place *p)
{
	put_size(p, mtu_at(p).mss, true, false);
}

static void put_why(const struct place *p)
{
	struct mtu u = mtu_at(p);
	struct model_mtu mtu;

	model_mtu(p->f->m, p->key, &mtu);
	if (u.verdict != MTU_VERDICT_UNKNOWN)
		grid_put_left(p, mtu_state(&u) == ROW_UP ? ROLE_DIM : ROLE_PLAIN, mtu.text);
}

static const struct grid_column columns[COLUMN_COUNT] = {
	[COLUMN_NAME] = { "NAME", false, grid_put_name },  [COLUMN_KIND] = { "KIND", false, grid_put_kind },
	[COLUMN_MTU] = { "MTU", true, put_configured },    [COLUMN_PATH] = { "PATH", true, put_path },
	[COLUMN_OUTER] = { "OUTER", true, put_outer },     [COLUMN_GAP] = { "GAP", true, put_gap },
	[COLUMN_DRIFT] = { "Δ", true, put_drift },         [COLUMN_CEILING] = { "CEIL", true, put_ceiling },
	[COLUMN_VERDICT] = { "VERDICT", false, put_verdict }, [COLUMN_CHART] = { "", false, put_chart },
	[COLUMN_MSS] = { "MSS", true, put_mss },           [COLUMN_WHY] = { "WHY", false, put_why },
};

static const char *title_of(const struct frame *f, int id, int width)
{
	(void)width;
	return id == COLUMN_DRIFT ? panel_glyphs(f->v)->drift : columns[id].title;
}

static const char *const words[] = {
	[ROW_DOWN] = "black hole", [ROW_DEGRADED] = "bad", [ROW_UNKNOWN] = "unknown", [ROW_UP] = "ok",
	[ROW_ADMIN] = "admin-down",
};

static const struct grid grid = {
	columns, COLUMN_COUNT, COLUMN_CHART, -1, title_of, words,
	"no row matches (Esc clears the filter, ! shows MTUs that are well)",
};

static bool fits(const int *width, int total)
{
	return grid_rest(&grid, width, total) >= (width[COLUMN_CHART] ? CHART_MIN - 1 : 0);
}

// Least wanted first; the verdict and what gets through stay longest.
static void drop_columns(int *width, int total)
{
	static const enum column_id order[] = { COLUMN_MSS, COLUMN_CEILING, COLUMN_KIND, COLUMN_DRIFT, COLUMN_OUTER,
						COLUMN_GAP, COLUMN_MTU,     COLUMN_CHART };
	int over;

	for (size_t i = 0; i < ARRAY_LEN(order) && !fits(width, total); i++)
		width[order[i]] = 0;
	over = -grid_rest(&grid, width, total);
	if (over <= 0)
		return;
	width[COLUMN_NAME] = width[COLUMN_NAME] - over > NAME_SQUEEZED ? width[COLUMN_NAME] - over : NAME_SQUEEZED;
	if (grid_rest(&grid, width, total) < -8)
		width[COLUMN_PATH] = 0;
	over = -grid_rest(&grid, width, total);
	if (over > 0)
		width[COLUMN_VERDICT] = over < width[COLUMN_VERDICT] ? width[COLUMN_VERDICT] - over : 1;
}

// What is left goes to names that do not fit, then to the chart, and on a wide screen to the words.
static void grow(const struct frame *f, int *width, int total)
{
	int chart = total >= WIDE ? CHART_WIDE : CHART_MIN + 2, rest = grid_rest(&grid, width, total);
	int name = grid_longest_name(f), most = total >= WIDE ? 24 : 12;

	name = (name < most ? name : most) - width[COLUMN_NAME];
	if (name > rest - chart)
		name = rest - chart;
	if (name > 0)
		width[COLUMN_NAME] += name;
	rest = grid_rest(&grid, width, total);
	if (!width[COLUMN_CHART])
		return;
	width[COLUMN_CHART] += rest;
	if (total < WHY_FROM)
		return;
	width[COLUMN_WHY] = (width[COLUMN_CHART] - CHART_WIDE) * 2 / 3;
	width[COLUMN_CHART] -= width[COLUMN_WHY] + 1;
}

static void lay_out(const struct frame *f, int width[COLUMN_COUNT])
{
	static const int narrow[COLUMN_COUNT] = {
		[COLUMN_NAME] = NAME_LEAST, [COLUMN_KIND] = 6, [COLUMN_MTU] = 4, [COLUMN_PATH] = 4, [COLUMN_OUTER] = 5,
		[COLUMN_GAP] = 4, [COLUMN_DRIFT] = 4, [COLUMN_CEILING] = 4, [COLUMN_VERDICT] = 18, [COLUMN_CHART] = 1,
		[COLUMN_MSS] = 4,
	};
	static const int broad[COLUMN_COUNT] = {
		[COLUMN_NAME] = NAME_LEAST, [COLUMN_KIND] = 9, [COLUMN_MTU] = 5, [COLUMN_PATH] = 5, [COLUMN_OUTER] = 5,
		[COLUMN_GAP] = 6, [COLUMN_DRIFT] = 6, [COLUMN_CEILING] = 5, [COLUMN_VERDICT] = 18, [COLUMN_CHART] = 1,
		[COLUMN_MSS] = 5,
	};

	memcpy(width, f->columns >= WIDE ? broad : narrow, sizeof narrow);
	drop_columns(width, f->columns);
	grow(f, width, f->columns);
}

// The list first; what is left holds the selected row in short, and its events.
void panel_mtu(struct frame *f, int y, int height)
{
	struct view *v = f->v;
	int width[COLUMN_COUNT], detail, list, wants = 1 + (int)(v->nrows < 400 ? v->nrows : 400);

	if (!v->nrows && !v->hidden) {
		panel_empty(f, y, height);
		return;
	}
	detail = panel_detail_share(f, height, v->nrows, panel_mtu_detail_height(f));
	list = height - (detail ? detail + 1 : 0);
	rows_collect(v, f->m, f->st, wants > list);
	rows_select_nearest(v, f->m, f->st);
	if (wants < list)
		list = wants > 2 ? wants : 2;
	lay_out(f, width);
	grid_draw(f, &grid, width, y, list);
	y += list + 1;
	height -= list + 1;
	if (!detail)
		return;
	panel_mtu_detail(f, y, detail);
	if (height - detail - 1 >= 3)
		panel_events(f, y + detail + 1, height - detail - 1);
}
