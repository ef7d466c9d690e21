// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include <linux/errqueue.h> /* wants struct timespec */
#include <linux/filter.h>
#include <linux/icmp.h>
#include <linux/icmpv6.h>   /* after netinet/in.h, else there is no struct in6_pktinfo */

#include "source/icmp_socket.h"

#ifndef IPV6_DONTFRAG
#define IPV6_DONTFRAG 62
#endif
#ifndef IP_RECVFRAGSIZE
#define IP_RECVFRAGSIZE 25
#endif
#ifndef IPV6_RECVFRAGSIZE
#define IPV6_RECVFRAGSIZE 77
#endif

/* ---- opening ---- */

static int set_int(int fd, int level, int option, int value)
{
	return setsockopt(fd, level, option, &value, sizeof value) ? -errno : 0;
}

/* Answers of other pingers are dropped before they are copied. IPv4 data begins at the IP header. */
static int filter_id(const struct icmp_socket *s, unsigned snap)
{
	bool v4 = s->family == AF_INET;
	struct sock_filter code4[] = {
		BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 0),
		BPF_STMT(BPF_LD | BPF_H | BPF_IND, 4),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, s->id, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, snap),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_filter code6[] = {
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 4),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, s->id, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, snap),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog prog = { v4 ? ARRAY_LEN(code4) : ARRAY_LEN(code6), v4 ? code4 : code6 };

	return setsockopt(s->fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof prog) ? -errno : 0;
}

static int filter_type(const struct icmp_socket *s)
{
	struct icmp_filter only4 = { .data = ~(1u << ICMP_ECHOREPLY) };
	struct icmp6_filter only6;

	if (s->family == AF_INET)
		return setsockopt(s->fd, SOL_RAW, ICMP_FILTER, &only4, sizeof only4) ? -errno : 0;
	memset(&only6, 0xff, sizeof only6);
	only6.data[ICMPV6_ECHO_REPLY >> 5] &= ~(1u << (ICMPV6_ECHO_REPLY & 31));
	return setsockopt(s->fd, SOL_ICMPV6, ICMPV6_FILTER, &only6, sizeof only6) ? -errno : 0;
}

static int set_raw(struct icmp_socket *s, unsigned snap)
{
	bool v4 = s->family == AF_INET;
	int e;

	s->with_ip = v4;
	if (getrandom(&s->id, sizeof s->id, 0) != (ssize_t)sizeof s->id)
		s->id = (uint16_t)getpid();
	e = filter_type(s);
	if (!e)
		e = filter_id(s, snap);
	if (!e && v4)
		e = set_int(s->fd, IPPROTO_IP, IP_HDRINCL, 1);
	if (!e && v4)
		e = set_int(s->fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_INTERFACE);
	return e;
}

/* The kernel chooses the id of a ping socket and hands it only its own replies. */
static int set_ping(struct icmp_socket *s)
{
	bool v4 = s->family == AF_INET;
	union icmp_name a = { .any.sa_family = (sa_family_t)s->family };
	socklen_t len = v4 ? sizeof a.v4 : sizeof a.v6;

	s->with_ip = false;
	if (v4)
		a.v4 = (struct sockaddr_in){ .sin_family = AF_INET };
	else
		a.v6 = (struct sockaddr_in6){ .sin6_family = AF_INET6 };
	if (bind(s->fd, &a.any, len) || getsockname(s->fd, &a.any, &len))
		return -errno;
	s->id = ntohs(v4 ? a.v4.sin_port : a.v6.sin6_port);
	return v4 ? set_int(s->fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_PROBE) : 0;
}

static int set_common(const struct icmp_socket *s)
{
	int e;

	if (s->family == AF_INET)
		return set_int(s->fd, IPPROTO_IP, IP_RECVERR, 1);
	e = set_int(s->fd, IPPROTO_IPV6, IPV6_RECVERR, 1);
	if (!e)
		e = set_int(s->fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_PROBE);
	if (!e)
		e = set_int(s->fd, IPPROTO_IPV6, IPV6_DONTFRAG, 1);
	return e;
}

static int open_as(struct icmp_socket *s, bool raw, unsigned snap)
{
	int proto = s->family == AF_INET ? (int)IPPROTO_ICMP : (int)IPPROTO_ICMPV6, e;

	s->raw = raw;
	s->fd = socket(s->family, (raw ? SOCK_RAW : SOCK_DGRAM) | SOCK_CLOEXEC | SOCK_NONBLOCK, proto);
	if (s->fd < 0)
		return -errno;
	e = raw ? set_raw(s, snap) : set_ping(s);
	if (!e)
		e = set_common(s);
	if (e)
		icmp_socket_close(s);
	return e;
}

int icmp_socket_open(struct icmp_socket *s, int family, unsigned snap)
{
	int e;

	*s = (struct icmp_socket){ .fd = -1, .family = family };
	e = open_as(s, true, snap);
	if (e == -EPERM || e == -EACCES)
		e = open_as(s, false, snap);
	return e;
}

void icmp_socket_close(struct icmp_socket *s)
{
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
}

int icmp_socket_want_fragments(const struct icmp_socket *s)
{
	return s->family == AF_INET ? set_int(s->fd, IPPROTO_IP, IP_RECVFRAGSIZE, 1)
				    : set_int(s->fd, IPPROTO_IPV6, IPV6_RECVFRAGSIZE, 1);
}

/* ---- how packets leave ---- */

socklen_t icmp_way_name(const struct icmp_way *w, union icmp_name *ret)
{
	if (w->target.family == AF_INET) {
		ret->v4 = (struct sockaddr_in){ .sin_family = AF_INET };
		memcpy(&ret->v4.sin_addr, w->target.bytes, 4);
		return sizeof ret->v4;
	}
	ret->v6 = (struct sockaddr_in6){ .sin6_family = AF_INET6 };
	memcpy(&ret->v6.sin6_addr, w->target.bytes, 16);
	if (addr_is_link_local(&w->target))
		ret->v6.sin6_scope_id = (unsigned)w->ifindex;
	return sizeof ret->v6;
}

static void add_control(struct msghdr *h, int level, int type, const void *data, size_t len)
{
	struct cmsghdr *c = (struct cmsghdr *)(void *)((uint8_t *)h->msg_control + h->msg_controllen);

	c->cmsg_level = level;
	c->cmsg_type = type;
	c->cmsg_len = CMSG_LEN(len);
	memcpy(CMSG_DATA(c), data, len);
	h->msg_controllen += CMSG_SPACE(len);
}

void icmp_control_int(struct msghdr *h, int level, int type, int value)
{
	add_control(h, level, type, &value, sizeof value);
}

static void control4(const struct icmp_way *w, struct msghdr *h)
{
	struct in_pktinfo pi = { .ipi_ifindex = w->ifindex };

	memcpy(&pi.ipi_spec_dst, w->source.bytes, 4);
	if (w->ifindex || w->source.family)
		add_control(h, IPPROTO_IP, IP_PKTINFO, &pi, sizeof pi);
	/* in the header of raw probes too; this one is for the choice of the route */
	if (w->tos)
		icmp_control_int(h, IPPROTO_IP, IP_TOS, w->tos);
}

static void control6(const struct icmp_way *w, struct msghdr *h)
{
	struct in6_pktinfo pi = { .ipi6_ifindex = (unsigned)w->ifindex };

	memcpy(&pi.ipi6_addr, w->source.bytes, 16);
	if (w->ifindex || w->source.family)
		add_control(h, IPPROTO_IPV6, IPV6_PKTINFO, &pi, sizeof pi);
	if (w->tos)
		icmp_control_int(h, IPPROTO_IPV6, IPV6_TCLASS, w->tos);
}

void icmp_way_control(const struct icmp_way *w, struct msghdr *h)
{
	if (w->target.family == AF_INET)
		control4(w, h);
	else
		control6(w, h);
	if (w->mark)
		icmp_control_int(h, SOL_SOCKET, SO_MARK, (int)w->mark);
}

/* ---- what comes back ---- */

int icmp_socket_fragment(struct msghdr *h)
{
	int size = 0;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(h); c; c = CMSG_NXTHDR(h, c))
		if (((c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_RECVFRAGSIZE) ||
		     (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_RECVFRAGSIZE)) &&
		    c->cmsg_len >= CMSG_LEN(sizeof size))
			memcpy(&size, CMSG_DATA(c), sizeof size);
	return size > 0 ? size : 0;
}

struct addr icmp_socket_addr(const void *sa, size_t len)
{
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
	sa_family_t family;

	if (len < sizeof v4)
		return (struct addr){0};
	memcpy(&family, sa, sizeof family);
	if (family == AF_INET) {
		memcpy(&v4, sa, sizeof v4);
		return addr_make(AF_INET, &v4.sin_addr);
	}
	if (family != AF_INET6 || len < sizeof v6)
		return (struct addr){0};
	memcpy(&v6, sa, sizeof v6);
	return addr_make(AF_INET6, &v6.sin6_addr);
}

bool icmp_socket_error(const struct cmsghdr *c, struct sock_extended_err *ret, struct addr *ret_from)
{
	size_t len = c->cmsg_len - CMSG_LEN(0);

	if (!((c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_RECVERR) ||
	      (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_RECVERR)) || len < sizeof *ret)
		return false;
	memcpy(ret, CMSG_DATA(c), sizeof *ret);
	*ret_from = icmp_socket_addr(CMSG_DATA(c) + sizeof *ret, len - sizeof *ret);
	return true;
}
