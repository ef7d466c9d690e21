// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>

#include "source/router_keys.h"

struct router_keys {
	unsigned users;
	uint8_t used[ROUTER_KEY_KINDS][RECORD_KEY_MAX / 8 + 1];
};

void router_keys_hold(struct source_env *env)
{
	if (!env->router_keys)
		env->router_keys = xcalloc(1, sizeof *env->router_keys);
	env->router_keys->users++;
}

void router_keys_release(struct source_env *env)
{
	if (--env->router_keys->users)
		return;
	free(env->router_keys);
	env->router_keys = NULL;
}

bool router_key_take(struct source_env *env, enum router_key_kind kind, uint16_t *ret)
{
	uint8_t *used = env->router_keys->used[kind];

	for (unsigned key = 0; key <= RECORD_KEY_MAX; key++) {
		if (used[key / 8] >> key % 8 & 1)
			continue;
		used[key / 8] |= (uint8_t)(1u << key % 8);
		*ret = (uint16_t)key;
		return true;
	}
	return false;
}

void router_key_return(struct source_env *env, enum router_key_kind kind, unsigned key)
{
	env->router_keys->used[kind][key / 8] &= (uint8_t)~(1u << key % 8);
}
