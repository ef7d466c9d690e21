// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>

#include "tunwatch/base.h"

struct addr addr_make(int family, const void *bytes)
{
	struct addr a = {0};

	if (family != AF_INET && family != AF_INET6)
		return a;
	a.family = (uint8_t)family;
	memcpy(a.bytes, bytes, family == AF_INET ? 4 : 16);
	return a;
}

bool addr_parse(const char *s, struct addr *ret)
{
	struct addr a = {0};

	if (inet_pton(AF_INET, s, a.bytes) == 1)
		a.family = AF_INET;
	else if (inet_pton(AF_INET6, s, a.bytes) == 1)
		a.family = AF_INET6;
	else
		return false;
	*ret = a;
	return true;
}

const char *addr_format(const struct addr *a, char out[ADDR_TEXT_MAX])
{
	out[0] = 0;
	if (a->family)
		inet_ntop(a->family, a->bytes, out, ADDR_TEXT_MAX);
	return out;
}

bool addr_equal(const struct addr *a, const struct addr *b)
{
	return a->family == b->family && !memcmp(a->bytes, b->bytes, sizeof a->bytes);
}

bool addr_is_set(const struct addr *a)
{
	static const uint8_t zero[16];

	return a->family && memcmp(a->bytes, zero, sizeof zero) != 0;
}

bool addr_is_link_local(const struct addr *a)
{
	return a->family == AF_INET6 && a->bytes[0] == 0xfe && (a->bytes[1] & 0xc0) == 0x80;
}

bool addr_is_group(const struct addr *a)
{
	static const uint8_t broadcast[4] = { 255, 255, 255, 255 };

	if (a->family == AF_INET6)
		return a->bytes[0] == 0xff;
	return a->family == AF_INET && (a->bytes[0] >> 4 == 14 || !memcmp(a->bytes, broadcast, 4));
}

unsigned addr_bits(const struct addr *a)
{
	return a->family == AF_INET ? 32 : a->family == AF_INET6 ? 128 : 0;
}

bool addr_other_host(const struct addr *a, unsigned prefix_len, struct addr *ret)
{
	unsigned bits = addr_bits(a), last = bits / 8;
	struct addr b = *a;

	if (!bits || (prefix_len != bits - 1 && prefix_len != bits - 2))
		return false;
	if (prefix_len == bits - 1) {
		b.bytes[last - 1] ^= 1;
	} else {
		/* the two hosts of a /30 end in 01 and 10; 00 is the network and 11 the broadcast */
		if ((a->bytes[last - 1] & 3) == 0 || (a->bytes[last - 1] & 3) == 3)
			return false;
		b.bytes[last - 1] ^= 3;
	}
	*ret = b;
	return true;
}

bool addr_in_prefix(const struct addr *a, const struct addr *net, unsigned prefix_len)
{
	unsigned whole = prefix_len / 8, rest = prefix_len % 8;

	if (!a->family || a->family != net->family || prefix_len > addr_bits(a))
		return false;
	if (memcmp(a->bytes, net->bytes, whole))
		return false;
	return !rest || !((a->bytes[whole] ^ net->bytes[whole]) >> (8 - rest));
}
