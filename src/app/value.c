// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <iconv.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "app/value.h"
#include "tunwatch/base.h"

enum { HOST_MAX = 253, TEXT_MAX = 1024, IFNAME_MAX = 15 };

/* The text as it may be shown in a message: bounded and without controls. */
#define SHOWN(text) str_shown((char[80]){0}, text)
static const char *str_shown(char out[80], const char *text)
{
	str_clean(out, 80, text, strlen(text));
	return out;
}

static bool is_clean(const char *s)
{
	char out[TEXT_MAX * 4 + 1];
	size_t n = strlen(s);

	return n <= TEXT_MAX && str_clean(out, sizeof out, s, n) == n && !memcmp(out, s, n);
}

static bool is_ifname(const char *s)
{
	size_t n = strlen(s);

	return n && n <= IFNAME_MAX && strcmp(s, ".") && strcmp(s, "..") && !strpbrk(s, "/: \t\n") && is_clean(s);
}

static bool is_name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
	       c == '_' || c == '.';
}

/* A numeric address, or what could be a host name. 10.0.0.300 is neither: somebody mistyped an address. */
static bool is_host(const char *s)
{
	struct addr a;
	size_t n = strlen(s);

	if (addr_parse(s, &a))
		return true;
	if (!n || n > HOST_MAX || *s == '-' || *s == '.' || strstr(s, ".."))
		return false;
	for (size_t i = 0; i < n; i++)
		if (!is_name_char(s[i]))
			return false;
	return s[strspn(s, "0123456789.")] != 0;
}

static bool is_address(const char *s)
{
	struct addr a;

	return addr_parse(s, &a);
}

bool value_listen(const char *text, struct addr *ret, int *ret_port)
{
	const char *colon = strrchr(text, ':'), *end;
	char host[ADDR_TEXT_MAX];
	int64_t port = SYSLOG_PORT;
	size_t n = strlen(text);
	bool bracket = *text == '[';

	if (bracket) {
		end = strchr(text, ']');
		if (!end || (end[1] && end[1] != ':'))
			return false;
		text++;
		n = (size_t)(end - text);
		colon = end[1] ? end + 1 : NULL;
	} else if (colon && strchr(text, ':') != colon) {
		colon = NULL; /* an IPv6 address alone */
	} else if (colon) {
		n = (size_t)(colon - text);
	}
	if (!n || n >= sizeof host || (colon && !str_to_int(colon + 1, 1, UINT16_MAX, &port)))
		return false;
	memcpy(host, text, n);
	host[n] = 0;
	if (!addr_parse(host, ret) || (bracket && ret->family != AF_INET6))
		return false;
	*ret_port = (int)port;
	return true;
}

static bool is_listen(const char *s)
{
	struct addr a;
	int port;

	return value_listen(s, &a, &port);
}

static bool is_charset(const char *s)
{
	iconv_t cd;

	/* "" is the locale's, and a suffix //IGNORE is not part of a name */
	if (!*s || s[strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.:+")])
		return false;
	cd = iconv_open("UTF-8", s);
	if (cd == (iconv_t)-1)
		return false;
	iconv_close(cd);
	return true;
}

/* Behind the sign: 9, 09, 0930, 09:30. */
static bool split_zone(const char *text, int *ret_hours, int *ret_minutes)
{
	int n = 0;

	*ret_minutes = 0;
	if (text[strspn(text, "0123456789:")])
		return false;
	if (sscanf(text, "%2d:%2d%n", ret_hours, ret_minutes, &n) == 2 && !text[n])
		return true;
	if (sscanf(text, "%2d%2d%n", ret_hours, ret_minutes, &n) == 2 && !text[n])
		return true;
	*ret_minutes = 0;
	return sscanf(text, "%2d%n", ret_hours, &n) == 1 && !text[n];
}

static int read_zone(const char *text, int *out, struct error *err)
{
	int hours = 0, minutes = 0;

	if ((!*text || !option_word("UTC Z GMT", text)) &&
	    ((*text != '+' && *text != '-') || !split_zone(text + 1, &hours, &minutes) || hours > 14 || minutes > 59))
		return error_set(err, -EINVAL, "must be an offset from UTC, as '+09:00', '-03:30' or UTC, not '%s'",
				 SHOWN(text));
	if (out)
		*out = (hours * 60 + minutes) * 60 * (*text == '-' ? -1 : 1);
	return 0;
}

static bool split_number(const char *text, double *ret, const char **ret_unit)
{
	size_t n = strspn(text, "0123456789.");
	char digits[40];

	if (!n || n >= sizeof digits)
		return false;
	memcpy(digits, text, n);
	digits[n] = 0;
	*ret_unit = text + n;
	return str_to_double(digits, 0, 1e18, ret);
}

static bool read_seconds(const char *text, double *ret)
{
	static const struct { const char *unit; double s; } units[] = {
		{ "", 1 }, { "s", 1 }, { "ms", 0.001 }, { "m", 60 }, { "min", 60 }, { "h", 3600 }, { "d", 86400 },
	};
	const char *unit;
	double x;

	if (!split_number(text, &x, &unit))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(units); i++)
		if (!strcmp(unit, units[i].unit)) {
			*ret = x * units[i].s;
			return true;
		}
	return false;
}

static bool read_bytes(const char *text, double *ret)
{
	static const char letters[] = "KMGT";
	const char *unit, *at;
	double x;

	if (!split_number(text, &x, &unit))
		return false;
	if (*unit) {
		at = strchr(letters, *unit >= 'a' ? *unit - 'a' + 'A' : *unit);
		if (!at || !*at || (unit[1] && strcmp(unit + 1, "iB") && strcmp(unit + 1, "B")))
			return false;
		x = ldexp(x, 10 * (int)(at - letters + 1));
	}
	*ret = x;
	return true;
}

static bool read_whole(const char *text, double *ret)
{
	char *end;
	unsigned long long x;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	x = strtoull(text, &end, text[0] == '0' && (text[1] == 'x' || text[1] == 'X') ? 16 : 10);
	if (errno || *end || x > UINT32_MAX)
		return false;
	*ret = (double)x;
	return true;
}

static bool read_number(enum value_type type, const char *text, double *ret)
{
	if (type == VALUE_BYTES)
		return read_bytes(text, ret);
	if (type == VALUE_INT || type == VALUE_MARK)
		return read_whole(text, ret);
	return read_seconds(text, ret);
}

static const char *number_text(enum value_type type, double x, char out[40])
{
	if (type == VALUE_BYTES && x >= 1024 && fmod(x, 1024) == 0) {
		const char *unit = "K";

		x /= 1024;
		for (const char *p = "MGT"; *p && fmod(x, 1024) == 0; p++, x /= 1024)
			unit = p;
		snprintf(out, 40, "%.0f%c", x, *unit);
	} else {
		snprintf(out, 40, "%.12g", x);
	}
	return out;
}

static int number_error(const struct value_rule *rule, const char *text, struct error *err)
{
	const char *what = rule->type == VALUE_BYTES ? "bytes, as 65536, 64K, 64M or 1G" :
			   rule->type == VALUE_INT || rule->type == VALUE_MARK ? "a whole number" :
			   rule->type == VALUE_DURATION ? "a time in whole seconds, as 5, 90s, 2m, 1h or 3d" :
			   "a time, as 5, 0.5s, 2m, 1h or 3d";
	char least[40], most[40];

	return error_set(err, -EINVAL, "must be %s, from %s to %s, not '%s'", what,
			 number_text(rule->type, rule->min, least), number_text(rule->type, rule->max, most),
			 SHOWN(text));
}

/* 1.1h is 3960 s, though not in binary. */
static bool is_whole(double x)
{
	return fabs(x - round(x)) < 1e-6;
}

static int read_numeric(const struct value_rule *rule, const char *text, void *out, struct error *err)
{
	double x;

	if (!read_number(rule->type, text, &x) || x < rule->min || x > rule->max ||
	    (rule->type == VALUE_DURATION && !is_whole(x)))
		return number_error(rule, text, err);
	if (!out)
		return 0;
	if (rule->type == VALUE_SECONDS)
		*(double *)out = x;
	else if (rule->type == VALUE_INT)
		*(int *)out = (int)x;
	else if (rule->type == VALUE_MARK)
		*(uint32_t *)out = (uint32_t)x;
	else
		*(int64_t *)out = rule->type == VALUE_DURATION ? llround(x) : (int64_t)x;
	return 0;
}

static int read_flag(const char *text, bool *out, struct error *err)
{
	bool on = option_word("true yes on 1", text);

	if (!on && !option_word("false no off 0", text))
		return error_set(err, -EINVAL, "must be true or false, not '%s'", SHOWN(text));
	if (out)
		*out = on;
	return 0;
}

static int read_size(const struct value_rule *rule, const char *text, int *out, struct error *err)
{
	int columns = 0, rows = 0, n = 0;

	if (sscanf(text, "%4dx%4d%n", &columns, &rows, &n) != 2 || text[n] || columns < rule->min ||
	    rows < rule->min || columns > rule->max || rows > rule->max)
		return error_set(err, -EINVAL, "must be COLUMNSxROWS, as 80x24, each from %g to %g, not '%s'",
				 rule->min, rule->max, SHOWN(text));
	if (out) {
		out[0] = columns;
		out[1] = rows;
	}
	return 0;
}

static int read_choice(const struct value_rule *rule, const char *text, struct error *err)
{
	char list[160], nearest[64];
	size_t n = 0;

	if (*text && !strchr(text, ' ') && option_word(rule->words, text))
		return 0;
	for (const char *p = rule->words; *p && n < sizeof list - 4; p++) {
		if (*p == ' ')
			n += (size_t)snprintf(list + n, sizeof list - n, ", ");
		else
			list[n++] = *p;
	}
	list[n] = 0;
	if (value_nearest(rule->words, text, nearest))
		return error_set(err, -EINVAL, "must be one of %s, not '%s'; did you mean %s?", list, SHOWN(text),
				 nearest);
	return error_set(err, -EINVAL, "must be one of %s, not '%s'", list, SHOWN(text));
}

static int check_text(const struct value_rule *rule, const char *text, struct error *err)
{
	switch (rule->type) {
	case VALUE_CHOICE:
		return read_choice(rule, text, err);
	case VALUE_HOST:
		if (!is_host(text))
			return error_set(err, -EINVAL, "must be an IPv4 or IPv6 address or a host name, not '%s'",
					 SHOWN(text));
		return 0;
	case VALUE_ADDRESS:
		if (!is_address(text))
			return error_set(err, -EINVAL, "must be a numeric IPv4 or IPv6 address, not '%s'", SHOWN(text));
		return 0;
	case VALUE_IFNAME:
		if (!is_ifname(text))
			return error_set(err, -EINVAL, "must be an interface name of 1 to %d characters, not '%s'",
					 IFNAME_MAX, SHOWN(text));
		return 0;
	case VALUE_NEIGHBOR:
		if (!is_address(text) && !is_ifname(text))
			return error_set(err, -EINVAL, "must be an address or an interface name, not '%s'",
					 SHOWN(text));
		return 0;
	case VALUE_TEXT:
	case VALUE_LIST:
	case VALUE_SOURCES:
		if (!*text || !is_clean(text))
			return error_set(err, -EINVAL, "must be text of 1 to %d bytes without control characters",
					 TEXT_MAX);
		return 0;
	case VALUE_RAW:
		return *text ? 0 : error_set(err, -EINVAL, "must not be empty");
	case VALUE_LISTEN:
		if (!is_listen(text))
			return error_set(err, -EINVAL, "must be ADDRESS:PORT with an address of this host, as "
					 "192.0.2.1:514 or '[2001:db8::1]:514', not '%s'", SHOWN(text));
		return 0;
	case VALUE_CHARSET:
		if (!is_charset(text))
			return error_set(err, -EINVAL, "must be a character set that iconv knows, as CP932, EUC-JP or "
					 "UTF-8, not '%s'", SHOWN(text));
		return 0;
	case VALUE_ZONE:
	case VALUE_FLAG:
	case VALUE_SECONDS:
	case VALUE_DURATION:
	case VALUE_BYTES:
	case VALUE_SIZE:
	case VALUE_INT:
	case VALUE_MARK:
		break;
	}
	return 0;
}

int value_read(const struct value_rule *rule, const char *text, void *out, struct error *err)
{
	char **member = out;
	int r;

	switch (rule->type) {
	case VALUE_FLAG:
		return read_flag(text, out, err);
	case VALUE_SIZE:
		return read_size(rule, text, out, err);
	case VALUE_ZONE:
		return read_zone(text, out, err);
	case VALUE_SECONDS:
	case VALUE_DURATION:
	case VALUE_BYTES:
	case VALUE_INT:
	case VALUE_MARK:
		return read_numeric(rule, text, out, err);
	case VALUE_TEXT:
	case VALUE_RAW:
	case VALUE_LIST:
	case VALUE_CHOICE:
	case VALUE_HOST:
	case VALUE_ADDRESS:
	case VALUE_IFNAME:
	case VALUE_NEIGHBOR:
	case VALUE_SOURCES:
	case VALUE_LISTEN:
	case VALUE_CHARSET:
		r = check_text(rule, text, err);
		if (!r && member && rule->type != VALUE_LIST) {
			free(*member);
			*member = xstrdup(text);
		}
		return r;
	}
	return -EINVAL;
}

const char *value_nearest(const char *words, const char *word, char out[64])
{
	unsigned best = strlen(word) < 4 ? 2 : 3;
	bool found = false;

	for (const char *p = words; *p; p += strspn(p, " ")) {
		size_t n = strcspn(p, " ");
		char candidate[64];

		snprintf(candidate, sizeof candidate, "%.*s", (int)n, p);
		if (str_distance(candidate, word) < best) {
			best = str_distance(candidate, word);
			memcpy(out, candidate, sizeof candidate);
			found = true;
		}
		p += n;
	}
	return found ? out : NULL;
}
