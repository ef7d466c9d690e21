/* SPDX-License-Identifier: GPL-2.0-or-later */
// The path-MTU search, pure: it says which sizes to send when, and is told what became of them. No socket, no clock:
// times are microseconds of any clock that does not go back. Sizes are whole IP packets.
//   pmtu_flight.c  probes under way: pace, timeouts, round-trip time, loss
//   pmtu_plan.c    which sizes the next burst tries
//   pmtu_pace.c    how fast, from what gets lost
//   pmtu_told.c    what is told of a probe
//   pmtu_search.c  what a burst has proved, and when the search is over
//   pmtu_watch.c   the steady state: two probes a period, and the burst that confirms a drop
//
// A search sends bursts. The largest size answered is a proof; a PTB that fits what was sent proves the other side.
// Silence proves nothing: a lost probe only steers, and counts as evidence when the nearest sizes known to pass that
// were sent before and after it in the same burst were answered (RFC 4821 7.6.4). How many counted losses it takes
// follows from the loss those known sizes suffer: see pmtu_loss_tries.
#ifndef SOURCE_PMTU_SEARCH_H
#define SOURCE_PMTU_SEARCH_H

#include <stdbool.h>
#include <stdint.h>

#include "tunwatch/base.h"
#include "tunwatch/source.h"

enum {
	PMTU_SMALL4 = 84, PMTU_SMALL6 = 104,    /* controls: what ping sends */
	PMTU_LEAST4 = 576, PMTU_LEAST6 = 1280,  /* smaller ones are none (RFC 791, RFC 8200), nor believed */
	PMTU_RING = 128,                        /* probes remembered, a power of two */
	PMTU_BURST_MAX = 64,
	PMTU_BURST = 16,                        /* probes of a burst unless the path is policed */
	PMTU_LOST_MAX = 48,                     /* sizes remembered as lost */
	PMTU_CANDIDATES = 8,
	PMTU_HINTS = 8,                         /* MTUs that PTBs named and that were tried */
	PMTU_PROBES_MAX = 1000,                 /* of one search */
};
#define PMTU_GAP_US (10 * US_PER_MS)            /* between the probes of a search that begins */
#define PMTU_GAP_LEAST_US INT64_C(500)
#define PMTU_GAP_MOST_US (250 * US_PER_MS)
#define PMTU_WRONG 1e-5                         /* probability that a size given up would have passed */
#define PMTU_WRONG_ALARM 1e-8                   /* the same for a drop told to people */
#define PMTU_SILENT_US (2 * US_PER_S)           /* no PTB for so long, and ... */
#define PMTU_SILENT_GAP_US (1050 * US_PER_MS)   /* ... for three pairs so far apart: some routers send one a second */
#define PMTU_WRONG_CAUSE 1e-5                   /* probability that chance took the PTBs for all of them */

/* ---- pmtu_flight.c ---- */
enum pmtu_fate {
	PMTU_FATE_NONE, PMTU_FATE_WAITING, PMTU_FATE_ANSWERED, PMTU_FATE_REFUSED, PMTU_FATE_LOST,
	PMTU_FATE_LOCAL, PMTU_FATE_UNREACHABLE,
};

struct pmtu_probe {
	uint32_t number;
	int size;
	int64_t sent_us;
	enum pmtu_fate fate;
	bool told;              /* for whoever makes records of fates; not looked at here */
};

/* Controls: how many were sent and lost. */
struct pmtu_loss {
	double sent, lost;
};
/* Probability that so many probes of a size that passes are lost in a row, the loss of the path being as unknown as
 * the controls leave it: E[p^tries], p ~ Beta(1 + lost, 9 + answered). Before any control that is a loss of 10 %. */
double pmtu_loss_chance(const struct pmtu_loss *l, unsigned tries);
/* The least tries for which that is at most wrong. */
unsigned pmtu_loss_tries(const struct pmtu_loss *l, double wrong);
/* How many to send, two between each pair of controls, counting on what those controls and so many others in the same
 * burst will add to l; even. */
unsigned pmtu_loss_tries_with(const struct pmtu_loss *l, double wrong, unsigned others);
/* Upper end of Wilson's 95 % interval of the loss. */
double pmtu_loss_most(const struct pmtu_loss *l);

struct pmtu_flight {
	struct pmtu_probe ring[PMTU_RING];      /* by number */
	uint32_t next, first;                   /* number of the next probe; of the first one of this burst */
	int plan[PMTU_BURST_MAX];               /* sizes of this burst */
	unsigned nplan, sent;
	int64_t gap_us, last_us;                /* pace; when the newest was sent */
	int64_t begin_us;                       /* this burst does not begin before */
	bool any;                               /* a probe was sent */
	int64_t srtt_us, rttvar_us;             /* RFC 6298; srtt 0: none yet */
	int64_t least_us, most_us;              /* round-trip times */
	unsigned rtts;                          /* ... and how many there were */
	int64_t small_us, large_us;             /* least round-trip times of small and of large probes; 0: none yet */
	int small_size, large_size;             /* ... and which those were */
	unsigned probes;                        /* all that left this host */
};

enum pmtu_step { PMTU_STEP_SEND, PMTU_STEP_WAIT, PMTU_STEP_DONE };
/* What to do now. SEND: *ret is to be sent at once. WAIT: until *ret_wake_us, or an answer. DONE: the burst is over. */
enum pmtu_step pmtu_flight_step(struct pmtu_flight *f, int64_t now_us, struct pmtu_probe *ret, int64_t *ret_wake_us);
void pmtu_flight_begin(struct pmtu_flight *f);  /* an empty burst */
void pmtu_flight_add(struct pmtu_flight *f, int size);
struct pmtu_probe *pmtu_flight_find(struct pmtu_flight *f, uint32_t number);
/* Number it a reply; returns the probe, or NULL when there is none or it was answered before. */
struct pmtu_probe *pmtu_flight_reply(struct pmtu_flight *f, uint32_t number, int64_t rtt_us);
struct pmtu_probe *pmtu_flight_at(struct pmtu_flight *f, unsigned i); /* i-th of this burst, i < f->sent */
/* Whether the nearest probes of at most known bytes before and after the i-th were answered. */
bool pmtu_flight_flanked(struct pmtu_flight *f, unsigned i, int known);
/* The gap below which a slow line would queue probes of that size: twice what they take longer than nothing, judged by
 * the large and the small ones so far, so that half of the line is left to others. 0: not known, or not slow. */
int64_t pmtu_flight_line_gap(const struct pmtu_flight *f, int size);

/* ---- pmtu_search.c ---- */
struct pmtu_config {
	int family;
	int most;                               /* MTU of the interface: no larger size is tried */
	int candidates[PMTU_CANDIDATES];        /* what the MTU may well be, best first; 0 ends */
	struct pmtu_loss loss;                  /* controls seen before */
	int64_t srtt_us, rttvar_us;             /* of earlier probes; 0: unknown */
};

struct pmtu_lost {
	int size;
	unsigned times;
};

enum pmtu_phase { PMTU_PHASE_SEARCH, PMTU_PHASE_RECHECK, PMTU_PHASE_CAUSE, PMTU_PHASE_OVER };

struct pmtu_search {
	struct pmtu_flight flight;
	struct pmtu_found found;
	enum pmtu_phase phase;
	int small, least, most;
	int candidates[PMTU_CANDIDATES];
	bool limited;                           /* most is what this host refused to send, not the interface's MTU */
	int low;                                /* largest size answered; 0: none */
	int refused;                            /* smallest size that a PTB proved not to pass; 0: none */
	uint32_t refused_number;                /* ... the newest probe of that size */
	int odd_size;                           /* smallest size that got a PTB with an absurd MTU; 0: none */
	int hint;                               /* MTU that a PTB or this host named, to be tried; 0: none */
	int tried[PMTU_HINTS];                  /* hints that were tried, the newest last */
	unsigned ntried;
	struct addr refuser, odd_from, namer;   /* who sent those; who named the newest hint */
	struct pmtu_lost lost[PMTU_LOST_MAX];   /* sizes above low, ascending: they steer */
	unsigned nlost;
	int counted_size;                       /* the size that losses are counted for */
	unsigned counted;
	struct pmtu_loss loss, pace;            /* of all controls; of those since the pace was changed */
	struct pmtu_loss loss_before;           /* as the search began */
	int64_t gap_floor_us;                   /* a pace found too fast is not tried again */
	unsigned burst;                         /* probes of a burst */
	bool pace_innocent;                     /* loss does not come from the pace */
	bool recheck;                           /* low may no longer pass */
	unsigned rounds, dark;                  /* bursts; those in a row without an answer to a size known to pass */
	unsigned turns;                         /* times the path contradicted itself */
	int64_t started_us, known_us;           /* first probe; when the number was known */
	unsigned pairs, silent;                 /* pairs of probes of the cause phase; those that were lost alone */
	bool begun;
};

void pmtu_search_start(struct pmtu_search *s, const struct pmtu_config *config);
/* As pmtu_flight_step; DONE: nothing more will be sent, and s->found is final. */
enum pmtu_step pmtu_search_step(struct pmtu_search *s, int64_t now_us, struct pmtu_probe *ret, int64_t *ret_wake_us);
/* What became of a probe; numbers that are unknown are ignored. */
void pmtu_search_reply(struct pmtu_search *s, uint32_t number, int64_t rtt_us);
/* A PTB that quotes the probe. quoted: total length of the packet it quotes, 0 when it does not tell; mtu 0: none. */
void pmtu_search_refused(struct pmtu_search *s, uint32_t number, int quoted, const struct addr *from, int mtu);
/* This host refused to send it; mtu: what it named, or 0. */
void pmtu_search_local(struct pmtu_search *s, uint32_t number, int mtu);
/* Another ICMP error, or one of this host's own (from unset). */
void pmtu_search_unreachable(struct pmtu_search *s, uint32_t number, const struct addr *from, int error);

/* Smallest size that is not proved to pass and may be a path MTU. */
int pmtu_search_edge(const struct pmtu_search *s);
/* Smallest size above low that is believed not to pass: lost, refused, or above most. */
int pmtu_search_up(const struct pmtu_search *s);

/* ---- pmtu_told.c, beside what is told: pmtu_search_reply and so on ---- */
/* A probe of that size was lost: it steers. */
void pmtu_search_lost(struct pmtu_search *s, int size);
/* What passed does not any more: begin below it. */
void pmtu_search_turn(struct pmtu_search *s);

/* ---- pmtu_pace.c ---- */
/* After a burst: so many probes of sizes known to pass were answered or lost, so many of them lost. */
void pmtu_pace_judge(struct pmtu_search *s, unsigned known, unsigned lost);

/* ---- pmtu_plan.c: fill s->flight with the next burst ---- */
void pmtu_plan_opening(struct pmtu_search *s);
void pmtu_plan_base(struct pmtu_search *s);     /* is anything answered at all */
void pmtu_plan_hint(struct pmtu_search *s);     /* the MTU that a PTB named, and one byte more */
void pmtu_plan_narrow(struct pmtu_search *s);   /* sizes between low and up */
void pmtu_plan_verdict(struct pmtu_search *s, unsigned tries);
void pmtu_plan_recheck(struct pmtu_search *s, unsigned tries);
void pmtu_plan_cause(struct pmtu_search *s);

/* ---- pmtu_watch.c ---- */
enum pmtu_event {
	PMTU_EVENT_NONE,
	PMTU_EVENT_CONFIRMED,   /* mtu was answered */
	PMTU_EVENT_DROP,        /* mtu no longer passes: search */
	PMTU_EVENT_DROP_PTB,    /* a PTB for a size that passed: search, with what it named as candidate */
	PMTU_EVENT_RAISE,       /* mtu + 1 was answered: search */
	PMTU_EVENT_DARK,        /* nothing is answered: says nothing about the MTU */
};

/* What is kept of a path from period to period. */
struct pmtu_steady {
	int family, mtu;
	bool top;                               /* this host itself refuses mtu + 1: only mtu is sent */
	int64_t srtt_us, rttvar_us;
	struct pmtu_loss loss;                  /* about the newest 200 controls */
};
/* A control sent by another (the scheduled probes). */
void pmtu_steady_control(struct pmtu_steady *k, bool answered);

/* A period under way. */
struct pmtu_watch {
	struct pmtu_flight flight;
	struct pmtu_steady *steady;             /* borrowed; what is learnt goes there */
	int small;
	bool confirming;
	unsigned counted, bursts;
	enum pmtu_event event;
	int named;                              /* MTU of the PTB, 0: none */
	struct addr from;
};
/* A period begins: two probes, of which the first has that number. */
void pmtu_watch_start(struct pmtu_watch *w, struct pmtu_steady *k, uint32_t number);
/* DONE: the period's event is settled. */
enum pmtu_step pmtu_watch_step(struct pmtu_watch *w, int64_t now_us, struct pmtu_probe *ret, int64_t *ret_wake_us);
void pmtu_watch_reply(struct pmtu_watch *w, uint32_t number, int64_t rtt_us);
void pmtu_watch_refused(struct pmtu_watch *w, uint32_t number, int quoted, const struct addr *from, int mtu);
void pmtu_watch_local(struct pmtu_watch *w, uint32_t number);

#endif
