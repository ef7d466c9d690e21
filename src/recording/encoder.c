// SPDX-License-Identifier: GPL-2.0-or-later
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "recording/format.h"
#include "recording/header.h"
#include "tunwatch/recording.h"

/* What is known of one (kind, key): the reader holds the same, so only differences are written. */
struct cell {
	bool live;
	int64_t t;          /* when it was observed */
	char *text;         /* NAMED: the last one */
	size_t text_len;
	uint64_t v[];       /* the positions' values, then their steps */
};

struct cells {
	struct cell **cell;
	size_t n, cap;      /* n: highest key + 1 */
};

struct encoder {
	struct recording_header header;
	struct cells kinds[RECORD_KINDS];
	size_t ncells, nvalues;
	uint8_t *out;       /* the cut being built: whole frames, then the one that is open */
	size_t len, cap;
	bool handed_out;    /* out belongs to the last cut: empty it before adding */
	size_t open;        /* where the open frame begins */
	bool is_open;
	bool need_header, need_keyframe;
	bool broken;        /* something that was observed did not reach the file */
	bool incomplete;    /* states were left out */
	uint16_t key;       /* of the record before, in the open frame */
	bool has_key;
	int64_t t;          /* of the newest record or cut */
	int64_t frame_t;    /* of the record before, in the open frame */
	int64_t age;        /* the same in a keyframe */
	int64_t next_keyframe;
	unsigned keyframes; /* in this part */
	uint64_t part_bytes;
};

struct encoder *encoder_new(const struct recording_header *header)
{
	struct encoder *e = xcalloc(1, sizeof *e);

	e->header = *header;
	e->need_header = e->need_keyframe = true;
	return e;
}

void encoder_free(struct encoder *e)
{
	if (!e)
		return;
	for (int k = 1; k < RECORD_KINDS; k++) {
		for (size_t i = 0; i < e->kinds[k].n; i++) {
			if (e->kinds[k].cell[i])
				free(e->kinds[k].cell[i]->text);
			free(e->kinds[k].cell[i]);
		}
		free(e->kinds[k].cell);
	}
	free(e->out);
	free(e);
}

/* ---- frames ---- */

static uint8_t *reserve(struct encoder *e, size_t more)
{
	array_grow(&e->out, &e->cap, e->len + more, 1);
	return e->out + e->len;
}

static void frame_open(struct encoder *e)
{
	reserve(e, FRAME_HEAD);
	e->open = e->len;
	e->len += FRAME_HEAD;
	e->is_open = true;
	e->has_key = false;
	e->age = 0;
}

/* The CRC follows when the cut is complete: a keyframe learns its wall time only then. */
static void frame_close(struct encoder *e, char type)
{
	put_u32(e->out + e->open + 4, (uint32_t)(e->len - e->open - FRAME_HEAD) | (uint32_t)type << 24);
	e->is_open = false;
}

static void add_header(struct encoder *e)
{
	struct buf text = {0};

	header_write(&text, &e->header);
	assert(text.len <= HEADER_MAX);
	frame_open(e);
	memcpy(reserve(e, text.len), text.data, text.len);
	e->len += text.len;
	frame_close(e, 'H');
	buf_free(&text);
}

/* ---- records ---- */

static unsigned positions(const struct record_kind_info *info)
{
	return info->nfields ? info->nfields + 1 : 0;
}

static bool is_restated(enum record_shape shape)
{
	return shape == RECORD_SHAPE_STATE || shape == RECORD_SHAPE_NAMED;
}

static struct cell *cell_get(struct encoder *e, enum record_kind kind, unsigned key)
{
	const struct record_kind_info *info = record_kind_info(kind);
	struct cells *c = &e->kinds[kind];
	size_t values = positions(info);

	if (key < c->n && c->cell[key])
		return c->cell[key];
	for (unsigned f = 0; f < info->nfields; f++)
		values += info->fields[f].steady;
	if (e->ncells == CELLS_MAX || e->nvalues + values > CELL_VALUES_MAX) {
		e->incomplete = true;
		return NULL;
	}
	e->ncells++;
	e->nvalues += values;
	array_grow(&c->cell, &c->cap, key + 1, sizeof *c->cell);
	if (c->n < key + 1)
		c->n = key + 1;
	/* twice the positions is room for the steps whichever fields are steady */
	c->cell[key] = xcalloc(1, sizeof **c->cell + 2 * (size_t)positions(info) * sizeof(uint64_t));
	return c->cell[key];
}

static uint8_t *put_head(struct encoder *e, uint8_t *p, unsigned type, unsigned key, bool same_time, uint64_t dt)
{
	bool next = e->has_key && key == e->key + 1u;

	*p++ = (uint8_t)(type | (same_time ? HEAD_SAME_TIME : 0) | (next ? HEAD_NEXT_KEY : 0));
	if (!next)
		p = put_varint(p, key);
	if (!same_time)
		p = put_varint(p, dt);
	e->key = (uint16_t)key;
	e->has_key = true;
	return p;
}

/* The change mask and the changed values. v holds what the reader has and becomes what it will have; NULL for a
 * kind that is never predicted. A field that is not known is left as predicted. */
static uint8_t *put_values(uint8_t *p, const struct record_kind_info *info, const struct record *r, uint64_t *v,
			   bool keyframe)
{
	unsigned n = positions(info), step = n;
	uint64_t changed[POSITIONS], zero[2 * POSITIONS] = {0};
	uint32_t mask = 0, known = r->known & (uint32_t)((UINT64_C(1) << info->nfields) - 1);

	if (!n)
		return p;
	if (!v)
		v = zero;
	changed[0] = zigzag(known - v[0]);
	mask = changed[0] != 0;
	v[0] = known;
	for (unsigned f = 0; f < info->nfields; f++) {
		bool steady = info->fields[f].steady;
		uint64_t predicted = v[f + 1] + (steady ? v[step] : 0);
		uint64_t value = known >> f & 1 ? (uint64_t)r->v[f] : predicted;

		changed[f + 1] = zigzag(value - predicted);
		if (changed[f + 1])
			mask |= 1u << (f + 1);
		if (steady)
			v[step++] = keyframe ? 0 : value - v[f + 1];
		v[f + 1] = value;
	}
	p = put_varint(p, mask);
	for (; mask; mask &= mask - 1)
		p = put_varint(p, changed[__builtin_ctz(mask)]);
	return p;
}

static uint8_t *put_text(uint8_t *p, const char *text, size_t len)
{
	p = put_varint(p, len);
	if (len)
		memcpy(p, text, len);
	return p + len;
}

static void keep_text(struct cell *c, const struct record *r)
{
	if (c->text_len != r->text_len || (r->text_len && memcmp(c->text, r->text, r->text_len))) {
		c->text = xrealloc(c->text, r->text_len + 1, 1);
		if (r->text_len)
			memcpy(c->text, r->text, r->text_len);
		c->text_len = r->text_len;
	}
}

/* ---- keyframes ---- */

/* The open frame has no room for one more record. */
static bool is_full(const struct encoder *e)
{
	return e->len - e->open > FRAME_HEAD + FRAME_PAYLOAD_MAX - RECORD_BYTES_MAX;
}

static void continue_keyframe(struct encoder *e, char *type)
{
	uint8_t *head = e->out + e->open + FRAME_HEAD, *p;
	uint64_t t = get_u64(head);

	head[*type == 'K' ? KEYFRAME_HEAD - 1 : CONTINUATION_HEAD - 1] |= KEYFRAME_MORE;
	frame_close(e, *type);
	frame_open(e);
	p = reserve(e, CONTINUATION_HEAD);
	put_u64(p, t);
	p[8] = 0;
	e->len += CONTINUATION_HEAD;
	*type = 'k';
}

/* before: the record of this kind before it in the keyframe, which predicts it; NULL for the first. */
static void restate(struct encoder *e, enum record_kind kind, unsigned key, struct cell *c,
		    const struct cell *before)
{
	const struct record_kind_info *info = record_kind_info(kind);
	int64_t age = e->t - c->t;
	bool same = age == e->age;
	struct record r;
	uint8_t *p;

	record_init(&r, kind, key, c->t);
	r.known = positions(info) ? (uint32_t)c->v[0] : 0;
	if (info->nfields)
		memcpy(r.v, c->v + 1, info->nfields * sizeof *c->v);
	memset(c->v, 0, 2 * (size_t)positions(info) * sizeof *c->v);
	if (before)
		memcpy(c->v, before->v, positions(info) * sizeof *c->v);
	p = reserve(e, RECORD_BYTES_MAX);
	p = put_head(e, p, kind, key, same, (uint64_t)age);
	p = put_values(p, info, &r, c->v, true);
	if (info->shape == RECORD_SHAPE_NAMED)
		p = put_text(p, c->text, c->text_len);
	e->len = (size_t)(p - e->out);
	e->age = age;
}

/* All that is known, at time e->t. */
static void add_keyframe(struct encoder *e)
{
	char type = 'K';
	uint8_t *p;

	frame_open(e);
	p = reserve(e, KEYFRAME_HEAD);
	put_u64(p, (uint64_t)e->t);
	put_u64(p + 8, 0);
	put_u32(p + 16, session_tag(e->header.session));
	p[20] = e->broken ? KEYFRAME_BREAK : 0;
	e->len += KEYFRAME_HEAD;
	for (int k = 1; k < RECORD_KINDS; k++) {
		const struct cell *before = NULL;

		for (size_t i = 0; i < e->kinds[k].n; i++) {
			struct cell *c = e->kinds[k].cell[i];

			if (!c || !c->live)
				continue;
			if (is_full(e))
				continue_keyframe(e, &type);
			restate(e, (enum record_kind)k, (unsigned)i, c, before);
			before = c;
		}
	}
	frame_close(e, type);
	e->keyframes++;
	e->next_keyframe = e->t + KEYFRAME_EVERY_US;
	e->broken = e->need_keyframe = false;
}

/* A header again before the second keyframe, so that one flipped bit in the first header costs a minute, not the
 * file; from then on every 60th. */
static bool header_is_due(const struct encoder *e)
{
	return e->keyframes == 1 || e->keyframes % HEADER_EVERY == 0;
}

/* Empty what was handed out, and put in front of the first record what must stand there. */
static void prepare(struct encoder *e, int64_t t)
{
	if (e->handed_out) {
		e->len = 0;
		e->handed_out = false;
	}
	if (e->need_header) {
		e->t = t > e->t ? t : e->t;
		add_header(e);
		e->need_header = false;
	}
	if (e->need_keyframe)
		add_keyframe(e);
}

/* ---- the encoder's surface ---- */

static void open_data(struct encoder *e, int64_t t)
{
	uint8_t *p;

	if (e->is_open && is_full(e))
		frame_close(e, 'D');
	if (e->is_open)
		return;
	frame_open(e);
	p = put_varint(reserve(e, 10), (uint64_t)t);
	e->len = (size_t)(p - e->out);
	e->frame_t = t;
}

/* Room for a record at time t in a data frame; *t is raised to the last time. */
static uint8_t *begin_record(struct encoder *e, int64_t *t)
{
	prepare(e, *t);
	if (*t < e->t)
		*t = e->t;
	e->t = *t;
	open_data(e, *t);
	return reserve(e, RECORD_BYTES_MAX);
}

void encoder_add(struct encoder *e, const struct record *r)
{
	const struct record_kind_info *info = record_kind_info(r->kind);
	int64_t t = r->t;
	struct cell *c = NULL;
	uint8_t *p;

	assert(r->kind > RECORD_REMOVE && r->kind < RECORD_KINDS && r->text_len <= RECORD_TEXT_MAX);
	p = begin_record(e, &t);
	if (is_restated(info->shape)) {
		c = cell_get(e, r->kind, r->key);
		if (!c)
			return; /* more keys than a reader is bound to hold: the first 262,144 are kept */
		c->live = true;
		c->t = t;
		if (info->shape == RECORD_SHAPE_NAMED)
			keep_text(c, r);
	}
	p = put_head(e, p, r->kind, r->key, t == e->frame_t, (uint64_t)(t - e->frame_t));
	p = put_values(p, info, r, c ? c->v : NULL, false);
	if (info->shape != RECORD_SHAPE_STATE)
		p = put_text(p, r->text, r->text_len);
	e->len = (size_t)(p - e->out);
	e->frame_t = t;
	if (r->kind == RECORD_CLOCK)
		e->next_keyframe = t;
}

void encoder_remove(struct encoder *e, enum record_kind kind, unsigned key, int64_t t)
{
	struct cells *cells = &e->kinds[kind];
	struct cell *c = key < cells->n ? cells->cell[key] : NULL;
	uint8_t *p;

	assert(kind > RECORD_REMOVE && kind < RECORD_KINDS);
	if (!c || !c->live)
		return;
	p = begin_record(e, &t);
	p = put_head(e, p, RECORD_REMOVE, key, t == e->frame_t, (uint64_t)(t - e->frame_t));
	p = put_varint(p, kind);
	e->len = (size_t)(p - e->out);
	e->frame_t = t;
	c->live = false;
	c->text_len = 0;
	memset(c->v, 0, 2 * (size_t)positions(record_kind_info(kind)) * sizeof *c->v);
}

/* Give the frames of the cut their CRC, and the keyframes the wall time of their session time. */
static void seal(struct encoder *e, int64_t wall_off)
{
	for (size_t at = 0; at < e->len;) {
		uint8_t *head = e->out + at;
		uint32_t word = get_u32(head + 4), len = word & 0xffffff;
		char type = (char)(word >> 24);

		if (type == 'K')
			put_u64(head + FRAME_HEAD + 8, get_u64(head + FRAME_HEAD) + (uint64_t)wall_off);
		frame_seal(head, type, len);
		at += FRAME_HEAD + len;
	}
}

size_t encoder_cut(struct encoder *e, int64_t t, int64_t wall_us, const uint8_t **ret_bytes)
{
	prepare(e, t);
	if (t > e->t)
		e->t = t;
	if (e->is_open)
		frame_close(e, 'D');
	if (e->t >= e->next_keyframe) {
		if (header_is_due(e))
			add_header(e);
		add_keyframe(e);
	}
	seal(e, wall_us - t);
	e->handed_out = true;
	e->part_bytes += e->len;
	*ret_bytes = e->out;
	return e->len;
}

void encoder_resync(struct encoder *e)
{
	if (e->handed_out)
		e->part_bytes -= e->len;
	e->len = 0;
	e->is_open = e->handed_out = false;
	/* which cut was lost is not known: it may be the one that held the header */
	e->need_header = e->need_keyframe = e->broken = true;
}

void encoder_rotate(struct encoder *e, unsigned part)
{
	if (!e->handed_out && e->len) /* records that were not cut yet: their state goes on, events are lost */
		e->broken = true;
	e->len = 0;
	e->is_open = e->handed_out = false;
	e->header.part = part;
	e->keyframes = 0;
	e->part_bytes = 0;
	e->need_header = e->need_keyframe = true;
}

size_t encoder_end(struct encoder *e, const uint8_t **ret_bytes)
{
	uint8_t *p;

	e->len = 0;
	e->is_open = false;
	e->handed_out = true;
	frame_open(e);
	p = reserve(e, 8);
	put_u64(p, (uint64_t)e->t);
	e->len += 8;
	frame_close(e, 'E');
	seal(e, 0);
	*ret_bytes = e->out;
	return e->len;
}

uint64_t encoder_part_bytes(const struct encoder *e)
{
	return e->part_bytes;
}

static void mark_names(const struct record_kind_info *info, const struct cell *c, uint8_t *used)
{
	for (unsigned f = 0; f < info->nfields; f++)
		if (info->fields[f].type == RECORD_TYPE_REF && c->v[0] >> f & 1)
			used[(c->v[f + 1] & RECORD_KEY_MAX) / 8] |= (uint8_t)(1 << c->v[f + 1] % 8);
}

bool encoder_names(const struct encoder *e, uint8_t used[RECORD_KEY_MAX / 8 + 1])
{
	for (int k = 1; k < RECORD_KINDS; k++)
		for (size_t i = 0; i < e->kinds[k].n; i++)
			if (e->kinds[k].cell[i] && e->kinds[k].cell[i]->live)
				mark_names(record_kind_info((enum record_kind)k), e->kinds[k].cell[i], used);
	return !e->incomplete;
}
