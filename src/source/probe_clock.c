// SPDX-License-Identifier: GPL-2.0-or-later
// Round-trip times across steps of the clock. Pure: the clocks are read elsewhere.
#include "source/probe.h"

/* A reference may be off by DRIFT (a slewed clock) before the next is taken; more than STEP is no slewing. */
#define DRIFT_NS INT64_C(1000000)
#define STEP_NS INT64_C(20000000)

static int64_t distance(int64_t a, int64_t b)
{
	return a > b ? a - b : b - a;
}

void prober_clock_update(struct prober_clock *c, int64_t boot_ns, int64_t real_ns)
{
	c->boot_ns = boot_ns;
	c->off_ns = real_ns - boot_ns;
	if (c->set && distance(c->off_ns, c->ref_ns[c->ref]) <= DRIFT_NS)
		return;
	c->ref++;
	c->ref_ns[c->ref] = c->off_ns;
	c->set = true;
}

int64_t prober_clock_since(const struct prober_clock *c, uint8_t ref, int64_t sent_ns, int64_t least_ns,
			   int64_t real_ns)
{
	int64_t most_ns = c->boot_ns - sent_ns + DRIFT_NS;
	int64_t then = real_ns - c->ref_ns[ref] - sent_ns;
	int64_t now = real_ns - c->off_ns - sent_ns;
	bool then_fits = then >= least_ns && then <= most_ns;
	bool now_fits = now >= least_ns && now <= most_ns;

	if (distance(c->off_ns, c->ref_ns[ref]) <= STEP_NS)
		return then_fits ? then : PROBER_NO_TIME;
	if (then_fits == now_fits)
		return PROBER_NO_TIME;
	return then_fits ? then : now;
}
