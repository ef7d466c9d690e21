// SPDX-License-Identifier: GPL-2.0-or-later
// Any bytes as a reply, a quote or any answer. The first byte chooses how they are read.
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "tunwatch/decode.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What a raw socket receives: what is ours says the same when it is built again. */
static void try_answer(int family, const uint8_t *data, size_t size, uint64_t nonce)
{
	struct icmp_answer a = {0};
	struct icmp_request rq = { .family = family, .size = 120, .nonce = nonce };
	uint8_t p[120];
	struct icmp_probe again;
	size_t n;

	if (icmp_parse_answer(family, data, size, nonce, &a))
		return;
	if ((a.what == ICMP_WHAT_REPLY) != !a.to.family || (a.sort == ICMP_SORT_UDP && a.seq) ||
	    (family == AF_INET6 && (a.from.family || a.sort == ICMP_SORT_TIMESTAMP)))
		abort();
	if (!a.ours || (a.what == ICMP_WHAT_REPLY && a.sort == ICMP_SORT_TIMESTAMP))
		return;
	rq.sort = a.sort;
	rq.id = a.id;
	rq.probe = a.probe;
	n = icmp_build(&rq, p, sizeof p);
	if (!n || (a.sort == ICMP_SORT_UDP && !icmp_parse_payload(p, n, nonce, &again)))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint64_t nonce = 42;
	struct icmp_echo e = {0};
	int family, r;
	bool with_ip;

	if (!size)
		return 0;
	family = data[0] & 1 ? AF_INET6 : AF_INET;
	with_ip = data[0] & 2;
	if (data[0] & 8) {
		try_answer(family, data + 1, size - 1, nonce);
		return 0;
	}
	r = (data[0] & 4 ? icmp_parse_quote : icmp_parse_reply)(family, with_ip, data + 1, size - 1, nonce, &e);
	/* what is ours can be built again, and says the same */
	if (!r && e.ours) {
		struct icmp_request rq = {
			.family = family, .size = family == AF_INET ? ICMP4_PROBE_MIN : ICMP6_PROBE_MIN, .id = e.id,
			.nonce = nonce, .probe = e.probe,
		};
		uint8_t p[ICMP6_PROBE_MIN];
		struct icmp_echo again;
		size_t n = icmp_build(&rq, p, sizeof p);

		if (!n || icmp_parse_quote(family, false, p, n, nonce, &again) || !again.ours || again.seq != e.seq ||
		    memcmp(&again.probe.sent_us, &e.probe.sent_us, sizeof e.probe.sent_us))
			abort();
	}
	if (!r && (e.from.family == AF_INET6 || e.to.family == AF_INET6))
		abort();
	return 0;
}
