// SPDX-License-Identifier: GPL-2.0-or-later
// Writes a recording of 40 tunnels that go down and come up again all the time: make_storm FILE
#include <stdio.h>
#include <stdlib.h>

#include "lib/record_file.h"

enum { TUNNELS = 40, QUIET_S = 60, END_S = 240, CYCLE_S = 30, DOWN_S = 14, CUTS = 5 };

static bool is_lost(int64_t second, int tunnel)
{
	return second > QUIET_S && (second + tunnel) % CYCLE_S < DOWN_S;
}

static void probe(struct record_file *to, int tunnel, int64_t t, int64_t seq, bool lost)
{
	struct record r;

	record_init(&r, RECORD_PROBE, (unsigned)tunnel, t);
	record_set(&r, PROBE_PATH, PATH_INNER);
	record_set(&r, PROBE_SEQ, seq);
	record_set(&r, PROBE_OUTCOME, lost ? OUTCOME_TIMEOUT : OUTCOME_REPLY);
	record_set(&r, PROBE_PURPOSE, PURPOSE_SCHEDULE);
	record_set(&r, PROBE_AGE_US, lost ? US_PER_S : 20000);
	if (!lost)
		record_set(&r, PROBE_RTT_NS, 20000000 + (seq * 7919 + tunnel * 104729) % 5000000);
	record_file_put(&to->sink, &r);
}

static void begin(struct record_file *to)
{
	struct record_intern *in = record_intern_new(&to->sink);
	struct record r;
	char name[16];

	record_init(&r, RECORD_CLOCK, 0, 0);
	record_set(&r, CLOCK_WALL_OFF_US, INT64_C(1795183530000000));
	record_file_put(&to->sink, &r);
	for (int i = 0; i < TUNNELS; i++) {
		snprintf(name, sizeof name, "tun%02d", i);
		record_init(&r, RECORD_TUNNEL, (unsigned)i, 0);
		record_set(&r, TUNNEL_TYPE, TUNNEL_TYPE_GRE);
		record_set(&r, TUNNEL_PEER, record_intern_text(in, "10.0.0.1", 0));
		record_set(&r, TUNNEL_INNER_TARGET, i);
		record_text(&r, name);
		record_file_put(&to->sink, &r);
	}
	record_intern_free(in);
	record_file_cut(to, 0);
}

// Spread over the second, and cut early as the collector does when something changes.
static void second(struct record_file *to, int64_t s)
{
	struct record r;

	for (int i = 0; i < TUNNELS; i++) {
		int64_t t = (s - 1) * US_PER_S + (i + 1) * (US_PER_S / (TUNNELS + 1));

		if (s > 1 && is_lost(s - 1, i))
			probe(to, i, t, s - 1, true);
		if (!is_lost(s, i))
			probe(to, i, t, s, false);
		if (i % (TUNNELS / CUTS) == 0)
			record_file_cut(to, t);
	}
	record_init(&r, RECORD_TICK, 0, s * US_PER_S);
	record_file_put(&to->sink, &r);
	record_file_cut(to, s * US_PER_S);
}

int main(int argc, char **argv)
{
	struct recording_header header = { .session = "00112233445566778899aabbccddeeff", .version = "test",
					   .host = "h", .boot_id = "0", .zone = "UTC", .interval_us = US_PER_S };
	struct record_file to = {
		.sink = { record_file_put }, .wall_off_us = INT64_C(1795183530000000),
		.f = argc > 1 ? fopen(argv[1], "we") : NULL,
	};

	if (!to.f)
		return 2;
	to.encoder = encoder_new(&header);
	begin(&to);
	for (int64_t s = 1; s < END_S; s++)
		second(&to, s);
	encoder_free(to.encoder);
	return fclose(to.f) != 0;
}
