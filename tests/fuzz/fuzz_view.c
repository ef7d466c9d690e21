// SPDX-License-Identifier: GPL-2.0-or-later
// Any records, folded, and every panel of them on a screen of any size. Input: flags, columns, rows, then records one
// after another, see take_record.
#include <locale.h>
#include <stdlib.h>

#include "lib/take_record.h"
#include "tunwatch/model.h"
#include "tunwatch/view.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { RECORDS_MAX = 1000 };

struct screen {
	struct view *view;
	struct canvas *canvas;
	const struct model *m;
	struct view_status st;
};

static void draw(struct screen *s)
{
	view_draw(s->view, s->canvas, s->m, &s->st);
	for (int y = 0; y < canvas_rows(s->canvas); y++) {
		const struct canvas_cell *row = canvas_row(s->canvas, y);

		for (int x = 0; x < canvas_columns(s->canvas); x++)
			if (row[x].role >= ROLE_COUNT || (row[x].c && (row[x].c < 0x20 || row[x].c == 0x7f)))
				abort();
	}
}

static void look(struct screen *s)
{
	static const enum action actions[] = {
		ACTION_NONE, ACTION_OPEN, ACTION_DOWN, ACTION_BACK, ACTION_PANEL_MTU, ACTION_SORT_RIGHT, ACTION_LAST,
		ACTION_OPEN, ACTION_UP, ACTION_BACK, ACTION_FAULTS, ACTION_PANEL_ROUTERS, ACTION_OPEN, ACTION_BACK,
		ACTION_PANEL_EVENTS, ACTION_PANEL_SOURCES, ACTION_PANEL_TUNNELS, ACTION_FAULTS,
	};

	s->st.at = s->st.end = s->m->now;
	for (size_t i = 0; i < ARRAY_LEN(actions); i++) {
		view_do(s->view, actions[i], s->m, &s->st);
		draw(s);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	struct model *m = model_new(true);
	uint8_t flags = take(&in);
	struct screen s = { view_new(flags & 1, flags & 2), canvas_new(flags & 1), m, { .speed = 1 } };
	int columns = take(&in), rows = take(&in);
	int64_t t = 0;
	struct record r;
	bool more = in.n > 0;

	setlocale(LC_CTYPE, "C.UTF-8");
	s.st.mode = flags & 4 ? MODE_LIVE : MODE_REPLAY;
	s.st.paused = flags & 8;
	s.st.silent = flags & 16;
	s.st.scan_percent = 100;
	canvas_resize(s.canvas, columns, rows % 100);
	for (unsigned n = 0; more && n < RECORDS_MAX; n++) {
		more = take_record(&in, &t, &r);
		model_apply(m, &r);
	}
	look(&s);
	view_free(s.view);
	canvas_free(s.canvas);
	model_free(m);
	return 0;
}
