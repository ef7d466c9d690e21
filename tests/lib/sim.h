/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A world in miniature for tests of the model: one tunnel, its link and its two targets, probed as the probe
 * source does it (a schedule, verdict probes every 200 ms while a verdict is open, timeouts), with a clock of its own.
 * The world says what becomes of each probe. */
#ifndef TESTS_SIM_H
#define TESTS_SIM_H

#include <stdlib.h>
#include <string.h>

#include "tunwatch/model.h"

enum { SIM_SLOT_US = 100000, SIM_FLIGHT_MAX = 256 };

struct sim_flight {
	int64_t sent, rtt; /* rtt < 0: lost */
	int64_t seq;
	bool used, scheduled, timed_out;
};

struct sim {
	struct model *m;
	struct record_intern *intern;
	struct record_sink sink;
	int64_t t, interval_us;
	uint64_t random;
	struct sim_flight flight[SIM_FLIGHT_MAX];
	int64_t seq, next_us, fast_us;
	uint64_t rx, tx;             /* packets on the interface */
	uint64_t tx_errors;
	bool link_up, carrier, link_gone;
	int32_t ifindex, mtu;
	double loss;                 /* of each probe, 0..1 */
	int64_t rtt_us, rtt_spread_us;
	double traffic;              /* packets a second that arrive besides */
	bool count_own;              /* replies move the receive counter */
	/* everything put, for who wants to write it to a recording */
	void (*tap)(struct sim *s, const struct record *r);
	void *tap_arg;
};

static inline uint32_t sim_random(struct sim *s)
{
	s->random ^= s->random << 13;
	s->random ^= s->random >> 7;
	s->random ^= s->random << 17;
	return (uint32_t)(s->random >> 16);
}

static inline void sim_put(struct sim *s, const struct record *r)
{
	model_apply(s->m, r);
	if (s->tap)
		s->tap(s, r);
}

static inline void sim_sink_put(struct record_sink *sink, const struct record *r)
{
	struct sim *s = (struct sim *)(void *)((char *)sink - offsetof(struct sim, sink));

	sim_put(s, r);
}

static inline void sim_link(struct sim *s)
{
	struct record r;

	record_init(&r, RECORD_LINK, 0, s->t);
	record_set(&r, LINK_IFNAME, record_intern_text(s->intern, "vx1", s->t));
	record_set(&r, LINK_TYPE, TUNNEL_TYPE_VXLAN);
	record_set(&r, LINK_IFINDEX, s->ifindex);
	record_set(&r, LINK_UP, s->link_up);
	record_set(&r, LINK_RUNNING, s->carrier);
	record_set(&r, LINK_CARRIER, s->carrier);
	record_set(&r, LINK_GONE, s->link_gone);
	record_set(&r, LINK_MTU, s->mtu);
	record_set(&r, LINK_RX_PACKETS, (int64_t)s->rx);
	record_set(&r, LINK_TX_PACKETS, (int64_t)s->tx);
	record_set(&r, LINK_TX_ERRORS, (int64_t)s->tx_errors);
	sim_put(s, &r);
}

static inline void sim_tunnel(struct sim *s, bool peer)
{
	struct record r;

	record_init(&r, RECORD_TUNNEL, 0, s->t);
	record_set(&r, TUNNEL_TYPE, TUNNEL_TYPE_VXLAN);
	record_set(&r, TUNNEL_IFNAME, record_intern_text(s->intern, "vx1", s->t));
	record_set(&r, TUNNEL_LINK, 0);
	record_set(&r, TUNNEL_OUTER_REMOTE, record_intern_text(s->intern, "192.0.2.2", s->t));
	if (peer) {
		record_set(&r, TUNNEL_PEER, record_intern_text(s->intern, "10.77.0.2", s->t));
		record_set(&r, TUNNEL_PEER_FROM, PEER_FROM_SUBNET);
		record_set(&r, TUNNEL_INNER_TARGET, 0);
	}
	record_text(&r, "vx1");
	sim_put(s, &r);
}

static inline void sim_start(struct sim *s, double interval, uint64_t seed)
{
	struct record r;

	memset(s, 0, sizeof *s);
	s->m = model_new(true);
	s->sink.put = sim_sink_put;
	s->intern = record_intern_new(&s->sink);
	s->interval_us = (int64_t)(interval * 1e6);
	s->random = seed * 0x9e3779b97f4a7c15u + 1;
	s->link_up = s->carrier = s->count_own = true;
	s->ifindex = 7;
	s->mtu = 1450;
	s->rtt_us = 5000;
	s->rtt_spread_us = 300;
	for (int i = 0; i < 10; i++)
		sim_random(s);
	record_init(&r, RECORD_SESSION, 0, 0);
	record_set(&r, SESSION_INTERVAL_MS, (int64_t)(interval * 1000));
	sim_put(s, &r);
	record_init(&r, RECORD_CLOCK, 0, 0);
	record_set(&r, CLOCK_WALL_OFF_US, INT64_C(1790000000000000));
	sim_put(s, &r);
	sim_link(s);
	sim_tunnel(s, true);
}

static inline void sim_end(struct sim *s)
{
	record_intern_free(s->intern);
	model_free(s->m);
}

static inline void sim_fate(struct sim *s, struct sim_flight *f, enum outcome outcome)
{
	struct record r;

	record_init(&r, RECORD_PROBE, 0, s->t);
	record_set(&r, PROBE_PATH, PATH_INNER);
	record_set(&r, PROBE_SEQ, f->seq);
	record_set(&r, PROBE_OUTCOME, outcome);
	record_set(&r, PROBE_PURPOSE, f->scheduled ? PURPOSE_SCHEDULE : PURPOSE_VERDICT);
	record_set(&r, PROBE_AGE_US, s->t - f->sent);
	if (outcome == OUTCOME_REPLY || outcome == OUTCOME_LATE)
		record_set(&r, PROBE_RTT_NS, f->rtt * 1000);
	f->timed_out = outcome == OUTCOME_TIMEOUT;
	f->used = f->timed_out && f->rtt >= 0;
	sim_put(s, &r);
}

static inline void sim_send(struct sim *s, bool scheduled)
{
	struct sim_flight *f = &s->flight[s->seq % SIM_FLIGHT_MAX];
	bool lost = !s->link_up || s->link_gone || sim_random(s) % 1000000 < s->loss * 1e6;

	*f = (struct sim_flight){ .sent = s->t, .seq = s->seq++, .used = true, .scheduled = scheduled };
	f->rtt = lost ? -1 : s->rtt_us + (s->rtt_spread_us ? sim_random(s) % s->rtt_spread_us : 0);
	s->tx++;
	if (!lost && s->count_own)
		s->rx++;
}

/* One slot: drain, send, and the tick when its time has come. */
static inline void sim_slot(struct sim *s)
{
	s->t += SIM_SLOT_US;
	for (int i = 0; i < SIM_FLIGHT_MAX; i++) {
		struct sim_flight *f = &s->flight[i];

		if (f->used && f->rtt >= 0 && s->t >= f->sent + f->rtt)
			sim_fate(s, f, f->timed_out ? OUTCOME_LATE : OUTCOME_REPLY);
		else if (f->used && !f->timed_out && s->t >= f->sent + model_timeout(&s->m->targets[0]))
			sim_fate(s, f, OUTCOME_TIMEOUT);
	}
	if (s->t >= s->next_us) {
		sim_send(s, true);
		s->next_us = (s->t / s->interval_us + 1) * s->interval_us;
		s->fast_us = s->t + 200000;
	} else if (model_wants_fast(s->m, 0) && s->t >= s->fast_us) {
		sim_send(s, false);
		s->fast_us = s->t + 200000;
	}
	if (s->traffic > 0 && sim_random(s) % 1000 < s->traffic * 100)
		s->rx++;
	if (s->t % s->interval_us == 0) {
		struct record r;

		sim_link(s);
		record_init(&r, RECORD_TICK, 0, s->t);
		sim_put(s, &r);
	}
}

static inline void sim_run(struct sim *s, double seconds)
{
	int64_t end = s->t + (int64_t)(seconds * 1e6);

	while (s->t < end)
		sim_slot(s);
}

#endif
