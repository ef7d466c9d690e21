/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A router in miniature for tests of the model: one neighbour and one tunnel, told at every poll as FRR and a Yamaha
 * tell them. The world of sim.h goes on beside it. */
#ifndef TESTS_ROUTER_WORLD_H
#define TESTS_ROUTER_WORLD_H

#include "lib/sim.h"

struct router_world {
	struct sim s;
	int64_t period_us, next_us;
	enum router_outcome outcome;
	/* the neighbour */
	const char *neighbor, *word, *reason;
	enum bgp_state state;
	int64_t changed_us;         /* when it came up or went down; MODEL_NEVER: never up */
	int64_t drops, messages, prefixes;
	int64_t keepalive_us, kept_us;
	bool listed, admin;
	/* the tunnel */
	bool has_tunnel, up, sa;
	int64_t life_s;
};

static inline int64_t world_name(struct router_world *w, const char *text)
{
	return record_intern_text(w->s.intern, text, w->s.t);
}

static inline void world_row(struct router_world *w, bool peer, const char *bgp)
{
	struct record r;

	record_init(&r, RECORD_TUNNEL, 0, w->s.t);
	record_set(&r, TUNNEL_TYPE, TUNNEL_TYPE_VTI);
	record_set(&r, TUNNEL_IFNAME, world_name(w, "vx1"));
	record_set(&r, TUNNEL_LINK, 0);
	record_set(&r, TUNNEL_OUTER_REMOTE, world_name(w, "192.0.2.2"));
	if (peer) {
		record_set(&r, TUNNEL_PEER, world_name(w, "10.77.0.2"));
		record_set(&r, TUNNEL_INNER_TARGET, 0);
	}
	if (bgp)
		record_set(&r, TUNNEL_BGP, world_name(w, bgp));
	record_set(&r, TUNNEL_ROUTER, world_name(w, "rtx"));
	record_set(&r, TUNNEL_REMOTE_NAME, world_name(w, "TUNNEL[1]"));
	record_text(&r, "aws-1");
	sim_put(&w->s, &r);
}

static inline void world_start(struct router_world *w, double period, uint64_t seed)
{
	memset(w, 0, sizeof *w);
	sim_start(&w->s, 1, seed);
	w->period_us = (int64_t)(period * 1e6);
	w->next_us = 300000;
	w->outcome = ROUTER_OUTCOME_OK;
	w->neighbor = "10.77.0.2";
	w->state = BGP_STATE_ESTABLISHED;
	w->changed_us = -1000 * US_PER_S;
	w->prefixes = 2;
	w->messages = 100;
	w->keepalive_us = 3 * US_PER_S;
	w->listed = true;
	w->life_s = 28800;
	world_row(w, true, NULL);
}

static inline void world_bgp(struct router_world *w)
{
	bool up = w->state == BGP_STATE_ESTABLISHED;
	struct record r;

	record_init(&r, RECORD_BGP, 3, w->s.t);
	record_set(&r, BGP_ROUTER, world_name(w, "rtx"));
	record_set(&r, BGP_NEIGHBOR, world_name(w, w->neighbor));
	record_set(&r, BGP_ASN, 65002);
	if (w->reason)
		record_set(&r, BGP_RESET_REASON, world_name(w, w->reason));
	record_set(&r, BGP_GONE, !w->listed);
	if (w->listed) {
		record_set(&r, BGP_STATE, w->state);
		record_set(&r, BGP_ADMIN, w->admin);
		record_set(&r, BGP_DROPS, w->drops);
		record_set(&r, BGP_MESSAGES, w->messages);
		record_set(&r, BGP_PREFIXES_RECEIVED, up ? w->prefixes : 0);
		if (w->changed_us != MODEL_NEVER)
			record_set(&r, BGP_UPTIME_S, (w->s.t - w->changed_us) / US_PER_S);
		if (w->word)
			record_set(&r, BGP_WORD, world_name(w, w->word));
	}
	sim_put(&w->s, &r);
}

static inline void world_tunnel(struct router_world *w)
{
	struct record r;

	record_init(&r, RECORD_ROUTER_TUNNEL, 5, w->s.t);
	record_set(&r, ROUTER_TUNNEL_ROUTER, world_name(w, "rtx"));
	record_set(&r, ROUTER_TUNNEL_NAME, world_name(w, "TUNNEL[1]"));
	record_set(&r, ROUTER_TUNNEL_UP, w->up);
	record_set(&r, ROUTER_TUNNEL_SA, w->sa);
	if (w->sa)
		record_set(&r, ROUTER_TUNNEL_SA_LIFE_S, w->life_s);
	sim_put(&w->s, &r);
}

static inline void world_poll(struct router_world *w)
{
	struct record r;

	if (w->outcome == ROUTER_OUTCOME_OK) {
		world_bgp(w);
		if (w->has_tunnel)
			world_tunnel(w);
	}
	record_init(&r, RECORD_ROUTER, 1, w->s.t);
	record_set(&r, ROUTER_ROUTER, world_name(w, "rtx"));
	record_set(&r, ROUTER_OUTCOME, w->outcome);
	record_set(&r, ROUTER_TOOK_MS, 40);
	record_set(&r, ROUTER_PERIOD_MS, w->period_us / 1000);
	record_set(&r, ROUTER_CPU_PCT, 7);
	sim_put(&w->s, &r);
	w->life_s -= w->period_us / US_PER_S;
}

static inline void world_run(struct router_world *w, double seconds)
{
	int64_t end = w->s.t + (int64_t)(seconds * 1e6);

	while (w->s.t < end) {
		sim_slot(&w->s);
		if (w->state == BGP_STATE_ESTABLISHED && w->s.t >= w->kept_us + w->keepalive_us) {
			w->messages++;
			w->kept_us = w->s.t;
		}
		if (w->s.t < w->next_us)
			continue;
		world_poll(w);
		w->next_us += w->period_us;
	}
}

/* The state changes now; up and down are told apart by Established alone. */
static inline void world_state(struct router_world *w, enum bgp_state state)
{
	bool was = w->state == BGP_STATE_ESTABLISHED, is = state == BGP_STATE_ESTABLISHED;

	if (was != is)
		w->changed_us = w->s.t;
	w->drops += was && !is;
	w->state = state;
	w->word = NULL;
}

/* A line of the router's log that tells of at (session time), read now. name NULL: it names no tunnel. */
static inline void world_log(struct router_world *w, enum log_meaning meaning, double at, const char *name,
			     const char *text)
{
	struct record r;

	record_init(&r, RECORD_LOG, 0, w->s.t);
	record_set(&r, LOG_SOURCE, world_name(w, "rtx"));
	record_set(&r, LOG_MEANING, meaning);
	record_set(&r, LOG_AT, model_wall(w->s.m, (int64_t)(at * 1e6)));
	if (name)
		record_set(&r, LOG_NAME, world_name(w, name));
	record_text(&r, text);
	sim_put(&w->s, &r);
}

/* Events of that word, and the newest of them; NULL: none. */
static inline size_t world_events(const struct router_world *w, const char *word, const char **ret)
{
	size_t n = 0;

	*ret = NULL;
	for (size_t i = 0; i < history_events(w->s.m); i++)
		if (!strcmp(history_event(w->s.m, i)->word, word)) {
			*ret = history_event(w->s.m, i)->text;
			n++;
		}
	return n;
}

#endif
