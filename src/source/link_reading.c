// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "source/link_reading.h"

/* A quiet link is restated every so many intervals, so that a dead source shows. */
enum { QUIET_INTERVALS = 5 };

void readings_free(struct readings *rs)
{
	free(rs->at);
	free(rs->places);
	*rs = (struct readings){0};
}

static struct reading *at(struct readings *rs, unsigned key)
{
	array_grow(&rs->at, &rs->cap, key + 1u, sizeof *rs->at);
	if (key >= rs->n)
		rs->n = key + 1u;
	return &rs->at[key];
}

void readings_place(struct readings *rs, unsigned key, int ifindex)
{
	struct reading *r = at(rs, key);

	r->ifindex = ifindex;
	r->fresh = false;
	rs->moved = true;
}

void readings_told(struct readings *rs, unsigned key, const uint64_t counters[8])
{
	struct reading *r = at(rs, key);

	r->known = counters;
	r->fresh = false;
	r->quiet = 0;
	if (counters)
		memcpy(r->told, counters, sizeof r->told);
}

static int by_ifindex(const void *a, const void *b)
{
	const struct reading_place *x = a, *y = b;

	return (x->ifindex > y->ifindex) - (x->ifindex < y->ifindex);
}

static void sort(struct readings *rs)
{
	array_grow(&rs->places, &rs->places_cap, rs->n, sizeof *rs->places);
	rs->nplaces = 0;
	for (size_t k = 0; k < rs->n; k++)
		if (rs->at[k].ifindex)
			rs->places[rs->nplaces++] = (struct reading_place){ rs->at[k].ifindex, (unsigned)k };
	if (rs->nplaces)
		qsort(rs->places, rs->nplaces, sizeof *rs->places, by_ifindex);
	rs->moved = false;
	rs->next = 0;
}

/* The kernel tells them in order of ifindex, mostly. */
static const struct reading_place *find(struct readings *rs, int ifindex)
{
	const struct reading_place *p = rs->places + rs->next, key = { .ifindex = ifindex };

	if (rs->next >= rs->nplaces || p->ifindex != ifindex)
		p = rs->nplaces ? bsearch(&key, rs->places, rs->nplaces, sizeof *p, by_ifindex) : NULL;
	if (p)
		rs->next = (size_t)(p - rs->places) + 1;
	return p;
}

void readings_take(struct readings *rs, const struct rtnl_stats *s)
{
	const struct reading_place *p;
	struct reading *r;

	if (rs->moved)
		sort(rs);
	p = s->has_counters ? find(rs, s->ifindex) : NULL;
	if (!p)
		return;
	r = &rs->at[p->key];
	memcpy(r->now, s->counters, sizeof r->now);
	r->fresh = true;
}

const uint64_t *readings_due(struct readings *rs, unsigned key)
{
	struct reading *r = key < rs->n ? &rs->at[key] : NULL;
	bool same;

	if (!r || !r->fresh)
		return NULL;
	same = r->known && !memcmp(r->now, r->told, sizeof r->now);
	r->fresh = false;
	rs->next = 0;
	if (same && ++r->quiet < QUIET_INTERVALS)
		return NULL;
	r->quiet = 0;
	r->known = true;
	memcpy(r->told, r->now, sizeof r->told);
	return r->told;
}
