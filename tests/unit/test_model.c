// SPDX-License-Identifier: GPL-2.0-or-later
// The fold: verdicts, outages, loss, rates, history; on a simulated world.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "lib/check.h"
#include "lib/sim.h"
#include "model/model_int.h"

static const struct model_tunnel *row(const struct sim *s)
{
	return &s->m->tunnels[0];
}

static double outage_s(const struct sim *s, size_t i)
{
	const struct history_outage *o = history_outage(s->m, i);

	return (double)(o->end - o->start) / 1e6;
}

static void comes_up(void **state)
{
	struct sim s;

	(void)state;
	sim_start(&s, 1, 1);
	assert_int_equal(row(&s)->state, HEALTH_UNKNOWN);
	sim_run(&s, 3);
	assert_int_equal(row(&s)->state, HEALTH_UP);
	assert_string_equal(row(&s)->reason, "10.77.0.2 answers");
	assert_false(row(&s)->since_known);
	assert_int_equal(history_outages(s.m), 0);
	sim_end(&s);
}

static void dead_from_the_start(void **state)
{
	struct sim s;

	(void)state;
	sim_start(&s, 1, 1);
	s.loss = 1;
	sim_run(&s, 6.5);
	assert_int_equal(row(&s)->state, HEALTH_DOWN);
	assert_non_null(strstr(row(&s)->reason, "no reply from 10.77.0.2"));
	assert_false(history_outage(s.m, 0)->start_known);
	sim_end(&s);
}

/* Outages of 1.2, 2.5 and 5 s and a blip of 0.5 s at five probes a second. */
static void outages_are_dated(void **state)
{
	static const double length[] = { 1.2, 0.5, 2.5, 5 };

	(void)state;
	for (uint64_t seed = 1; seed <= 50; seed++) {
		double began[4];
		struct history_cell cell;
		struct sim s;

		sim_start(&s, 0.2, seed);
		sim_run(&s, 30 + (double)(seed % 7) / 10);
		for (int i = 0; i < 4; i++) {
			began[i] = (double)s.t / 1e6;
			s.loss = 1;
			sim_run(&s, length[i]);
			s.loss = 0;
			sim_run(&s, 30);
		}
		assert_int_equal(history_outages(s.m), 3);
		for (int i = 0, n = 0; i < 4; i++) {
			if (length[i] < 1)
				continue;
			assert_near((double)history_outage(s.m, (size_t)n)->start / 1e6, began[i], 0.41);
			assert_near(outage_s(&s, (size_t)n++), length[i], 0.41);
		}
		/* the blip: no outage, but lost probes in its cell */
		assert_true(history_cells(s.m, 0, 1, (int64_t)(began[1] * 1e6) + 400000, &cell, 1));
		assert_true(cell.seen && cell.lost > 0);
		assert_true(model_loss(s.m, &s.m->targets[0], LOSS_UP) > 0);
		assert_int_equal(row(&s)->outages, 3);
		sim_end(&s);
	}
}

static void heavy_loss_is_one_outage(void **state)
{
	(void)state;
	for (int n = 0; n < 2; n++)
		for (uint64_t seed = 1; seed <= 40; seed++) {
			struct sim s;

			sim_start(&s, n ? 0.2 : 1, seed);
			sim_run(&s, 200);
			s.loss = 0.9;
			sim_run(&s, 60);
			s.loss = 0;
			sim_run(&s, 60);
			assert_int_equal(history_outages(s.m), 1);
			assert_near(outage_s(&s, 0), 60, 15);
			sim_end(&s);
		}
}

static void random_loss_is_no_outage(void **state)
{
	(void)state;
	for (int n = 0; n < 2; n++)
		for (uint64_t seed = 1; seed <= 40; seed++) {
			struct sim s;

			sim_start(&s, n ? 0.2 : 1, seed);
			sim_run(&s, 20);
			s.loss = 0.1;
			sim_run(&s, 600);
			assert_int_equal(history_outages(s.m), 0);
			assert_int_equal(row(&s)->state, HEALTH_DEGRADED);
			assert_non_null(strstr(row(&s)->reason, "loss"));
			assert_near(model_loss(s.m, &s.m->targets[0], LOSS_10M), 0.1, 0.05);
			sim_end(&s);
		}
}

static void silent_peer_with_traffic(void **state)
{
	struct sim s;

	(void)state;
	sim_start(&s, 1, 3);
	s.loss = 1;
	s.traffic = 5;
	sim_run(&s, 60);
	assert_int_equal(row(&s)->state, HEALTH_UP);
	assert_non_null(strstr(row(&s)->reason, "up by traffic"));
	s.traffic = 0;
	sim_run(&s, 20);
	assert_int_equal(row(&s)->state, HEALTH_DOWN);
	sim_end(&s);
}

/* ARP in the middle of an outage: at once, and then every 3 s. */
static void neighbours_are_no_traffic(void **state)
{
	struct sim s;

	(void)state;
	sim_start(&s, 0.2, 3);
	sim_run(&s, 30);
	s.loss = 1;
	sim_run(&s, 20);
	assert_int_equal(row(&s)->state, HEALTH_DOWN);
	s.rx += 3;
	for (int i = 0; i < 4; i++) {
		sim_run(&s, 3);
		s.rx += 1;
	}
	assert_int_equal(row(&s)->state, HEALTH_DOWN);
	s.loss = 0;
	sim_run(&s, 10);
	assert_int_equal(row(&s)->state, HEALTH_UP);
	assert_int_equal(history_outages(s.m), 1);
	sim_end(&s);
}

/* A tunnel that ends on a router has no interface here. */
static void silent_without_interface(void **state)
{
	struct record r;
	struct sim s;

	(void)state;
	sim_start(&s, 1, 2);
	record_init(&r, RECORD_TUNNEL, 0, s.t);
	record_set(&r, TUNNEL_TYPE, TUNNEL_TYPE_REMOTE);
	record_set(&r, TUNNEL_PEER, record_intern_text(s.intern, "10.77.0.2", s.t));
	record_set(&r, TUNNEL_INNER_TARGET, 0);
	record_text(&r, "remote");
	sim_put(&s, &r);
	sim_run(&s, 30);
	s.loss = 1;
	sim_run(&s, 20);
	assert_int_equal(row(&s)->state, HEALTH_DOWN);
	sim_end(&s);
}

static void link_events(void **state)
{
	struct sim s;

	(void)state;
	sim_start(&s, 1, 4);
	sim_run(&s, 30);
	s.link_up = false;
	sim_link(&s);
	assert_int_equal(row(&s)->state, HEALTH_DOWN);
	assert_non_null(strstr(row(&s)->reason, "ADMIN"));
	sim_run(&s, 5);
	s.link_up = true;
	sim_link(&s);
	sim_run(&s, 10);
	assert_int_equal(row(&s)->state, HEALTH_UP);
	assert_int_equal(history_outages(s.m), 1);
	assert_near(outage_s(&s, 0), 5, 1.2);
	assert_non_null(strstr(history_outage(s.m, 0)->cause, "ADMIN"));
	/* shut down and deleted at once: that is why */
	s.link_up = false;
	sim_link(&s);
	s.link_gone = true;
	sim_link(&s);
	assert_non_null(strstr(history_outage(s.m, 1)->cause, "gone"));
	sim_end(&s);
}

/* Other traffic that comes back with the peer outvotes the silence before the fates of lost probes are known: the outage
 * ends when it came back, too. */
static void traffic_ends_an_outage(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 20; seed++) {
		double ended;
		struct sim s;

		sim_start(&s, 0.2, seed);
		s.traffic = 10;
		sim_run(&s, 30);
		s.loss = 1;
		s.traffic = 0;
		sim_run(&s, 4 + (double)(seed % 7) / 10);
		s.loss = 0;
		s.traffic = 10;
		ended = (double)s.t / 1e6;
		sim_run(&s, 10);
		assert_int_equal(history_outages(s.m), 1);
		assert_near((double)history_outage(s.m, 0)->end / 1e6, ended, 0.31);
		sim_end(&s);
	}
}

/* A few errors are no trouble, many are. Those that come with an outage neither shorten it nor outlive it. */
/* A large probe of ours that the interface does not take. */
static void refuse(struct sim *s)
{
	struct record r;

	record_init(&r, RECORD_PROBE, 0, s->t);
	record_set(&r, PROBE_PATH, PATH_INNER);
	record_set(&r, PROBE_PURPOSE, PURPOSE_MTU);
	record_set(&r, PROBE_OUTCOME, OUTCOME_PTB);
	record_set(&r, PROBE_SIZE, 1450);
	record_set(&r, PROBE_MTU, 1400);
	sim_put(s, &r);
}

static void errors_of_the_interface(void **state)
{
	double began;
	struct sim s;

	(void)state;
	sim_start(&s, 0.2, 9);
	sim_run(&s, 30);
	s.tx_errors += 3;
	sim_run(&s, 20);
	assert_int_equal(row(&s)->state, HEALTH_UP);
	began = (double)s.t / 1e6;
	s.loss = 1;
	for (int i = 0; i < 40; i++) {
		s.tx_errors += 5;
		sim_run(&s, 0.2);
	}
	assert_int_equal(row(&s)->state, HEALTH_DOWN);
	s.loss = 0;
	sim_run(&s, 5);
	assert_int_equal(row(&s)->state, HEALTH_UP);
	assert_int_equal(history_outages(s.m), 1);
	assert_near((double)history_outage(s.m, 0)->start / 1e6, began, 0.41);
	assert_near((double)row(&s)->down_us / 1e6, 8, 0.41);
	for (int i = 0; i < 40; i++) {
		s.tx_errors += 1;
		refuse(&s);
		sim_run(&s, 0.2);
	}
	assert_int_equal(row(&s)->state, HEALTH_UP);
	sim_run(&s, 11);
	for (int i = 0; i < 40; i++) {
		s.tx_errors += 1;
		sim_run(&s, 0.2);
	}
	assert_int_equal(row(&s)->state, HEALTH_DEGRADED);
	assert_non_null(strstr(row(&s)->reason, "errors of vx1 rising"));
	sim_end(&s);
}

static unsigned events_of(const struct sim *s, const char *word)
{
	unsigned n = 0;

	for (size_t i = 0; i < history_events(s->m); i++)
		n += !strcmp(history_event(s->m, i)->word, word);
	return n;
}

/* Errors told before an outage that turns out to have begun earlier: it was the outage. Those that went before it
 * stay. */
static void degraded_was_the_outage(void **state)
{
	(void)state;
	for (int before = 0; before < 2; before++) {
		struct sim s;

		sim_start(&s, 0.2, 9);
		sim_run(&s, 30);
		for (int i = 0; before && i < 10; i++) {
			s.tx_errors += 5;
			sim_run(&s, 0.2);
		}
		sim_run(&s, 80);
		assert_int_equal(events_of(&s, "DEGR"), before);
		s.loss = 1;
		for (int i = 0; i < 3; i++) {
			s.tx_errors += 5;
			sim_run(&s, 0.2);
		}
		assert_int_equal(events_of(&s, "DEGR"), before + 1);
		sim_run(&s, 3);
		assert_int_equal(row(&s)->state, HEALTH_DOWN);
		assert_int_equal(events_of(&s, "DEGR"), before);
		assert_int_equal(events_of(&s, "DOWN"), 1);
		sim_end(&s);
	}
}

static void link_recreated(void **state)
{
	bool told = false;
	struct sim s;

	(void)state;
	sim_start(&s, 1, 5);
	sim_run(&s, 30);
	s.link_gone = true;
	sim_link(&s);
	assert_int_equal(row(&s)->state, HEALTH_DOWN);
	assert_non_null(strstr(row(&s)->reason, "gone"));
	sim_run(&s, 3);
	s.link_gone = false;
	s.ifindex = 21;
	s.rx = s.tx = 0;
	sim_link(&s);
	sim_run(&s, 10);
	assert_int_equal(row(&s)->state, HEALTH_UP);
	assert_int_equal(s.m->links[0].generations, 1);
	assert_int_equal(s.m->links[0].resets, 0);
	for (size_t i = 0; i < history_events(s.m); i++)
		told |= strstr(history_event(s.m, i)->text, "ifindex 7 -> 21") != NULL;
	assert_true(told);
	sim_end(&s);
}

static void counters_wrap(void **state)
{
	struct sim s;

	(void)state;
	sim_start(&s, 1, 6);
	s.count_own = false;
	s.rx = UINT32_MAX - 10;
	sim_run(&s, 2);
	s.rx = 989; /* a 32 bit counter went round: 1000 packets */
	sim_run(&s, 1);
	assert_near(s.m->links[0].rate.rx_packets, 1000, 1);
	assert_int_equal(s.m->links[0].resets, 0);
	s.rx = 5; /* begun anew */
	sim_run(&s, 1);
	assert_true(s.m->links[0].rate.rx_packets < 0);
	assert_int_equal(s.m->links[0].resets, 1);
	s.rx = UINT64_MAX - 9;
	sim_run(&s, 1);
	s.rx = 90; /* 64 bits went round: 100 packets */
	sim_run(&s, 1);
	assert_near(s.m->links[0].rate.rx_packets, 100, 1);
	sim_end(&s);
}

static void slow_path_degrades(void **state)
{
	struct sim s;

	(void)state;
	sim_start(&s, 1, 7);
	sim_run(&s, 150);
	assert_int_equal(row(&s)->state, HEALTH_UP);
	s.rtt_us = 12000;
	sim_run(&s, 60);
	assert_int_equal(row(&s)->state, HEALTH_DEGRADED);
	assert_non_null(strstr(row(&s)->reason, "RTT"));
	s.rtt_us = 5000;
	sim_run(&s, 130);
	assert_int_equal(row(&s)->state, HEALTH_UP);
	sim_end(&s);
}

/* What is down when records come again was so nobody knows since when. */
static void outage_after_a_gap(void **state)
{
	struct record r;
	struct sim s;

	(void)state;
	sim_start(&s, 1, 7);
	sim_run(&s, 60);
	s.t += 30 * US_PER_S;
	s.next_us = s.t + SIM_SLOT_US;
	s.loss = 1;
	record_init(&r, RECORD_GAP, 0, s.t);
	record_set(&r, GAP_FROM_US, s.t - 30 * US_PER_S);
	record_set(&r, GAP_TO_US, s.t);
	sim_put(&s, &r);
	sim_run(&s, 20);
	assert_int_equal(history_outages(s.m), 1);
	assert_false(history_outage(s.m, 0)->start_known);
	assert_false(row(&s)->since_known);
	s.loss = 0;
	sim_run(&s, 20);
	s.loss = 1;
	sim_run(&s, 20);
	assert_int_equal(history_outages(s.m), 2);
	assert_true(history_outage(s.m, 1)->start_known);
	sim_end(&s);
}

/* From 5 ms to more than any timeout of before: the first replies are late, then they are waited for. */
static void very_slow_path_answers(void **state)
{
	struct sim s;

	(void)state;
	sim_start(&s, 1, 7);
	sim_run(&s, 150);
	s.rtt_us = 1400000;
	sim_run(&s, 90);
	assert_non_null(strstr(row(&s)->reason, "RTT"));
	assert_int_equal(row(&s)->state, HEALTH_DEGRADED);
	assert_true(s.m->targets[0].late > 0);
	assert_true(s.m->targets[0].rtt.last_us >= 1400000);
	assert_true(model_loss(s.m, &s.m->targets[0], LOSS_1M) == 0);
	assert_int_equal(history_outages(s.m), 0);
	sim_end(&s);
}

static void percentiles_are_close(void **state)
{
	struct sim s;
	const struct model_rtt *rtt;

	(void)state;
	sim_start(&s, 1, 8);
	s.rtt_us = 10000;
	s.rtt_spread_us = 10000;
	sim_run(&s, 1000);
	rtt = &s.m->targets[0].rtt;
	assert_near((double)model_rtt_percentile(rtt, 0.5), 15000, 750);
	assert_near((double)model_rtt_percentile(rtt, 0.95), 19500, 975);
	assert_near((double)model_rtt_avg(rtt), 15000, 500);
	assert_true(rtt->max_us <= 20000);
	sim_end(&s);
}

static void copies_are_equal(void **state)
{
	struct sim s;
	struct model *c;

	(void)state;
	sim_start(&s, 1, 9);
	s.loss = 0.2;
	sim_run(&s, 100);
	c = model_copy(s.m);
	assert_true(model_hash(c) == model_hash(s.m));
	assert_int_equal(history_events(c), history_events(s.m));
	sim_run(&s, 1);
	assert_true(model_hash(c) != model_hash(s.m));
	model_free(c);
	sim_end(&s);
}

/* What a part of a rotated recording carries over equals what the fold of all parts holds. */
static void carry_equals_fold(void **state)
{
	uint8_t data[RECORD_TEXT_MAX];
	struct model *part = model_new(true);
	struct record r;
	struct sim s;
	const struct model_tunnel *t;

	(void)state;
	sim_start(&s, 1, 10);
	sim_run(&s, 60);
	s.loss = 1;
	sim_run(&s, 30);
	s.loss = 0;
	sim_run(&s, 60.3);
	model_carry(s.m, 0, &r, data);
	/* the new part: names and rows as a keyframe restates them, then the carry */
	{
		struct record n = r;

		record_init(&n, RECORD_TUNNEL, 0, s.m->now);
		n.snapshot = true;
		record_set(&n, TUNNEL_INNER_TARGET, 0);
		record_text(&n, "vx1");
		model_apply(part, &n);
	}
	model_apply(part, &r);
	t = &part->tunnels[0];
	assert_int_equal(t->state, row(&s)->state);
	assert_int_equal(t->since_us, row(&s)->since_us);
	assert_int_equal(t->outages, row(&s)->outages);
	{
		int64_t up, down, part_up, part_down;

		model_tunnel_times(s.m, row(&s), &up, &down);
		model_tunnel_times(part, t, &part_up, &part_down);
		assert_int_equal(up, part_up);
		assert_int_equal(down, part_down);
	}
	assert_int_equal(part->targets[0].sent, s.m->targets[0].sent);
	assert_int_equal(part->targets[0].lost, s.m->targets[0].lost);
	assert_int_equal(part->targets[0].lost_up, s.m->targets[0].lost_up);
	assert_memory_equal(part->targets[0].rtt.bucket, s.m->targets[0].rtt.bucket,
			    sizeof part->targets[0].rtt.bucket);
	model_free(part);
	sim_end(&s);
}

static uint64_t xorshift(uint64_t *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 7;
	*x ^= *x << 17;
	return *x;
}

/* 240 fates of each of eight targets, two in seven lost and one outage; told 40 by 40, in any order if x is given. */
static struct model *fates(uint64_t *x)
{
	enum { TARGETS = 8, PROBES = 240, BLOCK = 40 };
	struct model *m = model_new(false);

	for (int i = 0; i < PROBES / BLOCK * TARGETS; i++) {
		int target = i % TARGETS, first = i / TARGETS * BLOCK, order[BLOCK];

		for (int k = 0; k < BLOCK; k++) {
			int j = x ? (int)(xorshift(x) % (unsigned)(k + 1)) : k;

			order[k] = order[j];
			order[j] = k;
		}
		for (int k = 0; k < BLOCK; k++) {
			int seq = first + order[k], later = first + BLOCK - seq;
			bool lost = seq % 7 < 2 || (target == 3 && seq > 100 && seq < 180);
			struct record r;

			record_init(&r, RECORD_PROBE, (unsigned)target, (int64_t)(first + BLOCK) * 200000);
			record_set(&r, PROBE_PURPOSE, PURPOSE_SCHEDULE);
			record_set(&r, PROBE_SEQ, seq);
			record_set(&r, PROBE_AGE_US, later * 200000);
			record_set(&r, PROBE_OUTCOME, lost ? OUTCOME_TIMEOUT : OUTCOME_REPLY);
			record_set(&r, PROBE_RTT_NS, 1000000);
			model_apply(m, &r);
		}
	}
	return m;
}

static void fates_in_any_order(void **state)
{
	struct model *in_order = fates(NULL);
	uint64_t x = 88172645463325252u;

	(void)state;
	assert_int_equal(in_order->nwaiting, 0);
	for (int round = 0; round < 50; round++) {
		struct model *m = fates(&x);

		assert_in_range(m->nwaiting, 1, 8);
		for (size_t i = 0; i < m->nwaiting; i++)
			assert_int_equal(m->waiting[i].n, 0);
		for (int i = 0; i < 8; i++) {
			const struct model_target *a = &in_order->targets[i], *b = &m->targets[i];

			assert_int_equal(b->waiting, 0);
			assert_int_equal(a->sent, 240);
			assert_int_equal(b->sent, a->sent);
			assert_int_equal(b->lost, a->lost);
			assert_int_equal(b->lost_up, a->lost_up);
			assert_int_equal(b->sent_up, a->sent_up);
			assert_int_equal(b->run_start_us, a->run_start_us);
			assert_int_equal(b->need_lost, a->need_lost);
			assert_memory_equal(b->ring_lost, a->ring_lost, sizeof a->ring_lost);
			assert_memory_equal(&b->minute, &a->minute, sizeof a->minute);
			assert_memory_equal(&b->ten, &a->ten, sizeof a->ten);
		}
		model_free(m);
	}
	model_free(in_order);
}

static void hostile_records_are_ignored(void **state)
{
	struct model *m = model_new(true);
	uint64_t x = 88172645463325252u;
	struct record r;

	(void)state;
	for (int i = 0; i < 200000; i++) {
		unsigned n;

		xorshift(&x);
		record_init(&r, (enum record_kind)(x % RECORD_KINDS), (unsigned)(x >> 8) % 40, (int64_t)(x % 1000) * i);
		r.snapshot = x >> 20 & 1;
		n = r.kind ? record_kind_info(r.kind)->nfields : 1;
		for (unsigned f = 0; f < n; f++) {
			xorshift(&x);
			if (x & 1)
				record_set(&r, f, x & 2 ? (int64_t)(x >> 10) % 30 : (int64_t)x);
		}
		r.text = (const char *)&x;
		r.text_len = sizeof x;
		model_apply(m, &r);
	}
	model_free(model_copy(m));
	model_free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(comes_up), cmocka_unit_test(dead_from_the_start),
		cmocka_unit_test(outages_are_dated), cmocka_unit_test(heavy_loss_is_one_outage),
		cmocka_unit_test(random_loss_is_no_outage), cmocka_unit_test(silent_peer_with_traffic),
		cmocka_unit_test(neighbours_are_no_traffic), cmocka_unit_test(silent_without_interface),
		cmocka_unit_test(link_events), cmocka_unit_test(link_recreated), cmocka_unit_test(errors_of_the_interface),
		cmocka_unit_test(degraded_was_the_outage),
		cmocka_unit_test(traffic_ends_an_outage),
		cmocka_unit_test(counters_wrap), cmocka_unit_test(slow_path_degrades),
		cmocka_unit_test(very_slow_path_answers), cmocka_unit_test(outage_after_a_gap),
		cmocka_unit_test(percentiles_are_close), cmocka_unit_test(copies_are_equal),
		cmocka_unit_test(carry_equals_fold), cmocka_unit_test(fates_in_any_order), cmocka_unit_test(hostile_records_are_ignored),
	};

	return cmocka_run_group_tests_name("model", tests, NULL, NULL);
}
