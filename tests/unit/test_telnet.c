// SPDX-License-Identifier: GPL-2.0-or-later
// The telnet filter: what real servers send, however it is cut; and that two ends never quarrel for ever.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lib/transcript.h"
#include "tunwatch/decode.h"

static const char *const captures[] = {
	"inetutils-telnetd-accept", "inetutils-telnetd-vtysh-80x24", "frr84-telnet2605-pager",
	"frr104-telnet2605-login", "frr84-telnet2605-bad-password", "frr84-telnet2605-idle-timeout",
};

struct result {
	struct buf text, reply;
};

static void feed(struct telnet *t, const void *data, size_t len, struct result *r)
{
	char *exact = malloc(len + 1), *out = malloc(len + 1);
	size_t n;

	memcpy(exact, data, len);
	n = telnet_input(t, exact, len, out, &r->reply);
	assert_true(n <= len);
	buf_add(&r->text, out, n);
	free(exact);
	free(out);
}

static void clear(struct result *r)
{
	buf_free(&r->text);
	buf_free(&r->reply);
}

static void assert_same(const struct buf *a, const struct buf *b, const char *what, size_t cut)
{
	if (a->len != b->len || (a->len && memcmp(a->data, b->data, a->len) != 0))
		fail_msg("%s: cut at %zu it is another", what, cut);
}

static void add_negotiation(void *arg, char side, const char *data, size_t len)
{
	if (side == 'C' && (uint8_t)data[0] == 0xff)
		buf_add(arg, data, len);
}

// A client that accepts the same answered these servers the same.
static void answers_real_servers(void **state)
{
	static const struct { const char *name; unsigned columns, rows; } accepting[] = {
		{ "inetutils-telnetd-accept", 80, 24 }, { "inetutils-telnetd-vtysh-80x24", 80, 24 },
		{ "frr84-telnet2605-pager", 80, 24 }, { "frr104-telnet2605-login", 512, 200 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(accepting); i++) {
		struct buf server = transcript_server(accepting[i].name), want = {0};
		struct result r = {0};
		struct telnet t;

		telnet_init(&t, accepting[i].columns, accepting[i].rows);
		feed(&t, server.data, server.len, &r);
		transcript_each(accepting[i].name, add_negotiation, &want);
		assert_same(&r.reply, &want, accepting[i].name, server.len);
		assert_null(memchr(r.text.data, 0xff, r.text.len));
		buf_free(&server);
		buf_free(&want);
		clear(&r);
	}
}

static void cut_anywhere_it_is_the_same(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(captures); i++) {
		struct buf server = transcript_server(captures[i]);
		struct result whole = {0}, bytes = {0};
		struct telnet t;

		telnet_init(&t, 80, 24);
		feed(&t, server.data, server.len, &whole);
		assert_true(whole.text.len > 0);
		telnet_init(&t, 80, 24);
		for (size_t k = 0; k < server.len; k++)
			feed(&t, server.data + k, 1, &bytes);
		assert_same(&whole.text, &bytes.text, captures[i], 1);
		assert_same(&whole.reply, &bytes.reply, captures[i], 1);
		for (size_t cut = 0; cut <= server.len; cut++) {
			struct result parts = {0};

			telnet_init(&t, 80, 24);
			feed(&t, server.data, cut, &parts);
			feed(&t, server.data + cut, server.len - cut, &parts);
			assert_same(&whole.text, &parts.text, captures[i], cut);
			assert_same(&whole.reply, &parts.reply, captures[i], cut);
			clear(&parts);
		}
		buf_free(&server);
		clear(&whole);
		clear(&bytes);
	}
}

// In: bytes, out: data and replies, for a filter of 80x24 and one without a size.
#define CASE(in, text, reply) { in, sizeof(in) - 1, text, sizeof(text) - 1, reply, sizeof(reply) - 1 }

static void small_things(void **state)
{
	static const struct {
		const char *in; size_t nin;
		const char *text; size_t ntext;
		const char *reply; size_t nreply;
	} cases[] = {
		CASE("a\r\0b\r\nc\0d", "a\rb\r\nc\0d", ""),
		CASE("a\xff\xff\x62", "a\xff" "b", ""),
		CASE("a\xff\xf1\xff\xf2\xff\xf6\xff\xf9z", "az", ""),                       // NOP DM AYT GA
		CASE("\xff\xfb\x01\xff\xfb\x01\xff\xfc\x01\xff\xfc\x01", "", "\xff\xfd\x01\xff\xfe\x01"),
		CASE("\xff\xfd\x18\xff\xfa\x18\x01\xff\xf0", "", "\xff\xfb\x18\xff\xfa\x18\x00VT100\xff\xf0"),
		CASE("\xff\xfa\x18\x01\xff\xf0", "", ""),                                   // never agreed to
		CASE("\xff\xfd\x1f\xff\xfd\x1f", "", "\xff\xfb\x1f\xff\xfa\x1f\x00\x50\x00\x18\xff\xf0"),
		CASE("\xff\xfb\x56\xff\xfa\x56\xff\xf0x", "x", "\xff\xfe\x56"),             // MCCP2
		CASE("\xff\xfe\x1f\xff\xfc\x03", "", ""),                                   // off already
		CASE("\xff\xfa\x18\x01\xff\xfb\x01y", "y", "\xff\xfd\x01"),                 // SE got lost
		CASE("\xff\xfa\x27\xff\xff\x01\xff\xf0x", "x", ""),
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct result r = {0};
		struct buf text = {0}, reply = {0};
		struct telnet t;

		buf_add(&text, cases[i].text, cases[i].ntext);
		buf_add(&reply, cases[i].reply, cases[i].nreply);
		telnet_init(&t, 80, 24);
		feed(&t, cases[i].in, cases[i].nin, &r);
		assert_same(&r.text, &text, "data of case", i);
		assert_same(&r.reply, &reply, "reply of case", i);
		buf_free(&text);
		buf_free(&reply);
		clear(&r);
	}
}

static void without_a_size_naws_is_refused(void **state)
{
	struct result r = {0};
	struct telnet t;

	(void)state;
	telnet_init(&t, 0, 0);
	feed(&t, "\xff\xfd\x1f", 3, &r);
	assert_int_equal(r.reply.len, 3);
	assert_memory_equal(r.reply.data, "\xff\xfc\x1f", 3);
	buf_clear(&r.reply);
	// a size of 255 is doubled
	telnet_init(&t, 255, 0);
	feed(&t, "\xff\xfd\x1f", 3, &r);
	assert_int_equal(r.reply.len, 3 + 3 + 5 + 2);
	assert_memory_equal(r.reply.data, "\xff\xfb\x1f\xff\xfa\x1f\x00\xff\xff\x00\x00\xff\xf0", 13);
	clear(&r);
}

static void a_long_subnegotiation_is_passed_over(void **state)
{
	struct buf in = {0};
	struct result r = {0};
	struct telnet t;

	(void)state;
	telnet_init(&t, 80, 24);
	buf_add(&in, "\xff\xfd\x18\xff\xfa\x18\x01", 7);
	for (int i = 0; i < 100000; i++)
		buf_putc(&in, 'x');
	buf_add(&in, "\xff\xf0hello", 7);
	feed(&t, in.data, in.len, &r);
	assert_int_equal(r.text.len, 5);
	assert_memory_equal(r.text.data, "hello", 5);
	assert_int_equal(r.reply.len, 3);
	buf_free(&in);
	clear(&r);
}

// Whatever one says first, and however often it is answered: both fall silent.
static void two_filters_do_not_loop(void **state)
{
	(void)state;
	for (unsigned verb = 251; verb <= 254; verb++) {
		for (unsigned option = 0; option < 256; option++) {
			const uint8_t first[] = { 255, (uint8_t)verb, (uint8_t)option };
			struct result to[2] = {0};
			struct telnet t[2];
			int rounds = 0;

			telnet_init(&t[0], 80, 24);
			telnet_init(&t[1], 132, 0);
			buf_add(&to[0].reply, first, 3);
			for (int i = 0; to[i].reply.len; i = !i, rounds++) {
				struct buf in = to[i].reply;

				to[i].reply = (struct buf){0};
				feed(&t[!i], in.data, in.len, &to[!i]);
				buf_free(&in);
				assert_true(rounds < 8);
			}
			clear(&to[0]);
			clear(&to[1]);
		}
	}
}

// A server that contradicts every answer is not argued with for ever.
static void replies_are_bounded(void **state)
{
	static const char quarrel[] = "\xff\xfb\x63\xff\xfd\x63\xff\xfd\x1f\xff\xfe\x1f"
				      "\xff\xfd\x18\xff\xfa\x18\x01\xff\xf0";
	struct result r = {0};
	struct telnet t;

	(void)state;
	telnet_init(&t, 65535, 65535);
	for (int i = 0; i < 100000; i++)
		feed(&t, quarrel, sizeof quarrel - 1, &r);
	assert_int_equal(r.text.len, 0);
	assert_true(r.reply.len < 8192);
	clear(&r);
}

static void data_sent_is_escaped(void **state)
{
	struct buf out = {0};

	(void)state;
	telnet_output("pass\xffword\r", 10, &out);
	assert_int_equal(out.len, 11);
	assert_memory_equal(out.data, "pass\xff\xffword\r", 11);
	buf_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_real_servers), cmocka_unit_test(cut_anywhere_it_is_the_same),
		cmocka_unit_test(small_things), cmocka_unit_test(without_a_size_naws_is_refused),
		cmocka_unit_test(a_long_subnegotiation_is_passed_over), cmocka_unit_test(two_filters_do_not_loop),
		cmocka_unit_test(replies_are_bounded), cmocka_unit_test(data_sent_is_escaped),
	};

	return cmocka_run_group_tests_name("telnet", tests, NULL, NULL);
}
