// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#define uthash_fatal(msg) abort()
#include <uthash.h>
#include <utlist.h>

#include "source/sa_table.h"

#define LINGER_US (60 * US_PER_S) /* how long one that is gone is kept for those who look */

enum { ANY_PROTO = 255 }; /* IPSEC_PROTO_ANY */

/* What the kernel tells SAs apart by. Compared as bytes. */
struct id {
	struct addr dst;
	uint32_t spi, proto, mark, mark_mask;
};

struct slot {
	UT_hash_handle hh;        /* by id; only those that live */
	struct slot *prev, *next; /* among those that wait, or are gone */
	struct id id;
	uint16_t key;
	bool waits;               /* for its key and its first record */
	uint32_t seen;
	uint64_t made_s;
	bool dir_told;            /* by the kernel: addresses do not matter */
	struct record last;
};

struct sa_table {
	struct source_env *env;
	struct slot *living;         /* hash */
	struct slot *waiting;        /* list of what the running dump shows for the first time, the latest first */
	struct slot *gone;           /* list, the longest gone first */
	bool dumping;
	uint16_t free_keys[SA_TABLE_MAX];
	unsigned nfree, nkeys;       /* keys given back; keys ever used */
	uint32_t generation;         /* of dumps */
	unsigned left_out;           /* by the newest dump */
	bool told_full;
	bool (*is_own)(const struct addr *a);
	uint64_t topology;           /* of the model when the next two were made */
	uint8_t local[RECORD_KEY_MAX / 8 + 1], remote[RECORD_KEY_MAX / 8 + 1]; /* names that are such addresses */
	uint8_t asked[RECORD_KEY_MAX / 8 + 1], own[RECORD_KEY_MAX / 8 + 1];    /* since the newest dump began */
};

struct sa_table *sa_table_new(struct source_env *env, bool (*is_own)(const struct addr *a))
{
	struct sa_table *t = xcalloc(1, sizeof *t);

	t->env = env;
	t->is_own = is_own;
	t->topology = env->model->topology - 1;
	return t;
}

void sa_table_free(struct sa_table *t)
{
	struct slot *s, *next;

	if (!t)
		return;
	HASH_ITER(hh, t->living, s, next) {
		HASH_DEL(t->living, s);
		free(s);
	}
	DL_FOREACH_SAFE(t->gone, s, next)
		free(s);
	free(t);
}

size_t sa_table_count(const struct sa_table *t)
{
	return HASH_COUNT(t->living);
}

/* ---- whose end is here ---- */

static void add_name(uint8_t *names, uint16_t name)
{
	if (name != MODEL_NONE)
		names[name / 8] |= (uint8_t)(1u << name % 8);
}

static bool has_name(const uint8_t *names, int64_t name)
{
	return names[name / 8] >> name % 8 & 1;
}

/* Addresses of interfaces that are not watched are unknown here: endpoints of tunnels stand for them. */
static void learn_addresses(struct sa_table *t)
{
	const struct model *m = t->env->model;

	memset(t->local, 0, sizeof t->local);
	memset(t->remote, 0, sizeof t->remote);
	for (size_t i = 0; i < m->naddresses; i++)
		if (m->addresses[i].used)
			add_name(t->local, m->addresses[i].local);
	for (size_t i = 0; i < m->nlinks; i++)
		if (m->links[i].used && !m->links[i].gone) {
			add_name(t->local, m->links[i].outer_local);
			add_name(t->remote, m->links[i].outer_remote);
		}
	for (size_t i = 0; i < m->nroutes; i++)
		if (m->routes[i].used) {
			add_name(t->local, m->routes[i].prefsrc);
			add_name(t->remote, m->routes[i].outer_remote);
		}
	t->topology = m->topology;
}

static int side(const struct sa_table *t, int64_t name)
{
	return has_name(t->local, name) ? 1 : has_name(t->remote, name) ? -1 : 0;
}

static int ask_side(struct sa_table *t, uint16_t name)
{
	if (!has_name(t->asked, name)) {
		struct addr a = model_addr(t->env->model, name);

		add_name(t->asked, name);
		if (t->is_own(&a))
			add_name(t->own, name);
	}
	return has_name(t->own, name);
}

static enum direction find_direction(struct sa_table *t, const struct record *r)
{
	int src = side(t, r->v[SA_SRC]), dst = side(t, r->v[SA_DST]);

	if (!src && !dst) {
		src = ask_side(t, (uint16_t)r->v[SA_SRC]);
		dst = ask_side(t, (uint16_t)r->v[SA_DST]);
	}
	return src > dst ? DIRECTION_OUT : src < dst ? DIRECTION_IN : DIRECTION_UNKNOWN;
}

static void set_direction(struct record *r, enum direction dir)
{
	record_set(r, SA_DIR, dir);
	if (dir == DIRECTION_UNKNOWN)
		r->known &= ~(1u << SA_DIR);
}

/* ---- slots ---- */

static struct id id_of(const struct xfrm_sa *sa)
{
	struct id id;

	memset(&id, 0, sizeof id);
	id.dst = sa->dst;
	id.spi = sa->spi;
	id.proto = sa->proto;
	id.mark = sa->mark;
	id.mark_mask = sa->mark_mask;
	return id;
}

static struct slot *find(const struct sa_table *t, const struct xfrm_sa *sa)
{
	const struct id id = id_of(sa);
	struct slot *s;

	HASH_FIND(hh, t->living, &id, sizeof id, s);
	return s;
}

/* Forget one that is gone. */
static void give_back(struct sa_table *t, struct slot *s)
{
	struct record r;

	record_init(&r, RECORD_REMOVE, s->key, source_now(t->env));
	record_set(&r, 0, RECORD_SA);
	t->env->sink->put(t->env->sink, &r);
	t->free_keys[t->nfree++] = s->key;
	DL_DELETE(t->gone, s);
	free(s);
}

/* A key; when all are taken, that of the one that is gone for the longest time: those that live are never so many. */
static uint16_t take_key(struct sa_table *t)
{
	if (!t->nfree && t->nkeys == SA_TABLE_MAX)
		give_back(t, t->gone);
	return t->nfree ? t->free_keys[--t->nfree] : (uint16_t)t->nkeys++;
}

static struct slot *new_slot(struct sa_table *t, const struct xfrm_sa *sa)
{
	struct slot *s;

	if (HASH_COUNT(t->living) >= SA_TABLE_MAX) {
		t->left_out++;
		return NULL;
	}
	s = xcalloc(1, sizeof *s);
	s->id = id_of(sa);
	HASH_ADD(hh, t->living, id, sizeof s->id, s);
	return s;
}

/* ---- records ---- */

static void set_if(struct record *r, unsigned field, bool known, int64_t value)
{
	if (known)
		record_set(r, field, value);
}

static void set_text(struct sa_table *t, struct record *r, unsigned field, const char *text)
{
	if (*text)
		record_set(r, field, record_intern_text(t->env->intern, text, r->t));
}

/* Everything of it: a keyframe restates the last record of a key, so every one must stand alone. */
static void build(struct sa_table *t, const struct xfrm_sa *sa, struct record *r)
{
	record_init(r, RECORD_SA, 0, source_now(t->env));
	record_set(r, SA_SPI, sa->spi);
	record_set(r, SA_SRC, record_intern_addr(t->env->intern, &sa->src, r->t));
	record_set(r, SA_DST, record_intern_addr(t->env->intern, &sa->dst, r->t));
	record_set(r, SA_PROTO, sa->proto);
	set_if(r, SA_MODE, sa->has_mode, sa->mode);
	set_if(r, SA_REQID, sa->reqid, sa->reqid);
	set_if(r, SA_IF_ID, sa->if_id, sa->if_id);
	set_if(r, SA_MARK, sa->mark || sa->mark_mask, sa->mark);
	set_if(r, SA_ENCAP, sa->encap, sa->encap);
	set_text(t, r, SA_ENC, sa->enc);
	set_text(t, r, SA_AUTH, sa->auth);
	set_if(r, SA_SOFT_S, sa->soft_s, sa->soft_s);
	set_if(r, SA_HARD_S, sa->hard_s, sa->hard_s);
	set_if(r, SA_ICV_BITS, sa->icv_bits, sa->icv_bits);
	set_direction(r, sa->dir != DIRECTION_UNKNOWN ? sa->dir : find_direction(t, r));
}

/* What last says, and that this happened now. */
static void put(struct sa_table *t, struct slot *s, enum sa_event event)
{
	s->last.key = s->key;
	s->last.t = source_now(t->env);
	record_set(&s->last, SA_EVENT, event);
	t->env->sink->put(t->env->sink, &s->last);
}

/* The event aside. */
static bool same(const struct record *a, const struct record *b)
{
	return (a->known | 1u << SA_EVENT) == (b->known | 1u << SA_EVENT) &&
	       !memcmp(a->v + SA_SPI, b->v + SA_SPI, sizeof a->v - SA_SPI * sizeof *a->v);
}

/* A dump shows the newest first: they wait for its end, so that their records come in the order of their making. */
static void put_new(struct sa_table *t, struct slot *s)
{
	s->waits = t->dumping;
	if (s->waits) {
		DL_PREPEND(t->waiting, s);
		return;
	}
	s->key = take_key(t);
	put(t, s, SA_EVENT_NEW);
}

/* One that the kernel shows. Without algorithms it is a place that IKE keeps, and no SA yet. An event of an update
 * has a time of its own instead of that of the SA's making. */
static void show(struct sa_table *t, const struct xfrm_sa *sa, bool update)
{
	struct slot *s = find(t, sa);
	bool known = s, same_one;
	struct record r;

	if (!sa->keyed || (!s && !(s = new_slot(t, sa))))
		return;
	same_one = known && (update || s->made_s == sa->made_s);
	s->seen = t->generation;
	s->made_s = same_one ? s->made_s : sa->made_s;
	s->dir_told = sa->dir != DIRECTION_UNKNOWN;
	build(t, sa, &r);
	if (same_one && same(&r, &s->last))
		return;
	s->last = r;
	if (!known)
		put_new(t, s);
	else if (!s->waits)
		put(t, s, same_one ? SA_EVENT_UPDATE : SA_EVENT_NEW);
}

static void end(struct sa_table *t, struct slot *s, enum sa_event event)
{
	if (!s)
		return;
	HASH_DEL(t->living, s);
	if (s->waits) {
		DL_DELETE(t->waiting, s);
		free(s);
		return;
	}
	put(t, s, event);
	DL_APPEND(t->gone, s);
}

static void flush(struct sa_table *t, unsigned proto)
{
	struct slot *s, *next;

	HASH_ITER(hh, t->living, s, next)
		if (!proto || proto == ANY_PROTO || s->id.proto == proto)
			end(t, s, SA_EVENT_DELETE);
}

void sa_table_put(struct sa_table *t, const struct xfrm_message *m)
{
	struct slot *s;

	switch (m->what) {
	case XFRM_SA_NEW:
	case XFRM_SA_UPDATED:
		show(t, &m->sa, m->what == XFRM_SA_UPDATED);
		break;
	case XFRM_SA_GONE:
		end(t, find(t, &m->sa), SA_EVENT_DELETE);
		break;
	case XFRM_SA_HARD:
		end(t, find(t, &m->sa), SA_EVENT_HARD_EXPIRE);
		break;
	case XFRM_SA_SOFT:
		s = find(t, &m->sa);
		if (s && !s->waits)
			put(t, s, SA_EVENT_SOFT_EXPIRE);
		break;
	case XFRM_SA_FLUSHED:
		flush(t, m->sa.proto);
		break;
	case XFRM_OTHER:
	case XFRM_DONE:
	case XFRM_ERROR:
	case XFRM_OVERRUN:
		break;
	}
}

/* ---- dumps and intervals ---- */

/* What a dump that was given up has shown is as true as what another one shows. */
static void put_waiting(struct sa_table *t)
{
	struct slot *s, *next;

	t->dumping = false;
	DL_FOREACH_SAFE(t->waiting, s, next) {
		DL_DELETE(t->waiting, s);
		put_new(t, s);
	}
}

void sa_table_begin(struct sa_table *t)
{
	put_waiting(t);
	t->dumping = true;
	t->generation++;
	t->left_out = 0;
	memset(t->asked, 0, sizeof t->asked);
	memset(t->own, 0, sizeof t->own);
}

static void tell_full(struct sa_table *t)
{
	if (t->left_out && !t->told_full)
		source_notice(t->env, "xfrm", SEVERITY_WARNING, "%u security associations more than the %d that are "
			      "watched", t->left_out, SA_TABLE_MAX);
	t->told_full = t->left_out;
}

void sa_table_end(struct sa_table *t, bool whole)
{
	struct slot *s, *next;

	put_waiting(t);
	HASH_ITER(hh, t->living, s, next)
		if (whole && s->seen != t->generation)
			end(t, s, SA_EVENT_DELETE);
	tell_full(t);
}

void sa_table_tick(struct sa_table *t)
{
	int64_t now = source_now(t->env);
	struct slot *s, *next;

	while (t->gone && now - t->gone->last.t >= LINGER_US)
		give_back(t, t->gone);
	if (t->topology == t->env->model->topology)
		return;
	learn_addresses(t);
	HASH_ITER(hh, t->living, s, next) {
		struct record r = s->last;

		if (s->dir_told || s->waits)
			continue;
		set_direction(&r, find_direction(t, &r));
		if (same(&r, &s->last))
			continue;
		s->last = r;
		put(t, s, SA_EVENT_UPDATE);
	}
}
