// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/app.h"
#include "app/collector.h"
#include "app/globs.h"

static const double list_for_s = 1.0;

static bool is_plain(const char *s)
{
	return *s && !s[strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-")];
}

/* A value as the configuration file takes it. Single quotes take every other character as it is. */
static void quote(struct buf *out, const char *s)
{
	buf_putc(out, '\'');
	for (; *s; s++) {
		if (*s == '\'' || *s == '\\')
			buf_putc(out, '\\');
		buf_putc(out, *s);
	}
	buf_putc(out, '\'');
}

static const char *word(unsigned field, int value)
{
	return record_word(&record_kind_info(RECORD_TUNNEL)->fields[field], value);
}

static void add_key(struct buf *out, const char *key, const char *value)
{
	if (!*value)
		return;
	buf_printf(out, "\t%s = ", key);
	quote(out, value);
	buf_putc(out, '\n');
}

/* # gre, 192.0.2.1 to 192.0.2.2, mtu 1476 */
static void add_remark(struct buf *out, const struct model *m, const struct model_tunnel *t)
{
	const struct model_link *link = model_tunnel_link(m, t);
	const char *local = model_name(m, t->outer_local), *remote = model_name(m, t->outer_remote);

	buf_printf(out, "\n# %s", word(TUNNEL_TYPE, t->type));
	if (*local || *remote)
		buf_printf(out, ", outer %s to %s", *local ? local : "any", *remote ? remote : "any");
	if (link && link->mtu > 0)
		buf_printf(out, ", mtu %d", link->mtu);
	if (t->has_key)
		buf_printf(out, ", key %u", t->gre_key);
	if (link && !link->up)
		buf_puts(out, ", shut down");
	if (t->ssh)
		buf_puts(out, ", carries your ssh session");
	buf_putc(out, '\n');
}

static void add_peer(struct buf *out, const struct model *m, const struct model_tunnel *t)
{
	const char *peer = model_name(m, t->peer);

	if (!*peer) {
		buf_puts(out, "\t# peer = ?   (an address at the far end, inside the tunnel)\n");
		return;
	}
	buf_puts(out, "\tpeer = ");
	quote(out, peer);
	if (t->peer_from != PEER_FROM_CONFIG)
		buf_printf(out, "   # found by %s", word(TUNNEL_PEER_FROM, t->peer_from));
	buf_putc(out, '\n');
}

static const struct tunnel_config *find_config(const struct options *o, const char *name)
{
	for (size_t i = 0; i < o->ntunnels; i++)
		if (!strcmp(o->tunnels[i].name, name))
			return &o->tunnels[i];
	return NULL;
}

static void add_number(struct buf *out, const char *key, int64_t value)
{
	if (value)
		buf_printf(out, "\t%s = %lld\n", key, (long long)value);
}

/* Its section is not printed: it names files and programs with passwords. */
static void add_router(struct buf *out, const struct tunnel_config *c)
{
	if (!c->router)
		return;
	buf_puts(out, "\t# router = ");
	quote(out, c->router);
	if (c->remote_name) {
		buf_puts(out, "  remote-name = ");
		quote(out, c->remote_name);
	}
	buf_puts(out, "   (keep its section router or log)\n");
}

/* What the configuration says of a row is kept as it was said. */
static void add_configured(struct buf *out, const struct tunnel_config *c)
{
	const struct { const char *key, *value; } texts[] = {
		{ "ifname", c->ifname }, { c->is_line ? "target" : "peer", c->peer }, { "outer", c->outer },
		{ "bgp", c->bgp }, { "group", c->group }, { "source", c->source }, { "device", c->device },
	};

	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		if (texts[i].value)
			add_key(out, texts[i].key, texts[i].value);
	add_router(out, c);
	if (c->expect == EXPECT_ON_DEMAND)
		add_key(out, "expect", "on-demand");
	if (c->framing)
		add_key(out, "framing", word(TUNNEL_FRAMING, (int)c->framing));
	add_number(out, "mtu", c->mtu);
	add_number(out, "mss", c->mss);
	add_number(out, "mark", c->mark);
	add_number(out, "tos", c->tos);
}

static void add_tunnel(struct buf *out, const struct options *o, const struct model *m, const struct model_tunnel *t)
{
	const struct tunnel_config *config = find_config(o, t->name);

	add_remark(out, m, t);
	buf_puts(out, t->type == TUNNEL_TYPE_LINE ? "line " : "tunnel ");
	if (is_plain(t->name))
		buf_puts(out, t->name);
	else
		quote(out, t->name);
	buf_puts(out, " {\n");
	if (config)
		add_configured(out, config);
	else
		add_key(out, "ifname", model_name(m, t->ifname));
	if (!config || !config->peer)
		add_peer(out, m, t);
	buf_puts(out, "}\n");
}

static void print_list(const struct options *o, const struct model *m)
{
	struct buf out = {0};
	unsigned n = 0;

	buf_puts(&out, "# Tunnels found by " PROGRAM " list. Keep what you need as\n"
		       "# $XDG_CONFIG_HOME/tunwatch.conf or /etc/tunwatch.conf; see tunwatch.conf(5).\n");
	for (size_t i = 0; i < m->ntunnels; i++) {
		if (!m->tunnels[i].used)
			continue;
		add_tunnel(&out, o, m, &m->tunnels[i]);
		n++;
	}
	if (!n)
		buf_puts(&out, "\n# No interface of a tunnel kind was found. A tunnel that ends on another box:\n"
			       "# tunnel NAME {\n#\tpeer = 'ADDRESS'\n# }\n");
	fputs(out.data, stdout);
	buf_free(&out);
}

/* What kept us from seeing all: to stderr, the list is a configuration. */
static void warn_troubles(const struct model *m)
{
	const struct record_field *fields = record_kind_info(RECORD_SOURCE)->fields;

	for (size_t i = 0; i < m->nsources; i++) {
		const struct model_source *s = &m->sources[i];

		if (s->used && s->state != SOURCE_STATE_OK)
			fprintf(stderr, PROGRAM ": source %s: %s (%s)\n", model_name(m, s->name),
				record_word(&fields[SOURCE_STATE], s->state), model_name(m, s->reason));
	}
}

int cmd_list(struct options *o)
{
	struct model *m = NULL;
	struct error err = { "" };

	if (o->nargs)
		return die(EXIT_USAGE, "list takes no arguments; choose interfaces with -i GLOB");
	if (globs_check(o, &err))
		return die(EXIT_UNAVAILABLE, "%s", err.text);
	/* no probes: nothing needs to be sent to see what there is */
	if (!o->only)
		o->only = xstrdup("link,route");
	if (collect_for(o, list_for_s, NULL, NULL, &m, &err))
		return die(EXIT_UNAVAILABLE, "%s", err.text);
	print_list(o, m);
	warn_troubles(m);
	model_free(m);
	return fflush(stdout) ? EXIT_IO : EXIT_OK;
}
