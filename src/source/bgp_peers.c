// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#define uthash_fatal(msg) abort()
#include <uthash.h>

#include "source/bgp_peers.h"

#define ASK_AGAIN_US (10 * US_PER_S)
enum { PEERS_MAX = 4096 };

struct peer_id {
	char name[ROUTER_NAME_MAX], vrf[ROUTER_NAME_MAX]; /* zero behind their ends: hashed as a whole */
};

struct peer {
	UT_hash_handle hh;
	struct peer_id id;
	enum bgp_state state;
	bool admin, listed;
	bool news;         /* it dropped since its detail was asked for, or was never asked for */
	int64_t drops;
	int64_t asked_us;
};

struct bgp_peers {
	struct peer *peers;
};

struct bgp_peers *bgp_peers_new(void)
{
	return xcalloc(1, sizeof(struct bgp_peers));
}

static void drop(struct bgp_peers *ps, struct peer *p)
{
	HASH_DEL(ps->peers, p);
	free(p);
}

void bgp_peers_free(struct bgp_peers *ps)
{
	struct peer *p, *next;

	if (!ps)
		return;
	HASH_ITER(hh, ps->peers, p, next)
		drop(ps, p);
	free(ps);
}

void bgp_peers_begin(struct bgp_peers *ps)
{
	struct peer *p, *next;

	HASH_ITER(hh, ps->peers, p, next)
		p->listed = false;
}

/* These go into a command: what no address, interface or VRF is called does not. */
static bool is_plain(const char *name)
{
	for (const char *c = name; *c; c++)
		if (!(*c >= 'a' && *c <= 'z') && !(*c >= 'A' && *c <= 'Z') && !(*c >= '0' && *c <= '9') &&
		    !strchr(".:_@%-", *c))
			return false;
	return *name && *name != '-';
}

static struct peer_id make_id(const struct router_seen_bgp *b)
{
	struct peer_id id;

	memset(&id, 0, sizeof id);
	str_copy(id.name, sizeof id.name, b->neighbor);
	str_copy(id.vrf, sizeof id.vrf, *b->vrf ? b->vrf : "default");
	return id;
}

static struct peer *find(struct bgp_peers *ps, const struct router_seen_bgp *b)
{
	const struct peer_id id = make_id(b);
	struct peer *p;

	HASH_FIND(hh, ps->peers, &id, sizeof id, p);
	return p;
}

static struct peer *get(struct bgp_peers *ps, const struct router_seen_bgp *b)
{
	struct peer *p = find(ps, b);

	if (p)
		return p;
	p = xcalloc(1, sizeof *p);
	p->id = make_id(b);
	if (HASH_COUNT(ps->peers) >= PEERS_MAX || !is_plain(p->id.name) || !is_plain(p->id.vrf)) {
		free(p);
		return NULL;
	}
	p->drops = b->drops;
	p->state = b->state;
	p->admin = b->admin;
	p->news = b->state != BGP_STATE_ESTABLISHED;
	HASH_ADD(hh, ps->peers, id, sizeof p->id, p);
	return p;
}

void bgp_peers_see(struct bgp_peers *ps, const struct router_seen_bgp *b)
{
	struct peer *p = get(ps, b);
	bool fell;

	if (!p)
		return;
	/* on its way back it goes from one state to the next: no news */
	fell = p->state == BGP_STATE_ESTABLISHED && b->state != BGP_STATE_ESTABLISHED;
	if (fell || b->drops != p->drops || b->admin != p->admin)
		p->news = true;
	p->listed = true;
	p->state = b->state;
	p->admin = b->admin;
	p->drops = b->drops;
}

void bgp_peers_told(struct bgp_peers *ps, const struct router_seen_bgp *b, int64_t now_us)
{
	struct peer *p = find(ps, b);

	/* it dropped after the summary: the next one says so as well */
	if (!p || b->drops != p->drops)
		return;
	p->news = false;
	p->asked_us = now_us;
}

void bgp_peers_end(struct bgp_peers *ps)
{
	struct peer *p, *next;

	HASH_ITER(hh, ps->peers, p, next)
		if (!p->listed)
			drop(ps, p);
}

static bool is_due(const struct peer *p, int64_t now_us)
{
	return p->news || (p->state != BGP_STATE_ESTABLISHED && now_us - p->asked_us >= ASK_AGAIN_US);
}

size_t bgp_peers_due(struct bgp_peers *ps, int64_t now_us, const char **ret_vrf,
		     const char *ret_names[BGP_PEERS_ASK_MAX])
{
	struct peer *p, *next;
	size_t n = 0;

	HASH_ITER(hh, ps->peers, p, next) {
		if (n == BGP_PEERS_ASK_MAX || !is_due(p, now_us) || (n && strcmp(p->id.vrf, *ret_vrf) != 0))
			continue;
		ret_names[n++] = p->id.name;
		*ret_vrf = p->id.vrf;
		p->news = false;
		p->asked_us = now_us;
	}
	return n;
}
