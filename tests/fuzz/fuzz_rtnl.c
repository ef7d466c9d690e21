// SPDX-License-Identifier: GPL-2.0-or-later
// rtnetlink messages from anybody.
#include <stdlib.h>
#include <string.h>

#include "tunwatch/decode.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_text(const char *s, size_t size)
{
	size_t n = strnlen(s, size);

	if (n == size)
		abort();
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)s[i] < 0x20 || s[i] == 0x7f)
			abort();
}

static void check(const struct rtnl_message *m)
{
	switch (m->what) {
	case RTNL_LINK:
	case RTNL_LINK_GONE:
		check_text(m->link.name, sizeof m->link.name);
		if (m->link.ifindex <= 0 || m->link.lower < 0 || m->link.mtu < 0 || m->link.type >= TUNNEL_TYPE_COUNT)
			abort();
		break;
	case RTNL_ADDRESS:
	case RTNL_ADDRESS_GONE:
		if (m->address.ifindex < 0 || m->address.prefix_len > addr_bits(&m->address.local))
			abort();
		break;
	case RTNL_ROUTE:
	case RTNL_ROUTE_GONE:
		if (m->route.oif < 0)
			abort();
		break;
	case RTNL_NEIGHBOUR:
	case RTNL_NEIGHBOUR_GONE:
		check_text(m->neighbour.mac, sizeof m->neighbour.mac);
		break;
	case RTNL_STATS:
		if (m->stats.ifindex < 0)
			abort();
		break;
	case RTNL_DONE:
	case RTNL_ERROR:
		if (m->error < 0)
			abort();
		break;
	case RTNL_OTHER:
	case RTNL_RULE:
	case RTNL_OVERRUN:
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum rtnl_what what;
	size_t left = size;

	if (rtnl_peek(data, size, &what) != (size >= 16))
		abort();
	for (struct rtnl_message m; rtnl_next(&data, &left, &m);)
		check(&m);
	return 0;
}
