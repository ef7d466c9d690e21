// SPDX-License-Identifier: GPL-2.0-or-later
// probe source: round-trip times across clock steps, the fate of probes, phases. No sockets.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "source/probe.h"

#define MS INT64_C(1000000) /* in ns */
#define WALL (INT64_C(1800000000) * NS_PER_S)

/* ---- clock ---- */

static void clock_at(struct prober_clock *c, int64_t boot, int64_t step)
{
	prober_clock_update(c, boot, boot + WALL + step);
}

static void clock_steady(void **state)
{
	struct prober_clock c = {0};
	int64_t sent = 1000 * MS;
	uint8_t ref;

	(void)state;
	clock_at(&c, sent, 0);
	ref = c.ref;
	clock_at(&c, sent + 100 * MS, 0);
	assert_int_equal(c.ref, ref);
	assert_int_equal(prober_clock_since(&c, ref, sent, 0, WALL + sent + 30 * MS), 30 * MS);
	/* before it was sent, and after now */
	assert_int_equal(prober_clock_since(&c, ref, sent, 0, WALL + sent - 2 * MS), PROBER_NO_TIME);
	assert_int_equal(prober_clock_since(&c, ref, sent, 0, WALL + sent + 102 * MS), PROBER_NO_TIME);
	assert_int_equal(prober_clock_since(&c, ref, sent, 40 * MS, WALL + sent + 30 * MS), PROBER_NO_TIME);
}

static void clock_stepped_before_the_reply(void **state)
{
	static const int64_t steps[] = { 3600000 * MS, -3600000 * MS, 500 * MS, -500 * MS };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
		struct prober_clock c = {0};
		int64_t sent = 1000 * MS;
		uint8_t ref;

		clock_at(&c, sent, 0);
		ref = c.ref;
		clock_at(&c, sent + 100 * MS, steps[i]);
		assert_int_not_equal(c.ref, ref);
		/* stamped after the step, and before it */
		assert_int_equal(prober_clock_since(&c, ref, sent, 0, WALL + steps[i] + sent + 30 * MS), 30 * MS);
		assert_int_equal(prober_clock_since(&c, ref, sent, 0, WALL + sent + 20 * MS), 20 * MS);
	}
}

static void clock_step_that_fits_both_is_unknown(void **state)
{
	struct prober_clock c = {0};
	int64_t sent = 1000 * MS;
	uint8_t ref;

	(void)state;
	clock_at(&c, sent, 0);
	ref = c.ref;
	clock_at(&c, sent + 100 * MS, 30 * MS);
	assert_int_equal(prober_clock_since(&c, ref, sent, 0, WALL + sent + 50 * MS), PROBER_NO_TIME);
	/* 10 ms after sending by the clock of then cannot be by the clock of now */
	assert_int_equal(prober_clock_since(&c, ref, sent, 0, WALL + sent + 10 * MS), 10 * MS);
}

static void clock_slewed_is_no_step(void **state)
{
	struct prober_clock c = {0};
	int64_t sent = 1000 * MS, slew = 0;
	uint8_t ref;

	(void)state;
	clock_at(&c, sent, 0);
	ref = c.ref;
	for (int i = 0; i < 30; i++) /* 500 ppm for 3 s */
		clock_at(&c, sent + i * 100 * MS, slew += 50000);
	assert_int_not_equal(c.ref, ref);
	assert_int_equal(prober_clock_since(&c, ref, sent, 0, WALL + slew + sent + 2500 * MS), 2500 * MS + slew);
}

/* ---- fate ---- */

struct world {
	struct record_sink sink;
	struct source_env env;
	struct watch_config watch;
	struct prober *p;
	unsigned count[OUTCOME_COUNT];
	struct record last;
};

static void put(struct record_sink *sink, const struct record *r)
{
	struct world *w = (struct world *)sink;
	struct model *m = (struct model *)(uintptr_t)w->env.model;

	model_apply(m, r);
	if (r->kind != RECORD_PROBE)
		return;
	w->count[r->v[PROBE_OUTCOME]]++;
	w->last = *r;
}

static void tunnel(struct world *w, unsigned key, const char *peer, bool gone)
{
	struct record r;
	struct addr a;

	assert_true(addr_parse(peer, &a));
	record_init(&r, RECORD_TUNNEL, key, w->p->now);
	record_text(&r, "t");
	record_set(&r, TUNNEL_PEER, record_intern_addr(w->env.intern, &a, w->p->now));
	record_set(&r, TUNNEL_INNER_TARGET, key);
	record_set(&r, TUNNEL_GONE, gone);
	put(&w->sink, &r);
}

static int set_up(void **state)
{
	struct world *w = xcalloc(1, sizeof *w);

	w->sink.put = put;
	w->watch.interval_us = US_PER_S;
	w->env = (struct source_env){
		.sink = &w->sink, .intern = record_intern_new(&w->sink), .model = model_new(false),
		.watch = &w->watch,
	};
	w->p = xcalloc(1, sizeof *w->p);
	w->p->env = &w->env;
	w->p->v4 = (struct prober_socket){ .icmp = { .fd = -1, .family = AF_INET } };
	w->p->v6 = (struct prober_socket){ .icmp = { .fd = -1, .family = AF_INET6 } };
	tunnel(w, 0, "192.0.2.1", false);
	prober_targets_update(w->p, SLOT_US);
	*state = w;
	return 0;
}

static int tear_down(void **state)
{
	struct world *w = *state;

	for (size_t i = 0; i < w->p->ntargets; i++)
		free(w->p->targets[i].ring);
	free(w->p->targets);
	free(w->p->by_addr);
	free(w->p);
	record_intern_free(w->env.intern);
	model_free((struct model *)(uintptr_t)w->env.model);
	free(w);
	return 0;
}

/* Session time goes on; the wall clock with it. */
static void go(struct world *w, int64_t us)
{
	w->p->now = us;
	clock_at(&w->p->clock, us * NS_PER_US, 0);
}

static void sent(struct world *w)
{
	prober_flight_sent(w->p, w->p->targets, PURPOSE_SCHEDULE, w->p->now, w->p->now);
}

static void reply(struct world *w, uint32_t seq, int64_t rtt_us, int64_t sent_us)
{
	struct icmp_probe probe = { .target = 0, .purpose = PURPOSE_SCHEDULE, .seq = seq, .sent_us = sent_us };

	prober_flight_reply(w->p, w->p->targets, &probe, &w->p->targets[0].way.target,
			    WALL + (sent_us + rtt_us) * NS_PER_US);
}

static void fate_reply_then_duplicates(void **state)
{
	struct world *w = *state;

	go(w, 1000000);
	sent(w);
	prober_flight_stamp(w->p, w->p->targets, 0, WALL + 1000500 * NS_PER_US);
	go(w, 1100000);
	reply(w, 0, 20000, 1000000);
	assert_int_equal(w->count[OUTCOME_REPLY], 1);
	assert_int_equal(w->last.v[PROBE_RTT_NS], 19500000);
	assert_int_equal(w->last.v[PROBE_AGE_US], 100000);
	assert_false(record_has(&w->last, PROBE_SLIP_US));
	for (int i = 0; i < 100; i++)
		reply(w, 0, 30000, 1000000);
	assert_in_range(w->count[OUTCOME_DUPLICATE], 1, 3);
	assert_int_equal(w->count[OUTCOME_REPLY], 1);
	go(w, 3000000);
	prober_flight_expire(w->p, w->p->targets);
	assert_int_equal(w->count[OUTCOME_TIMEOUT], 0);
}

static void fate_timeout_then_late(void **state)
{
	struct world *w = *state;

	go(w, 1000000);
	sent(w);
	go(w, 1900000);
	prober_flight_expire(w->p, w->p->targets);
	assert_int_equal(w->count[OUTCOME_TIMEOUT], 0);
	go(w, 1998000); /* a slot that comes a little early */
	prober_flight_expire(w->p, w->p->targets);
	assert_int_equal(w->count[OUTCOME_TIMEOUT], 1);
	assert_int_equal(w->last.v[PROBE_AGE_US], 998000);
	go(w, 2500000);
	prober_flight_expire(w->p, w->p->targets);
	reply(w, 0, 1400000, 1000000);
	reply(w, 0, 1410000, 1000000);
	assert_int_equal(w->count[OUTCOME_TIMEOUT], 1);
	assert_int_equal(w->count[OUTCOME_LATE], 1);
	assert_int_equal(w->count[OUTCOME_DUPLICATE], 1);
	assert_int_equal(w->count[OUTCOME_REPLY], 0);
}

static void fate_failed_once(void **state)
{
	struct world *w = *state;
	struct prober_failure f = { .outcome = OUTCOME_UNREACHABLE, .error = EHOSTUNREACH };

	go(w, 1000000);
	sent(w);
	assert_true(addr_parse("192.0.2.254", &f.from));
	for (int i = 0; i < 50; i++)
		prober_flight_failed(w->p, w->p->targets, 0, &f);
	assert_int_equal(w->count[OUTCOME_UNREACHABLE], 1);
	assert_int_equal(w->last.v[PROBE_ERRNO], EHOSTUNREACH);
	assert_true(record_has(&w->last, PROBE_FROM));
	go(w, 4000000);
	prober_flight_expire(w->p, w->p->targets);
	assert_int_equal(w->count[OUTCOME_TIMEOUT], 0);
	reply(w, 0, 10000, 1000000);
	assert_int_equal(w->count[OUTCOME_LATE], 1);
}

static void fate_of_each_at_any_rate(void **state)
{
	struct world *w = *state;

	/* ten a second, none answered, timeouts of a second: no ring is ever too small */
	for (int i = 0; i < 500; i++) {
		go(w, 1000000 + i * 100000);
		prober_flight_expire(w->p, w->p->targets);
		sent(w);
	}
	go(w, 60000000);
	prober_flight_expire(w->p, w->p->targets);
	assert_int_equal(w->count[OUTCOME_TIMEOUT], 500);
	assert_in_range(w->p->targets[0].ring_cap, 16, PROBER_RING_MAX);
}

static void forgotten_replies_are_late(void **state)
{
	struct world *w = *state;

	for (int i = 0; i < 200; i++) {
		go(w, 1000000 + i * 100000);
		sent(w);
		reply(w, (uint32_t)i, 1000, w->p->now);
	}
	assert_int_equal(w->count[OUTCOME_REPLY], 200);
	reply(w, 0, 1000, 1000000);
	assert_int_equal(w->count[OUTCOME_LATE], 1);
	assert_int_equal(w->last.v[PROBE_AGE_US], w->p->now - 1000000);
	for (int i = 0; i < 50; i++)
		reply(w, 1, 1000, 1000000); /* a flood makes no flood of records */
	reply(w, 5000, 1000, 1000000);      /* a number never used */
	assert_int_equal(w->count[OUTCOME_LATE], 1);
	assert_int_equal(w->count[OUTCOME_REPLY], 200);
}

static void short_quotes_find_the_pending_probe(void **state)
{
	struct world *w = *state;

	w->p->targets[0].seq = w->p->targets[0].oldest = 65535;
	for (int i = 0; i < 3; i++) {
		go(w, 1000000 + i * 100000);
		sent(w);
	}
	assert_int_equal(prober_flight_find16(w->p->targets, 65535)->seq, 65535);
	assert_int_equal(prober_flight_find16(w->p->targets, 1)->seq, 65537);
	assert_null(prober_flight_find16(w->p->targets, 2));
}

static void stamps_missing_change_the_mode(void **state)
{
	struct world *w = *state;

	for (int i = 0; i < 3; i++) {
		assert_int_equal(w->p->targets[0].mode, STAMP_DRIVER);
		go(w, 1000000 + i * 1000000);
		sent(w);
		reply(w, (uint32_t)i, 0, w->p->now);
	}
	assert_int_equal(w->p->targets[0].mode, STAMP_QUEUE);
}

/* ---- phases ---- */

static void phases_spread_and_stay(void **state)
{
	struct world *w = *state;
	unsigned load[10] = {0};
	int64_t before;

	for (unsigned i = 1; i < 995; i++) {
		char text[ADDR_TEXT_MAX];

		snprintf(text, sizeof text, "198.51.%u.%u", i / 256, i % 256);
		tunnel(w, i, text, false);
	}
	prober_targets_update(w->p, 5 * SLOT_US);
	assert_int_equal(w->p->ntargets, 995);
	for (size_t i = 0; i < w->p->ntargets; i++)
		load[w->p->targets[i].due_us / SLOT_US % 10]++;
	for (size_t i = 0; i < 10; i++)
		assert_in_range(load[i], 99, 100);
	before = w->p->targets[500].due_us;
	tunnel(w, 7, "198.51.0.7", true);
	tunnel(w, 2000, "203.0.113.1", false);
	tunnel(w, 2001, "239.1.1.1", false); /* a group is never probed */
	prober_targets_update(w->p, 5 * SLOT_US);
	assert_int_equal(w->p->targets[500].due_us, before);
	assert_false(w->p->targets[7].on);
	assert_int_equal(w->p->ntargets, 996);
}

/* Moments of n targets that are all in one slot. */
static void assert_apart(const struct prober *p, size_t n)
{
	bool taken[SLOT_US / PROBER_APART_US] = {false};
	size_t on = 0;

	for (size_t i = 0; i < p->ntargets; i++) {
		int32_t us = p->targets[i].apart_us;

		if (!p->targets[i].on)
			continue;
		on++;
		assert_in_range(us, 0, SLOT_US - 1);
		assert_int_equal(us % PROBER_APART_US, 0);
		assert_false(taken[us / PROBER_APART_US]);
		taken[us / PROBER_APART_US] = true;
	}
	assert_int_equal(on, n);
}

/* Few leave 10 ms apart at least, many together, and few that were many apart again. */
static void phases_of_one_slot(void **state)
{
	struct world *w = *state;
	const int64_t start = 20 * SLOT_US;
	char text[ADDR_TEXT_MAX];

	w->watch.interval_us = SLOT_US;
	for (unsigned i = 1; i < 20; i++) {
		snprintf(text, sizeof text, "198.51.100.%u", i);
		tunnel(w, i, text, false);
		prober_targets_update(w->p, start);
		assert_int_equal(w->p->targets[i].due_us, start);
		if (i < 10)
			assert_apart(w->p, i + 1);
	}
	for (size_t i = 0; i < 20; i++)
		assert_int_equal(w->p->targets[i].apart_us, -1);
	for (unsigned i = 5; i < 15; i++) {
		snprintf(text, sizeof text, "198.51.100.%u", i);
		tunnel(w, i, text, true);
	}
	prober_targets_update(w->p, start + SLOT_US);
	assert_apart(w->p, 10);
}

static void addresses_are_found(void **state)
{
	struct world *w = *state;
	size_t from, to;
	struct addr a;

	tunnel(w, 1, "192.0.2.1", false);
	tunnel(w, 2, "2001:db8::1", false);
	prober_targets_update(w->p, SLOT_US);
	assert_true(addr_parse("192.0.2.1", &a));
	prober_targets_find(w->p, &a, &from, &to);
	assert_int_equal(to - from, 2);
	assert_true(addr_parse("192.0.2.2", &a));
	prober_targets_find(w->p, &a, &from, &to);
	assert_int_equal(to - from, 0);
}

#define WITH_WORLD(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(clock_steady), cmocka_unit_test(clock_stepped_before_the_reply),
		cmocka_unit_test(clock_step_that_fits_both_is_unknown), cmocka_unit_test(clock_slewed_is_no_step),
		WITH_WORLD(fate_reply_then_duplicates), WITH_WORLD(fate_timeout_then_late),
		WITH_WORLD(fate_failed_once), WITH_WORLD(fate_of_each_at_any_rate),
		WITH_WORLD(forgotten_replies_are_late), WITH_WORLD(short_quotes_find_the_pending_probe),
		WITH_WORLD(stamps_missing_change_the_mode), WITH_WORLD(phases_spread_and_stay),
		WITH_WORLD(phases_of_one_slot), WITH_WORLD(addresses_are_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
