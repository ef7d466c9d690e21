// SPDX-License-Identifier: GPL-2.0-or-later
// Bytes of a terminal in every charset, pagers dropped at random: lines of clean UTF-8, and none too long.
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "tunwatch/decode.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { LINE_MAX_BYTES = 65536 };

static void check(const char *s, size_t len, bool finished)
{
	uint32_t c;
	size_t n;

	for (size_t i = 0; i < len; i += n) {
		n = utf8_decode(s + i, len - i, &c);
		assert(n > 0);
		assert(c >= 0x20 || (finished && c == '\n'));
		assert(c < 0x7f || c >= 0xa0);
	}
	for (size_t from = 0; finished && from < len;) {
		const char *lf = memchr(s + from, '\n', len - from);

		assert(lf);
		n = (size_t)(lf - s) - from;
		assert(n <= LINE_MAX_BYTES && (n == 0 || lf[-1] != ' '));
		from += n + 1;
	}
}

// Kept: opening a charset costs more than all else.
static struct lines *of_charset(unsigned i)
{
	static const char *const names[] = { "CP932", "UTF-8", "EUC-JP", "ASCII" };
	static struct lines *kept[ARRAY_LEN(names)];

	i %= ARRAY_LEN(names);
	if (!kept[i])
		kept[i] = lines_new(names[i]);
	assert(kept[i]);
	lines_reset(kept[i]);
	return kept[i];
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf done = {0};
	const char *pending;
	struct lines *ls;
	size_t n, piece;

	if (size < 2)
		return 0;
	ls = of_charset(data[0]);
	piece = data[1] ? data[1] : size;
	for (size_t at = 2; at < size; at += piece) {
		lines_input(ls, data + at, size - at < piece ? size - at : piece, &done);
		pending = lines_pending(ls, &n);
		assert(n <= LINE_MAX_BYTES && strlen(pending) == n);
		if (data[0] & 0x40 && n > 8 && !memcmp(pending + n - 3, "---", 3))
			lines_drop_pending(ls, data[0] >> 2 & 15);
	}
	pending = lines_pending(ls, &n);
	check(pending, n, false);
	if (done.len)
		check(done.data, done.len, true);
	assert(done.len <= size * 8);
	buf_free(&done);
	return 0;
}
