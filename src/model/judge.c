// SPDX-License-Identifier: GPL-2.0-or-later
// Evidence to verdict: the interface, the peer, traffic, BGP, and what the row's router says of it.
#include "model/health_int.h"

/* A keepalive every 60 s is usual; and a log tells whole seconds. */
enum { KEEPALIVE_S = 65, LOG_STEP_S = 1, IKE_TRIES = 3, FIRST_POLL_S = 60 };

const struct model_target *judge_target(const struct model *m, uint16_t key)
{
	return key < m->ntargets && m->targets[key].used ? &m->targets[key] : NULL;
}

enum outer judge_outer(const struct model *m, const struct model_tunnel *t)
{
	const struct model_target *o = judge_target(m, t->outer_target);

	if (!o || t->outer_target == MODEL_NONE)
		return OUTER_NONE;
	if (!o->replies)
		return o->silent ? OUTER_NEVER : OUTER_WAITING;
	return o->silent || o->lost_run ? OUTER_LOST : OUTER_ANSWERS;
}

bool judge_received_lately(const struct model *m, const struct model_link *l)
{
	return l && l->rx_moved_us != MODEL_NEVER && l->rx_moved_us > m->now - MOVING_S * US_PER_S;
}

bool judge_ike_unanswered(const struct model *m, const struct model_tunnel *t)
{
	return t->ike_us[IKE_TRIES - 1] != MODEL_NEVER && t->ike_us[IKE_TRIES - 1] > m->now - IKE_TRIES_S * US_PER_S;
}

/* ---- the interface, the peer, traffic ---- */

/* Traffic arrives although the peer does not answer, and was read after the silence began. Neighbours that
 * look for each other (ARP, ND) exchange a packet every few seconds, which is no traffic. */
static bool traffic_outvotes(const struct model *m, const struct model_tunnel *t, const struct model_link *l,
			     const struct model_target *in)
{
	int64_t from = max_time(in->silent_since_us + m->interval_us, m->now - MOVING_S * US_PER_S);

	unsigned steps;
	int64_t n;

	if (!judge_received_lately(m, l))
		return false;
	n = link_received_since(m, l, from, &steps);
	return t->by_traffic ? n >= 1 : n >= 8 || (n >= 5 && steps >= 5);
}

static struct verdict judge_link(const struct model_tunnel *t, const struct model_link *l, bool *ret_final)
{
	struct verdict v = { HEALTH_DOWN, REASON_GONE, l ? l->changed_us : MODEL_NEVER, false, false };

	*ret_final = true;
	if (t->gone || (l && l->gone)) {
		if (t->expect == EXPECT_ON_DEMAND)
			v = (struct verdict){ HEALTH_UNKNOWN, REASON_ON_DEMAND, v.since, false, false };
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
					 max_time(l->rx_run_us, in->silent_since_us), true, false };
	if (in->silent)
		return (struct verdict){ HEALTH_DOWN, REASON_SILENT, in->silent_since_us, false, false };
	/* after an outage of the interface the peer must answer again, as after any other */
	if (in->replies && (t->state != HEALTH_DOWN || in->reply_run >= 3))
		return (struct verdict){ HEALTH_UP, REASON_ANSWERS,
					 l ? max_time(in->reply_start_us, l->changed_us) : in->reply_start_us,
					 false, false };
	if (in->replies)
		return (struct verdict){ t->state, REASON_SILENT, t->since_us, false, false };
	return (struct verdict){ HEALTH_UNKNOWN, REASON_WAITING, m->now, false, false };
}

static struct verdict judge_traffic(const struct model *m, const struct model_tunnel *t, const struct model_link *l)
{
	if (!l)
		return (struct verdict){ HEALTH_UNKNOWN, REASON_NO_PEER, m->now, false, false };
	if (judge_received_lately(m, l))
		return (struct verdict){ HEALTH_UP, REASON_TRAFFIC, l->rx_moved_us, true, false };
	if (t->oneway_us != MODEL_NEVER && t->oneway_us <= m->now - MOVING_S * US_PER_S)
		return (struct verdict){ HEALTH_DEGRADED, REASON_ONE_WAY, t->oneway_us, true, false };
	return (struct verdict){ HEALTH_UNKNOWN, REASON_NOTHING, m->now, false, false };
}

/* ---- BGP and the router ---- */

static int64_t period_of(const struct model *m, uint16_t router)
{
	const struct model_router *o = model_find_router(m, router);

	return o && o->period_ms > 0 ? o->period_ms * US_PER_MS : US_PER_S;
}

/* Its router may have no BGP running at all. */
static int64_t down_since(const struct model *m, const struct model_bgp *b)
{
	const struct model_router *o = model_find_router(m, b->router);

	bool was_down = !bgp_is_up(b) && b->state != BGP_STATE_NOT_UNDERSTOOD;

	return !was_down && o && o->absent_us != MODEL_NEVER ? o->absent_us : b->since_us;
}

static void gather_bgp(const struct model *m, unsigned key, struct bgp_evidence *ret)
{
	const struct model_tunnel *t = &m->tunnels[key];
	unsigned n = 0;

	*ret = (struct bgp_evidence){ NULL, BGP_WORTH_GONE, false, MODEL_NEVER, MODEL_NEVER };
	for (unsigned k = t->bgp_first; k < m->nbgp && n++ < ROW_BGP_MAX; k = m->bgp[k].next) {
		const struct model_bgp *b = &m->bgp[k];
		enum bgp_worth worth;
		int64_t since;

		if (!b->used || b->row != key)
			continue;
		worth = bgp_worth(m, t, b);
		if (worth == BGP_WORTH_GONE)
			continue;
		since = worth == BGP_WORTH_DOWN ? down_since(m, b) : b->since_us;
		/* it was counted at a poll, and came at the poll before at the earliest */
		if (b->message_us != MODEL_NEVER)
			ret->message_us = max_time(ret->message_us, b->message_us - period_of(m, b->router));
		if (!ret->worst || worth < ret->worth) {
			ret->worst = b;
			ret->worth = worth;
			ret->since = since;
		} else if (worth == ret->worth && (worth == BGP_WORTH_DOWN) == (since < ret->since)) {
			ret->worst = b;
			ret->since = since;
		}
	}
	/* an outage is not over while BGP that fell in it is down */
	ret->is_past = ret->worst && ret->worth == BGP_WORTH_DOWN &&
		       (t->state == HEALTH_DOWN || ret->since <= m->now - BGP_GRACE_S * US_PER_S);
}

/* Its tunnel list and its log: the newer one of them speaks. */
static void gather_remote(const struct model *m, const struct model_tunnel *t, struct remote_evidence *ret)
{
	const struct model_router_tunnel *o = model_tunnel_remote(m, t);
	const struct model_router *router = model_find_router(m, t->router);
	bool stale = router && model_router_stale(m, router), log_down = t->log_down_us > t->log_up_us;
	int64_t logged = max_time(t->log_down_us, t->log_up_us), listed = MODEL_NEVER;

	*ret = (struct remote_evidence){ REMOTE_NONE, MODEL_NEVER, o };
	if (o && o->has_up && !stale)
		listed = router && router->answered_us != MODEL_NEVER ? max_time(o->seen_us, router->answered_us) :
			 o->seen_us;
	if (logged != MODEL_NEVER && logged > listed) {
		ret->word = log_down ? REMOTE_DOWN : REMOTE_UP;
		ret->since = logged;
	} else if (listed != MODEL_NEVER) {
		ret->word = o->up ? REMOTE_UP : REMOTE_DOWN;
		ret->since = !o->up && log_down && t->log_down_us < o->up_us ? t->log_down_us : o->up_us;
	} else if (o && o->has_up) {
		ret->word = REMOTE_STALE;
	}
}

void judge_gather(const struct model *m, unsigned key, struct evidence *ret)
{
	gather_bgp(m, key, &ret->bgp);
	gather_remote(m, &m->tunnels[key], &ret->remote);
}

/* Its router says that it is down, and nothing came through it since: of a peer that answers the next probe must be
 * lost, too. */
static bool is_remote_down(const struct evidence *e, const struct model_target *in)
{
	int64_t since = e->remote.since;

	if (e->remote.word != REMOTE_DOWN || (in && in->replies && !in->silent && !in->lost_run))
		return false;
	since += LOG_STEP_S * US_PER_S;
	return (!in || in->answered_us <= since) && (!e->bgp.worst || e->bgp.message_us <= since);
}

/* A peer that answered before is silent now: Established may be no more than a hold timer that has not run out. */
static bool is_bgp_alive(const struct model *m, const struct evidence *e, const struct model_target *in)
{
	return e->bgp.worst && e->bgp.worth == BGP_WORTH_UP && e->bgp.message_us > in->silent_since_us &&
	       e->bgp.message_us > m->now - KEEPALIVE_S * US_PER_S;
}

/* It was never seen Established: when it was first asked for it was down already. */
static bool is_from_start(const struct model *m, const struct model_bgp *b)
{
	return b->established_us == MODEL_NEVER &&
	       (b->since_known ? b->since_us <= m->started_us + 5 * US_PER_S :
		b->first_us <= m->started_us + FIRST_POLL_S * US_PER_S);
}

static struct verdict down_by_bgp(const struct model *m, const struct evidence *e, enum reason reason)
{
	return (struct verdict){ HEALTH_DOWN, reason, e->bgp.since, false, is_from_start(m, e->bgp.worst) };
}

/* What speaks against the row; v is what its interface, peer and traffic say. */
static bool judge_down(const struct model *m, const struct model_tunnel *t, const struct evidence *e,
		       const struct model_target *in, struct verdict *v)
{
	bool silent = in && in->silent && in->replies && v->health == HEALTH_DOWN;

	if (is_remote_down(e, in)) {
		int64_t since = silent && v->since < e->remote.since ? v->since : e->remote.since;

		*v = (struct verdict){ HEALTH_DOWN, REASON_ROUTER_DOWN, since, false, false };
		return true;
	}
	if (e->bgp.is_past && silent) {
		v->since = e->bgp.since < v->since ? e->bgp.since : v->since;
		return true;
	}
	if (e->bgp.is_past) {
		*v = down_by_bgp(m, e, REASON_BGP);
		return true;
	}
	if (silent)
		return false;
	/* until something newer is heard of what brought it down */
	if (t->state == HEALTH_DOWN && t->by_bgp && e->bgp.worst &&
	    (e->bgp.worth == BGP_WORTH_STALE || e->bgp.worth == BGP_WORTH_UNKNOWN)) {
		*v = (struct verdict){ HEALTH_DOWN, REASON_BGP_HELD, t->since_us, false, false };
		return true;
	}
	if (t->state == HEALTH_DOWN && t->by_router && e->remote.word == REMOTE_STALE) {
		*v = (struct verdict){ HEALTH_DOWN, REASON_ROUTER_HELD, t->since_us, false, false };
		return true;
	}
	return false;
}

/* Nobody answers, or there is nobody to ask: what BGP and the router say for the row. */
static void judge_up(const struct model_tunnel *t, const struct evidence *e, const struct model_target *in,
		     struct verdict *v)
{
	const struct bgp_evidence *bgp = &e->bgp;
	bool was_up = t->state == HEALTH_UP || t->state == HEALTH_DEGRADED;

	if (in && !in->silent && v->health == HEALTH_UNKNOWN)
		return; /* it may answer yet */
	if (bgp->worst && (bgp->worth == BGP_WORTH_UP || (bgp->worth == BGP_WORTH_DOWN && was_up))) {
		*v = (struct verdict){ HEALTH_UP, REASON_BGP_UP, bgp->since, false, false };
	} else if (v->health == HEALTH_UP || v->health == HEALTH_DEGRADED) {
		return;
	} else if (e->remote.word == REMOTE_UP) {
		*v = (struct verdict){ HEALTH_UP, REASON_ROUTER_UP, e->remote.since, false, false };
	} else if (t->state != HEALTH_DOWN &&
		   ((bgp->worst && (bgp->worth == BGP_WORTH_STALE || bgp->worth == BGP_WORTH_UNKNOWN)) ||
		    e->remote.word == REMOTE_STALE)) {
		*v = (struct verdict){ HEALTH_UNKNOWN, REASON_NO_NEWS, MODEL_NEVER, false, false };
	}
}

struct verdict judge(const struct model *m, const struct model_tunnel *t, const struct evidence *e)
{
	const struct model_link *l = model_tunnel_link(m, t);
	const struct model_target *in = t->peer != MODEL_NONE ? judge_target(m, t->inner_target) : NULL;
	struct verdict v;
	bool final;

	v = judge_link(t, l, &final);
	if (final)
		return v;
	v = in ? judge_peer(m, t, l, in) : judge_traffic(m, t, l);
	if (judge_down(m, t, e, in, &v))
		return v;
	if (!in || !in->replies)
		judge_up(t, e, in, &v);
	else if (in->silent && v.health == HEALTH_DOWN && is_bgp_alive(m, e, in))
		v = (struct verdict){ HEALTH_UP, REASON_BGP_UP, e->bgp.message_us, false, false };
	/* an outage is over when the last of those that spoke of it says so */
	if (t->state == HEALTH_DOWN && v.health == HEALTH_UP && e->bgp.worst && e->bgp.worth == BGP_WORTH_UP)
		v.since = max_time(v.since, e->bgp.since);
	if (t->state == HEALTH_DOWN && v.health == HEALTH_UP && t->by_router && e->remote.word == REMOTE_UP)
		v.since = max_time(v.since, e->remote.since);
	return v;
}
