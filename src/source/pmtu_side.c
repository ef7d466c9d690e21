// SPDX-License-Identifier: GPL-2.0-or-later
// The sockets of the pmtu source, one of each family, and to whom belongs what comes back.
#include <errno.h>
#include <event2/event.h>
#include <string.h>

#include "source/pmtu_int.h"

#define RETRY_US (10 * US_PER_S) /* of a socket that could not be opened */
enum { NEWS_MAX = 1024 };        /* of one reading */

struct pmtu_side *pmtu_side_of(struct pmtu_source *s, int family)
{
	return family == AF_INET ? &s->v4 : &s->v6;
}

struct pmtu_side pmtu_side_closed(int family, uint16_t key, const char *instance)
{
	return (struct pmtu_side){
		.socket.icmp = { .fd = -1, .family = family },
		.report = { .key = key, .name = "pmtu", .instance = instance },
	};
}

static void report(struct pmtu_source *s, struct pmtu_side *side, int e)
{
	const char *reason = "";

	if (!e && !side->socket.icmp.raw)
		reason = "without CAP_NET_RAW: by ping sockets, and the kernel keeps the MTUs that routers name in its "
			 "route cache; targets with a mark are left out";
	else if (!e && side->socket.icmp.family == AF_INET6)
		reason = "the kernel keeps the MTUs that routers name in its route cache";
	else if (e == -EACCES || e == -EPERM)
		reason = "neither CAP_NET_RAW nor ping sockets: start as root or with setcap "
			 "cap_net_raw,cap_net_admin=ep, or set net.ipv4.ping_group_range";
	else if (e)
		reason = strerror(-e);
	source_report_put(s->env, &side->report, !e ? SOURCE_STATE_OK : e == -EACCES || e == -EPERM ?
			  SOURCE_STATE_DENIED : SOURCE_STATE_ABSENT, -e, reason);
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	pmtu_run(arg);
}

void pmtu_side_open(struct pmtu_source *s, struct pmtu_side *side, int64_t now_us)
{
	int e;

	if (side->socket.icmp.fd >= 0 || !side->wanted || now_us < side->retry_us)
		return;
	side->retry_us = now_us + RETRY_US;
	e = pmtu_socket_open(&side->socket, side->socket.icmp.family, NULL);
	if (!e) {
		side->readable = event_new(s->env->base, side->socket.icmp.fd, EV_READ | EV_PERSIST, on_readable, s);
		if (s->nactive)
			event_add(side->readable, NULL);
	}
	report(s, side, e);
}

void pmtu_side_close(struct pmtu_side *side)
{
	if (side->readable)
		event_free(side->readable);
	pmtu_socket_close(&side->socket);
}

void pmtu_side_listen(struct pmtu_source *s, bool on)
{
	struct pmtu_side *const sides[] = { &s->v4, &s->v6 };

	for (size_t i = 0; i < ARRAY_LEN(sides); i++) {
		if (!sides[i]->readable)
			continue;
		if (on)
			event_add(sides[i]->readable, NULL);
		else
			event_del(sides[i]->readable);
	}
}

/* ---- what comes back ---- */

/* By the quoted address, where a PTB quotes no more. */
static void each_at(struct pmtu_source *s, const struct addr *to, void (*call)(struct pmtu_source *s,
		    struct pmtu_path *p, const struct pmtu_news *n, int64_t now_us), const struct pmtu_news *n,
		    int64_t now_us)
{
	size_t low = 0, high = s->nby_addr;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (memcmp(&s->paths[s->by_addr[mid]]->at.way.target, to, sizeof *to) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	for (; low < s->nby_addr && addr_equal(&s->paths[s->by_addr[low]]->at.way.target, to); low++)
		call(s, s->paths[s->by_addr[low]], n, now_us);
}

static void take_short(struct pmtu_source *s, struct pmtu_path *p, const struct pmtu_news *n, int64_t now_us)
{
	struct pmtu_news whole = *n;

	if (pmtu_path_find16(p, (uint16_t)n->number, &whole.number))
		pmtu_path_news(s, p, &whole, now_us);
}

static void take_strange(struct pmtu_source *s, struct pmtu_path *p, const struct pmtu_news *n, int64_t now_us)
{
	(void)n;
	pmtu_sched_strange(&p->sched, now_us);
	if (p->doing == PMTU_IDLE)
		s->due[p->index] = now_us;
}

static void take_news(struct pmtu_source *s, const struct pmtu_news *n, int64_t now_us)
{
	if (n->kind == PMTU_NEWS_STRANGE)
		each_at(s, &n->to, take_strange, n, now_us);
	else if (!n->whole)
		each_at(s, &n->to, take_short, n, now_us);
	else if (s->by_key[n->key])
		pmtu_path_news(s, s->paths[s->by_key[n->key] - 1], n, now_us);
}

void pmtu_read(struct pmtu_source *s)
{
	struct pmtu_side *const sides[] = { &s->v4, &s->v6 };
	struct pmtu_news n;

	for (size_t i = 0; i < ARRAY_LEN(sides); i++) {
		if (sides[i]->socket.icmp.fd < 0)
			continue;
		for (unsigned k = 0; k < NEWS_MAX && pmtu_socket_receive(&sides[i]->socket, &n); k++)
			take_news(s, &n, source_now(s->env));
	}
}
