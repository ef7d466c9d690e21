// SPDX-License-Identifier: GPL-2.0-or-later
// discover: rows. The only writer of tunnel records; it reads the model, so whatever any source tells of an
// interface, an address or a way is seen here. A row once made never leaves.
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define uthash_fatal(msg) abort()
#include <uthash.h>

#include "source/discover.h"
#include "source/sources.h"
#include "tunwatch/decode.h"

/* The model's own bounds. With many rows a look takes long: not in every slot then. */
enum { ROWS_MAX = 4096, TARGETS_MAX = 8192, MANY_ROWS = 512 };
#define MANY_ROWS_PAUSE_US (5 * SLOT_US)

struct row {
	UT_hash_handle hh;    /* by ifname */
	char name[MODEL_NAME_MAX];
	char ifname[IFNAME_TEXT_MAX];
	uint16_t key;
	const struct tunnel_config *config; /* NULL: discovered */
	unsigned link;        /* key or MODEL_NONE */
	int inner_target;     /* key, -1: none yet */
	struct addr peer, outer; /* last answers for the configured names */
	bool put;
	struct record last;
};

/* An outer path: rows that share it share its probes. */
struct outer {
	UT_hash_handle hh;
	struct outer_id {
		struct addr local, remote;
		uint8_t pad[2];
		uint32_t mark;
	} id;
	uint16_t key;
};

struct discover {
	struct source_env *env;
	struct source_report report;
	struct resolver *resolver; /* NULL: no names to resolve */
	struct row **rows;         /* by key */
	size_t nrows, rows_cap;
	struct row *by_ifname;
	struct row **by_link;      /* by link key */
	size_t nlinks, links_cap;
	struct outer *outers;
	unsigned targets;          /* target keys given */
	struct address_index addresses;
	unsigned ssh_oif;          /* name keys or MODEL_NONE */
	struct addr gateway;       /* of the host, or unset */
	uint64_t topology, resolved; /* when last looked */
	int64_t looked_us;
	bool told_full;
};

static void tell_full(struct discover *d)
{
	if (!d->told_full)
		source_notice(d->env, "discover", SEVERITY_WARNING,
			      "more than %d rows: the other tunnels are not shown; narrow it down with -i", ROWS_MAX);
	d->told_full = true;
}

static struct row *add_row(struct discover *d, const char *name, const char *ifname, const struct tunnel_config *c)
{
	struct row *r, *other = NULL;

	if (d->nrows == ROWS_MAX) {
		tell_full(d);
		return NULL;
	}
	r = xcalloc(1, sizeof *r);
	str_copy(r->name, sizeof r->name, name);
	str_copy(r->ifname, sizeof r->ifname, ifname);
	r->key = (uint16_t)d->nrows;
	r->config = c;
	r->link = MODEL_NONE;
	r->inner_target = -1;
	array_grow(&d->rows, &d->rows_cap, d->nrows + 1, sizeof *d->rows);
	d->rows[d->nrows++] = r;
	HASH_FIND_STR(d->by_ifname, r->ifname, other);
	if (r->ifname[0] && !other)
		HASH_ADD_STR(d->by_ifname, ifname, r);
	return r;
}

/* ---- addresses from the configuration ---- */

static bool is_name(const char *s)
{
	struct addr a;

	return s && *s && strcmp(s, "gateway") && !addr_parse(s, &a);
}

static void configured_addr(struct discover *d, const char *text, struct addr *last)
{
	struct addr a;

	if (!text || !*text)
		return;
	if (!strcmp(text, "gateway"))
		*last = d->gateway.family ? d->gateway : *last;
	else if (addr_parse(text, &a) || (d->resolver && !resolver_get(d->resolver, text, &a)))
		*last = a;
}

/* ---- target keys ---- */

static bool take_target(struct discover *d, int *ret)
{
	if (d->targets == TARGETS_MAX) {
		tell_full(d);
		return false;
	}
	*ret = (int)d->targets++;
	return true;
}

static bool is_unicast(const struct addr *a)
{
	if (!addr_is_set(a))
		return false;
	return a->family == AF_INET ? a->bytes[0] < 224 : a->bytes[0] != 0xff;
}

static int outer_target(struct discover *d, const struct addr *local, const struct addr *remote, uint32_t mark)
{
	struct outer_id id = { .local = *local, .remote = *remote, .mark = mark };
	struct outer *o;
	int key;

	HASH_FIND(hh, d->outers, &id, sizeof id, o);
	if (o)
		return o->key;
	if (!take_target(d, &key))
		return -1;
	o = xcalloc(1, sizeof *o);
	o->id = id;
	o->key = (uint16_t)key;
	HASH_ADD(hh, d->outers, id, sizeof o->id, o);
	return key;
}

/* ---- one row's record ---- */

static void set_ref(struct record *r, unsigned field, unsigned name)
{
	if (name != MODEL_NONE)
		record_set(r, field, name);
}

static void set_text(struct discover *d, struct record *r, unsigned field, const char *text)
{
	if (text && *text)
		record_set(r, field, record_intern_text(d->env->intern, text, r->t));
}

static void set_addr(struct discover *d, struct record *r, unsigned field, const struct addr *a)
{
	if (addr_is_set(a))
		record_set(r, field, record_intern_addr(d->env->intern, a, r->t));
}

static void set_number(struct record *r, unsigned field, bool known, int64_t value)
{
	if (known)
		record_set(r, field, value);
}

static void set_config(struct discover *d, const struct row *row, struct record *r)
{
	const struct tunnel_config *c = row->config;

	record_set(r, TUNNEL_ORIGIN, c ? ORIGIN_CONFIG : ORIGIN_DISCOVERED);
	record_set(r, TUNNEL_EXPECT, c ? c->expect : EXPECT_ALWAYS);
	if (!c)
		return;
	set_text(d, r, TUNNEL_GROUP, c->group);
	set_text(d, r, TUNNEL_SOURCE, c->source);
	set_text(d, r, TUNNEL_DEVICE, c->device);
	set_text(d, r, TUNNEL_BGP, c->bgp);
	set_text(d, r, TUNNEL_ROUTER, c->router);
	set_text(d, r, TUNNEL_REMOTE_NAME, c->remote_name);
	set_number(r, TUNNEL_PROBE_MARK, c->mark, c->mark);
	set_number(r, TUNNEL_TOS, c->tos, c->tos);
	set_number(r, TUNNEL_FRAMING, c->framing, c->framing);
	set_number(r, TUNNEL_WANT_MTU, c->mtu, c->mtu);
	set_number(r, TUNNEL_WANT_MSS, c->mss, c->mss);
}

static void set_link(const struct discover *d, const struct row *row, const struct model_link *l, struct record *r)
{
	record_set(r, TUNNEL_LINK, row->link);
	set_number(r, TUNNEL_IFINDEX, !l->gone, l->ifindex);
	set_number(r, TUNNEL_KEY, l->has_key, l->gre_key);
	set_number(r, TUNNEL_OKEY, l->has_okey && (!l->has_key || l->okey != l->gre_key), l->okey);
	set_number(r, TUNNEL_IF_ID, l->has_if_id, l->if_id);
	set_number(r, TUNNEL_MARK, l->has_mark, l->mark);
	set_ref(r, TUNNEL_OUTER_LOCAL, l->outer_local);
	record_set(r, TUNNEL_SSH, !l->gone && d->ssh_oif != MODEL_NONE && l->ifname == d->ssh_oif);
}

static void set_outer(struct discover *d, const struct row *row, const struct model_link *l, struct record *r)
{
	struct addr local = l ? model_addr(d->env->model, l->outer_local) : (struct addr){0};
	struct addr remote = l ? model_addr(d->env->model, l->outer_remote) : (struct addr){0};
	int key;

	if (addr_is_set(&row->outer))
		remote = row->outer;
	set_addr(d, r, TUNNEL_OUTER_REMOTE, &remote);
	/* a vxlan's remote may be a group: nobody in particular answers for it */
	if (!is_unicast(&remote))
		return;
	key = outer_target(d, &local, &remote, l ? l->mark : 0);
	set_number(r, TUNNEL_OUTER_TARGET, key >= 0, key);
}

static void keep(const struct record *from, struct record *r, unsigned field)
{
	set_number(r, field, record_has(from, field), from->v[field]);
}

/* An interface that is gone, or stands there without addresses, took its peer's traces along. Who was at the far end
 * is still worth knowing, and that nobody answers there now is the truth. */
static bool keep_peer(const struct discover *d, const struct row *row, const struct model_link *l, struct record *r)
{
	if (!l || !row->put || !record_has(&row->last, TUNNEL_PEER) ||
	    (!l->gone && peer_is_addressed(d->env->model, &d->addresses, l)))
		return false;
	keep(&row->last, r, TUNNEL_PEER);
	keep(&row->last, r, TUNNEL_PEER_FROM);
	keep(&row->last, r, TUNNEL_INNER_TARGET);
	keep(&row->last, r, TUNNEL_DEVICE);
	return true;
}

static void set_peer(struct discover *d, struct row *row, const struct model_link *l, struct record *r)
{
	struct peer p = { row->peer, addr_is_set(&row->peer) ? PEER_FROM_CONFIG : PEER_FROM_NONE, false };

	if (l)
		p = peer_find(d->env->model, &d->addresses, l, &row->peer);
	if (p.from == PEER_FROM_NONE && keep_peer(d, row, l, r))
		return;
	/* named, but by a name without an address: that is the news then */
	record_set(r, TUNNEL_PEER_FROM, p.from == PEER_FROM_NONE && row->config && row->config->peer
		   ? PEER_FROM_CONFIG : p.from);
	if (p.from == PEER_FROM_NONE)
		return;
	set_addr(d, r, TUNNEL_PEER, &p.address);
	if (p.needs_device && !record_has(r, TUNNEL_DEVICE))
		set_text(d, r, TUNNEL_DEVICE, row->ifname);
	if (row->inner_target < 0 && !take_target(d, &row->inner_target))
		return;
	record_set(r, TUNNEL_INNER_TARGET, row->inner_target);
}

static enum tunnel_type type_of(const struct row *row, const struct model_link *l)
{
	if (row->config && row->config->is_line)
		return TUNNEL_TYPE_LINE;
	if (l)
		return l->type;
	return row->ifname[0] ? TUNNEL_TYPE_OTHER : TUNNEL_TYPE_REMOTE;
}

static void build(struct discover *d, struct row *row, struct record *r)
{
	const struct model *m = d->env->model;
	const struct model_link *l = row->link < m->nlinks && m->links[row->link].used ? &m->links[row->link] : NULL;
	enum tunnel_type type = type_of(row, l);

	record_init(r, RECORD_TUNNEL, row->key, source_now(d->env));
	record_text(r, row->name);
	record_set(r, TUNNEL_TYPE, type);
	record_set(r, TUNNEL_GONE, row->ifname[0] && (!l || l->gone));
	record_set(r, TUNNEL_SSH, 0);
	set_text(d, r, TUNNEL_IFNAME, row->ifname);
	set_config(d, row, r);
	if (l)
		set_link(d, row, l, r);
	set_peer(d, row, l, r);
	/* a line's target is outside of all tunnels: the way to it is its outer path, its probes its inner ones */
	if (type == TUNNEL_TYPE_LINE)
		set_addr(d, r, TUNNEL_OUTER_REMOTE, &row->peer);
	else
		set_outer(d, row, l, r);
}

static bool same(const struct record *a, const struct record *b)
{
	return a->known == b->known && a->text_len == b->text_len && !memcmp(a->v, b->v, sizeof a->v);
}

static void look_at(struct discover *d, struct row *row)
{
	struct record r;

	if (row->config) {
		configured_addr(d, row->config->peer, &row->peer);
		configured_addr(d, row->config->outer, &row->outer);
	}
	build(d, row, &r);
	if (row->put && same(&row->last, &r))
		return;
	row->last = r;
	row->put = true;
	d->env->sink->put(d->env->sink, &r);
}

/* ---- rows and links ---- */

/* The row's interface has another name now. A discovered row goes along, unless that name has a row already. */
static struct row *follow_rename(struct discover *d, struct row *row, const char *name)
{
	struct row *other;

	HASH_FIND_STR(d->by_ifname, name, other);
	if (other || row->config) {
		row->link = MODEL_NONE;
		return other;
	}
	HASH_DEL(d->by_ifname, row);
	str_copy(row->ifname, sizeof row->ifname, name);
	str_copy(row->name, sizeof row->name, name);
	HASH_ADD_STR(d->by_ifname, ifname, row);
	/* the text is no field: have it told even if nothing else changed */
	row->put = false;
	return row;
}

static void join_link(struct discover *d, unsigned k)
{
	const struct model_link *l = &d->env->model->links[k];
	const char *name = model_name(d->env->model, l->ifname);
	struct row *row = d->by_link[k];

	if (row && strcmp(row->ifname, name))
		row = follow_rename(d, row, name);
	else if (!row)
		HASH_FIND_STR(d->by_ifname, name, row);
	if (!row && !l->gone && l->type != TUNNEL_TYPE_OTHER && !l->fallback && source_watches(d->env, name))
		row = add_row(d, name, name, NULL);
	d->by_link[k] = row;
	if (row)
		row->link = k;
}

static void join_links(struct discover *d)
{
	const struct model *m = d->env->model;

	array_grow(&d->by_link, &d->links_cap, m->nlinks, sizeof *d->by_link);
	for (unsigned k = 0; k < m->nlinks; k++)
		if (m->links[k].used)
			join_link(d, k);
}

/* A second row on the same interface has no place in the hash. */
static void share_link(struct discover *d, struct row *row)
{
	struct row *first;

	if (row->link != MODEL_NONE || !row->ifname[0])
		return;
	HASH_FIND_STR(d->by_ifname, row->ifname, first);
	if (first)
		row->link = first->link;
}

/* What the ways say: which interface carries the watcher's ssh, and who is the host's gateway. */
static void look_at_routes(struct discover *d)
{
	const struct model *m = d->env->model;
	struct addr gateway6 = {0};

	d->ssh_oif = MODEL_NONE;
	d->gateway = (struct addr){0};
	for (size_t k = 0; k < m->nroutes; k++) {
		const struct model_route *w = &m->routes[k];
		const char *to = w->used ? model_name(m, w->outer_remote) : "";
		struct addr a;

		if (!strcmp(to, "0.0.0.0"))
			d->gateway = model_addr(m, w->gateway);
		else if (!strcmp(to, "::"))
			gateway6 = model_addr(m, w->gateway);
		else if (d->env->watch->ssh_client.family && addr_parse(to, &a) &&
			 addr_equal(&a, &d->env->watch->ssh_client))
			d->ssh_oif = w->oif;
	}
	if (!addr_is_set(&d->gateway))
		d->gateway = gateway6;
}

static void look(struct discover *d)
{
	look_at_routes(d);
	address_index_build(&d->addresses, d->env->model);
	join_links(d);
	for (size_t i = 0; i < d->nrows; i++) {
		share_link(d, d->rows[i]);
		look_at(d, d->rows[i]);
	}
	/* our own records count as changes too */
	d->topology = d->env->model->topology;
	d->resolved = d->resolver ? resolver_changes(d->resolver) : 0;
	d->looked_us = source_now(d->env);
}

static bool is_due(const struct discover *d)
{
	return d->topology != d->env->model->topology || (d->resolver && d->resolved != resolver_changes(d->resolver));
}

/* ---- the source ---- */

static void *start(struct source_env *env)
{
	struct discover *d = xcalloc(1, sizeof *d);
	bool names = false;

	d->env = env;
	d->report = (struct source_report){ .key = SOURCE_KEY_DISCOVER, .name = "discover" };
	for (size_t i = 0; i < env->watch->ntunnels; i++) {
		const struct tunnel_config *c = &env->watch->tunnels[i];

		if (c->ifname && !source_watches(env, c->ifname))
			continue;
		names |= is_name(c->peer) || is_name(c->outer);
		add_row(d, c->name ? c->name : c->ifname ? c->ifname : "", c->ifname ? c->ifname : "", c);
	}
	if (names)
		d->resolver = resolver_new(env);
	source_report_put(env, &d->report, SOURCE_STATE_OK, 0, "");
	look(d);
	return d;
}

static void slot(void *state, int64_t due)
{
	struct discover *d = state;

	(void)due;
	if (is_due(d) && (d->nrows < MANY_ROWS || source_now(d->env) - d->looked_us >= MANY_ROWS_PAUSE_US))
		look(d);
}

static void tick(void *state, int64_t due)
{
	struct discover *d = state;

	(void)due;
	if (is_due(d))
		look(d);
}

static void stop(void *state)
{
	struct discover *d = state;
	struct outer *o, *next;

	if (d->resolver)
		resolver_free(d->resolver);
	HASH_CLEAR(hh, d->by_ifname);
	HASH_ITER(hh, d->outers, o, next) {
		HASH_DEL(d->outers, o);
		free(o);
	}
	for (size_t i = 0; i < d->nrows; i++)
		free(d->rows[i]);
	free(d->rows);
	free(d->by_link);
	address_index_free(&d->addresses);
	free(d);
}

const struct source_ops discover_source = { "discover", start, slot, tick, stop };
