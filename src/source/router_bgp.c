// SPDX-License-Identifier: GPL-2.0-or-later
// What a router says of its neighbours becomes records. Its lists say in which state they are, details and lists of
// those that failed say why: a reason is that of one drop, and the best that was said of it.
#include <stdlib.h>
#include <string.h>

#define uthash_fatal(msg) abort()
#include <uthash.h>

#include "source/router_bgp.h"
#include "source/router_keys.h"
#include "source/router_record.h"

enum { NEIGHBOURS_MAX = 4096 };

/* What tells them apart; the rest is zero, for the hash. */
struct id {
	char name[ROUTER_NAME_MAX], vrf[ROUTER_NAME_MAX];
};

struct neighbour {
	UT_hash_handle hh;
	struct id id;
	struct router_seen_bgp b;
	int64_t reason_drops;     /* the drops counter when the reason was told; -1: unknown */
	uint16_t key;
	bool seen, changed, gone; /* seen: in this answer */
	int64_t gone_us;
};

struct router_bgp {
	struct source_env *env;
	const char *name;
	struct neighbour *neighbours;
};

static struct id make_id(const struct router_seen_bgp *b)
{
	struct id id;

	memset(&id, 0, sizeof id);
	str_copy(id.name, sizeof id.name, b->neighbor);
	str_copy(id.vrf, sizeof id.vrf, b->vrf);
	return id;
}

static struct neighbour *find(struct router_bgp *rb, const struct router_seen_bgp *b)
{
	const struct id id = make_id(b);
	struct neighbour *n;

	HASH_FIND(hh, rb->neighbours, &id, sizeof id, n);
	return n;
}

static struct neighbour *add(struct router_bgp *rb, const struct router_seen_bgp *b)
{
	struct neighbour *n;
	uint16_t key;

	if (HASH_COUNT(rb->neighbours) >= NEIGHBOURS_MAX || !router_key_take(rb->env, ROUTER_KEY_BGP, &key))
		return NULL;
	n = xcalloc(1, sizeof *n);
	n->key = key;
	n->id = make_id(b);
	n->b.drops = n->reason_drops = -1;
	HASH_ADD(hh, rb->neighbours, id, sizeof n->id, n);
	return n;
}

static void drop(struct router_bgp *rb, struct neighbour *n)
{
	HASH_DEL(rb->neighbours, n);
	free(n);
}

/* ---- why it was reset ---- */

/* What FRR says in the place of a reason while it tries anew: what it waits for. */
static bool is_wait(const char *reason)
{
	static const char *const waits[] = { "Waiting for ", "No AFI/SAFI activated", "No path to specified" };

	for (size_t i = 0; i < ARRAY_LEN(waits); i++)
		if (!strncmp(reason, waits[i], strlen(waits[i])))
			return true;
	return false;
}

/* Of the same drop the fuller words stay, and those that say why against those that say what it waits for. */
static void learn_reason(struct neighbour *n, const char *reason, int64_t drops)
{
	char *known = n->b.reset_reason;
	bool same = drops < 0 || n->reason_drops < 0 || drops == n->reason_drops;

	if (!*reason || (is_wait(reason) && n->b.state == BGP_STATE_ESTABLISHED))
		return;
	if (same && *known && !is_wait(known) && (is_wait(reason) || !strncmp(known, reason, strlen(reason))))
		return;
	n->reason_drops = drops;
	if (!strcmp(known, reason))
		return;
	str_copy(known, sizeof n->b.reset_reason, reason);
	n->changed = true;
}

/* A list has it as b: whether its session dropped since, and the reason that is known is that of an older drop. */
static bool is_outdated(const struct neighbour *n, const struct router_seen_bgp *b)
{
	bool fell = n->b.state == BGP_STATE_ESTABLISHED && b->state != BGP_STATE_ESTABLISHED;

	if (b->drops < 0 || n->b.drops < 0)
		return fell;
	/* it may have been told with a list that was older than it */
	return b->drops != n->b.drops && b->drops != n->reason_drops;
}

/* ---- what is seen ---- */

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

/* Detail of one that was listed: the list says what state it is in, and so how often it dropped before. */
static void add_detail(struct neighbour *n, const struct router_seen_bgp *b)
{
	learn_reason(n, b->reset_reason, b->drops);
	fill(&n->b.asn, b->asn, &n->changed);
	if (n->b.drops < 0)
		fill(&n->b.drops, b->drops, &n->changed);
	fill(&n->b.prefixes_received, b->prefixes_received, &n->changed);
	fill(&n->b.prefixes_sent, b->prefixes_sent, &n->changed);
	fill(&n->b.messages_received, b->messages_received, &n->changed);
	if (b->admin && !n->b.admin)
		n->b.admin = n->changed = true;
}

static void take_list(struct neighbour *n, const struct router_seen_bgp *b)
{
	char reason[ROUTER_WORDS_MAX];

	str_copy(reason, sizeof reason, n->b.reset_reason);
	if (is_outdated(n, b) || (b->state == BGP_STATE_ESTABLISHED && is_wait(reason)))
		*reason = 0;
	n->b = *b;
	str_copy(n->b.reset_reason, sizeof n->b.reset_reason, reason);
	learn_reason(n, b->reset_reason, b->drops);
	n->seen = true;
	n->gone = false;
}

bool router_bgp_see(struct router_bgp *rb, const struct router_seen_bgp *b)
{
	struct neighbour *n = find(rb, b);

	if (b->partial) {
		if (n)
			add_detail(n, b);
		return true;
	}
	if (!n)
		n = add(rb, b);
	if (!n)
		return false;
	if (n->seen)
		add_family(&n->b, b);
	else
		take_list(n, b);
	return true;
}

/* ---- records ---- */

static void put(struct router_bgp *rb, struct neighbour *n)
{
	const struct router_seen_bgp *b = &n->b;
	struct record r;

	record_init(&r, RECORD_BGP, n->key, source_now(rb->env));
	router_record_text(rb->env, &r, BGP_ROUTER, rb->name);
	router_record_text(rb->env, &r, BGP_NEIGHBOR, n->id.name);
	router_record_text(rb->env, &r, BGP_VRF, n->id.vrf);
	router_record_count(&r, BGP_ASN, b->asn);
	router_record_text(rb->env, &r, BGP_RESET_REASON, b->reset_reason);
	record_set(&r, BGP_GONE, n->gone);
	if (!n->gone) {
		router_record_count(&r, BGP_UPTIME_S, b->uptime_s);
		record_set(&r, BGP_STATE, b->state);
		record_set(&r, BGP_ADMIN, b->admin);
		router_record_text(rb->env, &r, BGP_WORD, b->word);
		router_record_count(&r, BGP_PREFIXES_RECEIVED, b->prefixes_received);
		router_record_count(&r, BGP_PREFIXES_SENT, b->prefixes_sent);
		router_record_count(&r, BGP_DROPS, b->drops);
		router_record_count(&r, BGP_MESSAGES, b->messages_received);
	}
	rb->env->sink->put(rb->env->sink, &r);
}

void router_bgp_answer(struct router_bgp *rb, bool lists_all)
{
	struct neighbour *n, *next;

	HASH_ITER(hh, rb->neighbours, n, next) {
		bool gone = lists_all && !n->seen && !n->gone;

		if (gone) {
			n->gone = true;
			n->gone_us = source_now(rb->env);
		}
		if (n->seen || n->changed || gone)
			put(rb, n);
		n->seen = n->changed = false;
	}
}

/* ---- life ---- */

struct router_bgp *router_bgp_new(struct source_env *env, const char *name)
{
	struct router_bgp *rb = xcalloc(1, sizeof *rb);

	rb->env = env;
	rb->name = name;
	return rb;
}

void router_bgp_free(struct router_bgp *rb)
{
	struct neighbour *n, *next;

	if (!rb)
		return;
	HASH_ITER(hh, rb->neighbours, n, next)
		drop(rb, n);
	free(rb);
}

void router_bgp_begin(struct router_bgp *rb)
{
	struct neighbour *n, *next;

	HASH_ITER(hh, rb->neighbours, n, next)
		n->seen = n->changed = false;
}

void router_bgp_forget(struct router_bgp *rb, int64_t before_us)
{
	struct neighbour *n, *next;

	HASH_ITER(hh, rb->neighbours, n, next) {
		if (!n->gone || n->gone_us > before_us)
			continue;
		router_record_remove(rb->env, RECORD_BGP, n->key);
		router_key_return(rb->env, ROUTER_KEY_BGP, n->key);
		drop(rb, n);
	}
}
