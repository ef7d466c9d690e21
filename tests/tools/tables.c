// SPDX-License-Identifier: GPL-2.0-or-later
// Prints the tables that the manual and the completion must agree with, a row a line, fields separated by tabs:
// command NAME; option NAME LETTER ARGUMENT WORDS DEFAULT KEY COMMANDS; config SECTION KEY WORDS; action NAME KEYS;
// source NAME; exit STATUS; record KIND; field KIND FIELD; profile SECTION KEY; group NAME. "-" stands for none.
#include <stdio.h>

#include "app/app.h"
#include "decode/profile_int.h"
#include "tunwatch/options.h"
#include "tunwatch/table.h"

static const char *or_none(const char *s)
{
	return s && *s ? s : "-";
}

static void print_options(void)
{
	for (unsigned i = 0; i < OPTION_IDS; i++) {
		const struct option_row *row = option_row(i);
		const char letter[2] = { row->letter ? row->letter : '-', 0 };

		printf("option\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", row->name, letter, or_none(row->arg), or_none(row->words),
		       or_none(row->value), or_none(row->key), row->commands);
	}
	for (unsigned i = 0; i < CONFIG_KEYS; i++)
		printf("config\t%s\t%s\t%s\n", config_key(i)->section, config_key(i)->name,
		       or_none(config_key(i)->words));
}

static void print_records(void)
{
	for (int k = 1; k < RECORD_KINDS; k++) {
		const struct record_kind_info *info = record_kind_info((enum record_kind)k);

		printf("record\t%s\n", info->name);
		for (unsigned f = 0; f < info->nfields; f++)
			printf("field\t%s\t%s\n", info->name, info->fields[f].name);
	}
}

static void print_profile(void)
{
	const struct profile_key *key;

	for (size_t i = 0; (key = profile_key(i)); i++)
		printf("profile\t%s\t%s\n", key->section, key->name);
	for (unsigned g = 0; g < GROUPS; g++)
		printf("group\t%s\n", group_name(g));
}

int main(void)
{
	static const int statuses[] = { EXIT_OK, EXIT_USAGE, EXIT_DATA, EXIT_NOINPUT, EXIT_UNAVAILABLE, EXIT_CANTCREAT,
					EXIT_IO, EXIT_CONFIG };
	const struct command *commands;
	const struct action_info *actions;
	size_t n;

	commands = command_table(&n);
	for (size_t i = 0; i < n; i++)
		printf("command\t%s\n", commands[i].name);
	print_options();
	actions = action_table(&n);
	for (size_t i = 0; i < n; i++)
		printf("action\t%s\t%s\n", actions[i].name, actions[i].keys);
	for (const struct source_ops *const *s = source_table(); *s; s++)
		printf("source\t%s\n", (*s)->name);
	print_records();
	print_profile();
	for (size_t i = 0; i < ARRAY_LEN(statuses); i++)
		printf("exit\t%d\n", statuses[i]);
	return 0;
}
