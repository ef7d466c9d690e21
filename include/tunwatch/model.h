/* SPDX-License-Identifier: GPL-2.0-or-later */
/* model: the fold of records. It reads no clock and no configuration: the same records give the same model.
 * Everything is plain data addressed by index or key; views and reports read it, only model_apply writes it.
 * Times are session time in us unless a name says wall. Negative or MODEL_NEVER means "not yet". */
#ifndef TUNWATCH_MODEL_H
#define TUNWATCH_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tunwatch/base.h"
#include "tunwatch/model_pmtu.h"
#include "tunwatch/record.h"

#define MODEL_NEVER INT64_MIN
#define MODEL_NONE 0xffffu      /* no such key */
#define MODEL_REASON_MAX 160
#define MODEL_NAME_MAX 64

/* Counts per time bucket over a sliding window. */
enum { WINDOW_SLOTS = 60 };
struct model_window {
	int64_t bucket; /* number of the newest bucket: t / bucket length */
	uint16_t sent[WINDOW_SLOTS], lost[WINDOW_SLOTS];
};

/* Round-trip times in octaves of 8 steps, 1 us .. 16 s; see model_rtt_percentile. */
enum { RTT_BUCKETS = 24 * 8 };
struct model_rtt {
	int64_t last_us, max_us, min_us; /* -1: no reply yet */
	int64_t sum_us;
	uint64_t count;
	int64_t srtt_us, rttvar_us;      /* RFC 6298 gains; 0 before the first reply */
	int64_t jitter_us;               /* RFC 3550 section 6.4.1 */
	uint32_t bucket[RTT_BUCKETS];
	uint32_t recent[64];             /* the newest replies, us */
	uint32_t recent_count;           /* replies ever put into recent (index modulo 64) */
};

/* One probed address. Key: the probe records' key. */
struct model_target {
	bool used;
	enum path path;
	uint16_t target;            /* name key */
	uint16_t row;               /* inner: tunnel key; outer: MODEL_NONE (shared) */
	uint32_t sent, lost;        /* scheduled probes with a fate, none sent during a search: see model_pmtu_aside */
	uint32_t sent_up, lost_up;  /* of those, outside outages */
	uint32_t late, duplicate, foreign;
	uint64_t replies;           /* to scheduled and verdict probes */
	uint64_t large;             /* packets that MTU probes brought back */
	int64_t answered_us;        /* when the newest reply came; MODEL_NEVER */
	int64_t last_us;            /* when its newest record was made */
	/* verdict: runs in order of probe numbers */
	int64_t next_seq;           /* first number not folded yet; -1 at the start */
	uint32_t waiting;           /* 1 + the place in the model's waiting; 0: none waits */
	uint64_t ring_lost[4];      /* bits: the last 200 scheduled outcomes outside outages, 1 lost */
	uint64_t ring_aside[4];     /* ... 1: sent during a search */
	uint32_t ring_count, ring_pos;
	uint32_t lost_run, reply_run;
	uint32_t scheduled_lost_run, aside_lost_run; /* of lost_run, the scheduled ones; of those, during a search */
	uint32_t need_lost;         /* K: losses in a row that mean down (given the loss before) */
	uint32_t need_replies;      /* replies in a row that end it */
	uint32_t silent_sent, silent_replies; /* probes and stray replies since it is silent */
	int64_t run_start_us;       /* when the first probe of the lost run was sent */
	int64_t run_last_us;        /* ... and the last */
	int64_t reply_start_us;     /* when the first reply of the reply run came */
	bool silent;                /* verdict: K in a row lost over long enough */
	int64_t silent_since_us;
	int16_t last_error;         /* errno of the newest error or unreachable, 0 */
	struct model_window minute, ten; /* 60 x 1 s, 60 x 10 s */
	struct model_rtt rtt;
};

struct model_rate {
	double rx_bytes, tx_bytes, rx_packets, tx_packets; /* a second; negative: unknown */
};

enum link_counter {
	COUNTER_RX_BYTES, COUNTER_TX_BYTES, COUNTER_RX_PACKETS, COUNTER_TX_PACKETS,
	COUNTER_RX_ERRORS, COUNTER_TX_ERRORS, COUNTER_RX_DROPPED, COUNTER_TX_DROPPED, COUNTERS
};

/* One interface. Key: the link records' key. */
struct model_link {
	bool used, gone, up, running, carrier, fallback;
	bool known_counters, known_state;
	uint64_t identity;                          /* hash of everything but the counters */
	enum tunnel_type type;
	uint16_t ifname, outer_local, outer_remote; /* name keys or MODEL_NONE */
	uint16_t row;                               /* tunnel key or MODEL_NONE */
	int32_t ifindex, mtu, lower, master;        /* 0: unknown or none */
	uint32_t gre_key, okey, if_id, mark;
	bool has_key, has_okey, has_if_id, has_mark;
	bool checksum, sequence, encap_limit, no_df; /* of the packets it sends */
	uint64_t counter[COUNTERS];                 /* raw, newest */
	uint64_t total[COUNTERS];                   /* increases seen since the session began, resets left out */
	int64_t counters_us;                        /* when they were read */
	int64_t changed_us;                         /* when gone, up, running or carrier last changed */
	int64_t rx_moved_us, tx_moved_us;           /* when received / sent packets last increased */
	int64_t rx_run_us;                          /* since when received ones increase at every reading */
	uint32_t resets, generations;               /* counter resets; times re-created */
	int64_t recent_rx[16];                      /* packets received, replies to us left out, at 16 readings ... */
	int64_t recent_us[16];                      /* ... and when: for "moving in the last 10 s" */
	uint32_t recent_pos;
	struct model_rate rate;
};

struct model_address {
	bool used;
	int32_t ifindex;
	uint16_t local, peer; /* name keys or MODEL_NONE */
	uint8_t prefix_len;
};

struct model_route {
	bool used;
	uint16_t outer_remote, outer_local, oif, gateway, gateway_mac, prefsrc; /* name keys or MODEL_NONE */
	int32_t cached_mtu, error; /* 0: unknown, none */
	int64_t changed_us;
};

struct model_source {
	bool used;
	uint16_t name, instance, reason;
	enum source_state state;
	int32_t error, period_ms;
	int64_t since_us;
};

struct model_setting {
	bool used;
	uint16_t name, value;
};

/* A BGP neighbour as one router tells of it. Key: the bgp records' key. */
struct model_bgp {
	bool used, gone, admin;
	uint16_t router, neighbor, vrf, word, reset_reason; /* name keys or MODEL_NONE */
	uint16_t row;             /* tunnel it belongs to, or MODEL_NONE */
	uint16_t next;            /* of that row: see model_tunnel_bgp */
	enum bgp_state state;
	int64_t asn;              /* -1: unknown, as are the next three */
	int64_t prefixes_received, prefixes_sent, drops;
	int64_t messages_received;
	int64_t message_us;       /* when messages_received last grew; MODEL_NEVER */
	int64_t uptime_s;         /* of the newest record; -1 */
	int64_t since_us;         /* since when it is Established, or is not; dated by uptime_s where it says */
	bool since_known;         /* false: it was so when watching began, and the router does not say since when */
	int64_t established_us;   /* when it was last seen Established; MODEL_NEVER: never */
	int64_t first_us, seen_us;/* when it was first seen; newest record */
	uint32_t flaps;           /* times it left Established, those between two polls among them */
};

/* A router (or the local vtysh) that is asked. Key: the router records' key. */
struct model_router {
	bool used;
	uint16_t router, profile, reason; /* name keys or MODEL_NONE */
	enum router_outcome outcome;      /* of the newest poll */
	int32_t took_ms, period_ms;       /* 0: unknown */
	int32_t cpu_pct, mem_pct;         /* -1: unknown */
	int32_t not_understood;           /* pieces of its newest answer that no pattern fits */
	int64_t boot_at;                  /* us since 1970; MODEL_NEVER */
	int64_t clock_offset_s;
	bool has_clock_offset;
	int64_t polled_us, answered_us;   /* newest poll, newest one that went well; MODEL_NEVER */
	int64_t absent_us;                /* since when it has no BGP running; MODEL_NEVER */
	uint32_t failures;                /* polls that failed in a row */
	uint64_t polls, failed;           /* in all */
};

/* A tunnel as its router sees it. Key: the router-tunnel records' key. */
struct model_router_tunnel {
	bool used, gone, has_up, up, has_sa, sa;
	uint16_t router, name, word;      /* name keys or MODEL_NONE */
	uint16_t row;                     /* tunnel it belongs to, or MODEL_NONE */
	int64_t since;                    /* us since 1970; MODEL_NEVER */
	int64_t up_us;                    /* since when up is as it is, session time */
	int64_t sa_us;                    /* since when sa is as it is */
	int64_t sa_life_s;                /* -1: unknown */
	uint64_t rx_packets, tx_packets;
	bool has_packets;
	uint32_t rekeys;                  /* times its remaining life rose */
	int64_t seen_us;
};

/* A row. Key: the tunnel records' key. */
struct model_tunnel {
	bool used, gone, ssh;
	char name[MODEL_NAME_MAX];
	enum tunnel_type type;
	enum origin origin;
	enum expect expect;
	enum framing framing;     /* as configured */
	enum peer_from peer_from;
	uint16_t ifname, outer_local, outer_remote, peer, group, source, device, bgp, router, remote_name;
	uint16_t link, inner_target, outer_target, route; /* keys or MODEL_NONE; route is joined by outer_remote */
	int32_t want_mtu, want_mss, tos;
	uint32_t gre_key, okey, if_id, mark, probe_mark;
	bool has_key, has_okey, has_if_id, has_mark, has_probe_mark;
	int64_t first_us;         /* when it was first seen */

	enum health state;
	int64_t since_us;         /* when the state began (an outage: when the first lost probe was sent) */
	bool since_known;         /* false: it was so already when watching began */
	char reason[MODEL_REASON_MAX];
	uint64_t reason_code;     /* what reason was made from */
	bool by_traffic;          /* up because counters move, not because the peer answers */
	int64_t up_us, down_us;   /* time spent up or degraded, and down, up to accounted_us */
	int64_t accounted_us;
	uint32_t outages;         /* begun */
	int64_t flap_us[8];       /* when the last outages began: see model_flaps */
	uint32_t flap_pos;
	int64_t degraded_until_us;/* a cause holds for 60 s after it was last seen */
	char cause[MODEL_REASON_MAX]; /* of being degraded, kept while it holds */
	int64_t oneway_us;        /* since when packets leave but none arrive; MODEL_NEVER */
	uint64_t error_base;      /* link errors at error_from_us */
	uint32_t error_refusals;  /* probes refused by then */
	int64_t error_from_us;    /* when counting them began anew; MODEL_NEVER */
	int64_t error_us;         /* when they were last seen rising; MODEL_NEVER */
	int64_t base_us;          /* when the baseline was set; MODEL_NEVER */
	int32_t base_rtt_us, base_sigma_us; /* 0: none yet */
	int32_t base_inner, base_outer; /* path MTUs of the baseline; 0: none yet */
	uint16_t sas;             /* its first SA: key plus one, or 0 */
	bool base_told;           /* an event says that they are less than what would fit */
	uint32_t base_replies;    /* replies when the baseline began to be gathered */
	uint32_t rekeys;
	bool by_bgp, by_router;   /* down because BGP is, because its router says so; up because of them alone */
	uint16_t bgp_first;       /* neighbours, by way of next; or MODEL_NONE */
	uint16_t router_tunnel;   /* what its router says; or MODEL_NONE */
	int64_t log_down_us;      /* its router's log says down since; MODEL_NEVER */
	int64_t log_up_us;        /* ... and up since */
	int64_t ike_us[3];        /* the newest IKE tries without answer in that log; MODEL_NEVER */
	struct { int64_t from, until; } over[8]; /* the newest outages that ended; MODEL_NEVER */
	uint32_t over_pos;
};

/* History: what views draw of the past. Only viewers and reports keep one. */
struct history_cell {
	uint8_t health;  /* worst state seen: enum health, of the row */
	uint8_t seen;    /* 0: not watched then */
	uint8_t sent, lost; /* inner scheduled probes, saturating */
	uint32_t rtt_us; /* mean of the replies; 0: none */
};
enum { HISTORY_RINGS = 3, HISTORY_CELLS = 300 + 360 + 288 };

struct history_event {
	int64_t t;
	uint16_t tunnel;  /* key or MODEL_NONE */
	int8_t dir;       /* +1 better, -1 worse, 0 neither */
	uint8_t severity; /* enum severity */
	char word[8];     /* UP DOWN DEGR LINK MTU BGP ROUTE MARK BASE NOTICE GAP */
	char text[148];
};

struct history_outage {
	int64_t start, end;  /* end MODEL_NEVER: still open */
	uint16_t tunnel;
	bool start_known;    /* false: it was down already when watching began */
	char cause[MODEL_REASON_MAX];
};

struct model_mark {
	int64_t t;
	char text[64];
};

struct history;

struct model {
	int64_t now;          /* time of the newest record */
	int64_t ticks;        /* tick records folded */
	int64_t tick_us;      /* when the newest tick was */
	int64_t started_us;   /* time of the first record folded; of the keyframe when it began with one */
	int64_t interval_us;
	int64_t wall_off_us;  /* wall time minus session time; 0 until has_clock */
	int32_t utc_off_s;
	bool has_clock;
	bool began;           /* something that is no snapshot was folded */
	bool partial;         /* began at a keyframe in the middle: "since" may be older than it says */
	uint16_t program, host, kernel; /* name keys or MODEL_NONE */
	int64_t gap_us;       /* end of the newest gap; MODEL_NEVER */
	int64_t stats_us;     /* statistics count from here; MODEL_NEVER: from the start */
	uint32_t baselines;   /* baseline records folded */
	int64_t baseline_us;  /* when the newest baseline was set; MODEL_NEVER */
	uint32_t notices;
	uint32_t marks_count;
	struct model_mark marks[26]; /* letters A.. */
	uint64_t changes;     /* counts what a person would see at once: a frame is cut early when it grows */
	uint64_t topology;    /* counts changes of links, addresses, routes, rows, neighbours: discovery looks again */
	uint64_t sa_joined;   /* hash of the rows and addresses for which SAs were joined to rows */
	uint64_t joined;      /* topology for which neighbours and routers' tunnels were joined to rows (at ticks) */

	/* dense by key; a hole has used == false. n: highest key + 1 */
	struct model_tunnel *tunnels;  size_t ntunnels, tunnels_cap;
	struct model_target *targets;  size_t ntargets, targets_cap;
	struct model_waiting *waiting; size_t nwaiting, waiting_cap, waiting_free; /* none is free below waiting_free */
	struct model_link *links;      size_t nlinks, links_cap;
	struct model_address *addresses; size_t naddresses, addresses_cap;
	struct model_route *routes;    size_t nroutes, routes_cap;
	struct model_source *sources;  size_t nsources, sources_cap;
	struct model_setting *settings; size_t nsettings, settings_cap;
	struct model_bgp *bgp;         size_t nbgp, bgp_cap;
	struct model_router *routers;  size_t nrouters, routers_cap;
	struct model_router_tunnel *router_tunnels; size_t nrouter_tunnels, router_tunnels_cap;
	struct model_pmtu *pmtu;       size_t npmtu, pmtu_cap;
	struct model_sa *sa;           size_t nsa, sa_cap;
	struct model_name *names;      size_t nnames, names_cap;
	char *arena;                   size_t arena_len, arena_cap;
	struct history *history;       /* NULL in a collector */
};

struct model *model_new(bool with_history);
void model_free(struct model *m);
/* A full copy, history included; and how many bytes one takes. */
struct model *model_copy(const struct model *m);
size_t model_bytes(const struct model *m);
/* Fold one record. Records that contradict the model are ignored, never an error. */
void model_apply(struct model *m, const struct record *r);
/* Fingerprint of everything but the history: equal models have equal hashes. */
uint64_t model_hash(const struct model *m);

/* Text of a name key; "" for MODEL_NONE or an unknown key. Valid until the next model_apply. */
const char *model_name(const struct model *m, unsigned key);
/* The address that name spells; family 0 when it spells none. */
struct addr model_addr(const struct model *m, unsigned key);
/* Value of a setting by option name, or NULL. */
const char *model_setting(const struct model *m, const char *name);
/* Row by name, link by interface name or index, address key: MODEL_NONE when there is none. */
unsigned model_find_tunnel(const struct model *m, const char *name);
unsigned model_find_link(const struct model *m, const char *ifname);
unsigned model_find_ifindex(const struct model *m, int ifindex);
/* The row's parts, or NULL. */
const struct model_link *model_tunnel_link(const struct model *m, const struct model_tunnel *t);
const struct model_target *model_tunnel_inner(const struct model *m, const struct model_tunnel *t);
const struct model_target *model_tunnel_outer(const struct model *m, const struct model_tunnel *t);
const struct model_route *model_tunnel_route(const struct model *m, const struct model_tunnel *t);
/* Time spent up or degraded, and down, until m->now. */
void model_tunnel_times(const struct model *m, const struct model_tunnel *t, int64_t *ret_up, int64_t *ret_down);
/* Outages begun in the last 10 minutes (at most 8 are counted). */
unsigned model_flaps(const struct model *m, const struct model_tunnel *t);
/* The neighbours of a row: calls with i = 0, 1, ... give their keys, then MODEL_NONE. The worst first. */
unsigned model_tunnel_bgp(const struct model *m, unsigned tunnel, unsigned i);
/* The router of that name, or NULL; and of a neighbour. */
const struct model_router *model_find_router(const struct model *m, uint16_t name);
/* Its newest polls failed or stopped coming (3 periods): what it said last may not be so any more. */
bool model_router_stale(const struct model *m, const struct model_router *r);
/* What its router says of the row, or NULL. */
const struct model_router_tunnel *model_tunnel_remote(const struct model *m, const struct model_tunnel *t);
/* Session time of wall time. */
int64_t model_session_time(const struct model *m, int64_t wall_us);
/* Wall time (us since 1970) of session time t. */
int64_t model_wall(const struct model *m, int64_t t);

/* Lost fraction 0..1 in the last 60 s / 600 s / ever / outside outages; negative: no probe yet. */
enum model_loss { LOSS_1M, LOSS_10M, LOSS_ALL, LOSS_UP };
double model_loss(const struct model *m, const struct model_target *t, enum model_loss which);
/* Lost ones among the newest scheduled probes outside outages, at most 200. */
unsigned model_ring_lost(const struct model_target *t, unsigned newest);
/* The same without those sent during a search; *ret_n: how many are left. */
unsigned model_ring_loss(const struct model_target *t, unsigned newest, unsigned *ret_n);
/* RTT in us below which the fraction p of replies lie, within 5 %; -1: no reply. */
int64_t model_rtt_percentile(const struct model_rtt *rtt, double p);
int64_t model_rtt_avg(const struct model_rtt *rtt);
/* How long to wait for a reply before a probe is lost: max(1 s, srtt + 4 rttvar), at most 3 s (us). */
int64_t model_timeout(const struct model_target *t);
/* Whether the next probes on this target should come every 200 ms: a verdict (down, or up again) is open. */
bool model_wants_fast(const struct model *m, unsigned target_key);
/* True while a source is anything but ok; *ret its row. */
const struct model_source *model_source_trouble(const struct model *m, const char *name);

/* The carry record of a row, for the first frame of a rotated part. data (>= RECORD_TEXT_MAX bytes) holds its bytes. */
void model_carry(const struct model *m, unsigned tunnel, struct record *ret, uint8_t *data);

/* ---- history (m->history may be NULL: then nothing is there) ---- */
/* Worst of the cells covering [to - seconds, to) of a row; cell_s one of 1 2 5 10 30 60 300. Fills n cells, the
 * newest last, each ending at a multiple of cell_s. Returns false when no history is kept. */
bool history_cells(const struct model *m, unsigned tunnel, int cell_s, int64_t to, struct history_cell *ret, size_t n);
/* The same of a BGP neighbour: health UP is Established, DOWN is anything else, UNKNOWN shut down by its administrator;
 * seen 0 where its router did not answer. Only the first 256 neighbours have one. */
bool history_bgp_cells(const struct model *m, unsigned bgp, int cell_s, int64_t to, struct history_cell *ret, size_t n);
/* Events in order of their times, the oldest first, at most 2048. */
size_t history_events(const struct model *m);
const struct history_event *history_event(const struct model *m, size_t i);
/* Outages of all rows in order of their start, at most the newest 8192. */
size_t history_outages(const struct model *m);
const struct history_outage *history_outage(const struct model *m, size_t i);

#endif
