// SPDX-License-Identifier: GPL-2.0-or-later
// Which sizes the next burst of a path-MTU search tries. Every burst of sizes not known to pass begins and ends with
// one that is, and has more of those in between: what is lost between two of them was lost alone.
#include <assert.h>

#include "source/pmtu_search.h"

enum { CONTROLS = 3, RETESTS = 2, SIZES_MAX = 32, BASE = 1280 };

/* MTUs that paths have: media, PPPoE, Flet's, tunnels over them, ESP; the largest first. */
static const int plateaus[] = {
	17914, 9216, 9000, 8192, 4352, 2002, 1500, 1492, 1480, 1454, 1438, 1420, 1400, 1380, 1360, 1340, 1320, 1300,
	1280, 1200, 1100, 1006, 900, 800, 700, 576,
};

struct sizes {
	int v[SIZES_MAX]; /* ascending */
	unsigned n;
};

static void add(struct pmtu_search *s, int size)
{
	if (size <= s->most)
		pmtu_flight_add(&s->flight, size);
}

static void insert(struct sizes *z, int size)
{
	unsigned i = z->n;

	for (unsigned k = 0; k < z->n; k++)
		if (z->v[k] == size)
			return;
	if (z->n == SIZES_MAX)
		return;
	for (; i > 0 && z->v[i - 1] > size; i--)
		z->v[i] = z->v[i - 1];
	z->v[i] = size;
	z->n++;
}

/* Pairs of a size between those known to pass: two in a row cost fewer controls than one. */
static void add_pairs(struct pmtu_search *s, int known, int size, unsigned tries)
{
	add(s, known);
	for (unsigned i = 0; i < tries; i += 2) {
		add(s, size);
		if (i + 1 < tries)
			add(s, size);
		add(s, known);
	}
}

static int first_candidate(const struct pmtu_search *s)
{
	for (unsigned i = 0; i < PMTU_CANDIDATES && s->candidates[i]; i++)
		if (s->candidates[i] >= s->least && s->candidates[i] < s->most)
			return s->candidates[i];
	return 0;
}

void pmtu_plan_opening(struct pmtu_search *s)
{
	int c = first_candidate(s);

	pmtu_flight_begin(&s->flight);
	add(s, s->small);
	add(s, s->most);
	if (c) {
		add(s, c > BASE ? BASE : s->least);
		add_pairs(s, c, c + 1, pmtu_loss_tries_with(&s->loss, PMTU_WRONG, CONTROLS));
	} else {
		if (s->least < BASE)
			add(s, s->least);
		add(s, BASE);
		add(s, s->most);
	}
	add(s, s->small);
}

void pmtu_plan_base(struct pmtu_search *s)
{
	pmtu_flight_begin(&s->flight);
	for (unsigned i = 0; i < 2; i++) {
		add(s, s->small);
		add(s, s->least);
	}
	add(s, s->small);
}

void pmtu_plan_hint(struct pmtu_search *s)
{
	pmtu_flight_begin(&s->flight);
	add(s, s->low);
	add(s, s->hint);
	add(s, s->hint + 1);
	add(s, s->hint);
	add(s, s->low);
}

/* Sizes from edge to below up: all where there is room; else candidates and plateaus, and what halves the widest
 * holes between them. */
static void choose(const struct pmtu_search *s, int edge, int up, unsigned room, struct sizes *ret)
{
	struct sizes z = { .n = 0 };

	if ((unsigned)(up - edge) <= room) {
		for (int size = edge; size < up; size++)
			insert(&z, size);
		*ret = z;
		return;
	}
	insert(&z, edge);
	for (unsigned i = 0; i < PMTU_CANDIDATES && s->candidates[i] && z.n < room; i++)
		for (int size = s->candidates[i]; size <= s->candidates[i] + 1 && z.n < room; size++)
			if (size > edge && size < up)
				insert(&z, size);
	for (unsigned i = 0; i < ARRAY_LEN(plateaus) && z.n < room; i++)
		if (plateaus[i] > edge && plateaus[i] < up)
			insert(&z, plateaus[i]);
	while (z.n < room) {
		int best = 0, at = 0;

		for (unsigned i = 0; i < z.n; i++) {
			int next = i + 1 < z.n ? z.v[i + 1] : up;

			if (next - z.v[i] > best) {
				best = next - z.v[i];
				at = z.v[i];
			}
		}
		insert(&z, at + best / 2);
	}
	*ret = z;
}

/* A stride that meets every place: a policer that lets the first ones through must not look like a boundary. */
static unsigned stride(unsigned n, unsigned round)
{
	unsigned k = n / 2 + 1 + round % 3;

	for (;; k++) {
		unsigned a = k, b = n;

		while (b) {
			unsigned rest = a % b;

			a = b;
			b = rest;
		}
		if (a == 1)
			return k;
	}
}

static unsigned add_retests(struct pmtu_search *s, int from)
{
	unsigned done = 0;

	for (unsigned i = 0; i < s->nlost && done < RETESTS; i++) {
		if (s->lost[i].size < from || (s->refused && s->lost[i].size >= s->refused))
			continue;
		add(s, s->lost[i].size);
		done++;
	}
	return done;
}

void pmtu_plan_narrow(struct pmtu_search *s)
{
	int edge = pmtu_search_edge(s), up = pmtu_search_up(s);
	unsigned room = s->burst > CONTROLS + RETESTS + 1 ? s->burst - CONTROLS - RETESTS : 2, step;
	struct sizes z;

	assert(edge < up);
	pmtu_flight_begin(&s->flight);
	choose(s, edge, up, room, &z);
	step = stride(z.n, s->rounds);
	add(s, s->low);
	for (unsigned i = 0; i < z.n; i++) {
		if (i == z.n / 2)
			add(s, s->low);
		add(s, z.v[(i * step + s->rounds) % z.n]);
	}
	add_retests(s, up);
	add(s, s->low);
}

void pmtu_plan_verdict(struct pmtu_search *s, unsigned tries)
{
	int edge = pmtu_search_edge(s), end = s->refused ? s->refused : s->most + 1;
	unsigned most = s->burst > 12 ? PMTU_BURST_MAX / 2 : s->burst / 2;

	pmtu_flight_begin(&s->flight);
	add_pairs(s, s->low, edge, tries < most ? tries : most);
	/* where nothing larger was tried yet, one that would give the lie to a row of unlucky losses */
	if (add_retests(s, edge + 1) < RETESTS && end - edge > 2)
		add(s, edge + (end - edge) / 2);
	if (s->flight.plan[s->flight.nplan - 1] != s->low)
		add(s, s->low);
}

void pmtu_plan_recheck(struct pmtu_search *s, unsigned tries)
{
	pmtu_flight_begin(&s->flight);
	add_pairs(s, s->small, s->low, tries < 2 * s->burst ? tries : 2 * s->burst);
}

/* Two at a time between two that pass: a PTB lost must not look like silence. */
void pmtu_plan_cause(struct pmtu_search *s)
{
	int edge = pmtu_search_edge(s);

	pmtu_flight_begin(&s->flight);
	s->flight.begin_us = s->flight.last_us + PMTU_SILENT_GAP_US;
	add(s, s->low);
	add(s, edge);
	add(s, edge);
	add(s, s->low);
}
