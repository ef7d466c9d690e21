/* SPDX-License-Identifier: GPL-2.0-or-later */
/* format: the numbers and the small codings of tunwatch-recording(5), shared by its writer and its reader. */
#ifndef RECORDING_FORMAT_H
#define RECORDING_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define FRAME_MAGIC "\xd7TW\n"
#define RECORDING_FIRST_LINE "tunwatch-recording 1"

enum {
	FRAME_HEAD = 12,            /* magic, length and type, CRC */
	FRAME_PAYLOAD_MAX = 1 << 20,
	HEADER_MAX = 1 << 16,
	KEYFRAME_HEAD = 21,         /* u64 t, i64 wall, u32 session tag, u8 flags */
	CONTINUATION_HEAD = 9,      /* u64 t, u8 flags */
	KEYFRAME_MORE = 1,          /* a k frame with the rest follows */
	KEYFRAME_BREAK = 2,         /* what was observed before it is not all in the file */
	TYPES = 64,                 /* ids 1..63; 0 is "remove" */
	POSITIONS = 32,             /* values of a record: the bitmap of known fields, then the fields */
	CELLS_MAX = 262144,         /* (type, key) pairs a reader must hold ... */
	CELL_VALUES_MAX = 1 << 21,  /* ... and values in all of them: one a position, one more a steady field */
	HEAD_SAME_TIME = 0x40,
	HEAD_NEXT_KEY = 0x80,
	RECORD_BYTES_MAX = 1536,    /* more than the longest record takes */
};
#define TIME_MAX (INT64_C(1) << 53)
#define KEYFRAME_EVERY_US (INT64_C(60) * 1000000)
#define HEADER_EVERY 60         /* keyframes */

static inline uint32_t get_u32(const uint8_t *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static inline uint64_t get_u64(const uint8_t *p)
{
	return get_u32(p) | (uint64_t)get_u32(p + 4) << 32;
}

static inline void put_u32(uint8_t *p, uint32_t x)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(x >> 8 * i);
}

static inline void put_u64(uint8_t *p, uint64_t x)
{
	put_u32(p, (uint32_t)x);
	put_u32(p + 4, (uint32_t)(x >> 32));
}

static inline uint64_t zigzag(uint64_t x)
{
	return x << 1 ^ (0 - (x >> 63));
}

static inline uint64_t unzigzag(uint64_t x)
{
	return x >> 1 ^ (0 - (x & 1));
}

static inline uint8_t *put_varint(uint8_t *p, uint64_t x)
{
	for (; x >= 128; x >>= 7)
		*p++ = (uint8_t)(x | 128);
	*p++ = (uint8_t)x;
	return p;
}

const uint8_t *get_varint_long(const uint8_t *p, const uint8_t *end, uint64_t *ret);

/* The byte behind the number, or NULL: cut off, longer than 10 bytes, or more than 64 bits. */
static inline const uint8_t *get_varint(const uint8_t *p, const uint8_t *end, uint64_t *ret)
{
	if (p < end && *p < 128) {
		*ret = *p;
		return p + 1;
	}
	return get_varint_long(p, end, ret);
}

struct frame {
	uint8_t type;
	uint32_t len;
	const uint8_t *payload;
};

enum frame_result {
	FRAME_OK,
	FRAME_NONE,  /* nothing here: the end of the file */
	FRAME_SHORT, /* the file ends inside it */
	FRAME_BAD,
	FRAME_ERROR, /* the file cannot be read; errno */
};

/* Type and length of the frame that begins at head (FRAME_HEAD bytes); false when none can. */
bool frame_parse(const uint8_t *head, struct frame *ret);
/* Whether the CRC of the whole frame at head is right. */
bool frame_verify(const uint8_t *head, uint32_t len);
/* Write the head in front of a payload of len bytes that stands at head + FRAME_HEAD. */
void frame_seal(uint8_t *head, char type, uint32_t len);

/* What session a keyframe belongs to: told by it, as a header may be far away. */
uint32_t session_tag(const char *session);

#endif
