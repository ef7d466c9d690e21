// SPDX-License-Identifier: GPL-2.0-or-later
#include <langinfo.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "tunwatch/canvas.h"

struct clip {
	int x0, y0, x1, y1; // x1, y1 are outside
};

struct canvas {
	bool ascii;
	int columns, rows;
	struct clip clip;
	struct canvas_cell *cells;
};

static const struct stand_in {
	uint32_t c;
	const char *text;
} stand_ins[] = {
	{ 0xb1, "+-" },   { 0xb7, "?" },    { 0xd7, "X" },    { 0x2013, "-" },  { 0x2014, "-" },
	{ 0x2026, "~" },  { 0x2190, "<-" }, { 0x2191, "^" },  { 0x2192, "->" }, { 0x2193, "v" },
	{ 0x2265, ">=" }, { 0x2264, "<=" }, { 0x2502, "|" },  { 0x25b2, "^" },  { 0x25bc, "v" },
	{ 0x25cf, "*" },  { 0x394, "d" },   { 0xb5, "u" },
};

struct canvas *canvas_new(bool ascii)
{
	struct canvas *c = xcalloc(1, sizeof *c);

	c->ascii = ascii;
	return c;
}

void canvas_free(struct canvas *c)
{
	if (!c)
		return;
	free(c->cells);
	free(c);
}

static int limit(int n, int max)
{
	return n < 1 ? 1 : n > max ? max : n;
}

void canvas_resize(struct canvas *c, int columns, int rows)
{
	c->columns = limit(columns, CANVAS_COLUMNS_MAX);
	c->rows = limit(rows, CANVAS_ROWS_MAX);
	c->cells = xrealloc(c->cells, (size_t)c->columns * (size_t)c->rows, sizeof *c->cells);
	canvas_clear(c);
}

void canvas_clear(struct canvas *c)
{
	for (size_t i = 0; i < (size_t)c->columns * (size_t)c->rows; i++)
		c->cells[i] = (struct canvas_cell){ ' ', ROLE_PLAIN };
	c->clip = (struct clip){ 0, 0, c->columns, c->rows };
}

int canvas_columns(const struct canvas *c)
{
	return c->columns;
}

int canvas_rows(const struct canvas *c)
{
	return c->rows;
}

bool canvas_is_ascii(const struct canvas *c)
{
	return c->ascii;
}

void canvas_clip(struct canvas *c, int x, int y, int columns, int rows)
{
	int64_t x1 = (int64_t)x + (columns > 0 ? columns : 0), y1 = (int64_t)y + (rows > 0 ? rows : 0);

	c->clip.x0 = x > 0 ? x : 0;
	c->clip.y0 = y > 0 ? y : 0;
	c->clip.x1 = x1 < c->columns ? (int)x1 : c->columns;
	c->clip.y1 = y1 < c->rows ? (int)y1 : c->rows;
}

// Columns of a character; *c becomes '?' when it cannot be shown.
static int char_width(uint32_t *c)
{
	int w;

	if (*c >= 0x20 && *c < 0x7f)
		return 1;
	w = *c < 0xa0 ? -1 : wcwidth((wchar_t)*c);
	if (w >= 0)
		return w;
	*c = '?';
	return 1;
}

static struct canvas_cell *cell_at(struct canvas *c, int x, int y)
{
	return &c->cells[(size_t)y * (size_t)c->columns + (size_t)x];
}

// A wide character of which one half is overwritten leaves a space.
static void break_wide(struct canvas *c, int x, int y)
{
	struct canvas_cell *cell = cell_at(c, x, y);

	if (!cell->c && x > 0)
		cell[-1].c = ' ';
	if (x + 1 < c->columns && !cell[1].c)
		cell[1].c = ' ';
}

static void set_cell(struct canvas *c, int x, int y, uint32_t ch, int width, enum role role)
{
	if (y < c->clip.y0 || y >= c->clip.y1 || x < c->clip.x0 || x + width > c->clip.x1)
		return;
	for (int i = 0; i < width; i++)
		break_wide(c, x + i, y);
	for (int i = 0; i < width; i++)
		*cell_at(c, x + i, y) = (struct canvas_cell){ i ? 0 : ch, (uint8_t)role };
}

static const char *find_stand_in(uint32_t ch)
{
	for (size_t i = 0; i < ARRAY_LEN(stand_ins); i++)
		if (stand_ins[i].c == ch)
			return stand_ins[i].text;
	return ch < 0x80 ? NULL : "?";
}

static int put_ascii(struct canvas *c, int x, int y, int width, enum role role, const char *text)
{
	int n = 0;

	for (; *text && n < width; text++, n++)
		set_cell(c, x + n, y, (uint8_t)*text, 1, role);
	return n;
}

// One character of s (not empty); returns its length in bytes.
static size_t next_char(const char *s, uint32_t *ret)
{
	size_t n = utf8_decode(s, strnlen(s, 4), ret);

	if (n)
		return n;
	*ret = '?';
	return 1;
}

int canvas_put(struct canvas *c, int x, int y, int width, enum role role, const char *text)
{
	int n = 0;

	if (width < 0)
		width = c->clip.x1 > x ? c->clip.x1 - x : 0;
	while (*text && n < width) {
		uint32_t ch;
		const char *stand_in;
		int w;

		text += next_char(text, &ch);
		stand_in = c->ascii ? find_stand_in(ch) : NULL;
		if (stand_in) {
			n += put_ascii(c, x + n, y, width - n, role, stand_in);
			continue;
		}
		w = char_width(&ch);
		if (n + w > width)
			break;
		if (w)
			set_cell(c, x + n, y, ch, w, role);
		n += w;
	}
	return n;
}

int canvas_printf(struct canvas *c, int x, int y, int width, enum role role, const char *fmt, ...)
{
	char text[2048];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	return canvas_put(c, x, y, width, role, text);
}

void canvas_fill(struct canvas *c, int x, int y, int width, enum role role)
{
	int x0 = x > c->clip.x0 ? x : c->clip.x0;
	int64_t x1 = (int64_t)x + (width > 0 ? width : 0);

	for (; x0 < x1 && x0 < c->clip.x1; x0++)
		set_cell(c, x0, y, ' ', 1, role);
}

const struct canvas_cell *canvas_row(const struct canvas *c, int y)
{
	return &c->cells[(size_t)y * (size_t)c->columns];
}

void canvas_dump(const struct canvas *c, struct buf *out)
{
	for (int y = 0; y < c->rows; y++) {
		const struct canvas_cell *row = canvas_row(c, y);
		int end = c->columns;

		while (end > 0 && row[end - 1].c == ' ')
			end--;
		for (int x = 0; x < end; x++) {
			char utf8[4];

			if (row[x].c)
				buf_add(out, utf8, utf8_encode(row[x].c, utf8));
		}
		buf_putc(out, '\n');
	}
}

int canvas_text_width(const char *text)
{
	int n = 0;

	while (*text) {
		uint32_t ch;

		text += next_char(text, &ch);
		n += char_width(&ch);
	}
	return n;
}

bool canvas_locale_draws(const char *text)
{
	if (strcmp(nl_langinfo(CODESET), "UTF-8") != 0)
		return false;
	while (*text) {
		uint32_t ch;

		text += next_char(text, &ch);
		if (wcwidth((wchar_t)ch) != 1)
			return false;
	}
	return true;
}
