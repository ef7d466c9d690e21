// SPDX-License-Identifier: GPL-2.0-or-later
// Behind which hop large packets vanish: pairs of TTL-limited echo requests. A hop that answers the large one gets it;
// one that answers only small ones, as often as chance allows, does not; one that answers none does not matter.
#include "source/pmtu_place.h"

#define ROUND_GAP_US (330 * US_PER_MS)     /* two probes a round and hop: six a second */
#define ROUND_GAP_MOST_US (1050 * US_PER_MS)
#define MUTE_US (2200 * US_PER_MS)         /* no hop counts as mute before it was asked for so long */
enum { WINDOW = 6, MUTE_TRIES = 5, MISSED_LIMITED = 4, SUSPECTS = 2 };

enum settled { OPEN, GETS_IT, SMALL_ONLY, MUTE };

static enum settled settle(const struct pmtu_place *p, const struct pmtu_place_hop *h)
{
	if (h->large_answered)
		return GETS_IT;
	if (h->answered)
		return pmtu_place_needs(p, h->sent, h->answered, h->counted) ? OPEN : SMALL_ONLY;
	if (h->sent < MUTE_TRIES || h->sent < pmtu_loss_tries(&p->config.loss, PMTU_WRONG))
		return OPEN;
	return h->last_us - h->first_us >= MUTE_US ? MUTE : OPEN;
}

/* Distance of the target: the least TTL with which it answered; 0: not known. */
static int distance(const struct pmtu_place *p)
{
	for (int ttl = 1; ttl <= PMTU_PLACE_HOPS; ttl++)
		if (p->hops[ttl].target)
			return ttl;
	return 0;
}

static int last_that_gets_it(const struct pmtu_place *p, int below)
{
	int last = 0;

	for (int ttl = 1; ttl < below; ttl++)
		if (p->hops[ttl].large_answered)
			last = ttl;
	return last;
}

/* The hops that matter: behind the last one that gets it, up to one that surely does not, or to the target. */
struct span {
	int last, next, end; /* next: that one, 0: none is known; end: probe below this */
	int far;             /* the farthest that answered anything */
};

static struct span look(const struct pmtu_place *p)
{
	struct span s = { .end = distance(p) };

	if (!s.end)
		s.end = PMTU_PLACE_HOPS + 1;
	s.last = last_that_gets_it(p, s.end);
	for (int ttl = 1; ttl < s.end; ttl++)
		if (p->hops[ttl].answered || p->hops[ttl].large_answered)
			s.far = ttl;
	for (int ttl = s.last + 1; ttl < s.end && !s.next; ttl++)
		if (settle(p, &p->hops[ttl]) == SMALL_ONLY)
			s.next = ttl;
	if (s.next)
		s.end = s.next;
	return s;
}

static bool plan(struct pmtu_place *p, int64_t now_us)
{
	struct span s = look(p);
	int top = s.far + WINDOW;
	int hops = distance(p);
	unsigned suspects = 0;

	pmtu_place_round(p);
	/* mute ones do not hide what is behind them */
	for (int ttl = s.far + 1; ttl < s.end && settle(p, &p->hops[ttl]) == MUTE; ttl++)
		top++;
	for (int ttl = s.last + 1; ttl < s.end && ttl <= top && p->nplan < PMTU_PLACE_ROUND - 2; ttl++) {
		const struct pmtu_place_hop *h = &p->hops[ttl];
		/* where some answer small ones only, those behind them only tell how far the target is: once each, and
		 * the last before it until its silence is no loss */
		bool hardly = suspects >= SUSPECTS && h->sent && (h->answered || ttl + 1 != hops);

		suspects += h->answered > 0;
		if (hardly || settle(p, h) != OPEN)
			continue;
		if (!p->hops[ttl].sent)
			p->hops[ttl].first_us = now_us;
		pmtu_place_add(p, PMTU_PLACE_ECHO, true, ttl, PMTU_PLACE_PAIR_US);
		pmtu_place_add(p, PMTU_PLACE_ECHO, false, ttl, PMTU_PLACE_PAIR_US);
	}
	if (p->nplan && pmtu_place_udp_open(p)) {
		pmtu_place_add(p, PMTU_PLACE_UDP, true, 0, PMTU_PLACE_PAIR_US);
		pmtu_place_add(p, PMTU_PLACE_UDP, false, 0, PMTU_PLACE_PAIR_US);
	}
	return p->nplan > 0;
}

void pmtu_place_hops_begin(struct pmtu_place *p, int64_t now_us)
{
	p->hop_gap_us = ROUND_GAP_US;
	if (!plan(p, now_us))
		pmtu_place_end(p, now_us);
}

static void tally(struct pmtu_place *p)
{
	for (unsigned i = 0; i + 1 < p->sent; i += 2) {
		const struct pmtu_place_probe *large = pmtu_place_at(p, i), *small = pmtu_place_at(p, i + 1);
		struct pmtu_place_hop *h = &p->hops[large->ttl];

		if (large->kind != PMTU_PLACE_ECHO)
			continue;
		h->sent++;
		h->last_us = small->sent_us;
		if (small->fate == PMTU_FATE_ANSWERED && large->fate == PMTU_FATE_LOST)
			h->counted++;
		/* one that answered before: it limits its answers */
		h->missed = small->fate == PMTU_FATE_ANSWERED ? 0 : h->missed + 1;
		if (h->missed >= MISSED_LIMITED && h->answered)
			p->hop_gap_us = ROUND_GAP_MOST_US;
	}
}

static void conclude(struct pmtu_place *p, const struct span *s, int64_t now_us)
{
	struct pmtu_placed *f = &p->found;
	int hops = distance(p);

	/* or one nearer, had an answer not been lost */
	if (hops == 1 || (hops > 1 && (p->hops[hops - 1].answered || settle(p, &p->hops[hops - 1]) != OPEN)))
		f->hops = hops;
	f->hop = s->last;
	f->hop_from = p->hops[s->last].from;
	f->next = s->next;
	f->next_from = p->hops[s->next].from;
	if (s->next && f->direction == DIRECTION_UNKNOWN) {
		f->direction = DIRECTION_FORWARD;
		f->why = PMTU_PLACE_KNOWN;
		f->by = PMTU_PLACE_ECHO;
	}
	pmtu_place_settled(p, now_us);
}

void pmtu_place_hops_conclude(struct pmtu_place *p, int64_t now_us)
{
	struct span s;

	tally(p);
	if (!(p->config.kinds & (1u << PMTU_PLACE_ECHO))) {
		pmtu_place_end(p, now_us);
		return;
	}
	s = look(p);
	if (plan(p, now_us)) {
		p->begin_us = p->last_us + pmtu_place_vary(p, p->hop_gap_us);
		return;
	}
	conclude(p, &s, now_us);
}
