// SPDX-License-Identifier: GPL-2.0-or-later
// Interned texts that nothing refers to any more are given back: tunnels that come and go with new addresses for
// months, and reasons that a router words anew each time, would fill the table.
#include "app/collector_int.h"

enum { NAMES_PLENTY = 8192, NAMES_ENOUGH_MAX = 50000, UNASKED_S = 600, EVERY_TICKS = 60 };

void collector_names(struct collector *c)
{
	uint8_t used[RECORD_KEY_MAX / 8 + 1] = {0};
	unsigned count = record_intern_count(c->intern);

	if (!c->encoder || count < NAMES_PLENTY || count < c->names_enough || c->ticks % EVERY_TICKS)
		return;
	if (!encoder_names(c->encoder, used))
		return;
	/* what was asked for lately may be on its way into a record */
	record_intern_sweep(c->intern, used, collector_now(c) - UNASKED_S * US_PER_S, collector_now(c));
	/* most of them are in use: no need to look again before there are half as many more */
	count = record_intern_count(c->intern);
	c->names_enough = count > NAMES_PLENTY ? count + count / 2 : 0;
	if (c->names_enough > NAMES_ENOUGH_MAX)
		c->names_enough = NAMES_ENOUGH_MAX;
}
