// SPDX-License-Identifier: GPL-2.0-or-later
// Random keys and sizes over models of a story: no crash, nothing outside the canvas, every screen of the right size.
#include <assert.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "lib/story_mtu.h"
#include "lib/story_routers.h"
#include "tunwatch/term.h"
#include "tunwatch/view.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MODELS = 5, KEYS_MAX = 48 };

struct fold {
	struct record_sink sink;
	struct model *m;
};

static void put(struct record_sink *sink, const struct record *r)
{
	model_apply(((struct fold *)(void *)sink)->m, r);
}

static struct model *make(int seconds, bool routers, bool mtus)
{
	struct fold f = { { put }, model_new(true) };
	struct story s;

	if (!seconds)
		return f.m;
	story_start(&s, &f.sink, 3600);
	if (routers)
		story_routers_start(&s);
	if (mtus)
		story_mtu_start(&s);
	for (int i = 0; i < seconds; i++) {
		if (mtus)
			story_mtu_second(&s);
		else
			story_second(&s);
		if (routers)
			story_routers_poll(&s);
	}
	story_end(&s);
	return f.m;
}

// Made once: a model costs more than all that is done with it.
static const struct model *model_number(unsigned i)
{
	static struct model *models[MODELS];
	static const int seconds[MODELS] = { 0, 3, 700, STORY_SECONDS, STORY_SECONDS };

	setlocale(LC_CTYPE, "C.UTF-8");
	if (!models[i % MODELS])
		models[i % MODELS] = make(seconds[i % MODELS], i % MODELS == 3, i % MODELS == 4);
	return models[i % MODELS];
}

static void check(const struct canvas *c)
{
	for (int y = 0; y < canvas_rows(c); y++) {
		const struct canvas_cell *row = canvas_row(c, y);

		for (int x = 0; x < canvas_columns(c); x++) {
			assert(row[x].role < ROLE_COUNT);
			assert(row[x].c || x > 0);
			assert(!row[x].c || (row[x].c >= 0x20 && row[x].c != 0x7f));
		}
	}
}

static void press(struct view *v, const char *key, const struct model *m, const struct view_status *st)
{
	const char *text;

	if (view_asking(v) != ASK_NOTHING) {
		if (view_answer(v, key, m, st, &text) != ASK_NOTHING)
			view_say(v, "%s", text);
	} else if (!view_do(v, action_find(key, st->mode), m, st)) {
		view_ask(v, (enum view_question)(ASK_TIME + *key % 6));
	}
}

static void keys(struct view *v, struct canvas *c, const char *bytes, size_t size, const struct model *m,
		 const struct view_status *st)
{
	for (size_t i = 0, n = 0; i < size && n < KEYS_MAX; n++) {
		char key[TERM_KEY_MAX];
		size_t used = term_parse_key(bytes + i, size - i, true, key);

		assert(used > 0 && used <= size - i);
		i += used;
		if (*key)
			press(v, key, m, st);
		// drawing is dear: after some keys, and after the last
		if (n % 16 == 15)
			view_draw(v, c, m, st);
	}
	view_draw(v, c, m, st);
	check(c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct view_status st = { .speed = 1 };
	const struct model *m;
	struct canvas *c;
	struct view *v;

	if (size < 6)
		return 0;
	m = model_number(data[0] >> 4);
	st.mode = data[0] & 1 ? MODE_LIVE : MODE_REPLAY;
	st.paused = data[0] & 2;
	st.silent = data[0] & 4;
	st.end = m->now;
	st.at = m->now - data[1] * US_PER_S / 4;
	st.scan_percent = data[1] % 101;
	v = view_new(data[0] & 8, data[1] & 1);
	c = canvas_new(data[0] & 8);
	canvas_resize(c, data[2] % 8 ? data[2] % 140 : data[2] * 3, data[3] % 8 ? data[3] % 45 : data[3]);
	keys(v, c, (const char *)data + 4, size - 4, m, &st);
	canvas_free(c);
	view_free(v);
	return 0;
}
