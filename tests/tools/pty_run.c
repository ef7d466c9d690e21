// SPDX-License-Identifier: GPL-2.0-or-later
// Runs a command on a terminal of its own: pty_run [-s] [-p PIDFILE] [-z COLUMNSxROWS] COMMAND...
// What is read from stdin is typed, what it draws goes to stdout (-s: nobody reads the terminal). When pty_run is ended
// by a signal the terminal is gone; when the command ends, its exit status is returned (128 + N for signal N).
#include <poll.h>
#include <pty.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct run {
	bool stalled;
	const char *pidfile;
	struct winsize size;
	int pty;
	pid_t child;
};

/* False at the end of what is to be copied. */
static bool copy(int from, int to)
{
	char data[4096];
	ssize_t n = read(from, data, sizeof data);

	return n > 0 && write(to, data, (size_t)n) == n;
}

static int status_of(int status)
{
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int watch(struct run *run)
{
	struct pollfd fds[2] = { { .fd = STDIN_FILENO, .events = POLLIN },
				 { .fd = run->stalled ? -1 : run->pty, .events = POLLIN } };
	int status;

	for (;;) {
		poll(fds, 2, 50);
		if (fds[0].revents && !copy(STDIN_FILENO, run->pty))
			fds[0].fd = -1;
		if (fds[1].revents && !copy(run->pty, STDOUT_FILENO))
			fds[1].fd = -1;
		if (waitpid(run->child, &status, WNOHANG) != run->child)
			continue;
		while (!run->stalled && poll(&fds[1], 1, 0) > 0 && copy(run->pty, STDOUT_FILENO))
			;
		return status_of(status);
	}
}

static int usage(void)
{
	fputs("usage: pty_run [-s] [-p PIDFILE] [-z COLUMNSxROWS] COMMAND...\n", stderr);
	return 64;
}

int main(int argc, char **argv)
{
	struct run run = { .size = { .ws_row = 24, .ws_col = 80 } };
	FILE *f;
	int opt;

	while ((opt = getopt(argc, argv, "+sp:z:")) != -1) {
		if (opt == 's')
			run.stalled = true;
		else if (opt == 'p')
			run.pidfile = optarg;
		else if (opt != 'z' || sscanf(optarg, "%hux%hu", &run.size.ws_col, &run.size.ws_row) != 2)
			return usage();
	}
	if (optind == argc)
		return usage();
	run.child = forkpty(&run.pty, NULL, NULL, &run.size);
	if (run.child < 0)
		return perror("pty_run: forkpty"), 69;
	if (!run.child) {
		execvp(argv[optind], argv + optind);
		_exit(127);
	}
	if (run.pidfile) {
		f = fopen(run.pidfile, "w");
		if (!f)
			return perror(run.pidfile), 73;
		fprintf(f, "%d\n", run.child);
		fclose(f);
	}
	return watch(&run);
}
