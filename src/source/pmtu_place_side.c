// SPDX-License-Identifier: GPL-2.0-or-later
// Which way a black hole loses packets: pairs of probes whose answers are small.
#include "source/pmtu_place.h"

#define SIDE_GAP_US (30 * US_PER_MS)        /* between pairs, and when answers do not come: */
#define SIDE_GAP_MOST_US (1050 * US_PER_MS) /* Linux sends six errors at once and then one a second */
enum {
	SIDE_PAIRS = 5,         /* of a round */
	SIDE_PAIRS_SLOW = 2,    /* ... once answers are limited */
	SIDE_ROUNDS = 24,
	DEAF_ROUNDS = 2,        /* without any answer to a small one */
	VERIFY_PAIRS = 4,
	NEEDS_MAX = 40,
};

enum pmtu_place_kind pmtu_place_kind_of(enum pmtu_place_phase phase)
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
	pmtu_place_round(p);
	for (unsigned i = 0; i < pairs; i++) {
		pmtu_place_add(p, kind, true, 0, gap_us > SIDE_GAP_US ? pmtu_place_vary(p, gap_us) : gap_us);
		pmtu_place_add(p, kind, false, 0, PMTU_PLACE_PAIR_US);
	}
}

static void plan_side(struct pmtu_place *p, enum pmtu_place_kind kind)
{
	struct pmtu_place_side *s = &p->sides[kind];
	unsigned pairs = pmtu_place_needs(p, s->sent, s->answered, s->counted);
	unsigned most = s->gap_us > SIDE_GAP_US ? SIDE_PAIRS_SLOW : SIDE_PAIRS;

	if (!s->gap_us)
		s->gap_us = SIDE_GAP_US;
	plan_pairs(p, kind, pairs < most ? pairs : most, s->gap_us);
}

void pmtu_place_phase_begin(struct pmtu_place *p, enum pmtu_place_phase phase, int64_t now_us)
{
	for (; phase < PMTU_PLACE_PHASE_OVER; phase++) {
		enum pmtu_place_kind kind = pmtu_place_kind_of(phase);

		p->phase = phase;
		if (phase == PMTU_PLACE_PHASE_VERIFY || !can(p, kind) ||
		    (phase == PMTU_PLACE_PHASE_HOPS && p->placed))
			continue;
		pmtu_place_round(p);
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

void pmtu_place_forget(struct pmtu_placed *f)
{
	f->hop = f->next = 0;
	f->hop_from = f->next_from = (struct addr){0};
}

void pmtu_place_know(struct pmtu_place *p, enum direction direction, enum pmtu_place_kind by)
{
	p->found.direction = direction;
	p->found.why = PMTU_PLACE_KNOWN;
	p->found.by = by;
}

static void reverse(struct pmtu_place *p, enum pmtu_place_kind kind, int64_t now_us)
{
	pmtu_place_know(p, DIRECTION_REVERSE, kind);
	pmtu_place_forget(&p->found);
	verify(p, now_us);
}

static void tally_side(struct pmtu_place *p, enum pmtu_place_kind kind)
{
	struct pmtu_place_side *s = &p->sides[kind];
	unsigned pairs = 0, before = s->answered;

	for (unsigned i = 0; i + 1 < p->sent; i += 2) {
		bool answered = pmtu_place_at(p, i + 1)->fate == PMTU_FATE_ANSWERED;

		if (pmtu_place_at(p, i)->kind != kind)
			continue;
		pairs++;
		s->sent++;
		s->answered += answered;
		s->counted += answered && pmtu_place_at(p, i)->fate == PMTU_FATE_LOST;
	}
	s->rounds++;
	if ((s->answered - before) * 2 < pairs)
		s->gap_us = s->gap_us * 3 < SIDE_GAP_MOST_US ? s->gap_us * 3 : SIDE_GAP_MOST_US;
}

void pmtu_place_side_conclude(struct pmtu_place *p, int64_t now_us)
{
	enum pmtu_place_kind kind = pmtu_place_kind_of(p->phase);
	struct pmtu_place_side *s = &p->sides[kind];
	unsigned needs;

	tally_side(p, kind);
	needs = pmtu_place_needs(p, s->sent, s->answered, s->counted);
	if (s->large_answered && can(p, kind)) {
		reverse(p, kind, now_us);
		return;
	}
	if (!can(p, kind)) {
		pmtu_place_phase_begin(p, p->phase + 1, now_us);
	} else if (!needs || p->found.direction == DIRECTION_FORWARD) {
		pmtu_place_know(p, DIRECTION_FORWARD, kind);
		pmtu_place_phase_begin(p, PMTU_PLACE_PHASE_HOPS, now_us);
	} else if (!s->answered && s->rounds >= DEAF_ROUNDS) {
		pmtu_place_phase_begin(p, p->phase + 1, now_us);
	} else if (needs > NEEDS_MAX || s->rounds >= SIDE_ROUNDS) {
		p->found.why = PMTU_PLACE_LOSSY;
		pmtu_place_phase_begin(p, p->phase + 1, now_us);
	} else if (kind == PMTU_PLACE_UDP && s->answered && !p->placed && can(p, PMTU_PLACE_ECHO)) {
		/* errors are limited, so the rest takes its time: perhaps the hops tell */
		pmtu_place_phase_begin(p, PMTU_PLACE_PHASE_HOPS, now_us);
	} else {
		plan_side(p, kind);
	}
}

bool pmtu_place_udp_open(const struct pmtu_place *p)
{
	return p->found.direction == DIRECTION_UNKNOWN && can(p, PMTU_PLACE_UDP) &&
	       p->sides[PMTU_PLACE_UDP].answered;
}

void pmtu_place_settled(struct pmtu_place *p, int64_t now_us)
{
	p->placed = true;
	if (pmtu_place_udp_open(p)) {
		p->phase = PMTU_PLACE_PHASE_UDP;
		plan_side(p, PMTU_PLACE_UDP);
	} else {
		pmtu_place_end(p, now_us);
	}
}

bool pmtu_place_udp_conclude(struct pmtu_place *p, int64_t now_us)
{
	struct pmtu_place_side *s = &p->sides[PMTU_PLACE_UDP];

	if (!pmtu_place_udp_open(p))
		return false;
	tally_side(p, PMTU_PLACE_UDP);
	if (s->large_answered) {
		reverse(p, PMTU_PLACE_UDP, now_us);
		return true;
	}
	if (!pmtu_place_needs(p, s->sent, s->answered, s->counted))
		pmtu_place_know(p, DIRECTION_FORWARD, PMTU_PLACE_UDP);
	return false;
}
