// SPDX-License-Identifier: GPL-2.0-or-later
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include "source/probe_way.h"

struct wishes {
	const struct model *m;
	void (*want)(void *arg, const struct probe_way *w);
	void *arg;
};

/* A port keeps the link-local address that it got before it joined its bridge, and nothing answers through it. */
static bool has_address(const struct model *m, int ifindex)
{
	for (size_t i = 0; i < m->naddresses; i++) {
		const struct model_address *a = &m->addresses[i];
		struct addr local;

		if (!a->used || a->ifindex != ifindex)
			continue;
		local = model_addr(m, a->local);
		if (!addr_is_link_local(&local))
			return true;
	}
	return false;
}

static int compare(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct addr));
}

/* This host's addresses, in order. */
struct locals {
	struct addr *addr;
	size_t n;
};

static struct locals list_locals(const struct model *m)
{
	struct locals l = { .addr = xcalloc(m->naddresses, sizeof *l.addr) };

	for (size_t i = 0; i < m->naddresses; i++)
		if (m->addresses[i].used)
			l.addr[l.n++] = model_addr(m, m->addresses[i].local);
	qsort(l.addr, l.n, sizeof *l.addr, compare);
	return l;
}

/* Whether a is an address of this host; true as well while none is known. */
static bool is_local(const struct locals *l, const struct addr *a)
{
	return !l->n || bsearch(a, l->addr, l->n, sizeof *a, compare);
}

/* Index of a device by name: as the model knows it, else as the kernel does (no link source is running). */
static int device_index(const struct model *m, const char *name)
{
	unsigned key = model_find_link(m, name);

	if (key != MODEL_NONE)
		return m->links[key].gone ? 0 : m->links[key].ifindex;
	return (int)if_nametoindex(name);
}

/* Where inner probes leave: the device asked for, else the row's own, or the bridge that holds its addresses. */
static void choose_device(const struct model *m, const struct model_tunnel *t, struct probe_way *w)
{
	const char *device = model_name(m, t->device), *ifname = model_name(m, t->ifname);
	const struct model_link *l = model_tunnel_link(m, t);

	if (!*device && !*ifname)
		return;
	if (*device || !l)
		w->way.ifindex = device_index(m, *device ? device : ifname);
	else if (!l->gone)
		w->way.ifindex = l->ifindex;
	w->absent = w->way.ifindex == 0;
	if (*device || w->absent || !l || !l->master)
		return;
	if (!has_address(m, w->way.ifindex) && has_address(m, l->master))
		w->way.ifindex = l->master;
}

static void want(const struct wishes *ws, const struct probe_way *w)
{
	/* nobody asked for packets to a whole group of hosts */
	if (w->key <= RECORD_KEY_MAX && w->key != MODEL_NONE && addr_is_set(&w->way.target) &&
	    !addr_is_group(&w->way.target))
		ws->want(ws->arg, w);
}

static void want_inner(const struct wishes *ws, unsigned row)
{
	const struct model *m = ws->m;
	const struct model_tunnel *t = &m->tunnels[row];
	struct probe_way w = { .key = t->inner_target, .row = row, .path = PATH_INNER };

	if (t->inner_target == MODEL_NONE || t->peer == MODEL_NONE)
		return;
	w.way.target = model_addr(m, t->peer);
	w.way.source = model_addr(m, t->source);
	if (w.way.source.family != w.way.target.family)
		w.way.source = (struct addr){0};
	w.way.mark = t->has_probe_mark ? t->probe_mark : 0;
	w.way.tos = (uint8_t)t->tos;
	choose_device(m, t, &w);
	want(ws, &w);
}

/* The carrier path, as outer packets take it: from their source, if this host still has it. The rows' own marks are
 * left out: they may select the very IPsec policy that would put the probe into the tunnel. */
static void want_outer(const struct wishes *ws, unsigned row, const struct locals *locals)
{
	const struct model *m = ws->m;
	const struct model_tunnel *t = &m->tunnels[row];
	struct probe_way w = { .key = t->outer_target, .row = row, .path = PATH_OUTER };

	if (t->outer_target == MODEL_NONE || t->outer_remote == MODEL_NONE)
		return;
	w.way.target = model_addr(m, t->outer_remote);
	w.way.source = model_addr(m, t->outer_local);
	if (w.way.source.family != w.way.target.family || !addr_is_set(&w.way.source) ||
	    !is_local(locals, &w.way.source))
		w.way.source = (struct addr){0};
	want(ws, &w);
}

void probe_ways(const struct model *m, void (*each)(void *arg, const struct probe_way *w), void *arg)
{
	const struct wishes ws = { m, each, arg };
	struct locals locals = list_locals(m);

	for (unsigned i = 0; i < m->ntunnels; i++) {
		if (!m->tunnels[i].used || m->tunnels[i].gone)
			continue;
		want_inner(&ws, i);
		want_outer(&ws, i, &locals);
	}
	free(locals.addr);
}
