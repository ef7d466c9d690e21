// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/report_log.h"
#include "app/report_syslog.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LOG_MAX = 64 << 20, PIECE = 512 << 10, EVENTS_MAX = 200000, NAMES_MAX = 1024, NOTES_MAX = 8 };

/* A line that means something. */
struct event {
	int64_t at;      /* wall time */
	uint16_t name;   /* index in names + 1; 0: it names no tunnel */
	uint8_t meaning;
	char text[100];
};

struct log_file {
	struct router_seen_sink sink; /* first: what is read comes here */
	char *names[NAMES_MAX];       /* of tunnels */
	size_t nnames;
	struct event *events;
	size_t nevents, events_cap;
	size_t *pieces;               /* where the events of each piece begin */
	size_t npieces, pieces_cap;
	uint64_t lines, odd, unset;   /* understood; not; of a clock that was not set */
	int64_t first, last;          /* of all lines, civil; INT64_MIN */
	int64_t piece_first, first_of_first, first_of_last;
	bool full;
	struct log_zone zone;         /* of its times */
	char *notes[NOTES_MAX];
	size_t nnotes;
	/* the recording it is: records before the first event, then events */
	struct record_sink start_sink;
	struct record *start;
	size_t nstart, start_cap, at;
	uint16_t router_key, name_keys[NAMES_MAX];
	bool ticked;
	size_t joined;                /* events that were applied to a recording's rows */
};

/* Its clock begins here when nobody sets it; no tunnel was up before. */
#define CLOCK_UNSET_US (INT64_C(946684800) * US_PER_S) /* 2000-01-01 */

/* ---- reading ---- */

static uint16_t find_name(struct log_file *l, const char *name)
{
	size_t i = 0;

	while (i < l->nnames && strcmp(l->names[i], name))
		i++;
	if (i == NAMES_MAX || !*name)
		return 0;
	if (i == l->nnames)
		l->names[l->nnames++] = xstrdup(name);
	return (uint16_t)(i + 1);
}

static void put(struct router_seen_sink *sink, const struct router_seen *seen)
{
	struct log_file *l = (struct log_file *)sink;
	const struct router_seen_log *log = &seen->log;
	struct event *e;

	if (seen->kind != ROUTER_SEEN_LOG)
		return;
	l->lines++;
	if (l->piece_first == INT64_MIN)
		l->piece_first = log->at_civil_us;
	if (log->at_civil_us < CLOCK_UNSET_US)
		l->unset++;
	if (l->first == INT64_MIN || log->at_civil_us < l->first)
		l->first = log->at_civil_us;
	if (l->last == INT64_MIN || log->at_civil_us > l->last)
		l->last = log->at_civil_us;
	if (log->meaning == LOG_MEANING_OTHER)
		return;
	if (l->nevents == EVENTS_MAX) {
		l->full = true;
		return;
	}
	array_grow(&l->events, &l->events_cap, l->nevents + 1, sizeof *l->events);
	e = &l->events[l->nevents++];
	*e = (struct event){ log->at_civil_us, find_name(l, log->name), (uint8_t)log->meaning, "" };
	str_clean(e->text, sizeof e->text, log->text, strlen(log->text));
}

/* Where the text may be cut: before the last line that begins with a digit, as one with a time does. */
static size_t cut_at(const char *text, size_t len)
{
	for (size_t i = len; i > 1; i--)
		if (text[i - 2] == '\n' && text[i - 1] >= '0' && text[i - 1] <= '9')
			return i - 1;
	return len;
}

static void read_piece(struct log_file *l, const struct profile *p, size_t command, const char *text, size_t len)
{
	struct router_answer answer;

	array_grow(&l->pieces, &l->pieces_cap, l->npieces + 1, sizeof *l->pieces);
	l->pieces[l->npieces++] = l->nevents;
	l->piece_first = INT64_MIN;
	profile_read(p, command, text, len, &l->sink, &answer);
	l->odd += answer.suspects;
	if (l->npieces == 1)
		l->first_of_first = l->piece_first;
	l->first_of_last = l->piece_first;
}

/* Within a piece lines come oldest first; of a log that begins with the newest the pieces do not. */
static void order_pieces(struct log_file *l)
{
	struct event *sorted = xcalloc(l->nevents ? l->nevents : 1, sizeof *sorted);
	size_t n = 0, end = l->nevents;

	for (size_t i = l->npieces; i; end = l->pieces[--i]) {
		memcpy(sorted + n, l->events + l->pieces[i - 1], (end - l->pieces[i - 1]) * sizeof *sorted);
		n += end - l->pieces[i - 1];
	}
	free(l->events);
	l->events = sorted;
	l->events_cap = l->nevents;
}

static int read_text(int fd, const char *name, struct lines *ls, struct buf *text, struct error *err)
{
	char chunk[65536];
	const char *rest;
	size_t total = 0, left;
	ssize_t n;

	while ((n = read(fd, chunk, sizeof chunk)) != 0) {
		struct pollfd wait = { .fd = fd, .events = POLLIN };

		if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
			poll(&wait, 1, -1);
			continue;
		}
		if (n < 0)
			return error_set(err, -errno, "cannot read %.200s: %s", name, strerror(errno));
		total += (size_t)n;
		if (total > LOG_MAX)
			return error_set(err, -EFBIG, "%.200s is longer than %d MiB; cut out the time of interest",
					 name, LOG_MAX >> 20);
		lines_input(ls, chunk, (size_t)n, text);
	}
	rest = lines_pending(ls, &left);
	buf_add(text, rest, left);
	return 0;
}

/* ---- what is wrong with it, and what should be known ---- */

static void add_note(struct log_file *l, const char *fmt, ...) PRINTF_LIKE(2, 3);
static void add_note(struct log_file *l, const char *fmt, ...)
{
	struct buf b = {0};
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(&b, fmt, ap);
	va_end(ap);
	if (l->nnotes < NOTES_MAX)
		l->notes[l->nnotes++] = b.data;
	else
		buf_free(&b);
}

static const char *plural(uint64_t n)
{
	return n == 1 ? "" : "s";
}

/* Lines of before the clock was set have no date; a log of only such has one of its own. */
static void drop_unset(struct log_file *l)
{
	size_t n = 0;

	if (!l->unset)
		return;
	if (l->unset == l->lines) {
		add_note(l, "the router's clock was never set: its times count from when it was switched on");
		return;
	}
	add_note(l, "%llu line%s of before the router's clock was set %s left out", (unsigned long long)l->unset,
		 plural(l->unset), l->unset == 1 ? "is" : "are");
	for (size_t i = 0; i < l->nevents; i++)
		if (l->events[i].at >= CLOCK_UNSET_US)
			l->events[n++] = l->events[i];
	l->nevents = n;
	l->first = n ? l->events[0].at : CLOCK_UNSET_US;
}

/* Time does not go back: a clock that was set back stands still until it is past. */
static void straighten(struct log_file *l)
{
	unsigned back = 0;

	for (size_t i = 1; i < l->nevents; i++) {
		if (l->events[i].at >= l->events[i - 1].at)
			continue;
		back += l->events[i - 1].at - l->events[i].at > 5 * US_PER_S;
		l->events[i].at = l->events[i - 1].at;
	}
	if (back)
		add_note(l, "the router's clock was set back, or lines are missing: times are not certain");
}

static void to_utc(struct log_file *l)
{
	int64_t zone_us = log_zone(&l->zone, l->first) * US_PER_S;

	for (size_t i = 0; i < l->nevents; i++)
		l->events[i].at -= zone_us;
	l->first -= zone_us;
	l->last -= zone_us;
}

static int judge(struct log_file *l, const char *name, const struct profile *p, struct error *err)
{
	bool yamaha = !strcmp(profile_name(p), "yamaha-rtx");
	bool any = false;

	if (!l->lines)
		return error_set(err, -EBADMSG, "no line of %.200s is understood by profile %s%s; see: tunwatch help "
				 "router-test, and --profile", name, profile_name(p),
				 yamaha ? ", which knows lines as '2012/02/11 02:08:35: IP Tunnel[1] Up'" : "");
	for (size_t i = 0; i < l->nevents && !any; i++)
		any = l->events[i].meaning == LOG_MEANING_UP || l->events[i].meaning == LOG_MEANING_DOWN;
	if (!any)
		return error_set(err, -EBADMSG, "%llu line%s of %.200s %s understood by profile %s, but none says "
				 "that a tunnel went up or down%s", (unsigned long long)l->lines, plural(l->lines),
				 name, l->lines == 1 ? "is" : "are", profile_name(p),
				 yamaha ? ", as '2012/02/11 02:08:35: IP Tunnel[1] Up' does" : "");
	if (l->odd)
		add_note(l, "%llu line%s of the log %s not understood", (unsigned long long)l->odd, plural(l->odd),
			 l->odd == 1 ? "is" : "are");
	if (l->full)
		add_note(l, "the log tells more than %d events: the rest is left out", EVENTS_MAX);
	return 0;
}

static bool find_log_command(const struct profile *p, size_t *ret)
{
	for (*ret = 0; *ret < profile_commands(p); ++*ret)
		if (!strcmp(profile_command(p, *ret)->name, "log"))
			return true;
	return false;
}

static int read_all(struct log_file *l, int fd, const char *name, const struct profile *p, struct error *err)
{
	struct lines *ls = lines_new(profile_session(p)->charset);
	struct buf text = {0};
	int64_t written_us = log_written(fd);
	size_t command, len;
	int r, year = 0;

	if (!ls)
		return error_set(err, -EINVAL, "profile %s: there is no charset %s", profile_name(p),
				 profile_session(p)->charset);
	r = find_log_command(p, &command) ? read_text(fd, name, ls, &text, err)
		: error_set(err, -EINVAL, "profile %s reads no log; name one that does with --profile",
			    profile_name(p));
	for (size_t at = 0; !r && at < text.len; at += len) {
		len = text.len - at > PIECE ? cut_at(text.data + at, PIECE) : text.len - at;
		read_piece(l, p, command, text.data + at, len);
	}
	if (!r && !l->lines)
		year = log_read_syslog(p, command, &text, written_us, &l->zone, &l->sink);
	if (year)
		add_note(l, "the log's times have no year: that of the file is taken, %d", year);
	lines_free(ls);
	buf_free(&text);
	return r;
}

/* ---- as a recording ---- */

static void put_start(struct record_sink *sink, const struct record *r)
{
	struct log_file *l = (struct log_file *)((char *)sink - offsetof(struct log_file, start_sink));
	struct record *copy;

	array_grow(&l->start, &l->start_cap, l->nstart + 1, sizeof *l->start);
	copy = &l->start[l->nstart++];
	*copy = *r;
	if (r->text)
		copy->text = memcpy(xcalloc(r->text_len + 1, 1), r->text, r->text_len);
}

static void make_start(struct log_file *l, const char *host)
{
	struct record_intern *in = record_intern_new(&l->start_sink);
	struct record r;

	l->router_key = record_intern_text(in, host, 0);
	record_init(&r, RECORD_SESSION, 0, 0);
	record_set(&r, SESSION_FORMAT, 1);
	record_set(&r, SESSION_HOST, l->router_key);
	record_set(&r, SESSION_INTERVAL_MS, 1000);
	put_start(&l->start_sink, &r);
	record_init(&r, RECORD_CLOCK, 0, 0);
	record_set(&r, CLOCK_WALL_OFF_US, l->first);
	record_set(&r, CLOCK_UTC_OFF_S, l->zone.s);
	record_set(&r, CLOCK_REASON, CLOCK_REASON_START);
	put_start(&l->start_sink, &r);
	for (size_t i = 0; i < l->nnames; i++) {
		l->name_keys[i] = record_intern_text(in, l->names[i], 0);
		record_init(&r, RECORD_TUNNEL, (uint16_t)i, 0);
		record_set(&r, TUNNEL_TYPE, TUNNEL_TYPE_REMOTE);
		record_set(&r, TUNNEL_ORIGIN, ORIGIN_DISCOVERED);
		record_set(&r, TUNNEL_ROUTER, l->router_key);
		record_set(&r, TUNNEL_REMOTE_NAME, l->name_keys[i]);
		record_text(&r, l->names[i]);
		put_start(&l->start_sink, &r);
	}
	record_intern_free(in);
}

void log_file_rewind(struct log_file *l)
{
	l->at = l->joined = 0;
	l->ticked = false;
}

static void make_line(const struct log_file *l, const struct event *e, struct record *ret)
{
	record_init(ret, RECORD_LOG, 0, e->at - l->first);
	record_set(ret, LOG_SOURCE, l->router_key);
	if (e->name)
		record_set(ret, LOG_NAME, l->name_keys[e->name - 1]);
	record_set(ret, LOG_MEANING, e->meaning);
	record_set(ret, LOG_AT, e->at);
	record_text(ret, e->text);
}

bool log_file_next(struct log_file *l, struct record *ret)
{
	size_t i = l->at - (l->at < l->nstart ? l->at : l->nstart);
	int64_t at = i < l->nevents ? l->events[i].at : l->last;

	if (l->at < l->nstart) {
		*ret = l->start[l->at++];
		return true;
	}
	if (!l->ticked) {
		record_init(ret, RECORD_TICK, 0, (at > l->first ? at : l->first) - l->first);
		l->ticked = true;
		return true;
	}
	if (i >= l->nevents)
		return false;
	make_line(l, &l->events[i], ret);
	l->at++;
	l->ticked = false;
	return true;
}

/* ---- beside a recording ---- */

static bool is_named(const struct model *m, const struct model_tunnel *t, const char *name)
{
	return t->used && t->remote_name != MODEL_NONE && !strcmp(model_name(m, t->remote_name), name);
}

static void join(const struct log_file *l, const struct event *e, struct model *m)
{
	int64_t at = model_session_time(m, e->at), t = at > m->now ? at : m->now;

	for (size_t i = 0; e->name && i < m->ntunnels; i++) {
		const struct model_tunnel *row = &m->tunnels[i];
		struct record r;

		if (row->router == MODEL_NONE || !is_named(m, row, l->names[e->name - 1]))
			continue;
		record_init(&r, RECORD_LOG, 0, t);
		record_set(&r, LOG_SOURCE, row->router);
		record_set(&r, LOG_NAME, row->remote_name);
		record_set(&r, LOG_MEANING, e->meaning);
		record_set(&r, LOG_AT, e->at);
		record_text(&r, e->text);
		model_apply(m, &r);
	}
}

void log_file_join(struct log_file *l, struct model *m, struct model *other, int64_t t)
{
	while (m->has_clock && l->joined < l->nevents && l->events[l->joined].at <= model_wall(m, t)) {
		const struct event *e = &l->events[l->joined++];

		join(l, e, m);
		if (other)
			join(l, e, other);
	}
}

bool log_file_strangers(const struct log_file *l, const struct model *m, char *out, size_t size)
{
	size_t pos = 0, n = 0;

	for (size_t i = 0; i < l->nnames; i++) {
		size_t k = 0;

		while (k < m->ntunnels && !is_named(m, &m->tunnels[k], l->names[i]))
			k++;
		if (k < m->ntunnels)
			continue;
		if (n++ < 8)
			str_append(out, size, &pos, "%s%s", n > 1 ? ", " : "the log speaks of tunnels that no row has "
				   "as its remote-name: ", l->names[i]);
	}
	if (n > 8)
		str_append(out, size, &pos, " and others");
	return n;
}

/* ---- */

struct log_file *log_file_read(int fd, const char *name, const struct profile *p, const int *zone_s, struct error *err)
{
	struct log_file *l = xcalloc(1, sizeof *l);
	int r;

	l->sink.put = put;
	l->start_sink.put = put_start;
	l->first = l->last = INT64_MIN;
	if (zone_s)
		l->zone = (struct log_zone){ true, *zone_s };
	r = read_all(l, fd, name, p, err);
	close(fd);
	if (!r && l->npieces > 1 && l->first_of_first > l->first_of_last)
		order_pieces(l);
	if (!r) {
		drop_unset(l);
		straighten(l);
		r = judge(l, name, p, err);
	}
	if (!r) {
		to_utc(l);
		make_start(l, "log");
		return l;
	}
	log_file_free(l);
	return NULL;
}

void log_file_free(struct log_file *l)
{
	if (!l)
		return;
	for (size_t i = 0; i < l->nstart; i++)
		free((void *)(uintptr_t)l->start[i].text);
	for (size_t i = 0; i < l->nnames; i++)
		free(l->names[i]);
	for (size_t i = 0; i < l->nnotes; i++)
		free(l->notes[i]);
	free(l->start);
	free(l->events);
	free(l->pieces);
	free(l);
}

const char *log_file_note(const struct log_file *l, size_t i)
{
	return i < l->nnotes ? l->notes[i] : NULL;
}
