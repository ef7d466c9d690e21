// SPDX-License-Identifier: GPL-2.0-or-later
// Sockets of the probe source. Raw ones where the capability is there: the IPv4 one sends its own headers with DF and
// neither reads nor writes the kernel's cache of path MTUs, so that watching changes nothing. Else ping sockets.
#include <errno.h>
#include <linux/filter.h>
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/net_tstamp.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "source/probe.h"

#define RETRY_US (10 * US_PER_S)
/* Probes held up in the queue of one device that is stuck must leave room for the others'. */
enum { RECEIVE_BUFFER = 4 << 20, SEND_BUFFER = 16 << 20 };
enum { STAMPS_COMMON = SOF_TIMESTAMPING_TX_SOFTWARE | SOF_TIMESTAMPING_RX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE |
		       SOF_TIMESTAMPING_OPT_TSONLY };
#ifndef IPV6_DONTFRAG
#define IPV6_DONTFRAG 62
#endif

static int set_int(int fd, int level, int option, int value)
{
	return setsockopt(fd, level, option, &value, sizeof value) ? -errno : 0;
}

/* Answers of other pingers are dropped before they are copied. IPv4 data begins at the IP header. */
static int filter_id(int fd, bool v4, uint16_t id)
{
	struct sock_filter code4[] = {
		BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 0),
		BPF_STMT(BPF_LD | BPF_H | BPF_IND, 4),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, id, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, PROBER_SNAP),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_filter code6[] = {
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 4),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, id, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, PROBER_SNAP),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog prog = { v4 ? ARRAY_LEN(code4) : ARRAY_LEN(code6), v4 ? code4 : code6 };

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof prog) ? -errno : 0;
}

static int filter_type(int fd, bool v4)
{
	struct icmp_filter only4 = { .data = ~(1u << ICMP_ECHOREPLY) };
	struct icmp6_filter only6;

	if (v4)
		return setsockopt(fd, SOL_RAW, ICMP_FILTER, &only4, sizeof only4) ? -errno : 0;
	memset(&only6, 0xff, sizeof only6);
	only6.data[ICMPV6_ECHO_REPLY >> 5] &= ~(1u << (ICMPV6_ECHO_REPLY & 31));
	return setsockopt(fd, SOL_ICMPV6, ICMPV6_FILTER, &only6, sizeof only6) ? -errno : 0;
}

void prober_stamp_restart(struct prober_socket *s)
{
	/* the kernel numbers anew when the option is set again after it was not */
	set_int(s->fd, SOL_SOCKET, SO_TIMESTAMPING, STAMPS_COMMON);
	set_int(s->fd, SOL_SOCKET, SO_TIMESTAMPING, STAMPS_COMMON | SOF_TIMESTAMPING_OPT_ID);
	s->stamp_next = 0;
	s->stamp_unsure = false;
}

static int set_common(struct prober_socket *s)
{
	bool v4 = s->family == AF_INET;
	int e;

	e = v4 ? set_int(s->fd, IPPROTO_IP, IP_RECVERR, 1) : set_int(s->fd, IPPROTO_IPV6, IPV6_RECVERR, 1);
	if (e)
		return e;
	if (set_int(s->fd, SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER))
		set_int(s->fd, SOL_SOCKET, SO_RCVBUF, RECEIVE_BUFFER);
	if (set_int(s->fd, SOL_SOCKET, SO_SNDBUFFORCE, SEND_BUFFER))
		set_int(s->fd, SOL_SOCKET, SO_SNDBUF, SEND_BUFFER);
	prober_stamp_restart(s);
	return 0;
}

static int set_raw(struct prober_socket *s)
{
	bool v4 = s->family == AF_INET;
	int e;

	s->with_ip = v4;
	if (getrandom(&s->id, sizeof s->id, 0) != (ssize_t)sizeof s->id)
		s->id = (uint16_t)getpid();
	e = filter_type(s->fd, v4);
	if (!e)
		e = filter_id(s->fd, v4, s->id);
	if (!e && v4)
		e = set_int(s->fd, IPPROTO_IP, IP_HDRINCL, 1);
	if (!e && v4)
		e = set_int(s->fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_INTERFACE);
	if (!e && !v4)
		e = set_int(s->fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_PROBE);
	if (!e && !v4)
		e = set_int(s->fd, IPPROTO_IPV6, IPV6_DONTFRAG, 1);
	return e;
}

/* The kernel chooses the id of a ping socket and hands it only its own replies. */
static int set_ping(struct prober_socket *s)
{
	struct sockaddr_storage a = { .ss_family = (sa_family_t)s->family };
	socklen_t len = s->family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);

	s->with_ip = false;
	if (bind(s->fd, (struct sockaddr *)&a, len) || getsockname(s->fd, (struct sockaddr *)&a, &len))
		return -errno;
	if (s->family == AF_INET) {
		s->id = ntohs(((struct sockaddr_in *)&a)->sin_port);
		return set_int(s->fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_PROBE);
	}
	s->id = ntohs(((struct sockaddr_in6 *)&a)->sin6_port);
	return set_int(s->fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_PROBE);
}

static int open_as(struct prober_socket *s, bool raw)
{
	int proto = s->family == AF_INET ? (int)IPPROTO_ICMP : (int)IPPROTO_ICMPV6, e;

	s->raw = raw;
	s->fd = socket(s->family, (raw ? SOCK_RAW : SOCK_DGRAM) | SOCK_CLOEXEC | SOCK_NONBLOCK, proto);
	if (s->fd < 0)
		return -errno;
	e = raw ? set_raw(s) : set_ping(s);
	if (!e)
		e = set_common(s);
	if (e)
		prober_close(s);
	return e;
}

static void report(struct prober *p, struct prober_socket *s, int e)
{
	const char *by_ping = "without CAP_NET_RAW: by ping sockets; targets with a mark are not probed";
	const char *denied = "neither CAP_NET_RAW nor ping sockets: start as root or with setcap "
			     "cap_net_raw,cap_net_admin=ep, or set net.ipv4.ping_group_range";

	s->report.period_ms = (int)(p->interval_us / US_PER_MS);
	if (!e)
		source_report_put(p->env, &s->report, SOURCE_STATE_OK, 0, s->raw ? "" : by_ping);
	else if (e == -EACCES || e == -EPERM)
		source_report_put(p->env, &s->report, SOURCE_STATE_DENIED, -e, denied);
	else
		source_report_put(p->env, &s->report, SOURCE_STATE_ABSENT, -e, strerror(-e));
}

void prober_open(struct prober *p, struct prober_socket *s)
{
	int e;

	if (p->now < s->retry_us)
		return;
	s->retry_us = p->now + RETRY_US;
	e = open_as(s, true);
	if (e == -EPERM || e == -EACCES)
		e = open_as(s, false);
	if (!e && !s->stamps)
		s->stamps = xcalloc(PROBER_STAMPS, sizeof *s->stamps);
	report(p, s, e);
}

void prober_close(struct prober_socket *s)
{
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
}
