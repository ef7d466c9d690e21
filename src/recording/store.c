// SPDX-License-Identifier: GPL-2.0-or-later
// The files of a recording. What is in one stays as it was written: whole cuts are appended, a cut that did not fit is
// taken back, and old parts are deleted as a whole.
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "tunwatch/recording.h"

enum { SYNC_EVERY = 1 << 20 };

struct stored {
	char name[300];
	uint64_t size;
	dev_t dev;
	ino_t ino;
};

struct store {
	int dir_fd, fd;
	bool stream;
	char base[256];        /* without .twr */
	unsigned number;       /* of the newest file */
	struct stored *parts;  /* oldest first; the last is being written */
	size_t nparts, cap;
	uint64_t total, total_cap, unsynced;
	unsigned free_percent;
};

static struct stored *current(const struct store *st)
{
	return &st->parts[st->nparts - 1];
}

static void part_name(const struct store *st, unsigned number, char *out, size_t size)
{
	if (number)
		snprintf(out, size, "%s.%u.twr", st->base, number);
	else
		snprintf(out, size, "%s.twr", st->base);
}

/* An open, regular file becomes the part being written. */
static int add_part(struct store *st, int fd, const char *name, struct error *err)
{
	struct stat s;
	struct stored *p;

	if (fstat(fd, &s))
		return error_set(err, -errno, "%s: %s", name, strerror(errno));
	array_grow(&st->parts, &st->cap, st->nparts + 1, sizeof *st->parts);
	p = &st->parts[st->nparts++];
	str_copy(p->name, sizeof p->name, name);
	p->size = (uint64_t)s.st_size;
	p->dev = s.st_dev;
	p->ino = s.st_ino;
	st->total += p->size;
	st->fd = fd;
	return 0;
}

static int create_part(struct store *st, unsigned number, struct error *err)
{
	char name[sizeof st->parts->name];
	int fd, r;

	part_name(st, number, name, sizeof name);
	fd = openat(st->dir_fd, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC | O_APPEND, 0600);
	if (fd < 0 && errno == EEXIST)
		return error_set(err, -EEXIST, "%s exists already: a recording never overwrites", name);
	if (fd < 0)
		return error_set(err, -errno, "cannot create %s: %s", name, strerror(errno));
	r = add_part(st, fd, name, err);
	if (r)
		close(fd);
	else
		st->number = number;
	return r;
}

/* The caller's descriptor: a file that it created, or a stream. */
static int take_fd(struct store *st, int given, struct error *err)
{
	char name[sizeof st->parts->name];
	struct stat s;
	int fd, r;

	if (fstat(given, &s))
		return error_set(err, -errno, "output: %s", strerror(errno));
	if (isatty(given))
		return error_set(err, -EINVAL, "a recording is not text: refusing to write it to a terminal");
	fd = fcntl(given, F_DUPFD_CLOEXEC, 3);
	if (fd < 0)
		return error_set(err, -errno, "output: %s", strerror(errno));
	st->stream = !S_ISREG(s.st_mode);
	if (!st->stream) /* after a cut is taken back, the next one must not leave a hole */
		fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_APPEND);
	part_name(st, 0, name, sizeof name);
	r = add_part(st, fd, *st->base ? name : "output", err);
	if (r)
		close(fd);
	return r;
}

struct store *store_open(const struct store_config *config, struct error *err)
{
	struct store *st = xcalloc(1, sizeof *st);
	size_t len;
	int r;

	st->fd = st->dir_fd = -1;
	st->total_cap = config->total_cap;
	st->free_percent = config->free_percent;
	str_copy(st->base, sizeof st->base, config->name ? config->name : "");
	len = strlen(st->base);
	if (len > 4 && !strcmp(st->base + len - 4, ".twr"))
		st->base[len - 4] = 0;
	if (config->dir_fd >= 0)
		st->dir_fd = fcntl(config->dir_fd, F_DUPFD_CLOEXEC, 3);
	r = config->fd >= 0 ? take_fd(st, config->fd, err) : create_part(st, 0, err);
	if (!r)
		return st;
	store_close(st);
	return NULL;
}

void store_close(struct store *st)
{
	if (!st)
		return;
	if (st->fd >= 0 && !st->stream)
		fdatasync(st->fd);
	if (st->fd >= 0)
		close(st->fd);
	if (st->dir_fd >= 0)
		close(st->dir_fd);
	free(st->parts);
	free(st);
}

/* The oldest parts go until more bytes fit under the cap. Only files that are still the ones written here. */
static void make_room(struct store *st, uint64_t more)
{
	while (st->total_cap && st->total + more > st->total_cap && st->nparts > 1) {
		struct stored *oldest = &st->parts[0];
		struct stat s;

		if (!fstatat(st->dir_fd, oldest->name, &s, AT_SYMLINK_NOFOLLOW) && s.st_ino == oldest->ino &&
		    s.st_dev == oldest->dev && unlinkat(st->dir_fd, oldest->name, 0))
			return;
		st->total -= oldest->size;
		st->nparts--;
		memmove(st->parts, st->parts + 1, st->nparts * sizeof *st->parts);
	}
}

/* Begin the next file; on failure the present one goes on, and err says why. */
static void rotate(struct store *st, struct error *err)
{
	int old = st->fd;

	if (st->dir_fd < 0 || create_part(st, st->number + 1, err))
		return;
	fdatasync(old);
	close(old);
	st->unsynced = 0;
}

static bool is_nearly_full(const struct store *st)
{
	struct statvfs v;

	if (!st->free_percent || fstatvfs(st->fd, &v) || !v.f_blocks)
		return false;
	return (uint64_t)v.f_bavail * 100 / v.f_blocks < st->free_percent;
}

static int write_stream(struct store *st, const uint8_t *bytes, size_t len)
{
	while (len) {
		ssize_t n = write(st->fd, bytes, len);

		if (n < 0 && errno == EAGAIN) {
			struct pollfd p = { .fd = st->fd, .events = POLLOUT };

			poll(&p, 1, -1);
		} else if (n < 0 && errno != EINTR) {
			return -errno;
		} else if (n > 0) {
			bytes += n;
			len -= (size_t)n;
		}
	}
	return 0;
}

/* All of it or nothing: a reader beside us never sees half a frame for longer than this takes. */
static int write_file(struct store *st, const uint8_t *bytes, size_t len)
{
	ssize_t n;
	int r = 0;

	do
		n = write(st->fd, bytes, len);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		r = -errno;
	else if ((size_t)n < len)
		r = -ENOSPC;
	if (r && ftruncate(st->fd, (off_t)current(st)->size))
		r = -errno;
	return r;
}

static int append(struct store *st, const uint8_t *bytes, size_t len)
{
	int r;

	if (st->total_cap && st->total + len > st->total_cap)
		return -EDQUOT;
	if (is_nearly_full(st))
		return -ENOSPC;
	r = write_file(st, bytes, len);
	if (r)
		return r;
	st->unsynced += len;
	if (st->unsynced >= SYNC_EVERY) {
		/* starts writing back, does not wait: one fdatasync of 64 MiB at the end would stall for seconds */
		sync_file_range(st->fd, 0, 0, SYNC_FILE_RANGE_WRITE);
		st->unsynced = 0;
	}
	return 0;
}

int store_write(struct store *st, const uint8_t *bytes, size_t len, bool new_part, struct error *err)
{
	int r;

	if (err)
		err->text[0] = 0;
	if (new_part && !st->stream)
		rotate(st, err);
	if (!st->stream)
		make_room(st, len);
	r = st->stream ? write_stream(st, bytes, len) : append(st, bytes, len);
	if (r)
		return error_set(err, r, "%s: %s", current(st)->name,
				 r == -EDQUOT && st->total_cap ? "the recording has reached its size limit" :
								  strerror(-r));
	current(st)->size += len;
	st->total += len;
	return 0;
}

int store_reopen(const struct store *st)
{
	char path[64];
	int fd;

	if (st->stream)
		return -ESPIPE;
	snprintf(path, sizeof path, "/proc/self/fd/%d", st->fd);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

uint64_t store_bytes(const struct store *st)
{
	return st->total;
}

const char *store_path(const struct store *st)
{
	return current(st)->name;
}
