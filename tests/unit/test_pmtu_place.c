// SPDX-License-Identifier: GPL-2.0-or-later
// source: direction and place of a black hole over simulated paths. PMTU_RUNS says how many each kind of path gets
// (1000 unless given), PMTU_SEED which.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "pmtu_hops.h"

static unsigned runs = 1000;
static uint64_t seed = 1;

#define ALL_KINDS ((1u << PMTU_PLACE_KINDS) - 1)
enum limits { LIMITS_NONE, LIMITS_LINUX, LIMITS_CISCO, LIMITS_SLOW };

struct kind {
	const char *name;
	bool reverse;
	double loss, burst;
	bool deaf_timestamp, deaf_udp;  /* the target does not answer these */
	bool wall;                      /* a firewall on the way refuses UDP */
	enum limits routers, target;    /* of their errors */
	double mute;                    /* chance of each router to be mute */
	double shy;                     /* chance of each error not to be sent */
	int64_t jitter_us;
	double police;                  /* echo and timestamp replies a second; 0: any number */
	bool may_not_know;              /* UNKNOWN is an answer, too */
	bool heals;
	bool reflects;                  /* timestamp replies are as large as requests */
	bool quotes_all;                /* errors are as large as what they quote */
	int64_t gap_us;                 /* between probes at least */
	bool tiny;                      /* not even what every path must carry passes */
	double p95_s;                   /* at most; 0: not said */
	double known;                   /* share of runs that know direction and hop, at least; 0: as may_not_know */
};

static const struct kind kinds[] = {
	{ .name = "forward", .p95_s = 4.5 },
	{ .name = "reverse", .reverse = true, .p95_s = 1 },
	{ .name = "forward, 10 % loss", .loss = 0.1, .p95_s = 7, .known = 0.99 },
	{ .name = "reverse, 10 % loss", .reverse = true, .loss = 0.1, .p95_s = 1.5 },
	{ .name = "forward, 20 % loss", .loss = 0.2, .known = 0.9 },
	{ .name = "reverse, 20 % loss", .reverse = true, .loss = 0.2, .known = 0.99 },
	{ .name = "forward, 10 % loss in bursts", .loss = 0.1, .burst = 4, .may_not_know = true },
	{ .name = "reverse, 10 % loss in bursts", .reverse = true, .loss = 0.1, .burst = 4, .may_not_know = true },
	{ .name = "forward, Linux everywhere", .routers = LIMITS_LINUX, .target = LIMITS_LINUX, .p95_s = 7 },
	{ .name = "forward, Linux, 10 % loss", .loss = 0.1, .routers = LIMITS_LINUX, .target = LIMITS_LINUX,
	  .known = 0.98 },
	{ .name = "reverse, Linux, 10 % loss", .reverse = true, .loss = 0.1, .routers = LIMITS_LINUX,
	  .target = LIMITS_LINUX },
	{ .name = "forward, Linux, 20 % loss", .loss = 0.2, .routers = LIMITS_LINUX, .target = LIMITS_LINUX,
	  .may_not_know = true },
	{ .name = "forward, UDP only, Linux", .deaf_timestamp = true, .routers = LIMITS_LINUX, .target = LIMITS_LINUX },
	{ .name = "reverse, UDP only, Linux", .reverse = true, .deaf_timestamp = true, .target = LIMITS_LINUX },
	{ .name = "forward, UDP only, Linux, 10 % loss", .deaf_timestamp = true, .loss = 0.1,
	  .routers = LIMITS_LINUX, .target = LIMITS_LINUX, .may_not_know = true },
	{ .name = "reverse, UDP only, Linux, 20 % loss", .reverse = true, .deaf_timestamp = true, .loss = 0.2,
	  .target = LIMITS_LINUX, .may_not_know = true },
	{ .name = "forward, UDP only, two errors a second", .deaf_timestamp = true, .routers = LIMITS_CISCO,
	  .target = LIMITS_CISCO, .may_not_know = true },
	{ .name = "reverse, UDP only, two errors a second", .reverse = true, .deaf_timestamp = true,
	  .routers = LIMITS_CISCO, .target = LIMITS_CISCO, .may_not_know = true },
	{ .name = "reverse, UDP only, one error a second", .reverse = true, .deaf_timestamp = true,
	  .routers = LIMITS_SLOW, .target = LIMITS_SLOW, .may_not_know = true },
	{ .name = "forward, one error a second, 10 % loss", .loss = 0.1, .routers = LIMITS_SLOW,
	  .target = LIMITS_SLOW, .may_not_know = true },
	{ .name = "forward, deaf target", .deaf_timestamp = true, .deaf_udp = true, .may_not_know = true },
	{ .name = "forward, deaf target, 10 % loss", .deaf_timestamp = true, .deaf_udp = true, .loss = 0.1,
	  .may_not_know = true },
	{ .name = "reverse, deaf target", .reverse = true, .deaf_timestamp = true, .deaf_udp = true,
	  .may_not_know = true },
	{ .name = "reverse, deaf target, 20 % loss", .reverse = true, .deaf_timestamp = true, .deaf_udp = true,
	  .loss = 0.2, .may_not_know = true },
	{ .name = "forward, a firewall refuses UDP", .deaf_timestamp = true, .wall = true, .may_not_know = true },
	{ .name = "reverse, a firewall refuses UDP", .reverse = true, .deaf_timestamp = true, .wall = true,
	  .may_not_know = true },
	{ .name = "forward, mute hops", .mute = 0.4, .p95_s = 7, .known = 0.99 },
	{ .name = "forward, mute hops, Linux, 10 % loss", .mute = 0.4, .loss = 0.1, .routers = LIMITS_LINUX,
	  .target = LIMITS_LINUX, .may_not_know = true },
	{ .name = "forward, all hops mute", .mute = 1 },
	{ .name = "forward, mute hops, deaf target", .mute = 0.4, .deaf_timestamp = true, .deaf_udp = true,
	  .may_not_know = true },
	{ .name = "forward, UDP only, errors come half the time", .deaf_timestamp = true, .shy = 0.5,
	  .may_not_know = true },
	{ .name = "reverse, UDP only, errors come half the time", .reverse = true, .deaf_timestamp = true, .shy = 0.5,
	  .may_not_know = true },
	{ .name = "reverse, UDP only, few errors come", .reverse = true, .deaf_timestamp = true, .shy = 0.8,
	  .may_not_know = true },
	{ .name = "forward, few errors come", .shy = 0.8, .may_not_know = true },
	{ .name = "forward, jitter of 60 ms, 5 % loss", .jitter_us = 60 * US_PER_MS, .loss = 0.05,
	  .may_not_know = true },
	{ .name = "reverse, jitter of 60 ms, 5 % loss", .reverse = true, .jitter_us = 60 * US_PER_MS, .loss = 0.05 },
	{ .name = "forward, policer, 10/s", .police = 10, .may_not_know = true },
	{ .name = "reverse, policer, 10/s", .reverse = true, .police = 10, .may_not_know = true },
	{ .name = "forward, timestamps come back whole", .reflects = true },
	{ .name = "reverse, timestamps come back whole", .reverse = true, .reflects = true },
	{ .name = "reverse, timestamps come back whole, no UDP", .reverse = true, .reflects = true, .deaf_udp = true,
	  .may_not_know = true },
	{ .name = "forward, errors quote all", .deaf_timestamp = true, .quotes_all = true },
	{ .name = "reverse, errors quote all", .reverse = true, .deaf_timestamp = true, .quotes_all = true,
	  .may_not_know = true },
	{ .name = "forward, hardly anything passes", .tiny = true, .may_not_know = true },
	{ .name = "reverse, hardly anything passes", .reverse = true, .tiny = true, .may_not_know = true },
	{ .name = "reverse, hardly anything passes, UDP only", .reverse = true, .deaf_timestamp = true, .tiny = true,
	  .may_not_know = true },
	{ .name = "forward, a slow line", .gap_us = 70 * US_PER_MS },
	{ .name = "reverse, a slow line, Linux, 10 % loss", .reverse = true, .loss = 0.1, .gap_us = 100 * US_PER_MS,
	  .routers = LIMITS_LINUX, .target = LIMITS_LINUX },
	{ .name = "forward, a slow line, two errors a second", .gap_us = 100 * US_PER_MS, .routers = LIMITS_CISCO,
	  .target = LIMITS_CISCO, .may_not_know = true },
	{ .name = "forward, it heals", .heals = true, .may_not_know = true },
	{ .name = "reverse, it heals, 10 % loss", .reverse = true, .loss = 0.1, .heals = true, .may_not_know = true },
};

static struct hops_limiter limiter(enum limits l)
{
	switch (l) {
	case LIMITS_NONE:
		break;
	case LIMITS_LINUX:
		return (struct hops_limiter){ .rate = 1, .burst = 6, .tokens = 6 };
	case LIMITS_CISCO:
		return (struct hops_limiter){ .rate = 2, .burst = 1, .tokens = 1 };
	case LIMITS_SLOW:
		return (struct hops_limiter){ .rate = 1, .burst = 1, .tokens = 1 };
	}
	return (struct hops_limiter){ 0 };
}

static struct sim_hops make_hops(const struct kind *k, int family, unsigned run)
{
	struct sim_hops h = {
		.path = {
			.loss = k->loss, .burst = k->burst, .rtt_us = 40 * US_PER_MS, .jitter_us = k->jitter_us,
			.random = (seed * 1000003 + run + 1) * UINT64_C(0x9e3779b97f4a7c15),
		},
		.family = family, .reverse = k->reverse, .hole = -1, .timestamps = !k->deaf_timestamp,
		.udp = !k->deaf_udp, .errors = limiter(k->target), .shy = k->shy,
	};

	for (int i = 0; i < 8; i++)
		path_chance(&h.path);
	h.distance = path_between(&h.path, 1, 12);
	h.largest = path_between(&h.path, family == AF_INET ? 600 : 1280, 1499);
	if (k->tiny)
		h.largest = path_between(&h.path, 120, family == AF_INET ? 575 : 1279);
	h.reflects = k->reflects;
	h.quotes_all = k->quotes_all;
	h.back_hole = path_between(&h.path, 1, h.distance);
	if (!k->reverse)
		h.hole = path_between(&h.path, 0, h.distance - 1);
	for (int i = 1; i < h.distance; i++)
		h.routers[i] = (struct hops_router){ path_chance(&h.path) < k->mute, limiter(k->routers) };
	if (k->wall)
		h.firewall = h.distance > 1 ? path_between(&h.path, 1, h.distance - 1) : 0;
	if (k->wall && !h.firewall)
		h.udp = false;
	if (k->police > 0)
		h.replies = (struct hops_limiter){ .rate = k->police, .burst = 5, .tokens = 5 };
	if (k->heals)
		h.heals_us = path_between(&h.path, 1, 3000000);
	return h;
}

static struct pmtu_place_config make_config(const struct kind *k, struct sim_hops *h)
{
	struct pmtu_place_config c = {
		.target = hops_address(h->family, h->distance), .low = h->largest, .high = h->largest + 1,
		.srtt_us = 40 * US_PER_MS,
		.rttvar_us = k->jitter_us / 4 + US_PER_MS, .kinds = ALL_KINDS, .number = 0xfffffff0u,
		.gap_us = k->gap_us,
	};

	/* of sizes that no path may refuse the search tries the least, and small ones */
	if (k->tiny) {
		c.low = h->family == AF_INET ? PMTU_SMALL4 : PMTU_SMALL6;
		c.high = h->family == AF_INET ? PMTU_LEAST4 : PMTU_LEAST6;
	}
	/* what a search has seen of the loss: about forty controls */
	for (c.loss.sent = 0; c.loss.sent < 40; c.loss.sent++)
		c.loss.lost += path_chance(&h->path) < k->loss;
	if (h->family == AF_INET6)
		c.kinds &= ~(1u << PMTU_PLACE_TIMESTAMP);
	return c;
}

/* ---- what a probe must keep to ---- */

struct watched {
	int64_t sent[PMTU_PLACE_HOPS + 1][PMTU_PLACE_RING];
	unsigned n[PMTU_PLACE_HOPS + 1];
	unsigned in_second_most;
	const struct pmtu_place_config *config;
	int64_t last_us;
	bool any, odd;
};

static void watch(const struct pmtu_place_probe *p, int64_t now_us, void *arg)
{
	struct watched *w = arg;
	unsigned within = 0;

	w->odd |= p->ttl < 0 || p->ttl > PMTU_PLACE_HOPS || !(w->config->kinds & (1u << p->kind)) ||
		  (p->size != w->config->high && p->size != w->config->low);
	/* a slow line, too, carries other traffic */
	w->odd |= w->any && now_us - w->last_us < (w->config->gap_us > 0 ? w->config->gap_us : 10 * US_PER_MS);
	w->any = true;
	w->last_us = now_us;
	if (!p->ttl || w->odd)
		return;
	w->sent[p->ttl][w->n[p->ttl]++ % PMTU_PLACE_RING] = now_us;
	for (unsigned i = 0; i < w->n[p->ttl] && i < PMTU_PLACE_RING; i++)
		within += now_us - w->sent[p->ttl][i] < US_PER_S;
	if (within > w->in_second_most)
		w->in_second_most = within;
}

/* ---- right or wrong ---- */

static int last_hop(const struct sim_hops *h)
{
	int last = h->hole < 0 ? 0 : h->hole;

	while (last && h->routers[last].mute)
		last--;
	return last;
}

static bool is_wrong(const struct kind *k, const struct sim_hops *h, const struct pmtu_placed *f)
{
	enum direction right = k->reverse ? DIRECTION_REVERSE : DIRECTION_FORWARD;
	struct addr from = hops_address(h->family, f->hop);
	int last = k->reverse && f->direction == DIRECTION_UNKNOWN ? h->distance - 1 : last_hop(h);

	/* errors as large as what they quote vanish on the way back, too */
	if (last && k->reverse && k->quotes_all && last >= h->back_hole)
		last = h->back_hole - 1;
	while (last && h->routers[last].mute)
		last--;
	if (f->direction != right && f->direction != DIRECTION_UNKNOWN)
		return true;
	if (f->hops && f->hops != h->distance)
		return true;
	if (f->next && (f->next <= h->hole || h->hole < 0))
		return true;
	/* one that answers now and then may seem mute */
	if (k->shy > 0 && (f->hop > h->hole || (f->next && f->next <= h->hole)) && !k->reverse)
		return true;
	if (f->hop && !k->heals && k->shy <= 0 && (f->hop != last || !addr_equal(&f->hop_from, &from)))
		return true;
	return (f->direction == DIRECTION_UNKNOWN) != (f->why != PMTU_PLACE_KNOWN);
}

/* Whether it knows all that can be known. */
static bool knows(const struct kind *k, const struct sim_hops *h, const struct pmtu_placed *f)
{
	return f->direction != DIRECTION_UNKNOWN && (k->reverse || ((f->hops || k->loss > 0) && f->hop == last_hop(h)));
}

static int by_value(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static void say(const struct sim_hops *h, const struct pmtu_placed *f, unsigned run)
{
	printf("# run %u: distance %d hole %d reverse %d: direction %u why %u by %u hop %d next %d hops %d took %.2f\n",
	       run, h->distance, h->hole, h->reverse, f->direction, f->why, f->by, f->hop, f->next, f->hops,
	       (double)f->took_us / US_PER_S);
}

static void try_kind(const struct kind *k, int family)
{
	static int64_t took[100000];
	unsigned wrong = 0, known = 0, directions = 0, probes = 0;

	for (unsigned run = 0; run < runs; run++) {
		struct sim_hops h = make_hops(k, family, run);
		struct pmtu_place_config c = make_config(k, &h);
		struct watched w = { .config = &c };
		struct pmtu_place p;

		hops_run(&h, &p, &c, watch, &w);
		assert_int_equal(p.phase, PMTU_PLACE_PHASE_OVER);
		assert_false(w.odd);
		assert_true(w.in_second_most <= 6);
		took[run] = p.found.took_us;
		probes += p.found.probes;
		known += knows(k, &h, &p.found);
		directions += p.found.direction != DIRECTION_UNKNOWN;
		if (is_wrong(k, &h, &p.found)) {
			wrong++;
			say(&h, &p.found, run);
		} else if (!k->may_not_know && k->known <= 0 && !knows(k, &h, &p.found)) {
			say(&h, &p.found, run);
		}
	}
	qsort(took, runs, sizeof *took, by_value);
	printf("# IPv%d %-42s wrong %u, direction %.3f, all %.3f, median %.2f s, p95 %.2f s, most %.2f s, %u probes\n",
	       family == AF_INET ? 4 : 6, k->name, wrong, (double)directions / runs, (double)known / runs,
	       (double)took[runs / 2] / US_PER_S, (double)took[runs * 95 / 100] / US_PER_S,
	       (double)took[runs - 1] / US_PER_S, probes / runs);
	assert_int_equal(wrong, 0);
	if (!k->may_not_know)
		assert_true(known >= (unsigned)((k->known > 0 ? k->known : 1) * runs));
	if (k->p95_s > 0)
		assert_true((double)took[runs * 95 / 100] / US_PER_S <= k->p95_s);
	assert_true(took[runs - 1] <= PMTU_PLACE_BUDGET_US);
}

static void test_paths(void **state)
{
	(void)state;
	for (unsigned i = 0; i < ARRAY_LEN(kinds); i++) {
		try_kind(&kinds[i], AF_INET);
		try_kind(&kinds[i], AF_INET6);
	}
}

/* ---- single matters ---- */

static struct sim_hops plain_hops(int family)
{
	return (struct sim_hops){
		.path = { .rtt_us = 40 * US_PER_MS, .random = seed + 1 }, .family = family, .distance = 5,
		.largest = 1382, .hole = 3, .timestamps = true, .udp = true,
	};
}

static struct pmtu_place_config plain_config(const struct sim_hops *h)
{
	return (struct pmtu_place_config){
		.target = hops_address(h->family, h->distance), .low = 1382, .high = 1383,
		.srtt_us = 40 * US_PER_MS, .rttvar_us = US_PER_MS, .kinds = ALL_KINDS,
	};
}

/* Run until it wants to send a probe of that kind; everything else is lost. */
static bool run_to(struct pmtu_place *p, enum pmtu_place_kind kind, bool large, bool ttl, int64_t *now,
		   struct pmtu_place_probe *ret)
{
	int64_t wake = 0;

	for (;;) {
		enum pmtu_step step = pmtu_place_step(p, *now, ret, &wake);

		if (step == PMTU_STEP_DONE)
			return false;
		if (step == PMTU_STEP_SEND && ret->kind == kind && ret->large == large && (ret->ttl > 0) == ttl)
			return true;
		if (step == PMTU_STEP_WAIT) {
			assert_true(wake > *now);
			*now = wake;
		}
	}
}

static void test_nothing_to_send(void **state)
{
	struct sim_hops h = plain_hops(AF_INET);
	struct pmtu_place_config c = plain_config(&h);
	struct pmtu_place_probe probe;
	struct pmtu_place p;
	int64_t wake;

	(void)state;
	c.kinds = 0;
	pmtu_place_start(&p, &c);
	assert_int_equal(pmtu_place_step(&p, 0, &probe, &wake), PMTU_STEP_DONE);
	assert_int_equal(p.found.direction, DIRECTION_UNKNOWN);
	assert_int_equal(p.found.why, PMTU_PLACE_DEAF);
	assert_int_equal(p.found.probes, 0);
	/* after the end nothing counts */
	pmtu_place_answered(&p, 0, &c.target, 1, 0);
	pmtu_place_refused(&p, 0);
	assert_int_equal(pmtu_place_step(&p, 1, &probe, &wake), PMTU_STEP_DONE);
}

/* What this host cannot send is left out, and does not keep it busy. */
static void test_sending_fails(void **state)
{
	struct sim_hops h = plain_hops(AF_INET);
	struct pmtu_place_config c = plain_config(&h);
	struct pmtu_place_probe probe;
	enum pmtu_step step;
	struct pmtu_place p;
	int64_t wake = 0, now = 0;
	unsigned sent = 0;

	(void)state;
	pmtu_place_start(&p, &c);
	while ((step = pmtu_place_step(&p, now, &probe, &wake)) != PMTU_STEP_DONE) {
		if (step == PMTU_STEP_SEND) {
			pmtu_place_failed(&p, probe.number);
			assert_true(++sent <= PMTU_PLACE_KINDS);
		} else {
			assert_true(wake > now);
			now = wake;
		}
	}
	assert_int_equal(sent, PMTU_PLACE_KINDS);
	assert_int_equal(p.found.direction, DIRECTION_UNKNOWN);
	assert_int_equal(p.found.hop, 0);
}

/* Each probe waits for others, altogether longer than the budget: that takes nothing from it. */
static void test_delays_are_not_its_own(void **state)
{
	const int64_t delay = US_PER_S;
	struct sim_hops h = plain_hops(AF_INET);
	struct pmtu_place_config c = plain_config(&h);
	struct pmtu_place_probe probe;
	enum pmtu_step step;
	struct pmtu_place p;
	int64_t wake = 0, now = 0, waited = 0;

	(void)state;
	c.kinds = 1u << PMTU_PLACE_TIMESTAMP;
	pmtu_place_start(&p, &c);
	while ((step = pmtu_place_step(&p, now, &probe, &wake)) != PMTU_STEP_DONE) {
		if (step == PMTU_STEP_WAIT) {
			now = wake;
			continue;
		}
		now += delay / 2;
		pmtu_place_delayed(&p, now);
		now += delay / 2;
		pmtu_place_delayed(&p, now);
		waited += delay;
		assert_int_equal(pmtu_place_find(&p, probe.kind, 0, -1)->sent_us, now);
		if (!probe.large)
			pmtu_place_answered(&p, probe.number, &c.target, now, 0);
	}
	assert_true(waited > PMTU_PLACE_BUDGET_US);
	assert_int_equal(p.found.direction, DIRECTION_FORWARD);
	assert_in_range(p.found.took_us, 1, PMTU_PLACE_BUDGET_US);
}

static void test_strangers_are_ignored(void **state)
{
	struct sim_hops h = plain_hops(AF_INET);
	struct pmtu_place_config c = plain_config(&h);
	struct addr stranger = hops_address(AF_INET, 99);
	struct pmtu_place_probe probe;
	struct pmtu_place p;
	int64_t now = 0;

	(void)state;
	pmtu_place_start(&p, &c);
	assert_true(run_to(&p, PMTU_PLACE_TIMESTAMP, true, false, &now, &probe));
	pmtu_place_answered(&p, probe.number, &stranger, now + 1, 0);
	pmtu_place_answered(&p, probe.number + 1, &c.target, now + 1, 0);
	pmtu_place_expired(&p, probe.number, &stranger, now + 1); /* it has no TTL of its own */
	assert_false(p.sides[PMTU_PLACE_TIMESTAMP].large_answered);
	pmtu_place_answered(&p, probe.number, &c.target, now + 1, 0);
	assert_true(p.sides[PMTU_PLACE_TIMESTAMP].large_answered);
	assert_false(run_to(&p, PMTU_PLACE_UDP, true, false, &now, &probe));
	assert_int_equal(p.found.direction, DIRECTION_REVERSE);
	assert_int_equal(p.found.by, PMTU_PLACE_TIMESTAMP);
}

static void test_ptb_after_all(void **state)
{
	struct sim_hops h = plain_hops(AF_INET6);
	struct pmtu_place_config c = plain_config(&h);
	struct pmtu_place_probe probe;
	struct pmtu_place p;
	int64_t now = 0;

	(void)state;
	pmtu_place_start(&p, &c);
	assert_true(run_to(&p, PMTU_PLACE_TIMESTAMP, true, false, &now, &probe));
	pmtu_place_refused(&p, probe.number);
	assert_false(run_to(&p, PMTU_PLACE_UDP, true, false, &now, &probe));
	assert_int_equal(p.found.direction, DIRECTION_FORWARD);
}

static void test_passes_again(void **state)
{
	struct sim_hops h = plain_hops(AF_INET);
	struct pmtu_place_config c = plain_config(&h);
	struct pmtu_place_probe probe;
	struct pmtu_place p;
	int64_t now = 0;

	(void)state;
	pmtu_place_start(&p, &c);
	assert_true(run_to(&p, PMTU_PLACE_ECHO, true, true, &now, &probe));
	pmtu_place_answered(&p, probe.number, &c.target, now + 1, 1300);
	assert_false(run_to(&p, PMTU_PLACE_ECHO, true, true, &now, &probe));
	assert_int_equal(p.found.why, PMTU_PLACE_CHANGED);
	assert_int_equal(p.found.direction, DIRECTION_UNKNOWN);
	assert_int_equal(p.found.hop, 0);
	assert_int_equal(p.found.back, 1300);
}

/* Quotes that are cut short. */
static void test_find(void **state)
{
	struct sim_hops h = plain_hops(AF_INET);
	struct pmtu_place_config c = plain_config(&h);
	const struct pmtu_place_probe *found;
	struct pmtu_place_probe probe;
	struct pmtu_place p;
	int64_t now = 0;

	(void)state;
	c.number = 0x1fffe;
	pmtu_place_start(&p, &c);
	assert_null(pmtu_place_find(&p, PMTU_PLACE_UDP, 1383, -1));
	assert_true(run_to(&p, PMTU_PLACE_UDP, true, false, &now, &probe));
	found = pmtu_place_find(&p, PMTU_PLACE_UDP, 1383, -1);
	assert_non_null(found);
	assert_int_equal(found->number, probe.number);
	assert_null(pmtu_place_find(&p, PMTU_PLACE_UDP, 1382, -1));
	found = pmtu_place_find(&p, PMTU_PLACE_TIMESTAMP, 0, 0xfffe);
	assert_non_null(found);
	assert_int_equal(found->number, 0x1fffe);
	assert_null(pmtu_place_find(&p, PMTU_PLACE_TIMESTAMP, 0, 0x7fff));
}

static struct addr any_address(struct sim_hops *h)
{
	return hops_address(h->family, path_between(&h->path, 0, 8));
}

/* Whatever is answered, it ends in time, keeps to its probes, and its answer is one. */
static void test_nonsense(void **state)
{
	(void)state;
	for (unsigned run = 0; run < runs; run++) {
		struct sim_hops h = plain_hops(run & 1 ? AF_INET : AF_INET6);
		struct pmtu_place_config c = plain_config(&h);
		struct watched w = { .config = &c };
		struct pmtu_place_probe probe;
		enum pmtu_step step;
		struct pmtu_place p;
		int64_t now = 0, wake = 0;

		h.path.random += run * UINT64_C(0x9e3779b97f4a7c15);
		c.number = (uint32_t)path_between(&h.path, 0, 1000000) - 100;
		c.srtt_us = path_between(&h.path, 0, 1) * path_between(&h.path, 1, 3000000);
		pmtu_place_start(&p, &c);
		while ((step = pmtu_place_step(&p, now, &probe, &wake)) != PMTU_STEP_DONE) {
			uint32_t number = p.next - (uint32_t)path_between(&h.path, -3, 20);
			struct addr from = any_address(&h);

			if (step == PMTU_STEP_SEND)
				watch(&probe, now, &w);
			else
				now = path_between(&h.path, 0, 3) ? wake : now + path_between(&h.path, 1, 1000);
			switch (path_between(&h.path, 0, 15)) {
			case 0:
				pmtu_place_answered(&p, number, &from, now, path_between(&h.path, -5, 1500));
				break;
			case 1:
			case 2:
				pmtu_place_expired(&p, number, &from, now);
				break;
			case 5:
				if (path_chance(&h.path) < 0.05)
					pmtu_place_reflected(&p, number);
				break;
			case 3:
				if (path_chance(&h.path) < 0.05)
					pmtu_place_refused(&p, number);
				break;
			case 4:
				if (path_chance(&h.path) < 0.01)
					pmtu_place_failed(&p, number);
				break;
			}
		}
		assert_false(w.odd);
		assert_true(now <= PMTU_PLACE_BUDGET_US + US_PER_MS);
		assert_true(p.found.direction == DIRECTION_FORWARD || p.found.direction == DIRECTION_REVERSE ||
			    p.found.direction == DIRECTION_UNKNOWN);
		assert_int_equal(p.found.direction == DIRECTION_UNKNOWN, p.found.why != PMTU_PLACE_KNOWN);
		assert_true(p.found.hop >= 0 && p.found.hop <= PMTU_PLACE_HOPS && p.found.next >= 0 &&
			    p.found.next <= PMTU_PLACE_HOPS);
		assert_true(!p.found.next || p.found.next > p.found.hop);
		assert_true(p.found.probes < 4096);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_paths), cmocka_unit_test(test_nothing_to_send),
		cmocka_unit_test(test_sending_fails), cmocka_unit_test(test_delays_are_not_its_own),
		cmocka_unit_test(test_strangers_are_ignored),
		cmocka_unit_test(test_ptb_after_all), cmocka_unit_test(test_passes_again), cmocka_unit_test(test_find),
		cmocka_unit_test(test_nonsense),
	};

	if (getenv("PMTU_RUNS"))
		runs = (unsigned)strtoul(getenv("PMTU_RUNS"), NULL, 10);
	if (getenv("PMTU_SEED"))
		seed = strtoull(getenv("PMTU_SEED"), NULL, 10);
	if (!runs || runs > 100000)
		return 2;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
