// SPDX-License-Identifier: GPL-2.0-or-later
// What path MTUs and overheads mean for a row: gap, drift, verdict, and the MTU to configure.
#include <string.h>

#include "model/model_int.h"

const char *mtu_verdict_word(enum mtu_verdict v)
{
	static const char *const words[] = { "?", "ok", "tight", "under-utilised", "oversized", "fragments outside",
					     "black hole", "too lossy", "unstable" };

	return v < MTU_VERDICT_COUNT ? words[v] : "?";
}

bool model_overhead(const struct model *m, const struct model_tunnel *t, struct overhead *ret)
{
	(void)m;
	(void)t;
	(void)ret;
	return false;
}

void model_mtu(const struct model *m, unsigned tunnel, struct model_mtu *ret)
{
	(void)m;
	(void)tunnel;
	memset(ret, 0, sizeof *ret);
}
