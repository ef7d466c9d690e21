// SPDX-License-Identifier: GPL-2.0-or-later
// Records of searches and of their probes.
#include "source/pmtu_int.h"

enum { PROOFS = 6 };

static void set_addr(struct pmtu_source *s, struct record *r, unsigned field, const struct addr *a)
{
	if (a->family)
		record_set(r, field, record_intern_addr(s->env->intern, a, r->t));
}

static void set_positive(struct record *r, unsigned field, int64_t v)
{
	if (v > 0)
		record_set(r, field, v);
}

/* What the kernel believes, and what the next hop names, as of now. */
static void set_told(const struct pmtu_path *p, struct record *r)
{
	r->known &= ~(UINT32_C(1) << PMTU_CACHED_MTU | UINT32_C(1) << PMTU_CACHED_S | UINT32_C(1) << PMTU_NEAR_MTU);
	set_positive(r, PMTU_CACHED_MTU, p->belief.mtu);
	set_positive(r, PMTU_CACHED_S, p->belief.expires_s);
	/* one that is less than what passes is wrong */
	if (p->said.state != PMTU_STATE_SEARCHING && p->near_mtu >= p->said.mtu)
		set_positive(r, PMTU_NEAR_MTU, p->near_mtu);
}

static void put_found(struct pmtu_source *s, struct pmtu_path *p, const struct pmtu_placed *at)
{
	const struct pmtu_found *f = &p->said;
	bool searching = f->state == PMTU_STATE_SEARCHING;
	struct record r;

	p->belief = pmtu_belief_ask(s, &p->at.way);
	record_init(&r, RECORD_PMTU, p->at.key, source_now(s->env));
	record_set(&r, PMTU_PATH, p->at.path);
	record_set(&r, PMTU_TARGET, p->name);
	record_set(&r, PMTU_STATE, f->state);
	if (f->state == PMTU_STATE_COMPLETE)
		record_set(&r, PMTU_CAUSE, f->cause);
	set_positive(&r, PMTU_MTU, f->mtu);
	if (!searching) {
		set_positive(&r, PMTU_LOW, f->low);
		set_positive(&r, PMTU_HIGH, f->high);
		record_set(&r, PMTU_PROBES, f->probes);
		record_set(&r, PMTU_TOOK_MS, f->took_us / US_PER_MS);
		set_positive(&r, PMTU_ERRNO, f->error);
	}
	set_addr(s, &r, PMTU_FROM, &f->from);
	if (f->from.family && f->cause == PMTU_CAUSE_PTB && pmtu_belief_is_near(s, p, &f->from))
		record_set(&r, PMTU_NEAR, 1);
	set_positive(&r, PMTU_LIMIT, p->limit);
	if (f->named >= 0)
		record_set(&r, PMTU_NAMED, f->named);
	if (at) {
		record_set(&r, PMTU_DIRECTION, at->direction);
		set_positive(&r, PMTU_HOP, at->hop);
		set_addr(s, &r, PMTU_HOP_FROM, &at->hop_from);
	}
	set_told(p, &r);
	s->env->sink->put(s->env->sink, &r);
	p->record = r;
	p->proofs = 0;
}

void pmtu_record_found(struct pmtu_source *s, struct pmtu_path *p, const struct pmtu_found *f)
{
	if (f->state == p->said.state && f->cause == p->said.cause && f->mtu == p->said.mtu)
		return;
	p->said = *f;
	put_found(s, p, NULL);
}

void pmtu_record_place(struct pmtu_source *s, struct pmtu_path *p, const struct pmtu_placed *at)
{
	put_found(s, p, at);
}

/* Whether the newest record tells of what is not so (any more). */
static bool is_outdated(const struct pmtu_path *p, int64_t now_us)
{
	const struct record *r = &p->record;
	int64_t left_s = record_get(r, PMTU_CACHED_S, 0);

	if (p->near_mtu >= p->mtu && p->near_mtu != record_get(r, PMTU_NEAR_MTU, 0))
		return true;
	return p->belief.known && (p->belief.mtu != record_get(r, PMTU_CACHED_MTU, 0) ||
				   (left_s && now_us >= r->t + left_s * US_PER_S));
}

void pmtu_record_proof(struct pmtu_source *s, struct pmtu_path *p)
{
	int64_t now = source_now(s->env);

	if (p->said.state != PMTU_STATE_COMPLETE)
		return;
	p->belief = pmtu_belief_ask(s, &p->at.way);
	p->proofs += !p->odd;
	if (p->proofs < PROOFS && !is_outdated(p, now))
		return;
	set_told(p, &p->record);
	p->record.t = now;
	record_set(&p->record, PMTU_PROOFS, p->proofs);
	s->env->sink->put(s->env->sink, &p->record);
	p->proofs = 0;
}

/* The number passed, or one byte more met what it met before. */
static bool is_as_before(const struct pmtu_path *p, int size, enum outcome outcome, int named)
{
	if (p->doing != PMTU_PERIOD || p->said.state != PMTU_STATE_COMPLETE)
		return false;
	if (size == p->mtu)
		return outcome == OUTCOME_REPLY;
	return size == p->mtu + 1 && (outcome == OUTCOME_LOCAL_TOOBIG ||
				      (outcome == OUTCOME_PTB && p->said.cause == PMTU_CAUSE_PTB && named == p->mtu) ||
				      (outcome == OUTCOME_TIMEOUT && p->said.cause == PMTU_CAUSE_SILENT));
}

static void fate_init(struct pmtu_source *s, const struct pmtu_path *p, enum purpose purpose, int size, int64_t sent_us,
		      enum outcome outcome, struct record *r)
{
	record_init(r, RECORD_PROBE, p->at.key, source_now(s->env));
	record_set(r, PROBE_OUTCOME, outcome);
	record_set(r, PROBE_PURPOSE, purpose);
	record_set(r, PROBE_SIZE, size);
	record_set(r, PROBE_PATH, p->at.path);
	record_set(r, PROBE_TARGET, p->name);
	set_positive(r, PROBE_AGE_US, r->t - sent_us);
}

void pmtu_record_fate(struct pmtu_source *s, struct pmtu_path *p, const struct pmtu_probe *q, enum outcome outcome,
		      const struct addr *from, int mtu, int error)
{
	struct record r;

	if (is_as_before(p, q->size, outcome, mtu))
		return;
	p->odd = true;
	fate_init(s, p, PURPOSE_MTU, q->size, q->sent_us, outcome, &r);
	set_positive(&r, PROBE_MTU, mtu);
	if (from && !addr_equal(from, &p->at.way.target))
		set_addr(s, &r, PROBE_FROM, from);
	set_positive(&r, PROBE_ERRNO, error);
	s->env->sink->put(s->env->sink, &r);
}

void pmtu_record_located(struct pmtu_source *s, const struct pmtu_path *p, int size, int64_t sent_us,
			 enum outcome outcome, const struct addr *from)
{
	struct record r;

	fate_init(s, p, PURPOSE_LOCATE, size, sent_us, outcome, &r);
	if (from)
		set_addr(s, &r, PROBE_FROM, from);
	s->env->sink->put(s->env->sink, &r);
}
