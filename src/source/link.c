// SPDX-License-Identifier: GPL-2.0-or-later
// link: interfaces, addresses and counters. One dump at the start, then events; counters by a dump of
// RTM_GETSTATS each interval. Events wait in their socket while a dump is read: they are newer than what it shows.
#include <errno.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <libmnl/libmnl.h>

#include "source/link_table.h"
#include "source/netlink.h"
#include "source/sources.h"

enum {
	EVENT_BUFFER = 8 << 20, /* bytes the kernel may queue */
	EVENT_SIZE = 8192,      /* bytes of one event */
	EVENT_BATCHES = 64,     /* drained in one slot: 2048 events */
	SLOT_ANSWERS = 64,      /* datagrams of a dump read in one slot: 2 MiB */
	START_ANSWERS = 16384,  /* the same at the start, where nothing else waits */
	DUMP_TRIES = 4,
};
#define DUMP_TIMEOUT_US (2 * US_PER_S)
#define RESYNC_PAUSE_US US_PER_S
#define NOTICE_PAUSE_US (60 * US_PER_S)

enum phase { IDLE, LINKS, ADDRESSES, STATS };

struct link_state {
	struct source_env *env;
	struct source_report report;
	struct link_table *table;
	int dump_fd, event_fd;
	struct netlink_batch batch;
	uint8_t *answer;
	enum phase phase;
	uint32_t seq;
	int64_t asked_us;       /* when the running dump was asked for */
	unsigned tries;
	bool interrupted;       /* the running dump, or the one of links before it */
	bool lost;              /* events were: what is left of them is of no use before that dump */
	bool resync;            /* a dump of everything is due */
	int64_t resync_us;      /* when the last one was asked for */
	int64_t noticed_us;
	uint64_t topology;      /* of the model when carriers were last looked for */
};

static void trouble(struct link_state *s, int error, const char *what)
{
	source_report_put(s->env, &s->report, error == EPERM || error == EACCES ? SOURCE_STATE_DENIED :
			  SOURCE_STATE_LOST, error, what);
}

static int ask(struct link_state *s, enum phase phase)
{
	static const struct {
		uint16_t type;
		size_t body;
	} requests[] = {
		[LINKS] = { RTM_GETLINK, sizeof(struct ifinfomsg) },
		[ADDRESSES] = { RTM_GETADDR, sizeof(struct ifaddrmsg) },
		[STATS] = { RTM_GETSTATS, sizeof(struct if_stats_msg) },
	};
	_Alignas(8) char buf[128];
	struct nlmsghdr *h = mnl_nlmsg_put_header(buf);
	void *body;
	int r;

	h->nlmsg_type = requests[phase].type;
	h->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	h->nlmsg_seq = ++s->seq;
	body = mnl_nlmsg_put_extra_header(h, requests[phase].body);
	if (phase == STATS)
		((struct if_stats_msg *)body)->filter_mask = IFLA_STATS_FILTER_BIT(IFLA_STATS_LINK_64);
	r = netlink_send(s->dump_fd, h, h->nlmsg_len);
	if (r < 0) {
		trouble(s, -r, "cannot ask the kernel for interfaces");
		s->phase = IDLE;
		return r;
	}
	s->phase = phase;
	s->asked_us = source_now(s->env);
	return 0;
}

static void ask_everything(struct link_state *s)
{
	s->interrupted = false;
	link_table_begin(s->table);
	if (ask(s, LINKS) == 0)
		s->resync = s->lost = false;
	s->resync_us = s->asked_us;
}

/* Both dumps are in. One that changes under our feet cannot tell what is gone: do it again, and when the host is
 * too busy for that, take what was shown and come back in the next interval. */
static void have_everything(struct link_state *s)
{
	s->phase = IDLE;
	if (s->interrupted && ++s->tries < DUMP_TRIES) {
		ask_everything(s);
		return;
	}
	s->tries = 0;
	s->resync = s->interrupted;
	if (!s->interrupted) {
		link_table_end(s->table);
		source_report_put(s->env, &s->report, SOURCE_STATE_OK, 0, "");
	}
}

static void dump_done(struct link_state *s, int error)
{
	if (error) {
		trouble(s, error, "the kernel refused to list interfaces");
		s->resync = s->resync || s->phase != STATS;
		s->phase = IDLE;
		return;
	}
	switch (s->phase) {
	case LINKS:
		ask(s, ADDRESSES);
		break;
	case ADDRESSES:
		have_everything(s);
		break;
	case STATS:
		/* an interrupted one may lack an interface; that one has no news then, the others are right */
		s->phase = IDLE;
		link_table_flush(s->table, source_now(s->env));
		if (!s->resync)
			source_report_put(s->env, &s->report, SOURCE_STATE_OK, 0, "");
		break;
	case IDLE:
		break;
	}
}

/* L2TP's Ethernet devices have no kind in rtnetlink; sysfs tells them from network cards. */
static bool is_l2tp(const char *ifname)
{
	char path[128], text[512];
	size_t pos = 0;
	ssize_t n;
	int fd;

	path[0] = 0;
	str_append(path, sizeof path, &pos, "/sys/class/net/%s/uevent", ifname);
	fd = strchr(ifname, '/') ? -1 : open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return false;
	n = read(fd, text, sizeof text - 1);
	close(fd);
	text[n > 0 ? n : 0] = 0;
	return strstr(text, "DEVTYPE=l2tpeth\n");
}

static void handle(struct link_state *s, struct rtnl_message *m)
{
	switch (m->what) {
	case RTNL_LINK:
		if (m->link.kindless_ethernet && is_l2tp(m->link.name))
			m->link.type = TUNNEL_TYPE_L2TP;
		link_table_put(s->table, &m->link);
		break;
	case RTNL_LINK_GONE:
		link_table_gone(s->table, m->link.ifindex);
		break;
	case RTNL_ADDRESS:
		link_table_put_address(s->table, &m->address);
		break;
	case RTNL_ADDRESS_GONE:
		link_table_gone_address(s->table, &m->address);
		break;
	case RTNL_STATS:
		link_table_counters(s->table, &m->stats);
		break;
	case RTNL_OTHER:
	case RTNL_ROUTE:
	case RTNL_ROUTE_GONE:
	case RTNL_NEIGHBOUR:
	case RTNL_NEIGHBOUR_GONE:
	case RTNL_RULE:
	case RTNL_DONE:
	case RTNL_ERROR:
	case RTNL_OVERRUN:
		break;
	}
}

static void read_answer(struct link_state *s, size_t len)
{
	const uint8_t *p = s->answer;
	struct rtnl_message m;

	while (rtnl_next(&p, &len, &m)) {
		/* the rest of a dump that was given up */
		if (m.seq != s->seq)
			continue;
		s->interrupted |= m.interrupted;
		if (m.what == RTNL_DONE || m.what == RTNL_ERROR) {
			dump_done(s, m.error);
			return;
		}
		handle(s, &m);
	}
}

static void abandon(struct link_state *s, int error, const char *what)
{
	trouble(s, error, what);
	s->resync = s->resync || s->phase != STATS;
	s->phase = IDLE;
	s->seq++;
}

/* Read what the running dump has to say, at most so many datagrams. */
static void pump(struct link_state *s, unsigned budget)
{
	while (s->phase != IDLE && budget--) {
		int n = netlink_receive(s->dump_fd, s->answer, NETLINK_DUMP_SIZE);

		if (n == -EAGAIN) {
			if (source_now(s->env) - s->asked_us > DUMP_TIMEOUT_US)
				abandon(s, ETIMEDOUT, "the kernel does not answer");
			return;
		}
		if (n < 0)
			abandon(s, -n, "an answer of the kernel was lost");
		else
			read_answer(s, (size_t)n);
	}
}

static void lost_events(struct link_state *s)
{
	int64_t now = source_now(s->env);

	s->resync = s->lost = true;
	source_report_put(s->env, &s->report, SOURCE_STATE_LOST, ENOBUFS, "events came too fast; reading all again");
	if (now - s->noticed_us < NOTICE_PAUSE_US)
		return;
	s->noticed_us = now;
	source_notice(s->env, "link", SEVERITY_WARNING,
		      "interface events came faster than they could be read: some are lost, all is read again");
}

static void read_events(struct link_state *s, int n)
{
	struct rtnl_message m;

	for (int i = 0; i < n; i++) {
		size_t len;
		bool cut;
		const uint8_t *p = netlink_batch_get(&s->batch, i, &len, &cut);

		if (cut) {
			s->resync = true;
			continue;
		}
		while (!s->lost && rtnl_next(&p, &len, &m))
			handle(s, &m);
	}
}

/* True when none is left. Once its buffer was full the kernel drops events, without saying so again, until the last
 * one kept has been read: a dump made before that would miss what is dropped after it. */
static bool drain_events(struct link_state *s)
{
	for (unsigned k = 0; k < EVENT_BATCHES; k++) {
		int n = netlink_batch_receive(&s->batch, s->event_fd);

		if (n == -ENOBUFS) {
			lost_events(s);
			continue;
		}
		if (n < 0)
			return n == -EAGAIN;
		read_events(s, n);
	}
	return false;
}

/* What the configuration names, and the devices that probes and outer packets leave through. */
static void want_carriers(struct link_state *s)
{
	const struct model *m = s->env->model;
	const struct watch_config *w = s->env->watch;

	if (m->topology == s->topology)
		return;
	s->topology = m->topology;
	for (size_t i = 0; i < w->ntunnels; i++)
		if (w->tunnels[i].ifname && source_watches(s->env, w->tunnels[i].ifname))
			link_table_want(s->table, w->tunnels[i].ifname);
	for (size_t i = 0; i < m->ntunnels; i++)
		if (m->tunnels[i].used && m->tunnels[i].device != MODEL_NONE)
			link_table_want(s->table, model_name(m, m->tunnels[i].device));
	for (size_t i = 0; i < m->nroutes; i++)
		if (m->routes[i].used && m->routes[i].oif != MODEL_NONE)
			link_table_want(s->table, model_name(m, m->routes[i].oif));
}

static bool open_sockets(struct link_state *s)
{
	static const unsigned groups[] = { RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR, 0 };

	s->event_fd = netlink_open(groups, EVENT_BUFFER);
	s->dump_fd = netlink_open(NULL, 0);
	if (s->event_fd >= 0 && s->dump_fd >= 0)
		return true;
	trouble(s, s->event_fd < 0 ? -s->event_fd : -s->dump_fd, "cannot open a netlink socket");
	return false;
}

static void close_sockets(struct link_state *s)
{
	if (s->event_fd >= 0)
		close(s->event_fd);
	if (s->dump_fd >= 0)
		close(s->dump_fd);
	s->event_fd = s->dump_fd = -1;
}

static void *start(struct source_env *env)
{
	struct link_state *s = xcalloc(1, sizeof *s);

	s->env = env;
	s->report = (struct source_report){ .key = SOURCE_KEY_LINK, .name = "link",
					    .period_ms = (int)(env->watch->interval_us / US_PER_MS) };
	s->table = link_table_new(env);
	s->answer = xcalloc(1, NETLINK_DUMP_SIZE);
	s->noticed_us = -NOTICE_PAUSE_US;
	s->topology = env->model->topology - 1;
	netlink_batch_init(&s->batch, EVENT_SIZE);
	want_carriers(s);
	if (open_sockets(s)) {
		ask_everything(s);
		pump(s, START_ANSWERS);
	}
	return s;
}

static void slot(void *state, int64_t due)
{
	struct link_state *s = state;

	(void)due;
	if (s->dump_fd < 0)
		return;
	pump(s, SLOT_ANSWERS);
	if (s->phase != IDLE)
		return;
	/* not again and again: a host in turmoil is not helped by a reader of everything */
	if (drain_events(s) && s->resync && source_now(s->env) - s->resync_us >= RESYNC_PAUSE_US) {
		ask_everything(s);
		pump(s, SLOT_ANSWERS);
	}
}

static void tick(void *state, int64_t due)
{
	struct link_state *s = state;
	int period_ms = (int)(s->env->watch->interval_us / US_PER_MS);

	(void)due;
	s->report.put &= s->report.period_ms == period_ms;
	s->report.period_ms = period_ms;
	if (s->dump_fd < 0) {
		close_sockets(s);
		if (!open_sockets(s))
			return;
		s->resync = true;
	}
	want_carriers(s);
	if (s->phase == IDLE && ask(s, STATS) == 0)
		pump(s, START_ANSWERS);
}

static void stop(void *state)
{
	struct link_state *s = state;

	close_sockets(s);
	netlink_batch_free(&s->batch);
	link_table_free(s->table);
	free(s->answer);
	free(s);
}

const struct source_ops link_source = { "link", start, slot, tick, stop };
