// SPDX-License-Identifier: GPL-2.0-or-later
// Any bytes as what vtysh prints. The first byte chooses summary or detail.
#include <stdlib.h>
#include <string.h>

#include "tunwatch/decode.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct count {
	struct router_seen_sink sink;
	unsigned n;
};

static void check_text(const char *text, size_t size)
{
	size_t len = strnlen(text, size);
	char again[ROUTER_WORDS_MAX];

	/* terminated, and nothing left to clean */
	if (len == size || str_clean(again, sizeof again, text, len) != len || strcmp(again, text) != 0)
		abort();
}

static void put(struct router_seen_sink *sink, const struct router_seen *seen)
{
	const struct router_seen_bgp *b = &seen->bgp;

	((struct count *)sink)->n++;
	if (seen->kind != ROUTER_SEEN_BGP || (unsigned)b->state >= BGP_STATE_COUNT || !*b->neighbor)
		abort();
	check_text(b->neighbor, sizeof b->neighbor);
	check_text(b->vrf, sizeof b->vrf);
	check_text(b->word, sizeof b->word);
	check_text(b->reset_reason, sizeof b->reset_reason);
	if (b->state == BGP_STATE_NOT_UNDERSTOOD && !*b->word && !b->partial)
		abort();
	if (b->asn < -1 || b->asn > UINT32_MAX || b->uptime_s < -1 || b->prefixes_received < -1 ||
	    b->prefixes_sent < -1 || b->drops < -1 || b->messages_received < -1)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct count c = { .sink.put = put };
	struct router_answer a;
	uint8_t *text;

	if (!size)
		return 0;
	text = malloc(size > 1 ? size - 1 : 1); /* exactly as long: a read behind its end is seen */
	if (!text)
		abort();
	memcpy(text, data + 1, size - 1);
	if (data[0] & 1)
		bgp_json_detail(text, size - 1, "red", &c.sink, &a);
	else
		bgp_json_summary(text, size - 1, &c.sink, &a);
	free(text);
	check_text(a.reason, sizeof a.reason);
	if (a.seen != c.n || (a.suspects && a.outcome != ROUTER_OUTCOME_PARSE) ||
	    (a.outcome == ROUTER_OUTCOME_PARSE && (a.listing || !*a.reason)))
		abort();
	return 0;
}
