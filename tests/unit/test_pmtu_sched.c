// SPDX-License-Identifier: GPL-2.0-or-later
// When a collector looks at a path's MTU.
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "source/pmtu_sched.h"

#define PERIOD_US (10 * US_PER_S)
#define NOW (1000 * US_PER_S)

static struct pmtu_sched new_sched(void)
{
	struct pmtu_sched s;
	uint64_t signs[PMTU_SIGNS];

	pmtu_sched_start(&s, NOW, PERIOD_US, 3 * US_PER_S, 0);
	for (int i = 0; i < PMTU_SIGNS; i++)
		signs[i] = 1;
	assert_false(pmtu_sched_look(&s, NOW, signs));
	return s;
}

/* A path whose first search is over, and found something. */
static struct pmtu_sched known_sched(void)
{
	struct pmtu_sched s = new_sched();

	pmtu_sched_begun(&s);
	pmtu_sched_over(&s, NOW, true);
	return s;
}

static bool changes(struct pmtu_sched *s, int64_t now, enum pmtu_sign which, uint64_t to)
{
	uint64_t signs[PMTU_SIGNS] = {0};

	signs[which] = to;
	return pmtu_sched_look(s, now, signs);
}

static void expect(struct pmtu_sched *s, int64_t now, bool answers, bool known, enum pmtu_act act, int64_t wake)
{
	int64_t got = -1;

	assert_int_equal(pmtu_sched_next(s, now, answers, known, &got), act);
	if (act == PMTU_ACT_NONE)
		assert_int_equal(got, wake);
}

static void test_begins(void **state)
{
	struct pmtu_sched s = new_sched();

	(void)state;
	/* not before it answers */
	expect(&s, NOW, false, false, PMTU_ACT_NONE, NOW + US_PER_S);
	expect(&s, NOW, true, false, PMTU_ACT_SEARCH, 0);
	pmtu_sched_begun(&s);
	expect(&s, NOW, true, false, PMTU_ACT_NONE, PMTU_SCHED_NEVER);
	/* nor before its turn */
	pmtu_sched_start(&s, NOW, PERIOD_US, 0, 70);
	expect(&s, NOW, true, false, PMTU_ACT_NONE, NOW + 70);
	expect(&s, NOW + 70, true, false, PMTU_ACT_SEARCH, 0);
}

static void test_periods(void **state)
{
	struct pmtu_sched s = known_sched();
	int64_t first = NOW + 3 * US_PER_S;

	(void)state;
	expect(&s, NOW, true, true, PMTU_ACT_NONE, first);
	expect(&s, first, true, true, PMTU_ACT_PERIOD, 0);
	expect(&s, first, true, true, PMTU_ACT_NONE, first + PERIOD_US);
	/* one that came late moves none; those that were missed are left out */
	expect(&s, first + PERIOD_US + 70, true, true, PMTU_ACT_PERIOD, 0);
	expect(&s, first + PERIOD_US + 70, true, true, PMTU_ACT_NONE, first + 2 * PERIOD_US);
	expect(&s, first + 7 * PERIOD_US + 1, true, true, PMTU_ACT_PERIOD, 0);
	expect(&s, first + 7 * PERIOD_US + 2, true, true, PMTU_ACT_NONE, first + 8 * PERIOD_US);
	/* silence is no time for it */
	expect(&s, first + 8 * PERIOD_US, false, true, PMTU_ACT_NONE, first + 9 * PERIOD_US);
	/* nothing is known, nothing is watched */
	expect(&s, first + 9 * PERIOD_US, true, false, PMTU_ACT_NONE, PMTU_SCHED_NEVER);
}

static void test_transition(void **state)
{
	(void)state;
	for (int i = 0; i < PMTU_SIGN_MTU; i++) {
		struct pmtu_sched s = known_sched();

		assert_true(changes(&s, NOW + 1, (enum pmtu_sign)i, 2));
		expect(&s, NOW + 1, true, true, PMTU_ACT_NONE, NOW + 3 * US_PER_S);
		/* the two probes of a period are none */
		expect(&s, NOW + 3 * US_PER_S, true, true, PMTU_ACT_PERIOD, 0);
		expect(&s, NOW + 4 * US_PER_S, true, true, PMTU_ACT_NONE, NOW + 1 + PMTU_SCHED_HOLD_US);
		/* another one in between begins it anew */
		assert_true(changes(&s, NOW + 4 * US_PER_S, PMTU_SIGN_ROUTE, 7));
		expect(&s, NOW + PMTU_SCHED_HOLD_US + 1, true, true, PMTU_ACT_NONE,
		       NOW + 4 * US_PER_S + PMTU_SCHED_HOLD_US);
		expect(&s, NOW + 4 * US_PER_S + PMTU_SCHED_HOLD_US, true, true, PMTU_ACT_SEARCH, 0);
	}
}

static void test_no_transition(void **state)
{
	struct pmtu_sched s;

	(void)state;
	pmtu_sched_start(&s, NOW, PERIOD_US, 0, 0);
	pmtu_sched_begun(&s);
	pmtu_sched_over(&s, NOW, true);
	for (int i = 0; i < PMTU_SIGNS; i++) {
		/* what becomes known was so before; what is not known now has not changed */
		assert_false(changes(&s, NOW, (enum pmtu_sign)i, 5));
		assert_false(changes(&s, NOW, (enum pmtu_sign)i, 0));
		assert_false(changes(&s, NOW, (enum pmtu_sign)i, 5));
	}
	assert_false(s.wanted);
	/* a configured MTU is searched at once */
	assert_false(changes(&s, NOW, PMTU_SIGN_MTU, 6));
	expect(&s, NOW, true, true, PMTU_ACT_SEARCH, 0);
}

static void test_asked(void **state)
{
	struct pmtu_sched s = known_sched();

	(void)state;
	pmtu_sched_ask(&s);
	expect(&s, NOW, false, true, PMTU_ACT_SEARCH, 0);
	/* a network in motion is left alone all the same */
	changes(&s, NOW, PMTU_SIGN_BGP, 2);
	expect(&s, NOW + 2 * US_PER_S, false, false, PMTU_ACT_NONE, NOW + PMTU_SCHED_HOLD_US);
	expect(&s, NOW + PMTU_SCHED_HOLD_US, false, false, PMTU_ACT_SEARCH, 0);
	pmtu_sched_begun(&s);
	expect(&s, NOW + PMTU_SCHED_HOLD_US, false, false, PMTU_ACT_NONE, PMTU_SCHED_NEVER);
}

static void test_again(void **state)
{
	struct pmtu_sched s = new_sched();
	int64_t now = NOW, wait = PMTU_SCHED_AGAIN_US;

	(void)state;
	for (int i = 0; i < 9; i++) {
		expect(&s, now, true, false, PMTU_ACT_SEARCH, 0);
		pmtu_sched_begun(&s);
		pmtu_sched_over(&s, now, false);
		expect(&s, now, true, false, PMTU_ACT_NONE, now + wait);
		now += wait;
		wait = wait * 2 < PMTU_SCHED_AGAIN_MOST_US ? wait * 2 : PMTU_SCHED_AGAIN_MOST_US;
	}
	/* a change, or a person, need not wait */
	pmtu_sched_begun(&s);
	pmtu_sched_over(&s, now, false);
	pmtu_sched_ask(&s);
	expect(&s, now, true, false, PMTU_ACT_SEARCH, 0);
	pmtu_sched_begun(&s);
	pmtu_sched_over(&s, now, false);
	changes(&s, now, PMTU_SIGN_MTU, 9);
	expect(&s, now, true, false, PMTU_ACT_SEARCH, 0);
}

static void test_strange(void **state)
{
	struct pmtu_sched s = known_sched();

	(void)state;
	pmtu_sched_strange(&s, NOW);
	expect(&s, NOW, true, true, PMTU_ACT_SEARCH, 0);
	pmtu_sched_begun(&s);
	pmtu_sched_over(&s, NOW, true);
	for (int64_t t = NOW; t < NOW + PMTU_SCHED_STRANGE_US; t += US_PER_S) {
		pmtu_sched_strange(&s, t);
		assert_false(s.wanted);
	}
	pmtu_sched_strange(&s, NOW + PMTU_SCHED_STRANGE_US);
	assert_true(s.wanted);
}

static void test_off(void **state)
{
	struct pmtu_sched s;

	(void)state;
	pmtu_sched_start(&s, NOW, 0, pmtu_sched_phase(7, 0), 0);
	expect(&s, NOW, true, false, PMTU_ACT_NONE, PMTU_SCHED_NEVER);
	changes(&s, NOW, PMTU_SIGN_LINK, 1);
	assert_true(changes(&s, NOW, PMTU_SIGN_LINK, 2));
	pmtu_sched_strange(&s, NOW);
	expect(&s, NOW + 2 * PMTU_SCHED_HOLD_US, true, false, PMTU_ACT_NONE, PMTU_SCHED_NEVER);
	pmtu_sched_ask(&s);
	expect(&s, NOW + 2 * PMTU_SCHED_HOLD_US, true, false, PMTU_ACT_SEARCH, 0);
	pmtu_sched_begun(&s);
	pmtu_sched_over(&s, NOW, true);
	expect(&s, NOW + 2 * PMTU_SCHED_HOLD_US, true, true, PMTU_ACT_NONE, PMTU_SCHED_NEVER);
}

/* However many there are, no tenth of the period has many more than its share. */
static void test_phases(void **state)
{
	(void)state;
	for (unsigned n = 10; n <= 4000; n += 399) {
		unsigned tenth[10] = {0};

		for (unsigned i = 0; i < n; i++) {
			int64_t phase = pmtu_sched_phase(i, PERIOD_US);

			assert_in_range(phase, 0, PERIOD_US - 1);
			tenth[phase / (PERIOD_US / 10)]++;
		}
		for (int i = 0; i < 10; i++)
			assert_in_range(tenth[i], n / 10 > 2 ? n / 10 - 2 : 0, n / 10 + 2);
	}
}

/* Whoever asks as often as he likes gets so many in any second. */
static void test_bucket(void **state)
{
	static int64_t sent[10000];
	struct pmtu_bucket b = {0};
	unsigned seed = (unsigned)getpid(), n = 0, first = 0, most = 0;
	int64_t now = NOW, wake;

	(void)state;
	print_message("seed %u\n", seed);
	srandom(seed);
	for (int i = 0; i < 200000 && n < ARRAY_LEN(sent); i++) {
		/* storms and pauses */
		now += random() % 4000 ? random() % 300 : random() % 400000;
		if (!pmtu_bucket_has(&b, now, &wake)) {
			assert_in_range(wake, now + 1, now + US_PER_S / 100);
			continue;
		}
		pmtu_bucket_take(&b, now, 0);
		sent[n++] = now;
		while (sent[first] <= now - US_PER_S)
			first++;
		most = n - first > most ? n - first : most;
	}
	assert_in_range(most, PMTU_BUCKET_RATE - PMTU_BUCKET_DEPTH, PMTU_BUCKET_RATE);
}

/* A line that carries one large packet in 10 ms is asked for no more, however many searches want it. */
static void test_one_line(void **state)
{
	struct pmtu_bucket b = {0};
	int64_t now = NOW, wake, begun = NOW;
	unsigned n = 0;

	(void)state;
	while (now < begun + US_PER_S) {
		if (pmtu_bucket_has(&b, now, &wake)) {
			pmtu_bucket_take(&b, now, 10 * US_PER_MS);
			n++;
			continue;
		}
		assert_true(wake > now);
		/* the timer is late now and then */
		now = wake + (n % 5 ? 0 : 7 * US_PER_MS);
	}
	assert_in_range(n, 80, 101);
	/* small ones wait for less, and what is late is not made up for */
	now += US_PER_S;
	for (n = 0; pmtu_bucket_has(&b, now, &wake); n++)
		pmtu_bucket_take(&b, now, US_PER_MS);
	assert_in_range(n, 1, 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_begins), cmocka_unit_test(test_periods), cmocka_unit_test(test_transition),
		cmocka_unit_test(test_no_transition), cmocka_unit_test(test_asked), cmocka_unit_test(test_again),
		cmocka_unit_test(test_strange), cmocka_unit_test(test_off), cmocka_unit_test(test_phases),
		cmocka_unit_test(test_bucket), cmocka_unit_test(test_one_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
