/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the router source share.
 *   router.c          the source: schedule, polls, answers
 *   router_session.c  one session: password, connection, dialogue, its end
 *   router_io.c       bytes over TCP or through a program
 *   router_news.c     which lines of a log are new
 *   router_secret.c   where a password is kept until it is sent */
#ifndef ROUTER_INT_H
#define ROUTER_INT_H

#include <event2/event.h>

#include "source/child.h"
#include "source/router_io.h"
#include "source/router_news.h"
#include "source/router_put.h"
#include "source/router_secret.h"
#include "tunwatch/source.h"

enum router_phase {
	ROUTER_WAIT,    /* for the next poll or attempt */
	ROUTER_SECRET,  /* the program that prints the password runs */
	ROUTER_NAME,    /* its name is being looked up */
	ROUTER_CONNECT,
	ROUTER_LOGIN, ROUTER_IDLE, ROUTER_POLL,
	ROUTER_LEAVE,   /* logging out */
};

struct router_source;
struct router {
	struct router_seen_sink sink;   /* first: answers go here, and then to put */
	struct router_source *source;
	struct source_env *env;
	const struct router_config *config;
	struct router_put *put;
	struct router_news *news;       /* NULL: its log is not read */
	struct source_report report;

	/* the session */
	enum router_phase phase;
	struct router_io *io;
	struct dialogue *dialogue;
	struct event *timer;            /* the dialogue's */
	struct child *secret_run;
	struct router_secret secret;
	bool failed, answered;          /* told by the dialogue during the last call */
	enum router_outcome outcome;
	char reason[ROUTER_WORDS_MAX];
	int64_t began_us;               /* the attempt or the poll */
	int64_t limit_us;               /* of looking up the name */

	/* schedule */
	int64_t next_poll_us, next_try_us, backoff_us, environment_us, log_us;
	int64_t released_us;            /* watch->released_us as it was heeded last */
	bool released;
	int64_t close_us;               /* released: whatever it is doing then */

	/* the present poll */
	bool polling;                   /* an attempt or a poll is under way */
	uint32_t stages[2];             /* masks still to be asked */
	bool trouble, trouble_asked;    /* a neighbour is not Established; its details were asked for */
	bool log_asked;
	uint64_t states, old_states;    /* a sum over those of neighbours and tunnels; that of the poll before */
};

struct router_source {
	struct source_env *env;
	struct child_pool *children;
	struct resolver *resolver;      /* NULL: no name had to be looked up yet */
	struct router *routers;
	size_t nrouters;
};

/* router_session.c */
void router_session_begin(struct router *r, int64_t now);
/* Each slot. */
void router_session_slot(struct router *r, int64_t now);
/* Log out; the session is over soon. */
void router_session_leave(struct router *r, int64_t now);
/* Close everything now. */
void router_session_close(struct router *r);
/* Ask these commands; only when idle. */
void router_session_ask(struct router *r, uint32_t commands, int64_t now);

/* router.c, called by the session */
void router_ready(struct router *r, int64_t now);    /* logged in */
void router_answer(struct router *r, const struct dialogue_event *ev);
void router_answered(struct router *r, int64_t now); /* all that was asked */
/* As dialogue_config.enough. */
bool router_enough(void *arg, size_t command, const char *text, size_t len);
/* It is over, everything is closed. outcome OK: as was wanted. */
void router_over(struct router *r, enum router_outcome outcome, const char *reason, int64_t now);

#endif
