// SPDX-License-Identifier: GPL-2.0-or-later
// Probes of a path-MTU search under way.
#include <assert.h>
#include <math.h>

#include "source/pmtu_search.h"

#define FIRST_TIMEOUT_US US_PER_S         /* nothing is known of the path yet (RFC 6298 2.1) */
#define TIMEOUT_SLACK_US (10 * US_PER_MS)
#define TIMEOUT_MOST_US (3 * US_PER_S)
#define LINE_GAP_MOST_US (100 * US_PER_MS)
enum { SMALL_BELOW = 200, LARGE_FROM = 500, RTTS_ENOUGH = 4 };
static const double prior_lost = 1, prior_answered = 9;

double pmtu_loss_chance(const struct pmtu_loss *l, unsigned tries)
{
	double lost = prior_lost + l->lost, all = prior_lost + prior_answered + l->sent, chance = 1;

	for (unsigned i = 0; i < tries; i++)
		chance *= (lost + i) / (all + i);
	return chance;
}

unsigned pmtu_loss_tries(const struct pmtu_loss *l, double wrong)
{
	unsigned tries = 1;

	while (tries < PMTU_RING && pmtu_loss_chance(l, tries) > wrong)
		tries++;
	return tries;
}

unsigned pmtu_loss_tries_with(const struct pmtu_loss *l, double wrong, unsigned others)
{
	double mean = (prior_lost + l->lost) / (prior_lost + prior_answered + l->sent);
	struct pmtu_loss more;
	unsigned tries = 0;

	do {
		tries += 2;
		more.sent = l->sent + tries / 2 + 1 + others;
		more.lost = l->lost + (tries / 2 + 1 + others) * mean;
	} while (tries < PMTU_BURST_MAX / 2 && pmtu_loss_tries(&more, wrong) > tries);
	return tries;
}

double pmtu_loss_most(const struct pmtu_loss *l)
{
	double z = 1.96, n = l->sent, p;

	if (n < 1)
		return 1;
	p = l->lost / n;
	return (p + z * z / (2 * n) + z * sqrt(p * (1 - p) / n + z * z / (4 * n * n))) / (1 + z * z / n);
}

void pmtu_flight_begin(struct pmtu_flight *f)
{
	f->first = f->next;
	f->nplan = f->sent = 0;
	f->begin_us = INT64_MIN;
}

void pmtu_flight_add(struct pmtu_flight *f, int size)
{
	assert(size > 0);
	if (f->nplan < PMTU_BURST_MAX)
		f->plan[f->nplan++] = size;
}

struct pmtu_probe *pmtu_flight_find(struct pmtu_flight *f, uint32_t number)
{
	struct pmtu_probe *p = &f->ring[number % PMTU_RING];

	return p->fate != PMTU_FATE_NONE && p->number == number ? p : NULL;
}

struct pmtu_probe *pmtu_flight_at(struct pmtu_flight *f, unsigned i)
{
	return &f->ring[(f->first + i) % PMTU_RING];
}

/* The variation of RFC 6298 begins at half of the first round-trip time and takes a dozen answers to come down; what a
 * few of them differed by is the better guess then. */
static int64_t timeout(const struct pmtu_flight *f)
{
	int64_t varies = 4 * f->rttvar_us, spread = 2 * (f->most_us - f->least_us), t;

	if (!f->srtt_us)
		return FIRST_TIMEOUT_US;
	if (f->rtts >= RTTS_ENOUGH && spread < varies)
		varies = spread;
	t = f->srtt_us + f->srtt_us / 8 + varies + TIMEOUT_SLACK_US;
	if (t < f->most_us)
		t = f->most_us + TIMEOUT_SLACK_US;
	return t < TIMEOUT_MOST_US ? t : TIMEOUT_MOST_US;
}

static void send(struct pmtu_flight *f, int64_t now_us, struct pmtu_probe *ret)
{
	struct pmtu_probe *p = &f->ring[f->next % PMTU_RING];

	*p = (struct pmtu_probe){
		.number = f->next++, .size = f->plan[f->sent++], .sent_us = now_us, .fate = PMTU_FATE_WAITING,
	};
	f->last_us = now_us;
	f->any = true;
	f->probes++;
	*ret = *p;
}

/* Give up what waited too long; returns when the next one is due, or 0 when none waits. */
static int64_t expire(struct pmtu_flight *f, int64_t now_us)
{
	int64_t wake = 0, limit = timeout(f);

	for (unsigned i = 0; i < f->sent; i++) {
		struct pmtu_probe *p = pmtu_flight_at(f, i);

		if (p->fate != PMTU_FATE_WAITING)
			continue;
		if (p->sent_us + limit <= now_us)
			p->fate = PMTU_FATE_LOST;
		else if (!wake || p->sent_us + limit < wake)
			wake = p->sent_us + limit;
	}
	return wake;
}

enum pmtu_step pmtu_flight_step(struct pmtu_flight *f, int64_t now_us, struct pmtu_probe *ret, int64_t *ret_wake_us)
{
	int64_t wake = f->any ? f->last_us + f->gap_us : now_us;

	if (f->sent < f->nplan) {
		if (wake < f->begin_us)
			wake = f->begin_us;
		if (wake <= now_us) {
			send(f, now_us, ret);
			return PMTU_STEP_SEND;
		}
		*ret_wake_us = wake;
		return PMTU_STEP_WAIT;
	}
	wake = expire(f, now_us);
	if (!wake)
		return PMTU_STEP_DONE;
	*ret_wake_us = wake;
	return PMTU_STEP_WAIT;
}

static void take_rtt(struct pmtu_flight *f, int size, int64_t rtt_us)
{
	int64_t off;

	if (rtt_us < 1)
		rtt_us = 1;
	if (size < SMALL_BELOW && (!f->small_us || rtt_us < f->small_us)) {
		f->small_us = rtt_us;
		f->small_size = size;
	}
	if (size >= LARGE_FROM && (!f->large_us || rtt_us < f->large_us)) {
		f->large_us = rtt_us;
		f->large_size = size;
	}
	if (!f->rtts || rtt_us < f->least_us)
		f->least_us = rtt_us;
	if (rtt_us > f->most_us)
		f->most_us = rtt_us;
	f->rtts++;
	if (!f->srtt_us) {
		f->srtt_us = rtt_us;
		f->rttvar_us = rtt_us / 2;
		return;
	}
	off = f->srtt_us > rtt_us ? f->srtt_us - rtt_us : rtt_us - f->srtt_us;
	f->rttvar_us += (off - f->rttvar_us) / 4;
	f->srtt_us += (rtt_us - f->srtt_us) / 8;
	if (f->srtt_us < 1)
		f->srtt_us = 1;
}

struct pmtu_probe *pmtu_flight_reply(struct pmtu_flight *f, uint32_t number, int64_t rtt_us)
{
	struct pmtu_probe *p = pmtu_flight_find(f, number);

	if (!p || p->fate == PMTU_FATE_ANSWERED)
		return NULL;
	p->fate = PMTU_FATE_ANSWERED;
	take_rtt(f, p->size, rtt_us);
	return p;
}

bool pmtu_flight_flanked(struct pmtu_flight *f, unsigned i, int known)
{
	unsigned before = i, after = i + 1;

	while (before > 0 && pmtu_flight_at(f, before - 1)->size > known)
		before--;
	while (after < f->sent && pmtu_flight_at(f, after)->size > known)
		after++;
	return before > 0 && after < f->sent && pmtu_flight_at(f, before - 1)->fate == PMTU_FATE_ANSWERED &&
	       pmtu_flight_at(f, after)->fate == PMTU_FATE_ANSWERED;
}

int64_t pmtu_flight_line_gap(const struct pmtu_flight *f, int size)
{
	int64_t gap;

	if (!f->small_us || !f->large_us || f->large_us <= f->small_us)
		return 0;
	gap = 2 * (f->large_us - f->small_us) * size / (f->large_size - f->small_size);
	return gap < LINE_GAP_MOST_US ? gap : LINE_GAP_MOST_US;
}
