/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bgp_peers: of which neighbours more than the summary is wanted: why a session was reset. */
#ifndef BGP_PEERS_H
#define BGP_PEERS_H

#include "tunwatch/decode.h"

enum { BGP_PEERS_ASK_MAX = 16 };

struct bgp_peers;
struct bgp_peers *bgp_peers_new(void);
void bgp_peers_free(struct bgp_peers *ps);
/* A summary: begin, each neighbour in it, end (what was not in it is forgotten). */
void bgp_peers_begin(struct bgp_peers *ps);
void bgp_peers_see(struct bgp_peers *ps, const struct router_seen_bgp *b);
void bgp_peers_end(struct bgp_peers *ps);
/* Why it was reset was told beside the summary: its detail is not wanted. Call it after see. */
void bgp_peers_told(struct bgp_peers *ps, const struct router_seen_bgp *b, int64_t now_us);
/* Up to BGP_PEERS_ASK_MAX of one VRF whose detail is due now: those that are not Established, when their session
 * dropped, else every 10 s; and those that dropped and came back since. They count as asked. Returns how many; vrf is
 * "default" for the default one. Names are valid until the next end. */
size_t bgp_peers_due(struct bgp_peers *ps, int64_t now_us, const char **ret_vrf,
		     const char *ret_names[BGP_PEERS_ASK_MAX]);

#endif
