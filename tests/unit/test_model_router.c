// SPDX-License-Identifier: GPL-2.0-or-later
// What routers say of tunnels, and their logs, in the model.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "lib/router_check.h"

/* A tunnel without a neighbour. */
static void start(struct router_world *w, double period, uint64_t seed)
{
	world_start(w, period, seed);
	w->neighbor = "203.0.113.99";
	w->has_tunnel = w->up = w->sa = true;
}

/* ---- the list of tunnels ---- */

static void router_says_up(void **state)
{
	struct router_world w;

	(void)state;
	start(&w, 10, 1);
	w.s.next_us = INT64_MAX; /* no probes: nothing leaves and nothing arrives */
	world_row(&w, false, NULL);
	world_run(&w, 20);
	assert_int_equal(row(&w)->state, HEALTH_UP);
	assert_string_equal(row(&w)->reason, "rtx says TUNNEL[1] is up");
	w.outcome = ROUTER_OUTCOME_TIMEOUT;
	world_run(&w, 60);
	assert_int_equal(row(&w)->state, HEALTH_UNKNOWN);
	assert_string_equal(row(&w)->reason, "no peer to probe, and its router rtx does not answer");
	w.outcome = ROUTER_OUTCOME_OK;
	w.up = w.sa = false;
	world_run(&w, 11);
	assert_int_equal(row(&w)->state, HEALTH_DOWN);
	assert_string_equal(row(&w)->reason, "rtx says TUNNEL[1] is down");
	w.outcome = ROUTER_OUTCOME_TIMEOUT;
	world_run(&w, 60);
	assert_int_equal(row(&w)->state, HEALTH_DOWN);
	assert_string_equal(row(&w)->reason, "rtx said TUNNEL[1] is down, and does not answer");
	w.outcome = ROUTER_OUTCOME_OK;
	w.up = w.sa = true;
	world_run(&w, 11);
	assert_int_equal(row(&w)->state, HEALTH_UP);
	assert_int_equal(history_outages(w.s.m), 1);
	sim_end(&w.s);
}

/* The peer answers: then the router is wrong, or late. */
static void replies_outvote_the_router(void **state)
{
	struct router_world w;
	const char *text;

	(void)state;
	start(&w, 1, 2);
	world_run(&w, 30);
	assert_string_equal(row(&w)->reason, "10.77.0.2 answers");
	w.up = false;
	world_run(&w, 30);
	assert_int_equal(row(&w)->state, HEALTH_UP);
	assert_int_equal(row(&w)->outages, 0);
	assert_int_equal(world_events(&w, "ROUTER", &text), 1);
	assert_string_equal(text, "rtx says TUNNEL[1] is down");
	/* silent as well: the router is believed at once */
	w.up = true;
	world_run(&w, 5);
	w.s.loss = 1;
	world_run(&w, 1.5);
	w.up = false;
	world_run(&w, 1.5);
	assert_int_equal(row(&w)->state, HEALTH_DOWN);
	sim_end(&w.s);
}

static void silent_peer_router_up(void **state)
{
	struct router_world w;

	(void)state;
	start(&w, 1, 3);
	w.s.loss = 1;
	world_run(&w, 20);
	assert_int_equal(row(&w)->state, HEALTH_UP);
	assert_string_equal(row(&w)->reason, "peer 10.77.0.2 does not answer ping, rtx says TUNNEL[1] is up");
	sim_end(&w.s);
	/* it answered before: the router's word is not enough */
	start(&w, 1, 3);
	world_run(&w, 60);
	w.s.loss = 1;
	world_run(&w, 20);
	assert_int_equal(row(&w)->state, HEALTH_DOWN);
	sim_end(&w.s);
}

static void one_sa_missing(void **state)
{
	struct router_world w;

	(void)state;
	start(&w, 1, 4);
	world_run(&w, 20);
	w.sa = false;
	world_run(&w, 5);
	assert_int_equal(row(&w)->state, HEALTH_DEGRADED);
	assert_string_equal(row(&w)->reason, "rtx: TUNNEL[1] is up, but has no SA in one direction");
	w.sa = true;
	world_run(&w, 70);
	assert_int_equal(row(&w)->state, HEALTH_UP);
	sim_end(&w.s);
}

static void rekey(void **state)
{
	struct router_world w;
	const char *text;

	(void)state;
	start(&w, 10, 5);
	w.life_s = 120;
	world_run(&w, 100);
	assert_int_equal(row(&w)->rekeys, 0);
	w.life_s = 28800;
	world_run(&w, 50);
	assert_int_equal(row(&w)->rekeys, 1);
	assert_int_equal(w.s.m->router_tunnels[5].rekeys, 1);
	assert_int_equal(world_events(&w, "REKEY", &text), 1);
	sim_end(&w.s);
}

/* ---- the log ---- */

/* Up for 30 s and down for 5, and once for 17, of a tunnel that nobody probes; each line read as it was written. */
static void log_of_a_flapping_tunnel(void **state)
{
	static const double down[] = { 5, 5, 17, 5 };
	struct router_world w;
	double began[4];

	(void)state;
	world_start(&w, 1000, 6);
	w.next_us = INT64_MAX;
	world_row(&w, false, NULL);
	world_run(&w, 1.2);
	world_log(&w, LOG_MEANING_UP, 1, "TUNNEL[1]", "IP Tunnel[1] Up");
	for (int i = 0; i < 4; i++) {
		world_run(&w, 30);
		assert_int_equal(row(&w)->state, i >= 3 ? HEALTH_DEGRADED : HEALTH_UP);
		began[i] = seconds(w.s.t) - 0.2;
		world_log(&w, LOG_MEANING_DOWN, began[i], "TUNNEL[1]", "IP Tunnel[1] Down");
		world_log(&w, LOG_MEANING_DOWN, began[i], "TUNNEL[2]", "IP Tunnel[2] Down");
		assert_int_equal(row(&w)->state, HEALTH_DOWN);
		assert_string_equal(row(&w)->reason, "rtx says TUNNEL[1] is down");
		world_run(&w, down[i]);
		world_log(&w, LOG_MEANING_UP, seconds(w.s.t) - 0.2, "TUNNEL[1]", "IP Tunnel[1] Up");
	}
	assert_int_equal(history_outages(w.s.m), 4);
	assert_int_equal(row(&w)->outages, 4);
	for (size_t i = 0; i < 4; i++) {
		assert_near(seconds(history_outage(w.s.m, i)->start), began[i], 0.001);
		assert_near(seconds(history_outage(w.s.m, i)->end), began[i] + down[i], 0.001);
	}
	assert_near(seconds(row(&w)->down_us), 32, 0.01);
	sim_end(&w.s);
}

/* The log is read every 10 s: lines of the past come at once, and what probes saw is not counted twice. */
static void log_read_later(void **state)
{
	struct router_world w;
	struct history_cell cell;
	const char *text;

	(void)state;
	world_start(&w, 1000, 7);
	w.next_us = INT64_MAX;
	world_run(&w, 100);
	world_log(&w, LOG_MEANING_DOWN, -50, "TUNNEL[1]", "IP Tunnel[1] Down");
	world_log(&w, LOG_MEANING_UP, -40, "TUNNEL[1]", "IP Tunnel[1] Up");
	assert_int_equal(history_outages(w.s.m), 0);
	assert_int_equal(world_events(&w, "LOG", &text), 2);
	/* shorter than probes can tell, three times */
	for (int i = 0; i < 3; i++) {
		world_log(&w, LOG_MEANING_DOWN, 60 + 10 * i, "TUNNEL[1]", "IP Tunnel[1] Down");
		world_log(&w, LOG_MEANING_UP, 61 + 10 * i, "TUNNEL[1]", "IP Tunnel[1] Up");
	}
	assert_int_equal(row(&w)->state, HEALTH_UP);
	assert_int_equal(history_outages(w.s.m), 3);
	assert_int_equal(row(&w)->outages, 3);
	assert_near(seconds(history_outage(w.s.m, 2)->start), 80, 0.001);
	assert_near(seconds(row(&w)->down_us), 3, 0.001);
	assert_words(history_outage(w.s.m, 0)->cause, "log of rtx: TUNNEL[1] was down");
	history_cells(w.s.m, 0, 1, 70 * US_PER_S, &cell, 1);
	assert_int_equal(cell.health, HEALTH_DOWN);
	/* seen by probes, told by the log afterwards */
	w.s.loss = 1;
	world_run(&w, 8);
	w.s.loss = 0;
	world_run(&w, 10);
	assert_int_equal(history_outages(w.s.m), 4);
	world_log(&w, LOG_MEANING_DOWN, 100.2, "TUNNEL[1]", "IP Tunnel[1] Down");
	world_log(&w, LOG_MEANING_UP, 107.9, "TUNNEL[1]", "IP Tunnel[1] Up");
	/* and again, as when a log is read anew */
	world_log(&w, LOG_MEANING_DOWN, 100.2, "TUNNEL[1]", "IP Tunnel[1] Down");
	world_log(&w, LOG_MEANING_UP, 107.9, "TUNNEL[1]", "IP Tunnel[1] Up");
	assert_int_equal(history_outages(w.s.m), 4);
	assert_int_equal(row(&w)->outages, 4);
	/* one that goes on closes rightly although a past one was told meanwhile */
	w.s.loss = 1;
	world_run(&w, 8);
	assert_int_equal(row(&w)->state, HEALTH_DOWN);
	world_log(&w, LOG_MEANING_DOWN, 110, "TUNNEL[1]", "IP Tunnel[1] Down");
	world_log(&w, LOG_MEANING_UP, 112, "TUNNEL[1]", "IP Tunnel[1] Up");
	w.s.loss = 0;
	world_run(&w, 10);
	/* of so many outages it is said that the row flaps */
	assert_int_equal(row(&w)->state, HEALTH_DEGRADED);
	assert_int_equal(history_outages(w.s.m), 6);
	for (size_t i = 0; i < 6; i++) {
		assert_true(history_outage(w.s.m, i)->end != MODEL_NEVER);
		assert_true(!i || history_outage(w.s.m, i)->start >= history_outage(w.s.m, i - 1)->start);
	}
	sim_end(&w.s);
}

/* Up and down in one second; the line stands behind. */
static void same_second(void **state)
{
	struct router_world w;

	(void)state;
	world_start(&w, 1000, 8);
	w.next_us = INT64_MAX;
	world_row(&w, false, NULL);
	world_run(&w, 20);
	world_log(&w, LOG_MEANING_UP, 10, "TUNNEL[1]", "up");
	world_log(&w, LOG_MEANING_DOWN, 10, "TUNNEL[1]", "down");
	assert_int_equal(row(&w)->state, HEALTH_DOWN);
	world_log(&w, LOG_MEANING_UP, 10, "TUNNEL[1]", "up");
	world_run(&w, 5);
	world_log(&w, LOG_MEANING_UP, 12, "TUNNEL[1]", "up");
	assert_int_equal(row(&w)->state, HEALTH_UP);
	sim_end(&w.s);
}

/* A datagram that says up is lost; what comes an hour later makes no outage of that hour. */
static void lost_line(void **state)
{
	struct router_world w;

	(void)state;
	for (int down_too = 0; down_too < 2; down_too++) {
		start(&w, 10, 12);
		world_run(&w, 60);
		world_log(&w, LOG_MEANING_DOWN, 59.5, "TUNNEL[1]", "down");
		world_run(&w, 300);
		assert_int_equal(row(&w)->state, HEALTH_UP);
		assert_int_equal(row(&w)->outages, 0);
		if (!down_too)
			world_log(&w, LOG_MEANING_DOWN, 357, "TUNNEL[1]", "down");
		world_log(&w, LOG_MEANING_UP, 359, "TUNNEL[1]", "up");
		world_run(&w, 10);
		assert_int_equal(row(&w)->outages, down_too ? 0 : 1);
		assert_true(seconds(row(&w)->down_us) < 5);
		sim_end(&w.s);
	}
}

/* What is dated back stands where it belongs, whatever was heard of in between. */
static void in_order(void **state)
{
	struct router_world w;
	struct record r;
	int64_t last = MODEL_NEVER;

	(void)state;
	start(&w, 10, 13);
	record_init(&r, RECORD_TUNNEL, 1, w.s.t);
	record_text(&r, "other");
	sim_put(&w.s, &r);
	world_run(&w, 60);
	w.s.loss = 1;
	world_run(&w, 1.5);
	assert_int_equal(row(&w)->state, HEALTH_UP);
	r.t = w.s.t;
	record_set(&r, TUNNEL_GONE, 1);
	sim_put(&w.s, &r);
	world_run(&w, 0.2);
	world_run(&w, 5);
	w.s.loss = 0;
	world_run(&w, 5);
	world_log(&w, LOG_MEANING_DOWN, 40, "TUNNEL[1]", "down");
	world_log(&w, LOG_MEANING_UP, 41, "TUNNEL[1]", "up");
	assert_int_equal(history_outages(w.s.m), 3);
	assert_near(seconds(history_outage(w.s.m, 0)->start), 40, 0.01);
	assert_int_equal(history_outage(w.s.m, 1)->tunnel, 0);
	assert_int_equal(history_outage(w.s.m, 2)->tunnel, 1);
	assert_true(history_outage(w.s.m, 1)->start < history_outage(w.s.m, 2)->start);
	for (size_t i = 0; i < history_events(w.s.m); i++) {
		assert_true(history_event(w.s.m, i)->t >= last);
		last = history_event(w.s.m, i)->t;
	}
	/* thousands of lines of long ago: bounded, and the newest stay */
	for (int i = 0; i < 3000; i++)
		world_log(&w, LOG_MEANING_REKEY, i % 50 - 100, "TUNNEL[1]", "rekey");
	assert_int_equal(history_events(w.s.m), 2048);
	assert_true(history_event(w.s.m, 2047)->t == last);
	sim_end(&w.s);
}

static void ike_tries(void **state)
{
	struct router_world w;

	(void)state;
	start(&w, 1, 9);
	world_run(&w, 20);
	w.up = w.sa = false;
	w.s.loss = 1;
	world_run(&w, 6);
	assert_int_equal(row(&w)->state, HEALTH_DOWN);
	for (int i = 0; i < 3; i++)
		world_log(&w, LOG_MEANING_IKE_TRY, seconds(w.s.t) - i, NULL, "[IKE] initiate ISAKMP phase to 192.0.2.20");
	world_run(&w, 1);
	assert_null(strstr(row(&w)->reason, "IKE"));
	for (int i = 0; i < 3; i++)
		world_log(&w, LOG_MEANING_IKE_TRY, seconds(w.s.t) - i, NULL, "[IKE] initiate ISAKMP phase to 192.0.2.2");
	world_run(&w, 1);
	assert_words(row(&w)->reason, "IKE tries without answer");
	world_run(&w, 70);
	assert_null(strstr(row(&w)->reason, "IKE"));
	sim_end(&w.s);
}

/* ---- routers ---- */

static void polls(void **state)
{
	const struct model_router *r;
	struct router_world w;
	const char *text;

	(void)state;
	start(&w, 1, 10);
	world_run(&w, 10);
	r = model_find_router(w.s.m, (uint16_t)world_name(&w, "rtx"));
	assert_non_null(r);
	assert_int_equal(r->cpu_pct, 7);
	assert_int_equal(r->failures, 0);
	assert_false(model_router_stale(w.s.m, r));
	w.outcome = ROUTER_OUTCOME_AUTH;
	world_run(&w, 2);
	assert_int_equal(r->failures, 2);
	assert_false(model_router_stale(w.s.m, r));
	world_run(&w, 2);
	assert_true(model_router_stale(w.s.m, r));
	assert_int_equal(world_events(&w, "ROUTER", &text), 1);
	assert_string_equal(text, "rtx refuses the login");
	w.outcome = ROUTER_OUTCOME_OK;
	world_run(&w, 2);
	assert_int_equal(r->failures, 0);
	assert_int_equal(world_events(&w, "ROUTER", &text), 2);
	/* nobody asks any more */
	w.next_us = INT64_MAX;
	world_run(&w, 5);
	assert_true(model_router_stale(w.s.m, r));
	sim_end(&w.s);
}

/* A part of a rotated recording: what BGP and the router brought down is carried over. */
static void carried_over(void **state)
{
	uint8_t data[RECORD_TEXT_MAX];
	struct model *part = model_new(true);
	struct router_world w;
	struct record r, n;

	(void)state;
	start(&w, 1, 11);
	w.neighbor = "10.77.0.2";
	world_run(&w, 20);
	world_log(&w, LOG_MEANING_DOWN, 10, "TUNNEL[1]", "down");
	world_log(&w, LOG_MEANING_UP, 11, "TUNNEL[1]", "up");
	world_state(&w, BGP_STATE_ACTIVE);
	world_run(&w, 20);
	model_carry(w.s.m, 0, &r, data);
	record_init(&n, RECORD_TUNNEL, 0, w.s.m->now);
	n.snapshot = true;
	record_text(&n, "aws-1");
	model_apply(part, &n);
	model_apply(part, &r);
	assert_int_equal(part->tunnels[0].state, HEALTH_DOWN);
	assert_true(part->tunnels[0].by_bgp && row(&w)->by_bgp);
	assert_int_equal(part->tunnels[0].outages, row(&w)->outages);
	assert_int_equal(part->tunnels[0].log_down_us, row(&w)->log_down_us);
	assert_int_equal(part->tunnels[0].log_up_us, row(&w)->log_up_us);
	assert_int_equal(part->tunnels[0].since_us, row(&w)->since_us);
	model_free(part);
	sim_end(&w.s);
}

/* ---- hostile files ---- */

static uint64_t next(uint64_t *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 7;
	*x ^= *x << 17;
	return *x;
}

/* Only the kinds that have to do with routers, with values that meet each other. */
static void random_storm(void **state)
{
	static const enum record_kind kinds[] = {
		RECORD_BGP, RECORD_BGP, RECORD_BGP, RECORD_ROUTER, RECORD_ROUTER_TUNNEL, RECORD_LOG, RECORD_LOG,
		RECORD_TUNNEL, RECORD_TICK, RECORD_TICK, RECORD_PROBE, RECORD_REMOVE, RECORD_NAME, RECORD_GAP,
		RECORD_CARRY, RECORD_CLOCK, RECORD_LINK,
	};

	(void)state;
	for (uint64_t seed = 1; seed <= 20; seed++) {
		uint64_t x = seed * 88172645463325252u, hash;
		struct model *m = model_new(true), *copy;
		int64_t t = 0;

		for (int i = 0; i < 10000; i++) {
			char text[32];
			struct record r;
			unsigned n;

			t += (int64_t)(next(&x) % 700000);
			record_init(&r, kinds[next(&x) % ARRAY_LEN(kinds)], (unsigned)(next(&x) % 6), t);
			r.snapshot = next(&x) % 50 == 0;
			n = r.kind ? record_kind_info(r.kind)->nfields : 1;
			for (unsigned f = 0; f < n; f++) {
				uint64_t how = next(&x) % 512;

				if (how > 30)
					record_set(&r, f, how < 490 ? (int64_t)(next(&x) % 7) : how < 511 ?
						   (int64_t)(next(&x) % 300) * 1000000 : (int64_t)next(&x));
			}
			/* thousands of targets are another test's */
			if (r.kind == RECORD_TUNNEL)
				r.v[TUNNEL_INNER_TARGET] = r.v[TUNNEL_OUTER_TARGET] = r.key;
			if (r.kind == RECORD_REMOVE)
				r.v[0] = kinds[next(&x) % ARRAY_LEN(kinds)];
			snprintf(text, sizeof text, "10.0.0.%u", (unsigned)(next(&x) % 4));
			record_text(&r, text);
			model_apply(m, &r);
			if (i % 97 == 0)
				for (unsigned k = 0; k < 20; k++)
					(void)model_tunnel_bgp(m, 0, k);
		}
		hash = model_hash(m);
		copy = model_copy(m);
		assert_true(model_hash(copy) == hash);
		model_free(copy);
		model_free(m);
	}
}

/* Many rows and many neighbours, all alike: joins stay bounded. */
static void all_alike(void **state)
{
	struct model *m = model_new(false);
	struct record r;

	(void)state;
	record_init(&r, RECORD_NAME, 1, 0);
	record_text(&r, "10.0.0.1");
	model_apply(m, &r);
	for (unsigned i = 0; i < 4096; i++) {
		record_init(&r, RECORD_TUNNEL, i, 1);
		record_set(&r, TUNNEL_PEER, 1);
		record_text(&r, "x");
		model_apply(m, &r);
		record_init(&r, RECORD_BGP, i, 1);
		record_set(&r, BGP_NEIGHBOR, 1);
		record_set(&r, BGP_ROUTER, i % 4);
		record_set(&r, BGP_STATE, BGP_STATE_ACTIVE);
		model_apply(m, &r);
	}
	for (int i = 1; i < 20; i++) {
		m->topology++;
		record_init(&r, RECORD_TICK, 0, i * US_PER_S);
		model_apply(m, &r);
	}
	assert_int_equal(m->tunnels[0].state, HEALTH_DOWN);
	model_free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(router_says_up), cmocka_unit_test(replies_outvote_the_router),
		cmocka_unit_test(silent_peer_router_up), cmocka_unit_test(one_sa_missing), cmocka_unit_test(rekey),
		cmocka_unit_test(log_of_a_flapping_tunnel), cmocka_unit_test(log_read_later),
		cmocka_unit_test(same_second), cmocka_unit_test(lost_line), cmocka_unit_test(in_order),
		cmocka_unit_test(ike_tries), cmocka_unit_test(polls),
		cmocka_unit_test(carried_over), cmocka_unit_test(random_storm), cmocka_unit_test(all_alike),
	};

	return cmocka_run_group_tests_name("model_router", tests, NULL, NULL);
}
