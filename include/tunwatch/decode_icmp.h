/* SPDX-License-Identifier: GPL-2.0-or-later */
/* decode, icmp.c: probes and what comes back. Include decode.h instead. */
#ifndef TUNWATCH_DECODE_ICMP_H
#define TUNWATCH_DECODE_ICMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tunwatch/base.h"

enum { ICMP4_PROBE_MIN = 20 + 8 + 24, ICMP6_PROBE_MIN = 40 + 8 + 24 }; /* smallest probe, IP header included */

/* What a probe carries, so that whatever quotes or returns it can be told to be ours. */
struct icmp_probe {
	uint16_t target;  /* key of its probe records */
	uint8_t purpose;  /* enum purpose */
	uint32_t seq;     /* its low 16 bits are the ICMP sequence number */
	int64_t sent_us;  /* session time */
};

/* Timestamp requests (RFC 792, IPv4 only) and UDP draw a small answer however large they are. */
enum icmp_sort { ICMP_SORT_ECHO, ICMP_SORT_TIMESTAMP, ICMP_SORT_UDP };

struct icmp_request {
	int family;            /* AF_INET or AF_INET6 */
	enum icmp_sort sort;
	bool with_ip;          /* IPv4 with its own header (IP_HDRINCL), DF set; UDP without is its payload alone */
	struct addr source;    /* of the IP header; unset: the kernel fills it in */
	struct addr target;
	uint8_t tos, ttl;      /* of the IP header */
	uint16_t id;           /* UDP: its source port */
	uint16_t port;         /* UDP: where it goes */
	size_t size;           /* of the IP packet, whoever makes its header: at least ICMPx_PROBE_MIN (timestamps: 12
				* more), at most 65535 */
	uint64_t nonce;        /* the session's secret */
	struct icmp_probe probe;
};
/* Build a probe. Returns the bytes to hand to the socket, 0 when size is out of range or buf too small.
 * ICMPv6 is left without checksum: raw ICMPv6 sockets fill it in. */
size_t icmp_build(const struct icmp_request *rq, void *buf, size_t buf_size);

/* An echo reply, or the echo request that an ICMP error quotes. */
struct icmp_echo {
	uint16_t id, seq;
	bool ours;               /* it carries a whole payload with our tag: probe is what we sent */
	struct icmp_probe probe;
	struct addr from, to;    /* of the IP header; unset without one */
	unsigned size;           /* of the IP packet as its header says, 0 without one */
};
/* Parse what an ICMP or ICMPv6 socket received (with_ip: it begins with an IPv4 header). 0, or -EBADMSG when it is not
 * an echo reply. */
int icmp_parse_reply(int family, bool with_ip, const void *data, size_t len, uint64_t nonce, struct icmp_echo *ret);
/* Parse what an ICMP error on the error queue quotes (with_ip: IP_HDRINCL sockets quote from the IPv4 header on); may
 * be cut short behind the first 8 bytes of ICMP. 0, or -EBADMSG when it does not quote an echo request. */
int icmp_parse_quote(int family, bool with_ip, const void *data, size_t len, uint64_t nonce, struct icmp_echo *ret);
/* Whatever answers a probe: what a raw ICMP or ICMPv6 socket receives. */
enum icmp_what {
	ICMP_WHAT_REPLY, ICMP_WHAT_EXPIRED, /* time exceeded on the way */
	ICMP_WHAT_PORT, ICMP_WHAT_PTB,      /* port unreachable */
	ICMP_WHAT_ERROR,                    /* another unreachable */
};
struct icmp_answer {
	enum icmp_what what;
	enum icmp_sort sort;     /* of the probe */
	uint16_t id, seq;        /* of the probe; UDP: source port, 0 */
	bool ours;               /* it carries our tag: probe is what we sent. Of a timestamp reply: it fits id and seq,
				  * and there is no probe */
	struct icmp_probe probe;
	struct addr from;        /* who answered; unset without an IP header (IPv6) */
	struct addr to;          /* errors: where the probe went */
	unsigned size;           /* errors: of the probe's packet; replies: their own; 0: not told */
};
/* 0, or -EBADMSG. Errors may be cut short behind the first 8 bytes behind the IP header that they quote. */
int icmp_parse_answer(int family, const void *data, size_t len, uint64_t nonce, struct icmp_answer *ret);
/* What a probe carries; for UDP sockets, whose errors bring the payload alone. False when it is not ours. */
bool icmp_parse_payload(const void *data, size_t len, uint64_t nonce, struct icmp_probe *ret);
/* Whether an ICMP error is a PTB. */
bool icmp_is_ptb(int family, unsigned type, unsigned code);
/* What an ICMP error of that type and code says; never REPLY. */
enum icmp_what icmp_what_error(int family, unsigned type, unsigned code);
/* The Internet checksum (RFC 1071), as a number to be stored big-endian. */
uint16_t icmp_checksum(const void *data, size_t len);

#endif
