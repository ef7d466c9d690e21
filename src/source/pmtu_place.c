// SPDX-License-Identifier: GPL-2.0-or-later
// Which way a black hole loses packets: rounds of pairs of probes whose answers are small.
#include <assert.h>
#include <string.h>

#include "source/pmtu_place.h"

#define FIRST_TIMEOUT_US US_PER_S
#define TIMEOUT_SLACK_US (50 * US_PER_MS)   /* routers answer in their spare time */
#define TIMEOUT_LEAST_US (100 * US_PER_MS)
#define TIMEOUT_MOST_US (2 * US_PER_S)
#define PAIR_GAP_US (10 * US_PER_MS)        /* from the large one to the small one: answers are limited by time */
#define SIDE_GAP_US (30 * US_PER_MS)        /* between pairs, and when answers do not come: */
#define SIDE_GAP_MOST_US (1050 * US_PER_MS) /* Linux sends six errors at once and then one a second */
enum {
	SIDE_PAIRS = 5,         /* of a round */
	SIDE_PAIRS_SLOW = 2,    /* ... once answers are limited */
	SIDE_ROUNDS = 24,
	DEAF_ROUNDS = 2,        /* without any answer to a small one */
	VERIFY_PAIRS = 4,
	TRIES_MAX = 24,
};

void pmtu_place_start(struct pmtu_place *p, const struct pmtu_place_config *config)
{
	assert(config->low > 0 && config->high > config->low && config->small > 0);
	memset(p, 0, sizeof *p);
	p->config = *config;
	p->next = config->number;
	if (!p->config.budget_us)
		p->config.budget_us = PMTU_PLACE_BUDGET_US;
	p->found.direction = DIRECTION_UNKNOWN;
	p->found.why = PMTU_PLACE_DEAF;
	for (unsigned i = 0; i < PMTU_PLACE_KINDS; i++)
		p->sides[i].gap_us = SIDE_GAP_US;
}

/* ---- a round ---- */

void pmtu_place_add(struct pmtu_place *p, enum pmtu_place_kind kind, bool large, int ttl, int64_t gap_us)
{
	if (p->nplan < PMTU_PLACE_ROUND)
		p->plan[p->nplan++] = (struct pmtu_place_plan){
			.kind = kind, .large = large, .ttl = ttl, .gap_us = gap_us,
		};
}

struct pmtu_place_probe *pmtu_place_at(struct pmtu_place *p, unsigned i)
{
	return &p->ring[(p->first + i) % PMTU_PLACE_RING];
}

static void begin_round(struct pmtu_place *p)
{
	p->first = p->next;
	p->nplan = p->sent = 0;
}

static int size_of(const struct pmtu_place *p, const struct pmtu_place_plan *plan)
{
	if (plan->large)
		return p->config.high;
	return plan->ttl ? p->config.small : p->config.low;
}

static void send(struct pmtu_place *p, int64_t now_us, struct pmtu_place_probe *ret)
{
	struct pmtu_place_probe *probe = &p->ring[p->next % PMTU_PLACE_RING];
	const struct pmtu_place_plan *plan = &p->plan[p->sent++];

	*probe = (struct pmtu_place_probe){
		.number = p->next++, .kind = plan->kind, .size = size_of(p, plan), .ttl = plan->ttl, .sent_us = now_us,
		.fate = PMTU_FATE_WAITING, .large = plan->large,
	};
	p->last_us = now_us;
	p->found.probes++;
	*ret = *probe;
}

static int64_t timeout(const struct pmtu_place *p)
{
	int64_t t = p->config.srtt_us + p->config.srtt_us / 4 + 4 * p->config.rttvar_us + TIMEOUT_SLACK_US;

	if (!p->config.srtt_us && !p->most_us)
		return FIRST_TIMEOUT_US;
	if (t < p->most_us + TIMEOUT_SLACK_US)
		t = p->most_us + TIMEOUT_SLACK_US;
	if (t < TIMEOUT_LEAST_US)
		t = TIMEOUT_LEAST_US;
	return t < TIMEOUT_MOST_US ? t : TIMEOUT_MOST_US;
}

/* Give up what waited too long; returns when the next one is due, or 0 when none waits. */
static int64_t expire(struct pmtu_place *p, int64_t now_us)
{
	int64_t wake = 0, limit = timeout(p);

	for (unsigned i = 0; i < p->sent; i++) {
		struct pmtu_place_probe *probe = pmtu_place_at(p, i);

		if (probe->fate != PMTU_FATE_WAITING)
			continue;
		if (probe->sent_us + limit <= now_us)
			probe->fate = PMTU_FATE_LOST;
		else if (!wake || probe->sent_us + limit < wake)
			wake = probe->sent_us + limit;
	}
	return wake;
}

unsigned pmtu_place_tries(const struct pmtu_place *p, unsigned sent, unsigned answered)
{
	struct pmtu_loss l = p->config.loss;

	l.sent += sent;
	l.lost += sent - answered;
	return pmtu_loss_tries(&l, PMTU_WRONG);
}

/* ---- direction ---- */

static enum pmtu_place_kind kind_of(enum pmtu_place_phase phase)
{
	return phase == PMTU_PLACE_PHASE_TIMESTAMP ? PMTU_PLACE_TIMESTAMP :
	       phase == PMTU_PLACE_PHASE_UDP ? PMTU_PLACE_UDP : PMTU_PLACE_ECHO;
}

static bool can(const struct pmtu_place *p, enum pmtu_place_kind kind)
{
	return p->config.kinds & (1u << kind);
}

static void plan_pairs(struct pmtu_place *p, enum pmtu_place_kind kind, unsigned pairs, int64_t gap_us)
{
	begin_round(p);
	for (unsigned i = 0; i < pairs; i++) {
		pmtu_place_add(p, kind, true, 0, gap_us);
		pmtu_place_add(p, kind, false, 0, PAIR_GAP_US);
	}
}

static void plan_side(struct pmtu_place *p, enum pmtu_place_kind kind)
{
	struct pmtu_place_side *s = &p->sides[kind];
	unsigned tries = pmtu_place_tries(p, s->sent, s->answered);
	unsigned pairs = tries > s->counted ? tries - s->counted : 1;
	unsigned most = s->gap_us > SIDE_GAP_US ? SIDE_PAIRS_SLOW : SIDE_PAIRS;

	plan_pairs(p, kind, pairs < most ? pairs : most, s->gap_us);
}

static void begin_phase(struct pmtu_place *p, enum pmtu_place_phase phase, int64_t now_us)
{
	for (; phase < PMTU_PLACE_PHASE_OVER; phase++) {
		enum pmtu_place_kind kind = kind_of(phase);

		p->phase = phase;
		if (phase == PMTU_PLACE_PHASE_VERIFY || !can(p, kind))
			continue;
		begin_round(p);
		if (phase == PMTU_PLACE_PHASE_HOPS)
			pmtu_place_hops_begin(p, now_us);
		else
			plan_side(p, kind);
		return;
	}
	pmtu_place_end(p, now_us);
}

static void verify(struct pmtu_place *p, int64_t now_us)
{
	p->phase = PMTU_PLACE_PHASE_VERIFY;
	if (can(p, PMTU_PLACE_ECHO))
		plan_pairs(p, PMTU_PLACE_ECHO, VERIFY_PAIRS, SIDE_GAP_US);
	else
		pmtu_place_end(p, now_us);
}

static void know(struct pmtu_place *p, enum direction direction, enum pmtu_place_kind by)
{
	p->found.direction = direction;
	p->found.why = PMTU_PLACE_KNOWN;
	p->found.by = by;
}

static void tally_side(struct pmtu_place *p, struct pmtu_place_side *s)
{
	bool limited = false;

	for (unsigned i = 0; i + 1 < p->sent; i += 2) {
		bool answered = pmtu_place_at(p, i + 1)->fate == PMTU_FATE_ANSWERED;

		s->sent++;
		s->answered += answered;
		s->counted += answered && pmtu_place_at(p, i)->fate == PMTU_FATE_LOST;
		limited |= !answered;
	}
	s->rounds++;
	if (limited)
		s->gap_us = s->gap_us * 6 < SIDE_GAP_MOST_US ? s->gap_us * 6 : SIDE_GAP_MOST_US;
}

static void conclude_side(struct pmtu_place *p, int64_t now_us)
{
	enum pmtu_place_kind kind = kind_of(p->phase);
	struct pmtu_place_side *s = &p->sides[kind];
	unsigned tries;

	tally_side(p, s);
	tries = pmtu_place_tries(p, s->sent, s->answered);
	if (s->large_answered) {
		know(p, DIRECTION_REVERSE, kind);
		verify(p, now_us);
		return;
	}
	if (s->counted >= tries || p->found.direction == DIRECTION_FORWARD) {
		know(p, DIRECTION_FORWARD, kind);
		begin_phase(p, PMTU_PLACE_PHASE_HOPS, now_us);
	} else if (!can(p, kind)) {
		begin_phase(p, p->phase + 1, now_us);
	} else if (!s->answered && s->rounds >= DEAF_ROUNDS) {
		begin_phase(p, p->phase + 1, now_us);
	} else if (tries > TRIES_MAX || s->rounds >= SIDE_ROUNDS) {
		p->found.why = PMTU_PLACE_LOSSY;
		begin_phase(p, p->phase + 1, now_us);
	} else {
		plan_side(p, kind);
	}
}

/* ---- what is over when ---- */

void pmtu_place_end(struct pmtu_place *p, int64_t now_us)
{
	struct pmtu_placed *f = &p->found;

	p->phase = PMTU_PLACE_PHASE_OVER;
	f->took_us = now_us - p->started_us;
	if (!p->contradicted)
		return;
	f->direction = DIRECTION_UNKNOWN;
	f->why = PMTU_PLACE_CHANGED;
	f->hop = f->next = 0;
	f->hop_from = f->next_from = (struct addr){0};
}

static void conclude(struct pmtu_place *p, int64_t now_us)
{
	if (p->contradicted) {
		pmtu_place_end(p, now_us);
		return;
	}
	switch (p->phase) {
	case PMTU_PLACE_PHASE_TIMESTAMP:
	case PMTU_PLACE_PHASE_UDP:
		conclude_side(p, now_us);
		break;
	case PMTU_PLACE_PHASE_VERIFY:
		pmtu_place_end(p, now_us);
		break;
	case PMTU_PLACE_PHASE_HOPS:
		pmtu_place_hops_conclude(p, now_us);
		break;
	case PMTU_PLACE_PHASE_OVER:
		break;
	}
}

/* Out of time: what is not settled stays unknown. */
static void run_out(struct pmtu_place *p, int64_t now_us)
{
	if (p->found.direction == DIRECTION_UNKNOWN && p->phase < PMTU_PLACE_PHASE_HOPS)
		p->found.why = PMTU_PLACE_LOSSY;
	/* REVERSE that nobody has verified */
	if (p->phase == PMTU_PLACE_PHASE_VERIFY) {
		p->found.direction = DIRECTION_UNKNOWN;
		p->found.why = PMTU_PLACE_LOSSY;
	}
	pmtu_place_end(p, now_us);
}

/* Nothing that this round may still bring would change what it tells. */
static bool enough(const struct pmtu_place *p)
{
	return p->contradicted ||
	       ((p->phase == PMTU_PLACE_PHASE_TIMESTAMP || p->phase == PMTU_PLACE_PHASE_UDP) &&
		p->sides[kind_of(p->phase)].large_answered);
}

enum pmtu_step pmtu_place_step(struct pmtu_place *p, int64_t now_us, struct pmtu_place_probe *ret,
			       int64_t *ret_wake_us)
{
	int64_t wake;

	if (!p->begun) {
		p->begun = true;
		p->started_us = now_us;
		p->last_us = now_us - US_PER_S;
		begin_phase(p, PMTU_PLACE_PHASE_TIMESTAMP, now_us);
	}
	while (p->phase != PMTU_PLACE_PHASE_OVER) {
		if (now_us - p->started_us >= p->config.budget_us) {
			run_out(p, now_us);
			break;
		}
		if (enough(p)) {
			conclude(p, now_us);
			continue;
		}
		if (p->sent < p->nplan) {
			wake = p->last_us + p->plan[p->sent].gap_us;
			if (!p->sent && wake < p->begin_us)
				wake = p->begin_us;
			if (wake <= now_us) {
				send(p, now_us, ret);
				return PMTU_STEP_SEND;
			}
		} else {
			wake = expire(p, now_us);
			if (!wake) {
				conclude(p, now_us);
				continue;
			}
		}
		if (wake > p->started_us + p->config.budget_us)
			wake = p->started_us + p->config.budget_us;
		*ret_wake_us = wake;
		return PMTU_STEP_WAIT;
	}
	return PMTU_STEP_DONE;
}

/* ---- what became of probes ---- */

static struct pmtu_place_probe *find(struct pmtu_place *p, uint32_t number)
{
	struct pmtu_place_probe *probe = &p->ring[number % PMTU_PLACE_RING];

	if (p->phase == PMTU_PLACE_PHASE_OVER || probe->fate == PMTU_FATE_NONE || probe->number != number ||
	    probe->fate == PMTU_FATE_ANSWERED)
		return NULL;
	return probe;
}

static void answer(struct pmtu_place *p, struct pmtu_place_probe *probe, int64_t now_us)
{
	probe->fate = PMTU_FATE_ANSWERED;
	if (now_us - probe->sent_us > p->most_us)
		p->most_us = now_us - probe->sent_us;
}

void pmtu_place_answered(struct pmtu_place *p, uint32_t number, const struct addr *from, int64_t now_us, int fragment)
{
	struct pmtu_place_probe *probe = find(p, number);

	/* firewalls on the way refuse UDP in words that only the target should use */
	if (!probe || !addr_equal(from, &p->config.target))
		return;
	answer(p, probe, now_us);
	if (fragment > 0 && fragment > p->found.back)
		p->found.back = fragment;
	if (probe->large && probe->kind == PMTU_PLACE_ECHO)
		p->contradicted = true;
	else if (probe->large && p->found.direction == DIRECTION_FORWARD)
		p->contradicted = true;
	else if (probe->large)
		p->sides[probe->kind].large_answered = true;
	if (probe->ttl && !probe->large) {
		p->hops[probe->ttl].target = true;
		p->hops[probe->ttl].answered++;
	}
}

void pmtu_place_expired(struct pmtu_place *p, uint32_t number, const struct addr *from, int64_t now_us)
{
	struct pmtu_place_probe *probe = find(p, number);
	struct pmtu_place_hop *h;

	if (!probe || !probe->ttl)
		return;
	answer(p, probe, now_us);
	h = &p->hops[probe->ttl];
	if (probe->large || !h->large_answered)
		h->from = *from;
	h->large_answered |= probe->large;
	h->answered += !probe->large;
}

void pmtu_place_refused(struct pmtu_place *p, uint32_t number)
{
	struct pmtu_place_probe *probe = find(p, number);

	if (!probe)
		return;
	/* not counted: a router that says so tells the sender, which a black hole does not */
	probe->fate = PMTU_FATE_REFUSED;
	if (probe->large && p->found.direction == DIRECTION_UNKNOWN)
		know(p, DIRECTION_FORWARD, probe->kind);
	else if (p->found.direction == DIRECTION_REVERSE)
		p->contradicted = true;
}

void pmtu_place_failed(struct pmtu_place *p, uint32_t number)
{
	struct pmtu_place_probe *probe = find(p, number);

	if (!probe)
		return;
	probe->fate = PMTU_FATE_LOCAL;
	p->config.kinds &= ~(1u << probe->kind);
	p->nplan = p->sent;
}

const struct pmtu_place_probe *pmtu_place_find(const struct pmtu_place *p, enum pmtu_place_kind kind, int size,
					       int32_t seq)
{
	for (uint32_t i = 1; i <= PMTU_PLACE_RING; i++) {
		const struct pmtu_place_probe *probe = &p->ring[(p->next - i) % PMTU_PLACE_RING];

		if (probe->fate != PMTU_FATE_NONE && probe->fate != PMTU_FATE_ANSWERED && probe->kind == kind &&
		    (!size || probe->size == size) && (seq < 0 || (probe->number & 0xffff) == (uint32_t)seq))
			return probe;
	}
	return NULL;
}
