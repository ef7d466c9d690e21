/* SPDX-License-Identifier: GPL-2.0-or-later */
// pmtu_socket: a socket that sends path-MTU probes of any size, and what comes back to it.
#ifndef SOURCE_PMTU_SOCKET_H
#define SOURCE_PMTU_SOCKET_H

#include <stdbool.h>
#include <stdint.h>

#include "tunwatch/base.h"

struct pmtu_socket {
	int fd;            /* -1: closed */
	int family;
	bool raw;          /* else a ping socket */
	uint16_t id;       /* ICMP identifier */
	uint64_t nonce;
	bool has_local;    /* this host refused a probe since that was last cleared */
	int local_mtu;     /* ... naming this; 0: nothing */
};

enum pmtu_news_kind { PMTU_NEWS_REPLY, PMTU_NEWS_PTB, PMTU_NEWS_UNREACHABLE };
struct pmtu_news {
	enum pmtu_news_kind kind;
	uint32_t number;   /* of the probe */
	int64_t sent_us;   /* REPLY: as it was sent */
	struct addr from;
	int quoted;        /* PTB: total length of the packet quoted; 0: not told */
	int mtu, error;    /* PTB; UNREACHABLE: errno */
};

/* 0 or -errno; device: name of the interface to send through, or NULL. */
int pmtu_socket_open(struct pmtu_socket *s, int family, const char *device);
void pmtu_socket_close(struct pmtu_socket *s);
/* Send a probe of size bytes, IP header included. 0; -EMSGSIZE when this host refuses the size (local_mtu); -errno. */
int pmtu_socket_send(struct pmtu_socket *s, const struct addr *target, unsigned scope, uint32_t number, int size,
		     int64_t now_us);
/* The next reply or ICMP error for a probe of ours. False when there is none now. */
bool pmtu_socket_receive(struct pmtu_socket *s, struct pmtu_news *ret);

#endif
