// SPDX-License-Identifier: GPL-2.0-or-later
// Any records, as a reader lets them through (names and words within bounds, numbers as they come), folded; then what is
// read of the model: verdicts, steps, reports. Input: records one after another, see take_record.
#include <stdlib.h>
#include <string.h>

#include "tunwatch/model.h"
#include "tunwatch/report.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { RECORDS_MAX = 4000, LOOKS = 64 };

struct input {
	const uint8_t *p;
	size_t n;
};

static uint8_t take(struct input *in)
{
	if (!in->n)
		return 0;
	in->n--;
	return *in->p++;
}

static int64_t take_bytes(struct input *in, unsigned n)
{
	uint64_t v = 0;

	for (unsigned i = 0; i < n; i++)
		v |= (uint64_t)take(in) << 8 * i;
	return (int64_t)v;
}

/* Small numbers in a byte, others behind a byte that says how they are given. */
static int64_t take_number(struct input *in)
{
	static const int64_t odd[] = { INT64_MIN, INT64_MAX, -1, INT32_MIN, INT32_MAX, UINT32_MAX, 65535, 65536 };
	uint8_t first = take(in);

	if (first < 240)
		return first;
	return first == 240 ? take_bytes(in, 2) : first == 241 ? take_bytes(in, 8) : odd[first % ARRAY_LEN(odd)];
}

static int64_t take_value(struct input *in, const struct record_field *f)
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
static bool take_record(struct input *in, int64_t *t, struct record *r)
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

static void look(const struct model *m)
{
	struct history_step steps[80];
	struct model_mtu u;

	for (unsigned i = 0; i < m->ntunnels && i < LOOKS; i++) {
		model_mtu(m, i, &u);
		if (!memchr(u.text, 0, sizeof u.text) || u.verdict >= MTU_VERDICT_COUNT || u.path_inner < 0 ||
		    u.path_inner > 65535 || u.ceiling < 0 || (u.has_gap && u.gap != u.path_inner - u.configured))
			abort();
		if (!memchr(m->tunnels[i].reason, 0, MODEL_REASON_MAX))
			abort();
	}
	for (unsigned i = 0; i < m->npmtu && i < LOOKS; i++)
		if (history_steps(m, i, steps, ARRAY_LEN(steps)) > 64 || m->pmtu[i].nsizes > MODEL_PMTU_SIZES)
			abort();
}

static void report_all(const struct model *m)
{
	const struct report r = { .m = m, .from = m->started_us, .to = m->now };
	struct buf out = {0};

	report_text(&out, &r);
	report_markdown(&out, &r);
	report_json(&out, &r);
	report_summary(&out, m, "");
	buf_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	struct model *m = model_new(true), *copy;
	int64_t t = 0;
	struct record r;
	bool more = size > 0;

	for (unsigned n = 0; more && n < RECORDS_MAX; n++) {
		more = take_record(&in, &t, &r);
		model_apply(m, &r);
		if (n % 16 == 0)
			look(m);
	}
	look(m);
	copy = model_copy(m);
	if (model_hash(copy) != model_hash(m))
		abort();
	if (size % 8 == 0)
		report_all(copy);
	model_free(copy);
	model_free(m);
	return 0;
}
