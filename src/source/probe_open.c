// SPDX-License-Identifier: GPL-2.0-or-later
// Sockets of the probe source.
#include <errno.h>
#include <linux/net_tstamp.h>
#include <string.h>

#include "source/probe.h"

#define RETRY_US (10 * US_PER_S)
/* Probes held up in the queue of one device that is stuck must leave room for the others'. */
enum { RECEIVE_BUFFER = 4 << 20, SEND_BUFFER = 16 << 20 };
enum { STAMPS_COMMON = SOF_TIMESTAMPING_TX_SOFTWARE | SOF_TIMESTAMPING_RX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE |
		       SOF_TIMESTAMPING_OPT_TSONLY };

static int set_int(int fd, int level, int option, int value)
{
	return setsockopt(fd, level, option, &value, sizeof value) ? -errno : 0;
}

void prober_stamp_restart(struct prober_socket *s)
{
	/* the kernel numbers anew when the option is set again after it was not */
	set_int(s->icmp.fd, SOL_SOCKET, SO_TIMESTAMPING, STAMPS_COMMON);
	set_int(s->icmp.fd, SOL_SOCKET, SO_TIMESTAMPING, STAMPS_COMMON | SOF_TIMESTAMPING_OPT_ID);
	s->stamp_next = 0;
	s->stamp_unsure = false;
}

static void set_options(struct prober_socket *s)
{
	if (set_int(s->icmp.fd, SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER))
		set_int(s->icmp.fd, SOL_SOCKET, SO_RCVBUF, RECEIVE_BUFFER);
	if (set_int(s->icmp.fd, SOL_SOCKET, SO_SNDBUFFORCE, SEND_BUFFER))
		set_int(s->icmp.fd, SOL_SOCKET, SO_SNDBUF, SEND_BUFFER);
	prober_stamp_restart(s);
}

static void report(struct prober *p, struct prober_socket *s, int e)
{
	const char *by_ping = "without CAP_NET_RAW: by ping sockets; targets with a mark are not probed";
	const char *denied = "neither CAP_NET_RAW nor ping sockets: start as root or with setcap "
			     "cap_net_raw,cap_net_admin=ep, or set net.ipv4.ping_group_range";

	s->report.period_ms = (int)(p->interval_us / US_PER_MS);
	if (!e)
		source_report_put(p->env, &s->report, SOURCE_STATE_OK, 0, s->icmp.raw ? "" : by_ping);
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
	e = icmp_socket_open(&s->icmp, s->icmp.family, PROBER_SNAP);
	if (!e)
		set_options(s);
	if (!e && !s->stamps)
		s->stamps = xcalloc(PROBER_STAMPS, sizeof *s->stamps);
	report(p, s, e);
}

void prober_close(struct prober_socket *s)
{
	icmp_socket_close(&s->icmp);
}
