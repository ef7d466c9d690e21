// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "app/app.h"

/* A recording of 2026-11-20, 13:00:00 to 14:10:00 UTC, watched at UTC+9: 22:00 to 23:10. */
static struct model recorded(void)
{
	struct model m = { .has_clock = true, .utc_off_s = 9 * 3600, .marks_count = 2 };

	time_parse_rfc3339("2026-11-20T13:00:00Z", &m.wall_off_us);
	m.now = 4200 * US_PER_S;
	m.marks[0].t = 60 * US_PER_S;
	m.marks[1].t = 120 * US_PER_S;
	return m;
}

static int64_t seconds(const char *spec, double now)
{
	struct model m = recorded();
	struct error err = { "" };
	int64_t t = -1;
	int r = time_spec_parse(spec, &m, (int64_t)(now * 1e6), &t, &err);

	if (r)
		fail_msg("%s: %s", spec, err.text);
	assert_int_equal(t % US_PER_S, 0);
	return t / US_PER_S;
}

static void expect_error(const char *spec, int code, const char *part)
{
	struct model m = recorded();
	struct error err = { "" };
	int64_t t = 77;

	assert_int_equal(time_spec_parse(spec, &m, m.now, &t, &err), code);
	assert_int_equal(t, 77);
	if (!strstr(err.text, part))
		fail_msg("%s: %s", spec, err.text);
}

static void test_relative(void **state)
{
	(void)state;
	assert_int_equal(seconds("-10m", 4200), 3600);
	assert_int_equal(seconds("+30s", 60), 90);
	assert_int_equal(seconds("-90", 4200), 4110);
	assert_int_equal(seconds("-1h5m", 4200), 300);
	assert_int_equal(seconds("-1d", 4200), 4200 - 86400);
}

static void test_marks(void **state)
{
	(void)state;
	assert_int_equal(seconds("A", 0), 60);
	assert_int_equal(seconds("B", 4200), 120);
	expect_error("C", -ENOENT, "the last one is B");
}

static void test_clock(void **state)
{
	(void)state;
	assert_int_equal(seconds("22:05", 4200), 300);
	assert_int_equal(seconds("22:05:30", 4200), 330);
	assert_int_equal(seconds("13:05Z", 4200), 300);
	/* at 22:00:10 the newest 22:05 is yesterday's, before the recording: today's is meant */
	assert_int_equal(seconds("22:05", 10), 300);
	/* but a time shortly before the recording is that, not tomorrow's */
	assert_int_equal(seconds("21:00", 4200), -3600);
	assert_int_equal(seconds("y 22:05", 4200), 300 - 86400);
	assert_int_equal(seconds("2026-11-20T13:05:00Z", 0), 300);
	assert_int_equal(seconds("2026-11-20T22:05:00+09:00", 0), 300);
	assert_int_equal(seconds("2026-11-20 13:05:00.000Z", 0), 300);
}

static void test_past_midnight(void **state)
{
	struct model m = recorded();
	int64_t t;

	(void)state;
	/* four hours in it is 02:00 of the next day; 23:30 was the day before */
	m.now = 4 * 3600 * US_PER_S;
	assert_int_equal(time_spec_parse("23:30", &m, m.now, &t, NULL), 0);
	assert_int_equal(t, 5400 * US_PER_S);
	assert_int_equal(time_spec_parse("00:30", &m, m.now, &t, NULL), 0);
	assert_int_equal(t, 9000 * US_PER_S);
}

static void test_errors(void **state)
{
	static const char *const bad[] = {
		"", "-", "+", "-10x", "--5", "25:00", "12:60", "12:00:61", "12:00x", "noon", "a", "AB", "12",
		"-99999999999999999999", "-999999999d", "2026-11-20", "2026-13-20T00:00:00Z", "y", "\033[2J",
	};
	struct model m = { .has_clock = false };
	struct error err;
	int64_t t;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		expect_error(bad[i], -EINVAL, "is no time; write 14:05");
	assert_int_equal(time_spec_parse("14:05", &m, 0, &t, &err), -ENODATA);
	expect_error("Z", -ENOENT, "no mark Z");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_relative),
		cmocka_unit_test(test_marks),
		cmocka_unit_test(test_clock),
		cmocka_unit_test(test_past_midnight),
		cmocka_unit_test(test_errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
