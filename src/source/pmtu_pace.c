// SPDX-License-Identifier: GPL-2.0-or-later
// How fast a path-MTU search sends: faster while nothing that is known to pass gets lost, slower when the path polices.
#include <math.h>

#include "source/pmtu_search.h"

enum {
	BURST_LEAST = 6,
	SENT_ENOUGH = 12, /* controls before the pace is judged by all of them */
};
#define SLOW_US (160 * US_PER_MS)
static const double surprising = 0.05;

/* Probability of at least lost losses among n. */
static double tail(unsigned n, unsigned lost, double p)
{
	double term = pow(1 - p, n), below = 0;

	for (unsigned i = 0; i < lost; i++) {
		below += term;
		term *= (double)(n - i) / (i + 1) * p / (1 - p);
	}
	return 1 - below;
}

static int64_t least_gap(const struct pmtu_search *s)
{
	int64_t line = pmtu_flight_line_gap(&s->flight, pmtu_search_up(s)), gap = PMTU_GAP_LEAST_US;

	if (line > gap)
		gap = line;
	if (s->gap_floor_us > gap)
		gap = s->gap_floor_us;
	return gap;
}

static void change_gap(struct pmtu_search *s, int64_t gap_us)
{
	if (gap_us < least_gap(s))
		gap_us = least_gap(s);
	s->flight.gap_us = gap_us < PMTU_GAP_MOST_US ? gap_us : PMTU_GAP_MOST_US;
}

static void slow_down(struct pmtu_search *s)
{
	s->gap_floor_us = s->flight.gap_us * 4;
	change_gap(s, s->gap_floor_us);
	s->burst = s->burst / 2 > BURST_LEAST ? s->burst / 2 : BURST_LEAST;
	/* what a policer took says less of the pace to come */
	s->loss.sent /= 2;
	s->loss.lost /= 2;
	s->pace = (struct pmtu_loss){0};
}

/* Answers that take different times may have waited in a queue that this search filled. The first step is small: a slow
 * line is known by several large probes only. */
static void speed_up(struct pmtu_search *s)
{
	int64_t gap = s->flight.gap_us / (s->flight.gap_us < PMTU_GAP_US ? 4 : 3);

	if (gap < least_gap(s))
		gap = least_gap(s);
	if (gap < s->flight.gap_us && s->flight.most_us - s->flight.least_us <= gap)
		s->flight.gap_us = gap;
}

static bool is_queueing(const struct pmtu_search *s)
{
	return s->flight.gap_us < PMTU_GAP_US && s->flight.most_us - s->flight.least_us > 4 * s->flight.gap_us;
}

/* Slower was no better: so it is the path that loses. */
static void acquit(struct pmtu_search *s)
{
	s->pace_innocent = true;
	s->gap_floor_us = PMTU_GAP_US;
	s->flight.gap_us = PMTU_GAP_US;
	s->burst = PMTU_BURST;
}

void pmtu_pace_judge(struct pmtu_search *s, unsigned known, unsigned lost)
{
	double expected = (1 + s->loss.lost) / (10 + s->loss.sent);
	bool bad = known >= 3 && lost * 3 > known && tail(known, lost, expected) < surprising;

	s->loss.sent += known;
	s->loss.lost += lost;
	s->pace.sent += known;
	s->pace.lost += lost;
	bad |= s->pace.sent >= SENT_ENOUGH && s->pace.lost * 4 > s->pace.sent;
	if (s->pace_innocent)
		return;
	if (s->flight.gap_us >= SLOW_US && s->pace.sent >= SENT_ENOUGH && s->pace.lost * 8 > s->pace.sent)
		acquit(s);
	else if (bad && s->flight.gap_us < PMTU_GAP_MOST_US)
		slow_down(s);
	else if (known >= 3 && !lost)
		speed_up(s);
	if (is_queueing(s))
		s->gap_floor_us = PMTU_GAP_US;
	if (s->flight.gap_us < least_gap(s))
		change_gap(s, least_gap(s));
}
