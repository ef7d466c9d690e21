// SPDX-License-Identifier: GPL-2.0-or-later
// Rounds of probes under way, what became of them, and when it is over.
#include <assert.h>
#include <string.h>
#include <sys/socket.h>

#include "source/pmtu_place.h"

#define FIRST_TIMEOUT_US US_PER_S
#define TIMEOUT_SLACK_US (50 * US_PER_MS)   /* routers answer in their spare time */
#define TIMEOUT_LEAST_US (100 * US_PER_MS)
#define TIMEOUT_MOST_US (2 * US_PER_S)
#define VARY_US (60 * US_PER_MS)
enum { STRANGER = 5 }; /* less samples than pmtu_loss_chance takes for granted */

void pmtu_place_start(struct pmtu_place *p, const struct pmtu_place_config *config)
{
	assert(config->low > 0 && config->high > config->low);
	memset(p, 0, sizeof *p);
	p->config = *config;
	/* errors quote so much (RFC 1812 4.3.2.3, RFC 4443 2.4): they may not pass on the way back */
	if (config->low < (config->target.family == AF_INET ? PMTU_LEAST4 : PMTU_LEAST6)) {
		p->config.kinds &= ~(1u << PMTU_PLACE_UDP);
		p->placed = true;
	}
	p->next = config->number;
	if (!p->config.budget_us)
		p->config.budget_us = PMTU_PLACE_BUDGET_US;
	p->found.direction = DIRECTION_UNKNOWN;
	p->found.why = PMTU_PLACE_DEAF;
}

/* ---- a round ---- */

void pmtu_place_add(struct pmtu_place *p, enum pmtu_place_kind kind, bool large, int ttl, int64_t gap_us)
{
	if (gap_us < p->config.gap_us)
		gap_us = p->config.gap_us;
	if (p->nplan < PMTU_PLACE_ROUND)
		p->plan[p->nplan++] = (struct pmtu_place_plan){
			.kind = kind, .large = large, .ttl = ttl, .gap_us = gap_us,
		};
}

int64_t pmtu_place_vary(const struct pmtu_place *p, int64_t gap_us)
{
	uint32_t mixed = (p->next + p->nplan) * UINT32_C(2654435761); /* Knuth's multiplier */

	return gap_us + (int64_t)(mixed >> 16) * VARY_US / 65536;
}

struct pmtu_place_probe *pmtu_place_at(struct pmtu_place *p, unsigned i)
{
	return &p->ring[(p->first + i) % PMTU_PLACE_RING];
}

void pmtu_place_round(struct pmtu_place *p)
{
	p->first = p->next;
	p->nplan = p->sent = 0;
}

static void take_next(struct pmtu_place *p, int64_t now_us, struct pmtu_place_probe *ret)
{
	struct pmtu_place_probe *probe = &p->ring[p->next % PMTU_PLACE_RING];
	const struct pmtu_place_plan *plan = &p->plan[p->sent++];

	*probe = (struct pmtu_place_probe){
		.number = p->next++, .kind = plan->kind, .size = plan->large ? p->config.high : p->config.low,
		.ttl = plan->ttl, .sent_us = now_us, .fate = PMTU_FATE_WAITING, .large = plan->large,
	};
	p->last_us = now_us;
	p->found.probes++;
	*ret = *probe;
}

void pmtu_place_delayed(struct pmtu_place *p, int64_t now_us)
{
	p->ring[(p->next - 1) % PMTU_PLACE_RING].sent_us = now_us;
	p->started_us += now_us - p->last_us;
	p->last_us = now_us;
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

unsigned pmtu_place_needs(const struct pmtu_place *p, unsigned sent, unsigned answered, unsigned counted)
{
	/* of strangers less is known beforehand than of paths */
	struct pmtu_loss own = { (double)sent - STRANGER, sent - answered }, path = p->config.loss;
	unsigned tries, more;

	path.sent += sent;
	path.lost += sent - answered;
	tries = pmtu_loss_tries(&path, PMTU_WRONG);
	more = tries > counted ? tries - counted : 0;
	for (own.sent += more; more < PMTU_PLACE_RING && pmtu_loss_chance(&own, sent + more) > PMTU_WRONG; more++)
		own.sent++;
	return more;
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
	pmtu_place_forget(f);
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
		pmtu_place_side_conclude(p, now_us);
		break;
	case PMTU_PLACE_PHASE_VERIFY:
		pmtu_place_end(p, now_us);
		break;
	case PMTU_PLACE_PHASE_HOPS:
		if (!pmtu_place_udp_conclude(p, now_us))
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
	if (p->phase == PMTU_PLACE_PHASE_TIMESTAMP || p->phase == PMTU_PLACE_PHASE_UDP)
		return p->contradicted || p->sides[pmtu_place_kind_of(p->phase)].large_answered;
	return p->contradicted || (p->phase == PMTU_PLACE_PHASE_HOPS && pmtu_place_udp_open(p) &&
				   p->sides[PMTU_PLACE_UDP].large_answered);
}

enum pmtu_step pmtu_place_step(struct pmtu_place *p, int64_t now_us, struct pmtu_place_probe *ret,
			       int64_t *ret_wake_us)
{
	int64_t wake;

	if (!p->begun) {
		p->begun = true;
		p->started_us = now_us;
		p->last_us = now_us - US_PER_S;
		pmtu_place_phase_begin(p, PMTU_PLACE_PHASE_TIMESTAMP, now_us);
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
				take_next(p, now_us, ret);
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

void pmtu_place_reflected(struct pmtu_place *p, uint32_t number)
{
	struct pmtu_place_probe *probe = find(p, number);

	if (!probe || probe->kind != PMTU_PLACE_TIMESTAMP)
		return;
	probe->fate = PMTU_FATE_ANSWERED;
	p->config.kinds &= ~(1u << PMTU_PLACE_TIMESTAMP);
	if (p->phase == PMTU_PLACE_PHASE_TIMESTAMP)
		p->nplan = p->sent;
	else if (p->found.direction != DIRECTION_UNKNOWN && p->found.by == PMTU_PLACE_TIMESTAMP)
		p->contradicted = true;
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
		pmtu_place_know(p, DIRECTION_FORWARD, probe->kind);
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
