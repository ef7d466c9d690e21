// SPDX-License-Identifier: GPL-2.0-or-later
// A regular file cannot wake an event loop: it is looked at now and then, and by its name, so that a rotated one is
// noticed. What is left of the old one is read first.
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "source/log_tail.h"

/* At once; of what was there before; of one line. */
enum { READ_MAX = 64 << 10, BEFORE_MAX = 64 << 10, LINE_MAX_BYTES = 4096 };

struct log_tail {
	const char *path;
	int given_fd, fd;  /* fd may be given_fd */
	off_t at;
	bool begun;        /* some file was read: the next one is new from its beginning */
	bool skip;         /* up to the next line end: it began before, or is too long */
	struct buf part;   /* a line without its end */
};

struct log_tail *log_tail_new(const char *path, int fd)
{
	struct log_tail *t = xcalloc(1, sizeof *t);

	t->path = path;
	t->given_fd = t->fd = fd;
	return t;
}

static void close_file(struct log_tail *t)
{
	if (t->fd >= 0 && t->fd != t->given_fd)
		close(t->fd);
	t->fd = -1;
}

void log_tail_free(struct log_tail *t)
{
	if (!t)
		return;
	close_file(t);
	buf_free(&t->part);
	free(t);
}

static void begin(struct log_tail *t, const struct stat *st)
{
	t->at = !t->begun && st->st_size > BEFORE_MAX ? st->st_size - BEFORE_MAX : 0;
	t->skip = t->at > 0;
	t->begun = true;
	buf_clear(&t->part);
}

static int open_file(struct log_tail *t)
{
	struct stat st;

	t->fd = open(t->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (t->fd < 0)
		return -errno;
	if (fstat(t->fd, &st) || !S_ISREG(st.st_mode)) {
		close_file(t);
		return -EINVAL;
	}
	begin(t, &st);
	return 0;
}

static void take(struct log_tail *t, const char *data, size_t len,
		 void (*line)(void *arg, const char *text, size_t len), void *arg)
{
	while (len) {
		const char *lf = memchr(data, '\n', len);
		size_t n = lf ? (size_t)(lf - data) : len;

		if (!t->skip && t->part.len + n > LINE_MAX_BYTES) {
			line(arg, t->part.data ? t->part.data : "", t->part.len);
			t->skip = true;
			buf_clear(&t->part);
		}
		if (!t->skip)
			buf_add(&t->part, data, n);
		if (lf && !t->skip)
			line(arg, t->part.data ? t->part.data : "", t->part.len);
		if (lf) {
			t->skip = false;
			buf_clear(&t->part);
			n++;
		}
		data += n;
		len -= n;
	}
}

/* How much was read; 0: it stands at its end. */
static ssize_t read_some(struct log_tail *t, void (*line)(void *arg, const char *text, size_t len), void *arg)
{
	char data[READ_MAX / 4];
	ssize_t n = 0, sum = 0;

	while (sum < READ_MAX && (n = pread(t->fd, data, sizeof data, t->at)) > 0) {
		t->at += n;
		sum += n;
		take(t, data, (size_t)n, line, arg);
	}
	return n < 0 ? -errno : sum;
}

/* Whether the path leads to another file than the one being read. A name that is gone leads nowhere else yet. */
static bool was_replaced(const struct log_tail *t, const struct stat *st)
{
	struct stat now;

	return !stat(t->path, &now) && (now.st_dev != st->st_dev || now.st_ino != st->st_ino);
}

int log_tail_read(struct log_tail *t, void (*line)(void *arg, const char *text, size_t len), void *arg)
{
	struct stat st;
	ssize_t n;
	int r = t->fd < 0 ? open_file(t) : 0;

	if (r)
		return r;
	if (fstat(t->fd, &st))
		return -errno;
	if (!t->begun) {
		if (!S_ISREG(st.st_mode))
			return -EINVAL;
		begin(t, &st);
	}
	if (st.st_size < t->at)
		begin(t, &st); /* cut, as copytruncate does */
	n = read_some(t, line, arg);
	if (n < 0)
		return (int)n;
	if (!n && was_replaced(t, &st)) {
		close_file(t);
		return open_file(t);
	}
	return 0;
}
