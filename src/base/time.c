// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "tunwatch/base.h"

static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

struct time_parts time_split(int64_t wall_us, int offset_s)
{
	int64_t s = floor_div(wall_us, US_PER_S);
	time_t t = (time_t)(s + offset_s);
	struct tm tm = {0};

	gmtime_r(&t, &tm);
	return (struct time_parts){ tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour,
				    tm.tm_min, tm.tm_sec, (int)(wall_us - s * US_PER_S) };
}

int64_t time_join(const struct time_parts *p, int offset_s)
{
	struct tm tm = { .tm_year = p->year - 1900, .tm_mon = p->month - 1, .tm_mday = p->day,
			 .tm_hour = p->hour, .tm_min = p->minute, .tm_sec = p->second };

	return ((int64_t)timegm(&tm) - offset_s) * US_PER_S + p->usec;
}

const char *time_rfc3339(int64_t wall_us, char out[TIME_TEXT_MAX])
{
	struct time_parts p = time_split(wall_us, 0);

	snprintf(out, TIME_TEXT_MAX, "%04d-%02d-%02dT%02d:%02d:%02d.%06dZ", p.year, p.month, p.day,
		 p.hour, p.minute, p.second, p.usec);
	return out;
}

static bool parse_fraction(const char **s, int *usec)
{
	int scale = 100000;

	if (**s != '.')
		return true;
	for ((*s)++; **s >= '0' && **s <= '9'; (*s)++, scale /= 10)
		*usec += (**s - '0') * scale;
	return scale < 100000;
}

static bool parse_zone(const char *s, int *offset_s)
{
	int h, m, n = 0;
	char sign;

	if (!strcmp(s, "Z") || !strcmp(s, "z"))
		return true;
	if (sscanf(s, "%c%2d:%2d%n", &sign, &h, &m, &n) != 3 || s[n] || (sign != '+' && sign != '-'))
		return false;
	if (h < 0 || h > 23 || m < 0 || m > 59)
		return false;
	*offset_s = (sign == '-' ? -1 : 1) * (h * 3600 + m * 60);
	return true;
}

bool time_parse_rfc3339(const char *s, int64_t *ret)
{
	struct time_parts p = {0};
	int n = 0, offset_s = 0;
	char sep;

	if (sscanf(s, "%4d-%2d-%2d%c%2d:%2d:%2d%n", &p.year, &p.month, &p.day, &sep, &p.hour,
		   &p.minute, &p.second, &n) != 7 || (sep != 'T' && sep != 't' && sep != ' '))
		return false;
	if (p.month < 1 || p.month > 12 || p.day < 1 || p.day > 31 || p.hour < 0 || p.hour > 23 ||
	    p.minute < 0 || p.minute > 59 || p.second < 0 || p.second > 60)
		return false;
	s += n;
	if (!parse_fraction(&s, &p.usec) || !parse_zone(s, &offset_s))
		return false;
	*ret = time_join(&p, offset_s);
	return true;
}

const char *time_age(int64_t us, char out[16])
{
	long s = (long)(us < 0 ? 0 : us / US_PER_S);

	if (s < 60)
		snprintf(out, 16, "%lds", s);
	else if (s < 3600)
		snprintf(out, 16, "%ldm%02ld", s / 60, s % 60);
	else if (s < 86400)
		snprintf(out, 16, "%ldh%02ld", s / 3600, s % 3600 / 60);
	else if (s < 100L * 86400)
		snprintf(out, 16, "%ldd%02ld", s / 86400, s % 86400 / 3600);
	else
		snprintf(out, 16, "%ldd", s / 86400 > 99999 ? 99999L : s / 86400);
	return out;
}
