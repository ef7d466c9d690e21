// SPDX-License-Identifier: GPL-2.0-or-later
// Lines of a router's log.
#include "decode/router_text.h"

#include <stdlib.h>
#include <string.h>

enum { WRAP_COLUMNS = 80 }; /* where a terminal without a size of its own is wrapped */

/* Columns of a line; wide characters of East Asia take two. */
static size_t columns(const char *s, size_t len)
{
	size_t n = 0;
	uint32_t c = 0;

	for (size_t i = 0, k; i < len; i += k ? k : 1) {
		k = utf8_decode(s + i, len - i, &c);
		n += k && c >= 0x1100 ? 2 : 1;
	}
	return n;
}

static size_t line_end(const struct reading *rd, size_t at)
{
	const char *nl = at < rd->len ? memchr(rd->text + at, '\n', rd->len - at) : NULL;

	return nl ? (size_t)(nl - rd->text) : rd->len;
}

/* The message, with the lines it was wrapped to, up to the next record. */
static void join_lines(const struct reading *rd, const struct span *s, size_t next, const struct captures *c,
		       struct buf *msg)
{
	size_t start = s->start, end = line_end(rd, s->start);

	buf_clear(msg);
	buf_add(msg, c->text[GROUP_MSG], c->len[GROUP_MSG]);
	while (columns(rd->text + start, end - start) == WRAP_COLUMNS && end + 1 < next) {
		start = end + 1;
		end = line_end(rd, start);
		buf_add(msg, rd->text + start, (end < next ? end : next) - start);
	}
}

static void read_event(struct reading *rd, const struct buf *msg, struct router_seen_log *log)
{
	const struct pattern_list *events = &rd->c->uses[USE_EVENT];
	struct captures c = {0};
	size_t start, end;
	int r = 0;

	for (size_t i = 0; i < events->n && !r; i++) {
		r = pattern_find(rd->p, &events->items[i], msg->data, msg->len, 0, &start, &end);
		if (r > 0)
			pattern_captures(rd->p, &events->items[i], msg->data, true, &c);
	}
	if (r < 0)
		rd->gave_up = true;
	if (r <= 0)
		return;
	seen_tunnel_name(rd->p, &c, log->name);
	if (c.text[GROUP_REPEAT]) {
		int64_t n = value_number(c.text[GROUP_REPEAT], c.len[GROUP_REPEAT]);

		log->repeated = n < 0 ? 0 : n > 1000000 ? 1000000 : n;
	}
	log->meaning = c.text[GROUP_UP] ? LOG_MEANING_UP : c.text[GROUP_DOWN] ? LOG_MEANING_DOWN :
		       c.text[GROUP_REKEY] ? LOG_MEANING_REKEY : c.text[GROUP_TRY] ? LOG_MEANING_IKE_TRY :
		       LOG_MEANING_OTHER;
}

static bool read_line(struct reading *rd, const struct span *s, size_t next, struct buf *msg)
{
	struct captures c = {0};
	struct router_seen_log *log;
	size_t start, end;
	int64_t at;

	if (pattern_find(rd->p, s->pattern, rd->text, rd->len, s->start, &start, &end) <= 0)
		return false;
	pattern_captures(rd->p, s->pattern, rd->text, true, &c);
	at = value_civil(c.text[GROUP_TS], c.len[GROUP_TS]);
	if (at == INT64_MIN || !c.text[GROUP_MSG])
		return false;
	join_lines(rd, s, next, &c, msg);
	log = &reading_keep(rd, ROUTER_SEEN_LOG, 0)->log;
	log->at_civil_us = at;
	value_clean(log->text, sizeof log->text, msg->data ? msg->data : "", msg->len);
	if (msg->len)
		read_event(rd, msg, log);
	return true;
}

/* What the times say, else what the profile does. */
static bool is_newest_first(const struct reading *rd)
{
	size_t later = 0, earlier = 0;

	for (size_t i = 1; i < rd->nkept; i++) {
		later += rd->kept[i].seen.log.at_civil_us > rd->kept[i - 1].seen.log.at_civil_us;
		earlier += rd->kept[i].seen.log.at_civil_us < rd->kept[i - 1].seen.log.at_civil_us;
	}
	return later == earlier ? rd->c->shown.newest_first : earlier > later;
}

void read_log(struct reading *rd, const struct spans *records)
{
	struct buf msg = {0};

	for (size_t i = 0; i < records->n && !rd->gave_up; i++) {
		size_t next = i + 1 < records->n ? records->items[i + 1].start : rd->len;

		if (!read_line(rd, &records->items[i], next, &msg))
			reading_odd(rd, records->items[i].start);
	}
	buf_free(&msg);
	if (is_newest_first(rd)) {
		for (size_t i = rd->nkept; i; i--)
			reading_put(rd, &rd->kept[i - 1].seen);
		return;
	}
	for (size_t i = 0; i < rd->nkept; i++)
		reading_put(rd, &rd->kept[i].seen);
}
