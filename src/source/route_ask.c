// SPDX-License-Identifier: GPL-2.0-or-later
// route_ask: requests for ways, neighbours and the default gateway.
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <libmnl/libmnl.h>

#include "source/netlink.h"
#include "source/route.h"
#include "tunwatch/decode.h"

static struct nlmsghdr *begin(void *buf, uint16_t type, uint16_t flags, uint32_t seq)
{
	struct nlmsghdr *h = mnl_nlmsg_put_header(buf);

	h->nlmsg_type = type;
	h->nlmsg_flags = NLM_F_REQUEST | flags;
	h->nlmsg_seq = seq;
	return h;
}

static void put_addr(struct nlmsghdr *h, uint16_t type, const struct addr *a)
{
	mnl_attr_put(h, type, addr_bits(a) / 8, a->bytes);
}

static struct nlmsghdr *begin_way(void *buf, uint32_t seq, const struct addr *remote, unsigned flags)
{
	struct nlmsghdr *h = begin(buf, RTM_GETROUTE, 0, seq);
	struct rtmsg *r = mnl_nlmsg_put_extra_header(h, sizeof *r);

	r->rtm_family = remote->family;
	r->rtm_dst_len = (uint8_t)addr_bits(remote);
	r->rtm_flags = flags;
	put_addr(h, RTA_DST, remote);
	return h;
}

size_t route_ask_way(void *buf, uint32_t seq, const struct addr *remote, const struct addr *local, uint32_t mark,
		     int oif)
{
	struct nlmsghdr *h = begin_way(buf, seq, remote, 0);
	struct rtmsg *r = mnl_nlmsg_get_payload(h);

	if (local->family == remote->family) {
		r->rtm_src_len = (uint8_t)addr_bits(local);
		put_addr(h, RTA_SRC, local);
	}
	if (mark)
		mnl_attr_put_u32(h, RTA_MARK, mark);
	if (oif)
		mnl_attr_put_u32(h, RTA_OIF, (uint32_t)oif);
	return h->nlmsg_len;
}

size_t route_ask_neighbour(void *buf, uint32_t seq, const struct addr *dst, int ifindex)
{
	struct nlmsghdr *h = begin(buf, RTM_GETNEIGH, 0, seq);
	struct ndmsg *n = mnl_nlmsg_put_extra_header(h, sizeof *n);

	n->ndm_family = dst->family;
	n->ndm_ifindex = ifindex;
	put_addr(h, NDA_DST, dst);
	return h->nlmsg_len;
}

static void read_defaults(const uint8_t *p, size_t len, struct rtnl_route *best)
{
	struct rtnl_message m;

	while (rtnl_next(&p, &len, &m)) {
		const struct rtnl_route *r = &m.route;

		if (m.what == RTNL_ROUTE && !r->dst_len && !r->error && r->oif && r->gateway.family &&
		    (!best->oif || r->priority < best->priority))
			*best = *r;
	}
}

/* The main table begins with its default routes: its first answer is enough, however long it is. */
static void default4(int fd, uint8_t *answer, struct rtnl_route *ret)
{
	_Alignas(8) char buf[ROUTE_ASK_MAX];
	struct nlmsghdr *h = begin(buf, RTM_GETROUTE, NLM_F_DUMP, 1);
	struct rtmsg *r = mnl_nlmsg_put_extra_header(h, sizeof *r);
	int n;

	r->rtm_family = AF_INET;
	r->rtm_table = RT_TABLE_MAIN;
	if (netlink_send(fd, h, h->nlmsg_len) < 0)
		return;
	n = netlink_receive(fd, answer, NETLINK_DUMP_SIZE);
	if (n > 0)
		read_defaults(answer, (size_t)n, ret);
}

/* Which route matches an address that no other can: 4000::/3 is not given to anybody. */
static void default6(int fd, uint8_t *answer, struct rtnl_route *ret)
{
	struct addr nowhere = { .family = AF_INET6, .bytes = { 0x40, [15] = 1 } };
	_Alignas(8) char buf[ROUTE_ASK_MAX];
	struct nlmsghdr *h = begin_way(buf, 1, &nowhere, RTM_F_FIB_MATCH);
	int n;

	if (netlink_send(fd, h, h->nlmsg_len) < 0)
		return;
	n = netlink_receive(fd, answer, NETLINK_DUMP_SIZE);
	if (n > 0)
		read_defaults(answer, (size_t)n, ret);
}

void route_default(int family, struct rtnl_route *ret)
{
	static const struct rtnl_route none;
	uint8_t *answer;
	int fd;

	*ret = none;
	/* a socket of its own: closing it ends the dump */
	fd = netlink_open(NULL, 0);
	if (fd < 0)
		return;
	answer = xcalloc(1, NETLINK_DUMP_SIZE);
	if (family == AF_INET)
		default4(fd, answer, ret);
	else
		default6(fd, answer, ret);
	free(answer);
	close(fd);
}
