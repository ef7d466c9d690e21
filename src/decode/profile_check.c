// SPDX-License-Identifier: GPL-2.0-or-later
// What a profile must not do, and what it must have.
#include "decode/profile_int.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

enum { LINE_LENGTH_MAX = 200 };

static bool starts_with(const char *line, const char *start)
{
	return !strncmp(line, start, strlen(start));
}

static bool is_one_of(const char *line, const char *const *words)
{
	for (; *words; words++)
		if (!strcmp(line, *words))
			return true;
	return false;
}

/* The start and a number. */
static bool is_with_number(const char *line, const char *start)
{
	const char *number = line + strlen(start);

	return starts_with(line, start) && *number && strspn(number, "0123456789") == strlen(number);
}

/* A pipe may choose lines, on the router; others write files there. */
static const char *refuse_pipe(const char *line)
{
	static const char *const filters[] = { "include ", "exclude ", "begin ", "section ", "match ", "except ",
					       "no-more" };
	const char *at = strchr(line, '|');
	size_t i = 0;

	if (!at)
		return NULL;
	at += 1 + strspn(at + 1, " ");
	while (i < ARRAY_LEN(filters) && !starts_with(at, filters[i]))
		i++;
	if (i == ARRAY_LEN(filters) || strchr(at, '|'))
		return "may pipe only to include, exclude, begin, section, match, except or no-more";
	return NULL;
}

/* Routers take words cut short: "show ru". */
static bool is_cut_from(const char *word, size_t len, const char *whole)
{
	size_t n = strlen(whole);

	return !strncasecmp(word, whole, len < n ? len : n);
}

static bool holds(const char *word, size_t len, const char *part)
{
	for (size_t n = strlen(part); len >= n; word++, len--)
		if (!strncasecmp(word, part, n))
			return true;
	return false;
}

static bool tells_secrets(const char *words, size_t len)
{
	static const char *const first[] = { "configuration", "running", "startup", "tech" };
	static const char *const any[] = { "config", "running", "startup", "secret", "password" };

	for (size_t at = 0, n, nth = 0; at < len; at += n, nth++) {
		const char *word = words + (at += strspn(words + at, " "));

		n = strcspn(word, " |");
		if (!n || at >= len)
			break;
		for (size_t i = 0; !nth && i < ARRAY_LEN(first); i++)
			if (is_cut_from(word, n, first[i]))
				return true;
		for (size_t i = 0; i < ARRAY_LEN(any); i++)
			if (holds(word, n, any[i]))
				return true;
		if ((n == 3 && !strncasecmp(word, "key", n)) || (n == 4 && !strncasecmp(word, "keys", n)))
			return true;
	}
	return false;
}

static const char *refuse_command(const char *line)
{
	const char *what = line + strlen("show");

	if (!starts_with(line, "show "))
		return "must begin with 'show ': a router is only read";
	if (tells_secrets(what, strcspn(what, "|")))
		return "must not ask for a configuration or a key: they hold passwords";
	return refuse_pipe(line);
}

const char *line_refused(const char *line, enum line_use use)
{
	static const char *const leave[] = { "exit", "quit", "end", NULL };
	static const char *const logout[] = { "exit", "quit", "logout", NULL };
	static const char *const numbers[] = { "terminal length ", "terminal width ", "set cli screen-length ",
					       "set cli screen-width " };
	/* neither help (?) nor anything that a shell would take for more than a word */
	static const char signs[] = " ._:/,-*[]()^|+@%";

	for (const char *s = line; *s; s++)
		if (!(*s >= '0' && *s <= '9') && !((*s | 32) >= 'a' && (*s | 32) <= 'z') && !strchr(signs, *s))
			return "must be of letters, digits, blanks and ._:/,-*[]()^|+@%";
	if (strlen(line) > LINE_LENGTH_MAX)
		return "is longer than 200 bytes";
	switch (use) {
	case LINE_COMMAND:
		return refuse_command(line);
	case LINE_SETUP:
		for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
			if (is_with_number(line, numbers[i]))
				return NULL;
		return strcmp(line, "restrict") ? "must be 'terminal length N', 'terminal width N', "
						  "'set cli screen-length N', 'set cli screen-width N' or "
						  "'restrict': a router is only read" : NULL;
	case LINE_ENTER:
		return strcmp(line, "configure") && !is_with_number(line, numbers[0]) ?
		       "must be 'configure' or 'terminal length N', or not be there" : NULL;
	case LINE_LEAVE:
		return is_one_of(line, leave) ? NULL : "must be 'exit', 'quit' or 'end'";
	case LINE_SAY:
		return strcmp(line, "cli") ? "must be 'cli'" : NULL;
	case LINE_LOGOUT:
		return is_one_of(line, logout) ? NULL : "must be 'exit', 'quit' or 'logout'";
	}
	return "is not known";
}

#define BIT(g) (UINT64_C(1) << GROUP_##g)

/* One of these groups must be named by one of these uses. */
struct need {
	enum router_seen_kind kind;
	unsigned uses;
	uint64_t groups;
	const char *what;
};
static const struct need needs[] = {
	{ ROUTER_SEEN_BGP, 1 << USE_RECORD, BIT(PEER), "record needs the group 'peer'" },
	{ ROUTER_SEEN_BGP, 1 << USE_RECORD | 1 << USE_FIELD, BIT(STATE) | BIT(PFX),
	  "record or field needs the group 'state'" },
	{ ROUTER_SEEN_TUNNEL, 1 << USE_RECORD, BIT(TUN) | BIT(NAME), "record needs the group 'tun' or 'name'" },
	{ ROUTER_SEEN_TUNNEL, 1 << USE_RECORD | 1 << USE_FIELD, BIT(STATE), "record or field needs the group 'state'" },
	{ ROUTER_SEEN_SA, 1 << USE_RECORD | 1 << USE_FIELD | 1 << USE_LOCAL, BIT(TUN) | BIT(NAME),
	  "record, field or local needs the group 'tun' or 'name'" },
	{ ROUTER_SEEN_SA, 1 << USE_RECORD | 1 << USE_FIELD, BIT(LIFE), "record or field needs the group 'life'" },
	{ ROUTER_SEEN_LOG, 1 << USE_RECORD, BIT(TS), "record needs the group 'ts'" },
	{ ROUTER_SEEN_LOG, 1 << USE_RECORD, BIT(MSG), "record needs the group 'msg'" },
	{ ROUTER_SEEN_ENVIRONMENT, 1 << USE_RECORD | 1 << USE_FIELD, BIT(CPU) | BIT(MEM) | BIT(BOOT) | BIT(NOW),
	  "record or field needs one of the groups 'cpu', 'mem', 'boot', 'now'" },
};

static int line_of(const struct rules *c)
{
	return c->uses[USE_RECORD].n ? c->uses[USE_RECORD].items[0].line : c->line;
}

static int check_command(const struct profile *p, const struct rules *c, const char *path, struct error *err)
{
	const char *name = c->shown.name;

	if (!c->shown.send)
		return error_set(err, -EINVAL, "%s:%d: command %s has no send; add send = \"show ...\"", path, c->line,
				 name);
	if (!c->uses[USE_RECORD].n)
		return error_set(err, -EINVAL, "%s:%d: command %s has no record; add the pattern that begins one", path,
				 c->line, name);
	if (!c->uses[USE_SUSPECT].n && c->kind != ROUTER_SEEN_ENVIRONMENT)
		return error_set(err, -EINVAL, "%s:%d: command %s has no suspect; add a loose pattern of what looks "
				 "like a record, so that one which is not understood is noticed", path, c->line, name);
	for (size_t i = 0; i < ARRAY_LEN(needs); i++) {
		uint64_t has = 0;

		for (unsigned use = 0; use < USES; use++)
			if (needs[i].uses & 1u << use)
				has |= pattern_list_has(&c->uses[use]);
		if (needs[i].kind == c->kind && !(has & needs[i].groups))
			return error_set(err, -EINVAL, "%s:%d: command %s: %s, written (?<...>...)", path, line_of(c),
					 name, needs[i].what);
	}
	if (pattern_list_has(&c->uses[USE_RECORD]) & BIT(TUN) && !p->tunnel_name)
		return error_set(err, -EINVAL, "%s:%d: the group 'tun' is a number; add tunnel-name = \"..*..\" to the "
				 "section profile, what the router calls a tunnel", path, line_of(c));
	return 0;
}

int profile_check(const struct profile *p, const char *path, struct error *err)
{
	if (!p->name)
		return error_set(err, -EINVAL, "%s:1: no name; add profile { name = ... }", path);
	if (!p->sessions[PROFILE_READY].n)
		return error_set(err, -EINVAL, "%s:1: no prompt; add login { ready = '...' }", path);
	if (p->sessions[PROFILE_PAGER].n && !p->session.pager_key)
		return error_set(err, -EINVAL, "%s:%d: pager has no pager-key; add pager-key = space", path,
				 p->sessions[PROFILE_PAGER].items[0].line);
	if (p->sessions[PROFILE_SAY].n && !p->session.say)
		return error_set(err, -EINVAL, "%s:%d: say has no answer; add say-answer = cli", path,
				 p->sessions[PROFILE_SAY].items[0].line);
	if (p->sessions[PROFILE_CONFIRM].n && !p->session.confirm)
		return error_set(err, -EINVAL, "%s:%d: confirm has no answer; add confirm-answer = N", path,
				 p->sessions[PROFILE_CONFIRM].items[0].line);
	if (!p->ncommands)
		return error_set(err, -EINVAL, "%s:1: no command; add command bgp { ... } or another", path);
	for (size_t i = 0; i < p->ncommands; i++)
		if (check_command(p, &p->commands[i], path, err))
			return -EINVAL;
	return 0;
}
