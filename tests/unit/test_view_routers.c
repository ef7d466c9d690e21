// SPDX-License-Identifier: GPL-2.0-or-later
// What a person sees of BGP neighbours and routers; the panels of events and of sources.
#include <locale.h>

#include "lib/screen.h"
#include "lib/story_routers.h"

static void open_routers(struct screen *s, bool ascii, int seconds)
{
	open_empty(s, ascii);
	story_start(&s->story, &s->sink, 0);
	story_routers_start(&s->story);
	story_routers_run(&s->story, seconds);
	s->st.at = s->st.end = s->m->now;
	size(s, 80, 24);
}

static void go_on(struct screen *s, int seconds)
{
	story_routers_run(&s->story, seconds);
	s->st.at = s->st.end = s->m->now;
	draw(s);
}

// Its role at the first column of text, found in that row's characters.
static enum role role_of(const struct screen *s, const char *row_text, const char *text)
{
	for (int y = 0; y < canvas_rows(s->canvas); y++) {
		const struct canvas_cell *row = canvas_row(s->canvas, y);
		char plain[CANVAS_COLUMNS_MAX + 1] = "";
		const char *at;

		for (int x = 0; x < canvas_columns(s->canvas); x++)
			plain[x] = row[x].c && row[x].c < 0x80 ? (char)row[x].c : '#';
		at = strstr(plain, text);
		if (strstr(plain, row_text) && at)
			return (enum role)row[at - plain].role;
	}
	fail_msg("no %s with %s", row_text, text);
	return ROLE_COUNT;
}

static void all_sizes(void **state)
{
	(void)state;
	for (int ascii = 0; ascii < 2; ascii++) {
		struct screen s;

		open_routers(&s, ascii, STORY_SECONDS);
		press(&s, "4");
		assert_sizes(&s, "routers", ascii);
		end(&s);
	}
}

// What a router tells of its tunnels has no room at all there.
static void narrow(void **state)
{
	struct screen s;

	(void)state;
	open_routers(&s, false, STORY_SECONDS);
	press(&s, "4");
	for (int columns = 40; columns > 0; columns--)
		size(&s, columns, 60);
	end(&s);
}

static void all_lines(void **state)
{
	struct screen s;

	(void)state;
	open_routers(&s, false, STORY_SECONDS);
	assert_screen(&s, "bgp-80x24");
	assert_true(shows(&s, "BGP 3/6, 2 stale"));
	size(&s, 120, 40);
	assert_screen(&s, "bgp-120x40");
	assert_line(&s, "use1-a    vti", "Est 42 ");
	assert_line(&s, ">use1-b", "!Active");
	assert_line(&s, "bgp      169.254.44.1 AS64512 !Active 2m09", "was Established until 14:03:20  2 flaps");
	size(&s, 60, 24);
	assert_line(&s, "use1-b", "!A");
	press(&s, "4");
	size(&s, 120, 40);
	assert_true(shows(&s, "[4 BGP and routers]"));
	assert_line(&s, "10.255.0.2", "dc2      65001 Established");
	assert_line(&s, "192.0.2.250", "4200000001 !Idle (Admin)");
	assert_line(&s, " frr  vtysh", "last answer 0s ago, took 36 ms");
	assert_line(&s, "TUNNEL[1] ", "SA life 5m00  1 rekey");
	assert_line(&s, "TUNNEL[2] ", "!down");
	press(&s, "Enter");
	assert_screen(&s, "routers-detail-120x40");
	size(&s, 80, 24);
	assert_screen(&s, "routers-detail-80x24");
	press(&s, "q G Enter");
	assert_true(shows(&s, "198.51.100.5 at edge  stale 1m25"));
	assert_true(shows(&s, "not known now; last told: !not understood: Closing"));
	end(&s);
}

// Nothing may look alive that is dead.
static void stale(void **state)
{
	struct screen s;

	(void)state;
	open_routers(&s, false, STORY_EDGE_SILENT - 1);
	size(&s, 120, 40);
	press(&s, "4");
	assert_line(&s, "198.51.100.1 ", "Established");
	assert_int_equal(role_of(&s, "198.51.100.1 ", "Established"), ROLE_UP);
	assert_line(&s, "198.51.100.5 ", "!not understood: Closing");
	assert_int_equal(role_of(&s, "198.51.100.5 ", "!not"), ROLE_DEGRADED);
	assert_int_equal(role_of(&s, "192.0.2.250", "!Idle"), ROLE_DIM);
	assert_int_equal(role_of(&s, "169.254.44.1 ", "!Active"), ROLE_DOWN);
	go_on(&s, 2);
	// one poll without an answer is not yet the end of what it said, but it is told
	assert_line(&s, " edge  cisco-ios", "polls time out for 6s: no answer within 3 s");
	assert_line(&s, "198.51.100.1 ", "Established");
	go_on(&s, 20);
	assert_line(&s, " edge  cisco-ios", "polls time out for 26s");
	assert_line(&s, "198.51.100.1 ", "stale");
	assert_no(&s, "198.51.100.1 ", "Established");
	assert_no(&s, "198.51.100.1 ", "912k");
	assert_int_equal(role_of(&s, "198.51.100.1 ", "198"), ROLE_DIM);
	assert_true(shows(&s, "1 of 3 routers silent"));
	// the whole collector
	s.st.silent = true;
	s.st.silent_us = 95 * US_PER_S;
	s.st.at += s.st.silent_us;
	draw(&s);
	assert_no(&s, "10.255.0.2", "Established");
	assert_line(&s, " frr  vtysh", "not known: nothing from the collector for 1m35");
	press(&s, "1");
	assert_no(&s, "use1-a", "Est ");
	end(&s);
}

static void loading(void **state)
{
	struct screen s;

	(void)state;
	open_routers(&s, false, 698);
	press(&s, "4");
	assert_line(&s, "169.254.43.1", "!Active");
	go_on(&s, 1);
	assert_line(&s, "169.254.43.1", "loading");
	press(&s, "1");
	assert_line(&s, "use1-a", "E ..");
	press(&s, "4");
	go_on(&s, 2);
	assert_line(&s, "169.254.43.1", "42/3");
	end(&s);
}

static void keys(void **state)
{
	struct screen s;

	(void)state;
	open_routers(&s, false, STORY_SECONDS);
	size(&s, 120, 40);
	press(&s, "4");
	// the worst is selected until a person chooses
	assert_true(shows(&s, ">169.254.44.1"));
	assert_int_equal(view_events_of(s.view), 2);
	press(&s, "j");
	assert_true(shows(&s, ">10.255.0.2"));
	assert_int_equal(view_events_of(s.view), 3);
	press(&s, "G");
	assert_true(shows(&s, ">198.51.100.5"));
	assert_int_equal(view_events_of(s.view), MODEL_NONE);
	press(&s, "g k");
	assert_true(shows(&s, ">169.254.43.1"));
	press(&s, "& A S 6 5 Enter");
	assert_true(shows(&s, ">10.255.0.2"));
	assert_false(shows(&s, "169.254.43.1"));
	assert_false(shows(&s, "yamaha-rtx"));
	assert_true(shows(&s, "│ filter AS65"));
	press(&s, "& ^U r t x Enter");
	assert_true(shows(&s, "TUNNEL[1]"));
	assert_false(shows(&s, "frr  vtysh"));
	press(&s, "& ^U z z z Enter");
	assert_true(shows(&s, "nothing matches"));
	press(&s, "Esc");
	assert_false(shows(&s, "│ filter"));
	press(&s, "/ l a c 1 Enter");
	assert_true(shows(&s, ">10.64.64.64"));
	press(&s, "/ z z z Enter");
	assert_true(shows(&s, "nothing matches zzz"));
	press(&s, "!");
	assert_false(shows(&s, "10.64.64.64"));
	assert_true(shows(&s, "TUNNEL[2]"));
	press(&s, "! + + +");
	assert_int_equal(view_zoom(s.view), 2);
	press(&s, "- - -");
	press(&s, "d");
	assert_true(shows(&s, "it does nothing in this panel"));
	press(&s, "Esc");
	assert_false(shows(&s, "[4 BGP"));
	press(&s, "4 q");
	assert_false(shows(&s, "[4 BGP"));
	assert_false(view_do(s.view, ACTION_QUIT, s.m, &s.st));
	assert_true(view_lacks(s.view, "3"));
	draw(&s);
	assert_true(shows(&s, "panel 3 (IPsec) is not in this version"));
	assert_false(view_lacks(s.view, "4"));
	end(&s);
}

static void events_and_sources(void **state)
{
	struct screen s;
	int64_t t = 0;

	(void)state;
	open_routers(&s, false, STORY_SECONDS);
	press(&s, "6 j j");
	assert_screen(&s, "events-panel-80x24");
	assert_true(view_event_time(s.view, s.m, &s.st, &t));
	assert_int_equal(t, 1371 * US_PER_S);
	press(&s, "& m a r k Enter g");
	assert_true(shows(&s, "EVENTS 1 of 2"));
	assert_true(shows(&s, "shut r1a uplink"));
	assert_false(shows(&s, "BGP   "));
	press(&s, "/ s h u t Enter");
	assert_true(shows(&s, "EVENTS 2 of 2"));
	press(&s, "Esc 7");
	assert_screen(&s, "sources-80x24");
	press(&s, "j");
	assert_true(shows(&s, "why      no CAP_NET_RAW: setcap cap_net_raw+ep tunwatch"));
	press(&s, "Enter");
	assert_true(shows(&s, "it does nothing in this panel"));
	press(&s, "& l i n k Enter");
	assert_false(shows(&s, "no CAP_NET_RAW"));
	for (int i = 0; i < 3; i++) {
		static const int sizes[][2] = { { 1, 1 }, { 20, 5 }, { 200, 60 } };

		size(&s, sizes[i][0], sizes[i][1]);
		press(&s, "6 G g 7 G g 4 G g Enter PgDn Esc");
	}
	end(&s);
}

static void nothing(void **state)
{
	struct screen s;

	(void)state;
	open_story(&s, false, 30, 0);
	press(&s, "4");
	assert_screen(&s, "routers-none-80x24");
	press(&s, "j k G g Enter PgDn / x Enter n & y Enter Esc ! + - [ Tab");
	end(&s);
	open_empty(&s, false);
	size(&s, 80, 24);
	press(&s, "4 j Enter 6 j Enter 7 j Enter 4 & y Enter");
	end(&s);
}

static void put_neighbor(struct screen *s, unsigned key, enum bgp_state to)
{
	char name[32];
	struct record r;

	snprintf(name, sizeof name, "10.1.%u.%u", key / 200, key % 200);
	record_init(&r, RECORD_BGP, key, s->m->now);
	record_set(&r, BGP_ROUTER, story_name(&s->story, "frr"));
	record_set(&r, BGP_NEIGHBOR, story_name(&s->story, name));
	record_set(&r, BGP_STATE, to);
	record_set(&r, BGP_UPTIME_S, 7200);
	record_set(&r, BGP_PREFIXES_RECEIVED, key);
	model_apply(s->m, &r);
}

// More neighbours than rows: what is wrong comes first, and what is left out is counted.
static void too_many(void **state)
{
	struct screen s;

	(void)state;
	open_routers(&s, false, STORY_SECONDS);
	for (unsigned i = 20; i < 200; i++)
		put_neighbor(&s, i, i % 50 == 33 ? BGP_STATE_CONNECT : BGP_STATE_ESTABLISHED);
	press(&s, "4");
	draw(&s);
	assert_screen(&s, "routers-many-80x24");
	press(&s, "PgDn PgDn");
	assert_screen(&s, "routers-many-80x24-scrolled");
	press(&s, "G");
	assert_screen(&s, "routers-many-80x24-end");
	end(&s);
}

// bgpd is gone: its neighbours are down, not Established and not unknown.
static void no_bgp(void **state)
{
	const struct model_router *frr;
	struct record r;
	struct screen s;

	(void)state;
	open_routers(&s, false, 600);
	press(&s, "4");
	size(&s, 120, 40);
	assert_line(&s, "10.255.0.2", "Established");
	frr = model_find_router(s.m, (uint16_t)story_name(&s.story, "frr"));
	assert_non_null(frr);
	for (int i = 1; i <= 20; i++) {
		record_init(&r, RECORD_ROUTER, (unsigned)(frr - s.m->routers), s.m->now + US_PER_S);
		record_set(&r, ROUTER_ROUTER, frr->router);
		record_set(&r, ROUTER_OUTCOME, ROUTER_OUTCOME_ABSENT);
		record_set(&r, ROUTER_PERIOD_MS, 1000);
		model_apply(s.m, &r);
		s.st.at = s.st.end = s.m->now;
		draw(&s);
		assert_line(&s, "10.255.0.2", "!no BGP");
	}
	// nobody asks any more: it may be there again
	for (int i = 1; i <= 5; i++) {
		record_init(&r, RECORD_TICK, 0, s.m->now + US_PER_S);
		model_apply(s.m, &r);
	}
	s.st.at = s.st.end = s.m->now;
	draw(&s);
	assert_line(&s, "10.255.0.2", "stale");
	end(&s);
}

// A hostile file may hold any number anywhere, and any text.
static void hostile(void **state)
{
	static const enum record_kind kinds[] = { RECORD_BGP, RECORD_ROUTER, RECORD_ROUTER_TUNNEL, RECORD_SOURCE };
	static const int64_t numbers[] = { INT64_MAX, INT64_MIN, INT64_MIN + 1, -1, 0, 1, 65535, INT64_C(1) << 53 };
	struct screen s;

	(void)state;
	open_routers(&s, false, 30);
	for (unsigned i = 0; i < 8 * ARRAY_LEN(kinds); i++) {
		enum record_kind kind = kinds[i % ARRAY_LEN(kinds)];
		unsigned fields = record_kind_info(kind)->nfields;
		struct record r;

		record_init(&r, kind, i * 7 % 60, s.m->now);
		for (unsigned f = 0; f < fields; f++)
			record_set(&r, f, numbers[(i + f * 3) % ARRAY_LEN(numbers)]);
		if (kind == RECORD_BGP && i % 3)
			record_set(&r, BGP_ROUTER, story_name(&s.story, "frr"));
		if (kind == RECORD_BGP)
			record_set(&r, BGP_WORD, story_name(&s.story, "\x1b[31m日本語 evil\x01"));
		model_apply(s.m, &r);
	}
	size(&s, 120, 40);
	press(&s, "4 G Enter PgDn Esc g j j j Enter k k Esc ! ! & f r Enter Esc 7 G 6 G 1 Enter Esc 4");
	assert_false(shows(&s, "\x1b"));
	size(&s, 30, 7);
	size(&s, 500, 200);
	end(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_sizes), cmocka_unit_test(all_lines), cmocka_unit_test(stale),
		cmocka_unit_test(loading),   cmocka_unit_test(keys),      cmocka_unit_test(events_and_sources),
		cmocka_unit_test(nothing),   cmocka_unit_test(too_many),  cmocka_unit_test(hostile),
		cmocka_unit_test(no_bgp),    cmocka_unit_test(narrow),
	};

	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
