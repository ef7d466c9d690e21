// SPDX-License-Identifier: GPL-2.0-or-later
// One path: a search, or the probes of a period, under way.
#include <errno.h>
#include <stdlib.h>

#include "source/pmtu_int.h"

enum { MISSED_MAX = 3, DARK_MAX = 3, CONTROLS_MAX = 200 };

static const struct addr nobody;

/* Of what is under way, or NULL. */
static struct pmtu_flight *flight(struct pmtu_path *p)
{
	if (p->doing == PMTU_IDLE)
		return NULL;
	return p->doing == PMTU_SEARCH ? &p->search->flight : &p->watch->flight;
}

static const struct model_target *target_of(const struct pmtu_source *s, const struct pmtu_path *p)
{
	const struct model *m = s->env->model;

	return p->at.key < m->ntargets && m->targets[p->at.key].used ? &m->targets[p->at.key] : NULL;
}

bool pmtu_path_answers(const struct pmtu_source *s, const struct pmtu_path *p)
{
	enum { LOST_FEW = 3 };
	const struct model_target *t = target_of(s, p);

	return t && t->replies && !t->silent && t->lost_run < LOST_FEW;
}

/* ---- fates ---- */

/* Lost ones have no news: whoever timed them out did so in the last step. */
static void tell_lost(struct pmtu_source *s, struct pmtu_path *p)
{
	struct pmtu_flight *f = flight(p);
	bool open = false;

	if (f->next - p->told > PMTU_RING)
		p->told = f->next - PMTU_RING;
	for (uint32_t n = p->told; n != f->next; n++) {
		struct pmtu_probe *q = pmtu_flight_find(f, n);

		if (q && !q->told && q->fate == PMTU_FATE_LOST) {
			q->told = true;
			pmtu_record_fate(s, p, q, OUTCOME_TIMEOUT, NULL, 0, 0);
		}
		open |= q && !q->told;
		if (!open)
			p->told = n + 1;
	}
}

bool pmtu_path_find16(struct pmtu_path *p, uint16_t number16, uint32_t *ret)
{
	struct pmtu_flight *f = flight(p);

	for (uint32_t i = 1; f && i <= PMTU_RING; i++) {
		struct pmtu_probe *q = pmtu_flight_find(f, f->next - i);

		if (!q)
			return false;
		if ((q->number & 0xffff) == number16) {
			*ret = q->number;
			return true;
		}
	}
	return false;
}

static void tell_reply(struct pmtu_path *p, uint32_t number, int64_t rtt_us)
{
	if (p->doing == PMTU_SEARCH) {
		pmtu_search_reply(p->search, number, rtt_us);
		return;
	}
	/* in a period answers lie in the socket until the next slot */
	if (p->doing == PMTU_PERIOD && p->watch->flight.srtt_us && rtt_us > p->watch->flight.srtt_us)
		rtt_us = p->watch->flight.srtt_us;
	pmtu_watch_reply(p->watch, number, rtt_us);
}

static void tell_refused(struct pmtu_path *p, const struct pmtu_news *n)
{
	if (p->doing == PMTU_SEARCH)
		pmtu_search_refused(p->search, n->number, n->quoted, &n->from, n->mtu);
	else
		pmtu_watch_refused(p->watch, n->number, n->quoted, &n->from, n->mtu);
}

/* What the next hop names is what it lets into a tunnel of its own, whatever passes behind it. */
static void note_near(struct pmtu_source *s, struct pmtu_path *p, const struct pmtu_probe *q, enum pmtu_fate was,
		      const struct pmtu_news *n)
{
	int least = p->at.way.target.family == AF_INET ? PMTU_LEAST4 : PMTU_LEAST6;

	if (p->doing != PMTU_SEARCH && p->mtu > least)
		least = p->mtu;
	if (was == PMTU_FATE_ANSWERED || n->mtu < least || n->mtu >= q->size || addr_equal(&n->from, &p->not_near))
		return;
	if (pmtu_belief_is_near(s, p, &n->from))
		p->near_mtu = n->mtu;
	else
		p->not_near = n->from;
}

void pmtu_path_news(struct pmtu_source *s, struct pmtu_path *p, const struct pmtu_news *n, int64_t now_us)
{
	struct pmtu_flight *f = flight(p);
	struct pmtu_probe *q = f ? pmtu_flight_find(f, n->number) : NULL;
	enum outcome outcome = OUTCOME_REPLY;
	enum pmtu_fate was;

	if (!q || (n->kind == PMTU_NEWS_PTB && n->quoted && n->quoted != q->size))
		return;
	was = q->fate;
	switch (n->kind) {
	case PMTU_NEWS_REPLY:
		if (q->told)
			outcome = q->fate == PMTU_FATE_ANSWERED ? OUTCOME_DUPLICATE : OUTCOME_LATE;
		tell_reply(p, n->number, now_us - n->sent_us);
		break;
	case PMTU_NEWS_PTB:
		outcome = OUTCOME_PTB;
		note_near(s, p, q, was, n);
		tell_refused(p, n);
		break;
	case PMTU_NEWS_UNREACHABLE:
		outcome = OUTCOME_UNREACHABLE;
		if (p->doing == PMTU_SEARCH)
			pmtu_search_unreachable(p->search, n->number, &n->from, n->error);
		break;
	case PMTU_NEWS_STRANGE:
		return;
	}
	/* a router may send any number of PTBs for one probe */
	if (!q->told || outcome == OUTCOME_LATE || (was == PMTU_FATE_LOST && q->fate == PMTU_FATE_REFUSED))
		pmtu_record_fate(s, p, q, outcome, &n->from, n->mtu,
				 n->kind == PMTU_NEWS_UNREACHABLE ? n->error : 0);
	q->told = true;
	p->wake_us = now_us;
	if (p->doing == PMTU_PERIOD)
		s->due[p->index] = now_us;
}

/* ---- sending ---- */

static int send_size(struct pmtu_source *s, struct pmtu_path *p, uint32_t number, int size)
{
	const struct icmp_probe probe = { .target = (uint16_t)p->at.key, .purpose = PURPOSE_MTU, .seq = number,
					  .sent_us = source_now(s->env) };

	return pmtu_socket_send(&pmtu_side_of(s, p->at.way.target.family)->socket, &p->at.way, &probe, size);
}

static void failed_here(struct pmtu_source *s, struct pmtu_path *p, const struct pmtu_probe *q, int error)
{
	if (p->doing == PMTU_SEARCH)
		pmtu_search_unreachable(p->search, q->number, &nobody, error);
	pmtu_record_fate(s, p, q, OUTCOME_ERROR, NULL, 0, error);
}

static void refused_here(struct pmtu_source *s, struct pmtu_path *p, const struct pmtu_probe *q)
{
	const struct pmtu_socket *socket = &pmtu_side_of(s, p->at.way.target.family)->socket;

	pmtu_read(s); /* for the MTU that goes with it */
	if (!socket->has_local) {
		/* a storm of PTBs failed every try */
		failed_here(s, p, q, EMSGSIZE);
		return;
	}
	if (p->doing == PMTU_SEARCH)
		pmtu_search_local(p->search, q->number, socket->local_mtu);
	else
		pmtu_watch_local(p->watch, q->number);
	pmtu_record_fate(s, p, q, OUTCOME_LOCAL_TOOBIG, NULL, socket->local_mtu, 0);
}

static void send_now(struct pmtu_source *s, struct pmtu_path *p, const struct pmtu_probe *q)
{
	int r = send_size(s, p, q->number, q->size);
	struct pmtu_probe *mine = pmtu_flight_find(flight(p), q->number);

	/* this process may have waited for a processor since now_us was read: the gap begins when it was sent */
	flight(p)->last_us = source_now(s->env);
	if (!mine)
		return;
	if (r == -EMSGSIZE) {
		mine->told = true;
		refused_here(s, p, q);
	} else if (r && r != -EAGAIN && r != -ENOBUFS && r != -EINTR) {
		mine->told = true;
		failed_here(s, p, q, -r);
	}
}

/* Searches may share a slow line: together they are to be no faster than one that knows nothing of it, or as fast as
 * large answers, which take no longer than small ones, say it can be. */
static int64_t cost(const struct pmtu_flight *f, int size)
{
	int64_t gap = pmtu_bucket_cost(f->gap_us < PMTU_GAP_US ? f->gap_us : PMTU_GAP_US, size), line;

	if (!f->small_us || !f->large_us)
		return gap;
	line = pmtu_flight_line_gap(f, size);
	return line < gap ? line : gap;
}

/* All but the two probes of a period wait for their turn. False: not yet, but at *ret_wake_us. */
static bool send_probe(struct pmtu_source *s, struct pmtu_path *p, const struct pmtu_probe *q, int64_t now_us,
		       int64_t *ret_wake_us)
{
	if (p->doing != PMTU_PERIOD && !pmtu_bucket_has(&s->bucket, now_us, ret_wake_us)) {
		p->held = *q;
		p->has_held = true;
		return false;
	}
	if (p->doing != PMTU_PERIOD) {
		pmtu_bucket_take(&s->bucket, now_us, cost(flight(p), q->size));
		s->locate_first = true;
	}
	send_now(s, p, q);
	return true;
}

/* Send what had to wait. */
static bool send_held(struct pmtu_source *s, struct pmtu_path *p, int64_t now_us, int64_t *ret_wake_us)
{
	struct pmtu_probe *mine;

	if (!p->has_held)
		return true;
	mine = pmtu_flight_find(flight(p), p->held.number);
	if (mine)
		mine->sent_us = flight(p)->last_us = now_us;
	p->has_held = false;
	return send_probe(s, p, &p->held, now_us, ret_wake_us);
}

/* ---- a search ---- */

/* The largest size that this host sends, and costs no packet to ask; 0: not known. */
static int ask_limit(struct pmtu_source *s, struct pmtu_path *p)
{
	const struct pmtu_socket *socket = &pmtu_side_of(s, p->at.way.target.family)->socket;
	int r = send_size(s, p, UINT32_MAX, PMTU_SOCKET_LARGEST);

	if (!r)
		return PMTU_SOCKET_LARGEST;
	if (r != -EMSGSIZE)
		return 0;
	pmtu_read(s);
	return socket->local_mtu;
}

void pmtu_path_search(struct pmtu_source *s, struct pmtu_path *p, int64_t now_us)
{
	const struct model_target *t;
	struct pmtu_config c = { .family = p->at.way.target.family, .most = PMTU_SOCKET_LARGEST };

	pmtu_sched_begun(&p->sched);
	pmtu_locate_stop(s, p);
	p->limit = ask_limit(s, p);
	p->belief = pmtu_belief_ask(s, &p->at.way);
	p->near_mtu = 0;
	p->not_near = nobody;
	if (p->limit > 0)
		c.most = p->limit;
	t = target_of(s, p);
	if (t) {
		c.loss = (struct pmtu_loss){ t->ring_count, model_ring_lost(t, t->ring_count) };
		c.srtt_us = t->rtt.srtt_us;
		c.rttvar_us = t->rtt.rttvar_us;
	}
	pmtu_candidates(s->env->model, p, &c);
	p->search = xcalloc(1, sizeof *p->search);
	pmtu_search_start(p->search, &c);
	/* numbers go on: an answer to an earlier probe must not be taken for one of these */
	p->search->flight.next = p->told = p->next;
	p->doing = PMTU_SEARCH;
	p->wake_us = now_us;
	pmtu_record_found(s, p, &p->search->found);
	pmtu_activate(s, p);
}

static void search_over(struct pmtu_source *s, struct pmtu_path *p, int64_t now_us)
{
	const struct pmtu_search *q = p->search;
	const struct model_target *t = target_of(s, p);
	int mtu = q->found.mtu;

	if (mtu && mtu != p->mtu) {
		p->before = p->mtu;
		p->mtu = mtu;
	}
	p->dropped = mtu == 0;
	p->named = 0;
	p->missed = p->dark = 0;
	if (mtu) {
		p->steady = (struct pmtu_steady){
			.family = p->at.way.target.family, .mtu = mtu, .top = mtu >= q->most, .loss = q->loss,
			.srtt_us = q->flight.srtt_us, .rttvar_us = q->flight.rttvar_us,
		};
	}
	if (q->found.state == PMTU_STATE_COMPLETE && q->found.cause == PMTU_CAUSE_SILENT && q->low > 0)
		pmtu_locate_want(s, p, q);
	p->sent = t ? t->sent_up : 0;
	p->lost = t ? t->lost_up : 0;
	pmtu_path_stop(s, p);
	pmtu_sched_over(&p->sched, now_us, mtu > 0);
}

static int64_t go_search(struct pmtu_source *s, struct pmtu_path *p, int64_t now_us)
{
	struct pmtu_probe probe;
	enum pmtu_step step;
	int64_t wake;

	if (!send_held(s, p, now_us, &wake))
		return wake;
	for (;;) {
		step = pmtu_search_step(p->search, now_us, &probe, &wake);
		tell_lost(s, p);
		if (p->search->found.state == PMTU_STATE_SEARCHING)
			p->search->found.took_us = now_us - p->search->started_us;
		pmtu_record_found(s, p, &p->search->found);
		switch (step) {
		case PMTU_STEP_SEND:
			if (!send_probe(s, p, &probe, now_us, &wake))
				return wake;
			break;
		case PMTU_STEP_WAIT:
			return wake;
		case PMTU_STEP_DONE:
			search_over(s, p, now_us);
			return PMTU_SCHED_NEVER;
		}
	}
}

/* ---- the steady state ---- */

/* The scheduled small probes are its controls. */
static void add_controls(const struct pmtu_source *s, struct pmtu_path *p)
{
	const struct model_target *t = target_of(s, p);
	uint32_t sent, lost;

	if (!t)
		return;
	/* they know better than two probes whose answers wait for a slot */
	if (t->rtt.srtt_us > p->steady.srtt_us) {
		p->steady.srtt_us = t->rtt.srtt_us;
		p->steady.rttvar_us = t->rtt.rttvar_us;
	}
	sent = t->sent_up - p->sent;
	lost = t->lost_up - p->lost;
	p->sent = t->sent_up;
	p->lost = t->lost_up;
	/* a person may have reset the counters */
	if (sent > CONTROLS_MAX || lost > sent)
		return;
	for (uint32_t i = 0; i < sent; i++)
		pmtu_steady_control(&p->steady, i >= lost);
}

/* This host refused one byte more: whether it still does, which costs no packet. */
static void ask_top(struct pmtu_source *s, struct pmtu_path *p)
{
	int r;

	if (!p->steady.top || p->mtu >= PMTU_SOCKET_LARGEST)
		return;
	r = send_size(s, p, UINT32_MAX, p->mtu + 1);
	if (!r)
		pmtu_sched_event(&p->sched);
	else if (r == -EMSGSIZE)
		pmtu_read(s);
}

void pmtu_path_period(struct pmtu_source *s, struct pmtu_path *p, int64_t now_us)
{
	ask_top(s, p);
	add_controls(s, p);
	p->watch = xcalloc(1, sizeof *p->watch);
	pmtu_watch_start(p->watch, &p->steady, p->next);
	p->told = p->next;
	p->watch->flight.gap_us = 0;
	p->doing = PMTU_PERIOD;
	p->odd = false;
	p->wake_us = now_us;
	s->waiting++;
}

/* The larger probe of each period proves the cause anew. */
static void look_at_cause(struct pmtu_source *s, struct pmtu_path *p)
{
	struct pmtu_watch *w = p->watch;
	struct pmtu_found f = {
		.state = PMTU_STATE_COMPLETE, .cause = PMTU_CAUSE_PTB, .mtu = p->mtu, .low = p->mtu,
		.high = p->mtu + 1, .named = -1,
	};

	if (p->steady.top || p->said.state != PMTU_STATE_COMPLETE)
		return;
	if (w->named) {
		p->missed = 0;
		f.from = w->from;
		if (w->named != p->mtu)
			f.named = w->named;
		if (p->said.cause == PMTU_CAUSE_SILENT)
			pmtu_record_found(s, p, &f);
	} else if (p->said.cause == PMTU_CAUSE_PTB && ++p->missed >= MISSED_MAX) {
		p->missed = 0;
		pmtu_sched_event(&p->sched);
	}
}

static void period_over(struct pmtu_source *s, struct pmtu_path *p)
{
	struct pmtu_watch *w = p->watch;

	p->dark = w->event == PMTU_EVENT_DARK ? p->dark + 1 : 0;
	switch (w->event) {
	case PMTU_EVENT_NONE:
		break;
	case PMTU_EVENT_DARK:
		/* small ones are answered: a policer may hide a drop from all but a search, which slows down */
		if (p->dark >= DARK_MAX) {
			p->dark = 0;
			pmtu_sched_event(&p->sched);
		}
		break;
	case PMTU_EVENT_CONFIRMED:
		look_at_cause(s, p);
		pmtu_record_proof(s, p);
		break;
	case PMTU_EVENT_DROP:
		p->dropped = true;
		pmtu_sched_event(&p->sched);
		break;
	case PMTU_EVENT_DROP_PTB:
		p->dropped = true;
		p->named = w->named;
		pmtu_sched_event(&p->sched);
		break;
	case PMTU_EVENT_RAISE:
		pmtu_sched_event(&p->sched);
		break;
	}
	pmtu_path_stop(s, p);
}

static int64_t go_watch(struct pmtu_source *s, struct pmtu_path *p, int64_t now_us)
{
	struct pmtu_probe probe;
	enum pmtu_step step;
	int64_t wake;

	if (!send_held(s, p, now_us, &wake))
		return wake;
	for (;;) {
		step = pmtu_watch_step(p->watch, now_us, &probe, &wake);
		tell_lost(s, p);
		if (p->watch->confirming && p->doing == PMTU_PERIOD) {
			s->waiting--;
			p->doing = PMTU_CONFIRM;
			pmtu_activate(s, p);
		}
		switch (step) {
		case PMTU_STEP_SEND:
			if (!send_probe(s, p, &probe, now_us, &wake))
				return wake;
			break;
		case PMTU_STEP_WAIT:
			return wake;
		case PMTU_STEP_DONE:
			period_over(s, p);
			return PMTU_SCHED_NEVER;
		}
	}
}

int64_t pmtu_path_go(struct pmtu_source *s, struct pmtu_path *p, int64_t now_us)
{
	p->wake_us = p->doing == PMTU_IDLE ? PMTU_SCHED_NEVER :
		     p->doing == PMTU_SEARCH ? go_search(s, p, now_us) : go_watch(s, p, now_us);
	return p->wake_us;
}

void pmtu_path_stop(struct pmtu_source *s, struct pmtu_path *p)
{
	struct pmtu_flight *f = flight(p);

	if (f)
		p->next = f->next;
	if (p->doing == PMTU_PERIOD)
		s->waiting--;
	else if (f)
		pmtu_deactivate(s, p);
	free(p->search);
	free(p->watch);
	p->search = NULL;
	p->watch = NULL;
	p->doing = PMTU_IDLE;
	p->wake_us = PMTU_SCHED_NEVER;
	p->has_held = false;
}
