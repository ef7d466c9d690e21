// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "recording/header.h"

enum { LINE_MAX_LEN = 4096 };

static void write_text(struct buf *out, const char *key, const char *value)
{
	char clean[512];

	str_clean(clean, sizeof clean, value, strlen(value));
	buf_printf(out, "%s %s\n", key, *clean ? clean : "-");
}

void header_write(struct buf *out, const struct recording_header *h)
{
	char zone[32];

	buf_puts(out, RECORDING_FIRST_LINE "\n");
	write_text(out, "session", h->session);
	write_text(out, "version", h->version);
	write_text(out, "host", h->host);
	write_text(out, "boot", h->boot_id);
	snprintf(zone, sizeof zone, "zone %d", h->zone_offset_s);
	write_text(out, zone, h->zone);
	buf_printf(out, "start %lld\n", (long long)h->start_us);
	buf_printf(out, "interval %lld\n", (long long)h->interval_us);
	buf_printf(out, "part %u\n", h->part);
	schema_write(out);
}

static bool is_session(const char *s)
{
	return strlen(s) == 32 && strspn(s, "0123456789abcdef") == 32;
}

static void take_text(char *dst, size_t size, const char *value)
{
	str_clean(dst, size, value, strlen(value));
}

static int take_zone(struct recording_header *h, const char *value)
{
	char number[16];
	size_t n = strcspn(value, " ");
	int64_t x;

	if (n >= sizeof number || !value[n])
		return -EINVAL;
	memcpy(number, value, n);
	number[n] = 0;
	if (!str_to_int(number, -86400, 86400, &x))
		return -EINVAL;
	h->zone_offset_s = (int)x;
	take_text(h->zone, sizeof h->zone, value + n + strspn(value + n, " "));
	return 0;
}

/* One line but for the schema. Keys of later versions are passed over. */
static int take_line(struct recording_header *h, const char *key, const char *value)
{
	int64_t x;

	if (!strcmp(key, "session")) {
		if (!is_session(value))
			return -EINVAL;
		str_copy(h->session, sizeof h->session, value);
	} else if (!strcmp(key, "version")) {
		take_text(h->version, sizeof h->version, value);
	} else if (!strcmp(key, "host")) {
		take_text(h->host, sizeof h->host, value);
	} else if (!strcmp(key, "boot")) {
		take_text(h->boot_id, sizeof h->boot_id, value);
	} else if (!strcmp(key, "zone")) {
		return take_zone(h, value);
	} else if (!strcmp(key, "start")) {
		return str_to_int(value, -TIME_MAX, TIME_MAX, &h->start_us) ? 0 : -EINVAL;
	} else if (!strcmp(key, "interval")) {
		return str_to_int(value, 1, TIME_MAX, &h->interval_us) ? 0 : -EINVAL;
	} else if (!strcmp(key, "part")) {
		if (!str_to_int(value, 0, UINT32_MAX, &x))
			return -EINVAL;
		h->part = (unsigned)x;
	}
	return 0;
}

/* The next line into buf, terminated. Its length with the line feed, or 0: too long, not ended, a NUL within. */
static size_t next_line(const uint8_t *p, size_t len, char *buf)
{
	const uint8_t *end = memchr(p, '\n', len);
	size_t n;

	if (!end || end - p > LINE_MAX_LEN || memchr(p, 0, (size_t)(end - p)))
		return 0;
	n = (size_t)(end - p);
	memcpy(buf, p, n);
	buf[n] = 0;
	return n + 1;
}

static int parse(const uint8_t *p, size_t len, struct recording_header *ret, struct schema *schema)
{
	static const char first[] = RECORDING_FIRST_LINE "\n";
	struct recording_header h = {0};
	char line[LINE_MAX_LEN + 1];

	if (len > HEADER_MAX || len < sizeof first - 1 || memcmp(p, first, sizeof first - 3))
		return -EINVAL;
	if (memcmp(p, first, sizeof first - 1))
		return -EPROTONOSUPPORT;
	for (size_t n, at = sizeof first - 1; at < len; at += n) {
		char *value;
		int r = 0;

		n = next_line(p + at, len - at, line);
		if (!n)
			return -EINVAL;
		value = line + strcspn(line, " ");
		if (*value)
			*value++ = 0;
		if (strcmp(line, "type"))
			r = take_line(&h, line, value);
		else if (schema)
			r = schema_parse_type(schema, value);
		if (r)
			return r;
	}
	if (!*h.session)
		return -EINVAL;
	*ret = h;
	return 0;
}

int header_parse(const uint8_t *text, size_t len, struct recording_header *ret, struct schema *schema)
{
	for (int i = 0; i < TYPES; i++)
		schema->type[i].used = false;
	schema->nwords = 0;
	return parse(text, len, ret, schema);
}

int header_peek(const uint8_t *text, size_t len, struct recording_header *ret)
{
	return parse(text, len, ret, NULL);
}

size_t header_schema_at(const char *text, size_t len)
{
	const char *p = memmem(text, len, "\ntype ", 6);

	return p ? (size_t)(p - text) + 1 : len;
}
