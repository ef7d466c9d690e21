/* SPDX-License-Identifier: GPL-2.0-or-later */
/* discover: what discover.c (rows) and discover_peer.c (ways to find a peer) share. */
#ifndef DISCOVER_H
#define DISCOVER_H

#include "tunwatch/model.h"
#include "tunwatch/source.h"

/* Addresses of the model in order of their interface, and those of its BGP neighbours. */
struct address_index {
	uint16_t *keys;
	size_t n, cap;
	struct addr *neighbours;
	size_t nneighbours, neighbours_cap;
};
void address_index_build(struct address_index *ix, const struct model *m);
void address_index_free(struct address_index *ix);

struct peer {
	struct addr address;  /* unset: none found */
	enum peer_from from;
	bool needs_device;    /* reachable through this interface only: link-local, or in a VRF */
};
/* The inner address at the far end of the interface's tunnel. configured: as the configuration says, or unset. */
struct peer peer_find(const struct model *m, const struct address_index *ix, const struct model_link *l,
		      const struct addr *configured);
/* Whether it has any address besides IPv6 link-local ones, which come by themselves. */
bool peer_is_addressed(const struct model *m, const struct address_index *ix, const struct model_link *l);

#endif
