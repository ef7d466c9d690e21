// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "app/app.h"
#include "app/value.h"
#include "tunwatch/options.h"

enum { ARGS_MAX = 16 };

struct parsed {
	struct options o;
	const struct command *command;
	struct error err;
	int status;
};

/* Parse "tunwatch LINE", split at blanks. */
static struct parsed parse(const char *line)
{
	struct parsed p = { .status = 0 };
	char copy[512], *argv[ARGS_MAX] = { (char[]){ PROGRAM } }, *save = NULL;
	int argc = 1;

	str_copy(copy, sizeof copy, line);
	for (char *s = strtok_r(copy, " ", &save); s; s = strtok_r(NULL, " ", &save))
		argv[argc++] = s;
	p.command = options_parse(&p.o, argc, argv, &p.status, &p.err);
	return p;
}

static void expect_error(const char *line, const char *part)
{
	struct parsed p = parse(line);

	if (p.command)
		fail_msg("'%s' was accepted", line);
	assert_int_equal(p.status, EXIT_USAGE);
	if (!strstr(p.err.text, part))
		fail_msg("'%s': '%s' does not hold '%s'", line, p.err.text, part);
	options_free(&p.o);
}

static void test_defaults(void **state)
{
	struct parsed p = parse("");

	(void)state;
	assert_string_equal(p.command->name, "live");
	assert_string_equal(p.o.command, "live");
	assert_true(p.o.interval == 1.0);
	assert_int_equal(p.o.mtu_period_s, 10);
	assert_int_equal(options_watch(&p.o).mtu_period_us, 10 * US_PER_S);
	assert_int_equal(p.o.linger_s, 86400);
	assert_int_equal(p.o.disk_cap, 1 << 30);
	assert_int_equal(p.o.rotate_size, 64 << 20);
	assert_true(p.o.given == 0);
	options_free(&p.o);
}

static void test_whole_seconds(void **state)
{
	static const struct { const char *line; int64_t seconds; } forms[] = {
		{ "check --mtu-period 1.5m", 90 }, { "check --mtu-period 2000ms", 2 }, { "check --mtu-period 0.7m", 42 },
		{ "check --mtu-period 0.1h", 360 }, { "check --mtu-period 0s", 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
		struct parsed p = parse(forms[i].line);

		if (!p.command || p.o.mtu_period_s != forms[i].seconds)
			fail_msg("%s: %lld %s", forms[i].line, (long long)p.o.mtu_period_s, p.err.text);
		options_free(&p.o);
	}
}

static void test_every_form(void **state)
{
	static const char *const lines[] = {
		"-n 0.5 check", "check -n 0.5", "check -n0.5", "check --interval 0.5", "check --interval=0.5",
		"--interval 0.5 check", "check -n 500ms",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
		struct parsed p = parse(lines[i]);

		if (!p.command)
			fail_msg("%s: %s", lines[i], p.err.text);
		assert_string_equal(p.command->name, "check");
		assert_true(p.o.interval == 0.5);
		assert_int_equal(p.o.nargs, 0);
		options_free(&p.o);
	}
}

static void test_arguments(void **state)
{
	struct parsed p = parse("report -f json a.twr --utc - -- -odd");

	(void)state;
	assert_non_null(p.command);
	assert_string_equal(p.command->name, "report");
	assert_int_equal(p.o.nargs, 3);
	assert_string_equal(p.o.args[0], "a.twr");
	assert_string_equal(p.o.args[1], "-");
	assert_string_equal(p.o.args[2], "-odd");
	assert_string_equal(p.o.format, "json");
	assert_true(p.o.utc);
	options_free(&p.o);
}

static void test_lists_and_sizes(void **state)
{
	struct parsed p = parse("-i vti* -i gre1 --disk-cap 2G --rotate-size 100k --linger 2h --mtu-period 0");

	(void)state;
	assert_non_null(p.command);
	assert_int_equal(p.o.nglobs, 2);
	assert_string_equal(p.o.globs[0], "vti*");
	assert_string_equal(p.o.globs[1], "gre1");
	assert_int_equal(p.o.disk_cap, INT64_C(2) << 30);
	assert_int_equal(p.o.rotate_size, 102400);
	assert_int_equal(p.o.linger_s, 7200);
	assert_int_equal(p.o.mtu_period_s, 0);
	options_free(&p.o);
	p = parse("replay f --size 120x40");
	assert_non_null(p.command);
	assert_int_equal(p.o.columns, 120);
	assert_int_equal(p.o.rows, 40);
	options_free(&p.o);
}

/* The same name can mean something else to another command. */
static void test_formats(void **state)
{
	struct parsed p = parse("export x");

	(void)state;
	assert_string_equal(p.o.format, "jsonl");
	options_free(&p.o);
	p = parse("report x");
	assert_string_equal(p.o.format, "text");
	options_free(&p.o);
	expect_error("check --mtu-period 0.5", "must be a time in whole seconds");
	expect_error("check --mtu-period 500ms", "from 0 to 3600, not '500ms'");
	expect_error("check --mtu-period 1.5", "whole seconds");
	expect_error("--linger 1ms", "whole seconds");
	expect_error("report x -f csv", "must be one of text, md, json");
	expect_error("export x --format json", "did you mean jsonl?");
}

static void test_errors(void **state)
{
	(void)state;
	expect_error("--intervall 3", "did you mean --interval?");
	expect_error("chek", "did you mean check?");
	expect_error("move.twr", "tunwatch replay move.twr");
	expect_error("frobnicate", "tunwatch help");
	expect_error("-n 0", "from 0.1 to 60");
	expect_error("-n 61", "from 0.1 to 60");
	expect_error("-n nan", "from 0.1 to 60");
	expect_error("-n", "needs a value");
	expect_error("--disk-cap 12", "from 1M to");
	expect_error("--utc=1", "takes no value");
	expect_error("check --kind link", "check does not take the option --kind (export)");
	expect_error("-Z", "no such option -Z");
	expect_error("replay --size 80", "80x24");
	expect_error("replay --size 0x24", "80x24");
	expect_error("--write=", "must not be empty");
}

static void test_help(void **state)
{
	struct parsed p = parse("check --help");

	(void)state;
	assert_string_equal(p.command->name, "help");
	assert_int_equal(p.o.nargs, 1);
	assert_string_equal(p.o.args[0], "check");
	options_free(&p.o);
	p = parse("--version");
	assert_string_equal(p.command->name, "help");
	assert_true(p.o.version);
	options_free(&p.o);
}

static void test_help_names_every_option(void **state)
{
	const struct command *table;
	size_t n;

	(void)state;
	table = command_table(&n);
	for (size_t i = 0; i < n; i++) {
		struct buf out = {0};

		options_help(&out, table[i].name);
		for (unsigned id = 0; id < OPTION_IDS; id++) {
			char name[64] = "--";

			str_copy(name + 2, sizeof name - 2, option_row(id)->name);
			if (option_word(option_row(id)->commands, table[i].name))
				assert_non_null(strstr(out.data, name));
		}
		buf_free(&out);
	}
}

/* Every command in the table of options exists, and no two rows of one command share a name or a letter. */
static void test_table_is_sound(void **state)
{
	(void)state;
	for (unsigned a = 0; a < OPTION_IDS; a++) {
		const struct option_row *row = option_row(a);

		assert_true(strlen(row->what) > 5);
		assert_true(row->type == VALUE_FLAG ? !row->arg : !!row->arg);
		for (unsigned b = a + 1; b < OPTION_IDS; b++) {
			const struct option_row *other = option_row(b);
			const struct command *table;
			size_t n;

			table = command_table(&n);
			for (size_t i = 0; i < n; i++) {
				if (!option_word(row->commands, table[i].name) ||
				    !option_word(other->commands, table[i].name))
					continue;
				assert_string_not_equal(row->name, other->name);
				assert_true(!row->letter || row->letter != other->letter);
			}
			/* so that the command can be found before it is known which row is meant */
			if (!strcmp(row->name, other->name))
				assert_true(!row->arg == !other->arg);
		}
	}
}

static void test_values(void **state)
{
	static const struct { enum value_type type; const char *text; bool good; } cases[] = {
		{ VALUE_HOST, "192.0.2.1", true }, { VALUE_HOST, "2001:db8::1", true },
		{ VALUE_HOST, "gw.example.net", true }, { VALUE_HOST, "gateway", true },
		{ VALUE_HOST, "10.0.0.300", false }, { VALUE_HOST, "2001:db8::g", false },
		{ VALUE_HOST, "", false }, { VALUE_HOST, "-x", false }, { VALUE_HOST, "a b", false },
		{ VALUE_HOST, "a..b", false },
		{ VALUE_ADDRESS, "192.0.2.1", true }, { VALUE_ADDRESS, "host", false },
		{ VALUE_IFNAME, "vti1", true }, { VALUE_IFNAME, "eth0.100", true },
		{ VALUE_IFNAME, "sixteen-letters-", false }, { VALUE_IFNAME, "a/b", false },
		{ VALUE_IFNAME, "..", false }, { VALUE_IFNAME, "", false },
		{ VALUE_NEIGHBOR, "eth0", true }, { VALUE_NEIGHBOR, "fe80::1", true },
		{ VALUE_TEXT, "fine", true }, { VALUE_TEXT, "\033[2J", false }, { VALUE_TEXT, "", false },
		{ VALUE_ZONE, "+09:00", true }, { VALUE_ZONE, "-0330", true }, { VALUE_ZONE, "+9", true },
		{ VALUE_ZONE, "UTC", true }, { VALUE_ZONE, "+14:00", true }, { VALUE_ZONE, "+14:60", false },
		{ VALUE_ZONE, "+15", false }, { VALUE_ZONE, "09:00", false }, { VALUE_ZONE, "+", false },
		{ VALUE_ZONE, "", false }, { VALUE_ZONE, "+09:0x", false }, { VALUE_ZONE, "+09:000", false },
		{ VALUE_ZONE, "+-9", false }, { VALUE_ZONE, "+09:", false }, { VALUE_ZONE, "JST", false },
		{ VALUE_LISTEN, "192.0.2.1", true }, { VALUE_LISTEN, "192.0.2.1:514", true },
		{ VALUE_LISTEN, "2001:db8::1", true }, { VALUE_LISTEN, "[2001:db8::1]:514", true },
		{ VALUE_LISTEN, "[2001:db8::1]", true }, { VALUE_LISTEN, "0.0.0.0:5140", true },
		{ VALUE_LISTEN, "192.0.2.1:", false }, { VALUE_LISTEN, "192.0.2.1:0", false },
		{ VALUE_LISTEN, "192.0.2.1:65536", false }, { VALUE_LISTEN, ":514", false },
		{ VALUE_LISTEN, "host:514", false }, { VALUE_LISTEN, "[192.0.2.1]:514", false },
		{ VALUE_LISTEN, "[2001:db8::1]514", false }, { VALUE_LISTEN, "[", false }, { VALUE_LISTEN, "", false },
		{ VALUE_CHARSET, "CP932", true }, { VALUE_CHARSET, "EUC-JP", true }, { VALUE_CHARSET, "", false },
		{ VALUE_CHARSET, "UTF-8//IGNORE", false }, { VALUE_CHARSET, "nonsense", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct value_rule rule = { .type = cases[i].type };
		struct error err;

		if ((value_read(&rule, cases[i].text, NULL, &err) == 0) != cases[i].good)
			fail_msg("'%s' as type %d", cases[i].text, cases[i].type);
	}
}

static void test_watch(void **state)
{
	struct parsed p = parse("-n 0.25");
	struct watch_config w;
	char text[ADDR_TEXT_MAX];

	(void)state;
	setenv("SSH_CONNECTION", "192.0.2.7 50000 192.0.2.1 22", 1);
	w = options_watch(&p.o);
	assert_int_equal(w.interval_us, 250000);
	assert_string_equal(addr_format(&w.ssh_client, text), "192.0.2.7");
	setenv("SSH_CONNECTION", "nonsense", 1);
	w = options_watch(&p.o);
	assert_false(addr_is_set(&w.ssh_client));
	options_free(&p.o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_every_form),
		cmocka_unit_test(test_whole_seconds),
		cmocka_unit_test(test_arguments),
		cmocka_unit_test(test_lists_and_sizes),
		cmocka_unit_test(test_formats),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_help),
		cmocka_unit_test(test_help_names_every_option),
		cmocka_unit_test(test_table_is_sound),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_watch),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
