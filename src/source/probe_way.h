/* SPDX-License-Identifier: GPL-2.0-or-later */
// probe_way: what to probe, and how probes get there: the inner peers and outer remotes that the model's rows name.
#ifndef SOURCE_PROBE_WAY_H
#define SOURCE_PROBE_WAY_H

#include "source/icmp_socket.h"
#include "tunwatch/model.h"

struct probe_way {
	unsigned key;        /* of its probe records */
	unsigned row;        /* tunnel that wants it */
	enum path path;
	struct icmp_way way;
	bool absent;         /* its device does not exist */
};
/* Call want for every target of every row. One that rows share comes up for each of them: the first says how. */
void probe_ways(const struct model *m, void (*want)(void *arg, const struct probe_way *w), void *arg);

#endif
