// SPDX-License-Identifier: GPL-2.0-or-later
// The state of a row: evidence to verdict, with its reason in words.
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "model/model_int.h"

/* A router solicitation that IPv4 in IPv6 cannot carry is an error of the interface, and so are a few reports after it:
 * some errors are no trouble. */
enum { DEGRADED_HOLD_S = 60, MOVING_S = 10, BASE_REPLIES = 60, FLAPS = 3, ERRORS = 8 };

enum reason {
	REASON_WAITING, REASON_GONE, REASON_ON_DEMAND, REASON_ADMIN, REASON_NO_CARRIER, REASON_SILENT,
	REASON_SILENT_TRAFFIC, REASON_TRAFFIC, REASON_ANSWERS, REASON_NOTHING, REASON_ONE_WAY, REASON_NO_PEER,
	REASON_CAUSE,
};

enum outer { OUTER_NONE, OUTER_WAITING, OUTER_ANSWERS, OUTER_LOST, OUTER_NEVER };

struct verdict {
	enum health health;
	enum reason reason;
	int64_t since;
	bool by_traffic;
};

static const struct model_target *target_of(const struct model *m, uint16_t key)
{
	return key < m->ntargets && m->targets[key].used ? &m->targets[key] : NULL;
}

static enum outer outer_state(const struct model *m, const struct model_tunnel *t)
{
	const struct model_target *o = target_of(m, t->outer_target);

	if (!o || t->outer_target == MODEL_NONE)
		return OUTER_NONE;
	if (!o->replies)
		return o->silent ? OUTER_NEVER : OUTER_WAITING;
	return o->silent || o->lost_run ? OUTER_LOST : OUTER_ANSWERS;
}

/* ---- evidence ---- */

static bool received_lately(const struct model *m, const struct model_link *l)
{
	return l && l->rx_moved_us != MODEL_NEVER && l->rx_moved_us > m->now - MOVING_S * US_PER_S;
}

/* Traffic arrives although the peer does not answer, and was read after the silence began. Neighbours that
 * look for each other (ARP, ND) exchange a packet every few seconds, which is no traffic. */
static bool traffic_outvotes(const struct model *m, const struct model_tunnel *t, const struct model_link *l,
			     const struct model_target *in)
{
	int64_t from = max_time(in->silent_since_us + m->interval_us, m->now - MOVING_S * US_PER_S);

	unsigned steps;
	int64_t n;

	if (!received_lately(m, l))
		return false;
	n = link_received_since(m, l, from, &steps);
	return t->by_traffic ? n >= 1 : n >= 8 || (n >= 5 && steps >= 5);
}

static struct verdict judge_link(const struct model_tunnel *t, const struct model_link *l, bool *ret_final)
{
	struct verdict v = { HEALTH_DOWN, REASON_GONE, l ? l->changed_us : MODEL_NEVER, false };

	*ret_final = true;
	if (t->gone || (l && l->gone)) {
		if (t->expect == EXPECT_ON_DEMAND)
			v = (struct verdict){ HEALTH_UNKNOWN, REASON_ON_DEMAND, v.since, false };
		return v;
	}
	if (l && l->known_state && !l->up) {
		v.reason = REASON_ADMIN;
		return v;
	}
	if (l && l->known_state && !l->carrier) {
		v.reason = REASON_NO_CARRIER;
		return v;
	}
	*ret_final = false;
	return v;
}

static struct verdict judge_peer(const struct model *m, const struct model_tunnel *t, const struct model_link *l,
				 const struct model_target *in)
{
	if (in->silent && traffic_outvotes(m, t, l, in))
		return (struct verdict){ HEALTH_UP, REASON_SILENT_TRAFFIC,
					 max_time(l->rx_run_us, in->silent_since_us), true };
	if (in->silent)
		return (struct verdict){ HEALTH_DOWN, REASON_SILENT, in->silent_since_us, false };
	/* after an outage of the interface the peer must answer again, as after any other */
	if (in->replies && (t->state != HEALTH_DOWN || in->reply_run >= 3))
		return (struct verdict){ HEALTH_UP, REASON_ANSWERS,
					 l ? max_time(in->reply_start_us, l->changed_us) : in->reply_start_us, false };
	if (in->replies)
		return (struct verdict){ t->state, REASON_SILENT, t->since_us, false };
	return (struct verdict){ HEALTH_UNKNOWN, REASON_WAITING, m->now, false };
}

static struct verdict judge_traffic(const struct model *m, const struct model_tunnel *t, const struct model_link *l)
{
	if (!l)
		return (struct verdict){ HEALTH_UNKNOWN, REASON_NO_PEER, m->now, false };
	if (received_lately(m, l))
		return (struct verdict){ HEALTH_UP, REASON_TRAFFIC, l->rx_moved_us, true };
	if (t->oneway_us != MODEL_NEVER && t->oneway_us <= m->now - MOVING_S * US_PER_S)
		return (struct verdict){ HEALTH_DEGRADED, REASON_ONE_WAY, t->oneway_us, true };
	return (struct verdict){ HEALTH_UNKNOWN, REASON_NOTHING, m->now, false };
}

static struct verdict judge(const struct model *m, const struct model_tunnel *t)
{
	const struct model_link *l = model_tunnel_link(m, t);
	const struct model_target *in = target_of(m, t->inner_target);
	struct verdict v;
	bool final;

	v = judge_link(t, l, &final);
	if (final)
		return v;
	if (in && t->peer != MODEL_NONE)
		return judge_peer(m, t, l, in);
	return judge_traffic(m, t, l);
}

/* ---- causes of being degraded ---- */

static bool cause_loss(const struct model *m, const struct model_tunnel *t, char *text, size_t size)
{
	const struct model_target *in = target_of(m, t->inner_target);
	unsigned n = (unsigned)(60 * US_PER_S / m->interval_us), lost;

	if (!in || model_ring_lost(in, UINT32_MAX) < 3)
		return false;
	if (n > in->ring_count)
		n = in->ring_count;
	lost = model_ring_lost(in, n);
	if (lost < 3 || lost < 0.03 * n || wilson_lower(lost, n) < 0.01)
		return false;
	snprintf(text, size, "loss %.1f %% in the last %u probes", 100.0 * lost / n, n);
	return true;
}

static bool cause_rtt(const struct model *m, const struct model_tunnel *t, char *text, size_t size)
{
	const struct model_target *in = target_of(m, t->inner_target);
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

static bool (*const causes[])(const struct model *, const struct model_tunnel *, char *, size_t) = {
	cause_flapping, cause_loss, cause_rtt, cause_errors,
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

/* ---- words ---- */

static void outer_text(const struct model *m, const struct model_tunnel *t, char *text, size_t size, size_t *pos)
{
	switch (outer_state(m, t)) {
	case OUTER_NONE:
	case OUTER_WAITING:
		break;
	case OUTER_ANSWERS:
		str_append(text, size, pos, "; outer %s answers", model_name(m, t->outer_remote));
		break;
	case OUTER_LOST:
		str_append(text, size, pos, "; outer %s lost too", model_name(m, t->outer_remote));
		break;
	case OUTER_NEVER:
		str_append(text, size, pos, "; outer %s never answered", model_name(m, t->outer_remote));
		break;
	}
}

static void silent_text(const struct model *m, const struct model_tunnel *t, char *text, size_t size)
{
	const struct model_target *in = target_of(m, t->inner_target);
	const struct model_link *l = model_tunnel_link(m, t);
	size_t pos = 0;

	str_append(text, size, &pos, "no reply from %s", model_name(m, t->peer));
	if (in->silent)
		str_append(text, size, &pos, " to %u probes in a row", in->need_lost);
	if (in->last_error)
		str_append(text, size, &pos, " (%s)", strerrordesc_np(in->last_error) ?
			   strerrordesc_np(in->last_error) : "unknown error");
	if (l)
		str_append(text, size, &pos, ", %s is up but nothing arrives", model_name(m, l->ifname));
	outer_text(m, t, text, size, &pos);
}

static void reason_text(const struct model *m, const struct model_tunnel *t, enum reason reason,
			char *text, size_t size)
{
	const char *ifname = model_name(m, t->ifname), *peer = model_name(m, t->peer);
	const struct model_target *in = target_of(m, t->inner_target);
	size_t pos = 0;

	switch (reason) {
	case REASON_WAITING:
		str_append(text, size, &pos, "waiting for the first answer from %s", peer);
		break;
	case REASON_GONE:
		str_append(text, size, &pos, "interface %s is gone", ifname);
		break;
	case REASON_ON_DEMAND:
		str_append(text, size, &pos, "interface %s does not exist now (expect = on-demand)", ifname);
		break;
	case REASON_ADMIN:
		str_append(text, size, &pos, "ADMIN: %s is shut down (ip link set %s up)", ifname, ifname);
		break;
	case REASON_NO_CARRIER:
		str_append(text, size, &pos, "%s has no carrier", ifname);
		break;
	case REASON_SILENT:
		silent_text(m, t, text, size);
		break;
	case REASON_SILENT_TRAFFIC:
		if (in && in->replies)
			str_append(text, size, &pos, "up by traffic: packets arrive, no reply from peer %s yet", peer);
		else
			str_append(text, size, &pos, "up by traffic: peer %s does not answer ping, but packets arrive",
				   peer);
		break;
	case REASON_TRAFFIC:
		str_append(text, size, &pos, "up by traffic: no peer to probe, packets arrive");
		break;
	case REASON_ANSWERS:
		str_append(text, size, &pos, "%s answers", peer);
		break;
	case REASON_NOTHING:
		if (t->peer_from == PEER_FROM_CONFIG)
			str_append(text, size, &pos, "the address of its peer is not known, and nothing received "
				   "in %d s", MOVING_S);
		else
			str_append(text, size, &pos, "no peer to probe, and nothing received in %d s", MOVING_S);
		break;
	case REASON_ONE_WAY:
		str_append(text, size, &pos, "one way: packets leave %s, none arrive", ifname);
		break;
	case REASON_NO_PEER:
		if (t->peer_from == PEER_FROM_CONFIG)
			str_append(text, size, &pos, "the address of its peer is not known: its name was not "
				   "resolved, or there is no default route");
		else
			str_append(text, size, &pos, "no interface and no peer: name one with peer = ...");
		break;
	case REASON_CAUSE:
		str_append(text, size, &pos, "%s", t->cause);
		break;
	}
}

/* Words are made only when what they say has changed. */
static void set_reason(struct model *m, struct model_tunnel *t, enum reason reason)
{
	const struct model_target *in = target_of(m, t->inner_target);
	uint64_t code = 1 + (uint64_t)reason + ((uint64_t)t->peer << 16) + ((uint64_t)t->ifname << 32);

	if (reason == REASON_SILENT)
		code = hash_bytes(code + (uint64_t)outer_state(m, t) + (uint64_t)in->last_error * 64 + in->silent * 8,
				  &in->need_lost, sizeof in->need_lost);
	if (reason == REASON_CAUSE)
		code = hash_bytes(code, t->cause, sizeof t->cause);
	if (code == t->reason_code)
		return;
	t->reason_code = code;
	memset(t->reason, 0, sizeof t->reason);
	reason_text(m, t, reason, t->reason, sizeof t->reason);
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
	bool known = (old != HEALTH_UNKNOWN || t->first_us > m->started_us + 5 * US_PER_S) && !is_after_gap(m, since);

	if (was_down_already(t, v, by_traffic))
		t->degraded_until_us = t->error_us = MODEL_NEVER;
	else if (since < began)
		since = began;
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

static void update(struct model *m, unsigned key, bool tick)
{
	struct model_tunnel *t = &m->tunnels[key];
	struct verdict v = judge(m, t);
	bool by_traffic = t->by_traffic;

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
	set_reason(m, t, v.reason);
	if (v.health != t->state)
		transition(m, key, &v, by_traffic);
	else if (v.health == HEALTH_DOWN && v.reason == REASON_GONE && m->now - t->since_us <= US_PER_S)
		/* an interface that is deleted is shut down first */
		history_outage_explain(m, key, t->reason);
}

void health_update(struct model *m, unsigned key)
{
	if (key < m->ntunnels && m->tunnels[key].used)
		update(m, key, false);
}

/* Median of the first replies since the session, or the baseline, began. */
static void gather_baseline(struct model *m, struct model_tunnel *t)
{
	const struct model_target *in = target_of(m, t->inner_target);

	if (t->base_rtt_us || !in || in->rtt.recent_count < t->base_replies + BASE_REPLIES)
		return;
	rtt_recent(&in->rtt, BASE_REPLIES, &t->base_rtt_us, &t->base_sigma_us);
	t->base_rtt_us = t->base_rtt_us ? t->base_rtt_us : 1;
	if (t->base_us == MODEL_NEVER)
		t->base_us = m->now;
}

static void watch_counters(struct model *m, struct model_tunnel *t)
{
	const struct model_link *l = model_tunnel_link(m, t);
	uint64_t errors;

	if (!l || !l->known_counters)
		return;
	errors = l->total[COUNTER_RX_ERRORS] + l->total[COUNTER_TX_ERRORS];
	/* what fails during an outage, and is read just after it, says nothing of the tunnel now */
	if (t->state == HEALTH_DOWN || m->now - t->since_us <= 2 * max_time(m->interval_us, US_PER_S) ||
	    t->error_from_us < m->now - MOVING_S * US_PER_S) {
		t->error_from_us = m->now;
		t->error_base = errors;
	}
	if (errors >= t->error_base + ERRORS)
		t->error_us = m->now;
	if (l->tx_moved_us == MODEL_NEVER || l->tx_moved_us < m->now - MOVING_S * US_PER_S || received_lately(m, l))
		t->oneway_us = MODEL_NEVER;
	else if (t->oneway_us == MODEL_NEVER)
		t->oneway_us = m->now;
}

void health_tick(struct model *m)
{
	for (size_t i = 0; i < m->ntunnels; i++) {
		struct model_tunnel *t = &m->tunnels[i];

		if (!t->used)
			continue;
		watch_counters(m, t);
		gather_baseline(m, t);
		update(m, (unsigned)i, true);
		history_mark(m, (unsigned)i, max_time(m->tick_us, t->first_us), m->now, t->state);
	}
}

void health_baseline(struct model *m)
{
	for (size_t i = 0; i < m->ntunnels; i++) {
		struct model_tunnel *t = &m->tunnels[i];
		const struct model_target *in = target_of(m, t->inner_target);
		const struct model_link *l = model_tunnel_link(m, t);

		if (!t->used)
			continue;
		t->base_us = m->now;
		t->base_rtt_us = t->base_sigma_us = 0;
		t->base_replies = in ? in->rtt.recent_count : 0;
		t->base_mtu = l ? l->mtu : 0;
	}
}
