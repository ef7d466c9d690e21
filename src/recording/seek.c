// SPDX-License-Identifier: GPL-2.0-or-later
// Finding a time in a file without an index: bisection on keyframes. Nothing in the file says where anything is.
#include <errno.h>
#include <string.h>

#include "recording/reader.h"

enum { BISECT_MIN = 64 << 10 };

struct search {
	struct reader *rd;
	struct window *w;
	int64_t budget;
};

enum found { FOUND_NONE, FOUND_KEYFRAME, FOUND_OTHER };

static enum found judge_keyframe(const struct search *s, const struct frame *f, int64_t *ret_t)
{
	if (f->len < KEYFRAME_HEAD || get_u64(f->payload) > (uint64_t)TIME_MAX)
		return FOUND_NONE;
	if (get_u32(f->payload + 16) != s->rd->tag)
		return FOUND_OTHER;
	*ret_t = (int64_t)get_u64(f->payload);
	return FOUND_KEYFRAME;
}

/* The first keyframe that begins at or after *off and below end; *off becomes its place. OTHER: it belongs to
 * another session. Frames between are passed by their length, unverified. */
static enum found next_keyframe(struct search *s, uint64_t *off, uint64_t end, int64_t *ret_t)
{
	uint64_t at = *off;

	while (at < end) {
		struct frame f = {0};
		enum frame_result r = window_frame(s->w, at, &f, false);
		enum found found = FOUND_NONE;

		if (r == FRAME_OK && f.type == 'K')
			r = window_frame(s->w, at, &f, true);
		if (r == FRAME_OK && f.type == 'K')
			found = judge_keyframe(s, &f, ret_t);
		if (found != FOUND_NONE) {
			*off = at;
			return found;
		}
		if (r == FRAME_OK)
			at += FRAME_HEAD + f.len;
		else if (window_sync(s->w, at + 1, end, &s->budget, &f, &at) != FRAME_OK)
			return FOUND_NONE;
	}
	return FOUND_NONE;
}

/* The last keyframe of [first, size) with time <= t; first is one. */
static uint64_t bisect(struct search *s, uint64_t first, uint64_t size, int64_t t)
{
	uint64_t low = first, high = size;
	int64_t found_t;

	while (high - low > BISECT_MIN) {
		uint64_t middle = low + (high - low) / 2, at = middle;

		if (next_keyframe(s, &at, high, &found_t) == FOUND_KEYFRAME && found_t <= t)
			low = at;
		else
			high = middle;
	}
	for (uint64_t at = low + FRAME_HEAD; at < size; at += FRAME_HEAD) {
		if (next_keyframe(s, &at, size, &found_t) != FOUND_KEYFRAME || found_t > t)
			break;
		low = at;
	}
	return low;
}

static struct search search_begin(struct reader *rd, uint32_t part)
{
	struct search s = { .rd = rd, .w = &rd->probe };

	window_use(s.w, rd->parts[part].fd);
	s.budget = (int64_t)(4 * reader_part_size(rd, part));
	return s;
}

/* Where the session being read begins in a part, and its first keyframe. */
static bool first_keyframe(struct reader *rd, uint32_t part, uint64_t *ret_off, int64_t *ret_t)
{
	const struct session_start *origin = &rd->origins[rd->origin];
	struct search s = search_begin(rd, part);
	uint64_t size = reader_part_size(rd, part);

	*ret_off = part == origin->part && origin->header > rd->parts[part].header ? origin->header : 0;
	return size && next_keyframe(&s, ret_off, size, ret_t) == FOUND_KEYFRAME;
}

/* Parts added while still empty learn their session late. */
static bool is_of_session(struct reader *rd, uint32_t part)
{
	struct part *p = &rd->parts[part];
	struct frame f;

	if (p->fd >= 0 && !p->tag)
		reader_find_header(rd, p, &f, NULL);
	return !p->tag || p->tag == rd->tag;
}

/* Begin again at a keyframe, as if nothing had been read before. */
static void go_to(struct reader *rd, uint32_t part, uint64_t off)
{
	reader_untear(rd);
	decoder_reset(&rd->dec);
	rd->part = part;
	rd->off = off;
	window_use(&rd->win, rd->parts[part].fd);
	rd->stage = STAGE_FRAME;
	rd->synced = rd->more = rd->silent = rd->follows = rd->ended = rd->at_keyframe = false;
	rd->gap_due = rd->damage_open = false;
	rd->any_part = true;
	rd->time = 0;
}

int reader_seek(struct reader *rd, int64_t t)
{
	uint32_t begin, end, part = UINT32_MAX;
	uint64_t first = 0, off;
	int64_t found_t = 0;
	struct search s;

	if (!rd->nparts)
		return -ENOENT;
	begin = rd->origins[rd->origin].part;
	for (end = begin + 1; end < rd->nparts && is_of_session(rd, end);)
		end++;
	for (uint32_t i = end; i-- > begin;) {
		bool later = rd->parts[i].first_t >= 0 && rd->parts[i].first_t > t;

		if (later || !first_keyframe(rd, i, &off, &found_t))
			continue;
		if (rd->parts[i].tag == rd->tag && i != begin)
			rd->parts[i].first_t = found_t;
		part = i;
		first = off;
		if (found_t <= t)
			break;
	}
	if (part == UINT32_MAX)
		return -ENOENT;
	s = search_begin(rd, part);
	off = found_t <= t ? bisect(&s, first, reader_part_size(rd, part), t) : first;
	go_to(rd, part, off);
	return 0;
}

/* Put the header in force that a keyframe of session tag needs. */
static int use_session(struct reader *rd, uint32_t tag, uint32_t part)
{
	uint32_t in = part;
	uint64_t header = rd->parts[part].header;
	struct frame f;

	if (tag == rd->tag)
		return 0;
	if (rd->parts[part].tag != tag) {
		size_t i = 0;

		while (i < rd->norigins && rd->origins[i].tag != tag)
			i++;
		if (i == rd->norigins)
			return -ENOENT;
		in = rd->origins[i].part;
		header = rd->origins[i].header;
	}
	window_use(&rd->probe, rd->parts[in].fd);
	if (window_frame(&rd->probe, header, &f, true) != FRAME_OK || f.type != 'H')
		return -ENOENT;
	return reader_take_header(rd, in, header, f.payload, f.len);
}

int reader_seek_pos(struct reader *rd, const struct reader_pos *pos)
{
	struct frame f;
	int r;

	if (pos->part >= rd->nparts || rd->parts[pos->part].fd < 0)
		return -ENOENT;
	window_use(&rd->probe, rd->parts[pos->part].fd);
	if (window_frame(&rd->probe, pos->offset, &f, true) != FRAME_OK || f.type != 'K' ||
	    f.len < KEYFRAME_HEAD || get_u64(f.payload) != (uint64_t)pos->t)
		return -ENOENT;
	r = use_session(rd, get_u32(f.payload + 16), pos->part);
	if (r)
		return -ENOENT;
	go_to(rd, pos->part, pos->offset);
	rd->silent = true;
	return 0;
}

/* Session time of the last record of a data frame: found without touching any state. */
static int64_t data_time(const struct reader *rd, const struct frame *f)
{
	struct decoder d = rd->dec;
	struct record r;

	if (decoder_open_data(&d, f->payload, f->len, 0, true))
		return -1;
	while (decoder_next(&d, &r) > 0)
		;
	return d.t;
}

static int64_t frame_time(const struct reader *rd, const struct frame *f)
{
	if (f->type == 'D')
		return data_time(rd, f);
	if ((f->type == 'K' || f->type == 'k' || f->type == 'E') && f->len >= 8 &&
	    get_u64(f->payload) <= (uint64_t)TIME_MAX)
		return (int64_t)get_u64(f->payload);
	return -1;
}

/* The newest time in [off, size) of a part, or -1. */
static int64_t last_time_from(struct search *s, uint64_t off, uint64_t size)
{
	int64_t last = -1;

	while (off < size) {
		struct frame f;
		enum frame_result r = window_frame(s->w, off, &f, true);

		if (r == FRAME_OK) {
			int64_t t = frame_time(s->rd, &f);

			last = t >= 0 ? t : last;
			off += FRAME_HEAD + f.len;
		} else if (window_sync(s->w, off + 1, size, &s->budget, &f, &off) != FRAME_OK) {
			break;
		}
	}
	return last;
}

int64_t reader_last_time(struct reader *rd)
{
	for (size_t part = rd->nparts; part-- > 0;) {
		struct search s = search_begin(rd, (uint32_t)part);
		uint64_t size = reader_part_size(rd, part);

		for (uint64_t back = BISECT_MIN; size; back *= 4) {
			int64_t t = last_time_from(&s, back < size ? size - back : 0, size);

			if (t >= 0)
				return t;
			if (back >= size)
				break;
		}
	}
	return -ENOENT;
}
