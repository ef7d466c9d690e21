/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A story for tests of screens: a line and six tunnels during the move of an uplink, 25 minutes at 1 Hz, always the
 * same records. AWS pair lost and back; the second one flaps and stays down; dc2-gre gets slow; lac1 is made anew. */
#ifndef TESTS_STORY_H
#define TESTS_STORY_H

#include <string.h>

#include "tunwatch/base.h"
#include "tunwatch/record.h"

enum { STORY_ROWS = 7, STORY_SECONDS = 1500 };
#define STORY_END_WALL_S INT64_C(1795183530) /* 2026-11-20 14:05:30 UTC */

struct story {
	struct record_sink *sink;
	struct record_intern *intern;
	int64_t t;
	uint64_t random;
	int utc_off_s;
	int outer_targets; /* key of the outer target of row 0; 0: there are none */
	uint64_t rx[STORY_ROWS], tx[STORY_ROWS];
	int64_t seq[STORY_ROWS];
};

static const struct story_row {
	const char *name, *ifname, *peer, *local, *remote;
	enum tunnel_type type;
	int mtu, rtt_us;
	double rx_rate, tx_rate; /* bytes a second */
} story_rows[STORY_ROWS] = {
	{ "uplink", "eth0", "203.0.113.1", "", "", TUNNEL_TYPE_LINE, 1500, 2100, 15.2e6, 4.1e6 },
	{ "use1-a", "vti1", "169.254.43.1", "203.0.113.10", "198.51.100.6", TUNNEL_TYPE_VTI, 1436, 11400, 1.24e6, 372e3 },
	{ "use1-b", "vti2", "169.254.44.1", "203.0.113.10", "198.51.100.7", TUNNEL_TYPE_VTI, 1436, 12100, 88e3, 96 },
	{ "dc2-gre", "gre-dc2", "10.255.0.2", "203.0.113.10", "192.0.2.65", TUNNEL_TYPE_GRE, 1400, 24800, 4.1e6, 1.2e6 },
	{ "hq-wg", "wg0", "10.9.0.1", "203.0.113.10", "192.0.2.80", TUNNEL_TYPE_WIREGUARD, 1420, 24900, 212e3, 64e3 },
	{ "dslite0", "dslite0", "192.0.0.1", "2001:db8:1::2", "2001:db8:ff::1", TUNNEL_TYPE_IP6TNL, 1460, 8100, 9.7e6, 2.9e6 },
	{ "lac1", "ppp0", "10.64.64.64", "203.0.113.10", "192.0.2.99", TUNNEL_TYPE_PPP, 1450, 19600, 88e3, 26e3 },
};

static inline uint32_t story_random(struct story *s)
{
	s->random ^= s->random << 13;
	s->random ^= s->random >> 7;
	s->random ^= s->random << 17;
	return (uint32_t)(s->random >> 16);
}

static inline bool story_between(int64_t s, int from, int to)
{
	return s >= from && s < to;
}

/* Whether a probe of a row is lost in this second. */
static inline bool story_lost(int row, int64_t second)
{
	switch (row) {
	case 1:
		return story_between(second, 600, 690);
	case 2:
		return story_between(second, 600, 690) || story_between(second, 1300, 1329) || second >= 1366;
	case 3:
		return second >= 1404 && second % 29 == 0;
	case 6:
		return story_between(second, 860, 888);
	default:
		return false;
	}
}

static inline int64_t story_name(struct story *s, const char *text)
{
	return record_intern_text(s->intern, text, s->t);
}

static inline void story_text(struct story *s, enum record_kind kind, const char *text)
{
	struct record r;

	record_init(&r, kind, 0, s->t);
	record_text(&r, text);
	s->sink->put(s->sink, &r);
}

static inline void story_link(struct story *s, int row)
{
	const struct story_row *w = &story_rows[row];
	bool gone = row == 6 && story_between(s->t / US_PER_S, 860, 888);
	struct record r;

	record_init(&r, RECORD_LINK, (unsigned)row, s->t);
	record_set(&r, LINK_IFNAME, story_name(s, w->ifname));
	record_set(&r, LINK_TYPE, row ? (int64_t)w->type : TUNNEL_TYPE_OTHER);
	record_set(&r, LINK_IFINDEX, row == 6 && s->t / US_PER_S >= 888 ? 21 : 12 + row);
	record_set(&r, LINK_UP, 1);
	record_set(&r, LINK_RUNNING, 1);
	record_set(&r, LINK_CARRIER, 1);
	record_set(&r, LINK_GONE, gone);
	record_set(&r, LINK_MTU, w->mtu);
	record_set(&r, LINK_RX_BYTES, (int64_t)s->rx[row]);
	record_set(&r, LINK_TX_BYTES, (int64_t)s->tx[row]);
	record_set(&r, LINK_RX_PACKETS, (int64_t)(s->rx[row] / 800));
	record_set(&r, LINK_TX_PACKETS, (int64_t)(s->tx[row] / 96));
	record_set(&r, LINK_RX_ERRORS, 0);
	record_set(&r, LINK_TX_ERRORS, 0);
	record_set(&r, LINK_RX_DROPPED, 0);
	record_set(&r, LINK_TX_DROPPED, row == 3 ? 12 : 0);
	s->sink->put(s->sink, &r);
}

static inline void story_tunnel(struct story *s, int row)
{
	const struct story_row *w = &story_rows[row];
	struct record r;

	record_init(&r, RECORD_TUNNEL, (unsigned)row, s->t);
	record_set(&r, TUNNEL_TYPE, w->type);
	record_set(&r, TUNNEL_PEER, story_name(s, w->peer));
	record_set(&r, TUNNEL_PEER_FROM, PEER_FROM_SUBNET);
	record_set(&r, TUNNEL_INNER_TARGET, row);
	if (row) {
		record_set(&r, TUNNEL_IFNAME, story_name(s, w->ifname));
		record_set(&r, TUNNEL_LINK, row);
		record_set(&r, TUNNEL_OUTER_LOCAL, story_name(s, w->local));
		record_set(&r, TUNNEL_OUTER_REMOTE, story_name(s, w->remote));
		record_set(&r, TUNNEL_SSH, row == 5);
		if (s->outer_targets)
			record_set(&r, TUNNEL_OUTER_TARGET, s->outer_targets + row);
	}
	if (row == 2) {
		record_set(&r, TUNNEL_IF_ID, 0x2a);
		record_set(&r, TUNNEL_MARK, 0xc8);
		record_set(&r, TUNNEL_GROUP, story_name(s, "aws"));
	}
	record_text(&r, w->name);
	s->sink->put(s->sink, &r);
	if (!row)
		return;
	record_init(&r, RECORD_ROUTE, (unsigned)row, s->t);
	record_set(&r, ROUTE_OUTER_REMOTE, story_name(s, w->remote));
	record_set(&r, ROUTE_OIF, story_name(s, "eth0"));
	record_set(&r, ROUTE_GATEWAY, story_name(s, row == 5 ? "fe80::1" : "203.0.113.1"));
	record_set(&r, ROUTE_GATEWAY_MAC, story_name(s, "02:00:5e:00:01:01"));
	record_set(&r, ROUTE_PREFSRC, story_name(s, w->local));
	s->sink->put(s->sink, &r);
}

static inline void story_source(struct story *s, unsigned key, const char *name, enum source_state state, const char *why)
{
	struct record r;

	record_init(&r, RECORD_SOURCE, key, s->t);
	record_set(&r, SOURCE_NAME, story_name(s, name));
	record_set(&r, SOURCE_STATE, state);
	record_set(&r, SOURCE_REASON, story_name(s, why));
	s->sink->put(s->sink, &r);
}

/* The first records. sink is kept; end with story_end. */
static inline void story_start(struct story *s, struct record_sink *sink, int utc_off_s)
{
	struct record r;

	memset(s, 0, sizeof *s);
	s->sink = sink;
	s->intern = record_intern_new(sink);
	s->random = 4711;
	s->utc_off_s = utc_off_s;
	record_init(&r, RECORD_SESSION, 0, 0);
	record_set(&r, SESSION_FORMAT, 1);
	record_set(&r, SESSION_HOST, story_name(s, "jump1"));
	record_set(&r, SESSION_INTERVAL_MS, 1000);
	sink->put(sink, &r);
	record_init(&r, RECORD_CLOCK, 0, 0);
	record_set(&r, CLOCK_WALL_OFF_US, (STORY_END_WALL_S - STORY_SECONDS) * US_PER_S);
	record_set(&r, CLOCK_UTC_OFF_S, utc_off_s);
	sink->put(sink, &r);
	story_source(s, 0, "link", SOURCE_STATE_OK, "");
	story_source(s, 5, "probe6", SOURCE_STATE_DENIED, "no CAP_NET_RAW: setcap cap_net_raw+ep tunwatch");
	for (int i = 0; i < STORY_ROWS; i++) {
		s->rx[i] = s->tx[i] = 1000000u * (unsigned)(i + 1);
		story_link(s, i);
		story_tunnel(s, i);
	}
}

static inline void story_end(struct story *s)
{
	record_intern_free(s->intern);
}

static inline void story_probe(struct story *s, int row, int64_t seq, int64_t age, int64_t rtt_us)
{
	struct record r;

	record_init(&r, RECORD_PROBE, (unsigned)row, s->t);
	record_set(&r, PROBE_PATH, PATH_INNER);
	record_set(&r, PROBE_TARGET, story_name(s, story_rows[row].peer));
	record_set(&r, PROBE_SEQ, seq);
	record_set(&r, PROBE_OUTCOME, rtt_us < 0 ? OUTCOME_TIMEOUT : OUTCOME_REPLY);
	record_set(&r, PROBE_PURPOSE, PURPOSE_SCHEDULE);
	record_set(&r, PROBE_AGE_US, age);
	record_set(&r, PROBE_SIZE, 84);
	if (rtt_us >= 0)
		record_set(&r, PROBE_RTT_NS, rtt_us * 1000);
	s->sink->put(s->sink, &r);
}

static inline void story_row_second(struct story *s, int row)
{
	const struct story_row *w = &story_rows[row];
	int64_t second = s->t / US_PER_S, rtt = w->rtt_us + story_random(s) % ((unsigned)w->rtt_us / 5);
	bool lost = story_lost(row, second);
	double wave = 0.9 + 0.002 * (story_random(s) % 100);

	if (row == 3 && second >= 1404)
		rtt = rtt * 8 / 5;
	/* the time to wait for the one before is over */
	if (second > 1 && story_lost(row, second - 1))
		story_probe(s, row, s->seq[row] - 1, US_PER_S, -1);
	if (!lost)
		story_probe(s, row, s->seq[row], rtt, rtt);
	s->seq[row]++;
	if (!lost)
		s->rx[row] += (uint64_t)(w->rx_rate * wave);
	s->tx[row] += (uint64_t)(w->tx_rate * wave);
	story_link(s, row);
}

/* One second of it. */
static inline void story_second(struct story *s)
{
	struct record r;

	s->t += US_PER_S;
	if (s->t == 594 * US_PER_S)
		story_text(s, RECORD_MARK, "shut r1a uplink");
	if (s->t == 1361 * US_PER_S)
		story_text(s, RECORD_MARK, "uplink moved to r1b ge-0/0/3");
	if (s->t == 300 * US_PER_S)
		story_text(s, RECORD_BASELINE, "");
	for (int i = 0; i < STORY_ROWS; i++)
		story_row_second(s, i);
	record_init(&r, RECORD_TICK, 0, s->t);
	s->sink->put(s->sink, &r);
}

static inline void story_run(struct story *s, int seconds)
{
	for (int i = 0; i < seconds; i++)
		story_second(s);
}

#endif
