// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "recording/decoder.h"

void decoder_init(struct decoder *d)
{
	*d = (struct decoder){ .generation = 1 };
	/* types without fields have cells, too: none of theirs may point from NULL */
	array_grow(&d->values, &d->values_cap, POSITIONS, sizeof *d->values);
}

void decoder_free(struct decoder *d)
{
	for (int i = 0; i < TYPES; i++)
		free(d->index[i]);
	free(d->cells);
	free(d->values);
	free(d->schema.words);
}

void decoder_reset(struct decoder *d)
{
	d->ncells = d->nvalues = 0;
	d->generation++;
	d->p = d->end = NULL;
}

static uint32_t cell_owner(unsigned type, unsigned key)
{
	return (uint32_t)type << 16 | key;
}

static struct decoder_cell *cell_add(struct decoder *d, unsigned type, unsigned key)
{
	const struct schema_type *ty = &d->schema.type[type];
	size_t values = (size_t)ty->npos + ty->nsteps;

	if (d->ncells == CELLS_MAX || d->nvalues + values > CELL_VALUES_MAX)
		return NULL;
	array_grow(&d->index[type], &d->index_cap[type], key + 1u, sizeof *d->index[type]);
	array_grow(&d->cells, &d->cells_cap, d->ncells + 1, sizeof *d->cells);
	array_grow(&d->values, &d->values_cap, d->nvalues + values, sizeof *d->values);
	d->index[type][key] = (uint32_t)d->ncells;
	d->cells[d->ncells] = (struct decoder_cell){ .owner = cell_owner(type, key), .at = (uint32_t)d->nvalues };
	d->nvalues += values;
	return &d->cells[d->ncells++];
}

static inline struct decoder_cell *cell_find(const struct decoder *d, unsigned type, unsigned key)
{
	uint32_t number = key < d->index_cap[type] ? d->index[type][key] : 0;

	if (number >= d->ncells || d->cells[number].owner != cell_owner(type, key))
		return NULL;
	return &d->cells[number];
}

/* A cell seen for the first time since the keyframe began: zeroes, in the keyframe itself the values of the type's
 * record before it. */
static void cell_start(struct decoder *d, const struct schema_type *ty, unsigned type, struct decoder_cell *cell)
{
	memset(d->values + cell->at, 0, ((size_t)ty->npos + ty->nsteps) * sizeof *d->values);
	cell->generation = d->generation;
	cell->bad = 0;
	if (d->mode == DECODER_KEYFRAME && d->before[type]) {
		const struct decoder_cell *before = &d->cells[d->before[type] - 1];

		memcpy(d->values + cell->at, d->values + before->at, ty->npos * sizeof *d->values);
		cell->bad = before->bad;
	}
}

/* The cell of (type, key). NULL: too many. */
static inline struct decoder_cell *cell_get(struct decoder *d, const struct schema_type *ty, unsigned type,
					    unsigned key)
{
	struct decoder_cell *cell = cell_find(d, type, key);

	if (!cell)
		cell = cell_add(d, type, key);
	if (cell && (cell->generation != d->generation || !cell->live))
		cell_start(d, ty, type, cell);
	if (cell && d->mode == DECODER_KEYFRAME)
		d->before[type] = (uint32_t)(cell - d->cells) + 1;
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
static inline uint32_t judge(const struct schema_type *ty, const uint64_t *v, uint64_t mask, uint32_t bad)
{
	for (uint32_t m = ((uint32_t)mask | ty->steady) & ty->checked; m; m &= m - 1) {
		int i = __builtin_ctz(m);
		uint32_t bit = 1u << (i - 1);

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

static void fill(const struct decoder *d, const struct schema_type *ty, const uint64_t *v, uint32_t bad,
		 struct record *ret)
{
	uint64_t known = ty->npos ? v[0] & ~(uint64_t)bad : 0;

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
	struct decoder_cell *cell;
	uint64_t type;

	p = get_varint(p, d->end, &type);
	if (!p || d->mode == DECODER_KEYFRAME || !type || type >= TYPES || !d->schema.type[type].used)
		return -EBADMSG;
	d->p = p;
	if (d->mode == DECODER_SALVAGE)
		return 2;
	cell = cell_find(d, (unsigned)type, d->key);
	if (cell)
		cell->live = false;
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
static inline uint64_t *place(struct decoder *d, const struct schema_type *ty, unsigned type,
			      struct decoder_cell **ret_cell)
{
	*ret_cell = NULL;
	if (is_restated(ty->shape) && d->mode != DECODER_SALVAGE) {
		*ret_cell = cell_get(d, ty, type, d->key);
		return *ret_cell ? d->values + (*ret_cell)->at : NULL;
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
	struct decoder_cell *cell;
	uint64_t *v, mask = 0;
	uint32_t bad;

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
	bad = judge(ty, v, mask, cell ? cell->bad : 0);
	if (cell) {
		cell->live = true;
		cell->bad = bad;
	}
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
	d->vanish_at = 0;
}

bool decoder_next_vanished(struct decoder *d, struct record *ret)
{
	while (d->vanish_at < d->ncells) {
		struct decoder_cell *cell = &d->cells[d->vanish_at++];
		const struct schema_type *ty = &d->schema.type[cell->owner >> 16];

		if (!cell->live || cell->generation == d->generation)
			continue;
		cell->live = false;
		if (!ty->kind)
			continue;
		fill_remove(d, ty->kind, cell->owner & RECORD_KEY_MAX, ret);
		return true;
	}
	return false;
}
