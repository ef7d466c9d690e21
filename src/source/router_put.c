// SPDX-License-Identifier: GPL-2.0-or-later
// From what routers say to records. What a router does not say stays unknown; what it stops to list is gone.
#include <stdlib.h>
#include <string.h>

#define uthash_fatal(msg) abort()
#include <uthash.h>

#include "source/router_bgp.h"
#include "source/router_clock.h"
#include "source/router_keys.h"
#include "source/router_put.h"
#include "source/router_record.h"

#define GONE_US (3600 * US_PER_S)  /* then its key is given back */
enum { THINGS_MAX = 4096 };

/* ---- one router ---- */

struct tunnel {
	UT_hash_handle hh;
	char name[ROUTER_NAME_MAX];
	struct router_seen_tunnel t;
	int64_t life_s[2];        /* of its longest SA in, out; -1: none */
	int64_t since;            /* us since 1970; MODEL_NEVER */
	struct record last;
	uint16_t key;
	bool listed;              /* by an answer that lists tunnels, not only by their SAs */
	bool seen, seen_sa, has_sa, gone;
	int64_t gone_us;
};

struct router_put {
	struct router_seen_sink sink; /* first */
	struct source_env *env;
	char name[ROUTER_NAME_MAX], profile[ROUTER_NAME_MAX];
	int64_t period_us;
	uint16_t key;
	bool has_key;
	struct router_bgp *bgp;
	struct tunnel *tunnels;

	/* of the poll */
	enum router_outcome outcome;
	char reason[ROUTER_WORDS_MAX];
	unsigned suspects, too_many;
	struct router_seen_environment environment;
	bool has_environment;

	struct router_clock clock;
	int64_t boot_at;              /* MODEL_NEVER */
	struct router_seen_log last_line;
};

/* ---- the router's clock ---- */

void router_put_zone(struct router_put *rp, int zone_s)
{
	router_clock_zone(&rp->clock, zone_s);
}

bool router_put_offset(const struct router_put *rp, int64_t *ret_us)
{
	return router_clock_offset(&rp->clock, ret_us);
}

static int64_t wall_now(const struct router_put *rp)
{
	return model_wall(rp->env->model, source_now(rp->env));
}

/* ---- tunnels ---- */

static struct tunnel *get_tunnel(struct router_put *rp, const char *name)
{
	struct tunnel *t;
	uint16_t key;

	HASH_FIND_STR(rp->tunnels, name, t);
	if (t)
		return t;
	if (HASH_COUNT(rp->tunnels) >= THINGS_MAX || !router_key_take(rp->env, ROUTER_KEY_TUNNEL, &key)) {
		rp->too_many++;
		return NULL;
	}
	t = xcalloc(1, sizeof *t);
	t->key = key;
	str_copy(t->name, sizeof t->name, name);
	t->since = MODEL_NEVER;
	t->t = (struct router_seen_tunnel){
		.up = -1, .since_civil_us = MODEL_NEVER, .up_for_s = -1, .rx_packets = -1, .tx_packets = -1,
	};
	HASH_ADD_STR(rp->tunnels, name, t);
	return t;
}

/* How long it is up depends on nobody's clock; a date does. */
static int64_t since_of(const struct router_put *rp, const struct tunnel *t, const struct router_seen_tunnel *seen)
{
	int64_t before = t->t.up == seen->up ? t->since : MODEL_NEVER;

	if (seen->up_for_s < 0 || seen->up_for_s > INT32_MAX)
		return router_clock_wall(&rp->clock, seen->since_civil_us, before);
	return router_clock_same(wall_now(rp) - seen->up_for_s * US_PER_S, before);
}

static void see_tunnel(struct router_put *rp, const struct router_seen_tunnel *seen)
{
	struct tunnel *t = get_tunnel(rp, seen->name);

	if (!t)
		return;
	t->since = since_of(rp, t, seen);
	t->t = *seen;
	t->listed = t->seen = true;
	t->gone = false;
}

static void see_sa(struct router_put *rp, const struct router_seen_sa *sa)
{
	struct tunnel *t = get_tunnel(rp, sa->name);
	const bool directions[2] = { sa->in, sa->out };

	if (!t)
		return;
	if (!t->seen_sa)
		t->life_s[0] = t->life_s[1] = -1;
	t->seen_sa = t->has_sa = true;
	/* while it rekeys two generations stand side by side */
	for (unsigned i = 0; i < 2; i++)
		if (directions[i] && sa->life_s > t->life_s[i])
			t->life_s[i] = sa->life_s;
}

static struct record tunnel_record(struct router_put *rp, const struct tunnel *t)
{
	struct record r;

	record_init(&r, RECORD_ROUTER_TUNNEL, t->key, source_now(rp->env));
	router_record_text(rp->env, &r, ROUTER_TUNNEL_ROUTER, rp->name);
	router_record_text(rp->env, &r, ROUTER_TUNNEL_NAME, t->name);
	record_set(&r, ROUTER_TUNNEL_GONE, t->gone);
	if (t->gone)
		return r;
	router_record_count(&r, ROUTER_TUNNEL_UP, t->t.up);
	router_record_text(rp->env, &r, ROUTER_TUNNEL_WORD, t->t.word);
	if (t->since != MODEL_NEVER)
		record_set(&r, ROUTER_TUNNEL_SINCE, t->since);
	router_record_count(&r, ROUTER_TUNNEL_RX_PACKETS, t->t.rx_packets);
	router_record_count(&r, ROUTER_TUNNEL_TX_PACKETS, t->t.tx_packets);
	if (t->has_sa) {
		bool both = t->life_s[0] >= 0 && t->life_s[1] >= 0;

		record_set(&r, ROUTER_TUNNEL_SA, both);
		if (both)
			router_record_count(&r, ROUTER_TUNNEL_SA_LIFE_S,
				  t->life_s[0] < t->life_s[1] ? t->life_s[0] : t->life_s[1]);
	}
	return r;
}

static bool is_same(const struct record *a, const struct record *b)
{
	if (a->kind != b->kind || a->known != b->known)
		return false;
	for (unsigned f = 0; f < ROUTER_TUNNEL_NFIELDS; f++)
		if (record_has(a, f) && a->v[f] != b->v[f])
			return false;
	return true;
}

static void put_tunnel(struct router_put *rp, struct tunnel *t)
{
	struct record r = tunnel_record(rp, t);

	if (is_same(&r, &t->last))
		return;
	t->last = r;
	rp->env->sink->put(rp->env->sink, &r);
}

static void answer_tunnels(struct router_put *rp, bool lists_tunnels, bool lists_sas)
{
	struct tunnel *t, *next;

	HASH_ITER(hh, rp->tunnels, t, next) {
		if (lists_sas && !t->seen_sa) {
			t->life_s[0] = t->life_s[1] = -1;
			t->has_sa = true;
		}
		if (lists_tunnels && t->listed && !t->seen && !t->gone) {
			t->gone = true;
			t->gone_us = source_now(rp->env);
		}
		t->seen = t->seen_sa = false;
		put_tunnel(rp, t);
	}
}

/* ---- the log ---- */

static void see_log(struct router_put *rp, const struct router_seen_log *line)
{
	const struct router_seen_log *what = line->repeated && *rp->last_line.text ? &rp->last_line : line;
	int64_t at = router_clock_wall(&rp->clock, line->at_civil_us, MODEL_NEVER);
	struct record r;

	record_init(&r, RECORD_LOG, 0, source_now(rp->env));
	router_record_text(rp->env, &r, LOG_SOURCE, rp->name);
	record_set(&r, LOG_MEANING, what->meaning); /* of the line it says was repeated */
	router_record_text(rp->env, &r, LOG_NAME, what->name);
	if (at != MODEL_NEVER)
		record_set(&r, LOG_AT, at);
	record_text(&r, line->text);
	rp->env->sink->put(rp->env->sink, &r);
	if (!line->repeated)
		rp->last_line = *line;
}

/* ---- polls ---- */

static void see(struct router_seen_sink *sink, const struct router_seen *seen)
{
	struct router_put *rp = (struct router_put *)sink;

	switch (seen->kind) {
	case ROUTER_SEEN_BGP:
		if (!router_bgp_see(rp->bgp, &seen->bgp))
			rp->too_many++;
		break;
	case ROUTER_SEEN_TUNNEL:
		see_tunnel(rp, &seen->tunnel);
		break;
	case ROUTER_SEEN_SA:
		see_sa(rp, &seen->sa);
		break;
	case ROUTER_SEEN_ENVIRONMENT:
		rp->environment = seen->environment;
		rp->has_environment = true;
		router_clock_read(&rp->clock, seen->environment.now_civil_us, wall_now(rp));
		break;
	case ROUTER_SEEN_LOG:
		see_log(rp, &seen->log);
		break;
	}
}

struct router_put *router_put_new(struct source_env *env, const char *name, const char *profile, int64_t period_us)
{
	struct router_put *rp = xcalloc(1, sizeof *rp);

	rp->sink.put = see;
	rp->env = env;
	rp->period_us = period_us;
	rp->boot_at = MODEL_NEVER;
	str_copy(rp->name, sizeof rp->name, name);
	str_copy(rp->profile, sizeof rp->profile, profile);
	rp->bgp = router_bgp_new(env, rp->name);
	router_keys_hold(env);
	return rp;
}

void router_put_free(struct router_put *rp)
{
	struct tunnel *t, *next;

	if (!rp)
		return;
	router_bgp_free(rp->bgp);
	HASH_ITER(hh, rp->tunnels, t, next) {
		HASH_DEL(rp->tunnels, t);
		free(t);
	}
	router_keys_release(rp->env);
	free(rp);
}

void router_put_begin(struct router_put *rp)
{
	struct tunnel *t, *next;

	rp->outcome = ROUTER_OUTCOME_OK;
	*rp->reason = 0;
	rp->suspects = rp->too_many = 0;
	rp->has_environment = false;
	/* of a poll that was broken off */
	router_bgp_begin(rp->bgp);
	HASH_ITER(hh, rp->tunnels, t, next)
		t->seen = t->seen_sa = false;
}

struct router_seen_sink *router_put_sink(struct router_put *rp)
{
	return &rp->sink;
}

/* An answer that is not understood is worse than one that says there is nothing. */
static void take_outcome(struct router_put *rp, enum router_outcome outcome, const char *reason)
{
	bool worse = rp->outcome == ROUTER_OUTCOME_OK ||
		(rp->outcome == ROUTER_OUTCOME_ABSENT && outcome != ROUTER_OUTCOME_ABSENT);

	if (outcome == ROUTER_OUTCOME_OK || !worse)
		return;
	rp->outcome = outcome;
	str_copy(rp->reason, sizeof rp->reason, reason);
}

void router_put_answer(struct router_put *rp, unsigned what, const struct router_answer *answer)
{
	bool complete = answer->listing && !answer->suspects &&
		(answer->outcome == ROUTER_OUTCOME_OK || answer->outcome == ROUTER_OUTCOME_ABSENT);

	rp->suspects += answer->suspects;
	take_outcome(rp, answer->outcome, answer->reason);
	router_bgp_answer(rp->bgp, complete && what & 1u << ROUTER_SEEN_BGP);
	answer_tunnels(rp, complete && what & 1u << ROUTER_SEEN_TUNNEL, complete && what & 1u << ROUTER_SEEN_SA);
}

static void forget_gone(struct router_put *rp)
{
	int64_t before = source_now(rp->env) - GONE_US;
	struct tunnel *t, *next;

	router_bgp_forget(rp->bgp, before);
	HASH_ITER(hh, rp->tunnels, t, next) {
		if (!t->gone || t->gone_us > before)
			continue;
		router_record_remove(rp->env, RECORD_ROUTER_TUNNEL, t->key);
		router_key_return(rp->env, ROUTER_KEY_TUNNEL, t->key);
		HASH_DEL(rp->tunnels, t);
		free(t);
	}
}

static void set_environment(struct router_put *rp, struct record *r)
{
	router_record_count(r, ROUTER_CPU_PCT, rp->environment.cpu_pct);
	router_record_count(r, ROUTER_MEM_PCT, rp->environment.mem_pct);
	rp->boot_at = router_clock_wall(&rp->clock, rp->environment.boot_civil_us, rp->boot_at);
	if (rp->boot_at != MODEL_NEVER)
		record_set(r, ROUTER_BOOT_AT, rp->boot_at);
	if (rp->clock.known)
		record_set(r, ROUTER_CLOCK_OFFSET_S, router_clock_error_s(&rp->clock));
}

void router_put_end(struct router_put *rp, enum router_outcome outcome, int64_t took_us, const char *reason)
{
	int64_t took_ms = (took_us + US_PER_MS / 2) / US_PER_MS;
	struct record r;

	if (outcome != ROUTER_OUTCOME_OK) {
		rp->outcome = outcome;
		str_copy(rp->reason, sizeof rp->reason, reason);
	} else if (rp->too_many) {
		take_outcome(rp, ROUTER_OUTCOME_PARSE, "more neighbours or tunnels than can be kept");
	}
	if (!rp->has_key && !router_key_take(rp->env, ROUTER_KEY_ROUTER, &rp->key))
		return;
	rp->has_key = true;
	record_init(&r, RECORD_ROUTER, rp->key, source_now(rp->env));
	record_set(&r, ROUTER_TOOK_MS, took_ms > 0 ? took_ms : 1);
	record_set(&r, ROUTER_OUTCOME, rp->outcome);
	if (rp->has_environment)
		set_environment(rp, &r);
	router_record_text(rp->env, &r, ROUTER_ROUTER, rp->name);
	router_record_text(rp->env, &r, ROUTER_PROFILE, rp->profile);
	router_record_text(rp->env, &r, ROUTER_REASON, rp->reason);
	record_set(&r, ROUTER_PERIOD_MS, rp->period_us / US_PER_MS);
	if (rp->suspects + rp->too_many)
		record_set(&r, ROUTER_NOT_UNDERSTOOD, rp->suspects + rp->too_many);
	rp->env->sink->put(rp->env->sink, &r);
	forget_gone(rp);
}
