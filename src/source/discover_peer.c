// SPDX-License-Identifier: GPL-2.0-or-later
// discover_peer: ways to find the inner address at the far end of a tunnel.
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "source/discover.h"

static int by_interface(const void *a, const void *b, void *model)
{
	const struct model *m = model;
	uint16_t x = *(const uint16_t *)a, y = *(const uint16_t *)b;
	int32_t i = m->addresses[x].ifindex, j = m->addresses[y].ifindex;

	return i != j ? (i > j) - (i < j) : (x > y) - (x < y);
}

/* Those with an address that can be in one subnet only; unnumbered ones are named by their interface. */
static void index_neighbours(struct address_index *ix, const struct model *m)
{
	array_grow(&ix->neighbours, &ix->neighbours_cap, m->nbgp, sizeof *ix->neighbours);
	ix->nneighbours = 0;
	for (size_t k = 0; k < m->nbgp; k++) {
		struct addr a = {0};

		if (m->bgp[k].used) /* one that is not listed just now is still the peer */
			a = model_addr(m, m->bgp[k].neighbor);
		if (addr_is_set(&a) && !addr_is_link_local(&a))
			ix->neighbours[ix->nneighbours++] = a;
	}
}

void address_index_build(struct address_index *ix, const struct model *m)
{
	struct {
		const struct model *in;
		void *out;
	} cast = { .in = m };

	array_grow(&ix->keys, &ix->cap, m->naddresses, sizeof *ix->keys);
	ix->n = 0;
	for (size_t k = 0; k < m->naddresses; k++)
		if (m->addresses[k].used)
			ix->keys[ix->n++] = (uint16_t)k;
	memcpy(&cast.out, &cast.in, sizeof cast.out);
	if (ix->n)
		qsort_r(ix->keys, ix->n, sizeof *ix->keys, by_interface, cast.out);
	index_neighbours(ix, m);
}

void address_index_free(struct address_index *ix)
{
	free(ix->keys);
	free(ix->neighbours);
	*ix = (struct address_index){0};
}

/* Position of the interface's first address. */
static size_t first_of(const struct address_index *ix, const struct model *m, int ifindex)
{
	size_t low = 0, high = ix->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (m->addresses[ix->keys[mid]].ifindex < ifindex)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* ---- the ways: what one address of the interface says of its peer ---- */

static bool from_ptp(const struct model *m, const struct address_index *ix, const struct model_address *a,
		     struct addr *ret)
{
	struct addr peer = model_addr(m, a->peer);

	(void)ix;
	if (!addr_is_set(&peer))
		return false;
	*ret = peer;
	return true;
}

static bool from_subnet(const struct model *m, const struct address_index *ix, const struct model_address *a,
			struct addr *ret)
{
	struct addr local = model_addr(m, a->local);

	(void)ix;
	return addr_other_host(&local, a->prefix_len, ret);
}

/* Of several the one known longest: a peer must not change with their states. */
static bool from_bgp(const struct model *m, const struct address_index *ix, const struct model_address *a,
		     struct addr *ret)
{
	struct addr local = model_addr(m, a->local);

	if (!a->prefix_len)
		return false;
	for (size_t i = 0; i < ix->nneighbours; i++) {
		const struct addr *n = &ix->neighbours[i];

		if (n->family != local.family || addr_equal(n, &local) || !addr_in_prefix(n, &local, a->prefix_len))
			continue;
		*ret = *n;
		return true;
	}
	return false;
}

/* In the order in which they are believed, after the configuration. */
static const struct way {
	enum peer_from from;
	bool (*find)(const struct model *m, const struct address_index *ix, const struct model_address *a,
		     struct addr *ret);
} ways[] = {
	{ PEER_FROM_PTP, from_ptp },
	{ PEER_FROM_SUBNET, from_subnet },
	{ PEER_FROM_BGP, from_bgp },
};

/* IPv4 before IPv6, link-local last; of equals the one first told. */
static int rank(const struct addr *a)
{
	if (a->family == AF_INET)
		return 3;
	return addr_is_link_local(a) ? 1 : 2;
}

static bool find_on(const struct model *m, const struct address_index *ix, int ifindex, const struct way *way,
		    struct addr *ret)
{
	struct addr found, best = {0};
	int best_rank = 0;

	for (size_t i = first_of(ix, m, ifindex); i < ix->n; i++) {
		const struct model_address *a = &m->addresses[ix->keys[i]];

		if (a->ifindex != ifindex)
			break;
		if (way->find(m, ix, a, &found) && rank(&found) > best_rank) {
			best = found;
			best_rank = rank(&found);
		}
	}
	*ret = best;
	return best_rank > 0;
}

struct peer peer_find(const struct model *m, const struct address_index *ix, const struct model_link *l,
		      const struct addr *configured)
{
	struct peer p = { .from = PEER_FROM_NONE };

	if (addr_is_set(configured))
		return (struct peer){ *configured, PEER_FROM_CONFIG, addr_is_link_local(configured) };
	/* its own addresses first, then those of the bridge it is in */
	for (unsigned outside = 0; outside < 2; outside++) {
		int ifindex = outside ? l->master : l->ifindex;

		for (size_t w = 0; ifindex && w < ARRAY_LEN(ways); w++) {
			if (!find_on(m, ix, ifindex, &ways[w], &p.address))
				continue;
			p.from = ways[w].from;
			/* a port of a bridge has no addresses: a master beside own ones is a VRF */
			p.needs_device = !outside && (l->master || addr_is_link_local(&p.address));
			return p;
		}
	}
	return p;
}

static bool is_addressed(const struct model *m, const struct address_index *ix, int ifindex)
{
	for (size_t i = first_of(ix, m, ifindex); i < ix->n; i++) {
		const struct model_address *a = &m->addresses[ix->keys[i]];
		struct addr local = model_addr(m, a->local);

		if (a->ifindex != ifindex)
			break;
		if (!addr_is_link_local(&local))
			return true;
	}
	return false;
}

bool peer_is_addressed(const struct model *m, const struct address_index *ix, const struct model_link *l)
{
	return is_addressed(m, ix, l->ifindex) || (l->master && is_addressed(m, ix, l->master));
}
