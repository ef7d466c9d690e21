// SPDX-License-Identifier: GPL-2.0-or-later
// Echo probes: build requests, recognise replies and quoted requests.
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "tunwatch/decode.h"

enum { IP4_LEN = 20, IP6_LEN = 40, ICMP_LEN = 8, PAYLOAD_LEN = 24, SIZE_MAX_IP = 65535 };
enum { TYPE4_REPLY = 0, TYPE4_UNREACHABLE = 3, TYPE4_REQUEST = 8, CODE4_FRAG_NEEDED = 4 };
enum { TYPE6_TOO_BIG = 2, TYPE6_REQUEST = 128, TYPE6_REPLY = 129 };
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

uint16_t icmp_checksum(const void *data, size_t len)
{
	const uint8_t *p = data;
	uint32_t sum = 0;

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

static bool get_probe(const uint8_t *p, size_t len, uint64_t nonce, struct icmp_probe *ret)
{
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
	p[9] = IPPROTO_ICMP;
	if (rq->source.family == AF_INET)
		memcpy(p + 12, rq->source.bytes, 4);
	memcpy(p + 16, rq->target.bytes, 4);
}

size_t icmp_build(const struct icmp_request *rq, void *buf, size_t buf_size)
{
	bool v4 = rq->family == AF_INET;
	size_t ip = v4 ? IP4_LEN : IP6_LEN, lead = v4 && rq->with_ip ? IP4_LEN : 0;
	uint8_t *p = buf;
	size_t len;

	if (rq->size < ip + ICMP_LEN + PAYLOAD_LEN || rq->size > SIZE_MAX_IP)
		return 0;
	len = rq->size - ip;
	if (lead + len > buf_size)
		return 0;
	if (lead)
		put_ip4(p, rq);
	p += lead;
	memset(p, 0, len);
	p[0] = v4 ? TYPE4_REQUEST : TYPE6_REQUEST;
	put16(p + 4, rq->id);
	put16(p + 6, rq->probe.seq & 0xffff);
	put_probe(p + ICMP_LEN, &rq->probe, rq->nonce);
	/* all behind the payload is zero and adds nothing */
	if (v4)
		put16(p + 2, icmp_checksum(p, ICMP_LEN + PAYLOAD_LEN));
	return lead + len;
}

/* Step over an IPv4 header. Returns its length, 0 when there is no whole one or it is not ICMP's first fragment. */
static size_t parse_ip4(const uint8_t *p, size_t len, struct icmp_echo *e)
{
	size_t ihl;

	if (len < IP4_LEN || p[0] >> 4 != 4)
		return 0;
	ihl = (size_t)(p[0] & 15) * 4;
	if (ihl < IP4_LEN || ihl > len || p[9] != IPPROTO_ICMP || (get16(p + 6) & 0x1fff))
		return 0;
	e->size = get16(p + 2);
	e->from = addr_make(AF_INET, p + 12);
	e->to = addr_make(AF_INET, p + 16);
	return ihl;
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
	e.ours = get_probe(p + ICMP_LEN, len - ICMP_LEN, nonce, &e.probe) && (e.probe.seq & 0xffff) == e.seq;
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
