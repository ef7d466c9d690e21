/* SPDX-License-Identifier: GPL-2.0-or-later */
// writer: the child that owns the files of a recording, and the collector's queue to it.
//
// The collector hands over whole cuts through a socket and never waits for it; what the socket does not take is queued
// up to WRITER_QUEUE_MAX. The child answers with the parts' descriptors and with failures. After a failure it throws
// away every cut of that epoch: the collector begins the next epoch with a keyframe.
#ifndef WRITER_H
#define WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "tunwatch/base.h"

#define WRITER_QUEUE_MAX (4u << 20)

struct event_base;

struct writer_config {
	int dir_fd;         /* where the parts are made; -1: a stream */
	const char *name;   /* their base name */
	int fd;             /* the first file or the stream when it is open already, or -1 */
	int64_t total_cap;
	int state_fd;       /* sessions to prune when a part begins, or -1 */
	const char *keep;   /* this session's directory there */
};

enum writer_flag { WRITER_PART = 1, WRITER_END = 2 };

/* Stands before each cut on the wire; one machine, one program: its own byte order. */
struct writer_cut {
	uint32_t len, flags;
	uint32_t epoch, part;
	int64_t t, ticks; /* session time and number of ticks at its end */
};

enum writer_news {
	WRITER_NEWS_PART,    /* a part's first cut is in its file; fd: read-only, or -1 (error ESPIPE: a stream) */
	WRITER_NEWS_CONTINUED, /* the same, but no further file could be made: the part goes on in the last one */
	WRITER_NEWS_FAILED,  /* an epoch failed; good_*: the last cut that was written */
	WRITER_NEWS_RESUMED, /* the first cut of an epoch after a failure was written */
	WRITER_NEWS_FATAL,   /* nothing can be written at all */
	WRITER_NEWS_CLOSED,  /* nobody reads the stream any more */
	WRITER_NEWS_GONE,    /* the child ended */
};

struct writer_status {
	uint32_t news;
	int32_t error;
	uint32_t epoch, part;
	int64_t good_t, good_ticks;
	char text[256];
};

struct writer_calls {
	void (*news)(void *arg, const struct writer_status *status, int fd); /* fd is the callee's */
};

/* ---- the collector's end ---- */
struct writer;
/* Fork the child. Privileges that are left go in the child. keep_fds of config are inherited by it alone. */
struct writer *writer_new(const struct writer_config *config, struct error *err);
/* Begin to listen to the child. */
void writer_attach(struct writer *w, struct event_base *base, const struct writer_calls *calls, void *arg);
/* Hand over one cut. -ENOBUFS: the queue is full, the cut is dropped. -EPIPE: the child is gone. */
int writer_put(struct writer *w, const struct writer_cut *cut, const void *bytes);
/* No more cuts: the child ends when it has written what it has. */
void writer_finish(struct writer *w);
pid_t writer_pid(const struct writer *w);
void writer_free(struct writer *w);

/* ---- the child, writer_child.c ---- */
/* Runs until data_fd ends or the parent dies. Returns the exit status. */
int writer_child(const struct writer_config *config, int data_fd, int status_fd, pid_t parent);

#endif
