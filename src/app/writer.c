// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "app/writer.h"

#define SOCKET_BUFFER (1 << 20)

struct writer {
	pid_t pid;
	int data_fd, status_fd;
	struct buf queue;
	size_t sent;     /* of the queue, already with the kernel */
	bool finishing, broken;
	struct event *writable, *readable;
	const struct writer_calls *calls;
	void *arg;
};

struct writer *writer_new(const struct writer_config *config, struct error *err)
{
	int data[2], status[2], size = SOCKET_BUFFER;
	pid_t parent = getpid(), pid;
	struct writer *w;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, data)) {
		error_set(err, -errno, "cannot make a socket pair: %s", strerror(errno));
		return NULL;
	}
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, status)) {
		error_set(err, -errno, "cannot make a socket pair: %s", strerror(errno));
		close(data[0]);
		close(data[1]);
		return NULL;
	}
	setsockopt(data[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
	pid = fork();
	if (!pid)
		_exit(writer_child(config, data[1], status[1], parent));
	close(data[1]);
	close(status[1]);
	if (pid < 0) {
		error_set(err, -errno, "cannot fork: %s", strerror(errno));
		close(data[0]);
		close(status[0]);
		return NULL;
	}
	w = xcalloc(1, sizeof *w);
	*w = (struct writer){ .pid = pid, .data_fd = data[0], .status_fd = status[0] };
	evutil_make_socket_nonblocking(w->data_fd);
	return w;
}

static void maybe_shut(struct writer *w)
{
	if (w->finishing && w->sent == w->queue.len)
		shutdown(w->data_fd, SHUT_WR);
}

/* Move the queue to the kernel as far as it goes. */
static void flush(struct writer *w)
{
	while (!w->broken && w->sent < w->queue.len) {
		ssize_t n = send(w->data_fd, w->queue.data + w->sent, w->queue.len - w->sent,
				 MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n >= 0)
			w->sent += (size_t)n;
		else if (errno == EAGAIN || errno == ENOBUFS)
			break;
		else if (errno != EINTR)
			w->broken = true;
	}
	if (w->sent == w->queue.len || w->sent > WRITER_QUEUE_MAX) {
		buf_drop(&w->queue, w->sent);
		w->sent = 0;
	}
	if (!w->broken && w->queue.len && w->writable)
		event_add(w->writable, NULL);
	maybe_shut(w);
}

static void on_writable(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	flush(arg);
}

/* One message of the child; false when there is none now. */
static bool hear(struct writer *w)
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(int))];
	} space;
	struct writer_status status = {0};
	struct iovec iov = { .iov_base = &status, .iov_len = sizeof status };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &space,
			      .msg_controllen = sizeof space };
	ssize_t n = recvmsg(w->status_fd, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	const struct cmsghdr *h;
	int fd = -1;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	h = n > 0 ? CMSG_FIRSTHDR(&msg) : NULL;
	if (h && h->cmsg_level == SOL_SOCKET && h->cmsg_type == SCM_RIGHTS)
		memcpy(&fd, CMSG_DATA(h), sizeof fd);
	if (n != sizeof status) {
		event_del(w->readable);
		w->broken = true;
		status = (struct writer_status){ .news = WRITER_NEWS_GONE };
	}
	status.text[sizeof status.text - 1] = 0;
	w->calls->news(w->arg, &status, fd);
	return !w->broken;
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	while (hear(arg))
		;
}

void writer_attach(struct writer *w, struct event_base *base, const struct writer_calls *calls, void *arg)
{
	w->calls = calls;
	w->arg = arg;
	w->writable = event_new(base, w->data_fd, EV_WRITE, on_writable, w);
	w->readable = event_new(base, w->status_fd, EV_READ | EV_PERSIST, on_readable, w);
	event_add(w->readable, NULL);
	flush(w);
}

int writer_put(struct writer *w, const struct writer_cut *cut, const void *bytes)
{
	if (w->broken)
		return -EPIPE;
	if (w->queue.len - w->sent + sizeof *cut + cut->len > WRITER_QUEUE_MAX && w->queue.len > w->sent)
		return -ENOBUFS;
	buf_add(&w->queue, cut, sizeof *cut);
	buf_add(&w->queue, bytes, cut->len);
	flush(w);
	return 0;
}

void writer_finish(struct writer *w)
{
	w->finishing = true;
	flush(w);
}

pid_t writer_pid(const struct writer *w)
{
	return w->pid;
}

void writer_free(struct writer *w)
{
	if (!w)
		return;
	if (w->writable)
		event_free(w->writable);
	if (w->readable)
		event_free(w->readable);
	close(w->data_fd);
	close(w->status_fd);
	waitpid(w->pid, NULL, WNOHANG);
	buf_free(&w->queue);
	free(w);
}
