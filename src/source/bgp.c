// SPDX-License-Identifier: GPL-2.0-or-later
// BGP neighbours as FRR on this host tells of them: vtysh is asked, one poll at a time. Only bgpd is talked to: another
// daemon that hangs must not keep it from answering.
#include <errno.h>
#include <event2/event.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "source/bgp_peers.h"
#include "source/child.h"
#include "source/router_put.h"
#include "source/sources.h"

#define VTYSH "/usr/bin/vtysh"
#define SUMMARY "show bgp vrf all summary json"
#define FAILED "show bgp vrf all summary failed json" /* why those were reset that are not Established */
#define POLL_US US_PER_S
#define LOOK_US (3 * US_PER_S)      /* how often an FRR is looked for that is not there */
#define DEADLINE_US (5 * US_PER_S)  /* of a poll */
#define DETAIL_US US_PER_S          /* with less time left details wait for the next one */
enum { ROUTERS_MAX = 32, ARGS_MAX = 32, DETAILS_MAX = 8, COMMAND_MAX = 192 };

static const char *const places[] = { "/run/frr/bgpd.vty", "/var/run/frr/bgpd.vty" };

struct router {
	struct router_seen_sink sink; /* first: of the summary; what it is given goes on to put */
	struct bgp *bgp;
	const struct router_config *config; /* NULL: found by itself */
	const char *name;
	int64_t period_us;
	struct router_put *put;       /* NULL until it is asked for the first time */
	struct source_report report;
	struct bgp_peers *peers;
	struct event *timer;
	struct child *child;
	char vrf[ROUTER_NAME_MAX];    /* of the detail that is asked for */
	unsigned details;             /* asked for in this poll */
	bool plain;                   /* this FRR does not know FAILED: detail is asked for instead */
	int64_t began_us, next_us;
};

struct bgp {
	struct source_env *env;
	struct child_pool *pool;
	struct router *routers;
	size_t nrouters;
};

/* ---- the end of a poll ---- */

static enum source_state state_of(enum router_outcome outcome)
{
	switch (outcome) {
	case ROUTER_OUTCOME_OK:
		return SOURCE_STATE_OK;
	case ROUTER_OUTCOME_ABSENT:
		return SOURCE_STATE_ABSENT;
	case ROUTER_OUTCOME_AUTH:
		return SOURCE_STATE_DENIED;
	case ROUTER_OUTCOME_TIMEOUT:
		return SOURCE_STATE_STALE;
	case ROUTER_OUTCOME_REFUSED:
	case ROUTER_OUTCOME_PARSE:
	case ROUTER_OUTCOME_LOST:
	case ROUTER_OUTCOME_RELEASED:
	case ROUTER_OUTCOME_COUNT:
		break;
	}
	return SOURCE_STATE_LOST;
}

/* Polls keep their rhythm between slots, where probes leave; one that took longer is followed at once. */
static void schedule(struct router *rt, int64_t period_us)
{
	int64_t now = source_now(rt->bgp->env), wait;
	struct timeval tv;

	rt->next_us += period_us;
	if (rt->next_us < now)
		rt->next_us = now - now % SLOT_US + SLOT_US / 2;
	wait = rt->next_us > now ? rt->next_us - now : 0;
	tv = (struct timeval){ .tv_sec = wait / US_PER_S, .tv_usec = wait % US_PER_S };
	event_add(rt->timer, &tv);
}

/* answer: of the summary, or NULL when there was none. */
static void end_poll(struct router *rt, enum router_outcome outcome, const struct router_answer *answer,
		     const char *reason)
{
	struct source_env *env = rt->bgp->env;

	router_put_end(rt->put, outcome, source_now(env) - rt->began_us, reason);
	if (answer) {
		outcome = answer->outcome;
		reason = answer->reason;
	}
	source_report_put(env, &rt->report, state_of(outcome), 0, reason);
	schedule(rt, rt->period_us);
}

/* ---- words ---- */

/* The first line that is no remark: vtysh complains of its own configuration file to whoever may not read it. */
static void first_line(const char *text, size_t len, char *ret, size_t size)
{
	size_t pos = 0;

	*ret = 0;
	while (pos < len && !*ret) {
		size_t n = 0;

		while (pos + n < len && text[pos + n] != '\n')
			n++;
		if (n && (n < 12 || memcmp(text + pos, "% Can't open", 12) != 0))
			str_clean(ret, size, text + pos, n);
		pos += n + 1;
	}
}

/* vtysh does not tell a daemon that is not there from one that lets nobody in. */
static bool is_denied(const struct router *rt)
{
	const char *space = "";
	char path[PATH_MAX];

	for (size_t i = 0; rt->config && i + 1 < rt->config->nrun; i++)
		if (!strcmp(rt->config->run[i], "-N") || !strcmp(rt->config->run[i], "--pathspace"))
			space = rt->config->run[i + 1];
	snprintf(path, sizeof path, "/run/frr/%s/bgpd.vty", space);
	return access(path, W_OK) && errno == EACCES;
}

/* Why there was no answer, and how to mend it. */
static enum router_outcome explain(const struct router *rt, const struct child_result *result,
				   char reason[ROUTER_WORDS_MAX])
{
	char line[80];
	size_t pos = 0;

	*reason = 0;
	first_line(result->errors, result->errors_len, line, sizeof line);
	if (result->end == CHILD_DEADLINE) {
		str_copy(reason, ROUTER_WORDS_MAX, "bgpd does not answer");
		return ROUTER_OUTCOME_TIMEOUT;
	}
	if (result->end == CHILD_NOT_RUN) {
		str_append(reason, ROUTER_WORDS_MAX, &pos, VTYSH " cannot be run: %s", strerror(result->code));
		return result->code == ENOENT ? ROUTER_OUTCOME_ABSENT : ROUTER_OUTCOME_LOST;
	}
	if (strstr(result->errors, "failed to connect") && is_denied(rt)) {
		str_copy(reason, ROUTER_WORDS_MAX,
			 "FRR does not let this user in: add the user that tunwatch runs as to group frrvty");
		return ROUTER_OUTCOME_AUTH;
	}
	if (strstr(result->errors, "failed to connect") || strstr(result->errors, "is not running")) {
		str_copy(reason, ROUTER_WORDS_MAX, "bgpd is not running");
		return ROUTER_OUTCOME_ABSENT;
	}
	if (result->end == CHILD_TOO_MUCH) {
		str_copy(reason, ROUTER_WORDS_MAX, "vtysh printed more than is read");
		return ROUTER_OUTCOME_PARSE;
	}
	str_append(reason, ROUTER_WORDS_MAX, &pos, "vtysh: %s %d%s%s",
		   result->end == CHILD_SIGNALLED ? "ended by signal" : "exit status", result->code, *line ? ": " : "",
		   line);
	return ROUTER_OUTCOME_LOST;
}

/* ---- asking ---- */

/* Run vtysh with these commands. */
static int ask(struct router *rt, char *const *commands, size_t ncommands, int64_t deadline_us,
	       void (*done)(void *arg, const struct child_result *result))
{
	static const char *const env[] = { "LC_ALL=C", "VTYSH_PAGER=cat", NULL };
	static char program[] = VTYSH, daemon_option[] = "-d", daemon_name[] = "bgpd", command_option[] = "-c";
	char *argv[4 + ARGS_MAX + 2 * BGP_PEERS_ASK_MAX];
	struct child_config config = { .argv = argv, .env = env, .deadline_us = deadline_us, .done = done, .arg = rt };
	size_t n = 0;

	argv[n++] = program;
	argv[n++] = daemon_option;
	argv[n++] = daemon_name;
	for (size_t i = 0; rt->config && i < rt->config->nrun && i < ARGS_MAX; i++)
		argv[n++] = rt->config->run[i];
	for (size_t i = 0; i < ncommands && i < BGP_PEERS_ASK_MAX; i++) {
		argv[n++] = command_option;
		argv[n++] = commands[i];
	}
	argv[n] = NULL;
	return child_start(rt->bgp->pool, &config, &rt->child);
}

/* Whether vtysh answered; else the poll ends with why. */
static bool has_answered(struct router *rt, const struct child_result *result)
{
	char reason[ROUTER_WORDS_MAX];
	enum router_outcome outcome;

	rt->child = NULL;
	if (result->end == CHILD_EXITED && result->out_len)
		return true;
	outcome = explain(rt, result, reason);
	end_poll(rt, outcome, NULL, reason);
	return false;
}

static void ask_detail(struct router *rt);

static void detail_done(void *arg, const struct child_result *result)
{
	struct router *rt = arg;
	struct router_answer answer;

	if (!has_answered(rt, result))
		return;
	bgp_json_detail(result->out, result->out_len, rt->vrf, router_put_sink(rt->put), &answer);
	router_put_answer(rt->put, 0, &answer);
	ask_detail(rt);
}

/* The next piece of detail that is due, or else the end of the poll. */
static void ask_detail(struct router *rt)
{
	const struct router_answer answer = { .outcome = ROUTER_OUTCOME_OK };
	int64_t now = source_now(rt->bgp->env), left = rt->began_us + DEADLINE_US - now;
	char text[BGP_PEERS_ASK_MAX][COMMAND_MAX], *commands[BGP_PEERS_ASK_MAX];
	const char *names[BGP_PEERS_ASK_MAX], *vrf = "";
	size_t n = 0;

	if (rt->details++ < DETAILS_MAX && left >= DETAIL_US)
		n = bgp_peers_due(rt->peers, now, &vrf, names);
	for (size_t i = 0; i < n; i++) {
		snprintf(text[i], sizeof text[i], "show bgp vrf %s neighbors %s json", vrf, names[i]);
		commands[i] = text[i];
	}
	str_copy(rt->vrf, sizeof rt->vrf, vrf);
	if (!n || ask(rt, commands, n, left, detail_done) < 0)
		end_poll(rt, ROUTER_OUTCOME_OK, &answer, "");
}

static void see(struct router_seen_sink *sink, const struct router_seen *seen)
{
	struct router *rt = (struct router *)sink;
	struct router_seen_sink *on = router_put_sink(rt->put);

	on->put(on, seen);
	if (seen->kind != ROUTER_SEEN_BGP)
		return;
	if (seen->bgp.partial)
		bgp_peers_told(rt->peers, &seen->bgp, source_now(rt->bgp->env));
	else
		bgp_peers_see(rt->peers, &seen->bgp);
}

static void ask_summary(struct router *rt);

static void summary_done(void *arg, const struct child_result *result)
{
	struct router *rt = arg;
	struct router_answer answer;

	if (!has_answered(rt, result)) {
		rt->plain = false; /* another FRR may be the next to answer */
		return;
	}
	bgp_peers_begin(rt->peers);
	bgp_json_summary(result->out, result->out_len, &rt->sink, &answer);
	if (answer.outcome == ROUTER_OUTCOME_PARSE && result->code) {
		rt->plain = !rt->plain;
		if (rt->plain) {
			ask_summary(rt);
			return;
		}
	}
	if (answer.listing)
		bgp_peers_end(rt->peers);
	router_put_answer(rt->put, 1u << ROUTER_SEEN_BGP, &answer);
	if (answer.outcome == ROUTER_OUTCOME_OK)
		ask_detail(rt);
	else
		end_poll(rt, ROUTER_OUTCOME_OK, &answer, "");
}

/* One vtysh for both: under load each takes its time, and FRR does not keep a reason for long. */
static void ask_summary(struct router *rt)
{
	static char summary[] = SUMMARY, failed[] = FAILED;
	char *const commands[] = { summary, failed };
	int64_t left = rt->began_us + DEADLINE_US - source_now(rt->bgp->env);
	int r;

	router_put_begin(rt->put);
	r = ask(rt, commands, rt->plain ? 1 : 2, left > DETAIL_US ? left : DETAIL_US, summary_done);
	if (r < 0)
		end_poll(rt, ROUTER_OUTCOME_LOST, NULL, strerror(-r));
}

static void poll_router(struct router *rt)
{
	struct source_env *env = rt->bgp->env;

	if (!rt->put)
		rt->put = router_put_new(env, rt->name, "vtysh", rt->period_us);
	rt->began_us = source_now(env);
	rt->details = 0;
	ask_summary(rt);
}

/* ---- the FRR of this host ---- */

static bool is_there(void)
{
	struct stat st;

	for (size_t i = 0; i < ARRAY_LEN(places); i++)
		if (!stat(places[i], &st) || errno == EACCES)
			return true;
	return false;
}

/* It was asked before, or never was here. */
static void say_absent(struct router *rt)
{
	struct source_env *env = rt->bgp->env;

	if (rt->put) {
		router_put_begin(rt->put);
		router_put_end(rt->put, ROUTER_OUTCOME_ABSENT, 0, "bgpd is not running");
	}
	source_report_put(env, &rt->report, SOURCE_STATE_ABSENT, 0,
			  rt->put ? "bgpd is not running" : "no FRR on this host");
	schedule(rt, LOOK_US);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct router *rt = arg;

	(void)fd;
	(void)what;
	if (rt->config || is_there())
		poll_router(rt);
	else
		say_absent(rt);
}

/* ---- the source ---- */

static void add_router(struct bgp *b, const struct router_config *config)
{
	struct router *rt = &b->routers[b->nrouters];
	const struct timeval soon = { .tv_usec = SLOT_US / 2 };

	*rt = (struct router){
		.bgp = b, .config = config, .name = config ? config->name : "frr",
		.period_us = config && config->poll_us > 0 ? config->poll_us : POLL_US,
		.peers = bgp_peers_new(), .next_us = source_now(b->env),
	};
	rt->sink.put = see;
	rt->next_us += SLOT_US + SLOT_US / 2 - rt->next_us % SLOT_US;
	rt->report = (struct source_report){
		.key = (uint16_t)(SOURCE_KEY_BGP + b->nrouters), .name = "bgp", .instance = rt->name,
		.period_ms = (int)(rt->period_us / US_PER_MS),
	};
	rt->timer = evtimer_new(b->env->base, on_timer, rt);
	event_add(rt->timer, &soon);
	b->nrouters++;
}

static void *start(struct source_env *env)
{
	const struct watch_config *watch = env->watch;
	struct bgp *b = xcalloc(1, sizeof *b);

	b->env = env;
	b->pool = child_pool_new(env->base);
	b->routers = xcalloc(ROUTERS_MAX, sizeof *b->routers);
	for (size_t i = 0; i < watch->nrouters; i++)
		if (watch->routers[i].transport == ROUTER_VTYSH && b->nrouters < ROUTERS_MAX)
			add_router(b, &watch->routers[i]);
	if (!b->nrouters)
		add_router(b, NULL);
	return b;
}

static void stop(void *state)
{
	struct bgp *b = state;

	child_pool_free(b->pool);
	for (size_t i = 0; i < b->nrouters; i++) {
		struct router *rt = &b->routers[i];

		event_free(rt->timer);
		bgp_peers_free(rt->peers);
		router_put_free(rt->put);
	}
	free(b->routers);
	free(b);
}

const struct source_ops bgp_source = { .name = "bgp", .start = start, .stop = stop };
