// SPDX-License-Identifier: GPL-2.0-or-later
// Times as a person writes them.
#include <stdint.h>
#include <string.h>

#include "app/app.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct model m = {
		.now = 7200 * US_PER_S, .has_clock = true, .wall_off_us = INT64_C(1790000000000000), .utc_off_s = 32400,
		.marks_count = 3,
	};
	char spec[64];
	size_t len = size < sizeof spec - 1 ? size : sizeof spec - 1;
	struct error err;
	int64_t t;

	memcpy(spec, data, len);
	spec[len] = 0;
	time_spec_parse(spec, &m, m.now, &t, &err);
	return 0;
}
