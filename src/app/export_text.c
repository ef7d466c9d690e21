// SPDX-License-Identifier: GPL-2.0-or-later
// Records as JSON lines and as CSV. Millions of lines are usual, so numbers are written without printf.
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "app/export.h"

static void put_u64(struct buf *out, uint64_t x)
{
	char digits[20];
	size_t n = sizeof digits;

	do
		digits[--n] = (char)('0' + x % 10);
	while (x /= 10);
	buf_add(out, digits + n, sizeof digits - n);
}

static void put_i64(struct buf *out, int64_t x)
{
	if (x < 0)
		buf_putc(out, '-');
	put_u64(out, x < 0 ? 0 - (uint64_t)x : (uint64_t)x);
}

static void put_hex(struct buf *out, uint32_t x)
{
	char text[11];

	snprintf(text, sizeof text, "0x%08" PRIx32, x);
	buf_puts(out, text);
}

/* Session time in ns. */
static void put_mono(struct buf *out, int64_t t)
{
	put_i64(out, t);
	buf_puts(out, t ? "000" : "");
}

static void put_json_text(struct buf *out, const char *text, size_t len)
{
	char clean[4 * RECORD_TEXT_MAX + 1];
	size_t n = str_clean(clean, sizeof clean, text, len), from = 0;

	buf_putc(out, '"');
	for (size_t i = 0; i < n; i++) {
		if (clean[i] != '"' && clean[i] != '\\')
			continue;
		buf_add(out, clean + from, i - from);
		buf_putc(out, '\\');
		from = i;
	}
	buf_add(out, clean + from, n - from);
	buf_putc(out, '"');
}

static void put_base64(struct buf *out, const char *text, size_t len)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const uint8_t *p = (const uint8_t *)text;

	for (size_t i = 0; i < len; i += 3) {
		size_t left = len - i;
		uint32_t x = (uint32_t)p[i] << 16 | (left > 1 ? p[i + 1] << 8 : 0) | (left > 2 ? p[i + 2] : 0);
		char four[4] = { digits[x >> 18], digits[x >> 12 & 63], left > 1 ? digits[x >> 6 & 63] : '=',
				 left > 2 ? digits[x & 63] : '=' };

		buf_add(out, four, sizeof four);
	}
}

/* What a value is called, or NULL: it is a number or has no text here. */
static const char *value_text(const struct model *m, const struct record_field *f, int64_t value)
{
	if (f->type == RECORD_TYPE_ENUM)
		return record_word(f, value);
	if (f->type == RECORD_TYPE_REF)
		return model_name(m, (unsigned)value);
	return NULL;
}

static void put_json_value(struct buf *out, const struct model *m, const struct record_field *f, int64_t value)
{
	const char *text = value_text(m, f, value);

	switch (f->type) {
	case RECORD_TYPE_INT:
		put_i64(out, value);
		break;
	case RECORD_TYPE_U64:
		put_u64(out, (uint64_t)value);
		break;
	case RECORD_TYPE_HEX:
		buf_putc(out, '"');
		put_hex(out, (uint32_t)value);
		buf_putc(out, '"');
		break;
	case RECORD_TYPE_BOOL:
		buf_puts(out, value ? "true" : "false");
		break;
	case RECORD_TYPE_REF:
	case RECORD_TYPE_ENUM:
		put_json_text(out, text, strlen(text));
		break;
	}
}

/* A reference whose text is not known, or is none, is absent. */
static bool is_present(const struct export_line *l, const struct record_field *f, unsigned i)
{
	return record_has(l->r, i) &&
	       (f->type != RECORD_TYPE_REF || *model_name(l->m, (unsigned)l->r->v[i]));
}

static void put_json_tunnels(struct buf *out, const struct export_line *l)
{
	if (!l->ntunnels)
		return;
	buf_puts(out, l->ntunnels > 1 ? ",\"tunnels\":[" : ",\"tunnel\":");
	for (size_t i = 0; i < l->ntunnels; i++) {
		const char *name = l->m->tunnels[l->tunnels[i]].name;

		buf_puts(out, i ? "," : "");
		put_json_text(out, name, strlen(name));
	}
	buf_puts(out, l->ntunnels > 1 ? "]" : "");
}

void export_json(struct buf *out, const struct export_line *l)
{
	const struct record_kind_info *info = record_kind_info(l->r->kind);
	char time[TIME_TEXT_MAX];

	buf_puts(out, "{\"time\":\"");
	buf_puts(out, time_rfc3339(l->wall_us, time));
	buf_puts(out, "\",\"mono_ns\":");
	put_mono(out, l->r->t);
	buf_puts(out, ",\"kind\":\"");
	buf_puts(out, info->name);
	buf_puts(out, "\",\"record_key\":");
	put_u64(out, l->r->key);
	put_json_tunnels(out, l);
	for (unsigned f = 0; f < info->nfields; f++) {
		if (!is_present(l, &info->fields[f], f))
			continue;
		buf_puts(out, ",\"");
		buf_puts(out, info->fields[f].name);
		buf_puts(out, "\":");
		put_json_value(out, l->m, &info->fields[f], l->r->v[f]);
	}
	if (info->shape == RECORD_SHAPE_BYTES) {
		buf_puts(out, ",\"bytes\":\"");
		put_base64(out, l->r->text, l->r->text_len);
		buf_putc(out, '"');
	} else if (info->shape != RECORD_SHAPE_STATE && l->r->kind != RECORD_TUNNEL) {
		buf_puts(out, ",\"text\":");
		put_json_text(out, l->r->text, l->r->text_len);
	}
	buf_puts(out, "}\n");
}

/* A CSV field, quoted where it must be (RFC 4180). */
static void put_csv_text(struct buf *out, const char *text, size_t len)
{
	char clean[4 * RECORD_TEXT_MAX + 1];
	size_t n = str_clean(clean, sizeof clean, text, len);

	if (!strpbrk(clean, "\",;\r\n") && *clean != ' ' && (!n || clean[n - 1] != ' ')) {
		buf_add(out, clean, n);
		return;
	}
	buf_putc(out, '"');
	for (size_t i = 0; i < n; i++) {
		if (clean[i] == '"')
			buf_putc(out, '"');
		buf_putc(out, clean[i]);
	}
	buf_putc(out, '"');
}

static void put_csv_value(struct buf *out, const struct model *m, const struct record_field *f, int64_t value)
{
	const char *text = value_text(m, f, value);

	if (text)
		put_csv_text(out, text, strlen(text));
	else if (f->type == RECORD_TYPE_U64)
		put_u64(out, (uint64_t)value);
	else if (f->type == RECORD_TYPE_HEX)
		put_hex(out, (uint32_t)value);
	else
		put_i64(out, value);
}

void export_csv_head(struct buf *out, enum record_kind kind)
{
	const struct record_kind_info *info = record_kind_info(kind);

	buf_puts(out, "time,mono_ns,record_key,tunnel");
	for (unsigned f = 0; f < info->nfields; f++)
		buf_printf(out, ",%s", info->fields[f].name);
	if (info->shape == RECORD_SHAPE_BYTES)
		buf_puts(out, ",bytes");
	else if (info->shape != RECORD_SHAPE_STATE && kind != RECORD_TUNNEL)
		buf_puts(out, ",text");
	buf_puts(out, "\r\n");
}

void export_csv(struct buf *out, const struct export_line *l)
{
	const struct record_kind_info *info = record_kind_info(l->r->kind);
	char time[TIME_TEXT_MAX], names[RECORD_TEXT_MAX] = "";
	size_t n = 0;

	buf_puts(out, time_rfc3339(l->wall_us, time));
	buf_putc(out, ',');
	put_mono(out, l->r->t);
	buf_putc(out, ',');
	put_u64(out, l->r->key);
	buf_putc(out, ',');
	for (size_t i = 0; i < l->ntunnels; i++)
		str_append(names, sizeof names, &n, "%s%s", i ? " " : "", l->m->tunnels[l->tunnels[i]].name);
	put_csv_text(out, names, n);
	for (unsigned f = 0; f < info->nfields; f++) {
		buf_putc(out, ',');
		if (is_present(l, &info->fields[f], f))
			put_csv_value(out, l->m, &info->fields[f], l->r->v[f]);
	}
	if (info->shape == RECORD_SHAPE_BYTES) {
		buf_putc(out, ',');
		put_base64(out, l->r->text, l->r->text_len);
	} else if (info->shape != RECORD_SHAPE_STATE && l->r->kind != RECORD_TUNNEL) {
		buf_putc(out, ',');
		put_csv_text(out, l->r->text, l->r->text_len);
	}
	buf_puts(out, "\r\n");
}
