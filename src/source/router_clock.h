/* SPDX-License-Identifier: GPL-2.0-or-later */
/* router_clock: what a router calls the time, and when that was. Civil times: the router's own clock read as if it were
 * UTC, us since 1970; MODEL_NEVER: not told. Zero-initialise. */
#ifndef ROUTER_CLOCK_H
#define ROUTER_CLOCK_H

#include "tunwatch/model.h"

struct router_clock {
	bool has_zone, known;
	int64_t zone_us;
	int64_t offset_us; /* civil minus wall time, as measured; when known */
};

void router_clock_zone(struct router_clock *c, int zone_s);
/* It said civil_us, at wall_us. */
void router_clock_read(struct router_clock *c, int64_t civil_us, int64_t wall_us);
/* wall = civil - *ret_us. Without a reading its clock is taken to be right in its zone; false without either. */
bool router_clock_offset(const struct router_clock *c, int64_t *ret_us);
/* How wrong it goes: what its zone does not explain; without one, what no zone of quarter hours explains. */
int64_t router_clock_error_s(const struct router_clock *c);
/* Wall time of a civil time, or MODEL_NEVER. before: see router_clock_same. */
int64_t router_clock_wall(const struct router_clock *c, int64_t civil_us, int64_t before);
/* The time told before where both may mean the same moment, else wall_us. */
int64_t router_clock_same(int64_t wall_us, int64_t before);

#endif
