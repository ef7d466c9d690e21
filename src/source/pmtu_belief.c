// SPDX-License-Identifier: GPL-2.0-or-later
// What the kernel believes of a path: its route, and the MTU it learnt. No packet is sent.
#include <errno.h>
#include <stdlib.h>

#include "source/netlink.h"
#include "source/pmtu_int.h"
#include "source/route.h"

enum { ANSWER_MAX = 4096, STALE_MAX = 16 };

void pmtu_belief_open(struct pmtu_source *s)
{
	int fd = netlink_open(NULL, 0);

	s->route_fd = fd < 0 ? -1 : fd;
}

/* The answer to the last request; those to earlier ones may still be there. */
static bool receive(struct pmtu_source *s, struct rtnl_message *ret)
{
	uint8_t answer[ANSWER_MAX];

	for (int i = 0; i < STALE_MAX; i++) {
		int n = netlink_receive(s->route_fd, answer, sizeof answer);
		const uint8_t *p = answer;
		size_t left = n > 0 ? (size_t)n : 0;

		if (n < 0)
			return false;
		if (rtnl_next(&p, &left, ret) && ret->seq == s->route_seq)
			return true;
	}
	return false;
}

static bool ask(struct pmtu_source *s, const struct icmp_way *way, struct rtnl_route *ret)
{
	_Alignas(8) char request[ROUTE_ASK_MAX];
	struct rtnl_message m;
	size_t len;

	if (s->route_fd < 0)
		return false;
	len = route_ask_way(request, ++s->route_seq, &way->target, &way->source, way->mark, way->ifindex);
	if (netlink_send(s->route_fd, request, len) < 0 || !receive(s, &m) || m.what != RTNL_ROUTE)
		return false;
	*ret = m.route;
	return true;
}

struct pmtu_belief pmtu_belief_ask(struct pmtu_source *s, const struct icmp_way *way)
{
	struct rtnl_route r;

	if (!ask(s, way, &r))
		return (struct pmtu_belief){0};
	return (struct pmtu_belief){
		.known = true, .oif = r.oif, .mtu = r.mtu <= 65535 ? (int)r.mtu : 0, .expires_s = r.expires_s,
		.gateway = r.gateway,
	};
}

/* The gateway itself, or another address on the same link: a router answers from whichever it likes. */
bool pmtu_belief_is_near(struct pmtu_source *s, const struct pmtu_path *p, const struct addr *from)
{
	struct icmp_way way = { .target = *from, .mark = p->at.way.mark, .ifindex = p->at.way.ifindex };
	struct pmtu_belief b;

	if (!p->belief.known || from->family != p->at.way.target.family)
		return false;
	if (addr_equal(from, &p->belief.gateway))
		return true;
	b = pmtu_belief_ask(s, &way);
	return b.known && b.oif == p->belief.oif && !b.gateway.family;
}
