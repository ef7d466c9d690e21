/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files that read a router's text share. */
#ifndef ROUTER_TEXT_H
#define ROUTER_TEXT_H

#include "decode/profile_int.h"

/* Where in the text a pattern matched. */
struct span {
	size_t start, end;
	const struct pattern *pattern;
};
struct spans {
	struct span *items;
	size_t n, cap;
};

/* The answer to one command while it is read. */
struct reading {
	const struct profile *p;
	const struct rules *c;
	const char *text; /* UTF-8 */
	size_t len;
	bool gave_up;     /* a pattern took too long */
	struct router_seen_sink *sink;
	struct router_answer *ret;
	struct kept {
		struct router_seen seen;
		uint64_t family; /* hash of the address family's name; 0: not said */
	} *kept;          /* what can be put only at the end */
	size_t nkept, kept_cap;
	size_t *odd;      /* where pieces begin that were not understood; for who asks */
	size_t nodd, odd_max;
};

/* Every match of the patterns, in the order of the text, none within another. */
void spans_find(struct reading *rd, const struct pattern_list *list, struct spans *ret);
void reading_put(struct reading *rd, const struct router_seen *seen);
/* The piece that begins there looks like a record, and is not understood. */
void reading_odd(struct reading *rd, size_t offset);
struct router_seen *reading_keep(struct reading *rd, enum router_seen_kind kind, uint64_t family);

/* ---- router_value.c: words of routers; text without a NUL. -1 (INT64_MIN for times): none or not understood ---- */
int64_t value_number(const char *s, size_t len);   /* digits; at most 2^53 */
int64_t value_as(const char *s, size_t len);       /* 65001 or 1.100 (RFC 5396) */
int64_t value_duration(const char *s, size_t len); /* seconds: 00:20:06, 3w0d, 9w2d 5:23:37, 2 hours 5 minutes, 2時間5分 */
int64_t value_civil(const char *s, size_t len);    /* 2012/02/11 02:08:35, as us since 1970 as if it were UTC */
bool value_is_word(const struct words *list, const char *s, size_t len); /* without case */
void value_clean(char *dst, size_t size, const char *s, size_t len);     /* trimmed and cleaned; s may be NULL */

/* ---- router_seen.c: one record's captures become a thing seen. False: it is not understood after all ---- */
bool seen_bgp(struct reading *rd, const struct captures *c);
bool seen_tunnel(struct reading *rd, const struct captures *c);
bool seen_sa(struct reading *rd, const struct captures *c);
bool seen_environment(struct reading *rd, const struct captures *c);
/* The name of the tunnel that the captures speak of, or "". */
void seen_tunnel_name(const struct profile *p, const struct captures *c, char out[ROUTER_NAME_MAX]);

/* ---- router_log.c ---- */
void read_log(struct reading *rd, const struct spans *records);

#endif
