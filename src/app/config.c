// SPDX-License-Identifier: GPL-2.0-or-later
// tunwatch.conf, read with libconfuse. The tables of options.h say which keys there are; this file turns them into
// libconfuse's, checks every value as it is read (so that errors name the line), and fills struct options.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/config_int.h"
#include "app/value.h"
#include "tunwatch/decode.h"

enum {
	ROWS_MAX = 1024,        /* tunnels and lines */
	KEYS_MAX = CONFIG_KEYS + OPTION_IDS + 8,
};

/* libconfuse hands its callbacks no pointer of ours. One file is read at a time. */
static struct config_load *loading;

int config_fail(struct config_load *l, int line, const char *fmt, ...)
{
	char text[400];
	va_list ap;

	if (l->failed)
		return -1;
	l->failed = true;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	error_set(l->err, -EINVAL, "%s:%d: %s", l->path, line, text);
	return -1;
}

#define fail(cfg, ...) config_fail(loading, (cfg)->line, __VA_ARGS__)
const char *config_shown(char out[64], const char *text)
{
	str_clean(out, 64, text, strlen(text));
	return out;
}

static bool in_section(const cfg_t *cfg, const char *section)
{
	return !strcmp(cfg->name, section);
}

/* Names of the keys that may stand where cfg is, separated by blanks. */
static void key_names(const cfg_t *cfg, struct buf *out)
{
	for (unsigned i = 0; in_section(cfg, "root") && i < OPTION_IDS; i++)
		if (option_row(i)->key)
			buf_printf(out, "%s ", option_row(i)->key);
	for (unsigned i = 0; i < CONFIG_KEYS; i++)
		if (in_section(cfg, config_key(i)->section))
			buf_printf(out, "%s ", config_key(i)->name);
	if (in_section(cfg, "root"))
		buf_puts(out, "tunnel line router log capture hook ");
	out->data[--out->len] = 0;
}

static void fail_unknown(cfg_t *cfg, const char *name)
{
	struct buf names = {0};
	char nearest[64];

	key_names(cfg, &names);
	if (!strcmp(name, CONF_END_KEY))
		fail(cfg, "the section %s %s is not closed; add } at its end", cfg->name, cfg->title ? cfg->title : "");
	else if (in_section(cfg, "router") && !strcmp(name, "password"))
		fail(cfg, "there is no key 'password': this file is read by more than one; write the password into a "
		     "file of mode 0600 and name that with password-file");
	else if (value_nearest(names.data, name, nearest))
		fail(cfg, "no such key '%s'%s%s; did you mean %s?", CONFIG_SHOWN(name),
		     in_section(cfg, "root") ? "" : " in ", in_section(cfg, "root") ? "" : cfg->name, nearest);
	else if (in_section(cfg, "root"))
		fail(cfg, "no such key or section '%s'; there are: %s", CONFIG_SHOWN(name), names.data);
	else if (in_section(cfg, "router")) /* it may be a password that stands in the wrong place */
		fail(cfg, "no such key in router; there are: %s", names.data);
	else
		fail(cfg, "no such key '%s' in %s; there are: %s", CONFIG_SHOWN(name), cfg->name, names.data);
	buf_free(&names);
}

static void on_error(cfg_t *cfg, const char *fmt, va_list ap)
{
	char text[400];

	if (strstr(fmt, "no such option"))
		fail_unknown(cfg, va_arg(ap, const char *));
	else
		fail(cfg, "%s", conf_message(text, sizeof text, fmt, ap, "tunwatch.conf(5)"));
}

/* ret_id: of a key of a section */
static bool find_rule(const cfg_t *cfg, const char *name, struct value_rule *ret, unsigned *ret_id)
{
	for (unsigned i = 0; in_section(cfg, "root") && i < OPTION_IDS; i++) {
		const struct option_row *row = option_row(i);

		if (row->key && !strcmp(row->key, name)) {
			*ret = (struct value_rule){ row->type, row->words, row->min, row->max };
			return true;
		}
	}
	for (unsigned i = 0; i < CONFIG_KEYS; i++) {
		const struct config_key *key = config_key(i);

		if (in_section(cfg, key->section) && !strcmp(key->name, name)) {
			*ret = (struct value_rule){ key->type, key->words, key->min, key->max };
			*ret_id = i;
			return true;
		}
	}
	return false;
}

/* Called with every value before it is stored. */
static int on_value(cfg_t *cfg, cfg_opt_t *opt, const char *value, void *result)
{
	const char **out = result;
	unsigned id = CONFIG_KEYS;
	struct value_rule rule;
	struct error why;

	if (!strcmp(opt->name, CONF_END_KEY)) {
		loading->ended = true;
		*out = value;
		return 0;
	}
	/* "tunnel|peer" reaches into a section from outside; libconfuse allows it, nobody needs it */
	if (!find_rule(cfg, opt->name, &rule, &id))
		return fail(cfg, "the key '%s' must stand inside its section", CONFIG_SHOWN(opt->name));
	if (opt->nvalues <= 1 && opt->flags & CONFIG_SEEN)
		return fail(cfg, "%s is given twice; remove one", opt->name);
	opt->flags |= CONFIG_SEEN;
	if (id < CONFIG_KEYS)
		loading->key_lines[id] = cfg->line;
	if (value_read(&rule, value, NULL, &why))
		return fail(cfg, "%s %s", opt->name, why.text);
	*out = value;
	return 0;
}

bool config_given(cfg_t *sec, const char *key)
{
	cfg_opt_t *opt = cfg_getopt(sec, key);

	return opt && opt->flags & CONFIG_SEEN && opt->nvalues;
}

static bool is_row(const cfg_t *sec)
{
	return in_section(sec, "tunnel") || in_section(sec, "line");
}

static int check_name(cfg_t *cfg, const cfg_t *sec)
{
	char clean[MODEL_NAME_MAX * 4];
	size_t n = strlen(sec->title);

	if (!n || n >= MODEL_NAME_MAX || str_clean(clean, sizeof clean, sec->title, n) != n ||
	    memcmp(clean, sec->title, n))
		return fail(cfg, "the name of a %s must have 1 to %d bytes and no control characters", sec->name,
			    MODEL_NAME_MAX - 1);
	for (size_t i = 0; is_row(sec) && i < loading->o->ntunnels; i++)
		if (!strcmp(loading->o->tunnels[i].name, sec->title))
			return fail(cfg, "the name '%s' is used twice; tunnels and lines need names of their own",
				    sec->title);
	return 0;
}

/* Where the value of a key of a tunnel or line goes. */
#define MEMBER(id, section, member, name, type, words, min, max, list, what) \
	[CONFIG_##id] = offsetof(struct tunnel_config, member),
static const size_t members[CONFIG_KEYS] = { CONFIG_KEY_TABLE(MEMBER) };

/* The words of such a key are those of the field of the tunnel record. */
static int word_of(cfg_t *sec, const char *name, unsigned field)
{
	return (int)record_word_find(&record_kind_info(RECORD_TUNNEL)->fields[field], cfg_getstr(sec, name));
}

static void fill_row(struct tunnel_config *t, cfg_t *sec)
{
	t->name = xstrdup(sec->title);
	t->is_line = in_section(sec, "line");
	for (unsigned i = 0; i < CONFIG_KEYS; i++) {
		const struct config_key *key = config_key(i);
		struct value_rule rule = { key->type, key->words, key->min, key->max };

		if (!in_section(sec, key->section) || !config_given(sec, key->name))
			continue;
		if (i == CONFIG_TUNNEL_EXPECT)
			t->expect = (enum expect)word_of(sec, key->name, TUNNEL_EXPECT);
		else if (i == CONFIG_TUNNEL_FRAMING)
			t->framing = (enum framing)word_of(sec, key->name, TUNNEL_FRAMING);
		else
			value_read(&rule, cfg_getstr(sec, key->name), (char *)t + members[i], NULL);
	}
}

static int add_row(cfg_t *cfg, cfg_t *sec)
{
	struct config_load *l = loading;

	if (check_name(cfg, sec))
		return -1;
	if (++l->rows > ROWS_MAX)
		return fail(cfg, "more than %d tunnels and lines", ROWS_MAX);
	if (in_section(sec, "line") && !config_given(sec, "target"))
		return fail(cfg, "line %s has no target; add target = ADDRESS, a name, or gateway", sec->title);
	if (in_section(sec, "tunnel") && !config_given(sec, "ifname") && !config_given(sec, "peer"))
		return fail(cfg, "tunnel %s has neither ifname nor peer; add the one it can be watched by", sec->title);
	array_grow(&l->o->tunnels, &l->tunnels_cap, l->o->ntunnels + 1, sizeof *l->o->tunnels);
	array_grow(&l->router_lines, &l->nlines, l->o->ntunnels + 1, sizeof *l->router_lines);
	l->router_lines[l->o->ntunnels] = cfg->line;
	fill_row(&l->o->tunnels[l->o->ntunnels++], sec);
	return 0;
}

static int add_unused(struct config_load *l, cfg_t *cfg, const cfg_t *sec)
{
	buf_printf(&l->notices, PROGRAM ": %s:%d: version " VERSION " does not use %s sections yet; ignored\n", l->path,
		   cfg->line, sec->name);
	return 0;
}

static int add_section(struct config_load *l, cfg_t *cfg, cfg_t *sec)
{
	if (++l->rows > ROWS_MAX)
		return fail(cfg, "more than %d sections", ROWS_MAX);
	if (!sec->title)
		return add_unused(l, cfg, sec);
	if (check_name(cfg, sec))
		return -1;
	return in_section(sec, "log") ? config_log_section(l, cfg, sec) : config_router_section(l, cfg, sec);
}

/* Called when a section was read. */
static int on_section(cfg_t *cfg, cfg_opt_t *opt)
{
	cfg_t *sec = cfg_opt_getnsec(opt, cfg_opt_size(opt) - 1);

	if (is_row(sec))
		return add_row(cfg, sec);
	return add_section(loading, cfg, sec);
}

static cfg_opt_t text_key(const char *name, bool list)
{
	cfg_opt_t scalar = CFG_STR(name, NULL, CFGF_NONE), many = CFG_STR_LIST(name, NULL, CFGF_NONE);
	cfg_opt_t opt = list ? many : scalar;

	opt.parsecb = on_value;
	return opt;
}

static size_t section_keys(const char *section, cfg_opt_t *out)
{
	size_t n = 0;

	for (unsigned i = 0; i < CONFIG_KEYS; i++)
		if (!strcmp(config_key(i)->section, section))
			out[n++] = text_key(config_key(i)->name, config_key(i)->list);
	out[n++] = (cfg_opt_t)CFG_END();
	return n;
}

/* The whole table for libconfuse: root first, the sections' own keys behind it. */
static cfg_t *make_parser(cfg_opt_t table[KEYS_MAX + 16])
{
	static const struct { const char *name; cfg_flag_t flags; } sections[] = {
		{ "tunnel", CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES },
		{ "line", CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES },
		{ "router", CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES },
		{ "log", CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES },
		{ "capture", CFGF_MULTI },
		{ "hook", CFGF_MULTI },
	};
	cfg_opt_t *sub = table + OPTION_IDS + ARRAY_LEN(sections) + 2;
	size_t n = 0;
	cfg_t *cfg;

	for (unsigned i = 0; i < OPTION_IDS; i++)
		if (option_row(i)->key)
			table[n++] = text_key(option_row(i)->key, option_row(i)->type == VALUE_LIST);
	for (size_t i = 0; i < ARRAY_LEN(sections); i++) {
		cfg_opt_t opt = CFG_SEC(sections[i].name, sub, sections[i].flags);

		opt.validcb = on_section;
		table[n++] = opt;
		sub += section_keys(sections[i].name, sub);
	}
	table[n++] = text_key(CONF_END_KEY, false);
	table[n] = (cfg_opt_t)CFG_END();
	cfg = cfg_init(table, CFGF_NONE);
	if (cfg)
		cfg_set_error_function(cfg, on_error);
	return cfg;
}

/* Values at the top of the file; what the command line said stays. */
static void fill_options(struct options *o, cfg_t *cfg)
{
	for (unsigned i = 0; i < OPTION_IDS; i++) {
		const char *key = option_row(i)->key;

		if (!key || !config_given(cfg, key) || o->given >> i & 1)
			continue;
		for (unsigned k = 0; k < cfg_size(cfg, key); k++)
			option_set(o, i, cfg_getnstr(cfg, key, k), NULL);
	}
}

int config_parse(struct options *o, const char *path, const char *text, size_t len, struct buf *ret_notices,
		 struct error *err)
{
	cfg_opt_t table[KEYS_MAX + 16];
	struct config_load l = { .path = path, .o = o, .err = err, .tunnels_cap = o->ntunnels };
	struct buf copy = {0};
	cfg_t *cfg;
	int r;

	r = conf_prepare(path, text, len, &copy, err);
	if (r)
		return r;
	loading = &l;
	cfg = make_parser(table);
	r = cfg && cfg_parse_buf(cfg, copy.data) == CFG_SUCCESS && l.ended && !l.failed ? 0 : -EINVAL;
	if (r && !l.failed)
		error_set(err, r, "%s:%d: not understood; see tunwatch.conf(5)", path, cfg ? cfg->line : 1);
	if (!r && config_routers_check(&l))
		r = -EINVAL;
	if (!r)
		fill_options(o, cfg);
	if (!r && ret_notices && l.notices.len)
		buf_add(ret_notices, l.notices.data, l.notices.len);
	loading = NULL;
	cfg_free(cfg);
	buf_free(&copy);
	buf_free(&l.notices);
	free(l.router_lines);
	return r;
}
