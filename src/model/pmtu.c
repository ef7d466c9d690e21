// SPDX-License-Identifier: GPL-2.0-or-later
// Path MTUs: what searches found, and the sizes that prove it.
#include "model/model_int.h"

const struct model_pmtu *model_find_pmtu(const struct model *m, unsigned target_key)
{
	return target_key < m->npmtu && m->pmtu[target_key].used ? &m->pmtu[target_key] : NULL;
}

size_t history_steps(const struct model *m, unsigned target_key, struct history_step *ret, size_t n)
{
	(void)m;
	(void)target_key;
	(void)ret;
	(void)n;
	return 0;
}
