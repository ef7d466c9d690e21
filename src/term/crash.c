// SPDX-License-Identifier: GPL-2.0-or-later
// A signal handler is given nothing: what it needs is the one state that is kept here and not handed down.
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "term/crash.h"
#include "tunwatch/base.h"

enum { STACK_SIZE = 65536 };

static const int fatal[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS, SIGQUIT };

static struct {
	volatile sig_atomic_t armed;
	int tty, flags;
	struct termios modes;
	char bytes[CRASH_BYTES_MAX];
	size_t len;
	struct sigaction before[ARRAY_LEN(fatal)];
	char stack[STACK_SIZE]; // the other one may be used up
} guard;

// Only what is safe in a handler. What lies in the terminal's queue is thrown away: it may not be read.
static void put_back(void)
{
	const char *at = guard.bytes;
	size_t left = guard.len;

	tcflush(guard.tty, TCOFLUSH);
	while (left) {
		ssize_t n = write(guard.tty, at, left);

		if (n <= 0)
			break;
		at += n;
		left -= (size_t)n;
	}
	tcsetattr(guard.tty, TCSANOW, &guard.modes);
	fcntl(guard.tty, F_SETFL, guard.flags);
}

// Then it dies as it would have: the signal comes again when this returns.
static void on_fatal(int number)
{
	if (guard.armed)
		put_back();
	guard.armed = false;
	for (size_t i = 0; i < ARRAY_LEN(fatal); i++)
		if (fatal[i] == number)
			sigaction(number, &guard.before[i], NULL);
	raise(number);
}

void crash_guard(int tty, int flags, const struct termios *modes, const char *bytes, size_t len)
{
	const stack_t stack = { .ss_sp = guard.stack, .ss_size = sizeof guard.stack };
	struct sigaction action = { .sa_handler = on_fatal, .sa_flags = SA_ONSTACK };

	guard.tty = tty;
	guard.flags = flags;
	guard.modes = *modes;
	guard.len = len < sizeof guard.bytes ? len : sizeof guard.bytes;
	memcpy(guard.bytes, bytes, guard.len);
	guard.armed = true;
	sigaltstack(&stack, NULL);
	for (size_t i = 0; i < ARRAY_LEN(fatal); i++)
		sigaction(fatal[i], &action, &guard.before[i]);
}

void crash_release(void)
{
	const stack_t none = { .ss_flags = SS_DISABLE };

	if (!guard.armed)
		return;
	guard.armed = false;
	for (size_t i = 0; i < ARRAY_LEN(fatal); i++)
		sigaction(fatal[i], &guard.before[i], NULL);
	sigaltstack(&none, NULL);
}
