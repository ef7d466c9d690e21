// SPDX-License-Identifier: GPL-2.0-or-later
// Finding and reading the configuration file. libconfuse would end the process at a directory and read any size.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/app.h"
#include "app/config.h"
#include "app/inputs.h"
#include "tunwatch/options.h"

enum { FILE_MAX = 1 << 20 };

static int read_whole(int fd, struct buf *ret)
{
	char chunk[16384];
	ssize_t n;

	while ((n = read(fd, chunk, sizeof chunk)) > 0) {
		buf_add(ret, chunk, (size_t)n);
		if (ret->len > FILE_MAX)
			return -EFBIG;
	}
	return n < 0 ? -errno : 0;
}

static int load_file(struct options *o, int fd, const char *path, struct error *err)
{
	struct buf text = {0}, notices = {0};
	bool collects = o->command && option_word("live record check list", o->command);
	struct stat st;
	int r = EXIT_NOINPUT;

	err->text[0] = 0;
	if (fstat(fd, &st) || !S_ISREG(st.st_mode)) {
		error_set(err, 0, "%s: not a regular file; name a file with -c", path);
		goto out;
	}
	r = read_whole(fd, &text);
	if (r == -EFBIG) {
		error_set(err, 0, "%s:1: longer than %d bytes; it is not a configuration of " PROGRAM, path, FILE_MAX);
		r = EXIT_CONFIG;
		goto out;
	}
	if (r) {
		error_set(err, 0, "%s: cannot read it: %s", path, strerror(-r));
		r = EXIT_NOINPUT;
		goto out;
	}
	o->config_path = xstrdup(path);
	r = config_parse(o, path, text.data ? text.data : "", text.len, &notices, err);
	if (inputs_load(o, collects, r ? NULL : err))
		r = -EINVAL;
	r = r ? EXIT_CONFIG : 0;
	/* who replays or reads a report is not helped by it */
	if (!r && notices.len && collects)
		fputs(notices.data, stderr);
out:
	buf_free(&text);
	buf_free(&notices);
	return r;
}

/* The first default file there is; false when there is none. */
static int open_default(char *path, size_t size)
{
	const char *xdg = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
	int fd = -1;

	errno = ENOENT;
	if (xdg && *xdg == '/')
		snprintf(path, size, "%s/tunwatch.conf", xdg);
	else if (home && *home == '/')
		snprintf(path, size, "%s/.config/tunwatch.conf", home);
	else
		*path = 0;
	if (*path)
		fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR)) {
		snprintf(path, size, "/etc/tunwatch.conf");
		fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	}
	return fd;
}

int config_load(struct options *o, struct error *err)
{
	char path[4096];
	int fd, r;

	if (o->command && option_word("help stop router-test", o->command))
		return 0;
	if (o->config_file) {
		str_copy(path, sizeof path, o->config_file);
		fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	} else {
		fd = open_default(path, sizeof path);
		if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
			return 0;
	}
	if (fd < 0) {
		error_set(err, 0, "%s: cannot open it: %s; name a configuration file that can be read with -c", path,
			  strerror(errno));
		return EXIT_NOINPUT;
	}
	r = load_file(o, fd, path, err);
	close(fd);
	return r;
}
