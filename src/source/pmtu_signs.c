// SPDX-License-Identifier: GPL-2.0-or-later
// What the model knows of a path that matters for its MTU.
#include <stdlib.h>
#include <string.h>

#include "source/pmtu_int.h"

/* ---- what makes a search worth while when it changes ---- */

static uint64_t sign(const void *data, size_t len)
{
	uint64_t h = hash_bytes(1, data, len);

	return h ? h : 1;
}

/* The newest one counts: a rekey is one change, not two. */
static void look_at_sas(struct pmtu_look *k)
{
	const struct model *m = k->m;

	array_grow(&k->sa, &k->sa_cap, m->ntunnels + 1, sizeof *k->sa);
	k->nsa = m->ntunnels;
	memset(k->sa, 0, (k->nsa + 1) * sizeof *k->sa);
	for (size_t i = 0; i < m->nsa; i++) {
		const struct model_sa *a = &m->sa[i];

		if (!a->used || a->gone || a->dir == DIRECTION_IN || a->row >= k->nsa ||
		    (k->sa[a->row].sign && k->sa[a->row].since_us > a->since_us))
			continue;
		k->sa[a->row].sign = sign(&a->spi, sizeof a->spi);
		k->sa[a->row].since_us = a->since_us;
	}
}

void pmtu_look_begin(struct pmtu_look *k, const struct model *m)
{
	k->m = m;
	/* names beyond those there are stay untouched: the table is large */
	memset(k->links, 0, m->nnames * sizeof *k->links);
	for (size_t i = 0; i < m->nlinks; i++)
		if (m->links[i].used && !m->links[i].gone && m->links[i].ifname != MODEL_NONE)
			k->links[m->links[i].ifname] = (uint16_t)(i + 1);
	look_at_sas(k);
}

void pmtu_look_free(struct pmtu_look *k)
{
	if (!k)
		return;
	free(k->sa);
	free(k);
}

static uint64_t sign_row(const struct model_tunnel *t)
{
	switch (t->state) {
	case HEALTH_UP:
	case HEALTH_DEGRADED: /* which an MTU alone may bring about */
		return 1;
	case HEALTH_DOWN:
		return 2;
	case HEALTH_UNKNOWN:
	case HEALTH_COUNT:
		break;
	}
	return 0;
}

static uint64_t sign_target(const struct model *m, unsigned key)
{
	const struct model_target *t = key < m->ntargets ? &m->targets[key] : NULL;

	return t && t->used && t->replies ? 1 + t->silent : 0;
}

static uint64_t sign_link(const struct model_link *l)
{
	const int64_t what[] = { l->gone, l->up, l->running, l->carrier, l->ifindex, l->generations };

	return sign(what, sizeof what);
}

static uint64_t sign_route(const struct model_route *r)
{
	const int32_t what[] = { r->oif, r->gateway, r->prefsrc, r->error };

	return sign(what, sizeof what);
}

static uint64_t sign_bgp(const struct model *m, unsigned row)
{
	uint64_t h = 0;

	for (unsigned i = 0;; i++) {
		unsigned key = model_tunnel_bgp(m, row, i);
		const int32_t what[] = { (int32_t)key, key < m->nbgp && m->bgp[key].state == BGP_STATE_ESTABLISHED };

		if (key == MODEL_NONE)
			return h;
		/* in any order */
		h += sign(what, sizeof what);
	}
}

/* The link that packets of the path leave through, or NULL. */
static const struct model_link *link_of(const struct pmtu_look *k, const struct pmtu_path *p)
{
	const struct model *m = k->m;
	const struct model_tunnel *t = &m->tunnels[p->at.row];
	const struct model_link *own = p->at.path == PATH_INNER ? model_tunnel_link(m, t) : NULL;
	const struct model_route *r;
	unsigned key;

	if (p->at.path == PATH_INNER && *model_name(m, t->device)) {
		key = k->links[t->device];
	} else if (own) {
		return own;
	} else {
		r = model_tunnel_route(m, t);
		key = r ? k->links[r->oif] : 0;
	}
	return key && key <= m->nlinks ? &m->links[key - 1] : NULL;
}

void pmtu_signs(const struct pmtu_look *k, const struct pmtu_path *p, uint64_t ret[PMTU_SIGNS])
{
	const struct model *m = k->m;
	const struct model_tunnel *t = &m->tunnels[p->at.row];
	const struct model_link *l = link_of(k, p);
	const struct model_route *r = model_tunnel_route(m, t);
	bool inner = p->at.path == PATH_INNER;

	memset(ret, 0, PMTU_SIGNS * sizeof *ret);
	ret[PMTU_SIGN_TARGET] = sign_target(m, p->at.key);
	if (l) {
		const int32_t mtus[] = { l->mtu, inner ? t->want_mtu : 0 };

		ret[PMTU_SIGN_LINK] = sign_link(l);
		ret[PMTU_SIGN_MTU] = sign(mtus, sizeof mtus);
	}
	if (r)
		ret[PMTU_SIGN_ROUTE] = sign_route(r);
	if (r && r->gateway_mac != MODEL_NONE)
		ret[PMTU_SIGN_HOP] = sign(&r->gateway_mac, sizeof r->gateway_mac);
	if (!inner)
		return;
	ret[PMTU_SIGN_ROW] = sign_row(t);
	ret[PMTU_SIGN_BGP] = sign_bgp(m, p->at.row);
	ret[PMTU_SIGN_SA] = p->at.row < k->nsa ? k->sa[p->at.row].sign : 0;
}

/* ---- what the MTU may well be ---- */

static void add(const struct pmtu_path *p, struct pmtu_config *c, int mtu)
{
	unsigned i = 0;

	/* what just ceased to pass is not tried again */
	if (mtu <= 0 || mtu >= c->most || (p->dropped && mtu >= p->mtu))
		return;
	while (i < PMTU_CANDIDATES && c->candidates[i]) {
		if (c->candidates[i++] == mtu)
			return;
	}
	if (i < PMTU_CANDIDATES)
		c->candidates[i] = mtu;
}

/* What the outer path MTU leaves room for; 0: not known. */
static int inside(const struct model *m, const struct model_tunnel *t)
{
	const struct model_pmtu *outer = model_find_pmtu(m, t->outer_target);
	struct overhead o;

	return outer && outer->mtu > 0 && model_overhead(m, t, &o) ? overhead_inner(&o, outer->mtu) : 0;
}

void pmtu_candidates(const struct model *m, const struct pmtu_path *p, struct pmtu_config *c)
{
	const struct model_tunnel *t = &m->tunnels[p->at.row];
	const struct model_link *l = model_tunnel_link(m, t);

	add(p, c, p->named);
	add(p, c, p->mtu);
	if (p->at.path == PATH_INNER) {
		add(p, c, inside(m, t));
		add(p, c, t->want_mtu);
		add(p, c, l ? l->mtu : 0);
	}
	add(p, c, p->belief.mtu);
	add(p, c, p->before);
}
