/* SPDX-License-Identifier: GPL-2.0-or-later */
// pmtu_socket: a socket that sends path-MTU probes of any size, and what comes back to it.
#ifndef SOURCE_PMTU_SOCKET_H
#define SOURCE_PMTU_SOCKET_H

#include "source/icmp_socket.h"
#include "tunwatch/decode.h"

struct pmtu_socket {
	struct icmp_socket icmp;
	uint64_t nonce;
	uint8_t *data;     /* private: room for a probe */
	bool has_local;    /* this host refused a probe since that was last cleared */
	int local_mtu;     /* ... naming this; 0: nothing */
};

enum { PMTU_SOCKET_LARGEST = 65535 };

enum pmtu_news_kind {
	PMTU_NEWS_REPLY, PMTU_NEWS_PTB, PMTU_NEWS_UNREACHABLE,
	PMTU_NEWS_STRANGE, /* a PTB that quotes nothing of ours: only from, to and mtu */
};
struct pmtu_news {
	enum pmtu_news_kind kind;
	bool whole;        /* false: of what it quotes only the low 16 bits of number are known, and to */
	uint16_t key;      /* of the probe: icmp_probe.target */
	uint32_t number;   /* ... and its seq */
	int64_t sent_us;   /* REPLY: as it was sent */
	struct addr from, to; /* to: of errors, where the packet quoted was going */
	int quoted;        /* PTB: total length of the packet quoted; 0: not told */
	int mtu, error;    /* PTB; errors: errno */
	int fragment;      /* REPLY: size of the largest fragment it came in; 0: whole */
};

/* 0 or -errno; device: name of the interface to send through, or NULL. */
int pmtu_socket_open(struct pmtu_socket *s, int family, const char *device);
void pmtu_socket_close(struct pmtu_socket *s);
/* Send a probe of size bytes, IP header included. 0 or -errno. -EMSGSIZE: when pmtu_socket_receive() then finds
 * has_local, this host refuses the size (local_mtu); else PTBs came faster than tries. */
int pmtu_socket_send(struct pmtu_socket *s, const struct icmp_way *way, const struct icmp_probe *probe, int size);
/* The next reply or ICMP error for a probe of ours. False when there is none now. */
bool pmtu_socket_receive(struct pmtu_socket *s, struct pmtu_news *ret);

#endif
