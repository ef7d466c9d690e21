// SPDX-License-Identifier: GPL-2.0-or-later
// The sessions there are: listing, connecting, making room.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "app/privilege.h"
#include "app/session.h"

#define SESSIONS_MAX 10000
#define FILES_MAX 10000    /* in one session */
#define YOUNG_S 10         /* a directory so new may belong to a session that is being made */

int session_lock_holder(int fd)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	if (fcntl(fd, F_GETLK, &lock) || lock.l_type == F_UNLCK)
		return 0;
	return lock.l_pid > 0 ? lock.l_pid : -1; /* a holder outside this pid namespace */
}

static bool ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);

	return n >= m && !strcmp(s + n - m, end);
}

/* START-PID, and nothing else. */
static bool parse_id(const char *name, struct session_info *ret)
{
	struct time_parts p = {0};
	int pid = 0, n = 0;

	if (sscanf(name, "%4d%2d%2dT%2d%2d%2dZ-%d%n", &p.year, &p.month, &p.day, &p.hour, &p.minute, &p.second, &pid,
		   &n) != 7 || name[n] || pid <= 0 || strspn(name, "0123456789TZ-") != strlen(name))
		return false;
	ret->started_us = time_join(&p, 0);
	return str_copy(ret->id, sizeof ret->id, name);
}

/* Call each for the names in a directory, at most max of them. */
static void each_name(int dir_fd, size_t max, void (*each)(int dir_fd, const char *name, void *arg), void *arg)
{
	int fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const struct dirent *entry;
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;

	if (!dir) {
		if (fd >= 0)
			close(fd);
		return;
	}
	for (size_t i = 0; i < max && (entry = readdir(dir)); i++)
		each(dir_fd, entry->d_name, arg);
	closedir(dir);
}

static void add_size(int dir_fd, const char *name, void *arg)
{
	int64_t *sum = arg;
	struct stat st;

	if (ends_with(name, ".twr") && !fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) && S_ISREG(st.st_mode))
		*sum += st.st_size;
}

int64_t session_bytes(int dir_fd)
{
	int64_t sum = 0;

	each_name(dir_fd, FILES_MAX, add_size, &sum);
	return sum;
}

/* What the lock says. A session that is being made may have none yet. */
static bool read_lock(int dir_fd, struct session_info *info, uint64_t *ret_netns)
{
	int fd = openat(dir_fd, "lock", O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC), pid;
	char text[700], *line;
	ssize_t n;

	if (fd < 0)
		return false;
	info->pid = session_lock_holder(fd);
	n = pread(fd, text, sizeof text - 1, 0);
	close(fd);
	if (n <= 0)
		return false;
	text[n] = 0;
	if (sscanf(text, "%d %" SCNu64, &pid, ret_netns) != 2 || !(line = strchr(text, '\n')))
		return false;
	line++;
	line[strcspn(line, "\n")] = 0;
	str_clean(info->where, sizeof info->where, line, strlen(line));
	if (info->pid < 0)
		info->pid = pid;
	return true;
}

struct scan_arg {
	struct session_scan *scan;
	const char *state;
	uint64_t netns;
	bool all;
};

static void scan_one(int state_fd, const char *name, void *arg)
{
	const struct scan_arg *a = arg;
	struct session_info info = {0};
	uint64_t netns = 0;
	size_t pos = 0;
	int fd;

	if (!parse_id(name, &info))
		return;
	fd = openat(state_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return;
	str_append(info.dir, sizeof info.dir, &pos, "%s/%s", a->state, name);
	read_lock(fd, &info, &netns);
	info.bytes = session_bytes(fd);
	close(fd);
	if (info.pid && netns != a->netns && !a->all)
		return;
	array_grow(&a->scan->items, &a->scan->cap, a->scan->n + 1, sizeof *a->scan->items);
	a->scan->items[a->scan->n++] = info;
}

void session_scan_dir(struct session_scan *scan, int state_fd, const char *state, bool all)
{
	struct scan_arg arg = { .scan = scan, .state = state, .all = all };

	session_netns(&arg.netns);
	each_name(state_fd, SESSIONS_MAX, scan_one, &arg);
}

static void scan_path(struct session_scan *scan, const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return;
	session_scan_dir(scan, fd, path, false);
	close(fd);
}

static void scan_user_dir(int root_fd, const char *name, void *arg)
{
	char path[512];
	size_t pos = 0;

	(void)root_fd;
	if (*name == '.')
		return;
	str_append(path, sizeof path, &pos, SESSION_ROOT_DIR "/%s", name);
	scan_path(arg, path);
}

/* Root sees every session that was started as root; a user hers, with and without sudo. */
static void scan_all(struct session_scan *scan)
{
	const struct privilege_user user = privilege_user();
	char path[512];
	int fd;

	if (geteuid()) {
		if (session_home(path, sizeof path))
			scan_path(scan, path);
		if (user.name[0])
			scan_user_dir(-1, user.name, scan);
		return;
	}
	fd = open(SESSION_ROOT_DIR, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return;
	each_name(fd, SESSIONS_MAX, scan_user_dir, scan);
	close(fd);
}

static int newest_first(const void *a, const void *b)
{
	const struct session_info *x = a, *y = b;

	if (x->started_us != y->started_us)
		return x->started_us < y->started_us ? 1 : -1;
	return strcmp(y->id, x->id);
}

int session_list(struct session_info **ret, size_t *ret_n, struct error *err)
{
	struct session_scan scan = {0};

	(void)err;
	scan_all(&scan);
	if (scan.n)
		qsort(scan.items, scan.n, sizeof *scan.items, newest_first);
	*ret = scan.items;
	*ret_n = scan.n;
	return 0;
}

/* A full backlog answers at once: try for two seconds. */
static int connect_in(int dir_fd)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), r = -EAGAIN;

	if (fd < 0)
		return -errno;
	snprintf(sun.sun_path, sizeof sun.sun_path, "/proc/self/fd/%d/control", dir_fd);
	for (int i = 0; i < 20 && r == -EAGAIN; i++) {
		r = connect(fd, (const struct sockaddr *)&sun, sizeof sun) ? -errno : 0;
		if (r == -EAGAIN)
			poll(NULL, 0, 100);
	}
	if (!r)
		return fd;
	close(fd);
	return r;
}

static int connect_to(const struct session_info *info, struct error *err)
{
	int dir_fd = open(info->dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), r;

	r = dir_fd < 0 ? -errno : connect_in(dir_fd);
	if (dir_fd >= 0)
		close(dir_fd);
	/* the collector may have ended since it was listed */
	if (r == -ECONNREFUSED || r == -ENOENT)
		return error_set(err, -ENOENT, "the session %s is ending", info->id);
	if (r < 0)
		error_set(err, r, "cannot connect to %s/control: %s", info->dir, strerror(-r));
	return r;
}

static bool wanted(const struct session_info *info, const char *id)
{
	char pid[16];

	if (!id)
		return info->pid != 0;
	snprintf(pid, sizeof pid, "%d", info->pid);
	return !strcmp(info->id, id) || (info->pid && !strcmp(pid, id));
}

int session_connect(const char *id, struct session_info *ret, struct error *err)
{
	const struct session_info *found = NULL;
	struct session_info *list;
	size_t n;
	int r;

	session_list(&list, &n, err);
	for (size_t i = 0; i < n && !found; i++)
		if (wanted(&list[i], id))
			found = &list[i];
	if (!found)
		r = error_set(err, -ENOENT, id ? "there is no session %s; `" PROGRAM " attach -l` lists them"
			      : "no session is running%s", id ? id : "");
	else if (!found->pid)
		r = error_set(err, -ENOENT, "the session %s is over; show it with: " PROGRAM " replay %s", found->id,
			      found->where);
	else
		r = connect_to(found, err);
	if (r >= 0)
		*ret = *found;
	free(list);
	return r;
}

static void delete_file(int dir_fd, const char *name, void *arg)
{
	(void)arg;
	if (ends_with(name, ".twr") || !strcmp(name, "lock") || !strcmp(name, "control"))
		unlinkat(dir_fd, name, 0);
}

static void delete_session(int state_fd, const struct session_info *info)
{
	int fd = openat(state_fd, info->id, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return;
	each_name(fd, FILES_MAX, delete_file, NULL);
	close(fd);
	unlinkat(state_fd, info->id, AT_REMOVEDIR);
}

static bool is_young(int state_fd, const char *id)
{
	struct stat st;

	return fstatat(state_fd, id, &st, AT_SYMLINK_NOFOLLOW) || time(NULL) - st.st_mtime < YOUNG_S;
}

void session_prune(int state_fd, const char *keep, int64_t cap)
{
	struct session_scan scan = {0};
	int64_t sum = 0;

	session_scan_dir(&scan, state_fd, "", true);
	if (scan.n)
		qsort(scan.items, scan.n, sizeof *scan.items, newest_first);
	for (size_t i = 0; i < scan.n; i++)
		sum += scan.items[i].bytes;
	for (size_t i = scan.n; i-- > 0;) {
		const struct session_info *info = &scan.items[i];

		if (info->pid || (keep && !strcmp(info->id, keep)) || (sum <= cap && info->bytes) ||
		    is_young(state_fd, info->id))
			continue;
		delete_session(state_fd, info);
		sum -= info->bytes;
	}
	free(scan.items);
}
