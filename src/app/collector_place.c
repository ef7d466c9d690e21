// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/collector_place.h"
#include "app/privilege.h"

static void split(const char *file, char dir[PATH_MAX], const char **ret_base)
{
	const char *slash = strrchr(file, '/');
	size_t n = slash ? (size_t)(slash - file) : 0;

	*ret_base = slash ? slash + 1 : file;
	if (!slash)
		strcpy(dir, ".");
	else
		snprintf(dir, PATH_MAX, "%.*s", (int)(n ? n : 1), file);
}

static void name_parts(struct collector_place *place, const char *base)
{
	size_t n = strlen(base);

	if (n > 4 && !strcmp(base + n - 4, ".twr"))
		n -= 4;
	snprintf(place->name, sizeof place->name, "%.*s", (int)n, base);
}

static int open_new(struct collector_place *place, const char *dir, const char *base)
{
	const struct privilege_user user = privilege_user();
	char real[PATH_MAX];
	size_t pos = 0;
	int r;

	place->dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (place->dir_fd < 0)
		return -errno;
	place->fd = openat(place->dir_fd, base, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_APPEND | O_CLOEXEC, 0600);
	if (place->fd < 0)
		return -errno;
	if (!getuid() && fchown(place->fd, user.uid, user.gid)) {
		r = -errno;
		unlinkat(place->dir_fd, base, 0);
		close(place->fd);
		place->fd = -1;
		return r;
	}
	str_append(place->path, sizeof place->path, &pos, "%s/%s", realpath(dir, real) ? real : dir, base);
	return 0;
}

int collector_place_file(struct collector_place *place, const char *file, struct error *err)
{
	char dir[PATH_MAX];
	const char *base;
	int r;

	*place = (struct collector_place){ .dir_fd = -1, .fd = -1 };
	split(file, dir, &base);
	r = !*base || strlen(base) >= sizeof place->name ? -EINVAL : open_new(place, dir, base);
	if (!r) {
		name_parts(place, base);
		return 0;
	}
	if (place->dir_fd >= 0)
		close(place->dir_fd);
	place->dir_fd = -1;
	if (r == -EEXIST)
		return error_set(err, r, "%s exists already; recordings are never written over: name another file, "
				 "or remove it first", file);
	return error_set(err, r, "cannot create %s: %s", file, strerror(-r));
}

void collector_place_settle(struct collector_place *place)
{
	if (place->dir_fd < 0 || !faccessat(place->dir_fd, ".", W_OK | X_OK, AT_EACCESS))
		return;
	close(place->dir_fd);
	place->dir_fd = -1;
}
