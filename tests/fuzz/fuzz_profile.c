// SPDX-License-Identifier: GPL-2.0-or-later
// The reader of router profiles: any bytes. A profile that is accepted is used.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tunwatch/decode.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void put(struct router_seen_sink *sink, const struct router_seen *seen)
{
	(void)sink, (void)seen;
}

static void use(const struct profile *p)
{
	static const char text[] = "Password: \nTUNNEL[1]:\n  Current status is Online.\n2026/11/20 02:08:40: IP Tunnel[1] Up\n"
				   "BGP neighbor is 192.0.2.1, remote AS 64500\nlogin: ";
	struct router_seen_sink sink = { put };
	char words[ROUTER_WORDS_MAX];

	for (unsigned i = 0; i < PROFILE_PATTERNS; i++)
		profile_match(p, i, text, sizeof text - 1, words);
	for (size_t i = 0; i < profile_commands(p); i++) {
		struct router_answer answer;

		if (strncmp(profile_command(p, i)->send, "show ", 5))
			abort();
		profile_read(p, i, text, sizeof text - 1, &sink, &answer);
		if (answer.suspects && answer.outcome != ROUTER_OUTCOME_PARSE)
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* longer inputs only repeat */
	size_t len = size < 4096 ? size : 4096;
	struct error err = { "" };
	struct profile *p = profile_parse("f", (const char *)data, len, &err);

	if (p)
		use(p);
	else if (strncmp(err.text, "f:", 2))
		abort();
	profile_free(p);
	return 0;
}
