// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#define uthash_fatal(msg) abort()
#include <uthash.h>
#include <utlist.h>

#include "source/link_reading.h"
#include "source/link_table.h"
#include "source/sources.h"

enum { LINK_KEYS = 16384, ADDRESS_KEYS = 65536 }; /* the model's bounds */

#define COUNTER_BITS ((1u << LINK_IFINDEX) - 1) /* the counters come first */

/* An interface that is recorded, or will be once it exists. */
struct slot {
	UT_hash_handle hh; /* by name */
	char name[IFNAME_TEXT_MAX];
	uint16_t key;
	int ifindex;       /* 0: no such interface now */
	bool put;          /* last is what was recorded */
	struct record last;
};

struct address {
	struct address *next;
	struct rtnl_address a;
	uint32_t seen;
	uint16_t key;
	bool put;
};

struct iface {
	UT_hash_handle hh; /* by ifindex */
	int ifindex;
	bool known;        /* link is set; else only its addresses or its members have been seen */
	bool watched;      /* its addresses are recorded */
	uint32_t seen;
	struct rtnl_link link;
	struct slot *slot; /* NULL: not recorded */
	struct address *addresses;
};

struct link_table {
	struct source_env *env;
	struct iface *ifaces;
	struct slot *names;
	struct slot **slots; /* by key */
	size_t nslots, slots_cap;
	struct readings readings;
	uint16_t *free_keys; /* of addresses */
	size_t nfree, free_cap;
	unsigned address_keys;
	uint32_t generation; /* of dumps */
	bool told_full;
};

struct link_table *link_table_new(struct source_env *env)
{
	struct link_table *t = xcalloc(1, sizeof *t);

	t->env = env;
	return t;
}

static void free_iface(struct link_table *t, struct iface *i)
{
	struct address *a, *next;

	LL_FOREACH_SAFE(i->addresses, a, next)
		free(a);
	HASH_DEL(t->ifaces, i);
	free(i);
}

void link_table_free(struct link_table *t)
{
	struct iface *i, *next;

	if (!t)
		return;
	HASH_ITER(hh, t->ifaces, i, next)
		free_iface(t, i);
	HASH_CLEAR(hh, t->names);
	for (size_t k = 0; k < t->nslots; k++)
		free(t->slots[k]);
	free(t->slots);
	readings_free(&t->readings);
	free(t->free_keys);
	free(t);
}

size_t link_table_count(const struct link_table *t)
{
	return HASH_COUNT(t->ifaces);
}

static struct iface *iface_at(struct link_table *t, int ifindex)
{
	struct iface *i;

	HASH_FIND_INT(t->ifaces, &ifindex, i);
	if (i)
		return i;
	i = xcalloc(1, sizeof *i);
	i->ifindex = ifindex;
	i->seen = t->generation;
	HASH_ADD_INT(t->ifaces, ifindex, i);
	return i;
}

static void tell_full(struct link_table *t, const char *what)
{
	if (!t->told_full)
		source_notice(t->env, "link", SEVERITY_WARNING, "too many %s: some are not watched", what);
	t->told_full = true;
}

/* ---- slots ---- */

static struct slot *slot_named(const struct link_table *t, const char *name)
{
	struct slot *s;

	HASH_FIND_STR(t->names, name, s);
	return s;
}

static void name_slot(struct link_table *t, struct slot *s, const char *name)
{
	if (s->name[0])
		HASH_DEL(t->names, s);
	str_copy(s->name, sizeof s->name, name);
	HASH_ADD_STR(t->names, name, s);
}

/* A slot for a new name; when all keys are taken, that of an interface long gone. */
static struct slot *new_slot(struct link_table *t, const char *name)
{
	struct slot *s = NULL;

	if (t->nslots < LINK_KEYS) {
		s = xcalloc(1, sizeof *s);
		s->key = (uint16_t)t->nslots;
		array_grow(&t->slots, &t->slots_cap, t->nslots + 1, sizeof *t->slots);
		t->slots[t->nslots++] = s;
	}
	for (size_t k = 0; !s && k < t->nslots; k++)
		if (!t->slots[k]->ifindex && t->slots[k]->put)
			s = t->slots[k];
	if (!s) {
		tell_full(t, "interfaces");
		return NULL;
	}
	name_slot(t, s, name);
	return s;
}

static void set_addr(struct link_table *t, struct record *r, unsigned field, const struct addr *a)
{
	if (a->family)
		record_set(r, field, record_intern_addr(t->env->intern, a, r->t));
}

static void set_if(struct record *r, unsigned field, bool known, int64_t value)
{
	if (known)
		record_set(r, field, value);
}

/* The whole row: a keyframe restates the last record of a key, so every one must stand alone. */
static void build_row(struct link_table *t, const struct slot *s, const struct rtnl_link *l, bool gone,
		      struct record *r)
{
	record_init(r, RECORD_LINK, s->key, source_now(t->env));
	record_set(r, LINK_IFINDEX, l->ifindex);
	record_set(r, LINK_UP, l->up && !gone);
	record_set(r, LINK_RUNNING, l->running && !gone);
	record_set(r, LINK_CARRIER, l->carrier && !gone);
	set_if(r, LINK_MTU, l->mtu, l->mtu);
	record_set(r, LINK_GONE, gone);
	record_set(r, LINK_IFNAME, record_intern_text(t->env->intern, s->name, r->t));
	record_set(r, LINK_TYPE, l->type);
	record_set(r, LINK_FALLBACK, l->fallback);
	set_addr(t, r, LINK_OUTER_LOCAL, &l->local);
	set_addr(t, r, LINK_OUTER_REMOTE, &l->remote);
	set_if(r, LINK_KEY, l->has_key, l->key);
	set_if(r, LINK_OKEY, l->has_okey, l->okey);
	set_if(r, LINK_IF_ID, l->has_if_id, l->if_id);
	set_if(r, LINK_MARK, l->has_mark, l->mark);
	set_if(r, LINK_LOWER, l->lower, l->lower);
	set_if(r, LINK_MASTER, l->master, l->master);
	set_if(r, LINK_CHECKSUM, l->checksum, 1);
	set_if(r, LINK_SEQUENCE, l->sequence, 1);
	set_if(r, LINK_ENCAP_LIMIT, l->encap_limit, 1);
	set_if(r, LINK_NO_DF, l->no_df, 1);
}

static bool same_row(const struct record *a, const struct record *b)
{
	return (a->known | COUNTER_BITS) == (b->known | COUNTER_BITS) &&
	       !memcmp(a->v + LINK_IFINDEX, b->v + LINK_IFINDEX, sizeof a->v - LINK_IFINDEX * sizeof *a->v);
}

static void set_counters(struct record *r, const uint64_t c[8])
{
	_Static_assert(LINK_IFINDEX == 8 && sizeof *c == sizeof *r->v, "the counters are the first fields");
	memcpy(r->v, c, 8 * sizeof *c);
	r->known |= COUNTER_BITS;
}

static void put_slot(struct link_table *t, struct slot *s, const struct rtnl_link *l, bool gone)
{
	bool counted = l->has_counters && !gone;
	struct record r;

	build_row(t, s, l, gone, &r);
	if (s->put && same_row(&s->last, &r))
		return;
	/* the counters of this very moment: old ones would be taken for a standstill */
	if (counted)
		set_counters(&r, l->counters);
	readings_told(&t->readings, s->key, counted ? l->counters : NULL);
	s->last = r;
	s->put = true;
	t->env->sink->put(t->env->sink, &r);
}

static void release_slot(struct link_table *t, struct iface *i)
{
	struct slot *s = i->slot;

	if (!s)
		return;
	i->slot = NULL;
	s->ifindex = 0;
	readings_place(&t->readings, s->key, 0);
	put_slot(t, s, &i->link, true);
}

/* The interface takes a slot, and whoever held it lost its name without our being told. */
static void take_slot(struct link_table *t, struct iface *i, struct slot *s)
{
	struct iface *other;

	if (s->ifindex && s->ifindex != i->ifindex) {
		HASH_FIND_INT(t->ifaces, &s->ifindex, other);
		if (other)
			other->slot = NULL;
	}
	s->ifindex = i->ifindex;
	i->slot = s;
	readings_place(&t->readings, s->key, i->ifindex);
}

static bool is_interesting(const struct link_table *t, const struct rtnl_link *l)
{
	return l->type != TUNNEL_TYPE_OTHER && !l->fallback && source_watches(t->env, l->name);
}

static void find_slot(struct link_table *t, struct iface *i)
{
	struct slot *s = slot_named(t, i->link.name);

	if (s && i->slot == s)
		return;
	if (s) {
		release_slot(t, i);
		take_slot(t, i, s);
	} else if (i->slot) {
		name_slot(t, i->slot, i->link.name);
	} else if (is_interesting(t, &i->link)) {
		s = new_slot(t, i->link.name);
		if (s)
			take_slot(t, i, s);
	}
}

/* ---- addresses ---- */

static bool take_address_key(struct link_table *t, uint16_t *ret)
{
	if (t->nfree) {
		*ret = t->free_keys[--t->nfree];
		return true;
	}
	if (t->address_keys == ADDRESS_KEYS) {
		tell_full(t, "addresses");
		return false;
	}
	*ret = (uint16_t)t->address_keys++;
	return true;
}

static void put_address(struct link_table *t, struct address *a, bool gone)
{
	struct record r;

	if (!a->put && (gone || !take_address_key(t, &a->key)))
		return;
	a->put = true;
	record_init(&r, RECORD_ADDRESS, a->key, source_now(t->env));
	record_set(&r, ADDRESS_IFINDEX, a->a.ifindex);
	set_addr(t, &r, ADDRESS_LOCAL, &a->a.local);
	record_set(&r, ADDRESS_PREFIX_LEN, a->a.prefix_len);
	set_addr(t, &r, ADDRESS_PEER, &a->a.peer);
	record_set(&r, ADDRESS_GONE, gone);
	t->env->sink->put(t->env->sink, &r);
	if (!gone)
		return;
	record_init(&r, RECORD_REMOVE, a->key, r.t);
	record_set(&r, 0, RECORD_ADDRESS);
	t->env->sink->put(t->env->sink, &r);
	array_grow(&t->free_keys, &t->free_cap, t->nfree + 1, sizeof *t->free_keys);
	t->free_keys[t->nfree++] = a->key;
}

static void drop_address(struct link_table *t, struct iface *i, struct address *a)
{
	put_address(t, a, true);
	LL_DELETE(i->addresses, a);
	free(a);
}

/* IPv6 knows an address by itself, IPv4 together with its prefix and peer. */
static struct address *find_address(struct iface *i, const struct rtnl_address *a)
{
	struct address *at;

	LL_FOREACH(i->addresses, at)
		if (addr_equal(&at->a.local, &a->local) && at->a.prefix_len == a->prefix_len &&
		    (addr_bits(&a->local) == 128 || addr_equal(&at->a.peer, &a->peer)))
			return at;
	return NULL;
}

static void watch_addresses(struct link_table *t, struct iface *i)
{
	struct address *a;

	if (i->watched)
		return;
	i->watched = true;
	LL_FOREACH(i->addresses, a)
		put_address(t, a, false);
}

void link_table_put_address(struct link_table *t, const struct rtnl_address *a)
{
	struct iface *i = iface_at(t, a->ifindex);
	struct address *at = find_address(i, a);
	bool changed = !at || !addr_equal(&at->a.peer, &a->peer);

	if (!at) {
		at = xcalloc(1, sizeof *at);
		LL_PREPEND(i->addresses, at);
	}
	at->a = *a;
	at->seen = t->generation;
	if (i->watched && (changed || !at->put))
		put_address(t, at, false);
}

void link_table_gone_address(struct link_table *t, const struct rtnl_address *a)
{
	struct iface *i = iface_at(t, a->ifindex);
	struct address *at = find_address(i, a);

	if (at)
		drop_address(t, i, at);
}

/* ---- interfaces ---- */

static void record_iface(struct link_table *t, struct iface *i)
{
	if (!i->slot)
		return;
	put_slot(t, i->slot, &i->link, false);
	watch_addresses(t, i);
	/* a tunnel in a bridge has its addresses there */
	if (i->link.master && i->link.type != TUNNEL_TYPE_OTHER)
		watch_addresses(t, iface_at(t, i->link.master));
}

void link_table_put(struct link_table *t, const struct rtnl_link *l)
{
	struct iface *i = iface_at(t, l->ifindex);
	char name[IFNAME_TEXT_MAX];

	str_copy(name, sizeof name, l->name[0] ? l->name : i->link.name);
	i->link = *l;
	str_copy(i->link.name, sizeof i->link.name, name);
	i->known = true;
	i->seen = t->generation;
	find_slot(t, i);
	record_iface(t, i);
}

static void drop_iface(struct link_table *t, struct iface *i)
{
	while (i->addresses)
		drop_address(t, i, i->addresses);
	release_slot(t, i);
	free_iface(t, i);
}

void link_table_gone(struct link_table *t, int ifindex)
{
	struct iface *i;

	HASH_FIND_INT(t->ifaces, &ifindex, i);
	if (i)
		drop_iface(t, i);
}

void link_table_want(struct link_table *t, const char *name)
{
	struct iface *i, *next;
	struct slot *s;

	if (!name[0] || strlen(name) >= sizeof s->name || slot_named(t, name))
		return;
	s = new_slot(t, name);
	if (!s)
		return;
	HASH_ITER(hh, t->ifaces, i, next) {
		/* what is recorded here moves the model's names, and name may be one of them */
		if (!i->known || strcmp(i->link.name, s->name))
			continue;
		find_slot(t, i);
		record_iface(t, i);
	}
}

void link_table_begin(struct link_table *t)
{
	t->generation++;
}

void link_table_end(struct link_table *t)
{
	struct address *a, *after;
	struct iface *i, *next;

	HASH_ITER(hh, t->ifaces, i, next) {
		if (i->seen != t->generation) {
			drop_iface(t, i);
			continue;
		}
		LL_FOREACH_SAFE(i->addresses, a, after)
			if (a->seen != t->generation)
				drop_address(t, i, a);
	}
}

/* ---- counters ---- */

void link_table_counters(struct link_table *t, const struct rtnl_stats *s)
{
	readings_take(&t->readings, s);
}

/* In key order, which is what the recording packs best. */
void link_table_flush(struct link_table *t, int64_t now)
{
	for (unsigned k = 0; k < t->nslots; k++) {
		const uint64_t *counters = readings_due(&t->readings, k);
		struct slot *s = t->slots[k];

		if (!counters)
			continue;
		s->last.t = now;
		set_counters(&s->last, counters);
		t->env->sink->put(t->env->sink, &s->last);
	}
}
