// SPDX-License-Identifier: GPL-2.0-or-later
// What routers said becomes records: keys, what is gone, times, nothing invented.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "source/router_clock.h"
#include "source/router_put.h"

enum { PUT_MAX = 8192 };

struct world {
	struct record_sink sink;
	struct source_env env;
	struct model *model;
	struct record put[PUT_MAX]; /* all but names */
	char text[PUT_MAX][64];
	size_t n;
	int64_t wall_us;            /* about now */
};

static struct world w;

static void sink_put(struct record_sink *sink, const struct record *r)
{
	(void)sink;
	model_apply(w.model, r);
	if (r->kind == RECORD_NAME)
		return;
	assert_true(w.n < PUT_MAX);
	w.put[w.n] = *r;
	snprintf(w.text[w.n], sizeof w.text[w.n], "%.*s", (int)r->text_len, r->text ? r->text : "");
	w.n++;
}

static int set_up(void **state)
{
	struct timespec ts;
	struct record r;

	(void)state;
	memset(&w, 0, sizeof w);
	w.sink.put = sink_put;
	w.model = model_new(false);
	clock_gettime(CLOCK_BOOTTIME, &ts);
	w.env = (struct source_env){ .sink = &w.sink, .model = w.model, .boot0_ns = ts.tv_sec * NS_PER_S + ts.tv_nsec };
	w.env.intern = record_intern_new(&w.sink);
	w.wall_us = INT64_C(1795000000) * US_PER_S;
	record_init(&r, RECORD_CLOCK, 0, 0);
	record_set(&r, CLOCK_WALL_OFF_US, w.wall_us);
	record_set(&r, CLOCK_UTC_OFF_S, 0);
	record_set(&r, CLOCK_REASON, CLOCK_REASON_START);
	sink_put(&w.sink, &r);
	w.n = 0;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	assert_null(w.env.router_keys);
	record_intern_free(w.env.intern);
	model_free(w.model);
	return 0;
}

static struct router_put *router(const char *name)
{
	return router_put_new(&w.env, name, "some-profile", 10 * US_PER_S);
}

static struct router_seen_bgp bgp(const char *neighbor, const char *vrf, enum bgp_state state)
{
	struct router_seen_bgp b = {
		.state = state, .asn = 65000, .uptime_s = 7, .prefixes_received = 2, .prefixes_sent = -1, .drops = 0,
		.messages_received = -1,
	};

	str_copy(b.neighbor, sizeof b.neighbor, neighbor);
	str_copy(b.vrf, sizeof b.vrf, vrf);
	return b;
}

static void see_bgp(struct router_put *rp, const struct router_seen_bgp *b)
{
	const struct router_seen s = { .kind = ROUTER_SEEN_BGP, .bgp = *b };

	router_put_sink(rp)->put(router_put_sink(rp), &s);
}

static void see(struct router_put *rp, const char *neighbor, enum bgp_state state)
{
	const struct router_seen_bgp b = bgp(neighbor, "", state);

	see_bgp(rp, &b);
}

static void answer(struct router_put *rp, unsigned what, bool listing)
{
	const struct router_answer a = { .outcome = ROUTER_OUTCOME_OK, .listing = listing };

	router_put_answer(rp, what, &a);
}

static const struct record *last_of(enum record_kind kind)
{
	for (size_t i = w.n; i--;)
		if (w.put[i].kind == kind)
			return &w.put[i];
	fail_msg("no %s record", record_kind_info(kind)->name);
	return NULL;
}

static size_t count(enum record_kind kind)
{
	size_t n = 0;

	for (size_t i = 0; i < w.n; i++)
		n += w.put[i].kind == kind;
	return n;
}

static const char *text_of(const struct record *r, unsigned field)
{
	return record_has(r, field) ? model_name(w.model, (unsigned)r->v[field]) : "";
}

#define BGP_BIT (1u << ROUTER_SEEN_BGP)
#define TUNNEL_BIT (1u << ROUTER_SEEN_TUNNEL)
#define SA_BIT (1u << ROUTER_SEEN_SA)

/* ---- neighbours ---- */

static void test_neighbour(void **state)
{
	struct router_put *rp = router("r");
	struct router_seen_bgp b = bgp("192.0.2.1", "red", BGP_STATE_IDLE);
	const struct record *r;

	(void)state;
	str_copy(b.word, sizeof b.word, "Idle (PfxCt)");
	router_put_begin(rp);
	see_bgp(rp, &b);
	assert_int_equal(w.n, 0);
	answer(rp, BGP_BIT, true);
	r = last_of(RECORD_BGP);
	assert_string_equal(text_of(r, BGP_ROUTER), "r");
	assert_string_equal(text_of(r, BGP_NEIGHBOR), "192.0.2.1");
	assert_string_equal(text_of(r, BGP_VRF), "red");
	assert_string_equal(text_of(r, BGP_WORD), "Idle (PfxCt)");
	assert_int_equal(r->v[BGP_STATE], BGP_STATE_IDLE);
	assert_int_equal(r->v[BGP_ASN], 65000);
	assert_int_equal(r->v[BGP_UPTIME_S], 7);
	assert_int_equal(r->v[BGP_PREFIXES_RECEIVED], 2);
	assert_int_equal(r->v[BGP_DROPS], 0);
	/* what it does not say is not there */
	assert_false(record_has(r, BGP_PREFIXES_SENT) || record_has(r, BGP_MESSAGES) || record_has(r, BGP_RESET_REASON));
	router_put_end(rp, ROUTER_OUTCOME_OK, 36400, "");
	r = last_of(RECORD_ROUTER);
	assert_int_equal(r->v[ROUTER_OUTCOME], ROUTER_OUTCOME_OK);
	assert_int_equal(r->v[ROUTER_TOOK_MS], 36);
	assert_int_equal(r->v[ROUTER_PERIOD_MS], 10000);
	assert_string_equal(text_of(r, ROUTER_PROFILE), "some-profile");
	assert_false(record_has(r, ROUTER_REASON) || record_has(r, ROUTER_CPU_PCT) || record_has(r, ROUTER_NOT_UNDERSTOOD));
	router_put_free(rp);
}

/* A detail adds to what was listed, and makes a record only of what is new. */
static void test_detail(void **state)
{
	struct router_put *rp = router("r");
	struct router_seen_bgp b = bgp("192.0.2.1", "", BGP_STATE_ESTABLISHED);

	(void)state;
	router_put_begin(rp);
	see(rp, "192.0.2.1", BGP_STATE_IDLE);
	answer(rp, BGP_BIT, true);
	b.partial = true;
	b.prefixes_received = -1;
	str_copy(b.reset_reason, sizeof b.reset_reason, "Hold Timer Expired");
	for (int again = 0; again < 2; again++) {
		see_bgp(rp, &b);
		answer(rp, 0, false);
	}
	assert_int_equal(w.n, 2);
	assert_int_equal(w.put[1].v[BGP_STATE], BGP_STATE_IDLE); /* as listed */
	assert_int_equal(w.put[1].v[BGP_PREFIXES_RECEIVED], 2);
	assert_string_equal(text_of(&w.put[1], BGP_RESET_REASON), "Hold Timer Expired");
	/* one that was not listed is none */
	str_copy(b.neighbor, sizeof b.neighbor, "192.0.2.99");
	see_bgp(rp, &b);
	answer(rp, 0, false);
	assert_int_equal(w.n, 2);
	/* the reason stays known */
	see(rp, "192.0.2.1", BGP_STATE_ESTABLISHED);
	answer(rp, BGP_BIT, true);
	assert_string_equal(text_of(last_of(RECORD_BGP), BGP_RESET_REASON), "Hold Timer Expired");
	router_put_free(rp);
}

static void test_two_families(void **state)
{
	struct router_put *rp = router("r");

	(void)state;
	router_put_begin(rp);
	see(rp, "2001:db8::1", BGP_STATE_ESTABLISHED);
	see(rp, "2001:db8::1", BGP_STATE_CONNECT);
	answer(rp, BGP_BIT, true);
	assert_int_equal(w.n, 1);
	assert_int_equal(w.put[0].v[BGP_STATE], BGP_STATE_CONNECT);
	assert_int_equal(w.put[0].v[BGP_PREFIXES_RECEIVED], 4);
	/* a poll that was broken off leaves nothing to add to */
	see(rp, "2001:db8::1", BGP_STATE_CONNECT);
	router_put_end(rp, ROUTER_OUTCOME_TIMEOUT, 5 * US_PER_S, "no answer in time");
	router_put_begin(rp);
	see(rp, "2001:db8::1", BGP_STATE_ESTABLISHED);
	answer(rp, BGP_BIT, true);
	assert_int_equal(last_of(RECORD_BGP)->v[BGP_STATE], BGP_STATE_ESTABLISHED);
	assert_int_equal(last_of(RECORD_BGP)->v[BGP_PREFIXES_RECEIVED], 2);
	router_put_free(rp);
}

/* Only an answer that lists everything, and was understood, says that something is gone. */
static void test_gone(void **state)
{
	const struct router_answer parse = {
		.outcome = ROUTER_OUTCOME_PARSE, .listing = true, .suspects = 3, .reason = "not understood: x",
	};
	struct router_put *rp = router("r");

	(void)state;
	router_put_begin(rp);
	see(rp, "192.0.2.1", BGP_STATE_IDLE);
	see(rp, "192.0.2.2", BGP_STATE_IDLE);
	answer(rp, BGP_BIT, true);
	assert_int_equal(w.n, 2);
	answer(rp, BGP_BIT, false);
	answer(rp, TUNNEL_BIT, true);
	router_put_answer(rp, BGP_BIT, &parse);
	assert_int_equal(w.n, 2);
	router_put_end(rp, ROUTER_OUTCOME_OK, 1, "");
	assert_int_equal(last_of(RECORD_ROUTER)->v[ROUTER_OUTCOME], ROUTER_OUTCOME_PARSE);
	assert_int_equal(last_of(RECORD_ROUTER)->v[ROUTER_NOT_UNDERSTOOD], 3);
	assert_string_equal(text_of(last_of(RECORD_ROUTER), ROUTER_REASON), "not understood: x");
	router_put_begin(rp);
	see(rp, "192.0.2.2", BGP_STATE_IDLE);
	answer(rp, BGP_BIT, true);
	assert_int_equal(count(RECORD_BGP), 4);
	for (size_t i = 0; i < w.n; i++)
		if (w.put[i].kind == RECORD_BGP && w.put[i].v[BGP_GONE])
			assert_string_equal(text_of(&w.put[i], BGP_NEIGHBOR), "192.0.2.1");
	/* said once; and it may come back under its key */
	answer(rp, BGP_BIT, false);
	assert_int_equal(count(RECORD_BGP), 4);
	see(rp, "192.0.2.1", BGP_STATE_ACTIVE);
	answer(rp, BGP_BIT, false);
	assert_int_equal(last_of(RECORD_BGP)->key, w.put[0].key);
	assert_int_equal(last_of(RECORD_BGP)->v[BGP_GONE], 0);
	router_put_free(rp);
}

/* Two routers, one space of keys; an hour after something is gone its key is free again. */
static void test_keys(void **state)
{
	struct router_put *a = router("a"), *b = router("b");

	(void)state;
	for (int i = 0; i < 2; i++) {
		router_put_begin(i ? b : a);
		see(i ? b : a, "192.0.2.1", BGP_STATE_IDLE);
		see(i ? b : a, "192.0.2.2", BGP_STATE_IDLE);
		answer(i ? b : a, BGP_BIT, true);
		router_put_end(i ? b : a, ROUTER_OUTCOME_OK, 1, "");
		assert_int_equal(last_of(RECORD_ROUTER)->key, i);
		assert_int_equal(last_of(RECORD_BGP)->key, i ? 3 : 1);
	}
	router_put_begin(a);
	see(a, "192.0.2.2", BGP_STATE_IDLE);
	answer(a, BGP_BIT, true);
	router_put_end(a, ROUTER_OUTCOME_OK, 1, "");
	assert_int_equal(count(RECORD_REMOVE), 0);
	w.env.boot0_ns -= 3601 * NS_PER_S; /* an hour passes */
	router_put_begin(a);
	router_put_end(a, ROUTER_OUTCOME_OK, 1, "");
	assert_int_equal(count(RECORD_REMOVE), 1);
	assert_int_equal(last_of(RECORD_REMOVE)->key, 0);
	assert_int_equal(last_of(RECORD_REMOVE)->v[0], RECORD_BGP);
	router_put_begin(b);
	see(b, "192.0.2.3", BGP_STATE_IDLE);
	answer(b, BGP_BIT, false);
	assert_int_equal(last_of(RECORD_BGP)->key, 0);
	router_put_free(a);
	router_put_free(b);
}

static void test_too_many(void **state)
{
	struct router_put *rp = router("r");
	char name[32];

	(void)state;
	router_put_begin(rp);
	for (int i = 0; i < 4100; i++) {
		snprintf(name, sizeof name, "n%d", i);
		see(rp, name, BGP_STATE_IDLE);
	}
	answer(rp, BGP_BIT, true);
	router_put_end(rp, ROUTER_OUTCOME_OK, 1, "");
	assert_int_equal(count(RECORD_BGP), 4096);
	assert_int_equal(last_of(RECORD_ROUTER)->v[ROUTER_OUTCOME], ROUTER_OUTCOME_PARSE);
	assert_int_equal(last_of(RECORD_ROUTER)->v[ROUTER_NOT_UNDERSTOOD], 4);
	router_put_free(rp);
}

/* A poll that failed says so, and leaves what was known. */
static void test_failed_poll(void **state)
{
	const struct router_answer absent = {
		.outcome = ROUTER_OUTCOME_ABSENT, .listing = true, .reason = "no BGP instance",
	};
	struct router_put *rp = router("r");

	(void)state;
	router_put_begin(rp);
	see(rp, "192.0.2.1", BGP_STATE_ESTABLISHED);
	answer(rp, BGP_BIT, true);
	router_put_end(rp, ROUTER_OUTCOME_OK, 1, "");
	router_put_begin(rp);
	router_put_end(rp, ROUTER_OUTCOME_TIMEOUT, 5 * US_PER_S, "no answer in time");
	assert_int_equal(count(RECORD_BGP), 1);
	assert_int_equal(last_of(RECORD_ROUTER)->v[ROUTER_OUTCOME], ROUTER_OUTCOME_TIMEOUT);
	assert_string_equal(text_of(last_of(RECORD_ROUTER), ROUTER_REASON), "no answer in time");
	router_put_begin(rp);
	router_put_answer(rp, BGP_BIT, &absent);
	router_put_end(rp, ROUTER_OUTCOME_OK, 1, "");
	assert_int_equal(last_of(RECORD_ROUTER)->v[ROUTER_OUTCOME], ROUTER_OUTCOME_ABSENT);
	assert_int_equal(last_of(RECORD_BGP)->v[BGP_GONE], 1);
	router_put_free(rp);
}

/* ---- tunnels ---- */

static void see_tunnel(struct router_put *rp, const char *name, int up, int64_t up_for_s, int64_t since_civil_us)
{
	struct router_seen s = { .kind = ROUTER_SEEN_TUNNEL, .tunnel = {
		.up = up, .up_for_s = up_for_s, .since_civil_us = since_civil_us, .rx_packets = 5, .tx_packets = -1 } };

	str_copy(s.tunnel.name, sizeof s.tunnel.name, name);
	router_put_sink(rp)->put(router_put_sink(rp), &s);
}

static void see_sa(struct router_put *rp, const char *name, bool in, int64_t life_s)
{
	struct router_seen s = { .kind = ROUTER_SEEN_SA, .sa = { .in = in, .out = !in, .life_s = life_s } };

	str_copy(s.sa.name, sizeof s.sa.name, name);
	router_put_sink(rp)->put(router_put_sink(rp), &s);
}

static void test_tunnel(void **state)
{
	struct router_put *rp = router("r");
	const struct record *r;
	int64_t since;

	(void)state;
	router_put_begin(rp);
	see_tunnel(rp, "TUNNEL[1]", 1, 100, MODEL_NEVER);
	answer(rp, TUNNEL_BIT, true);
	r = last_of(RECORD_ROUTER_TUNNEL);
	assert_string_equal(text_of(r, ROUTER_TUNNEL_NAME), "TUNNEL[1]");
	assert_int_equal(r->v[ROUTER_TUNNEL_UP], 1);
	since = r->v[ROUTER_TUNNEL_SINCE];
	assert_in_range(w.wall_us + 10 * US_PER_S - since, 109 * US_PER_S, 111 * US_PER_S);
	assert_false(record_has(r, ROUTER_TUNNEL_SA) || record_has(r, ROUTER_TUNNEL_TX_PACKETS));
	/* the longest life of each direction, and of those the shorter */
	see_sa(rp, "TUNNEL[1]", true, 100);
	see_sa(rp, "TUNNEL[1]", true, 28000);
	see_sa(rp, "TUNNEL[1]", false, 27999);
	see_sa(rp, "TUNNEL[1]", false, 99);
	answer(rp, SA_BIT, true);
	r = last_of(RECORD_ROUTER_TUNNEL);
	assert_int_equal(r->v[ROUTER_TUNNEL_SA], 1);
	assert_int_equal(r->v[ROUTER_TUNNEL_SA_LIFE_S], 27999);
	/* the same once more: no record; nor for a second of difference */
	see_tunnel(rp, "TUNNEL[1]", 1, 101, MODEL_NEVER);
	answer(rp, TUNNEL_BIT, true);
	assert_int_equal(count(RECORD_ROUTER_TUNNEL), 2);
	/* one direction only is no SA to use */
	see_sa(rp, "TUNNEL[1]", true, 28000);
	answer(rp, SA_BIT, true);
	r = last_of(RECORD_ROUTER_TUNNEL);
	assert_int_equal(r->v[ROUTER_TUNNEL_SA], 0);
	assert_false(record_has(r, ROUTER_TUNNEL_SA_LIFE_S));
	/* not said is not down */
	see_tunnel(rp, "TUNNEL[1]", -1, -1, MODEL_NEVER);
	answer(rp, TUNNEL_BIT, true);
	assert_false(record_has(last_of(RECORD_ROUTER_TUNNEL), ROUTER_TUNNEL_UP));
	assert_false(record_has(last_of(RECORD_ROUTER_TUNNEL), ROUTER_TUNNEL_SINCE));
	/* not listed any more */
	answer(rp, TUNNEL_BIT, true);
	assert_int_equal(last_of(RECORD_ROUTER_TUNNEL)->v[ROUTER_TUNNEL_GONE], 1);
	router_put_free(rp);
}

/* Known by its SAs only, a tunnel is not gone with them. */
static void test_only_sas(void **state)
{
	struct router_put *rp = router("r");

	(void)state;
	router_put_begin(rp);
	see_sa(rp, "TUNNEL[2]", true, 50);
	see_sa(rp, "TUNNEL[2]", false, 50);
	answer(rp, SA_BIT, true);
	assert_int_equal(last_of(RECORD_ROUTER_TUNNEL)->v[ROUTER_TUNNEL_SA], 1);
	answer(rp, SA_BIT | TUNNEL_BIT, true);
	assert_int_equal(last_of(RECORD_ROUTER_TUNNEL)->v[ROUTER_TUNNEL_SA], 0);
	assert_int_equal(last_of(RECORD_ROUTER_TUNNEL)->v[ROUTER_TUNNEL_GONE], 0);
	assert_false(record_has(last_of(RECORD_ROUTER_TUNNEL), ROUTER_TUNNEL_UP));
	router_put_free(rp);
}

/* ---- times ---- */

static void test_clock(void **state)
{
	struct router_clock c = {0};
	int64_t offset;

	(void)state;
	assert_false(router_clock_offset(&c, &offset));
	assert_true(router_clock_wall(&c, 5 * US_PER_S, MODEL_NEVER) == MODEL_NEVER);
	router_clock_read(&c, w.wall_us + 9 * 3600 * US_PER_S + 40 * US_PER_S, w.wall_us);
	assert_int_equal(router_clock_error_s(&c), 40);
	/* seconds are cut off, answers take their time */
	router_clock_read(&c, w.wall_us + (9 * 3600 + 39) * US_PER_S, w.wall_us);
	assert_int_equal(router_clock_error_s(&c), 40);
	assert_true(router_clock_wall(&c, w.wall_us + (9 * 3600 + 40) * US_PER_S, MODEL_NEVER) == w.wall_us);
	assert_true(router_clock_wall(&c, w.wall_us + (9 * 3600 + 41) * US_PER_S, w.wall_us) == w.wall_us);
	/* set */
	router_clock_read(&c, w.wall_us + 9 * 3600 * US_PER_S, w.wall_us);
	assert_int_equal(router_clock_error_s(&c), 0);
	router_clock_zone(&c, 9 * 3600 - 120);
	assert_int_equal(router_clock_error_s(&c), 120);
	/* never set: 1980 */
	c = (struct router_clock){0};
	router_clock_read(&c, INT64_C(315532800) * US_PER_S, w.wall_us);
	assert_int_equal(router_clock_error_s(&c), INT64_C(315532800) - w.wall_us / US_PER_S);
	router_clock_read(&c, MODEL_NEVER, w.wall_us);
	router_clock_read(&c, INT64_MAX, w.wall_us);
	assert_int_equal(router_clock_error_s(&c), INT64_C(315532800) - w.wall_us / US_PER_S);
	assert_true(router_clock_wall(&c, INT64_MAX, MODEL_NEVER) == MODEL_NEVER);
	/* its zone alone */
	c = (struct router_clock){0};
	router_clock_zone(&c, -3600);
	assert_true(router_clock_wall(&c, w.wall_us - 3600 * US_PER_S, MODEL_NEVER) == w.wall_us);
}

static void test_environment(void **state)
{
	struct router_put *rp = router("r");
	struct router_seen s = { .kind = ROUTER_SEEN_ENVIRONMENT, .environment = { .cpu_pct = 100, .mem_pct = -1 } };
	int64_t offset;

	(void)state;
	assert_false(router_put_offset(rp, &offset));
	router_put_zone(rp, 9 * 3600);
	s.environment.now_civil_us = w.wall_us + (9 * 3600 + 60) * US_PER_S;
	s.environment.boot_civil_us = s.environment.now_civil_us - 1000 * US_PER_S;
	router_put_begin(rp);
	router_put_sink(rp)->put(router_put_sink(rp), &s);
	answer(rp, 1u << ROUTER_SEEN_ENVIRONMENT, false);
	router_put_end(rp, ROUTER_OUTCOME_OK, 1, "");
	assert_int_equal(last_of(RECORD_ROUTER)->v[ROUTER_CPU_PCT], 100);
	assert_false(record_has(last_of(RECORD_ROUTER), ROUTER_MEM_PCT));
	assert_in_range(last_of(RECORD_ROUTER)->v[ROUTER_CLOCK_OFFSET_S], 58, 60);
	assert_in_range(w.wall_us - last_of(RECORD_ROUTER)->v[ROUTER_BOOT_AT], 997 * US_PER_S, 1001 * US_PER_S);
	assert_true(router_put_offset(rp, &offset));
	/* what was not asked this time is not told */
	router_put_begin(rp);
	router_put_end(rp, ROUTER_OUTCOME_OK, 1, "");
	assert_false(record_has(last_of(RECORD_ROUTER), ROUTER_CPU_PCT));
	router_put_free(rp);
}

static void see_log(struct router_put *rp, int64_t at, enum log_meaning meaning, unsigned repeated, const char *text)
{
	struct router_seen s = { .kind = ROUTER_SEEN_LOG, .log = {
		.at_civil_us = at, .meaning = meaning, .repeated = repeated } };

	str_copy(s.log.text, sizeof s.log.text, text);
	if (!repeated)
		str_copy(s.log.name, sizeof s.log.name, "TUNNEL[1]");
	router_put_sink(rp)->put(router_put_sink(rp), &s);
}

static void test_log(void **state)
{
	struct router_put *rp = router("r");
	const struct record *r;

	(void)state;
	see_log(rp, w.wall_us, LOG_MEANING_DOWN, 0, "IP Tunnel[1] Down");
	r = last_of(RECORD_LOG);
	assert_string_equal(w.text[w.n - 1], "IP Tunnel[1] Down");
	assert_string_equal(text_of(r, LOG_SOURCE), "r");
	assert_string_equal(text_of(r, LOG_NAME), "TUNNEL[1]");
	assert_int_equal(r->v[LOG_MEANING], LOG_MEANING_DOWN);
	assert_false(record_has(r, LOG_AT)); /* whose time it is, nobody said */
	router_put_zone(rp, 9 * 3600);
	see_log(rp, w.wall_us + 9 * 3600 * US_PER_S, LOG_MEANING_IKE_TRY, 0, "[IKE] try");
	assert_true(last_of(RECORD_LOG)->v[LOG_AT] == w.wall_us);
	see_log(rp, MODEL_NEVER, LOG_MEANING_OTHER, 3, "same message repeated 3 times");
	r = last_of(RECORD_LOG);
	assert_int_equal(r->v[LOG_MEANING], LOG_MEANING_IKE_TRY);
	assert_string_equal(text_of(r, LOG_NAME), "TUNNEL[1]");
	assert_false(record_has(r, LOG_AT));
	router_put_free(rp);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_neighbour, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_detail, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_two_families, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_gone, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_keys, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_too_many, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_failed_poll, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_tunnel, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_only_sas, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_clock, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_environment, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_log, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
