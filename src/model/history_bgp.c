// SPDX-License-Identifier: GPL-2.0-or-later
// What views draw of a neighbour's past: the cells of rows' histories, with nothing but the state.
#include <stdlib.h>
#include <string.h>

#include "model/model_int.h"

static struct history_bgp *strip_at(struct history *h, unsigned bgp)
{
	if (bgp >= HISTORY_BGP_MAX)
		return NULL;
	if (!h->bgp[bgp]) {
		h->bgp[bgp] = xcalloc(1, sizeof *h->bgp[bgp]);
		for (unsigned i = 0; i < HISTORY_RINGS; i++)
			h->bgp[bgp]->newest[i] = -1;
	}
	return h->bgp[bgp];
}

/* Mostly it is what the newest cell says already; divisions are dear. */
static bool is_marked(const struct history_bgp *s, unsigned r, int64_t from, int64_t to, uint8_t value)
{
	const struct history_ring *ring = &history_ring[r];
	int64_t start = s->newest[r] * ring->len_s * US_PER_S;

	return s->newest[r] >= 0 && from >= start && to < start + ring->len_s * US_PER_S &&
	       s->cell[ring->first + s->newest[r] % ring->cells] >= value;
}

static void mark_cell(struct history_bgp *s, unsigned r, int64_t bucket, uint8_t value)
{
	const struct history_ring *ring = &history_ring[r];
	uint8_t *c;

	if (bucket <= s->newest[r] - ring->cells)
		return;
	if (bucket > s->newest[r]) {
		int64_t from = s->newest[r] + 1;

		if (bucket - from >= ring->cells)
			from = bucket - ring->cells + 1;
		for (; from <= bucket; from++)
			s->cell[ring->first + from % ring->cells] = 0;
		s->newest[r] = bucket;
	}
	c = &s->cell[ring->first + bucket % ring->cells];
	*c = value > *c ? value : *c;
}

void history_bgp_mark(struct model *m, unsigned bgp, int64_t from, int64_t to, enum health health)
{
	struct history_bgp *s = m->history ? strip_at(m->history, bgp) : NULL;

	from = from < 0 ? 0 : from;
	if (!s || to < from)
		return;
	for (unsigned r = 0; r < HISTORY_RINGS; r++) {
		int64_t len = history_ring[r].len_s * US_PER_S, last, b;

		if (is_marked(s, r, from, to, (uint8_t)(1 + health)))
			continue;
		last = to / len;
		b = from / len;
		if (b < last - history_ring[r].cells)
			b = last - history_ring[r].cells;
		for (; b <= last; b++)
			mark_cell(s, r, b, (uint8_t)(1 + health));
	}
}

void history_bgp_forget(struct model *m, unsigned bgp)
{
	if (!m->history || bgp >= HISTORY_BGP_MAX)
		return;
	free(m->history->bgp[bgp]);
	m->history->bgp[bgp] = NULL;
}

void history_bgp_tick(struct model *m)
{
	for (unsigned k = 0; m->history && k < m->nbgp && k < HISTORY_BGP_MAX; k++) {
		const struct model_bgp *b = &m->bgp[k];
		const struct model_router *router = b->used ? model_find_router(m, b->router) : NULL;
		enum health health = b->admin || b->state == BGP_STATE_NOT_UNDERSTOOD ? HEALTH_UNKNOWN :
				     b->state == BGP_STATE_ESTABLISHED ? HEALTH_UP : HEALTH_DOWN;

		if (b->used && !b->gone && !(router && model_router_stale(m, router)))
			history_bgp_mark(m, k, max_time(m->tick_us, b->first_us), m->now, health);
	}
}

static const uint8_t *cell_get(const struct history_bgp *s, unsigned r, int64_t bucket)
{
	if (bucket < 0 || bucket > s->newest[r] || bucket <= s->newest[r] - history_ring[r].cells)
		return NULL;
	return &s->cell[history_ring[r].first + bucket % history_ring[r].cells];
}

bool history_bgp_cells(const struct model *m, unsigned bgp, int cell_s, int64_t to, struct history_cell *ret, size_t n)
{
	const struct history_bgp *s = m->history && bgp < HISTORY_BGP_MAX ? m->history->bgp[bgp] : NULL;
	unsigned r = cell_s < 10 ? 0 : cell_s < 300 ? 1 : 2;
	int64_t per = cell_s / history_ring[r].len_s, last = to / (cell_s * US_PER_S);

	memset(ret, 0, n * sizeof *ret);
	if (!m->history)
		return false;
	for (size_t i = 0; s && per >= 1 && i < n; i++) {
		int64_t bucket = last - (int64_t)(n - 1 - i);
		uint8_t worst = 0;

		for (int64_t k = 0; k < per && bucket >= 0; k++) {
			const uint8_t *c = cell_get(s, r, bucket * per + k);

			worst = c && *c > worst ? *c : worst;
		}
		ret[i].seen = worst > 0;
		ret[i].health = worst ? (uint8_t)(worst - 1) : HEALTH_UNKNOWN;
	}
	return true;
}
