// SPDX-License-Identifier: GPL-2.0-or-later
// Bytes of a telnet server: never more data out than in, replies bounded, and the same however it is cut.
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "tunwatch/decode.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { REPLY_MAX = 512 * 16 };

static size_t run(const uint8_t *data, size_t size, size_t piece, uint8_t *text, struct buf *reply)
{
	struct telnet t;
	size_t n = 0;

	telnet_init(&t, piece % 300, piece % 2 ? 0 : 24);
	for (size_t at = 0; at < size;) {
		size_t part = size - at < piece ? size - at : piece;
		size_t got = telnet_input(&t, data + at, part, text + n, reply);

		assert(got <= part);
		n += got;
		at += part;
	}
	assert(reply->len <= REPLY_MAX);
	return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *whole, *cut;
	struct buf one = {0}, two = {0};
	size_t n;

	if (size < 1)
		return 0;
	whole = xcalloc(size, 1);
	cut = xcalloc(size, 1);
	n = run(data + 1, size - 1, size * 300 + data[0] % 2, whole, &one);
	assert(run(data + 1, size - 1, data[0] % 32 + 1u, cut, &two) == n);
	assert(!memcmp(whole, cut, n));
	free(whole);
	free(cut);
	buf_free(&one);
	buf_free(&two);
	return 0;
}
