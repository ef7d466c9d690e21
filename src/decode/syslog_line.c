// SPDX-License-Identifier: GPL-2.0-or-later
// A line of a router's log that came through syslog.
#include "tunwatch/decode.h"

/* What a line is read as. */
struct line_sink {
	struct router_seen_sink sink; /* first */
	struct router_seen_log *ret;
	bool any;
};

static void keep(struct router_seen_sink *sink, const struct router_seen *seen)
{
	struct line_sink *s = (struct line_sink *)sink;

	if (seen->kind != ROUTER_SEEN_LOG)
		return;
	*s->ret = seen->log;
	s->any = true;
}

static bool read_as(const struct profile *p, size_t command, const char *text, size_t len, struct router_seen_log *ret)
{
	struct line_sink s = { .sink.put = keep, .ret = ret };
	struct router_answer answer = {0};

	profile_read(p, command, text, len, &s.sink, &answer);
	return s.any;
}

/* As the router itself would print it. */
static bool read_message(const struct profile *p, size_t command, int64_t civil_us, const char *text, size_t len,
			 struct router_seen_log *ret)
{
	static const char *const behind[] = { ": ", " " };
	struct time_parts t = time_split(civil_us, 0);
	struct buf line = {0};
	bool any = false;

	for (size_t i = 0; i < ARRAY_LEN(behind) && !any; i++) {
		buf_clear(&line);
		buf_printf(&line, "%04d/%02d/%02d %02d:%02d:%02d%s", t.year, t.month, t.day, t.hour, t.minute,
			   t.second, behind[i]);
		buf_add(&line, text, len);
		any = read_as(p, command, line.data, line.len, ret);
	}
	buf_free(&line);
	return any;
}

/* The sender's name may be missing: then what looks like it belongs to the message. */
bool syslog_read_log(const struct profile *p, size_t command, const char *text, size_t len,
		     const struct syslog_header *h, int64_t civil_us, struct router_seen_log *ret)
{
	const size_t begins[] = { 0, h->message, h->host };
	bool any = false;

	for (size_t i = 0; i < ARRAY_LEN(begins); i++) {
		size_t at = begins[i];
		struct router_seen_log seen;

		if (at >= len || (i == 2 && at == h->message))
			continue;
		if (!read_as(p, command, text + at, len - at, &seen) &&
		    (!i || !read_message(p, command, civil_us, text + at, len - at, &seen)))
			continue;
		if (!any || seen.meaning != LOG_MEANING_OTHER)
			*ret = seen;
		any = true;
		if (!i || seen.meaning != LOG_MEANING_OTHER)
			break;
	}
	return any;
}
