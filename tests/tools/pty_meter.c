// SPDX-License-Identifier: GPL-2.0-or-later
// What a program sends to a terminal, and how it leaves one.
//   pty_meter [-g 80x24] [-w WARM_S] [-n SECONDS] [-k KEYS] [-r KEYS] [-e KEYS] [-u] [-s SIGNAL] [-o FILE]
//             [-f TEXT] [-t TEXT] -- COMMAND...
// With -f all begins when TEXT has been written (or 20 s have passed), with -t it ends when
// TEXT has been written. Keys -k are sent after 1 s, keys -r 5 times a second. Bytes of the first WARM_S seconds count as start, those of the next SECONDS as steady.
// -u: nothing is read any more once WARM_S are over. Then the keys -e or the signal (TERM) end it.
// Prints: start=BYTES bytes_s=N bursts_s=N exit_ms=N status=N restored=0|1 unread=BYTES (after the end) found=0|1 (-t)
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>
#include <utmp.h>

#include "tunwatch/base.h"

enum { BURST_MS = 20, EXIT_MS = 10000, FIRST_MS = 20000, SEEN_MAX = 1 << 20 };

struct meter {
	int columns, rows, master, slave;
	double warm, seconds;
	const char *keys, *again, *end_keys, *out, *first, *last;
	bool unread, ending, found;
	int signal;
	pid_t pid;
	FILE *log;
	char *seen;  // what was written since the beginning
	size_t seen_len;
	int64_t begin, last_byte, last_key;
	uint64_t start, steady, bursts, unread_bytes;
};

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * INT64_C(1000) + ts.tv_nsec / 1000000;
}

static void type(const struct meter *m, const char *keys)
{
	for (; keys && *keys; keys++) {
		char c = *keys == '\\' && keys[1] == 'e' ? 27 : *keys == '\\' && keys[1] == 'r' ? '\r' : *keys;

		keys += c != *keys;
		if (write(m->master, &c, 1) != 1)
			return;
	}
}

static void account(struct meter *m, size_t n)
{
	int64_t now = now_ms();

	if (m->ending)
		return;
	if (now - m->begin < (int64_t)(m->warm * 1000)) {
		m->start += n;
	} else {
		m->steady += n;
		m->bursts += now - m->last_byte > BURST_MS;
	}
	m->last_byte = now;
}

static bool drain(struct meter *m, int ms)
{
	struct pollfd p = { m->master, POLLIN, 0 };
	char bytes[65536];
	ssize_t n;

	if (poll(&p, 1, ms) <= 0)
		return false;
	n = read(m->master, bytes, sizeof bytes);
	if (n <= 0)
		return false;
	account(m, (size_t)n);
	m->unread_bytes += (size_t)n;
	if (m->log)
		fwrite(bytes, 1, (size_t)n, m->log);
	if (m->seen_len + (size_t)n < SEEN_MAX) {
		memcpy(m->seen + m->seen_len, bytes, (size_t)n);
		m->seen_len += (size_t)n;
	}
	return true;
}

static bool has_seen(const struct meter *m, const char *text)
{
	return memmem(m->seen, m->seen_len, text, strlen(text)) != NULL;
}

static void wait_first(struct meter *m)
{
	while (now_ms() - m->begin < FIRST_MS && !has_seen(m, m->first))
		drain(m, 5);
	m->begin = now_ms();
	m->start = m->steady = m->bursts = m->seen_len = 0;
}

static void watch(struct meter *m)
{
	int64_t end = m->begin + (int64_t)((m->warm + m->seconds) * 1000);
	bool typed = false;

	for (int64_t now = now_ms(); now < end && !m->found; now = now_ms()) {
		if (!typed && now - m->begin > 1000) {
			type(m, m->keys);
			typed = true;
		}
		if (m->again && now - m->last_key > 200) {
			type(m, m->again);
			m->last_key = now;
		}
		if (m->unread && now - m->begin > (int64_t)(m->warm * 1000))
			poll(NULL, 0, 5);
		else
			drain(m, 5);
		m->found = m->last && has_seen(m, m->last);
	}
}

// Milliseconds until it has ended, or -1.
static int64_t end(struct meter *m, int *ret_status)
{
	int64_t begin = now_ms();

	m->ending = true;
	if (m->end_keys)
		type(m, m->end_keys);
	else
		kill(m->pid, m->signal);
	while (now_ms() - begin < EXIT_MS) {
		if (waitpid(m->pid, ret_status, WNOHANG) == m->pid)
			return now_ms() - begin;
		if (m->unread)
			poll(NULL, 0, 5);
		else
			drain(m, 5);
	}
	kill(m->pid, SIGKILL);
	waitpid(m->pid, ret_status, 0);
	return -1;
}

static void parse(struct meter *m, int argc, char **argv)
{
	for (int c; (c = getopt(argc, argv, "g:w:n:k:r:e:us:o:f:t:")) != -1;) {
		switch (c) {
		case 'g':
			if (sscanf(optarg, "%dx%d", &m->columns, &m->rows) != 2)
				exit(2);
			break;
		case 'w':
			m->warm = atof(optarg);
			break;
		case 'n':
			m->seconds = atof(optarg);
			break;
		case 'k':
			m->keys = optarg;
			break;
		case 't':
			m->last = optarg;
			break;
		case 'f':
			m->first = optarg;
			break;
		case 'r':
			m->again = optarg;
			break;
		case 'e':
			m->end_keys = optarg;
			break;
		case 'u':
			m->unread = true;
			break;
		case 's':
			m->signal = atoi(optarg);
			break;
		case 'o':
			m->out = optarg;
			break;
		default:
			exit(2);
		}
	}
	if (optind == argc)
		exit(2);
}

static void start(struct meter *m, char **command)
{
	struct winsize size = { .ws_row = (unsigned short)m->rows, .ws_col = (unsigned short)m->columns };
	struct termios before;

	if (openpty(&m->master, &m->slave, NULL, NULL, &size))
		exit(2);
	tcgetattr(m->slave, &before);
	before.c_lflag |= ICANON | ECHO;
	tcsetattr(m->slave, TCSANOW, &before);
	m->pid = fork();
	if (!m->pid) {
		close(m->master);
		login_tty(m->slave);
		execvp(*command, command);
		_exit(127);
	}
}

int main(int argc, char **argv)
{
	struct meter m = { .columns = 80, .rows = 24, .warm = 3, .seconds = 10, .signal = SIGTERM };
	struct termios after = { 0 };
	int status = 0;
	int64_t took;

	parse(&m, argc, argv);
	start(&m, argv + optind);
	if (m.out)
		m.log = fopen(m.out, "we");
	m.seen = xcalloc(1, SEEN_MAX);
	if (m.out && !m.log)
		return 2;
	if (m.log)
		setvbuf(m.log, NULL, _IONBF, 0);
	m.begin = m.last_byte = now_ms();
	if (m.first)
		wait_first(&m);
	watch(&m);
	took = end(&m, &status);
	m.unread_bytes = 0;
	while (drain(&m, 100))
		;
	tcgetattr(m.slave, &after);
	printf("start=%llu bytes_s=%.0f bursts_s=%.2f exit_ms=%lld status=%d restored=%d "
	       "unread=%llu found=%d\n",
	       (unsigned long long)m.start, (double)m.steady / m.seconds, (double)m.bursts / m.seconds, (long long)took,
	       WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status),
	       (after.c_lflag & (ICANON | ECHO)) == (ICANON | ECHO) && after.c_oflag & OPOST,
	       (unsigned long long)m.unread_bytes, m.found);
	free(m.seen);
	return m.log && fclose(m.log);
}
