// SPDX-License-Identifier: GPL-2.0-or-later
// Screens of a story.
#include <locale.h>

#include "lib/screen.h"

static void all_sizes(void **state)
{
	static const struct {
		int columns, rows;
	} sizes[] = { { 80, 24 }, { 120, 40 }, { 60, 16 }, { 40, 10 }, { 20, 5 }, { 500, 200 }, { 10, 3 }, { 1, 1 } };

	(void)state;
	for (int ascii = 0; ascii < 2; ascii++) {
		struct screen s;

		open_story(&s, ascii, STORY_SECONDS, 0);
		for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
			char name[64];

			size(&s, sizes[i].columns, sizes[i].rows);
			snprintf(name, sizeof name, "main-%dx%d%s", sizes[i].columns, sizes[i].rows,
				 ascii ? "-ascii" : "");
			assert_screen(&s, name);
		}
		end(&s);
	}
}

static void panels(void **state)
{
	struct screen s;

	(void)state;
	open_story(&s, false, STORY_SECONDS, 0);
	press(&s, "Enter");
	assert_screen(&s, "detail-80x24");
	press(&s, "PgDn");
	assert_screen(&s, "detail-80x24-scrolled");
	size(&s, 120, 40);
	assert_screen(&s, "detail-120x40");
	size(&s, 80, 24);
	press(&s, "Esc ?");
	assert_screen(&s, "help-80x24");
	press(&s, "G");
	assert_screen(&s, "help-80x24-end");
	press(&s, "q d");
	assert_screen(&s, "states-80x24");
	press(&s, "d +");
	assert_screen(&s, "rtt-80x24");
	press(&s, "d Tab j j");
	assert_screen(&s, "events-80x24");
	end(&s);
}

static void times(void **state)
{
	struct screen s;

	(void)state;
	open_story(&s, false, 700, 9 * 3600);
	assert_true(shows(&s, "11-20 22:52:10+09"));
	s.st.end += 134 * US_PER_S;
	s.st.paused = true;
	draw(&s);
	assert_screen(&s, "paused-80x24");
	s.st = (struct view_status){ .mode = MODE_REPLAY, .speed = 4, .at = s.m->now, .end = 1500 * US_PER_S,
				     .scan_percent = 43, .file = "move.twr" };
	size(&s, 120, 40);
	assert_screen(&s, "replay-120x40");
	end(&s);
}

// Nothing may look alive that is dead.
static void silent(void **state)
{
	struct screen s;

	(void)state;
	open_story(&s, false, STORY_SECONDS, 0);
	s.st.silent = true;
	s.st.silent_us = 95 * US_PER_S;
	s.st.at += s.st.silent_us;
	draw(&s);
	assert_screen(&s, "silent-80x24");
	assert_true(shows(&s, "COLLECTOR SILENT 1m35"));
	press(&s, "Enter");
	assert_true(shows(&s, "not known: nothing from the collector for 1m35"));
	// a moment of the past stays what it was
	press(&s, "Esc");
	s.st.at = s.m->now;
	s.st.paused = true;
	draw(&s);
	assert_true(shows(&s, "DOWN"));
	end(&s);
}

static void empty(void **state)
{
	struct screen s;
	struct record r;

	(void)state;
	open_empty(&s, false);
	size(&s, 80, 24);
	// what is there is not told yet
	assert_true(shows(&s, "Looking for tunnels."));
	assert_false(shows(&s, "No tunnel found"));
	record_init(&r, RECORD_TICK, 0, US_PER_S);
	model_apply(s.m, &r);
	draw(&s);
	assert_screen(&s, "empty-80x24");
	// what a key began is over some time
	view_say_until(s.view, 6 * US_PER_S, "searching");
	s.st.end = 5 * US_PER_S;
	draw(&s);
	assert_true(shows(&s, "searching"));
	s.st.end = 6 * US_PER_S;
	draw(&s);
	assert_false(shows(&s, "searching"));
	view_say(s.view, "until the next key");
	draw(&s);
	assert_true(shows(&s, "until the next key"));
	s.st.end = 0;
	press(&s, "j k Enter d > / x Enter n & a Enter Tab j ? j q");
	s.st.connecting = true;
	draw(&s);
	assert_true(shows(&s, "waiting for the collector"));
	end(&s);
}

static void filters_and_sorts(void **state)
{
	struct screen s;

	(void)state;
	open_story(&s, false, STORY_SECONDS, 0);
	press(&s, "& a w s Enter");
	assert_true(shows(&s, "use1-b  "));
	assert_false(shows(&s, "hq-wg    wg"));
	assert_true(shows(&s, "filter aws"));
	press(&s, "& ^U ! U P $ Enter & ^U ( Enter");
	assert_true(shows(&s, "filter: missing closing parenthesis"));
	press(&s, "Esc");
	assert_false(shows(&s, "filter aws"));
	press(&s, "/ D S L Enter");
	assert_true(shows(&s, ">@dslite0"));
	press(&s, "n");
	assert_true(shows(&s, ">@dslite0"));
	press(&s, "g");
	assert_true(shows(&s, ">uplink"));
	press(&s, "Esc");
	assert_true(shows(&s, ">use1-b"));
	press(&s, "/ z z z Enter");
	assert_true(shows(&s, "no row matches zzz"));
	press(&s, "!");
	assert_false(shows(&s, "hq-wg    wg"));
	assert_true(shows(&s, "dc2-gre  gre"));
	press(&s, "! > > >");
	assert_true(shows(&s, "sort state"));
	assert_screen(&s, "sorted-80x24");
	press(&s, "I u");
	assert_screen(&s, "sorted-inverted-bits-80x24");
	end(&s);
}

// More tunnels than rows: what is wrong comes first, and what is left out is counted.
static void too_many(void **state)
{
	struct screen s;
	struct record r;

	(void)state;
	open_story(&s, false, STORY_SECONDS, 0);
	for (unsigned i = 0; i < 40; i++) {
		char name[32];

		snprintf(name, sizeof name, "branch-office-%02u", i);
		record_init(&r, RECORD_TUNNEL, 100 + i, s.m->now);
		record_set(&r, TUNNEL_TYPE, TUNNEL_TYPE_GRE);
		record_text(&r, name);
		model_apply(s.m, &r);
	}
	draw(&s);
	assert_screen(&s, "many-80x24");
	press(&s, "G");
	assert_screen(&s, "many-80x24-end");
	end(&s);
}

// A hostile file may hold any number anywhere, and any text.
static void hostile(void **state)
{
	struct screen s;
	struct record r;

	(void)state;
	open_story(&s, false, 30, 1 << 30);
	record_init(&r, RECORD_TUNNEL, 4000, s.m->now);
	for (unsigned i = 0; i < 28; i++)
		record_set(&r, i, INT64_MAX - i);
	record_text(&r, "\x1b[31m日本語\xe2\x80\xae evil\x01 name that goes on and on and on and on and on and on");
	model_apply(s.m, &r);
	record_init(&r, RECORD_CLOCK, 0, s.m->now);
	record_set(&r, CLOCK_WALL_OFF_US, INT64_MAX / 2);
	record_set(&r, CLOCK_UTC_OFF_S, INT32_MIN);
	model_apply(s.m, &r);
	press(&s, "G Enter PgDn d d Esc > > > > > > > > I ?");
	size(&s, 500, 200);
	press(&s, "q Tab G");
	assert_false(shows(&s, "\x1b"));
	assert_false(shows(&s, "\xe2\x80\xae"));
	end(&s);
}

static void same_keys_same_screens(void **state)
{
	struct buf one = { 0 }, two = { 0 };
	struct screen s;

	(void)state;
	for (int i = 0; i < 2; i++) {
		open_story(&s, false, STORY_SECONDS, 3600);
		press(&s, "j j Enter PgDn Esc d + + Tab j j Tab > > I ! a u / 1 Enter n N & v t i Enter");
		size(&s, 120, 40);
		canvas_dump(s.canvas, i ? &two : &one);
		end(&s);
	}
	assert_string_equal(one.data, two.data);
	buf_free(&one);
	buf_free(&two);
}

static void questions(void **state)
{
	struct screen s;
	const char *text = "";

	(void)state;
	open_story(&s, false, 60, 0);
	view_ask(s.view, ASK_MARK);
	draw(&s);
	assert_true(shows(&s, "mark:"));
	for (const char *k = "a b"; *k; k++) {
		char key[2] = { *k, 0 };

		assert_int_equal(view_answer(s.view, *k == ' ' ? "Space" : key, s.m, &s.st, &text), ASK_NOTHING);
	}
	view_answer(s.view, "ü", s.m, &s.st, &text);
	view_answer(s.view, "Backspace", s.m, &s.st, &text);
	assert_int_equal(view_answer(s.view, "Enter", s.m, &s.st, &text), ASK_MARK);
	assert_string_equal(text, "a b");
	view_ask(s.view, ASK_QUIT);
	draw(&s);
	assert_true(shows(&s, "k keep recording"));
	assert_int_equal(view_answer(s.view, "s", s.m, &s.st, &text), ASK_QUIT);
	assert_string_equal(text, "s");
	view_ask(s.view, ASK_TIME);
	view_answer(s.view, "Esc", s.m, &s.st, &text);
	assert_int_equal(view_asking(s.view), ASK_NOTHING);
	end(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_sizes), cmocka_unit_test(panels),  cmocka_unit_test(times),
		cmocka_unit_test(silent),    cmocka_unit_test(empty),   cmocka_unit_test(filters_and_sorts),
		cmocka_unit_test(too_many),  cmocka_unit_test(hostile), cmocka_unit_test(same_keys_same_screens),
		cmocka_unit_test(questions),
	};

	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
