// SPDX-License-Identifier: GPL-2.0-or-later
#include "recording/crc.h"
#include "recording/format.h"

const uint8_t *get_varint_long(const uint8_t *p, const uint8_t *end, uint64_t *ret)
{
	uint64_t x = 0;

	for (unsigned shift = 0; shift < 70; shift += 7) {
		uint8_t b;

		if (p >= end)
			return NULL;
		b = *p++;
		if (shift == 63 && b > 1)
			return NULL;
		x |= (uint64_t)(b & 127) << shift;
		if (b < 128) {
			*ret = x;
			return p;
		}
	}
	return NULL;
}

bool frame_parse(const uint8_t *head, struct frame *ret)
{
	uint32_t word = get_u32(head + 4), len = word & 0xffffff;
	uint8_t type = (uint8_t)(word >> 24), letter = type | 0x20;

	if (memcmp(head, FRAME_MAGIC, 4) || len > FRAME_PAYLOAD_MAX || letter < 'a' || letter > 'z')
		return false;
	*ret = (struct frame){ .type = type, .len = len };
	return true;
}

static uint32_t checksum(const uint8_t *head, uint32_t len)
{
	return crc32c(crc32c(0, head + 4, 4), head + FRAME_HEAD, len);
}

bool frame_verify(const uint8_t *head, uint32_t len)
{
	return checksum(head, len) == get_u32(head + 8);
}

void frame_seal(uint8_t *head, char type, uint32_t len)
{
	memcpy(head, FRAME_MAGIC, 4);
	put_u32(head + 4, len | (uint32_t)(uint8_t)type << 24);
	put_u32(head + 8, checksum(head, len));
}

uint32_t session_tag(const char *session)
{
	return crc32c(0, session, strlen(session));
}
