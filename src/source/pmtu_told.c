// SPDX-License-Identifier: GPL-2.0-or-later
// What a path-MTU search learns from what became of a probe.
#include "source/pmtu_search.h"

static void raise_low(struct pmtu_search *s, int size)
{
	unsigned gone = 0;

	if (size <= s->low)
		return;
	s->low = size;
	while (gone < s->nlost && s->lost[gone].size <= size)
		gone++;
	s->nlost -= gone;
	for (unsigned i = 0; i < s->nlost; i++)
		s->lost[i] = s->lost[i + gone];
	/* a reply outweighs a PTB */
	if (s->refused && s->refused <= size)
		s->refused = 0;
	if (s->odd_size <= size)
		s->odd_size = 0;
}

void pmtu_search_reply(struct pmtu_search *s, uint32_t number, int64_t rtt_us)
{
	const struct pmtu_probe *p = pmtu_flight_reply(&s->flight, number, rtt_us);

	if (!p)
		return;
	raise_low(s, p->size);
	/* nothing larger can be sent: what the burst has left would prove nothing more */
	if (s->low >= s->most && s->phase == PMTU_PHASE_SEARCH)
		s->flight.nplan = s->flight.sent;
}

static bool was_tried(const struct pmtu_search *s, int mtu)
{
	for (unsigned i = 0; i < s->ntried; i++)
		if (s->tried[i] == mtu)
			return true;
	return false;
}

void pmtu_search_refused(struct pmtu_search *s, uint32_t number, int quoted, const struct addr *from, int mtu)
{
	struct pmtu_probe *p = pmtu_flight_find(&s->flight, number);

	if (!p || p->fate == PMTU_FATE_ANSWERED || (quoted && quoted != p->size))
		return;
	if (mtu < s->least || mtu >= p->size) {
		/* it proves nothing, but neither did the probe pass */
		if (p->fate == PMTU_FATE_WAITING)
			p->fate = PMTU_FATE_LOST;
		s->found.named = mtu;
		if (p->size > s->low && (!s->odd_size || p->size < s->odd_size)) {
			s->odd_size = p->size;
			s->odd_from = *from;
		}
		return;
	}
	p->fate = PMTU_FATE_REFUSED;
	if (p->size <= s->low) {
		s->recheck = true;
		return;
	}
	if (!s->refused || p->size <= s->refused) {
		s->refused = p->size;
		s->refused_number = number;
		s->refuser = *from;
	}
	if (mtu > s->low && !was_tried(s, mtu) && (!s->hint || mtu < s->hint)) {
		s->hint = mtu;
		s->namer = *from;
	} else if (mtu < s->low) {
		s->found.named = mtu;
	}
}

void pmtu_search_lost(struct pmtu_search *s, int size)
{
	unsigned i = 0;

	while (i < s->nlost && s->lost[i].size < size)
		i++;
	if (i < s->nlost && s->lost[i].size == size) {
		s->lost[i].times++;
		return;
	}
	if (i == PMTU_LOST_MAX)
		return;
	if (s->nlost == PMTU_LOST_MAX)
		s->nlost--;
	for (unsigned k = s->nlost; k > i; k--)
		s->lost[k] = s->lost[k - 1];
	s->lost[i] = (struct pmtu_lost){ .size = size, .times = 1 };
	s->nlost++;
}

void pmtu_search_turn(struct pmtu_search *s)
{
	int old = s->low;

	s->turns++;
	s->low = s->small;
	s->refused = s->odd_size = 0;
	s->nlost = 0;
	s->counted_size = 0;
	s->ntried = 0;
	/* what was lost of sizes thought to pass is no sign of loss, nor of a pace too fast */
	s->loss = s->loss_before;
	s->pace = (struct pmtu_loss){0};
	s->pace_innocent = false;
	s->flight.gap_us = PMTU_GAP_US;
	s->gap_floor_us = 0;
	s->burst = PMTU_BURST;
	if (old > s->least)
		pmtu_search_lost(s, old);
}

/* Sizes not yet sent that this host would refuse as well. */
static void cut_plan(struct pmtu_search *s)
{
	struct pmtu_flight *f = &s->flight;
	unsigned n = f->sent;

	for (unsigned i = f->sent; i < f->nplan; i++)
		if (f->plan[i] <= s->most)
			f->plan[n++] = f->plan[i];
	f->nplan = n;
}

void pmtu_search_local(struct pmtu_search *s, uint32_t number, int mtu)
{
	struct pmtu_probe *p = pmtu_flight_find(&s->flight, number);
	int most;

	if (!p || p->fate != PMTU_FATE_WAITING)
		return;
	p->fate = PMTU_FATE_LOCAL;
	s->flight.probes--;
	most = mtu >= s->small && mtu < p->size ? mtu : p->size - 1;
	if (most < s->most) {
		s->most = most;
		s->limited = true;
		/* what passed before is refused now: begin anew */
		if (most < s->low)
			pmtu_search_turn(s);
		if (most > s->low && most >= s->least)
			s->hint = most;
	}
	cut_plan(s);
}

void pmtu_search_unreachable(struct pmtu_search *s, uint32_t number, const struct addr *from, int error)
{
	struct pmtu_probe *p = pmtu_flight_find(&s->flight, number);

	if (!p || p->fate != PMTU_FATE_WAITING)
		return;
	p->fate = PMTU_FATE_UNREACHABLE;
	s->found.from = *from;
	s->found.error = error;
}
