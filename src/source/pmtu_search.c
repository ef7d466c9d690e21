// SPDX-License-Identifier: GPL-2.0-or-later
// What a burst has proved, and what follows.
#include <sys/socket.h>

#include "source/pmtu_search.h"

enum {
	DEAD_BURSTS = 3,      /* without any answer ever: unreachable */
	DARK_BURSTS = 4,      /* without any answer, after there were some */
	TURNS_MAX = 3,
	SILENT_PAIRS = 3,
	CAUSE_PAIRS = 40,     /* sent at most, until the cause stays unknown */
	LOSSY_SENT = 60,      /* controls before a path is called too lossy */
	TRIES_MAX = 48,
	REFUSED_TRIES = 2,    /* of a size that was refused before */
};

int pmtu_search_edge(const struct pmtu_search *s)
{
	return s->low + 1 > s->least ? s->low + 1 : s->least;
}

int pmtu_search_up(const struct pmtu_search *s)
{
	int up = s->most + 1;

	if (s->nlost && s->lost[0].size < up)
		up = s->lost[0].size;
	if (s->refused && s->refused < up)
		up = s->refused;
	return up;
}

void pmtu_search_start(struct pmtu_search *s, const struct pmtu_config *config)
{
	bool v4 = config->family == AF_INET;

	*s = (struct pmtu_search){
		.small = v4 ? PMTU_SMALL4 : PMTU_SMALL6, .least = v4 ? PMTU_LEAST4 : PMTU_LEAST6, .most = config->most,
		.loss = config->loss, .loss_before = config->loss, .burst = PMTU_BURST,
		.flight = { .gap_us = PMTU_GAP_US, .srtt_us = config->srtt_us, .rttvar_us = config->rttvar_us },
		.found = { .state = PMTU_STATE_SEARCHING, .cause = PMTU_CAUSE_PENDING, .named = -1 },
	};
	for (unsigned i = 0; i < PMTU_CANDIDATES; i++)
		s->candidates[i] = config->candidates[i];
}

/* ---- what a burst says ---- */

struct tally {
	unsigned known, lost;      /* sizes known to pass: answered or lost; lost */
	unsigned answered;         /* any size */
	unsigned unreachable, sent;
	bool low_refused;
};

/* Count a loss for the size on trial when it happened between two answers. */
static void count(struct pmtu_search *s, unsigned i, int trial, int known)
{
	if (pmtu_flight_at(&s->flight, i)->size != trial)
		return;
	if (s->counted_size != trial) {
		s->counted_size = trial;
		s->counted = 0;
	}
	if (pmtu_flight_flanked(&s->flight, i, known))
		s->counted++;
}

static struct tally read_burst(struct pmtu_search *s)
{
	bool recheck = s->phase == PMTU_PHASE_RECHECK;
	int known = recheck ? s->small : s->low, trial = recheck ? s->low : pmtu_search_edge(s);
	struct tally t = { .sent = s->flight.sent };

	for (unsigned i = 0; i < s->flight.sent; i++) {
		const struct pmtu_probe *p = pmtu_flight_at(&s->flight, i);
		bool lost = p->fate == PMTU_FATE_LOST, answered = p->fate == PMTU_FATE_ANSWERED;

		t.answered += answered;
		t.unreachable += p->fate == PMTU_FATE_UNREACHABLE;
		t.low_refused |= p->size == s->low && p->fate == PMTU_FATE_REFUSED;
		if (p->size <= known) {
			t.known += lost || answered;
			t.lost += lost;
		} else if (lost || (recheck && p->fate == PMTU_FATE_REFUSED)) {
			if (!recheck)
				pmtu_search_lost(s, p->size);
			count(s, i, trial, known);
		}
	}
	return t;
}

/* ---- ends ---- */

static void end(struct pmtu_search *s, enum pmtu_state state, int64_t now_us)
{
	struct pmtu_found *f = &s->found;

	if (f->state == PMTU_STATE_SEARCHING) {
		f->took_us = now_us - s->started_us;
		f->probes = s->flight.probes;
	}
	f->state = state;
	f->mtu = state == PMTU_STATE_COMPLETE && s->low >= s->least ? s->low : 0;
	if (state != PMTU_STATE_UNREACHABLE)
		f->error = 0;
	s->phase = PMTU_PHASE_OVER;
}

static void end_with(struct pmtu_search *s, enum pmtu_cause cause, const struct addr *from, int64_t now_us)
{
	static const struct addr none;

	end(s, PMTU_STATE_COMPLETE, now_us);
	s->found.cause = cause;
	s->found.from = from ? *from : none;
}

/* The number is known; silence needs more time until it may be called a black hole. */
static void settle(struct pmtu_search *s, int64_t now_us)
{
	int edge = pmtu_search_edge(s);

	if (s->low >= s->most)
		end_with(s, s->limited ? PMTU_CAUSE_LOCAL : PMTU_CAUSE_NONE, NULL, now_us);
	else if (s->refused == edge)
		end_with(s, PMTU_CAUSE_PTB, &s->refuser, now_us);
	else if (s->odd_size == edge)
		end_with(s, PMTU_CAUSE_PTB, &s->odd_from, now_us);
	else if (s->ntried && s->tried[s->ntried - 1] == s->low && s->namer.family)
		end_with(s, PMTU_CAUSE_PTB, &s->namer, now_us);
	else
		end_with(s, PMTU_CAUSE_PENDING, NULL, now_us);
	for (unsigned i = 0; i < s->ntried; i++)
		if (s->tried[i] < s->low && s->tried[i] >= s->least && s->namer.family)
			s->found.named = s->tried[i];
	if (s->found.cause != PMTU_CAUSE_PENDING)
		return;
	s->phase = PMTU_PHASE_CAUSE;
	s->known_us = now_us;
	s->silent = s->pairs = s->dark = 0;
	if (s->flight.gap_us < PMTU_GAP_US)
		s->flight.gap_us = PMTU_GAP_US;
	pmtu_plan_cause(s);
}

/* The number was not, or is not any more. */
static void resume(struct pmtu_search *s)
{
	s->found.state = PMTU_STATE_SEARCHING;
	s->found.mtu = 0;
	s->phase = PMTU_PHASE_SEARCH;
}

/* Whether what was given up passed after all. */
static bool search_again(struct pmtu_search *s)
{
	if (s->low < s->least || s->low <= s->found.mtu)
		return false;
	resume(s);
	return true;
}

static void begin_recheck(struct pmtu_search *s)
{
	s->phase = PMTU_PHASE_RECHECK;
	pmtu_plan_recheck(s, pmtu_loss_tries(&s->loss, PMTU_WRONG));
}

/* Whether what passed may not do so any more: neither control of this burst was answered, or one was refused. */
static bool doubts_low(struct pmtu_search *s)
{
	bool passed = false;

	for (unsigned i = 0; i < s->flight.sent; i++) {
		const struct pmtu_probe *p = pmtu_flight_at(&s->flight, i);

		passed |= p->size <= s->low && p->fate == PMTU_FATE_ANSWERED;
	}
	return !passed || s->recheck;
}

static void conclude_cause(struct pmtu_search *s, int64_t now_us)
{
	int edge = pmtu_search_edge(s);

	s->pairs++;
	/* a pair that was lost alone */
	if (s->flight.sent > 2 && pmtu_flight_flanked(&s->flight, 1, s->low))
		s->silent++;

	if (s->refused == edge) {
		end_with(s, PMTU_CAUSE_PTB, &s->refuser, now_us);
	} else if (s->odd_size == edge) {
		end_with(s, PMTU_CAUSE_PTB, &s->odd_from, now_us);
	} else if (s->silent >= SILENT_PAIRS && s->silent * 2 >= pmtu_loss_tries(&s->loss, PMTU_WRONG_CAUSE) &&
		   now_us - s->known_us >= PMTU_SILENT_US) {
		end_with(s, PMTU_CAUSE_SILENT, NULL, now_us);
	} else if (s->pairs >= CAUSE_PAIRS) {
		end_with(s, PMTU_CAUSE_PENDING, NULL, now_us);
	} else {
		pmtu_plan_cause(s);
	}
}

/* ---- what next ---- */

static bool too_lossy(const struct pmtu_search *s)
{
	return s->pace.sent >= LOSSY_SENT && pmtu_loss_most(&s->pace) > 0.5;
}

static unsigned tries_left(const struct pmtu_search *s, int size)
{
	unsigned tries = pmtu_loss_tries(&s->loss, PMTU_WRONG), counted = s->counted_size == size ? s->counted : 0;

	return tries > counted ? tries - counted : 0;
}

/* The verdict's own controls make the loss better known: fewer tries may do. */
static unsigned verdict_tries(const struct pmtu_search *s, unsigned left)
{
	unsigned counted = pmtu_loss_tries(&s->loss, PMTU_WRONG) - left;
	unsigned tries = pmtu_loss_tries_with(&s->loss, PMTU_WRONG, 0);

	tries = tries > counted ? tries - counted : 1;
	return tries < left ? tries : left;
}

static void use_hint(struct pmtu_search *s)
{
	if (s->ntried == PMTU_HINTS) {
		for (unsigned i = 1; i < PMTU_HINTS; i++)
			s->tried[i - 1] = s->tried[i];
		s->ntried--;
	}
	s->tried[s->ntried++] = s->hint;
	pmtu_plan_hint(s);
	s->hint = 0;
}

/* The edge was refused in this very burst: an older PTB may speak of a path that has changed since. */
static bool is_refused_now(const struct pmtu_search *s, int edge)
{
	return s->refused == edge && (int32_t)(s->refused_number - s->flight.first) >= 0;
}

static void decide(struct pmtu_search *s, int64_t now_us)
{
	int edge = pmtu_search_edge(s), up = pmtu_search_up(s);
	unsigned left = tries_left(s, edge);

	if (s->hint && (s->hint <= s->low || (s->refused && s->hint >= s->refused)))
		s->hint = 0;
	if (s->recheck && s->low > s->small) {
		begin_recheck(s);
	} else if (s->low >= s->most || is_refused_now(s, edge) || (s->counted_size == edge && !left)) {
		settle(s, now_us);
	} else if (too_lossy(s) || left > TRIES_MAX) {
		end(s, PMTU_STATE_TOO_LOSSY, now_us);
	} else if (s->hint) {
		use_hint(s);
	} else if (up - edge > 1) {
		pmtu_plan_narrow(s);
	} else if (s->refused == edge) {
		pmtu_plan_verdict(s, REFUSED_TRIES);
	} else {
		pmtu_plan_verdict(s, verdict_tries(s, left));
	}
	s->recheck = false;
}

static void conclude_recheck(struct pmtu_search *s, const struct tally *t, int64_t now_us)
{
	unsigned left = tries_left(s, s->low);
	bool passes = false;

	for (unsigned i = 0; i < s->flight.sent; i++) {
		const struct pmtu_probe *p = pmtu_flight_at(&s->flight, i);

		passes |= p->size >= s->low && p->fate == PMTU_FATE_ANSWERED;
	}
	if (!passes && left) {
		pmtu_plan_recheck(s, left);
		return;
	}
	if (!passes)
		pmtu_search_turn(s);
	else if (t->low_refused)
		s->turns++;
	s->recheck = false;
	if (s->turns >= TURNS_MAX) {
		end(s, PMTU_STATE_UNSTABLE, now_us);
	} else if (passes && s->found.state == PMTU_STATE_COMPLETE) {
		s->phase = PMTU_PHASE_CAUSE;
		pmtu_plan_cause(s);
	} else {
		resume(s);
		decide(s, now_us);
	}
}

/* No answer at all. */
static void conclude_dark(struct pmtu_search *s, const struct tally *t, int64_t now_us)
{
	bool here = t->unreachable == t->sent && !s->found.from.family;

	s->dark++;
	if (s->found.state == PMTU_STATE_COMPLETE && s->dark >= DARK_BURSTS) {
		/* it went away when the number was known */
		end_with(s, PMTU_CAUSE_PENDING, NULL, now_us);
	} else if (s->low && s->dark >= DARK_BURSTS) {
		/* a path that went away, or one that answered little all along */
		end(s, s->loss.lost * 2 > s->loss.sent && s->dark < s->rounds / 2 ? PMTU_STATE_TOO_LOSSY :
		    PMTU_STATE_UNREACHABLE, now_us);
	} else if (!s->low && (here || s->dark >= DEAD_BURSTS)) {
		end(s, PMTU_STATE_UNREACHABLE, now_us);
	} else if (!s->low) {
		pmtu_plan_base(s);
	} else {
		begin_recheck(s);
	}
}

static void conclude(struct pmtu_search *s, int64_t now_us)
{
	struct tally t;

	s->rounds++;
	if (s->phase == PMTU_PHASE_CAUSE) {
		if (search_again(s))
			decide(s, now_us);
		else if (doubts_low(s) && s->low > s->small)
			begin_recheck(s);
		else
			conclude_cause(s, now_us);
		return;
	}
	t = read_burst(s);
	pmtu_pace_judge(s, t.known, t.lost);
	if (t.answered)
		s->dark = 0;
	if (s->flight.probes >= PMTU_PROBES_MAX)
		end(s, s->loss.lost * 8 > s->loss.sent ? PMTU_STATE_TOO_LOSSY : PMTU_STATE_UNSTABLE, now_us);
	else if (!t.answered && !(t.sent == 0 && s->low))
		conclude_dark(s, &t, now_us);
	else if (s->phase == PMTU_PHASE_RECHECK)
		conclude_recheck(s, &t, now_us);
	else
		decide(s, now_us);
}

enum pmtu_step pmtu_search_step(struct pmtu_search *s, int64_t now_us, struct pmtu_probe *ret, int64_t *ret_wake_us)
{
	enum pmtu_step step = PMTU_STEP_DONE;

	if (!s->begun) {
		s->begun = true;
		s->started_us = now_us;
		pmtu_plan_opening(s);
	}
	while (s->phase != PMTU_PHASE_OVER) {
		step = pmtu_flight_step(&s->flight, now_us, ret, ret_wake_us);
		if (step != PMTU_STEP_DONE)
			break;
		conclude(s, now_us);
	}
	s->found.low = s->low;
	s->found.high = pmtu_search_up(s);
	if (s->found.state == PMTU_STATE_SEARCHING)
		s->found.probes = s->flight.probes;
	return s->phase == PMTU_PHASE_OVER ? PMTU_STEP_DONE : step;
}
