/* SPDX-License-Identifier: GPL-2.0-or-later */
/* child: programs that a source runs. No shell, no capability, own process group, none of our descriptors; the event
 * loop reads what they say and never waits for them: hung, orphaned or endless ones are killed with their group. */
#ifndef CHILD_H
#define CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "tunwatch/base.h"

struct event_base;

enum child_flags {
	CHILD_STDIN = 1,  /* child_write reaches its standard input (else that is /dev/null) */
	CHILD_PTY = 2,    /* its stdin, stdout, stderr are a terminal of its own, raw and without echo: what it prints
			   * on any of them is output, child_write is typed */
	CHILD_SECRET = 4, /* what it prints is wiped when done returned; at most CHILD_SECRET_MAX bytes are taken */
};
enum { CHILD_OUTPUT_MAX = 4 << 20, CHILD_ERRORS_MAX = 4096, CHILD_SECRET_MAX = 4096, CHILD_INPUT_MAX = 64 << 10 };

enum child_end {
	CHILD_EXITED,     /* code: exit status */
	CHILD_SIGNALLED,  /* code: signal */
	CHILD_DEADLINE,   /* killed by us: its time was up */
	CHILD_TOO_MUCH,   /* killed by us: it printed more than is taken */
	CHILD_NOT_RUN,    /* code: errno of the exec that failed */
};
struct child_result {
	enum child_end end;
	int code;
	const char *out;    /* what it printed (not with an output call); NUL-terminated behind len bytes */
	size_t out_len;
	const char *errors; /* the first of what it said on stderr */
	size_t errors_len;
};

struct child_config {
	char *const *argv;        /* NULL-terminated; a program without a slash is looked up in PATH */
	const char *const *env;   /* NAME=value, over our own environment, NULL-terminated; or NULL */
	unsigned flags;
	int64_t deadline_us;      /* killed so long after the start; 0: never */
	unsigned columns, rows;   /* of the terminal */
	/* NULL: output is collected, CHILD_OUTPUT_MAX bytes at most. Else called for each piece, at most 64 KiB; with
	 * len 0 once at its end, which may come before done or never */
	void (*output)(void *arg, const void *data, size_t len);
	/* Called once, unless child_kill came first. The child is not valid any more afterwards; the result is so
	 * during the call only. May start another one. */
	void (*done)(void *arg, const struct child_result *result);
	void *arg;
};

/* Those of one source. */
struct child_pool;
struct child_pool *child_pool_new(struct event_base *base);
/* Kills all and waits 0.2 s at most until they are dead; no call is made any more. */
void child_pool_free(struct child_pool *pool);

struct child;
/* 0 and *ret, or -errno: no process, no terminal; -EAGAIN while killed ones are not dead yet. That the program cannot
 * be run is told by done. */
int child_start(struct child_pool *pool, const struct child_config *config, struct child **ret);
/* Queue bytes for it; they are wiped when they are gone. -ENOBUFS when more than CHILD_INPUT_MAX would wait, -EPIPE
 * when it does not listen any more. */
int child_write(struct child *c, const void *data, size_t len);
/* Its standard input ends (when what is queued is gone). Not with CHILD_PTY. */
void child_close_input(struct child *c);
/* Kill it and everything in its group at once; done is not called. NULL is allowed. */
void child_kill(struct child *c);
/* For tests. */
pid_t child_pid(const struct child *c);
/* The result in words: "exit status 1: the first line it said". */
void child_words(const struct child_result *result, char *out, size_t size);

/* child_exec.c: make its pipes or terminal, fork, exec. Our ends do not block. 0 and *ret, or -errno. */
struct child_spawned {
	pid_t pid;
	int pidfd;        /* readable when it is over; -1: the kernel has none */
	int in, out, err; /* -1: none; of a terminal in and out are the same */
	int fail_fd;      /* an int can be read here when the exec failed: its errno */
};
int child_spawn(const struct child_config *config, struct child_spawned *ret);

#endif
