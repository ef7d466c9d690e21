/* SPDX-License-Identifier: GPL-2.0-or-later */
/* link_table: every interface and address of this namespace as last told by the kernel, and the records of those
 * that are of interest: tunnels, interfaces the configuration names, devices that carry outer packets. An
 * interface's link key goes with its name: deleted and made again it keeps it, and a rename takes it along. */
#ifndef LINK_TABLE_H
#define LINK_TABLE_H

#include "tunwatch/decode.h"
#include "tunwatch/source.h"

struct link_table;

struct link_table *link_table_new(struct source_env *env);
void link_table_free(struct link_table *t);
/* An interface or an address as a message shows it; records are put when something changed. */
void link_table_put(struct link_table *t, const struct rtnl_link *l);
void link_table_gone(struct link_table *t, int ifindex);
void link_table_put_address(struct link_table *t, const struct rtnl_address *a);
void link_table_gone_address(struct link_table *t, const struct rtnl_address *a);
/* Around a dump of everything: what it did not show is gone. */
void link_table_begin(struct link_table *t);
void link_table_end(struct link_table *t);
/* Record the interface of that name from now on, whenever it exists. */
void link_table_want(struct link_table *t, const char *name);
/* Counters as they came, then once an interval their records. */
void link_table_counters(struct link_table *t, const struct rtnl_stats *s);
void link_table_flush(struct link_table *t, int64_t now);
/* Interfaces known now. */
size_t link_table_count(const struct link_table *t);

#endif
