/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any records, as a reader lets them through, from the bytes of a fuzzer. */
#ifndef TESTS_TAKE_RECORD_H
#define TESTS_TAKE_RECORD_H

#include "tunwatch/base.h"
#include "tunwatch/record.h"

struct input {
	const uint8_t *p;
	size_t n;
};

static inline uint8_t take(struct input *in)
{
	if (!in->n)
		return 0;
	in->n--;
	return *in->p++;
}

static inline int64_t take_bytes(struct input *in, unsigned n)
{
	uint64_t v = 0;

	for (unsigned i = 0; i < n; i++)
		v |= (uint64_t)take(in) << 8 * i;
	return (int64_t)v;
}

/* Small numbers in a byte, others behind a byte that says how they are given. */
static inline int64_t take_number(struct input *in)
{
	static const int64_t odd[] = { INT64_MIN, INT64_MAX, -1, INT32_MIN, INT32_MAX, UINT32_MAX, 65535, 65536 };
	uint8_t first = take(in);

	if (first < 240)
		return first;
	return first == 240 ? take_bytes(in, 2) : first == 241 ? take_bytes(in, 8) : odd[first % ARRAY_LEN(odd)];
}

static inline int64_t take_value(struct input *in, const struct record_field *f)
{
	int64_t n = 0;

	switch (f->type) {
	case RECORD_TYPE_ENUM:
		while (f->words[n])
			n++;
		return take(in) % n;
	case RECORD_TYPE_REF:
		n = take(in);
		return n == 255 ? 65535 : n;
	case RECORD_TYPE_BOOL:
		return take(in) & 1;
	case RECORD_TYPE_HEX:
		return (uint32_t)take_number(in);
	case RECORD_TYPE_INT:
	case RECORD_TYPE_U64:
		return take_number(in);
	}
	return 0;
}

/* Kind, key, milliseconds since the one before, bits of the known fields (4 bytes, the highest: a snapshot), those
 * fields, a text. */
static inline bool take_record(struct input *in, int64_t *t, struct record *r)
{
	const struct record_kind_info *info;
	enum record_kind kind = (enum record_kind)(take(in) % RECORD_KINDS);
	unsigned key = (unsigned)take_number(in) & 0xffff;
	uint32_t known;

	*t += take(in) * 100 * US_PER_MS;
	record_init(r, kind, key, *t);
	if (kind == RECORD_REMOVE) {
		record_set(r, 0, 1 + take(in) % (RECORD_KINDS - 1));
		return in->n > 0;
	}
	info = record_kind_info(kind);
	known = (uint32_t)take_bytes(in, 4);
	r->snapshot = known >> 31 && (info->shape == RECORD_SHAPE_STATE || info->shape == RECORD_SHAPE_NAMED);
	for (unsigned f = 0; f < info->nfields; f++)
		if (known >> f & 1)
			record_set(r, f, take_value(in, &info->fields[f]));
	if (info->shape != RECORD_SHAPE_STATE) {
		r->text_len = take(in);
		if (r->text_len > in->n)
			r->text_len = in->n;
		r->text = (const char *)in->p;
		in->p += r->text_len;
		in->n -= r->text_len;
	}
	return in->n > 0;
}

#endif
