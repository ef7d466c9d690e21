// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "app/app.h"

static const int64_t day_us = 86400 * US_PER_S;
static const int64_t span_max_s = INT64_C(100) * 366 * 86400;

static int bad(const char *spec, struct error *err)
{
	char clean[64];

	str_clean(clean, sizeof clean, spec, strlen(spec));
	return error_set(err, -EINVAL, "'%s' is no time; write 14:05, 14:05:30, y 14:05 (yesterday), -10m, +30s, "
			 "2026-11-20T14:05:30Z or a mark's letter", clean);
}

/* 30, 30s, 1h30m: a whole number with its unit, again and again. */
static bool parse_span(const char *s, int64_t *ret)
{
	static const char letters[] = "smhd";
	static const int64_t seconds[] = { 1, 60, 3600, 86400 };
	int64_t total = 0;

	if (!*s)
		return false;
	while (*s) {
		const char *unit;
		int64_t x = 0;
		size_t n = strspn(s, "0123456789");

		if (!n || n > 9)
			return false;
		for (size_t i = 0; i < n; i++)
			x = x * 10 + (s[i] - '0');
		s += n;
		unit = *s ? strchr(letters, *s) : letters;
		if (!unit)
			return false;
		s += *s != 0;
		total += x * seconds[unit - letters];
		if (total > span_max_s)
			return false;
	}
	*ret = total * US_PER_S;
	return true;
}

static int parse_relative(const char *spec, int64_t now_us, int64_t *ret, struct error *err)
{
	int64_t span;

	if (!parse_span(spec + 1, &span))
		return bad(spec, err);
	*ret = *spec == '-' ? now_us - span : now_us + span;
	return 0;
}

static int parse_mark(const struct model *m, char letter, int64_t *ret, struct error *err)
{
	unsigned i = (unsigned)(letter - 'A');

	if (i >= m->marks_count || i >= ARRAY_LEN(m->marks))
		return error_set(err, -ENOENT, m->marks_count ? "there is no mark %c; the last one is %c" :
				 "there is no mark %c; none was set (key m sets one)", letter,
				 'A' + (int)(m->marks_count <= 26 ? m->marks_count : 26) - 1);
	*ret = m->marks[i].t;
	return 0;
}

/* h:mm or h:mm:ss, with Z for UTC. */
static bool parse_clock(const char *s, int64_t *ret_us, bool *ret_utc)
{
	int h, m, sec = 0, n = 0;

	if (sscanf(s, "%2d:%2d%n", &h, &m, &n) != 2)
		return false;
	s += n;
	if (*s == ':') {
		n = 0;
		if (sscanf(s, ":%2d%n", &sec, &n) != 1)
			return false;
		s += n;
	}
	*ret_utc = *s == 'Z' || *s == 'z';
	if (s[*ret_utc] || h < 0 || h > 23 || m < 0 || m > 59 || sec < 0 || sec > 60)
		return false;
	*ret_us = (h * 3600 + m * 60 + sec) * US_PER_S;
	return true;
}

/* The newest such time of day not after now; the next one when that is nearer to what was recorded. */
static int64_t resolve_clock(const struct model *m, int64_t clock_us, int offset_s, int64_t now_us)
{
	int64_t wall = model_wall(m, now_us) + offset_s * US_PER_S, midnight, t;

	midnight = wall - ((wall % day_us) + day_us) % day_us;
	t = now_us + (midnight + clock_us - wall);
	if (t > now_us)
		t -= day_us;
	return t < m->started_us && m->started_us - t > t + day_us - m->now ? t + day_us : t;
}

int time_spec_parse(const char *spec, const struct model *m, int64_t now_us, int64_t *ret, struct error *err)
{
	int64_t wall, clock_us;
	bool utc, yesterday;

	spec += strspn(spec, " ");
	if (*spec == '-' || *spec == '+')
		return parse_relative(spec, now_us, ret, err);
	if (*spec >= 'A' && *spec <= 'Z' && !spec[1])
		return parse_mark(m, *spec, ret, err);
	if (!m->has_clock)
		return error_set(err, -ENODATA, "the recording does not say what time it was; use -10m or a mark");
	if (time_parse_rfc3339(spec, &wall)) {
		*ret = wall - m->wall_off_us;
		return 0;
	}
	yesterday = *spec == 'y';
	if (yesterday)
		spec += 1 + strspn(spec + 1, " ");
	if (!parse_clock(spec, &clock_us, &utc))
		return bad(spec, err);
	if (yesterday) {
		int64_t offset = utc ? 0 : m->utc_off_s * US_PER_S, local = model_wall(m, now_us) + offset;

		*ret = now_us - ((local % day_us) + day_us) % day_us - day_us + clock_us;
	} else {
		*ret = resolve_clock(m, clock_us, utc ? 0 : m->utc_off_s, now_us);
	}
	return 0;
}
