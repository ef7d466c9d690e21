// SPDX-License-Identifier: GPL-2.0-or-later
// A stream kept in memory files, so that a pipe is read like a file. When they take too much, the oldest part goes:
// each part therefore begins with a header and a keyframe.
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "recording/reader.h"

enum { MOVE_MAX = 4 << 20, READ_SIZE = 64 << 10, PARTS = 8 };

struct spool {
	int fd, part_fd;        /* part_fd belongs to the reader; -1: none yet */
	uint64_t cap, total;    /* bytes of the parts that are kept */
	uint64_t size[PARTS + 1]; /* of each of them; the last is being filled */
	uint32_t first, nparts; /* number of the oldest; how many */
	struct buf pending;     /* frames to sort; up to at they are kept */
	size_t at;
	struct buf header;      /* the newest H frame */
	bool ended;
};

struct spool *spool_new(int fd, uint64_t cap, struct error *err)
{
	struct spool *sp;

	if (isatty(fd)) {
		error_set(err, -EINVAL, "a recording is not typed: give a file or a pipe");
		return NULL;
	}
	sp = xcalloc(1, sizeof *sp);
	sp->fd = fd;
	sp->part_fd = -1;
	sp->cap = cap;
	return sp;
}

void spool_free(struct spool *sp)
{
	if (!sp)
		return;
	if (sp->part_fd >= 0)
		close(sp->part_fd);
	buf_free(&sp->pending);
	buf_free(&sp->header);
	free(sp);
}

static int write_all(struct spool *sp, const char *p, size_t len, struct error *err)
{
	while (len) {
		ssize_t n = write(sp->part_fd, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_set(err, -errno, "cannot keep the stream: %s", strerror(errno));
		p += n;
		len -= (size_t)n;
		sp->size[sp->nparts - 1] += (uint64_t)n;
		sp->total += (uint64_t)n;
	}
	return 0;
}

static void drop_oldest(struct spool *sp, struct reader *rd)
{
	reader_drop_part(rd, sp->first++);
	sp->total -= sp->size[0];
	memmove(sp->size, sp->size + 1, --sp->nparts * sizeof *sp->size);
}

static int begin_part(struct spool *sp, struct reader *rd, struct error *err)
{
	while (sp->nparts && (sp->nparts > PARTS || sp->total + sp->cap / PARTS > sp->cap))
		drop_oldest(sp, rd);
	if (sp->part_fd >= 0)
		close(sp->part_fd);
	sp->part_fd = memfd_create("recording", MFD_CLOEXEC);
	if (sp->part_fd < 0)
		return error_set(err, -errno, "cannot keep the stream: %s", strerror(errno));
	sp->size[sp->nparts++] = 0;
	return 0;
}

/* The reader owns a descriptor of its own; it is told when there is a frame to look at. */
static int announce(struct spool *sp, struct reader *rd, struct error *err)
{
	int fd = fcntl(sp->part_fd, F_DUPFD_CLOEXEC, 3);

	if (fd < 0)
		return error_set(err, -errno, "cannot keep the stream: %s", strerror(errno));
	return reader_append(rd, fd, err);
}

/* Keep the next n bytes of pending; before a keyframe a part that is large enough ends. */
static int keep(struct spool *sp, struct reader *rd, size_t n, char type, struct error *err)
{
	const char *p = sp->pending.data + sp->at;
	bool first = sp->part_fd < 0;
	bool begin = first || (type == 'K' && sp->header.len && sp->size[sp->nparts - 1] >= sp->cap / PARTS &&
			       frame_verify((const uint8_t *)p, (uint32_t)n - FRAME_HEAD));
	int r = 0;

	if (type == 'H') {
		buf_clear(&sp->header);
		buf_add(&sp->header, p, n);
	}
	if (begin)
		r = begin_part(sp, rd, err);
	if (!r && begin && !first)
		r = write_all(sp, sp->header.data, sp->header.len, err);
	if (!r)
		r = write_all(sp, p, n, err);
	if (!r && begin)
		r = announce(sp, rd, err);
	sp->at += n;
	return r;
}

/* How many bytes come next that are one frame (*ret_type) or surely none (0). 0: not to be told yet. Frames are not
 * verified: that is the reader's business, and its work is bounded. */
static size_t front(const struct spool *sp, char *ret_type)
{
	const uint8_t *p = (const uint8_t *)sp->pending.data + sp->at, *next;
	size_t len = sp->pending.len - sp->at;
	struct frame f;

	*ret_type = 0;
	if (len < FRAME_HEAD)
		return 0;
	if (frame_parse(p, &f)) {
		*ret_type = (char)f.type;
		return len < FRAME_HEAD + f.len ? 0 : FRAME_HEAD + f.len;
	}
	next = memchr(p + 1, FRAME_MAGIC[0] & 0xff, len - 1);
	return next ? (size_t)(next - p) : len;
}

static int sort_pending(struct spool *sp, struct reader *rd, struct error *err)
{
	char type;
	size_t n;
	int r = 0;

	while (!r && (n = front(sp, &type)))
		r = keep(sp, rd, n, type, err);
	buf_drop(&sp->pending, sp->at);
	sp->at = 0;
	return r;
}

static bool is_readable(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, 0) > 0;
}

int spool_move(struct spool *sp, struct reader *rd, struct error *err)
{
	char data[READ_SIZE];
	int r = 0;

	for (size_t moved = 0; !r && !sp->ended && moved < MOVE_MAX && is_readable(sp->fd);) {
		ssize_t n = read(sp->fd, data, sizeof data);

		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			break;
		if (n < 0)
			return error_set(err, -errno, "cannot read the stream: %s", strerror(errno));
		sp->ended = !n;
		moved += (size_t)n;
		buf_add(&sp->pending, data, (size_t)n);
		r = sort_pending(sp, rd, err);
	}
	if (!r && sp->ended && sp->pending.len) {
		r = keep(sp, rd, sp->pending.len, 0, err);
		buf_clear(&sp->pending);
		sp->at = 0;
	}
	if (!r && sp->ended && sp->part_fd < 0)
		return error_set(err, -ENODATA, "the stream was empty");
	return r ? r : sp->ended ? 0 : 1;
}
