// SPDX-License-Identifier: GPL-2.0-or-later
// Sections router and log of tunwatch.conf.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "app/config_int.h"
#include "app/value.h"

enum { ROUTERS_MAX = 64, VTYSH_MAX = 32, LOGS_MAX = 64 };
_Static_assert(ROUTERS_MAX <= SOURCE_KEY_CAPTURE - SOURCE_KEY_ROUTER, "a source record each");
_Static_assert(VTYSH_MAX <= SOURCE_KEY_ROUTER - SOURCE_KEY_BGP, "a source record each");
_Static_assert(LOGS_MAX == ARRAY_LEN(((struct config_load *)0)->log_lines), "a line each");

#define VTYSH "vtysh"
#define ENV_NAME "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_"
static const double poll_s = 10, poll_vtysh_s = 1;

static bool given(cfg_t *sec, enum config_key_id id)
{
	return config_given(sec, config_key(id)->name);
}

/* The value of a key, or NULL. */
static const char *text_of(cfg_t *sec, enum config_key_id id)
{
	return given(sec, id) ? cfg_getstr(sec, config_key(id)->name) : NULL;
}

static char *copy_of(cfg_t *sec, enum config_key_id id)
{
	const char *text = text_of(sec, id);

	return text ? xstrdup(text) : NULL;
}

/* A checked number or zone. False when the key was not given. */
static bool number_of(cfg_t *sec, enum config_key_id id, void *out)
{
	const struct config_key *key = config_key(id);
	const struct value_rule rule = { key->type, key->words, key->min, key->max };
	const char *text = text_of(sec, id);

	return text && !value_read(&rule, text, out, NULL);
}

/* Program and arguments, NULL-terminated; NULL when the key was not given. */
static char **list_of(cfg_t *sec, enum config_key_id id, size_t *ret_n)
{
	const char *name = config_key(id)->name;
	size_t n = given(sec, id) ? cfg_size(sec, name) : 0;
	char **list = n ? xcalloc(n + 1, sizeof *list) : NULL;

	for (size_t i = 0; i < n; i++)
		list[i] = xstrdup(cfg_getnstr(sec, name, (unsigned)i));
	*ret_n = n;
	return list;
}

static void add_input(struct config_load *l, enum input_kind kind, size_t index, cfg_t *sec, enum config_key_id id)
{
	const char *text = text_of(sec, id);

	if (!text)
		return;
	array_grow(&l->o->inputs, &l->inputs_cap, l->o->ninputs + 1, sizeof *l->o->inputs);
	l->o->inputs[l->o->ninputs++] = (struct input){ kind, index, l->key_lines[id], xstrdup(text) };
}

static enum router_transport transport_of(cfg_t *sec)
{
	const char *word = text_of(sec, CONFIG_ROUTER_TRANSPORT), *profile = text_of(sec, CONFIG_ROUTER_PROFILE);

	if (word)
		return !strcmp(word, VTYSH) ? ROUTER_VTYSH : !strcmp(word, "exec") ? ROUTER_EXEC : ROUTER_TELNET;
	if (profile && !strcmp(profile, VTYSH))
		return ROUTER_VTYSH;
	return given(sec, CONFIG_ROUTER_RUN) ? ROUTER_EXEC : ROUTER_TELNET;
}

/* A key that means nothing with this transport. */
static int refuse(struct config_load *l, cfg_t *sec, const enum config_key_id *ids, size_t n, const char *why)
{
	for (size_t i = 0; i < n; i++)
		if (given(sec, ids[i]))
			return config_fail(l, l->key_lines[ids[i]], "router %s: %s has no use %s; remove it",
					   sec->title, config_key(ids[i])->name, why);
	return 0;
}

static int check_vtysh(struct config_load *l, cfg_t *sec)
{
	static const enum config_key_id useless[] = {
		CONFIG_ROUTER_HOST, CONFIG_ROUTER_PORT, CONFIG_ROUTER_USER, CONFIG_ROUTER_PASSWORD_FILE,
		CONFIG_ROUTER_PASSWORD_ENV, CONFIG_ROUTER_PASSWORD_COMMAND, CONFIG_ROUTER_CHARSET, CONFIG_ROUTER_RUN,
	};
	const char *profile = text_of(sec, CONFIG_ROUTER_PROFILE);

	if (profile && strcmp(profile, VTYSH))
		return config_fail(l, l->key_lines[CONFIG_ROUTER_PROFILE], "router %s: with transport vtysh there is "
				   "no other profile than vtysh; remove one of the two", sec->title);
	return refuse(l, sec, useless, ARRAY_LEN(useless), "with vtysh, which runs on this host");
}

static int check_session(struct config_load *l, const cfg_t *cfg, cfg_t *sec, enum router_transport transport)
{
	static const enum config_key_id no_telnet[] = { CONFIG_ROUTER_RUN, CONFIG_ROUTER_ARGS };
	static const enum config_key_id no_exec[] = { CONFIG_ROUTER_HOST, CONFIG_ROUTER_PORT, CONFIG_ROUTER_ARGS };
	const char *profile = text_of(sec, CONFIG_ROUTER_PROFILE);

	if (!profile)
		return config_fail(l, cfg->line, "router %s has no profile; add profile = NAME (yamaha-rtx, cisco-ios, "
				   "frr-vty, vtysh, ...)", sec->title);
	if (!strcmp(profile, VTYSH))
		return config_fail(l, l->key_lines[CONFIG_ROUTER_TRANSPORT], "router %s: the profile vtysh goes with "
				   "transport vtysh; remove the key transport", sec->title);
	if (transport == ROUTER_TELNET && !given(sec, CONFIG_ROUTER_HOST))
		return config_fail(l, cfg->line, "router %s has no host; add host = ADDRESS, or run = { PROGRAM, ... }",
				   sec->title);
	if (transport == ROUTER_EXEC && !given(sec, CONFIG_ROUTER_RUN))
		return config_fail(l, cfg->line, "router %s has nothing to run; add run = { ssh, -tt, USER@HOST } or "
				   "the like", sec->title);
	if (transport == ROUTER_TELNET)
		return refuse(l, sec, no_telnet, ARRAY_LEN(no_telnet), "with telnet");
	return refuse(l, sec, no_exec, ARRAY_LEN(no_exec), "with transport exec: all of it stands in run");
}

static int check_password(struct config_load *l, cfg_t *sec)
{
	static const enum config_key_id ids[] = { CONFIG_ROUTER_PASSWORD_FILE, CONFIG_ROUTER_PASSWORD_ENV,
						  CONFIG_ROUTER_PASSWORD_COMMAND };
	const char *env = text_of(sec, CONFIG_ROUTER_PASSWORD_ENV), *file = text_of(sec, CONFIG_ROUTER_PASSWORD_FILE);
	enum config_key_id first = CONFIG_KEYS;

	for (size_t i = 0; i < ARRAY_LEN(ids); i++) {
		int line = l->key_lines[ids[i]];

		if (!given(sec, ids[i]))
			continue;
		if (first != CONFIG_KEYS)
			return config_fail(l, line > l->key_lines[first] ? line : l->key_lines[first],
					   "router %s has %s and %s; keep one of them", sec->title,
					   config_key(first)->name, config_key(ids[i])->name);
		first = ids[i];
	}
	/* none of these is quoted: it may be the password itself */
	if (env && (env[strspn(env, ENV_NAME)] || !strcmp(env, "PATH") || !strcmp(env, "HOME")))
		return config_fail(l, l->key_lines[CONFIG_ROUTER_PASSWORD_ENV], "password-env must be the name of an "
				   "environment variable that is there for it, as TUNWATCH_RTX");
	if (file && *file != '/')
		return config_fail(l, l->key_lines[CONFIG_ROUTER_PASSWORD_FILE], "password-file must be a path from /");
	return 0;
}

static void fill_router(struct router_config *r, cfg_t *sec, enum router_transport transport)
{
	double poll = transport == ROUTER_VTYSH ? poll_vtysh_s : poll_s;

	number_of(sec, CONFIG_ROUTER_POLL, &poll);
	*r = (struct router_config){
		.name = xstrdup(sec->title), .transport = transport, .host = copy_of(sec, CONFIG_ROUTER_HOST),
		.user = copy_of(sec, CONFIG_ROUTER_USER), .charset = copy_of(sec, CONFIG_ROUTER_CHARSET),
		.password_fd = -1, .poll_us = llround(poll * 1e6),
	};
	number_of(sec, CONFIG_ROUTER_PORT, &r->port);
	r->has_zone = number_of(sec, CONFIG_ROUTER_ZONE, &r->zone_s);
	r->run = list_of(sec, transport == ROUTER_VTYSH ? CONFIG_ROUTER_ARGS : CONFIG_ROUTER_RUN, &r->nrun);
	r->password_run = list_of(sec, CONFIG_ROUTER_PASSWORD_COMMAND, &r->npassword_run);
}

static size_t count_vtysh(const struct options *o)
{
	size_t n = 0;

	for (size_t i = 0; i < o->nrouters; i++)
		n += o->routers[i].transport == ROUTER_VTYSH;
	return n;
}

int config_router_section(struct config_load *l, cfg_t *cfg, cfg_t *sec)
{
	enum router_transport transport = transport_of(sec);
	struct options *o = l->o;
	size_t i = o->nrouters;
	int r = transport == ROUTER_VTYSH ? check_vtysh(l, sec) : check_session(l, cfg, sec, transport);

	if (!r)
		r = check_password(l, sec);
	if (r)
		return r;
	if (i == ROUTERS_MAX)
		return config_fail(l, cfg->line, "more than %d routers", ROUTERS_MAX);
	if (transport == ROUTER_VTYSH && count_vtysh(o) == VTYSH_MAX)
		return config_fail(l, cfg->line, "more than %d routers with vtysh", VTYSH_MAX);
	array_grow(&o->routers, &l->routers_cap, i + 1, sizeof *o->routers);
	fill_router(&o->routers[o->nrouters++], sec, transport);
	if (transport != ROUTER_VTYSH)
		add_input(l, INPUT_PROFILE, i, sec, CONFIG_ROUTER_PROFILE);
	add_input(l, INPUT_PASSWORD_FILE, i, sec, CONFIG_ROUTER_PASSWORD_FILE);
	add_input(l, INPUT_PASSWORD_ENV, i, sec, CONFIG_ROUTER_PASSWORD_ENV);
	return 0;
}

/* ---- logs ---- */

static int check_log(struct config_load *l, const cfg_t *cfg, cfg_t *sec)
{
	const char *file = text_of(sec, CONFIG_LOG_FILE), *listen = text_of(sec, CONFIG_LOG_LISTEN);

	if (!given(sec, CONFIG_LOG_PROFILE))
		return config_fail(l, cfg->line, "log %s has no profile; add profile = NAME: how its lines read",
				   sec->title);
	if (!strcmp(text_of(sec, CONFIG_LOG_PROFILE), VTYSH))
		return config_fail(l, l->key_lines[CONFIG_LOG_PROFILE], "log %s: vtysh is no profile of a log; "
				   "FRR's log is read with frr-vty", sec->title);
	if (!file && !listen)
		return config_fail(l, cfg->line, "log %s has neither file nor listen; add where it comes from",
				   sec->title);
	if (file && listen)
		return config_fail(l, cfg->line, "log %s has file and listen; make two sections of it", sec->title);
	if (file && *file != '/')
		return config_fail(l, l->key_lines[CONFIG_LOG_FILE], "file must be a path from /, not '%s'",
				   CONFIG_SHOWN(file));
	if (file && given(sec, CONFIG_LOG_FROM))
		return config_fail(l, l->key_lines[CONFIG_LOG_FROM], "log %s: from goes with listen; remove it",
				   sec->title);
	return 0;
}

int config_log_section(struct config_load *l, cfg_t *cfg, cfg_t *sec)
{
	struct options *o = l->o;
	size_t i = o->nlogs;
	struct log_config *log;
	int r = check_log(l, cfg, sec);

	if (r)
		return r;
	if (i == LOGS_MAX)
		return config_fail(l, cfg->line, "more than %d logs", LOGS_MAX);
	array_grow(&o->logs, &l->logs_cap, i + 1, sizeof *o->logs);
	log = &o->logs[o->nlogs++];
	*log = (struct log_config){
		.name = xstrdup(sec->title), .router = copy_of(sec, CONFIG_LOG_ROUTER),
		.file = copy_of(sec, CONFIG_LOG_FILE), .listen = copy_of(sec, CONFIG_LOG_LISTEN),
		.charset = copy_of(sec, CONFIG_LOG_CHARSET), .fd = -1,
	};
	if (log->listen)
		value_listen(log->listen, &log->address, &log->port);
	if (given(sec, CONFIG_LOG_FROM))
		addr_parse(text_of(sec, CONFIG_LOG_FROM), &log->from);
	log->has_zone = number_of(sec, CONFIG_LOG_ZONE, &log->zone_s);
	l->log_lines[i] = l->key_lines[CONFIG_LOG_ROUTER];
	add_input(l, INPUT_LOG_PROFILE, i, sec, CONFIG_LOG_PROFILE);
	add_input(l, INPUT_LOG_FILE, i, sec, CONFIG_LOG_FILE);
	add_input(l, INPUT_LOG_LISTEN, i, sec, CONFIG_LOG_LISTEN);
	return 0;
}

/* ---- the end of the file ---- */

static bool is_router(const struct options *o, const char *name)
{
	for (size_t i = 0; i < o->nrouters; i++)
		if (!strcmp(o->routers[i].name, name))
			return true;
	return false;
}

/* A log without a router is one of its own. */
static bool is_log(const struct options *o, const char *name)
{
	for (size_t i = 0; i < o->nlogs; i++)
		if (!strcmp(o->logs[i].router ? o->logs[i].router : o->logs[i].name, name))
			return true;
	return false;
}

int config_routers_check(struct config_load *l)
{
	const struct options *o = l->o;

	for (size_t i = 0; i < o->nlogs; i++)
		if (o->logs[i].router && !is_router(o, o->logs[i].router))
			return config_fail(l, l->log_lines[i], "log %s names the router '%s', but there is no section "
					   "router %s { ... }; add it or remove the key", o->logs[i].name,
					   CONFIG_SHOWN(o->logs[i].router), CONFIG_SHOWN(o->logs[i].router));
	for (size_t i = 0; i < o->ntunnels; i++) {
		const char *name = o->tunnels[i].router;

		if (name && !is_router(o, name) && !is_log(o, name))
			return config_fail(l, l->router_lines[i], "tunnel %s names the router '%s', but there is no "
					   "section router %s { ... }; add it or remove the key", o->tunnels[i].name,
					   CONFIG_SHOWN(name), CONFIG_SHOWN(name));
	}
	return 0;
}
