// SPDX-License-Identifier: GPL-2.0-or-later
// The steady state of a path whose MTU is known: each period one probe of it and one a byte larger. A loss starts a
// burst that tells a drop from chance.
#include <sys/socket.h>

#include "source/pmtu_search.h"

#define PERIOD_GAP_US PMTU_GAP_US
#define CONFIRM_GAP_US (20 * US_PER_MS)
enum { CONFIRM_BURSTS = 4 };
static const double remembered = 200; /* controls */

void pmtu_steady_control(struct pmtu_steady *k, bool answered)
{
	if (k->loss.sent >= remembered) {
		k->loss.sent *= 1 - 1 / remembered;
		k->loss.lost *= 1 - 1 / remembered;
	}
	k->loss.sent++;
	k->loss.lost += !answered;
}

void pmtu_watch_start(struct pmtu_watch *w, struct pmtu_steady *k, uint32_t number)
{
	*w = (struct pmtu_watch){
		.steady = k, .small = k->family == AF_INET ? PMTU_SMALL4 : PMTU_SMALL6,
		.flight = { .next = number, .gap_us = PERIOD_GAP_US, .srtt_us = k->srtt_us, .rttvar_us = k->rttvar_us },
	};
	pmtu_flight_begin(&w->flight);
	pmtu_flight_add(&w->flight, k->mtu);
	if (!k->top)
		pmtu_flight_add(&w->flight, k->mtu + 1);
}

static void plan_confirm(struct pmtu_watch *w, unsigned tries)
{
	w->flight.gap_us = CONFIRM_GAP_US;
	pmtu_flight_begin(&w->flight);
	pmtu_flight_add(&w->flight, w->small);
	for (unsigned i = 0; i < tries; i += 2) {
		pmtu_flight_add(&w->flight, w->steady->mtu);
		if (i + 1 < tries)
			pmtu_flight_add(&w->flight, w->steady->mtu);
		pmtu_flight_add(&w->flight, w->small);
	}
}

/* What the burst of confirmation says, beside answers and PTBs, which are events at once. */
static void conclude_confirm(struct pmtu_watch *w)
{
	unsigned need, answered = 0;

	for (unsigned i = 0; i < w->flight.sent; i++) {
		const struct pmtu_probe *p = pmtu_flight_at(&w->flight, i);
		bool small = p->size == w->small;

		answered += p->fate == PMTU_FATE_ANSWERED;
		if (small)
			pmtu_steady_control(w->steady, p->fate == PMTU_FATE_ANSWERED);
		else
			w->counted += p->fate == PMTU_FATE_LOST && pmtu_flight_flanked(&w->flight, i, w->small);
	}
	need = pmtu_loss_tries(&w->steady->loss, PMTU_WRONG_ALARM);
	if (w->counted >= need)
		w->event = PMTU_EVENT_DROP;
	else if (!answered || ++w->bursts == CONFIRM_BURSTS)
		w->event = PMTU_EVENT_DARK;
	else
		plan_confirm(w, need - w->counted);
}

static void conclude(struct pmtu_watch *w)
{
	if (w->confirming) {
		conclude_confirm(w);
		return;
	}
	w->confirming = true;
	plan_confirm(w, pmtu_loss_tries(&w->steady->loss, PMTU_WRONG_ALARM));
}

enum pmtu_step pmtu_watch_step(struct pmtu_watch *w, int64_t now_us, struct pmtu_probe *ret, int64_t *ret_wake_us)
{
	enum pmtu_step step;

	/* a burst of confirmation ends with the first answer; a period's second probe is sent all the same */
	while (!w->event || (!w->confirming && w->event == PMTU_EVENT_CONFIRMED)) {
		step = pmtu_flight_step(&w->flight, now_us, ret, ret_wake_us);
		if (step != PMTU_STEP_DONE)
			return step;
		if (w->event)
			break;
		conclude(w);
	}
	w->steady->srtt_us = w->flight.srtt_us;
	w->steady->rttvar_us = w->flight.rttvar_us;
	return PMTU_STEP_DONE;
}

void pmtu_watch_reply(struct pmtu_watch *w, uint32_t number, int64_t rtt_us)
{
	const struct pmtu_probe *p = pmtu_flight_reply(&w->flight, number, rtt_us);

	if (!p || p->size < w->steady->mtu)
		return;
	if (p->size > w->steady->mtu)
		w->event = PMTU_EVENT_RAISE;
	else if (w->event != PMTU_EVENT_RAISE)
		w->event = PMTU_EVENT_CONFIRMED;
}

void pmtu_watch_refused(struct pmtu_watch *w, uint32_t number, int quoted, const struct addr *from, int mtu)
{
	struct pmtu_probe *p = pmtu_flight_find(&w->flight, number);
	int least = w->steady->family == AF_INET ? PMTU_LEAST4 : PMTU_LEAST6;

	if (!p || p->fate != PMTU_FATE_WAITING || (quoted && quoted != p->size))
		return;
	if (mtu < least || mtu >= p->size) {
		p->fate = PMTU_FATE_LOST;
		return;
	}
	p->fate = PMTU_FATE_REFUSED;
	w->named = mtu;
	w->from = *from;
	if (p->size == w->steady->mtu && w->event != PMTU_EVENT_RAISE && w->event != PMTU_EVENT_CONFIRMED)
		w->event = PMTU_EVENT_DROP_PTB;
}

void pmtu_watch_local(struct pmtu_watch *w, uint32_t number)
{
	struct pmtu_probe *p = pmtu_flight_find(&w->flight, number);

	if (!p || p->fate != PMTU_FATE_WAITING)
		return;
	p->fate = PMTU_FATE_LOCAL;
	w->flight.probes--;
	if (p->size > w->steady->mtu)
		w->steady->top = true;
	else
		w->event = PMTU_EVENT_DROP;
}
