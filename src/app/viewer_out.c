// SPDX-License-Identifier: GPL-2.0-or-later
// Screens as text: to a file, behind the last screen, without a terminal.
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "app/viewer.h"

enum { PRINT_MS = 1000 };

static int write_file(int dir, const char *name, const struct buf *b)
{
	int fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600), r = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, b->data, b->len) != (ssize_t)b->len)
		r = -EIO;
	close(fd);
	return r;
}

void viewer_save_screen(struct viewer *vw)
{
	const struct model *m = timeline_newest(vw->tl);
	struct time_parts p = time_split(model_wall(m, m->now), vw->config->utc ? 0 : m->utc_off_s);
	struct buf b = { 0 };
	char name[64];
	int r;

	snprintf(name, sizeof name, "tunwatch-%04d%02d%02d-%02d%02d%02d.txt", p.year % 10000, p.month, p.day, p.hour,
		 p.minute, p.second);
	canvas_dump(vw->canvas, &b);
	r = write_file(AT_FDCWD, name, &b);
	if (r)
		view_say(vw->view, "cannot write %s here: %s", name, strerror(-r));
	else
		view_say(vw->view, "screen written to %s", name);
	buf_free(&b);
}

// All of it, but never for longer than a second: the terminal may not be read.
static void write_for(int fd, const struct buf *b)
{
	int flags = fcntl(fd, F_GETFL);
	int64_t end = viewer_now() + PRINT_MS * US_PER_MS;
	size_t at = 0;

	fcntl(fd, F_SETFL, flags | O_NONBLOCK);
	while (at < b->len) {
		ssize_t n = write(fd, b->data + at, b->len - at);
		int64_t left = (end - viewer_now()) / US_PER_MS;
		struct pollfd p = { fd, POLLOUT, 0 };

		if (n > 0)
			at += (size_t)n;
		else if ((errno != EAGAIN && errno != EINTR) || left <= 0 || poll(&p, 1, (int)left) <= 0)
			break;
	}
	fcntl(fd, F_SETFL, flags);
}

void viewer_print_last(struct viewer *vw, int fd)
{
	struct buf b = { 0 };

	canvas_dump(vw->canvas, &b);
	buf_puts(&b, "\nOutages\n");
	view_outages(timeline_newest(vw->tl), vw->config->utc, &b);
	if (!history_outages(timeline_newest(vw->tl)))
		buf_puts(&b, "none\n");
	write_for(fd, &b);
	buf_free(&b);
}

// Read all of it; a stream until it ends.
static int read_all(struct viewer *vw, struct error *err)
{
	for (;;) {
		int r = vw->config->spool ? spool_move(vw->config->spool, vw->config->reader, err) : 0;

		if (r < 0)
			return r;
		while (timeline_work(vw->tl, US_PER_S))
			;
		if (!r)
			break;
		poll(NULL, 0, 20);
	}
	if (!reader_header(vw->config->reader))
		return error_set(err, -ENODATA, "the recording is empty");
	if (timeline_error(vw->tl))
		return error_set(err, -EIO, "%s", timeline_error(vw->tl));
	return 0;
}

int viewer_text(struct viewer *vw, struct error *err)
{
	struct buf b = { 0 };
	int r = read_all(vw, err);

	if (r)
		return r;
	timeline_seek(vw->tl, timeline_end(vw->tl));
	viewer_draw(vw);
	if (vw->config->keys)
		viewer_script(vw, vw->config->keys);
	viewer_draw(vw);
	canvas_dump(vw->canvas, &b);
	if (fwrite(b.data, 1, b.len, stdout) != b.len || fflush(stdout))
		r = error_set(err, -EIO, "cannot write the screen: %s", strerror(errno));
	buf_free(&b);
	return r;
}
