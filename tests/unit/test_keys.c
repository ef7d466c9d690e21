// SPDX-License-Identifier: GPL-2.0-or-later
// Bytes to keys, keys to actions.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tunwatch/table.h"
#include "tunwatch/term.h"

static void assert_key(const char *bytes, bool final, size_t want_len, const char *want)
{
	char key[TERM_KEY_MAX];
	size_t n = term_parse_key(bytes, strlen(bytes), final, key);

	if (n != want_len || strcmp(key, want) != 0)
		fail_msg("%s: %zu '%s', not %zu '%s'", bytes[0] == 27 ? bytes + 1 : bytes, n, key, want_len, want);
}

static void names_of_keys(void **state)
{
	(void)state;
	assert_key("a", false, 1, "a");
	assert_key("\r", false, 1, "Enter");
	assert_key("\n", false, 1, "Enter");
	assert_key(" ", false, 1, "Space");
	assert_key("\x7f", false, 1, "Backspace");
	assert_key("\x0c", false, 1, "^L");
	assert_key("\x1b[A", false, 3, "Up");
	assert_key("\x1bOB", false, 3, "Down");
	assert_key("\x1b[5~j", false, 4, "PgUp");
	assert_key("\x1b[1;5C", false, 6, "Right");
	assert_key("\x1b[21~", false, 5, "F10");
	assert_key("\x1bOP", false, 3, "F1");
	assert_key("\x1b[[A", false, 4, "F1");
	assert_key("\x1b[1~", false, 4, "Home");
	assert_key("ü", false, 2, "ü");
}

static void waits_for_the_rest(void **state)
{
	(void)state;
	assert_key("\x1b", false, 0, "");
	assert_key("\x1b", true, 1, "Esc");
	assert_key("\x1b[", false, 0, "");
	assert_key("\x1b[1;", false, 0, "");
	assert_key("\x1bO", false, 0, "");
	assert_key("\xc3", false, 0, "");
	assert_key("\xc3", true, 1, "");
	assert_key("\x1bx", false, 1, "Esc");
}

static void nonsense_is_passed_over(void **state)
{
	(void)state;
	assert_key("\x1b[99~", false, 5, "");
	assert_key("\x1b[?1;2c", false, 7, "");
	assert_key("\x1b[1\x01", false, 3, "");
	assert_key("\x1b[1111111111111111111111", false, 16, "");
	assert_key("\xff", false, 1, "");
	assert_key("\xc2\x85", false, 2, "");
}

static void actions_of_keys(void **state)
{
	(void)state;
	assert_int_equal(action_find("q", MODE_LIVE), ACTION_QUIT);
	assert_int_equal(action_find("F10", MODE_REPLAY), ACTION_QUIT);
	assert_int_equal(action_find("r", MODE_LIVE), ACTION_RESET);
	assert_int_equal(action_find("r", MODE_REPLAY), ACTION_REWIND);
	assert_int_equal(action_find("Space", MODE_LIVE), ACTION_PAUSE);
	assert_int_equal(action_find("m", MODE_REPLAY), ACTION_NONE);
	assert_int_equal(action_find("", MODE_LIVE), ACTION_NONE);
	assert_int_equal(action_find("F1", MODE_LIVE), ACTION_HELP);
	assert_int_equal(action_find("F", MODE_LIVE), ACTION_NONE);
}

// No key means two things in one mode, none is one that screen, tmux or the terminal keep, and all have a help line.
static void table_is_sound(void **state)
{
	static const char *const taken[] = { "^A", "^B", "^S", "^Q", "^Z", "^C" };
	size_t n;
	const struct action_info *a = action_table(&n);

	(void)state;
	for (size_t i = 0; i < n; i++) {
		char keys[64], *save = NULL;

		assert_true(a[i].help && *a[i].help && a[i].name && a[i].modes);
		assert_true(!a[i].footer == !a[i].rank);
		str_copy(keys, sizeof keys, a[i].keys);
		for (char *k = strtok_r(keys, " ", &save); k; k = strtok_r(NULL, " ", &save)) {
			for (unsigned mode = MODE_LIVE; mode <= MODE_REPLAY; mode++)
				if (a[i].modes & mode)
					assert_int_equal(action_find(k, mode), a[i].action);
			for (size_t t = 0; t < ARRAY_LEN(taken); t++)
				assert_string_not_equal(k, taken[t]);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_of_keys),           cmocka_unit_test(waits_for_the_rest),
		cmocka_unit_test(nonsense_is_passed_over), cmocka_unit_test(actions_of_keys),
		cmocka_unit_test(table_is_sound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
