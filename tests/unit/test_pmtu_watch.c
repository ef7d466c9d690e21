// SPDX-License-Identifier: GPL-2.0-or-later
// source: the steady state of a path whose MTU is known, over simulated paths. PMTU_SEED says which.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "pmtu_path.h"

static uint64_t seed = 1;

static void watch_tell(struct sim_path *p, struct pmtu_watch *w, const struct path_event *e)
{
	struct addr from = path_router(p->family, e->limit);

	switch (e->what) {
	case PATH_REPLY:
		pmtu_watch_reply(w, e->number, e->rtt_us);
		break;
	case PATH_PTB:
		pmtu_watch_refused(w, e->number, p->family == AF_INET ? e->size : 0, &from, e->mtu);
		break;
	case PATH_LOCAL:
		pmtu_watch_local(w, e->number);
		break;
	case PATH_UNREACHABLE:
	case PATH_NOTHING:
		break;
	}
}

/* The scheduled probes of a period, a second apart, then its two: *w. Returns the probes of the path MTU sent. */
static unsigned run_period(struct sim_path *p, struct pmtu_steady *k, struct pmtu_watch *w, unsigned seconds)
{
	struct path_events q = { .n = 0 };
	struct path_event e;
	int64_t now = p->now_us, wake = 0;

	pmtu_watch_start(w, k, 7);
	for (unsigned i = 0; i < seconds; i++) {
		e = path_send(p, now + i * US_PER_S, 0, w->small);
		pmtu_steady_control(k, e.what == PATH_REPLY);
	}
	now += (seconds ? seconds - 1 : 0) * US_PER_S;
	for (;;) {
		struct pmtu_probe probe;
		enum pmtu_step step = pmtu_watch_step(w, now, &probe, &wake);

		if (step == PMTU_STEP_DONE)
			break;
		if (step == PMTU_STEP_SEND) {
			e = path_send(p, now, probe.number, probe.size);
			path_push(&q, &e);
			wake = now;
		}
		if (path_pop(&q, wake, &e)) {
			now = e.at_us > now ? e.at_us : now;
			watch_tell(p, w, &e);
		} else if (wake > now) {
			now = wake;
		}
	}
	p->now_us = now > p->now_us + seconds * US_PER_S ? now : p->now_us + seconds * US_PER_S;
	return w->flight.probes;
}

static void no_false_drop(int family, double burst)
{
	struct sim_path p = { .family = family, .rtt_us = 40 * US_PER_MS, .loss = 0.1, .burst = burst,
			      .random = seed * 77 + 5, .limits[0] = { .mtu = 1390, .silent = true } };
	unsigned periods = 32000, events[PMTU_EVENT_DARK + 1] = { 0 }, quiet = 0, probes = 0, suspicions = 0;
	struct pmtu_steady k = { .family = family, .mtu = 1390, .srtt_us = 40 * US_PER_MS, .rttvar_us = US_PER_MS };
	struct pmtu_watch w;

	for (unsigned i = 0; i < periods; i++) {
		unsigned n = run_period(&p, &k, &w, 10);

		events[w.event]++;
		probes += n;
		suspicions += w.confirming;
		if (!w.confirming) {
			quiet++;
			assert_int_equal(n, 2);
		}
	}
	printf("# IPv%d, %u periods, 10 %% loss%s: drops %u, dark %u, confirmed %u; suspicions %u; "
	       "%.2f probes a period\n", family == AF_INET ? 4 : 6, periods, burst > 0 ? " in bursts" : "",
	       events[PMTU_EVENT_DROP], events[PMTU_EVENT_DARK], events[PMTU_EVENT_CONFIRMED], suspicions,
	       (double)probes / periods);
	assert_int_equal(events[PMTU_EVENT_DROP], 0);
	assert_int_equal(events[PMTU_EVENT_DROP_PTB], 0);
	assert_int_equal(events[PMTU_EVENT_RAISE], 0);
	assert_true(quiet > periods * 8 / 10);
}

static void no_false_drops(void **state)
{
	(void)state;
	no_false_drop(AF_INET, 0);
	no_false_drop(AF_INET, 4);
	no_false_drop(AF_INET6, 0);
	no_false_drop(AF_INET6, 4);
}

/* Every change is seen in the period in which it can be, and what it is now found by a search. */
static void drifts_are_found(void **state)
{
	const struct pmtu_loss known = { 100, 10 };
	int64_t worst[2] = { 0, 0 }; /* without loss, with */
	unsigned late = 0;

	(void)state;
	for (unsigned run = 0; run < 600; run++) {
		int family = run % 2 ? AF_INET6 : AF_INET;
		struct sim_path p = { .family = family, .rtt_us = 40 * US_PER_MS, .loss = run % 3 ? 0.1 : 0,
				      .random = seed * 31 + run + 1, .limits[0] = { .silent = run % 4 < 2 } };
		struct pmtu_config c = { .family = family, .most = 1500, .loss = known };
		int old = path_between(&p, 1280, 1499), now;
		struct pmtu_steady k = { .family = family, .mtu = old, .srtt_us = 40 * US_PER_MS,
					 .rttvar_us = US_PER_MS, .loss = known };
		struct pmtu_search s;
		struct pmtu_watch w;
		int64_t since, took;

		do
			now = path_between(&p, 1280, 1500);
		while (now == old);
		p.limits[0].mtu = now;
		since = p.now_us;
		for (unsigned i = 0; i < 5; i++) {
			run_period(&p, &k, &w, 0);
			if (w.event != PMTU_EVENT_CONFIRMED && w.event != PMTU_EVENT_DARK)
				break;
			/* the larger one, or all of it, was lost by chance */
			late++;
		}
		assert_int_equal(w.event, now > old ? PMTU_EVENT_RAISE : p.limits[0].silent ? PMTU_EVENT_DROP :
				 PMTU_EVENT_DROP_PTB);
		if (w.event == PMTU_EVENT_DROP_PTB) {
			assert_int_equal(w.named, now);
			c.candidates[0] = w.named;
		}
		took = p.now_us - since;
		path_search(&p, &s, &c);
		assert_int_equal(s.found.mtu, now);
		took += s.found.took_us;
		worst[p.loss > 0] = took > worst[p.loss > 0] ? took : worst[p.loss > 0];
	}
	printf("# 600 drifts found; %u periods that chance took; the slowest %.2f s without loss, %.2f s with 10 %%\n",
	       late, (double)worst[0] / 1e6, (double)worst[1] / 1e6);
	assert_true(late < 100);
	assert_true(worst[0] <= 2 * US_PER_S);
}

static void the_top_needs_one_probe(void **state)
{
	struct sim_path p = { .family = AF_INET, .rtt_us = 40 * US_PER_MS, .random = 3, .local = 1500 };
	struct pmtu_steady k = { .family = AF_INET, .mtu = 1500 };
	struct pmtu_watch w;

	(void)state;
	assert_int_equal(run_period(&p, &k, &w, 1), 1);
	assert_int_equal(w.event, PMTU_EVENT_CONFIRMED);
	assert_true(k.top);
	assert_int_equal(run_period(&p, &k, &w, 1), 1);
	/* a path that answers nothing says nothing about its MTU */
	p.loss = 1;
	run_period(&p, &k, &w, 0);
	assert_int_equal(w.event, PMTU_EVENT_DARK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_false_drops), cmocka_unit_test(drifts_are_found),
		cmocka_unit_test(the_top_needs_one_probe),
	};
	const char *text = getenv("PMTU_SEED");
	int64_t n;

	if (text && str_to_int(text, 1, INT32_MAX, &n))
		seed = (uint64_t)n;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
