// SPDX-License-Identifier: GPL-2.0-or-later
// A router's profile, read with libconfuse. One table says which keys there are; every value is checked as it is read,
// so that errors name its line.
#include <confuse.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "decode/profile_int.h"

/* our bit in cfg_opt_t.flags: this key was given */
enum { SEEN = 1 << 30, KEYS_MAX = 80 };

struct load {
	const char *path;
	struct profile *p;
	struct error *err;
	const cfg_t *cfg; /* the section of the value being read */
	bool failed, ended;
};

/* libconfuse hands its callbacks no pointer of ours. One file is read at a time. */
static struct load *loading;

static int fail(cfg_t *cfg, const char *fmt, ...) PRINTF_LIKE(2, 3);
static int fail(cfg_t *cfg, const char *fmt, ...)
{
	char text[450];
	va_list ap;

	if (loading->failed)
		return -1;
	loading->failed = true;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	error_set(loading->err, -EINVAL, "%s:%d: %s", loading->path, cfg->line, text);
	return -1;
}

#define SHOWN(text) shown((char[64]){0}, text)
static const char *shown(char out[64], const char *text)
{
	str_clean(out, 64, text, strlen(text));
	return out;
}

/* ---- what a key's value is stored as; NULL, or what is wrong with it ---- */

/* A copy that lives as long as the profile. */
static char *keep(const char *value)
{
	struct words *w = &loading->p->owned;

	array_grow(&w->items, &w->cap, w->n + 1, sizeof *w->items);
	return w->items[w->n++] = xstrdup(value);
}

static void add_word(struct words *w, const char *value)
{
	array_grow(&w->items, &w->cap, w->n + 2, sizeof *w->items);
	w->items[w->n++] = keep(value);
}

struct key;
typedef const char *store(const struct key *key, const char *value);
/* In section; list: { a, b } may stand. arg: what store needs. */
struct key {
	const char *section, *name;
	store *store;
	bool list;
	int arg;
};

static struct command *command_now(void)
{
	return &loading->p->commands[loading->p->ncommands - 1];
}

static const char *store_name(const struct key *key, const char *value)
{
	(void)key;
	if (!*value || strlen(value) >= ROUTER_NAME_MAX)
		return "must have 1 to 63 bytes";
	for (const char *s = value; *s; s++)
		if (!isalnum((unsigned char)*s) && !strchr("._-", *s))
			return "must be of letters, digits and ._-";
	loading->p->name = keep(value);
	return NULL;
}

static const char *store_tunnel_name(const struct key *key, const char *value)
{
	char clean[PROFILE_VALUE_MAX];
	const char *star = strchr(value, '*');

	(void)key;
	if (!star || strchr(star + 1, '*') || strlen(value) > 32)
		return "must hold one * where the tunnel's number goes, and at most 32 bytes";
	if (str_clean(clean, sizeof clean, value, strlen(value)) != strlen(value) || strcmp(clean, value))
		return "must hold no control characters";
	loading->p->tunnel_name = keep(value);
	return NULL;
}

static const char *store_bool(const struct key *key, const char *value)
{
	bool yes = !strcmp(value, "true");

	if (!yes && strcmp(value, "false"))
		return "must be true or false";
	switch (key->arg) {
	case 'x':
		loading->p->experimental = yes;
		break;
	case 'w':
		loading->p->session.wake = yes;
		break;
	case 't':
		command_now()->shown.on_trouble = yes;
		break;
	case 'n':
		command_now()->newest_first = yes;
		break;
	}
	return NULL;
}

static const char *store_number(const struct key *key, const char *value)
{
	struct profile_session *s = &loading->p->session;
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

static const char *store_naws(const struct key *key, const char *value)
{
	struct profile_session *s = &loading->p->session;
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
static const char *store_word(const struct key *key, const char *value)
{
	static const struct { int arg; const char *word, *means; } words[] = {
		{ 'e', "cr", "\r" }, { 'e', "lf", "\n" }, { 'e', "crlf", "\r\n" },
		{ 'k', "space", " " }, { 'k', "enter", "\r" },
		{ 'f', "text", "" }, { 'f', "json", "json" },
		{ 'c', "N", "N" }, { 'c', "n", "n" }, { 'c', "no", "no" },
	};
	struct profile_session *s = &loading->p->session;
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
	case 'f':
		if (i == ARRAY_LEN(words))
			return "must be text or json";
		command_now()->json = *words[i].means;
		break;
	case 'c':
		if (i == ARRAY_LEN(words))
			return "must be N, n or no: nothing is ever confirmed";
		s->confirm = words[i].means;
		break;
	}
	return NULL;
}

static const char *store_charset(const struct key *key, const char *value)
{
	(void)key;
	if (!*value || strlen(value) > 32 || strspn(value, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.") !=
	    strlen(value))
		return "must be a name that iconv(1) lists, as CP932 or UTF-8";
	loading->p->session.charset = keep(value);
	return NULL;
}

static const char *store_line(const struct key *key, const char *value)
{
	struct profile *p = loading->p;
	struct words *list = NULL;
	const char *wrong = line_refused(value, key->arg);

	if (wrong)
		return wrong;
	switch ((enum line_use)key->arg) {
	case LINE_COMMAND:
		command_now()->shown.send = keep(value);
		break;
	case LINE_SAY:
		p->session.say = keep(value);
		break;
	case LINE_LOGOUT:
		p->session.logout = keep(value);
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
		add_word(list, value);
	return NULL;
}

static const char *store_spelling(const struct key *key, const char *value)
{
	bool bgp = !strcmp(loading->cfg->title, "bgp");
	struct words *list = bgp ? &loading->p->bgp[key->arg & 15] : &loading->p->tunnel[key->arg >> 4];

	if (bgp ? !(key->arg & 15) : key->arg & 15)
		return "is no state of these";
	if (!*value || strlen(value) >= ROUTER_NAME_MAX)
		return "must have 1 to 63 bytes";
	if (list->n == PROFILE_LIST_MAX)
		return "has more than 64 spellings";
	add_word(list, value);
	return NULL;
}

static const char *store_pattern(struct pattern_list *list, unsigned where, const char *value)
{
	return pattern_add(list, value, where, loading->cfg->line, loading->err) ? loading->err->text : NULL;
}

static const char *store_session(const struct key *key, const char *value)
{
	return store_pattern(&loading->p->sessions[key->arg], IN_SESSION, value);
}

static const char *store_use(const struct key *key, const char *value)
{
	struct command *c = command_now();

	return store_pattern(&c->uses[key->arg], 1u << c->kind, value);
}

static const struct key keys[] = {
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

static const char sections[] = "profile login session command states";

static const struct key *find_key(const char *section, const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		if (!strcmp(keys[i].section, section) && !strcmp(keys[i].name, name))
			return &keys[i];
	return NULL;
}

/* ---- libconfuse's callbacks ---- */

static void fail_unknown(cfg_t *cfg, const char *name)
{
	struct buf names = {0};
	const char *nearest = NULL;
	unsigned best = 3;

	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		unsigned d = str_distance(keys[i].name, name);

		if (strcmp(keys[i].section, cfg->name))
			continue;
		buf_printf(&names, "%s%s", names.len ? " " : "", keys[i].name);
		if (d < best) {
			best = d;
			nearest = keys[i].name;
		}
	}
	if (!strcmp(name, CONF_END_KEY))
		fail(cfg, "the section %s is not closed; add } at its end", cfg->name);
	else if (!strcmp(cfg->name, "root"))
		fail(cfg, "no such section '%s'; there are: %s", SHOWN(name), sections);
	else if (nearest)
		fail(cfg, "no such key '%s' in %s; did you mean %s?", SHOWN(name), cfg->name, nearest);
	else
		fail(cfg, "no such key '%s' in %s; there are: %s", SHOWN(name), cfg->name, names.data ? names.data : "");
	buf_free(&names);
}

static void on_error(cfg_t *cfg, const char *fmt, va_list ap)
{
	char text[300], clean[300];
	const char *advice;

	if (strstr(fmt, "no such option")) {
		fail_unknown(cfg, va_arg(ap, const char *));
		return;
	}
	vsnprintf(text, sizeof text, fmt, ap);
	str_clean(clean, sizeof clean, text, strlen(text));
	advice = conf_advice(clean);
	fail(cfg, "%s; %s", clean, advice ? advice : "see tunwatch-profile(5)");
}

/* The command whose section is being read; a new one with the section's first key. */
static int open_command(cfg_t *cfg)
{
	static const struct { const char *name; enum router_seen_kind kind; } kinds[] = {
		{ "bgp", ROUTER_SEEN_BGP }, { "bgp-detail", ROUTER_SEEN_BGP }, { "tunnel", ROUTER_SEEN_TUNNEL },
		{ "sa", ROUTER_SEEN_SA }, { "environment", ROUTER_SEEN_ENVIRONMENT }, { "log", ROUTER_SEEN_LOG },
	};
	struct profile *p = loading->p;
	size_t i = 0;

	if (p->ncommands && !strcmp(p->commands[p->ncommands - 1].shown.name, cfg->title))
		return 0;
	while (i < ARRAY_LEN(kinds) && strcmp(kinds[i].name, cfg->title))
		i++;
	if (i == ARRAY_LEN(kinds))
		return fail(cfg, "no such command '%s'; there are: bgp bgp-detail tunnel sa environment log",
			    SHOWN(cfg->title));
	p->commands[p->ncommands++] = (struct command){ .shown.name = kinds[i].name, .kind = kinds[i].kind, .line = cfg->line,
							.detail = !strcmp(kinds[i].name, "bgp-detail") };
	return 0;
}

/* Called with every value before it is stored. */
static int on_value(cfg_t *cfg, cfg_opt_t *opt, const char *value, void *result)
{
	const char **out = result;
	const struct key *key = find_key(cfg->name, opt->name);
	const char *wrong;

	*out = value;
	if (!strcmp(opt->name, CONF_END_KEY)) {
		loading->ended = true;
		return 0;
	}
	/* "command|send" reaches into a section from outside; libconfuse allows it, nobody needs it */
	if (!key)
		return fail(cfg, "the key '%s' must stand inside its section", SHOWN(opt->name));
	if (opt->nvalues <= 1 && opt->flags & SEEN)
		return fail(cfg, "%s is given twice; remove one, or write %s = { ..., ... } where it may be a list", opt->name,
			    opt->name);
	opt->flags |= SEEN;
	if (!strcmp(cfg->name, "command") && open_command(cfg))
		return -1;
	if (key->store != store_session && key->store != store_use && strlen(value) > PROFILE_VALUE_MAX)
		return fail(cfg, "%s is longer than %d bytes", key->name, PROFILE_VALUE_MAX);
	loading->cfg = cfg;
	wrong = key->store(key, value);
	return wrong ? fail(cfg, "%s %s", key->name, wrong) : 0;
}

/* Called when a section was read. */
static int on_section(cfg_t *cfg, cfg_opt_t *opt)
{
	cfg_t *sec = cfg_opt_getnsec(opt, cfg_opt_size(opt) - 1);

	if (!strcmp(sec->name, "command"))
		return open_command(sec);
	if (!strcmp(sec->name, "states") && strcmp(sec->title, "bgp") && strcmp(sec->title, "tunnel"))
		return fail(cfg, "no such states '%s'; there are: bgp tunnel", SHOWN(sec->title));
	if (!sec->title && opt->flags & SEEN)
		return fail(cfg, "the section %s is given twice; join them", sec->name);
	opt->flags |= SEEN;
	return 0;
}

/* The whole table for libconfuse: root first, the sections' own keys behind it. */
static cfg_t *make_parser(cfg_opt_t table[KEYS_MAX])
{
	static const struct { const char *name; cfg_flag_t flags; } rows[] = {
		{ "profile", CFGF_NONE }, { "login", CFGF_NONE }, { "session", CFGF_NONE },
		{ "command", CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES },
		{ "states", CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES },
	};
	cfg_opt_t *sub = table + ARRAY_LEN(rows) + 2, end = CFG_STR(CONF_END_KEY, NULL, CFGF_NONE);
	size_t n = 0;
	cfg_t *cfg;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		cfg_opt_t opt = CFG_SEC(rows[i].name, sub, rows[i].flags);

		opt.validcb = on_section;
		table[n++] = opt;
		for (size_t k = 0; k < ARRAY_LEN(keys); k++) {
			cfg_opt_t scalar = CFG_STR(keys[k].name, NULL, CFGF_NONE);
			cfg_opt_t list = CFG_STR_LIST(keys[k].name, NULL, CFGF_NONE);

			if (strcmp(keys[k].section, rows[i].name))
				continue;
			*sub = keys[k].list ? list : scalar;
			sub++->parsecb = on_value;
		}
		*sub++ = (cfg_opt_t)CFG_END();
	}
	end.parsecb = on_value;
	table[n++] = end;
	table[n] = (cfg_opt_t)CFG_END();
	cfg = cfg_init(table, CFGF_NONE);
	if (cfg)
		cfg_set_error_function(cfg, on_error);
	return cfg;
}

static void finish(struct profile *p)
{
	p->session.setup = (const char *const *)p->setup.items;
	p->session.enter = (const char *const *)p->enter.items;
	p->session.leave = (const char *const *)p->leave.items;
	for (unsigned i = 0; i < PROFILE_PATTERNS; i++)
		pattern_list_jit(&p->sessions[i]);
	for (size_t i = 0; i < p->ncommands; i++)
		for (unsigned use = 0; use < USES; use++)
			pattern_list_jit(&p->commands[i].uses[use]);
}

static struct profile *make_profile(void)
{
	struct profile *p = xcalloc(1, sizeof *p);

	p->session.charset = "UTF-8";
	p->session.eol = "\r";
	p->match = pcre2_match_data_create(PROFILE_GROUPS_MAX + 1, NULL);
	p->limits = pcre2_match_context_create(NULL);
	if (!p->match || !p->limits)
		abort();
	pcre2_set_match_limit(p->limits, 100000);
	pcre2_set_depth_limit(p->limits, 1000);
	pcre2_set_heap_limit(p->limits, 1024);
	return p;
}

struct profile *profile_parse(const char *path, const char *text, size_t len, struct error *err)
{
	struct load l = { .path = path, .err = err };
	cfg_opt_t table[KEYS_MAX];
	struct buf copy = {0};
	cfg_t *cfg;
	int r;

	if (conf_prepare(path, text, len, &copy, err))
		return NULL;
	l.p = make_profile();
	loading = &l;
	cfg = make_parser(table);
	r = cfg && cfg_parse_buf(cfg, copy.data) == CFG_SUCCESS && l.ended && !l.failed ? 0 : -EINVAL;
	if (r && !l.failed)
		error_set(err, r, "%s:%d: not understood; see tunwatch-profile(5)", path, cfg ? cfg->line : 1);
	if (!r)
		r = profile_check(l.p, path, err);
	loading = NULL;
	cfg_free(cfg);
	buf_free(&copy);
	if (!r) {
		finish(l.p);
		return l.p;
	}
	profile_free(l.p);
	return NULL;
}

static void free_words(struct words *w)
{
	free(w->items);
}

void profile_free(struct profile *p)
{
	if (!p)
		return;
	for (unsigned i = 0; i < PROFILE_PATTERNS; i++)
		pattern_list_free(&p->sessions[i]);
	for (size_t i = 0; i < p->ncommands; i++)
		for (unsigned use = 0; use < USES; use++)
			pattern_list_free(&p->commands[i].uses[use]);
	for (unsigned i = 0; i < BGP_STATE_COUNT; i++)
		free_words(&p->bgp[i]);
	for (unsigned i = 0; i < TUNNEL_WORDS; i++)
		free_words(&p->tunnel[i]);
	free_words(&p->setup);
	free_words(&p->enter);
	free_words(&p->leave);
	for (size_t i = 0; i < p->owned.n; i++)
		free(p->owned.items[i]);
	free_words(&p->owned);
	pcre2_match_data_free(p->match);
	pcre2_match_context_free(p->limits);
	free(p);
}

const char *profile_name(const struct profile *p)
{
	return p->name;
}

bool profile_experimental(const struct profile *p)
{
	return p->experimental;
}

size_t profile_commands(const struct profile *p)
{
	return p->ncommands;
}

const struct profile_command *profile_command(const struct profile *p, size_t i)
{
	return &p->commands[i].shown;
}

const struct profile_session *profile_session(const struct profile *p)
{
	return &p->session;
}

static bool match_one(const struct profile *p, const struct pattern *pt, const char *text, size_t len,
		      char ret_text[ROUTER_WORDS_MAX])
{
	struct captures c = {0};
	size_t start, end;

	if (pattern_find(p, pt, text, len, 0, &start, &end) <= 0)
		return false;
	pattern_captures(p, pt, text, true, &c);
	if (ret_text && c.text[GROUP_TEXT])
		str_clean(ret_text, ROUTER_WORDS_MAX, c.text[GROUP_TEXT], c.len[GROUP_TEXT]);
	else if (ret_text)
		str_clean(ret_text, ROUTER_WORDS_MAX, text + start, end - start);
	return true;
}

bool profile_match(const struct profile *p, enum profile_pattern which, const char *text, size_t len,
		   char ret_text[ROUTER_WORDS_MAX])
{
	const struct pattern_list *list = &p->sessions[which];
	struct buf copy = {0};
	bool found = false;

	text = text_valid(text, &len, &copy);
	for (size_t i = 0; i < list->n && !found; i++)
		found = match_one(p, &list->items[i], text, len, ret_text);
	buf_free(&copy);
	return found;
}
