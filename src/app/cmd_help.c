// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>

#include "app/app.h"

int cmd_help(struct options *o)
{
	const struct command *table;
	struct buf out = {0};
	size_t n, i = 0;
	int status = EXIT_OK;

	if (o->version) {
		printf(PROGRAM " " VERSION "\n");
		return EXIT_OK;
	}
	table = command_table(&n);
	while (o->nargs && i < n && strcmp(table[i].name, o->args[0]))
		i++;
	if (o->nargs && i == n)
		return die(EXIT_USAGE, "no such command '%.60s'; see: " PROGRAM " help", o->args[0]);
	options_help(&out, o->nargs ? o->args[0] : NULL);
	if (fwrite(out.data, 1, out.len, stdout) != out.len || fflush(stdout))
		status = EXIT_IO;
	buf_free(&out);
	return status;
}
