/* SPDX-License-Identifier: GPL-2.0-or-later */
// pmtu_place_io: sockets for pmtu_place.c. One object per family, opened while privileges are there; it does for one
// path after another. With CAP_NET_RAW a raw socket that takes in errors and timestamp replies, and a UDP socket that
// keeps a port; else a ping socket and UDP, whose errors come on the error queue: no timestamps then. The raw ones for
// IPv4 neither read nor write the kernel's cache of path MTUs.
#ifndef SOURCE_PMTU_PLACE_IO_H
#define SOURCE_PMTU_PLACE_IO_H

#include "source/icmp_socket.h"
#include "source/pmtu_place.h"

struct pmtu_place_io {
	struct icmp_socket icmp; /* read from icmp.fd ... */
	int udp_fd;              /* ... and, unless icmp.raw, from this; -1: closed */
	uint16_t port;           /* its source port */
	uint16_t key;            /* of the path's probe records */
	uint64_t nonce;
	uint32_t next;           /* number of the next probe */
};

/* 0, or -errno: nothing can be sent then, and the rest of these functions do nothing. */
int pmtu_place_io_open(struct pmtu_place_io *io, int family);
void pmtu_place_io_close(struct pmtu_place_io *io);
/* Start p, with the kinds of probes that io can send; key: of the path's probe records. */
void pmtu_place_io_begin(struct pmtu_place_io *io, struct pmtu_place *p, const struct pmtu_place_config *config,
			 uint16_t key);
/* Send a probe of p's. What this host refuses is told to p. 0 or -errno. */
int pmtu_place_io_send(struct pmtu_place_io *io, struct pmtu_place *p, const struct icmp_way *way,
		       const struct pmtu_place_probe *probe, int64_t now_us);
/* Take in what has arrived and tell p (NULL: nobody asks). */
void pmtu_place_io_receive(struct pmtu_place_io *io, struct pmtu_place *p, int64_t now_us);

#endif
