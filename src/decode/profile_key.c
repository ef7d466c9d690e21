// SPDX-License-Identifier: GPL-2.0-or-later
// The keys of a profile, and where their values go. Storing returns NULL, or what is wrong with the value.
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "decode/profile_int.h"

/* A copy that lives as long as the profile. */
static char *keep(struct profile *p, const char *value)
{
	struct words *w = &p->owned;

	array_grow(&w->items, &w->cap, w->n + 1, sizeof *w->items);
	return w->items[w->n++] = xstrdup(value);
}

static void add_word(struct profile *p, struct words *w, const char *value)
{
	array_grow(&w->items, &w->cap, w->n + 2, sizeof *w->items);
	w->items[w->n++] = keep(p, value);
}

static struct rules *command_now(const struct key_place *at)
{
	return &at->p->commands[at->p->ncommands - 1];
}

static const char *store_name(const struct profile_key *key, const struct key_place *at, const char *value)
{
	(void)key;
	if (!*value || strlen(value) >= ROUTER_NAME_MAX)
		return "must have 1 to 63 bytes";
	for (const char *s = value; *s; s++)
		if (!isalnum((unsigned char)*s) && !strchr("._-", *s))
			return "must be of letters, digits and ._-";
	at->p->name = keep(at->p, value);
	return NULL;
}

static const char *store_tunnel_name(const struct profile_key *key, const struct key_place *at, const char *value)
{
	char clean[PROFILE_VALUE_MAX];
	const char *star = strchr(value, '*');

	(void)key;
	if (!star || strchr(star + 1, '*') || strlen(value) > 32)
		return "must hold one * where the tunnel's number goes, and at most 32 bytes";
	if (str_clean(clean, sizeof clean, value, strlen(value)) != strlen(value) || strcmp(clean, value))
		return "must hold no control characters";
	at->p->tunnel_name = keep(at->p, value);
	return NULL;
}

static const char *store_bool(const struct profile_key *key, const struct key_place *at, const char *value)
{
	bool yes = !strcmp(value, "true");

	if (!yes && strcmp(value, "false"))
		return "must be true or false";
	switch (key->arg) {
	case 'x':
		at->p->experimental = yes;
		break;
	case 'w':
		at->p->session.wake = yes;
		break;
	case 't':
		command_now(at)->shown.on_trouble = yes;
		break;
	case 'n':
		command_now(at)->shown.newest_first = yes;
		break;
	}
	return NULL;
}

static const char *store_number(const struct profile_key *key, const struct key_place *at, const char *value)
{
	struct profile_session *s = &at->p->session;
	int64_t n;

	switch (key->arg) {
	case 'p':
		if (!str_to_int(value, 1, 65535, &n))
			return "must be a TCP port, a number from 1 to 65535";
		s->port = n;
		break;
	case 'b':
		if (!str_to_int(value, 0, 200, &n))
			return "must be a number of columns from 0 to 200";
		s->pager_blanks = n;
		break;
	case 'i':
		if (!str_to_int(value, 0, 86400, &n))
			return "must be a number of seconds from 0 to 86400";
		s->idle_close_s = n;
		break;
	}
	return NULL;
}

static const char *store_naws(const struct profile_key *key, const struct key_place *at, const char *value)
{
	struct profile_session *s = &at->p->session;
	char columns[8] = "";
	const char *x = strchr(value, 'x');
	int64_t c, r;

	(void)key;
	if (x && (size_t)(x - value) < sizeof columns)
		memcpy(columns, value, x - value);
	if (!x || !str_to_int(columns, 1, 65535, &c) || !str_to_int(x + 1, 0, 65535, &r))
		return "must be COLUMNSxROWS, as 512x0; rows 0: no pager";
	s->columns = c;
	s->rows = r;
	return NULL;
}

/* Words of a key and what they stand for. */
static const char *store_word(const struct profile_key *key, const struct key_place *at, const char *value)
{
	static const struct { int arg; const char *word, *means; } words[] = {
		{ 'e', "cr", "\r" }, { 'e', "lf", "\n" }, { 'e', "crlf", "\r\n" },
		{ 'k', "space", " " }, { 'k', "enter", "\r" }, { 'q', "q", "q" },
		{ 'f', "text", "" }, { 'f', "json", "json" },
		{ 'c', "N", "N" }, { 'c', "n", "n" }, { 'c', "no", "no" },
	};
	struct profile_session *s = &at->p->session;
	size_t i = 0;

	while (i < ARRAY_LEN(words) && (words[i].arg != key->arg || strcmp(words[i].word, value)))
		i++;
	switch (key->arg) {
	case 'e':
		if (i == ARRAY_LEN(words))
			return "must be cr, lf or crlf";
		s->eol = words[i].means;
		break;
	case 'k':
		if (i == ARRAY_LEN(words))
			return "must be space or enter";
		s->pager_key = words[i].means;
		break;
	case 'q':
		if (i == ARRAY_LEN(words))
			return "must be q";
		s->pager_quit = words[i].means;
		break;
	case 'f':
		if (i == ARRAY_LEN(words))
			return "must be text or json";
		command_now(at)->json = *words[i].means;
		break;
	case 'c':
		if (i == ARRAY_LEN(words))
			return "must be N, n or no: nothing is ever confirmed";
		s->confirm = words[i].means;
		break;
	}
	return NULL;
}

static const char *store_charset(const struct profile_key *key, const struct key_place *at, const char *value)
{
	bool good = *value && strlen(value) <= 32;

	(void)key;
	for (const char *s = value; *s; s++)
		good &= isalnum((unsigned char)*s) || strchr("-_.", *s);
	if (!good)
		return "must be a name that iconv(1) lists, as CP932 or UTF-8";
	at->p->session.charset = keep(at->p, value);
	return NULL;
}

static const char *store_line(const struct profile_key *key, const struct key_place *at, const char *value)
{
	struct profile *p = at->p;
	struct words *list = NULL;
	const char *wrong = line_refused(value, key->arg);

	if (wrong)
		return wrong;
	switch ((enum line_use)key->arg) {
	case LINE_COMMAND:
		command_now(at)->shown.send = keep(at->p, value);
		break;
	case LINE_SAY:
		p->session.say = keep(at->p, value);
		break;
	case LINE_LOGOUT:
		p->session.logout = keep(at->p, value);
		break;
	case LINE_SETUP:
		list = &p->setup;
		break;
	case LINE_ENTER:
		list = &p->enter;
		break;
	case LINE_LEAVE:
		list = &p->leave;
		break;
	}
	if (list && list->n == 8)
		return "has more than 8 lines";
	if (list)
		add_word(at->p, list, value);
	return NULL;
}

static const char *store_spelling(const struct profile_key *key, const struct key_place *at, const char *value)
{
	bool bgp = !strcmp(at->title, "bgp");
	struct words *list = bgp ? &at->p->bgp[key->arg & 15] : &at->p->tunnel[key->arg >> 4];

	if (bgp ? !(key->arg & 15) : key->arg & 15)
		return "is no state of these";
	if (!*value || strlen(value) >= ROUTER_NAME_MAX)
		return "must have 1 to 63 bytes";
	if (list->n == PROFILE_LIST_MAX)
		return "has more than 64 spellings";
	add_word(at->p, list, value);
	return NULL;
}

static const char *store_pattern(struct pattern_list *list, const struct key_place *at, unsigned where,
				 const char *value)
{
	return pattern_add(list, value, where, at->line, at->err) ? at->err->text : NULL;
}

static const char *store_session(const struct profile_key *key, const struct key_place *at, const char *value)
{
	return store_pattern(&at->p->sessions[key->arg], at, IN_SESSION, value);
}

static const char *store_use(const struct profile_key *key, const struct key_place *at, const char *value)
{
	struct rules *c = command_now(at);

	return store_pattern(&c->uses[key->arg], at, 1u << c->kind, value);
}

static const struct profile_key keys[] = {
	{ "profile", "name", store_name, false, 0 },
	{ "profile", "experimental", store_bool, false, 'x' },
	{ "profile", "port", store_number, false, 'p' },
	{ "profile", "charset", store_charset, false, 0 },
	{ "profile", "eol", store_word, false, 'e' },
	{ "profile", "naws", store_naws, false, 0 },
	{ "profile", "tunnel-name", store_tunnel_name, false, 0 },
	{ "login", "ask-user", store_session, true, PROFILE_ASK_USER },
	{ "login", "ask-password", store_session, true, PROFILE_ASK_PASSWORD },
	{ "login", "say", store_session, true, PROFILE_SAY },
	{ "login", "say-answer", store_line, false, LINE_SAY },
	{ "login", "ready", store_session, true, PROFILE_READY },
	{ "login", "fail", store_session, true, PROFILE_FAIL },
	{ "login", "wake", store_bool, false, 'w' },
	{ "session", "pager", store_session, true, PROFILE_PAGER },
	{ "session", "pager-key", store_word, false, 'k' },
	{ "session", "pager-quit", store_word, false, 'q' },
	{ "session", "pager-blanks", store_number, false, 'b' },
	{ "session", "error", store_session, true, PROFILE_ERROR },
	{ "session", "timeout-notice", store_session, true, PROFILE_TIMEOUT_NOTICE },
	{ "session", "confirm", store_session, true, PROFILE_CONFIRM },
	{ "session", "confirm-answer", store_word, false, 'c' },
	{ "session", "setup", store_line, true, LINE_SETUP },
	{ "session", "enter", store_line, true, LINE_ENTER },
	{ "session", "leave", store_line, true, LINE_LEAVE },
	{ "session", "logout", store_line, false, LINE_LOGOUT },
	{ "session", "idle-close", store_number, false, 'i' },
	{ "command", "send", store_line, false, LINE_COMMAND },
	{ "command", "format", store_word, false, 'f' },
	{ "command", "on-trouble", store_bool, false, 't' },
	{ "command", "newest-first", store_bool, false, 'n' },
	{ "command", "record", store_use, true, USE_RECORD },
	{ "command", "field", store_use, true, USE_FIELD },
	{ "command", "local", store_use, true, USE_LOCAL },
	{ "command", "total", store_use, true, USE_TOTAL },
	{ "command", "event", store_use, true, USE_EVENT },
	{ "command", "suspect", store_use, true, USE_SUSPECT },
	{ "command", "none", store_use, true, USE_NONE },
	{ "command", "absent", store_use, true, USE_ABSENT },
	/* states: of bgp in the low four bits, of tunnels above */
	{ "states", "idle", store_spelling, true, BGP_STATE_IDLE },
	{ "states", "connect", store_spelling, true, BGP_STATE_CONNECT },
	{ "states", "active", store_spelling, true, BGP_STATE_ACTIVE },
	{ "states", "opensent", store_spelling, true, BGP_STATE_OPENSENT },
	{ "states", "openconfirm", store_spelling, true, BGP_STATE_OPENCONFIRM },
	{ "states", "established", store_spelling, true, BGP_STATE_ESTABLISHED },
	{ "states", "up", store_spelling, true, TUNNEL_WORD_UP << 4 },
	{ "states", "down", store_spelling, true, TUNNEL_WORD_DOWN << 4 },
};

const struct profile_key *profile_key(size_t i)
{
	return i < ARRAY_LEN(keys) ? &keys[i] : NULL;
}

const char *profile_key_store(const struct profile_key *key, const struct key_place *at, const char *value)
{
	if (key->store != store_session && key->store != store_use && strlen(value) > PROFILE_VALUE_MAX)
		return "is longer than 256 bytes";
	return key->store(key, at, value);
}
