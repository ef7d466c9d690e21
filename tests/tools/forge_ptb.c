// SPDX-License-Identifier: GPL-2.0-or-later
// PTBs out of nothing: forge_ptb TO SOURCE TARGET MTU COUNT
// Tells TO, COUNT times, that a packet of 1500 bytes from SOURCE to TARGET was larger than MTU: an echo request with
// some identifier and sequence number, each time another one.
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "tunwatch/base.h"
#include "tunwatch/decode.h"

enum { ICMP_LEN = 8, IP4_LEN = 20, IP6_LEN = 40, SIZE = 1500, QUOTE = 64 };

static void put16(uint8_t *p, unsigned v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

/* The quoted packet's header and as much of it as a router likes to show. */
static size_t quote4(uint8_t *p, const struct addr *source, const struct addr *target, unsigned seq)
{
	const struct icmp_request rq = {
		.family = AF_INET, .with_ip = true, .source = *source, .target = *target, .ttl = 63,
		.id = (uint16_t)random(), .size = SIZE, .nonce = (uint64_t)random(), .probe = { .seq = seq },
	};
	uint8_t whole[SIZE];

	if (!icmp_build(&rq, whole, sizeof whole))
		return 0;
	memcpy(p, whole, IP4_LEN + QUOTE);
	return IP4_LEN + QUOTE;
}

static size_t quote6(uint8_t *p, const struct addr *source, const struct addr *target, unsigned seq)
{
	const struct icmp_request rq = {
		.family = AF_INET6, .target = *target, .id = (uint16_t)random(), .size = SIZE,
		.nonce = (uint64_t)random(), .probe = { .seq = seq },
	};
	uint8_t whole[SIZE];

	if (!icmp_build(&rq, whole, sizeof whole))
		return 0;
	memset(p, 0, IP6_LEN);
	p[0] = 0x60;
	put16(p + 4, SIZE - IP6_LEN);
	p[6] = IPPROTO_ICMPV6;
	p[7] = 63;
	memcpy(p + 8, source->bytes, 16);
	memcpy(p + 24, target->bytes, 16);
	memcpy(p + IP6_LEN, whole, QUOTE);
	return IP6_LEN + QUOTE;
}

static size_t build(uint8_t *p, const struct addr *source, const struct addr *target, unsigned mtu, unsigned seq)
{
	bool v4 = target->family == AF_INET;
	size_t len = ICMP_LEN;

	memset(p, 0, ICMP_LEN);
	p[0] = v4 ? 3 : 2;
	p[1] = v4 ? 4 : 0;
	put16(p + 6, mtu);
	len += (v4 ? quote4 : quote6)(p + ICMP_LEN, source, target, seq);
	if (v4)
		put16(p + 2, icmp_checksum(p, len));
	return len;
}

static int send_all(int fd, const struct addr *to, const struct addr *source, const struct addr *target, unsigned mtu,
		    long count)
{
	struct sockaddr_in a4 = { .sin_family = AF_INET };
	struct sockaddr_in6 a6 = { .sin6_family = AF_INET6 };
	bool v4 = to->family == AF_INET;
	const struct timespec pause = { .tv_nsec = 1000000 };
	uint8_t packet[256];

	memcpy(&a4.sin_addr, to->bytes, 4);
	memcpy(&a6.sin6_addr, to->bytes, 16);
	for (long i = 0; i < count; i++) {
		size_t len = build(packet, source, target, mtu, (unsigned)i);

		if (sendto(fd, packet, len, 0, v4 ? (struct sockaddr *)&a4 : (struct sockaddr *)&a6,
			   v4 ? sizeof a4 : sizeof a6) < 0)
			return -errno;
		nanosleep(&pause, NULL);
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct addr to, source, target;
	int64_t mtu, count;
	int fd, r;

	if (argc != 6 || !addr_parse(argv[1], &to) || !addr_parse(argv[2], &source) || !addr_parse(argv[3], &target) ||
	    !str_to_int(argv[4], 0, 65535, &mtu) || !str_to_int(argv[5], 1, 1000000, &count)) {
		fprintf(stderr, "usage: forge_ptb TO SOURCE TARGET MTU COUNT\n");
		return 2;
	}
	fd = socket(to.family, SOCK_RAW, to.family == AF_INET ? (int)IPPROTO_ICMP : (int)IPPROTO_ICMPV6);
	r = fd < 0 ? -errno : send_all(fd, &to, &source, &target, (unsigned)mtu, count);
	if (r)
		fprintf(stderr, "forge_ptb: %s\n", strerror(-r));
	return r != 0;
}
