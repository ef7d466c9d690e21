// SPDX-License-Identifier: GPL-2.0-or-later
// Names to addresses. One question at a time goes to a child; one that takes too long is ended with its question.
#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "source/resolve.h"
#include "tunwatch/source.h"

#define ASK_EVERY_US (60 * US_PER_S)
#define ASK_AGAIN_US (5 * US_PER_S)   /* after a failure that may pass, and between two changes of this host */
#define FORGET_US (600 * US_PER_S)    /* nobody asked for the name any more */
#define DEADLINE_US (10 * US_PER_S)
enum { NAMES_MAX = 256, DEAD_MAX = 16 };

enum answer { ANSWER_PENDING, ANSWER_FOUND, ANSWER_NONE };

struct host {
	char name[RESOLVE_HOST_MAX + 1];
	enum answer answer;
	struct addr addr;
	int64_t ask_us;    /* when to ask next */
	int64_t wanted_us; /* when somebody wanted it last */
};

struct resolver {
	struct source_env *env;
	struct source_report report;
	struct host hosts[NAMES_MAX];
	size_t nhosts;
	uint64_t changes;
	struct event *tick, *readable;
	pid_t pid;          /* of the child; 0: none */
	int fd;
	int asked;          /* index of the host asked for; -1: none */
	unsigned number;    /* of the question */
	int64_t deadline_us;
	pid_t dead[DEAD_MAX]; /* ended, not yet reaped */
	uint64_t topology, addresses; /* of the model; hash */
	int64_t asked_all_us;
};

static void next_question(struct resolver *rs);

static void reap(struct resolver *rs)
{
	for (size_t i = 0; i < DEAD_MAX; i++)
		if (rs->dead[i] && waitpid(rs->dead[i], NULL, WNOHANG) != 0)
			rs->dead[i] = 0;
}

static void end_child(struct resolver *rs)
{
	if (!rs->pid)
		return;
	event_free(rs->readable);
	rs->readable = NULL;
	close(rs->fd);
	kill(rs->pid, SIGKILL);
	reap(rs);
	for (size_t i = 0; i < DEAD_MAX; i++) {
		if (!rs->dead[i]) {
			rs->dead[i] = rs->pid;
			break;
		}
	}
	rs->pid = 0;
}

static void set_answer(struct resolver *rs, struct host *h, enum answer answer, const struct addr *a)
{
	static const struct addr none;

	if (!a)
		a = &none;
	if (h->answer == answer && addr_equal(&h->addr, a))
		return;
	h->answer = answer;
	h->addr = *a;
	rs->changes++;
}

/* The first address, but the present one as long as it is among them: a name with several must not wander. */
static bool choose(const struct host *h, char *list, struct addr *ret)
{
	struct addr first = {0}, a;
	char *save = NULL;

	for (char *w = strtok_r(list, " ", &save); w; w = strtok_r(NULL, " ", &save)) {
		if (!addr_parse(w, &a))
			continue;
		if (h->answer == ANSWER_FOUND && addr_equal(&a, &h->addr)) {
			*ret = a;
			return true;
		}
		if (!first.family)
			first = a;
	}
	*ret = first;
	return first.family;
}

static void take_answer(struct resolver *rs, char *text)
{
	struct host *h = &rs->hosts[rs->asked];
	int64_t now = source_now(rs->env);
	struct addr a;
	char *end;

	if (strtoul(text, &end, 10) != rs->number)
		return;
	h->ask_us = now + ASK_EVERY_US;
	if (!strncmp(end, " ok", 3) && choose(h, end + 3, &a)) {
		set_answer(rs, h, ANSWER_FOUND, &a);
		source_report_put(rs->env, &rs->report, SOURCE_STATE_OK, 0, "");
	} else if (!strcmp(end, " none")) {
		set_answer(rs, h, ANSWER_NONE, NULL);
		source_report_put(rs->env, &rs->report, SOURCE_STATE_OK, 0, "");
	} else {
		/* the name server is out of reach, perhaps behind what is down: what was known still holds */
		h->ask_us = now + ASK_AGAIN_US;
		source_report_put(rs->env, &rs->report, SOURCE_STATE_STALE, 0,
				  "names cannot be looked up now; known addresses are kept");
	}
	rs->asked = -1;
}

/* The child is gone or hangs: the question stays open, others go first. */
static void give_up(struct resolver *rs, const char *reason)
{
	end_child(rs);
	if (rs->asked >= 0)
		rs->hosts[rs->asked].ask_us = source_now(rs->env) + ASK_AGAIN_US;
	rs->asked = -1;
	source_report_put(rs->env, &rs->report, SOURCE_STATE_STALE, 0, reason);
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct resolver *rs = arg;
	char text[RESOLVE_MESSAGE_MAX];
	ssize_t n = recv(fd, text, sizeof text - 1, MSG_DONTWAIT);

	(void)what;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		give_up(rs, "the process that looks up names ended");
		return;
	}
	text[n] = 0;
	if (rs->asked >= 0)
		take_answer(rs, text);
	next_question(rs);
}

static bool ensure_child(struct resolver *rs)
{
	pid_t pid;

	if (rs->pid)
		return true;
	pid = resolve_child_start(&rs->fd);
	if (pid < 0) {
		source_report_put(rs->env, &rs->report, SOURCE_STATE_LOST, (int)-pid, strerror((int)-pid));
		return false;
	}
	rs->pid = pid;
	rs->readable = event_new(rs->env->base, rs->fd, EV_READ | EV_PERSIST, on_readable, rs);
	event_add(rs->readable, NULL);
	return true;
}

static void ask(struct resolver *rs, int i, int64_t now)
{
	char text[RESOLVE_MESSAGE_MAX];
	int n;

	if (!ensure_child(rs)) {
		rs->hosts[i].ask_us = now + ASK_AGAIN_US;
		return;
	}
	n = snprintf(text, sizeof text, "%u %s", ++rs->number, rs->hosts[i].name);
	rs->asked = i;
	rs->deadline_us = now + DEADLINE_US;
	if (send(rs->fd, text, (size_t)n, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		give_up(rs, "the process that looks up names ended");
}

/* Ask for the name that has waited longest. */
static void next_question(struct resolver *rs)
{
	int64_t now = source_now(rs->env);
	int best = -1;

	if (rs->asked >= 0)
		return;
	for (size_t i = 0; i < rs->nhosts; i++) {
		if (rs->hosts[i].ask_us > now || now - rs->hosts[i].wanted_us > FORGET_US)
			continue;
		if (best < 0 || rs->hosts[i].ask_us < rs->hosts[best].ask_us)
			best = (int)i;
	}
	if (best >= 0)
		ask(rs, best, now);
}

static uint64_t hash_addresses(const struct model *m)
{
	uint64_t h = 0;

	for (size_t i = 0; i < m->naddresses; i++) {
		struct addr a = { 0 };

		if (m->addresses[i].used)
			a = model_addr(m, m->addresses[i].local);
		if (a.family)
			h += hash_bytes(1, &a, sizeof a);
	}
	return h;
}

/* When this host's addresses have changed it may be elsewhere, with another view of names. */
static void watch_addresses(struct resolver *rs, int64_t now)
{
	const struct model *m = rs->env->model;
	uint64_t h;

	if (m->topology == rs->topology || now - rs->asked_all_us < ASK_AGAIN_US)
		return;
	rs->topology = m->topology;
	h = hash_addresses(m);
	if (h == rs->addresses)
		return;
	rs->addresses = h;
	rs->asked_all_us = now;
	for (size_t i = 0; i < rs->nhosts; i++)
		rs->hosts[i].ask_us = now;
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct resolver *rs = arg;
	int64_t now = source_now(rs->env);

	(void)fd, (void)what;
	reap(rs);
	watch_addresses(rs, now);
	if (rs->asked >= 0 && now >= rs->deadline_us)
		give_up(rs, "a name took more than 10 s to look up");
	next_question(rs);
}

struct resolver *resolver_new(struct source_env *env)
{
	struct resolver *rs = xcalloc(1, sizeof *rs);
	const struct timeval second = { .tv_sec = 1 };

	rs->env = env;
	rs->report = (struct source_report){ .key = SOURCE_KEY_RESOLVE, .name = "resolve" };
	rs->fd = rs->asked = -1;
	rs->tick = event_new(env->base, -1, EV_PERSIST, on_tick, rs);
	event_add(rs->tick, &second);
	return rs;
}

void resolver_free(struct resolver *rs)
{
	if (!rs)
		return;
	end_child(rs);
	for (size_t i = 0; i < DEAD_MAX; i++)
		if (rs->dead[i])
			waitpid(rs->dead[i], NULL, 0);
	event_free(rs->tick);
	free(rs);
}

/* What may be in a host name; anything else is never asked for. */
static bool is_name(const char *host)
{
	size_t len = strlen(host);

	if (!len || len > RESOLVE_HOST_MAX)
		return false;
	for (; *host; host++)
		if ((unsigned char)*host <= ' ' || *host == 0x7f)
			return false;
	return true;
}

static struct host *find(struct resolver *rs, const char *host, int64_t now)
{
	struct host *h = NULL;

	for (size_t i = 0; i < rs->nhosts; i++)
		if (!strcmp(rs->hosts[i].name, host))
			return &rs->hosts[i];
	if (rs->nhosts < NAMES_MAX)
		h = &rs->hosts[rs->nhosts++];
	for (size_t i = 0; i < NAMES_MAX && !h; i++)
		if (now - rs->hosts[i].wanted_us > FORGET_US && rs->asked != (int)i)
			h = &rs->hosts[i];
	if (!h)
		return NULL;
	*h = (struct host){ .ask_us = now, .wanted_us = now };
	str_copy(h->name, sizeof h->name, host);
	return h;
}

int resolver_get(struct resolver *rs, const char *host, struct addr *ret)
{
	int64_t now = source_now(rs->env);
	struct host *h;

	if (addr_parse(host, ret))
		return 0;
	if (!is_name(host))
		return -ENOENT;
	h = find(rs, host, now);
	if (!h)
		return -EAGAIN;
	h->wanted_us = now;
	next_question(rs);
	if (h->answer == ANSWER_PENDING)
		return -EAGAIN;
	if (h->answer == ANSWER_NONE)
		return -ENOENT;
	*ret = h->addr;
	return 0;
}

uint64_t resolver_changes(const struct resolver *rs)
{
	return rs->changes;
}
