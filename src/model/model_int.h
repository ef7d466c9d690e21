// SPDX-License-Identifier: GPL-2.0-or-later
// What the files of the model share.
#ifndef MODEL_INT_H
#define MODEL_INT_H

#include "tunwatch/model.h"

/* Hostile files may use any key: what they can make us allocate is bounded. */
enum { TUNNELS_MAX = 4096, TARGETS_MAX = 8192, LINKS_MAX = 16384, ADDRESSES_MAX = 65536, ROUTES_MAX = 8192,
       SOURCES_MAX = 1024, SETTINGS_MAX = 256, BGP_MAX = 4096, ROUTERS_MAX = 256, ROUTER_TUNNELS_MAX = 4096,
       ROW_BGP_MAX = 16, SA_MAX = 10000 };

struct model_name {
	uint32_t offset;   /* into the arena */
	uint16_t len, cap; /* cap 0: unused */
	struct addr addr;
};

struct history_row {
	int64_t newest[HISTORY_RINGS]; /* bucket number of the newest cell of each ring */
	struct history_cell cell[HISTORY_CELLS];
};

/* A probe whose fate is known before that of one with a lower number: it waits, to be folded in order. */
enum { PENDING_SLOTS = 48 }; /* ten a second, none for more than 4 s */
struct model_pending {
	int64_t sent_us;
	int32_t rtt_us;  /* of a reply */
	uint8_t fate;    /* 0 none yet, else 1 + enum outcome */
	uint8_t purpose;
	union {
		uint16_t error;   /* errno of an error or unreachable */
		uint16_t held_ms; /* of a reply: how long its probe waited in this host, as for ARP */
	};
};

/* The waiting probes of one target, by their number modulo PENDING_SLOTS. */
struct model_waiting {
	uint32_t n; /* 0: nobody's */
	struct model_pending pending[PENDING_SLOTS];
};

/* Of a BGP neighbour; a cell is 0 (not seen) or 1 + enum health. */
struct history_bgp {
	int64_t newest[HISTORY_RINGS];
	uint8_t cell[HISTORY_CELLS];
};

/* The rings' cell length, number of cells, and first cell. */
struct history_ring {
	int len_s, cells, first;
};
extern const struct history_ring history_ring[HISTORY_RINGS];

/* A ring: the newest is at (n - 1) modulo STEPS_MAX. It has as many places as it needed so far: most paths never
 * change. */
enum { STEPS_FIRST = 2, STEPS_MAX = 64 };
struct history_path {
	uint64_t n;
	size_t cap;
	struct history_step step[];
};

enum { EVENTS_MAX = 2048, OUTAGES_MAX = 8192, HISTORY_BGP_MAX = 256 };

struct history {
	struct history_row **rows; /* by tunnel key; NULL: nothing yet */
	size_t nrows, rows_cap;
	struct history_event *events; /* ring */
	size_t events_first, events_n, events_cap;
	struct history_outage *outages; /* ring */
	size_t outages_first, outages_n, outages_cap;
	struct history_bgp *bgp[HISTORY_BGP_MAX]; /* by key; NULL: nothing yet */
	struct history_path **paths; /* by target key; NULL: nothing yet */
	size_t npaths, paths_cap;
};

/* link.c */
void link_apply(struct model *m, const struct record *r);
void link_address_apply(struct model *m, const struct record *r);
void link_route_apply(struct model *m, const struct record *r);
/* The row's route record: the one to its outer remote, best from its outer local. */
void link_join_route(const struct model *m, struct model_tunnel *t);
void link_tick(struct model *m, int64_t last_tick);
/* Packets received, replies to us left out, since the first reading after session time from (16 readings tell);
 * *ret_steps: at how many readings there were more. */
int64_t link_received_since(const struct model *m, const struct model_link *l, int64_t from, unsigned *ret_steps);
/* Find the row that a link belongs to. */
void link_join_row(struct model *m, unsigned key);

/* tunnel.c */
void tunnel_apply(struct model *m, const struct record *r);
void tunnel_carry_apply(struct model *m, const struct record *r);

/* bgp.c */
void bgp_apply(struct model *m, const struct record *r);
/* Established, and its router lists it. */
bool bgp_is_up(const struct model_bgp *b);
/* The state in words, as its router spells it where that says more. */
void bgp_state_text(const struct model *m, const struct model_bgp *b, char *text, size_t size);
/* What a neighbour is to its row, the worst first. */
enum bgp_worth { BGP_WORTH_DOWN, BGP_WORTH_UNKNOWN, BGP_WORTH_STALE, BGP_WORTH_UP, BGP_WORTH_ADMIN, BGP_WORTH_GONE };
enum bgp_worth bgp_worth(const struct model *m, const struct model_tunnel *t, const struct model_bgp *b);

/* router.c */
void router_apply(struct model *m, const struct record *r);
void router_tunnel_apply(struct model *m, const struct record *r);
/* It says that it has no BGP running: that is an answer, too. */
bool router_is_absent(const struct model *m, const struct model_router *r);
/* Why nothing is heard of it, in words ("does not answer"); "" when it answers. */
const char *router_trouble(const struct model_router *r);

/* log.c */
void log_apply(struct model *m, const struct record *r);
/* A line that told of it being up was lost: see there. */
void log_forget(const struct model *m, struct model_tunnel *t);

/* join.c: neighbours and routers' tunnels to rows, when anything changed that joins are made of */
void join_update(struct model *m);

/* probe.c */
void probe_apply(struct model *m, const struct record *r);
/* Make sure the target of that key exists; NULL when the key is beyond bounds. */
struct model_target *probe_target(struct model *m, unsigned key);
/* Ticks are missing: numbers begin anew. */
void probe_gap(struct model *m);
void probe_remove(struct model *m, unsigned key);
void probe_reset(struct model_target *t);

/* pmtu.c */
void pmtu_apply(struct model *m, const struct record *r);
/* The fate of a probe of purpose mtu or locate. */
void pmtu_probe(struct model *m, struct model_target *t, const struct record *r);
/* A size out of a field: 0 when it is absent or none that IP has. */
int32_t pmtu_size(const struct record *r, unsigned field);
/* The target of that key is another address from here on. */
void pmtu_forget(struct model *m, unsigned key);
/* The row's path MTUs become its baseline, where they are known. */
void pmtu_baseline(struct model *m, unsigned row);

/* mtu.c */
/* What is wrong with the row's path MTU, in words with the evidence. False: nothing. */
bool mtu_trouble(const struct model *m, const struct model_tunnel *t, char *text, size_t size);
/* The row's configured MTU, 0: unknown; *ret_router: its router named it. */
int mtu_configured(const struct model *m, const struct model_tunnel *t, bool *ret_router);
/* Who or what sets the limit ("frag-needed from 192.0.2.65"), behind what stands in text. */
void mtu_add_cause(const struct model *m, const struct model_pmtu *p, const char *lead, char *text, size_t size,
		   size_t *pos);

/* sa.c */
void sa_apply(struct model *m, const struct record *r);
void sa_remove(struct model *m, unsigned key);
/* Find the rows of all of them. */
void sa_join(struct model *m);
/* What protects the same packets as an SA of ESP. */
struct sa_beside {
	bool ah;
	bool compression; /* IPCOMP, whose tunnel it is then */
};
/* The one that tells what the row's packets cost: rather ESP than AH, rather one that leaves, the newest; or NULL. */
const struct model_sa *sa_of_row(const struct model *m, unsigned row, struct sa_beside *ret);

/* stats.c */
void window_add(struct model_window *w, int64_t bucket, bool lost);
void window_sum(const struct model_window *w, int64_t bucket_now, unsigned *ret_sent, unsigned *ret_lost);
void rtt_reset(struct model_rtt *rtt);
void rtt_forget(struct model_rtt *rtt);
void rtt_add(struct model_rtt *rtt, int64_t us);
/* A round trip that only timeouts go by. */
void rtt_estimate(struct model_rtt *rtt, int64_t us);
/* Median and spread (1.4826 times the median absolute deviation) of the newest n replies (n <= 64). */
void rtt_recent(const struct model_rtt *rtt, unsigned n, int32_t *ret_median, int32_t *ret_sigma);
/* Bounds of the 95 % Wilson interval of x in n. */
double wilson_upper(double x, double n);
double wilson_lower(double x, double n);

/* health.c */
void health_update(struct model *m, unsigned key);
void health_tick(struct model *m);
void health_baseline(struct model *m);
/* An outage that is over when it is heard of. False when it is part of one that is counted already. */
bool health_past_outage(struct model *m, unsigned key, int64_t from, int64_t until, const char *cause);

/* history_bgp.c */
/* A neighbour was like that: DOWN, UP, or UNKNOWN. */
void history_bgp_mark(struct model *m, unsigned bgp, int64_t from, int64_t to, enum health health);
/* All of them since the tick before. */
void history_bgp_tick(struct model *m);
/* The key is another neighbour's from here on. */
void history_bgp_forget(struct model *m, unsigned bgp);

/* history_path.c */
/* The path MTU of a target is that from t on; 0: not known. */
void history_path_step(struct model *m, unsigned target, int64_t t, int32_t mtu);
/* The key is another target's from here on. */
void history_path_forget(struct model *m, unsigned target);
size_t history_path_bytes(const struct history_path *p);

/* history.c: all do nothing without a history */
void history_free(struct history *h);
struct history *history_copy(const struct history *h);
size_t history_bytes(const struct history *h);
void history_add_event(struct model *m, int64_t t, unsigned tunnel, int dir, enum severity severity,
		       const char *word, const char *fmt, ...) PRINTF_LIKE(7, 8);
/* The newest event of that row, time and word that ends with old gets another end. */
void history_amend_event(struct model *m, int64_t t, unsigned tunnel, const char *word, const char *old,
			 const char *new);
/* The row's newest events of that word, those of time from or later, turn out to have been nothing. */
void history_drop_events(struct model *m, unsigned tunnel, const char *word, int64_t from);
void history_mark(struct model *m, unsigned tunnel, int64_t from, int64_t to, enum health health);
void history_probe(struct model *m, unsigned tunnel, int64_t sent, bool lost, int64_t rtt_us);
/* Cells wholly after from turn out to have been like that (an outage is dated back to its end). */
void history_rewrite(struct model *m, unsigned tunnel, int64_t from, enum health health);
void history_outage_open(struct model *m, unsigned tunnel, int64_t start, bool known, const char *cause);
/* One that is over already; kept in order of their start. */
void history_outage_past(struct model *m, unsigned tunnel, int64_t start, int64_t end, const char *cause);
void history_outage_close(struct model *m, unsigned tunnel, int64_t end);
void history_outage_explain(struct model *m, unsigned tunnel, const char *cause);

static inline uint16_t name_or_none(const struct record *r, unsigned field)
{
	return record_has(r, field) ? (uint16_t)r->v[field] : MODEL_NONE;
}

static inline int64_t max_time(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

#endif
