// SPDX-License-Identifier: GPL-2.0-or-later
// Path MTUs over time: steps, the newest of each target.
#include <stdlib.h>
#include <string.h>

#include "model/model_int.h"

static size_t path_bytes(size_t steps)
{
	return sizeof(struct history_path) + steps * sizeof(struct history_step);
}

size_t history_path_bytes(const struct history_path *p)
{
	return path_bytes(p->cap);
}

static struct history_path *path_at(struct history *h, unsigned target)
{
	if (target >= TARGETS_MAX)
		return NULL;
	if (target >= h->npaths) {
		array_grow(&h->paths, &h->paths_cap, target + 1, sizeof(void *));
		h->npaths = target + 1;
	}
	if (!h->paths[target]) {
		h->paths[target] = xcalloc(1, path_bytes(STEPS_FIRST));
		h->paths[target]->cap = STEPS_FIRST;
	}
	return h->paths[target];
}

/* Room for one more step; what it returns takes the place of *p. */
static struct history_path *path_room(struct history *h, unsigned target)
{
	struct history_path *p = h->paths[target];

	if (p->n == p->cap && p->cap < STEPS_MAX) {
		p = h->paths[target] = xrealloc(p, 1, path_bytes(2 * p->cap));
		p->cap *= 2;
	}
	return p;
}

void history_path_step(struct model *m, unsigned target, int64_t t, int32_t mtu)
{
	struct history_path *p = m->history ? path_at(m->history, target) : NULL;
	struct history_step *newest;

	if (!p)
		return;
	newest = p->n ? &p->step[(p->n - 1) % STEPS_MAX] : NULL;
	if (newest ? newest->mtu == mtu : !mtu)
		return;
	/* times never go back, but a snapshot's may be older */
	if (newest && newest->t >= t) {
		newest->mtu = mtu;
		return;
	}
	p = path_room(m->history, target);
	p->step[p->n++ % STEPS_MAX] = (struct history_step){ .t = t, .mtu = mtu };
}

void history_path_forget(struct model *m, unsigned target)
{
	if (!m->history || target >= m->history->npaths)
		return;
	free(m->history->paths[target]);
	m->history->paths[target] = NULL;
}

size_t history_steps(const struct model *m, unsigned target_key, struct history_step *ret, size_t n)
{
	const struct history *h = m->history;
	const struct history_path *p = h && target_key < h->npaths ? h->paths[target_key] : NULL;
	uint64_t kept = p && p->n < STEPS_MAX ? p->n : STEPS_MAX;

	if (!p)
		return 0;
	if (n > kept)
		n = kept;
	for (size_t i = 0; i < n; i++)
		ret[i] = p->step[(p->n - n + i) % STEPS_MAX];
	return n;
}
