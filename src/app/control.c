// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <event2/event.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/app.h"
#include "app/control.h"

#define CONNECTIONS_MAX 32
#define USERS_MAX 4
#define MESSAGES_AT_ONCE 16 /* of one peer, before others have their turn */

struct connection {
	struct control *control;
	int fd;
	struct event *readable, *writable;
	bool hello, live; /* asked for the recording; was told that it has all */
	size_t given;     /* serial number of the next part to give */
};

struct part {
	unsigned number;
	int fd;
};

struct control {
	struct event_base *base;
	const struct control_calls *calls;
	void *arg;
	int listen_fd;
	struct event *listening, *pause; /* pause: until it is tried again */
	uid_t users[USERS_MAX];
	size_t nusers;
	struct connection *connections[CONNECTIONS_MAX];
	size_t nconnections;
	struct part *parts;
	size_t nparts, parts_cap;
	bool stream;
	size_t dropped; /* parts given up: serial number of parts[0] */
};

int control_send(int fd, int pass_fd, const char *fmt, ...)
{
	char text[CONTROL_TEXT_MAX];
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(int))];
	} space = {0};
	struct iovec iov = { .iov_base = text };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= sizeof text)
		return -EMSGSIZE;
	iov.iov_len = (size_t)n;
	if (pass_fd >= 0) {
		msg.msg_control = &space;
		msg.msg_controllen = sizeof space;
		space.header = (struct cmsghdr){ .cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET,
						 .cmsg_type = SCM_RIGHTS };
		memcpy(CMSG_DATA(&space.header), &pass_fd, sizeof pass_fd);
	}
	return sendmsg(fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? -errno : 0;
}

/* The one descriptor we take; any other that came is closed. */
static int take_fd(struct msghdr *msg)
{
	int fd = -1;

	for (struct cmsghdr *h = CMSG_FIRSTHDR(msg); h; h = CMSG_NXTHDR(msg, h)) {
		size_t n = h->cmsg_len > CMSG_LEN(0) ? (h->cmsg_len - CMSG_LEN(0)) / sizeof(int) : 0;

		if (h->cmsg_level != SOL_SOCKET || h->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t i = 0; i < n; i++) {
			int got;

			memcpy(&got, CMSG_DATA(h) + i * sizeof got, sizeof got);
			if (fd < 0)
				fd = got;
			else
				close(got);
		}
	}
	return fd;
}

int control_receive(int fd, char *text, size_t size, int *ret_fd)
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(4 * sizeof(int))];
	} space;
	struct iovec iov = { .iov_base = text, .iov_len = size - 1 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &space,
			      .msg_controllen = sizeof space };
	ssize_t n = recvmsg(fd, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);

	/* it left without having heard all of ours: its own last words come after the error */
	if (n < 0 && errno == ECONNRESET)
		n = recvmsg(fd, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	if (n < 0)
		return errno == EWOULDBLOCK || errno == EINTR ? -EAGAIN : -errno;
	text[n] = 0;
	*ret_fd = take_fd(&msg);
	return (int)n;
}

int control_wait(int fd, char *text, size_t size, int *ret_fd, int timeout_ms)
{
	struct pollfd wait = { .fd = fd, .events = POLLIN };
	int r = control_receive(fd, text, size, ret_fd);

	if (r != -EAGAIN)
		return r;
	poll(&wait, 1, timeout_ms);
	r = control_receive(fd, text, size, ret_fd);
	return r == -EAGAIN ? -ETIMEDOUT : r;
}

static void connection_free(struct connection *con)
{
	struct control *c = con->control;

	event_free(con->readable);
	event_free(con->writable);
	close(con->fd);
	for (size_t i = 0; i < c->nconnections; i++)
		if (c->connections[i] == con)
			c->connections[i] = c->connections[--c->nconnections];
	free(con);
}

static void connection_end(struct connection *con)
{
	struct control *c = con->control;

	connection_free(con);
	c->calls->count(c->arg, c->nconnections);
}

/* Give what is still owed, as far as the peer takes it. False when the peer is gone. */
static bool give(struct connection *con)
{
	struct control *c = con->control;
	int r = 0;

	if (!con->hello)
		return true;
	if (c->stream)
		return !control_send(con->fd, -1, "stream");
	if (con->given < c->dropped)
		con->given = c->dropped;
	while (!r && con->given < c->dropped + c->nparts) {
		const struct part *part = &c->parts[con->given - c->dropped];

		r = control_send(con->fd, part->fd, "part %u", part->number);
		con->given += !r;
	}
	if (!r && !con->live && c->nparts) {
		r = control_send(con->fd, -1, "live");
		con->live = !r;
	}
	if (r == -EAGAIN || r == -ENOBUFS)
		event_add(con->writable, NULL);
	return !r || r == -EAGAIN || r == -ENOBUFS || r == -ETOOMANYREFS;
}

static void on_writable(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	if (!give(arg))
		connection_end(arg);
}

/* One message. False when the peer is gone or may not be listened to any longer. */
static bool hear(struct connection *con)
{
	char text[CONTROL_TEXT_MAX], clean[CONTROL_TEXT_MAX];
	int passed = -1, n = control_receive(con->fd, text, sizeof text, &passed);

	if (passed >= 0)
		close(passed);
	if (n <= 0)
		return n == -EAGAIN;
	str_clean(clean, sizeof clean, text, strlen(text));
	if (strcmp(clean, "hello")) {
		con->control->calls->command(con->control->arg, clean);
		return true;
	}
	con->hello = true;
	return give(con);
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct connection *con = arg;

	(void)fd;
	(void)what;
	if (!hear(con))
		connection_end(con);
}

void control_adopt(struct control *c, int fd)
{
	struct connection *con;

	if (c->nconnections == CONNECTIONS_MAX) {
		control_send(fd, -1, "full");
		close(fd);
		return;
	}
	con = xcalloc(1, sizeof *con);
	*con = (struct connection){ .control = c, .fd = fd };
	evutil_make_socket_nonblocking(fd);
	con->readable = event_new(c->base, fd, EV_READ | EV_PERSIST, on_readable, con);
	con->writable = event_new(c->base, fd, EV_WRITE, on_writable, con);
	event_add(con->readable, NULL);
	c->connections[c->nconnections++] = con;
	c->calls->count(c->arg, c->nconnections);
}

static bool is_allowed(const struct control *c, int fd)
{
	struct ucred peer;
	socklen_t len = sizeof peer;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len))
		return false;
	for (size_t i = 0; i < c->nusers; i++)
		if (peer.uid == c->users[i])
			return true;
	return peer.uid == 0;
}

/* No descriptor is left, say: who waits would wake us again and again. */
static void pause_listening(struct control *c, int error)
{
	const struct timeval second = { .tv_sec = 1 };

	if (error == EAGAIN || error == EINTR || error == ECONNABORTED)
		return;
	event_del(c->listening);
	event_add(c->pause, &second);
}

static void on_pause_over(evutil_socket_t fd, short what, void *arg)
{
	const struct control *c = arg;

	(void)fd;
	(void)what;
	event_add(c->listening, NULL);
}

static void on_connect(evutil_socket_t fd, short what, void *arg)
{
	struct control *c = arg;

	(void)what;
	for (int i = 0; i < MESSAGES_AT_ONCE; i++) {
		int peer = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (peer < 0) {
			pause_listening(c, errno);
			return;
		}
		if (is_allowed(c, peer))
			control_adopt(c, peer);
		else
			close(peer);
	}
}

struct control *control_new(struct event_base *base, int listen_fd, const uid_t *users, size_t nusers,
			    const struct control_calls *calls, void *arg)
{
	struct control *c = xcalloc(1, sizeof *c);

	*c = (struct control){ .base = base, .calls = calls, .arg = arg, .listen_fd = listen_fd };
	c->nusers = nusers < USERS_MAX ? nusers : USERS_MAX;
	for (size_t i = 0; i < c->nusers; i++)
		c->users[i] = users[i];
	if (listen_fd >= 0) {
		c->listening = event_new(base, listen_fd, EV_READ | EV_PERSIST, on_connect, c);
		event_add(c->listening, NULL);
		c->pause = event_new(base, -1, 0, on_pause_over, c);
	}
	return c;
}

/* An open descriptor would keep the space of a deleted part in use. The newest is still being written. */
static void drop_deleted(struct control *c)
{
	size_t n = 0;
	struct stat st;

	while (n + 1 < c->nparts && !fstat(c->parts[n].fd, &st) && !st.st_nlink)
		close(c->parts[n++].fd);
	c->nparts -= n;
	c->dropped += n;
	memmove(c->parts, c->parts + n, c->nparts * sizeof *c->parts);
}

void control_part(struct control *c, unsigned part, int fd)
{
	array_grow(&c->parts, &c->parts_cap, c->nparts + 1, sizeof *c->parts);
	c->parts[c->nparts++] = (struct part){ part, fd };
	drop_deleted(c);
	for (size_t i = c->nconnections; i-- > 0;)
		if (!give(c->connections[i]))
			connection_end(c->connections[i]);
}

void control_stream(struct control *c)
{
	c->stream = true;
	for (size_t i = c->nconnections; i-- > 0;)
		if (!give(c->connections[i]))
			connection_end(c->connections[i]);
}

void control_tell(struct control *c, const char *text)
{
	for (size_t i = 0; i < c->nconnections; i++)
		if (c->connections[i]->hello)
			control_send(c->connections[i]->fd, -1, "%s", text);
}

void control_bye(struct control *c)
{
	while (c->nconnections) {
		control_send(c->connections[0]->fd, -1, "bye");
		connection_free(c->connections[0]);
	}
}

void control_deaf(struct control *c)
{
	if (c->listening)
		event_free(c->listening);
	if (c->pause)
		event_free(c->pause);
	c->listening = c->pause = NULL;
	if (c->listen_fd >= 0)
		close(c->listen_fd);
	c->listen_fd = -1;
}

void control_free(struct control *c)
{
	if (!c)
		return;
	while (c->nconnections)
		connection_free(c->connections[0]);
	for (size_t i = 0; i < c->nparts; i++)
		close(c->parts[i].fd);
	free(c->parts);
	control_deaf(c);
	free(c);
}
