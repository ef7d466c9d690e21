// SPDX-License-Identifier: GPL-2.0-or-later
// The source of what routers say in sessions of their own (vtysh is bgp.c's): one session each, kept between polls
// where the router allows, for every login writes a line into its log.
#include <stdlib.h>
#include <string.h>

#include "source/router_int.h"
#include "source/sources.h"

#define BACKOFF_MIN_US (5 * US_PER_S)
#define BACKOFF_MAX_US (300 * US_PER_S)
#define REFUSED_LOGIN_US (30 * 60 * US_PER_S) /* three refused ones lock an account */
#define ENVIRONMENT_US (60 * US_PER_S)
#define LOG_US (30 * US_PER_S)                /* while no state changes; a log is long to read */
#define GOODBYE_US (2 * US_PER_S)             /* a prompt to log out at is waited for, but not for long */

/* ---- what the commands of a profile are for ---- */

enum purpose_of { FOR_BGP, FOR_DETAIL, FOR_TUNNEL, FOR_SA, FOR_ENVIRONMENT, FOR_LOG, FOR_NOTHING };

static enum purpose_of purpose_of(const struct profile_command *c)
{
	static const char *const names[] = { "bgp", "bgp-detail", "tunnel", "sa", "environment", "log" };
	unsigned i = 0;

	while (i < ARRAY_LEN(names) && strcmp(names[i], c->name))
		i++;
	return c->on_trouble && i == FOR_BGP ? FOR_DETAIL : (enum purpose_of)i;
}

/* Bits of the commands for one of these purposes (bits 1 << enum purpose_of). */
static uint32_t commands_for(const struct router *r, unsigned purposes)
{
	const struct profile *p = r->config->profile;
	uint32_t mask = 0;

	for (size_t i = 0; i < profile_commands(p) && i < 32; i++)
		if (purposes >> purpose_of(profile_command(p, i)) & 1)
			mask |= UINT32_C(1) << i;
	return mask;
}

static unsigned lists(enum purpose_of purpose)
{
	switch (purpose) {
	case FOR_BGP:
	case FOR_DETAIL:
		return 1 << ROUTER_SEEN_BGP;
	case FOR_TUNNEL:
		return 1 << ROUTER_SEEN_TUNNEL;
	case FOR_SA:
		return 1 << ROUTER_SEEN_SA;
	case FOR_ENVIRONMENT:
		return 1 << ROUTER_SEEN_ENVIRONMENT;
	case FOR_LOG:
		return 1 << ROUTER_SEEN_LOG;
	case FOR_NOTHING:
		break;
	}
	return 0;
}

/* ---- reports ---- */

static void report(struct router *r, enum source_state state, const char *reason)
{
	source_report_put(r->env, &r->report, state, 0, reason);
}

static enum source_state state_of(enum router_outcome outcome)
{
	switch (outcome) {
	case ROUTER_OUTCOME_OK:
	case ROUTER_OUTCOME_PARSE:
		return SOURCE_STATE_OK;
	case ROUTER_OUTCOME_AUTH:
		return SOURCE_STATE_DENIED;
	case ROUTER_OUTCOME_ABSENT:
	case ROUTER_OUTCOME_RELEASED:
		return SOURCE_STATE_ABSENT;
	case ROUTER_OUTCOME_TIMEOUT:
	case ROUTER_OUTCOME_REFUSED:
	case ROUTER_OUTCOME_LOST:
	case ROUTER_OUTCOME_COUNT:
		break;
	}
	return SOURCE_STATE_LOST;
}

/* ---- polls ---- */

/* The clock's error first, where it was never asked: times of all that follows need it. */
static void plan_poll(struct router *r, int64_t now)
{
	uint32_t environment = commands_for(r, 1 << FOR_ENVIRONMENT);
	uint32_t all = commands_for(r, 1 << FOR_BGP | 1 << FOR_TUNNEL | 1 << FOR_SA);

	r->stages[0] = 0;
	r->stages[1] = all;
	if (!r->environment_us)
		r->stages[0] = environment;
	else if (now >= r->environment_us)
		r->stages[1] |= environment;
	r->trouble = r->trouble_asked = r->log_asked = false;
	r->states = 0;
}

/* Each third poll or every 30 s, and when something happened. */
static bool log_is_due(struct router *r)
{
	int64_t seldom = LOG_US > r->config->poll_us ? LOG_US : r->config->poll_us, thrice = 3 * r->config->poll_us;
	bool changed = r->states != r->old_states;

	r->old_states = r->states;
	if (!changed && r->log_us && r->began_us - r->log_us < (thrice < seldom ? thrice : seldom) - US_PER_S / 2)
		return false;
	r->log_us = r->began_us;
	return true;
}

static uint32_t next_stage(struct router *r)
{
	uint32_t mask = r->stages[0] ? r->stages[0] : r->stages[1];

	if (r->stages[0])
		r->stages[0] = 0;
	else
		r->stages[1] = 0;
	if (!mask && r->trouble && !r->trouble_asked) {
		r->trouble_asked = true;
		mask = commands_for(r, 1 << FOR_DETAIL);
	}
	/* the last one: where it cannot be ended the session is over */
	if (!mask && !r->log_asked) {
		r->log_asked = true;
		mask = log_is_due(r) ? commands_for(r, 1 << FOR_LOG) : 0;
	}
	return mask;
}

static void plan_next(struct router *r, int64_t now)
{
	r->next_poll_us += r->config->poll_us;
	if (r->next_poll_us <= now)
		r->next_poll_us += (now - r->next_poll_us) / r->config->poll_us * r->config->poll_us +
				   r->config->poll_us;
}

static void end_poll(struct router *r, int64_t now)
{
	unsigned idle_close_s = profile_session(r->config->profile)->idle_close_s;

	r->polling = false;
	router_put_end(r->put, ROUTER_OUTCOME_OK, now - r->began_us, "");
	report(r, SOURCE_STATE_OK, "");
	r->backoff_us = 0;
	plan_next(r, now);
	if (idle_close_s && r->config->poll_us > idle_close_s * US_PER_S)
		router_session_leave(r, now);
}

void router_answered(struct router *r, int64_t now)
{
	uint32_t mask = r->released ? 0 : next_stage(r);

	if (r->released)
		router_session_leave(r, now);
	else if (mask)
		router_session_ask(r, mask, now);
	else
		end_poll(r, now);
}

/* From here to end_poll or router_over. */
static void begin(struct router *r, int64_t now)
{
	r->polling = true;
	r->began_us = now;
	router_put_begin(r->put);
}

static void ask(struct router *r, int64_t now)
{
	plan_poll(r, now);
	router_answered(r, now);
}

/* It was logged in to because a poll was due; that took its time, but is not the poll's. */
void router_ready(struct router *r, int64_t now)
{
	r->began_us = now;
	ask(r, now);
}

/* In any order. */
static void add_state(struct router *r, const char *name, int state)
{
	r->states += hash_bytes((uint64_t)state + 2, name, strlen(name));
}

static void put_seen(struct router_seen_sink *sink, const struct router_seen *seen)
{
	struct router *r = (struct router *)sink;
	struct router_seen_sink *to = router_put_sink(r->put);

	if (seen->kind == ROUTER_SEEN_LOG && r->news) {
		router_news_add(r->news, &seen->log);
		return;
	}
	if (seen->kind == ROUTER_SEEN_BGP && !seen->bgp.partial) {
		r->trouble |= seen->bgp.state != BGP_STATE_ESTABLISHED && !seen->bgp.admin;
		add_state(r, seen->bgp.neighbor, seen->bgp.state);
	} else if (seen->kind == ROUTER_SEEN_TUNNEL) {
		add_state(r, seen->tunnel.name, seen->tunnel.up);
	}
	to->put(to, seen);
}

void router_answer(struct router *r, const struct dialogue_event *ev)
{
	const struct profile *p = r->config->profile;
	enum purpose_of purpose = purpose_of(profile_command(p, ev->command));
	struct router_answer answer = { .outcome = ev->outcome };

	if (r->news)
		router_news_begin(r->news);
	if (ev->text_len || ev->outcome == ROUTER_OUTCOME_OK)
		profile_read(p, ev->command, ev->text, ev->text_len, &r->sink, &answer);
	if (r->news)
		router_news_end(r->news, ev->cut, router_put_sink(r->put));
	/* what the router complains of says more than that nothing was found in it */
	if (ev->outcome != ROUTER_OUTCOME_OK && !answer.seen && answer.outcome != ROUTER_OUTCOME_ABSENT) {
		answer.outcome = ev->outcome;
		answer.listing = false;
		str_copy(answer.reason, sizeof answer.reason, ev->reason ? ev->reason : "");
	}
	if (purpose == FOR_ENVIRONMENT)
		r->environment_us = source_now(r->env) + ENVIRONMENT_US;
	router_put_answer(r->put, lists(purpose), &answer);
}

bool router_enough(void *arg, size_t command, const char *text, size_t len)
{
	struct router *r = arg;
	const struct profile *p = r->config->profile;
	struct router_answer answer;

	if (!r->news || purpose_of(profile_command(p, command)) != FOR_LOG)
		return false;
	router_news_begin(r->news);
	profile_read(p, command, text, len, &r->sink, &answer);
	return router_news_enough(r->news);
}

/* ---- how sessions end ---- */

/* That it was idle for too long is the router's habit, and no trouble. */
static bool is_idle_end(const struct router *r, const char *reason)
{
	return profile_match(r->config->profile, PROFILE_TIMEOUT_NOTICE, reason, strlen(reason), NULL);
}

static void back_off(struct router *r, enum router_outcome outcome, int64_t now)
{
	r->backoff_us = r->backoff_us ? r->backoff_us * 2 : BACKOFF_MIN_US;
	if (r->backoff_us > BACKOFF_MAX_US)
		r->backoff_us = BACKOFF_MAX_US;
	r->next_try_us = now + (outcome == ROUTER_OUTCOME_AUTH ? REFUSED_LOGIN_US : r->backoff_us);
}

static void tell_end(struct router *r, enum router_outcome outcome, const char *reason, int64_t took_us)
{
	char words[ROUTER_WORDS_MAX];
	size_t pos = 0;

	str_append(words, sizeof words, &pos, "%.110s", reason);
	if (outcome == ROUTER_OUTCOME_AUTH)
		str_append(words, sizeof words, &pos, "; next try in 30 min, or by key L");
	router_put_end(r->put, outcome, took_us, words);
	report(r, state_of(outcome), words);
}

void router_over(struct router *r, enum router_outcome outcome, const char *reason, int64_t now)
{
	bool polling = r->polling;

	if (outcome == ROUTER_OUTCOME_OK && polling && !r->released)
		end_poll(r, now); /* its log could not be left in another way */
	if (outcome == ROUTER_OUTCOME_OK || r->released)
		return;
	if (!polling && outcome == ROUTER_OUTCOME_LOST && is_idle_end(r, reason))
		return;
	if (!polling)
		begin(r, now);
	r->polling = false;
	tell_end(r, outcome, reason, now - r->began_us);
	back_off(r, outcome, now);
	plan_next(r, now);
}

/* ---- a person who needs the router's only session ---- */

static void release(struct router *r, int64_t now)
{
	r->released = true;
	if (!r->polling)
		begin(r, now);
	r->polling = false;
	tell_end(r, ROUTER_OUTCOME_RELEASED, "left alone for a while: somebody asked for it (key L)",
		 now - r->began_us);
	r->close_us = now + GOODBYE_US;
	if (r->phase != ROUTER_POLL)
		router_session_leave(r, now);
}

static void take(struct router *r, int64_t now)
{
	r->released = false;
	r->backoff_us = 0;
	r->next_try_us = r->next_poll_us = now;
}

/* The time until which all are released; one that is over by now asks for them again. */
static void heed_release(struct router *r, int64_t now)
{
	int64_t until = r->env->watch->released_us;

	if (until != r->released_us) {
		r->released_us = until;
		if (until <= now)
			take(r, now);
		else if (!r->released)
			release(r, now);
	} else if (r->released && until <= now) {
		take(r, now);
	}
}

/* ---- the source ---- */

static void slot_router(struct router *r, int64_t now)
{
	heed_release(r, now);
	if (r->released && r->phase != ROUTER_WAIT && now >= r->close_us)
		router_session_close(r);
	router_session_slot(r, now);
	if (r->released || now < r->next_poll_us)
		return;
	if (r->phase == ROUTER_IDLE) {
		begin(r, now);
		ask(r, now);
	} else if (r->phase == ROUTER_WAIT && now >= r->next_try_us) {
		begin(r, now);
		router_session_begin(r, now);
	}
}

static void slot(void *state, int64_t due)
{
	struct router_source *s = state;
	int64_t now = source_now(s->env);

	(void)due;
	for (size_t i = 0; i < s->nrouters; i++)
		slot_router(&s->routers[i], now);
}

static void init_router(struct router *r, struct router_source *s, size_t i)
{
	const struct router_config *c = &s->env->watch->routers[i];

	*r = (struct router){
		.sink.put = put_seen, .source = s, .env = s->env, .config = c,
		.put = router_put_new(s->env, c->name, profile_name(c->profile), c->poll_us),
		.report = { .key = (uint16_t)(SOURCE_KEY_ROUTER + i), .name = "router", .instance = c->name },
	};
	if (c->has_zone)
		router_put_zone(r->put, c->zone_s);
	if (commands_for(r, 1 << FOR_LOG))
		r->news = router_news_new();
}

static void *start(struct source_env *env)
{
	const struct watch_config *w = env->watch;
	struct router_source *s = xcalloc(1, sizeof *s);

	s->env = env;
	s->children = child_pool_new(env->base);
	s->routers = xcalloc(w->nrouters ? w->nrouters : 1, sizeof *s->routers);
	for (size_t i = 0; i < w->nrouters && i < SOURCE_KEY_CAPTURE - SOURCE_KEY_ROUTER; i++)
		if (w->routers[i].transport != ROUTER_VTYSH && w->routers[i].profile)
			init_router(&s->routers[s->nrouters++], s, i);
	return s;
}

static void stop(void *state)
{
	struct router_source *s = state;
	int64_t now = source_now(s->env);

	for (size_t i = 0; i < s->nrouters; i++) {
		struct router *r = &s->routers[i];

		r->released = true; /* nothing more is told */
		router_session_leave(r, now);
		router_session_close(r);
		if (r->timer)
			event_free(r->timer);
		router_put_free(r->put);
		router_news_free(r->news);
	}
	resolver_free(s->resolver);
	child_pool_free(s->children);
	free(s->routers);
	free(s);
}

const struct source_ops router_source = { .name = "router", .start = start, .slot = slot, .stop = stop };
