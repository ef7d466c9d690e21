// SPDX-License-Identifier: GPL-2.0-or-later
// Logs of routers that arrive here: files that grow, and syslog over UDP. A line is read by its profile as it stands;
// else as a message with the time that its header, or its arrival, gives it.
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "source/log_tail.h"
#include "source/router_put.h"
#include "source/sources.h"

#define LISTEN_AGAIN_US (10 * US_PER_S)
/* FOREIGN_MAX: what others send must not keep the router's from being heard */
enum { DATAGRAMS_MAX = 64, FOREIGN_MAX = 2000, DATAGRAM_SIZE = 4096, LINES_PER_S = 200 };

struct log {
	struct source_env *env;
	const struct log_config *config;
	struct router_put *put;
	struct source_report report;
	size_t command;                /* of the profile */
	struct lines *lines;           /* the charset */
	struct log_tail *tail;         /* NULL: listens */
	int fd;                        /* listens here; -1: could not */
	int64_t listen_us;             /* when to try again */
	struct buf text;
	unsigned left;                 /* lines that may still be told in this second */
	int64_t second_us;
};

struct log_source {
	struct source_env *env;
	struct log *logs;
	size_t n;
};

int log_listen(const struct log_config *log)
{
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_port = htons((uint16_t)log->port) };
	struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = htons((uint16_t)log->port) };
	int fd = socket(log->address.family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), r;

	if (fd < 0)
		return -errno;
	memcpy(&v4.sin_addr, log->address.bytes, sizeof v4.sin_addr);
	memcpy(&v6.sin6_addr, log->address.bytes, sizeof v6.sin6_addr);
	r = log->address.family == AF_INET ? bind(fd, (const struct sockaddr *)&v4, sizeof v4)
					   : bind(fd, (const struct sockaddr *)&v6, sizeof v6);
	if (!r)
		return fd;
	r = -errno;
	close(fd);
	return r;
}

/* ---- lines ---- */

/* Times of the log are told in this zone. */
static void set_zone(struct log *l)
{
	time_t now = (time_t)(model_wall(l->env->model, source_now(l->env)) / US_PER_S);
	struct tm tm = {0};

	if (!l->config->has_zone)
		localtime_r(&now, &tm);
	router_put_zone(l->put, l->config->has_zone ? l->config->zone_s : (int)tm.tm_gmtoff);
}

static bool may_tell(struct log *l)
{
	int64_t now = source_now(l->env);

	if (now - l->second_us >= US_PER_S) {
		l->second_us = now;
		l->left = LINES_PER_S;
	}
	if (!l->left) {
		source_report_put(l->env, &l->report, SOURCE_STATE_STALE, 0,
				  "more than 200 lines a second: the rest is not read");
		return false;
	}
	l->left--;
	return true;
}

static void take_line(struct log *l, const char *text, size_t len)
{
	int64_t now = model_wall(l->env->model, source_now(l->env)), zone_us = 0, civil;
	struct router_seen seen = { .kind = ROUTER_SEEN_LOG };
	struct syslog_header h;

	if (!len || !may_tell(l))
		return;
	h = syslog_read(text, len, now);
	router_put_offset(l->put, &zone_us);
	civil = !h.has_stamp ? now + zone_us : h.has_zone ? h.stamp_us + zone_us : h.stamp_us;
	if (!syslog_read_log(l->config->profile, l->command, text, len, &h, civil, &seen.log))
		return;
	router_put_sink(l->put)->put(router_put_sink(l->put), &seen);
}

/* Bytes of whole lines, in the log's charset. */
static void take_bytes(void *arg, const char *data, size_t len)
{
	struct log *l = arg;

	buf_clear(&l->text);
	lines_input(l->lines, data, len, &l->text);
	lines_input(l->lines, "\n", 1, &l->text);
	for (size_t at = 0; at < l->text.len;) {
		const char *from = l->text.data + at, *lf = memchr(from, '\n', l->text.len - at);
		size_t n = lf ? (size_t)(lf - from) : l->text.len - at;

		take_line(l, from, n);
		at += n + 1;
	}
}

/* ---- where they come from ---- */

static struct addr sender_of(const struct sockaddr_storage *ss)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	struct sockaddr_in6 v6;
	struct sockaddr_in v4;

	memcpy(&v4, ss, sizeof v4);
	memcpy(&v6, ss, sizeof v6);
	if (ss->ss_family == AF_INET)
		return addr_make(AF_INET, &v4.sin_addr);
	if (!memcmp(&v6.sin6_addr, mapped, sizeof mapped))
		return addr_make(AF_INET, v6.sin6_addr.s6_addr + sizeof mapped);
	return addr_make(AF_INET6, &v6.sin6_addr);
}

static void hear(struct log *l)
{
	char data[DATAGRAM_SIZE];

	for (int ours = 0, foreign = 0; ours < DATAGRAMS_MAX && foreign < FOREIGN_MAX;) {
		struct sockaddr_storage from = {0};
		socklen_t from_len = sizeof from;
		ssize_t n = recvfrom(l->fd, data, sizeof data, 0, (struct sockaddr *)&from, &from_len);
		struct addr sender;

		if (n < 0)
			return;
		sender = sender_of(&from);
		if (addr_is_set(&l->config->from) && !addr_equal(&sender, &l->config->from)) {
			foreign++;
			continue;
		}
		ours++;
		if (n)
			take_bytes(l, data, (size_t)n);
	}
}

static void tell_listen(struct log *l, int error)
{
	char why[160];

	if (!error) {
		source_report_put(l->env, &l->report, SOURCE_STATE_OK, 0, "");
		return;
	}
	snprintf(why, sizeof why, "cannot listen on %.60s: %s%s", l->config->listen, strerror(error),
		 error == EACCES ? "; name a port from 1024 on, or start it as root" : "");
	source_report_put(l->env, &l->report, error == EACCES ? SOURCE_STATE_DENIED : SOURCE_STATE_LOST, error, why);
}

static void try_listen(struct log *l, int64_t now)
{
	int fd;

	if (l->fd >= 0 || now < l->listen_us)
		return;
	l->listen_us = now + LISTEN_AGAIN_US;
	fd = log_listen(l->config);
	tell_listen(l, fd < 0 ? -fd : 0);
	l->fd = fd < 0 ? -1 : fd;
}

static void follow(struct log *l)
{
	int r = log_tail_read(l->tail, take_bytes, l);
	enum source_state state = !r ? SOURCE_STATE_OK : r == -ENOENT ? SOURCE_STATE_ABSENT :
				  r == -EACCES || r == -EPERM ? SOURCE_STATE_DENIED : SOURCE_STATE_LOST;
	char why[160];

	if (!r && l->left) {
		source_report_put(l->env, &l->report, state, 0, "");
	} else if (r) {
		snprintf(why, sizeof why, "%.100s: %s", l->config->file,
			 r == -EINVAL ? "not a regular file" : strerror(-r));
		source_report_put(l->env, &l->report, state, -r, why);
	}
}

/* ---- the source ---- */

static void slot(void *state, int64_t due)
{
	struct log_source *s = state;

	(void)due;
	for (size_t i = 0; i < s->n; i++)
		if (!s->logs[i].tail && s->logs[i].fd >= 0)
			hear(&s->logs[i]);
}

static void tick(void *state, int64_t due)
{
	struct log_source *s = state;

	(void)due;
	for (size_t i = 0; i < s->n; i++) {
		struct log *l = &s->logs[i];

		set_zone(l);
		if (l->tail)
			follow(l);
		else
			try_listen(l, source_now(s->env));
		if (!l->tail && l->fd >= 0 && l->left)
			tell_listen(l, 0);
	}
}

static size_t log_command(const struct profile *p)
{
	size_t i = 0;

	while (i + 1 < profile_commands(p) && strcmp(profile_command(p, i)->name, "log"))
		i++;
	return i;
}

static bool init_log(struct log *l, struct source_env *env, const struct log_config *c, size_t i)
{
	const struct profile_session *session = profile_session(c->profile);
	const char *router = c->router ? c->router : c->name;

	*l = (struct log){
		.env = env, .config = c, .command = log_command(c->profile), .fd = c->fd,
		.left = LINES_PER_S,
		.report = { .key = (uint16_t)(SOURCE_KEY_LOG + i), .name = "log", .instance = c->name },
	};
	l->lines = lines_new(c->charset ? c->charset : session->charset);
	if (!l->lines)
		return false;
	l->put = router_put_new(env, router, profile_name(c->profile), 0);
	if (c->file)
		l->tail = log_tail_new(c->file, c->fd);
	set_zone(l);
	return true;
}

static void *start(struct source_env *env)
{
	const struct watch_config *w = env->watch;
	struct log_source *s = xcalloc(1, sizeof *s);

	s->env = env;
	s->logs = xcalloc(w->nlogs ? w->nlogs : 1, sizeof *s->logs);
	for (size_t i = 0; i < w->nlogs; i++)
		if (w->logs[i].profile)
			s->n += init_log(&s->logs[s->n], env, &w->logs[i], i);
	return s;
}

static void stop(void *state)
{
	struct log_source *s = state;

	for (size_t i = 0; i < s->n; i++) {
		struct log *l = &s->logs[i];

		log_tail_free(l->tail);
		if (!l->tail && l->fd >= 0 && l->fd != l->config->fd)
			close(l->fd);
		router_put_free(l->put);
		lines_free(l->lines);
		buf_free(&l->text);
	}
	free(s->logs);
	free(s);
}

const struct source_ops log_source = {
	.name = "log", .start = start, .slot = slot, .tick = tick, .stop = stop,
};
