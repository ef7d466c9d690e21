// SPDX-License-Identifier: GPL-2.0-or-later
#include "source/router_clock.h"

#define JITTER_US (2 * US_PER_S) /* routers tell times in whole seconds, and take a while to answer */
#define ZONE_STEP_S 900
#define ZONE_MAX_S (15 * 3600)
#define TIME_MAX_US (INT64_C(253402300799) * US_PER_S) /* the end of year 9999 */

static bool is_told(int64_t civil_us)
{
	return civil_us >= 0 && civil_us <= TIME_MAX_US;
}

void router_clock_zone(struct router_clock *c, int zone_s)
{
	c->has_zone = true;
	c->zone_us = zone_s * US_PER_S;
}

/* Whole seconds, and the way here, make it seem slow: of readings that agree the largest is the best. */
void router_clock_read(struct router_clock *c, int64_t civil_us, int64_t wall_us)
{
	int64_t offset_us, more;

	if (!is_told(civil_us))
		return;
	offset_us = civil_us - wall_us;
	more = offset_us - c->offset_us;
	if (!c->known || more > 0 || more < -JITTER_US)
		c->offset_us = offset_us;
	c->known = true;
}

bool router_clock_offset(const struct router_clock *c, int64_t *ret_us)
{
	if (!c->known && !c->has_zone)
		return false;
	*ret_us = c->known ? c->offset_us : c->zone_us;
	return true;
}

int64_t router_clock_error_s(const struct router_clock *c)
{
	int64_t s = c->offset_us / US_PER_S, zone_s = c->zone_us / US_PER_S;

	if (!c->has_zone) {
		zone_s = (s + (s < 0 ? -ZONE_STEP_S / 2 : ZONE_STEP_S / 2)) / ZONE_STEP_S * ZONE_STEP_S;
		/* a clock that was never set is decades off, not in a zone */
		if (zone_s > ZONE_MAX_S || zone_s < -ZONE_MAX_S)
			zone_s = 0;
	}
	return s - zone_s;
}

int64_t router_clock_same(int64_t wall_us, int64_t before)
{
	if (before == MODEL_NEVER || wall_us < before - JITTER_US || wall_us > before + JITTER_US)
		return wall_us;
	return before;
}

int64_t router_clock_wall(const struct router_clock *c, int64_t civil_us, int64_t before)
{
	int64_t offset_us;

	if (!is_told(civil_us) || !router_clock_offset(c, &offset_us))
		return MODEL_NEVER;
	return router_clock_same(civil_us - offset_us, before);
}
