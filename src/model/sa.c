// SPDX-License-Identifier: GPL-2.0-or-later
// Security associations, and the rows they belong to.
#include <string.h>

#include "model/model_int.h"

enum { ESP = 50, AH = 51, COMPRESSION = 108 };

static struct model_sa *sa_at(struct model *m, unsigned key)
{
	if (key >= SA_MAX)
		return NULL;
	if (key >= m->nsa) {
		array_grow(&m->sa, &m->sa_cap, key + 1, sizeof *m->sa);
		m->nsa = key + 1;
	}
	return &m->sa[key];
}

/* ---- which row ---- */

/* Kinds whose packets ESP may carry, and whether it alone makes the tunnel. */
static bool may_carry(enum tunnel_type type, bool *ret_alone)
{
	*ret_alone = false;
	switch (type) {
	case TUNNEL_TYPE_VTI:
	case TUNNEL_TYPE_VTI6:
	case TUNNEL_TYPE_XFRM:
	case TUNNEL_TYPE_IPSEC:
		*ret_alone = true;
		return true;
	case TUNNEL_TYPE_GRE:
	case TUNNEL_TYPE_GRETAP:
	case TUNNEL_TYPE_IP6GRE:
	case TUNNEL_TYPE_IP6GRETAP:
	case TUNNEL_TYPE_ERSPAN:
	case TUNNEL_TYPE_IPIP:
	case TUNNEL_TYPE_SIT:
	case TUNNEL_TYPE_IP6TNL:
	case TUNNEL_TYPE_PPP:
	case TUNNEL_TYPE_L2TP:
	case TUNNEL_TYPE_VXLAN:
	case TUNNEL_TYPE_GENEVE:
		return true;
	case TUNNEL_TYPE_OTHER:
	case TUNNEL_TYPE_WIREGUARD:
	case TUNNEL_TYPE_TUN:
	case TUNNEL_TYPE_REMOTE:
	case TUNNEL_TYPE_LINE:
	case TUNNEL_TYPE_COUNT:
		break;
	}
	return false;
}

/* A VTI's keys are the marks of its SAs: the input key of those that arrive. */
static bool mark_of(const struct model_tunnel *t, enum direction dir, uint32_t *ret)
{
	bool is_vti = t->type == TUNNEL_TYPE_VTI || t->type == TUNNEL_TYPE_VTI6;

	*ret = t->mark;
	if (is_vti && dir == DIRECTION_OUT && t->has_okey)
		*ret = t->okey;
	else if (is_vti && t->has_key)
		*ret = t->gre_key;
	else
		return t->has_mark;
	return true;
}

static bool ends_match(const struct model_tunnel *t, const struct model_sa *sa, enum direction *ret_dir)
{
	if (t->outer_remote == MODEL_NONE)
		return false;
	*ret_dir = sa->dst == t->outer_remote ? DIRECTION_OUT : DIRECTION_IN;
	if (sa->dst == t->outer_remote)
		return t->outer_local == MODEL_NONE || sa->src == t->outer_local;
	return sa->src == t->outer_remote && (t->outer_local == MODEL_NONE || sa->dst == t->outer_local);
}

static bool is_own(const struct model *m, uint16_t address)
{
	for (size_t i = 0; i < m->naddresses; i++)
		if (m->addresses[i].used && m->addresses[i].local == address)
			return true;
	return false;
}

/* How well an SA fits a row; 0: not at all. */
static unsigned worth(const struct model_tunnel *t, const struct model_sa *sa, enum direction *ret_dir)
{
	bool alone, ends = ends_match(t, sa, ret_dir), same_id = t->has_if_id && t->if_id && t->if_id == sa->if_id;
	uint32_t mark;

	if (!may_carry(t->type, &alone) || (t->has_if_id && t->if_id != sa->if_id) ||
	    (!t->has_if_id && sa->if_id && alone))
		return 0;
	/* an XFRM interface names no endpoints: its id alone binds */
	if (!ends && (!same_id || t->outer_remote != MODEL_NONE))
		return 0;
	if (!ends)
		*ret_dir = DIRECTION_UNKNOWN;
	if (mark_of(t, *ret_dir, &mark) && sa->mark && mark != sa->mark)
		return 0;
	return 1 + (alone == (sa->mode != SA_MODE_TRANSPORT)) + 2 * (mark_of(t, *ret_dir, &mark) && mark == sa->mark) +
	       4 * same_id;
}

/* A row's SAs are a list: its head and what is next are keys plus one. */
static void enter_row(struct model *m, unsigned key, uint16_t row)
{
	struct model_sa *sa = &m->sa[key];

	sa->row = row;
	if (row >= m->ntunnels)
		return;
	sa->next = m->tunnels[row].sas;
	m->tunnels[row].sas = (uint16_t)(key + 1);
}

static void leave_row(struct model *m, unsigned key)
{
	struct model_sa *sa = &m->sa[key];
	uint16_t *at = sa->used && sa->row < m->ntunnels ? &m->tunnels[sa->row].sas : NULL;

	while (at && *at && *at != key + 1)
		at = &m->sa[*at - 1].next;
	if (at && *at)
		*at = sa->next;
	sa->next = 0;
	sa->row = MODEL_NONE;
}

static const struct model_sa *first_of(const struct model *m, unsigned row)
{
	return row < m->ntunnels && m->tunnels[row].sas ? &m->sa[m->tunnels[row].sas - 1] : NULL;
}

static const struct model_sa *next_of(const struct model *m, const struct model_sa *sa)
{
	return sa->next ? &m->sa[sa->next - 1] : NULL;
}

/* Into the list of the row it fits best. */
static void join(struct model *m, unsigned key)
{
	enum direction dir = DIRECTION_UNKNOWN, best_dir = DIRECTION_UNKNOWN;
	struct model_sa *sa = &m->sa[key];
	uint16_t row = MODEL_NONE;
	unsigned best = 0;

	for (size_t i = 0; i < m->ntunnels; i++) {
		unsigned score = m->tunnels[i].used ? worth(&m->tunnels[i], sa, &dir) : 0;

		if (score <= best)
			continue;
		best = score;
		best_dir = dir;
		row = (uint16_t)i;
	}
	enter_row(m, key, row);
	if (best && best_dir == DIRECTION_UNKNOWN && !sa->told_dir)
		best_dir = is_own(m, sa->src) ? DIRECTION_OUT : is_own(m, sa->dst) ? DIRECTION_IN : DIRECTION_UNKNOWN;
	if (!sa->told_dir)
		sa->dir = best_dir;
}

/* Everything of rows and addresses that joins go by. */
static uint64_t sign_rows(const struct model *m)
{
	uint64_t h = 1;

	for (size_t i = 0; i < m->ntunnels; i++) {
		const struct model_tunnel *t = &m->tunnels[i];
		uint32_t part[] = { t->used, t->type, t->outer_local, t->outer_remote, t->if_id, t->mark, t->gre_key,
				    t->okey, t->has_if_id * 8u + t->has_mark * 4u + t->has_key * 2u + t->has_okey };

		h = hash_bytes(h, part, sizeof part);
	}
	for (size_t i = 0; i < m->naddresses; i++)
		h = hash_bytes(h + m->addresses[i].used, &m->addresses[i].local, sizeof m->addresses[i].local);
	return h;
}

void sa_join(struct model *m)
{
	uint64_t sign = m->nsa ? sign_rows(m) : 0;

	if (sign == m->sa_joined)
		return;
	m->sa_joined = sign;
	for (size_t i = 0; i < m->ntunnels; i++)
		m->tunnels[i].sas = 0;
	for (size_t k = 0; k < m->nsa; k++) {
		m->sa[k].next = 0;
		if (m->sa[k].used)
			join(m, (unsigned)k);
	}
}

/* ---- records ---- */

void sa_apply(struct model *m, const struct record *r)
{
	struct model_sa *sa = sa_at(m, r->key);
	uint32_t spi = (uint32_t)record_get(r, SA_SPI, 0);
	int64_t event = record_get(r, SA_EVENT, SA_EVENT_NEW), mode = record_get(r, SA_MODE, SA_MODE_COUNT);
	int64_t dir = record_get(r, SA_DIR, DIRECTION_UNKNOWN);

	if (!sa)
		return;
	leave_row(m, r->key);
	if (!sa->used || sa->spi != spi) {
		memset(sa, 0, sizeof *sa);
		sa->used = true;
		sa->since_us = r->t;
	}
	sa->gone = event == SA_EVENT_DELETE || event == SA_EVENT_HARD_EXPIRE;
	sa->mode = mode < 0 || mode >= SA_MODE_COUNT ? SA_MODE_COUNT : (enum sa_mode)mode;
	sa->told_dir = dir == DIRECTION_IN || dir == DIRECTION_OUT;
	sa->dir = sa->told_dir ? (enum direction)dir : DIRECTION_UNKNOWN;
	sa->src = name_or_none(r, SA_SRC);
	sa->dst = name_or_none(r, SA_DST);
	sa->enc = name_or_none(r, SA_ENC);
	sa->auth = name_or_none(r, SA_AUTH);
	sa->spi = spi;
	sa->if_id = (uint32_t)record_get(r, SA_IF_ID, 0);
	sa->mark = (uint32_t)record_get(r, SA_MARK, 0);
	sa->proto = (int32_t)record_get(r, SA_PROTO, 0);
	sa->reqid = (int32_t)record_get(r, SA_REQID, 0);
	sa->encap = (int32_t)record_get(r, SA_ENCAP, 0);
	sa->icv_bits = (int32_t)record_get(r, SA_ICV_BITS, 0);
	join(m, r->key);
}

void sa_remove(struct model *m, unsigned key)
{
	if (key >= m->nsa)
		return;
	leave_row(m, key);
	memset(&m->sa[key], 0, sizeof *m->sa);
}

/* ESP tells best; not to be told is to be ESP. Of IPCOMP there is an IPIP one, too. */
static int proto_rank(const struct model_sa *sa)
{
	return !sa->proto || sa->proto == ESP ? 2 : sa->proto == AH ? 1 : 0;
}

/* And one that leaves. */
static int rank(const struct model_sa *sa)
{
	return 3 * proto_rank(sa) + (sa->dir == DIRECTION_OUT ? 2 : sa->dir == DIRECTION_IN ? 1 : 0);
}

/* Of two that are alike the newer one, whatever the order of the list. */
static bool is_better(const struct model_sa *sa, const struct model_sa *best)
{
	if (!best || rank(sa) != rank(best))
		return !best || rank(sa) > rank(best);
	return sa->since_us > best->since_us || (sa->since_us == best->since_us && sa > best);
}

static bool is_same_way(const struct model_sa *a, const struct model_sa *b)
{
	return a->src == b->src && a->dst == b->dst && a->if_id == b->if_id;
}

const struct model_sa *sa_of_row(const struct model *m, unsigned row, struct sa_beside *ret)
{
	const struct model_sa *best = NULL;
	bool alone;

	*ret = (struct sa_beside){0};
	if (!may_carry(m->tunnels[row].type, &alone))
		return NULL;
	for (const struct model_sa *sa = first_of(m, row); sa; sa = next_of(m, sa))
		if (!sa->gone && proto_rank(sa) && is_better(sa, best))
			best = sa;
	for (const struct model_sa *sa = first_of(m, row); best && sa; sa = next_of(m, sa)) {
		if (sa->gone || !is_same_way(sa, best))
			continue;
		ret->ah |= sa->proto == AH && sa != best;
		ret->compression |= sa->proto == COMPRESSION && sa->mode == SA_MODE_TUNNEL;
	}
	return best;
}

const struct model_sa *model_tunnel_sa(const struct model *m, unsigned tunnel, enum direction dir)
{
	const struct model_sa *best = NULL;

	for (const struct model_sa *sa = first_of(m, tunnel); sa; sa = next_of(m, sa))
		if (!sa->gone && sa->dir == dir && is_better(sa, best))
			best = sa;
	return best;
}
