// SPDX-License-Identifier: GPL-2.0-or-later
// rtnl: rtnetlink messages but those of interfaces.
#include <errno.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <sys/socket.h>

#include "decode/rtnl_int.h"

struct addr rtnl_addr(struct span s)
{
	struct addr a = addr_make(s.n == 4 ? AF_INET : s.n == 16 ? AF_INET6 : 0, s.p);

	return addr_is_set(&a) ? a : (struct addr){0};
}

bool rtnl_counters(struct span s, uint64_t ret[8])
{
	uint64_t k[8];

	if (s.n < sizeof k)
		return false;
	memcpy(k, s.p, sizeof k);
	/* the kernel's order is packets, bytes, errors, dropped */
	ret[LINK_RX_PACKETS] = k[0];
	ret[LINK_TX_PACKETS] = k[1];
	ret[LINK_RX_BYTES] = k[2];
	ret[LINK_TX_BYTES] = k[3];
	ret[LINK_RX_ERRORS] = k[4];
	ret[LINK_TX_ERRORS] = k[5];
	ret[LINK_RX_DROPPED] = k[6];
	ret[LINK_TX_DROPPED] = k[7];
	return true;
}

static bool parse_address(struct span body, struct rtnl_address *ret)
{
	struct rtnl_address a = {0};
	struct rtnl_attr at;
	struct addr address = {0}, local = {0};
	struct ifaddrmsg m;

	if (!span_take(&body, &m, sizeof m) || m.ifa_index > INT32_MAX)
		return false;
	a.ifindex = (int)m.ifa_index;
	a.prefix_len = m.ifa_prefixlen;
	while (next_attr(&body, &at)) {
		if (at.type == IFA_ADDRESS)
			address = rtnl_addr(at.value);
		else if (at.type == IFA_LOCAL)
			local = rtnl_addr(at.value);
	}
	a.local = local.family ? local : address;
	if (local.family && address.family && !addr_equal(&local, &address))
		a.peer = address;
	if (a.local.family != m.ifa_family || a.prefix_len > addr_bits(&a.local))
		return false;
	*ret = a;
	return true;
}

static uint32_t route_mtu(struct span metrics)
{
	struct rtnl_attr at;
	uint32_t mtu = 0;

	while (next_attr(&metrics, &at))
		if (at.type == RTAX_MTU)
			mtu = span_u32(at.value);
	return mtu;
}

/* RTA_VIA: a family and an address of it, such as an IPv6 next hop of an IPv4 route. */
static struct addr route_via(struct span s)
{
	uint16_t family;

	if (!span_take(&s, &family, sizeof family))
		return (struct addr){0};
	return rtnl_addr(s);
}

/* Seconds until a learnt exception ends; the kernel counts in clock ticks of 10 ms. */
static int route_expires(struct span s)
{
	enum { TICKS_PER_S = 100 };
	struct rta_cacheinfo c;

	return span_take(&s, &c, sizeof c) && c.rta_expires > 0 ? (c.rta_expires + TICKS_PER_S - 1) / TICKS_PER_S : 0;
}

static void parse_route_attrs(struct span attrs, struct rtnl_route *r);

static void first_next_hop(struct span s, struct rtnl_route *r)
{
	struct rtnexthop nh;
	struct span attrs = s;

	if (!span_take(&attrs, &nh, sizeof nh) || nh.rtnh_len < sizeof nh || nh.rtnh_len > s.n)
		return;
	if (!r->oif && nh.rtnh_ifindex > 0)
		r->oif = nh.rtnh_ifindex;
	attrs.n = nh.rtnh_len - sizeof nh;
	for (struct rtnl_attr at; next_attr(&attrs, &at);) {
		if (at.type == RTA_GATEWAY)
			r->gateway = rtnl_addr(at.value);
		else if (at.type == RTA_VIA)
			r->gateway = route_via(at.value);
	}
}

static void parse_route_attrs(struct span attrs, struct rtnl_route *r)
{
	for (struct rtnl_attr at; next_attr(&attrs, &at);) {
		switch (at.type) {
		case RTA_DST:
			r->dst = rtnl_addr(at.value);
			break;
		case RTA_OIF:
			r->oif = span_index(at.value);
			break;
		case RTA_GATEWAY:
			r->gateway = rtnl_addr(at.value);
			break;
		case RTA_VIA:
			r->gateway = route_via(at.value);
			break;
		case RTA_PREFSRC:
			r->prefsrc = rtnl_addr(at.value);
			break;
		case RTA_METRICS:
			r->mtu = route_mtu(at.value);
			break;
		case RTA_CACHEINFO:
			r->expires_s = route_expires(at.value);
			break;
		case RTA_PRIORITY:
			r->priority = span_u32(at.value);
			break;
		case RTA_TABLE:
			r->table = span_u32(at.value);
			break;
		case RTA_MULTIPATH:
			first_next_hop(at.value, r);
			break;
		}
	}
}

static int route_error(unsigned type)
{
	switch (type) {
	case RTN_UNREACHABLE:
		return EHOSTUNREACH;
	case RTN_BLACKHOLE:
		return EINVAL;
	case RTN_PROHIBIT:
		return EACCES;
	case RTN_THROW:
		return ENETUNREACH;
	}
	return 0;
}

static bool parse_route(struct span body, struct rtnl_route *ret)
{
	struct rtmsg m;

	if (!span_take(&body, &m, sizeof m) || (m.rtm_family != AF_INET && m.rtm_family != AF_INET6))
		return false;
	*ret = (struct rtnl_route){ .family = m.rtm_family, .dst_len = m.rtm_dst_len, .table = m.rtm_table,
				    .error = route_error(m.rtm_type) };
	parse_route_attrs(body, ret);
	return true;
}

static void mac_text(struct span s, char ret[64])
{
	size_t pos = 0;

	for (size_t i = 0; i < s.n && i < 20; i++)
		str_append(ret, 64, &pos, i ? ":%02x" : "%02x", s.p[i]);
}

static bool parse_neighbour(struct span body, struct rtnl_neighbour *ret)
{
	struct rtnl_attr at;
	struct ndmsg m;

	*ret = (struct rtnl_neighbour){0};
	if (!span_take(&body, &m, sizeof m) || (m.ndm_family != AF_INET && m.ndm_family != AF_INET6))
		return false;
	ret->ifindex = m.ndm_ifindex;
	while (next_attr(&body, &at)) {
		if (at.type == NDA_DST)
			ret->dst = rtnl_addr(at.value);
		else if (at.type == NDA_LLADDR && !(m.ndm_state & (NUD_INCOMPLETE | NUD_FAILED)))
			mac_text(at.value, ret->mac);
	}
	return ret->ifindex > 0 && ret->dst.family == m.ndm_family;
}

static bool parse_stats(struct span body, struct rtnl_stats *ret)
{
	struct if_stats_msg m;
	struct rtnl_attr at;

	*ret = (struct rtnl_stats){0};
	if (!span_take(&body, &m, sizeof m) || m.ifindex > INT32_MAX)
		return false;
	ret->ifindex = (int)m.ifindex;
	while (next_attr(&body, &at))
		if (at.type == IFLA_STATS_LINK_64)
			ret->has_counters = rtnl_counters(at.value, ret->counters);
	return true;
}

static enum rtnl_what what_of(unsigned type)
{
	switch (type) {
	case NLMSG_DONE:
		return RTNL_DONE;
	case NLMSG_ERROR:
		return RTNL_ERROR;
	case NLMSG_OVERRUN:
		return RTNL_OVERRUN;
	case RTM_NEWLINK:
		return RTNL_LINK;
	case RTM_DELLINK:
		return RTNL_LINK_GONE;
	case RTM_NEWADDR:
		return RTNL_ADDRESS;
	case RTM_DELADDR:
		return RTNL_ADDRESS_GONE;
	case RTM_NEWROUTE:
		return RTNL_ROUTE;
	case RTM_DELROUTE:
		return RTNL_ROUTE_GONE;
	case RTM_NEWNEIGH:
		return RTNL_NEIGHBOUR;
	case RTM_DELNEIGH:
		return RTNL_NEIGHBOUR_GONE;
	case RTM_NEWSTATS:
		return RTNL_STATS;
	case RTM_NEWRULE:
	case RTM_DELRULE:
		return RTNL_RULE;
	}
	return RTNL_OTHER;
}

static bool parse_body(struct span body, struct rtnl_message *m)
{
	switch (m->what) {
	case RTNL_LINK:
	case RTNL_LINK_GONE:
		return rtnl_link_parse(body, &m->link);
	case RTNL_ADDRESS:
	case RTNL_ADDRESS_GONE:
		return parse_address(body, &m->address);
	case RTNL_ROUTE:
	case RTNL_ROUTE_GONE:
		return parse_route(body, &m->route);
	case RTNL_NEIGHBOUR:
	case RTNL_NEIGHBOUR_GONE:
		return parse_neighbour(body, &m->neighbour);
	case RTNL_STATS:
		return parse_stats(body, &m->stats);
	case RTNL_DONE:
	case RTNL_ERROR:
		m->error = span_error(body);
		return true;
	case RTNL_RULE:
	case RTNL_OVERRUN:
	case RTNL_OTHER:
		return true;
	}
	return false;
}

bool rtnl_next(const uint8_t **data, size_t *left, struct rtnl_message *ret)
{
	struct nlmsghdr h;
	struct span body;

	if (!next_message(data, left, &h, &body))
		return false;
	ret->what = what_of(h.nlmsg_type);
	ret->seq = h.nlmsg_seq;
	ret->interrupted = h.nlmsg_flags & NLM_F_DUMP_INTR;
	ret->error = 0;
	if (!parse_body(body, ret))
		ret->what = RTNL_OTHER;
	return true;
}

bool rtnl_peek(const uint8_t *data, size_t left, enum rtnl_what *ret)
{
	struct nlmsghdr h;

	if (left < sizeof h)
		return false;
	memcpy(&h, data, sizeof h);
	*ret = what_of(h.nlmsg_type);
	return true;
}
