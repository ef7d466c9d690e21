/* SPDX-License-Identifier: GPL-2.0-or-later */
/* router_keys: record keys of what routers tell, given out once for the whole collector: several sources ask. */
#ifndef ROUTER_KEYS_H
#define ROUTER_KEYS_H

#include "tunwatch/source.h"

enum router_key_kind { ROUTER_KEY_BGP, ROUTER_KEY_ROUTER, ROUTER_KEY_TUNNEL, ROUTER_KEY_KINDS };

/* Whoever takes keys holds them, until nobody does. */
void router_keys_hold(struct source_env *env);
void router_keys_release(struct source_env *env);
/* The lowest free one. False: all are given out. */
bool router_key_take(struct source_env *env, enum router_key_kind kind, uint16_t *ret);
void router_key_return(struct source_env *env, enum router_key_kind kind, unsigned key);

#endif
