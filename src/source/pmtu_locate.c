// SPDX-License-Identifier: GPL-2.0-or-later
// Black holes: which way they lose, and behind which hop. One path of each family at a time, by the timer of the
// searches; its sockets are open only meanwhile.
#include <event2/event.h>
#include <stdlib.h>

#include "source/pmtu_int.h"
#include "source/pmtu_place_io.h"

struct pmtu_locate {
	struct pmtu_place_io io;
	struct pmtu_place place;
	struct pmtu_place_probe held; /* one that waits for its turn: see pmtu_bucket */
	bool has_held;
	struct pmtu_path *path;
	struct event *readable[2];
	int64_t wake_us;
};

static struct pmtu_locate **locate_of(struct pmtu_source *s, const struct pmtu_path *p)
{
	return &pmtu_side_of(s, p->at.way.target.family)->locate;
}

static void set_wanted(struct pmtu_source *s, struct pmtu_path *p, bool wanted)
{
	s->places += (unsigned)wanted - (unsigned)p->wants_place;
	p->wants_place = wanted;
}

void pmtu_locate_want(struct pmtu_source *s, struct pmtu_path *p, const struct pmtu_search *q)
{
	p->place = (struct pmtu_place_config){
		.target = p->at.way.target, .low = q->low, .high = pmtu_search_edge(q),
		.loss = q->loss, .srtt_us = q->flight.srtt_us, .rttvar_us = q->flight.rttvar_us,
		.gap_us = pmtu_flight_line_gap(&q->flight, pmtu_search_edge(q)),
	};
	set_wanted(s, p, true);
}

static void free_locate(struct pmtu_locate *l)
{
	for (size_t i = 0; i < ARRAY_LEN(l->readable); i++)
		if (l->readable[i])
			event_free(l->readable[i]);
	pmtu_place_io_close(&l->io);
	free(l);
}

void pmtu_locate_stop(struct pmtu_source *s, struct pmtu_path *p)
{
	struct pmtu_locate **l = locate_of(s, p);

	set_wanted(s, p, false);
	if (!*l || (*l)->path != p)
		return;
	free_locate(*l);
	*l = NULL;
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	pmtu_run(arg);
}

static struct event *listen_to(struct pmtu_source *s, int fd)
{
	struct event *e = event_new(s->env->base, fd, EV_READ | EV_PERSIST, on_readable, s);

	event_add(e, NULL);
	return e;
}

static void begin(struct pmtu_source *s, struct pmtu_path *p, int64_t now_us)
{
	struct pmtu_locate *l = xcalloc(1, sizeof *l);

	set_wanted(s, p, false);
	l->path = p;
	l->wake_us = now_us;
	if (pmtu_place_io_open(&l->io, p->at.way.target.family)) {
		free_locate(l);
		return;
	}
	l->readable[0] = listen_to(s, l->io.icmp.fd);
	if (!l->io.icmp.raw && l->io.udp_fd >= 0)
		l->readable[1] = listen_to(s, l->io.udp_fd);
	pmtu_place_io_begin(&l->io, &l->place, &p->place, (uint16_t)p->at.key);
	*locate_of(s, p) = l;
}

void pmtu_locate_begin(struct pmtu_source *s, int64_t now_us)
{
	for (size_t i = 0; i < s->npaths && s->places; i++) {
		struct pmtu_path *p = s->paths[i];

		if (p->wants_place && p->on && p->doing != PMTU_SEARCH && now_us >= p->sched.hold_us &&
		    !*locate_of(s, p))
			begin(s, p, now_us);
	}
}

static enum outcome outcome_of(enum pmtu_fate fate)
{
	switch (fate) {
	case PMTU_FATE_ANSWERED:
		return OUTCOME_REPLY;
	case PMTU_FATE_REFUSED:
		return OUTCOME_PTB;
	case PMTU_FATE_LOCAL:
		return OUTCOME_LOCAL_TOOBIG;
	case PMTU_FATE_UNREACHABLE:
		return OUTCOME_UNREACHABLE;
	case PMTU_FATE_NONE:
	case PMTU_FATE_WAITING:
	case PMTU_FATE_LOST:
		break;
	}
	return OUTCOME_TIMEOUT;
}

static void tell_probe(struct pmtu_source *s, const struct pmtu_locate *l, const struct pmtu_place_probe *q)
{
	const struct pmtu_place_hop *hop = q->ttl > 0 && q->ttl <= PMTU_PLACE_HOPS ? &l->place.hops[q->ttl] : NULL;

	/* "time exceeded" is no reply */
	if (hop && q->fate == PMTU_FATE_ANSWERED && !addr_equal(&hop->from, &l->path->at.way.target))
		pmtu_record_located(s, l->path, q->size, q->sent_us, OUTCOME_UNREACHABLE, &hop->from);
	else
		pmtu_record_located(s, l->path, q->size, q->sent_us, outcome_of(q->fate), NULL);
}

static void tell(struct pmtu_source *s, const struct pmtu_locate *l)
{
	const struct pmtu_place *place = &l->place;
	uint32_t first = place->next - place->config.number < PMTU_PLACE_RING ? place->config.number :
			 place->next - PMTU_PLACE_RING;

	for (uint32_t n = first; n != place->next; n++)
		tell_probe(s, l, &place->ring[n % PMTU_PLACE_RING]);
	if (place->found.direction != DIRECTION_UNKNOWN || place->found.hop)
		pmtu_record_place(s, l->path, &place->found);
}

/* False: not yet, but at *ret_wake_us. */
static bool send_probe(struct pmtu_source *s, struct pmtu_locate *l, const struct pmtu_place_probe *q, int64_t now_us,
		       int64_t *ret_wake_us)
{
	if (!pmtu_bucket_has(&s->bucket, now_us, ret_wake_us)) {
		l->held = *q;
		l->has_held = true;
		return false;
	}
	pmtu_bucket_take(&s->bucket, now_us, pmtu_bucket_cost(PMTU_GAP_US, q->size));
	s->locate_first = false;
	s->v6_first = l->path->at.way.target.family == AF_INET;
	pmtu_place_io_send(&l->io, &l->place, &l->path->at.way, q, now_us);
	return true;
}

static bool send_held(struct pmtu_source *s, struct pmtu_locate *l, int64_t now_us, int64_t *ret_wake_us)
{
	if (!l->has_held)
		return true;
	l->has_held = false;
	pmtu_place_delayed(&l->place, now_us);
	return send_probe(s, l, &l->held, now_us, ret_wake_us);
}

/* Returns when to go on; PMTU_SCHED_NEVER when it is over. */
static int64_t go(struct pmtu_source *s, struct pmtu_locate *l, int64_t now_us)
{
	struct pmtu_place_probe probe;
	enum pmtu_step step;
	int64_t wake;

	pmtu_place_io_receive(&l->io, &l->place, now_us);
	if (!send_held(s, l, now_us, &wake))
		return wake;
	for (;;) {
		step = pmtu_place_step(&l->place, now_us, &probe, &wake);
		switch (step) {
		case PMTU_STEP_SEND:
			if (!send_probe(s, l, &probe, now_us, &wake))
				return wake;
			break;
		case PMTU_STEP_WAIT:
			return wake;
		case PMTU_STEP_DONE:
			tell(s, l);
			return PMTU_SCHED_NEVER;
		}
	}
}

int64_t pmtu_locate_go(struct pmtu_source *s, struct pmtu_side *side)
{
	struct pmtu_locate *l = side->locate;

	if (!l)
		return PMTU_SCHED_NEVER;
	l->wake_us = go(s, l, source_now(s->env));
	if (l->wake_us != PMTU_SCHED_NEVER)
		return l->wake_us;
	free_locate(l);
	side->locate = NULL;
	return PMTU_SCHED_NEVER;
}
