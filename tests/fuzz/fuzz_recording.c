// SPDX-License-Identifier: GPL-2.0-or-later
// Recordings from outside. The first byte says what the input is: the magic's D7 a whole file (every other one with its
// checksums repaired, so that what is behind them is reached), H a header's text, K and D a frame's payload.
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "recording/decoder.h"
#include "tunwatch/recording.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void use(const struct record *r)
{
	const struct record_kind_info *info;

	if (r->kind == RECORD_REMOVE)
		return;
	if (r->kind < RECORD_REMOVE || r->kind >= RECORD_KINDS || r->text_len > RECORD_TEXT_MAX || r->t < 0)
		abort();
	info = record_kind_info(r->kind);
	if (r->known >> info->nfields)
		abort();
	for (unsigned f = 0; f < info->nfields; f++) {
		if (!record_has(r, f))
			continue;
		if (info->fields[f].type == RECORD_TYPE_REF && (r->v[f] < 0 || r->v[f] > RECORD_KEY_MAX))
			abort();
		if (info->fields[f].type == RECORD_TYPE_ENUM && *record_word(&info->fields[f], r->v[f]) == '?')
			abort();
	}
	for (size_t i = 0; i < r->text_len; i++)
		((volatile const char *)r->text)[i];
}

static void repair(uint8_t *p, size_t size)
{
	struct frame f;

	for (size_t at = 0; at + FRAME_HEAD <= size;) {
		if (!frame_parse(p + at, &f) || at + FRAME_HEAD + f.len > size) {
			at++;
			continue;
		}
		frame_seal(p + at, (char)f.type, f.len);
		at += FRAME_HEAD + f.len;
	}
}

static void read_some(struct reader *rd, int max)
{
	struct reader_pos pos;
	struct record r;

	while (max-- > 0) {
		switch (reader_next(rd, &r)) {
		case READER_RECORD:
			use(&r);
			break;
		case READER_FRAME:
			reader_at_keyframe(rd, &pos);
			break;
		case READER_WAIT:
		case READER_END:
		case READER_ERROR:
			return;
		}
	}
}

static void file(const uint8_t *data, size_t size)
{
	static int fd = -1;
	uint8_t *copy = malloc(size);
	struct reader *rd = reader_new();
	struct reader_pos pos;

	memcpy(copy, data, size);
	if (size & 1)
		repair(copy, size);
	if (fd < 0)
		fd = memfd_create("fuzz", MFD_CLOEXEC);
	if (ftruncate(fd, (off_t)size) || pwrite(fd, copy, size, 0) != (ssize_t)size)
		abort();
	free(copy);
	if (!reader_add(rd, dup(fd), NULL)) {
		read_some(rd, 100000);
		reader_last_time(rd);
		if (!reader_seek(rd, data[size / 2] * INT64_C(1000000)))
			read_some(rd, 20);
		if (reader_at_keyframe(rd, &pos) && !reader_seek_pos(rd, &pos))
			read_some(rd, 20);
	}
	reader_free(rd);
}

static void header(const uint8_t *data, size_t size)
{
	static struct schema schema;
	struct recording_header h;

	if (!header_parse(data, size, &h, &schema) && strlen(h.session) != 32)
		abort();
}

static void payload(char type, const uint8_t *data, size_t size)
{
	static struct decoder d;
	struct record r;

	if (!d.generation) {
		struct recording_header h = { .session = "00112233445566778899aabbccddeeff", .interval_us = 1 };
		struct buf text = {0};

		decoder_init(&d);
		header_write(&text, &h);
		if (header_parse((uint8_t *)text.data, text.len, &h, &d.schema))
			abort();
		buf_free(&text);
	}
	decoder_reset(&d);
	if (type == 'K')
		decoder_open_keyframe(&d, data, size, INT64_C(1) << 40, false, size & 1);
	else if (decoder_open_data(&d, data, size, 0, size % 16 == 0))
		return;
	while (decoder_next(&d, &r) > 0)
		use(&r);
	decoder_begin_vanished(&d);
	while (decoder_next_vanished(&d, &r))
		use(&r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!size)
		return 0;
	if (*data == 'H')
		header(data + 1, size - 1);
	else if (*data == 'K' || *data == 'D')
		payload((char)*data, data + 1, size - 1);
	else
		file(data, size);
	return 0;
}
