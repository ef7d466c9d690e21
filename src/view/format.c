// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "view/panel.h"

int format_offset(const struct frame *f)
{
	int off = f->m->utc_off_s;

	// a file may say anything
	return f->v->utc || off < -86400 || off > 86400 ? 0 : off;
}

const char *format_clock(const struct frame *f, int64_t t, char out[FORMAT_MAX])
{
	struct time_parts p;

	if (!f->m->has_clock || t == MODEL_NEVER) {
		snprintf(out, FORMAT_MAX, "--:--:--");
		return out;
	}
	p = time_split(model_wall(f->m, t), format_offset(f));
	snprintf(out, FORMAT_MAX, "%02d:%02d:%02d", p.hour, p.minute, p.second);
	return out;
}

const char *format_moment(const struct frame *f, int64_t t, char out[FORMAT_MAX])
{
	struct time_parts then, now;
	char clock[FORMAT_MAX];

	format_clock(f, t, clock);
	then = time_split(model_wall(f->m, t), format_offset(f));
	now = time_split(model_wall(f->m, f->m->now), format_offset(f));
	if (!f->m->has_clock || t == MODEL_NEVER ||
	    (then.day == now.day && then.month == now.month && then.year == now.year))
		str_copy(out, FORMAT_MAX, clock);
	else
		snprintf(out, FORMAT_MAX, "%02d-%02d %.8s", then.month, then.day, clock);
	return out;
}

const char *format_zone(const struct frame *f, char out[FORMAT_MAX])
{
	int off = format_offset(f), a = abs(off);

	if (!off)
		snprintf(out, FORMAT_MAX, "Z");
	else if (a % 3600 == 0)
		snprintf(out, FORMAT_MAX, "%c%02d", off < 0 ? '-' : '+', a / 3600);
	else
		snprintf(out, FORMAT_MAX, "%c%02d:%02d", off < 0 ? '-' : '+', a / 3600, a / 60 % 60);
	return out;
}

// At most 4 characters: 0 999 9.9k 99k 999k 9.9M ...
static void scale(double x, char out[FORMAT_MAX])
{
	static const char unit[] = "kMGTPE";
	int u = -1;

	if (x < 999.5) {
		snprintf(out, FORMAT_MAX, "%.0f", x);
		return;
	}
	do {
		x /= 1000;
		u++;
	} while (x >= 999.5 && unit[u + 1]);
	snprintf(out, FORMAT_MAX, x < 9.95 ? "%.1f%c" : "%.0f%c", x < 999 ? x : 999, unit[u]);
}

const char *format_rate(const struct view *v, double bytes_s, char out[FORMAT_MAX])
{
	if (bytes_s >= 0)
		scale(v->bits ? bytes_s * 8 : bytes_s, out);
	else
		snprintf(out, FORMAT_MAX, "?");
	return out;
}

const char *format_rtt(int64_t us, char out[FORMAT_MAX])
{
	double ms = (double)us / 1000;

	if (us < 0)
		snprintf(out, FORMAT_MAX, "-");
	else
		snprintf(out, FORMAT_MAX, ms < 1 ? "%.2f" : ms < 999.95 ? "%.1f" : "%.0f", ms);
	return out;
}

const char *format_loss(double loss, char out[FORMAT_MAX])
{
	if (loss < 0)
		snprintf(out, FORMAT_MAX, "-");
	else if (loss > 0.9995)
		snprintf(out, FORMAT_MAX, "100%%");
	else
		snprintf(out, FORMAT_MAX, "%.1f", loss * 100);
	return out;
}

const char *format_mtu(int mtu, int width, char out[FORMAT_MAX])
{
	if (mtu <= 0 || snprintf(out, FORMAT_MAX, "%d", mtu) <= width)
		goto out;
	if (snprintf(out, FORMAT_MAX, "%dk", mtu / 1000) > width)
		mtu = 0;
out:
	if (mtu <= 0)
		str_copy(out, FORMAT_MAX, "?");
	return out;
}

const char *format_change(int change, int width, char out[FORMAT_MAX])
{
	if (snprintf(out, FORMAT_MAX, change ? "%+d" : "%d", change) <= width)
		return out;
	if (snprintf(out, FORMAT_MAX, "%+dk", change / 1000) > width)
		str_copy(out, FORMAT_MAX, change < 0 ? "--" : "++");
	return out;
}

const char *format_bytes(uint64_t n, char out[FORMAT_MAX])
{
	scale((double)n, out);
	return out;
}

const char *format_span(int64_t us, char out[FORMAT_MAX])
{
	int64_t s = us < 0 ? 0 : us / US_PER_S;

	if (s < 3600)
		snprintf(out, FORMAT_MAX, "%02d:%02d", (int)(s / 60), (int)(s % 60));
	else
		snprintf(out, FORMAT_MAX, "%lld:%02d:%02d", (long long)(s / 3600), (int)(s / 60 % 60), (int)(s % 60));
	return out;
}

int64_t format_ago(const struct frame *f, int64_t t)
{
	int64_t us;

	if (t == MODEL_NEVER || t > f->st->at)
		return 0;
	return __builtin_sub_overflow(f->st->at, t, &us) ? INT64_MAX : us;
}

const char *format_since(const struct frame *f, int64_t t, bool known, char out[FORMAT_MAX])
{
	int64_t us = format_ago(f, t);
	char age[16];

	if (known)
		snprintf(out, FORMAT_MAX, "%s", time_age(us, age));
	else if (us < 60 * US_PER_S || us >= 3600 * US_PER_S)
		snprintf(out, FORMAT_MAX, ">%s", time_age(us, age));
	else
		// a bound needs no seconds, and a screen that stands still costs nothing
		snprintf(out, FORMAT_MAX, ">%dm", (int)(us / (60 * US_PER_S)));
	return out;
}

// Bytes of the character before s + n.
static size_t char_before(const char *s, size_t n)
{
	size_t k = 1;

	while (k < n && k < 4 && ((uint8_t)s[n - k] & 0xc0) == 0x80)
		k++;
	return k;
}

const char *format_name(const struct frame *f, const char *name, int width, char out[160])
{
	size_t len = strlen(name), tail = 0, pos = 0;
	int head;

	if (canvas_text_width(name) <= width || width < 4) {
		str_copy(out, 160, name);
		return out;
	}
	while (canvas_text_width(name + len - tail) < width / 3)
		tail += char_before(name, len - tail);
	head = width - 1 - canvas_text_width(name + len - tail);
	for (size_t i = 0; i < len;) {
		uint32_t c;
		size_t n = utf8_decode(name + i, len - i, &c);
		char one[5] = { 0 };

		n = n ? n : 1;
		memcpy(one, name + i, n);
		if (head < canvas_text_width(one))
			break;
		head -= canvas_text_width(one);
		str_append(out, 160, &pos, "%s", one);
		i += n;
	}
	str_append(out, 160, &pos, "%s%s", f->v->ascii ? "~" : "…", name + len - tail);
	return out;
}
