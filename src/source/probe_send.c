// SPDX-License-Identifier: GPL-2.0-or-later
// Batches of probes. sendmmsg stops at the first message that fails: that one gets its fate, and the rest goes on
// behind it.
#include <errno.h>
#include <linux/net_tstamp.h>
#include <string.h>

#include "source/probe.h"

enum { TTL = 64, TRIES = 3, DEFER_MAX = 3 };

static void build(struct prober *p, const struct prober_socket *s, unsigned i)
{
	const struct outgoing *out = &s->queue[i];
	const struct target *t = &p->targets[out->target];
	struct prober_vec *v = &p->io->main;
	struct msghdr *h = &v->msg[i].msg_hdr;
	struct icmp_request rq = {
		.family = s->icmp.family, .with_ip = s->icmp.with_ip, .source = t->way.source,
		.target = t->way.target, .tos = t->way.tos,
		.ttl = TTL, .id = s->icmp.id, .size = prober_size(s->icmp.family), .nonce = p->nonce,
		.probe = { .target = t->key, .purpose = out->purpose, .seq = t->seq, .sent_us = s->queued_us },
	};

	*h = (struct msghdr){ .msg_iov = &v->iov[i], .msg_iovlen = 1, .msg_control = v->control[i] };
	v->iov[i].iov_base = v->data[i];
	v->iov[i].iov_len = icmp_build(&rq, v->data[i], sizeof v->data[i]);
	h->msg_name = &v->name[i];
	h->msg_namelen = icmp_way_name(&t->way, &v->name[i]);
	icmp_way_control(&t->way, h);
	if (t->mode == STAMP_QUEUE)
		icmp_control_int(h, SOL_SOCKET, SO_TIMESTAMPING, SOF_TIMESTAMPING_TX_SCHED);
	if (!h->msg_controllen)
		h->msg_control = NULL;
}

static void sent(struct prober *p, struct prober_socket *s, unsigned i)
{
	struct outgoing *out = &s->queue[i];
	struct target *t = &p->targets[out->target];
	struct stamp_slot *slot = &s->stamps[s->stamp_next % PROBER_STAMPS];

	*slot = (struct stamp_slot){ .id = s->stamp_next++, .target = out->target, .seq = t->seq };
	t->deferred = 0;
	prober_flight_sent(p, t, out->purpose, s->queued_us, out->planned_us);
}

static void failed(struct prober *p, struct target *t, const struct outgoing *out, int64_t sent_us, int error, int mtu)
{
	struct prober_failure f = { .outcome = OUTCOME_ERROR, .error = error };
	uint32_t seq = t->seq;

	if (error == EMSGSIZE) {
		f.outcome = OUTCOME_LOCAL_TOOBIG;
		f.mtu = mtu;
	}
	t->deferred = 0;
	prober_flight_sent(p, t, out->purpose, sent_us, out->planned_us);
	prober_flight_failed(p, t, seq, &f);
}

/* No room in the socket: a scheduled probe waits for the next slots, a fast one is left out. */
static void defer(struct prober *p, const struct outgoing *out)
{
	struct target *t = &p->targets[out->target];

	if (out->purpose != PURPOSE_SCHEDULE)
		return;
	if (t->deferred++ >= DEFER_MAX)
		failed(p, t, out, p->now, EAGAIN, 0);
	else
		t->due_us = out->planned_us - out->planned_us % SLOT_US;
}

/* Whether a message that failed so may have been counted by the kernel as one that will get a stamp. These errors come
 * from the choice of the route, or are what an ICMP error left at the socket. */
static bool maybe_counted(int e)
{
	switch (e) {
	case ENETUNREACH:
	case EHOSTUNREACH:
	case ECONNREFUSED:
	case ENOPROTOOPT:
	case EPROTO:
	case EMSGSIZE:
	case EINVAL:
	case EACCES:
	case ENODEV:
	case ENXIO:
	case EADDRNOTAVAIL:
		return false;
	default:
		return true;
	}
}

/* How many messages from i on may go in one system call. */
static unsigned run_length(const struct prober *p, const struct prober_socket *s, unsigned i)
{
	unsigned n = i;

	if (p->targets[s->queue[i].target].mode == STAMP_CLOCK)
		return 1;
	while (n < s->nqueue && p->targets[s->queue[n].target].mode != STAMP_CLOCK)
		n++;
	return n - i;
}

static int send_run(struct prober *p, struct prober_socket *s, unsigned i)
{
	unsigned n = run_length(p, s, i);
	int r;

	if (s->stamp_unsure) {
		prober_drain_errors(p, s);
		prober_stamp_restart(s);
	}
	if (p->targets[s->queue[i].target].mode == STAMP_CLOCK) {
		prober_look(p);
		s->queued_us = p->now;
		build(p, s, i);
	}
	r = sendmmsg(s->icmp.fd, &p->io->main.msg[i], n, MSG_DONTWAIT | MSG_NOSIGNAL);
	return r < 0 ? -errno : r;
}

/* Message i cannot be sent. What an ICMP error about an earlier probe left behind fails one innocent message: so try
 * again before it is believed. Returns whether it was believed. */
static bool refused(struct prober *p, struct prober_socket *s, unsigned i, int e, unsigned tries)
{
	struct target *t = &p->targets[s->queue[i].target];

	if (maybe_counted(e))
		s->stamp_unsure = true;
	s->local_mtu = 0;
	if (e == EMSGSIZE)
		prober_drain_errors(p, s);
	if (tries < TRIES)
		return false;
	failed(p, t, &s->queue[i], s->queued_us, e, s->local_mtu);
	return true;
}

static void send_queue(struct prober *p, struct prober_socket *s)
{
	unsigned tries = 0;

	for (unsigned i = 0; i < s->nqueue;) {
		int r = send_run(p, s, i);

		if (r == -EINTR)
			continue;
		if (r == -EAGAIN) {
			s->full = true;
			for (; i < s->nqueue; i++)
				defer(p, &s->queue[i]);
			return;
		}
		if (r > 0) {
			for (int k = 0; k < r; k++)
				sent(p, s, i + (unsigned)k);
			i += (unsigned)r;
			s->since_drain += (uint32_t)r;
			tries = 0;
		} else if (refused(p, s, i, r ? -r : EIO, ++tries)) {
			i++;
			tries = 0;
		}
	}
}

void prober_flush(struct prober *p, struct prober_socket *s)
{
	if (!s->nqueue)
		return;
	prober_look(p);
	s->queued_us = p->now;
	for (unsigned i = 0; i < s->nqueue; i++)
		build(p, s, i);
	send_queue(p, s);
	s->nqueue = 0;
	if (s->since_drain >= PROBER_STAMPS / 2)
		prober_drain_errors(p, s);
}

void prober_send(struct prober *p, uint32_t target, enum purpose purpose, int64_t planned_us)
{
	struct target *t = &p->targets[target];
	struct prober_socket *s = prober_socket_of(p, t->way.target.family);
	struct outgoing out = { .target = target, .purpose = (uint8_t)purpose, .planned_us = planned_us };

	/* without the privilege to mark it would fail for ever, which says nothing about the target */
	if (s->icmp.fd < 0 || (!s->icmp.raw && t->way.mark))
		return;
	if (t->absent) {
		failed(p, t, &out, p->now, ENODEV, 0);
		return;
	}
	if (s->full) {
		defer(p, &out);
		return;
	}
	s->queue[s->nqueue++] = out;
	if (s->nqueue == PROBER_BATCH)
		prober_flush(p, s);
}
