// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/app.h"
#include "app/inputs.h"
#include "app/value.h"
#include "tunwatch/options.h"

/* Where a row's value goes. */
#define OFFSET(id, member, name, letter, type, arg, words, min, max, value, commands, key, what) \
	[OPTION_##id] = offsetof(struct options, member),
static const size_t offsets[OPTION_IDS] = { OPTION_TABLE(OFFSET) };
_Static_assert(OPTION_IDS <= 64, "struct options: given has a bit for each");

struct parse {
	struct options *o;
	char **argv;
	int argc, at;
	const char *command; /* name */
	struct error *err;
};

static bool row_has(const struct option_row *row, const char *command)
{
	return option_word(row->commands, command);
}

/* The row of a long name (len bytes of it) or of a letter that the command takes; OPTION_IDS when there is none.
 * command NULL: any. */
static unsigned find_long(const char *name, size_t len, const char *command)
{
	for (unsigned i = 0; i < OPTION_IDS; i++) {
		const struct option_row *row = option_row(i);

		if (strlen(row->name) == len && !memcmp(row->name, name, len) && (!command || row_has(row, command)))
			return i;
	}
	return OPTION_IDS;
}

static unsigned find_letter(char letter, const char *command)
{
	for (unsigned i = 0; i < OPTION_IDS; i++)
		if (option_row(i)->letter == letter && (!command || row_has(option_row(i), command)))
			return i;
	return OPTION_IDS;
}

int option_set(struct options *o, unsigned id, const char *text, struct error *err)
{
	const struct option_row *row = option_row(id);
	struct value_rule rule = { row->type, row->words, row->min, row->max };
	int r = value_read(&rule, text, (char *)o + offsets[id], err);

	if (!r && row->type == VALUE_LIST) {
		o->globs = xrealloc(o->globs, o->nglobs + 1, sizeof *o->globs);
		o->globs[o->nglobs++] = xstrdup(text);
	}
	return r;
}

static void set_defaults(struct options *o)
{
	for (unsigned i = 0; i < OPTION_IDS; i++)
		if (option_row(i)->value && option_row(i)->type != VALUE_CHOICE)
			option_set(o, i, option_row(i)->value, NULL);
}

/* "record, report and export" */
static const char *command_list(const char *commands, char out[160])
{
	size_t n = 0;

	*out = 0;
	for (const char *p = commands; *p;) {
		size_t len = strcspn(p, " ");
		const char *next = p + len + strspn(p + len, " ");

		str_append(out, 160, &n, "%s%.*s", p == commands ? "" : *next ? ", " : " and ", (int)len, p);
		p = next;
	}
	return out;
}

/* No such option for this command: say who takes it, or what was meant. */
static int unknown_option(struct parse *p, const char *shown, const char *name, size_t len, unsigned other)
{
	char clean[80], words[1024], nearest[64], list[160];
	size_t n = 0;

	str_clean(clean, sizeof clean, shown, strlen(shown));
	if (other < OPTION_IDS)
		return error_set(p->err, -EINVAL, "%s does not take the option %s (%s); see: " PROGRAM " help %s",
				 p->command, clean, command_list(option_row(other)->commands, list), p->command);
	*words = 0;
	for (unsigned i = 0; i < OPTION_IDS; i++)
		if (row_has(option_row(i), p->command))
			str_append(words, sizeof words, &n, "%s ", option_row(i)->name);
	snprintf(list, sizeof list, "%.*s", len < 64 ? (int)len : 64, name);
	if (len && value_nearest(words, list, nearest))
		return error_set(p->err, -EINVAL, "no such option %s; did you mean --%s?", clean, nearest);
	return error_set(p->err, -EINVAL, "no such option %s; see: " PROGRAM " help %s", clean, p->command);
}

static int take(struct parse *p, unsigned id, const char *shown, const char *value)
{
	const struct option_row *row = option_row(id);
	struct error why;

	if (row->arg && !value && p->at + 1 < p->argc)
		value = p->argv[++p->at];
	if (row->arg && !value)
		return error_set(p->err, -EINVAL, "the option %s needs a value: %s (%s)", shown, row->arg, row->what);
	if (option_set(p->o, id, row->arg ? value : "true", &why))
		return error_set(p->err, -EINVAL, "the option %s %s", shown, why.text);
	p->o->given |= UINT64_C(1) << id;
	return 0;
}

static int take_long(struct parse *p, const char *arg)
{
	const char *name = arg + 2, *equals = strchr(name, '=');
	size_t len = equals ? (size_t)(equals - name) : strlen(name);
	unsigned id = find_long(name, len, p->command);
	char shown[64];

	snprintf(shown, sizeof shown, "--%.*s", len < 60 ? (int)len : 60, name);
	if (id == OPTION_IDS)
		return unknown_option(p, shown, name, len, find_long(name, len, NULL));
	if (equals && !option_row(id)->arg)
		return error_set(p->err, -EINVAL, "the option %s takes no value", shown);
	return take(p, id, shown, equals ? equals + 1 : NULL);
}

static int take_letters(struct parse *p, const char *arg)
{
	for (const char *s = arg + 1; *s; s++) {
		unsigned id = find_letter(*s, p->command);
		char shown[3] = { '-', *s, 0 };
		int r;

		if (id == OPTION_IDS)
			return unknown_option(p, shown, "", 0, find_letter(*s, NULL));
		if (option_row(id)->arg)
			return take(p, id, shown, s[1] ? s + 1 : NULL);
		r = take(p, id, shown, NULL);
		if (r)
			return r;
	}
	return 0;
}

/* How many arguments more the option at arg takes, whatever the command: 1 when its value stands in the next one,
 * -1 when there is no such option. */
static int skip_of(const char *arg)
{
	unsigned id;

	if (arg[1] == '-') {
		id = find_long(arg + 2, strcspn(arg + 2, "="), NULL);
		return id == OPTION_IDS ? -1 : option_row(id)->arg && !strchr(arg, '=');
	}
	for (const char *s = arg + 1; *s; s++) {
		id = find_letter(*s, NULL);
		if (id == OPTION_IDS)
			return -1;
		if (option_row(id)->arg)
			return !s[1];
	}
	return 0;
}

static const struct command *command_find(const char *name)
{
	size_t n;
	const struct command *table = command_table(&n);

	for (size_t i = 0; i < n; i++)
		if (!strcmp(table[i].name, name))
			return &table[i];
	return NULL;
}

/* The first word that is no option names the command; *ret_at is its index, or -1. */
static const struct command *pick_command(int argc, char **argv, int *ret_at, struct error *err)
{
	char clean[80], words[512], nearest[64];
	const struct command *c, *table;
	size_t n, len = 0;
	int i = 1;

	*ret_at = -1;
	while (i < argc && argv[i][0] == '-' && argv[i][1] && strcmp(argv[i], "--") && skip_of(argv[i]) >= 0)
		i += 1 + skip_of(argv[i]);
	/* at an unknown option nobody knows whether the next word is its value: the parser will refuse it */
	if (i >= argc || (argv[i][0] == '-' && argv[i][1]))
		return command_find("live");
	*ret_at = i;
	c = command_find(argv[i]);
	if (c)
		return c;
	table = command_table(&n);
	*words = 0;
	for (size_t k = 0; k < n; k++)
		str_append(words, sizeof words, &len, "%s ", table[k].name);
	str_clean(clean, sizeof clean, argv[i], strlen(argv[i]));
	len = strlen(argv[i]);
	if (len > 4 && !strcmp(argv[i] + len - 4, ".twr"))
		error_set(err, -EINVAL, "no such command '%s'; to show a recording: " PROGRAM " replay %s", clean,
			  clean);
	else if (value_nearest(words, argv[i], nearest))
		error_set(err, -EINVAL, "no such command '%s'; did you mean %s?", clean, nearest);
	else
		error_set(err, -EINVAL, "no such command '%s'; see: " PROGRAM " help", clean);
	return NULL;
}

static void add_arg(struct options *o, const char *text)
{
	o->args = xrealloc(o->args, o->nargs + 1, sizeof *o->args);
	o->args[o->nargs++] = xstrdup(text);
}

static int parse_args(struct parse *p, int command_at)
{
	bool plain = false;
	int r = 0;

	for (p->at = 1; !r && p->at < p->argc; p->at++) {
		const char *arg = p->argv[p->at];

		if (p->at == command_at)
			continue;
		if (plain || arg[0] != '-' || !arg[1])
			add_arg(p->o, arg);
		else if (!strcmp(arg, "--"))
			plain = true;
		else
			r = arg[1] == '-' ? take_long(p, arg) : take_letters(p, arg);
	}
	return r;
}

static const struct command *give_help(struct options *o, const struct command *c, bool topic)
{
	for (size_t i = 0; i < o->nargs; i++)
		free(o->args[i]);
	o->nargs = 0;
	if (topic && strcmp(c->name, "help"))
		add_arg(o, c->name);
	return command_find("help");
}

const struct command *options_parse(struct options *o, int argc, char **argv, int *ret_status, struct error *err)
{
	const struct command *c;
	struct parse p = { .o = o, .argv = argv, .argc = argc, .err = err };
	int command_at;

	*o = (struct options){0};
	set_defaults(o);
	c = pick_command(argc, argv, &command_at, err);
	p.command = c ? c->name : "";
	if (!c || parse_args(&p, command_at)) {
		*ret_status = EXIT_USAGE;
		return NULL;
	}
	if (o->version || (o->help && strcmp(c->name, "help")))
		c = give_help(o, c, command_at >= 0);
	o->command = c->name;
	for (unsigned i = 0; !o->format && i < OPTION_IDS; i++)
		if (option_row(i)->type == VALUE_CHOICE && row_has(option_row(i), c->name))
			option_set(o, i, option_row(i)->value, NULL);
	return c;
}

static void free_tunnel(struct tunnel_config *t)
{
	const char *const strings[] = { t->name, t->ifname, t->peer, t->outer, t->bgp, t->router, t->remote_name,
					t->group, t->source, t->device };

	for (size_t i = 0; i < ARRAY_LEN(strings); i++)
		free((void *)(uintptr_t)strings[i]);
}

void options_free(struct options *o)
{
	char *const strings[] = { o->config_file, o->write_file, o->output, o->only, o->format, o->kind, o->tunnel,
				  o->from, o->to, o->hashes, o->keys, o->device, o->router_command,
				  o->log, o->profile };

	for (size_t i = 0; i < ARRAY_LEN(strings); i++)
		free(strings[i]);
	for (size_t i = 0; i < o->nglobs; i++)
		free(o->globs[i]);
	for (size_t i = 0; i < o->nargs; i++)
		free(o->args[i]);
	for (size_t i = 0; i < o->ntunnels; i++)
		free_tunnel(&o->tunnels[i]);
	free(o->globs);
	free(o->args);
	free(o->tunnels);
	inputs_free(o);
	*o = (struct options){0};
}

enum { HELP_INDENT = 26, HELP_WIDTH = 80 };

/* Append words, going on in the next line, indented, where they would pass the width. column: where out stands. */
static void help_words(struct buf *out, size_t column, const char *text)
{
	bool first = true;

	while (*text) {
		size_t n = strcspn(text, " ");

		if (!first && column + 1 + n > HELP_WIDTH) {
			buf_printf(out, "\n%*s", HELP_INDENT, "");
			column = HELP_INDENT;
			first = true;
		}
		buf_printf(out, "%s%.*s", first ? "" : " ", (int)n, text);
		column += n + !first;
		first = false;
		text += n + strspn(text + n, " ");
	}
	buf_putc(out, '\n');
}

static void help_option(struct buf *out, const struct option_row *row)
{
	char left[64], text[200];
	size_t n = 0;

	if (row->letter)
		str_append(left, sizeof left, &n, "  -%c, --%s", row->letter, row->name);
	else
		str_append(left, sizeof left, &n, "      --%s", row->name);
	if (row->arg)
		str_append(left, sizeof left, &n, " %s", row->arg);
	if (n < HELP_INDENT)
		buf_printf(out, "%-*s", HELP_INDENT, left);
	else
		buf_printf(out, "%s\n%*s", left, HELP_INDENT, "");
	n = 0;
	str_append(text, sizeof text, &n, "%s", row->what);
	if (row->value)
		str_append(text, sizeof text, &n, " (default %s)", row->value);
	help_words(out, HELP_INDENT, text);
}

static void help_command(struct buf *out, const struct command *c)
{
	char left[64];

	snprintf(left, sizeof left, "  %-7s %s", c->name, c->synopsis);
	buf_printf(out, "%-*s", HELP_INDENT, left);
	help_words(out, HELP_INDENT, c->what);
}

static void help_options(struct buf *out, const char *command)
{
	buf_puts(out, "\nOptions:\n");
	for (unsigned i = 0; i < OPTION_IDS; i++)
		if (row_has(option_row(i), command))
			help_option(out, option_row(i));
}

void options_help(struct buf *out, const char *command)
{
	const struct command *c = command ? command_find(command) : NULL;
	const struct command *table;
	size_t n;

	if (c) {
		bool live = !strcmp(c->name, "live");

		buf_printf(out, "Usage: " PROGRAM " %s%s[options]%s%s\n\n%s\n", live ? "" : c->name, live ? "" : " ",
			   *c->synopsis ? " " : "", c->synopsis, c->what);
		help_options(out, c->name);
		return;
	}
	table = command_table(&n);
	buf_puts(out, "Usage: " PROGRAM " [command] [options] [arguments]\n\n"
		      "Shows whether tunnels are healthy, and keeps what it saw.\n\nCommands:\n");
	for (size_t i = 0; i < n; i++)
		help_command(out, &table[i]);
	help_options(out, "live");
	buf_puts(out, "\nMore: " PROGRAM " help COMMAND, man " PROGRAM ", man " PROGRAM ".conf\n");
}

struct watch_config options_watch(const struct options *o)
{
	struct watch_config w = {
		.tunnels = o->tunnels,
		.ntunnels = o->ntunnels,
		.globs = (const char *const *)o->globs,
		.nglobs = o->nglobs,
		.routers = o->routers,
		.nrouters = o->nrouters,
		.logs = o->logs,
		.nlogs = o->nlogs,
		.interval_us = (int64_t)(o->interval * 1e6 + 0.5),
		.mtu_period_us = o->mtu_period_s * US_PER_S,
	};
	const char *ssh = getenv("SSH_CONNECTION");
	char client[ADDR_TEXT_MAX];
	size_t n = ssh ? strcspn(ssh, " %") : 0;

	if (n && n < sizeof client) {
		memcpy(client, ssh, n);
		client[n] = 0;
		addr_parse(client, &w.ssh_client);
	}
	return w;
}
