// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include <linux/errqueue.h> /* wants struct timespec */
#include <linux/filter.h>
#include <linux/icmp.h>
#include <linux/icmpv6.h>   /* after netinet/in.h, else there is no struct in6_pktinfo */

#include "source/pmtu_place_io.h"
#include "tunwatch/decode.h"

enum {
	TTL = 64,
	UDP_PORT = 33434,   /* traceroute's first one: closed, and often let through */
	SNAP = 160, TRIES = 4, RECEIVE_MAX = 64,
	STAMP_REPLY_MOST = 80, /* bytes of a timestamp reply with all options that it may have */
};
#ifndef IPV6_DONTFRAG
#define IPV6_DONTFRAG 62
#endif

static int set_int(int fd, int level, int option, int value)
{
	return setsockopt(fd, level, option, &value, sizeof value) ? -errno : 0;
}

/* ---- opening ---- */

/* Replies with our identifier, and errors that quote it or our port. IPv4 data begins at the IP header, behind which
 * an error's quote begins after 8 bytes, with a header that has no options because none were sent. */
static int filter4(int fd, uint16_t id, uint16_t port)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 0),
		BPF_STMT(BPF_LD | BPF_B | BPF_IND, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 3, 0),    /* echo reply */
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 14, 2, 0),   /* timestamp reply */
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 3, 3, 0),    /* unreachable */
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 11, 2, 10),  /* time exceeded */
		BPF_STMT(BPF_LD | BPF_H | BPF_IND, 4),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, id, 7, 8),
		BPF_STMT(BPF_LD | BPF_B | BPF_IND, 8 + 9),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 1, 1, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 17, 2, 5),
		BPF_STMT(BPF_LD | BPF_H | BPF_IND, 8 + 20 + 4),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, id, 2, 3),
		BPF_STMT(BPF_LD | BPF_H | BPF_IND, 8 + 20),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, port, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SNAP),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog prog = { ARRAY_LEN(code), code };
	struct icmp_filter any = { .data = 0 };

	if (setsockopt(fd, SOL_RAW, ICMP_FILTER, &any, sizeof any) ||
	    setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof prog))
		return -errno;
	return 0;
}

/* The same; IPv6 data begins at the ICMPv6 header. */
static int filter6(int fd, uint16_t id, uint16_t port)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 129, 1, 0),  /* echo reply */
		BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, 3, 10, 2),   /* not an error that matters */
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 4),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, id, 7, 8),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 8 + 6),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 58, 1, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 17, 2, 5),
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 8 + 40 + 4),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, id, 2, 3),
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 8 + 40),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, port, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SNAP),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog prog = { ARRAY_LEN(code), code };
	struct icmp6_filter any;

	memset(&any, 0, sizeof any);
	if (setsockopt(fd, SOL_ICMPV6, ICMPV6_FILTER, &any, sizeof any) ||
	    setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof prog))
		return -errno;
	return 0;
}

/* A UDP socket with a port of its own. DF: the raw socket sends for IPv4; others set it themselves. */
static int open_udp(struct pmtu_place_io *io)
{
	bool v4 = io->icmp.family == AF_INET, raw = io->icmp.raw;
	union icmp_name a = { .any.sa_family = (sa_family_t)io->icmp.family };
	socklen_t len = v4 ? sizeof a.v4 : sizeof a.v6;
	struct sock_filter none = BPF_STMT(BPF_RET | BPF_K, 0);
	struct sock_fprog prog = { 1, &none };
	int e;

	io->udp_fd = socket(io->icmp.family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (io->udp_fd < 0)
		return -errno;
	if (v4)
		e = set_int(io->udp_fd, IPPROTO_IP, IP_MTU_DISCOVER, raw ? IP_PMTUDISC_INTERFACE : IP_PMTUDISC_PROBE);
	else
		e = set_int(io->udp_fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER,
			    raw ? IPV6_PMTUDISC_INTERFACE : IPV6_PMTUDISC_PROBE);
	if (!e && !v4)
		e = set_int(io->udp_fd, IPPROTO_IPV6, IPV6_DONTFRAG, 1);
	if (!e && !raw)
		e = v4 ? set_int(io->udp_fd, IPPROTO_IP, IP_RECVERR, 1)
		       : set_int(io->udp_fd, IPPROTO_IPV6, IPV6_RECVERR, 1);
	/* nobody's data is wanted; errors do not pass here */
	if (!e && setsockopt(io->udp_fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof prog))
		e = -errno;
	if (!e && (bind(io->udp_fd, &a.any, len) || getsockname(io->udp_fd, &a.any, &len)))
		e = -errno;
	io->port = ntohs(v4 ? a.v4.sin_port : a.v6.sin6_port);
	return e;
}

static int widen(struct pmtu_place_io *io)
{
	bool v4 = io->icmp.family == AF_INET;
	int e = v4 ? set_int(io->icmp.fd, IPPROTO_IP, IP_RECVERR, 0)
		   : set_int(io->icmp.fd, IPPROTO_IPV6, IPV6_RECVERR, 0);

	if (e)
		return e;
	return v4 ? filter4(io->icmp.fd, io->icmp.id, io->port) : filter6(io->icmp.fd, io->icmp.id, io->port);
}

int pmtu_place_io_open(struct pmtu_place_io *io, int family)
{
	int e;

	*io = (struct pmtu_place_io){ .icmp.fd = -1, .udp_fd = -1 };
	if (getrandom(&io->nonce, sizeof io->nonce, 0) != (ssize_t)sizeof io->nonce)
		return -EIO;
	e = icmp_socket_open(&io->icmp, family, SNAP);
	if (e)
		return e;
	e = open_udp(io);
	if (!e && io->icmp.raw)
		e = widen(io);
	if (!e)
		e = icmp_socket_want_fragments(&io->icmp);
	if (e)
		pmtu_place_io_close(io);
	return e;
}

void pmtu_place_io_close(struct pmtu_place_io *io)
{
	icmp_socket_close(&io->icmp);
	if (io->udp_fd >= 0)
		close(io->udp_fd);
	io->udp_fd = -1;
}

void pmtu_place_io_begin(struct pmtu_place_io *io, struct pmtu_place *p, const struct pmtu_place_config *config,
			 uint16_t key)
{
	struct pmtu_place_config c = *config;

	c.kinds = 0;
	if (io->icmp.fd >= 0)
		c.kinds = 1u << PMTU_PLACE_ECHO | 1u << PMTU_PLACE_UDP;
	if (io->icmp.fd >= 0 && io->icmp.raw && io->icmp.family == AF_INET)
		c.kinds |= 1u << PMTU_PLACE_TIMESTAMP;
	c.number = io->next;
	io->next += UINT32_C(1) << 12; /* more than it will ever send */
	io->key = key;
	pmtu_place_start(p, &c);
}

/* ---- sending ---- */

static enum icmp_sort sort_of(enum pmtu_place_kind kind)
{
	switch (kind) {
	case PMTU_PLACE_ECHO:
	case PMTU_PLACE_KINDS:
		break;
	case PMTU_PLACE_TIMESTAMP:
		return ICMP_SORT_TIMESTAMP;
	case PMTU_PLACE_UDP:
		return ICMP_SORT_UDP;
	}
	return ICMP_SORT_ECHO;
}

static int send_packet(int fd, struct msghdr *h)
{
	int r = 0;

	/* what an ICMP error for an earlier probe left behind fails one innocent call */
	for (unsigned i = 0; i < TRIES; i++) {
		r = sendmsg(fd, h, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? -errno : 0;
		if (!r || r == -EAGAIN)
			break;
	}
	return r;
}

int pmtu_place_io_send(struct pmtu_place_io *io, struct pmtu_place *p, const struct icmp_way *way,
		       const struct pmtu_place_probe *probe, int64_t now_us)
{
	bool v4 = io->icmp.family == AF_INET, udp = probe->kind == PMTU_PLACE_UDP;
	struct icmp_request rq = {
		.family = io->icmp.family, .sort = sort_of(probe->kind), .with_ip = io->icmp.with_ip,
		.source = way->source, .target = way->target, .tos = way->tos,
		.ttl = (uint8_t)(probe->ttl ? probe->ttl : TTL), .id = udp ? io->port : io->icmp.id, .port = UDP_PORT,
		.size = (size_t)probe->size, .nonce = io->nonce,
		.probe = { .target = io->key, .purpose = PURPOSE_LOCATE, .seq = probe->number, .sent_us = now_us },
	};
	_Alignas(8) uint8_t control[ICMP_WAY_CONTROL + CMSG_SPACE(sizeof(int))] = {0};
	union icmp_name name;
	uint8_t *data = xcalloc((size_t)probe->size, 1);
	struct iovec iov = { data, icmp_build(&rq, data, (size_t)probe->size) };
	struct msghdr h = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_name = &name };
	int r = -EINVAL;

	h.msg_namelen = icmp_way_name(way, &name);
	if (udp && v4)
		name.v4.sin_port = htons(UDP_PORT);
	else if (udp)
		name.v6.sin6_port = htons(UDP_PORT);
	/* a raw IPv4 packet is the ICMP socket's whatever it carries */
	icmp_way_control(way, &h);
	if (probe->ttl && v4 && !io->icmp.with_ip)
		icmp_control_int(&h, IPPROTO_IP, IP_TTL, probe->ttl);
	else if (probe->ttl && !v4)
		icmp_control_int(&h, IPPROTO_IPV6, IPV6_HOPLIMIT, probe->ttl);
	if (!h.msg_controllen)
		h.msg_control = NULL;
	if (iov.iov_len)
		r = send_packet(udp && !io->icmp.with_ip ? io->udp_fd : io->icmp.fd, &h);
	free(data);
	if (r && r != -EAGAIN && r != -ENOBUFS && r != -EINTR)
		pmtu_place_failed(p, probe->number);
	return r;
}

/* ---- what comes back ---- */

struct packet {
	uint8_t data[SNAP];
	_Alignas(8) uint8_t control[256];
	union icmp_name name;
	struct msghdr h;
	struct iovec iov;
};

/* One packet: its length, or -errno. */
static ssize_t receive(int fd, struct packet *p, int flags)
{
	ssize_t n;

	p->iov = (struct iovec){ p->data, sizeof p->data };
	p->h = (struct msghdr){
		.msg_iov = &p->iov, .msg_iovlen = 1, .msg_name = &p->name, .msg_namelen = sizeof p->name,
		.msg_control = p->control, .msg_controllen = sizeof p->control,
	};
	n = recvmsg(fd, &p->h, flags | MSG_DONTWAIT);
	return n < 0 ? -errno : n;
}

/* The probe that an answer is for, and whether there is one. */
static bool number_of(const struct pmtu_place *p, const struct icmp_answer *a, uint32_t *ret)
{
	const struct pmtu_place_probe *probe;

	if (a->ours && !(a->sort == ICMP_SORT_TIMESTAMP && a->what == ICMP_WHAT_REPLY)) {
		*ret = a->probe.seq;
		return true;
	}
	/* replies bring back all; of quotes what a router has to quote will do */
	if (!a->ours && a->what == ICMP_WHAT_REPLY)
		return false;
	probe = a->sort == ICMP_SORT_UDP ? pmtu_place_find(p, PMTU_PLACE_UDP, (int)a->size, -1) :
		pmtu_place_find(p, a->sort == ICMP_SORT_TIMESTAMP ? PMTU_PLACE_TIMESTAMP : PMTU_PLACE_ECHO, 0, a->seq);
	if (!probe || (a->sort == ICMP_SORT_UDP && !a->size))
		return false;
	*ret = probe->number;
	return true;
}

static void tell(struct pmtu_place *p, const struct icmp_answer *a, const struct addr *from, int fragment,
		 int64_t now_us)
{
	uint32_t number;

	if ((a->to.family && !addr_equal(&a->to, &p->config.target)) || !number_of(p, a, &number))
		return;
	switch (a->what) {
	case ICMP_WHAT_REPLY:
		if (a->sort == ICMP_SORT_TIMESTAMP && a->size > STAMP_REPLY_MOST)
			pmtu_place_reflected(p, number);
		else
			pmtu_place_answered(p, number, from, now_us, fragment);
		break;
	case ICMP_WHAT_PORT:
		pmtu_place_answered(p, number, from, now_us, fragment);
		break;
	case ICMP_WHAT_EXPIRED:
		pmtu_place_expired(p, number, from, now_us);
		break;
	case ICMP_WHAT_PTB:
		pmtu_place_refused(p, number);
		break;
	case ICMP_WHAT_ERROR:
		break;
	}
}

static void receive_raw(struct pmtu_place_io *io, struct pmtu_place *p, int64_t now_us)
{
	struct packet packet;
	struct icmp_answer a;

	for (unsigned i = 0; i < RECEIVE_MAX; i++) {
		ssize_t n = receive(io->icmp.fd, &packet, 0);

		if (n == -EAGAIN || n == -EBADF)
			return;
		if (n < 0 || !p || icmp_parse_answer(io->icmp.family, packet.data, (size_t)n, io->nonce, &a) ||
		    a.id != (a.sort == ICMP_SORT_UDP ? io->port : io->icmp.id))
			continue;
		if (!a.from.family)
			a.from = icmp_socket_addr(&packet.name, packet.h.msg_namelen);
		tell(p, &a, &a.from, icmp_socket_fragment(&packet.h), now_us);
	}
}

static void receive_replies(struct pmtu_place_io *io, struct pmtu_place *p, int64_t now_us)
{
	struct packet packet;
	struct icmp_echo e;

	for (unsigned i = 0; i < RECEIVE_MAX; i++) {
		ssize_t n = receive(io->icmp.fd, &packet, 0);
		struct addr from;

		if (n == -EAGAIN || n == -EBADF)
			return;
		if (n < 0 || !p || icmp_parse_reply(io->icmp.family, false, packet.data, (size_t)n, io->nonce, &e) ||
		    !e.ours)
			continue;
		from = icmp_socket_addr(&packet.name, packet.h.msg_namelen);
		pmtu_place_answered(p, e.probe.seq, &from, now_us, icmp_socket_fragment(&packet.h));
	}
}

/* What an error queue says of the probe it quotes. UDP's brings the payload alone, without which nobody knows. */
static bool read_error(const struct pmtu_place_io *io, bool udp, struct packet *packet, size_t len,
		       struct icmp_answer *ret, struct addr *ret_from)
{
	struct sock_extended_err e = {0};
	struct icmp_echo q;
	struct cmsghdr *c = CMSG_FIRSTHDR(&packet->h);

	while (c && !icmp_socket_error(c, &e, ret_from))
		c = CMSG_NXTHDR(&packet->h, c);
	if (!c || (e.ee_origin != SO_EE_ORIGIN_ICMP && e.ee_origin != SO_EE_ORIGIN_ICMP6))
		return false;
	*ret = (struct icmp_answer){
		.what = icmp_what_error(io->icmp.family, e.ee_type, e.ee_code),
		.sort = udp ? ICMP_SORT_UDP : ICMP_SORT_ECHO,
	};
	if (udp) {
		ret->ours = icmp_parse_payload(packet->data, len, io->nonce, &ret->probe);
		return ret->ours;
	}
	if (icmp_parse_quote(io->icmp.family, false, packet->data, len, io->nonce, &q) || q.id != io->icmp.id)
		return false;
	ret->ours = q.ours;
	ret->seq = q.seq;
	ret->probe = q.probe;
	return true;
}

static void receive_errors(struct pmtu_place_io *io, bool udp, struct pmtu_place *p, int64_t now_us)
{
	struct packet packet;
	struct icmp_answer a;
	struct addr from;

	for (unsigned i = 0; i < RECEIVE_MAX; i++) {
		ssize_t n = receive(udp ? io->udp_fd : io->icmp.fd, &packet, MSG_ERRQUEUE);

		if (n < 0)
			return;
		if (p && read_error(io, udp, &packet, (size_t)n, &a, &from))
			tell(p, &a, &from, 0, now_us);
	}
}

void pmtu_place_io_receive(struct pmtu_place_io *io, struct pmtu_place *p, int64_t now_us)
{
	if (io->icmp.fd < 0)
		return;
	if (io->icmp.raw) {
		receive_raw(io, p, now_us);
		return;
	}
	receive_replies(io, p, now_us);
	receive_errors(io, false, p, now_us);
	receive_errors(io, true, p, now_us);
}
