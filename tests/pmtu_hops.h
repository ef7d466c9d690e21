/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A path of hops in miniature, with a black hole in one direction, for tests of pmtu_place: hops that are mute or limit
 * what they answer, targets that answer some kinds of probes or none, firewalls, loss alone or in bursts. */
#ifndef TESTS_PMTU_HOPS_H
#define TESTS_PMTU_HOPS_H

#include <string.h>
#include <sys/socket.h>

#include "pmtu_path.h"
#include "source/pmtu_place.h"

enum { HOPS_MAX = 24, HOPS_EVENTS = 512 };

struct hops_limiter {
	double rate, burst;     /* answers a second, at once; rate 0: no limit */
	double tokens;
	int64_t last_us;
};

struct hops_router {
	bool mute;
	struct hops_limiter limiter;
};

struct sim_hops {
	struct sim_path path;   /* loss, burst, rtt_us, jitter_us, random */
	int family, distance;   /* routers 1 .. distance - 1, then the target */
	struct hops_router routers[HOPS_MAX];
	int largest;            /* of packets that get through */
	int hole;               /* so many routers get larger ones; -1: the way there has no hole */
	bool reverse;           /* larger answers vanish on the way back ... */
	int back_hole;          /* ... those of this hop and of farther ones */
	bool timestamps, udp;   /* the target answers these */
	bool reflects;          /* its timestamp replies are as large as the requests, as BSD's are */
	bool quotes_all;        /* errors quote all of a packet, not what RFC 1812 and RFC 4443 say */
	struct hops_limiter errors, replies; /* of the target: unreachables; echo and timestamp replies */
	int firewall;           /* this router refuses UDP in the target's words; 0: none */
	int64_t heals_us;       /* everything passes from then on; 0: never */
	double shy;             /* chance that an error is not sent */
	int fragment;           /* large answers come in fragments of that size; 0: whole */
};

enum hops_answer { HOPS_NOTHING, HOPS_ANSWERED, HOPS_EXPIRED };
struct hops_event {
	int64_t at_us, rtt_us;
	enum hops_answer what;
	uint32_t number;
	struct addr from;
	int fragment;
	bool whole;             /* a timestamp reply as large as its request */
};

static inline struct addr hops_address(int family, int ttl)
{
	uint8_t v4[4] = { 192, 0, 2, (uint8_t)ttl }, v6[16] = { 0x20, 1, 0x0d, 0xb8, [15] = (uint8_t)ttl };

	return addr_make(family, family == AF_INET ? v4 : v6);
}

static inline bool hops_allows(struct hops_limiter *l, int64_t now_us)
{
	if (l->rate <= 0)
		return true;
	l->tokens += (double)(now_us - l->last_us) / US_PER_S * l->rate;
	if (l->tokens > l->burst)
		l->tokens = l->burst;
	l->last_us = now_us;
	if (l->tokens < 1)
		return false;
	l->tokens--;
	return true;
}

/* Size of the answer to a probe that comes from so far. */
static inline int hops_answer_size(const struct sim_hops *h, const struct pmtu_place_probe *p, bool error)
{
	int quoted = p->size + (h->family == AF_INET ? 28 : 48), most = h->family == AF_INET ? 576 : 1280;

	if (error)
		return h->quotes_all || quoted < most ? quoted : most;
	return p->kind == PMTU_PLACE_TIMESTAMP && !h->reflects ? 40 : p->size;
}

static inline bool hops_target_answers(struct sim_hops *h, const struct pmtu_place_probe *p, int64_t now_us)
{
	switch (p->kind) {
	case PMTU_PLACE_ECHO:
		return hops_allows(&h->replies, now_us);
	case PMTU_PLACE_TIMESTAMP:
		return h->timestamps && hops_allows(&h->replies, now_us);
	case PMTU_PLACE_UDP:
		return h->udp && path_chance(&h->path) >= h->shy && hops_allows(&h->errors, now_us);
	case PMTU_PLACE_KINDS:
		break;
	}
	return false;
}

/* Who answers a probe that gets there: a firewall, the router where its TTL ends, or the target; 0: nobody. */
static inline int hops_who(struct sim_hops *h, const struct pmtu_place_probe *p, int ttl, int64_t now_us)
{
	if (h->firewall && p->kind == PMTU_PLACE_UDP)
		return h->firewall;
	if (!ttl)
		return hops_target_answers(h, p, now_us) ? h->distance : 0;
	return h->routers[ttl].mute || path_chance(&h->path) < h->shy || !hops_allows(&h->routers[ttl].limiter, now_us)
		? 0 : ttl;
}

static inline struct hops_event hops_send(struct sim_hops *h, int64_t now_us, const struct pmtu_place_probe *p)
{
	struct sim_path *path = &h->path;
	struct hops_event e = { .number = p->number };
	bool healed = h->heals_us && now_us >= h->heals_us, error;
	int64_t idle = now_us - path->last_us;
	int ttl = p->ttl && p->ttl < h->distance ? p->ttl : 0, who;

	path->last_us = now_us;
	path->sent++;
	e.rtt_us = path->rtt_us * (ttl ? ttl : h->distance) / h->distance +
		   (path->jitter_us ? (int64_t)(path_chance(path) * (double)path->jitter_us) : 0);
	e.at_us = now_us + e.rtt_us;
	if (path_loses(path, idle))
		return e;
	/* how far it gets */
	if (p->size > h->largest && h->hole >= 0 && !healed && (!ttl || ttl > h->hole) &&
	    !(h->firewall && p->kind == PMTU_PLACE_UDP && h->firewall <= h->hole))
		return e;
	who = hops_who(h, p, ttl, now_us);
	error = who != h->distance || p->kind == PMTU_PLACE_UDP;
	/* and whether the answer gets back */
	if (!who || (h->reverse && !healed && who >= h->back_hole && hops_answer_size(h, p, error) > h->largest))
		return e;
	e.what = ttl && who == ttl ? HOPS_EXPIRED : HOPS_ANSWERED;
	e.from = hops_address(h->family, who);
	e.fragment = p->kind == PMTU_PLACE_ECHO ? h->fragment : 0;
	e.whole = p->kind == PMTU_PLACE_TIMESTAMP && h->reflects;
	return e;
}

struct hops_events {
	struct hops_event e[HOPS_EVENTS];
	unsigned n;
};

static inline bool hops_pop(struct hops_events *q, int64_t until_us, struct hops_event *ret)
{
	unsigned best = 0;

	for (unsigned i = 1; i < q->n; i++)
		if (q->e[i].at_us < q->e[best].at_us)
			best = i;
	if (!q->n || q->e[best].at_us > until_us)
		return false;
	*ret = q->e[best];
	q->e[best] = q->e[--q->n];
	return true;
}

static inline void hops_tell(struct pmtu_place *p, const struct hops_event *e)
{
	switch (e->what) {
	case HOPS_ANSWERED:
		if (e->whole)
			pmtu_place_reflected(p, e->number);
		else
			pmtu_place_answered(p, e->number, &e->from, e->at_us, e->fragment);
		break;
	case HOPS_EXPIRED:
		pmtu_place_expired(p, e->number, &e->from, e->at_us);
		break;
	case HOPS_NOTHING:
		break;
	}
}

/* Run it to its end, at most a minute. sends (or NULL) is called with each probe. */
static inline void hops_run(struct sim_hops *h, struct pmtu_place *p, const struct pmtu_place_config *config,
			    void (*sends)(const struct pmtu_place_probe *probe, int64_t now_us, void *arg), void *arg)
{
	struct hops_events q = { .n = 0 };
	int64_t now = h->path.now_us, end = now + 60 * US_PER_S, wake = now;

	pmtu_place_start(p, config);
	while (now < end) {
		struct pmtu_place_probe probe;
		struct hops_event e;
		enum pmtu_step step = pmtu_place_step(p, now, &probe, &wake);

		if (step == PMTU_STEP_DONE)
			break;
		if (step == PMTU_STEP_SEND) {
			if (sends)
				sends(&probe, now, arg);
			e = hops_send(h, now, &probe);
			if (e.what != HOPS_NOTHING && q.n < HOPS_EVENTS)
				q.e[q.n++] = e;
			wake = now;
		}
		if (hops_pop(&q, wake, &e)) {
			now = e.at_us > now ? e.at_us : now;
			hops_tell(p, &e);
		} else if (wake > now) {
			now = wake;
		}
	}
	h->path.now_us = now;
}

#endif
