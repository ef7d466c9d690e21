// SPDX-License-Identifier: GPL-2.0-or-later
// Targets: the fate of probes, loss, round-trip times, and the verdict "silent".
#include <math.h>
#include <string.h>

#include "model/model_int.h"

enum { RING = 200, RTT_CAP_US = 60000000, TIMEOUT_MAX_US = 3000000 };

static const double chance = 1e-6; /* of a verdict that mere loss would bring about */

struct model_target *probe_target(struct model *m, unsigned key)
{
	struct model_target *t;

	if (key >= TARGETS_MAX)
		return NULL;
	if (key >= m->ntargets) {
		array_grow(&m->targets, &m->targets_cap, key + 1, sizeof *m->targets);
		m->ntargets = key + 1;
	}
	t = &m->targets[key];
	if (!t->used) {
		t->used = true;
		t->target = t->row = MODEL_NONE;
		t->answered_us = t->last_us = MODEL_NEVER;
		t->next_seq = -1;
		t->silent_since_us = t->run_start_us = t->run_last_us = t->reply_start_us = MODEL_NEVER;
		rtt_reset(&t->rtt);
	}
	return t;
}

static void ring_put(struct model_target *t, bool lost, bool aside)
{
	uint64_t bit = UINT64_C(1) << t->ring_pos % 64;
	uint64_t *lost_word = &t->ring_lost[t->ring_pos / 64], *aside_word = &t->ring_aside[t->ring_pos / 64];

	*lost_word = lost ? *lost_word | bit : *lost_word & ~bit;
	*aside_word = aside ? *aside_word | bit : *aside_word & ~bit;
	t->ring_pos = (t->ring_pos + 1) % RING;
	if (t->ring_count < RING)
		t->ring_count++;
}

unsigned model_ring_lost(const struct model_target *t, unsigned newest)
{
	unsigned n = 0;

	if (newest >= t->ring_count) {
		for (unsigned i = 0; i < ARRAY_LEN(t->ring_lost); i++)
			n += (unsigned)__builtin_popcountll(t->ring_lost[i]);
		return n;
	}
	for (unsigned i = 1; i <= newest; i++) {
		unsigned at = (t->ring_pos + RING - i) % RING;

		n += t->ring_lost[at / 64] >> at % 64 & 1;
	}
	return n;
}

unsigned model_ring_loss(const struct model_target *t, unsigned newest, unsigned *ret_n)
{
	unsigned n = 0, lost = 0;

	newest = newest < t->ring_count ? newest : t->ring_count;
	for (unsigned i = 1; i <= newest; i++) {
		unsigned at = (t->ring_pos + RING - i) % RING;
		bool counts = !(t->ring_aside[at / 64] >> at % 64 & 1);

		n += counts;
		lost += counts && t->ring_lost[at / 64] >> at % 64 & 1;
	}
	*ret_n = n;
	return lost;
}

/* How many in a row are beyond chance when each happens with probability at most p. */
static uint32_t run_needed(double p)
{
	double n;

	p = p < 0.01 ? 0.01 : p > 0.5 ? 0.5 : p;
	n = ceil(log(chance) / log(p));
	return n < 3 ? 3 : (uint32_t)n;
}

static void verdict_silent(struct model *m, struct model_target *t)
{
	t->silent = true;
	t->silent_since_us = t->run_start_us;
	t->silent_sent = t->lost_run;
	t->silent_replies = 0;
	t->reply_run = 0;
	if (t->row != MODEL_NONE)
		health_update(m, t->row);
}

/* A run of losses is over or grows: is it long enough, in number and in time? */
static void judge_silent(struct model *m, struct model_target *t)
{
	int64_t step = m->interval_us < 200 * US_PER_MS ? m->interval_us : 200 * US_PER_MS;
	int64_t least = max_time(US_PER_S, 2 * m->interval_us);
	int64_t covered = t->run_last_us - t->run_start_us + step;

	/* planned times carry a slot's jitter: 5 % */
	if (t->lost_run >= t->need_lost && covered >= least - least / 20)
		verdict_silent(m, t);
}

static void fold_lost(struct model *m, struct model_target *t, const struct model_pending *p)
{
	if (!t->lost_run) {
		t->run_start_us = p->sent_us;
		t->need_lost = run_needed(wilson_upper(model_ring_lost(t, RING), t->ring_count));
	}
	t->lost_run++;
	t->run_last_us = p->sent_us;
	if (t->silent) {
		t->silent_sent++;
		t->silent_replies += t->reply_run;
	}
	t->reply_run = 0;
	t->last_error = (int16_t)p->error;
	if (!t->silent)
		judge_silent(m, t);
}

static void fold_reply(struct model *m, struct model_target *t, const struct model_pending *p)
{
	if (!t->reply_run) {
		t->reply_start_us = p->sent_us + p->held_ms * US_PER_MS + p->rtt_us;
		t->need_replies = 3;
		if (t->silent && t->silent_replies)
			t->need_replies = run_needed(wilson_upper(t->silent_replies, t->silent_sent));
	}
	t->reply_run++;
	t->lost_run = 0;
	if (!t->silent)
		return;
	t->silent_sent++;
	if (t->reply_run >= t->need_replies) {
		t->silent = false;
		t->last_error = 0;
		if (t->row != MODEL_NONE)
			health_update(m, t->row);
	}
}

/* What became of the scheduled probes of a run before it was added to. */
struct run {
	uint32_t lost, aside;
};

/* Losses of a run go into the ring only when it did not become an outage. */
static void ring_fold(struct model_target *t, const struct run *run, bool was_silent, bool scheduled, bool aside)
{
	uint32_t counted = run->lost - run->aside;

	if (was_silent)
		return;
	for (uint32_t i = 0; i < run->lost && i < RING; i++)
		ring_put(t, true, i >= counted);
	t->lost_up += counted;
	t->sent_up += counted;
	if (scheduled) {
		ring_put(t, false, aside);
		t->sent_up += !aside;
	}
}

static void fold_scheduled(struct model *m, struct model_target *t, const struct model_pending *p, bool lost,
			   bool aside)
{
	if (!aside) {
		t->sent++;
		t->lost += lost;
		window_add(&t->minute, p->sent_us / US_PER_S, lost);
		window_add(&t->ten, p->sent_us / (10 * US_PER_S), lost);
	}
	if (t->row != MODEL_NONE && t->path == PATH_INNER && !(aside && lost))
		history_probe(m, t->row, p->sent_us, lost, p->rtt_us);
}

static void fold_one(struct model *m, struct model_target *t, const struct model_pending *p)
{
	bool lost = p->fate != 1 + OUTCOME_REPLY, scheduled = p->purpose == PURPOSE_SCHEDULE;
	bool was_silent = t->silent, aside = model_pmtu_aside(m, (unsigned)(t - m->targets), p->sent_us);
	struct run run = { t->scheduled_lost_run, t->aside_lost_run };

	if (scheduled)
		fold_scheduled(m, t, p, lost, aside);
	if (lost) {
		if (!t->lost_run)
			t->scheduled_lost_run = t->aside_lost_run = 0;
		t->scheduled_lost_run += scheduled;
		t->aside_lost_run += scheduled && aside;
		fold_lost(m, t, p);
		return;
	}
	fold_reply(m, t, p);
	t->scheduled_lost_run = t->aside_lost_run = 0;
	ring_fold(t, &run, was_silent, scheduled, aside);
}

static void forget_waiting(struct model *m, struct model_target *t)
{
	size_t at = t->waiting - 1;

	if (!t->waiting)
		return;
	memset(&m->waiting[at], 0, sizeof *m->waiting);
	t->waiting = 0;
	if (at < m->waiting_free)
		m->waiting_free = at;
}

static struct model_waiting *waiting_of(struct model *m, struct model_target *t)
{
	size_t at = m->waiting_free;

	if (t->waiting)
		return &m->waiting[t->waiting - 1];
	while (at < m->nwaiting && m->waiting[at].n)
		at++;
	if (at == m->nwaiting) {
		array_grow(&m->waiting, &m->waiting_cap, at + 1, sizeof *m->waiting);
		m->nwaiting++;
	}
	m->waiting_free = at + 1;
	t->waiting = (uint32_t)at + 1;
	return &m->waiting[at];
}

static bool next_waits(const struct model *m, const struct model_target *t)
{
	return t->waiting && m->waiting[t->waiting - 1].pending[t->next_seq % PENDING_SLOTS].fate;
}

static void fold_waiting(struct model *m, struct model_target *t)
{
	while (next_waits(m, t)) {
		struct model_waiting *w = &m->waiting[t->waiting - 1];
		struct model_pending one = w->pending[t->next_seq % PENDING_SLOTS];

		memset(&w->pending[t->next_seq % PENDING_SLOTS], 0, sizeof one);
		if (!--w->n)
			forget_waiting(m, t);
		t->next_seq++;
		fold_one(m, t, &one);
	}
}

/* In order of their numbers: one that is ahead waits. */
static void fold(struct model *m, struct model_target *t, int64_t seq, const struct model_pending *p)
{
	struct model_waiting *w;

	if (seq == t->next_seq && !next_waits(m, t)) {
		t->next_seq++;
		fold_one(m, t, p);
	} else if (!(w = waiting_of(m, t))->pending[seq % PENDING_SLOTS].fate) {
		w->pending[seq % PENDING_SLOTS] = *p;
		w->n++;
	}
	fold_waiting(m, t);
}

/* A number far off: the source began anew, or records are missing. */
static void renumber(struct model *m, struct model_target *t, int64_t seq, bool replied)
{
	/* from its very first probe on; after a gap those before it never come */
	bool whole = t->next_seq < 0 && !m->partial && seq < PENDING_SLOTS && !t->sent && t->replies == replied &&
		     t->run_start_us == MODEL_NEVER && m->gap_us == MODEL_NEVER;

	if (t->next_seq >= 0 && seq >= t->next_seq && seq < t->next_seq + 4 * PENDING_SLOTS) {
		/* a fate is overdue: pass over those that are unknown */
		while (seq >= t->next_seq + PENDING_SLOTS) {
			if (!next_waits(m, t))
				t->next_seq++;
			fold_waiting(m, t);
		}
		return;
	}
	forget_waiting(m, t);
	t->next_seq = whole ? 0 : seq;
}

/* How long the probe of a reply may have waited between us and the driver: no longer than its reply is known. */
static uint16_t held_ms(const struct record *r, const struct model_pending *p)
{
	int64_t slip = record_get(r, PROBE_SLIP_US, 0), most = r->t - p->sent_us - p->rtt_us;

	if (slip > most)
		slip = most;
	return slip > 0 ? (uint16_t)(slip / US_PER_MS < UINT16_MAX ? slip / US_PER_MS : UINT16_MAX) : 0;
}

static void put_fate(struct model *m, struct model_target *t, const struct record *r, enum outcome outcome)
{
	int64_t seq = record_get(r, PROBE_SEQ, -1), age = record_get(r, PROBE_AGE_US, 0);
	int64_t rtt = record_get(r, PROBE_RTT_NS, 0) / NS_PER_US;
	struct model_pending p = { .fate = (uint8_t)(1 + outcome) };

	if (seq < 0 || seq > INT64_C(1) << 40)
		return;
	if (t->next_seq < 0 || seq >= t->next_seq + PENDING_SLOTS || seq < t->next_seq - 1000)
		renumber(m, t, seq, outcome == OUTCOME_REPLY);
	if (seq < t->next_seq)
		return;
	p.sent_us = r->t - (age < 0 ? 0 : age > RTT_CAP_US ? RTT_CAP_US : age);
	p.rtt_us = (int32_t)(rtt < 0 ? 0 : rtt > RTT_CAP_US ? RTT_CAP_US : rtt);
	p.purpose = (uint8_t)record_get(r, PROBE_PURPOSE, PURPOSE_SCHEDULE);
	if (outcome == OUTCOME_REPLY)
		p.held_ms = held_ms(r, &p);
	else
		p.error = (uint16_t)(record_get(r, PROBE_ERRNO, 0) & 0xfff);
	fold(m, t, seq, &p);
}

static void note_reply(struct model_target *t, const struct record *r)
{
	int64_t rtt = record_get(r, PROBE_RTT_NS, -1);

	t->replies++;
	t->answered_us = r->t;
	if (rtt >= 0 && rtt / NS_PER_US <= RTT_CAP_US)
		rtt_add(&t->rtt, rtt / NS_PER_US);
}

/* Its probe stays lost, but on a path that became that slow the next ones are waited for. */
static void note_late(struct model_target *t, const struct record *r)
{
	int64_t us = record_get(r, PROBE_RTT_NS, -1) / NS_PER_US;

	t->late++;
	if (us > 0 && us < TIMEOUT_MAX_US)
		rtt_estimate(&t->rtt, us);
}

void probe_apply(struct model *m, const struct record *r)
{
	int64_t purpose = record_get(r, PROBE_PURPOSE, PURPOSE_SCHEDULE);
	int64_t outcome = record_get(r, PROBE_OUTCOME, -1);
	struct model_target *t = probe_target(m, r->key);

	if (!t)
		return;
	if (record_has(r, PROBE_PATH))
		t->path = r->v[PROBE_PATH] == PATH_OUTER ? PATH_OUTER : PATH_INNER;
	if (record_has(r, PROBE_TARGET))
		t->target = (uint16_t)r->v[PROBE_TARGET];
	if (!r->snapshot && (purpose == PURPOSE_MTU || purpose == PURPOSE_LOCATE))
		pmtu_probe(m, t, r);
	if (r->snapshot || (purpose != PURPOSE_SCHEDULE && purpose != PURPOSE_VERDICT))
		return;
	t->last_us = r->t;
	switch (outcome) {
	case OUTCOME_REPLY:
		note_reply(t, r);
		put_fate(m, t, r, OUTCOME_REPLY);
		break;
	case OUTCOME_TIMEOUT:
	case OUTCOME_PTB:
	case OUTCOME_LOCAL_TOOBIG:
	case OUTCOME_UNREACHABLE:
	case OUTCOME_ERROR:
		put_fate(m, t, r, (enum outcome)outcome);
		break;
	case OUTCOME_LATE:
		note_late(t, r);
		break;
	case OUTCOME_DUPLICATE:
		t->duplicate++;
		break;
	case OUTCOME_FOREIGN:
		t->foreign++;
		break;
	}
	/* verdicts are told when they fall; what is left is the first answer */
	if (t->row < m->ntunnels && m->tunnels[t->row].state == HEALTH_UNKNOWN)
		health_update(m, t->row);
}

void probe_gap(struct model *m)
{
	for (size_t i = 0; i < m->ntargets; i++) {
		struct model_target *t = &m->targets[i];

		forget_waiting(m, t);
		t->next_seq = -1;
		if (!t->silent)
			t->lost_run = t->scheduled_lost_run = t->aside_lost_run = 0;
		t->reply_run = 0;
	}
}

void probe_remove(struct model *m, unsigned key)
{
	forget_waiting(m, &m->targets[key]);
	memset(&m->targets[key], 0, sizeof *m->targets);
}

void probe_reset(struct model_target *t)
{
	t->sent = t->lost = t->sent_up = t->lost_up = 0;
	t->late = t->duplicate = t->foreign = 0;
	memset(&t->minute, 0, sizeof t->minute);
	memset(&t->ten, 0, sizeof t->ten);
	rtt_forget(&t->rtt);
}

double model_loss(const struct model *m, const struct model_target *t, enum model_loss which)
{
	unsigned sent = 0, lost = 0;

	switch (which) {
	case LOSS_1M:
		window_sum(&t->minute, m->now / US_PER_S, &sent, &lost);
		break;
	case LOSS_10M:
		window_sum(&t->ten, m->now / (10 * US_PER_S), &sent, &lost);
		break;
	case LOSS_ALL:
		sent = t->sent;
		lost = t->lost;
		break;
	case LOSS_UP:
		sent = t->sent_up;
		lost = t->lost_up;
		break;
	}
	return sent ? (double)lost / sent : -1;
}

int64_t model_timeout(const struct model_target *t)
{
	int64_t us = t->rtt.srtt_us + 4 * t->rtt.rttvar_us;

	return us < US_PER_S ? US_PER_S : us > TIMEOUT_MAX_US ? TIMEOUT_MAX_US : us;
}

bool model_wants_fast(const struct model *m, unsigned target_key)
{
	const struct model_target *t;

	if (target_key >= m->ntargets || !m->targets[target_key].used)
		return false;
	t = &m->targets[target_key];
	return t->silent ? t->reply_run > 0 : t->lost_run > 0;
}
