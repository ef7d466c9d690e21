// SPDX-License-Identifier: GPL-2.0-or-later
// Programs in the event loop. A child is over when its process is, whoever holds its pipes; what is killed stays in
// its pool, deaf, until the kernel has let go of it.
#include <errno.h>
#include <event2/event.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "source/child.h"

enum { PIECE = 64 << 10, DRAIN_PIECES = 16 /* a pipe holds 1 MiB at most */, DYING_MAX = 8, FREE_WAIT_MS = 200 };

struct child {
	struct child_pool *pool;
	struct child *next;
	struct child_config config;  /* argv and env are not used after the start */
	pid_t pid;
	int pidfd, fail_fd;          /* -1: none */
	int in, out, err;            /* our ends; with a terminal in == out; -1: closed */
	struct event *exited, *late, *readable, *errors_readable, *writable;
	struct buf output, errors, input;
	bool close_input;
	bool over;                   /* done was called, or never will be: only its end is waited for */
	bool killed;                 /* by us, why: */
	enum child_end why;
};

struct child_pool {
	struct event_base *base;
	struct child *children;
	char *piece;                 /* PIECE bytes to read into */
};

struct child_pool *child_pool_new(struct event_base *base)
{
	struct child_pool *pool = xcalloc(1, sizeof *pool);

	pool->base = base;
	pool->piece = xcalloc(1, PIECE);
	return pool;
}

static void drop_event(struct event **ev)
{
	if (*ev)
		event_free(*ev);
	*ev = NULL;
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void wipe_buf(struct buf *b)
{
	if (b->data)
		wipe(b->data, b->cap);
	buf_free(b);
}

static void close_in(struct child *c)
{
	drop_event(&c->writable);
	if (c->in != c->out)
		close_fd(&c->in);
	c->in = -1;
	wipe_buf(&c->input);
}

static void close_out(struct child *c)
{
	drop_event(&c->readable);
	if (c->config.flags & CHILD_PTY)
		close_in(c); /* the same descriptor */
	close_fd(&c->out);
}

static void close_err(struct child *c)
{
	drop_event(&c->errors_readable);
	close_fd(&c->err);
}

/* The group with it. Its leader is not reaped yet, so that the number cannot be another's. Before the child has made
 * its group only the pid is there. */
static void kill_group(const struct child *c)
{
	kill(-c->pid, SIGKILL);
	kill(c->pid, SIGKILL);
}

/* No call to the owner any more. */
static void make_deaf(struct child *c)
{
	c->over = true;
	drop_event(&c->late);
	close_in(c);
	close_out(c);
	close_err(c);
	close_fd(&c->fail_fd);
	wipe_buf(&c->output);
	wipe_buf(&c->errors);
}

static void unlink_child(struct child *c)
{
	struct child **p = &c->pool->children;

	while (*p != c)
		p = &(*p)->next;
	*p = c->next;
}

static void forget(struct child *c)
{
	make_deaf(c);
	drop_event(&c->exited);
	close_fd(&c->pidfd);
	unlink_child(c);
	free(c);
}

/* ---- what it prints ---- */

/* A buffer that grows would leave copies behind. */
static void reserve(struct buf *b, size_t size)
{
	array_grow(&b->data, &b->cap, size + 1, 1);
}

static size_t output_max(const struct child *c)
{
	return c->config.flags & CHILD_SECRET ? CHILD_SECRET_MAX : CHILD_OUTPUT_MAX;
}

static void kill_because(struct child *c, enum child_end why)
{
	if (!c->killed)
		c->why = why;
	c->killed = true;
	kill_group(c);
}

/* One piece. 1: there may be more, 0: nothing now, -1: it ended. */
static int read_output(struct child *c)
{
	ssize_t n = read(c->out, c->pool->piece, PIECE);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n <= 0) { /* a terminal says EIO when its other end is closed */
		close_out(c);
		if (c->config.output)
			c->config.output(c->config.arg, "", 0);
		return -1;
	}
	if (c->config.output) {
		c->config.output(c->config.arg, c->pool->piece, (size_t)n);
	} else if (c->output.len + (size_t)n > output_max(c)) {
		kill_because(c, CHILD_TOO_MUCH);
		close_out(c);
	} else {
		buf_add(&c->output, c->pool->piece, (size_t)n);
	}
	if (c->config.flags & CHILD_SECRET)
		wipe(c->pool->piece, (size_t)n);
	return c->over || c->out < 0 ? -1 : 1;
}

static int read_errors(struct child *c)
{
	ssize_t n = read(c->err, c->pool->piece, PIECE);
	size_t room = CHILD_ERRORS_MAX - c->errors.len;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n <= 0) {
		close_err(c);
		return -1;
	}
	if (room)
		buf_add(&c->errors, c->pool->piece, (size_t)n < room ? (size_t)n : room);
	if (c->config.flags & CHILD_SECRET)
		wipe(c->pool->piece, (size_t)n);
	return 1;
}

static void on_output(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	read_output(arg);
}

static void on_errors(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	read_errors(arg);
}

/* ---- what it is told ---- */

static void flush_input(struct child *c)
{
	ssize_t n;

	while (c->input.len) {
		n = write(c->in, c->input.data, c->input.len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN) {
			event_add(c->writable, NULL);
			return;
		}
		if (n < 0) {
			/* it closed its input, or is gone: its end will tell */
			if (c->config.flags & CHILD_PTY)
				buf_clear(&c->input);
			else
				close_in(c);
			return;
		}
		memmove(c->input.data, c->input.data + n, c->input.len - (size_t)n);
		c->input.len -= (size_t)n;
		wipe(c->input.data + c->input.len, (size_t)n);
	}
	if (c->close_input)
		close_in(c);
}

static void on_writable(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	flush_input(arg);
}

int child_write(struct child *c, const void *data, size_t len)
{
	if (c->over || c->in < 0 || c->close_input)
		return -EPIPE;
	if (len > CHILD_INPUT_MAX - c->input.len)
		return -ENOBUFS;
	reserve(&c->input, CHILD_INPUT_MAX);
	buf_add(&c->input, data, len);
	flush_input(c);
	return 0;
}

void child_close_input(struct child *c)
{
	if (c->config.flags & CHILD_PTY || c->in < 0)
		return;
	c->close_input = true;
	if (!c->input.len)
		close_in(c);
}

/* ---- its end ---- */

static struct child_result result_of(struct child *c, int status, bool reaped)
{
	struct child_result r = {
		.end = CHILD_EXITED, .out = c->output.data ? c->output.data : "", .out_len = c->output.len,
		.errors = c->errors.data ? c->errors.data : "", .errors_len = c->errors.len,
	};
	int error;

	if (c->fail_fd >= 0 && read(c->fail_fd, &error, sizeof error) == sizeof error) {
		r.end = CHILD_NOT_RUN;
		r.code = error;
	} else if (c->killed) {
		r.end = c->why;
	} else if (reaped && WIFSIGNALED(status)) {
		r.end = CHILD_SIGNALLED;
		r.code = WTERMSIG(status);
	} else if (reaped) {
		r.code = WEXITSTATUS(status);
	}
	return r;
}

static void tell_end(struct child *c, int status, bool reaped)
{
	struct child_result r = result_of(c, status, reaped);

	c->over = true;
	drop_event(&c->late);
	if (c->config.done)
		c->config.done(c->config.arg, &r);
	make_deaf(c);
}

/* Its time is up. The owner hears of it now, even if the kernel cannot end it yet. */
static void on_late(evutil_socket_t fd, short what, void *arg)
{
	struct child *c = arg;

	(void)fd;
	(void)what;
	kill_because(c, CHILD_DEADLINE);
	tell_end(c, 0, false);
}

/* What is still in the pipes belongs to it; descendants that hold them open are not waited for. */
static void drain(struct child *c)
{
	for (unsigned i = 0; !c->over && c->out >= 0 && i < DRAIN_PIECES; i++)
		if (read_output(c) != 1)
			break;
	for (unsigned i = 0; !c->over && c->err >= 0 && i < DRAIN_PIECES; i++)
		if (read_errors(c) != 1)
			break;
}

static void on_exit_of(evutil_socket_t fd, short what, void *arg)
{
	struct child *c = arg;
	int status = 0;
	siginfo_t info = {0};
	pid_t pid;

	(void)fd;
	(void)what;
	if (c->pidfd < 0 && !waitid(P_PID, (id_t)c->pid, &info, WEXITED | WNOHANG | WNOWAIT) && !info.si_pid)
		return;
	kill_group(c); /* what it left behind goes with it, while its number is still its own */
	drain(c);
	pid = waitpid(c->pid, &status, WNOHANG);
	if (!pid)
		return;
	if (!c->over)
		tell_end(c, status, pid == c->pid);
	forget(c);
}

void child_kill(struct child *c)
{
	if (!c || c->over)
		return;
	kill_group(c);
	make_deaf(c);
}

static void wait_for(struct child *c, int ms)
{
	struct pollfd pfd = { .fd = c->pidfd, .events = POLLIN };

	poll(&pfd, 1, ms);
	waitpid(c->pid, NULL, WNOHANG);
}

void child_pool_free(struct child_pool *pool)
{
	int ms = FREE_WAIT_MS;

	if (!pool)
		return;
	for (struct child *c = pool->children; c; c = c->next) {
		kill_group(c);
		make_deaf(c);
	}
	while (pool->children) {
		wait_for(pool->children, ms);
		ms = ms > 20 ? ms - 20 : 0;
		forget(pool->children);
	}
	free(pool->piece);
	free(pool);
}

/* ---- its beginning ---- */

static void listen_to(struct child *c)
{
	struct event_base *base = c->pool->base;
	const struct timeval look = { .tv_usec = 20 * US_PER_MS }, late = {
		.tv_sec = c->config.deadline_us / US_PER_S, .tv_usec = c->config.deadline_us % US_PER_S,
	};

	c->exited = event_new(base, c->pidfd, c->pidfd < 0 ? EV_PERSIST : EV_READ | EV_PERSIST, on_exit_of, c);
	event_add(c->exited, c->pidfd < 0 ? &look : NULL); /* old kernels have no pidfd, nor has valgrind */
	c->readable = event_new(base, c->out, EV_READ | EV_PERSIST, on_output, c);
	event_add(c->readable, NULL);
	if (c->err >= 0) {
		c->errors_readable = event_new(base, c->err, EV_READ | EV_PERSIST, on_errors, c);
		event_add(c->errors_readable, NULL);
	}
	if (c->in >= 0)
		c->writable = event_new(base, c->in, EV_WRITE, on_writable, c);
	if (c->config.deadline_us) {
		c->late = evtimer_new(base, on_late, c);
		event_add(c->late, &late);
	}
}

static bool too_many_dying(const struct child_pool *pool)
{
	unsigned n = 0;

	for (const struct child *c = pool->children; c; c = c->next)
		n += c->over;
	return n >= DYING_MAX;
}

int child_start(struct child_pool *pool, const struct child_config *config, struct child **ret)
{
	struct child_spawned sp;
	struct child *c;
	int r;

	if (too_many_dying(pool))
		return -EAGAIN;
	r = child_spawn(config, &sp);
	if (r < 0)
		return r;
	c = xcalloc(1, sizeof *c);
	*c = (struct child){
		.pool = pool, .next = pool->children, .config = *config, .pid = sp.pid, .pidfd = sp.pidfd,
		.fail_fd = sp.fail_fd, .in = sp.in, .out = sp.out, .err = sp.err,
	};
	c->config.argv = NULL; /* the caller's */
	c->config.env = NULL;
	if (config->flags & CHILD_SECRET && !config->output)
		reserve(&c->output, CHILD_SECRET_MAX);
	pool->children = c;
	listen_to(c);
	*ret = c;
	return 0;
}

pid_t child_pid(const struct child *c)
{
	return c->pid;
}

void child_words(const struct child_result *r, char *out, size_t size)
{
	size_t pos = 0, len = strcspn(r->errors, "\r\n");
	char clean[120];

	*out = 0;
	switch (r->end) {
	case CHILD_EXITED:
		str_append(out, size, &pos, "exit status %d", r->code);
		break;
	case CHILD_SIGNALLED:
		str_append(out, size, &pos, "ended by signal %d", r->code);
		break;
	case CHILD_DEADLINE:
		str_append(out, size, &pos, "no answer in time");
		break;
	case CHILD_TOO_MUCH:
		str_append(out, size, &pos, "it printed too much");
		break;
	case CHILD_NOT_RUN:
		str_append(out, size, &pos, "cannot be run: %s", strerror(r->code));
		return;
	}
	str_clean(clean, sizeof clean, r->errors, len < r->errors_len ? len : r->errors_len);
	if (*clean)
		str_append(out, size, &pos, ": %s", clean);
}
