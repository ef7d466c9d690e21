// SPDX-License-Identifier: GPL-2.0-or-later
// A socket for path-MTU probes. The raw one for IPv4 makes its own headers with DF and neither reads nor writes the
// kernel's cache of path MTUs (IP_HDRINCL, IP_PMTUDISC_INTERFACE): looking changes nothing. Ping sockets and IPv6 do
// not read it, but the kernel keeps there what routers answer.
#include <errno.h>
#include <linux/filter.h>
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <linux/errqueue.h> /* wants struct timespec */

#include "source/pmtu_socket.h"
#include "tunwatch/decode.h"

enum { TTL = 64, TRIES = 4, SNAP = 128, RECEIVE_BUFFER = 1 << 20, ERRORS_MAX = 64 };
#ifndef IPV6_DONTFRAG
#define IPV6_DONTFRAG 62
#endif

static int set_int(int fd, int level, int option, int value)
{
	return setsockopt(fd, level, option, &value, sizeof value) ? -errno : 0;
}

/* Only echo replies with our identifier, and of those the beginning. */
static int set_filter(const struct pmtu_socket *s)
{
	bool v4 = s->family == AF_INET;
	struct sock_filter code4[] = {
		BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 0),
		BPF_STMT(BPF_LD | BPF_H | BPF_IND, 4),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, s->id, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SNAP),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_filter code6[] = {
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 4),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, s->id, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SNAP),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog prog = { v4 ? ARRAY_LEN(code4) : ARRAY_LEN(code6), v4 ? code4 : code6 };
	struct icmp_filter only4 = { .data = ~(1u << ICMP_ECHOREPLY) };
	struct icmp6_filter only6;
	int r;

	memset(&only6, 0xff, sizeof only6);
	only6.data[ICMPV6_ECHO_REPLY >> 5] &= ~(1u << (ICMPV6_ECHO_REPLY & 31));
	r = v4 ? setsockopt(s->fd, SOL_RAW, ICMP_FILTER, &only4, sizeof only4)
	       : setsockopt(s->fd, SOL_ICMPV6, ICMPV6_FILTER, &only6, sizeof only6);
	if (!r)
		r = setsockopt(s->fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof prog);
	return r ? -errno : 0;
}

static int set_raw(struct pmtu_socket *s)
{
	int e = set_filter(s);

	if (!e && s->family == AF_INET)
		e = set_int(s->fd, IPPROTO_IP, IP_HDRINCL, 1);
	if (!e && s->family == AF_INET)
		e = set_int(s->fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_INTERFACE);
	return e;
}

/* The kernel chooses the identifier of a ping socket. */
static int set_ping(struct pmtu_socket *s)
{
	bool v4 = s->family == AF_INET;
	struct sockaddr_storage a = { .ss_family = (sa_family_t)s->family };
	socklen_t len = v4 ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);

	if (bind(s->fd, (struct sockaddr *)&a, len) || getsockname(s->fd, (struct sockaddr *)&a, &len))
		return -errno;
	s->id = ntohs(v4 ? ((struct sockaddr_in *)&a)->sin_port : ((struct sockaddr_in6 *)&a)->sin6_port);
	return v4 ? set_int(s->fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_PROBE) : 0;
}

static int set_common(struct pmtu_socket *s, const char *device)
{
	bool v4 = s->family == AF_INET;
	int e = v4 ? set_int(s->fd, IPPROTO_IP, IP_RECVERR, 1) : set_int(s->fd, IPPROTO_IPV6, IPV6_RECVERR, 1);

	if (!e && !v4)
		e = set_int(s->fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_PROBE);
	if (!e && !v4)
		e = set_int(s->fd, IPPROTO_IPV6, IPV6_DONTFRAG, 1);
	if (!e && device && setsockopt(s->fd, SOL_SOCKET, SO_BINDTODEVICE, device, (socklen_t)strlen(device) + 1))
		e = -errno;
	set_int(s->fd, SOL_SOCKET, SO_RCVBUF, RECEIVE_BUFFER);
	return e;
}

static int open_as(struct pmtu_socket *s, bool raw, const char *device)
{
	int proto = s->family == AF_INET ? (int)IPPROTO_ICMP : (int)IPPROTO_ICMPV6, e;

	s->raw = raw;
	s->fd = socket(s->family, (raw ? SOCK_RAW : SOCK_DGRAM) | SOCK_CLOEXEC | SOCK_NONBLOCK, proto);
	if (s->fd < 0)
		return -errno;
	e = set_common(s, device);
	if (!e)
		e = raw ? set_raw(s) : set_ping(s);
	if (e)
		pmtu_socket_close(s);
	return e;
}

int pmtu_socket_open(struct pmtu_socket *s, int family, const char *device)
{
	int e;

	*s = (struct pmtu_socket){ .fd = -1, .family = family };
	if (getrandom(&s->nonce, sizeof s->nonce, 0) != (ssize_t)sizeof s->nonce ||
	    getrandom(&s->id, sizeof s->id, 0) != (ssize_t)sizeof s->id)
		return -EIO;
	e = open_as(s, true, device);
	if (e == -EPERM || e == -EACCES)
		e = open_as(s, false, device);
	return e;
}

void pmtu_socket_close(struct pmtu_socket *s)
{
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
}

/* ---- what comes back ---- */

static struct addr sockaddr_addr(const void *sa, size_t len)
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
	n = recvmsg(s->fd, &p->h, flags | MSG_DONTWAIT);
	return n < 0 ? -errno : n;
}

static bool find_error(struct packet *p, struct sock_extended_err *ret, struct addr *ret_from)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&p->h); c; c = CMSG_NXTHDR(&p->h, c)) {
		size_t len = c->cmsg_len - CMSG_LEN(0);

		if (!((c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_RECVERR) ||
		      (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_RECVERR)) || len < sizeof *ret)
			continue;
		memcpy(ret, CMSG_DATA(c), sizeof *ret);
		*ret_from = sockaddr_addr(CMSG_DATA(c) + sizeof *ret, len - sizeof *ret);
		return true;
	}
	return false;
}

/* An ICMP error that quotes a probe. IPv6 routers quote enough to be sure it is ours; IPv4's may quote 8 bytes. */
static bool read_quote(struct pmtu_socket *s, const struct packet *p, size_t len, const struct sock_extended_err *e,
		       const struct addr *from, struct pmtu_news *ret)
{
	bool ptb = icmp_is_ptb(s->family, e->ee_type, e->ee_code);
	struct icmp_echo q;

	if (icmp_parse_quote(s->family, s->raw && s->family == AF_INET, p->data, len, s->nonce, &q) || q.id != s->id ||
	    (s->family == AF_INET6 && !q.ours))
		return false;
	*ret = (struct pmtu_news){
		.kind = ptb ? PMTU_NEWS_PTB : PMTU_NEWS_UNREACHABLE, .number = q.ours ? q.probe.seq : q.seq,
		.from = *from, .quoted = (int)q.size, .error = (int)e->ee_errno,
		.mtu = ptb && e->ee_info <= 65535 ? (int)e->ee_info : 0,
	};
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
	bool with_ip = s->raw && s->family == AF_INET;
	struct icmp_echo e;
	struct packet p;

	for (unsigned i = 0; i < ERRORS_MAX; i++) {
		ssize_t n = receive(s, &p, 0);

		/* an error waiting on the error queue fails one call */
		if (n == -EAGAIN || n == -EBADF)
			return false;
		if (n < 0 || icmp_parse_reply(s->family, with_ip, p.data, (size_t)n, s->nonce, &e) || e.id != s->id ||
		    !e.ours)
			continue;
		*ret = (struct pmtu_news){
			.kind = PMTU_NEWS_REPLY, .number = e.probe.seq, .sent_us = e.probe.sent_us,
			.from = with_ip ? e.from : sockaddr_addr(&p.name, p.h.msg_namelen),
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

static socklen_t make_name(const struct addr *a, unsigned scope, struct sockaddr_storage *ret)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_scope_id = scope };

	memset(ret, 0, sizeof *ret);
	if (a->family == AF_INET) {
		memcpy(&v4.sin_addr, a->bytes, 4);
		memcpy(ret, &v4, sizeof v4);
		return sizeof v4;
	}
	memcpy(&v6.sin6_addr, a->bytes, 16);
	memcpy(ret, &v6, sizeof v6);
	return sizeof v6;
}

int pmtu_socket_send(struct pmtu_socket *s, const struct addr *target, unsigned scope, uint32_t number, int size,
		     int64_t now_us)
{
	struct icmp_request rq = {
		.family = s->family, .with_ip = s->raw && s->family == AF_INET, .target = *target, .ttl = TTL,
		.id = s->id, .size = (size_t)size, .nonce = s->nonce,
		.probe = { .purpose = PURPOSE_MTU, .seq = number, .sent_us = now_us },
	};
	uint8_t *data = xcalloc((size_t)size, 1);
	struct sockaddr_storage name;
	socklen_t name_len = make_name(target, scope, &name);
	size_t len = icmp_build(&rq, data, (size_t)size);
	int r = -EINVAL;

	s->has_local = false;
	s->local_mtu = 0;
	/* what an ICMP error for an earlier probe left behind fails one innocent call */
	for (unsigned i = 0; len && i < TRIES; i++) {
		ssize_t n = sendto(s->fd, data, len, MSG_DONTWAIT | MSG_NOSIGNAL, (struct sockaddr *)&name, name_len);

		r = n < 0 ? -errno : 0;
		if (!r)
			break;
	}
	free(data);
	return r;
}
