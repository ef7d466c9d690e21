// SPDX-License-Identifier: GPL-2.0-or-later
// What to probe: the inner peers and outer remotes that the model's rows name, each with a phase of its own.
#include <stdlib.h>
#include <string.h>

#include "source/probe.h"
#include "source/probe_way.h"

static struct target *find_or_add(struct prober *p, unsigned key)
{
	struct target *t;

	if (p->by_key[key])
		return &p->targets[p->by_key[key] - 1];
	array_grow(&p->targets, &p->targets_cap, p->ntargets + 1, sizeof *p->targets);
	t = &p->targets[p->ntargets++];
	t->key = (uint16_t)key;
	t->due_us = t->deadline_us = t->leaves_us = PROBER_NEVER;
	t->apart_us = -1;
	p->by_key[key] = (uint32_t)p->ntargets;
	return t;
}

/* The first row that wants a shared target says how. */
static void want(void *arg, const struct probe_way *w)
{
	struct prober *p = arg;
	struct target *t = find_or_add(p, w->key);

	if (t->wanted)
		return;
	t->wanted = true;
	if (!addr_equal(&t->way.target, &w->way.target))
		t->name = record_intern_addr(p->env->intern, &w->way.target, p->now);
	if (t->way.ifindex != w->way.ifindex) {
		t->mode = STAMP_DRIVER;
		t->unstamped = 0;
	}
	t->path = (uint8_t)w->path;
	t->way = w->way;
	t->absent = w->absent;
}

static int64_t slots_of(int64_t interval_us)
{
	return interval_us < SLOT_US ? 1 : interval_us / SLOT_US;
}

/* Whether there are moments enough for each target to have its own. */
static bool are_few(const struct prober *p)
{
	int64_t n = 0;

	for (size_t i = 0; i < p->ntargets; i++)
		n += p->targets[i].on;
	return n <= slots_of(p->interval_us) * (SLOT_US / PROBER_APART_US);
}

static bool share_slot(const struct prober *p, const struct target *a, const struct target *b)
{
	int64_t nslots = slots_of(p->interval_us);

	return a->due_us / SLOT_US % nslots == b->due_us / SLOT_US % nslots;
}

/* The emptiest moment of its slot: those already taken leave it in steps of 30 ms. */
static void set_moment(const struct prober *p, struct target *t)
{
	enum { MOMENTS = SLOT_US / PROBER_APART_US, STEP = 3 };
	uint32_t load[MOMENTS] = { 0 };
	int64_t best = 0;

	for (size_t i = 0; i < p->ntargets; i++) {
		const struct target *other = &p->targets[i];

		if (other->on && other->apart_us >= 0 && share_slot(p, other, t))
			load[other->apart_us / PROBER_APART_US]++;
	}
	for (int64_t k = STEP; k != 0; k = (k + STEP) % MOMENTS)
		if (load[k] < load[best])
			best = k;
	t->apart_us = (int32_t)(best * PROBER_APART_US);
}

/* Give every target that is on, or only those that are new, the emptiest slot of the period, the next one first. */
static void set_slots(struct prober *p, int64_t due, bool all)
{
	int64_t nslots = slots_of(p->interval_us), next = due / SLOT_US;
	uint32_t *load = xcalloc((size_t)nslots, sizeof *load);

	for (size_t i = 0; i < p->ntargets; i++) {
		if (all) {
			p->targets[i].due_us = PROBER_NEVER;
			p->targets[i].apart_us = -1;
		} else if (p->targets[i].on && p->targets[i].due_us != PROBER_NEVER) {
			load[p->targets[i].due_us / SLOT_US % nslots]++;
		}
	}
	for (size_t i = 0; i < p->ntargets; i++) {
		struct target *t = &p->targets[i];
		int64_t best = 0;

		if (!t->on || t->due_us != PROBER_NEVER)
			continue;
		for (int64_t k = 1; k < nslots; k++)
			if (load[(next + k) % nslots] < load[(next + best) % nslots])
				best = k;
		load[(next + best) % nslots]++;
		t->due_us = due + best * SLOT_US;
	}
	free(load);
}

/* Few targets have a moment each, which they keep until they are many. */
static void set_moments(struct prober *p)
{
	p->apart = are_few(p);
	for (size_t i = 0; i < p->ntargets; i++) {
		struct target *t = &p->targets[i];

		if (!t->on || !p->apart)
			t->apart_us = -1;
		else if (t->apart_us < 0)
			set_moment(p, t);
	}
}

static int compare_addr(const void *a, const void *b, void *arg)
{
	const struct prober *p = arg;
	const uint32_t *x = a, *y = b;

	return memcmp(&p->targets[*x].way.target, &p->targets[*y].way.target, sizeof(struct addr));
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

		if (memcmp(&p->targets[p->by_addr[mid]].way.target, a, sizeof *a) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	*ret_from = low;
	while (high < p->nby_addr && addr_equal(&p->targets[p->by_addr[high]].way.target, a))
		high++;
	*ret_to = high;
}

static void read_model(struct prober *p)
{
	p->v4.wanted = p->v6.wanted = false;
	for (size_t i = 0; i < p->ntargets; i++)
		p->targets[i].wanted = false;
	probe_ways(p->env->model, want, p);
	for (size_t i = 0; i < p->ntargets; i++) {
		struct target *t = &p->targets[i];

		if (t->wanted)
			prober_socket_of(p, t->way.target.family)->wanted = true;
		else
			t->fast = t->trouble = false;
		if (!t->on || !t->wanted)
			t->due_us = t->leaves_us = PROBER_NEVER;
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
	set_slots(p, due, interval);
	set_moments(p);
}
