/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The story of story.h, and what searches of path MTUs find meanwhile. The first searches end 6 s after the start: all
 * is well but for ecmp (unstable), sat (too lossy) and small (could carry more). The line below dslite0 shrinks at
 * 1200 s: it fragments outside. lac1 becomes a black hole at 1100 s. dc2-gre's path shrinks at 1404 s, and a router
 * says so. use1-b is down in the end; hq-wg is searched again. branch ends on a router, which enforces 1280. six, all in
 * IPv6, becomes a black hole at 1000 s, on the way back. */
#ifndef TESTS_STORY_MTU_H
#define TESTS_STORY_MTU_H

#include <sys/socket.h>

#include "lib/story.h"

enum { STORY_MTU_SMALL = STORY_ROWS, STORY_MTU_SAT, STORY_MTU_ECMP, STORY_MTU_BRANCH, STORY_MTU_SIX,
       STORY_MTU_ROWS,
       STORY_MTU_OUTER = 40 /* keys of outer targets: 40 + that of the row */ };

static const struct story_row story_mtu_rows[] = {
	{ "small", "gre-small", "10.7.0.2", "203.0.113.10", "192.0.2.120", TUNNEL_TYPE_GRE, 1280, 30100, 64e3, 64e3 },
	{ "sat", "gre-sat", "10.7.1.2", "203.0.113.10", "192.0.2.121", TUNNEL_TYPE_GRE, 1476, 610000, 64e3, 64e3 },
	{ "ecmp", "gre-ecmp", "10.7.2.2", "203.0.113.10", "192.0.2.122", TUNNEL_TYPE_GRE, 1476, 9000, 64e3, 64e3 },
	{ "branch", "", "10.7.3.2", "", "", TUNNEL_TYPE_REMOTE, 0, 14000, 0, 0 },
	{ "six", "gre-six", "fd00:7::2", "2001:db8:1::2", "2001:db8:ff::9", TUNNEL_TYPE_IP6GRE, 1448, 12000, 64e3, 64e3 },
};

/* What a search found. */
struct story_found {
	int second, row;
	enum path path;
	enum pmtu_state state;
	enum pmtu_cause cause;
	int mtu, low, high, limit, probes, took_ms;
	const char *from;
	bool near;
	enum direction direction;
	int hop, cached, named;
};

#define FOUND(second, row, path, cause, mtu, limit, ...) \
	{ second, row, PATH_##path, PMTU_STATE_COMPLETE, PMTU_CAUSE_##cause, mtu, mtu, (mtu) + 1, limit, 16, 80, __VA_ARGS__ }
static const struct story_found story_founds[] = {
	{ 3, 4, PATH_INNER, PMTU_STATE_SEARCHING, PMTU_CAUSE_PENDING, 0, 0, 0, 1420, 2, 10, .from = NULL },
	FOUND(6, 0, INNER, NONE, 1500, 1500, .from = NULL),
	FOUND(6, 1, INNER, NONE, 1436, 1436, .from = NULL),
	FOUND(6, 1, OUTER, NONE, 1500, 1500, .from = NULL),
	FOUND(6, 2, INNER, NONE, 1436, 1436, .from = NULL),
	FOUND(6, 2, OUTER, NONE, 1500, 1500, .from = NULL),
	FOUND(6, 3, INNER, NONE, 1400, 1400, .from = NULL),
	FOUND(6, 3, OUTER, PTB, 1428, 1500, .from = "203.0.113.1", .near = true, .cached = 1428),
	FOUND(6, 4, INNER, NONE, 1420, 1420, .from = NULL),
	FOUND(6, 4, OUTER, NONE, 1500, 1500, .from = NULL),
	FOUND(6, 5, INNER, NONE, 1460, 1460, .from = NULL),
	FOUND(6, 5, OUTER, NONE, 1500, 1500, .from = NULL),
	FOUND(6, 6, INNER, NONE, 1450, 1450, .from = NULL),
	FOUND(6, STORY_MTU_SMALL, INNER, NONE, 1280, 1280, .from = NULL),
	FOUND(6, STORY_MTU_SMALL, OUTER, NONE, 1500, 1500, .from = NULL),
	{ 20, STORY_MTU_SAT, PATH_INNER, PMTU_STATE_TOO_LOSSY, PMTU_CAUSE_PENDING, 0, 1280, 1400, 1476, 200, 14000, .from = NULL },
	{ 20, STORY_MTU_ECMP, PATH_INNER, PMTU_STATE_UNSTABLE, PMTU_CAUSE_PENDING, 0, 1300, 1476, 1476, 90, 2100, .from = NULL },
	FOUND(6, STORY_MTU_BRANCH, INNER, PTB, 1280, 1500, .from = "203.0.113.1", .near = true, .named = 1400),
	FOUND(6, STORY_MTU_SIX, INNER, NONE, 1448, 1448, .from = NULL),
	FOUND(6, STORY_MTU_SIX, OUTER, NONE, 1500, 1500, .from = NULL),
	FOUND(1000, STORY_MTU_SIX, INNER, SILENT, 1400, 1448, .from = NULL, .direction = DIRECTION_REVERSE, .hop = 1,
	      .cached = 1400),
	FOUND(900, 0, INNER, PTB, 1492, 1500, .from = "198.51.100.254", .cached = 1492),
	FOUND(960, 0, INNER, NONE, 1500, 1500, .from = NULL),
	{ 1099, 6, PATH_INNER, PMTU_STATE_SEARCHING, PMTU_CAUSE_PENDING, 0, 1280, 1450, 1450, 4, 30, .from = NULL },
	{ 1100, 6, PATH_INNER, PMTU_STATE_COMPLETE, PMTU_CAUSE_PENDING, 1390, 1390, 1391, 1450, 47, 280, .from = NULL },
	FOUND(1103, 6, INNER, SILENT, 1390, 1450, .from = "10.9.9.1", .direction = DIRECTION_FORWARD, .hop = 3, .cached = 1450),
	FOUND(1200, 5, OUTER, PTB, 1480, 1500, .from = "2001:db8:1::1", .near = true, .cached = 1480),
	FOUND(1404, 3, INNER, PTB, 1372, 1400, .from = "192.0.2.65"),
	FOUND(1404, 3, OUTER, PTB, 1400, 1500, .from = "192.0.2.65", .cached = 1428),
	{ 1380, 2, PATH_INNER, PMTU_STATE_UNREACHABLE, PMTU_CAUSE_PENDING, 0, 0, 0, 1436, 9, 3000, .from = NULL },
	{ 1499, 4, PATH_INNER, PMTU_STATE_SEARCHING, PMTU_CAUSE_PENDING, 0, 1280, 1420, 1420, 4, 30, .from = NULL },
};

static inline const struct story_row *story_mtu_row(int row)
{
	return row < STORY_ROWS ? &story_rows[row] : &story_mtu_rows[row - STORY_ROWS];
}

static inline int story_mtu_key(const struct story_found *w)
{
	return w->path == PATH_OUTER ? STORY_MTU_OUTER + w->row : w->row;
}

/* Probes of one size. */
static inline void story_mtu_probes(struct story *s, const struct story_found *w, int size, enum outcome outcome, int n)
{
	struct record r;

	for (int i = 0; i < n; i++) {
		record_init(&r, RECORD_PROBE, (unsigned)story_mtu_key(w), s->t);
		record_set(&r, PROBE_PATH, w->path);
		record_set(&r, PROBE_OUTCOME, outcome);
		record_set(&r, PROBE_PURPOSE, PURPOSE_MTU);
		record_set(&r, PROBE_SIZE, size);
		record_set(&r, PROBE_AGE_US, 20000);
		if (outcome == OUTCOME_REPLY)
			record_set(&r, PROBE_RTT_NS, 20000000);
		s->sink->put(s->sink, &r);
	}
}

static inline void story_mtu_found(struct story *s, const struct story_found *w)
{
	const struct story_row *row = story_mtu_row(w->row);
	struct record r;

	record_init(&r, RECORD_PMTU, (unsigned)story_mtu_key(w), s->t);
	record_set(&r, PMTU_PATH, w->path);
	record_set(&r, PMTU_TARGET, story_name(s, w->path == PATH_OUTER ? row->remote : row->peer));
	record_set(&r, PMTU_STATE, w->state);
	record_set(&r, PMTU_CAUSE, w->cause);
	if (w->mtu)
		record_set(&r, PMTU_MTU, w->mtu);
	record_set(&r, PMTU_LOW, w->low);
	record_set(&r, PMTU_HIGH, w->high);
	record_set(&r, PMTU_LIMIT, w->limit);
	record_set(&r, PMTU_PROBES, w->probes);
	record_set(&r, PMTU_TOOK_MS, w->took_ms);
	if (w->from && w->cause == PMTU_CAUSE_PTB) {
		record_set(&r, PMTU_FROM, story_name(s, w->from));
		record_set(&r, PMTU_NEAR, w->near);
	}
	if (w->named)
		record_set(&r, PMTU_NAMED, w->named);
	if (w->hop) {
		record_set(&r, PMTU_DIRECTION, w->direction);
		record_set(&r, PMTU_HOP, w->hop);
		if (w->from)
			record_set(&r, PMTU_HOP_FROM, story_name(s, w->from));
	}
	if (w->cached) {
		record_set(&r, PMTU_CACHED_MTU, w->cached);
		record_set(&r, PMTU_CACHED_S, 590);
	}
	s->sink->put(s->sink, &r);
	if (w->state != PMTU_STATE_COMPLETE)
		return;
	story_mtu_probes(s, w, w->mtu, OUTCOME_REPLY, 4);
	if (w->cause == PMTU_CAUSE_SILENT)
		story_mtu_probes(s, w, w->mtu + 1, OUTCOME_TIMEOUT, 6);
	if (w->cause == PMTU_CAUSE_PTB)
		story_mtu_probes(s, w, w->limit, OUTCOME_PTB, 2);
}

static inline void story_mtu_sa(struct story *s, unsigned key, int row, bool out)
{
	const struct story_row *w = &story_rows[row];
	struct record r;

	record_init(&r, RECORD_SA, key, s->t);
	record_set(&r, SA_EVENT, SA_EVENT_NEW);
	record_set(&r, SA_SPI, 0xc3a10000 + key);
	record_set(&r, SA_SRC, story_name(s, out ? w->local : w->remote));
	record_set(&r, SA_DST, story_name(s, out ? w->remote : w->local));
	record_set(&r, SA_PROTO, 50);
	record_set(&r, SA_MODE, SA_MODE_TUNNEL);
	record_set(&r, SA_DIR, out ? DIRECTION_OUT : DIRECTION_IN);
	if (row == 2) {
		record_set(&r, SA_MARK, 0xc8);
		record_set(&r, SA_IF_ID, 0x2a);
	}
	record_set(&r, SA_ENC, story_name(s, "cbc(aes)"));
	record_set(&r, SA_AUTH, story_name(s, "hmac(sha1)"));
	record_set(&r, SA_ICV_BITS, 96);
	s->sink->put(s->sink, &r);
}

/* The rows that story.h has not. */
static inline void story_mtu_tunnel(struct story *s, int row)
{
	const struct story_row *w = story_mtu_row(row);
	struct record r;

	if (*w->ifname) {
		record_init(&r, RECORD_LINK, (unsigned)row, s->t);
		record_set(&r, LINK_IFNAME, story_name(s, w->ifname));
		record_set(&r, LINK_TYPE, w->type);
		record_set(&r, LINK_IFINDEX, 12 + row);
		record_set(&r, LINK_UP, 1);
		record_set(&r, LINK_RUNNING, 1);
		record_set(&r, LINK_CARRIER, 1);
		record_set(&r, LINK_MTU, w->mtu);
		s->sink->put(s->sink, &r);
	}
	record_init(&r, RECORD_TUNNEL, (unsigned)row, s->t);
	record_set(&r, TUNNEL_TYPE, w->type);
	record_set(&r, TUNNEL_PEER, story_name(s, w->peer));
	record_set(&r, TUNNEL_INNER_TARGET, row);
	if (*w->ifname) {
		record_set(&r, TUNNEL_IFNAME, story_name(s, w->ifname));
		record_set(&r, TUNNEL_LINK, row);
		record_set(&r, TUNNEL_OUTER_LOCAL, story_name(s, w->local));
		record_set(&r, TUNNEL_OUTER_REMOTE, story_name(s, w->remote));
		record_set(&r, TUNNEL_OUTER_TARGET, STORY_MTU_OUTER + row);
	}
	record_text(&r, w->name);
	s->sink->put(s->sink, &r);
}

static inline void story_mtu_answer(struct story *s, int row, bool outer)
{
	const struct story_row *w = story_mtu_row(row);
	struct record r;

	record_init(&r, RECORD_PROBE, (unsigned)(outer ? STORY_MTU_OUTER + row : row), s->t);
	record_set(&r, PROBE_PATH, outer ? PATH_OUTER : PATH_INNER);
	record_set(&r, PROBE_TARGET, story_name(s, outer ? w->remote : w->peer));
	record_set(&r, PROBE_SEQ, s->t / US_PER_S - 1);
	record_set(&r, PROBE_OUTCOME, OUTCOME_REPLY);
	record_set(&r, PROBE_PURPOSE, PURPOSE_SCHEDULE);
	record_set(&r, PROBE_SIZE, 84);
	record_set(&r, PROBE_AGE_US, w->rtt_us);
	record_set(&r, PROBE_RTT_NS, w->rtt_us * 1000LL * (outer ? 9 : 10) / 10);
	s->sink->put(s->sink, &r);
}

static inline void story_mtu_source(struct story *s, unsigned key, const char *instance, const char *reason)
{
	struct record r;

	record_init(&r, RECORD_SOURCE, key, s->t);
	record_set(&r, SOURCE_NAME, story_name(s, "pmtu"));
	record_set(&r, SOURCE_INSTANCE, story_name(s, instance));
	record_set(&r, SOURCE_STATE, SOURCE_STATE_OK);
	record_set(&r, SOURCE_REASON, story_name(s, reason));
	s->sink->put(s->sink, &r);
}

/* After story_start. */
static inline void story_mtu_start(struct story *s)
{
	s->outer_targets = STORY_MTU_OUTER;
	for (int row = 1; row < STORY_ROWS; row++)
		story_tunnel(s, row);
	for (int row = STORY_ROWS; row < STORY_MTU_ROWS; row++)
		story_mtu_tunnel(s, row);
	story_mtu_source(s, 8, "ipv4", "");
	story_mtu_source(s, 9, "ipv6", "the kernel keeps the MTUs that routers name in its route cache");
	for (unsigned i = 0; i < 4; i++)
		story_mtu_sa(s, i, 1 + (int)i / 2, i % 2);
}

static inline void story_mtu_second(struct story *s)
{
	story_second(s);
	for (int row = 0; row < STORY_MTU_ROWS; row++) {
		if (row >= STORY_ROWS)
			story_mtu_answer(s, row, false);
		if (row && *story_mtu_row(row)->remote)
			story_mtu_answer(s, row, true);
	}
	for (size_t i = 0; i < ARRAY_LEN(story_founds); i++)
		if (story_founds[i].second == s->t / US_PER_S)
			story_mtu_found(s, &story_founds[i]);
	/* once a period: what is known still is so */
	for (size_t i = 0; s->t / US_PER_S % 10 == 0 && i < ARRAY_LEN(story_founds); i++) {
		const struct story_found *w = &story_founds[i];

		if (w->second == 6 && w->row == 1)
			story_mtu_probes(s, w, w->mtu, OUTCOME_REPLY, 1);
	}
}

static inline void story_mtu_run(struct story *s, int seconds)
{
	for (int i = 0; i < seconds; i++)
		story_mtu_second(s);
}

#endif
