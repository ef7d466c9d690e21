/* SPDX-License-Identifier: GPL-2.0-or-later */
/* router_bgp: the neighbours of one router, from its answers to bgp records. Part of router_put. */
#ifndef ROUTER_BGP_H
#define ROUTER_BGP_H

#include "tunwatch/decode.h"
#include "tunwatch/source.h"

/* name: the router's; it is not copied. Whoever calls holds keys (router_keys_hold). */
struct router_bgp;
struct router_bgp *router_bgp_new(struct source_env *env, const char *name);
void router_bgp_free(struct router_bgp *rb);
/* A poll begins: what an answer left over that was broken off is not counted. */
void router_bgp_begin(struct router_bgp *rb);
/* False: there are more than can be kept. */
bool router_bgp_see(struct router_bgp *rb, const struct router_seen_bgp *b);
/* An answer is over: a record of each that it named; of the others that they are gone, where it lists all. */
void router_bgp_answer(struct router_bgp *rb, bool lists_all);
/* Those that were gone before this time give their keys back. */
void router_bgp_forget(struct router_bgp *rb, int64_t before_us);

#endif
