// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "source/pmtu_sched.h"

#define WAIT_US US_PER_S /* a target that does not answer is looked at again */

int64_t pmtu_sched_phase(unsigned n, int64_t period_us)
{
	/* multiples of the golden ratio leave no gap much wider than the others, however many there are */
	return (int64_t)(((uint64_t)(n * UINT32_C(2654435769)) * (uint64_t)period_us) >> 32);
}

/* The first moment behind t at which a period begins. */
static int64_t next_period(const struct pmtu_sched *s, int64_t t)
{
	if (!s->period_us)
		return PMTU_SCHED_NEVER;
	return t - t % s->period_us + s->phase_us + (t % s->period_us >= s->phase_us ? s->period_us : 0);
}

void pmtu_sched_start(struct pmtu_sched *s, int64_t now_us, int64_t period_us, int64_t phase_us, int64_t delay_us)
{
	*s = (struct pmtu_sched){
		.period_us = period_us, .phase_us = phase_us, .hold_us = now_us + delay_us, .again_us = now_us,
		.strange_us = now_us, .wanted = period_us > 0,
	};
	s->period_at_us = next_period(s, now_us);
}

bool pmtu_sched_look(struct pmtu_sched *s, int64_t now_us, const uint64_t signs[PMTU_SIGNS])
{
	bool transition = false;

	for (int i = 0; i < PMTU_SIGNS; i++) {
		uint64_t old = s->signs[i];

		/* what is not known now, or becomes known, has not changed */
		if (!signs[i] || signs[i] == old)
			continue;
		s->signs[i] = signs[i];
		if (!old)
			continue;
		s->wanted |= s->period_us > 0;
		s->again_us = now_us;
		s->backoff_us = 0;
		transition |= i != PMTU_SIGN_MTU;
	}
	if (transition)
		s->hold_us = now_us + PMTU_SCHED_HOLD_US;
	return transition;
}

void pmtu_sched_ask(struct pmtu_sched *s)
{
	s->wanted = s->asked = true;
}

void pmtu_sched_event(struct pmtu_sched *s)
{
	s->wanted = true;
}

void pmtu_sched_strange(struct pmtu_sched *s, int64_t now_us)
{
	if (now_us < s->strange_us || !s->period_us)
		return;
	s->strange_us = now_us + PMTU_SCHED_STRANGE_US;
	s->wanted = true;
}

void pmtu_sched_begun(struct pmtu_sched *s)
{
	s->wanted = s->asked = false;
}

void pmtu_sched_over(struct pmtu_sched *s, int64_t now_us, bool found)
{
	if (found) {
		s->backoff_us = 0;
		s->again_us = now_us;
	} else {
		s->backoff_us = s->backoff_us ? s->backoff_us * 2 : PMTU_SCHED_AGAIN_US;
		if (s->backoff_us > PMTU_SCHED_AGAIN_MOST_US)
			s->backoff_us = PMTU_SCHED_AGAIN_MOST_US;
		s->again_us = now_us + s->backoff_us;
		s->wanted |= s->period_us > 0;
	}
	s->period_at_us = next_period(s, now_us);
}

/* Whether a wanted search may begin; else when to look again. */
static bool may_search(const struct pmtu_sched *s, int64_t now_us, bool answers, int64_t *ret_wake_us)
{
	int64_t from = s->asked || s->again_us < s->hold_us ? s->hold_us : s->again_us;

	if (now_us < from) {
		*ret_wake_us = from;
		return false;
	}
	if (answers || s->asked)
		return true;
	*ret_wake_us = now_us + WAIT_US;
	return false;
}

enum pmtu_act pmtu_sched_next(struct pmtu_sched *s, int64_t now_us, bool answers, bool known, int64_t *ret_wake_us)
{
	int64_t wake = PMTU_SCHED_NEVER;

	if (s->wanted && may_search(s, now_us, answers, &wake))
		return PMTU_ACT_SEARCH;
	if (known && now_us >= s->period_at_us) {
		s->period_at_us = next_period(s, now_us);
		/* silence says nothing of sizes */
		if (answers)
			return PMTU_ACT_PERIOD;
	}
	if (known && s->period_at_us < wake)
		wake = s->period_at_us;
	*ret_wake_us = wake;
	return PMTU_ACT_NONE;
}

/* Depth and refill together are what one second sees at most. */
#define LATE_US (2 * US_PER_MS) /* what a late timer may make up for */
#define TOKEN_US (US_PER_S / (PMTU_BUCKET_RATE - PMTU_BUCKET_DEPTH))

static int64_t filled(const struct pmtu_bucket *b, int64_t now_us)
{
	int64_t least = now_us - PMTU_BUCKET_DEPTH * TOKEN_US;

	return b->at_us > least ? b->at_us : least;
}

bool pmtu_bucket_has(const struct pmtu_bucket *b, int64_t now_us, int64_t *ret_wake_us)
{
	int64_t next = filled(b, now_us) + TOKEN_US;

	if (next < b->line_us)
		next = b->line_us;
	*ret_wake_us = next;
	return next <= now_us;
}

int64_t pmtu_bucket_cost(int64_t gap_us, int size)
{
	const int full = 1500;

	return size < full ? gap_us * size / full : gap_us;
}

void pmtu_bucket_take(struct pmtu_bucket *b, int64_t now_us, int64_t cost_us)
{
	b->line_us = (b->line_us > now_us - LATE_US ? b->line_us : now_us - LATE_US) + cost_us;
	b->at_us = filled(b, now_us) + TOKEN_US;
}
