// SPDX-License-Identifier: GPL-2.0-or-later
// Headers of syslog. What fits no header belongs to the message.
#include <stdlib.h>
#include <string.h>

#include "tunwatch/decode.h"

#define HALF_YEAR_US (INT64_C(183) * 86400 * US_PER_S)
enum { PRI_MAX = 5, STAMP_MAX = 40, HOST_MAX = 255 };

struct cursor {
	const char *s;
	size_t at, len;
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool take_char(struct cursor *c, char what)
{
	if (c->at == c->len || c->s[c->at] != what)
		return false;
	c->at++;
	return true;
}

/* A number of so many digits; -1: there is none. */
static int take_digits(struct cursor *c, size_t least, size_t most)
{
	size_t n = 0;
	int value = 0;

	while (n < most && c->at + n < c->len && is_digit(c->s[c->at + n]))
		value = value * 10 + c->s[c->at + n++] - '0';
	if (n < least)
		return -1;
	c->at += n;
	return value;
}

/* A word without blanks, and the blank behind it. False: none, or nothing follows. */
static bool take_word(struct cursor *c, size_t most)
{
	const char *from = c->s + c->at, *blank = memchr(from, ' ', c->len - c->at);

	if (!blank || blank == from || (size_t)(blank - from) > most)
		return false;
	c->at += (size_t)(blank - from) + 1;
	return true;
}

/* ---- times ---- */

static int take_month(struct cursor *c)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

	for (int i = 0; c->len - c->at > 3 && i < 12; i++)
		if (!memcmp(months + 3 * i, c->s + c->at, 3)) {
			c->at += 3;
			return i + 1;
		}
	return 0;
}

/* Without a year: the one that brings it next to now. */
static int64_t near_now(struct time_parts p, int64_t now_us)
{
	int64_t at;

	p.year = time_split(now_us, 0).year;
	at = time_join(&p, 0);
	p.year += at > now_us + HALF_YEAR_US ? -1 : at < now_us - HALF_YEAR_US ? 1 : 0;
	return time_join(&p, 0);
}

/* "Nov  5 14:05:30", and "Nov  5 2026 14:05:30" as some routers have it. */
static bool take_bsd_stamp(struct cursor *c, int64_t now_us, struct syslog_header *h)
{
	struct cursor t = *c;
	struct time_parts p = { .month = take_month(&t) };
	size_t before;

	if (!p.month || !take_char(&t, ' '))
		return false;
	take_char(&t, ' ');
	p.day = take_digits(&t, 1, 2);
	if (p.day < 1 || p.day > 31 || !take_char(&t, ' '))
		return false;
	before = t.at;
	p.year = take_digits(&t, 4, 4);
	if (p.year < 1970 || !take_char(&t, ' ')) {
		t.at = before;
		p.year = 0;
	}
	p.hour = take_digits(&t, 2, 2);
	if (p.hour < 0 || p.hour > 23 || !take_char(&t, ':'))
		return false;
	p.minute = take_digits(&t, 2, 2);
	if (p.minute < 0 || p.minute > 59 || !take_char(&t, ':'))
		return false;
	p.second = take_digits(&t, 2, 2);
	if (p.second < 0 || p.second > 60 || !take_char(&t, ' '))
		return false;
	h->stamp_us = p.year ? time_join(&p, 0) : near_now(p, now_us);
	h->has_stamp = true;
	*c = t;
	return true;
}

/* RFC 3339, with a zone. */
static bool take_iso_stamp(struct cursor *c, struct syslog_header *h)
{
	struct cursor t = *c;
	char text[STAMP_MAX];
	size_t n;

	if (t.at == t.len || !is_digit(t.s[t.at]) || !take_word(&t, sizeof text - 1))
		return false;
	n = t.at - 1 - c->at;
	memcpy(text, c->s + c->at, n);
	text[n] = 0;
	if (strlen(text) != n || !time_parse_rfc3339(text, &h->stamp_us))
		return false;
	h->has_stamp = h->has_zone = true;
	*c = t;
	return true;
}

/* ---- headers ---- */

static void take_pri(struct cursor *c)
{
	struct cursor t = *c;

	if (take_char(&t, '<') && take_digits(&t, 1, PRI_MAX - 2) >= 0 && take_char(&t, '>'))
		*c = t;
}

/* "-", or elements in brackets; within quotes a backslash takes the next one as it is. */
static bool take_structured(struct cursor *c)
{
	bool quoted = false;

	if (take_char(c, '-'))
		return true;
	if (c->at == c->len || c->s[c->at] != '[')
		return false;
	for (; c->at < c->len; c->at++) {
		char ch = c->s[c->at];

		if (quoted && ch == '\\')
			c->at++;
		else if (ch == '"')
			quoted = !quoted;
		else if (!quoted && ch == ']' && (c->at + 1 == c->len || c->s[c->at + 1] != '['))
			break;
	}
	return c->at < c->len && take_char(c, ']');
}

/* VERSION TIMESTAMP HOSTNAME APP-NAME PROCID MSGID STRUCTURED-DATA [MSG] */
static bool take_5424(struct cursor *c, struct syslog_header *h)
{
	struct cursor t = *c;

	if (!take_char(&t, '1') || !take_char(&t, ' '))
		return false;
	if (!take_iso_stamp(&t, h) && !(take_char(&t, '-') && take_char(&t, ' ')))
		return false;
	for (int i = 0; i < 4; i++)
		if (!take_word(&t, HOST_MAX))
			goto no;
	if (!take_structured(&t) || (t.at < t.len && !take_char(&t, ' ')))
		goto no;
	if (t.len - t.at >= 3 && !memcmp(t.s + t.at, "\xef\xbb\xbf", 3))
		t.at += 3;
	*c = t;
	return true;
no:
	h->has_stamp = h->has_zone = false;
	return false;
}

struct syslog_header syslog_read(const char *text, size_t len, int64_t now_us)
{
	struct syslog_header h = {0};
	struct cursor c = { .s = text, .len = len };

	take_pri(&c);
	if (take_5424(&c, &h)) {
		h.message = h.host = c.at;
		return h;
	}
	if (take_iso_stamp(&c, &h) || take_bsd_stamp(&c, now_us, &h)) {
		h.host = c.at;
		take_word(&c, HOST_MAX);
		h.message = c.at;
		return h;
	}
	h.message = h.host = c.at;
	return h;
}
