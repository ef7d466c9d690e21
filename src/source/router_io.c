// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <event2/event.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "source/router_io.h"

/* What a router may make us read in a slot: far more than any answers, and little work. */
enum { PIECE = 16384, SLOT_BYTES = 256 << 10, WORDS = 160 };
static const struct timeval connect_limit = { .tv_sec = 5 };

struct router_io {
	const struct router_io_calls *calls;
	void *arg;
	int fd;                       /* -1: a program */
	struct event *readable, *writable;
	struct child *child;
	bool connected, ended, in_call, closed;
	size_t budget;
};

/* A call may close us: then it is done when the call is over. */
static bool leave_call(struct router_io *io)
{
	io->in_call = false;
	if (!io->closed)
		return true;
	free(io);
	return false;
}

static void stop(struct router_io *io)
{
	if (io->readable)
		event_free(io->readable);
	if (io->writable)
		event_free(io->writable);
	io->readable = io->writable = NULL;
	if (io->fd >= 0)
		close(io->fd);
	io->fd = -1;
	child_kill(io->child);
	io->child = NULL;
}

static void tell_end(struct router_io *io, enum router_outcome outcome, const char *reason)
{
	bool nested = io->in_call;

	if (io->ended || io->closed)
		return;
	io->ended = true;
	io->in_call = true;
	stop(io);
	io->calls->end(io->arg, outcome, reason);
	if (!nested)
		leave_call(io);
}

/* ---- TCP ---- */

static void end_by_errno(struct router_io *io, int error)
{
	enum router_outcome outcome = error == ECONNREFUSED ? ROUTER_OUTCOME_REFUSED :
				      error == ETIMEDOUT ? ROUTER_OUTCOME_TIMEOUT : ROUTER_OUTCOME_LOST;

	tell_end(io, outcome, strerror(error));
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct router_io *io = arg;
	char data[PIECE];
	ssize_t n = read(fd, data, io->budget < sizeof data ? io->budget : sizeof data);

	(void)what;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		if (n)
			end_by_errno(io, errno);
		else
			tell_end(io, ROUTER_OUTCOME_LOST, "the router hung up");
		return;
	}
	io->budget -= (size_t)n;
	if (!io->budget)
		event_del(io->readable);
	io->in_call = true;
	io->calls->data(io->arg, data, (size_t)n);
	leave_call(io);
}

static void on_connected(struct router_io *io)
{
	int error = 0;
	socklen_t len = sizeof error;

	if (getsockopt(io->fd, SOL_SOCKET, SO_ERROR, &error, &len) || error) {
		end_by_errno(io, error ? error : errno);
		return;
	}
	io->connected = true;
	event_add(io->readable, NULL);
	io->in_call = true;
	io->calls->connected(io->arg);
	leave_call(io);
}

static void on_writable(evutil_socket_t fd, short what, void *arg)
{
	struct router_io *io = arg;

	(void)fd;
	if (!io->connected && what & EV_TIMEOUT) {
		tell_end(io, ROUTER_OUTCOME_TIMEOUT, "no answer to the connection attempt within 5 s");
	} else if (!io->connected) {
		on_connected(io);
	} else {
		io->in_call = true;
		io->calls->writable(io->arg);
		leave_call(io);
	}
}

static int start_connect(int fd, const struct addr *address, int port)
{
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port) };
	struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	const int on = 1, idle = 60, interval = 10, count = 3;
	int r;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof idle);
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval, sizeof interval);
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &count, sizeof count);
	memcpy(&v4.sin_addr, address->bytes, sizeof v4.sin_addr);
	memcpy(&v6.sin6_addr, address->bytes, sizeof v6.sin6_addr);
	r = address->family == AF_INET ? connect(fd, (const struct sockaddr *)&v4, sizeof v4)
				       : connect(fd, (const struct sockaddr *)&v6, sizeof v6);
	return r && errno != EINPROGRESS ? -errno : 0;
}

/* The owner hears of a failure by its call, never before it has the io. */
static void on_failed(evutil_socket_t fd, short what, void *arg)
{
	struct router_io *io = arg;

	(void)fd;
	(void)what;
	end_by_errno(io, (int)io->budget);
}

static void fail_soon(struct router_io *io, struct event_base *base, int error)
{
	const struct timeval at_once = {0};

	io->budget = (size_t)error;
	io->writable = event_new(base, -1, 0, on_failed, io);
	event_add(io->writable, &at_once);
}

struct router_io *router_io_connect(struct event_base *base, const struct addr *address, int port,
				    const struct router_io_calls *calls, void *arg)
{
	struct router_io *io = xcalloc(1, sizeof *io);
	int r;

	*io = (struct router_io){ .calls = calls, .arg = arg, .budget = SLOT_BYTES };
	io->fd = socket(address->family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	r = io->fd < 0 ? -errno : start_connect(io->fd, address, port);
	if (r) {
		fail_soon(io, base, -r);
		return io;
	}
	io->readable = event_new(base, io->fd, EV_READ | EV_PERSIST, on_readable, io);
	io->writable = event_new(base, io->fd, EV_WRITE, on_writable, io);
	event_add(io->writable, &connect_limit);
	return io;
}

/* ---- programs ---- */

static void on_output(void *arg, const void *data, size_t len)
{
	struct router_io *io = arg;

	if (!len || io->ended)
		return;
	io->in_call = true;
	io->calls->data(io->arg, data, len);
	leave_call(io);
}

static void on_done(void *arg, const struct child_result *result)
{
	struct router_io *io = arg;
	char words[WORDS], why[sizeof words + 32];

	io->child = NULL; /* it is over already */
	child_words(result, words, sizeof words);
	snprintf(why, sizeof why, "the program ended: %s", words);
	tell_end(io, result->end == CHILD_NOT_RUN ? ROUTER_OUTCOME_REFUSED : ROUTER_OUTCOME_LOST, why);
}

struct router_io *router_io_run(struct child_pool *pool, char *const *argv, unsigned columns, unsigned rows,
				const struct router_io_calls *calls, void *arg, int *ret)
{
	struct router_io *io = xcalloc(1, sizeof *io);
	const struct child_config config = {
		.argv = argv, .flags = CHILD_PTY, .columns = columns ? columns : 80, .rows = rows ? rows : 24,
		.output = on_output, .done = on_done, .arg = io,
	};

	*io = (struct router_io){ .calls = calls, .arg = arg, .fd = -1, .connected = true };
	*ret = child_start(pool, &config, &io->child);
	if (!*ret)
		return io;
	free(io);
	return NULL;
}

/* ---- both ---- */

size_t router_io_write(struct router_io *io, const void *data, size_t len)
{
	ssize_t n;

	if (io->ended || !len)
		return 0;
	if (io->child)
		return child_write(io->child, data, len) ? 0 : len;
	n = send(io->fd, data, len, MSG_NOSIGNAL);
	if (n < 0 || (size_t)n < len)
		event_add(io->writable, NULL); /* an error will be told by a read */
	return n < 0 ? 0 : (size_t)n;
}

void router_io_slot(struct router_io *io)
{
	if (!io->readable || !io->connected)
		return;
	if (!io->budget)
		event_add(io->readable, NULL);
	io->budget = SLOT_BYTES;
}

void router_io_close(struct router_io *io)
{
	if (!io)
		return;
	stop(io);
	io->closed = true;
	if (!io->in_call)
		free(io);
}
