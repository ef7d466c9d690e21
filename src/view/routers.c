// SPDX-License-Identifier: GPL-2.0-or-later
// The lines of the panel of routers: each router, then its neighbours and its tunnels.
#include <stdlib.h>
#include <string.h>

#include "view/panel.h"

struct order {
	const struct group *groups;
	bool worst;
};

static const struct view_status nothing;

// ---- what a pattern may want of a line ----

static const char *row_name(const struct model *m, unsigned row)
{
	return row < m->ntunnels && m->tunnels[row].used ? m->tunnels[row].name : "";
}

static void say_router(const struct model *m, uint16_t name, char *out, size_t size, size_t *pos)
{
	const struct model_router *r = router_of(m, name);

	str_append(out, size, pos, "%s %s ", model_name(m, name), r ? model_name(m, r->profile) : "");
	str_append(out, size, pos, "%s ", r ? model_name(m, r->reason) : "");
}

static bool match_item(const struct model *m, const struct item *item, const struct pattern *p)
{
	struct frame f = { .m = m, .st = &nothing };
	char text[1024], word[NEIGHBOR_MAX], as[FORMAT_MAX];
	size_t pos = 0;

	if (item->kind == ITEM_NEIGHBOR) {
		const struct model_bgp *b = &m->bgp[item->key];

		say_router(m, b->router, text, sizeof text, &pos);
		str_append(text, sizeof text, &pos, "%s AS%s %s %s ", model_name(m, b->neighbor), neighbor_as(b, as),
			   model_name(m, b->vrf), neighbor_said(&f, b, word));
		str_append(text, sizeof text, &pos, "%s %s", row_name(m, b->row), model_name(m, b->reset_reason));
	} else if (item->kind == ITEM_TUNNEL) {
		const struct model_router_tunnel *t = &m->router_tunnels[item->key];

		say_router(m, t->router, text, sizeof text, &pos);
		str_append(text, sizeof text, &pos, "%s %s %s", model_name(m, t->name),
			   router_tunnel_word(&f, t, word), row_name(m, t->row));
	} else {
		say_router(m, item->key, text, sizeof text, &pos);
	}
	return pattern_match(p, text, pos);
}

// ---- collecting ----

static uint16_t group_of(struct view *v, uint16_t name)
{
	if (name >= v->group_of_cap)
		return MODEL_NONE;
	if (v->group_of[name] != MODEL_NONE)
		return v->group_of[name];
	array_grow(&v->groups, &v->groups_cap, v->ngroups + 1, sizeof *v->groups);
	v->groups[v->ngroups] = (struct group){ .name = name, .rank = UINT8_MAX };
	v->group_of[name] = (uint16_t)v->ngroups++;
	return v->group_of[name];
}

static void add_item(struct view *v, enum item_kind kind, uint16_t key, uint16_t group, int rank)
{
	array_grow(&v->items, &v->items_cap, v->nitems + 1, sizeof *v->items);
	v->items[v->nitems++] = (struct item){ (uint8_t)kind, (uint8_t)rank, key, group };
}

// A neighbour or a tunnel, when it is wanted.
static void offer(struct view *v, const struct model *m, enum item_kind kind, size_t key, uint16_t router,
		  enum row_state state)
{
	struct item item = { .kind = (uint8_t)kind, .key = (uint16_t)key };
	uint16_t group = group_of(v, router);

	if (group == MODEL_NONE)
		return;
	v->groups[group].has_items = true;
	if ((v->faults && (state == ROW_UP || state == ROW_ADMIN)) ||
	    (v->filter && !match_item(m, &item, v->filter))) {
		v->hidden++;
		return;
	}
	add_item(v, kind, (uint16_t)key, group, rows_rank(state));
	v->groups[group].is_shown = true;
	if (rows_rank(state) < v->groups[group].rank)
		v->groups[group].rank = (uint8_t)rows_rank(state);
}

static void add_group(struct view *v, const struct model *m, size_t group)
{
	struct group *g = &v->groups[group];
	struct item item = { .kind = ITEM_ROUTER, .key = g->name };
	struct frame f = { .v = v, .m = m, .st = &nothing };
	const struct model_router *r = router_of(m, g->name);
	bool fails = r && r->outcome != ROUTER_OUTCOME_OK && r->outcome != ROUTER_OUTCOME_RELEASED;
	char host[200] = "";

	if (fails)
		g->rank = 0;
	g->is_shown |= v->filter ? match_item(m, &item, v->filter) : !v->faults || fails;
	if (!g->is_shown)
		return;
	add_item(v, ITEM_ROUTER, g->name, (uint16_t)group, 0);
	if (r)
		router_host(&f, r, host, sizeof host);
	if (*host)
		add_item(v, ITEM_HOST, g->name, (uint16_t)group, 0);
	// what was not understood may well be a neighbour
	if (r && !g->has_items && r->outcome == ROUTER_OUTCOME_OK && r->not_understood <= 0)
		add_item(v, ITEM_NOTHING, g->name, (uint16_t)group, 0);
}

static void add_all(struct view *v, const struct model *m, const struct view_status *st)
{
	struct frame f = { .v = v, .m = m, .st = st };

	for (size_t i = 0; i < m->nrouters; i++)
		if (m->routers[i].used)
			group_of(v, m->routers[i].router);
	for (size_t i = 0; i < m->nbgp && i < MODEL_NONE; i++)
		if (m->bgp[i].used)
			offer(v, m, ITEM_NEIGHBOR, i, m->bgp[i].router, neighbor_state(&f, &m->bgp[i]));
	for (size_t i = 0; i < m->nrouter_tunnels && i < MODEL_NONE; i++)
		if (m->router_tunnels[i].used)
			offer(v, m, ITEM_TUNNEL, i, m->router_tunnels[i].router,
			      router_tunnel_state(&f, &m->router_tunnels[i]));
	for (size_t i = 0; i < v->ngroups; i++)
		add_group(v, m, i);
}

// ---- order ----

static int compare_groups(const void *pa, const void *pb, void *arg)
{
	const struct group *groups = arg;
	unsigned a = *(const uint16_t *)pa, b = *(const uint16_t *)pb;
	int r = groups[a].rank - groups[b].rank;

	return r ? r : a < b ? -1 : a > b;
}

static void place_groups(struct view *v, bool worst)
{
	uint16_t *order = xcalloc(v->ngroups + 1, sizeof *order);

	for (size_t i = 0; i < v->ngroups; i++)
		order[i] = (uint16_t)i;
	if (worst)
		qsort_r(order, v->ngroups, sizeof *order, compare_groups, v->groups);
	for (size_t i = 0; i < v->ngroups; i++)
		v->groups[order[i]].place = (uint16_t)i;
	free(order);
}

bool routers_can_select(const struct item *item)
{
	return item->kind >= ITEM_NEIGHBOR;
}

static int compare(const void *pa, const void *pb, void *arg)
{
	const struct item *a = pa, *b = pb;
	const struct order *o = arg;

	if (a->group != b->group)
		return o->groups[a->group].place - o->groups[b->group].place;
	if (!routers_can_select(a) || !routers_can_select(b))
		return a->kind - b->kind;
	if (o->worst && a->rank != b->rank)
		return a->rank - b->rank;
	return a->kind != b->kind ? a->kind - b->kind : a->key - b->key;
}

// ---- selection ----

static bool is_selected(const struct view *v, const struct item *item)
{
	return routers_can_select(item) && item->kind == v->item_kind && item->key == v->item_key;
}

static void take(struct view *v, const struct model *m, const struct item *item)
{
	unsigned row;

	v->item_kind = item ? (enum item_kind)item->kind : ITEM_ROUTER;
	v->item_row = MODEL_NONE;
	if (!item)
		return;
	v->item_key = item->key;
	row = item->kind == ITEM_NEIGHBOR ? m->bgp[item->key].row : m->router_tunnels[item->key].row;
	if (row < m->ntunnels && m->tunnels[row].used)
		v->item_row = (uint16_t)row;
}

// Until a person has chosen one it is the worst.
static void select_nearest(struct view *v, const struct model *m)
{
	const struct item *first = NULL;

	for (size_t i = 0; i < v->nitems; i++) {
		const struct item *item = &v->items[i];

		if (!routers_can_select(item))
			continue;
		if (v->item_chosen && is_selected(v, item)) {
			take(v, m, item);
			return;
		}
		if (!first || (!v->item_chosen && item->rank < first->rank))
			first = item;
	}
	take(v, m, first);
}

void routers_collect(struct view *v, const struct model *m, const struct view_status *st, bool worst_first)
{
	struct order o = { .worst = worst_first };

	v->nitems = v->ngroups = v->hidden = 0;
	if (v->group_of_cap < m->nnames)
		v->group_of = xrealloc(v->group_of, m->nnames, sizeof *v->group_of);
	v->group_of_cap = m->nnames;
	if (m->nnames)
		memset(v->group_of, 0xff, m->nnames * sizeof *v->group_of);
	add_all(v, m, st);
	place_groups(v, worst_first);
	o.groups = v->groups;
	if (v->nitems > 1)
		qsort_r(v->items, v->nitems, sizeof *v->items, compare, &o);
	select_nearest(v, m);
}

size_t routers_count(const struct view *v)
{
	size_t n = 0;

	for (size_t i = 0; i < v->nitems; i++)
		n += routers_can_select(&v->items[i]);
	return n;
}

size_t routers_index(const struct view *v)
{
	size_t n = 0;

	for (size_t i = 0; i < v->nitems && !is_selected(v, &v->items[i]); i++)
		n += routers_can_select(&v->items[i]);
	return n;
}

static const struct item *item_at(const struct view *v, size_t at)
{
	for (size_t i = 0; i < v->nitems; i++)
		if (routers_can_select(&v->items[i]) && !at--)
			return &v->items[i];
	return NULL;
}

void routers_select(struct view *v, const struct model *m, size_t at)
{
	take(v, m, item_at(v, at));
	v->item_chosen = true;
}

bool routers_match(const struct view *v, const struct model *m, size_t at, const struct pattern *p)
{
	const struct item *item = item_at(v, at);

	return item && match_item(m, item, p);
}
