/* SPDX-License-Identifier: GPL-2.0-or-later */
// pmtu_sched: when a running collector looks at a path's MTU: what starts a search, what holds it back, when the
// periods of the steady state are due; and how many packets all searches may send. Pure: times are given.
#ifndef SOURCE_PMTU_SCHED_H
#define SOURCE_PMTU_SCHED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tunwatch/base.h"

#define PMTU_SCHED_HOLD_US (5 * US_PER_S)       /* no search so soon after a transition */
#define PMTU_SCHED_STRANGE_US (30 * US_PER_S)   /* between searches that PTBs about others' packets start */
#define PMTU_SCHED_AGAIN_US (10 * US_PER_S)     /* after a search without result; doubled up to ... */
#define PMTU_SCHED_AGAIN_MOST_US (320 * US_PER_S)
#define PMTU_SCHED_NEVER INT64_MAX

/* What the model says of a path, each as a number that changes when it does; 0: unknown. */
enum pmtu_sign {
	PMTU_SIGN_ROW, PMTU_SIGN_TARGET, PMTU_SIGN_LINK, PMTU_SIGN_ROUTE, PMTU_SIGN_HOP, PMTU_SIGN_BGP, PMTU_SIGN_SA,
	PMTU_SIGN_MTU, /* the configured one: a change calls for a search, and is no transition */
	PMTU_SIGNS
};

struct pmtu_sched {
	int64_t period_us;      /* 0: only what a person asks for */
	int64_t phase_us;       /* of the periods, below period_us */
	int64_t period_at_us;   /* when the next one begins */
	int64_t hold_us, again_us, strange_us; /* no search before; none by itself; none for strange PTBs */
	int64_t backoff_us;
	bool wanted, asked;     /* a search is; by a person */
	uint64_t signs[PMTU_SIGNS];
};

/* n-th path: where in the period its probes go, so that any number of paths is spread evenly. */
int64_t pmtu_sched_phase(unsigned n, int64_t period_us);
/* A path appears. delay_us: how long its first search waits at least. */
void pmtu_sched_start(struct pmtu_sched *s, int64_t now_us, int64_t period_us, int64_t phase_us, int64_t delay_us);
/* What the model says now. True on a transition: a search under way is to be given up. */
bool pmtu_sched_look(struct pmtu_sched *s, int64_t now_us, const uint64_t signs[PMTU_SIGNS]);
void pmtu_sched_ask(struct pmtu_sched *s);              /* a person wants a search */
void pmtu_sched_event(struct pmtu_sched *s);            /* the steady state saw a change */
void pmtu_sched_strange(struct pmtu_sched *s, int64_t now_us); /* a PTB for this target that quotes no probe */
/* A search has begun; is over, and did (not) find the MTU. */
void pmtu_sched_begun(struct pmtu_sched *s);
void pmtu_sched_over(struct pmtu_sched *s, int64_t now_us, bool found);

enum pmtu_act { PMTU_ACT_NONE, PMTU_ACT_SEARCH, PMTU_ACT_PERIOD };
/* What to do now with a path where nothing is under way. answers: small probes do; known: its MTU is, so that there
 * are periods. NONE: nothing before *ret_wake_us (PMTU_SCHED_NEVER: until something is told). A PERIOD that is
 * returned has begun: the next one is due a period later. */
enum pmtu_act pmtu_sched_next(struct pmtu_sched *s, int64_t now_us, bool answers, bool known, int64_t *ret_wake_us);

/* Packets of all searches: at most PMTU_BUCKET_RATE in any second. */
enum { PMTU_BUCKET_RATE = 500, PMTU_BUCKET_DEPTH = 10 };
struct pmtu_bucket {
	int64_t at_us;          /* when it was full, as far as that goes */
	int64_t line_us;        /* all may share one line: by then it has carried what left so far */
};
/* Whether a packet may leave now; else *ret_wake_us is when. */
bool pmtu_bucket_has(const struct pmtu_bucket *b, int64_t now_us, int64_t *ret_wake_us);
/* How long a packet of size bytes keeps others waiting, if gap_us is right for one of 1500. */
int64_t pmtu_bucket_cost(int64_t gap_us, int size);
void pmtu_bucket_take(struct pmtu_bucket *b, int64_t now_us, int64_t cost_us);

#endif
