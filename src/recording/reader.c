// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "recording/reader.h"

struct reader *reader_new(void)
{
	struct reader *rd = xcalloc(1, sizeof *rd);

	decoder_init(&rd->dec);
	window_init(&rd->win, READ_CHUNK);
	window_init(&rd->probe, PROBE_CHUNK);
	return rd;
}

void reader_free(struct reader *rd)
{
	if (!rd)
		return;
	for (size_t i = 0; i < rd->nparts; i++)
		if (rd->parts[i].fd >= 0)
			close(rd->parts[i].fd);
	decoder_free(&rd->dec);
	window_free(&rd->win);
	window_free(&rd->probe);
	buf_free(&rd->raw);
	buf_free(&rd->text);
	free(rd->parts);
	free(rd->origins);
	free(rd->damage);
	free(rd);
}

/* A frame that its CRC vouches for but that cannot be: passed over like a damaged one. */
static void refuse(struct reader *rd, uint64_t size)
{
	reader_hurt(rd, rd->off);
	reader_lose(rd, size);
	rd->off += size;
}

static void pass(struct reader *rd, uint64_t size)
{
	if (!rd->synced)
		reader_lose(rd, size);
	rd->off += size;
}

static void read_records(struct reader *rd, char frame, uint64_t size)
{
	rd->frame = frame;
	rd->frame_off = rd->off;
	rd->stage = STAGE_RECORDS;
	pass(rd, size);
}

static void take_keyframe(struct reader *rd, const struct frame *f, uint64_t size)
{
	const uint8_t *p = f->payload;
	uint64_t t = f->len < KEYFRAME_HEAD ? UINT64_MAX : get_u64(p);
	bool late = t > (uint64_t)TIME_MAX || (rd->follows && (int64_t)t < rd->time);

	if (rd->more || late || get_u32(p + 16) != rd->tag) {
		refuse(rd, size);
		return;
	}
	rd->deliver = !rd->silent && (!rd->synced || p[20] & KEYFRAME_BREAK);
	decoder_open_keyframe(&rd->dec, p + KEYFRAME_HEAD, f->len - KEYFRAME_HEAD, (int64_t)t, false, rd->deliver);
	rd->keyframe = (struct reader_pos){ .part = rd->part, .offset = rd->off, .t = (int64_t)t };
	rd->more = p[20] & KEYFRAME_MORE;
	rd->time = (int64_t)t;
	reader_heal(rd, rd->time);
	read_records(rd, 'K', size);
	if (rd->gap_due && rd->follows && !rd->silent)
		rd->stage = STAGE_GAP;
	rd->gap_due = false;
}

static void take_continuation(struct reader *rd, const struct frame *f, uint64_t size)
{
	if (!rd->more && !rd->synced) {
		pass(rd, size); /* the rest of a keyframe that was lost */
		return;
	}
	if (!rd->more || f->len < CONTINUATION_HEAD || get_u64(f->payload) != (uint64_t)rd->time) {
		refuse(rd, size);
		return;
	}
	decoder_open_keyframe(&rd->dec, f->payload + CONTINUATION_HEAD, f->len - CONTINUATION_HEAD, rd->time, true,
			      rd->deliver);
	rd->more = f->payload[8] & KEYFRAME_MORE;
	read_records(rd, 'K', size);
}

static void take_data(struct reader *rd, const struct frame *f, uint64_t size)
{
	if (rd->more || (rd->synced && decoder_open_data(&rd->dec, f->payload, f->len, rd->time, false))) {
		refuse(rd, size);
	} else if (rd->synced) {
		read_records(rd, 'D', size);
	} else {
		reader_hurt(rd, rd->off); /* before the first keyframe, too */
		if (decoder_open_data(&rd->dec, f->payload, f->len, rd->time, true))
			pass(rd, size);
		else
			read_records(rd, 's', size);
	}
}

static void take_frame(struct reader *rd, const struct frame *f)
{
	uint64_t size = FRAME_HEAD + (uint64_t)f->len;

	rd->ended = f->type == 'E';
	switch (f->type) {
	case 'H':
		if (rd->more || reader_take_header(rd, rd->part, rd->off, f->payload, f->len))
			refuse(rd, size);
		else
			pass(rd, size);
		break;
	case 'K':
		take_keyframe(rd, f, size);
		break;
	case 'k':
		take_continuation(rd, f, size);
		break;
	case 'D':
		take_data(rd, f, size);
		break;
	case 'E':
		pass(rd, size);
		break;
	default:
		if (f->type >= 'a') {
			pass(rd, size);
		} else {
			error_set(&rd->error, 0, "frames of type %c were skipped: they need a newer tunwatch",
				  f->type);
			refuse(rd, size);
		}
	}
}

/* Nothing more in this part (rest: bytes of an unfinished frame). False: there is a next one. */
static bool at_end(struct reader *rd, enum reader_result *ret)
{
	uint64_t size = reader_part_size(rd, rd->part);

	if (size < rd->off)
		rd->off = size; /* its writer cut it back to the last whole frame: the disk was full */
	window_drop(&rd->win);
	if (rd->part + 1 < rd->nparts) {
		if (size > rd->off) {
			reader_hurt(rd, rd->off);
			reader_lose(rd, size - rd->off);
		}
		rd->part++;
		rd->off = 0;
		window_use(&rd->win, rd->parts[rd->part].fd);
		return false;
	}
	reader_tear(rd, size);
	*ret = rd->ended && size == rd->off ? READER_END : READER_WAIT;
	return true;
}

/* Look at what stands at rd->off. True: *ret is the answer; false: go on. */
static bool next_frame(struct reader *rd, enum reader_result *ret)
{
	enum frame_result r = FRAME_NONE;
	struct frame f;

	if (rd->parts[rd->part].fd >= 0)
		r = window_frame(&rd->win, rd->off, &f, true);
	if (r == FRAME_OK) {
		reader_untear(rd);
		take_frame(rd, &f);
		return false;
	}
	if (r == FRAME_BAD || (r == FRAME_SHORT && reader_length_is_wrong(rd)))
		r = reader_skip_damage(rd);
	if (r == FRAME_OK)
		return false;
	if (r != FRAME_ERROR)
		return at_end(rd, ret);
	error_set(&rd->error, 0, "cannot read the recording: %s", strerror(errno));
	*ret = READER_ERROR;
	return true;
}

static void make_gap(struct reader *rd, struct record *ret)
{
	record_init(ret, RECORD_GAP, 0, rd->time);
	record_set(ret, GAP_FROM_US, rd->gap_from);
	record_set(ret, GAP_TO_US, rd->time);
	record_set(ret, GAP_REASON, rd->gap_reason);
}

/* The records of a frame are all out. True: *ret is the answer. */
static bool end_frame(struct reader *rd, enum reader_result *ret)
{
	bool keyframe = rd->frame == 'K';

	rd->stage = STAGE_FRAME;
	if (rd->frame == 's' || rd->more)
		return false;
	rd->at_keyframe = keyframe;
	if (keyframe) {
		rd->synced = true;
		rd->silent = false;
	}
	rd->follows = true;
	*ret = READER_FRAME;
	return true;
}

/* Looking at every cell costs work that the file did not pay for: it is taken from the budget for damage. */
static bool look_for_vanished(struct reader *rd)
{
	if (rd->frame != 'K' || rd->more || !rd->deliver || !rd->follows ||
	    reader_budget(rd) < (int64_t)rd->dec.ncells)
		return false;
	rd->spent += rd->dec.ncells;
	decoder_begin_vanished(&rd->dec);
	return true;
}

static bool next_record(struct reader *rd, struct record *ret, enum reader_result *ret_result)
{
	int r = decoder_next(&rd->dec, ret);

	*ret_result = READER_RECORD;
	if (r > 0) {
		if (rd->frame == 'D')
			rd->time = ret->t;
		return true;
	}
	if (r < 0) {
		rd->stage = STAGE_FRAME;
		reader_hurt(rd, rd->frame_off);
		reader_lose(rd, rd->off - rd->frame_off);
		return false;
	}
	if (look_for_vanished(rd)) {
		rd->stage = STAGE_VANISHED;
		return false;
	}
	return end_frame(rd, ret_result);
}

enum reader_result reader_next(struct reader *rd, struct record *ret)
{
	enum reader_result result = READER_ERROR;
	bool done = !rd->nparts;

	while (!done) {
		switch (rd->stage) {
		case STAGE_FRAME:
			done = next_frame(rd, &result);
			break;
		case STAGE_GAP:
			rd->stage = STAGE_RECORDS;
			make_gap(rd, ret);
			return READER_RECORD;
		case STAGE_RECORDS:
			done = next_record(rd, ret, &result);
			break;
		case STAGE_VANISHED:
			if (decoder_next_vanished(&rd->dec, ret))
				return READER_RECORD;
			done = end_frame(rd, &result);
			break;
		}
	}
	return result;
}

const struct recording_header *reader_header(const struct reader *rd)
{
	return rd->nparts ? &rd->header : NULL;
}

bool reader_at_keyframe(const struct reader *rd, struct reader_pos *ret)
{
	if (rd->at_keyframe)
		*ret = rd->keyframe;
	return rd->at_keyframe;
}

int64_t reader_time(const struct reader *rd)
{
	return rd->time;
}

size_t reader_damage(const struct reader *rd, const struct reader_damage **ret)
{
	*ret = rd->damage;
	return rd->ndamage;
}

void reader_progress(const struct reader *rd, uint64_t *ret_total, uint64_t *ret_read)
{
	*ret_total = *ret_read = 0;
	for (size_t i = 0; i < rd->nparts; i++) {
		uint64_t size = reader_part_size(rd, i);

		*ret_total += size;
		if (i < rd->part)
			*ret_read += size;
		else if (i == rd->part)
			*ret_read += rd->off < size ? rd->off : size;
	}
}

const char *reader_error(const struct reader *rd)
{
	return rd->error.text;
}

const char *reader_header_text(const struct reader *rd)
{
	return rd->text.data ? rd->text.data : "";
}
