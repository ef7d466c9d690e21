// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "app/cmd_attach.h"
#include "app/control.h"

#define PART_MS 10000 /* a collector answers within that */
#define STOP_MS 15000 /* and has written everything within that */

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * INT64_C(1000) + ts.tv_nsec / 1000000;
}

/* As control_wait, but until a moment: who says this and that all the time is not waited for any longer. */
static int wait_until(int64_t until_ms, int control, char *text, size_t size, int *ret_fd)
{
	int64_t left = until_ms - now_ms();

	return left < 0 ? -ETIMEDOUT : control_wait(control, text, size, ret_fd, (int)left);
}

static int on_part(struct attach *a, int fd, struct error *err)
{
	if (fd < 0)
		return error_set(err, -EPROTO, "the collector sent no file");
	return reader_add(a->reader, fd, err);
}

/* 1: that was the last part. */
static int on_message(struct attach *a, const char *text, int fd, struct error *err)
{
	if (!strncmp(text, "part ", 5))
		return on_part(a, fd, err);
	if (fd >= 0)
		close(fd);
	if (!strcmp(text, "live"))
		return 1;
	if (!strncmp(text, "paused ", 7))
		return error_set(err, -EIO, "the recording cannot be written: %s; make room, or name another place "
				 "with -w FILE", text + 7);
	if (!strcmp(text, "full"))
		return error_set(err, -EUSERS, "too many look at that session already: leave one of the others first");
	if (!strcmp(text, "stream"))
		return error_set(err, -ESPIPE, "that session writes to a pipe: only who reads the pipe can see it");
	return 0;
}

int attach_begin(struct attach *a, int control, const struct session_info *info, struct error *err)
{
	char raw[CONTROL_TEXT_MAX], text[CONTROL_TEXT_MAX];
	int64_t until = now_ms() + PART_MS;
	int r, n, fd;

	*a = (struct attach){ .control = control, .reader = reader_new(), .info = *info };
	r = control_send(control, -1, "hello");
	if (r < 0 && r != -EPIPE)
		return error_set(err, r, "cannot talk to the collector: %s", strerror(-r));
	do {
		fd = -1;
		n = wait_until(until, control, raw, sizeof raw, &fd);
		if (n == -ETIMEDOUT)
			return error_set(err, n, "the collector (pid %d) does not answer; is it stopped, or its disk "
					 "stuck?", info->pid);
		if (n <= 0)
			return error_set(err, -ECONNRESET, "the session has just ended");
		str_clean(text, sizeof text, raw, strlen(raw));
		r = on_message(a, text, fd, err);
	} while (!r);
	return r < 0 ? r : 0;
}

void attach_end(struct attach *a)
{
	if (a->control >= 0)
		close(a->control);
	if (a->reader)
		reader_free(a->reader);
	*a = (struct attach){ .control = -1 };
}

int attach_stop(int control)
{
	char text[CONTROL_TEXT_MAX];
	int64_t until = now_ms() + STOP_MS;
	int n, fd;

	control_send(control, -1, "stop"); /* who is gone may have said why */
	do {
		fd = -1;
		n = wait_until(until, control, text, sizeof text, &fd);
		if (n > 0 && fd >= 0)
			close(fd);
	} while (n > 0 && strcmp(text, "bye") && strcmp(text, "full"));
	if (n > 0 && !strcmp(text, "full"))
		return -EUSERS;
	return n == -ETIMEDOUT ? n : 0;
}

int attach_terminal(void)
{
	int tty = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);

	if (tty < 0)
		die(0, "no terminal to draw on; without one use `" PROGRAM " record -o FILE` or `" PROGRAM " check`");
	return tty;
}

/* Is the collector still there? It closes the connection when it ends. */
static bool still_running(int control)
{
	struct pollfd ask = { .fd = control, .events = POLLIN };

	return poll(&ask, 1, 0) < 1 || !(ask.revents & (POLLHUP | POLLERR));
}

static void say_where(const struct attach *a, bool running)
{
	if (!running)
		printf("recording ended: %s\n", a->info.where);
	else if (a->info.pid)
		printf("recording goes on: %s (pid %d); `" PROGRAM " attach` shows it, `" PROGRAM " stop` ends it\n",
		       a->info.where, a->info.pid);
	else
		printf("recording goes on: %s\n", a->info.where);
}

int attach_view(struct attach *a, const struct options *o, int tty)
{
	const struct viewer_config config = {
		.reader = a->reader, .control = a->control, .follow = true, .ascii = o->ascii, .utf8 = o->utf8,
		.no_color = o->no_color, .utc = o->utc, .tty = tty, .where = a->info.where,
	};
	struct error err = {0};
	bool running = true;

	switch (viewer_run(&config, &err)) {
	case VIEWER_LEAVE:
		running = still_running(a->control);
		break;
	case VIEWER_STOP:
		running = attach_stop(a->control) < 0;
		break;
	case VIEWER_HANGUP:
		return EXIT_OK; /* nobody to tell; the collector stays */
	case VIEWER_ERROR:
		return die(EXIT_IO, "%s", err.text);
	}
	say_where(a, running);
	return EXIT_OK;
}

static int list(void)
{
	struct session_info *items = NULL;
	char wall[TIME_TEXT_MAX];
	struct error err = {0};
	size_t n = 0;

	if (session_list(&items, &n, &err) < 0)
		return die(EXIT_IO, "%s", err.text);
	for (size_t i = 0; i < n; i++) {
		time_rfc3339(items[i].started_us, wall);
		printf("%-26s %.19sZ  %-8s %9.1f MiB  %s\n", items[i].id, wall, items[i].pid ? "running" : "over",
		       (double)items[i].bytes / 1048576, items[i].where);
	}
	free(items);
	if (!n)
		die(0, "no sessions yet; `" PROGRAM "` begins one");
	return EXIT_OK;
}

int cmd_attach(struct options *o)
{
	struct session_info info;
	struct error err = {0};
	struct attach a = { .control = -1 };
	int fd, tty, status;

	if (o->list_sessions)
		return list();
	if (o->nargs > 1)
		return die(EXIT_USAGE, "attach: one session at a time");
	fd = session_connect(o->nargs ? o->args[0] : NULL, &info, &err);
	if (fd == -ENOENT && !o->nargs)
		return die(EXIT_UNAVAILABLE, "no session is running; `" PROGRAM "` begins one, `" PROGRAM
			   " attach -l` lists those that are over");
	if (fd < 0)
		return die(EXIT_UNAVAILABLE, "%s", err.text);
	tty = attach_terminal();
	if (tty < 0) {
		close(fd);
		return EXIT_UNAVAILABLE;
	}
	status = privilege_drop(false, &err) < 0 || attach_begin(&a, fd, &info, &err) < 0
		? die(EXIT_UNAVAILABLE, "%s", err.text) : EXIT_OK;
	if (status == EXIT_OK)
		status = attach_view(&a, o, tty);
	attach_end(&a);
	close(tty);
	return status;
}
