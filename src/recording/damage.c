// SPDX-License-Identifier: GPL-2.0-or-later
// What a reader does about bytes that are no frame: remember them, find the next frame, with bounded work.
#include <string.h>
#include <sys/stat.h>

#include "recording/reader.h"

uint64_t reader_part_size(const struct reader *rd, size_t part)
{
	struct stat st;

	if (rd->parts[part].fd < 0 || fstat(rd->parts[part].fd, &st) || st.st_size < 0)
		return 0;
	return (uint64_t)st.st_size;
}

int64_t reader_budget(const struct reader *rd)
{
	uint64_t total = 0;

	for (size_t i = 0; i < rd->nparts; i++)
		total += reader_part_size(rd, i);
	return total > INT64_MAX / 8 ? INT64_MAX / 2 : (int64_t)(4 * total) - (int64_t)rd->spent;
}

/* The entry of a stretch that begins at rd->part, off: the same one when it is read again. They are in the order of
 * the file. False: there are too many. */
static bool note_damage(struct reader *rd, uint64_t off, uint64_t bytes, bool torn)
{
	struct reader_damage d = { .part = rd->part, .offset = off, .bytes = bytes, .from_us = rd->time,
				   .to_us = INT64_MAX, .torn = torn };
	size_t low = 0, high = rd->ndamage;
	bool again;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct reader_damage *m = &rd->damage[middle];

		if (m->part < d.part || (m->part == d.part && m->offset < off))
			low = middle + 1;
		else
			high = middle;
	}
	again = low < rd->ndamage && rd->damage[low].part == d.part && rd->damage[low].offset == off;
	if (!again && rd->ndamage == DAMAGE_MAX)
		return false;
	if (!again) {
		array_grow(&rd->damage, &rd->damage_cap, rd->ndamage + 1, sizeof *rd->damage);
		memmove(rd->damage + low + 1, rd->damage + low, (rd->ndamage - low) * sizeof *rd->damage);
		rd->ndamage++;
	}
	rd->damage[low] = d;
	rd->damage_at = low;
	return true;
}

/* Frames are lost from off on, until the next keyframe. */
void reader_hurt(struct reader *rd, uint64_t off)
{
	reader_untear(rd);
	rd->synced = rd->more = false;
	if (rd->damage_open)
		return;
	if (!rd->gap_due) {
		rd->gap_due = true;
		rd->gap_from = rd->time;
		rd->gap_reason = GAP_REASON_DAMAGE;
	}
	/* when there are too many to list, the last one listed grows instead */
	rd->damage_open = note_damage(rd, off, 0, false) || rd->ndamage;
}

void reader_heal(struct reader *rd, int64_t t)
{
	if (rd->damage_open)
		rd->damage[rd->damage_at].to_us = t;
	rd->damage_open = false;
}

void reader_lose(struct reader *rd, uint64_t bytes)
{
	if (rd->damage_open)
		rd->damage[rd->damage_at].bytes += bytes;
}

void reader_tear(struct reader *rd, uint64_t size)
{
	reader_untear(rd);
	if (size > rd->off && !rd->damage_open)
		rd->torn = note_damage(rd, rd->off, size - rd->off, true);
}

void reader_untear(struct reader *rd)
{
	if (!rd->torn)
		return;
	rd->torn = false;
	rd->ndamage--;
	memmove(rd->damage + rd->damage_at, rd->damage + rd->damage_at + 1,
		(rd->ndamage - rd->damage_at) * sizeof *rd->damage);
}

static enum frame_result sync_from(struct reader *rd, uint64_t off, uint64_t *ret_off)
{
	int64_t before = reader_budget(rd), budget = before;
	struct frame f;
	enum frame_result r = window_sync(&rd->win, off, reader_part_size(rd, rd->part), &budget, &f, ret_off);

	rd->spent += (uint64_t)(before - budget);
	return r;
}

enum frame_result reader_skip_damage(struct reader *rd)
{
	uint64_t found = rd->off, size = reader_part_size(rd, rd->part);
	enum frame_result r;

	reader_hurt(rd, rd->off);
	r = sync_from(rd, rd->off + 1, &found);
	if (r == FRAME_ERROR)
		return r;
	if (r == FRAME_BAD) {
		error_set(&rd->error, 0, "too much damage: the rest of this part is not searched");
		found = size;
	}
	if (found > rd->off) {
		reader_lose(rd, found - rd->off);
		rd->off = found;
	}
	return r;
}

bool reader_length_is_wrong(struct reader *rd)
{
	uint64_t found, size = reader_part_size(rd, rd->part);

	if (rd->tail_off == rd->off && rd->tail_size == size)
		return false;
	rd->tail_off = rd->off;
	rd->tail_size = size;
	return sync_from(rd, rd->off + 1, &found) == FRAME_OK;
}
