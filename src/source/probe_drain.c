// SPDX-License-Identifier: GPL-2.0-or-later
// What comes back: replies, transmit stamps, ICMP errors. Read once a slot; nothing wakes the collector for them.
#include <errno.h>
#include <string.h>
#include <time.h>

#include <linux/errqueue.h> /* wants struct timespec */

#include "source/probe.h"

enum { ROUNDS_MAX = 64 }; /* system calls of one drain: a flood must not hold the collector */

/* What the control messages of one packet say. */
struct extras {
	int64_t real_ns; /* 0: no stamp */
	bool has_error;
	struct sock_extended_err error;
	struct addr offender;
};

static void read_stamp(const struct cmsghdr *c, size_t len, struct extras *x)
{
	struct timespec ts;

	if (len < sizeof ts)
		return;
	memcpy(&ts, CMSG_DATA(c), sizeof ts); /* the first of three is the software stamp */
	x->real_ns = ts.tv_sec * NS_PER_S + ts.tv_nsec;
}

static struct extras read_control(struct msghdr *h)
{
	struct extras x = {0};

	for (struct cmsghdr *c = CMSG_FIRSTHDR(h); c; c = CMSG_NXTHDR(h, c)) {
		size_t len = c->cmsg_len - CMSG_LEN(0);

		if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SO_TIMESTAMPING)
			read_stamp(c, len, &x);
		else
			x.has_error |= icmp_socket_error(c, &x.error, &x.offender);
	}
	return x;
}

/* Receive a batch. Returns how many; 0 when there is nothing more. */
static unsigned receive(struct prober *p, struct prober_socket *s, struct prober_vec *v, int flags)
{
	int n;

	for (unsigned i = 0; i < PROBER_BATCH; i++) {
		v->iov[i] = (struct iovec){ v->data[i], sizeof v->data[i] };
		v->msg[i].msg_hdr = (struct msghdr){
			.msg_iov = &v->iov[i], .msg_iovlen = 1,
			.msg_control = v->control[i], .msg_controllen = sizeof v->control[i],
			.msg_name = &v->name[i], .msg_namelen = sizeof v->name[i],
		};
	}
	do /* an ICMP error waiting on the error queue fails one call */
		n = recvmmsg(s->icmp.fd, v->msg, PROBER_BATCH, flags | MSG_DONTWAIT, NULL);
	while (n < 0 && errno != EAGAIN && errno != EBADF && s->patience-- > 0);
	if (n <= 0)
		return 0;
	/* what was just received may have been stamped after the clocks were last looked at */
	prober_look(p);
	return (unsigned)n;
}

static struct target *find_target(struct prober *p, const struct icmp_echo *e)
{
	uint32_t i = p->by_key[e->probe.target];

	return i ? &p->targets[i - 1] : NULL;
}

static void take_reply(struct prober *p, struct prober_socket *s, struct prober_vec *v, unsigned i)
{
	struct extras x = read_control(&v->msg[i].msg_hdr);
	struct icmp_echo e;
	struct target *t;
	struct flight *f;

	if (icmp_parse_reply(s->icmp.family, s->icmp.with_ip, v->data[i], v->msg[i].msg_len, p->nonce, &e) ||
	    e.id != s->icmp.id)
		return;
	if (!s->icmp.with_ip)
		e.from = icmp_socket_addr(&v->name[i], v->msg[i].msg_hdr.msg_namelen);
	t = e.ours ? find_target(p, &e) : NULL;
	if (!t) {
		prober_flight_foreign(p, &e.from);
		return;
	}
	f = prober_flight_find(t, e.probe.seq);
	if (f && f->tx_ns == FLIGHT_NO_STAMP && t->mode != STAMP_CLOCK && !s->looked) {
		/* the stamp may have come after the error queue was read */
		s->looked = true;
		prober_drain_errors(p, s);
	}
	prober_flight_reply(p, t, &e.probe, &e.from, x.real_ns);
}

void prober_drain_replies(struct prober *p, struct prober_socket *s)
{
	struct prober_vec *v = &p->io->main;
	unsigned n = PROBER_BATCH;

	if (s->icmp.fd < 0)
		return;
	s->patience = ROUNDS_MAX;
	s->looked = false;
	for (unsigned round = 0; n == PROBER_BATCH && round < ROUNDS_MAX; round++) {
		n = receive(p, s, v, 0);
		for (unsigned i = 0; i < n; i++)
			take_reply(p, s, v, i);
	}
}

static void take_stamp(struct prober *p, struct prober_socket *s, const struct extras *x)
{
	const struct stamp_slot *slot = &s->stamps[x->error.ee_data % PROBER_STAMPS];

	if (x->real_ns && slot->id == x->error.ee_data && slot->target < p->ntargets)
		prober_flight_stamp(p, &p->targets[slot->target], slot->seq, x->real_ns);
}

/* Which pending probe is quoted: by its payload, or when too little is quoted, by address and sequence number. */
static struct target *find_quoted(struct prober *p, const struct icmp_echo *e, const struct addr *to, uint32_t *ret_seq)
{
	size_t i, end;

	if (e->ours) {
		*ret_seq = e->probe.seq;
		return find_target(p, e);
	}
	prober_targets_find(p, to, &i, &end);
	for (; i < end; i++) {
		struct target *t = &p->targets[p->by_addr[i]];
		struct flight *f = prober_flight_find16(t, e->seq);

		if (f) {
			*ret_seq = f->seq;
			return t;
		}
	}
	return NULL;
}

static void take_icmp_error(struct prober *p, struct prober_socket *s, struct prober_vec *v, unsigned i,
			    const struct extras *x)
{
	struct addr to = icmp_socket_addr(&v->name[i], v->msg[i].msg_hdr.msg_namelen);
	bool ptb = icmp_is_ptb(s->icmp.family, x->error.ee_type, x->error.ee_code);
	struct prober_failure f = {
		.outcome = ptb ? OUTCOME_PTB : OUTCOME_UNREACHABLE, .error = (int)x->error.ee_errno,
		.from = x->offender,
	};
	struct icmp_echo e;
	struct target *t;
	uint32_t seq;

	if (icmp_parse_quote(s->icmp.family, s->icmp.with_ip, v->data[i], v->msg[i].msg_len, p->nonce, &e) ||
	    e.id != s->icmp.id)
		return;
	if (ptb && x->error.ee_info <= 65535)
		f.mtu = (int)x->error.ee_info;
	t = find_quoted(p, &e, &to, &seq);
	if (t)
		prober_flight_failed(p, t, seq, &f);
}

static void take_error(struct prober *p, struct prober_socket *s, struct prober_vec *v, unsigned i)
{
	struct extras x = read_control(&v->msg[i].msg_hdr);

	if (!x.has_error)
		return;
	if (x.error.ee_origin == SO_EE_ORIGIN_TIMESTAMPING)
		take_stamp(p, s, &x);
	else if (x.error.ee_origin == SO_EE_ORIGIN_LOCAL && x.error.ee_errno == EMSGSIZE)
		s->local_mtu = x.error.ee_info <= 65535 ? (int)x.error.ee_info : 0;
	else if (x.error.ee_origin == SO_EE_ORIGIN_ICMP || x.error.ee_origin == SO_EE_ORIGIN_ICMP6)
		take_icmp_error(p, s, v, i, &x);
}

static void drain_errors(struct prober *p, struct prober_socket *s, struct prober_vec *v)
{
	unsigned n = PROBER_BATCH;

	s->since_drain = 0;
	for (unsigned round = 0; n == PROBER_BATCH && round < ROUNDS_MAX; round++) {
		n = receive(p, s, v, MSG_ERRQUEUE);
		for (unsigned i = 0; i < n; i++)
			take_error(p, s, v, i);
	}
}

void prober_drain_errors(struct prober *p, struct prober_socket *s)
{
	drain_errors(p, s, &p->io->inner);
}

void prober_drain_stamps(struct prober *p, struct prober_socket *s)
{
	if (s->icmp.fd >= 0)
		drain_errors(p, s, &p->io->main);
}
