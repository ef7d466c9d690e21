// SPDX-License-Identifier: GPL-2.0-or-later
// What to probe: the inner peers and outer remotes that the model's rows name, each with a phase of its own.
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include "source/probe.h"

/* What a row wants of a target. */
struct wish {
	unsigned key;
	enum path path;
	struct addr addr, source;
	int32_t ifindex;
	bool absent;
	uint32_t mark;
	uint8_t tos;
};

/* Nobody asked for packets to a whole group of hosts. */
static bool is_group(const struct addr *a)
{
	static const uint8_t broadcast[4] = { 255, 255, 255, 255 };

	if (a->family == AF_INET6)
		return a->bytes[0] == 0xff;
	return a->bytes[0] >> 4 == 14 || !memcmp(a->bytes, broadcast, 4);
}

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
static void choose_device(const struct model *m, const struct model_tunnel *t, struct wish *w)
{
	const char *device = model_name(m, t->device), *ifname = model_name(m, t->ifname);
	const struct model_link *l = model_tunnel_link(m, t);

	if (!*device && !*ifname)
		return;
	if (*device || !l)
		w->ifindex = device_index(m, *device ? device : ifname);
	else if (!l->gone)
		w->ifindex = l->ifindex;
	w->absent = w->ifindex == 0;
	if (*device || w->absent || !l || !l->master)
		return;
	if (!has_address(m, w->ifindex) && has_address(m, l->master))
		w->ifindex = l->master;
}

static struct target *find_or_add(struct prober *p, unsigned key)
{
	struct target *t;

	if (p->by_key[key])
		return &p->targets[p->by_key[key] - 1];
	array_grow(&p->targets, &p->targets_cap, p->ntargets + 1, sizeof *p->targets);
	t = &p->targets[p->ntargets++];
	t->key = (uint16_t)key;
	t->due_us = t->deadline_us = PROBER_NEVER;
	p->by_key[key] = (uint32_t)p->ntargets;
	return t;
}

/* The first row that wants a shared target says how. */
static void want(struct prober *p, const struct wish *w)
{
	struct target *t;

	if (w->key > RECORD_KEY_MAX || w->key == MODEL_NONE || !addr_is_set(&w->addr) || is_group(&w->addr))
		return;
	t = find_or_add(p, w->key);
	if (t->wanted)
		return;
	t->wanted = true;
	if (!addr_equal(&t->addr, &w->addr)) {
		t->addr = w->addr;
		t->name = record_intern_addr(p->env->intern, &w->addr, p->now);
	}
	if (t->ifindex != w->ifindex) {
		t->mode = STAMP_DRIVER;
		t->unstamped = 0;
	}
	t->path = (uint8_t)w->path;
	t->source = w->source;
	t->ifindex = w->ifindex;
	t->absent = w->absent;
	t->mark = w->mark;
	t->tos = w->tos;
}

static void want_inner(struct prober *p, const struct model_tunnel *t)
{
	const struct model *m = p->env->model;
	struct wish w = { .key = t->inner_target, .path = PATH_INNER };

	if (t->inner_target == MODEL_NONE || t->peer == MODEL_NONE)
		return;
	w.addr = model_addr(m, t->peer);
	w.source = model_addr(m, t->source);
	if (w.source.family != w.addr.family)
		w.source = (struct addr){0};
	w.mark = t->has_probe_mark ? t->probe_mark : 0;
	w.tos = (uint8_t)t->tos;
	choose_device(m, t, &w);
	want(p, &w);
}

/* The carrier path, as outer packets take it: from their source, if this host still has it. The rows' own marks are
 * left out: they may select the very IPsec policy that would put the probe into the tunnel. */
static void want_outer(struct prober *p, const struct model_tunnel *t, const struct locals *locals)
{
	const struct model *m = p->env->model;
	struct wish w = { .key = t->outer_target, .path = PATH_OUTER };

	if (t->outer_target == MODEL_NONE || t->outer_remote == MODEL_NONE)
		return;
	w.addr = model_addr(m, t->outer_remote);
	w.source = model_addr(m, t->outer_local);
	if (w.source.family != w.addr.family || !addr_is_set(&w.source) || !is_local(locals, &w.source))
		w.source = (struct addr){0};
	want(p, &w);
}

static int64_t slots_of(int64_t interval_us)
{
	return interval_us < SLOT_US ? 1 : interval_us / SLOT_US;
}

/* Give every target that is on, or only those that are new, the emptiest slot of the period, the next one first. */
static void set_phases(struct prober *p, int64_t due, bool all)
{
	int64_t nslots = slots_of(p->interval_us), next = due / SLOT_US;
	uint32_t *load = xcalloc((size_t)nslots, sizeof *load);

	for (size_t i = 0; i < p->ntargets && !all; i++)
		if (p->targets[i].on && p->targets[i].due_us != PROBER_NEVER)
			load[p->targets[i].due_us / SLOT_US % nslots]++;
	for (size_t i = 0; i < p->ntargets; i++) {
		struct target *t = &p->targets[i];
		int64_t best = 0;

		if (!t->on || (t->due_us != PROBER_NEVER && !all))
			continue;
		for (int64_t k = 1; k < nslots; k++)
			if (load[(next + k) % nslots] < load[(next + best) % nslots])
				best = k;
		load[(next + best) % nslots]++;
		t->due_us = due + best * SLOT_US;
	}
	free(load);
}

static int compare_addr(const void *a, const void *b, void *arg)
{
	const struct prober *p = arg;
	const uint32_t *x = a, *y = b;

	return memcmp(&p->targets[*x].addr, &p->targets[*y].addr, sizeof(struct addr));
}

static void index_addresses(struct prober *p)
{
	array_grow(&p->by_addr, &p->by_addr_cap, p->ntargets, sizeof *p->by_addr);
	p->nby_addr = 0;
	for (size_t i = 0; i < p->ntargets; i++)
		p->by_addr[p->nby_addr++] = (uint32_t)i;
	qsort_r(p->by_addr, p->nby_addr, sizeof *p->by_addr, compare_addr, p);
}

void prober_targets_find(const struct prober *p, const struct addr *a, size_t *ret_from, size_t *ret_to)
{
	size_t low = 0, high = p->nby_addr;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (memcmp(&p->targets[p->by_addr[mid]].addr, a, sizeof *a) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	*ret_from = low;
	while (high < p->nby_addr && addr_equal(&p->targets[p->by_addr[high]].addr, a))
		high++;
	*ret_to = high;
}

static void read_model(struct prober *p)
{
	const struct model *m = p->env->model;
	struct locals locals = list_locals(m);

	p->v4.wanted = p->v6.wanted = false;
	for (size_t i = 0; i < p->ntargets; i++)
		p->targets[i].wanted = false;
	for (size_t i = 0; i < m->ntunnels; i++) {
		if (!m->tunnels[i].used || m->tunnels[i].gone)
			continue;
		want_inner(p, &m->tunnels[i]);
		want_outer(p, &m->tunnels[i], &locals);
	}
	free(locals.addr);
	for (size_t i = 0; i < p->ntargets; i++) {
		struct target *t = &p->targets[i];

		if (t->wanted)
			prober_socket_of(p, t->addr.family)->wanted = true;
		else
			t->fast = t->trouble = false;
		if (!t->on || !t->wanted)
			t->due_us = PROBER_NEVER;
		t->on = t->wanted;
	}
	index_addresses(p);
}

void prober_targets_update(struct prober *p, int64_t due)
{
	bool interval = p->interval_us != p->env->watch->interval_us;

	if (p->read_once && p->topology == p->env->model->topology && !interval)
		return;
	/* interning announces names, which must not count as a change of what was just read */
	p->topology = p->env->model->topology;
	p->read_once = true;
	p->interval_us = p->env->watch->interval_us;
	read_model(p);
	set_phases(p, due, interval);
}
