// SPDX-License-Identifier: GPL-2.0-or-later
// Labelled lines of text, wrapped at spaces.
#include <stdio.h>
#include <string.h>

#include "view/panel.h"

void text_say(struct text *o, const char *fmt, ...)
{
	bool first = !o->pos || o->s[o->pos - 1] == '\n';
	char part[TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(part, sizeof part, fmt, ap);
	va_end(ap);
	str_append(o->s, sizeof o->s, &o->pos, "%s%s", first ? "" : "  ", part);
}

void text_line(struct text *o)
{
	if (o->pos)
		str_append(o->s, sizeof o->s, &o->pos, "\n");
}

// How much of s (at a space, at most its line) fits width columns.
static size_t fitting(const char *s, int width)
{
	size_t i = 0, cut = 0;
	int used = 0;

	while (s[i] && s[i] != '\n') {
		char one[5] = { 0 };
		uint32_t c;
		size_t n = utf8_decode(s + i, strlen(s + i), &c);

		n = n ? n : 1;
		memcpy(one, s + i, n);
		used += canvas_text_width(one);
		if (used > width)
			return cut ? cut : i ? i : n;
		i += n;
		if (s[i] == ' ')
			cut = i;
	}
	return i;
}

int sheet_next(struct sheet *w)
{
	return w->draw ? panel_line(w->f, w->y, w->height, w->n++) : (w->n++, -1);
}

void sheet_put(struct sheet *w, const char *label, const char *text)
{
	int width = w->f->columns - LABEL - 1;

	for (bool first = true; *text; first = false) {
		size_t n = width > 8 ? fitting(text, width) : strcspn(text, "\n");
		int y = sheet_next(w);
		char part[TEXT_MAX];

		memcpy(part, text, n);
		part[n] = 0;
		if (y >= 0 && first)
			canvas_put(w->f->c, 1, y, LABEL - 1, ROLE_DIM, label);
		if (y >= 0)
			canvas_put(w->f->c, LABEL + 1, y, -1, ROLE_PLAIN, part);
		text += n;
		text += strspn(text, " \n");
	}
}
