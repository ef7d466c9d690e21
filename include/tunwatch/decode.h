/* SPDX-License-Identifier: GPL-2.0-or-later */
/* decode: bytes from outside into plain values. Pure: no descriptors, no clocks, no allocation per record, every read
 * bounded. Whatever comes in is hostile. */
#ifndef TUNWATCH_DECODE_H
#define TUNWATCH_DECODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tunwatch/base.h"
#include "tunwatch/record.h"

/* ---- rtnl.c, rtnl_link.c: rtnetlink ---- */
#define IFNAME_TEXT_MAX 64 /* an interface name of 15 bytes, cleaned: every byte may become \xNN */

/* One interface (RTM_NEWLINK, RTM_DELLINK). Addresses are unset when absent or the any address. */
struct rtnl_link {
	int ifindex;
	char name[IFNAME_TEXT_MAX];  /* cleaned; "" when the message had none */
	bool up, running, carrier;
	bool bridge;                 /* is one itself */
	bool kindless_ethernet;      /* a network card, or an l2tpeth device: those have no kind */
	bool fallback;               /* of a kind whose module makes one by itself, and without endpoints or key */
	bool external;               /* endpoints are set for each packet (collect_md) */
	enum tunnel_type type;       /* TUNNEL_TYPE_OTHER: not a tunnel */
	int mtu, lower, master;      /* 0: none or unknown; lower: device it is bound to, in this namespace */
	struct addr local, remote;   /* outer endpoints; a vxlan's remote may be a multicast group */
	bool has_key, has_okey, has_if_id, has_mark;
	uint32_t key, okey, if_id, mark;
	bool has_counters;
	uint64_t counters[8];        /* raw, in the order of the link record's first fields */
};

struct rtnl_address {
	int ifindex;
	unsigned prefix_len;
	struct addr local, peer;     /* peer: only of a point-to-point address */
};

/* An answer to RTM_GETROUTE, or a route of a dump. Of several next hops the first. */
struct rtnl_route {
	unsigned family, dst_len, table;
	int oif;                     /* 0: none */
	int error;                   /* errno of an unreachable, blackhole or prohibit route; 0: a way */
	struct addr dst, gateway, prefsrc;
	uint32_t mtu, priority;      /* 0: none */
};

struct rtnl_neighbour {
	int ifindex;
	struct addr dst;
	char mac[64];                /* aa:bb:..., any link layer up to 20 bytes; "" when not known now */
};

struct rtnl_stats {
	int ifindex;
	bool has_counters;
	uint64_t counters[8];
};

enum rtnl_what {
	RTNL_OTHER, /* nothing we read; bridge ports' notes of AF_BRIDGE among them */
	RTNL_LINK, RTNL_LINK_GONE, RTNL_ADDRESS, RTNL_ADDRESS_GONE, RTNL_ROUTE, RTNL_ROUTE_GONE,
	RTNL_NEIGHBOUR, RTNL_NEIGHBOUR_GONE, RTNL_STATS, RTNL_RULE, RTNL_DONE, RTNL_ERROR, RTNL_OVERRUN,
};

struct rtnl_message {
	enum rtnl_what what;
	uint32_t seq;
	bool interrupted; /* NLM_F_DUMP_INTR: the dump it belongs to is not one moment's picture */
	int error;        /* errno of ERROR (0: an acknowledgement) and DONE */
	union {
		struct rtnl_link link;
		struct rtnl_address address;
		struct rtnl_route route;
		struct rtnl_neighbour neighbour;
		struct rtnl_stats stats;
	};
};

/* Read the message at *data (*left bytes) and step over it. False at the end or where the length is impossible.
 * A message whose body is too short for its type is RTNL_OTHER; of a cut one the whole attributes are read. */
bool rtnl_next(const uint8_t **data, size_t *left, struct rtnl_message *ret);
/* Type and length of the message only; for events whose body does not matter. */
bool rtnl_peek(const uint8_t *data, size_t left, enum rtnl_what *ret);

/* ---- icmp.c: echo probes and what comes back ---- */
enum { ICMP4_PROBE_MIN = 20 + 8 + 24, ICMP6_PROBE_MIN = 40 + 8 + 24 }; /* smallest probe, IP header included */

/* What a probe carries, so that whatever quotes or returns it can be told to be ours. */
struct icmp_probe {
	uint16_t target;  /* key of its probe records */
	uint8_t purpose;  /* enum purpose */
	uint32_t seq;     /* its low 16 bits are the ICMP sequence number */
	int64_t sent_us;  /* session time */
};

struct icmp_request {
	int family;            /* AF_INET or AF_INET6 */
	bool with_ip;          /* IPv4 with its own header (IP_HDRINCL), DF set */
	struct addr source;    /* of the IP header; unset: the kernel fills it in */
	struct addr target;
	uint8_t tos, ttl;      /* of the IP header */
	uint16_t id;
	size_t size;           /* of the IP packet, whoever makes its header: at least ICMPx_PROBE_MIN, at most 65535 */
	uint64_t nonce;        /* the session's secret */
	struct icmp_probe probe;
};
/* Build an echo request. Returns the bytes to hand to the socket, 0 when size is out of range or buf too small.
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
/* Whether an ICMP error is a PTB. */
bool icmp_is_ptb(int family, unsigned type, unsigned code);
/* The Internet checksum (RFC 1071), as a number to be stored big-endian. */
uint16_t icmp_checksum(const void *data, size_t len);

#endif
