// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "source/netlink.h"
#include "tunwatch/base.h"

static int subscribe(int fd, const unsigned *groups)
{
	for (; groups && *groups; groups++)
		if (setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, groups, sizeof *groups) < 0)
			return -errno;
	return 0;
}

int netlink_open_protocol(int protocol, const unsigned *groups, int rcvbuf)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol), on = 1, r;
	struct sockaddr_nl self = { .nl_family = AF_NETLINK };

	if (fd < 0)
		return -errno;
	if (rcvbuf && setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &rcvbuf, sizeof rcvbuf) < 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &rcvbuf, sizeof rcvbuf);
	/* kernels before 4.20 lack it: then filters of dumps are ignored, which costs time only */
	setsockopt(fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, &on, sizeof on);
	r = bind(fd, (struct sockaddr *)&self, sizeof self) < 0 ? -errno : subscribe(fd, groups);
	if (r < 0) {
		close(fd);
		return r;
	}
	return fd;
}

int netlink_open(const unsigned *groups, int rcvbuf)
{
	return netlink_open_protocol(NETLINK_ROUTE, groups, rcvbuf);
}

int netlink_send(int fd, const void *data, size_t len)
{
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };

	return sendto(fd, data, len, 0, (struct sockaddr *)&kernel, sizeof kernel) < 0 ? -errno : 0;
}

int netlink_receive(int fd, void *buf, size_t size)
{
	struct sockaddr_nl from = {0};
	struct iovec iov = { buf, size };
	struct msghdr m = { .msg_name = &from, .msg_namelen = sizeof from, .msg_iov = &iov, .msg_iovlen = 1 };
	ssize_t n;

	do
		n = recvmsg(fd, &m, 0);
	while ((n < 0 && errno == EINTR) || (n >= 0 && from.nl_pid));
	if (n < 0)
		return -errno;
	return m.msg_flags & MSG_TRUNC ? -EMSGSIZE : (int)n;
}

/* The kernel writes lengths and flags of a message header only; the rest is set up once. b must not move. */
void netlink_batch_init(struct netlink_batch *b, size_t size)
{
	*b = (struct netlink_batch){ .size = size, .bytes = xcalloc(NETLINK_BATCH, size) };
	for (size_t i = 0; i < NETLINK_BATCH; i++) {
		b->iov[i] = (struct iovec){ b->bytes + i * b->size, b->size };
		b->messages[i].msg_hdr = (struct msghdr){ .msg_name = &b->from[i], .msg_iov = &b->iov[i],
							  .msg_iovlen = 1 };
	}
}

void netlink_batch_free(struct netlink_batch *b)
{
	free(b->bytes);
	b->bytes = NULL;
}

int netlink_batch_receive(struct netlink_batch *b, int fd)
{
	int n;

	for (size_t i = 0; i < NETLINK_BATCH; i++)
		b->messages[i].msg_hdr.msg_namelen = sizeof b->from[i];
	do
		n = recvmmsg(fd, b->messages, NETLINK_BATCH, 0, NULL);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

const uint8_t *netlink_batch_get(const struct netlink_batch *b, int i, size_t *ret_len, bool *ret_cut)
{
	size_t len = b->messages[i].msg_len;

	*ret_cut = b->messages[i].msg_hdr.msg_flags & MSG_TRUNC;
	*ret_len = b->from[i].nl_pid ? 0 : len < b->size ? len : b->size;
	return b->bytes + (size_t)i * b->size;
}
