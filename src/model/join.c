// SPDX-License-Identifier: GPL-2.0-or-later
// Which row a neighbour, and a tunnel that a router tells of, belongs to. Worked out anew, all at once, at the first
// tick after anything changed that it goes by: never for each record.
#include <stdlib.h>
#include <string.h>

#include "model/model_int.h"

enum { SAME_MAX = 64, VRFS_MAX = 256 };

/* How strongly an entry binds. */
enum how { HOW_IFNAME, HOW_PEER, HOW_BGP };

/* A row can be found by this: an address, or a text. */
struct entry {
	uint64_t ident;
	uint16_t row, vrf; /* vrf: key of the VRF's name, MODEL_NONE: none or not looked for */
	enum how how;
};

struct index {
	struct entry *entry;
	size_t n, cap;
};

/* 0: nothing that anything could be found by. */
static uint64_t ident_of(const struct model *m, uint16_t key)
{
	struct addr a = model_addr(m, key);
	const char *text = model_name(m, key);

	if (a.family)
		return addr_is_set(&a) ? hash_bytes(1, &a, sizeof a) | 1 : 0;
	return *text ? hash_bytes(2, text, strlen(text)) | 1 : 0;
}

static uint64_t ident_of_remote(uint16_t router, uint16_t name)
{
	uint16_t pair[2] = { router, name };

	return router == MODEL_NONE || name == MODEL_NONE ? 0 : hash_bytes(3, pair, sizeof pair) | 1;
}

static void add(struct index *x, uint64_t ident, size_t row, enum how how)
{
	if (!ident)
		return;
	array_grow(&x->entry, &x->cap, x->n + 1, sizeof *x->entry);
	x->entry[x->n++] = (struct entry){ ident, (uint16_t)row, MODEL_NONE, how };
}

static int compare(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	if (x->ident != y->ident)
		return x->ident < y->ident ? -1 : 1;
	return x->row < y->row ? -1 : x->row > y->row;
}

static const struct entry *find(const struct index *x, uint64_t ident)
{
	size_t low = 0, high = x->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (x->entry[mid].ident < ident)
			low = mid + 1;
		else
			high = mid;
	}
	return ident && low < x->n && x->entry[low].ident == ident ? &x->entry[low] : NULL;
}

/* The same peer in two VRFs: only then is it looked which VRF a row's interface is in. */
static void add_vrfs(const struct model *m, struct index *x)
{
	unsigned looked = 0;

	for (size_t i = 0; i < x->n && looked < VRFS_MAX; i++) {
		const struct model_link *l = model_tunnel_link(m, &m->tunnels[x->entry[i].row]);
		bool twin = (i && x->entry[i - 1].ident == x->entry[i].ident) ||
			    (i + 1 < x->n && x->entry[i + 1].ident == x->entry[i].ident);
		unsigned master;

		if (!twin || !l || !l->master)
			continue;
		master = model_find_ifindex(m, l->master);
		x->entry[i].vrf = master == MODEL_NONE ? MODEL_NONE : m->links[master].ifname;
		looked++;
	}
}

static void index_rows(const struct model *m, struct index *x)
{
	for (size_t i = 0; i < m->ntunnels; i++) {
		const struct model_tunnel *t = &m->tunnels[i];
		struct addr peer = model_addr(m, t->peer);

		if (!t->used)
			continue;
		if (t->bgp != MODEL_NONE) {
			add(x, ident_of(m, t->bgp), i, HOW_BGP);
			continue;
		}
		/* every interface may have the same link-local peer */
		if (peer.family && !addr_is_link_local(&peer))
			add(x, ident_of(m, t->peer), i, HOW_PEER);
		if (t->ifname != MODEL_NONE)
			add(x, ident_of(m, t->ifname), i, HOW_IFNAME);
	}
	if (x->n)
		qsort(x->entry, x->n, sizeof *x->entry, compare);
	add_vrfs(m, x);
}

static bool has_own_router(const struct model *m, const struct model_tunnel *t)
{
	return t->bgp_first != MODEL_NONE && m->bgp[t->bgp_first].router == t->router;
}

static bool is_full(const struct model *m, const struct model_tunnel *t)
{
	unsigned n = 0;

	for (unsigned k = t->bgp_first; k != MODEL_NONE; k = m->bgp[k].next)
		n++;
	return n >= ROW_BGP_MAX;
}

static bool is_default_vrf(const struct model *m, uint16_t vrf)
{
	const char *name = model_name(m, vrf);

	return !*name || !strcmp(name, "default");
}

/* The row it belongs to. foreign: rows whose router is another one, which itself lists no neighbour of theirs. */
static unsigned best_row(const struct model *m, const struct index *x, const struct model_bgp *b, bool foreign)
{
	uint64_t ident = ident_of(m, b->neighbor);
	const struct entry *first = find(x, ident);
	size_t most = first ? (size_t)(x->entry + x->n - first) : 0;
	unsigned best = MODEL_NONE, best_score = 0;

	if (most > SAME_MAX)
		most = SAME_MAX;
	for (size_t n = 0; n < most && first[n].ident == ident; n++) {
		const struct entry *e = &first[n];
		const struct model_tunnel *t = &m->tunnels[e->row];
		bool is_foreign = t->router != MODEL_NONE && t->router != b->router;
		bool same_vrf = e->vrf == MODEL_NONE ? is_default_vrf(m, b->vrf) : e->vrf == b->vrf;
		unsigned score = 1 + 8 * (t->router == b->router) + 2 * (unsigned)e->how + same_vrf;

		if (is_foreign != foreign || (foreign && has_own_router(m, t)) || score <= best_score || is_full(m, t))
			continue;
		best = e->row;
		best_score = score;
	}
	return best;
}

static void join_bgp(struct model *m, const struct index *x, bool foreign)
{
	/* backwards, so that each row's come in order */
	for (size_t k = m->nbgp; k-- > 0;) {
		struct model_bgp *b = &m->bgp[k];
		unsigned row;

		if (!b->used || b->row != MODEL_NONE)
			continue;
		row = best_row(m, x, b, foreign);
		if (row == MODEL_NONE)
			continue;
		b->row = (uint16_t)row;
		b->next = m->tunnels[row].bgp_first;
		m->tunnels[row].bgp_first = (uint16_t)k;
	}
}

static void join_remotes(struct model *m)
{
	struct index x = {0};

	for (size_t i = 0; i < m->ntunnels; i++)
		if (m->tunnels[i].used)
			add(&x, ident_of_remote(m->tunnels[i].router, m->tunnels[i].remote_name), i, HOW_BGP);
	if (x.n)
		qsort(x.entry, x.n, sizeof *x.entry, compare);
	for (size_t k = 0; k < m->nrouter_tunnels; k++) {
		struct model_router_tunnel *o = &m->router_tunnels[k];
		const struct entry *e = o->used ? find(&x, ident_of_remote(o->router, o->name)) : NULL;

		o->row = e ? e->row : MODEL_NONE;
		if (e)
			m->tunnels[e->row].router_tunnel = (uint16_t)k;
	}
	free(x.entry);
}

void join_update(struct model *m)
{
	struct index x = {0};

	if (m->joined == m->topology)
		return;
	m->joined = m->topology;
	sa_join(m);
	if (!m->nbgp && !m->nrouter_tunnels)
		return;
	for (size_t i = 0; i < m->ntunnels; i++)
		m->tunnels[i].bgp_first = m->tunnels[i].router_tunnel = MODEL_NONE;
	for (size_t k = 0; k < m->nbgp; k++)
		m->bgp[k].row = m->bgp[k].next = MODEL_NONE;
	index_rows(m, &x);
	join_bgp(m, &x, false);
	join_bgp(m, &x, true);
	free(x.entry);
	join_remotes(m);
}
