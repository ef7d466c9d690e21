/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sa_table: the security associations of this namespace as last told by the kernel, and their records. An SA keeps its
 * key as long as it lives; another one gets that key only a while after its end. */
#ifndef SA_TABLE_H
#define SA_TABLE_H

#include "tunwatch/decode.h"
#include "tunwatch/source.h"

enum { SA_TABLE_MAX = 10000 }; /* more are told of, and not recorded */

struct sa_table;

/* is_own: whether an address is this host's; asked where the model cannot tell. */
struct sa_table *sa_table_new(struct source_env *env, bool (*is_own)(const struct addr *a));
void sa_table_free(struct sa_table *t);
/* What a message says (NEW, UPDATED, GONE, SOFT, HARD, FLUSHED; others are ignored); records are put when something
 * changed. */
void sa_table_put(struct sa_table *t, const struct xfrm_message *m);
/* Around a dump: of everything (whole), then what it did not show is gone; or given up. */
void sa_table_begin(struct sa_table *t);
void sa_table_end(struct sa_table *t, bool whole);
/* Once an interval: directions follow this host's addresses, and keys of those long gone are given back. */
void sa_table_tick(struct sa_table *t);
/* SAs known now. */
size_t sa_table_count(const struct sa_table *t);

#endif
