// SPDX-License-Identifier: GPL-2.0-or-later
// A session with a router: password, connection, dialogue. Whatever ends it, router_over is called once, and then
// everything is closed.
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "source/router_int.h"

#define NAME_US (10 * US_PER_S)
#define SECRET_US (10 * US_PER_S)
enum { TELNET_PORT = 23 };

void router_session_close(struct router *r)
{
	if (r->timer)
		event_del(r->timer);
	child_kill(r->secret_run);
	r->secret_run = NULL;
	router_io_close(r->io);
	r->io = NULL;
	dialogue_free(r->dialogue);
	r->dialogue = NULL;
	router_secret_drop(&r->secret);
	r->phase = ROUTER_WAIT;
}

static void end(struct router *r, enum router_outcome outcome, const char *reason)
{
	char kept[ROUTER_WORDS_MAX];

	str_copy(kept, sizeof kept, reason);
	router_session_close(r);
	router_over(r, outcome, kept, source_now(r->env));
}

/* ---- the dialogue ---- */

static void on_event(void *arg, const struct dialogue_event *ev)
{
	struct router *r = arg;

	switch (ev->kind) {
	case DIALOGUE_READY:
	case DIALOGUE_POLLED:
		r->answered = true;
		break;
	case DIALOGUE_ANSWER:
		router_answer(r, ev);
		break;
	case DIALOGUE_FAILED:
		r->failed = true;
		r->outcome = ev->outcome;
		str_copy(r->reason, sizeof r->reason, ev->reason ? ev->reason : "");
		break;
	}
}

/* What was sent may have been a password: nothing of it stays where it was. */
static void flush(struct router *r)
{
	struct buf *out = dialogue_out(r->dialogue);
	size_t n;

	while (r->io && out->len && (n = router_io_write(r->io, out->data, out->len)) > 0) {
		size_t left = out->len - n;

		memmove(out->data, out->data + n, left);
		wipe(out->data + left, n);
		out->len = left;
		out->data[left] = 0;
	}
}

static void set_timer(struct router *r)
{
	int64_t at = dialogue_deadline(r->dialogue), in = at - source_now(r->env);
	struct timeval tv;

	event_del(r->timer);
	if (at == INT64_MAX)
		return;
	if (in < US_PER_MS)
		in = US_PER_MS;
	tv = (struct timeval){ .tv_sec = in / US_PER_S, .tv_usec = in % US_PER_S };
	event_add(r->timer, &tv);
}

/* After each call of the dialogue: do what it said. */
static void settle(struct router *r, int64_t now)
{
	for (;;) {
		flush(r);
		if (r->failed) {
			end(r, r->outcome, r->reason);
			return;
		}
		if (!r->answered)
			break;
		r->answered = false;
		if (r->phase == ROUTER_LOGIN) {
			router_secret_drop(&r->secret);
			r->phase = ROUTER_IDLE;
			router_ready(r, now);
		} else if (r->phase == ROUTER_POLL) {
			r->phase = ROUTER_IDLE;
			router_answered(r, now);
		}
		if (!r->dialogue)
			return;
	}
	set_timer(r);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct router *r = arg;
	int64_t now = source_now(r->env);

	(void)fd;
	(void)what;
	if (!r->dialogue)
		return;
	dialogue_time(r->dialogue, now);
	settle(r, now);
}

/* Never waits: what a password file holds was read before, what a program printed as well. */
static int give_password(void *arg, char *out, size_t size)
{
	struct router *r = arg;
	const char *from = r->secret.page ? r->secret.page : r->config->password;
	size_t n = r->secret.page ? r->secret.len : from ? strlen(from) : 0;

	if (!n)
		return -ENOENT;
	if (n > size)
		return -E2BIG;
	memcpy(out, from, n);
	router_secret_drop(&r->secret);
	return (int)n;
}

static bool has_password(const struct router_config *c)
{
	return c->password || c->password_fd >= 0 || c->password_run;
}

static bool start_dialogue(struct router *r)
{
	const struct dialogue_config config = {
		.profile = r->config->profile, .charset = r->config->charset, .user = r->config->user,
		.telnet = r->config->transport == ROUTER_TELNET,
		.password = has_password(r->config) ? give_password : NULL, .event = on_event,
		.enough = router_enough, .arg = r,
	};

	r->failed = r->answered = false;
	r->dialogue = dialogue_new(&config, source_now(r->env));
	r->phase = ROUTER_LOGIN;
	return r->dialogue;
}

void router_session_ask(struct router *r, uint32_t commands, int64_t now)
{
	r->phase = ROUTER_POLL;
	dialogue_poll(r->dialogue, commands, now);
	settle(r, now);
}

void router_session_leave(struct router *r, int64_t now)
{
	if (r->phase != ROUTER_IDLE && r->phase != ROUTER_POLL) {
		router_session_close(r);
		return;
	}
	r->phase = ROUTER_LEAVE;
	dialogue_leave(r->dialogue, now);
	settle(r, now);
}

/* ---- bytes ---- */

static void on_connected(void *arg)
{
	struct router *r = arg;

	if (start_dialogue(r))
		settle(r, source_now(r->env));
	else
		end(r, ROUTER_OUTCOME_PARSE, "there is no such character set");
}

static void on_data(void *arg, const void *data, size_t len)
{
	struct router *r = arg;
	int64_t now = source_now(r->env);

	if (!r->dialogue)
		return;
	dialogue_input(r->dialogue, data, len, now);
	settle(r, now);
}

static void on_end(void *arg, enum router_outcome outcome, const char *reason)
{
	struct router *r = arg;
	int64_t now = source_now(r->env);

	if (!r->dialogue) {
		end(r, outcome, reason);
		return;
	}
	dialogue_eof(r->dialogue, now);
	if (r->failed && r->outcome == ROUTER_OUTCOME_LOST && r->config->transport == ROUTER_EXEC)
		str_copy(r->reason, sizeof r->reason, reason); /* what ssh says tells more */
	settle(r, now);
	if (r->dialogue)
		end(r, outcome, reason);
}

static void on_writable(void *arg)
{
	struct router *r = arg;

	if (r->dialogue)
		flush(r);
}

static const struct router_io_calls io_calls = { on_connected, on_data, on_end, on_writable };

static void run_program(struct router *r)
{
	const struct profile_session *s = profile_session(r->config->profile);
	char why[ROUTER_WORDS_MAX];
	int e = 0;

	r->io = router_io_run(r->source->children, r->config->run, s->columns, s->rows, &io_calls, r, &e);
	if (r->io) {
		on_connected(r);
		return;
	}
	snprintf(why, sizeof why, "cannot run %.80s: %s", r->config->run[0], strerror(-e));
	end(r, ROUTER_OUTCOME_REFUSED, why);
}

static void connect_to(struct router *r, const struct addr *a)
{
	int port = r->config->port ? r->config->port : profile_session(r->config->profile)->port;

	r->phase = ROUTER_CONNECT;
	r->io = router_io_connect(r->env->base, a, port ? port : TELNET_PORT, &io_calls, r);
}

static void look_up(struct router *r, int64_t now)
{
	struct router_source *s = r->source;
	char why[ROUTER_WORDS_MAX];
	struct addr a;
	int e = addr_parse(r->config->host, &a) ? 0 : -EAGAIN;

	if (e && !s->resolver)
		s->resolver = resolver_new(s->env);
	if (e)
		e = resolver_get(s->resolver, r->config->host, &a);
	if (!e) {
		connect_to(r, &a);
	} else if (e == -EAGAIN && now < r->limit_us) {
		r->phase = ROUTER_NAME;
	} else {
		snprintf(why, sizeof why, e == -EAGAIN ? "the name %.100s could not be looked up within 10 s"
						       : "the name %.100s does not exist", r->config->host);
		end(r, e == -EAGAIN ? ROUTER_OUTCOME_TIMEOUT : ROUTER_OUTCOME_LOST, why);
	}
}

static void reach(struct router *r, int64_t now)
{
	r->limit_us = now + NAME_US;
	if (r->config->transport == ROUTER_EXEC)
		run_program(r);
	else
		look_up(r, now);
}

/* ---- the password ---- */

/* That it cannot be had is no failed login: nobody was asked. */
static void end_without_password(struct router *r, const char *where, const char *what)
{
	char why[ROUTER_WORDS_MAX];

	snprintf(why, sizeof why, "no password: %s: %.100s", where, what);
	end(r, ROUTER_OUTCOME_REFUSED, why);
}

static void on_secret(void *arg, const struct child_result *result)
{
	struct router *r = arg;
	struct child_result silent = *result;
	char words[ROUTER_WORDS_MAX];
	int e;

	r->secret_run = NULL;
	silent.errors = ""; /* who knows what it says there */
	silent.errors_len = 0;
	if (result->end != CHILD_EXITED || result->code) {
		child_words(&silent, words, sizeof words);
		end_without_password(r, "password-command", words);
		return;
	}
	e = router_secret_keep(&r->secret, result->out, result->out_len);
	if (e)
		end_without_password(r, "password-command", e == -ENODATA ? "it printed nothing" : strerror(-e));
	else
		reach(r, source_now(r->env));
}

static void run_secret(struct router *r)
{
	const struct child_config config = {
		.argv = r->config->password_run, .flags = CHILD_SECRET, .deadline_us = SECRET_US,
		.done = on_secret, .arg = r,
	};
	int e = child_start(r->source->children, &config, &r->secret_run);

	r->phase = ROUTER_SECRET;
	if (e)
		end_without_password(r, "password-command", strerror(-e));
}

void router_session_begin(struct router *r, int64_t now)
{
	int e;

	if (!r->timer)
		r->timer = evtimer_new(r->env->base, on_timer, r);
	if (r->config->password_run) {
		run_secret(r);
		return;
	}
	e = r->config->password_fd < 0 ? 0 : router_secret_read(&r->secret, r->config->password_fd);
	if (e)
		end_without_password(r, "password-file", e == -ENODATA ? "its first line is empty" : strerror(-e));
	else
		reach(r, now);
}

void router_session_slot(struct router *r, int64_t now)
{
	if (r->phase == ROUTER_NAME)
		look_up(r, now);
	if (r->io)
		router_io_slot(r->io);
}
