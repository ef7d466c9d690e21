/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The story of story.h, and what routers say meanwhile. frr (on this host, every second): a BGP neighbour on each end
 * of the AWS pair goes with its tunnel, the second one stays away; one is shut down; one is in a VRF. rtx (a Yamaha,
 * every 10 s): two tunnels, of which the row branch is one. edge (telnet, every 5 s): stops answering 80 s before the
 * end, with a neighbour in a state that nobody knows. */
#ifndef TESTS_STORY_ROUTERS_H
#define TESTS_STORY_ROUTERS_H

#include "lib/story.h"

enum { STORY_BRANCH = STORY_ROWS, STORY_EDGE_SILENT = 1420, STORY_UPTIME_S = 61200 };

static const struct story_neighbor {
	const char *router, *neighbor, *vrf;
	int64_t asn, received, sent;
	bool admin;
	const char *word; /* not understood */
} story_neighbors[] = {
	{ "frr", "169.254.43.1", "default", 64512, 42, 3, false, NULL },
	{ "frr", "169.254.44.1", "default", 64512, 42, 3, false, NULL },
	{ "frr", "10.255.0.2", "dc2", 65001, 128, 12, false, NULL },
	{ "frr", "192.0.2.250", "default", 4200000001, 0, 0, true, NULL },
	{ "frr", "10.64.64.64", "default", 64999, 7, 3, false, NULL },
	{ "edge", "198.51.100.1", "default", 64500, 912345, 3, false, NULL },
	{ "edge", "198.51.100.5", "default", 64501, 0, 0, false, "Closing" },
};

/* The second at which the session of a neighbour last came or went, and whether it is there. */
static inline bool story_session(unsigned i, int64_t s, int64_t *ret_since)
{
	*ret_since = -STORY_UPTIME_S;
	if (i > 1 || s < 603)
		return true;
	*ret_since = 603;
	if (s < 699)
		return false;
	*ret_since = 699;
	if (i == 0 || s < 1371)
		return true;
	*ret_since = 1371;
	return false;
}

static inline void story_neighbor(struct story *s, unsigned i)
{
	const struct story_neighbor *n = &story_neighbors[i];
	int64_t second = s->t / US_PER_S, since;
	bool up = story_session(i, second, &since) && !n->admin && !n->word;
	struct record r;

	record_init(&r, RECORD_BGP, i, s->t);
	record_set(&r, BGP_ROUTER, story_name(s, n->router));
	record_set(&r, BGP_NEIGHBOR, story_name(s, n->neighbor));
	record_set(&r, BGP_VRF, story_name(s, n->vrf));
	record_set(&r, BGP_ASN, n->asn);
	record_set(&r, BGP_STATE, up ? BGP_STATE_ESTABLISHED : n->admin ? BGP_STATE_IDLE :
		   n->word ? BGP_STATE_NOT_UNDERSTOOD : BGP_STATE_ACTIVE);
	record_set(&r, BGP_ADMIN, n->admin);
	if (n->word)
		record_set(&r, BGP_WORD, story_name(s, n->word));
	record_set(&r, BGP_UPTIME_S, second - since);
	record_set(&r, BGP_DROPS, i > 1 ? 1 : (second >= 603) + (i && second >= 1371));
	record_set(&r, BGP_MESSAGES, 1000 + second / 3);
	if (i < 2 && second >= 603)
		record_set(&r, BGP_RESET_REASON, story_name(s, "Hold Timer Expired"));
	if (up) {
		record_set(&r, BGP_PREFIXES_RECEIVED, second - since < 2 ? 0 : n->received);
		record_set(&r, BGP_PREFIXES_SENT, n->sent);
	}
	s->sink->put(s->sink, &r);
}

static inline void story_poll(struct story *s, unsigned key, const char *name, const char *profile, int period_ms,
			      int took_ms, bool answers)
{
	struct record r;

	record_init(&r, RECORD_ROUTER, key, s->t);
	record_set(&r, ROUTER_ROUTER, story_name(s, name));
	record_set(&r, ROUTER_PROFILE, story_name(s, profile));
	record_set(&r, ROUTER_PERIOD_MS, period_ms);
	record_set(&r, ROUTER_TOOK_MS, took_ms);
	record_set(&r, ROUTER_OUTCOME, answers ? ROUTER_OUTCOME_OK : ROUTER_OUTCOME_TIMEOUT);
	if (!answers)
		record_set(&r, ROUTER_REASON, story_name(s, "no answer within 3 s"));
	if (key == 1) {
		record_set(&r, ROUTER_CPU_PCT, 12);
		record_set(&r, ROUTER_MEM_PCT, 38);
		record_set(&r, ROUTER_BOOT_AT, (STORY_END_WALL_S - 273600) * US_PER_S);
		record_set(&r, ROUTER_CLOCK_OFFSET_S, 3);
	}
	s->sink->put(s->sink, &r);
}

static inline void story_remote(struct story *s, unsigned key, const char *name, bool up)
{
	int64_t second = s->t / US_PER_S;
	struct record r;

	record_init(&r, RECORD_ROUTER_TUNNEL, key, s->t);
	record_set(&r, ROUTER_TUNNEL_ROUTER, story_name(s, "rtx"));
	record_set(&r, ROUTER_TUNNEL_NAME, story_name(s, name));
	record_set(&r, ROUTER_TUNNEL_UP, up);
	if (up) {
		record_set(&r, ROUTER_TUNNEL_SINCE, (STORY_END_WALL_S - STORY_SECONDS - 7200) * US_PER_S);
		record_set(&r, ROUTER_TUNNEL_SA, 1);
		record_set(&r, ROUTER_TUNNEL_SA_LIFE_S, 900 - second % 900);
		record_set(&r, ROUTER_TUNNEL_RX_PACKETS, 51000 + 12 * second);
		record_set(&r, ROUTER_TUNNEL_TX_PACKETS, 48000 + 11 * second);
	}
	s->sink->put(s->sink, &r);
}

static inline void story_routers_poll(struct story *s)
{
	int64_t second = s->t / US_PER_S;
	bool edge = second < STORY_EDGE_SILENT;

	for (unsigned i = 0; i < ARRAY_LEN(story_neighbors); i++)
		if (i < 5 || (edge && second % 5 == 0))
			story_neighbor(s, i);
	story_poll(s, 0, "frr", "vtysh", 1000, 36, true);
	if (second % 10 == 0) {
		story_remote(s, 0, "TUNNEL[1]", true);
		story_remote(s, 1, "TUNNEL[2]", false);
		story_poll(s, 1, "rtx", "yamaha-rtx", 10000, 640, true);
	}
	if (second % 5 == 0)
		story_poll(s, 2, "edge", "cisco-ios", 5000, edge ? 210 : 3000, edge);
}

/* After story_start. */
static inline void story_routers_start(struct story *s)
{
	struct record r;

	record_init(&r, RECORD_TUNNEL, STORY_BRANCH, s->t);
	record_set(&r, TUNNEL_TYPE, TUNNEL_TYPE_REMOTE);
	record_set(&r, TUNNEL_ORIGIN, ORIGIN_CONFIG);
	record_set(&r, TUNNEL_ROUTER, story_name(s, "rtx"));
	record_set(&r, TUNNEL_REMOTE_NAME, story_name(s, "TUNNEL[1]"));
	record_text(&r, "branch");
	s->sink->put(s->sink, &r);
	story_routers_poll(s);
}

static inline void story_routers_run(struct story *s, int seconds)
{
	for (int i = 0; i < seconds; i++) {
		story_second(s);
		story_routers_poll(s);
	}
}

#endif
