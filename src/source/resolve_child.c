// SPDX-License-Identifier: GPL-2.0-or-later
// The child that asks getaddrinfo: it may block for as long as it likes, holds nothing of the collector's and needs no
// capability.
#include <cap-ng.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "source/resolve.h"
#include "tunwatch/base.h"

enum { CHILD_FD = 3 };

static struct addr from_sockaddr(const struct sockaddr *sa)
{
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;

	if (sa->sa_family == AF_INET) {
		memcpy(&v4, sa, sizeof v4);
		return addr_make(AF_INET, &v4.sin_addr);
	}
	if (sa->sa_family == AF_INET6) {
		memcpy(&v6, sa, sizeof v6);
		return addr_make(AF_INET6, &v6.sin6_addr);
	}
	return (struct addr){0};
}

static void list(const struct addrinfo *ai, char *answer, size_t size, size_t *pos)
{
	unsigned n = 0;

	for (; ai && n < RESOLVE_ADDRESSES_MAX; ai = ai->ai_next) {
		struct addr a = from_sockaddr(ai->ai_addr);
		char text[ADDR_TEXT_MAX];

		if (!addr_is_set(&a))
			continue;
		str_append(answer, size, pos, " %s", addr_format(&a, text));
		n++;
	}
}

void resolve_answer(const char *request, char *answer, size_t size)
{
	struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_DGRAM }, *ai = NULL;
	const char *host = strchr(request, ' ');
	size_t pos = 0;
	int e;

	if (!size)
		return;
	answer[0] = 0;
	if (!host || !host[1])
		return;
	str_append(answer, size, &pos, "%.*s ", (int)(host - request), request);
	e = getaddrinfo(host + 1, NULL, &hints, &ai);
	if (!e) {
		str_append(answer, size, &pos, "ok");
		list(ai, answer, size, &pos);
		freeaddrinfo(ai);
	} else if (e == EAI_NONAME || e == EAI_NODATA) {
		str_append(answer, size, &pos, "none");
	} else {
		str_append(answer, size, &pos, "fail %s", e == EAI_SYSTEM ? strerror(errno) : gai_strerror(e));
	}
}

static void serve(void)
{
	char request[RESOLVE_MESSAGE_MAX], answer[RESOLVE_MESSAGE_MAX];

	for (;;) {
		ssize_t n = recv(CHILD_FD, request, sizeof request - 1, 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return;
		request[n] = 0;
		resolve_answer(request, answer, sizeof answer);
		if (send(CHILD_FD, answer, strlen(answer), MSG_NOSIGNAL) < 0)
			return;
	}
}

/* Only the socket: an inherited standard output would keep a reader of the collector's waiting for ever. */
static bool drop_descriptors(int fd)
{
	int null;

	if (fd != CHILD_FD && dup2(fd, CHILD_FD) < 0)
		return false;
	if (close_range(CHILD_FD + 1, ~0U, 0))
		return false;
	null = open("/dev/null", O_RDWR);
	for (int i = 0; i < CHILD_FD; i++) {
		if (null < 0)
			close(i);
		else
			dup2(null, i);
	}
	if (null > CHILD_FD)
		close(null);
	return true;
}

static void become_child(int fd, pid_t parent)
{
	sigset_t none;

	for (int sig = 1; sig < NSIG; sig++)
		signal(sig, SIG_DFL);
	/* a key on the terminal is the collector's business */
	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (!drop_descriptors(fd))
		_exit(1);
	capng_clear(CAPNG_SELECT_ALL);
	capng_apply(CAPNG_SELECT_ALL);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	prctl(PR_SET_NAME, "tunwatch-names");
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) || getppid() != parent)
		_exit(1);
	serve();
	_exit(0);
}

pid_t resolve_child_start(int *ret_fd)
{
	pid_t parent = getpid(), pid;
	int fd[2], e;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fd))
		return -errno;
	pid = fork();
	if (!pid) {
		close(fd[0]);
		become_child(fd[1], parent);
	}
	e = errno;
	close(fd[1]);
	if (pid < 0) {
		close(fd[0]);
		return -e;
	}
	*ret_fd = fd[0];
	return pid;
}
