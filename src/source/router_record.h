/* SPDX-License-Identifier: GPL-2.0-or-later */
/* router_record: how records of what routers tell are filled. */
#ifndef ROUTER_RECORD_H
#define ROUTER_RECORD_H

#include "tunwatch/source.h"

/* Only what there is: "" and numbers below zero stay unknown. */
void router_record_text(struct source_env *env, struct record *r, unsigned field, const char *text);
void router_record_count(struct record *r, unsigned field, int64_t value);
/* What the record of this kind and key told of is no more: its key may be another's. */
void router_record_remove(struct source_env *env, enum record_kind kind, unsigned key);

#endif
