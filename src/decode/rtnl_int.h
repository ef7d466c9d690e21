/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rtnl_int: bounded reading of netlink messages and attributes, shared by rtnl.c, rtnl_link.c and xfrm.c. libmnl's
 * walkers round the end of a message up to 4 bytes, which may lie behind the buffer when the bytes are not the
 * kernel's. */
#ifndef RTNL_INT_H
#define RTNL_INT_H

#include <errno.h>
#include <linux/netlink.h>
#include <string.h>

#include "tunwatch/base.h"
#include "tunwatch/decode.h"

struct span {
	const uint8_t *p;
	size_t n;
};

struct rtnl_attr {
	unsigned type;
	struct span value;
};

/* Step over one message; false at the end or where the length is impossible. */
static inline bool next_message(const uint8_t **data, size_t *left, struct nlmsghdr *ret, struct span *ret_body)
{
	size_t step;

	if (*left < sizeof *ret)
		return false;
	memcpy(ret, *data, sizeof *ret);
	if (ret->nlmsg_len < sizeof *ret || ret->nlmsg_len > *left)
		return false;
	*ret_body = (struct span){ *data + sizeof *ret, ret->nlmsg_len - sizeof *ret };
	step = NLMSG_ALIGN((size_t)ret->nlmsg_len);
	step = step < *left ? step : *left;
	*data += step;
	*left -= step;
	return true;
}

/* Take the fixed part of a body. */
static inline bool span_take(struct span *s, void *ret, size_t size)
{
	if (s->n < size)
		return false;
	memcpy(ret, s->p, size);
	s->p += size;
	s->n -= size;
	return true;
}

/* Step over one attribute; false at the end or when it does not fit. */
static inline bool next_attr(struct span *s, struct rtnl_attr *ret)
{
	struct nlattr a;
	size_t step;

	if (s->n < sizeof a)
		return false;
	memcpy(&a, s->p, sizeof a);
	if (a.nla_len < sizeof a || a.nla_len > s->n)
		return false;
	ret->type = a.nla_type & NLA_TYPE_MASK;
	ret->value = (struct span){ s->p + sizeof a, a.nla_len - sizeof a };
	step = NLA_ALIGN((size_t)a.nla_len);
	step = step < s->n ? step : s->n;
	s->p += step;
	s->n -= step;
	return true;
}

/* Numbers of a value of at least their size; 0 otherwise. */
static inline uint32_t span_u32(struct span s)
{
	uint32_t x = 0;

	if (s.n >= sizeof x)
		memcpy(&x, s.p, sizeof x);
	return x;
}

static inline uint16_t span_be16(struct span s)
{
	return s.n >= 2 ? (uint16_t)(s.p[0] << 8 | s.p[1]) : 0;
}

static inline uint32_t span_be32(struct span s)
{
	return s.n >= 4 ? (uint32_t)s.p[0] << 24 | (uint32_t)s.p[1] << 16 | (uint32_t)s.p[2] << 8 | s.p[3] : 0;
}

/* An interface index; 0 when it is none. */
static inline int span_index(struct span s)
{
	uint32_t x = span_u32(s);

	return x <= INT32_MAX ? (int)x : 0;
}

/* The errno of NLMSG_ERROR and NLMSG_DONE. */
static inline int span_error(struct span body)
{
	uint32_t x = span_u32(body);

	/* negative errno; anything else is not the kernel's */
	return x >= (uint32_t)-4095 ? (int)-x : x ? EPROTO : 0;
}

/* An address told by its length; unset for the any address and for other lengths. */
struct addr rtnl_addr(struct span s);
/* The eight counters of a struct rtnl_link_stats64, in the order of the link record. */
bool rtnl_counters(struct span s, uint64_t ret[8]);
/* A link message's body. False when it is not one of an interface. */
bool rtnl_link_parse(struct span body, struct rtnl_link *ret);

#endif
