// SPDX-License-Identifier: GPL-2.0-or-later
// Rows of tunnels in columns.
#include <stdio.h>

#include "view/grid.h"

void grid_put_right(const struct place *p, enum role role, const char *text)
{
	int n = canvas_text_width(text);

	canvas_put(p->f->c, p->x + (n < p->width ? p->width - n : 0), p->y, p->width, role, text);
}

void grid_put_left(const struct place *p, enum role role, const char *text)
{
	canvas_put(p->f->c, p->x, p->y, p->width, role, text);
}

void grid_put_change(const struct place *p, bool known, int change, bool possible)
{
	char text[FORMAT_MAX];

	if (known)
		grid_put_right(p, mtu_change_role(change), format_change(change, p->width, text));
	else
		grid_put_right(p, ROLE_DIM, possible ? "?" : "-");
}

void grid_put_name(const struct place *p)
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

void grid_put_kind(const struct place *p)
{
	grid_put_left(p, ROLE_PLAIN, row_kind(p->t, p->width > 6));
}

int grid_rest(const struct grid *g, const int *width, int total)
{
	int used = 1;

	for (int i = 0; i < g->n; i++)
		if (width[i])
			used += width[i] + (i != 0);
	return total - used;
}

int grid_longest_name(const struct frame *f)
{
	int max = 0;

	for (size_t i = 0; i < f->v->nrows; i++) {
		const struct model_tunnel *t = &f->m->tunnels[f->v->rows[i]];
		int n = canvas_text_width(t->name) + t->ssh;

		max = n > max ? n : max;
	}
	return max;
}

static void put_titles(struct frame *f, const struct grid *g, const int *width, int y)
{
	struct place p = { .f = f, .x = 1, .y = y };

	canvas_fill(f->c, 0, y, f->columns, ROLE_BAR);
	for (int i = 0; i < g->n; i++) {
		const char *title;

		p.width = width[i];
		if (!p.width)
			continue;
		title = g->title ? g->title(f, i, p.width) : g->columns[i].title;
		if (i == g->strip)
			strip_title(f, p.x, y, p.width);
		else if (g->columns[i].right)
			grid_put_right(&p, ROLE_BAR, title);
		else
			grid_put_left(&p, ROLE_BAR, title);
		p.x += p.width + 1;
	}
}

static void put_row(struct frame *f, const struct grid *g, const int *width, int y, unsigned key)
{
	struct place p = { .f = f, .x = 1, .y = y, .key = key, .t = &f->m->tunnels[key] };

	p.state = rows_state(f, p.t);
	for (int i = 0; i < g->n; i++) {
		p.width = width[i];
		if (!p.width)
			continue;
		p.width += i == g->overhang;
		g->columns[i].put(&p);
		p.x += width[i] + 1;
	}
}

// What the rows out of sight are: "+37 up not shown".
static void put_rest(struct frame *f, const struct grid *g, int y, size_t from, size_t to)
{
	static const enum row_state order[] = { ROW_DOWN, ROW_DEGRADED, ROW_UNKNOWN, ROW_UP, ROW_ADMIN };
	size_t count[ARRAY_LEN(order)] = { 0 }, pos = 0;
	char text[200] = "";

	for (size_t i = 0; i < f->v->nrows; i++)
		for (size_t k = 0; k < ARRAY_LEN(order) && (i < from || i >= to); k++)
			count[k] += rows_state(f, &f->m->tunnels[f->v->rows[i]]) == order[k];
	for (size_t k = 0; k < ARRAY_LEN(order); k++)
		if (count[k])
			str_append(text, sizeof text, &pos, "%s+%zu %s", pos ? " " : "", count[k], g->words[order[k]]);
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

void grid_draw(struct frame *f, const struct grid *g, const int *width, int y, int height)
{
	struct view *v = f->v;
	size_t page;
	int end = y + height;

	// a host with one tunnel has titles too
	if (height >= 4 || (height >= 2 && height > (int)v->nrows))
		put_titles(f, g, width, y++);
	if (end - y < 1)
		return;
	page = (size_t)(end - y);
	if (v->nrows > page && page > 1)
		page--;
	keep_in_sight(v, page);
	for (size_t i = v->top; i < v->nrows && i < v->top + page; i++)
		put_row(f, g, width, y++, v->rows[i]);
	if (v->nrows > page && y < end)
		put_rest(f, g, y, v->top, v->top + page);
	else if (!v->nrows && y < end)
		canvas_put(f->c, 1, y, -1, ROLE_NOTE, g->nothing);
}
