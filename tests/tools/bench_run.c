// SPDX-License-Identifier: GPL-2.0-or-later
// Runs a command for a while and says what it and all its descendants cost, also those that made themselves daemons:
//   bench_run [-p COLUMNSxROWS] [-t SECONDS] [-m SECONDS] [-k KEYS] [-e COMMAND] -- COMMAND...
// -p: on a pty of that size, which is drained at once (else its output goes to /dev/null); -t: end it then, with -k
// (keys typed), -e (a shell command) and SIGTERM, in that order; -m: also what they cost from then on, for how long.
// Prints one line of name=value.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tunwatch/base.h"

enum { START_S = 2, STEADY_S = 5 }; /* the start ends there; bytes and bursts a second are counted from here on */

struct run {
	int columns, rows;
	double seconds;
	const char *keys, *end_command;
	pid_t child;
	int pty;
	double began;
	double cpu;            /* of everybody reaped so far */
	double mark;           /* seconds, 0: none */
	double marked, marked_cpu; /* when that was, and what everybody had cost by then */
	long pss_kb;
	int processes;
	uint64_t start_bytes, bytes, bursts;
	double last_read;
	bool ending;           /* what is drawn on leaving is not counted */
	int status;
};

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9;
}

static double seconds_of(struct timeval tv)
{
	return (double)tv.tv_sec + (double)tv.tv_usec * 1e-6;
}

static void reap(struct run *run)
{
	struct rusage ru;
	pid_t pid;
	int status;

	while ((pid = wait4(-1, &status, WNOHANG, &ru)) > 0) {
		run->cpu += seconds_of(ru.ru_utime) + seconds_of(ru.ru_stime);
		if (pid == run->child) {
			run->child = 0;
			run->status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
		}
	}
}

static bool has_children(void)
{
	siginfo_t info;

	return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0;
}

static void drain(struct run *run, int timeout_ms)
{
	struct pollfd p = { .fd = run->pty, .events = POLLIN };
	char data[65536];
	ssize_t n;

	if (run->pty < 0 || poll(&p, 1, timeout_ms) <= 0) {
		if (run->pty < 0)
			poll(NULL, 0, timeout_ms);
		return;
	}
	n = read(run->pty, data, sizeof data);
	if (n <= 0) {
		poll(NULL, 0, timeout_ms);
		return;
	}
	if (now() - run->began < START_S)
		run->start_bytes += (uint64_t)n;
	if (now() - run->began < STEADY_S || run->ending)
		return;
	run->bytes += (uint64_t)n;
	if (now() - run->last_read > 0.05)
		run->bursts++;
	run->last_read = now();
}

/* The parent; and clock ticks in user and kernel mode, own and of children reaped. */
static int stat_of(const char *pid, unsigned long *ret_user, unsigned long *ret_system)
{
	unsigned long user, system, child_user, child_system;
	char path[300], text[512];
	const char *end;
	int parent = -1;
	FILE *f;

	snprintf(path, sizeof path, "/proc/%s/stat", pid);
	f = fopen(path, "r");
	if (!f)
		return -1;
	if (fgets(text, sizeof text, f) && (end = strrchr(text, ')')) &&
	    sscanf(end + 1, " %*c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu %lu %lu", &parent, &user, &system,
		   &child_user, &child_system) == 5) {
		*ret_user = user + child_user;
		*ret_system = system + child_system;
	}
	fclose(f);
	return parent;
}

static int parent_of(const char *pid)
{
	unsigned long user, system;

	return stat_of(pid, &user, &system);
}

static long pss_of(int pid)
{
	char path[64], line[256];
	long kb = 0;
	FILE *f;

	snprintf(path, sizeof path, "/proc/%d/smaps_rollup", pid);
	f = fopen(path, "r");
	if (!f)
		return 0;
	while (fgets(line, sizeof line, f))
		sscanf(line, "Pss: %ld", &kb);
	fclose(f);
	return kb;
}

/* What everybody below parent has cost so far. */
static double cpu_of(int parent)
{
	DIR *dir = opendir("/proc");
	struct dirent *entry;
	double cpu = 0;

	while (dir && (entry = readdir(dir))) {
		int pid = atoi(entry->d_name);
		unsigned long user = 0, system = 0;

		if (pid <= 0 || stat_of(entry->d_name, &user, &system) != parent)
			continue;
		cpu += (double)(user + system) / (double)sysconf(_SC_CLK_TCK) + cpu_of(pid);
	}
	if (dir)
		closedir(dir);
	return cpu;
}

/* Everybody below parent: their PSS, or a signal to them. */
static void descend(struct run *run, int parent, int sig)
{
	DIR *dir = opendir("/proc");
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		int pid = atoi(entry->d_name);

		if (pid <= 0 || parent_of(entry->d_name) != parent)
			continue;
		descend(run, pid, sig);
		run->processes += !sig;
		if (sig)
			kill(pid, sig);
		else
			run->pss_kb += pss_of(pid);
	}
	if (dir)
		closedir(dir);
}

static bool ended_within(struct run *run, double seconds)
{
	double end = now() + seconds;

	while (now() < end) {
		drain(run, 20);
		reap(run);
		if (!has_children())
			return true;
	}
	return false;
}

static void end(struct run *run)
{
	run->ending = true;
	if (run->keys && run->pty >= 0) {
		for (const char *k = run->keys; *k; k++) {
			if (write(run->pty, k, 1) < 0)
				break;
			ended_within(run, 0.3);
		}
	}
	if (run->end_command) {
		pid_t pid = fork();

		if (!pid) {
			execl("/bin/sh", "sh", "-c", run->end_command, (char *)NULL);
			_exit(127);
		}
		while (pid > 0 && waitpid(pid, NULL, WNOHANG) == 0)
			drain(run, 20);
	}
	if (ended_within(run, run->keys || run->end_command ? 5 : 0))
		return;
	descend(run, getpid(), SIGTERM);
	if (ended_within(run, 5))
		return;
	descend(run, getpid(), SIGKILL);
	ended_within(run, 5);
}

static void start(struct run *run, char **command)
{
	struct winsize size = { .ws_col = (unsigned short)run->columns, .ws_row = (unsigned short)run->rows };

	/* daemons come back to us when their parents end */
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	run->began = now();
	run->pty = -1;
	run->child = run->columns ? forkpty(&run->pty, NULL, NULL, &size) : fork();
	if (run->child)
		return;
	if (run->columns)
		setenv("TERM", "xterm-256color", 1);
	else if (!freopen("/dev/null", "w", stdout))
		_exit(126);
	execvp(command[0], command);
	_exit(127);
}

int main(int argc, char **argv)
{
	struct run run = { .seconds = 1e9 };
	double wall;
	int option;

	while ((option = getopt(argc, argv, "+p:t:m:k:e:")) != -1) {
		if (option == 'p' && sscanf(optarg, "%dx%d", &run.columns, &run.rows) != 2)
			return 64;
		if (option == 't')
			run.seconds = atof(optarg);
		if (option == 'm')
			run.mark = atof(optarg);
		if (option == 'k')
			run.keys = optarg;
		if (option == 'e')
			run.end_command = optarg;
		if (option == '?')
			return 64;
	}
	if (optind == argc)
		return 64;
	start(&run, argv + optind);
	while (has_children() && now() - run.began < run.seconds) {
		drain(&run, 20);
		reap(&run);
		if (run.mark > 0 && !(run.marked > 0) && now() - run.began >= run.mark) {
			run.marked_cpu = run.cpu + cpu_of(getpid());
			run.marked = now();
		}
	}
	wall = now() - run.began;
	descend(&run, getpid(), 0);
	end(&run);
	if (run.marked > 0)
		printf("late_cpu=%.6f late_s=%.3f ", run.cpu - run.marked_cpu, run.began + wall - run.marked);
	printf("cpu=%.6f wall=%.3f pss_kb=%ld processes=%d start_bytes=%llu bytes_s=%.1f bursts_s=%.2f status=%d\n",
	       run.cpu, wall, run.pss_kb, run.processes, (unsigned long long)run.start_bytes,
	       wall > STEADY_S ? (double)run.bytes / (wall - STEADY_S) : 0.0,
	       wall > STEADY_S ? (double)run.bursts / (wall - STEADY_S) : 0.0, run.status);
	return 0;
}
