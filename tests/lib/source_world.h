/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From rtnetlink messages to rows without sockets: a table of interfaces, discovery and a model. */
#ifndef TESTS_SOURCE_WORLD_H
#define TESTS_SOURCE_WORLD_H

#include "source/link_table.h"
#include "source/sources.h"

enum { FILE_MAX = 1 << 17, PUT_MAX = 4096 };

struct world {
	struct record_sink sink;
	struct source_env env;
	struct watch_config watch;
	struct link_table *table;
	void *discover;
	struct record put[PUT_MAX]; /* all but names */
	size_t nput;
};

static inline void put(struct record_sink *sink, const struct record *r)
{
	struct world *w = (struct world *)sink;
	struct model *m;

	memcpy(&m, &w->env.model, sizeof m);
	model_apply(m, r);
	if (r->kind == RECORD_NAME)
		return;
	assert_true(w->nput < PUT_MAX);
	w->put[w->nput++] = *r;
}

static inline struct world *world_new(const struct tunnel_config *tunnels, size_t ntunnels)
{
	struct world *w = calloc(1, sizeof *w);

	assert_non_null(w);
	w->sink.put = put;
	w->watch = (struct watch_config){ .tunnels = tunnels, .ntunnels = ntunnels, .interval_us = US_PER_S };
	w->env = (struct source_env){ .sink = &w->sink, .model = model_new(false), .watch = &w->watch };
	w->env.intern = record_intern_new(&w->sink);
	w->table = link_table_new(&w->env);
	for (size_t i = 0; i < ntunnels; i++)
		if (tunnels[i].ifname)
			link_table_want(w->table, tunnels[i].ifname);
	return w;
}

static inline void world_free(struct world *w)
{
	struct model *m;

	memcpy(&m, &w->env.model, sizeof m);
	if (w->discover)
		discover_source.stop(w->discover);
	link_table_free(w->table);
	record_intern_free(w->env.intern);
	model_free(m);
	free(w);
}

static inline void feed(struct world *w, const char *name)
{
	static uint8_t data[FILE_MAX];
	char path[128];
	const uint8_t *p = data;
	size_t len;
	FILE *f;

	snprintf(path, sizeof path, "tests/data/rtnl/%s", name);
	f = fopen(path, "rb");
	if (!f)
		fail_msg("cannot read %s", path);
	len = fread(data, 1, sizeof data, f);
	fclose(f);
	for (struct rtnl_message m; rtnl_next(&p, &len, &m);) {
		if (m.what == RTNL_LINK)
			link_table_put(w->table, &m.link);
		else if (m.what == RTNL_ADDRESS)
			link_table_put_address(w->table, &m.address);
	}
}

static inline void discover(struct world *w)
{
	if (!w->discover)
		w->discover = discover_source.start(&w->env);
	else
		discover_source.tick(w->discover, 0);
}

static inline const struct model_tunnel *row(const struct world *w, const char *name)
{
	unsigned key = model_find_tunnel(w->env.model, name);

	return key == MODEL_NONE ? NULL : &w->env.model->tunnels[key];
}

static inline const char *name(const struct world *w, unsigned key)
{
	return model_name(w->env.model, key);
}

static inline struct addr address(const char *text)
{
	struct addr a = {0};

	assert_true(!*text || addr_parse(text, &a));
	return a;
}

static inline struct rtnl_link link_of(int ifindex, const char *ifname, enum tunnel_type type, const char *remote)
{
	struct rtnl_link l = { .ifindex = ifindex, .type = type, .up = true, .running = true, .carrier = true,
			       .mtu = 1400, .has_counters = true };

	str_copy(l.name, sizeof l.name, ifname);
	l.remote = address(remote);
	return l;
}

static inline void add_link(struct world *w, int ifindex, const char *ifname, enum tunnel_type type, const char *remote)
{
	struct rtnl_link l = link_of(ifindex, ifname, type, remote);

	link_table_put(w->table, &l);
}

static inline void add_address(struct world *w, int ifindex, const char *local, unsigned prefix_len, const char *peer)
{
	struct rtnl_address a = { ifindex, prefix_len, address(local), address(peer) };

	link_table_put_address(w->table, &a);
}

static inline size_t rows(const struct world *w)
{
	size_t n = 0;

	for (size_t i = 0; i < w->env.model->ntunnels; i++)
		n += w->env.model->tunnels[i].used;
	return n;
}

#endif
