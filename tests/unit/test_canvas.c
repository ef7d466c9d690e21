// SPDX-License-Identifier: GPL-2.0-or-later
// Cells: clipping, wide characters, ASCII stand-ins, dumps.
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "tunwatch/canvas.h"

static void assert_dump(const struct canvas *c, const char *want)
{
	struct buf b = { 0 };

	canvas_dump(c, &b);
	assert_string_equal(b.data, want);
	buf_free(&b);
}

static struct canvas *make(bool ascii, int columns, int rows)
{
	struct canvas *c = canvas_new(ascii);

	canvas_resize(c, columns, rows);
	return c;
}

static void puts_and_clips(void **state)
{
	struct canvas *c = make(false, 6, 2);

	(void)state;
	assert_int_equal(canvas_put(c, 0, 0, -1, ROLE_PLAIN, "abcdefgh"), 6);
	assert_int_equal(canvas_put(c, 1, 1, 3, ROLE_UP, "wxyz"), 3);
	assert_int_equal(canvas_put(c, 9, 1, -1, ROLE_UP, "wxyz"), 0);
	canvas_put(c, -2, 1, 3, ROLE_UP, "123");
	canvas_put(c, 0, -1, 3, ROLE_UP, "123");
	canvas_put(c, 0, 2, 3, ROLE_UP, "123");
	assert_dump(c, "abcdef\n3wxy\n");
	assert_int_equal(canvas_row(c, 1)[1].role, ROLE_UP);
	canvas_free(c);
}

static void clip_confines(void **state)
{
	struct canvas *c = make(false, 5, 3);

	(void)state;
	canvas_clip(c, 1, 1, 2, 1);
	for (int y = -1; y < 5; y++)
		canvas_put(c, 0, y, 9, ROLE_PLAIN, "xxxxxxxxx");
	canvas_fill(c, -5, 1, 100, ROLE_BAR);
	canvas_put(c, 1, 1, 2, ROLE_PLAIN, "yz!");
	assert_dump(c, "\n yz\n\n");
	assert_int_equal(canvas_row(c, 1)[0].role, ROLE_PLAIN);
	canvas_free(c);
}

static void wide_characters(void **state)
{
	struct canvas *c = make(false, 5, 1);

	(void)state;
	assert_int_equal(canvas_put(c, 0, 0, -1, ROLE_PLAIN, "日本語"), 4);
	assert_dump(c, "日本\n");
	canvas_put(c, 1, 0, 1, ROLE_PLAIN, "x");
	assert_dump(c, " x本\n");
	canvas_put(c, 2, 0, 1, ROLE_PLAIN, "y");
	assert_dump(c, " xy\n");
	assert_int_equal(canvas_text_width("日本語"), 6);
	assert_int_equal(canvas_text_width("e\u0301"), 1);
	canvas_free(c);
}

static void hostile_text(void **state)
{
	struct canvas *c = make(false, 12, 1);

	(void)state;
	canvas_put(c, 0, 0, -1, ROLE_PLAIN, "a\x1b[2Jb\xff\xc3");
	assert_dump(c, "a?[2Jb??\n");
	canvas_free(c);
}

static void ascii_only(void **state)
{
	struct canvas *c = make(true, 20, 1);

	(void)state;
	canvas_put(c, 0, 0, -1, ROLE_PLAIN, "a → b ± ü 日");
	assert_dump(c, "a -> b +- ? ?\n");
	canvas_free(c);
}

static void sizes_are_bounded(void **state)
{
	struct canvas *c = make(false, -3, 0);

	(void)state;
	assert_int_equal(canvas_columns(c), 1);
	assert_int_equal(canvas_rows(c), 1);
	canvas_resize(c, 1 << 30, 1 << 30);
	assert_int_equal(canvas_columns(c), CANVAS_COLUMNS_MAX);
	assert_int_equal(canvas_rows(c), CANVAS_ROWS_MAX);
	canvas_put(c, CANVAS_COLUMNS_MAX - 1, CANVAS_ROWS_MAX - 1, -1, ROLE_PLAIN, "xx");
	canvas_free(c);
}

static void locale_decides(void **state)
{
	(void)state;
	assert_true(canvas_locale_draws("█▄×·"));
	assert_false(canvas_locale_draws("日"));
	setlocale(LC_CTYPE, "C");
	assert_false(canvas_locale_draws("×"));
	setlocale(LC_CTYPE, "C.UTF-8");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(puts_and_clips),   cmocka_unit_test(clip_confines),
		cmocka_unit_test(wide_characters),  cmocka_unit_test(hostile_text),
		cmocka_unit_test(ascii_only),       cmocka_unit_test(sizes_are_bounded),
		cmocka_unit_test(locale_decides),
	};

	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
