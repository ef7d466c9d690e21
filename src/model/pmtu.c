// SPDX-License-Identifier: GPL-2.0-or-later
// Path MTUs: what searches found, the sizes that prove it, and what of it a person is told.
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "model/model_int.h"

enum { SIZE_MOST = 65535, AGE_MOST_US = 60000000, PROOFS_MOST = 3600, LOST_FEW = 3, ASIDE_MOST_US = 30000000,
       ASIDE_TAIL_US = 2000000 };

/* ---- the table ---- */

static struct model_pmtu *pmtu_at(struct model *m, unsigned key)
{
	struct model_pmtu *p;

	if (key >= TARGETS_MAX)
		return NULL;
	if (key >= m->npmtu) {
		array_grow(&m->pmtu, &m->pmtu_cap, key + 1, sizeof *m->pmtu);
		m->npmtu = key + 1;
	}
	p = &m->pmtu[key];
	if (!p->used) {
		p->used = true;
		p->state = PMTU_STATE_SEARCHING;
		p->target = p->from = p->hop_from = MODEL_NONE;
		p->named = -1;
		p->settled = PMTU_CAUSE_PENDING;
		p->since_us = p->searched_us = p->proved_us = p->told_us = p->cached_us = MODEL_NEVER;
		p->aside[0] = p->aside[1] = (struct model_pmtu_aside){ MODEL_NEVER, MODEL_NEVER, MODEL_NEVER };
	}
	return p;
}

const struct model_pmtu *model_find_pmtu(const struct model *m, unsigned target_key)
{
	return target_key < m->npmtu && m->pmtu[target_key].used ? &m->pmtu[target_key] : NULL;
}

/* ---- what is still to come ---- */

static bool is_watched(const struct model *m, int family)
{
	const char *instance = family == AF_INET ? "ipv4" : "ipv6", *period = model_setting(m, "mtu-period");

	if (!period || !strcmp(period, "0"))
		return false;
	for (size_t i = 0; i < m->nsources; i++) {
		const struct model_source *s = &m->sources[i];

		if (s->used && s->state == SOURCE_STATE_OK && !strcmp(model_name(m, s->name), "pmtu") &&
		    !strcmp(model_name(m, s->instance), instance))
			return true;
	}
	return false;
}

/* Its first search has not ended, or will begin. */
static bool is_to_come(const struct model *m, unsigned key)
{
	const struct model_target *t = key < m->ntargets && m->targets[key].used ? &m->targets[key] : NULL;
	const struct model_pmtu *p = model_find_pmtu(m, key);

	if (!t || t->silent || (p && p->searched_us != MODEL_NEVER))
		return false;
	/* none begins for what does not answer */
	if (t->lost_run >= LOST_FEW || (!t->replies && t->sent >= LOST_FEW))
		return false;
	return p || is_watched(m, model_addr(m, t->target).family);
}

bool model_mtu_searching(const struct model *m, unsigned tunnel)
{
	const struct model_tunnel *t = tunnel < m->ntunnels ? &m->tunnels[tunnel] : NULL;

	if (!t || !t->used || (t->state != HEALTH_UP && t->state != HEALTH_DEGRADED))
		return false;
	return is_to_come(m, t->inner_target) || is_to_come(m, t->outer_target);
}

void pmtu_forget(struct model *m, unsigned key)
{
	if (key < m->npmtu && m->pmtu[key].used)
		memset(&m->pmtu[key], 0, sizeof *m->pmtu);
	history_path_forget(m, key);
}

static int64_t clamp(const struct record *r, unsigned field, int64_t least, int64_t most, int64_t otherwise)
{
	int64_t v = record_get(r, field, otherwise);

	return v < least || v > most ? otherwise : v;
}

int32_t pmtu_size(const struct record *r, unsigned field)
{
	return (int32_t)clamp(r, field, 0, SIZE_MOST, 0);
}

/* ---- stretches of searching ---- */

/* It is searched from then on, until a record says otherwise: for what is left of 30 s, and half of what passed since
 * the last time. */
static void aside_begin(struct model_pmtu *p, int64_t from, int64_t until)
{
	struct model_pmtu_aside *a = &p->aside[0];
	int64_t left = ASIDE_MOST_US, passed;

	if (from < 0)
		return;
	if (a->until_us != MODEL_NEVER) {
		passed = from - a->until_us;
		left = a->most_us - a->until_us;
		left = passed >= 2 * ASIDE_MOST_US || left + passed / 2 > ASIDE_MOST_US ? ASIDE_MOST_US :
		       left + passed / 2;
	}
	if (a->until_us == MODEL_NEVER || (from > a->until_us && left >= ASIDE_TAIL_US)) {
		p->aside[1] = *a;
		*a = (struct model_pmtu_aside){ from, from, from + left };
	} else if (from > a->until_us) {
		return;
	}
	until = until < a->most_us ? until : a->most_us;
	a->until_us = max_time(a->until_us, until);
}

/* Whoever limits the rate has to recover. */
static void aside_end(struct model_pmtu *p, int64_t t)
{
	if (p->aside[0].until_us != MODEL_NEVER && t + ASIDE_TAIL_US < p->aside[0].until_us)
		p->aside[0].until_us = max_time(p->aside[0].from_us, t + ASIDE_TAIL_US);
}

bool model_pmtu_aside(const struct model *m, unsigned target_key, int64_t sent_us)
{
	const struct model_pmtu *p = model_find_pmtu(m, target_key);

	for (size_t i = 0; p && i < ARRAY_LEN(p->aside); i++)
		if (p->aside[i].until_us != MODEL_NEVER && sent_us >= p->aside[i].from_us &&
		    sent_us < p->aside[i].until_us)
			return true;
	return false;
}

/* What a record of the path says. A keyframe only repeats what was said. */
static void aside_note(struct model_pmtu *p, const struct record *r, enum pmtu_state state)
{
	if (state == PMTU_STATE_SEARCHING ||
	    (state == PMTU_STATE_COMPLETE && record_get(r, PMTU_CAUSE, PMTU_CAUSE_NONE) == PMTU_CAUSE_PENDING))
		aside_begin(p, r->t, r->t + ASIDE_MOST_US);
	else if (!r->snapshot)
		aside_end(p, r->t);
}

/* ---- sizes ---- */

static uint16_t more(uint16_t n, int64_t by)
{
	return n + by < UINT16_MAX ? (uint16_t)(n + by) : UINT16_MAX;
}

static int32_t largest_answered(const struct model_pmtu *p)
{
	for (uint32_t i = p->nsizes; i-- > 0;)
		if (p->sizes[i].answered)
			return p->sizes[i].size;
	return 0;
}

/* The place of a size. When all are taken the one farthest from the edge goes, which tells least: NULL when that is the
 * new one. */
static struct model_pmtu_size *size_at(struct model_pmtu *p, int32_t size, bool answered)
{
	int32_t edge = largest_answered(p), below, above;
	uint32_t i = 0;

	while (i < p->nsizes && p->sizes[i].size < size)
		i++;
	if (i < p->nsizes && p->sizes[i].size == size)
		return &p->sizes[i];
	if (p->nsizes == MODEL_PMTU_SIZES) {
		edge = answered && size > edge ? size : edge;
		below = edge - p->sizes[0].size;
		above = p->sizes[p->nsizes - 1].size - edge;
		if (abs(size - edge) >= (below > above ? below : above))
			return NULL;
		p->nsizes--;
		if (below > above) {
			memmove(p->sizes, p->sizes + 1, p->nsizes * sizeof *p->sizes);
			i--;
		}
	}
	memmove(p->sizes + i + 1, p->sizes + i, (p->nsizes - i) * sizeof *p->sizes);
	memset(&p->sizes[i], 0, sizeof *p->sizes);
	p->sizes[i].size = size;
	p->nsizes++;
	return &p->sizes[i];
}

/* Whether probes of the number are lost while small ones are answered. What an outage swallows says nothing. */
static void note_recent(struct model_pmtu *p, const struct model_target *t, const struct record *r, bool lost)
{
	int64_t sent = r->t - clamp(r, PROBE_AGE_US, 0, AGE_MOST_US, 0);

	if (lost && (t->silent || t->lost_run || t->answered_us < sent))
		return;
	p->recent_lost = p->recent_lost << 1 | lost;
	if (p->recent < 64)
		p->recent++;
}

/* So many periods found it as it was: the number passed, and one byte more did what it did before. */
static void note_proofs(struct model_pmtu *p, const struct record *r, int64_t proofs)
{
	struct model_pmtu_size *s;

	if (!proofs)
		return;
	s = size_at(p, p->mtu, true);
	p->proved_us = r->t;
	p->recent_lost = proofs < 64 ? p->recent_lost << proofs : 0;
	p->recent = p->recent + proofs < 64 ? p->recent + (uint32_t)proofs : 64;
	if (s)
		s->answered = more(s->answered, proofs);
	s = p->cause == PMTU_CAUSE_PTB || p->cause == PMTU_CAUSE_SILENT ? size_at(p, p->mtu + 1, false) : NULL;
	if (s && p->cause == PMTU_CAUSE_PTB)
		s->refused = more(s->refused, proofs);
	else if (s)
		s->lost = more(s->lost, proofs);
}

static void count(struct model_pmtu_size *s, int64_t outcome)
{
	switch (outcome) {
	case OUTCOME_REPLY:
		s->answered = more(s->answered, 1);
		break;
	case OUTCOME_LATE:
		/* it was told lost before */
		s->answered = more(s->answered, 1);
		s->lost -= s->lost > 0;
		break;
	case OUTCOME_TIMEOUT:
		s->lost = more(s->lost, 1);
		break;
	case OUTCOME_PTB:
	case OUTCOME_LOCAL_TOOBIG:
		s->refused = more(s->refused, 1);
		break;
	}
}

static void note_size(struct model_pmtu *p, const struct model_target *t, const struct record *r, int32_t size)
{
	int64_t outcome = record_get(r, PROBE_OUTCOME, -1);
	bool answered = outcome == OUTCOME_REPLY || outcome == OUTCOME_LATE;
	struct model_pmtu_size *s = size_at(p, size, answered);

	if (s)
		count(s, outcome);
	if (size != p->mtu)
		return;
	if (answered)
		p->proved_us = r->t;
	if (outcome == OUTCOME_REPLY || outcome == OUTCOME_TIMEOUT)
		note_recent(p, t, r, !answered);
}

void pmtu_probe(struct model *m, struct model_target *t, const struct record *r)
{
	int64_t outcome = record_get(r, PROBE_OUTCOME, -1);
	int32_t size = pmtu_size(r, PROBE_SIZE);
	struct model_pmtu *p;

	if (record_get(r, PROBE_PURPOSE, PURPOSE_SCHEDULE) == PURPOSE_LOCATE && r->key < m->npmtu &&
	    m->pmtu[r->key].used)
		aside_begin(&m->pmtu[r->key], r->t - clamp(r, PROBE_AGE_US, 0, AGE_MOST_US, 0), r->t + ASIDE_TAIL_US);
	if (outcome == OUTCOME_REPLY || outcome == OUTCOME_LATE || outcome == OUTCOME_PTB ||
	    outcome == OUTCOME_UNREACHABLE || outcome == OUTCOME_DUPLICATE)
		t->large++;
	/* those that look for the place ask others, or with another protocol */
	if (record_get(r, PROBE_PURPOSE, PURPOSE_SCHEDULE) != PURPOSE_MTU || !size ||
	    (outcome != OUTCOME_REPLY && outcome != OUTCOME_LATE && outcome != OUTCOME_TIMEOUT &&
	     outcome != OUTCOME_PTB && outcome != OUTCOME_LOCAL_TOOBIG))
		return;
	p = pmtu_at(m, r->key);
	if (!p)
		return;
	if (p->target == MODEL_NONE) {
		p->target = t->target;
		p->path = t->path;
	}
	p->refusals += outcome == OUTCOME_PTB || outcome == OUTCOME_LOCAL_TOOBIG;
	note_size(p, t, r, size);
}

/* ---- what people are told ---- */

/* Behind a number: what the cause is. Ends the text, so that it can be amended. */
static void cause_text(const struct model *m, const struct model_pmtu *p, char *text, size_t size)
{
	size_t pos = 0;

	text[0] = 0;
	if (p->cause == PMTU_CAUSE_SILENT && p->mtu > p->before && p->before)
		str_append(text, size, &pos, ", larger ones still vanish");
	else
		mtu_add_cause(m, p, " ", text, size, &pos);
}

static const char pending[] = " cause pending";

static const char *path_word(enum path path)
{
	return path == PATH_OUTER ? "outer path" : "path";
}

static void tell_change(struct model *m, unsigned row, const struct model_pmtu *p, enum path path, int32_t old)
{
	const struct model_tunnel *t = &m->tunnels[row];
	int32_t base = path == PATH_OUTER ? t->base_outer : t->base_inner, by = p->mtu - old;
	char cause[96], drift[48] = "";
	size_t pos = 0;

	cause_text(m, p, cause, sizeof cause);
	if (base && base != old && base != p->mtu)
		str_append(drift, sizeof drift, &pos, ", %+d from the baseline", p->mtu - base);
	else if (base && base != old)
		str_append(drift, sizeof drift, &pos, ", as at the baseline");
	if (p->mtu && !old)
		history_add_event(m, p->since_us, row, 1, SEVERITY_INFO, "MTU", "%s now %d%s%s",
				  path_word(path), p->mtu, drift, cause);
	else if (p->mtu)
		history_add_event(m, p->since_us, row, by < 0 ? -1 : 1, by < 0 ? SEVERITY_WARNING : SEVERITY_INFO,
				  "MTU", "%s %d -> %d (%+d%s)%s", path_word(path), old, p->mtu, by, drift, cause);
	else
		history_add_event(m, p->since_us, row, -1, SEVERITY_WARNING, "MTU", "%s %d -> less than %d%s",
				  path_word(path), old, p->high, cause);
}

/* A router stopped to send frag-needed, or to filter it. */
static void tell_cause(struct model *m, unsigned row, const struct model_pmtu *p, enum path path)
{
	const char *word = path_word(path);
	char cause[96];

	cause_text(m, p, cause, sizeof cause);
	if (p->cause == PMTU_CAUSE_SILENT)
		history_add_event(m, m->now, row, -1, SEVERITY_WARNING, "MTU",
				  "%s %d: no frag-needed any more, larger packets vanish", word, p->mtu);
	else
		history_add_event(m, m->now, row, 1, SEVERITY_INFO, "MTU", "%s %d: now%s", word, p->mtu,
				  *cause ? cause : " no black hole any more");
}

/* What told of a change had no cause yet. */
static void amend_cause(struct model *m, unsigned row, const struct model_pmtu *p)
{
	char cause[96];

	cause_text(m, p, cause, sizeof cause);
	history_amend_event(m, p->told_us, row, "MTU", pending, cause);
}

/* A baseline that is less than what would fit is taken, but not in silence. */
static void tell_baseline(struct model *m, unsigned row)
{
	struct model_tunnel *t = &m->tunnels[row];
	struct model_mtu mtu;
	int32_t base = t->base_inner;

	if (t->base_told || !base || t->type == TUNNEL_TYPE_LINE)
		return;
	model_mtu(m, row, &mtu);
	if (mtu.ceiling > base && mtu.ceiling < mtu.configured)
		history_add_event(m, m->now, row, -1, SEVERITY_WARNING, "MTU",
				  "baseline %d, though outer %d leaves %d inside", base, mtu.path_outer, mtu.ceiling);
	else if (mtu.configured > base)
		history_add_event(m, m->now, row, -1, SEVERITY_WARNING, "MTU", "baseline %d, though %s says %d",
				  base, mtu.from_router ? "its router" : "the interface", mtu.configured);
	else
		return;
	t->base_told = true;
}

/* ---- baselines ---- */

/* The number of a path that is searched anew, or does not answer now, is no baseline. */
static bool is_settled(const struct model *m, unsigned key, const struct model_pmtu *p)
{
	bool silent = key < m->ntargets && m->targets[key].used && m->targets[key].silent;

	return p && p->state == PMTU_STATE_COMPLETE && p->mtu > 0 && !silent;
}

void pmtu_baseline(struct model *m, unsigned row)
{
	struct model_tunnel *t = &m->tunnels[row];
	const struct model_pmtu *in = model_find_pmtu(m, t->inner_target), *out = model_find_pmtu(m, t->outer_target);

	t->base_inner = is_settled(m, t->inner_target, in) ? in->mtu : 0;
	t->base_outer = is_settled(m, t->outer_target, out) ? out->mtu : 0;
	t->base_told = false;
	tell_baseline(m, row);
}

/* The first that settles since the session, or the baseline, began. */
static void take_baseline(const struct model *m, struct model_tunnel *t, unsigned key, enum path path)
{
	int32_t *base = path == PATH_OUTER ? &t->base_outer : &t->base_inner;
	const struct model_pmtu *p = &m->pmtu[key];

	if (!*base && is_settled(m, key, p))
		*base = p->mtu;
}

/* ---- records ---- */

static void set_numbers(struct model_pmtu *p, const struct record *r)
{
	p->from = name_or_none(r, PMTU_FROM);
	p->low = pmtu_size(r, PMTU_LOW);
	p->high = pmtu_size(r, PMTU_HIGH);
	p->named = (int32_t)clamp(r, PMTU_NAMED, 0, SIZE_MOST, -1);
	p->near = record_get(r, PMTU_NEAR, 0) != 0;
	p->near_mtu = pmtu_size(r, PMTU_NEAR_MTU);
	p->probes = (int32_t)clamp(r, PMTU_PROBES, 0, INT32_MAX, 0);
	p->took_ms = (int32_t)clamp(r, PMTU_TOOK_MS, 0, INT32_MAX, 0);
	p->error = (int32_t)clamp(r, PMTU_ERRNO, 0, 4095, 0);
	p->direction = (enum direction)clamp(r, PMTU_DIRECTION, 0, DIRECTION_COUNT - 1, DIRECTION_UNKNOWN);
	p->hop = (int32_t)clamp(r, PMTU_HOP, 0, 255, 0);
	p->hop_from = name_or_none(r, PMTU_HOP_FROM);
	if (!record_has(r, PMTU_PROOFS) || p->searched_us == MODEL_NEVER)
		p->searched_us = r->t;
}

/* What is said of the path whatever the search found. */
static void set_way(struct model_pmtu *p, const struct record *r)
{
	if (record_has(r, PMTU_LIMIT))
		p->limit = pmtu_size(r, PMTU_LIMIT);
	p->cached_mtu = pmtu_size(r, PMTU_CACHED_MTU);
	p->cached_s = (int32_t)clamp(r, PMTU_CACHED_S, 0, INT32_MAX, 0);
	p->cached_us = r->t;
}

/* A search begins. What was known stands until it ends; a recording that begins here does not know it otherwise. */
static void begin(struct model_pmtu *p, const struct record *r)
{
	int32_t mtu = pmtu_size(r, PMTU_MTU);

	p->state = PMTU_STATE_SEARCHING;
	p->nsizes = 0;
	memset(p->sizes, 0, sizeof p->sizes);
	if (p->mtu || !mtu)
		return;
	p->mtu = mtu;
	p->since_us = r->t;
}

/* Returns whether the number changed. */
static bool set_number(struct model_pmtu *p, const struct record *r)
{
	int32_t mtu = pmtu_size(r, PMTU_MTU);
	bool changed = mtu != p->mtu || p->since_us == MODEL_NEVER;

	if (mtu)
		p->proved_us = r->t;
	if (!changed)
		return false;
	p->before = p->mtu;
	p->mtu = mtu;
	p->since_us = r->t;
	p->settled = PMTU_CAUSE_PENDING;
	p->recent_lost = p->recent = 0;
	return true;
}

static void tell_rows(struct model *m, unsigned key, bool changed, enum pmtu_cause old_cause, bool first)
{
	const struct model_pmtu *p = &m->pmtu[key];
	bool turned = !changed && old_cause != PMTU_CAUSE_PENDING && p->cause != PMTU_CAUSE_PENDING &&
		      (p->cause == PMTU_CAUSE_SILENT) != (old_cause == PMTU_CAUSE_SILENT);

	for (unsigned i = 0; i < m->ntunnels; i++) {
		struct model_tunnel *t = &m->tunnels[i];
		enum path path = t->inner_target == key ? PATH_INNER : PATH_OUTER;

		if (!t->used || (t->inner_target != key && t->outer_target != key))
			continue;
		if (changed && !first)
			tell_change(m, i, p, path, p->before);
		else if (p->told_us != MODEL_NEVER && !changed && p->cause != PMTU_CAUSE_PENDING)
			amend_cause(m, i, p);
		else if (turned)
			tell_cause(m, i, p, path);
		take_baseline(m, t, key, path);
		tell_baseline(m, i);
	}
}

static void complete(struct model *m, unsigned key, const struct record *r)
{
	struct model_pmtu *p = &m->pmtu[key];
	enum pmtu_cause settled = p->settled;
	bool first = p->since_us == MODEL_NEVER, changed = set_number(p, r);

	p->cause = (enum pmtu_cause)clamp(r, PMTU_CAUSE, 0, PMTU_CAUSE_COUNT - 1, PMTU_CAUSE_NONE);
	if (p->cause != PMTU_CAUSE_PENDING)
		p->settled = p->cause;
	if (!r->snapshot && p->mtu && !changed)
		note_proofs(p, r, clamp(r, PMTU_PROOFS, 0, PROOFS_MOST, 0));
	if (!r->snapshot)
		tell_rows(m, key, changed, settled, first);
	if (p->cause != PMTU_CAUSE_PENDING)
		p->told_us = MODEL_NEVER;
	else if (changed && !first)
		p->told_us = p->since_us;
}

/* No number: what was proved before is kept, but not shown as if it were so. */
static void fail(struct model *m, unsigned key, enum pmtu_state old, const struct record *r)
{
	const struct model_pmtu *p = &m->pmtu[key];

	for (unsigned i = 0; p->state == PMTU_STATE_UNSTABLE && old != p->state && !r->snapshot && i < m->ntunnels; i++)
		if (m->tunnels[i].used && (m->tunnels[i].inner_target == key || m->tunnels[i].outer_target == key))
			history_add_event(m, m->now, i, -1, SEVERITY_WARNING, "MTU",
					  "%s unstable: the same size passes and vanishes by turns",
					  path_word(m->tunnels[i].inner_target == key ? PATH_INNER : PATH_OUTER));
}

void pmtu_apply(struct model *m, const struct record *r)
{
	int64_t state = clamp(r, PMTU_STATE, 0, PMTU_STATE_COUNT - 1, -1);
	struct model_pmtu *p = state < 0 ? NULL : pmtu_at(m, r->key);
	uint16_t target = name_or_none(r, PMTU_TARGET);
	enum pmtu_state old;
	bool known;

	if (!p)
		return;
	if (target != MODEL_NONE && p->target != MODEL_NONE && p->target != target) {
		pmtu_forget(m, r->key);
		p = pmtu_at(m, r->key);
	}
	if (target != MODEL_NONE)
		p->target = target;
	if (record_has(r, PMTU_PATH))
		p->path = r->v[PMTU_PATH] == PATH_OUTER ? PATH_OUTER : PATH_INNER;
	old = p->state;
	known = p->since_us != MODEL_NEVER;
	aside_note(p, r, (enum pmtu_state)state);
	set_way(p, r);
	if (state == PMTU_STATE_SEARCHING) {
		begin(p, r);
		return;
	}
	p->state = (enum pmtu_state)state;
	p->stale = p->state != PMTU_STATE_COMPLETE;
	set_numbers(p, r);
	if (p->state == PMTU_STATE_COMPLETE)
		complete(m, r->key, r);
	else
		fail(m, r->key, old, r);
	history_path_step(m, r->key, r->t, p->state == PMTU_STATE_COMPLETE ? p->mtu : 0);
	/* what is found for the first time, of each path at the start, can wait for the tick */
	m->changes += known && !r->snapshot && !record_has(r, PMTU_PROOFS);
}
