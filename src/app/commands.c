// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdarg.h>
#include <stdio.h>

#include "app/app.h"

static const struct command commands[] = {
	{ "live", "", "watch this host's tunnels (what tunwatch does without a command)", cmd_live },
	{ "attach", "[SESSION]", "show a running session; -l lists them", cmd_attach },
	{ "stop", "[SESSION]", "end a running session", cmd_stop },
	{ "record", "-o FILE", "collect without a screen; -o - writes to standard output", cmd_record },
	{ "replay", "FILE...", "show a recording; - reads a stream", cmd_replay },
	{ "report", "FILE...", "tell what happened, tunnel by tunnel", cmd_report },
	{ "export", "FILE...", "print records for other programs", cmd_export },
	{ "check", "", "one verdict for scripts and monitoring systems", cmd_check },
	{ "mtu", "HOST", "search the path MTU, and print what to configure", cmd_mtu },
	{ "list", "", "print the tunnels found as a configuration to start from", cmd_list },
	{ "router-test", "PROFILE FILE", "try a router's profile on text that was captured", cmd_router_test },
	{ "help", "[COMMAND]", "explain a command", cmd_help },
};

const struct command *command_table(size_t *ret_n)
{
	*ret_n = ARRAY_LEN(commands);
	return commands;
}

int die(int code, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	fprintf(stderr, PROGRAM ": %s\n", text);
	return code;
}
