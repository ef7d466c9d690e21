// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "recording/decoder.h"

enum { CELL_HEAD = 2 };
#define CELL_LIVE (UINT64_C(1) << 31)
#define CELL_BAD (CELL_LIVE - 1)

void decoder_init(struct decoder *d)
{
	*d = (struct decoder){ .generation = 1 };
	decoder_reset(d);
}

void decoder_free(struct decoder *d)
{
	for (int i = 0; i < TYPES; i++)
		free(d->index[i]);
	free(d->words);
	free(d->schema.words);
}

void decoder_reset(struct decoder *d)
{
	d->nwords = 1; /* word number 0 stands for "none" */
	d->ncells = d->nvalues = 0;
	d->generation++;
	d->p = d->end = NULL;
}

static uint64_t cell_owner(unsigned type, unsigned key)
{
	return (uint64_t)type << 16 | key;
}

static uint64_t *cell_add(struct decoder *d, unsigned type, unsigned key)
{
	const struct schema_type *ty = &d->schema.type[type];
	size_t values = (size_t)ty->npos + ty->nsteps, need = CELL_HEAD + values;

	if (d->ncells == CELLS_MAX || d->nvalues + values > CELL_VALUES_MAX)
		return NULL;
	if (!d->index[type])
		d->index[type] = xcalloc(KEYS, sizeof *d->index[type]);
	array_grow(&d->words, &d->words_cap, d->nwords + need, sizeof *d->words);
	d->ncells++;
	d->nvalues += values;
	d->index[type][key] = (uint32_t)d->nwords;
	d->nwords += need;
	d->words[d->nwords - need] = 0;
	d->words[d->nwords - need + 1] = cell_owner(type, key);
	return &d->words[d->nwords - need];
}

static uint64_t *cell_find(const struct decoder *d, unsigned type, unsigned key)
{
	uint32_t at = d->index[type] ? d->index[type][key] : 0;

	if (!at || at >= d->nwords || d->words[at + 1] != cell_owner(type, key))
		return NULL;
	return &d->words[at];
}

/* A cell seen for the first time since the keyframe began: zeroes, in the keyframe itself the values of the type's
 * record before it. */
static void cell_start(struct decoder *d, const struct schema_type *ty, unsigned type, uint64_t *cell)
{
	memset(cell + CELL_HEAD, 0, ((size_t)ty->npos + ty->nsteps) * sizeof *cell);
	cell[0] = (uint64_t)d->generation << 32;
	if (d->mode == DECODER_KEYFRAME && d->before[type]) {
		const uint64_t *before = &d->words[d->before[type]];

		memcpy(cell + CELL_HEAD, before + CELL_HEAD, ty->npos * sizeof *cell);
		cell[0] |= before[0] & CELL_BAD;
	}
}

/* The cell of (type, key). NULL: too many. */
static inline uint64_t *cell_get(struct decoder *d, const struct schema_type *ty, unsigned type, unsigned key)
{
	uint64_t *cell = cell_find(d, type, key);

	if (!cell)
		cell = cell_add(d, type, key);
	if (cell && (cell[0] >> 32 != d->generation || !(cell[0] & CELL_LIVE)))
		cell_start(d, ty, type, cell);
	if (cell && d->mode == DECODER_KEYFRAME)
		d->before[type] = (uint32_t)(cell - d->words);
	return cell;
}

void decoder_open_keyframe(struct decoder *d, const uint8_t *p, size_t len, int64_t t, bool continued, bool out)
{
	if (!continued) {
		d->generation++;
		memset(d->before, 0, sizeof d->before);
	}
	d->p = p;
	d->end = p + len;
	d->mode = DECODER_KEYFRAME;
	d->snapshot_out = out;
	d->has_key = false;
	d->t = t;
	d->age = 0;
}

int decoder_open_data(struct decoder *d, const uint8_t *p, size_t len, int64_t not_before, bool salvage)
{
	uint64_t t;
	const uint8_t *q = get_varint(p, p + len, &t);

	if (!q || t > (uint64_t)TIME_MAX || (int64_t)t < not_before)
		return -EBADMSG;
	d->p = q;
	d->end = p + len;
	d->mode = salvage ? DECODER_SALVAGE : DECODER_DATA;
	d->has_key = false;
	d->t = (int64_t)t;
	return 0;
}

/* The head byte's key and time. NULL when ill-formed. */
static inline const uint8_t *decode_head(struct decoder *d, const uint8_t *p, uint8_t head)
{
	uint64_t x;

	if (head & HEAD_NEXT_KEY) {
		if (!d->has_key || d->key == RECORD_KEY_MAX)
			return NULL;
		d->key++;
	} else {
		p = get_varint(p, d->end, &x);
		if (!p || x > RECORD_KEY_MAX)
			return NULL;
		d->key = (uint16_t)x;
		d->has_key = true;
	}
	if (head & HEAD_SAME_TIME)
		return p;
	p = get_varint(p, d->end, &x);
	if (!p || x > (uint64_t)TIME_MAX)
		return NULL;
	if (d->mode == DECODER_KEYFRAME)
		d->age = (int64_t)x;
	else
		d->t += (int64_t)x;
	return d->t > TIME_MAX || (d->mode == DECODER_KEYFRAME && d->age > d->t) ? NULL : p;
}

/* Advance the values by what the change mask and the numbers behind it say. */
static inline const uint8_t *decode_values(const struct decoder *d, const struct schema_type *ty, const uint8_t *p,
					   uint64_t *v, uint64_t *ret_mask)
{
	uint64_t mask, x, *step = v + ty->npos;
	uint32_t steady = ty->steady;

	p = get_varint(p, d->end, &mask);
	if (!p || mask >> ty->npos)
		return NULL;
	*ret_mask = mask;
	for (uint32_t m = (uint32_t)mask; m; m &= m - 1) {
		int i = __builtin_ctz(m);

		p = get_varint(p, d->end, &x);
		if (!p)
			return NULL;
		if (steady >> i & 1)
			step[ty->step[i]] += unzigzag(x);
		else
			v[i] += unzigzag(x);
	}
	for (uint32_t m = steady; m; m &= m - 1) {
		int i = __builtin_ctz(m);

		v[i] += step[ty->step[i]];
	}
	if (ty->nsteps && d->mode == DECODER_KEYFRAME)
		memset(step, 0, ty->nsteps * sizeof *step);
	return p;
}

/* Which of the changed values mean nothing: an index out of its range must not travel on. */
static inline uint64_t judge(const struct schema_type *ty, const uint64_t *v, uint64_t mask, uint64_t bad)
{
	for (uint32_t m = ((uint32_t)mask | ty->steady) & ty->checked; m; m &= m - 1) {
		int i = __builtin_ctz(m);
		uint64_t bit = UINT64_C(1) << (i - 1);

		bad = v[i] < (uint64_t)ty->limit[i] ? bad & ~bit : bad | bit;
	}
	return bad;
}

/* The file's fields in our order, enumerations in our numbers. */
static void map_fields(const struct decoder *d, const struct schema_type *ty, const uint64_t *v, uint64_t known,
		       struct record *ret)
{
	ret->known = 0;
	for (unsigned i = 1; i < ty->npos; i++) {
		int ours = ty->ours[i];
		int64_t value = (int64_t)v[i];

		if (ours < 0 || !(known >> (i - 1) & 1))
			continue;
		if (record_kind_info(ty->kind)->fields[ours].type == RECORD_TYPE_ENUM)
			value = d->schema.words[ty->words[i] + (size_t)value];
		if (value >= 0 || record_kind_info(ty->kind)->fields[ours].type != RECORD_TYPE_ENUM)
			record_set(ret, (unsigned)ours, value);
	}
}

static void fill(const struct decoder *d, const struct schema_type *ty, const uint64_t *v, uint64_t bad,
		 struct record *ret)
{
	uint64_t known = ty->npos ? v[0] & ~bad : 0;

	ret->kind = ty->kind;
	ret->snapshot = d->mode == DECODER_KEYFRAME;
	ret->key = d->key;
	ret->t = ret->snapshot ? d->t - d->age : d->t;
	if (!ty->same) {
		map_fields(d, ty, v, known, ret);
		return;
	}
	ret->known = ty->npos ? (uint32_t)known & ((1u << (ty->npos - 1)) - 1) : 0;
	if (ty->npos)
		memcpy(ret->v, v + 1, (size_t)(ty->npos - 1) * sizeof *v);
}

static void fill_remove(const struct decoder *d, enum record_kind kind, unsigned key, struct record *ret)
{
	record_init(ret, RECORD_REMOVE, key, d->t);
	record_set(ret, 0, kind);
}

/* A remove: 1 handed out, 2 nothing to hand out. */
static int decode_remove(struct decoder *d, const uint8_t *p, struct record *ret)
{
	uint64_t type, *cell;

	p = get_varint(p, d->end, &type);
	if (!p || d->mode == DECODER_KEYFRAME || !type || type >= TYPES || !d->schema.type[type].used)
		return -EBADMSG;
	d->p = p;
	if (d->mode == DECODER_SALVAGE)
		return 2;
	cell = cell_find(d, (unsigned)type, d->key);
	if (cell)
		cell[0] = 0;
	if (!d->schema.type[type].kind)
		return 2;
	fill_remove(d, d->schema.type[type].kind, d->key, ret);
	return 1;
}

static bool is_restated(enum record_shape shape)
{
	return shape == RECORD_SHAPE_STATE || shape == RECORD_SHAPE_NAMED;
}

/* The values' place: the cell of a state, zeroes for what is never predicted. NULL: too many cells. */
static inline uint64_t *place(struct decoder *d, const struct schema_type *ty, unsigned type, uint64_t **ret_cell)
{
	*ret_cell = NULL;
	if (is_restated(ty->shape) && d->mode != DECODER_SALVAGE) {
		*ret_cell = cell_get(d, ty, type, d->key);
		return *ret_cell ? *ret_cell + CELL_HEAD : NULL;
	}
	memset(d->scratch, 0, ((size_t)ty->npos + ty->nsteps) * sizeof *d->scratch);
	return d->scratch;
}

static const uint8_t *decode_text(struct decoder *d, const uint8_t *p, struct record *ret)
{
	uint64_t len;

	p = get_varint(p, d->end, &len);
	if (!p || len > RECORD_TEXT_MAX || len > (size_t)(d->end - p))
		return NULL;
	ret->text = (const char *)p;
	ret->text_len = (size_t)len;
	return p + len;
}

/* One record. 1 handed out, 2 read but of no interest, -EBADMSG. */
static int decode(struct decoder *d, struct record *ret)
{
	const uint8_t *p = d->p + 1;
	uint8_t head = *d->p;
	unsigned type = head & (TYPES - 1);
	const struct schema_type *ty = &d->schema.type[type];
	uint64_t *cell, *v, mask = 0, bad;

	p = decode_head(d, p, head);
	if (!p)
		return -EBADMSG;
	if (!type)
		return decode_remove(d, p, ret);
	if (!ty->used || (d->mode == DECODER_KEYFRAME && !is_restated(ty->shape)))
		return -EBADMSG;
	v = place(d, ty, type, &cell);
	if (v && ty->npos)
		p = decode_values(d, ty, p, v, &mask);
	if (!v || !p)
		return -EBADMSG;
	bad = judge(ty, v, mask, cell ? cell[0] & CELL_BAD : 0);
	if (cell)
		cell[0] = (uint64_t)d->generation << 32 | CELL_LIVE | bad;
	ret->text = NULL;
	ret->text_len = 0;
	if (ty->shape != RECORD_SHAPE_STATE)
		p = decode_text(d, p, ret);
	if (!p)
		return -EBADMSG;
	d->p = p;
	if (!ty->kind || (d->mode == DECODER_KEYFRAME && !d->snapshot_out) ||
	    (d->mode == DECODER_SALVAGE && is_restated(ty->shape)))
		return 2;
	fill(d, ty, v, bad, ret);
	return 1;
}

int decoder_next(struct decoder *d, struct record *ret)
{
	int r = 2;

	while (d->p < d->end && r == 2)
		r = decode(d, ret);
	if (r < 0)
		d->p = d->end;
	return r == 2 ? 0 : r;
}

void decoder_begin_vanished(struct decoder *d)
{
	d->vanish_at = 1;
}

bool decoder_next_vanished(struct decoder *d, struct record *ret)
{
	while (d->vanish_at < d->nwords) {
		uint64_t *cell = &d->words[d->vanish_at];
		unsigned type = (unsigned)(cell[1] >> 16), key = cell[1] & RECORD_KEY_MAX;
		const struct schema_type *ty = &d->schema.type[type];
		bool gone = (cell[0] & CELL_LIVE) && cell[0] >> 32 != d->generation;

		d->vanish_at += CELL_HEAD + (size_t)ty->npos + ty->nsteps;
		if (!gone)
			continue;
		cell[0] = 0;
		if (!ty->kind)
			continue;
		fill_remove(d, ty->kind, key, ret);
		return true;
	}
	return false;
}
