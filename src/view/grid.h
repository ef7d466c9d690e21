/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rows of tunnels in columns: what the tables of the tunnels and of their MTUs share. */
#ifndef GRID_H
#define GRID_H

#include "view/panel.h"

enum { GRID_COLUMNS_MAX = 20 };

/* Where a column of a row is drawn. */
struct place {
	struct frame *f;
	int x, y, width;
	unsigned key;
	const struct model_tunnel *t;
	enum row_state state;
};

struct grid_column {
	const char *title;
	bool right;
	void (*put)(const struct place *p);
};

struct grid {
	const struct grid_column *columns;
	int n;
	int strip;              /* column that has the title of strips */
	int overhang;           /* column whose words may reach into the gap behind it; -1: none */
	const char *(*title)(const struct frame *f, int id, int width); /* NULL: that of the column */
	const char *const *words; /* what rows of a state are called where they are counted, by enum row_state */
	const char *nothing;    /* what is said where no row is left */
};

void grid_put_right(const struct place *p, enum role role, const char *text);
void grid_put_left(const struct place *p, enum role role, const char *text);
/* A change of an MTU: not known, it is '?' where there can be one, else '-'. */
void grid_put_change(const struct place *p, bool known, int change, bool possible);
void grid_put_name(const struct place *p);
void grid_put_kind(const struct place *p);
/* Columns left when columns of these widths (0: not shown) and the gaps between them stand in total ones. */
int grid_rest(const struct grid *g, const int *width, int total);
/* Columns that the longest name takes. */
int grid_longest_name(const struct frame *f);
void grid_draw(struct frame *f, const struct grid *g, const int *width, int y, int height);

#endif
