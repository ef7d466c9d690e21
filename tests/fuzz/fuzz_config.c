// SPDX-License-Identifier: GPL-2.0-or-later
// The reader of tunwatch.conf: any bytes.
#include <stdint.h>
#include <stdlib.h>

#include "app/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* as long as a real one: longer inputs only repeat */
	size_t len = size < 4096 ? size : 4096;
	struct options o = {0};
	struct error err = { "" };
	struct buf notices = {0};

	if (config_parse(&o, "f", (const char *)data, len, &notices, &err) && !err.text[0])
		abort();
	buf_free(&notices);
	options_free(&o);
	return 0;
}
