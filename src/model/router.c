// SPDX-License-Identifier: GPL-2.0-or-later
// Routers that are asked, and what they say of tunnels.
#include <string.h>

#include "model/model_int.h"

enum { PERIODS = 3, PERIOD_MS = 10000, LIFE_NOISE_S = 5 };

/* ---- routers ---- */

static struct model_router *router_at(struct model *m, unsigned key)
{
	struct model_router *o;

	if (key >= ROUTERS_MAX)
		return NULL;
	if (key >= m->nrouters) {
		array_grow(&m->routers, &m->routers_cap, key + 1, sizeof *m->routers);
		m->nrouters = key + 1;
	}
	o = &m->routers[key];
	if (!o->used) {
		memset(o, 0, sizeof *o);
		o->used = true;
		o->router = o->profile = o->reason = MODEL_NONE;
		o->cpu_pct = o->mem_pct = -1;
		o->boot_at = o->polled_us = o->answered_us = o->absent_us = MODEL_NEVER;
	}
	return o;
}

const char *router_trouble(const struct model_router *r)
{
	switch (r->outcome) {
	case ROUTER_OUTCOME_OK: return r->failures ? "does not answer" : "is not asked any more";
	case ROUTER_OUTCOME_TIMEOUT: return "does not answer";
	case ROUTER_OUTCOME_REFUSED: return "refuses connections";
	case ROUTER_OUTCOME_AUTH: return "refuses the login";
	case ROUTER_OUTCOME_PARSE: return "is not understood";
	case ROUTER_OUTCOME_ABSENT: return "has no BGP running";
	case ROUTER_OUTCOME_LOST: return "closes the connection";
	case ROUTER_OUTCOME_RELEASED: return "is released: not asked";
	case ROUTER_OUTCOME_COUNT: break;
	}
	return "does not answer";
}

static void tell_poll(struct model *m, const struct model_router *old, const struct model_router *o)
{
	const char *name = model_name(m, o->router), *reason = model_name(m, o->reason);
	bool well = o->outcome == ROUTER_OUTCOME_OK, was_well = old->outcome == ROUTER_OUTCOME_OK;

	if (o->outcome != old->outcome || old->polled_us == MODEL_NEVER) {
		if (well && !was_well && old->polled_us != MODEL_NEVER)
			history_add_event(m, m->now, MODEL_NONE, 1, SEVERITY_INFO, "ROUTER", "%.40s answers again",
					  name);
		else if (!well)
			history_add_event(m, m->now, MODEL_NONE, o->outcome == ROUTER_OUTCOME_RELEASED ? 0 : -1,
					  SEVERITY_WARNING, "ROUTER", "%.40s %s%s%.80s", name, router_trouble(o),
					  *reason ? ": " : "", reason);
		m->changes++;
	}
	if (o->not_understood > 0 && old->not_understood <= 0)
		history_add_event(m, m->now, MODEL_NONE, -1, SEVERITY_WARNING, "ROUTER",
				  "%.40s: %d piece%s of its answer not understood", name, o->not_understood,
				  o->not_understood == 1 ? "" : "s");
}

static int32_t number(const struct record *r, unsigned field, int32_t otherwise)
{
	int64_t x = record_get(r, field, otherwise);

	return x < INT32_MIN || x > INT32_MAX ? otherwise : (int32_t)x;
}

/* What a poll did not find out stays as it was; what came of the poll itself does not. */
static void set_poll(struct model_router *o, const struct record *r)
{
	int64_t outcome = record_get(r, ROUTER_OUTCOME, ROUTER_OUTCOME_LOST);

	o->router = name_or_none(r, ROUTER_ROUTER);
	o->profile = name_or_none(r, ROUTER_PROFILE);
	o->reason = name_or_none(r, ROUTER_REASON);
	o->outcome = outcome < 0 || outcome >= ROUTER_OUTCOME_COUNT ? ROUTER_OUTCOME_LOST :
		     (enum router_outcome)outcome;
	o->took_ms = number(r, ROUTER_TOOK_MS, 0);
	o->period_ms = number(r, ROUTER_PERIOD_MS, 0);
	o->not_understood = number(r, ROUTER_NOT_UNDERSTOOD, 0);
	o->cpu_pct = number(r, ROUTER_CPU_PCT, -1);
	o->mem_pct = number(r, ROUTER_MEM_PCT, -1);
	o->boot_at = record_get(r, ROUTER_BOOT_AT, MODEL_NEVER);
	o->has_clock_offset = record_has(r, ROUTER_CLOCK_OFFSET_S);
	o->clock_offset_s = record_get(r, ROUTER_CLOCK_OFFSET_S, 0);
	o->polled_us = r->t;
	if (o->outcome != ROUTER_OUTCOME_ABSENT)
		o->absent_us = MODEL_NEVER;
	else if (o->absent_us == MODEL_NEVER)
		o->absent_us = r->t;
	o->failures = o->outcome == ROUTER_OUTCOME_OK ? 0 : o->failures + !r->snapshot;
	o->polls += !r->snapshot;
	o->failed += !r->snapshot && o->outcome != ROUTER_OUTCOME_OK;
	if (o->outcome == ROUTER_OUTCOME_OK)
		o->answered_us = r->t;
}

void router_apply(struct model *m, const struct record *r)
{
	struct model_router *o = router_at(m, r->key), old;

	if (!o)
		return;
	old = *o;
	if (o->router != MODEL_NONE && o->router != name_or_none(r, ROUTER_ROUTER)) {
		o->used = false;
		o = router_at(m, r->key);
		old = *o;
	}
	set_poll(o, r);
	if (!r->snapshot)
		tell_poll(m, &old, o);
}

const struct model_router *model_find_router(const struct model *m, uint16_t name)
{
	for (size_t i = 0; name != MODEL_NONE && i < m->nrouters; i++)
		if (m->routers[i].used && m->routers[i].router == name)
			return &m->routers[i];
	return NULL;
}

static bool is_old(const struct model *m, const struct model_router *r, int64_t t)
{
	int64_t period = (r->period_ms > 0 ? r->period_ms : PERIOD_MS) * US_PER_MS;

	return t == MODEL_NEVER || m->now - t > max_time(PERIODS * period, 3 * US_PER_S);
}

bool model_router_stale(const struct model *m, const struct model_router *r)
{
	return is_old(m, r, r->answered_us);
}

bool router_is_absent(const struct model *m, const struct model_router *r)
{
	return r->absent_us != MODEL_NEVER && !is_old(m, r, r->polled_us);
}

/* ---- tunnels as their router sees them ---- */

static struct model_router_tunnel *remote_at(struct model *m, const struct record *r)
{
	uint16_t router = name_or_none(r, ROUTER_TUNNEL_ROUTER), name = name_or_none(r, ROUTER_TUNNEL_NAME);
	struct model_router_tunnel *o;

	if (r->key >= ROUTER_TUNNELS_MAX)
		return NULL;
	if (r->key >= m->nrouter_tunnels) {
		array_grow(&m->router_tunnels, &m->router_tunnels_cap, r->key + 1u, sizeof *m->router_tunnels);
		m->nrouter_tunnels = r->key + 1u;
	}
	o = &m->router_tunnels[r->key];
	if (o->used && o->router == router && o->name == name)
		return o;
	memset(o, 0, sizeof *o);
	o->router = router;
	o->name = name;
	o->word = o->row = MODEL_NONE;
	o->since = o->up_us = o->sa_us = o->seen_us = MODEL_NEVER;
	o->sa_life_s = -1;
	m->topology++;
	return o;
}

/* Since when it is up or down: the router says so, but not of before it was last seen otherwise. */
static int64_t dated(const struct model *m, const struct model_router_tunnel *old, const struct record *r)
{
	int64_t t = record_has(r, ROUTER_TUNNEL_SINCE) && m->has_clock ?
		    model_session_time(m, r->v[ROUTER_TUNNEL_SINCE]) : r->t;

	if (t > r->t)
		t = r->t;
	return old->used && old->has_up ? max_time(t, old->seen_us) : t;
}

static void note_rekey(struct model *m, const struct model_router_tunnel *old, struct model_router_tunnel *o,
		       bool snapshot)
{
	if (!old->used || snapshot || old->sa_life_s < 0 || o->sa_life_s <= old->sa_life_s + LIFE_NOISE_S)
		return;
	o->rekeys++;
	if (o->row < m->ntunnels && m->tunnels[o->row].used)
		m->tunnels[o->row].rekeys++;
	history_add_event(m, m->now, o->row, 0, SEVERITY_INFO, "REKEY", "%.40s: %.40s has new SAs, for %lld s",
			  model_name(m, o->router), model_name(m, o->name), (long long)o->sa_life_s);
}

static void tell_remote(struct model *m, const struct model_router_tunnel *old, const struct model_router_tunnel *o)
{
	if (old->has_up && o->has_up && old->up != o->up) {
		m->changes++;
		history_add_event(m, o->up_us, o->row, o->up ? 1 : -1, o->up ? SEVERITY_INFO : SEVERITY_WARNING,
				  "ROUTER", "%.40s says %.40s is %s", model_name(m, o->router), model_name(m, o->name),
				  o->up ? "up" : "down");
	}
	if (old->gone != o->gone)
		history_add_event(m, m->now, o->row, o->gone ? -1 : 0, SEVERITY_INFO, "ROUTER", "%.40s %s %.40s",
				  model_name(m, o->router), o->gone ? "no longer lists" : "lists again",
				  model_name(m, o->name));
}

void router_tunnel_apply(struct model *m, const struct record *r)
{
	struct model_router_tunnel *o = remote_at(m, r), old;

	if (!o)
		return;
	old = *o;
	o->used = true;
	o->gone = record_get(r, ROUTER_TUNNEL_GONE, 0) != 0;
	o->has_up = record_has(r, ROUTER_TUNNEL_UP) && !o->gone;
	o->up = record_get(r, ROUTER_TUNNEL_UP, 0) != 0;
	o->has_sa = record_has(r, ROUTER_TUNNEL_SA);
	o->sa = record_get(r, ROUTER_TUNNEL_SA, 0) != 0;
	o->word = name_or_none(r, ROUTER_TUNNEL_WORD);
	o->since = record_get(r, ROUTER_TUNNEL_SINCE, MODEL_NEVER);
	o->sa_life_s = record_get(r, ROUTER_TUNNEL_SA_LIFE_S, -1);
	o->has_packets = record_has(r, ROUTER_TUNNEL_RX_PACKETS);
	o->rx_packets = (uint64_t)record_get(r, ROUTER_TUNNEL_RX_PACKETS, 0);
	o->tx_packets = (uint64_t)record_get(r, ROUTER_TUNNEL_TX_PACKETS, 0);
	if (o->has_up && (!old.used || !old.has_up || old.up != o->up))
		o->up_us = dated(m, &old, r);
	if (!old.used || old.has_sa != o->has_sa || old.sa != o->sa)
		o->sa_us = r->t;
	o->seen_us = r->t;
	note_rekey(m, &old, o, r->snapshot);
	if (r->snapshot)
		return;
	if (old.used)
		tell_remote(m, &old, o);
	if (o->row != MODEL_NONE && (old.has_up != o->has_up || old.up != o->up))
		health_update(m, o->row);
}

const struct model_router_tunnel *model_tunnel_remote(const struct model *m, const struct model_tunnel *t)
{
	const struct model_router_tunnel *o = t->router_tunnel < m->nrouter_tunnels ?
					      &m->router_tunnels[t->router_tunnel] : NULL;

	return o && o->used && o->row == (size_t)(t - m->tunnels) ? o : NULL;
}
