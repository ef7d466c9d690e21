// SPDX-License-Identifier: GPL-2.0-or-later
// How a child begins: its pipes or its terminal, fork, what the program is not to inherit taken away, exec.
#include <cap-ng.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <termios.h>
#include <unistd.h>

#include "source/child.h"

/* Where descriptors go: as the program's own, and one that the exec closes. */
enum { FAIL_FD = 3, SAFE_FD = 16 };

static void reset_signals(void)
{
	sigset_t none;

	for (int sig = 1; sig < NSIG; sig++)
		signal(sig, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* The terminal becomes its controlling one; readers of passwords open /dev/tty. */
static int open_terminal(const struct child_config *config, const char *tty)
{
	struct winsize size = { .ws_col = (unsigned short)config->columns, .ws_row = (unsigned short)config->rows };
	struct termios mode;
	int fd = open(tty, O_RDWR | O_NOCTTY);

	if (fd < 0 || ioctl(fd, TIOCSCTTY, 0) || tcgetattr(fd, &mode))
		return -1;
	cfmakeraw(&mode);
	mode.c_iflag |= ICRNL; /* whichever end of line is typed, a program that reads lines sees one */
	mode.c_lflag |= ICANON;
	if (tcsetattr(fd, TCSANOW, &mode))
		return -1;
	if (size.ws_col && size.ws_row)
		ioctl(fd, TIOCSWINSZ, &size);
	return fd;
}

/* fds may be anything, 0 to 2 among them. */
static bool take_descriptors(const int fds[3], int fail_fd)
{
	int safe[4];

	for (int i = 0; i < 4; i++) {
		safe[i] = fcntl(i < 3 ? fds[i] : fail_fd, F_DUPFD, SAFE_FD);
		if (safe[i] < 0)
			return false;
	}
	for (int i = 0; i < 4; i++)
		if (dup2(safe[i], i) < 0)
			return false;
	return !fcntl(FAIL_FD, F_SETFD, FD_CLOEXEC) && !close_range(FAIL_FD + 1, ~0U, 0);
}

static void set_environment(const char *const *env)
{
	for (; env && *env; env++) {
		const char *equals = strchr(*env, '=');
		char name[64];

		if (!equals || (size_t)(equals - *env) >= sizeof name)
			continue;
		memcpy(name, *env, (size_t)(equals - *env));
		name[equals - *env] = 0;
		setenv(name, equals + 1, 1);
	}
}

static void give_up_rights(void)
{
	const struct rlimit none = {0};

	capng_clear(CAPNG_SELECT_ALL);
	capng_apply(CAPNG_SELECT_ALL);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	setrlimit(RLIMIT_CORE, &none); /* what it holds may be secret */
}

static int become(const struct child_config *config, const int fds[3], const char *tty, int fail_fd, pid_t parent)
{
	int terminal[3];

	reset_signals();
	if (tty) {
		if (setsid() < 0)
			return errno;
		terminal[0] = terminal[1] = terminal[2] = open_terminal(config, tty);
		fds = terminal;
	} else {
		setpgid(0, 0);
	}
	if (fds[0] < 0 || !take_descriptors(fds, fail_fd))
		return errno;
	give_up_rights();
	set_environment(config->env);
	if (prctl(PR_SET_PDEATHSIG, SIGKILL))
		return errno;
	if (getppid() != parent)
		return ECHILD;
	execvp(config->argv[0], config->argv);
	return errno;
}

/* fds: what becomes 0, 1, 2; unused with tty, the path of its terminal. fail_fd: takes the errno of a failed exec. */
static pid_t fork_exec(const struct child_config *config, const int fds[3], const char *tty, int fail_fd)
{
	pid_t parent = getpid(), pid = fork();
	ssize_t written;
	int error;

	if (pid < 0)
		return -errno;
	if (pid) {
		if (!tty)
			setpgid(pid, pid); /* whoever comes first: its group must exist before it may be killed */
		return pid;
	}
	error = become(config, fds, tty, fail_fd, parent);
	/* fail_fd may be FAIL_FD by now, or still be where it was */
	written = write(fail_fd, &error, sizeof error);
	if (written != sizeof error)
		written = write(FAIL_FD, &error, sizeof error);
	(void)written;
	_exit(127);
}

/* ---- the parent's side ---- */

struct ends {
	int child[3], ours[3], fail[2]; /* -1: none */
	char tty[64];
};

static void close_ends(const int *fds, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (fds[i] >= 0)
			close(fds[i]);
}

static int make_pipe(int *read_end, int *write_end)
{
	int fd[2];

	if (pipe2(fd, O_CLOEXEC))
		return -errno;
	*read_end = fd[0];
	*write_end = fd[1];
	return 0;
}

static int set_nonblocking(int fd)
{
	return fd >= 0 && fcntl(fd, F_SETFL, O_NONBLOCK) ? -errno : 0;
}

static int make_pipes(struct ends *e, bool with_input)
{
	int r = 0;

	if (with_input)
		r = make_pipe(&e->child[0], &e->ours[0]);
	else if ((e->child[0] = open("/dev/null", O_RDONLY | O_CLOEXEC)) < 0)
		r = -errno;
	for (int i = 1; i < 3 && !r; i++)
		r = make_pipe(&e->ours[i], &e->child[i]);
	for (int i = 0; i < 3 && !r; i++)
		r = set_nonblocking(e->ours[i]);
	return r;
}

static int make_terminal(struct ends *e)
{
	int fd = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return -errno;
	e->ours[1] = fd;
	if (grantpt(fd) || unlockpt(fd))
		return -errno;
	return -ptsname_r(fd, e->tty, sizeof e->tty);
}

static int make_ends(const struct child_config *config, struct ends *e)
{
	int r = config->flags & CHILD_PTY ? make_terminal(e) : make_pipes(e, config->flags & CHILD_STDIN);

	if (!r)
		r = make_pipe(&e->fail[0], &e->fail[1]);
	return r ? r : set_nonblocking(e->fail[0]);
}

int child_spawn(const struct child_config *config, struct child_spawned *ret)
{
	struct ends e = { .child = { -1, -1, -1 }, .ours = { -1, -1, -1 }, .fail = { -1, -1 } };
	bool pty = config->flags & CHILD_PTY;
	pid_t pid;
	int r;

	signal(SIGCHLD, SIG_DFL); /* ignored (by who started us) it would let the kernel reap, and reuse the number */
	r = make_ends(config, &e);
	if (r < 0)
		goto out;
	pid = fork_exec(config, e.child, pty ? e.tty : NULL, e.fail[1]);
	if (pid < 0) {
		r = (int)pid;
		goto out;
	}
	*ret = (struct child_spawned){
		.pid = pid, .pidfd = pidfd_open(pid, 0),
		.in = pty ? e.ours[1] : e.ours[0], .out = e.ours[1], .err = e.ours[2], .fail_fd = e.fail[0],
	};
out:
	close_ends(e.child, 3);
	close_ends(&e.fail[1], 1);
	if (r < 0) {
		close_ends(e.ours, 3);
		close_ends(e.fail, 1);
	}
	return r;
}
