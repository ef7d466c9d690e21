/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Neighbours that were read from FRR's JSON, as captured or not. */
#ifndef BGP_CAUGHT_H
#define BGP_CAUGHT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tunwatch/decode.h"

enum { SEEN_MAX = 2048 };

struct catch {
	struct router_seen_sink sink;
	struct router_answer answer;
	struct router_seen_bgp seen[SEEN_MAX];
	size_t n;
};

static struct catch caught;

static inline void put(struct router_seen_sink *sink, const struct router_seen *seen)
{
	struct catch *c = (struct catch *)sink;

	assert_int_equal(seen->kind, ROUTER_SEEN_BGP);
	assert_true(c->n < SEEN_MAX);
	c->seen[c->n++] = seen->bgp;
}

static inline void summary(const void *data, size_t len)
{
	caught.n = 0;
	caught.sink.put = put;
	memset(&caught.answer, 0xff, sizeof caught.answer);
	bgp_json_summary(data, len, &caught.sink, &caught.answer);
	assert_int_equal(caught.answer.seen, caught.n);
}

static inline void detail(const void *data, size_t len, const char *vrf)
{
	caught.n = 0;
	caught.sink.put = put;
	memset(&caught.answer, 0xff, sizeof caught.answer);
	bgp_json_detail(data, len, vrf, &caught.sink, &caught.answer);
	assert_int_equal(caught.answer.seen, caught.n);
}

/* The standard output in a captured file: a line says where it is from, others what came beside it. */
static inline struct buf captured(const char *name)
{
	struct buf b = {0};
	char path[160], line[8192];
	bool first = true;
	FILE *f;

	snprintf(path, sizeof path, "tests/data/routers/frr/%s.txt", name);
	f = fopen(path, "rb");
	if (!f)
		fail_msg("cannot read %s", path);
	for (; fgets(line, sizeof line, f) && strncmp(line, "# ---", 5); first = false)
		if (!first)
			buf_puts(&b, line);
	fclose(f);
	buf_add(&b, "", 0);
	return b;
}

static inline void read_summary(const char *name)
{
	struct buf b = captured(name);

	summary(b.data, b.len);
	buf_free(&b);
}

static inline void read_detail(const char *name)
{
	struct buf b = captured(name);

	detail(b.data, b.len, "");
	buf_free(&b);
}

static inline const struct router_seen_bgp *peer(const char *neighbor)
{
	for (size_t i = 0; i < caught.n; i++)
		if (!strcmp(caught.seen[i].neighbor, neighbor))
			return &caught.seen[i];
	fail_msg("no %s", neighbor);
	return NULL;
}

static inline void text(const char *json)
{
	summary(json, strlen(json));
}

#endif
