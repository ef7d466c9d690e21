/* SPDX-License-Identifier: GPL-2.0-or-later */
// Which way a black hole loses packets, and behind which hop; pure: it says which probe to send when, and is told what
// became of each. No socket, no clock. Sizes are whole IP packets, times microseconds.
//   pmtu_place.c       the rounds of probes under way, and what is over when
//   pmtu_place_side.c  the direction: probes that draw small answers
//   pmtu_place_hops.c  the hops: TTL-limited probes
//   pmtu_place_io.c    sockets that send what this asks for (pmtu_place_io.h)
//
// An echo reply is as large as its request, so its absence does not tell which way lost it. Two kinds of probes draw
// a small answer: ICMP timestamp requests that are padded (IPv4) and UDP to a closed port. Answered when as large as
// what vanishes: it is lost on the way back. Answered only when as large as what passes: on the way there. Neither:
// nobody knows, unless the hops tell: a router that answers "time exceeded" to small echo requests and never to large
// ones does not get the large ones.
//
// Probes go in pairs, the large one first: whoever limits his answers answers that one. A large probe counts as lost
// only when the small one sent behind it was answered, and it takes as many as PMTU_WRONG asks for. The small one has
// the largest size that passes: answers that grow with what they answer are lost with it on a way back that is small.
//
// How a source uses it, once a search has ended with PMTU_CAUSE_SILENT (or COMPLETE with mtu 0): with
//	struct pmtu_place_config c = { .target = ..., .low = search.low, .high = pmtu_search_edge(&search),
//		.loss = search.loss, .srtt_us = search.flight.srtt_us, .rttvar_us = search.flight.rttvar_us,
//		.gap_us = pmtu_flight_line_gap(&search.flight, pmtu_search_edge(&search)) };
// it calls pmtu_place_io_begin(io, &place, &c) and goes on as with pmtu_search: pmtu_place_step until DONE; on SEND
// pmtu_place_io_send, on WAIT come back at *ret_wake_us at the latest; whenever a descriptor of io is readable, and
// before each step, pmtu_place_io_receive, which tells the machine. place.found is final after DONE: direction, hop and
// hop_from go into the pmtu record. It takes 1 to 2 s on a path without loss, config.budget_us at most, and some 20 to
// 100 probes (purpose locate).
#ifndef SOURCE_PMTU_PLACE_H
#define SOURCE_PMTU_PLACE_H

#include <stdbool.h>
#include <stdint.h>

#include "source/pmtu_search.h"

enum {
	PMTU_PLACE_RING = 128,          /* probes remembered, a power of two */
	PMTU_PLACE_ROUND = 48,          /* probes of a round at most */
	PMTU_PLACE_HOPS = 30,           /* no hop further away is looked for */
};
#define PMTU_PLACE_BUDGET_US (8 * US_PER_S)
#define PMTU_PLACE_PAIR_US (10 * US_PER_MS) /* from the large one to the small one */

struct pmtu_place_config {
	struct addr target;
	int low, high;                  /* largest size that passes; the size that vanishes */
	struct pmtu_loss loss;          /* that controls suffered so far */
	int64_t srtt_us, rttvar_us;     /* of earlier probes; 0: unknown */
	int64_t gap_us;                 /* between probes at least, for a slow line; less than 10 ms: that */
	unsigned kinds;                 /* what can be sent: bit (1u << kind) each */
	uint32_t number;                /* of the first probe */
	int64_t budget_us;              /* it ends by then; 0: PMTU_PLACE_BUDGET_US */
};

struct pmtu_place_probe {
	uint32_t number;
	enum pmtu_place_kind kind;
	int size;
	int ttl;                        /* 0: as usual */
	int64_t sent_us;
	enum pmtu_fate fate;
	bool large;
};

/* One kind's pairs. */
struct pmtu_place_side {
	unsigned sent, answered;        /* small ones */
	unsigned counted;               /* large ones lost while the small one behind them was answered */
	unsigned rounds;
	int64_t gap_us;                 /* between pairs */
	bool large_answered;
};

struct pmtu_place_hop {
	unsigned sent, answered;        /* small ones */
	unsigned counted, missed;       /* missed: small ones without answer, the newest in a row */
	bool large_answered;            /* time exceeded, for a large one */
	bool target;                    /* the target itself answered a small one */
	struct addr from;               /* who answered last; who answered a large one stays */
	int64_t first_us, last_us;      /* when it was probed */
};

enum pmtu_place_phase {
	PMTU_PLACE_PHASE_TIMESTAMP, PMTU_PLACE_PHASE_UDP, PMTU_PLACE_PHASE_VERIFY, PMTU_PLACE_PHASE_HOPS,
	PMTU_PLACE_PHASE_OVER,
};

struct pmtu_place {
	struct pmtu_place_config config;
	struct pmtu_placed found;
	enum pmtu_place_phase phase;
	struct pmtu_place_probe ring[PMTU_PLACE_RING];
	uint32_t next, first;           /* number of the next probe; of the first one of this round */
	struct pmtu_place_plan {
		enum pmtu_place_kind kind;
		bool large;
		int ttl;
		int64_t gap_us;         /* behind the probe before it */
	} plan[PMTU_PLACE_ROUND];
	unsigned nplan, sent;
	int64_t begin_us;               /* this round does not begin before */
	int64_t last_us, started_us, most_us; /* newest probe; first one; longest round trip */
	struct pmtu_place_side sides[PMTU_PLACE_KINDS];
	struct pmtu_place_hop hops[PMTU_PLACE_HOPS + 1]; /* by TTL */
	int64_t hop_gap_us;             /* between the rounds of the hops */
	bool begun, contradicted, placed; /* placed: the hops are settled */
};

void pmtu_place_start(struct pmtu_place *p, const struct pmtu_place_config *config);
/* What to do now. SEND: *ret is to be sent at once. WAIT: until *ret_wake_us, or an answer. DONE: found is final. */
enum pmtu_step pmtu_place_step(struct pmtu_place *p, int64_t now_us, struct pmtu_place_probe *ret,
			       int64_t *ret_wake_us);
/* The newest probe was not sent when it said so, but leaves now: it had to wait for others. The budget waits, too. */
void pmtu_place_delayed(struct pmtu_place *p, int64_t now_us);
/* What became of a probe; numbers that are unknown are ignored, and answers may be late.
 * An echo reply, a timestamp reply or a "port unreachable"; fragment: size of the largest one it came in, 0: whole. */
void pmtu_place_answered(struct pmtu_place *p, uint32_t number, const struct addr *from, int64_t now_us,
			 int fragment);
/* A timestamp reply as large as its request, as BSD's are: they tell no more than echo replies. */
void pmtu_place_reflected(struct pmtu_place *p, uint32_t number);
/* "Time exceeded" on the way. */
void pmtu_place_expired(struct pmtu_place *p, uint32_t number, const struct addr *from, int64_t now_us);
/* A PTB after all. */
void pmtu_place_refused(struct pmtu_place *p, uint32_t number);
/* This host could not send it: no more of that kind. */
void pmtu_place_failed(struct pmtu_place *p, uint32_t number);
/* The newest probe of that kind that is not answered and has that size (0: any) and those low bits of its number
 * (-1: any), for answers that quote no more; or NULL. */
const struct pmtu_place_probe *pmtu_place_find(const struct pmtu_place *p, enum pmtu_place_kind kind, int size,
					       int32_t seq);

/* ---- what the files share ---- */
/* pmtu_place.c: a new round, without probes yet; one more; its i-th, i < p->sent. */
void pmtu_place_round(struct pmtu_place *p);
void pmtu_place_add(struct pmtu_place *p, enum pmtu_place_kind kind, bool large, int ttl, int64_t gap_us);
struct pmtu_place_probe *pmtu_place_at(struct pmtu_place *p, unsigned i);
/* A gap made up to 60 ms longer, never twice the same: in step with one who limits his answers, large ones would always
 * come just before he may answer again. */
int64_t pmtu_place_vary(const struct pmtu_place *p, int64_t gap_us);
/* How many more pairs it takes at least, when so many were sent, small ones answered and large ones counted as lost and
 * none answered, until chance is no explanation: neither the path's loss, which counted losses are judged by, nor one
 * that answers now and then, whose small answers tell how often. */
unsigned pmtu_place_needs(const struct pmtu_place *p, unsigned sent, unsigned answered, unsigned counted);
void pmtu_place_end(struct pmtu_place *p, int64_t now_us);
/* pmtu_place_side.c: that phase, or the first one behind it for which there are probes. */
void pmtu_place_phase_begin(struct pmtu_place *p, enum pmtu_place_phase phase, int64_t now_us);
enum pmtu_place_kind pmtu_place_kind_of(enum pmtu_place_phase phase);
void pmtu_place_side_conclude(struct pmtu_place *p, int64_t now_us); /* a round is over */
void pmtu_place_know(struct pmtu_place *p, enum direction direction, enum pmtu_place_kind by);
void pmtu_place_forget(struct pmtu_placed *f); /* the hops */
/* The hops are settled; found has what they tell. */
void pmtu_place_settled(struct pmtu_place *p, int64_t now_us);
/* UDP has told something, and not enough yet: a pair of it goes with each round of the hops. */
bool pmtu_place_udp_open(const struct pmtu_place *p);
/* Such a round is over. True: it has told, and the hops do not matter. */
bool pmtu_place_udp_conclude(struct pmtu_place *p, int64_t now_us);
/* pmtu_place_hops.c */
void pmtu_place_hops_begin(struct pmtu_place *p, int64_t now_us);
void pmtu_place_hops_conclude(struct pmtu_place *p, int64_t now_us); /* a round is over */

#endif
