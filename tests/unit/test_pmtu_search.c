// SPDX-License-Identifier: GPL-2.0-or-later
// source: the path-MTU search over simulated paths. PMTU_RUNS says how many searches each kind of
// path gets (1000 unless given), PMTU_SEED which.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "pmtu_path.h"

static unsigned runs = 1000;
static uint64_t seed = 1;

enum lie { LIE_NONE, LIE_LOW, LIE_ZERO, LIE_ABSURD };
enum guess { GUESS_NONE, GUESS_RIGHT, GUESS_WRONG };

struct kind {
	const char *name;
	bool silent;             /* no PTB */
	double loss, burst;      /* burst: mean length, 0: independent */
	enum guess guess;
	enum lie lie;
	int64_t every_us;        /* of the PTB limiter */
	bool second;             /* another limit behind the first, without PTBs */
	bool both;               /* ... with them */
	double rate, bucket;     /* of the policer of echo */
	bool free;               /* nothing limits but the interface */
	int64_t jitter_us;
	double line_bps;
	bool changes;            /* the limit moves in the midst */
	bool may_give_up;        /* too lossy is an answer, too */
	double median_s, p95_s;  /* at most; 0: not said */
	double probes;           /* median at most */
};

static const struct kind kinds[] = {
	{ .name = "frag-needed", .median_s = 0.2, .probes = 12 },
	{ .name = "frag-needed, 10 % loss", .loss = 0.1, .median_s = 0.2, .p95_s = 0.5, .probes = 12 },
	{ .name = "frag-needed, 10 % loss in bursts", .loss = 0.1, .burst = 4 },
	{ .name = "frag-needed, 20 % loss", .loss = 0.2, .may_give_up = true },
	{ .name = "frag-needed, 30 % loss", .loss = 0.3, .may_give_up = true },
	{ .name = "black hole", .silent = true, .median_s = 0.5, .probes = 62 },
	{ .name = "black hole, 5 % loss", .silent = true, .loss = 0.05 },
	{ .name = "black hole, 10 % loss", .silent = true, .loss = 0.1, .median_s = 0.6, .p95_s = 1.5, .probes = 70 },
	{ .name = "black hole, 10 % loss, right candidate", .silent = true, .loss = 0.1, .guess = GUESS_RIGHT,
	  .median_s = 0.6, .p95_s = 1.5, .probes = 20 },
	{ .name = "black hole, 10 % loss, wrong candidate", .silent = true, .loss = 0.1, .guess = GUESS_WRONG },
	{ .name = "black hole, 10 % loss in bursts", .silent = true, .loss = 0.1, .burst = 4, .p95_s = 2 },
	{ .name = "black hole, 20 % loss", .silent = true, .loss = 0.2, .may_give_up = true },
	{ .name = "black hole, 30 % loss", .silent = true, .loss = 0.3, .may_give_up = true },
	{ .name = "black hole, 30 % loss, wrong candidate", .silent = true, .loss = 0.3, .guess = GUESS_WRONG,
	  .may_give_up = true },
	{ .name = "black hole, 30 % loss in bursts", .silent = true, .loss = 0.3, .burst = 4, .may_give_up = true },
	{ .name = "black hole, 60 % loss", .silent = true, .loss = 0.6, .may_give_up = true },
	{ .name = "PTB limiter, 500 ms", .every_us = 500 * US_PER_MS },
	{ .name = "PTB limiter, 1 s, 10 % loss", .every_us = US_PER_S, .loss = 0.1 },
	{ .name = "PTB limiter, 500 ms, 10 % loss in bursts", .every_us = 500 * US_PER_MS, .loss = 0.1, .burst = 4 },
	{ .name = "two limits in series", .second = true },
	{ .name = "two limits in series, 10 % loss", .second = true, .loss = 0.1 },
	{ .name = "two limits in series, 10 % loss in bursts", .second = true, .loss = 0.1, .burst = 4 },
	{ .name = "two limits in series, with PTBs", .second = true, .both = true },
	{ .name = "two limits in series, with PTBs, 10 % loss", .second = true, .both = true, .loss = 0.1 },
	{ .name = "router names a wrong MTU", .lie = LIE_LOW },
	{ .name = "router names a wrong MTU, 10 % loss", .lie = LIE_LOW, .loss = 0.1 },
	{ .name = "router names a wrong MTU, loss in bursts", .lie = LIE_LOW, .loss = 0.1, .burst = 4 },
	{ .name = "router names 0", .lie = LIE_ZERO },
	{ .name = "router names 0, 10 % loss", .lie = LIE_ZERO, .loss = 0.1 },
	{ .name = "router names 0, 10 % loss in bursts", .lie = LIE_ZERO, .loss = 0.1, .burst = 4 },
	{ .name = "router names what cannot be", .lie = LIE_ABSURD, .loss = 0.1 },
	{ .name = "policer, 100/s", .silent = true, .rate = 100, .bucket = 20 },
	{ .name = "policer, 20/s", .silent = true, .rate = 20, .bucket = 10 },
	{ .name = "policer, 10/s", .silent = true, .rate = 10, .bucket = 5 },
	{ .name = "policer, 20/s, 5 % loss", .silent = true, .rate = 20, .bucket = 10, .loss = 0.05,
	  .may_give_up = true },
	{ .name = "policer, 10/s, frag-needed", .rate = 10, .bucket = 5 },
	{ .name = "nothing limits", .free = true, .median_s = 0.2, .probes = 6 },
	{ .name = "nothing limits, wrong candidate", .free = true, .guess = GUESS_WRONG, .median_s = 0.2, .probes = 6 },
	{ .name = "nothing limits, 10 % loss", .free = true, .loss = 0.1, .probes = 6 },
	{ .name = "nothing limits, 10 % loss in bursts", .free = true, .loss = 0.1, .burst = 4 },
	{ .name = "nothing limits, 30 % loss", .free = true, .loss = 0.3, .may_give_up = true },
	{ .name = "jitter of 60 ms, 5 % loss", .silent = true, .jitter_us = 60 * US_PER_MS, .loss = 0.05 },
	{ .name = "3 Mbit/s, queue of 10", .silent = true, .line_bps = 3e6 },
	{ .name = "3 Mbit/s, queue of 10, jitter", .silent = true, .line_bps = 3e6, .jitter_us = 5 * US_PER_MS },
	{ .name = "the limit moves", .silent = true, .loss = 0.05, .changes = true },
	{ .name = "the limit moves, frag-needed", .loss = 0.05, .changes = true },
};

static void set_lie(struct sim_path *p, const struct kind *k, int least)
{
	struct path_limit *l = &p->limits[0];

	switch (k->lie) {
	case LIE_NONE:
		return;
	case LIE_LOW:
		l->names = path_between(p, least, 1499);
		break;
	case LIE_ZERO:
		l->names = 0;
		break;
	case LIE_ABSURD:
		l->names = path_chance(p) < 0.5 ? path_between(p, 1, least - 1) : path_between(p, 1501, 65535);
		break;
	}
	l->lies = true;
}

static struct sim_path make_path(const struct kind *k, int family, unsigned run)
{
	int least = family == AF_INET ? 600 : 1280;
	struct sim_path p = {
		.family = family, .loss = k->loss, .burst = k->burst, .rtt_us = 40 * US_PER_MS,
		.jitter_us = k->jitter_us, .police_rate = k->rate, .police_burst = k->bucket, .tokens = k->bucket,
		.line_bps = k->line_bps, .line_queue = 10,
	};

	p.random = (seed * 1000003 + run + 1) * UINT64_C(0x9e3779b97f4a7c15);
	for (int i = 0; i < 8; i++)
		path_chance(&p);
	p.limits[0] = (struct path_limit){
		.mtu = k->free ? 0 : path_between(&p, least, 1500), .silent = k->silent, .every_us = k->every_us,
		/* the one it has was sent to somebody else */
		.any = path_chance(&p) < 0.5,
	};
	if (k->second)
		p.limits[1] = (struct path_limit){
			.mtu = path_between(&p, least, p.limits[0].mtu), .silent = !k->both,
		};
	if (k->changes) {
		p.change_us = path_between(&p, 1, 800000);
		p.change_mtu = path_between(&p, least, 1500);
	}
	set_lie(&p, k, family == AF_INET ? 576 : 1280);
	return p;
}

static int true_mtu(const struct sim_path *p)
{
	int mtu = 1500;

	for (int i = 0; i < 2; i++)
		if (p->limits[i].mtu && p->limits[i].mtu < mtu)
			mtu = p->limits[i].mtu;
	return mtu;
}

static struct pmtu_config make_config(const struct kind *k, struct sim_path *p)
{
	struct pmtu_config c = { .family = p->family, .most = 1500 };

	if (k->guess == GUESS_RIGHT)
		c.candidates[0] = true_mtu(p);
	else if (k->guess == GUESS_WRONG)
		c.candidates[0] = path_between(p, p->family == AF_INET ? 600 : 1280, 1499);
	return c;
}

/* ---- what many searches came to ---- */
struct series {
	double *v;
	unsigned n;
};

static int ascending(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static double at(const struct series *s, double share)
{
	unsigned i = (unsigned)(share * s->n);

	return s->v[i < s->n ? i : s->n - 1];
}

struct tally_of {
	unsigned wrong, gave_up, other, dropped, queued;
	struct series seconds, probes;
};

static bool is_cause_right(const struct kind *k, const struct sim_path *p, const struct pmtu_search *s)
{
	/* the second limit counts unless it is just where the first one is */
	bool second = k->second && p->limits[1].mtu < p->limits[0].mtu;
	struct addr teller = path_router(p->family, second);

	if (s->found.mtu == 1500)
		return s->found.cause == PMTU_CAUSE_NONE;
	/* unknown is an answer as well */
	if (k->may_give_up && s->found.cause == PMTU_CAUSE_PENDING)
		return true;
	if (p->limits[second].silent)
		return s->found.cause == PMTU_CAUSE_SILENT;
	return s->found.cause == PMTU_CAUSE_PTB && addr_equal(&s->found.from, &teller);
}

static void take(struct tally_of *o, const struct kind *k, struct sim_path *p, const struct pmtu_config *c,
		 unsigned run)
{
	int before = true_mtu(p), after;
	struct pmtu_search s;

	path_search(p, &s, c);
	after = true_mtu(p);
	o->seconds.v[o->seconds.n++] = (double)s.found.took_us / 1e6;
	o->probes.v[o->probes.n++] = s.found.probes;
	o->dropped += p->line_drops;
	o->queued = p->line_most > o->queued ? p->line_most : o->queued;
	if (s.found.state == PMTU_STATE_TOO_LOSSY || s.found.state == PMTU_STATE_UNREACHABLE) {
		o->gave_up++;
	} else if (s.found.state != PMTU_STATE_COMPLETE) {
		o->other++;
	} else if (s.found.mtu != after && (!k->changes || s.found.mtu != before)) {
		o->wrong++;
		printf("# %s, run %u: %d instead of %d\n", k->name, run, s.found.mtu, after);
	} else if (!k->changes && !is_cause_right(k, p, &s)) {
		o->other++;
		printf("# %s, run %u: cause %d of %d\n", k->name, run, (int)s.found.cause, s.found.mtu);
	}
}

static void run_kind(const struct kind *k, int family)
{
	struct tally_of o = {
		.seconds.v = xcalloc(runs, sizeof(double)), .probes.v = xcalloc(runs, sizeof(double)),
	};

	for (unsigned i = 0; i < runs; i++) {
		struct sim_path p = make_path(k, family, i);
		struct pmtu_config c = make_config(k, &p);

		take(&o, k, &p, &c, i);
	}
	qsort(o.seconds.v, o.seconds.n, sizeof(double), ascending);
	qsort(o.probes.v, o.probes.n, sizeof(double), ascending);
	printf("# IPv%d %-40s wrong %u of %u, gave up %u; probes %.0f (p95 %.0f, most %.0f); "
	       "s %.2f (p95 %.2f, most %.2f)\n",
	       family == AF_INET ? 4 : 6, k->name, o.wrong, runs, o.gave_up, at(&o.probes, 0.5), at(&o.probes, 0.95),
	       at(&o.probes, 1), at(&o.seconds, 0.5), at(&o.seconds, 0.95), at(&o.seconds, 1));
	if (k->line_bps > 0)
		printf("# ... queued at most %u\n", o.queued);
	assert_int_equal(o.wrong, 0);
	if (!k->changes)
		assert_in_range(o.other, 0, runs / 2000);
	if (!k->may_give_up)
		assert_in_range(o.gave_up, 0, runs / 2000);
	assert_int_equal(o.dropped, 0);
	/* there is room left in the queue of the slow line */
	assert_in_range(o.queued, 0, 6);
	if (k->median_s > 0)
		assert_true(at(&o.seconds, 0.5) <= k->median_s);
	if (k->p95_s > 0)
		assert_true(at(&o.seconds, 0.95) <= k->p95_s);
	if (k->probes > 0)
		assert_true(at(&o.probes, 0.5) <= k->probes);
	free(o.seconds.v);
	free(o.probes.v);
}

static void never_wrong_in_ipv4(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		run_kind(&kinds[i], AF_INET);
}

static void never_wrong_in_ipv6(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		run_kind(&kinds[i], AF_INET6);
}

/* ---- one thing at a time ---- */

static struct pmtu_found search(struct sim_path *p, int most)
{
	struct pmtu_config c = { .family = p->family, .most = most };
	struct pmtu_search s;

	p->random = 12345;
	if (!p->rtt_us)
		p->rtt_us = 10 * US_PER_MS;
	path_search(p, &s, &c);
	return s.found;
}

static void the_interface_is_the_limit(void **state)
{
	static const int sizes[] = { 65535, 9000, 1500, 1492, 1400, 1280 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		struct sim_path p4 = { .family = AF_INET }, p6 = { .family = AF_INET6 };
		struct pmtu_found f4 = search(&p4, sizes[i]), f6 = search(&p6, sizes[i]);

		assert_int_equal(f4.mtu, sizes[i]);
		assert_int_equal(f4.cause, PMTU_CAUSE_NONE);
		assert_int_equal(f6.mtu, sizes[i]);
		assert_in_range(f6.probes, 1, 6);
	}
}

static void large_interfaces(void **state)
{
	static const int limits[] = { 8999, 4000, 1500, 1390, 700 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(limits); i++) {
		struct sim_path p = { .family = AF_INET, .limits[0] = { .mtu = limits[i], .silent = true } };

		assert_int_equal(search(&p, 9000).mtu, limits[i]);
		assert_in_range(p.sent, 1, 110);
	}
}

static void this_host_refuses(void **state)
{
	struct sim_path p = { .family = AF_INET, .local = 1438 };
	struct pmtu_found f;

	(void)state;
	f = search(&p, 1500);
	assert_int_equal(f.mtu, 1438);
	assert_int_equal(f.cause, PMTU_CAUSE_LOCAL);
	/* what was refused here did not leave */
	assert_int_equal(f.probes, p.sent);
	p = (struct sim_path){ .family = AF_INET6, .local = 1438, .limits[0] = { .mtu = 1400 } };
	f = search(&p, 1500);
	assert_int_equal(f.mtu, 1400);
	assert_int_equal(f.cause, PMTU_CAUSE_PTB);
}

/* A path whose limit moves while the cause of the old one is looked for. */
static void moves_behind_the_number(void **state)
{
	static const int limits[] = { 1300, 1450 };
	unsigned old = 0;

	(void)state;
	for (unsigned run = 0; run < 800; run++) {
		struct sim_path p = { .family = run % 2 ? AF_INET6 : AF_INET, .rtt_us = 40 * US_PER_MS,
				      .loss = run % 4 < 2 ? 0 : 0.1, .random = run + 31,
				      .limits[0] = { .mtu = 1400, .silent = true },
				      .change_us = 2 * US_PER_S, .change_mtu = limits[run % 8 / 4] };
		struct pmtu_config c = { .family = p.family, .most = 1500 };
		struct pmtu_search s;

		path_search(&p, &s, &c);
		assert_int_equal(s.found.state, PMTU_STATE_COMPLETE);
		assert_int_equal(s.found.cause, PMTU_CAUSE_SILENT);
		if (s.found.mtu == p.change_mtu)
			continue;
		/* what grew may just have been lost */
		assert_int_equal(s.found.mtu, 1400);
		assert_true(p.loss > 0 && p.change_mtu > 1400);
		old++;
	}
	printf("# %u of 800 did not see it\n", old);
	assert_true(old < 8);
}

/* A path that goes away then has had that MTU. */
static void goes_behind_the_number(void **state)
{
	struct sim_path p = { .family = AF_INET, .rtt_us = 40 * US_PER_MS, .random = 7,
			      .limits[0] = { .mtu = 1400, .silent = true },
			      .change_us = 2 * US_PER_S, .change_mtu = 20 };
	struct pmtu_config c = { .family = AF_INET, .most = 1500 };
	struct pmtu_search s;

	(void)state;
	path_search(&p, &s, &c);
	assert_int_equal(s.found.state, PMTU_STATE_COMPLETE);
	assert_int_equal(s.found.mtu, 1400);
	assert_int_equal(s.found.cause, PMTU_CAUSE_PENDING);
	assert_in_range(p.now_us, 3 * US_PER_S, 15 * US_PER_S);
}

static void shrink(struct sim_path *p, struct pmtu_search *s, const struct pmtu_probe *probe, int64_t now_us,
		   void *arg)
{
	(void)s;
	(void)probe;
	(void)now_us;
	(void)arg;
	if (p->sent == 20)
		p->local = 1300;
}

static void this_host_begins_to_refuse(void **state)
{
	const struct path_hook hook = { .sends = shrink };
	const struct pmtu_config c = { .family = AF_INET, .most = 1500 };
	struct sim_path p = { .family = AF_INET, .rtt_us = 10 * US_PER_MS, .random = 9,
			      .limits[0] = { .mtu = 1450, .silent = true } };
	struct pmtu_search s;

	(void)state;
	path_search_with(&p, &s, &c, &hook);
	assert_int_equal(s.found.state, PMTU_STATE_COMPLETE);
	assert_int_equal(s.found.mtu, 1300);
	assert_int_equal(s.found.cause, PMTU_CAUSE_LOCAL);
}

static void nobody_answers(void **state)
{
	struct sim_path p = { .family = AF_INET, .loss = 1 };
	struct addr near = path_router(AF_INET, 0);
	struct pmtu_found f;

	(void)state;
	f = search(&p, 1500);
	assert_int_equal(f.state, PMTU_STATE_UNREACHABLE);
	assert_int_equal(f.mtu, 0);
	assert_false(addr_is_set(&f.from));
	assert_in_range(f.took_us, 1, 4 * US_PER_S);
	p = (struct sim_path){ .family = AF_INET, .error_from = 1 };
	f = search(&p, 1500);
	assert_int_equal(f.state, PMTU_STATE_UNREACHABLE);
	assert_int_equal(f.error, 113);
	assert_true(addr_equal(&f.from, &near));
	assert_in_range(f.took_us, 1, US_PER_S);
}

/* Less than what every path carries is no path MTU, but told. */
static void only_small_packets_pass(void **state)
{
	struct sim_path p4 = { .family = AF_INET, .limits[0] = { .mtu = 500, .silent = true } };
	struct sim_path p6 = { .family = AF_INET6, .limits[0] = { .mtu = 1200 } };
	struct pmtu_found f = search(&p4, 1500);

	(void)state;
	assert_int_equal(f.state, PMTU_STATE_COMPLETE);
	assert_int_equal(f.mtu, 0);
	assert_int_equal(f.high, 576);
	assert_int_equal(f.cause, PMTU_CAUSE_SILENT);
	f = search(&p6, 1500);
	assert_int_equal(f.mtu, 0);
	assert_int_equal(f.high, 1280);
	assert_int_equal(f.cause, PMTU_CAUSE_PTB);
	assert_int_equal(f.named, 1200);
}

static void alternate(struct sim_path *p, struct pmtu_search *s, const struct pmtu_probe *probe, int64_t now_us,
		      void *arg)
{
	(void)s;
	(void)probe;
	(void)now_us;
	(void)arg;
	p->limits[0].mtu = path_chance(p) < 0.5 ? 1300 : 1500;
}

/* Packets take one of two paths by chance: whatever is said, it is said in the end, and sending ends. */
static void paths_that_alternate(void **state)
{
	const struct path_hook hook = { .sends = alternate };
	const struct pmtu_config c = { .family = AF_INET, .most = 1500 };

	(void)state;
	for (unsigned run = 0; run < 200; run++) {
		struct sim_path p = { .family = AF_INET, .rtt_us = 10 * US_PER_MS, .random = run + 77,
				      .limits[0] = { .mtu = 1300, .silent = run % 2 } };
		struct pmtu_search s;

		path_search_with(&p, &s, &c, &hook);
		assert_int_equal(s.phase, PMTU_PHASE_OVER);
		assert_in_range(s.flight.probes, 1, PMTU_PROBES_MAX + PMTU_BURST_MAX);
		if (s.found.state == PMTU_STATE_COMPLETE)
			assert_true(s.found.mtu == 1300 || s.found.mtu == 1500);
	}
}

static void forge(struct sim_path *p, struct pmtu_search *s, const struct pmtu_probe *probe, int64_t now_us,
		  void *arg)
{
	struct addr evil = path_router(AF_INET, 1);
	uint32_t n = probe->number;

	(void)now_us;
	(void)arg;
	pmtu_search_refused(s, n + 1000, probe->size, &evil, 1300);
	pmtu_search_refused(s, n, probe->size - 1, &evil, 1300);
	pmtu_search_refused(s, n, probe->size, &evil, path_between(p, 0, 575));
	pmtu_search_refused(s, n, probe->size, &evil, probe->size + path_between(p, 0, 9000));
}

/* PTBs that quote nothing we sent, or another size, and such as name what cannot be. */
static void forged_ptbs_move_nothing(void **state)
{
	const struct path_hook hook = { .sends = forge };
	const struct pmtu_config c = { .family = AF_INET, .most = 1500 };

	(void)state;
	for (unsigned run = 0; run < 500; run++) {
		struct sim_path p = { .family = AF_INET, .rtt_us = 20 * US_PER_MS, .random = run + 99,
				      .loss = run % 2 ? 0.1 : 0 };
		struct pmtu_search s;

		if (run % 4 < 2)
			p.limits[0] = (struct path_limit){ .mtu = path_between(&p, 600, 1500), .silent = true };
		path_search_with(&p, &s, &c, &hook);
		assert_int_equal(s.found.state, PMTU_STATE_COMPLETE);
		assert_int_equal(s.found.mtu, true_mtu(&p));
	}
}

struct pace {
	uint32_t burst;   /* first number of this one */
	int64_t last_us, gap_us, before_us; /* newest probe; least gap of this burst and of the one before */
	bool clean;       /* controls of the burst before were all answered */
	unsigned faster;
};

static void keep_pace(struct sim_path *p, struct pmtu_search *s, const struct pmtu_probe *probe, int64_t now_us,
		      void *arg)
{
	struct pace *t = arg;
	uint32_t first = s->flight.first;

	(void)p;
	(void)probe;
	if (first != t->burst) {
		t->clean = true;
		for (uint32_t n = t->burst; n != first; n++) {
			const struct pmtu_probe *old = pmtu_flight_find(&s->flight, n);

			t->clean = t->clean && (old->size > s->low || old->fate == PMTU_FATE_ANSWERED);
		}
		t->before_us = t->gap_us;
		t->gap_us = PMTU_GAP_MOST_US;
		t->burst = first;
	} else if (now_us - t->last_us < t->gap_us && t->last_us >= 0) {
		t->gap_us = now_us - t->last_us;
	}
	if (t->last_us >= 0) {
		assert_true(now_us - t->last_us >= PMTU_GAP_LEAST_US);
		if ((t->before_us == 0 || !t->clean) && !s->pace_innocent)
			assert_true(now_us - t->last_us >= (t->before_us ? t->before_us : PMTU_GAP_US));
		t->faster += t->before_us && now_us - t->last_us < t->before_us;
	}
	t->last_us = now_us;
}

/* Probes begin 10 ms apart, and come faster only behind a burst whose controls were all answered. */
static void pace(void **state)
{
	const struct pmtu_config c = { .family = AF_INET, .most = 1500 };
	unsigned faster = 0;

	(void)state;
	for (unsigned run = 0; run < 200; run++) {
		struct pace t = { .last_us = -1, .gap_us = PMTU_GAP_MOST_US };
		const struct path_hook hook = { .sends = keep_pace, .arg = &t };
		struct sim_path p = { .family = AF_INET, .rtt_us = 5 * US_PER_MS, .random = run + 5, .loss = 0.1,
				      .limits[0] = { .mtu = 1390, .silent = true } };
		struct pmtu_search s;

		path_search_with(&p, &s, &c, &hook);
		assert_int_equal(s.found.mtu, 1390);
		faster += t.faster > 0;
	}
	printf("# %u of 200 searches became faster\n", faster);
	assert_true(faster > 100);
}

/* A loss between two answers counts; next to a loss it does not. */
static void what_counts(void **state)
{
	static const int sizes[] = { 84, 1400, 1400, 84, 1400, 84, 1400 };
	struct pmtu_flight f = { .gap_us = 1 };
	struct pmtu_probe probe;
	int64_t wake;

	(void)state;
	pmtu_flight_begin(&f);
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++)
		pmtu_flight_add(&f, sizes[i]);
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++)
		assert_int_equal(pmtu_flight_step(&f, (int64_t)i, &probe, &wake), PMTU_STEP_SEND);
	assert_non_null(pmtu_flight_reply(&f, 0, 1000));
	assert_non_null(pmtu_flight_reply(&f, 3, 1000));
	assert_null(pmtu_flight_reply(&f, 3, 1000));
	assert_null(pmtu_flight_reply(&f, 7, 1000));
	assert_int_equal(pmtu_flight_step(&f, 10, &probe, &wake), PMTU_STEP_WAIT);
	assert_int_equal(pmtu_flight_step(&f, US_PER_S, &probe, &wake), PMTU_STEP_DONE);
	assert_true(pmtu_flight_flanked(&f, 1, 84));
	assert_true(pmtu_flight_flanked(&f, 2, 84));
	assert_false(pmtu_flight_flanked(&f, 4, 84));
	assert_false(pmtu_flight_flanked(&f, 6, 84));
}

/* Tries follow the loss: more with more of it, fewer the better it is known, and always what was promised. */
static void tries_follow_the_loss(void **state)
{
	const struct pmtu_loss none = { 0, 0 }, clean = { 200, 0 }, some = { 200, 20 }, much = { 200, 60 };
	unsigned last = 0;

	(void)state;
	assert_int_equal(pmtu_loss_tries(&clean, 1e-5), 3);
	assert_in_range(pmtu_loss_tries(&some, 1e-5), 5, 6);
	assert_in_range(pmtu_loss_tries(&much, 1e-5), 9, 12);
	assert_true(pmtu_loss_tries(&none, 1e-5) > pmtu_loss_tries(&some, 1e-5));
	for (unsigned lost = 0; lost <= 100; lost += 5) {
		const struct pmtu_loss l = { 200, lost };
		unsigned tries = pmtu_loss_tries(&l, 1e-5);

		assert_true(tries >= last);
		assert_true(pmtu_loss_chance(&l, tries) <= 1e-5);
		assert_true(pmtu_loss_chance(&l, tries - 1) > 1e-5);
		last = tries;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(never_wrong_in_ipv4), cmocka_unit_test(never_wrong_in_ipv6),
		cmocka_unit_test(the_interface_is_the_limit), cmocka_unit_test(large_interfaces),
		cmocka_unit_test(this_host_refuses), cmocka_unit_test(this_host_begins_to_refuse),
		cmocka_unit_test(moves_behind_the_number), cmocka_unit_test(goes_behind_the_number),
		cmocka_unit_test(nobody_answers), cmocka_unit_test(only_small_packets_pass),
		cmocka_unit_test(paths_that_alternate),
		cmocka_unit_test(forged_ptbs_move_nothing), cmocka_unit_test(pace), cmocka_unit_test(what_counts),
		cmocka_unit_test(tries_follow_the_loss),
	};
	const char *text = getenv("PMTU_RUNS");
	int64_t n;

	if (text && str_to_int(text, 1, 10000000, &n))
		runs = (unsigned)n;
	text = getenv("PMTU_SEED");
	if (text && str_to_int(text, 1, INT32_MAX, &n))
		seed = (uint64_t)n;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
