// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tunwatch/decode.h"

static int64_t now_us(void)
{
	int64_t us = 0;

	assert_true(time_parse_rfc3339("2026-01-05T12:00:00Z", &us));
	return us;
}

/* stamp: RFC 3339 in UTC (a civil time read so), or "" for none. */
static void expect(const char *text, const char *message, const char *host, const char *stamp, bool zone)
{
	struct syslog_header h = syslog_read(text, strlen(text), now_us());
	int64_t want = 0;

	assert_true(h.message <= strlen(text) && h.host <= h.message);
	assert_string_equal(text + h.message, message);
	assert_string_equal(text + h.host, host);
	assert_int_equal(h.has_stamp, *stamp != 0);
	assert_int_equal(h.has_zone, zone);
	if (*stamp) {
		assert_true(time_parse_rfc3339(stamp, &want));
		assert_int_equal(h.stamp_us, want);
	}
}

static void test_headers(void **state)
{
	(void)state;
	expect("IP Tunnel[1] Up", "IP Tunnel[1] Up", "IP Tunnel[1] Up", "", false);
	expect("<190>IP Tunnel[1] Up", "IP Tunnel[1] Up", "IP Tunnel[1] Up", "", false);
	expect("<190>Jan  5 11:59:58 rtx IP Tunnel[1] Up", "IP Tunnel[1] Up", "rtx IP Tunnel[1] Up",
	       "2026-01-05T11:59:58Z", false);
	expect("Dec 31 23:59:58 rtx x", "x", "rtx x", "2025-12-31T23:59:58Z", false);
	expect("Jun 30 00:00:00 rtx x", "x", "rtx x", "2026-06-30T00:00:00Z", false);
	expect("Jan 05 2024 11:59:58 rtx x", "x", "rtx x", "2024-01-05T11:59:58Z", false);
	expect("<13>Jan  5 11:59:58 word", "word", "word", "2026-01-05T11:59:58Z", false);
	expect("2026-01-05T20:59:58.5+09:00 rtx IP Tunnel[1] Down", "IP Tunnel[1] Down", "rtx IP Tunnel[1] Down",
	       "2026-01-05T11:59:58.5Z", true);
	expect("<165>1 2026-01-05T11:59:58Z rtx app 1 ID47 [a@1 b=\"]\\\"\"][c] \xef\xbb\xbfIP", "IP", "IP",
	       "2026-01-05T11:59:58Z", true);
	expect("<165>1 - - - - - - hello", "hello", "hello", "", false);
	expect("<165>1 - - - - - -", "", "", "", false);
}

static void test_no_headers(void **state)
{
	static const char *const texts[] = {
		"", "<", "<>", "<1", "<1234>x", "Jan", "Jan ", "Jan  5", "Jan  5 11:59", "Jan 32 11:59:58 x",
		"Foo  5 11:59:58 rtx x", "2026/01/05 11:59:58: IP Tunnel[1] Up", "1 2026-01-05T11:59:58Z",
		"2026-01-05T11:59:58Z", "1 - - - - - [a",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct syslog_header h = syslog_read(texts[i], strlen(texts[i]), now_us());

		assert_int_equal(h.message, 0);
		assert_int_equal(h.host, 0);
		assert_false(h.has_stamp);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_headers),
		cmocka_unit_test(test_no_headers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
