// SPDX-License-Identifier: GPL-2.0-or-later
// Why a row is as it is, in words with the evidence.
#include <string.h>

#include "model/health_int.h"

/* ---- BGP and routers ---- */

/* In whole minutes, hours or days: words that change every second say no more. Below a minute nothing. */
static int64_t age_step(int64_t us)
{
	int64_t minutes = us < 0 ? 0 : us / (60 * US_PER_S);

	return minutes < 60 ? minutes : minutes < 48 * 60 ? minutes / 60 * 60 : minutes / 1440 * 1440;
}

static void add_age(char *text, size_t size, size_t *pos, const char *lead, int64_t us)
{
	int64_t minutes = age_step(us);

	if (minutes >= 48 * 60)
		str_append(text, size, pos, "%s%lldd", lead, (long long)minutes / 1440);
	else if (minutes >= 60)
		str_append(text, size, pos, "%s%lldh", lead, (long long)minutes / 60);
	else if (minutes)
		str_append(text, size, pos, "%s%lldm", lead, (long long)minutes);
}

static const char *router_of(const struct model *m, const struct model_tunnel *t, const struct evidence *e)
{
	const char *name = e->bgp.worst ? model_name(m, e->bgp.worst->router) : "";

	name = *name ? name : model_name(m, t->router);
	return *name ? name : "its router";
}

static void add_trouble(const struct model *m, const struct model_tunnel *t, const struct evidence *e, char *text,
			size_t size, size_t *pos)
{
	const struct model_router *r = model_find_router(m, e->bgp.worst ? e->bgp.worst->router : t->router);

	str_append(text, size, pos, "%.40s %s", router_of(m, t, e), r ? router_trouble(r) : "is not heard of");
}

static void add_ike(const struct model *m, const struct model_tunnel *t, char *text, size_t size, size_t *pos)
{
	if (judge_ike_unanswered(m, t))
		str_append(text, size, pos, "; IKE tries without answer");
}

/* Why and since when the neighbour is not Established. */
static void add_past(const struct model *m, const struct evidence *e, const char *lead, char *text, size_t size,
		     size_t *pos)
{
	const struct model_bgp *b = e->bgp.worst;
	const char *why = model_name(m, b->reset_reason);

	if (b->established_us == MODEL_NEVER && b->uptime_s < 0 && !m->partial) {
		str_append(text, size, pos, b->drops == 0 ? " (never Established)" : " (not seen Established yet)");
		return;
	}
	add_age(text, size, pos, lead, m->now - b->since_us);
	if (*why)
		str_append(text, size, pos, " (%.60s)", why);
}

static bool is_absent(const struct model *m, const struct model_bgp *b)
{
	const struct model_router *r = model_find_router(m, b->router);

	return r && r->absent_us != MODEL_NEVER;
}

/* The state, or why there is none. */
static void note_state(const struct model *m, const struct model_bgp *b, char *text, size_t size)
{
	size_t pos = 0;

	if (is_absent(m, b))
		str_append(text, size, &pos, "not running");
	else if (b->gone)
		str_append(text, size, &pos, "neighbour no longer listed");
	else
		bgp_state_text(m, b, text, size);
}

static void bgp_text(const struct model *m, const struct model_tunnel *t, const struct evidence *e, char *text,
		     size_t size)
{
	const struct model_bgp *b = e->bgp.worst;
	const struct model_target *in = judge_target(m, t->inner_target);
	const struct model_link *l = model_tunnel_link(m, t);
	const struct model_router_tunnel *o = e->remote.status;
	char state[64];
	size_t pos = 0;

	bgp_state_text(m, b, state, sizeof state);
	text[0] = 0;
	if (is_absent(m, b)) {
		str_append(text, size, &pos, "%.40s has no BGP running", router_of(m, t, e));
		return;
	}
	if (b->gone) {
		str_append(text, size, &pos, "BGP neighbour %.46s is no longer listed by %.40s",
			   model_name(m, b->neighbor), router_of(m, t, e));
		return;
	}
	if (in && in->replies && !in->silent) {
		str_append(text, size, &pos, "%.46s answers, but BGP", model_name(m, t->peer));
		if (b->neighbor != t->peer)
			str_append(text, size, &pos, " with %.46s", model_name(m, b->neighbor));
		str_append(text, size, &pos, " is %s", state);
		add_past(m, e, " for ", text, size, &pos);
		return;
	}
	if (e->remote.word == REMOTE_UP && o && o->has_sa && o->sa)
		str_append(text, size, &pos, "IPsec up, BGP");
	else if (e->remote.word == REMOTE_UP)
		str_append(text, size, &pos, "%.40s says up, BGP", model_name(m, t->router));
	else if (l)
		str_append(text, size, &pos, "%s is up, BGP", model_name(m, l->ifname));
	else
		str_append(text, size, &pos, "BGP");
	if (b->neighbor != t->peer)
		str_append(text, size, &pos, " with %.46s", model_name(m, b->neighbor));
	str_append(text, size, &pos, " %s", state);
	add_past(m, e, " ", text, size, &pos);
	add_ike(m, t, text, size, &pos);
}

static void bgp_up_text(const struct model *m, const struct model_tunnel *t, const struct evidence *e, char *text,
			size_t size)
{
	const struct model_target *in = judge_target(m, t->inner_target);
	const struct model_bgp *b = e->bgp.worst;
	char state[64];
	size_t pos = 0;

	bgp_state_text(m, b, state, sizeof state);
	if (in && t->peer != MODEL_NONE)
		str_append(text, size, &pos, "peer %.46s does not answer ping, BGP", model_name(m, t->peer));
	else
		str_append(text, size, &pos, "no peer to probe, BGP");
	if (b->neighbor != t->peer)
		str_append(text, size, &pos, " with %.46s", model_name(m, b->neighbor));
	str_append(text, size, &pos, " %s", state);
}

static void held_text(const struct model *m, const struct model_tunnel *t, const struct evidence *e, char *text,
		      size_t size)
{
	char state[64];
	size_t pos = 0;

	text[0] = 0;
	if (e->bgp.worst->state == BGP_STATE_NOT_UNDERSTOOD) {
		bgp_state_text(m, e->bgp.worst, state, sizeof state);
		str_append(text, size, &pos, "BGP was down, and is %s", state);
	} else {
		note_state(m, e->bgp.worst, state, sizeof state);
		/* down all the same: it was not running */
		str_append(text, size, &pos, "BGP %s when last heard of; its router ",
			   bgp_is_up(e->bgp.worst) ? "not running" : state);
	}
	if (e->bgp.worth == BGP_WORTH_STALE)
		add_trouble(m, t, e, text, size, &pos);
}

static void no_news_text(const struct model *m, const struct model_tunnel *t, const struct evidence *e, char *text,
			 size_t size)
{
	const struct model_target *in = judge_target(m, t->inner_target);
	char state[64];
	size_t pos = 0;

	if (in && t->peer != MODEL_NONE)
		str_append(text, size, &pos, "peer %.46s does not answer ping, and ", model_name(m, t->peer));
	else
		str_append(text, size, &pos, "no peer to probe, and ");
	if (e->bgp.worst && e->bgp.worth == BGP_WORTH_UNKNOWN) {
		bgp_state_text(m, e->bgp.worst, state, sizeof state);
		str_append(text, size, &pos, "BGP is %s", state);
	} else {
		str_append(text, size, &pos, "its router ");
		add_trouble(m, t, e, text, size, &pos);
	}
}

/* Behind what was said of the row: what BGP has to do with it. */
static void add_bgp_note(const struct model *m, const struct model_tunnel *t, const struct evidence *e, char *text,
			 size_t size, size_t *pos)
{
	char state[64];

	if (!e->bgp.worst)
		return;
	note_state(m, e->bgp.worst, state, sizeof state);
	switch (e->bgp.worth) {
	case BGP_WORTH_UP:
	case BGP_WORTH_GONE:
		break;
	case BGP_WORTH_DOWN:
		if (e->bgp.is_past)
			str_append(text, size, pos, "; BGP %s", state);
		break;
	case BGP_WORTH_ADMIN:
	case BGP_WORTH_UNKNOWN:
		str_append(text, size, pos, "; BGP %s", state);
		break;
	case BGP_WORTH_STALE:
		str_append(text, size, pos, "; its router ");
		add_trouble(m, t, e, text, size, pos);
		break;
	}
}

static void router_text(const struct model *m, const struct model_tunnel *t, const struct evidence *e,
			enum reason reason, char *text, size_t size)
{
	const struct model_target *in = judge_target(m, t->inner_target);
	const struct model_router *r = model_find_router(m, t->router);
	const char *router = model_name(m, t->router), *name = model_name(m, t->remote_name);
	size_t pos = 0;

	text[0] = 0;
	if (reason == REASON_ROUTER_UP && in && t->peer != MODEL_NONE)
		str_append(text, size, &pos, "peer %.46s does not answer ping, ", model_name(m, t->peer));
	if (reason == REASON_ROUTER_HELD)
		str_append(text, size, &pos, "%.40s said %.40s is down, and %s", router, name,
			   r ? router_trouble(r) : "is not heard of");
	else
		str_append(text, size, &pos, "%.40s says %.40s is %s", router, name,
			   reason == REASON_ROUTER_UP ? "up" : "down");
	if (reason == REASON_ROUTER_UP)
		add_bgp_note(m, t, e, text, size, &pos);
	else
		add_ike(m, t, text, size, &pos);
}

/* ---- the peer and the interface ---- */

static void outer_text(const struct model *m, const struct model_tunnel *t, char *text, size_t size, size_t *pos)
{
	switch (judge_outer(m, t)) {
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

static void silent_text(const struct model *m, const struct model_tunnel *t, const struct evidence *e, char *text,
			size_t size)
{
	const struct model_target *in = judge_target(m, t->inner_target);
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
	add_bgp_note(m, t, e, text, size, &pos);
	add_ike(m, t, text, size, &pos);
}

static void nothing_text(const struct model_tunnel *t, char *text, size_t size)
{
	size_t pos = 0;

	if (t->peer_from == PEER_FROM_CONFIG)
		str_append(text, size, &pos, "the address of its peer is not known, and nothing received "
			   "in %d s", MOVING_S);
	else
		str_append(text, size, &pos, "no peer to probe, and nothing received in %d s", MOVING_S);
}

static void no_peer_text(const struct model_tunnel *t, char *text, size_t size)
{
	size_t pos = 0;

	if (t->peer_from == PEER_FROM_CONFIG)
		str_append(text, size, &pos, "the address of its peer is not known: its name was not "
			   "resolved, or there is no default route");
	else
		str_append(text, size, &pos, "no interface and no peer: name one with peer = ...");
}

static void reason_text(const struct model *m, const struct model_tunnel *t, enum reason reason,
			const struct evidence *e, char *text, size_t size)
{
	const char *ifname = model_name(m, t->ifname), *peer = model_name(m, t->peer);
	const struct model_target *in = judge_target(m, t->inner_target);
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
		silent_text(m, t, e, text, size);
		break;
	case REASON_SILENT_TRAFFIC:
		if (in && in->replies)
			str_append(text, size, &pos, "up by traffic: packets arrive, no reply from peer %s yet", peer);
		else
			str_append(text, size, &pos, "up by traffic: peer %s does not answer ping, but packets arrive",
				   peer);
		add_bgp_note(m, t, e, text, size, &pos);
		break;
	case REASON_TRAFFIC:
		str_append(text, size, &pos, "up by traffic: no peer to probe, packets arrive");
		add_bgp_note(m, t, e, text, size, &pos);
		break;
	case REASON_ANSWERS:
		str_append(text, size, &pos, "%s answers", peer);
		add_bgp_note(m, t, e, text, size, &pos);
		break;
	case REASON_NOTHING:
		nothing_text(t, text, size);
		break;
	case REASON_ONE_WAY:
		str_append(text, size, &pos, "one way: packets leave %s, none arrive", ifname);
		break;
	case REASON_NO_PEER:
		no_peer_text(t, text, size);
		break;
	case REASON_CAUSE:
		str_append(text, size, &pos, "%s", t->cause);
		break;
	case REASON_BGP:
		bgp_text(m, t, e, text, size);
		break;
	case REASON_BGP_HELD:
		held_text(m, t, e, text, size);
		break;
	case REASON_BGP_UP:
		bgp_up_text(m, t, e, text, size);
		break;
	case REASON_ROUTER_DOWN:
	case REASON_ROUTER_HELD:
	case REASON_ROUTER_UP:
		router_text(m, t, e, reason, text, size);
		break;
	case REASON_NO_NEWS:
		no_news_text(m, t, e, text, size);
		break;
	}
}

/* ---- when words change ---- */

/* Everything that BGP and routers bring into the words. The first part is nothing: the hash begins with the sum of code
 * and it, and code is made of small numbers, too. */
static uint64_t evidence_code(const struct model *m, const struct model_tunnel *t, const struct evidence *e,
			      enum reason reason, uint64_t code)
{
	const struct model_bgp *b = e->bgp.worst;
	const struct model_router *r = model_find_router(m, b ? b->router : t->router);
	const struct model_target *in = judge_target(m, t->inner_target);
	struct {
		int64_t part[14];
	} all = { { 0, e->bgp.worth, e->bgp.is_past, e->remote.word, judge_ike_unanswered(m, t),
		    r ? 1 + (int64_t)r->outcome : 0, r && r->failures, in ? 1 + (in->replies && !in->silent) : 0 } };

	if (b) {
		all.part[8] = b - m->bgp;
		all.part[9] = b->state * 4 + b->gone * 2 + b->admin;
		all.part[10] = b->word;
		all.part[11] = b->reset_reason;
		all.part[12] = (b->established_us == MODEL_NEVER) * 4 + (b->uptime_s < 0) * 2 + (b->drops == 0);
		all.part[13] = reason == REASON_BGP ? age_step(m->now - b->since_us) : 0;
	}
	return hash_bytes(code, &all, sizeof all);
}

void reason_set(struct model *m, struct model_tunnel *t, enum reason reason, const struct evidence *e)
{
	const struct model_target *in = judge_target(m, t->inner_target);
	uint64_t code = 1 + (uint64_t)reason + ((uint64_t)t->peer << 16) + ((uint64_t)t->ifname << 32);

	if (reason == REASON_SILENT)
		code = hash_bytes(code + (uint64_t)judge_outer(m, t) + (uint64_t)in->last_error * 64 + in->silent * 8,
				  &in->need_lost, sizeof in->need_lost);
	if (reason == REASON_CAUSE)
		code = hash_bytes(code, t->cause, sizeof t->cause);
	if (e->bgp.worst || t->router != MODEL_NONE)
		code = evidence_code(m, t, e, reason, code);
	if (code == t->reason_code)
		return;
	t->reason_code = code;
	memset(t->reason, 0, sizeof t->reason);
	reason_text(m, t, reason, e, t->reason, sizeof t->reason);
}
