// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <sys/types.h>
#include <unistd.h>

#include "recording/window.h"
#include "tunwatch/base.h"

void window_init(struct window *w, size_t chunk)
{
	*w = (struct window){ .fd = -1, .chunk = chunk };
}

void window_free(struct window *w)
{
	free(w->data);
	*w = (struct window){ .fd = -1 };
}

void window_use(struct window *w, int fd)
{
	w->fd = fd;
	w->len = 0;
}

void window_drop(struct window *w)
{
	w->len = 0;
}

/* Fill the buffer from off. -errno, or 0 even if the file ends early. */
static int fill(struct window *w, uint64_t off, size_t want)
{
	size_t n = want > w->chunk ? want : w->chunk;

	array_grow(&w->data, &w->cap, n, 1);
	w->at = off;
	w->len = 0;
	while (w->len < n) {
		ssize_t r = pread(w->fd, w->data + w->len, n - w->len, (off_t)(off + w->len));

		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			return -errno;
		if (!r)
			break;
		w->len += (size_t)r;
	}
	return 0;
}

ssize_t window_get(struct window *w, uint64_t off, size_t want, const uint8_t **ret)
{
	if (off < w->at || off >= w->at + w->len || w->at + w->len - off < want) {
		int r = fill(w, off, want);

		if (r)
			return r;
	}
	*ret = w->data + (off - w->at);
	return (ssize_t)(w->at + w->len - off);
}

/* Whether the n bytes can be the beginning of a frame. */
static bool is_prefix(const uint8_t *p, size_t n)
{
	return !memcmp(p, FRAME_MAGIC, n < 4 ? n : 4);
}

enum frame_result window_frame(struct window *w, uint64_t off, struct frame *ret, bool verify)
{
	const uint8_t *p;
	ssize_t n = window_get(w, off, FRAME_HEAD, &p);
	struct frame f;

	if (n < 0)
		return FRAME_ERROR;
	if (!n)
		return FRAME_NONE;
	if (n < FRAME_HEAD)
		return is_prefix(p, (size_t)n) ? FRAME_SHORT : FRAME_BAD;
	if (!frame_parse(p, &f))
		return FRAME_BAD;
	n = window_get(w, off, FRAME_HEAD + f.len, &p);
	if (n < 0)
		return FRAME_ERROR;
	if ((size_t)n < FRAME_HEAD + f.len)
		return FRAME_SHORT;
	if (verify && !frame_verify(p, f.len))
		return FRAME_BAD;
	f.payload = p + FRAME_HEAD;
	*ret = f;
	return FRAME_OK;
}

enum frame_result window_sync(struct window *w, uint64_t off, uint64_t size, int64_t *budget, struct frame *ret,
			      uint64_t *ret_off)
{
	uint64_t resume = UINT64_MAX;

	while (off + FRAME_HEAD <= size) {
		const uint8_t *p, *q;
		ssize_t n = window_get(w, off, FRAME_HEAD, &p);
		struct frame f;

		if (*budget < 0)
			return FRAME_BAD;
		if (n < 0)
			return FRAME_ERROR;
		if (n < FRAME_HEAD)
			break;
		q = memchr(p, FRAME_MAGIC[0] & 0xff, (size_t)n - (FRAME_HEAD - 1));
		off += q ? (uint64_t)(q - p) : (uint64_t)n - (FRAME_HEAD - 1);
		if (!q)
			continue;
		if (frame_parse(q, &f) && off + FRAME_HEAD + f.len > size) {
			/* not looked at: many claims of a megabyte at the end of a file would cost one each */
			resume = resume == UINT64_MAX ? off : resume;
		} else if (frame_parse(q, &f)) {
			enum frame_result r = window_frame(w, off, ret, true);

			*ret_off = off;
			if (r == FRAME_OK || r == FRAME_ERROR)
				return r;
			*budget -= FRAME_HEAD + (int64_t)f.len;
		}
		off++;
	}
	*ret_off = resume < off ? resume : off < size ? off : size;
	return FRAME_NONE;
}
