// SPDX-License-Identifier: GPL-2.0-or-later
// The state of a row: causes of being degraded, transitions, outages, baselines.
#include <stdio.h>
#include <string.h>

#include "model/health_int.h"

/* A router solicitation that IPv4 in IPv6 cannot carry is an error of the interface, and so are a few reports after it:
 * some errors are no trouble. */
enum { DEGRADED_HOLD_S = 60, BASE_REPLIES = 60, FLAPS = 3, ERRORS = 8 };

/* ---- causes of being degraded ---- */

static bool cause_loss(const struct model *m, const struct model_tunnel *t, char *text, size_t size)
{
	const struct model_target *in = judge_target(m, t->inner_target);
	unsigned n = (unsigned)(60 * US_PER_S / m->interval_us), lost;

	if (!in || model_ring_lost(in, UINT32_MAX) < 3)
		return false;
	lost = model_ring_loss(in, n, &n);
	if (lost < 3 || lost < 0.03 * n || wilson_lower(lost, n) < 0.01)
		return false;
	snprintf(text, size, "loss %.1f %% in the last %u probes", 100.0 * lost / n, n);
	return true;
}

static bool cause_rtt(const struct model *m, const struct model_tunnel *t, char *text, size_t size)
{
	const struct model_target *in = judge_target(m, t->inner_target);
	int32_t median, sigma, least;

	if (!in || !t->base_rtt_us || in->rtt.recent_count < t->base_replies + 2 * BASE_REPLIES)
		return false;
	if (in->rtt.srtt_us * 10 < (int64_t)t->base_rtt_us * 13)
		return false;
	rtt_recent(&in->rtt, BASE_REPLIES, &median, &sigma);
	/* half a millisecond is noise on any path */
	least = t->base_rtt_us + 500;
	if (median <= least || median <= t->base_rtt_us * 1.3 || median <= t->base_rtt_us + 3 * t->base_sigma_us)
		return false;
	snprintf(text, size, "RTT %.1f ms, %.1f ms at the baseline", median / 1e3, t->base_rtt_us / 1e3);
	return true;
}

static bool cause_errors(const struct model *m, const struct model_tunnel *t, char *text, size_t size)
{
	const struct model_link *l = model_tunnel_link(m, t);

	if (!l || t->error_us == MODEL_NEVER || t->error_us < m->now - MOVING_S * US_PER_S)
		return false;
	snprintf(text, size, "errors of %s rising (rx %llu, tx %llu)", model_name(m, l->ifname),
		 (unsigned long long)l->total[COUNTER_RX_ERRORS], (unsigned long long)l->total[COUNTER_TX_ERRORS]);
	return true;
}

static bool cause_flapping(const struct model *m, const struct model_tunnel *t, char *text, size_t size)
{
	unsigned n = model_flaps(m, t);

	if (n < FLAPS)
		return false;
	snprintf(text, size, "flapping: %u%s outages in 10 minutes", n, n == ARRAY_LEN(t->flap_us) ? " or more" : "");
	return true;
}

/* Packets go one way at most. */
static bool cause_sa(const struct model *m, const struct model_tunnel *t, char *text, size_t size)
{
	const struct model_router_tunnel *o = model_tunnel_remote(m, t);
	const struct model_router *router = model_find_router(m, t->router);

	int64_t period = router && router->period_ms > 0 ? router->period_ms * US_PER_MS : US_PER_S;

	if (!o || !o->has_up || !o->up || !o->has_sa || o->sa || (router && model_router_stale(m, router)))
		return false;
	/* the router is asked for one after the other: the next poll must find it so, too */
	if (max_time(o->up_us, o->sa_us) > m->now - period - period / 2)
		return false;
	snprintf(text, size, "%.40s: %.40s is up, but has no SA in one direction", model_name(m, t->router),
		 model_name(m, t->remote_name));
	return true;
}

static bool (*const causes[])(const struct model *, const struct model_tunnel *, char *, size_t) = {
	cause_flapping, cause_loss, mtu_trouble, cause_rtt, cause_errors, cause_sa,
};

static void look_for_causes(struct model *m, struct model_tunnel *t)
{
	char text[MODEL_REASON_MAX];

	for (size_t i = 0; i < ARRAY_LEN(causes); i++) {
		if (!causes[i](m, t, text, sizeof text))
			continue;
		memset(t->cause, 0, sizeof t->cause);
		str_copy(t->cause, sizeof t->cause, text);
		t->degraded_until_us = m->now + DEGRADED_HOLD_S * US_PER_S;
		return;
	}
}

/* ---- transitions ---- */

static void account(struct model_tunnel *t, int64_t until)
{
	int64_t span = until - t->accounted_us;

	/* an outage is dated back to its first lost probe: what was taken for health since then was none */
	if (span < 0 && (t->state == HEALTH_UP || t->state == HEALTH_DEGRADED)) {
		t->up_us += t->up_us > -span ? span : -t->up_us;
		t->accounted_us = until;
	}
	if (span <= 0)
		return;
	if (t->state == HEALTH_UP || t->state == HEALTH_DEGRADED)
		t->up_us += span;
	else if (t->state == HEALTH_DOWN)
		t->down_us += span;
	t->accounted_us = until;
}

static void enter_down(struct model *m, unsigned key, int64_t since, bool known)
{
	struct model_tunnel *t = &m->tunnels[key];

	t->outages++;
	if (known)
		t->flap_us[t->flap_pos++ % ARRAY_LEN(t->flap_us)] = m->now;
	history_outage_open(m, key, since, known, t->reason);
	history_add_event(m, since, key, -1, SEVERITY_CRITICAL, "DOWN", "%s", t->reason);
	history_mark(m, key, since, m->now, HEALTH_DOWN);
}

static void leave_down(struct model *m, unsigned key, int64_t end, enum health next, int64_t began)
{
	struct model_tunnel *t = &m->tunnels[key];
	const char *word = next == HEALTH_UP ? "UP" : next == HEALTH_DEGRADED ? "DEGR" : "?";
	char age[16];

	t->over[t->over_pos % ARRAY_LEN(t->over)].from = began;
	t->over[t->over_pos++ % ARRAY_LEN(t->over)].until = end;
	history_outage_close(m, key, end);
	history_rewrite(m, key, end, next);
	history_add_event(m, end, key, next == HEALTH_UNKNOWN ? 0 : 1, SEVERITY_INFO, word, "after %s: %s",
			  time_age(end - began, age), t->reason);
}

static void note_change(struct model *m, unsigned key, enum health old)
{
	struct model_tunnel *t = &m->tunnels[key];

	if (t->state == HEALTH_DEGRADED)
		history_add_event(m, t->since_us, key, -1, SEVERITY_WARNING, "DEGR", "%s", t->reason);
	else if (t->state == HEALTH_UP)
		history_add_event(m, t->since_us, key, 1, SEVERITY_INFO, "UP", "%s", t->reason);
	else if (old != HEALTH_UNKNOWN)
		history_add_event(m, t->since_us, key, 0, SEVERITY_INFO, "?", "%s", t->reason);
}

/* Errors and losses seen before the verdict made a row degraded that was down already: the outage begins at its first
 * lost probe all the same, and what it caused is not held against the row afterwards. Traffic that went on while the
 * peer was silent is no such thing. */
static bool was_down_already(const struct model_tunnel *t, const struct verdict *v, bool by_traffic)
{
	return v->health == HEALTH_DOWN && v->reason == REASON_SILENT && !by_traffic && v->since < t->since_us &&
	       (t->state == HEALTH_UP || t->state == HEALTH_DEGRADED);
}

/* What was so when records came again may have been so before. */
static bool is_after_gap(const struct model *m, int64_t since)
{
	return m->gap_us != MODEL_NEVER && since <= m->gap_us + m->interval_us + US_PER_S / 10;
}

static void transition(struct model *m, unsigned key, const struct verdict *v, bool by_traffic)
{
	struct model_tunnel *t = &m->tunnels[key];
	enum health old = t->state;
	int64_t began = t->since_us, since = v->since == MODEL_NEVER || v->since > m->now ? m->now : v->since;
	bool known = (old != HEALTH_UNKNOWN || t->first_us > m->started_us + 5 * US_PER_S) && !is_after_gap(m, since) &&
		     !v->from_start;

	if (was_down_already(t, v, by_traffic)) {
		t->degraded_until_us = t->error_us = MODEL_NEVER;
		history_drop_events(m, key, "DEGR", since);
	} else if (since <= began && old == HEALTH_DOWN) {
		since = m->now; /* what spoke for the row all along is believed only now */
	} else if (since < began) {
		since = began;
	}
	/* what began before it was seen to begin: the very first verdict may not be dated before the row */
	account(t, since);
	t->state = v->health;
	t->since_us = since;
	t->since_known = known;
	m->changes++;
	if (v->health == HEALTH_DOWN)
		enter_down(m, key, since, known);
	else if (old == HEALTH_DOWN)
		leave_down(m, key, since, v->health, began);
	else
		note_change(m, key, old);
}

/* What holds the row down is remembered: see judge_down. */
static bool is_by_bgp(const struct model_tunnel *t, const struct verdict *v, const struct bgp_evidence *bgp)
{
	if (v->reason == REASON_BGP || v->reason == REASON_BGP_HELD || v->reason == REASON_BGP_UP)
		return true;
	return v->health == HEALTH_DOWN && bgp->worst &&
	       (bgp->is_past || (t->by_bgp && t->state == HEALTH_DOWN && bgp->worth != BGP_WORTH_UP));
}

static void update(struct model *m, unsigned key, bool tick)
{
	struct model_tunnel *t = &m->tunnels[key];
	bool by_traffic = t->by_traffic;
	struct evidence e;
	struct verdict v;

	judge_gather(m, key, &e);
	v = judge(m, t, &e);

	if (v.health == HEALTH_UP && tick)
		look_for_causes(m, t);
	if (v.health == HEALTH_UP && t->degraded_until_us != MODEL_NEVER && m->now < t->degraded_until_us) {
		v.health = HEALTH_DEGRADED;
		v.reason = REASON_CAUSE;
		if (t->state == HEALTH_UP)
			v.since = m->now;
	} else if (v.health == HEALTH_UP && t->state == HEALTH_DEGRADED) {
		v.since = m->now;
	}
	t->by_traffic = v.by_traffic;
	t->by_bgp = is_by_bgp(t, &v, &e.bgp);
	t->by_router = v.reason == REASON_ROUTER_DOWN || v.reason == REASON_ROUTER_HELD || v.reason == REASON_ROUTER_UP;
	reason_set(m, t, v.reason, &e);
	if (v.health != t->state)
		transition(m, key, &v, by_traffic);
	else if (v.health == HEALTH_DOWN && v.reason == REASON_GONE && m->now - t->since_us <= US_PER_S)
		/* an interface that is deleted is shut down first */
		history_outage_explain(m, key, t->reason);
}

static bool overlaps(int64_t from, int64_t until, int64_t from2, int64_t until2)
{
	return from2 != MODEL_NEVER && from < until2 && from2 < until;
}

/* Whether that stretch is part of an outage that is counted already, or too long ago to tell. */
static bool is_covered(const struct model_tunnel *t, int64_t from, int64_t until)
{
	int64_t oldest = INT64_MAX;

	if (t->state == HEALTH_DOWN && t->since_us < until)
		return true;
	for (unsigned i = 0; i < ARRAY_LEN(t->over); i++) {
		if (overlaps(from, until, t->over[i].from, t->over[i].until))
			return true;
		oldest = t->over[i].from < oldest ? t->over[i].from : oldest;
	}
	return from < oldest && oldest != INT64_MAX;
}

bool health_past_outage(struct model *m, unsigned key, int64_t from, int64_t until, const char *cause)
{
	struct model_tunnel *t = &m->tunnels[key];
	int64_t counted;

	from = max_time(from, m->started_us);
	if (until <= from || is_covered(t, from, until))
		return false;
	account(t, m->now);
	counted = until - max_time(from, t->since_us);
	if (counted > 0 && (t->state == HEALTH_UP || t->state == HEALTH_DEGRADED))
		t->up_us -= t->up_us > counted ? counted : t->up_us;
	t->down_us += until - from;
	t->outages++;
	t->flap_us[t->flap_pos++ % ARRAY_LEN(t->flap_us)] = from;
	t->over[t->over_pos % ARRAY_LEN(t->over)].from = from;
	t->over[t->over_pos++ % ARRAY_LEN(t->over)].until = until;
	m->changes++;
	history_outage_past(m, key, from, until, cause);
	history_mark(m, key, from, until, HEALTH_DOWN);
	return true;
}

void health_update(struct model *m, unsigned key)
{
	if (key < m->ntunnels && m->tunnels[key].used)
		update(m, key, false);
}

/* Median of the first replies since the session, or the baseline, began. */
static void gather_baseline(struct model *m, struct model_tunnel *t)
{
	const struct model_target *in = judge_target(m, t->inner_target);

	if (t->base_rtt_us || !in || in->rtt.recent_count < t->base_replies + BASE_REPLIES)
		return;
	rtt_recent(&in->rtt, BASE_REPLIES, &t->base_rtt_us, &t->base_sigma_us);
	t->base_rtt_us = t->base_rtt_us ? t->base_rtt_us : 1;
	if (t->base_us == MODEL_NEVER)
		t->base_us = m->now;
}

static int64_t mtu_period(const struct model *m)
{
	const char *text = model_setting(m, "mtu-period");
	int64_t seconds;

	return text && str_to_int(text, 1, 86400, &seconds) ? seconds * US_PER_S : 0;
}

/* Errors since error_from_us that our own large probes may have been: some kinds of interfaces count what they refuse.
 * Not all of it is recorded: a period that finds nothing new has one such probe. */
static uint64_t own_errors(const struct model *m, const struct model_tunnel *t, int64_t period_us)
{
	const struct model_pmtu *p = model_find_pmtu(m, t->inner_target);

	if (!p)
		return 0;
	return p->refusals - t->error_refusals +
	       (period_us ? (uint64_t)((m->now - t->error_from_us) / period_us) + 1 : 0);
}

static void watch_counters(struct model *m, struct model_tunnel *t, int64_t period_us)
{
	const struct model_link *l = model_tunnel_link(m, t);
	const struct model_pmtu *p = model_find_pmtu(m, t->inner_target);
	uint64_t errors;

	if (!l || !l->known_counters)
		return;
	errors = l->total[COUNTER_RX_ERRORS] + l->total[COUNTER_TX_ERRORS];
	/* what fails during an outage, and is read just after it, says nothing of the tunnel now */
	if (t->state == HEALTH_DOWN || m->now - t->since_us <= 2 * max_time(m->interval_us, US_PER_S) ||
	    t->error_from_us < m->now - MOVING_S * US_PER_S) {
		t->error_from_us = m->now;
		t->error_base = errors;
		t->error_refusals = p ? p->refusals : 0;
	}
	if (errors >= t->error_base + ERRORS + own_errors(m, t, period_us))
		t->error_us = m->now;
	if (l->tx_moved_us == MODEL_NEVER || l->tx_moved_us < m->now - MOVING_S * US_PER_S ||
	    judge_received_lately(m, l))
		t->oneway_us = MODEL_NEVER;
	else if (t->oneway_us == MODEL_NEVER)
		t->oneway_us = m->now;
}

void health_tick(struct model *m)
{
	int64_t period = mtu_period(m);

	for (size_t i = 0; i < m->ntunnels; i++) {
		struct model_tunnel *t = &m->tunnels[i];

		if (!t->used)
			continue;
		watch_counters(m, t, period);
		gather_baseline(m, t);
		log_forget(m, t);
		update(m, (unsigned)i, true);
		history_mark(m, (unsigned)i, max_time(m->tick_us, t->first_us), m->now, t->state);
	}
}

void health_baseline(struct model *m)
{
	for (size_t i = 0; i < m->ntunnels; i++) {
		struct model_tunnel *t = &m->tunnels[i];
		const struct model_target *in = judge_target(m, t->inner_target);

		if (!t->used)
			continue;
		t->base_us = m->now;
		t->base_rtt_us = t->base_sigma_us = 0;
		t->base_replies = in ? in->rtt.recent_count : 0;
		pmtu_baseline(m, (unsigned)i);
	}
}
