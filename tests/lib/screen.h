/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A screen for unit tests: a story folded into a model, a view of it, and a canvas to compare with
 * tests/data/screens/NAME.txt. GENERATE=1 rewrites those: look at them before they are kept. */
#ifndef TESTS_SCREEN_H
#define TESTS_SCREEN_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/story.h"
#include "tunwatch/view.h"

struct screen {
	struct record_sink sink;
	struct model *m;
	struct story story;
	struct view *view;
	struct canvas *canvas;
	struct view_status st;
};

static inline void put(struct record_sink *sink, const struct record *r)
{
	model_apply(((struct screen *)(void *)sink)->m, r);
}

static inline void draw(struct screen *s)
{
	view_draw(s->view, s->canvas, s->m, &s->st);
}

static inline void size(struct screen *s, int columns, int rows)
{
	canvas_resize(s->canvas, columns, rows);
	draw(s);
}

static inline void open_empty(struct screen *s, bool ascii)
{
	memset(s, 0, sizeof *s);
	s->sink.put = put;
	s->m = model_new(true);
	s->view = view_new(ascii, false);
	s->canvas = canvas_new(ascii);
	s->st = (struct view_status){ .mode = MODE_LIVE, .speed = 1, .scan_percent = 100, .bytes = 1900000 };
}

static inline void open_story(struct screen *s, bool ascii, int seconds, int utc_off_s)
{
	open_empty(s, ascii);
	story_start(&s->story, &s->sink, utc_off_s);
	story_run(&s->story, seconds);
	s->st.at = s->st.end = s->m->now;
	size(s, 80, 24);
}

static inline void end(struct screen *s)
{
	if (s->story.intern)
		story_end(&s->story);
	view_free(s->view);
	canvas_free(s->canvas);
	model_free(s->m);
}

// Keys of the view, as names separated by spaces.
static inline void press(struct screen *s, const char *keys)
{
	char copy[256], *save = NULL;
	const char *text;

	str_copy(copy, sizeof copy, keys);
	for (char *k = strtok_r(copy, " ", &save); k; k = strtok_r(NULL, " ", &save)) {
		if (view_asking(s->view) != ASK_NOTHING)
			view_answer(s->view, k, s->m, &s->st, &text);
		else
			view_do(s->view, action_find(k, s->st.mode), s->m, &s->st);
		draw(s);
	}
}

static inline void read_golden(const char *path, struct buf *b)
{
	FILE *f = fopen(path, "re");
	char part[4096];
	size_t n;

	buf_puts(b, "");
	while (f && (n = fread(part, 1, sizeof part, f)) > 0)
		buf_add(b, part, n);
	if (f)
		fclose(f);
}

static inline void assert_screen(const struct screen *s, const char *name)
{
	struct buf got = { 0 }, want = { 0 };
	char path[128];

	snprintf(path, sizeof path, "tests/data/screens/%s.txt", name);
	canvas_dump(s->canvas, &got);
	if (getenv("GENERATE")) {
		FILE *f = fopen(path, "we");

		assert_non_null(f);
		assert_int_equal(fwrite(got.data, 1, got.len, f), got.len);
		fclose(f);
	}
	read_golden(path, &want);
	if (strcmp(got.data, want.data) != 0)
		fail_msg("%s differs:\n%s", path, got.data);
	buf_free(&got);
	buf_free(&want);
}

/* The screen at every size: NAME-80x24 and so on, with -ascii behind it where that is asked for. */
static inline void assert_sizes(struct screen *s, const char *name, bool ascii)
{
	static const struct {
		int columns, rows;
	} sizes[] = { { 80, 24 }, { 120, 40 }, { 60, 16 }, { 40, 10 }, { 20, 5 }, { 200, 60 }, { 10, 3 }, { 1, 1 } };

	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		char each[64];

		size(s, sizes[i].columns, sizes[i].rows);
		snprintf(each, sizeof each, "%s-%dx%d%s", name, sizes[i].columns, sizes[i].rows, ascii ? "-ascii" : "");
		assert_screen(s, each);
	}
}

static inline bool shows(const struct screen *s, const char *text)
{
	struct buf b = { 0 };
	bool found;

	canvas_dump(s->canvas, &b);
	found = strstr(b.data, text) != NULL;
	buf_free(&b);
	return found;
}

// The line of the screen that holds text, in line; "" when there is none.
static inline const char *line_with(const struct screen *s, const char *text, char line[2000])
{
	struct buf b = { 0 };
	const char *at, *from;

	canvas_dump(s->canvas, &b);
	at = strstr(b.data, text);
	line[0] = 0;
	if (at) {
		for (from = at; from > b.data && from[-1] != '\n'; from--)
			;
		snprintf(line, 2000, "%.*s", (int)strcspn(from, "\n"), from);
	}
	buf_free(&b);
	return line;
}

static inline void assert_line(const struct screen *s, const char *text, const char *and)
{
	char line[2000];

	if (!strstr(line_with(s, text, line), and))
		fail_msg("no \"%s\" in the line of %s: %s", and, text, line);
}

static inline void assert_no(const struct screen *s, const char *text, const char *and)
{
	char line[2000];

	if (strstr(line_with(s, text, line), and))
		fail_msg("\"%s\" in the line of %s: %s", and, text, line);
}

// The line below the one that holds text.
static inline void line_below(const struct screen *s, const char *text, char line[2000])
{
	struct buf b = { 0 };
	const char *at;

	canvas_dump(s->canvas, &b);
	at = strstr(b.data, text);
	at = at ? strchr(at, '\n') : NULL;
	line[0] = 0;
	if (at)
		snprintf(line, 2000, "%.*s", (int)strcspn(at + 1, "\n"), at + 1);
	buf_free(&b);
}

static inline void assert_below(const struct screen *s, const char *text, const char *and)
{
	char line[2000];

	line_below(s, text, line);
	if (!strstr(line, and))
		fail_msg("no \"%s\" in the line below %s: %s", and, text, line);
}

#endif
