// SPDX-License-Identifier: GPL-2.0-or-later
// The fold: one switch over the kinds of records, and the small kinds that need no file of their own.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/model_int.h"

struct model *model_new(bool with_history)
{
	struct model *m = xcalloc(1, sizeof *m);

	m->started_us = m->gap_us = m->stats_us = m->baseline_us = MODEL_NEVER;
	m->interval_us = US_PER_S;
	m->program = m->host = m->kernel = MODEL_NONE;
	if (with_history)
		m->history = xcalloc(1, sizeof *m->history);
	return m;
}

void model_free(struct model *m)
{
	if (!m)
		return;
	free(m->tunnels);
	free(m->targets);
	free(m->waiting);
	free(m->links);
	free(m->addresses);
	free(m->routes);
	free(m->sources);
	free(m->settings);
	free(m->bgp);
	free(m->routers);
	free(m->router_tunnels);
	free(m->pmtu);
	free(m->sa);
	free(m->names);
	free(m->arena);
	history_free(m->history);
	free(m);
}

/* The arrays a model owns, for what treats them all alike. */
#define MODEL_ARRAYS(A) \
	A(tunnels, ntunnels, tunnels_cap) A(targets, ntargets, targets_cap) \
	A(waiting, nwaiting, waiting_cap) A(links, nlinks, links_cap) \
	A(addresses, naddresses, addresses_cap) A(routes, nroutes, routes_cap) \
	A(sources, nsources, sources_cap) A(settings, nsettings, settings_cap) \
	A(bgp, nbgp, bgp_cap) A(routers, nrouters, routers_cap) \
	A(router_tunnels, nrouter_tunnels, router_tunnels_cap) A(pmtu, npmtu, pmtu_cap) A(sa, nsa, sa_cap) \
	A(names, nnames, names_cap) A(arena, arena_len, arena_cap)

struct model *model_copy(const struct model *m)
{
	struct model *c = xcalloc(1, sizeof *c);

	*c = *m;
#define COPY(array, n, cap) \
	c->array = m->n ? xrealloc(NULL, m->n, sizeof *m->array) : NULL; \
	c->cap = m->n; \
	if (m->n) \
		memcpy(c->array, m->array, m->n * sizeof *m->array);
	MODEL_ARRAYS(COPY)
#undef COPY
	c->history = m->history ? history_copy(m->history) : NULL;
	return c;
}

size_t model_bytes(const struct model *m)
{
	size_t bytes = sizeof *m + (m->history ? history_bytes(m->history) : 0);

#define SIZE(array, n, cap) bytes += m->n * sizeof *m->array;
	MODEL_ARRAYS(SIZE)
#undef SIZE
	return bytes;
}

uint64_t model_hash(const struct model *m)
{
	struct model head = *m;
	uint64_t h;

#define BLANK(array, n, cap) head.array = NULL; head.cap = 0;
	MODEL_ARRAYS(BLANK)
#undef BLANK
	head.history = NULL;
	h = hash_bytes(0, &head, sizeof head);
#define HASH(array, n, cap) \
	if (m->n) \
		h = hash_bytes(h, m->array, m->n * sizeof *m->array);
	MODEL_ARRAYS(HASH)
#undef HASH
	return h;
}

/* ---- names ---- */

static void name_apply(struct model *m, const struct record *r)
{
	char text[256];
	struct model_name *n;
	size_t len = str_clean(text, sizeof text, r->text ? r->text : "", r->text_len);

	if (r->key >= m->nnames) {
		array_grow(&m->names, &m->names_cap, r->key + 1u, sizeof *m->names);
		m->nnames = r->key + 1u;
	}
	n = &m->names[r->key];
	if (n->cap <= len) {
		/* a slot for ever: a key that takes ever longer texts costs at most four of them */
		n->cap = (uint16_t)(len < 32 ? 32 : len < 64 ? 64 : len < 128 ? 128 : 256);
		n->offset = (uint32_t)m->arena_len;
		array_grow(&m->arena, &m->arena_cap, m->arena_len + n->cap, 1);
		m->arena_len += n->cap;
	}
	memset(m->arena + n->offset, 0, n->cap);
	memcpy(m->arena + n->offset, text, len);
	n->len = (uint16_t)len;
	memset(&n->addr, 0, sizeof n->addr);
	addr_parse(text, &n->addr);
}

/* Nothing refers to it any more; its slot stays for the next text of this key. */
static void name_remove(struct model *m, unsigned key)
{
	struct model_name *n = key < m->nnames ? &m->names[key] : NULL;

	if (!n || !n->cap)
		return;
	memset(m->arena + n->offset, 0, n->cap);
	memset(&n->addr, 0, sizeof n->addr);
	n->len = 0;
}

const char *model_name(const struct model *m, unsigned key)
{
	return key < m->nnames && m->names[key].cap ? m->arena + m->names[key].offset : "";
}

struct addr model_addr(const struct model *m, unsigned key)
{
	return key < m->nnames ? m->names[key].addr : (struct addr){0};
}

/* ---- session, settings, sources ---- */

static void session_apply(struct model *m, const struct record *r)
{
	int64_t ms = record_get(r, SESSION_INTERVAL_MS, 1000);

	m->program = name_or_none(r, SESSION_PROGRAM);
	m->host = name_or_none(r, SESSION_HOST);
	m->kernel = name_or_none(r, SESSION_KERNEL);
	m->interval_us = (ms < 10 ? 10 : ms > 3600000 ? 3600000 : ms) * US_PER_MS;
}

static void setting_apply(struct model *m, const struct record *r)
{
	struct model_setting *s;
	double interval;

	if (r->key >= SETTINGS_MAX)
		return;
	if (r->key >= m->nsettings) {
		array_grow(&m->settings, &m->settings_cap, r->key + 1u, sizeof *m->settings);
		m->nsettings = r->key + 1u;
	}
	s = &m->settings[r->key];
	s->used = true;
	s->name = name_or_none(r, SETTING_NAME);
	s->value = name_or_none(r, SETTING_VALUE);
	if (!strcmp(model_name(m, s->name), "interval") &&
	    str_to_double(model_name(m, s->value), 0.01, 3600, &interval))
		m->interval_us = (int64_t)(interval * 1e6 + 0.5);
}

static void source_apply(struct model *m, const struct record *r)
{
	struct model_source *s;
	int64_t state = record_get(r, SOURCE_STATE, SOURCE_STATE_LOST);

	if (r->key >= SOURCES_MAX)
		return;
	if (r->key >= m->nsources) {
		array_grow(&m->sources, &m->sources_cap, r->key + 1u, sizeof *m->sources);
		m->nsources = r->key + 1u;
	}
	s = &m->sources[r->key];
	if (!s->used || s->state != (enum source_state)state) {
		s->since_us = r->t;
		m->changes++;
	}
	s->used = true;
	s->name = name_or_none(r, SOURCE_NAME);
	s->instance = name_or_none(r, SOURCE_INSTANCE);
	s->reason = name_or_none(r, SOURCE_REASON);
	s->state = state < 0 || state >= SOURCE_STATE_COUNT ? SOURCE_STATE_LOST : (enum source_state)state;
	s->error = (int32_t)record_get(r, SOURCE_ERRNO, 0);
	s->period_ms = (int32_t)record_get(r, SOURCE_PERIOD_MS, 0);
}

/* ---- time ---- */

enum { DAY_S = 86400 };

static void clock_apply(struct model *m, const struct record *r)
{
	int64_t reason = record_get(r, CLOCK_REASON, CLOCK_REASON_START), off = record_get(r, CLOCK_WALL_OFF_US, 0);
	int64_t utc_off = record_get(r, CLOCK_UTC_OFF_S, 0);
	const int64_t most = INT64_MAX / 4;

	m->has_clock = true;
	/* a file may say anything: what is added to it or taken from it stays a number */
	m->wall_off_us = off < -most ? -most : off > most ? most : off;
	m->utc_off_s = utc_off < -DAY_S || utc_off > DAY_S ? 0 : (int32_t)utc_off;
	if (r->snapshot)
		return;
	if (reason == CLOCK_REASON_STEP)
		history_add_event(m, m->now, MODEL_NONE, 0, SEVERITY_WARNING, "CLOCK", "wall clock stepped by %.3f s",
				  (double)record_get(r, CLOCK_STEP_MS, 0) / 1e3);
	if (reason == CLOCK_REASON_RESUME)
		probe_gap(m);
}

static void gap_apply(struct model *m, const struct record *r)
{
	int64_t from = record_get(r, GAP_FROM_US, m->tick_us), to = record_get(r, GAP_TO_US, m->now);
	int64_t reason = record_get(r, GAP_REASON, GAP_REASON_DAMAGE);

	to = to < 0 || to > m->now ? m->now : to;
	from = from < 0 || from > to ? to : from;
	m->gap_us = to;
	m->changes++;
	m->tick_us = max_time(m->tick_us, to);
	probe_gap(m);
	history_add_event(m, m->now, MODEL_NONE, -1, SEVERITY_WARNING, "GAP", "%.1f s not recorded (%s)",
			  (double)(to - from) / 1e6,
			  record_word(&record_kind_info(RECORD_GAP)->fields[GAP_REASON], reason));
}

static void tick_apply(struct model *m)
{
	int64_t last = m->tick_us;

	m->ticks++;
	link_tick(m, last);
	join_update(m);
	health_tick(m);
	history_bgp_tick(m);
	m->tick_us = m->now;
}

/* ---- people ---- */

static void mark_apply(struct model *m, const struct record *r)
{
	int64_t letter = record_get(r, MARK_LETTER, m->marks_count % 26);
	struct model_mark *k = &m->marks[letter < 0 ? 0 : letter % 26];
	char text[sizeof k->text];

	str_clean(text, sizeof text, r->text ? r->text : "", r->text_len);
	k->t = r->t;
	memset(k->text, 0, sizeof k->text);
	str_copy(k->text, sizeof k->text, text);
	m->marks_count++;
	m->changes++;
	history_add_event(m, r->t, MODEL_NONE, 0, SEVERITY_INFO, "MARK", "%c%s%s%s", (char)('A' + (k - m->marks)),
			  text[0] ? " \"" : "", text, text[0] ? "\"" : "");
}

static void baseline_apply(struct model *m, const struct record *r)
{
	m->changes++;
	if (record_get(r, BASELINE_RESET, 0)) {
		m->stats_us = m->now;
		for (size_t i = 0; i < m->ntargets; i++)
			if (m->targets[i].used)
				probe_reset(&m->targets[i]);
		history_add_event(m, m->now, MODEL_NONE, 0, SEVERITY_INFO, "RESET", "statistics count from here");
		return;
	}
	m->baselines++;
	m->baseline_us = record_get(r, BASELINE_CLEAR, 0) ? MODEL_NEVER : m->now;
	health_baseline(m);
	history_add_event(m, m->now, MODEL_NONE, 0, SEVERITY_INFO, "BASE",
			  m->baseline_us == MODEL_NEVER ? "baseline cleared" : "baseline set");
}

static void notice_apply(struct model *m, const struct record *r)
{
	int64_t level = record_get(r, NOTICE_LEVEL, SEVERITY_INFO);
	char text[140];

	str_clean(text, sizeof text, r->text ? r->text : "", r->text_len);
	m->notices++;
	m->changes++;
	history_add_event(m, r->t, MODEL_NONE, 0, level < 0 || level >= SEVERITY_COUNT ? SEVERITY_INFO :
			  (enum severity)level, "NOTICE", "%s: %s",
			  model_name(m, (unsigned)record_get(r, NOTICE_SOURCE, MODEL_NONE)), text);
}

static void remove_router_kinds(struct model *m, int64_t kind, unsigned key)
{
	if (kind == RECORD_BGP && key < m->nbgp) {
		uint16_t next = m->bgp[key].next;

		history_bgp_forget(m, key);
		memset(&m->bgp[key], 0, sizeof *m->bgp);
		/* others of its row come behind it until rows are joined anew */
		m->bgp[key].next = next;
		m->bgp[key].row = MODEL_NONE;
	} else if (kind == RECORD_ROUTER && key < m->nrouters) {
		memset(&m->routers[key], 0, sizeof *m->routers);
	} else if (kind == RECORD_ROUTER_TUNNEL && key < m->nrouter_tunnels) {
		memset(&m->router_tunnels[key], 0, sizeof *m->router_tunnels);
	}
}

static void remove_tunnel(struct model *m, unsigned key)
{
	uint16_t sas = m->tunnels[key].sas;

	memset(&m->tunnels[key], 0, sizeof *m->tunnels);
	/* they are its until rows are joined anew */
	m->tunnels[key].sas = sas;
}

static void remove_apply(struct model *m, const struct record *r)
{
	int64_t kind = r->v[0];

	if (kind == RECORD_NAME) {
		name_remove(m, r->key);
		return;
	}
	m->topology++;
	if (kind == RECORD_TUNNEL && r->key < m->ntunnels)
		remove_tunnel(m, r->key);
	else if (kind == RECORD_LINK && r->key < m->nlinks)
		memset(&m->links[r->key], 0, sizeof *m->links);
	else if (kind == RECORD_ADDRESS && r->key < m->naddresses)
		memset(&m->addresses[r->key], 0, sizeof *m->addresses);
	else if (kind == RECORD_ROUTE && r->key < m->nroutes)
		memset(&m->routes[r->key], 0, sizeof *m->routes);
	else if (kind == RECORD_PROBE && r->key < m->ntargets)
		probe_remove(m, r->key);
	else if (kind == RECORD_PMTU)
		pmtu_forget(m, r->key);
	else if (kind == RECORD_SA)
		sa_remove(m, r->key);
	else
		remove_router_kinds(m, kind, r->key);
}

static void advance(struct model *m, const struct record *r)
{
	if (m->started_us == MODEL_NEVER) {
		m->partial = r->snapshot;
		m->now = r->t;
	}
	/* a snapshot is stamped with when its value was seen: older than what is being told */
	if (r->t > m->now)
		m->now = r->t;
	if (!m->began)
		m->started_us = m->tick_us = m->now;
	m->began |= !r->snapshot;
}

void model_apply(struct model *m, const struct record *r)
{
	advance(m, r);
	switch (r->kind) {
	case RECORD_REMOVE: remove_apply(m, r); break;
	case RECORD_NAME: name_apply(m, r); break;
	case RECORD_SESSION: session_apply(m, r); break;
	case RECORD_SETTING: setting_apply(m, r); break;
	case RECORD_CARRY: tunnel_carry_apply(m, r); break;
	case RECORD_SOURCE: source_apply(m, r); break;
	case RECORD_CLOCK: clock_apply(m, r); break;
	case RECORD_TICK:
		if (!r->snapshot)
			tick_apply(m);
		break;
	case RECORD_GAP: gap_apply(m, r); break;
	case RECORD_TUNNEL: tunnel_apply(m, r); break;
	case RECORD_LINK: link_apply(m, r); break;
	case RECORD_ADDRESS: link_address_apply(m, r); break;
	case RECORD_ROUTE: link_route_apply(m, r); break;
	case RECORD_PROBE: probe_apply(m, r); break;
	case RECORD_MARK: mark_apply(m, r); break;
	case RECORD_BASELINE: baseline_apply(m, r); break;
	case RECORD_NOTICE: notice_apply(m, r); break;
	case RECORD_BGP: bgp_apply(m, r); break;
	case RECORD_ROUTER: router_apply(m, r); break;
	case RECORD_ROUTER_TUNNEL: router_tunnel_apply(m, r); break;
	case RECORD_LOG: log_apply(m, r); break;
	case RECORD_PMTU: pmtu_apply(m, r); break;
	case RECORD_SA: sa_apply(m, r); break;
	case RECORD_SA_COUNTERS:
	case RECORD_XFRMSTAT:
	case RECORD_WIREGUARD:
	case RECORD_CAPTURE:
	case RECORD_PTB:
	case RECORD_MSS:
	case RECORD_PACKET:
		break; /* their sources are yet to come */
	case RECORD_KINDS:
		break;
	}
}

/* ---- looking things up ---- */

const char *model_setting(const struct model *m, const char *name)
{
	for (size_t i = 0; i < m->nsettings; i++)
		if (m->settings[i].used && !strcmp(model_name(m, m->settings[i].name), name))
			return model_name(m, m->settings[i].value);
	return NULL;
}

unsigned model_find_tunnel(const struct model *m, const char *name)
{
	for (size_t i = 0; i < m->ntunnels; i++)
		if (m->tunnels[i].used && !strcmp(m->tunnels[i].name, name))
			return (unsigned)i;
	return MODEL_NONE;
}

unsigned model_find_link(const struct model *m, const char *ifname)
{
	for (size_t i = 0; i < m->nlinks; i++)
		if (m->links[i].used && !strcmp(model_name(m, m->links[i].ifname), ifname))
			return (unsigned)i;
	return MODEL_NONE;
}

unsigned model_find_ifindex(const struct model *m, int ifindex)
{
	for (size_t i = 0; i < m->nlinks; i++)
		if (m->links[i].used && !m->links[i].gone && m->links[i].ifindex == ifindex)
			return (unsigned)i;
	return MODEL_NONE;
}

const struct model_link *model_tunnel_link(const struct model *m, const struct model_tunnel *t)
{
	return t->link < m->nlinks && m->links[t->link].used ? &m->links[t->link] : NULL;
}

const struct model_target *model_tunnel_inner(const struct model *m, const struct model_tunnel *t)
{
	return t->inner_target < m->ntargets && m->targets[t->inner_target].used ? &m->targets[t->inner_target] : NULL;
}

const struct model_target *model_tunnel_outer(const struct model *m, const struct model_tunnel *t)
{
	return t->outer_target < m->ntargets && m->targets[t->outer_target].used ? &m->targets[t->outer_target] : NULL;
}

const struct model_route *model_tunnel_route(const struct model *m, const struct model_tunnel *t)
{
	return t->route < m->nroutes && m->routes[t->route].used ? &m->routes[t->route] : NULL;
}

int64_t model_wall(const struct model *m, int64_t t)
{
	int64_t wall;

	/* a hostile file may name any offset */
	return __builtin_add_overflow(t, m->wall_off_us, &wall) ? t : wall;
}

int64_t model_session_time(const struct model *m, int64_t wall_us)
{
	int64_t t;

	/* a hostile file may name any time; one below all others means never */
	return __builtin_sub_overflow(wall_us, m->wall_off_us, &t) || t == MODEL_NEVER ? m->now : t;
}

const struct model_source *model_source_trouble(const struct model *m, const char *name)
{
	for (size_t i = 0; i < m->nsources; i++)
		if (m->sources[i].used && m->sources[i].state != SOURCE_STATE_OK &&
		    !strcmp(model_name(m, m->sources[i].name), name))
			return &m->sources[i];
	return NULL;
}
