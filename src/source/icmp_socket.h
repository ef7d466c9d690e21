/* SPDX-License-Identifier: GPL-2.0-or-later */
// icmp_socket: sockets that send ICMP echo requests. Raw ones where the capability is there: the IPv4 one sends its own
// headers with DF and neither reads nor writes the kernel's cache of path MTUs, so that watching changes nothing. Else
// ping sockets; these and IPv6 do not read that cache, but the kernel keeps there what routers answer.
#ifndef SOURCE_ICMP_SOCKET_H
#define SOURCE_ICMP_SOCKET_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "tunwatch/base.h"

struct sock_extended_err;

struct icmp_socket {
	int fd;             /* -1: closed */
	int family;
	bool raw;           /* else a ping socket */
	bool with_ip;       /* IPv4 headers are ours */
	uint16_t id;        /* ICMP identifier */
};

/* A raw socket, or where that is not allowed a ping socket: non-blocking, errors on its error queue, DF set. snap:
 * bytes kept of what a raw one receives. 0 or -errno (-EPERM, -EACCES: neither is allowed). */
int icmp_socket_open(struct icmp_socket *s, int family, unsigned snap);
void icmp_socket_close(struct icmp_socket *s);
/* Have the size of fragments told that replies come in. 0 or -errno. */
int icmp_socket_want_fragments(const struct icmp_socket *s);

/* How packets to a target leave. */
struct icmp_way {
	struct addr target, source; /* source: unset for the kernel's choice */
	int32_t ifindex;            /* device; 0: the kernel's choice */
	uint32_t mark;              /* 0: none */
	uint8_t tos;
};
union icmp_name {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};
/* Its address for sendmsg: *ret, whose length is returned. */
socklen_t icmp_way_name(const struct icmp_way *w, union icmp_name *ret);
enum { ICMP_WAY_CONTROL = 96 }; /* bytes of what that needs at most */
/* Add device, source, mark and TOS to the control messages of h (msg_control has room behind msg_controllen). */
void icmp_way_control(const struct icmp_way *w, struct msghdr *h);
void icmp_control_int(struct msghdr *h, int level, int type, int value);

/* The largest fragment that what was received came in; 0: it came whole, or nobody says. */
int icmp_socket_fragment(struct msghdr *h);
/* The address of a sockaddr of len bytes; unset when it is none of ours. */
struct addr icmp_socket_addr(const void *sa, size_t len);
/* Whether control message c is that of an error queue; from: who reported it, unset where nobody is told. */
bool icmp_socket_error(const struct cmsghdr *c, struct sock_extended_err *ret, struct addr *ret_from);

#endif
