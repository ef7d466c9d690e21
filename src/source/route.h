/* SPDX-License-Identifier: GPL-2.0-or-later */
/* route: what the files of the route source share.
 *   route.c      ways, rounds, records
 *   route_ask.c  requests to the kernel
 *   route_hop.c  next hops: link-layer addresses and interface names */
#ifndef ROUTE_H
#define ROUTE_H

#include <linux/netlink.h>

#include "tunwatch/base.h"
#include "tunwatch/decode.h"

enum { ROUTE_ASK_MAX = 128 }; /* bytes of one request */

/* How does a packet to remote leave? local, mark and oif only where set. Returns the message's length in buf. */
size_t route_ask_way(void *buf, uint32_t seq, const struct addr *remote, const struct addr *local, uint32_t mark,
		     int oif);
/* The link-layer address of a neighbour. */
size_t route_ask_neighbour(void *buf, uint32_t seq, const struct addr *dst, int ifindex);

/* The host's default gateway, IPv4 or IPv6, read at once (the kernel answers in the call). Unset when there is none. */
void route_default(int family, struct rtnl_route *ret);

/* Next hops, remembered for a round of questions. fd: socket to ask through; seq: number of its last request. */
struct hops;
struct hops *hops_new(const int *fd, uint32_t *seq);
void hops_free(struct hops *hs);
/* A round begins: ask again for each; forget those that the last round had no use for. */
void hops_round(struct hops *hs);
/* The link-layer address of a next hop, "" when unknown; asked for once a round. Valid until the next call. */
const char *hops_mac(struct hops *hs, const struct addr *address, int ifindex);
/* An interface's name, "" when it has none now. */
const char *hops_ifname(struct hops *hs, int ifindex);
/* A neighbour event. */
void hops_event(struct hops *hs, const struct rtnl_message *m);
/* Whether a link-layer address became another since the last call. */
bool hops_changed(struct hops *hs);

#endif
