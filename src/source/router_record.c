// SPDX-License-Identifier: GPL-2.0-or-later
#include "source/router_record.h"

void router_record_text(struct source_env *env, struct record *r, unsigned field, const char *text)
{
	if (*text)
		record_set(r, field, record_intern_text(env->intern, text, r->t));
}

void router_record_count(struct record *r, unsigned field, int64_t value)
{
	if (value >= 0)
		record_set(r, field, value);
}

void router_record_remove(struct source_env *env, enum record_kind kind, unsigned key)
{
	struct record r;

	record_init(&r, RECORD_REMOVE, key, source_now(env));
	record_set(&r, 0, kind);
	env->sink->put(env->sink, &r);
}
