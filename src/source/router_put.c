// SPDX-License-Identifier: GPL-2.0-or-later
// From what routers say to records. What a router does not say stays unknown; what it stops to list is gone.
#include <stdlib.h>
#include <string.h>

#define uthash_fatal(msg) abort()
#include <uthash.h>

#include "source/router_clock.h"
#include "source/router_keys.h"
#include "source/router_put.h"

#define GONE_US (3600 * US_PER_S)  /* then its key is given back */
enum { THINGS_MAX = 4096 };

/* ---- one router ---- */

/* What tells things apart; the rest is zero, for the hash. */
struct id {
	char name[ROUTER_NAME_MAX], vrf[ROUTER_NAME_MAX];
};

struct neighbour {
	UT_hash_handle hh;
	struct id id;
	struct router_seen_bgp b;
	uint16_t key;
	bool seen, changed, gone; /* seen: in this answer */
	int64_t gone_us;
};

struct tunnel {
	UT_hash_handle hh;
	struct id id;
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
	struct neighbour *neighbours;
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

static struct id make_id(const char *name, const char *vrf)
{
	struct id id;

	memset(&id, 0, sizeof id);
	str_copy(id.name, sizeof id.name, name);
	str_copy(id.vrf, sizeof id.vrf, vrf);
	return id;
}

static void put_remove(struct router_put *rp, enum record_kind kind, unsigned key)
{
	struct record r;

	record_init(&r, RECORD_REMOVE, key, source_now(rp->env));
	record_set(&r, 0, kind);
	rp->env->sink->put(rp->env->sink, &r);
}

static void set_text(struct router_put *rp, struct record *r, unsigned field, const char *text)
{
	if (*text)
		record_set(r, field, record_intern_text(rp->env->intern, text, r->t));
}

static void set_count(struct record *r, unsigned field, int64_t value)
{
	if (value >= 0)
		record_set(r, field, value);
}

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

/* ---- neighbours ---- */

static struct neighbour *find_neighbour(struct router_put *rp, const struct router_seen_bgp *b)
{
	const struct id id = make_id(b->neighbor, b->vrf);
	struct neighbour *n;

	HASH_FIND(hh, rp->neighbours, &id, sizeof id, n);
	return n;
}

static struct neighbour *add_neighbour(struct router_put *rp, const struct router_seen_bgp *b)
{
	struct neighbour *n;
	uint16_t key;

	if (HASH_COUNT(rp->neighbours) >= THINGS_MAX || !router_key_take(rp->env, ROUTER_KEY_BGP, &key)) {
		rp->too_many++;
		return NULL;
	}
	n = xcalloc(1, sizeof *n);
	n->key = key;
	n->id = make_id(b->neighbor, b->vrf);
	HASH_ADD(hh, rp->neighbours, id, sizeof n->id, n);
	return n;
}

static int64_t sum(int64_t a, int64_t b)
{
	if (a < 0 || b < 0)
		return a < 0 ? b : a;
	return a > INT64_MAX - b ? INT64_MAX : a + b;
}

/* Told twice in one answer: in another family. */
static void add_family(struct router_seen_bgp *b, const struct router_seen_bgp *other)
{
	if (other->state < b->state) {
		b->state = other->state;
		str_copy(b->word, sizeof b->word, other->word);
	}
	b->admin = b->admin || other->admin;
	b->prefixes_received = sum(b->prefixes_received, other->prefixes_received);
	b->prefixes_sent = sum(b->prefixes_sent, other->prefixes_sent);
}

static void fill(int64_t *value, int64_t other, bool *changed)
{
	if (other < 0 || other == *value)
		return;
	*value = other;
	*changed = true;
}

/* Detail of one that was listed: the list says what state it is in. */
static void add_detail(struct neighbour *n, const struct router_seen_bgp *b)
{
	if (*b->reset_reason && strcmp(n->b.reset_reason, b->reset_reason)) {
		str_copy(n->b.reset_reason, sizeof n->b.reset_reason, b->reset_reason);
		n->changed = true;
	}
	fill(&n->b.asn, b->asn, &n->changed);
	fill(&n->b.drops, b->drops, &n->changed);
	fill(&n->b.prefixes_received, b->prefixes_received, &n->changed);
	fill(&n->b.prefixes_sent, b->prefixes_sent, &n->changed);
	fill(&n->b.messages_received, b->messages_received, &n->changed);
	if (b->admin && !n->b.admin)
		n->b.admin = n->changed = true;
}

static void see_bgp(struct router_put *rp, const struct router_seen_bgp *b)
{
	struct neighbour *n = find_neighbour(rp, b);
	char reason[ROUTER_WORDS_MAX];

	if (b->partial) {
		if (n)
			add_detail(n, b);
		return;
	}
	if (!n)
		n = add_neighbour(rp, b);
	if (!n)
		return;
	if (n->seen) {
		add_family(&n->b, b);
		return;
	}
	str_copy(reason, sizeof reason, *b->reset_reason ? b->reset_reason : n->b.reset_reason);
	n->b = *b;
	str_copy(n->b.reset_reason, sizeof n->b.reset_reason, reason);
	n->seen = true;
	n->gone = false;
}

static void put_neighbour(struct router_put *rp, struct neighbour *n)
{
	const struct router_seen_bgp *b = &n->b;
	struct record r;

	record_init(&r, RECORD_BGP, n->key, source_now(rp->env));
	set_text(rp, &r, BGP_ROUTER, rp->name);
	set_text(rp, &r, BGP_NEIGHBOR, n->id.name);
	set_text(rp, &r, BGP_VRF, n->id.vrf);
	set_count(&r, BGP_ASN, b->asn);
	set_text(rp, &r, BGP_RESET_REASON, b->reset_reason);
	record_set(&r, BGP_GONE, n->gone);
	if (!n->gone) {
		set_count(&r, BGP_UPTIME_S, b->uptime_s);
		record_set(&r, BGP_STATE, b->state);
		record_set(&r, BGP_ADMIN, b->admin);
		set_text(rp, &r, BGP_WORD, b->word);
		set_count(&r, BGP_PREFIXES_RECEIVED, b->prefixes_received);
		set_count(&r, BGP_PREFIXES_SENT, b->prefixes_sent);
		set_count(&r, BGP_DROPS, b->drops);
		set_count(&r, BGP_MESSAGES, b->messages_received);
	}
	rp->env->sink->put(rp->env->sink, &r);
}

static void answer_neighbours(struct router_put *rp, bool lists_all)
{
	struct neighbour *n, *next;

	HASH_ITER(hh, rp->neighbours, n, next) {
		bool gone = lists_all && !n->seen && !n->gone;

		if (gone) {
			n->gone = true;
			n->gone_us = source_now(rp->env);
		}
		if (n->seen || n->changed || gone)
			put_neighbour(rp, n);
		n->seen = n->changed = false;
	}
}

/* ---- tunnels ---- */

static struct tunnel *get_tunnel(struct router_put *rp, const char *name)
{
	const struct id id = make_id(name, "");
	struct tunnel *t;
	uint16_t key;

	HASH_FIND(hh, rp->tunnels, &id, sizeof id, t);
	if (t)
		return t;
	if (HASH_COUNT(rp->tunnels) >= THINGS_MAX || !router_key_take(rp->env, ROUTER_KEY_TUNNEL, &key)) {
		rp->too_many++;
		return NULL;
	}
	t = xcalloc(1, sizeof *t);
	t->key = key;
	t->id = id;
	t->since = MODEL_NEVER;
	t->t = (struct router_seen_tunnel){
		.up = -1, .since_civil_us = MODEL_NEVER, .up_for_s = -1, .rx_packets = -1, .tx_packets = -1,
	};
	HASH_ADD(hh, rp->tunnels, id, sizeof t->id, t);
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
	set_text(rp, &r, ROUTER_TUNNEL_ROUTER, rp->name);
	set_text(rp, &r, ROUTER_TUNNEL_NAME, t->id.name);
	record_set(&r, ROUTER_TUNNEL_GONE, t->gone);
	if (t->gone)
		return r;
	set_count(&r, ROUTER_TUNNEL_UP, t->t.up);
	set_text(rp, &r, ROUTER_TUNNEL_WORD, t->t.word);
	if (t->since != MODEL_NEVER)
		record_set(&r, ROUTER_TUNNEL_SINCE, t->since);
	set_count(&r, ROUTER_TUNNEL_RX_PACKETS, t->t.rx_packets);
	set_count(&r, ROUTER_TUNNEL_TX_PACKETS, t->t.tx_packets);
	if (t->has_sa) {
		bool both = t->life_s[0] >= 0 && t->life_s[1] >= 0;

		record_set(&r, ROUTER_TUNNEL_SA, both);
		if (both)
			set_count(&r, ROUTER_TUNNEL_SA_LIFE_S,
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
	set_text(rp, &r, LOG_SOURCE, rp->name);
	record_set(&r, LOG_MEANING, what->meaning); /* of the line it says was repeated */
	set_text(rp, &r, LOG_NAME, what->name);
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
		see_bgp(rp, &seen->bgp);
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
	router_keys_hold(env);
	return rp;
}

void router_put_free(struct router_put *rp)
{
	struct neighbour *n, *next;
	struct tunnel *t, *next_t;

	if (!rp)
		return;
	HASH_ITER(hh, rp->neighbours, n, next) {
		HASH_DEL(rp->neighbours, n);
		free(n);
	}
	HASH_ITER(hh, rp->tunnels, t, next_t) {
		HASH_DEL(rp->tunnels, t);
		free(t);
	}
	router_keys_release(rp->env);
	free(rp);
}

void router_put_begin(struct router_put *rp)
{
	struct neighbour *n, *next;
	struct tunnel *t, *next_t;

	rp->outcome = ROUTER_OUTCOME_OK;
	*rp->reason = 0;
	rp->suspects = rp->too_many = 0;
	rp->has_environment = false;
	/* of a poll that was broken off */
	HASH_ITER(hh, rp->neighbours, n, next)
		n->seen = n->changed = false;
	HASH_ITER(hh, rp->tunnels, t, next_t)
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
	answer_neighbours(rp, complete && what & 1u << ROUTER_SEEN_BGP);
	answer_tunnels(rp, complete && what & 1u << ROUTER_SEEN_TUNNEL, complete && what & 1u << ROUTER_SEEN_SA);
}

static void forget_gone(struct router_put *rp)
{
	int64_t before = source_now(rp->env) - GONE_US;
	struct neighbour *n, *next;
	struct tunnel *t, *next_t;

	HASH_ITER(hh, rp->neighbours, n, next) {
		if (!n->gone || n->gone_us > before)
			continue;
		put_remove(rp, RECORD_BGP, n->key);
		router_key_return(rp->env, ROUTER_KEY_BGP, n->key);
		HASH_DEL(rp->neighbours, n);
		free(n);
	}
	HASH_ITER(hh, rp->tunnels, t, next_t) {
		if (!t->gone || t->gone_us > before)
			continue;
		put_remove(rp, RECORD_ROUTER_TUNNEL, t->key);
		router_key_return(rp->env, ROUTER_KEY_TUNNEL, t->key);
		HASH_DEL(rp->tunnels, t);
		free(t);
	}
}

static void set_environment(struct router_put *rp, struct record *r)
{
	set_count(r, ROUTER_CPU_PCT, rp->environment.cpu_pct);
	set_count(r, ROUTER_MEM_PCT, rp->environment.mem_pct);
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
	set_text(rp, &r, ROUTER_ROUTER, rp->name);
	set_text(rp, &r, ROUTER_PROFILE, rp->profile);
	set_text(rp, &r, ROUTER_REASON, rp->reason);
	record_set(&r, ROUTER_PERIOD_MS, rp->period_us / US_PER_MS);
	if (rp->suspects + rp->too_many)
		record_set(&r, ROUTER_NOT_UNDERSTOOD, rp->suspects + rp->too_many);
	rp->env->sink->put(rp->env->sink, &r);
	forget_gone(rp);
}
