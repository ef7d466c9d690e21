// SPDX-License-Identifier: GPL-2.0-or-later
// Any records, folded, and a walk through the panels of them on a screen of any size. Input: flags, columns, rows (0:
// any), the number of steps, those actions, then records one after another, see take_record. Behind the steps given the
// walk goes on as the sum of the whole input has it: every input takes another one.
#include <locale.h>
#include <stdlib.h>

#include "lib/take_record.h"
#include "tunwatch/model.h"
#include "tunwatch/view.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { RECORDS_MAX = 1000, GIVEN_MAX = 16, WALK_MAX = 8 };

enum { FLAG_ASCII = 1, FLAG_UTC = 2, FLAG_LIVE = 4, FLAG_PAUSED = 8, FLAG_SILENT = 16, FLAG_CONNECTING = 32,
       FLAG_OVER = 64, FLAG_EARLIER = 128 };

struct screen {
	struct view *view;
	struct canvas *canvas;
	const struct model *m;
	struct view_status st;
	uint64_t dice;
};

static uint64_t sum(const uint8_t *data, size_t size)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < size; i++)
		h = (h ^ data[i]) * UINT64_C(0x100000001b3);
	return h | 1;
}

static unsigned below(struct screen *s, unsigned n)
{
	s->dice ^= s->dice << 13;
	s->dice ^= s->dice >> 7;
	s->dice ^= s->dice << 17;
	return (unsigned)(s->dice >> 32) % n;
}

static void draw(struct screen *s)
{
	int columns = canvas_columns(s->canvas), rows = canvas_rows(s->canvas);

	view_draw(s->view, s->canvas, s->m, &s->st);
	for (int y = 0; y < rows; y++) {
		const struct canvas_cell *row = canvas_row(s->canvas, y), *end = row + columns;

		for (; row < end; row++)
			if (row->role >= ROLE_COUNT || (row->c && (row->c < 0x20 || row->c == 0x7f)))
				abort();
	}
}

static void answer(struct screen *s)
{
	static const char *const words[] = { "1", ".", "!w", "u|d", "(", "x*$" };
	const char *text = "";

	for (const char *c = words[below(s, ARRAY_LEN(words))]; *c; c++)
		view_answer(s->view, (const char[]){ *c, 0 }, s->m, &s->st, &text);
	view_answer(s->view, below(s, 8) ? "Enter" : "Esc", s->m, &s->st, &text);
}

// What is the caller's is done as far as it asks the view.
static void act(struct screen *s, enum action action)
{
	struct buf out = { 0 };
	int64_t t;

	if (!view_do(s->view, action, s->m, &s->st)) {
		if (action == ACTION_OPEN && view_event_time(s->view, s->m, &s->st, &t) && t <= s->st.end)
			s->st.at = t;
		if (view_events_of(s->view) != MODEL_NONE && view_row(s->view) >= s->m->ntunnels)
			abort();
		if (action == ACTION_QUIT_PRINT)
			view_outages(s->m, below(s, 2), &out);
	}
	if (view_asking(s->view) != ASK_NOTHING)
		answer(s);
	buf_free(&out);
}

// Drawing is dear: in the middle of some walks, and at the end of all.
static void walk(struct screen *s)
{
	static const enum action panels[] = { ACTION_NONE, ACTION_PANEL_MTU, ACTION_PANEL_ROUTERS, ACTION_PANEL_EVENTS,
					      ACTION_PANEL_SOURCES };
	static const enum action likely[] = { ACTION_OPEN, ACTION_DOWN, ACTION_LAST, ACTION_BACK, ACTION_FAULTS,
					      ACTION_PAGE_DOWN, ACTION_SORT_RIGHT, ACTION_DISPLAY };
	unsigned n = below(s, WALK_MAX);

	act(s, panels[below(s, ARRAY_LEN(panels))]);
	for (unsigned i = 0; i < n; i++) {
		act(s, below(s, 2) ? likely[below(s, ARRAY_LEN(likely))] : (enum action)below(s, ACTION_COUNT));
		if (!below(s, 8))
			draw(s);
	}
	draw(s);
}

static void resize(struct screen *s, int columns, int rows)
{
	unsigned wide = 1 + below(s, 4);

	if (!columns)
		columns = (int)below(s, 40 * wide);
	if (!rows)
		rows = (int)below(s, 15 * wide);
	canvas_resize(s->canvas, columns, rows % 100);
}

static void set_status(struct screen *s, unsigned flags)
{
	s->st.mode = flags & FLAG_LIVE ? MODE_LIVE : MODE_REPLAY;
	s->st.paused = flags & FLAG_PAUSED;
	s->st.silent = flags & FLAG_SILENT;
	s->st.connecting = flags & FLAG_CONNECTING;
	s->st.over = flags & FLAG_OVER;
	s->st.at = s->st.end = s->m->now;
	if (flags & FLAG_EARLIER)
		s->st.at = s->st.end / (1 + below(s, 4));
	s->st.scan_percent = 100;
}

static void fold(struct model *m, struct input *in)
{
	int64_t t = 0;
	struct record r;
	bool more = in->n > 0;

	for (unsigned n = 0; more && n < RECORDS_MAX; n++) {
		more = take_record(in, &t, &r);
		model_apply(m, &r);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *locale;
	struct input in = { data, size };
	struct model *m = model_new(true);
	uint8_t flags = take(&in), given[GIVEN_MAX];
	int columns = take(&in), rows = take(&in);
	unsigned n = take(&in) % (GIVEN_MAX + 1);
	struct screen s = { view_new(flags & FLAG_ASCII, flags & FLAG_UTC), canvas_new(flags & FLAG_ASCII), m,
			    { .speed = 1 }, sum(data, size) };

	if (!locale)
		locale = setlocale(LC_CTYPE, "C.UTF-8");
	for (unsigned i = 0; i < n; i++)
		given[i] = take(&in);
	fold(m, &in);
	set_status(&s, flags);
	resize(&s, columns, rows);
	for (unsigned i = 0; i < n; i++) {
		act(&s, (enum action)(given[i] % ACTION_COUNT));
		draw(&s);
	}
	walk(&s);
	view_free(s.view);
	canvas_free(s.canvas);
	model_free(m);
	return 0;
}
