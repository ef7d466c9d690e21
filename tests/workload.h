/* SPDX-License-Identifier: GPL-2.0-or-later */
/* workload: a stream of records like that of a collector, from a seed alone. Tunnels with traffic of several kinds,
 * probes, SAs with rekeys, BGP, captures, a little loss, outages, notices, marks. */
#ifndef TESTS_WORKLOAD_H
#define TESTS_WORKLOAD_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tunwatch/base.h"
#include "tunwatch/record.h"

struct workload_tunnel {
	int64_t rate, size, base_rtt_us, jitter; /* jitter: thousandths of the round-trip time */
	int64_t rx_bytes, tx_bytes, rx_packets, tx_packets, rx_dropped, tx_dropped;
	int64_t seq, fragments, captured;
	int64_t mtu, proofs;        /* of its path, 0: not searched yet; periods since the last record */
	int down_left;
};

struct workload_sa {
	int64_t bytes, packets, age_s;
	uint32_t spi;
};

struct workload_reply {
	int64_t t, age_us, rtt_ns; /* rtt_ns < 0: lost */
	unsigned tunnel;
};

struct workload {
	uint64_t state;
	struct record_sink *sink;
	struct record_intern *intern;
	unsigned tunnels, sas;
	struct workload_tunnel *tunnel;
	struct workload_sa *sa;
	int64_t tick;               /* seconds since the beginning */
	int64_t t;                  /* of the newest record */
	uint64_t records;
	struct workload_reply *replies;
	bool routers;               /* routers that tell of BGP and tunnels, and their logs: see workload_add_routers */
};

static inline uint32_t workload_random(struct workload *w)
{
	w->state ^= w->state << 13;
	w->state ^= w->state >> 7;
	w->state ^= w->state << 17;
	return (uint32_t)((w->state * UINT64_C(2685821657736338717)) >> 32);
}

static inline int64_t workload_below(struct workload *w, int64_t n)
{
	return n > 0 ? (int64_t)(((uint64_t)workload_random(w) * (uint64_t)n) >> 32) : 0;
}

/* About normal, mean 0, deviation about scale. */
static inline int64_t workload_noise(struct workload *w, int64_t scale)
{
	int64_t sum = 0;

	for (int i = 0; i < 4; i++)
		sum += workload_below(w, 2 * scale + 1) - scale;
	return sum * 87 / 100;
}

static inline void workload_put(struct workload *w, struct record *r)
{
	if (r->t < w->t)
		r->t = w->t;
	w->t = r->t;
	w->records++;
	w->sink->put(w->sink, r);
}

static inline int64_t workload_name(struct workload *w, const char *fmt, unsigned n)
{
	char text[64];

	snprintf(text, sizeof text, fmt, n);
	return record_intern_text(w->intern, text, w->t);
}

static inline void workload_describe(struct workload *w, unsigned i)
{
	char name[32];
	struct record r;

	snprintf(name, sizeof name, "wg-site%02u", i);
	record_init(&r, RECORD_TUNNEL, i, w->t);
	record_set(&r, TUNNEL_TYPE, TUNNEL_TYPE_GRE);
	record_set(&r, TUNNEL_IFNAME, workload_name(w, "wg-site%02u", i));
	record_set(&r, TUNNEL_LINK, i);
	record_set(&r, TUNNEL_PEER, workload_name(w, "10.0.%u.1", i));
	record_set(&r, TUNNEL_OUTER_REMOTE, workload_name(w, "198.51.100.%u", i));
	record_set(&r, TUNNEL_INNER_TARGET, i);
	record_set(&r, TUNNEL_ORIGIN, i % 3 ? ORIGIN_DISCOVERED : ORIGIN_CONFIG);
	if (w->routers) {
		record_set(&r, TUNNEL_ROUTER, workload_name(w, "rtx%u", i % 2));
		record_set(&r, TUNNEL_REMOTE_NAME, workload_name(w, "TUNNEL[%u]", i));
	}
	record_text(&r, name);
	workload_put(w, &r);
}

static inline void workload_open(struct workload *w, uint64_t seed, unsigned tunnels, unsigned sas,
				 struct record_sink *sink)
{
	struct record r;

	*w = (struct workload){ .state = seed * UINT64_C(0x9e3779b97f4a7c15) + 1, .sink = sink, .tunnels = tunnels,
				.sas = sas };
	w->intern = record_intern_new(sink);
	w->tunnel = xcalloc(tunnels, sizeof *w->tunnel);
	w->sa = xcalloc(sas, sizeof *w->sa);
	w->replies = xcalloc(tunnels, sizeof *w->replies);
	record_init(&r, RECORD_SESSION, 0, 0);
	record_set(&r, SESSION_FORMAT, 1);
	record_set(&r, SESSION_HOST, workload_name(w, "jump%02u", 1));
	record_set(&r, SESSION_INTERVAL_MS, 1000);
	workload_put(w, &r);
	record_init(&r, RECORD_CLOCK, 0, 0);
	record_set(&r, CLOCK_WALL_OFF_US, INT64_C(1795000000000000));
	record_set(&r, CLOCK_UTC_OFF_S, 32400);
	record_set(&r, CLOCK_REASON, CLOCK_REASON_START);
	workload_put(w, &r);
	for (unsigned i = 0; i < tunnels; i++) {
		/* packets a second: eight of 32 idle but for keepalives, ten slow, eight busy, six full */
		static const int64_t rates[] = { 0, 20, 800, 0, 20, 800, 20, 15000, 0, 20, 800, 20, 0, 20, 800, 90000 };
		struct workload_tunnel *t = &w->tunnel[i];

		t->rate = rates[i % ARRAY_LEN(rates)] * (50 + workload_below(w, 100)) / 100;
		t->size = t->rate ? 200 + workload_below(w, 1000) : 112;
		t->base_rtt_us = 3000 + workload_below(w, 400) * workload_below(w, 400);
		t->jitter = 4 + workload_below(w, 8) * workload_below(w, 8);
		workload_describe(w, i);
	}
	for (unsigned i = 0; i < sas; i++)
		w->sa[i] = (struct workload_sa){ .age_s = workload_below(w, 3600), .spi = workload_random(w) };
}

static inline void workload_close(struct workload *w)
{
	record_intern_free(w->intern);
	free(w->tunnel);
	free(w->sa);
	free(w->replies);
}

static inline void workload_link(struct workload *w, unsigned i, int64_t t)
{
	struct workload_tunnel *tn = &w->tunnel[i];
	bool idle = tn->down_left || (!tn->rate && workload_below(w, 16)) || (tn->rate < 50 && w->tick & 1);
	int64_t in = idle ? 0 : tn->rate ? tn->rate + workload_noise(w, tn->rate / 6 + 1) : 1;
	int64_t out = idle ? 0 : tn->rate ? tn->rate * 3 / 4 + workload_noise(w, tn->rate / 6 + 1) : 1;
	struct record r;

	in = in < 0 ? 0 : in;
	out = out < 0 ? 0 : out;
	tn->rx_packets += in;
	tn->tx_packets += out;
	tn->rx_bytes += tn->size == 112 ? in * 112 : in * tn->size + workload_noise(w, in * 9 + 1) + in * 40;
	tn->tx_bytes += tn->size == 112 ? out * 148 : out * tn->size + workload_noise(w, out * 9 + 1) + out * 40;
	tn->rx_dropped += !workload_below(w, 2500);
	tn->tx_dropped += !workload_below(w, 500);
	record_init(&r, RECORD_LINK, i, t);
	record_set(&r, LINK_RX_BYTES, tn->rx_bytes);
	record_set(&r, LINK_TX_BYTES, tn->tx_bytes);
	record_set(&r, LINK_RX_PACKETS, tn->rx_packets);
	record_set(&r, LINK_TX_PACKETS, tn->tx_packets);
	record_set(&r, LINK_RX_ERRORS, 0);
	record_set(&r, LINK_TX_ERRORS, 0);
	record_set(&r, LINK_RX_DROPPED, tn->rx_dropped);
	record_set(&r, LINK_TX_DROPPED, tn->tx_dropped);
	record_set(&r, LINK_IFINDEX, i + 3);
	record_set(&r, LINK_UP, 1);
	record_set(&r, LINK_RUNNING, 1);
	record_set(&r, LINK_CARRIER, 1);
	record_set(&r, LINK_MTU, 1420);
	record_set(&r, LINK_TYPE, TUNNEL_TYPE_GRE);
	record_set(&r, LINK_IFNAME, workload_name(w, "wg-site%02u", i));
	workload_put(w, &r);
}

static inline int workload_by_time(const void *a, const void *b)
{
	const struct workload_reply *x = a, *y = b;

	return x->t < y->t ? -1 : x->t > y->t ? 1 : x->tunnel < y->tunnel ? -1 : x->tunnel > y->tunnel;
}

static inline void workload_probe(struct workload *w, const struct workload_reply *p)
{
	struct record r;

	record_init(&r, RECORD_PROBE, p->tunnel, p->t);
	record_set(&r, PROBE_SEQ, ++w->tunnel[p->tunnel].seq);
	record_set(&r, PROBE_OUTCOME, p->rtt_ns < 0 ? OUTCOME_TIMEOUT : OUTCOME_REPLY);
	record_set(&r, PROBE_PURPOSE, PURPOSE_SCHEDULE);
	record_set(&r, PROBE_SIZE, 84);
	record_set(&r, PROBE_PATH, PATH_INNER);
	record_set(&r, PROBE_TARGET, workload_name(w, "10.0.%u.1", p->tunnel));
	record_set(&r, PROBE_AGE_US, p->age_us);
	if (p->rtt_ns >= 0)
		record_set(&r, PROBE_RTT_NS, p->rtt_ns);
	workload_put(w, &r);
}

/* The fates of this second's probes, in the order in which they come: sent spread over the second, each with its own
 * round-trip time. */
static inline void workload_probes(struct workload *w, int64_t start)
{
	for (unsigned i = 0; i < w->tunnels; i++) {
		struct workload_tunnel *tn = &w->tunnel[i];
		int64_t rtt = tn->base_rtt_us * 1000 + llabs(workload_noise(w, tn->base_rtt_us * tn->jitter));
		bool lost = tn->down_left || !workload_below(w, 1500);
		int64_t sent = start + 750000 * (int64_t)i / w->tunnels;

		w->replies[i] = (struct workload_reply){
			.tunnel = i, .rtt_ns = lost ? -1 : rtt,
			.age_us = lost ? 1000000 : rtt / 1000 + workload_below(w, 80),
		};
		w->replies[i].t = sent + (lost ? 0 : w->replies[i].age_us);
	}
	qsort(w->replies, w->tunnels, sizeof *w->replies, workload_by_time);
	for (unsigned i = 0; i < w->tunnels; i++)
		workload_probe(w, &w->replies[i]);
}

static inline void workload_slow(struct workload *w, unsigned i, int64_t t)
{
	struct workload_tunnel *tn = &w->tunnel[i];
	struct record r;

	record_init(&r, RECORD_BGP, i, t);
	record_set(&r, BGP_UPTIME_S, w->tick);
	record_set(&r, BGP_STATE, tn->down_left ? BGP_STATE_ACTIVE : BGP_STATE_ESTABLISHED);
	record_set(&r, BGP_PREFIXES_RECEIVED, 12 + !workload_below(w, 1000));
	record_set(&r, BGP_NEIGHBOR, workload_name(w, "10.0.%u.1", i));
	workload_put(w, &r);
	tn->captured += workload_below(w, 3);
	tn->fragments += i % 9 == 2 ? workload_below(w, 5) : 0;
	record_init(&r, RECORD_CAPTURE, i, t);
	record_set(&r, CAPTURE_PACKETS, tn->captured);
	record_set(&r, CAPTURE_FRAGMENTS_RX, tn->fragments);
	workload_put(w, &r);
}

/* ---- path MTUs: a search at the start and at every change, and two probes every 10 s, of which only those have records
 * of their own that find something else than before. Every fourth path is narrower than its interface, and a router says
 * so; of the others this host itself refuses what is larger. ---- */

static inline void workload_mtu_probe(struct workload *w, unsigned i, int64_t t, int64_t size, enum outcome outcome,
				      int64_t mtu)
{
	struct record r;

	record_init(&r, RECORD_PROBE, i, t);
	record_set(&r, PROBE_OUTCOME, outcome);
	record_set(&r, PROBE_PURPOSE, PURPOSE_MTU);
	record_set(&r, PROBE_SIZE, size);
	record_set(&r, PROBE_AGE_US, outcome == OUTCOME_TIMEOUT ? 1000000 : w->tunnel[i].base_rtt_us +
		   workload_below(w, 100));
	record_set(&r, PROBE_PATH, PATH_INNER);
	record_set(&r, PROBE_TARGET, workload_name(w, "10.0.%u.1", i));
	if (mtu) {
		record_set(&r, PROBE_MTU, mtu);
		record_set(&r, PROBE_FROM, workload_name(w, "192.0.2.%u", i));
	}
	workload_put(w, &r);
}

static inline void workload_pmtu(struct workload *w, unsigned i, int64_t t, enum pmtu_state state, int64_t mtu,
				 int64_t proofs)
{
	struct record r;

	record_init(&r, RECORD_PMTU, i, t);
	record_set(&r, PMTU_PATH, PATH_INNER);
	record_set(&r, PMTU_TARGET, workload_name(w, "10.0.%u.1", i));
	record_set(&r, PMTU_STATE, state);
	record_set(&r, PMTU_LIMIT, 1420);
	if (proofs)
		record_set(&r, PMTU_PROOFS, proofs);
	if (mtu)
		record_set(&r, PMTU_MTU, mtu);
	if (state == PMTU_STATE_COMPLETE) {
		record_set(&r, PMTU_CAUSE, mtu < 1420 ? PMTU_CAUSE_PTB : PMTU_CAUSE_NONE);
		record_set(&r, PMTU_LOW, mtu);
		record_set(&r, PMTU_HIGH, mtu + 1);
		record_set(&r, PMTU_PROBES, 16);
		record_set(&r, PMTU_TOOK_MS, 200);
		if (mtu < 1420)
			record_set(&r, PMTU_FROM, workload_name(w, "192.0.2.%u", i));
	}
	workload_put(w, &r);
}

static inline void workload_search(struct workload *w, unsigned i, int64_t t)
{
	struct workload_tunnel *tn = &w->tunnel[i];
	int64_t old = tn->mtu;

	tn->mtu = i % 4 ? 1420 : 1300 + workload_below(w, 100);
	workload_pmtu(w, i, t, PMTU_STATE_SEARCHING, old, 0);
	for (int k = 0; k < 8; k++) {
		int64_t size = k & 1 ? tn->mtu : 1280 + workload_below(w, 141);

		workload_mtu_probe(w, i, t, size, size <= tn->mtu ? OUTCOME_REPLY : OUTCOME_PTB,
				   size <= tn->mtu ? 0 : tn->mtu);
	}
	workload_pmtu(w, i, t, PMTU_STATE_COMPLETE, tn->mtu, 0);
	tn->proofs = 0;
}

static inline void workload_mtu(struct workload *w, unsigned i, int64_t t)
{
	struct workload_tunnel *tn = &w->tunnel[i];
	bool lost = tn->down_left || !workload_below(w, 1500);

	if (!tn->mtu || (!tn->down_left && !workload_below(w, 2000))) {
		workload_search(w, i, t);
		return;
	}
	if (lost) {
		workload_mtu_probe(w, i, t, tn->mtu, OUTCOME_TIMEOUT, 0);
		if (!tn->down_left)
			workload_mtu_probe(w, i, t, tn->mtu, OUTCOME_REPLY, 0);
	} else if (++tn->proofs == 6) {
		workload_pmtu(w, i, t, PMTU_STATE_COMPLETE, tn->mtu, tn->proofs);
		tn->proofs = 0;
	}
}

/* ---- routers: not part of the stream whose density is measured ---- */

static inline void workload_add_routers(struct workload *w)
{
	w->routers = true;
	for (unsigned i = 0; i < w->tunnels; i++)
		workload_describe(w, i);
}

static inline void workload_neighbour(struct workload *w, unsigned i, int64_t t)
{
	static const enum bgp_state states[] = { BGP_STATE_IDLE, BGP_STATE_ACTIVE, BGP_STATE_CONNECT,
						 BGP_STATE_NOT_UNDERSTOOD, BGP_STATE_OPENSENT };
	bool up = workload_below(w, 8) != 0;
	struct record r;

	record_init(&r, RECORD_BGP, 100 + i, t);
	record_set(&r, BGP_ROUTER, workload_name(w, "rtx%u", i % 2));
	record_set(&r, BGP_NEIGHBOR, workload_name(w, "10.0.%u.1", i));
	record_set(&r, BGP_ASN, 65000 + i);
	record_set(&r, BGP_GONE, !workload_below(w, 30));
	record_set(&r, BGP_STATE, up ? BGP_STATE_ESTABLISHED : states[workload_below(w, ARRAY_LEN(states))]);
	record_set(&r, BGP_ADMIN, !up && !workload_below(w, 4));
	record_set(&r, BGP_DROPS, w->tick / (20 + i));
	record_set(&r, BGP_MESSAGES, w->tick / 3);
	record_set(&r, BGP_PREFIXES_RECEIVED, workload_below(w, 9) ? 40 : workload_below(w, 40));
	if (workload_below(w, 3))
		record_set(&r, BGP_UPTIME_S, w->tick % 37);
	if (!up)
		record_set(&r, BGP_RESET_REASON, workload_name(w, "reason %u", (unsigned)workload_below(w, 4)));
	workload_put(w, &r);
}

static inline void workload_remote(struct workload *w, unsigned i, int64_t t)
{
	struct record r;

	record_init(&r, RECORD_ROUTER_TUNNEL, i, t);
	record_set(&r, ROUTER_TUNNEL_ROUTER, workload_name(w, "rtx%u", i % 2));
	record_set(&r, ROUTER_TUNNEL_NAME, workload_name(w, "TUNNEL[%u]", i));
	record_set(&r, ROUTER_TUNNEL_UP, workload_below(w, 12) != 0);
	record_set(&r, ROUTER_TUNNEL_SA, workload_below(w, 12) != 0);
	record_set(&r, ROUTER_TUNNEL_SA_LIFE_S, 100 - w->tick % 100);
	workload_put(w, &r);
	if (workload_below(w, 6))
		return;
	record_init(&r, RECORD_LOG, 0, t);
	record_set(&r, LOG_SOURCE, workload_name(w, "rtx%u", i % 2));
	record_set(&r, LOG_MEANING, workload_below(w, LOG_MEANING_COUNT));
	record_set(&r, LOG_AT, INT64_C(1795000000000000) + t - workload_below(w, 20 * US_PER_S));
	record_set(&r, LOG_NAME, workload_name(w, "TUNNEL[%u]", i));
	record_text(&r, "IP Tunnel");
	workload_put(w, &r);
}

static inline void workload_router(struct workload *w, unsigned i, int64_t t)
{
	struct record r;

	for (unsigned k = i; k < w->tunnels; k += 2) {
		workload_neighbour(w, k, t);
		workload_remote(w, k, t);
	}
	record_init(&r, RECORD_ROUTER, i, t);
	record_set(&r, ROUTER_ROUTER, workload_name(w, "rtx%u", i));
	record_set(&r, ROUTER_OUTCOME, w->tick / 40 % 3 ? ROUTER_OUTCOME_OK :
		   workload_below(w, ROUTER_OUTCOME_COUNT));
	record_set(&r, ROUTER_PERIOD_MS, 5000);
	record_set(&r, ROUTER_TOOK_MS, 30 + workload_below(w, 50));
	record_set(&r, ROUTER_CPU_PCT, workload_below(w, 100));
	workload_put(w, &r);
}

/* Counters of one SA in turn; at its end of life it is removed and another one takes the key. */
static inline void workload_sa(struct workload *w, unsigned i, int64_t t, int64_t period)
{
	struct workload_sa *sa = &w->sa[i];
	struct record r;

	sa->age_s += period;
	if (sa->age_s >= 3600 || w->tick <= period) {
		if (w->tick > period) {
			record_init(&r, RECORD_REMOVE, i, t);
			record_set(&r, 0, RECORD_SA);
			workload_put(w, &r);
		}
		*sa = (struct workload_sa){ .spi = workload_random(w), .age_s = w->tick <= period ? sa->age_s : 0 };
		record_init(&r, RECORD_SA, i, t);
		record_set(&r, SA_EVENT, SA_EVENT_NEW);
		record_set(&r, SA_SPI, sa->spi);
		record_set(&r, SA_DIR, i % 2 ? DIRECTION_IN : DIRECTION_OUT);
		record_set(&r, SA_ENC, workload_name(w, "rfc4106(gcm(aes))", 0));
		workload_put(w, &r);
	}
	sa->packets += workload_below(w, 500);
	sa->bytes += workload_below(w, 500000);
	record_init(&r, RECORD_SA_COUNTERS, i, t);
	record_set(&r, SA_COUNTERS_BYTES, sa->bytes);
	record_set(&r, SA_COUNTERS_PACKETS, sa->packets);
	record_set(&r, SA_COUNTERS_AGE_S, sa->age_s);
	record_set(&r, SA_COUNTERS_SPI, sa->spi);
	workload_put(w, &r);
}

static inline void workload_text(struct workload *w, enum record_kind kind, int64_t t)
{
	char text[128];
	struct record r;

	snprintf(text, sizeof text, "rtt above baseline: %lld us, median %lld us over 300 s",
		 (long long)workload_below(w, 90000), (long long)workload_below(w, 50000));
	record_init(&r, kind, kind == RECORD_MARK ? 0 : (unsigned)workload_below(w, 20), t);
	if (kind == RECORD_NOTICE)
		record_set(&r, NOTICE_LEVEL, workload_below(w, SEVERITY_COUNT));
	record_text(&r, text);
	workload_put(w, &r);
}

/* One second of records, the tick at its end. */
static inline void workload_tick(struct workload *w)
{
	int64_t start = w->tick * US_PER_S + 150 + workload_below(w, 300), period = w->sas > 100 ? 10 : 5;
	struct record r;

	w->tick++;
	for (unsigned i = 0; i < w->tunnels; i++) {
		struct workload_tunnel *tn = &w->tunnel[i];

		if (tn->down_left)
			tn->down_left--;
		else if (!workload_below(w, 20000))
			tn->down_left = 5 + (int)workload_below(w, 60);
		workload_link(w, i, start);
	}
	for (unsigned i = 0; i < w->sas; i++)
		if (i % period == w->tick % period)
			workload_sa(w, i, start + 400, period);
	for (unsigned i = 0; i < w->tunnels; i++)
		if (i % 5 == w->tick % 5)
			workload_slow(w, i, start + 700);
	for (unsigned i = 0; i < w->tunnels; i++)
		if (i % 10 == w->tick % 10)
			workload_mtu(w, i, start + 900);
	for (unsigned i = 0; w->routers && i < 2; i++)
		if (w->tick % 5 == i)
			workload_router(w, i, start + 800);
	workload_probes(w, start + 1000);
	if (!workload_below(w, 18))
		workload_text(w, RECORD_NOTICE, w->t + workload_below(w, 1000));
	if (!workload_below(w, 4000))
		workload_text(w, RECORD_MARK, w->t);
	record_init(&r, RECORD_TICK, 0, w->tick * US_PER_S);
	workload_put(w, &r);
}

#endif
