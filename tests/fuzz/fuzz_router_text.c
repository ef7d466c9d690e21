// SPDX-License-Identifier: GPL-2.0-or-later
// What routers print: the first byte chooses a profile and a command, the rest is the answer.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tunwatch/decode.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { COMMANDS_MAX = 64, TEXT_MAX = 8192 };

static const char *const files[] = { "yamaha-rtx", "cisco-ios", "frr-vty", "junos", "nec-ix" };
static struct { struct profile *p; size_t command; } commands[COMMANDS_MAX];
static size_t ncommands;

struct count {
	struct router_seen_sink sink;
	unsigned n;
};

static void check_text(const char *s, size_t size)
{
	size_t len = strnlen(s, size), n;
	uint32_t c;

	if (len == size)
		abort();
	for (size_t i = 0; i < len; i += n) {
		n = utf8_decode(s + i, len - i, &c);
		if (!n || c < 32)
			abort();
	}
}

static void put(struct router_seen_sink *sink, const struct router_seen *seen)
{
	((struct count *)sink)->n++;
	switch (seen->kind) {
	case ROUTER_SEEN_BGP:
		check_text(seen->bgp.neighbor, sizeof seen->bgp.neighbor);
		check_text(seen->bgp.vrf, sizeof seen->bgp.vrf);
		check_text(seen->bgp.word, sizeof seen->bgp.word);
		check_text(seen->bgp.reset_reason, sizeof seen->bgp.reset_reason);
		if (seen->bgp.asn < -1 || seen->bgp.asn > UINT32_MAX || seen->bgp.state >= BGP_STATE_COUNT)
			abort();
		break;
	case ROUTER_SEEN_TUNNEL:
		check_text(seen->tunnel.name, sizeof seen->tunnel.name);
		check_text(seen->tunnel.word, sizeof seen->tunnel.word);
		if (!*seen->tunnel.name || seen->tunnel.up < -1 || seen->tunnel.up > 1)
			abort();
		break;
	case ROUTER_SEEN_SA:
		check_text(seen->sa.name, sizeof seen->sa.name);
		if (seen->sa.life_s <= 0 || (!seen->sa.in && !seen->sa.out))
			abort();
		break;
	case ROUTER_SEEN_ENVIRONMENT:
		if (seen->environment.cpu_pct > 100 || seen->environment.mem_pct > 100)
			abort();
		break;
	case ROUTER_SEEN_LOG:
		check_text(seen->log.name, sizeof seen->log.name);
		check_text(seen->log.text, sizeof seen->log.text);
		if (seen->log.at_civil_us < 0)
			abort();
		break;
	}
}

/* Profiles stand beside the tests; targets run from the top. */
static void load(const char *name)
{
	char path[200], text[16384];
	struct error err;
	struct profile *p;
	FILE *f;
	size_t n;

	snprintf(path, sizeof path, "%.*scontrib/profiles/%s.conf",
		 (int)(strlen(__FILE__) - strlen("tests/fuzz/fuzz_router_text.c")), __FILE__, name);
	f = fopen(path, "r");
	if (!f || !(n = fread(text, 1, sizeof text, f)))
		abort();
	fclose(f);
	p = profile_parse(path, text, n, &err);
	if (!p)
		abort();
	for (size_t i = 0; i < profile_commands(p); i++) {
		commands[ncommands].p = p;
		commands[ncommands++].command = i;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct count c = { .sink.put = put };
	struct router_answer answer;
	size_t offsets[4], n, len = size ? size - 1 : 0, k;

	if (!ncommands)
		for (size_t i = 0; i < ARRAY_LEN(files); i++)
			load(files[i]);
	if (!size)
		return 0;
	if (len > TEXT_MAX)
		len = TEXT_MAX;
	k = (data[0] + ncommands * 4 - 'A') % ncommands;
	n = profile_read_odd(commands[k].p, commands[k].command, (const char *)data + 1, len, &c.sink, &answer,
			     offsets, 4);
	if (c.n != answer.seen || n > answer.suspects || n > 4 ||
	    (answer.suspects && answer.outcome != ROUTER_OUTCOME_PARSE))
		abort();
	if (answer.outcome != ROUTER_OUTCOME_OK && (answer.listing || !*answer.reason))
		abort();
	check_text(answer.reason, sizeof answer.reason);
	return 0;
}
