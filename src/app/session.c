// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
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

static int lock_take(int fd)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	return fcntl(fd, F_SETLK, &lock) ? -errno : 0;
}

int session_netns(uint64_t *ret)
{
	struct stat st;

	if (stat("/proc/self/ns/net", &st))
		return -errno;
	*ret = st.st_ino;
	return 0;
}

/* $XDG_STATE_HOME/tunwatch, else ~/.local/state/tunwatch. */
bool session_home(char *out, size_t size)
{
	const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
	size_t pos = 0;

	if (state && *state == '/')
		str_append(out, size, &pos, "%s/tunwatch", state);
	else if (home && *home == '/')
		str_append(out, size, &pos, "%s/.local/state/tunwatch", home);
	return pos > 0 && pos + 1 < size;
}

static int make_path(char *path)
{
	for (char *p = path + 1; *p; p++) {
		if (*p != '/')
			continue;
		*p = 0;
		if (mkdir(path, 0700) && errno != EEXIST && errno != EROFS && errno != EACCES) {
			*p = '/';
			return -errno;
		}
		*p = '/';
	}
	return mkdir(path, 0700) && errno != EEXIST ? -errno : 0;
}

/* A directory below at that belongs to uid, or a negative errno. */
static int open_owned(int at, const char *name, uid_t uid)
{
	int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), r = 0;
	struct stat st;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st))
		r = -errno;
	else if (st.st_uid != uid || (st.st_mode & 022))
		r = -EPERM;
	if (!r)
		return fd;
	close(fd);
	return r;
}

static int open_home(struct session *s, struct error *err)
{
	int r;

	if (!session_home(s->state, sizeof s->state))
		return error_set(err, -ENOENT, "no state directory: neither XDG_STATE_HOME nor HOME is set");
	r = make_path(s->state);
	if (r < 0)
		return error_set(err, r, "cannot create %s: %s; set XDG_STATE_HOME to a directory of yours",
				 s->state, strerror(-r));
	s->state_fd = open_owned(AT_FDCWD, s->state, geteuid());
	if (s->state_fd < 0)
		return error_set(err, s->state_fd, "cannot use %s: %s; it must be a directory of yours that nobody "
				 "else may write to", s->state, strerror(-s->state_fd));
	return s->state_fd;
}

/* The user's own directory in root's. Only root can write to the one above. */
static int make_user_dir(int root_fd, const char *name, const struct privilege_user *user)
{
	int fd;

	if (!mkdirat(root_fd, name, 0700)) {
		if (fchownat(root_fd, name, user->uid, user->gid, AT_SYMLINK_NOFOLLOW))
			return -errno;
	} else if (errno != EEXIST) {
		return -errno;
	}
	fd = open_owned(root_fd, name, user->uid);
	return fd;
}

static int open_root(struct session *s, int *ret_root_fd, struct error *err)
{
	const struct privilege_user user = privilege_user();
	char name[80];
	int root_fd;

	if (mkdir(SESSION_ROOT_DIR, 0755) && errno != EEXIST)
		return error_set(err, -errno, "cannot create " SESSION_ROOT_DIR ": %s", strerror(errno));
	root_fd = open_owned(AT_FDCWD, SESSION_ROOT_DIR, 0);
	if (root_fd < 0)
		return error_set(err, root_fd, "cannot use " SESSION_ROOT_DIR ": %s; it must belong to root",
				 strerror(-root_fd));
	fchmod(root_fd, 0755);
	if (user.name[0] && user.name[0] != '.')
		snprintf(name, sizeof name, "%s", user.name);
	else
		snprintf(name, sizeof name, "%u", (unsigned)user.uid);
	s->state_fd = make_user_dir(root_fd, name, &user);
	if (s->state_fd < 0) {
		close(root_fd);
		return error_set(err, s->state_fd, "cannot use " SESSION_ROOT_DIR "/%s: %s; it must belong to "
				 "that user", name, strerror(-s->state_fd));
	}
	snprintf(s->state, sizeof s->state, SESSION_ROOT_DIR "/%s", name);
	*ret_root_fd = root_fd;
	return 0;
}

/* The lock of this network namespace: held until the process ends. */
static int take_namespace(struct session *s, int at, struct error *err)
{
	uint64_t netns = 0;
	char name[40];
	int r = session_netns(&netns);

	if (r < 0)
		return error_set(err, r, "cannot tell this network namespace: %s; is /proc mounted?", strerror(-r));
	snprintf(name, sizeof name, "lock.%" PRIu64, netns);
	s->lock_fd = openat(at, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (s->lock_fd < 0)
		return error_set(err, -errno, "cannot create %s/%s: %s",
				 at == s->state_fd ? s->state : SESSION_ROOT_DIR, name, strerror(errno));
	r = lock_take(s->lock_fd);
	if (!r)
		return 0;
	r = r == -EACCES || r == -EAGAIN ? -EBUSY : r;
	error_set(err, r, r == -EBUSY ? "a session is running already (pid %d)" : "cannot lock (%d): no locks here",
		  session_lock_holder(s->lock_fd));
	close(s->lock_fd);
	s->lock_fd = -1;
	return r;
}

int session_open(struct session *s, bool forced, struct error *err)
{
	int at = -1, r;

	*s = (struct session){ .state_fd = -1, .lock_fd = -1, .dir_fd = -1, .own_fd = -1, .listen_fd = -1 };
	r = geteuid() ? open_home(s, err) : open_root(s, &at, err);
	if (r >= 0 && !forced)
		r = take_namespace(s, at >= 0 ? at : s->state_fd, err);
	if (at >= 0)
		close(at);
	if (r < 0)
		session_close(s);
	return r < 0 ? r : 0;
}

static int write_lock(struct session *s, const char *where)
{
	uint64_t netns = 0;
	int r;

	s->own_fd = openat(s->dir_fd, "lock", O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (s->own_fd < 0)
		return -errno;
	r = lock_take(s->own_fd);
	if (r < 0)
		return r;
	session_netns(&netns);
	if (!str_copy(s->info.where, sizeof s->info.where, where))
		return -ENAMETOOLONG;
	return dprintf(s->own_fd, "%d %" PRIu64 "\n%s\n", getpid(), netns, where) < 0 ? -errno : 0;
}

/* Bound through /proc so that the length of the path does not matter. */
static int listen_control(struct session *s)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	mode_t mask;
	int r = 0;

	s->listen_fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (s->listen_fd < 0)
		return -errno;
	snprintf(sun.sun_path, sizeof sun.sun_path, "/proc/self/fd/%d/control", s->dir_fd);
	mask = umask(0177);
	if (bind(s->listen_fd, (const struct sockaddr *)&sun, sizeof sun) || listen(s->listen_fd, 16))
		r = -errno;
	umask(mask);
	return r;
}

static void name_session(struct session *s)
{
	struct timespec now;
	struct time_parts p;

	clock_gettime(CLOCK_REALTIME, &now);
	s->info.pid = getpid();
	s->info.started_us = now.tv_sec * US_PER_S;
	p = time_split(s->info.started_us, 0);
	snprintf(s->info.id, sizeof s->info.id, "%04d%02d%02dT%02d%02d%02dZ-%d", p.year, p.month, p.day, p.hour,
		 p.minute, p.second, s->info.pid);
}

int session_create(struct session *s, const char *where, struct error *err)
{
	char within[512];
	size_t pos = 0;
	int r;

	name_session(s);
	str_append(s->info.dir, sizeof s->info.dir, &pos, "%s/%s", s->state, s->info.id);
	pos = 0;
	str_append(within, sizeof within, &pos, "%s/%s.twr", s->info.dir, SESSION_RECORDING);
	if (mkdirat(s->state_fd, s->info.id, 0700)) {
		r = -errno;
	} else {
		s->dir_fd = open_owned(s->state_fd, s->info.id, geteuid());
		r = s->dir_fd < 0 ? s->dir_fd : 0;
	}
	if (!r)
		r = write_lock(s, where ? where : within);
	if (!r)
		r = listen_control(s);
	if (r < 0)
		return error_set(err, r, "cannot make the session %s: %s", s->info.dir, strerror(-r));
	return 0;
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void leave_directory(struct session *s)
{
	unlinkat(s->dir_fd, "control", 0);
	if (session_bytes(s->dir_fd))
		return;
	unlinkat(s->dir_fd, SESSION_RECORDING ".twr", 0);
	unlinkat(s->dir_fd, "lock", 0);
	unlinkat(s->state_fd, s->info.id, AT_REMOVEDIR);
}

void session_close(struct session *s)
{
	if (s->dir_fd >= 0)
		leave_directory(s);
	close_fd(&s->listen_fd);
	close_fd(&s->own_fd);
	close_fd(&s->dir_fd);
	close_fd(&s->lock_fd);
	close_fd(&s->state_fd);
}
