/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the health of rows share: evidence, verdicts, reasons. */
#ifndef HEALTH_INT_H
#define HEALTH_INT_H

#include "model/model_int.h"

enum { MOVING_S = 10, BGP_GRACE_S = 3, IKE_TRIES_S = 60 };

enum reason {
	REASON_WAITING, REASON_GONE, REASON_ON_DEMAND, REASON_ADMIN, REASON_NO_CARRIER, REASON_SILENT,
	REASON_SILENT_TRAFFIC, REASON_TRAFFIC, REASON_ANSWERS, REASON_NOTHING, REASON_ONE_WAY, REASON_NO_PEER,
	REASON_CAUSE,
	REASON_BGP,         /* its neighbour is not Established */
	REASON_BGP_HELD,    /* ... and nothing newer is heard of it */
	REASON_BGP_UP,      /* nothing but BGP says that it is up */
	REASON_ROUTER_DOWN, /* its router says so */
	REASON_ROUTER_HELD, /* ... and nothing newer is heard of it */
	REASON_ROUTER_UP,   /* nothing but its router says that it is up */
	REASON_NO_NEWS,     /* what said that it is up is not heard of any more, or not understood */
};

struct verdict {
	enum health health;
	enum reason reason;
	int64_t since;
	bool by_traffic;
	bool from_start; /* it was so when it was first seen: nobody knows since when */
};

enum outer { OUTER_NONE, OUTER_WAITING, OUTER_ANSWERS, OUTER_LOST, OUTER_NEVER };

/* What the neighbours of a row say together: the worst of them that is not shut down decides. */
struct bgp_evidence {
	const struct model_bgp *worst; /* NULL: no neighbour, and nothing below means anything */
	enum bgp_worth worth;          /* of it */
	bool is_past;                  /* DOWN, and for longer than is waited for */
	int64_t since;                 /* DOWN: of the first that went; else of the last that changed */
	int64_t message_us;            /* then or later a message came from one of them; MODEL_NEVER */
};

/* What the router of a row says of it. */
enum remote_word { REMOTE_NONE, REMOTE_UP, REMOTE_DOWN, REMOTE_STALE };
struct remote_evidence {
	enum remote_word word;
	int64_t since;
	const struct model_router_tunnel *status; /* or NULL */
};

struct evidence {
	struct bgp_evidence bgp;
	struct remote_evidence remote;
};

/* judge.c */
void judge_gather(const struct model *m, unsigned key, struct evidence *ret);
struct verdict judge(const struct model *m, const struct model_tunnel *t, const struct evidence *e);
/* The row's target of that key, or NULL. */
const struct model_target *judge_target(const struct model *m, uint16_t key);
enum outer judge_outer(const struct model *m, const struct model_tunnel *t);
bool judge_received_lately(const struct model *m, const struct model_link *l);
/* Several IKE tries in a minute, and no answer. */
bool judge_ike_unanswered(const struct model *m, const struct model_tunnel *t);

/* reason.c: words are made only when what they say has changed */
void reason_set(struct model *m, struct model_tunnel *t, enum reason reason, const struct evidence *e);

#endif
