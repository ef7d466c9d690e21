// SPDX-License-Identifier: GPL-2.0-or-later
// Finding and reading router profiles.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/profile_file.h"

#ifndef PROFILE_DIR
#define PROFILE_DIR "/usr/local/share/tunwatch/profiles"
#endif

enum { PROFILE_FILE_MAX = 1 << 20, FOLDERS = 4, PATH_SIZE = 4096 };

static int read_text(int fd, const char *path, struct buf *ret, struct error *err)
{
	char chunk[16384];
	struct stat st;
	ssize_t n;

	if (fstat(fd, &st) || !S_ISREG(st.st_mode))
		return error_set(err, -EINVAL, "%s: not a regular file; name a profile", path);
	while ((n = read(fd, chunk, sizeof chunk)) > 0) {
		buf_add(ret, chunk, n);
		if (ret->len > PROFILE_FILE_MAX)
			return error_set(err, -EFBIG, "%s:1: longer than %d bytes; it is no profile", path,
					 PROFILE_FILE_MAX);
	}
	return n < 0 ? error_set(err, -errno, "%s: cannot read it: %s", path, strerror(errno)) : 0;
}

static struct profile *load(int fd, const char *path, struct error *err)
{
	struct buf text = {0};
	struct profile *p = NULL;

	if (!read_text(fd, path, &text, err))
		p = profile_parse(path, text.data ? text.data : "", text.len, err);
	buf_free(&text);
	close(fd);
	return p;
}

/* Where profiles are looked for; "" where there is no such folder. */
static void list_folders(char folders[FOLDERS][PATH_SIZE])
{
	const char *own = getenv("TUNWATCH_PROFILES"), *xdg = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");

	memset(folders, 0, FOLDERS * PATH_SIZE);
	if (own && *own)
		snprintf(folders[0], PATH_SIZE, "%s", own);
	if (xdg && *xdg == '/')
		snprintf(folders[1], PATH_SIZE, "%s/tunwatch/profiles", xdg);
	else if (home && *home == '/')
		snprintf(folders[1], PATH_SIZE, "%s/.config/tunwatch/profiles", home);
	snprintf(folders[2], PATH_SIZE, "/etc/tunwatch/profiles");
	snprintf(folders[3], PATH_SIZE, "%s", PROFILE_DIR);
}

/* Names of profiles there are, for who misspelt one. */
static void list_names(char folders[FOLDERS][PATH_SIZE], struct buf *out)
{
	for (int i = 0; i < FOLDERS; i++) {
		DIR *dir = *folders[i] ? opendir(folders[i]) : NULL;
		const struct dirent *entry;

		while (dir && (entry = readdir(dir)) && out->len < 200) {
			size_t n = strlen(entry->d_name);
			char name[64];

			if (n <= 5 || strcmp(entry->d_name + n - 5, ".conf"))
				continue;
			str_clean(name, sizeof name, entry->d_name, n - 5);
			buf_printf(out, " %s", name);
		}
		if (dir)
			closedir(dir);
	}
}

static struct profile *fail_missing(const char *name, char folders[FOLDERS][PATH_SIZE], struct error *err)
{
	struct buf names = {0};
	char clean[64];

	str_clean(clean, sizeof clean, name, strlen(name));
	list_names(folders, &names);
	error_set(err, -ENOENT, "no profile '%s' in %.100s%s/etc/tunwatch/profiles or %s; there are:%s", clean,
		  folders[1], *folders[1] ? ", " : "", folders[3], names.len ? names.data : " none");
	buf_free(&names);
	return NULL;
}

/* The named file, closed. NULL and err; without a text there: there is no such file. */
static struct profile *try_path(const char *path, struct error *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	err->text[0] = 0;
	if (fd >= 0)
		return load(fd, path, err);
	if (errno != ENOENT && errno != ENOTDIR)
		error_set(err, -errno, "%.300s: cannot open it: %s", path, strerror(errno));
	return NULL;
}

struct profile *profile_find(const char *name, struct error *err)
{
	char folders[FOLDERS][PATH_SIZE];
	size_t n = strlen(name);
	struct profile *p = NULL;

	err->text[0] = 0;
	if (strchr(name, '/') || (n > 5 && !strcmp(name + n - 5, ".conf"))) {
		p = try_path(name, err);
		if (!p && !err->text[0])
			error_set(err, -ENOENT, "%.300s: there is no such profile", name);
		return p;
	}
	list_folders(folders);
	for (int i = 0; !p && !err->text[0] && n && n < ROUTER_NAME_MAX && i < FOLDERS; i++) {
		struct buf path = {0};

		buf_printf(&path, "%s/%s.conf", folders[i], name);
		if (*folders[i])
			p = try_path(path.data, err);
		buf_free(&path);
	}
	return p || err->text[0] ? p : fail_missing(name, folders, err);
}
