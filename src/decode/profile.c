// SPDX-License-Identifier: GPL-2.0-or-later
// A router's profile, read with libconfuse. Every value is checked as it is read, so that errors name its line.
#include <confuse.h>
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

/* ---- libconfuse's callbacks ---- */

static const char sections[] = "profile login session command states";

static const struct profile_key *find_key(const char *section, const char *name)
{
	const struct profile_key *key;

	for (size_t i = 0; (key = profile_key(i)); i++)
		if (!strcmp(key->section, section) && !strcmp(key->name, name))
			break;
	return key;
}

static void fail_unknown(cfg_t *cfg, const char *name)
{
	struct buf names = {0};
	const struct profile_key *key;
	const char *nearest = NULL;
	unsigned best = 3;

	for (size_t i = 0; (key = profile_key(i)); i++) {
		unsigned d = str_distance(key->name, name);

		if (strcmp(key->section, cfg->name))
			continue;
		buf_printf(&names, "%s%s", names.len ? " " : "", key->name);
		if (d < best) {
			best = d;
			nearest = key->name;
		}
	}
	if (!strcmp(name, CONF_END_KEY))
		fail(cfg, "the section %s is not closed; add } at its end", cfg->name);
	else if (!strcmp(cfg->name, "root"))
		fail(cfg, "no such section '%s'; there are: %s", SHOWN(name), sections);
	else if (nearest)
		fail(cfg, "no such key '%s' in %s; did you mean %s?", SHOWN(name), cfg->name, nearest);
	else
		fail(cfg, "no such key '%s' in %s; there are: %s", SHOWN(name), cfg->name,
		     names.data ? names.data : "");
	buf_free(&names);
}

static void on_error(cfg_t *cfg, const char *fmt, va_list ap)
{
	char text[400];

	if (strstr(fmt, "no such option"))
		fail_unknown(cfg, va_arg(ap, const char *));
	else
		fail(cfg, "%s", conf_message(text, sizeof text, fmt, ap, "tunwatch-profile(5)"));
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
	p->commands[p->ncommands++] = (struct rules){ .shown.name = kinds[i].name, .kind = kinds[i].kind,
						      .line = cfg->line,
							.detail = !strcmp(kinds[i].name, "bgp-detail") };
	return 0;
}

/* Called with every value before it is stored. */
static int on_value(cfg_t *cfg, cfg_opt_t *opt, const char *value, void *result)
{
	const char **out = result;
	const struct profile_key *key = find_key(cfg->name, opt->name);
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
		return fail(cfg, "%s is given twice; remove one, or write %s = { ..., ... } where it may be a list",
			    opt->name, opt->name);
	opt->flags |= SEEN;
	if (!strcmp(cfg->name, "command") && open_command(cfg))
		return -1;
	wrong = profile_key_store(key, &(struct key_place){ loading->p, cfg->title, cfg->line, loading->err }, value);
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
	const struct profile_key *key;
	size_t n = 0;
	cfg_t *cfg;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		cfg_opt_t opt = CFG_SEC(rows[i].name, sub, rows[i].flags);

		opt.validcb = on_section;
		table[n++] = opt;
		for (size_t k = 0; (key = profile_key(k)); k++) {
			cfg_opt_t scalar = CFG_STR(key->name, NULL, CFGF_NONE);
			cfg_opt_t list = CFG_STR_LIST(key->name, NULL, CFGF_NONE);

			if (strcmp(key->section, rows[i].name))
				continue;
			*sub = key->list ? list : scalar;
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

/* The line of the first ${NAME}, which libconfuse takes from the environment but in '...'; 0: none. */
static int find_environment(const char *text, size_t len)
{
	char quote = 0;
	int line = 1;

	for (size_t i = 0; i < len; i++) {
		line += text[i] == '\n';
		if (quote != '\'' && text[i] == '$' && i + 1 < len && text[i + 1] == '{')
			return line;
		if (quote && text[i] == '\\' && i + 1 < len)
			line += text[++i] == '\n';
		else if (text[i] == quote)
			quote = 0;
		else if (!quote && (text[i] == '"' || text[i] == '\''))
			quote = text[i];
	}
	return 0;
}

struct profile *profile_parse(const char *path, const char *text, size_t len, struct error *err)
{
	struct load l = { .path = path, .err = err };
	cfg_opt_t table[KEYS_MAX];
	struct buf copy = {0};
	cfg_t *cfg;
	int line, r;

	if (conf_prepare(path, text, len, &copy, err))
		return NULL;
	/* who wrote the profile is not who runs it, and a router gets to see its lines */
	line = find_environment(copy.data, copy.len);
	if (line) {
		buf_free(&copy);
		error_set(err, -EINVAL, "%s:%d: takes ${...} from the environment, which a profile must not; write it "
			  "in '...'", path, line);
		return NULL;
	}
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
