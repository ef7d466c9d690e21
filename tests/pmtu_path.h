/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A path in miniature for tests of the path-MTU search: up to two limits in series, each with PTBs or without, rate
 * limited or lying; loss, alone or in bursts; a policer; a slow line; answers that take their time. The path is asked
 * packet by packet what becomes of it; a driver below runs a search or the steady state over it. */
#ifndef TESTS_PMTU_PATH_H
#define TESTS_PMTU_PATH_H

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "source/pmtu_search.h"

enum path_answer { PATH_NOTHING, PATH_REPLY, PATH_PTB, PATH_LOCAL, PATH_UNREACHABLE };

struct path_limit {
	int mtu;                /* 0: none */
	bool silent;            /* no PTB */
	bool lies;              /* names this instead: */
	int names;
	int64_t every_us;       /* at most one PTB in that time; 0: any number */
	int64_t last_us;
	bool any;
};

struct sim_path {
	int family;
	int local;              /* larger is refused by this host; 0: never */
	struct path_limit limits[2];
	double loss;
	double burst;           /* mean length of a burst of losses; 0: each for itself */
	bool bad;
	int64_t rtt_us, jitter_us;
	double police_rate, police_burst; /* packets a second; 0: none */
	double tokens;
	double line_bps;        /* of the slow line; 0: none */
	unsigned line_queue;    /* packets that wait before it */
	int64_t line_free_us;
	unsigned line_drops, line_most;
	int64_t now_us, last_us;
	int64_t change_us;      /* when limits[0].mtu becomes change_mtu; 0: never */
	int change_mtu;
	int error_from;         /* 1: every packet draws an unreachable */
	uint64_t random;
	unsigned sent;
};

static inline double path_chance(struct sim_path *p)
{
	p->random ^= p->random << 13;
	p->random ^= p->random >> 7;
	p->random ^= p->random << 17;
	return (double)(p->random >> 11) / 9007199254740992.0;
}

static inline int path_between(struct sim_path *p, int low, int high)
{
	return low + (int)(path_chance(p) * (high - low + 1));
}

/* Gilbert's chain: in the bad state everything is lost. Silence between packets lets it go on. */
static inline bool path_loses(struct sim_path *p, int64_t idle_us)
{
	unsigned steps = idle_us > 50 * US_PER_MS ? 50 : 1;

	if (!p->burst)
		return path_chance(p) < p->loss;
	for (unsigned i = 0; i < steps; i++)
		p->bad = p->bad ? path_chance(p) > 1 / p->burst
				: path_chance(p) < p->loss / (1 - p->loss) / p->burst;
	return p->bad;
}

static inline bool path_polices(struct sim_path *p, int64_t idle_us)
{
	if (!p->police_rate)
		return false;
	p->tokens += (double)idle_us / US_PER_S * p->police_rate;
	if (p->tokens > p->police_burst)
		p->tokens = p->police_burst;
	if (p->tokens < 1)
		return true;
	p->tokens--;
	return false;
}

/* Time behind the slow line, -1: its queue was full. */
static inline int64_t path_line(struct sim_path *p, int64_t now_us, int size)
{
	int64_t takes = (int64_t)(size * 8e6 / p->line_bps);
	int64_t start = p->line_free_us > now_us ? p->line_free_us : now_us;
	unsigned waiting = (unsigned)((start - now_us) / (int64_t)(1500 * 8e6 / p->line_bps));

	if (waiting > p->line_most)
		p->line_most = waiting;
	if (waiting >= p->line_queue) {
		p->line_drops++;
		return -1;
	}
	p->line_free_us = start + takes;
	return p->line_free_us - now_us;
}

struct path_event {
	int64_t at_us;
	enum path_answer what;
	uint32_t number;
	int64_t rtt_us;
	int size, mtu, limit;
};

static inline struct path_event path_send(struct sim_path *p, int64_t now_us, uint32_t number, int size)
{
	struct path_event e = { .number = number, .size = size };
	int64_t idle = now_us - p->last_us, way = 0;

	p->last_us = now_us;
	if (p->change_us && now_us >= p->change_us) {
		p->limits[0].mtu = p->change_mtu;
		p->change_us = 0;
	}
	if (p->local && size > p->local) {
		e.what = PATH_LOCAL;
		e.mtu = p->local;
		e.at_us = now_us;
		return e;
	}
	p->sent++;
	if (path_loses(p, idle))
		return e;
	if (p->line_bps) {
		way = path_line(p, now_us, size);
		if (way < 0)
			return e;
	}
	e.rtt_us = way + p->rtt_us + (p->jitter_us ? (int64_t)(path_chance(p) * (double)p->jitter_us) : 0);
	e.at_us = now_us + e.rtt_us;
	if (p->error_from) {
		e.what = PATH_UNREACHABLE;
		return e;
	}
	for (int i = 0; i < 2; i++) {
		struct path_limit *l = &p->limits[i];

		if (!l->mtu || size <= l->mtu)
			continue;
		if (l->silent || (l->every_us && l->any && now_us - l->last_us < l->every_us))
			return e;
		l->any = true;
		l->last_us = now_us;
		e.what = PATH_PTB;
		e.mtu = l->lies ? l->names : l->mtu;
		e.limit = i;
		return e;
	}
	if (path_polices(p, idle))
		return e;
	e.what = PATH_REPLY;
	return e;
}

/* ---- driver ---- */
enum { PATH_EVENTS = 512 };
struct path_events {
	struct path_event e[PATH_EVENTS];
	unsigned n;
};

static inline struct addr path_router(int family, int limit)
{
	struct addr a;

	addr_parse(family == AF_INET ? limit ? "192.0.2.2" : "192.0.2.1" : limit ? "2001:db8::2" : "2001:db8::1", &a);
	return a;
}

static inline void path_push(struct path_events *q, const struct path_event *e)
{
	if (e->what != PATH_NOTHING && q->n < PATH_EVENTS)
		q->e[q->n++] = *e;
}

/* The first event until then, or false. */
static inline bool path_pop(struct path_events *q, int64_t until_us, struct path_event *ret)
{
	unsigned best = 0;

	if (!q->n)
		return false;
	for (unsigned i = 1; i < q->n; i++)
		if (q->e[i].at_us < q->e[best].at_us)
			best = i;
	if (q->e[best].at_us > until_us)
		return false;
	*ret = q->e[best];
	q->e[best] = q->e[--q->n];
	return true;
}

static inline void path_tell(struct sim_path *p, struct pmtu_search *s, const struct path_event *e)
{
	struct addr from = path_router(p->family, e->limit);

	switch (e->what) {
	case PATH_REPLY:
		pmtu_search_reply(s, e->number, e->rtt_us);
		break;
	case PATH_PTB:
		pmtu_search_refused(s, e->number, p->family == AF_INET ? e->size : 0, &from, e->mtu);
		break;
	case PATH_LOCAL:
		pmtu_search_local(s, e->number, e->mtu);
		break;
	case PATH_UNREACHABLE:
		pmtu_search_unreachable(s, e->number, &from, 113);
		break;
	case PATH_NOTHING:
		break;
	}
}

/* What a test does beside a search. */
struct path_hook {
	/* called before the path is asked about a probe */
	void (*sends)(struct sim_path *p, struct pmtu_search *s, const struct pmtu_probe *probe, int64_t now_us,
		      void *arg);
	void *arg;
};

/* Run a search to its end, an hour at most. */
static inline void path_search_with(struct sim_path *p, struct pmtu_search *s, const struct pmtu_config *config,
				    const struct path_hook *hook)
{
	struct path_events q = { .n = 0 };
	struct path_event e;
	int64_t now = p->now_us, wake = 0, end = now + 3600 * US_PER_S;

	pmtu_search_start(s, config);
	while (now < end) {
		struct pmtu_probe probe;
		enum pmtu_step step = pmtu_search_step(s, now, &probe, &wake);

		if (step == PMTU_STEP_DONE)
			break;
		if (step == PMTU_STEP_SEND) {
			if (hook)
				hook->sends(p, s, &probe, now, hook->arg);
			e = path_send(p, now, probe.number, probe.size);
			path_push(&q, &e);
			wake = now;
		}
		if (path_pop(&q, wake, &e)) {
			now = e.at_us > now ? e.at_us : now;
			path_tell(p, s, &e);
		} else if (wake > now) {
			now = wake;
		}
	}
	p->now_us = now;
}

static inline void path_search(struct sim_path *p, struct pmtu_search *s, const struct pmtu_config *config)
{
	path_search_with(p, s, config, NULL);
}

#endif
