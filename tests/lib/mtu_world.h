/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Path MTUs beside the world of sim.h: what a search puts, an outer target, and SAs. */
#ifndef TESTS_MTU_WORLD_H
#define TESTS_MTU_WORLD_H

#include "lib/sim.h"

enum { MTU_INNER = 0, MTU_OUTER = 1 };

/* What a row is; NULL and 0: absent. */
struct mtu_row {
	enum tunnel_type type;
	const char *peer, *local, *remote;
	bool no_link, has_key;
	uint32_t key, okey, if_id, mark;
	const char *name;
	bool no_inner;
	enum framing framing;
};

/* One pmtu record; what is 0 or NULL is absent. */
struct mtu_found {
	enum pmtu_state state;
	enum pmtu_cause cause;
	int mtu, low, high, limit, named, hop, cached, cached_s, near_mtu;
	const char *from, *target, *hop_from;
	enum direction direction;
	bool near, has_named, outer, snapshot, again;
	int error, proofs;
};

static inline int64_t mtu_name(struct sim *s, const char *text)
{
	return record_intern_text(s->intern, text, s->t);
}

static inline void mtu_name_field(struct sim *s, struct record *r, unsigned field, const char *text)
{
	if (text)
		record_set(r, field, mtu_name(s, text));
}

/* Row key, its inner target 2 * key and its outer one 2 * key + 1. */
static inline void mtu_put_row(struct sim *s, unsigned key, const struct mtu_row *w)
{
	struct record r;

	record_init(&r, RECORD_TUNNEL, key, s->t);
	record_set(&r, TUNNEL_TYPE, w->type);
	if (!w->no_link) {
		record_set(&r, TUNNEL_IFNAME, mtu_name(s, "vx1"));
		record_set(&r, TUNNEL_LINK, 0);
	}
	mtu_name_field(s, &r, TUNNEL_PEER, w->peer);
	mtu_name_field(s, &r, TUNNEL_OUTER_LOCAL, w->local);
	mtu_name_field(s, &r, TUNNEL_OUTER_REMOTE, w->remote);
	if (!w->no_inner)
		record_set(&r, TUNNEL_INNER_TARGET, 2 * key);
	if (w->remote)
		record_set(&r, TUNNEL_OUTER_TARGET, 2 * key + 1);
	if (w->has_key)
		record_set(&r, TUNNEL_KEY, w->key);
	if (w->okey)
		record_set(&r, TUNNEL_OKEY, w->okey);
	if (w->if_id)
		record_set(&r, TUNNEL_IF_ID, w->if_id);
	if (w->mark)
		record_set(&r, TUNNEL_MARK, w->mark);
	if (w->framing)
		record_set(&r, TUNNEL_FRAMING, w->framing);
	record_text(&r, w->name ? w->name : "t");
	sim_put(s, &r);
}

static inline void mtu_fill(struct sim *s, struct record *r, unsigned key, const struct mtu_found *f)
{
	record_init(r, RECORD_PMTU, key, s->t);
	r->snapshot = f->snapshot;
	record_set(r, PMTU_PATH, f->outer || key % 2 ? PATH_OUTER : PATH_INNER);
	record_set(r, PMTU_STATE, f->state);
	mtu_name_field(s, r, PMTU_TARGET, f->target);
	mtu_name_field(s, r, PMTU_FROM, f->from);
	mtu_name_field(s, r, PMTU_HOP_FROM, f->hop_from);
	if (f->cached)
		record_set(r, PMTU_CACHED_MTU, f->cached);
	if (f->cached_s)
		record_set(r, PMTU_CACHED_S, f->cached_s);
	if (f->limit)
		record_set(r, PMTU_LIMIT, f->limit);
	if (f->state == PMTU_STATE_SEARCHING && !f->mtu)
		return;
	record_set(r, PMTU_MTU, f->mtu);
	if (f->state == PMTU_STATE_SEARCHING)
		return;
	record_set(r, PMTU_CAUSE, f->cause);
	record_set(r, PMTU_LOW, f->low ? f->low : f->mtu);
	record_set(r, PMTU_HIGH, f->high ? f->high : f->mtu + 1);
	record_set(r, PMTU_PROBES, 16);
	record_set(r, PMTU_TOOK_MS, 80);
	if (f->proofs || f->again)
		record_set(r, PMTU_PROOFS, f->proofs);
	if (f->has_named)
		record_set(r, PMTU_NAMED, f->named);
	if (f->near)
		record_set(r, PMTU_NEAR, 1);
	if (f->near_mtu)
		record_set(r, PMTU_NEAR_MTU, f->near_mtu);
	if (f->direction)
		record_set(r, PMTU_DIRECTION, f->direction);
	if (f->hop)
		record_set(r, PMTU_HOP, f->hop);
	if (f->error)
		record_set(r, PMTU_ERRNO, f->error);
}

static inline void mtu_put(struct sim *s, unsigned key, const struct mtu_found *f)
{
	struct record r;

	mtu_fill(s, &r, key, f);
	sim_put(s, &r);
}

/* A search from its beginning to its end: COMPLETE with that cause. */
static inline void mtu_found(struct sim *s, unsigned key, int mtu, enum pmtu_cause cause, const char *from)
{
	mtu_put(s, key, &(struct mtu_found){ .state = PMTU_STATE_SEARCHING });
	mtu_put(s, key, &(struct mtu_found){ .state = PMTU_STATE_COMPLETE, .mtu = mtu, .cause = cause, .from = from,
					     .limit = 1500 });
}

static inline void mtu_probe(struct sim *s, unsigned key, enum purpose purpose, int size, enum outcome outcome)
{
	struct record r;

	record_init(&r, RECORD_PROBE, key, s->t);
	record_set(&r, PROBE_PATH, key % 2 ? PATH_OUTER : PATH_INNER);
	record_set(&r, PROBE_PURPOSE, purpose);
	record_set(&r, PROBE_SIZE, size);
	record_set(&r, PROBE_OUTCOME, outcome);
	record_set(&r, PROBE_AGE_US, outcome == OUTCOME_TIMEOUT ? 1000000 : 5000);
	if (outcome == OUTCOME_REPLY)
		record_set(&r, PROBE_RTT_NS, 5000000);
	sim_put(s, &r);
}

struct mtu_sa {
	const char *src, *dst, *enc, *auth;
	enum sa_mode mode;
	enum direction dir;
	uint32_t spi, if_id, mark;
	int encap, icv_bits, proto;
	enum sa_event event;
};

static inline void mtu_put_sa(struct sim *s, unsigned key, const struct mtu_sa *a)
{
	struct record r;

	record_init(&r, RECORD_SA, key, s->t);
	record_set(&r, SA_EVENT, a->event);
	record_set(&r, SA_SPI, a->spi);
	mtu_name_field(s, &r, SA_SRC, a->src);
	mtu_name_field(s, &r, SA_DST, a->dst);
	mtu_name_field(s, &r, SA_ENC, a->enc);
	mtu_name_field(s, &r, SA_AUTH, a->auth);
	record_set(&r, SA_PROTO, a->proto ? a->proto : 50);
	if (a->mode < SA_MODE_COUNT)
		record_set(&r, SA_MODE, a->mode);
	if (a->dir)
		record_set(&r, SA_DIR, a->dir);
	if (a->if_id)
		record_set(&r, SA_IF_ID, a->if_id);
	if (a->mark)
		record_set(&r, SA_MARK, a->mark);
	if (a->encap)
		record_set(&r, SA_ENCAP, a->encap);
	if (a->icv_bits)
		record_set(&r, SA_ICV_BITS, a->icv_bits);
	sim_put(s, &r);
}

/* The newest event of that word on a row (from the end, the i-th), or "". */
static inline const char *mtu_event(const struct sim *s, unsigned row, const char *word, unsigned i)
{
	for (size_t k = history_events(s->m); k-- > 0;) {
		const struct history_event *e = history_event(s->m, k);

		if (e->tunnel == row && !strcmp(e->word, word) && !i--)
			return e->text;
	}
	return "";
}

static inline unsigned mtu_events(const struct sim *s, unsigned row, const char *word)
{
	unsigned n = 0;

	for (size_t k = 0; k < history_events(s->m); k++)
		n += history_event(s->m, k)->tunnel == row && !strcmp(history_event(s->m, k)->word, word);
	return n;
}

#endif
