// SPDX-License-Identifier: GPL-2.0-or-later
// crash: the terminal is put back also when the program dies of its own fault.
#ifndef CRASH_H
#define CRASH_H

#include <stddef.h>
#include <termios.h>

enum { CRASH_BYTES_MAX = 256 };

// From now on a fatal signal first restores flags and modes of tty, and writes these bytes to it.
void crash_guard(int tty, int flags, const struct termios *modes, const char *bytes, size_t len);
void crash_release(void);

#endif
