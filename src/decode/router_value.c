// SPDX-License-Identifier: GPL-2.0-or-later
// Numbers, times and words as routers spell them.
#include "decode/router_text.h"

#include <string.h>
#include <strings.h>

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* The number at *at, which moves behind it; -1 when there is none or it is beyond max. */
static int64_t read_number(const char *s, size_t len, size_t *at, int64_t max)
{
	int64_t n = 0;
	size_t i = *at;

	for (; i < len && is_digit(s[i]); i++) {
		n = n * 10 + (s[i] - '0');
		if (n > max)
			return -1;
	}
	if (i == *at)
		return -1;
	*at = i;
	return n;
}

int64_t value_number(const char *s, size_t len)
{
	size_t at = 0;
	int64_t n = s ? read_number(s, len, &at, INT64_C(1) << 53) : -1;

	return at == len ? n : -1;
}

int64_t value_as(const char *s, size_t len)
{
	size_t at = 0;
	int64_t high = s ? read_number(s, len, &at, UINT32_MAX) : -1, low;

	if (high < 0 || at == len)
		return high;
	if (s[at++] != '.' || high > UINT16_MAX)
		return -1;
	low = read_number(s, len, &at, UINT16_MAX);
	return low < 0 || at != len ? -1 : high << 16 | low;
}

static int64_t unit_seconds(const char *s, size_t len, size_t *ret_len)
{
	/* longer words first */
	static const struct { const char *word; int64_t seconds; } units[] = {
		{ "years", 31536000 }, { "year", 31536000 }, { "weeks", 604800 }, { "week", 604800 }, { "days", 86400 },
		{ "day", 86400 }, { "hours", 3600 }, { "hour", 3600 }, { "minutes", 60 }, { "minute", 60 },
		{ "seconds", 1 }, { "second", 1 }, { "sec", 1 }, { "日", 86400 }, { "時間", 3600 }, { "分", 60 },
		{ "秒", 1 }, { "y", 31536000 }, { "w", 604800 }, { "d", 86400 }, { "h", 3600 }, { "m", 60 }, { "s", 1 },
	};

	for (size_t i = 0; i < ARRAY_LEN(units); i++) {
		*ret_len = strlen(units[i].word);
		if (*ret_len <= len && !memcmp(s, units[i].word, *ret_len))
			return units[i].seconds;
	}
	return -1;
}

/* What follows the first number of a clock: ":20:06". -1: no clock. */
static int64_t read_clock(const char *s, size_t len, size_t *at, int64_t first)
{
	int64_t total = first;

	for (int parts = 1; *at < len && s[*at] == ':'; parts++) {
		int64_t n;

		++*at;
		n = read_number(s, len, at, 59);
		if (n < 0 || parts == 3)
			return -1;
		total = total * 60 + n;
	}
	return total;
}

int64_t value_duration(const char *s, size_t len)
{
	int64_t total = 0, last = INT64_MAX;
	size_t at = 0;

	for (bool any = false;; any = true) {
		int64_t n, seconds = 1;
		size_t word = 0;

		while (at < len && (s[at] == ' ' || s[at] == '\t'))
			at++;
		if (at == len)
			return s && any ? total : -1;
		n = read_number(s, len, &at, 1000000000);
		if (n < 0)
			return -1;
		if (at < len && s[at] == ':') {
			n = read_clock(s, len, &at, n);
		} else {
			while (at < len && s[at] == ' ')
				at++;
			if (at < len)
				seconds = unit_seconds(s + at, len - at, &word);
		}
		/* units get smaller, so that "3w 2w" or two plain numbers are nothing */
		if (n < 0 || seconds < 0 || seconds >= last)
			return -1;
		at += word;
		last = seconds;
		total += n * seconds;
	}
}

int64_t value_civil(const char *s, size_t len)
{
	static const char *const separators[] = { "/-", "/-", " T", ":", ":" };
	int64_t n[6];
	size_t at = 0;
	struct time_parts p = {0};
	int64_t ret;

	for (int i = 0; i < 6; i++) {
		if (i && (at == len || !s[at] || !strchr(separators[i - 1], s[at++])))
			return INT64_MIN;
		n[i] = s ? read_number(s, len, &at, 9999) : -1;
		if (n[i] < 0)
			return INT64_MIN;
	}
	p = (struct time_parts){ n[0], n[1], n[2], n[3], n[4], n[5], 0 };
	if (p.year < 1970 || p.month < 1 || p.month > 12 || p.day < 1 || p.day > 31 || p.hour > 23 || p.minute > 59 ||
	    p.second > 60)
		return INT64_MIN;
	ret = time_join(&p, 0);
	if (time_split(ret, 0).day != p.day && p.second < 60) // the 30th of February
		return INT64_MIN;
	return at == len || (s[at] == '.' && at + 1 < len && is_digit(s[at + 1])) ? ret : INT64_MIN;
}

bool value_is_word(const struct words *list, const char *s, size_t len)
{
	for (size_t i = 0; i < list->n; i++)
		if (strlen(list->items[i]) == len && !strncasecmp(list->items[i], s, len))
			return true;
	return false;
}

void value_clean(char *dst, size_t size, const char *s, size_t len)
{
	while (len && (s[len - 1] == ' ' || s[len - 1] == '\t'))
		len--;
	for (; len && (*s == ' ' || *s == '\t'); len--)
		s++;
	str_clean(dst, size, s ? s : "", len);
}
