// SPDX-License-Identifier: GPL-2.0-or-later
// Probes: build requests, recognise replies and quoted requests.
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "tunwatch/decode.h"

enum { IP4_LEN = 20, IP6_LEN = 40, ICMP_LEN = 8, UDP_LEN = 8, STAMPS_LEN = 12, PAYLOAD_LEN = 24, SIZE_MAX_IP = 65535 };
enum {
	TYPE4_REPLY = 0, TYPE4_UNREACHABLE = 3, TYPE4_REQUEST = 8, TYPE4_EXPIRED = 11, TYPE4_STAMP = 13,
	TYPE4_STAMP_REPLY = 14, CODE4_PORT = 3, CODE4_FRAG_NEEDED = 4,
};
enum {
	TYPE6_UNREACHABLE = 1, TYPE6_TOO_BIG = 2, TYPE6_EXPIRED = 3, TYPE6_REQUEST = 128, TYPE6_REPLY = 129,
	CODE6_PORT = 4,
};
enum { FLAG_DF = 0x40 };

static uint16_t get16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static uint32_t get32(const uint8_t *p)
{
	return (uint32_t)get16(p) << 16 | get16(p + 2);
}

static uint64_t get64(const uint8_t *p)
{
	return (uint64_t)get32(p) << 32 | get32(p + 4);
}

static void put16(uint8_t *p, unsigned v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static void put32(uint8_t *p, uint32_t v)
{
	put16(p, v >> 16);
	put16(p + 2, v & 0xffff);
}

static void put64(uint8_t *p, uint64_t v)
{
	put32(p, (uint32_t)(v >> 32));
	put32(p + 4, (uint32_t)v);
}

static uint16_t checksum(uint32_t sum, const void *data, size_t len)
{
	const uint8_t *p = data;

	for (; len > 1; p += 2, len -= 2) {
		sum += get16(p);
		sum = (sum & 0xffff) + (sum >> 16);
	}
	if (len)
		sum += (uint32_t)*p << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

uint16_t icmp_checksum(const void *data, size_t len)
{
	return checksum(0, data, len);
}

/* 24 bytes: key 2, purpose 1, zero 1, seq 4, sent 8, tag 8. The tag covers the rest, so that a flipped bit or a probe
 * of another session is never taken for one of ours. */
static void put_probe(uint8_t *p, const struct icmp_probe *probe, uint64_t nonce)
{
	put16(p, probe->target);
	p[2] = probe->purpose;
	p[3] = 0;
	put32(p + 4, probe->seq);
	put64(p + 8, (uint64_t)probe->sent_us);
	put64(p + 16, hash_bytes(nonce, p, 16));
}

bool icmp_parse_payload(const void *data, size_t len, uint64_t nonce, struct icmp_probe *ret)
{
	const uint8_t *p = data;

	if (len < PAYLOAD_LEN || get64(p + 16) != hash_bytes(nonce, p, 16))
		return false;
	ret->target = get16(p);
	ret->purpose = p[2];
	ret->seq = get32(p + 4);
	ret->sent_us = (int64_t)get64(p + 8);
	return true;
}

/* The kernel fills in total length and checksum, and the source when it is zero. */
static void put_ip4(uint8_t *p, const struct icmp_request *rq)
{
	memset(p, 0, IP4_LEN);
	p[0] = 0x45;
	p[1] = rq->tos;
	put16(p + 2, (unsigned)rq->size);
	put16(p + 4, (rq->probe.seq & 0xffff) ^ rq->id ? (rq->probe.seq & 0xffff) ^ rq->id : 1);
	p[6] = FLAG_DF;
	p[8] = rq->ttl;
	p[9] = rq->sort == ICMP_SORT_UDP ? IPPROTO_UDP : IPPROTO_ICMP;
	if (rq->source.family == AF_INET)
		memcpy(p + 12, rq->source.bytes, 4);
	memcpy(p + 16, rq->target.bytes, 4);
}

/* The one stamp that comes back, unlike all behind it. RFC 792: the high bit says that it is no time of day. */
static uint32_t stamp_of(uint16_t id, uint16_t seq, uint64_t nonce)
{
	uint8_t p[4];

	put16(p, id);
	put16(p + 2, seq);
	return (uint32_t)hash_bytes(nonce, p, sizeof p) | 0x80000000u;
}

static size_t header_of(const struct icmp_request *rq)
{
	switch (rq->sort) {
	case ICMP_SORT_ECHO:
		return ICMP_LEN;
	case ICMP_SORT_TIMESTAMP:
		return ICMP_LEN + STAMPS_LEN;
	case ICMP_SORT_UDP:
		break;
	}
	return UDP_LEN;
}

/* Without a source, which the sum covers too, there is none (RFC 768: zero). */
static void put_udp(uint8_t *p, const struct icmp_request *rq, size_t len)
{
	uint8_t pseudo[12] = { [9] = IPPROTO_UDP };
	uint16_t sum;

	put16(p, rq->id);
	put16(p + 2, rq->port);
	put16(p + 4, (unsigned)len);
	if (rq->source.family != AF_INET)
		return;
	memcpy(pseudo, rq->source.bytes, 4);
	memcpy(pseudo + 4, rq->target.bytes, 4);
	put16(pseudo + 10, (unsigned)len);
	sum = checksum((uint16_t)~icmp_checksum(pseudo, sizeof pseudo), p, UDP_LEN + PAYLOAD_LEN);
	put16(p + 6, sum ? sum : 0xffff);
}

/* Everything but the payload, in front of which it stands. */
static void put_icmp(uint8_t *p, const struct icmp_request *rq, size_t header)
{
	bool v4 = rq->family == AF_INET;

	p[0] = rq->sort == ICMP_SORT_TIMESTAMP ? TYPE4_STAMP : v4 ? TYPE4_REQUEST : TYPE6_REQUEST;
	put16(p + 4, rq->id);
	put16(p + 6, rq->probe.seq & 0xffff);
	if (rq->sort == ICMP_SORT_TIMESTAMP)
		put32(p + ICMP_LEN, stamp_of(rq->id, rq->probe.seq & 0xffff, rq->nonce));
	/* all behind the payload is zero and adds nothing */
	if (v4)
		put16(p + 2, icmp_checksum(p, header + PAYLOAD_LEN));
}

size_t icmp_build(const struct icmp_request *rq, void *buf, size_t buf_size)
{
	bool v4 = rq->family == AF_INET;
	size_t ip = v4 ? IP4_LEN : IP6_LEN, lead = v4 && rq->with_ip ? IP4_LEN : 0, header = header_of(rq);
	uint8_t *p = buf;
	size_t len;

	if (rq->size < ip + header + PAYLOAD_LEN || rq->size > SIZE_MAX_IP || (!v4 && rq->sort == ICMP_SORT_TIMESTAMP))
		return 0;
	len = rq->size - ip;
	if (rq->sort == ICMP_SORT_UDP && !lead) {
		len -= header;
		header = 0;
	}
	if (lead + len > buf_size)
		return 0;
	if (lead)
		put_ip4(p, rq);
	p += lead;
	memset(p, 0, len);
	put_probe(p + header, &rq->probe, rq->nonce);
	if (rq->sort != ICMP_SORT_UDP)
		put_icmp(p, rq, header);
	else if (lead)
		put_udp(p, rq, len);
	return lead + len;
}

/* Step over an IP header that begins at p, and perhaps IPv4 options. 0: it is not one, or not a first fragment. */
static size_t skip_ip(int family, const uint8_t *p, size_t len, uint8_t *ret_proto, unsigned *ret_size,
		      struct addr *ret_from, struct addr *ret_to)
{
	bool v4 = family == AF_INET;
	size_t ip = v4 ? IP4_LEN : IP6_LEN;

	if (len < ip || p[0] >> 4 != (v4 ? 4 : 6))
		return 0;
	if (v4) {
		ip = (size_t)(p[0] & 15) * 4;
		if (ip < IP4_LEN || ip > len || (get16(p + 6) & 0x1fff))
			return 0;
	}
	*ret_proto = v4 ? p[9] : p[6];
	*ret_size = v4 ? get16(p + 2) : get16(p + 4) + (unsigned)IP6_LEN;
	*ret_from = addr_make(family, v4 ? p + 12 : p + 8);
	*ret_to = addr_make(family, v4 ? p + 16 : p + 24);
	return ip;
}

/* Step over an IPv4 header. Returns its length, 0 when there is no whole one or it is not ICMP's first fragment. */
static size_t parse_ip4(const uint8_t *p, size_t len, struct icmp_echo *e)
{
	uint8_t proto;
	size_t ip = skip_ip(AF_INET, p, len, &proto, &e->size, &e->from, &e->to);

	return ip && proto == IPPROTO_ICMP ? ip : 0;
}

static int parse_echo(int family, bool with_ip, const void *data, size_t len, uint64_t nonce, uint8_t type,
		      struct icmp_echo *ret)
{
	struct icmp_echo e = {0};
	const uint8_t *p = data;
	size_t ip = 0;

	if (family == AF_INET && with_ip) {
		ip = parse_ip4(p, len, &e);
		if (!ip)
			return -EBADMSG;
	}
	if (len - ip < ICMP_LEN || p[ip] != type || p[ip + 1])
		return -EBADMSG;
	p += ip;
	len -= ip;
	e.id = get16(p + 4);
	e.seq = get16(p + 6);
	e.ours = icmp_parse_payload(p + ICMP_LEN, len - ICMP_LEN, nonce, &e.probe) && (e.probe.seq & 0xffff) == e.seq;
	*ret = e;
	return 0;
}

int icmp_parse_reply(int family, bool with_ip, const void *data, size_t len, uint64_t nonce, struct icmp_echo *ret)
{
	return parse_echo(family, with_ip, data, len, nonce, family == AF_INET ? TYPE4_REPLY : TYPE6_REPLY, ret);
}

int icmp_parse_quote(int family, bool with_ip, const void *data, size_t len, uint64_t nonce, struct icmp_echo *ret)
{
	return parse_echo(family, with_ip, data, len, nonce, family == AF_INET ? TYPE4_REQUEST : TYPE6_REQUEST, ret);
}

bool icmp_is_ptb(int family, unsigned type, unsigned code)
{
	return family == AF_INET ? type == TYPE4_UNREACHABLE && code == CODE4_FRAG_NEEDED : type == TYPE6_TOO_BIG;
}

/* ---- what a raw socket receives ---- */

enum icmp_what icmp_what_error(int family, unsigned type, unsigned code)
{
	bool v4 = family == AF_INET;

	if (icmp_is_ptb(family, type, code))
		return ICMP_WHAT_PTB;
	if (type == (v4 ? TYPE4_EXPIRED : TYPE6_EXPIRED) && code == 0)
		return ICMP_WHAT_EXPIRED;
	if (type == (v4 ? TYPE4_UNREACHABLE : TYPE6_UNREACHABLE) && code == (v4 ? CODE4_PORT : CODE6_PORT))
		return ICMP_WHAT_PORT;
	return ICMP_WHAT_ERROR;
}

/* The probe an error quotes, from its IP header on. */
static int read_quoted(int family, const uint8_t *p, size_t len, uint64_t nonce, struct icmp_answer *a)
{
	bool v4 = family == AF_INET;
	struct addr from;
	uint8_t proto;
	size_t ip = skip_ip(family, p, len, &proto, &a->size, &from, &a->to), header = ICMP_LEN;

	if (!ip || len - ip < ICMP_LEN)
		return -EBADMSG;
	p += ip;
	len -= ip;
	if (proto == IPPROTO_UDP) {
		a->sort = ICMP_SORT_UDP;
		a->id = get16(p);
	} else if (proto == (v4 ? IPPROTO_ICMP : IPPROTO_ICMPV6) && p[1] == 0 &&
		   (p[0] == (v4 ? TYPE4_REQUEST : TYPE6_REQUEST) || (v4 && p[0] == TYPE4_STAMP))) {
		a->sort = v4 && p[0] == TYPE4_STAMP ? ICMP_SORT_TIMESTAMP : ICMP_SORT_ECHO;
		a->id = get16(p + 4);
		a->seq = get16(p + 6);
		header += a->sort == ICMP_SORT_TIMESTAMP ? STAMPS_LEN : 0;
	} else {
		return -EBADMSG;
	}
	a->ours = len > header && icmp_parse_payload(p + header, len - header, nonce, &a->probe) &&
		  (a->sort == ICMP_SORT_UDP || (a->probe.seq & 0xffff) == a->seq);
	return 0;
}

static bool read_stamp(const uint8_t *p, size_t len, uint64_t nonce, struct icmp_answer *a)
{
	if (len < ICMP_LEN + STAMPS_LEN)
		return false;
	a->sort = ICMP_SORT_TIMESTAMP;
	a->id = get16(p + 4);
	a->seq = get16(p + 6);
	a->ours = get32(p + ICMP_LEN) == stamp_of(a->id, a->seq, nonce);
	return true;
}

static bool read_echo(const uint8_t *p, size_t len, uint64_t nonce, struct icmp_answer *a)
{
	a->id = get16(p + 4);
	a->seq = get16(p + 6);
	a->ours = icmp_parse_payload(p + ICMP_LEN, len - ICMP_LEN, nonce, &a->probe) &&
		  (a->probe.seq & 0xffff) == a->seq;
	return true;
}

int icmp_parse_answer(int family, const void *data, size_t len, uint64_t nonce, struct icmp_answer *ret)
{
	struct icmp_answer a = { .what = ICMP_WHAT_REPLY, .sort = ICMP_SORT_ECHO };
	bool v4 = family == AF_INET, fine;
	const uint8_t *p = data;
	struct addr here;
	uint8_t proto;
	size_t ip = 0;

	if (v4) {
		ip = skip_ip(family, p, len, &proto, &a.size, &a.from, &here);
		if (!ip || proto != IPPROTO_ICMP)
			return -EBADMSG;
	}
	if (len - ip < ICMP_LEN)
		return -EBADMSG;
	p += ip;
	len -= ip;
	if (p[0] == (v4 ? TYPE4_REPLY : TYPE6_REPLY) && p[1] == 0) {
		fine = read_echo(p, len, nonce, &a);
	} else if (v4 && p[0] == TYPE4_STAMP_REPLY && p[1] == 0) {
		fine = read_stamp(p, len, nonce, &a);
	} else if (v4 ? p[0] == TYPE4_UNREACHABLE || p[0] == TYPE4_EXPIRED
		      : p[0] >= TYPE6_UNREACHABLE && p[0] <= TYPE6_EXPIRED) {
		a.what = icmp_what_error(family, p[0], p[1]);
		fine = !read_quoted(family, p + ICMP_LEN, len - ICMP_LEN, nonce, &a);
	} else {
		fine = false;
	}
	if (!fine)
		return -EBADMSG;
	*ret = a;
	return 0;
}
