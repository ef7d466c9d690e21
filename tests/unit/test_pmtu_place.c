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
	{ .name = "forward, mute hops", .mute = 0.4, .p95_s = 7 },
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
	{ .name = "forward, jitter of 60 ms, 5 % loss", .jitter_us = 60 * US_PER_MS, .loss = 0.05, .may_not_know = true },
	{ .name = "reverse, jitter of 60 ms, 5 % loss", .reverse = true, .jitter_us = 60 * US_PER_MS, .loss = 0.05 },
	{ .name = "forward, policer, 10/s", .police = 10, .may_not_know = true },
	{ .name = "reverse, policer, 10/s", .reverse = true, .police = 10, .may_not_know = true },
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
		.small = h->family == AF_INET ? PMTU_SMALL4 : PMTU_SMALL6, .srtt_us = 40 * US_PER_MS,
		.rttvar_us = k->jitter_us / 4 + US_PER_MS, .kinds = ALL_KINDS, .number = 0xfffffff0u,
	};

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
	bool odd;
};

static void watch(const struct pmtu_place_probe *p, int64_t now_us, void *arg)
{
	struct watched *w = arg;
	unsigned within = 0;

	w->odd |= p->ttl < 0 || p->ttl > PMTU_PLACE_HOPS || !(w->config->kinds & (1u << p->kind)) ||
		  (p->size != w->config->high && p->size != w->config->low && p->size != w->config->small);
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

	while (last && h->routers[last].mute)
		last--;
	if (f->direction != right && f->direction != DIRECTION_UNKNOWN)
		return true;
	if (f->hops && f->hops != h->distance && !k->loss && k->police <= 0)
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
	return f->direction != DIRECTION_UNKNOWN && (k->reverse || (f->hops && f->hop == last_hop(h)));
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

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_paths) };

	if (getenv("PMTU_RUNS"))
		runs = (unsigned)strtoul(getenv("PMTU_RUNS"), NULL, 10);
	if (getenv("PMTU_SEED"))
		seed = strtoull(getenv("PMTU_SEED"), NULL, 10);
	if (!runs || runs > 100000)
		return 2;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
