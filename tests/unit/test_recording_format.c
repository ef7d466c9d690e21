// SPDX-License-Identifier: GPL-2.0-or-later
// The small codings: CRC32C, numbers, the header and its schema.
#include <errno.h>

#include "recording.h"
#include "recording/crc.h"
#include "recording/crc_table.h"
#include "recording/header.h"

static void test_crc(void **state)
{
	uint8_t bytes[300];
	struct workload w = { .state = 7 };

	(void)state;
	assert_int_equal(crc32c(0, "123456789", 9), 0xe3069283);
	assert_int_equal(crc32c_portable(0, "123456789", 9), 0xe3069283);
	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (uint8_t)workload_random(&w);
	for (size_t n = 0; n <= sizeof bytes; n++) {
		size_t cut = n / 3;

		assert_int_equal(crc32c(5, bytes, n), crc32c_portable(5, bytes, n));
		assert_int_equal(crc32c(0, bytes, n), crc32c(crc32c(0, bytes, cut), bytes + cut, n - cut));
	}
}

static void test_crc_table(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < 256; i++) {
		uint32_t c = i;

		for (int bit = 0; bit < 8; bit++)
			c = c & 1 ? c >> 1 ^ UINT32_C(0x82f63b78) : c >> 1;
		assert_int_equal(crc_table[0][i], c);
		for (int row = 1; row < 8; row++) {
			c = crc_table[0][c & 255] ^ c >> 8;
			assert_int_equal(crc_table[row][i], c);
		}
	}
}

static void test_varint(void **state)
{
	static const uint64_t values[] = { 0, 1, 127, 128, 16383, 16384, UINT64_C(1) << 53, INT64_MAX, UINT64_MAX };
	uint8_t bytes[10], *end;
	uint64_t x;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(values); i++) {
		end = put_varint(bytes, values[i]);
		assert_ptr_equal(get_varint(bytes, end, &x), end);
		assert_true(x == values[i]);
		assert_null(get_varint(bytes, end - 1, &x));
		assert_true(unzigzag(zigzag(values[i])) == values[i]);
	}
	assert_null(get_varint(bytes, bytes, &x));
	memset(bytes, 0xff, sizeof bytes);
	assert_null(get_varint(bytes, bytes + sizeof bytes, &x)); /* no end within ten bytes */
	bytes[9] = 2;
	assert_null(get_varint(bytes, bytes + sizeof bytes, &x)); /* 65 bits */
	assert_true(zigzag(UINT64_MAX) == 1);                     /* -1 */
}

static void test_header(void **state)
{
	struct recording_header h = some_header(), got = {0};
	struct schema schema = {0};
	struct buf text = {0};

	(void)state;
	h.part = 3;
	str_copy(h.host, sizeof h.host, "two\nlines \xff");
	header_write(&text, &h);
	assert_in_range(text.len, 1000, HEADER_MAX);
	assert_int_equal(header_parse((uint8_t *)text.data, text.len, &got, &schema), 0);
	assert_string_equal(got.session, h.session);
	assert_string_equal(got.version, "0.1");
	assert_string_equal(got.host, "two\\x0alines \\xff");
	assert_string_equal(got.zone, "Asia/Tokyo");
	assert_int_equal(got.zone_offset_s, 32400);
	assert_true(got.start_us == TEST_WALL);
	assert_true(got.interval_us == US_PER_S);
	assert_int_equal(got.part, 3);
	for (int k = 1; k < RECORD_KINDS; k++) {
		assert_true(schema.type[k].used);
		assert_true(schema.type[k].same);
		assert_int_equal(schema.type[k].kind, k);
	}
	buf_free(&text);
	free(schema.words);
}

static int parse_text(const char *text)
{
	struct recording_header h;
	struct schema schema = {0};
	int r = header_parse((const uint8_t *)text, strlen(text), &h, &schema);

	free(schema.words);
	return r;
}

#define GOOD "tunwatch-recording 1\nsession 00112233445566778899aabbccddeeff\n"

static void test_header_refused(void **state)
{
	static const char *const bad[] = {
		"", "tunwatch-recording 1\n", "tunwatch-recording 1\nsession x\n", GOOD "no line end",
		GOOD "start x\n", GOOD "part -1\n", GOOD "zone x\n", GOOD "interval 0\n",
		GOOD "type 0 - a b\n", GOOD "type 64 - a b\n", GOOD "type 1 - a b\ntype 1 - c d\n",
		GOOD "type 1 x a b\n", GOOD "type 1 -- a b\n", GOOD "type 1 - A b\n", GOOD "type 1 - a B\n",
		GOOD "type 1 -\n", GOOD "type 1\n", GOOD "type x - a b\n", GOOD "type 1 - a b:enum()\n",
		GOOD "type 1 - a b:enum(x\n", GOOD "type 1 - a b:enum(x y)\n", GOOD "type 1 - a b:enum(a,$)\n",
		GOOD "type 1 - a ^\n", GOOD "type 1 - a :ref\n", GOOD "type 1 - aaaaaaaaaaaaaaaaaaaaaaaa b\n",
		GOOD "type 1 - a bbbbbbbbbbbbbbbbbbbbbbbb\n",
		GOOD "type 1 - a b b b b b b b b b b b b b b b b b b b b b b b b b b b b b b b b\n",
	};

	(void)state;
	assert_int_equal(parse_text(GOOD), 0);
	assert_int_equal(parse_text(GOOD "future some thing\nword\ntype 1 - a-b b:new(thing)^\n"), 0);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		if (parse_text(bad[i]) != -EINVAL)
			fail_msg("accepted: %s", bad[i]);
	assert_int_equal(parse_text("tunwatch-recording 2\nsession x\n"), -EPROTONOSUPPORT);
}

static void test_header_limits(void **state)
{
	struct buf text = {0};

	(void)state;
	buf_puts(&text, GOOD);
	while (text.len < HEADER_MAX - 100)
		buf_puts(&text, "key and a value\n");
	assert_int_equal(parse_text(text.data), 0);
	while (text.len <= HEADER_MAX)
		buf_puts(&text, "key and a value\n");
	assert_int_equal(parse_text(text.data), -EINVAL);
	buf_clear(&text);
	buf_puts(&text, GOOD "key ");
	for (int i = 0; i < 4200; i++)
		buf_putc(&text, 'x');
	buf_putc(&text, '\n');
	assert_int_equal(parse_text(text.data), -EINVAL);
	buf_free(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_crc),
		cmocka_unit_test(test_crc_table),
		cmocka_unit_test(test_varint),
		cmocka_unit_test(test_header),
		cmocka_unit_test(test_header_refused),
		cmocka_unit_test(test_header_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
