/* SPDX-License-Identifier: GPL-2.0-or-later */
/* window: a piece of a file in memory. Read with pread, never mapped: a file that shrinks must not raise SIGBUS. */
#ifndef RECORDING_WINDOW_H
#define RECORDING_WINDOW_H

#include <sys/types.h>

#include "recording/format.h"

struct window {
	int fd;
	uint64_t at;       /* file offset of data[0] */
	size_t len, cap, chunk;
	uint8_t *data;
};

void window_init(struct window *w, size_t chunk);
void window_free(struct window *w);
/* Look at fd from now on. */
void window_use(struct window *w, int fd);
/* Forget what was read: the file may have changed there. */
void window_drop(struct window *w);
/* At least want bytes at off, fewer only where the file ends. How many, or -errno. Valid until the next call. */
ssize_t window_get(struct window *w, uint64_t off, size_t want, const uint8_t **ret);
/* The frame at off. verify: check its CRC. */
enum frame_result window_frame(struct window *w, uint64_t off, struct frame *ret, bool verify);

/* The first offset >= off and < size at which a whole frame verifies. budget is what may be checksummed in vain,
 * in bytes; it shrinks. FRAME_OK; FRAME_NONE: *ret_off is where a search may go on when the file has grown;
 * FRAME_BAD: the budget is spent; FRAME_ERROR. */
enum frame_result window_sync(struct window *w, uint64_t off, uint64_t size, int64_t *budget, struct frame *ret,
			      uint64_t *ret_off);

#endif
