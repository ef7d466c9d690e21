// SPDX-License-Identifier: GPL-2.0-or-later
// Headers of syslog: any bytes.
#include <stdint.h>
#include <stdlib.h>

#include "tunwatch/decode.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct syslog_header h = syslog_read((const char *)data, size, INT64_C(1767614400) * US_PER_S);

	if (h.message > size || h.host > h.message || (h.has_zone && !h.has_stamp))
		abort();
	return 0;
}
