// SPDX-License-Identifier: GPL-2.0-or-later
// sa: security associations. One dump at the start, then events, and a dump every minute in case one was missed. The
// kernel sends the keys along: every byte that was received is wiped as soon as it was read.
#include <errno.h>
#include <linux/xfrm.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <libmnl/libmnl.h>

#include "source/netlink.h"
#include "source/sa_table.h"
#include "source/secret.h"
#include "source/sources.h"

enum {
	EVENT_BUFFER = 8 << 20, /* bytes the kernel may queue */
	EVENT_MAX = 2048,       /* events read in one slot */
	SLOT_ANSWERS = 16,      /* datagrams of a dump read in one slot: 512 KiB */
	START_ANSWERS = 4096,   /* the same at the start, where nothing else waits */
	DUMP_TRIES = 4,
};
#define DUMP_TIMEOUT_US (2 * US_PER_S)
#define RESYNC_PERIOD_US (60 * US_PER_S)
#define RESYNC_PAUSE_US US_PER_S
#define NOTICE_PAUSE_US (60 * US_PER_S)

struct sa_state {
	struct source_env *env;
	struct source_report report;
	struct sa_table *table;
	int dump_fd, event_fd;
	uint8_t *bytes;         /* NETLINK_DUMP_SIZE of what holds keys */
	bool dumping;
	uint32_t seq;
	int64_t asked_us;       /* when the newest dump was asked for, or sockets were tried to be opened */
	unsigned tries;
	bool interrupted;
	bool lost;              /* events were: what is left of them is of no use before a dump */
	bool resync;            /* a dump is due */
	int64_t noticed_us;
};

static void trouble(struct sa_state *s, int error, const char *what)
{
	switch (error) {
	case EPERM:
	case EACCES:
		source_report_put(s->env, &s->report, SOURCE_STATE_DENIED, error,
				  "security associations are shown to CAP_NET_ADMIN only");
		break;
	case EPROTONOSUPPORT:
	case EAFNOSUPPORT:
	case ECONNREFUSED:
		source_report_put(s->env, &s->report, SOURCE_STATE_ABSENT, error, "this kernel has no IPsec (XFRM)");
		break;
	default:
		source_report_put(s->env, &s->report, SOURCE_STATE_LOST, error, what);
	}
}

/* ---- bytes with keys in them ---- */

/* Like netlink_receive. What came is to be wiped with done_with. */
static int receive(struct sa_state *s, int fd)
{
	int n = netlink_receive(fd, s->bytes, NETLINK_DUMP_SIZE);

	if (n == -EMSGSIZE)
		wipe(s->bytes, NETLINK_DUMP_SIZE);
	return n;
}

static void done_with(struct sa_state *s, int n)
{
	wipe(s->bytes, (size_t)n);
}

/* ---- dumps ---- */

static void ask(struct sa_state *s)
{
	_Alignas(8) char buf[64];
	struct nlmsghdr *h = mnl_nlmsg_put_header(buf);
	int r;

	h->nlmsg_type = XFRM_MSG_GETSA;
	h->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	h->nlmsg_seq = ++s->seq;
	s->asked_us = source_now(s->env);
	r = netlink_send(s->dump_fd, h, h->nlmsg_len);
	if (r < 0) {
		trouble(s, -r, "cannot ask the kernel for security associations");
		return;
	}
	sa_table_begin(s->table);
	s->dumping = true;
	s->resync = s->lost = s->interrupted = false;
}

static void abandon(struct sa_state *s, int error, const char *what)
{
	trouble(s, error, what);
	sa_table_end(s->table, false);
	s->dumping = false;
	s->resync = true;
	s->seq++;
}

/* One that changes under our feet cannot tell what is gone: do it again, and when the host is too busy for that, take
 * what was shown. */
static void dump_done(struct sa_state *s, int error)
{
	if (error) {
		abandon(s, error, "the kernel refused to list security associations");
		return;
	}
	s->dumping = false;
	if (s->interrupted && ++s->tries < DUMP_TRIES) {
		ask(s);
		return;
	}
	s->tries = 0;
	sa_table_end(s->table, !s->interrupted);
	source_report_put(s->env, &s->report, SOURCE_STATE_OK, 0, "");
}

static void read_answer(struct sa_state *s, size_t len)
{
	const uint8_t *p = s->bytes;
	struct xfrm_message m;

	while (s->dumping && xfrm_next(&p, &len, &m)) {
		/* the rest of a dump that was given up */
		if (m.seq != s->seq)
			continue;
		s->interrupted |= m.interrupted;
		if (m.what == XFRM_DONE || m.what == XFRM_ERROR) {
			dump_done(s, m.error);
			return;
		}
		sa_table_put(s->table, &m);
	}
}

/* Read what the running dump has to say, at most so many datagrams. */
static void pump(struct sa_state *s, unsigned budget)
{
	while (s->dumping && budget--) {
		int n = receive(s, s->dump_fd);

		if (n == -EAGAIN) {
			if (source_now(s->env) - s->asked_us > DUMP_TIMEOUT_US)
				abandon(s, ETIMEDOUT, "the kernel does not answer");
			return;
		}
		if (n < 0) {
			abandon(s, -n, "an answer of the kernel was lost");
			return;
		}
		read_answer(s, (size_t)n);
		done_with(s, n);
	}
}

/* ---- events ---- */

static void lost_events(struct sa_state *s)
{
	int64_t now = source_now(s->env);

	s->resync = s->lost = true;
	source_report_put(s->env, &s->report, SOURCE_STATE_LOST, ENOBUFS, "events came too fast; reading all again");
	if (now - s->noticed_us < NOTICE_PAUSE_US)
		return;
	s->noticed_us = now;
	source_notice(s->env, "xfrm", SEVERITY_WARNING, "events of security associations came faster than they could "
		      "be read: some are lost, all is read again");
}

static void read_event(struct sa_state *s, size_t len)
{
	const uint8_t *p = s->bytes;
	struct xfrm_message m;

	while (!s->lost && xfrm_next(&p, &len, &m)) {
		/* the kernel spares some */
		s->resync |= m.what == XFRM_SA_FLUSHED;
		sa_table_put(s->table, &m);
	}
}

/* True when none is left. As long as one is, a dump would miss what the kernel drops after it. */
static bool drain_events(struct sa_state *s)
{
	for (unsigned k = 0; k < EVENT_MAX; k++) {
		int n = receive(s, s->event_fd);

		if (n == -EAGAIN)
			return true;
		if (n == -ENOBUFS) {
			lost_events(s);
		} else if (n == -EMSGSIZE) {
			s->resync = true;
		} else if (n < 0) {
			return false;
		} else {
			read_event(s, (size_t)n);
			done_with(s, n);
		}
	}
	return false;
}

/* ---- the source ---- */

/* Only an address of this host can be bound to. */
static bool is_own(const struct addr *a)
{
	struct sockaddr_in in = { .sin_family = AF_INET };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };
	const struct sockaddr *sa = a->family == AF_INET ? (struct sockaddr *)&in : (struct sockaddr *)&in6;
	int fd = addr_is_set(a) ? socket(a->family, SOCK_DGRAM | SOCK_CLOEXEC, 0) : -1;
	bool own;

	if (fd < 0)
		return false;
	memcpy(&in.sin_addr, a->bytes, sizeof in.sin_addr);
	memcpy(&in6.sin6_addr, a->bytes, sizeof in6.sin6_addr);
	own = bind(fd, sa, a->family == AF_INET ? sizeof in : sizeof in6) == 0;
	close(fd);
	return own;
}

static void close_sockets(struct sa_state *s)
{
	if (s->event_fd >= 0)
		close(s->event_fd);
	if (s->dump_fd >= 0)
		close(s->dump_fd);
	s->event_fd = s->dump_fd = -1;
}

static bool open_sockets(struct sa_state *s)
{
	static const unsigned groups[] = { XFRMNLGRP_SA, XFRMNLGRP_EXPIRE, 0 };

	s->asked_us = source_now(s->env);
	if (!s->bytes)
		s->bytes = secret_map(NETLINK_DUMP_SIZE);
	s->event_fd = s->bytes ? netlink_open_protocol(NETLINK_XFRM, groups, EVENT_BUFFER) : -ENOMEM;
	s->dump_fd = s->event_fd < 0 ? s->event_fd : netlink_open_protocol(NETLINK_XFRM, NULL, 0);
	if (s->dump_fd >= 0)
		return true;
	trouble(s, -s->dump_fd, "cannot open a netlink socket");
	close_sockets(s);
	return false;
}

static void *start(struct source_env *env)
{
	struct sa_state *s = xcalloc(1, sizeof *s);

	s->env = env;
	s->report = (struct source_report){ .key = SOURCE_KEY_XFRM, .name = "xfrm",
					    .period_ms = (int)(RESYNC_PERIOD_US / US_PER_MS) };
	s->table = sa_table_new(env, is_own);
	sa_table_tick(s->table);
	s->noticed_us = -NOTICE_PAUSE_US;
	s->event_fd = s->dump_fd = -1;
	if (open_sockets(s)) {
		ask(s);
		pump(s, START_ANSWERS);
	}
	return s;
}

static void slot(void *state, int64_t due)
{
	struct sa_state *s = state;

	(void)due;
	if (s->dump_fd < 0)
		return;
	pump(s, SLOT_ANSWERS);
	/* events wait while a dump is read: they are newer than what it shows */
	if (s->dumping)
		return;
	if (drain_events(s) && s->resync && source_now(s->env) - s->asked_us >= RESYNC_PAUSE_US) {
		ask(s);
		pump(s, SLOT_ANSWERS);
	}
}

static void tick(void *state, int64_t due)
{
	struct sa_state *s = state;
	bool late = source_now(s->env) - s->asked_us >= RESYNC_PERIOD_US;

	(void)due;
	sa_table_tick(s->table);
	if (late && (s->dump_fd >= 0 || open_sockets(s)))
		s->resync = true;
}

static void stop(void *state)
{
	struct sa_state *s = state;

	close_sockets(s);
	secret_unmap(s->bytes, NETLINK_DUMP_SIZE);
	sa_table_free(s->table);
	free(s);
}

const struct source_ops sa_source = { "xfrm", start, slot, tick, stop };
