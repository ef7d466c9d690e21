/* SPDX-License-Identifier: GPL-2.0-or-later */
/* netlink: non-blocking netlink sockets that listen to nobody but the kernel. */
#ifndef NETLINK_H
#define NETLINK_H

#include <linux/netlink.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/uio.h>

/* The kernel fills at most 32 KiB in one answer of a dump. */
enum { NETLINK_DUMP_SIZE = 32768, NETLINK_BATCH = 32 };

/* A socket of NETLINK_ROUTE in groups (0 ends the list; NULL: none). A receive buffer of rcvbuf bytes is asked for,
 * past the system's limit where we may; 0 leaves the default. A descriptor or -errno. */
int netlink_open(const unsigned *groups, int rcvbuf);
/* The same of another protocol, as NETLINK_XFRM. */
int netlink_open_protocol(int protocol, const unsigned *groups, int rcvbuf);
/* Send whole messages. 0 or -errno. */
int netlink_send(int fd, const void *data, size_t len);
/* One datagram: its length, or -errno (-EAGAIN none now; -ENOBUFS the kernel had to drop some; -EMSGSIZE cut). */
int netlink_receive(int fd, void *buf, size_t size);

/* Many datagrams in one call, for events. */
struct netlink_batch {
	size_t size;     /* bytes kept of each datagram */
	uint8_t *bytes;
	struct mmsghdr messages[NETLINK_BATCH];
	struct iovec iov[NETLINK_BATCH];
	struct sockaddr_nl from[NETLINK_BATCH];
};
void netlink_batch_init(struct netlink_batch *b, size_t size);
void netlink_batch_free(struct netlink_batch *b);
/* How many came (1..NETLINK_BATCH), or -errno as netlink_receive, but cut ones are given. */
int netlink_batch_receive(struct netlink_batch *b, int fd);
/* Datagram i of the last batch: its bytes, *ret_len of them (0 when it is not the kernel's), and whether it was cut. */
const uint8_t *netlink_batch_get(const struct netlink_batch *b, int i, size_t *ret_len, bool *ret_cut);

#endif
