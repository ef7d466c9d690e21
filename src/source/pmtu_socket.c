// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>

#include <linux/errqueue.h> /* wants struct timespec */

#include "source/pmtu_socket.h"

enum { TTL = 64, TRIES = 4, SNAP = 128, RECEIVE_BUFFER = 1 << 20, ERRORS_MAX = 64 };

int pmtu_socket_open(struct pmtu_socket *s, int family, const char *device)
{
	const int buffer = RECEIVE_BUFFER;
	int e;

	*s = (struct pmtu_socket){ .icmp = { .fd = -1, .family = family } };
	if (getrandom(&s->nonce, sizeof s->nonce, 0) != (ssize_t)sizeof s->nonce)
		return -EIO;
	e = icmp_socket_open(&s->icmp, family, SNAP);
	if (e)
		return e;
	if (device && setsockopt(s->icmp.fd, SOL_SOCKET, SO_BINDTODEVICE, device, (socklen_t)strlen(device) + 1)) {
		e = -errno;
		pmtu_socket_close(s);
		return e;
	}
	icmp_socket_want_fragments(&s->icmp); /* good to know, no more */
	if (setsockopt(s->icmp.fd, SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof buffer))
		setsockopt(s->icmp.fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
	return 0;
}

void pmtu_socket_close(struct pmtu_socket *s)
{
	icmp_socket_close(&s->icmp);
	free(s->data);
	s->data = NULL;
}

/* ---- what comes back ---- */

struct packet {
	uint8_t data[SNAP * 2];
	_Alignas(8) uint8_t control[256];
	struct sockaddr_storage name;
	struct msghdr h;
	struct iovec iov;
};

/* One packet: its length, or -errno. */
static ssize_t receive(const struct pmtu_socket *s, struct packet *p, int flags)
{
	ssize_t n;

	p->iov = (struct iovec){ p->data, sizeof p->data };
	p->h = (struct msghdr){
		.msg_iov = &p->iov, .msg_iovlen = 1, .msg_name = &p->name, .msg_namelen = sizeof p->name,
		.msg_control = p->control, .msg_controllen = sizeof p->control,
	};
	n = recvmsg(s->icmp.fd, &p->h, flags | MSG_DONTWAIT);
	return n < 0 ? -errno : n;
}

static bool find_error(struct packet *p, struct sock_extended_err *ret, struct addr *ret_from)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&p->h); c; c = CMSG_NXTHDR(&p->h, c))
		if (icmp_socket_error(c, ret, ret_from))
			return true;
	return false;
}

/* An ICMP error that quotes a probe. IPv6 routers quote enough to be sure it is ours; IPv4's may quote 8 bytes. */
static bool read_quote(struct pmtu_socket *s, const struct packet *p, size_t len, const struct sock_extended_err *e,
		       const struct addr *from, struct pmtu_news *ret)
{
	bool v4 = s->icmp.family == AF_INET, ptb = icmp_is_ptb(s->icmp.family, e->ee_type, e->ee_code), ours;
	struct icmp_echo q;

	ours = !icmp_parse_quote(s->icmp.family, s->icmp.with_ip, p->data, len, s->nonce, &q) && q.id == s->icmp.id &&
	       (v4 || q.ours);
	if (!ours && !ptb)
		return false;
	*ret = (struct pmtu_news){
		.kind = !ours ? PMTU_NEWS_STRANGE : ptb ? PMTU_NEWS_PTB : PMTU_NEWS_UNREACHABLE,
		.from = *from, .to = icmp_socket_addr(&p->name, p->h.msg_namelen), .error = (int)e->ee_errno,
		.mtu = ptb && e->ee_info <= 65535 ? (int)e->ee_info : 0,
	};
	if (!ours)
		return true;
	ret->whole = q.ours;
	ret->number = q.ours ? q.probe.seq : q.seq;
	ret->key = q.ours ? q.probe.target : 0;
	ret->quoted = (int)q.size;
	return true;
}

/* The next ICMP error; those of this host are remembered in s. */
static bool receive_error(struct pmtu_socket *s, struct pmtu_news *ret)
{
	struct sock_extended_err e;
	struct packet p;
	struct addr from;

	for (unsigned i = 0; i < ERRORS_MAX; i++) {
		ssize_t n = receive(s, &p, MSG_ERRQUEUE);

		if (n < 0)
			return false;
		if (!find_error(&p, &e, &from))
			continue;
		if (e.ee_origin == SO_EE_ORIGIN_LOCAL && e.ee_errno == EMSGSIZE) {
			s->has_local = true;
			s->local_mtu = e.ee_info <= 65535 ? (int)e.ee_info : 0;
		} else if ((e.ee_origin == SO_EE_ORIGIN_ICMP || e.ee_origin == SO_EE_ORIGIN_ICMP6) &&
			   read_quote(s, &p, (size_t)n, &e, &from, ret)) {
			return true;
		}
	}
	return false;
}

static bool receive_reply(struct pmtu_socket *s, struct pmtu_news *ret)
{
	bool with_ip = s->icmp.with_ip;
	struct icmp_echo e;
	struct packet p;

	for (unsigned i = 0; i < ERRORS_MAX; i++) {
		ssize_t n = receive(s, &p, 0);

		/* an error waiting on the error queue fails one call */
		if (n == -EAGAIN || n == -EBADF)
			return false;
		if (n < 0 || icmp_parse_reply(s->icmp.family, with_ip, p.data, (size_t)n, s->nonce, &e) ||
		    e.id != s->icmp.id || !e.ours)
			continue;
		*ret = (struct pmtu_news){
			.kind = PMTU_NEWS_REPLY, .whole = true, .number = e.probe.seq, .key = e.probe.target,
			.sent_us = e.probe.sent_us, .fragment = icmp_socket_fragment(&p.h),
			.from = with_ip ? e.from : icmp_socket_addr(&p.name, p.h.msg_namelen),
		};
		return true;
	}
	return false;
}

bool pmtu_socket_receive(struct pmtu_socket *s, struct pmtu_news *ret)
{
	return receive_reply(s, ret) || receive_error(s, ret);
}

/* ---- sending ---- */

int pmtu_socket_send(struct pmtu_socket *s, const struct icmp_way *way, const struct icmp_probe *probe, int size)
{
	struct icmp_request rq = {
		.family = s->icmp.family, .with_ip = s->icmp.with_ip, .source = way->source, .target = way->target,
		.tos = way->tos, .ttl = TTL, .id = s->icmp.id, .size = (size_t)size, .nonce = s->nonce, .probe = *probe,
	};
	_Alignas(8) uint8_t control[ICMP_WAY_CONTROL];
	union icmp_name name;
	struct iovec iov;
	struct msghdr h = { .msg_iov = &iov, .msg_iovlen = 1, .msg_name = &name, .msg_control = control };
	int r = -EINVAL;

	if (!s->data)
		s->data = xcalloc(PMTU_SOCKET_LARGEST, 1);
	iov = (struct iovec){ s->data, icmp_build(&rq, s->data, PMTU_SOCKET_LARGEST) };
	h.msg_namelen = icmp_way_name(way, &name);
	icmp_way_control(way, &h);
	if (!h.msg_controllen)
		h.msg_control = NULL;
	s->has_local = false;
	s->local_mtu = 0;
	/* what an ICMP error for an earlier probe left behind fails one innocent call */
	for (unsigned i = 0; iov.iov_len && i < TRIES; i++) {
		r = sendmsg(s->icmp.fd, &h, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? -errno : 0;
		if (!r)
			break;
	}
	return r;
}
