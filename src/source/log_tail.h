/* SPDX-License-Identifier: GPL-2.0-or-later */
/* log_tail: the lines that a file grows by. */
#ifndef LOG_TAIL_H
#define LOG_TAIL_H

#include "tunwatch/base.h"

struct log_tail;
/* path is borrowed. fd: the file, opened already, or -1; it is the caller's to close. What it held before is skipped,
 * but for its last bytes. */
struct log_tail *log_tail_new(const char *path, int fd);
void log_tail_free(struct log_tail *t);
/* Read some of what was added. Whole lines are given to line, without their ends. A file that was cut or replaced is
 * read from its beginning. 0, or -errno: it cannot be read now. */
int log_tail_read(struct log_tail *t, void (*line)(void *arg, const char *text, size_t len), void *arg);

#endif
