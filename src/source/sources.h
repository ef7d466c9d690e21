/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sources: the rows of the table in source.c, one file each. */
#ifndef SOURCES_H
#define SOURCES_H

#include "tunwatch/source.h"

extern const struct source_ops link_source, sa_source, route_source, discover_source, bgp_source, probe_source,
	pmtu_source, router_source, log_source;

/* Whether -i lets an interface of that name be watched. */
bool source_watches(const struct source_env *env, const char *ifname);

#endif
