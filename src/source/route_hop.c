// SPDX-License-Identifier: GPL-2.0-or-later
// route_hop: next hops' link-layer addresses, and names of the interfaces they are behind.
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#define uthash_fatal(msg) abort()
#include <uthash.h>

#include "source/netlink.h"
#include "source/route.h"

enum { NAMES = 8, STRAY_ANSWERS = 64 };

struct hop {
	UT_hash_handle hh;
	struct hop_id {
		struct addr address;
		uint8_t pad[3];
		int ifindex;
	} id;
	bool asked; /* in this round */
	char mac[64];
};

struct hops {
	const int *fd;
	uint32_t *seq;
	struct hop *by_id;
	bool changed;
	struct {
		int ifindex;
		char name[IF_NAMESIZE];
	} names[NAMES]; /* asked for in this round */
	unsigned nnames;
};

struct hops *hops_new(const int *fd, uint32_t *seq)
{
	struct hops *hs = xcalloc(1, sizeof *hs);

	hs->fd = fd;
	hs->seq = seq;
	return hs;
}

static void drop(struct hops *hs, struct hop *h)
{
	HASH_DEL(hs->by_id, h);
	free(h);
}

void hops_free(struct hops *hs)
{
	struct hop *h, *next;

	HASH_ITER(hh, hs->by_id, h, next)
		drop(hs, h);
	free(hs);
}

void hops_round(struct hops *hs)
{
	struct hop *h, *next;

	hs->nnames = 0;
	HASH_ITER(hh, hs->by_id, h, next) {
		if (!h->asked)
			drop(hs, h);
		else
			h->asked = false;
	}
}

static struct hop *find(struct hops *hs, const struct addr *address, int ifindex)
{
	struct hop_id id = { .address = *address, .ifindex = ifindex };
	struct hop *h;

	HASH_FIND(hh, hs->by_id, &id, sizeof id, h);
	return h;
}

static struct hop *add(struct hops *hs, const struct addr *address, int ifindex)
{
	struct hop *h = xcalloc(1, sizeof *h);

	h->id.address = *address;
	h->id.ifindex = ifindex;
	HASH_ADD(hh, hs->by_id, id, sizeof h->id, h);
	return h;
}

/* The answer lies in the socket already, perhaps behind others nobody waited for. */
static bool ask(struct hops *hs, const struct hop *h, struct rtnl_message *ret)
{
	_Alignas(8) char buf[ROUTE_ASK_MAX];
	size_t len = route_ask_neighbour(buf, ++*hs->seq, &h->id.address, h->id.ifindex);
	uint8_t answer[1024];

	if (netlink_send(*hs->fd, buf, len) < 0)
		return false;
	for (unsigned i = 0; i < STRAY_ANSWERS; i++) {
		int n = netlink_receive(*hs->fd, answer, sizeof answer);
		const uint8_t *p = answer;

		if (n < 0)
			return false;
		len = (size_t)n;
		if (rtnl_next(&p, &len, ret) && ret->seq == *hs->seq)
			return ret->what == RTNL_NEIGHBOUR;
	}
	return false;
}

const char *hops_mac(struct hops *hs, const struct addr *address, int ifindex)
{
	struct hop *h = find(hs, address, ifindex);
	struct rtnl_message m;

	if (!h)
		h = add(hs, address, ifindex);
	if (h->asked)
		return h->mac;
	h->asked = true;
	str_copy(h->mac, sizeof h->mac, ask(hs, h, &m) ? m.neighbour.mac : "");
	return h->mac;
}

const char *hops_ifname(struct hops *hs, int ifindex)
{
	unsigned i;

	for (i = 0; i < hs->nnames; i++)
		if (hs->names[i].ifindex == ifindex)
			return hs->names[i].name;
	i = hs->nnames < NAMES ? hs->nnames++ : NAMES - 1;
	hs->names[i].ifindex = ifindex;
	if (!if_indextoname((unsigned)ifindex, hs->names[i].name))
		hs->names[i].name[0] = 0;
	return hs->names[i].name;
}

void hops_event(struct hops *hs, const struct rtnl_message *m)
{
	struct hop *h = find(hs, &m->neighbour.dst, m->neighbour.ifindex);
	const char *mac = m->what == RTNL_NEIGHBOUR ? m->neighbour.mac : "";

	if (!h || !strcmp(h->mac, mac))
		return;
	str_copy(h->mac, sizeof h->mac, mac);
	hs->changed = true;
}

bool hops_changed(struct hops *hs)
{
	bool changed = hs->changed;

	hs->changed = false;
	return changed;
}
