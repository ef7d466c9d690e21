// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "tunwatch/base.h"

static struct addr addr(const char *text)
{
	struct addr a = {0};

	assert_true(addr_parse(text, &a));
	return a;
}

/* ---- memory */

static void test_array_grow(void **state)
{
	int *items = NULL;
	size_t cap = 0;

	(void)state;
	array_grow(&items, &cap, 3, sizeof *items);
	assert_true(cap >= 3);
	items[2] = 7;
	array_grow(&items, &cap, 1000, sizeof *items);
	assert_true(cap >= 1000);
	assert_int_equal(items[2], 7);
	for (size_t i = 3; i < cap; i++)
		assert_int_equal(items[i], 0);
	array_grow(&items, &cap, 5, sizeof *items);
	assert_true(cap >= 1000);
	free(items);
}

static void test_alloc(void **state)
{
	char *p = xcalloc(0, 8), *q = xstrdup("tunnel");

	(void)state;
	assert_non_null(p);
	p = xrealloc(p, 0, 0);
	assert_non_null(p);
	assert_string_equal(q, "tunnel");
	wipe(q, 6);
	assert_int_equal(q[0] | q[5], 0);
	free(p);
	free(q);
}

static void test_error_set(void **state)
{
	struct error err;
	char longer[2000];

	(void)state;
	assert_int_equal(error_set(&err, -EINVAL, "%s:%d", "file", 3), -EINVAL);
	assert_string_equal(err.text, "file:3");
	assert_int_equal(error_set(NULL, -EIO, "nobody listens"), -EIO);
	memset(longer, 'x', sizeof longer - 1);
	longer[sizeof longer - 1] = 0;
	error_set(&err, -EIO, "%s", longer);
	assert_int_equal(strlen(err.text), sizeof err.text - 1);
}

/* ---- buffers */

static void test_buf(void **state)
{
	struct buf b = {0};

	(void)state;
	buf_clear(&b);
	buf_puts(&b, "up ");
	buf_putc(&b, '1');
	buf_printf(&b, "%04d%s", 42, "");
	buf_printf(&b, "%s", "");
	buf_add(&b, "\0z", 2);
	assert_int_equal(b.len, 10);
	assert_memory_equal(b.data, "up 10042\0z", 11);
	buf_drop(&b, 3);
	assert_string_equal(b.data, "10042");
	assert_int_equal(b.len, 7);
	buf_drop(&b, 100);
	assert_int_equal(b.len, 0);
	assert_string_equal(b.data, "");
	buf_free(&b);
	assert_null(b.data);
	buf_add(&b, NULL, 0);
	assert_string_equal(b.data, "");
	buf_free(&b);
}

static void test_buf_grows(void **state)
{
	struct buf b = {0};

	(void)state;
	for (int i = 0; i < 10000; i++)
		buf_printf(&b, "%d,", i % 10);
	assert_int_equal(b.len, 20000);
	assert_int_equal(b.data[20000], 0);
	assert_memory_equal(b.data + 19998, "9,", 2);
	buf_free(&b);
}

/* ---- text */

static void test_str_append(void **state)
{
	char text[8] = "";
	size_t pos = 0;

	(void)state;
	str_append(text, sizeof text, &pos, "%s", "abc");
	assert_int_equal(pos, 3);
	str_append(text, sizeof text, &pos, "%s", "defghij");
	assert_int_equal(pos, 7);
	assert_string_equal(text, "abcdefg");
	str_append(text, sizeof text, &pos, "%s", "more");
	assert_int_equal(pos, 7);
	assert_string_equal(text, "abcdefg");
}

static void test_str_copy(void **state)
{
	char text[4];

	(void)state;
	assert_true(str_copy(text, sizeof text, "abc"));
	assert_string_equal(text, "abc");
	assert_false(str_copy(text, sizeof text, "abcd"));
	assert_string_equal(text, "abc");
	assert_true(str_copy(text, sizeof text, ""));
	assert_string_equal(text, "");
}

static void check_clean(const char *from, size_t len, const char *want)
{
	char out[256];
	size_t n = str_clean(out, sizeof out, from, len);

	assert_string_equal(out, want);
	assert_int_equal(n, strlen(want));
}

#define CLEAN(from, want) check_clean(from, sizeof(from) - 1, want)

static void test_clean_keeps(void **state)
{
	(void)state;
	CLEAN("", "");
	CLEAN("vti1 via 192.0.2.1", "vti1 via 192.0.2.1");
	CLEAN("Zürich 東京 ▲ 🚇", "Zürich 東京 ▲ 🚇");
	CLEAN("back\\slash", "back\\slash");
}

static void test_clean_controls(void **state)
{
	(void)state;
	CLEAN("a\033[31mb", "a\\x1b[31mb");
	CLEAN("line\r\n", "line\\x0d\\x0a");
	CLEAN("nul\0nul", "nul\\x00nul");
	CLEAN("\x7f", "\\x7f");
	CLEAN("csi\xc2\x9b" "2J", "csi\\xc2\\x9b2J");       /* C1, as UTF-8 */
	CLEAN("\x9b" "2J", "\\x9b2J");                     /* C1, as a byte */
	CLEAN("a\xe2\x80\xae" "b", "a\\xe2\\x80\\xaeb");    /* right-to-left override */
	CLEAN("a\xe2\x81\xa6" "b", "a\\xe2\\x81\\xa6" "b"); /* left-to-right isolate */
	CLEAN("a\xe2\x80\x8b" "b", "a\\xe2\\x80\\x8bb");    /* zero-width space */
	CLEAN("\xe2\x80\xa8", "\\xe2\\x80\\xa8");           /* line separator */
	CLEAN("\xef\xbb\xbf", "\\xef\\xbb\\xbf");           /* byte order mark */
	CLEAN("\xf3\xa0\x81\x81", "\\xf3\\xa0\\x81\\x81");  /* tag letter */
}

static void test_clean_malformed(void **state)
{
	(void)state;
	CLEAN("\xc0\xaf", "\\xc0\\xaf");                 /* overlong */
	CLEAN("\xe0\x80\xaf", "\\xe0\\x80\\xaf");
	CLEAN("\xed\xa0\x80", "\\xed\\xa0\\x80");        /* surrogate */
	CLEAN("\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"); /* past U+10FFFF */
	CLEAN("\xf8\x88\x80\x80\x80", "\\xf8\\x88\\x80\\x80\\x80");
	CLEAN("\xc3", "\\xc3");                          /* cut short */
	CLEAN("\xe2\x96", "\\xe2\\x96");
	CLEAN("\xc3(", "\\xc3(");
	CLEAN("\x80 x", "\\x80 x");
}

static void test_clean_bounds(void **state)
{
	char out[8];

	(void)state;
	/* never half a character, never half an escape, always terminated */
	assert_int_equal(str_clean(out, 8, "abcdef\xc3\xbc", 8), 6);
	assert_string_equal(out, "abcdef");
	assert_int_equal(str_clean(out, 8, "abcd\n", 5), 4);
	assert_string_equal(out, "abcd");
	assert_int_equal(str_clean(out, 8, "abc\n", 4), 7);
	assert_string_equal(out, "abc\\x0a");
	assert_int_equal(str_clean(out, 1, "abc", 3), 0);
	assert_string_equal(out, "");
	assert_int_equal(str_clean(out, 0, "abc", 3), 0);
}

/* Whatever goes in, what comes out is printable, well-formed, stable under a second cleaning, and fits. */
static void test_clean_random(void **state)
{
	uint64_t seed = 1;
	char from[64], once[256], twice[256], tight[24];

	(void)state;
	for (int round = 0; round < 20000; round++) {
		size_t len = (size_t)(hash_bytes(seed++, "length", 6) % sizeof from), n, m;

		for (size_t i = 0; i < len; i++) {
			uint64_t x = hash_bytes(seed++, "byte", 4);

			/* lead and continuation bytes often, else hardly anything is well-formed */
			from[i] = (char)(x % 3 ? 0x80 | (x >> 8 & 0x7f) : x >> 8);
		}
		n = str_clean(once, sizeof once, from, len);
		assert_int_equal(n, strlen(once));
		for (size_t i = 0; i < n;) {
			uint32_t c = 0;
			size_t k = utf8_decode(once + i, n - i, &c);

			assert_true(k > 0);
			assert_true(c >= 0x20 && (c < 0x7f || c >= 0xa0));
			i += k;
		}
		m = str_clean(twice, sizeof twice, once, n);
		assert_int_equal(m, n);
		assert_memory_equal(once, twice, n);
		m = str_clean(tight, sizeof tight, from, len);
		assert_true(m < sizeof tight);
		assert_memory_equal(once, tight, m);
	}
}

static void test_utf8_round_trip(void **state)
{
	(void)state;
	for (uint32_t c = 0; c <= 0x10ffff; c++) {
		char out[4];
		uint32_t back = 0;
		size_t n = utf8_encode(c, out);

		if (c >= 0xd800 && c <= 0xdfff) {
			assert_int_equal(utf8_decode(out, n, &back), 0);
			continue;
		}
		if (utf8_decode(out, n, &back) != n || back != c || (n > 1 && utf8_decode(out, n - 1, &back)))
			fail_msg("U+%04X", c);
	}
}

static void test_str_to_int(void **state)
{
	static const char *const bad[] = { "", " 1", "1 ", "+1", "0x10", "1.0", "-", "--1", "9223372036854775808",
					   "11", "-6", "1e3", "one" };
	int64_t x = 99;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		if (str_to_int(bad[i], -5, 10, &x) || x != 99)
			fail_msg("'%s' was taken", bad[i]);
	assert_true(str_to_int("-5", -5, 10, &x));
	assert_int_equal(x, -5);
	assert_true(str_to_int("007", -5, 10, &x));
	assert_int_equal(x, 7);
	assert_true(str_to_int("-9223372036854775808", INT64_MIN, INT64_MAX, &x));
	assert_true(x == INT64_MIN);
}

static void test_str_to_double(void **state)
{
	static const char *const bad[] = { "", "nan", "inf", "-inf", "1s", " 1", "1e999", "0.09", "60.1", "." };
	double x = 99;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		if (str_to_double(bad[i], 0.1, 60, &x) || x < 99)
			fail_msg("'%s' was taken", bad[i]);
	assert_true(str_to_double("0.5", 0.1, 60, &x));
	assert_true(x > 0.49 && x < 0.51);
	assert_true(str_to_double(".5", 0.1, 60, &x));
	assert_true(str_to_double("60", 0.1, 60, &x));
}

static void test_str_distance(void **state)
{
	char a[80];

	(void)state;
	assert_int_equal(str_distance("", ""), 0);
	assert_int_equal(str_distance("attach", "attach"), 0);
	assert_int_equal(str_distance("", "abc"), 3);
	assert_int_equal(str_distance("atach", "attach"), 1);
	assert_int_equal(str_distance("reprot", "report"), 2);
	assert_int_equal(str_distance("kitten", "sitting"), 3);
	memset(a, 'a', sizeof a - 1);
	a[sizeof a - 1] = 0;
	assert_int_equal(str_distance(a, "a"), 64);
	a[64] = 0;
	assert_int_equal(str_distance(a, "a"), 63);
}

/* ---- addresses */

static void test_addr_text(void **state)
{
	static const char *const same[] = { "0.0.0.0", "169.254.252.1", "255.255.255.255", "::", "2001:db8::1",
					    "fe80::1", "::ffff:192.0.2.1" };
	static const char *const bad[] = { "", "1.2.3", "1.2.3.4.5", "256.1.1.1", "fe80::1%eth0", "host", "1.2.3.4 ",
					   "01.2.3.4", "12345::" };
	char text[ADDR_TEXT_MAX];
	struct addr a = {0}, none = {0};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(same); i++) {
		a = addr(same[i]);
		assert_string_equal(addr_format(&a, text), same[i]);
	}
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		if (addr_parse(bad[i], &a))
			fail_msg("'%s' was taken", bad[i]);
	assert_string_equal(addr_format(&none, text), "");
	a = addr("2001:DB8:0:0::1");
	assert_string_equal(addr_format(&a, text), "2001:db8::1");
}

static void test_addr_kinds(void **state)
{
	static const struct { const char *group, *one; } groups[] = {
		{ "224.0.0.0", "223.255.255.255" }, { "239.255.255.255", "240.0.0.1" },
		{ "255.255.255.255", "255.255.255.254" }, { "ff02::1", "fe80::1" }, { "ff00::", "0:ff00::1" },
	};
	struct addr none = {0}, any4 = addr("0.0.0.0"), any6 = addr("::"), v4 = addr("192.0.2.1"),
		    v6 = addr("2001:db8::1"), ll = addr("fe80::1"), ll_end = addr("febf::1"), site = addr("fec0::1"),
		    ll4 = addr("169.254.1.1");

	(void)state;
	assert_false(addr_is_set(&none) || addr_is_set(&any4) || addr_is_set(&any6));
	assert_true(addr_is_set(&v4) && addr_is_set(&v6));
	assert_true(addr_is_link_local(&ll) && addr_is_link_local(&ll_end));
	for (size_t i = 0; i < ARRAY_LEN(groups); i++) {
		struct addr group, one;

		assert_true(addr_parse(groups[i].group, &group) && addr_parse(groups[i].one, &one));
		assert_true(addr_is_group(&group));
		assert_false(addr_is_group(&one));
	}
	assert_false(addr_is_group(&none));
	assert_false(addr_is_link_local(&site) || addr_is_link_local(&ll4) || addr_is_link_local(&none));
	assert_int_equal(addr_bits(&v4), 32);
	assert_int_equal(addr_bits(&v6), 128);
	assert_int_equal(addr_bits(&none), 0);
}

static void test_addr_make(void **state)
{
	static const uint8_t bytes[16] = { 192, 0, 2, 1, 5, 6, 7, 8 };
	struct addr v4 = addr_make(AF_INET, bytes), want = addr("192.0.2.1"), none = {0}, odd;

	(void)state;
	assert_true(addr_equal(&v4, &want));
	assert_memory_equal(&v4, &want, sizeof v4); /* what is behind the address stays zero */
	odd = addr_make(AF_UNIX, bytes);
	assert_memory_equal(&odd, &none, sizeof odd);
	v4 = addr_make(AF_INET6, bytes);
	assert_false(addr_equal(&v4, &want));
}

static void check_other(const char *from, unsigned prefix_len, const char *want)
{
	struct addr a = addr(from), other = {0};
	char text[ADDR_TEXT_MAX] = "none";

	if (addr_other_host(&a, prefix_len, &other))
		addr_format(&other, text);
	assert_string_equal(text, want);
}

static void test_addr_other_host(void **state)
{
	struct addr none = {0}, out;

	(void)state;
	check_other("169.254.252.2", 30, "169.254.252.1");
	check_other("169.254.252.1", 30, "169.254.252.2");
	check_other("169.254.252.0", 30, "none");
	check_other("169.254.252.3", 30, "none");
	check_other("10.0.0.0", 31, "10.0.0.1");
	check_other("10.0.0.255", 31, "10.0.0.254");
	check_other("10.0.0.1", 32, "none");
	check_other("10.0.0.1", 29, "none");
	check_other("10.0.0.1", 0, "none");
	check_other("2001:db8::", 127, "2001:db8::1");
	check_other("2001:db8::2", 126, "2001:db8::1");
	check_other("2001:db8::1", 64, "none");
	assert_false(addr_other_host(&none, 30, &out));
}

static void test_addr_in_prefix(void **state)
{
	struct addr a = addr("10.1.2.3"), net = addr("10.1.0.0"), v6 = addr("2001:db8:0:8000::1"),
		    net6 = addr("2001:db8::"), none = {0};

	(void)state;
	assert_true(addr_in_prefix(&a, &net, 16));
	assert_true(addr_in_prefix(&a, &net, 22));
	assert_false(addr_in_prefix(&a, &net, 23));
	assert_true(addr_in_prefix(&a, &net, 0));
	assert_true(addr_in_prefix(&a, &a, 32));
	assert_false(addr_in_prefix(&a, &a, 33));
	assert_true(addr_in_prefix(&v6, &net6, 48));
	assert_false(addr_in_prefix(&v6, &net6, 49));
	assert_false(addr_in_prefix(&a, &net6, 0));
	assert_false(addr_in_prefix(&none, &none, 0));
}

/* ---- hashing */

static void test_hash(void **state)
{
	uint8_t data[32] = {0};
	uint64_t base = hash_bytes(0, data, sizeof data);

	(void)state;
	assert_true(hash_bytes(0, data, sizeof data) == base);
	assert_true(hash_bytes(1, data, sizeof data) != base);
	assert_true(hash_bytes(0, data, sizeof data - 1) != base);
	for (size_t bit = 0; bit < sizeof data * 8; bit++) {
		data[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_true(hash_bytes(0, data, sizeof data) != base);
		data[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	assert_true(hash_bytes(0, NULL, 0) != hash_bytes(1, NULL, 0));
}

/* ---- time */

static void test_rfc3339(void **state)
{
	static const struct {
		const char *text;
		int64_t us;
	} same[] = {
		{ "1970-01-01T00:00:00.000000Z", 0 },
		{ "1969-12-31T23:59:59.999999Z", -1 },
		{ "2000-02-29T12:00:00.000001Z", INT64_C(951825600000001) },
		{ "2026-11-20T14:05:30.250000Z", INT64_C(1795183530250000) },
		{ "2100-03-01T00:00:00.000000Z", INT64_C(4107542400000000) },
	};
	char text[TIME_TEXT_MAX];
	int64_t us;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(same); i++) {
		assert_string_equal(time_rfc3339(same[i].us, text), same[i].text);
		us = -7;
		assert_true(time_parse_rfc3339(same[i].text, &us));
		assert_true(us == same[i].us);
	}
}

static void test_rfc3339_parse(void **state)
{
	static const char *const same[] = { "2026-11-20T14:05:30Z", "2026-11-20 14:05:30z", "2026-11-20t14:05:30.0Z",
					    "2026-11-20T15:05:30+01:00", "2026-11-20T09:05:30-05:00",
					    "2026-11-20T14:05:30.0000009Z", "2026-11-21T04:05:30.000000+14:00" };
	static const char *const bad[] = { "", "2026-11-20", "2026-11-20T14:05:30", "2026-13-20T14:05:30Z",
					   "2026-11-32T14:05:30Z", "2026-11-20T24:05:30Z", "2026-11-20T14:60:30Z",
					   "2026-11-20T14:05:61Z", "2026-11-20T14:05:30.Z", "2026-11-20T14:05:30Zz",
					   "2026-11-20T14:05:30+1", "2026-11-20T14:05:30+24:00", "x026-11-20T14:05:30Z",
					   "2026-11-20_14:05:30Z", "2026-11-20T14:05:30 01:00" };
	int64_t us = -7;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(same); i++)
		if (!time_parse_rfc3339(same[i], &us) || us != INT64_C(1795183530) * US_PER_S)
			fail_msg("'%s' gave %lld", same[i], (long long)us);
	us = -7;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		if (time_parse_rfc3339(bad[i], &us) || us != -7)
			fail_msg("'%s' was taken", bad[i]);
}

static void test_time_split(void **state)
{
	struct time_parts p = time_split(INT64_C(1795183530250000), 3600);
	static const int offsets[] = { 0, 3600, -18000, 20700, 50400 };

	(void)state;
	assert_int_equal(p.year, 2026);
	assert_int_equal(p.month, 11);
	assert_int_equal(p.day, 20);
	assert_int_equal(p.hour, 15);
	assert_int_equal(p.minute, 5);
	assert_int_equal(p.second, 30);
	assert_int_equal(p.usec, 250000);
	for (size_t i = 0; i < ARRAY_LEN(offsets); i++)
		for (int64_t us = -3 * US_PER_S; us < INT64_C(4000000000) * US_PER_S; us += INT64_C(86399123457) * 37) {
			p = time_split(us, offsets[i]);
			assert_true(time_join(&p, offsets[i]) == us);
		}
}

static void test_time_age(void **state)
{
	static const struct {
		int64_t s;
		const char *text;
	} ages[] = { { -5, "0s" }, { 0, "0s" }, { 59, "59s" }, { 60, "1m00" }, { 134, "2m14" }, { 3599, "59m59" },
		     { 3600, "1h00" }, { 6120, "1h42" }, { 86399, "23h59" }, { 86400, "1d00" }, { 273600, "3d04" },
		     { 8639999, "99d23" }, { 8640000, "100d" }, { 134 * 86400, "134d" } };
	char text[16];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ages); i++)
		assert_string_equal(time_age(ages[i].s * US_PER_S, text), ages[i].text);
	assert_true(strlen(time_age(INT64_MAX, text)) <= 6);
	assert_string_equal(time_age(INT64_MIN, text), "0s");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_array_grow),
		cmocka_unit_test(test_alloc),
		cmocka_unit_test(test_error_set),
		cmocka_unit_test(test_buf),
		cmocka_unit_test(test_buf_grows),
		cmocka_unit_test(test_str_append),
		cmocka_unit_test(test_str_copy),
		cmocka_unit_test(test_clean_keeps),
		cmocka_unit_test(test_clean_controls),
		cmocka_unit_test(test_clean_malformed),
		cmocka_unit_test(test_clean_bounds),
		cmocka_unit_test(test_clean_random),
		cmocka_unit_test(test_utf8_round_trip),
		cmocka_unit_test(test_str_to_int),
		cmocka_unit_test(test_str_to_double),
		cmocka_unit_test(test_str_distance),
		cmocka_unit_test(test_addr_text),
		cmocka_unit_test(test_addr_kinds),
		cmocka_unit_test(test_addr_make),
		cmocka_unit_test(test_addr_other_host),
		cmocka_unit_test(test_addr_in_prefix),
		cmocka_unit_test(test_hash),
		cmocka_unit_test(test_rfc3339),
		cmocka_unit_test(test_rfc3339_parse),
		cmocka_unit_test(test_time_split),
		cmocka_unit_test(test_time_age),
	};

	return cmocka_run_group_tests_name("base", tests, NULL, NULL);
}
