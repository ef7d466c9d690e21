// SPDX-License-Identifier: GPL-2.0-or-later
// Records carry their own identity, not a tunnel's: here is what leads from one to the other.
#include <stdlib.h>
#include <string.h>

#include "app/export.h"

enum join { JOIN_SELF, JOIN_LINK, JOIN_INNER, JOIN_OUTER, JOIN_ROUTE, JOIN_NEIGHBOR, JOIN_IFNAME, JOIN_REMOTE,
	    JOIN_REMOTE_NAME, JOINS };
enum { BY_KEY = -1, KEYS = 65536 };

/* A record of kind is joined by a field's value, or by its own key. */
static const struct join_row {
	enum record_kind kind;
	int field;
	enum join join;
} rows[] = {
	{ RECORD_TUNNEL, BY_KEY, JOIN_SELF },
	{ RECORD_CARRY, CARRY_TUNNEL, JOIN_SELF },
	{ RECORD_LINK, BY_KEY, JOIN_LINK },
	{ RECORD_WIREGUARD, WIREGUARD_LINK, JOIN_LINK },
	{ RECORD_PROBE, BY_KEY, JOIN_INNER },
	{ RECORD_PROBE, BY_KEY, JOIN_OUTER },
	{ RECORD_PMTU, BY_KEY, JOIN_INNER },
	{ RECORD_PMTU, BY_KEY, JOIN_OUTER },
	{ RECORD_ROUTE, BY_KEY, JOIN_ROUTE },
	{ RECORD_BGP, BGP_NEIGHBOR, JOIN_NEIGHBOR },
	{ RECORD_ROUTER_TUNNEL, ROUTER_TUNNEL_NAME, JOIN_REMOTE_NAME },
	{ RECORD_LOG, LOG_NAME, JOIN_REMOTE_NAME },
	{ RECORD_CAPTURE, CAPTURE_IFNAME, JOIN_IFNAME },
	{ RECORD_MSS, MSS_IFNAME, JOIN_IFNAME },
	{ RECORD_PTB, PTB_DST, JOIN_REMOTE },
};

/* For each join: the first tunnel of a key, and the next one of a tunnel. */
struct export_join {
	uint16_t head[JOINS][KEYS];
	uint16_t *next[JOINS];
	size_t ntunnels, cap[JOINS];
	uint64_t topology;
	bool built;
};

struct export_join *export_join_new(void)
{
	return xcalloc(1, sizeof(struct export_join));
}

void export_join_free(struct export_join *j)
{
	if (!j)
		return;
	for (int i = 0; i < JOINS; i++)
		free(j->next[i]);
	free(j);
}

static unsigned join_key(const struct model *m, const struct model_tunnel *t, enum join join)
{
	const struct model_route *route;

	switch (join) {
	case JOIN_LINK: return t->link;
	case JOIN_INNER: return t->inner_target;
	case JOIN_OUTER: return t->outer_target;
	case JOIN_NEIGHBOR: return t->bgp != MODEL_NONE ? t->bgp : t->peer;
	case JOIN_IFNAME: return t->ifname;
	case JOIN_REMOTE: return t->outer_remote;
	case JOIN_REMOTE_NAME: return t->remote_name;
	case JOIN_ROUTE:
		route = model_tunnel_route(m, t);
		return route ? (unsigned)(route - m->routes) : MODEL_NONE;
	case JOIN_SELF:
	case JOINS:
		break;
	}
	return (unsigned)(t - m->tunnels);
}

static void build(struct export_join *j, const struct model *m)
{
	memset(j->head, 0xff, sizeof j->head);
	for (int i = 0; i < JOINS; i++) {
		array_grow(&j->next[i], &j->cap[i], m->ntunnels, sizeof *j->next[i]);
		for (size_t t = m->ntunnels; t-- > 0;) {
			unsigned key = m->tunnels[t].used ? join_key(m, &m->tunnels[t], (enum join)i) : MODEL_NONE;

			if (key >= KEYS || key == MODEL_NONE)
				continue;
			j->next[i][t] = j->head[i][key];
			j->head[i][key] = (uint16_t)t;
		}
	}
	j->ntunnels = m->ntunnels;
	j->topology = m->topology;
	j->built = true;
}

static bool has(const uint16_t *list, size_t n, unsigned tunnel)
{
	for (size_t i = 0; i < n; i++)
		if (list[i] == tunnel)
			return true;
	return false;
}

/* Names of tunnels are each router's own. */
static bool is_of_router(const struct model *m, unsigned tunnel, const struct record *r)
{
	if (r->kind == RECORD_LOG)
		return m->tunnels[tunnel].router == record_get(r, LOG_SOURCE, -1);
	if (r->kind == RECORD_ROUTER_TUNNEL)
		return m->tunnels[tunnel].router == record_get(r, ROUTER_TUNNEL_ROUTER, -1);
	return true;
}

/* Where the model has joined neighbours and SAs to rows it knows better than addresses do. */
static bool is_joined(const struct model *m, const struct record *r, unsigned *ret_row)
{
	if (r->kind == RECORD_SA || r->kind == RECORD_SA_COUNTERS) {
		*ret_row = r->key < m->nsa && m->sa[r->key].used ? m->sa[r->key].row : MODEL_NONE;
		return true;
	}
	if (r->kind != RECORD_BGP || r->key >= m->nbgp || !m->bgp[r->key].used || m->joined != m->topology)
		return false;
	*ret_row = m->bgp[r->key].row;
	return true;
}

size_t export_join_find(struct export_join *j, const struct model *m, const struct record *r,
			uint16_t ret[EXPORT_TUNNELS_MAX])
{
	unsigned row;
	size_t n = 0;

	if (is_joined(m, r, &row)) {
		ret[0] = (uint16_t)row;
		return row != MODEL_NONE;
	}
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		int64_t key = r->key;

		if (rows[i].kind != r->kind)
			continue;
		if (rows[i].field != BY_KEY)
			key = record_get(r, (unsigned)rows[i].field, -1);
		if (key < 0 || key >= KEYS)
			continue;
		if (!j->built || j->topology != m->topology || j->ntunnels != m->ntunnels)
			build(j, m);
		for (unsigned t = j->head[rows[i].join][key]; t != MODEL_NONE && n < EXPORT_TUNNELS_MAX;
		     t = j->next[rows[i].join][t])
			if (!has(ret, n, t) && is_of_router(m, t, r))
				ret[n++] = (uint16_t)t;
	}
	return n;
}
