/* SPDX-License-Identifier: GPL-2.0-or-later */
/* canvas: a grid of cells, each a character and a role. Roles say what a cell means; term gives them colours.
 * Nothing can be written outside the grid, or outside the clip. */
#ifndef TUNWATCH_CANVAS_H
#define TUNWATCH_CANVAS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tunwatch/base.h"

enum role {
	ROLE_PLAIN,
	ROLE_DIM,      /* not known, not watched, secondary */
	ROLE_STRONG,   /* the program's name, the selected row */
	ROLE_BAR,      /* titles and the footer */
	ROLE_UP,
	ROLE_DEGRADED,
	ROLE_DOWN,
	ROLE_NOTE,     /* marks, hints, a prompt */
	ROLE_COUNT
};

enum { CANVAS_COLUMNS_MAX = 1000, CANVAS_ROWS_MAX = 500 };

struct canvas_cell {
	uint32_t c;    /* character; 0: right half of a wide one */
	uint8_t role;
};

struct canvas;

/* A canvas of no size. ascii: every other character becomes its ASCII stand-in or '?'. */
struct canvas *canvas_new(bool ascii);
void canvas_free(struct canvas *c);
/* Set the size (cut to 1..CANVAS_COLUMNS_MAX, 1..CANVAS_ROWS_MAX) and clear. */
void canvas_resize(struct canvas *c, int columns, int rows);
void canvas_clear(struct canvas *c);
int canvas_columns(const struct canvas *c);
int canvas_rows(const struct canvas *c);
bool canvas_is_ascii(const struct canvas *c);
/* Confine writing to this part; canvas_resize and canvas_clear lift it. */
void canvas_clip(struct canvas *c, int x, int y, int columns, int rows);
/* Write text (UTF-8) from (x, y), at most width columns (negative: up to the clip). A wide character that would be
 * cut is left out. Returns the columns written, also those outside the clip. */
int canvas_put(struct canvas *c, int x, int y, int width, enum role role, const char *text);
int canvas_printf(struct canvas *c, int x, int y, int width, enum role role, const char *fmt, ...) PRINTF_LIKE(6, 7);
/* Fill width columns with spaces of this role. */
void canvas_fill(struct canvas *c, int x, int y, int width, enum role role);
/* The cells of a row, canvas_columns of them. */
const struct canvas_cell *canvas_row(const struct canvas *c, int y);
/* All rows as text, trailing spaces cut, each ended by a newline. */
void canvas_dump(const struct canvas *c, struct buf *out);

/* Columns that text takes (control characters count 1). */
int canvas_text_width(const char *text);
/* Whether the locale writes UTF-8 and the characters of text all take one column. */
bool canvas_locale_draws(const char *text);

#endif
