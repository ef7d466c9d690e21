// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/app.h"

#define SPOOL_BYTES (UINT64_C(256) << 20)

// Files are opened with the caller's rights; nothing of them is read before those are gone.
static int open_files(const struct options *o, int **ret)
{
	int *fds = xcalloc(o->nargs, sizeof *fds);

	for (size_t i = 0; i < o->nargs; i++) {
		fds[i] = open(o->args[i], O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
		if (fds[i] >= 0)
			continue;
		die(0, "cannot open %s: %s", o->args[i], strerror(errno));
		while (i--)
			close(fds[i]);
		free(fds);
		return EXIT_NOINPUT;
	}
	*ret = fds;
	return EXIT_OK;
}

static int add_files(struct reader *rd, const struct options *o, int *fds)
{
	struct error err = { "" };
	int status = EXIT_OK;

	for (size_t i = 0; i < o->nargs; i++) {
		if (status != EXIT_OK)
			close(fds[i]);
		else if (reader_add(rd, fds[i], &err))
			status = die(EXIT_DATA, "%s: %s", o->args[i], err.text);
	}
	free(fds);
	return status;
}

static int from_environment(const char *name, int otherwise)
{
	const char *s = getenv(name);
	int64_t n;

	return s && str_to_int(s, 1, 1000, &n) ? (int)n : otherwise;
}

static void set_size(const struct options *o, struct viewer_config *config)
{
	config->columns = o->columns;
	config->rows = o->rows;
	if (!config->columns && config->tty < 0) {
		config->columns = from_environment("COLUMNS", 80);
		config->rows = from_environment("LINES", 24);
	}
}

static int view(const struct options *o, struct reader *rd, struct spool *spool, int tty)
{
	struct viewer_config config = {
		.reader = rd, .control = -1, .spool = spool, .ascii = o->ascii, .utf8 = o->utf8,
		.no_color = o->no_color, .utc = o->utc, .keys = o->keys, .tty = tty, .where = o->args[0],
	};
	struct error err = { "" };

	set_size(o, &config);
	if (viewer_run(&config, &err) == VIEWER_ERROR)
		return die(EXIT_DATA, "%s", err.text);
	return EXIT_OK;
}

static int replay_stream(const struct options *o, struct reader *rd, int tty)
{
	struct error err = { "" };
	struct spool *spool = spool_new(STDIN_FILENO, SPOOL_BYTES, &err);
	int status;

	if (!spool)
		return die(EXIT_NOINPUT, "%s", err.text);
	status = view(o, rd, spool, tty);
	spool_free(spool);
	return status;
}

int cmd_replay(struct options *o)
{
	bool stream = o->nargs == 1 && !strcmp(o->args[0], "-");
	struct error err = { "" };
	struct reader *rd;
	int tty = -1, status = EXIT_OK, *fds = NULL;

	if (!o->nargs)
		return die(EXIT_USAGE, "replay: name a recording, or - to read one from a pipe");
	if (!stream)
		status = open_files(o, &fds);
	if (status != EXIT_OK)
		return status;
	if (!o->columns && isatty(STDOUT_FILENO))
		tty = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (privilege_drop(false, &err)) {
		free(fds);
		return die(EXIT_UNAVAILABLE, "%s", err.text);
	}
	rd = reader_new();
	if (!stream)
		status = add_files(rd, o, fds);
	if (status == EXIT_OK)
		status = stream ? replay_stream(o, rd, tty) : view(o, rd, NULL, tty);
	reader_free(rd);
	if (tty >= 0)
		close(tty);
	return status;
}
