// SPDX-License-Identifier: GPL-2.0-or-later
// What a reader does about bytes that are no frame: remember them, find the next frame, with bounded work.
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

/* Frames are lost from off on, until the next keyframe. */
void reader_hurt(struct reader *rd, uint64_t off)
{
	reader_untear(rd);
	rd->synced = rd->more = false;
	if (rd->damage_open)
		return;
	rd->damage_open = true;
	if (!rd->gap_due) {
		rd->gap_due = true;
		rd->gap_from = rd->time;
		rd->gap_reason = GAP_REASON_DAMAGE;
	}
	if (rd->ndamage == DAMAGE_MAX)
		return; /* the last one grows instead */
	array_grow(&rd->damage, &rd->damage_cap, rd->ndamage + 1, sizeof *rd->damage);
	rd->damage[rd->ndamage++] = (struct reader_damage){
		.part = rd->part, .offset = off, .from_us = rd->time, .to_us = INT64_MAX,
	};
}

void reader_heal(struct reader *rd, int64_t t)
{
	if (rd->damage_open)
		rd->damage[rd->ndamage - 1].to_us = t;
	rd->damage_open = false;
}

void reader_lose(struct reader *rd, uint64_t bytes)
{
	if (rd->damage_open)
		rd->damage[rd->ndamage - 1].bytes += bytes;
}

void reader_tear(struct reader *rd, uint64_t size)
{
	reader_untear(rd);
	if (size <= rd->off || rd->damage_open || rd->ndamage == DAMAGE_MAX)
		return;
	array_grow(&rd->damage, &rd->damage_cap, rd->ndamage + 1, sizeof *rd->damage);
	rd->damage[rd->ndamage++] = (struct reader_damage){
		.part = rd->part, .offset = rd->off, .bytes = size - rd->off,
		.from_us = rd->time, .to_us = INT64_MAX, .torn = true,
	};
	rd->torn = true;
}

void reader_untear(struct reader *rd)
{
	if (rd->torn)
		rd->ndamage--;
	rd->torn = false;
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
