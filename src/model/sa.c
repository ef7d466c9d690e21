// SPDX-License-Identifier: GPL-2.0-or-later
// Security associations, and the rows they belong to.
#include "model/model_int.h"

const struct model_sa *model_tunnel_sa(const struct model *m, unsigned tunnel, enum direction dir)
{
	const struct model_sa *newest = NULL;

	for (size_t i = 0; i < m->nsa; i++) {
		const struct model_sa *sa = &m->sa[i];

		if (sa->used && !sa->gone && sa->row == tunnel && sa->dir == dir &&
		    (!newest || sa->since_us >= newest->since_us))
			newest = sa;
	}
	return newest;
}
