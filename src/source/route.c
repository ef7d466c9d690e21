// SPDX-License-Identifier: GPL-2.0-or-later
// route: the kernel's way to every outer remote, line target and remote peer. Asked again, all of them, when
// anything that could move one has changed, and every 10 s: the kernel announces no path MTU that it learnt.
#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define uthash_fatal(msg) abort()
#include <uthash.h>

#include "source/netlink.h"
#include "source/route.h"
#include "source/sources.h"
#include "tunwatch/decode.h"

enum {
	WAYS_MAX = 8192,        /* the model's own bound */
	SLOT_WAYS = 2048,       /* asked in one slot */
	ASK_BATCH = 64,         /* requests of one message */
	EVENT_BUFFER = 1 << 20, EVENT_SIZE = 512, EVENT_BATCHES = 64,
};
#define ASK_AGAIN_US (10 * US_PER_S)

struct way {
	UT_hash_handle hh;
	struct way_id {
		struct addr remote, local; /* remote 0.0.0.0 or ::: the default gateway */
		uint8_t pad[2];
		uint32_t mark;
	} id;
	uint16_t key;
	bool wanted, answered;
	int oif_asked;        /* device the tunnel is bound to, 0: none */
	int error;
	struct rtnl_route answer;
	bool put;
	struct record last;
};

struct route_state {
	struct source_env *env;
	struct source_report report;
	int ask_fd, event_fd;
	struct netlink_batch answers, events;
	struct way *by_id;
	struct way **ways;      /* dense, in no order */
	size_t nways, ways_cap;
	bool keys[WAYS_MAX];    /* taken */
	struct hops *hops;
	bool dirty;             /* ask all again */
	bool changed;           /* ways came, went or are asked differently */
	size_t next;            /* way to ask next in this round; nways: no round under way */
	int64_t round_us;       /* when the last round began */
	uint64_t topology, devices; /* of the model when last looked at */
	uint32_t seq;           /* of the last request */
};

/* ---- which ways ---- */

static int take_key(struct route_state *s)
{
	for (int k = 0; k < WAYS_MAX; k++) {
		if (s->keys[k])
			continue;
		s->keys[k] = true;
		return k;
	}
	return -1;
}

static void want(struct route_state *s, const struct addr *remote, const struct addr *local, uint32_t mark, int oif)
{
	struct way_id id = { .remote = *remote, .local = *local, .mark = mark };
	struct way *w;
	int key;

	HASH_FIND(hh, s->by_id, &id, sizeof id, w);
	if (!w) {
		key = take_key(s);
		if (key < 0)
			return;
		w = xcalloc(1, sizeof *w);
		w->id = id;
		w->key = (uint16_t)key;
		HASH_ADD(hh, s->by_id, id, sizeof w->id, w);
		array_grow(&s->ways, &s->ways_cap, s->nways + 1, sizeof *s->ways);
		s->ways[s->nways++] = w;
		s->changed = true;
	}
	/* of rows that share a way the first says which device */
	if (!w->wanted && w->oif_asked != oif) {
		w->oif_asked = oif;
		s->changed = true;
	}
	w->wanted = true;
}

static bool is_unicast(const struct addr *a)
{
	return addr_is_set(a) && (a->family == AF_INET ? a->bytes[0] < 224 : a->bytes[0] != 0xff);
}

static void want_row(struct route_state *s, const struct model_tunnel *t)
{
	const struct model *m = s->env->model;
	const struct model_link *l = model_tunnel_link(m, t);
	struct addr remote = model_addr(m, t->outer_remote), source, peer;

	if (t->type != TUNNEL_TYPE_LINE && is_unicast(&remote)) {
		struct addr local = model_addr(m, t->outer_local);

		want(s, &remote, &local, t->mark, l && !l->gone ? l->lower : 0);
	}
	if (t->type != TUNNEL_TYPE_LINE && t->type != TUNNEL_TYPE_REMOTE)
		return;
	/* nothing of ours wraps these: the probes themselves take the way */
	peer = model_addr(m, t->peer);
	source = model_addr(m, t->source);
	if (is_unicast(&peer))
		want(s, &peer, &source, t->probe_mark, 0);
}

static void want_default(struct route_state *s)
{
	const struct watch_config *w = s->env->watch;
	struct addr none = {0}, any4 = { .family = AF_INET }, any6 = { .family = AF_INET6 };

	for (size_t i = 0; i < w->ntunnels; i++) {
		if (!w->tunnels[i].is_line || !w->tunnels[i].peer || strcmp(w->tunnels[i].peer, "gateway"))
			continue;
		want(s, &any4, &none, 0, 0);
		want(s, &any6, &none, 0, 0);
		return;
	}
}

static void drop_way(struct route_state *s, size_t i)
{
	struct way *w = s->ways[i];
	struct record r;

	if (w->put) {
		record_init(&r, RECORD_REMOVE, w->key, source_now(s->env));
		record_set(&r, 0, RECORD_ROUTE);
		s->env->sink->put(s->env->sink, &r);
	}
	s->keys[w->key] = false;
	HASH_DEL(s->by_id, w);
	free(w);
	s->ways[i] = s->ways[--s->nways];
	s->changed = true;
}

static void want_all(struct route_state *s)
{
	const struct model *m = s->env->model;
	struct addr none = {0};

	for (size_t i = 0; i < s->nways; i++)
		s->ways[i]->wanted = false;
	for (size_t i = 0; i < m->ntunnels; i++)
		if (m->tunnels[i].used)
			want_row(s, &m->tunnels[i]);
	if (addr_is_set(&s->env->watch->ssh_client))
		want(s, &s->env->watch->ssh_client, &none, 0, 0);
	want_default(s);
	for (size_t i = s->nways; i--;)
		if (!s->ways[i]->wanted)
			drop_way(s, i);
}

/* ---- asking ---- */

static void answer_way(struct way *w, const struct rtnl_message *m)
{
	w->answered = true;
	w->error = m->what == RTNL_ERROR ? m->error : m->route.error;
	if (m->what == RTNL_ROUTE)
		w->answer = m->route;
}

/* The newest n requests are for the ways from first on; the answers lie in the socket already. */
static void read_ways(struct route_state *s, size_t first, size_t n)
{
	uint32_t base = s->seq - (uint32_t)n + 1;

	for (size_t got = 0; got < n;) {
		int k = netlink_batch_receive(&s->answers, s->ask_fd);

		if (k < 0)
			return;
		got += (size_t)k;
		for (int i = 0; i < k; i++) {
			struct rtnl_message m;
			size_t len;
			bool cut;
			const uint8_t *p = netlink_batch_get(&s->answers, i, &len, &cut);

			if (rtnl_next(&p, &len, &m) && (m.what == RTNL_ROUTE || m.what == RTNL_ERROR) &&
			    m.seq - base < n)
				answer_way(s->ways[first + (m.seq - base)], &m);
		}
	}
}

static bool is_default(const struct way *w)
{
	return !addr_is_set(&w->id.remote);
}

static void ask_default(struct way *w)
{
	route_default(w->id.remote.family, &w->answer);
	w->answered = true;
	w->error = w->answer.oif ? 0 : ENETUNREACH;
}

static void ask_ways(struct route_state *s, size_t first, size_t n)
{
	_Alignas(8) char buf[ASK_BATCH * ROUTE_ASK_MAX];
	size_t len = 0;

	for (size_t i = first; i < first + n; i++) {
		struct way *w = s->ways[i];

		s->seq++;
		w->answered = false;
		if (is_default(w))
			ask_default(w);
		else
			len += route_ask_way(buf + len, s->seq, &w->id.remote, &w->id.local, w->id.mark, w->oif_asked);
	}
	if (!len || netlink_send(s->ask_fd, buf, len) < 0)
		return;
	read_ways(s, first, n);
}

/* ---- records ---- */

static void set_addr(struct route_state *s, struct record *r, unsigned field, const struct addr *a)
{
	if (a->family)
		record_set(r, field, record_intern_addr(s->env->intern, a, r->t));
}

static void set_text(struct route_state *s, struct record *r, unsigned field, const char *text)
{
	if (*text)
		record_set(r, field, record_intern_text(s->env->intern, text, r->t));
}

static void build(struct route_state *s, const struct way *w, struct record *r)
{
	const struct rtnl_route *a = &w->answer;

	record_init(r, RECORD_ROUTE, w->key, source_now(s->env));
	set_addr(s, r, ROUTE_OUTER_REMOTE, &w->id.remote);
	set_addr(s, r, ROUTE_OUTER_LOCAL, &w->id.local);
	if (w->error) {
		record_set(r, ROUTE_ERRNO, w->error);
		return;
	}
	set_text(s, r, ROUTE_OIF, hops_ifname(s->hops, a->oif));
	set_addr(s, r, ROUTE_GATEWAY, &a->gateway);
	set_addr(s, r, ROUTE_PREFSRC, &a->prefsrc);
	if (a->mtu && a->mtu <= 65535)
		record_set(r, ROUTE_CACHED_MTU, a->mtu);
	if (a->gateway.family)
		set_text(s, r, ROUTE_GATEWAY_MAC, hops_mac(s->hops, &a->gateway, a->oif));
}

static void put(struct route_state *s, struct way *w)
{
	struct record r;

	if (!w->answered)
		return;
	build(s, w, &r);
	if (w->put && w->last.known == r.known && !memcmp(w->last.v, r.v, sizeof r.v))
		return;
	w->last = r;
	w->put = true;
	s->env->sink->put(s->env->sink, &r);
}

/* ---- events ---- */

/* Only neighbours are looked into; of all else it is enough that it came. */
static void handle_event(struct route_state *s, const uint8_t *p, size_t len)
{
	enum rtnl_what what;
	struct rtnl_message m;

	if (!rtnl_peek(p, len, &what))
		return;
	if (what != RTNL_NEIGHBOUR && what != RTNL_NEIGHBOUR_GONE)
		s->dirty = true;
	else if (rtnl_next(&p, &len, &m) && m.what == what)
		hops_event(s->hops, &m);
}

static void drain_events(struct route_state *s)
{
	for (unsigned k = 0; k < EVENT_BATCHES; k++) {
		int n = netlink_batch_receive(&s->events, s->event_fd);

		/* lost ones cannot matter: all is asked again */
		s->dirty |= n == -ENOBUFS;
		if (n == -ENOBUFS)
			continue;
		for (int i = 0; i < n; i++) {
			size_t len;
			bool cut;
			const uint8_t *p = netlink_batch_get(&s->events, i, &len, &cut);

			handle_event(s, p, len);
		}
		if (n < NETLINK_BATCH)
			return;
	}
}

/* ---- rounds ---- */

static void begin_round(struct route_state *s)
{
	s->dirty = false;
	s->round_us = source_now(s->env);
	s->next = 0;
	hops_round(s->hops);
}

static void go_on(struct route_state *s)
{
	size_t end = s->nways - s->next < SLOT_WAYS ? s->nways : s->next + SLOT_WAYS;

	while (s->next < end) {
		size_t n = end - s->next < ASK_BATCH ? end - s->next : ASK_BATCH, first = s->next;

		ask_ways(s, first, n);
		for (size_t i = first; i < first + n; i++)
			put(s, s->ways[i]);
		s->next = first + n;
	}
	if (s->next == s->nways)
		source_report_put(s->env, &s->report, SOURCE_STATE_OK, 0, "");
}

static void put_again(struct route_state *s)
{
	for (size_t i = 0; i < s->nways; i++)
		put(s, s->ways[i]);
}

/* The kernel announces no IPv4 route that ends with its device: which devices there are, and in what state. */
static uint64_t hash_devices(const struct model *m)
{
	uint64_t h = 0;

	for (size_t k = 0; k < m->nlinks; k++) {
		const struct model_link *l = &m->links[k];
		int32_t v[] = { l->ifindex, l->used && !l->gone, l->up, l->carrier, l->master };

		h = hash_bytes(h, v, sizeof v);
	}
	return h;
}

static void look_at_model(struct route_state *s)
{
	uint64_t devices;

	if (s->topology == s->env->model->topology)
		return;
	want_all(s);
	s->topology = s->env->model->topology;
	devices = hash_devices(s->env->model);
	s->dirty |= devices != s->devices;
	s->devices = devices;
	if (!s->changed)
		return;
	/* the order is another one: a round under way begins anew */
	s->next = s->nways;
	s->changed = false;
	s->dirty = true;
}

static bool open_sockets(struct route_state *s)
{
	/* an address that comes or goes brings or takes routes of the local table; devices are seen in the model */
	static const unsigned groups[] = {
		RTNLGRP_NEIGH, RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV6_ROUTE, RTNLGRP_IPV4_RULE, RTNLGRP_IPV6_RULE, 0,
	};

	s->event_fd = netlink_open(groups, EVENT_BUFFER);
	s->ask_fd = netlink_open(NULL, EVENT_BUFFER);
	if (s->event_fd >= 0 && s->ask_fd >= 0)
		return true;
	source_report_put(s->env, &s->report, SOURCE_STATE_LOST, s->event_fd < 0 ? -s->event_fd : -s->ask_fd,
			  "cannot open a netlink socket");
	return false;
}

static void close_sockets(struct route_state *s)
{
	if (s->event_fd >= 0)
		close(s->event_fd);
	if (s->ask_fd >= 0)
		close(s->ask_fd);
	s->event_fd = s->ask_fd = -1;
}

static void work(struct route_state *s)
{
	int64_t now = source_now(s->env), pause = s->env->watch->interval_us / 2;

	if (s->ask_fd < 0)
		return;
	drain_events(s);
	look_at_model(s);
	s->dirty |= now - s->round_us >= ASK_AGAIN_US;
	if (s->dirty && now - s->round_us >= pause)
		begin_round(s);
	if (s->next < s->nways)
		go_on(s);
	if (s->next == s->nways && hops_changed(s->hops))
		put_again(s);
}

static void *start(struct source_env *env)
{
	struct route_state *s = xcalloc(1, sizeof *s);

	s->env = env;
	s->report = (struct source_report){ .key = SOURCE_KEY_ROUTE, .name = "route" };
	s->topology = env->model->topology - 1;
	s->round_us = -ASK_AGAIN_US;
	netlink_batch_init(&s->answers, 1024);
	netlink_batch_init(&s->events, EVENT_SIZE);
	s->hops = hops_new(&s->ask_fd, &s->seq);
	open_sockets(s);
	work(s);
	return s;
}

static void slot(void *state, int64_t due)
{
	(void)due;
	work(state);
}

static void tick(void *state, int64_t due)
{
	struct route_state *s = state;

	(void)due;
	if (s->ask_fd >= 0)
		return;
	close_sockets(s);
	s->dirty = open_sockets(s);
}

static void stop(void *state)
{
	struct route_state *s = state;

	close_sockets(s);
	netlink_batch_free(&s->answers);
	netlink_batch_free(&s->events);
	HASH_CLEAR(hh, s->by_id);
	for (size_t i = 0; i < s->nways; i++)
		free(s->ways[i]);
	free(s->ways);
	hops_free(s->hops);
	free(s);
}

const struct source_ops route_source = { "route", start, slot, tick, stop };
