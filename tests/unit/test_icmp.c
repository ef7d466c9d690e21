// SPDX-License-Identifier: GPL-2.0-or-later
// decode: echo probes, replies and quotes.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "tunwatch/decode.h"

static const uint64_t nonce = UINT64_C(0x1122334455667788);

static struct addr parse(const char *s)
{
	struct addr a;

	assert_true(addr_parse(s, &a));
	return a;
}

static struct icmp_request request4(void)
{
	return (struct icmp_request){
		.family = AF_INET, .with_ip = true, .source = parse("192.0.2.1"), .target = parse("198.51.100.7"),
		.tos = 0xb8, .ttl = 64, .id = 0x1234, .size = 84, .nonce = nonce,
		.probe = { .target = 999, .purpose = PURPOSE_VERDICT, .seq = 0x12345, .sent_us = 5000001 },
	};
}

static void assert_probe(const struct icmp_probe *a, const struct icmp_probe *b)
{
	assert_int_equal(a->target, b->target);
	assert_int_equal(a->purpose, b->purpose);
	assert_int_equal(a->seq, b->seq);
	assert_int_equal(a->sent_us, b->sent_us);
}

static void checksum_known(void **state)
{
	/* the example of RFC 1071 section 3, and an odd length */
	static const uint8_t even[] = { 0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7 };
	static const uint8_t odd[] = { 0xff, 0xff, 0x01 };

	(void)state;
	assert_int_equal(icmp_checksum(even, sizeof even), 0x220d);
	assert_int_equal(icmp_checksum(odd, sizeof odd), 0xfeff);
	assert_int_equal(icmp_checksum(odd, 0), 0xffff);
}

static void build_with_header(void **state)
{
	struct icmp_request rq = request4();
	uint8_t p[128];

	(void)state;
	assert_int_equal(icmp_build(&rq, p, sizeof p), 84);
	assert_int_equal(p[0], 0x45);
	assert_int_equal(p[1], 0xb8);
	assert_int_equal(p[6], 0x40);
	assert_int_equal(p[7], 0);
	assert_true(p[4] || p[5]);
	assert_int_equal(p[8], 64);
	assert_int_equal(p[9], 1);
	assert_memory_equal(p + 12, "\xc0\x00\x02\x01\xc6\x33\x64\x07", 8);
	assert_memory_equal(p + 20, "\x08\x00", 2);
	assert_memory_equal(p + 24, "\x12\x34\x23\x45", 4);
	/* a right checksum makes the whole sum zero */
	assert_int_equal(icmp_checksum(p + 20, 64), 0);
}

static void build_bounds(void **state)
{
	struct icmp_request rq = request4();
	uint8_t p[2000];

	(void)state;
	rq.size = ICMP4_PROBE_MIN;
	assert_int_equal(icmp_build(&rq, p, ICMP4_PROBE_MIN), ICMP4_PROBE_MIN);
	assert_int_equal(icmp_build(&rq, p, ICMP4_PROBE_MIN - 1), 0);
	rq.size = ICMP4_PROBE_MIN - 1;
	assert_int_equal(icmp_build(&rq, p, sizeof p), 0);
	rq.size = 65536;
	assert_int_equal(icmp_build(&rq, p, sizeof p), 0);
	rq.size = 1501;
	rq.with_ip = false;
	assert_int_equal(icmp_build(&rq, p, sizeof p), 1481);
	assert_int_equal(icmp_checksum(p, 1481), 0);
	rq.family = AF_INET6;
	rq.size = ICMP6_PROBE_MIN;
	assert_int_equal(icmp_build(&rq, p, sizeof p), ICMP6_PROBE_MIN - 40);
	assert_int_equal(p[0], 128);
	rq.size--;
	assert_int_equal(icmp_build(&rq, p, sizeof p), 0);
}

/* The packet as its target sends it back. */
static size_t reply4(uint8_t *p, size_t size)
{
	struct icmp_request rq = request4();
	size_t n;

	rq.size = 84;
	n = icmp_build(&rq, p, size);
	p[20] = 0;
	return n;
}

static void reply_is_ours(void **state)
{
	struct icmp_request rq = request4();
	struct icmp_echo e;
	uint8_t p[128];
	size_t n = reply4(p, sizeof p);

	(void)state;
	assert_int_equal(icmp_parse_reply(AF_INET, true, p, n, nonce, &e), 0);
	assert_true(e.ours);
	assert_probe(&e.probe, &rq.probe);
	assert_int_equal(e.id, 0x1234);
	assert_int_equal(e.seq, 0x2345);
	assert_int_equal(e.size, 84);
	assert_true(addr_equal(&e.to, &rq.target));
	assert_true(addr_equal(&e.from, &rq.source));
	/* another session's nonce */
	assert_int_equal(icmp_parse_reply(AF_INET, true, p, n, nonce + 1, &e), 0);
	assert_false(e.ours);
	/* without the IP header */
	assert_int_equal(icmp_parse_reply(AF_INET, false, p + 20, n - 20, nonce, &e), 0);
	assert_true(e.ours);
	assert_int_equal(e.from.family, 0);
}

static void any_flipped_bit_is_foreign(void **state)
{
	uint8_t p[128];
	size_t n = reply4(p, sizeof p);
	struct icmp_echo e;

	(void)state;
	for (size_t bit = 8 * 26; bit < 8 * (28 + 24); bit++) { /* sequence number and payload */
		p[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_int_equal(icmp_parse_reply(AF_INET, true, p, n, nonce, &e), 0);
		assert_false(e.ours);
		p[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
}

static void reply_with_options(void **state)
{
	uint8_t p[128], q[160];
	size_t n = reply4(p, sizeof p);
	struct icmp_echo e;

	(void)state;
	memcpy(q, p, 20);
	memset(q + 20, 1, 40);
	memcpy(q + 60, p + 20, n - 20);
	q[0] = 0x4f;
	assert_int_equal(icmp_parse_reply(AF_INET, true, q, n + 40, nonce, &e), 0);
	assert_true(e.ours);
	q[0] = 0x44;
	assert_int_equal(icmp_parse_reply(AF_INET, true, q, n + 40, nonce, &e), -EBADMSG);
}

static void not_replies(void **state)
{
	uint8_t p[128];
	size_t n = reply4(p, sizeof p);
	struct icmp_echo e = { .id = 77 };

	(void)state;
	p[20] = 8;
	assert_int_equal(icmp_parse_reply(AF_INET, true, p, n, nonce, &e), -EBADMSG);
	p[20] = 0;
	p[21] = 1;
	assert_int_equal(icmp_parse_reply(AF_INET, true, p, n, nonce, &e), -EBADMSG);
	p[21] = 0;
	p[9] = 17;
	assert_int_equal(icmp_parse_reply(AF_INET, true, p, n, nonce, &e), -EBADMSG);
	p[9] = 1;
	p[7] = 1; /* a later fragment */
	assert_int_equal(icmp_parse_reply(AF_INET, true, p, n, nonce, &e), -EBADMSG);
	p[7] = 0;
	p[0] = 0x65;
	assert_int_equal(icmp_parse_reply(AF_INET, true, p, n, nonce, &e), -EBADMSG);
	assert_int_equal(e.id, 77);
}

static void cut_anywhere(void **state)
{
	uint8_t p[128];
	size_t n = reply4(p, sizeof p);
	struct icmp_echo e;

	(void)state;
	for (size_t len = 0; len < n; len++) {
		int r = icmp_parse_reply(AF_INET, true, p, len, nonce, &e);

		assert_int_equal(r, len < 28 ? -EBADMSG : 0);
		if (!r)
			assert_int_equal(e.ours, len >= 52);
	}
}

static void quotes(void **state)
{
	struct icmp_request rq = request4();
	struct icmp_echo e;
	uint8_t p[128];
	size_t n = icmp_build(&rq, p, sizeof p);

	(void)state;
	assert_int_equal(icmp_parse_quote(AF_INET, true, p, n, nonce, &e), 0);
	assert_true(e.ours);
	assert_true(addr_equal(&e.to, &rq.target));
	assert_int_equal(icmp_parse_quote(AF_INET, true, p, 28, nonce, &e), 0);
	assert_false(e.ours);
	assert_int_equal(e.id, 0x1234);
	assert_int_equal(e.seq, 0x2345);
	assert_int_equal(icmp_parse_quote(AF_INET, true, p, 27, nonce, &e), -EBADMSG);
	rq.family = AF_INET6;
	rq.size = 104;
	n = icmp_build(&rq, p, sizeof p);
	assert_int_equal(icmp_parse_quote(AF_INET6, false, p, n, nonce, &e), 0);
	assert_true(e.ours);
	assert_int_equal(icmp_parse_reply(AF_INET6, false, p, n, nonce, &e), -EBADMSG);
	p[0] = 129;
	assert_int_equal(icmp_parse_reply(AF_INET6, false, p, n, nonce, &e), 0);
	assert_true(e.ours);
}

static void which_are_ptb(void **state)
{
	(void)state;
	assert_true(icmp_is_ptb(AF_INET, 3, 4));
	assert_false(icmp_is_ptb(AF_INET, 3, 1));
	assert_false(icmp_is_ptb(AF_INET, 11, 4));
	assert_true(icmp_is_ptb(AF_INET6, 2, 0));
	assert_false(icmp_is_ptb(AF_INET6, 1, 4));
}

/* An ICMP error as a raw socket receives it: from is the router, inner what it quotes. */
static size_t error4(uint8_t *p, uint8_t type, uint8_t code, const uint8_t *inner, size_t len)
{
	memset(p, 0, 28);
	p[0] = 0x45;
	p[9] = 1;
	memcpy(p + 12, "\xc0\x00\x02\xfe", 4);
	p[20] = type;
	p[21] = code;
	memcpy(p + 28, inner, len);
	return 28 + len;
}

static void answer_timestamp(void **state)
{
	struct icmp_request rq = request4();
	struct icmp_answer a;
	uint8_t p[1500], e[200];
	size_t n;

	(void)state;
	rq.sort = ICMP_SORT_TIMESTAMP;
	rq.size = 1400;
	n = icmp_build(&rq, p, sizeof p);
	assert_int_equal(n, 1400);
	assert_int_equal(p[20], 13);
	assert_int_equal(icmp_checksum(p + 20, n - 20), 0);
	/* the answer is 40 bytes whatever the request was: its first stamp comes back */
	p[20] = 14;
	assert_int_equal(icmp_parse_answer(AF_INET, p, 40, nonce, &a), 0);
	assert_true(a.ours && a.what == ICMP_WHAT_REPLY && a.sort == ICMP_SORT_TIMESTAMP);
	assert_int_equal(a.id, 0x1234);
	assert_int_equal(a.seq, 0x2345);
	assert_int_equal(a.size, 1400);
	assert_true(addr_equal(&a.from, &rq.source));
	assert_int_equal(icmp_parse_answer(AF_INET, p, 39, nonce, &a), -EBADMSG);
	p[27] ^= 1;
	assert_int_equal(icmp_parse_answer(AF_INET, p, 40, nonce, &a), 0);
	assert_false(a.ours);
	/* quoted whole, and 8 bytes of it */
	rq.size = ICMP4_PROBE_MIN + 12;
	n = icmp_build(&rq, p, sizeof p);
	assert_int_equal(n, ICMP4_PROBE_MIN + 12);
	assert_int_equal(icmp_parse_answer(AF_INET, e, error4(e, 3, 4, p, n), nonce, &a), 0);
	assert_true(a.ours && a.what == ICMP_WHAT_PTB && a.sort == ICMP_SORT_TIMESTAMP);
	assert_probe(&a.probe, &rq.probe);
	assert_int_equal(a.size, n);
	assert_true(addr_equal(&a.to, &rq.target));
	assert_int_equal(icmp_parse_answer(AF_INET, e, error4(e, 3, 4, p, 28), nonce, &a), 0);
	assert_true(!a.ours && a.seq == 0x2345 && a.size == n);
	rq.size--;
	assert_int_equal(icmp_build(&rq, p, sizeof p), 0);
	rq.size = 1400;
	rq.family = AF_INET6;
	assert_int_equal(icmp_build(&rq, p, sizeof p), 0);
}

static void answer_udp(void **state)
{
	struct icmp_request rq = request4();
	struct icmp_answer a;
	struct icmp_probe probe;
	uint8_t p[1500], e[200], pseudo[1500] = {0};
	size_t n;

	(void)state;
	rq.sort = ICMP_SORT_UDP;
	rq.port = 33434;
	rq.size = 1401;
	n = icmp_build(&rq, p, sizeof p);
	assert_int_equal(n, 1401);
	assert_int_equal(p[9], 17);
	assert_memory_equal(p + 20, "\x12\x34\x82\x9a\x05\x65", 6);
	memcpy(pseudo, p + 12, 8);
	pseudo[9] = 17;
	memcpy(pseudo + 10, p + 24, 2);
	memcpy(pseudo + 12, p + 20, n - 20);
	assert_int_equal(icmp_checksum(pseudo, n - 8), 0);
	assert_int_equal(icmp_parse_answer(AF_INET, e, error4(e, 3, 3, p, 100), nonce, &a), 0);
	assert_true(a.ours && a.what == ICMP_WHAT_PORT && a.sort == ICMP_SORT_UDP);
	assert_probe(&a.probe, &rq.probe);
	assert_int_equal(a.id, 0x1234);
	assert_int_equal(a.size, 1401);
	assert_int_equal(icmp_parse_answer(AF_INET, e, error4(e, 3, 3, p, 28), nonce, &a), 0);
	assert_false(a.ours);
	assert_int_equal(a.size, 1401);
	assert_int_equal(icmp_parse_answer(AF_INET, e, error4(e, 3, 3, p, 27), nonce, &a), -EBADMSG);
	/* a UDP socket makes the header */
	rq.family = AF_INET6;
	rq.with_ip = false;
	assert_int_equal(icmp_build(&rq, p, sizeof p), 1401 - 48);
	assert_true(icmp_parse_payload(p, 24, nonce, &probe));
	assert_probe(&probe, &rq.probe);
	assert_false(icmp_parse_payload(p, 23, nonce, &probe));
	assert_false(icmp_parse_payload(p, 24, nonce + 1, &probe));
}

static void answer_expired(void **state)
{
	struct icmp_request rq = request4();
	struct icmp_answer a;
	uint8_t p[200], e[200];
	size_t n = icmp_build(&rq, p, sizeof p);

	(void)state;
	assert_int_equal(icmp_parse_answer(AF_INET, e, error4(e, 11, 0, p, n), nonce, &a), 0);
	assert_true(a.ours && a.what == ICMP_WHAT_EXPIRED && a.sort == ICMP_SORT_ECHO);
	assert_string_equal(addr_format(&a.from, (char[ADDR_TEXT_MAX]){ "" }), "192.0.2.254");
	/* reassembly time exceeded; admin prohibited; a redirect */
	assert_int_equal(icmp_parse_answer(AF_INET, e, error4(e, 11, 1, p, n), nonce, &a), 0);
	assert_int_equal(a.what, ICMP_WHAT_ERROR);
	assert_int_equal(icmp_parse_answer(AF_INET, e, error4(e, 3, 13, p, n), nonce, &a), 0);
	assert_int_equal(a.what, ICMP_WHAT_ERROR);
	assert_int_equal(icmp_parse_answer(AF_INET, e, error4(e, 5, 1, p, n), nonce, &a), -EBADMSG);
	/* a quote that is a reply, or a later fragment, or not ICMP */
	p[20] = 0;
	assert_int_equal(icmp_parse_answer(AF_INET, e, error4(e, 11, 0, p, n), nonce, &a), -EBADMSG);
	p[20] = 8;
	p[7] = 1;
	assert_int_equal(icmp_parse_answer(AF_INET, e, error4(e, 11, 0, p, n), nonce, &a), -EBADMSG);
	p[7] = 0;
	p[9] = 6;
	assert_int_equal(icmp_parse_answer(AF_INET, e, error4(e, 11, 0, p, n), nonce, &a), -EBADMSG);
}

static void answer_six(void **state)
{
	struct icmp_request rq = request4();
	struct icmp_answer a;
	uint8_t p[8 + 40 + 200] = {0};
	size_t n;

	(void)state;
	rq.family = AF_INET6;
	rq.with_ip = false;
	rq.size = 104;
	n = icmp_build(&rq, p + 48, 200);
	p[0] = 3;
	p[8] = 0x60;
	p[13] = (uint8_t)n;
	p[14] = 58;
	p[8 + 39] = 7;
	assert_int_equal(icmp_parse_answer(AF_INET6, p, 48 + n, nonce, &a), 0);
	assert_true(a.ours && a.what == ICMP_WHAT_EXPIRED && !a.from.family);
	assert_int_equal(a.size, 104);
	assert_string_equal(addr_format(&a.to, (char[ADDR_TEXT_MAX]){ "" }), "::7");
	for (size_t i = 0; i < 56; i++)
		assert_int_equal(icmp_parse_answer(AF_INET6, p, i, nonce, &a), -EBADMSG);
	p[0] = 1;
	p[1] = 4;
	p[14] = 17;
	memcpy(p + 48, "\x12\x34\x82\x9a\x00\x40\x00\x00", 8);
	assert_int_equal(icmp_parse_answer(AF_INET6, p, 56, nonce, &a), 0);
	assert_true(a.what == ICMP_WHAT_PORT && a.sort == ICMP_SORT_UDP && a.id == 0x1234 && !a.ours);
	/* an echo reply */
	p[48] = 129;
	n = icmp_build(&rq, p, 200);
	p[0] = 129;
	assert_int_equal(icmp_parse_answer(AF_INET6, p, n, nonce, &a), 0);
	assert_true(a.ours && a.what == ICMP_WHAT_REPLY);
	assert_probe(&a.probe, &rq.probe);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(checksum_known), cmocka_unit_test(build_with_header), cmocka_unit_test(build_bounds),
		cmocka_unit_test(reply_is_ours), cmocka_unit_test(any_flipped_bit_is_foreign),
		cmocka_unit_test(reply_with_options), cmocka_unit_test(not_replies), cmocka_unit_test(cut_anywhere),
		cmocka_unit_test(quotes), cmocka_unit_test(which_are_ptb),
		cmocka_unit_test(answer_timestamp), cmocka_unit_test(answer_udp), cmocka_unit_test(answer_expired),
		cmocka_unit_test(answer_six),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
