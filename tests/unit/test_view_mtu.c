// SPDX-License-Identifier: GPL-2.0-or-later
// What a person sees of MTUs: the panel of them, and the columns of the first one.
#include <locale.h>

#include "lib/screen.h"
#include "lib/story_mtu.h"

static void open_mtus(struct screen *s, bool ascii, int seconds)
{
	open_empty(s, ascii);
	story_start(&s->story, &s->sink, 0);
	story_mtu_start(&s->story);
	story_mtu_run(&s->story, seconds);
	s->st.at = s->st.end = s->m->now;
	size(s, 80, 24);
}

static void go_on(struct screen *s, int seconds)
{
	story_mtu_run(&s->story, seconds);
	s->st.at = s->st.end = s->m->now;
	draw(s);
}

static void all_sizes(void **state)
{
	(void)state;
	for (int ascii = 0; ascii < 2; ascii++) {
		struct screen s;

		open_mtus(&s, ascii, STORY_SECONDS);
		press(&s, "2");
		assert_sizes(&s, "mtu", ascii);
		end(&s);
	}
}

static void main_panel(void **state)
{
	struct screen s;

	(void)state;
	open_mtus(&s, false, STORY_SECONDS);
	assert_screen(&s, "main-mtu-80x24");
	assert_true(shows(&s, "black hole 2 │ drift 3"));
	assert_line(&s, "dc2-gre  gre", "1400/1372 -28");
	assert_line(&s, "lac1     ppp", "1450/1390 -60");
	assert_line(&s, "use1-b   vti", "1436/? ");
	size(&s, 120, 40);
	assert_screen(&s, "main-mtu-120x40");
	assert_true(shows(&s, "MTU drift 3"));
	assert_line(&s, "dc2-gre   gre", "1400/1372  -28  -28");
	assert_line(&s, "use1-a    vti", "1436/1436    0    0");
	assert_line(&s, "use1-b    vti", "1436/?       ?    ?");
	assert_line(&s, " mtu ", "configured 1436  path ?  (was 1436 at 13:40:36)  outer 1500  gap ?  drift -");
	press(&s, "/ d c 2 Enter Enter");
	assert_line(&s, " mtu ", "path 1372  (was 1400 until 14:03:54)  outer 1400  gap -28  drift -28  !oversized");
	press(&s, "Esc & o v e r s i z e d Enter");
	assert_true(shows(&s, "dc2-gre"));
	assert_false(shows(&s, "hq-wg"));
	press(&s, "Esc > > > > > > > > >");
	assert_true(shows(&s, "sort gap"));
	assert_below(&s, "uplink", "lac1");
	press(&s, "<");
	assert_true(shows(&s, "sort path mtu"));
	assert_below(&s, "uplink", "dslite0");
	end(&s);
}

static void detail(void **state)
{
	struct screen s;

	(void)state;
	open_mtus(&s, false, STORY_SECONDS);
	// the worst is selected until a person chooses
	press(&s, "2 Enter");
	assert_screen(&s, "mtu-detail-80x24");
	size(&s, 120, 40);
	assert_screen(&s, "mtu-detail-120x40");
	press(&s, "Esc / d c 2 Enter Enter");
	assert_line(&s, "verdict", "!oversized  1372 passes; outer 1400 leaves 1376 inside; interface says 1400");
	assert_line(&s, "cause", "inner  192.0.2.65 says frag-needed with 1372");
	assert_line(&s, "sizes", "inner  1372 ok x4  1400 ok x4 refused x2");
	assert_line(&s, "kernel", "outer  this host believes 1428 until 14:13:44  1400 is true");
	assert_line(&s, "overhead", "GRE  outer 1400 leaves 1376 inside  interface says 1400");
	assert_line(&s, "to set", "MTU 1372  TCP MSS 1332 (IPv6 1312)");
	assert_true(shows(&s, "Linux    ip link set dev gre-dc2 mtu 1372"));
	assert_true(shows(&s, "Yamaha   ip tunnel mtu 1372"));
	assert_true(shows(&s, "Yamaha   ip tunnel tcp mss limit 1332"));
	press(&s, "j");
	assert_line(&s, "inner ", "10.9.0.1  1420 since 13:40:36");
	assert_line(&s, "inner ", "searching  1420 passes  1421 not yet");
	assert_line(&s, "to set", "the MTU as it is  TCP MSS 1380 (IPv6 1360)");
	press(&s, "j j");
	assert_line(&s, "verdict", "!fragments outside");
	assert_line(&s, "kernel", "outer  this host believes 1480 until 14:10:20  which is true");
	assert_line(&s, "source", "ipv6: the kernel keeps the MTUs that routers name in its route cache");
	press(&s, "Esc g Enter");
	assert_false(shows(&s, "ipv6:"));
	assert_line(&s, "path ", "203.0.113.1  1500 since 13:56:30  1492 before");
	assert_line(&s, "to set", "the MTU as it is  TCP MSS 1460 (IPv6 1440)");
	assert_false(shows(&s, "Linux"));
	end(&s);
}

static void remote_and_unknown(void **state)
{
	struct screen s;

	(void)state;
	open_mtus(&s, false, STORY_SECONDS);
	size(&s, 120, 40);
	// all of it in IPv6
	press(&s, "2 G Enter");
	assert_true(shows(&s, " six  ip6gre  1448/1400  !black hole"));
	assert_line(&s, "place", "inner  lost on the way back  hop 1 still answers, none after it");
	assert_line(&s, "to set", "MTU 1400  TCP MSS 1360 (IPv6 1340)");
	assert_true(shows(&s, "Linux    ip link set dev gre-six mtu 1400"));
	assert_false(shows(&s, "Yamaha"));
	assert_line(&s, "kernel", "inner  this host believes 1400 until 14:07:00  which is true");
	press(&s, "k");
	assert_true(shows(&s, " branch  remote  1280/1280  ok"));
	assert_line(&s, " mtu ", "configured 1280 (its router enforces it)");
	assert_line(&s, "cause", "203.0.113.1 (this host's next hop) says frag-needed  a router names 1400");
	assert_false(shows(&s, "Linux"));
	press(&s, "k");
	assert_line(&s, "verdict", "!unstable");
	assert_line(&s, "inner ", "it changes all the time  1300 passes  1476 not");
	press(&s, "k");
	assert_line(&s, "inner ", "too much loss to tell  1280 passes  1400 not");
	press(&s, "Esc / u s e 1 - b Enter Enter");
	assert_line(&s, "verdict", "?  does not answer; it was 1436");
	assert_line(&s, "inner ", "was 1436 since 13:40:36");
	assert_line(&s, "overhead", "ESP tunnel cbc(aes) hmac(sha1)  outer 1500 leaves 1438 inside  interface says 1436");
	// the MSS is that of the family inside
	press(&s, "Esc");
	size(&s, 120, 40);
	assert_line(&s, " six ", " 1340");
	assert_line(&s, " branch ", " 1240");
	end(&s);
	// nothing is known yet; then it is searched
	open_mtus(&s, false, 3);
	press(&s, "2");
	assert_line(&s, "use1-a", "1436    ?     ?    ?    -    ? ?  ");
	assert_line(&s, "hq-wg", "1420   ..    ..    ?    -    ? searching");
	press(&s, "1");
	assert_line(&s, "hq-wg", " 1420/.. ");
	assert_line(&s, "use1-a", " 1436/? ");
	press(&s, "2 Enter");
	assert_true(shows(&s, "nothing is measured yet"));
	press(&s, "Esc");
	go_on(&s, 3);
	assert_line(&s, "use1-a", "1436 1436  1500    0    0 1438 tight");
	end(&s);
}

static void keys(void **state)
{
	struct screen s;

	(void)state;
	open_mtus(&s, false, STORY_SECONDS);
	press(&s, "2");
	assert_true(shows(&s, ">lac1"));
	assert_int_equal(view_row(s.view), 6);
	assert_int_equal(view_events_of(s.view), 6);
	press(&s, "!");
	assert_false(shows(&s, "hq-wg"));
	assert_false(shows(&s, " small "));
	assert_true(shows(&s, "ecmp"));
	assert_true(shows(&s, "use1-b"));
	press(&s, "! & b l a c k Enter");
	assert_true(shows(&s, "lac1"));
	assert_false(shows(&s, "dc2-gre"));
	press(&s, "Esc / u t i l Enter");
	assert_true(shows(&s, ">small"));
	press(&s, "/ z z z Enter");
	assert_true(shows(&s, "no row matches zzz"));
	press(&s, "> > > > > > >");
	assert_true(shows(&s, "sort drift"));
	assert_screen(&s, "mtu-sorted-80x24");
	press(&s, "> >");
	assert_true(shows(&s, "sort verdict"));
	assert_below(&s, "uplink", "lac1");
	press(&s, "I");
	assert_true(shows(&s, "sort !verdict"));
	// each panel keeps its order
	press(&s, "1");
	assert_false(shows(&s, "│ sort"));
	press(&s, "2 + + +");
	assert_int_equal(view_zoom(s.view), 2);
	press(&s, "d");
	assert_true(shows(&s, "it does nothing in this panel"));
	press(&s, "4");
	assert_int_equal(view_row(s.view), MODEL_NONE);
	press(&s, "2 q");
	assert_false(shows(&s, "[2 MTU]"));
	assert_false(view_do(s.view, ACTION_SWEEP, s.m, &s.st));
	assert_false(view_do(s.view, ACTION_SWEEP_ALL, s.m, &s.st));
	assert_false(view_lacks(s.view, "2"));
	end(&s);
}

// Nothing may look alive that is dead.
// A search that found no number: the one before is past, and so is its cause, also while the next search goes on.
static void no_number(void **state)
{
	static const enum pmtu_state states[] = { PMTU_STATE_UNREACHABLE, PMTU_STATE_TOO_LOSSY, PMTU_STATE_SEARCHING };
	struct screen s;

	(void)state;
	open_mtus(&s, false, STORY_SECONDS);
	size(&s, 120, 40);
	press(&s, "2 / d c 2 Enter Enter");
	assert_line(&s, "cause", "inner  192.0.2.65 says");
	for (size_t i = 0; i < ARRAY_LEN(states); i++) {
		struct record r;

		record_init(&r, RECORD_PMTU, s.m->tunnels[model_find_tunnel(s.m, "dc2-gre")].inner_target, s.m->now);
		record_set(&r, PMTU_PATH, PATH_INNER);
		record_set(&r, PMTU_STATE, states[i]);
		model_apply(s.m, &r);
		draw(&s);
		assert_true(shows(&s, "was 1372 since 14:03:54"));
		assert_false(shows(&s, "inner  192.0.2.65 says"));
		press(&s, "Esc");
		assert_line(&s, "dc2-gre", " ? ");
		press(&s, "1");
		assert_line(&s, " mtu ", "path ?  (was 1372 at ");
		press(&s, "2 Enter");
	}
	end(&s);
}

static void silent(void **state)
{
	struct screen s;

	(void)state;
	open_mtus(&s, false, STORY_SECONDS);
	s.st.silent = true;
	s.st.silent_us = 95 * US_PER_S;
	s.st.at += s.st.silent_us;
	press(&s, "2");
	assert_line(&s, "dc2-gre  gre", "1400    ?     ?    ?    ?    ? ?  ");
	assert_false(shows(&s, "!black hole"));
	assert_false(shows(&s, "drift 3"));
	assert_true(shows(&s, "not known: nothing from the collector for 1m35"));
	press(&s, "1");
	assert_line(&s, "dc2-gre  gre", "1400/? ");
	end(&s);
}

// What is not on this host is no trouble of a row; its panel tells.
static void absent_source(void **state)
{
	struct screen s;

	(void)state;
	open_mtus(&s, false, 30);
	story_source(&s.story, 20, "bgp", SOURCE_STATE_ABSENT, "no FRR on this host");
	size(&s, 120, 40);
	press(&s, "Enter");
	assert_line(&s, "sources", "probe6 denied");
	assert_false(shows(&s, "no FRR"));
	press(&s, "Esc 7");
	assert_line(&s, "bgp", "no FRR on this host");
	end(&s);
}

static void nothing(void **state)
{
	struct screen s;

	(void)state;
	open_story(&s, false, 30, 0);
	press(&s, "2");
	assert_screen(&s, "mtu-none-80x24");
	press(&s, "j k G g Enter PgDn Esc / x Enter n & y Enter Esc ! + - [ Tab > I a");
	end(&s);
	open_empty(&s, false);
	size(&s, 80, 24);
	press(&s, "2 j Enter > ! & y Enter");
	end(&s);
}

// More rows than lines: what is wrong comes first, and what is left out is counted.
static void too_many(void **state)
{
	struct screen s;
	struct record r;

	(void)state;
	open_mtus(&s, false, STORY_SECONDS);
	for (unsigned i = 0; i < 100; i++) {
		char name[32];

		snprintf(name, sizeof name, "branch-office-%02u", i);
		record_init(&r, RECORD_TUNNEL, 100 + i, s.m->now);
		record_set(&r, TUNNEL_TYPE, TUNNEL_TYPE_GRE);
		record_set(&r, TUNNEL_INNER_TARGET, 3);
		record_text(&r, name);
		model_apply(s.m, &r);
	}
	press(&s, "2");
	draw(&s);
	assert_screen(&s, "mtu-many-80x24");
	press(&s, "G");
	assert_screen(&s, "mtu-many-80x24-end");
	end(&s);
}

// A list of few rows needs few lines: the detail below it has the rest, whatever it wants.
static void few_rows(void **state)
{
	struct screen s;
	struct record r;

	(void)state;
	for (unsigned n = 1; n < 8; n++) {
		open_empty(&s, false);
		for (unsigned i = 0; i < n; i++) {
			char name[32];

			snprintf(name, sizeof name, "line-%u", i);
			record_init(&r, RECORD_TUNNEL, i, 0);
			record_set(&r, TUNNEL_TYPE, TUNNEL_TYPE_LINE);
			record_set(&r, TUNNEL_INNER_TARGET, i);
			record_text(&r, name);
			model_apply(s.m, &r);
			for (unsigned k = 0; k < MODEL_PMTU_SIZES; k++) {
				record_init(&r, RECORD_PROBE, i, k * US_PER_S);
				record_set(&r, PROBE_OUTCOME, OUTCOME_REPLY);
				record_set(&r, PROBE_PURPOSE, PURPOSE_MTU);
				record_set(&r, PROBE_SIZE, 1400 + (int64_t)(k * i));
				model_apply(s.m, &r);
			}
			record_init(&r, RECORD_PMTU, i, 20 * US_PER_S);
			record_set(&r, PMTU_STATE, PMTU_STATE_COMPLETE);
			record_set(&r, PMTU_MTU, 1300 + i);
			model_apply(s.m, &r);
		}
		size(&s, 80, 24);
		press(&s, "2");
		for (unsigned i = 0; i < n; i++) {
			for (int rows = 18; rows < 40; rows++) {
				char name[64];

				size(&s, 80, rows);
				snprintf(name, sizeof name, "line-%u  line", i);
				if (!shows(&s, "verdict  "))
					fail_msg("%u rows: no detail of %u at 80x%d", n, i, rows);
				assert_true(shows(&s, name));
			}
			press(&s, "j");
		}
		end(&s);
	}
}

// A hostile file may hold any number anywhere, and any text.
static void hostile(void **state)
{
	static const enum record_kind kinds[] = { RECORD_PMTU, RECORD_PROBE, RECORD_SA, RECORD_LINK };
	static const int64_t numbers[] = { INT64_MAX, INT64_MIN, INT64_MIN + 1, -1, 0, 1, 65535, 65536, INT32_MAX, 99999 };
	struct screen s;

	(void)state;
	open_mtus(&s, false, 30);
	for (unsigned i = 0; i < 40 * ARRAY_LEN(kinds); i++) {
		enum record_kind kind = kinds[i % ARRAY_LEN(kinds)];
		unsigned fields = record_kind_info(kind)->nfields;
		struct record r;

		record_init(&r, kind, i * 7 % 12, s.m->now + i % 2 * 40 * US_PER_S);
		for (unsigned f = 0; f < fields; f++)
			record_set(&r, f, numbers[(i + f * 3) % ARRAY_LEN(numbers)]);
		if (kind == RECORD_PROBE)
			record_set(&r, PROBE_PURPOSE, PURPOSE_MTU);
		if (kind == RECORD_PMTU)
			record_set(&r, PMTU_FROM, story_name(&s.story, "\x1b[31m日本語 evil\x01"));
		model_apply(s.m, &r);
		if (i % 16 == 0)
			press(&s, "2 j Enter PgDn Esc");
	}
	for (int columns = 1; columns < 220; columns += 3)
		size(&s, columns, 30);
	press(&s, "G Enter PgDn Esc g j j j Enter k k Esc ! ! & f r Enter Esc > > > > > > > > > > I 1 Enter Esc 2 - - -");
	assert_false(shows(&s, "\x1b"));
	size(&s, 30, 7);
	size(&s, 500, 200);
	end(&s);
}

// Numbers too long for a column are cut in thousands, never in digits.
static void large_numbers(void **state)
{
	struct story_found jumbo = FOUND(0, 3, INNER, PTB, 1500, 65536, .from = "192.0.2.65");
	struct screen s;
	struct record r;

	(void)state;
	open_mtus(&s, false, 100);
	record_init(&r, RECORD_LINK, 3, s.m->now);
	record_set(&r, LINK_IFNAME, story_name(&s.story, "gre-dc2"));
	record_set(&r, LINK_TYPE, TUNNEL_TYPE_GRE);
	record_set(&r, LINK_IFINDEX, 15);
	record_set(&r, LINK_UP, 1);
	record_set(&r, LINK_MTU, 65536);
	model_apply(s.m, &r);
	story_mtu_found(&s.story, &jumbo);
	draw(&s);
	assert_line(&s, "dc2-gre  gre", "65k/1500 -64k");
	press(&s, "2");
	assert_line(&s, "dc2-gre  gre", " 65k 1500  1428 -64k ");
	size(&s, 120, 40);
	assert_line(&s, "dc2-gre  gre", "65536  1500  1428 -64036 ");
	press(&s, "1");
	assert_line(&s, "dc2-gre   gre", "65k/1500  -64k ");
	end(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_sizes), cmocka_unit_test(main_panel),         cmocka_unit_test(detail),
		cmocka_unit_test(keys),      cmocka_unit_test(remote_and_unknown), cmocka_unit_test(silent),
		cmocka_unit_test(no_number), cmocka_unit_test(few_rows),
		cmocka_unit_test(nothing),   cmocka_unit_test(too_many),           cmocka_unit_test(hostile),
		cmocka_unit_test(large_numbers), cmocka_unit_test(absent_source),
	};

	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
