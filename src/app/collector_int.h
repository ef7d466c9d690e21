/* SPDX-License-Identifier: GPL-2.0-or-later */
// What the collector's files share.
#ifndef COLLECTOR_INT_H
#define COLLECTOR_INT_H

#include <event2/event.h>
#include <stdio.h>

#include "app/collector.h"
#include "app/control.h"
#include "app/writer.h"

#define COLLECTOR_SOURCES_MAX 16

/* Ticks that did not reach the recording, from the first one missing until one does. */
struct collector_gap {
	bool open;
	int64_t from, ticks;     /* session time and number of ticks of what was written last */
	enum gap_reason reason;
};

struct collector {
	struct record_sink sink; /* first: sources hold a pointer to it */
	struct options *options;
	struct event_base *base;
	struct model *model;
	struct record_intern *intern;
	struct watch_config watch;
	struct source_env env;
	struct source_report writer_report;
	bool warn;               /* on standard error: no screen shows what is wrong */

	/* sources */
	const struct source_ops *ops[COLLECTOR_SOURCES_MAX];
	void *state[COLLECTOR_SOURCES_MAX];
	size_t nsources, nstarted;

	/* time */
	int timer_fd;
	struct event *timer;
	int64_t slots, missed_slots; /* of the schedule: passed, and passed without being served */
	int64_t missed_told, busy_us; /* missed_slots at, and time of, the last look at it */
	int64_t due, next_tick, ticks;
	int64_t end;                 /* --for, session time; 0: none */
	int64_t newest;              /* time of the newest record */
	struct {
		int64_t wall_off_us, suspended_us;
		int utc_off_s;
		bool known;
	} clock;

	/* recording; NULL: none */
	struct encoder *encoder;
	struct writer *writer;
	struct control *control;
	uint32_t epoch;
	unsigned part;
	bool part_new, part_written; /* next cut begins it; the child wrote its first cut */
	int64_t part_start;
	int64_t sent_t, sent_ticks;  /* of the last cut handed over */
	struct collector_gap gap;
	uint64_t changes;            /* model->changes at the last cut */
	unsigned names_enough;       /* texts are looked over when there are so many */
	int64_t cut_us;
	FILE *hashes;

	/* end */
	struct event *linger, *signals[4];
	bool foreground, ending, writer_gone, paused;
	int status;
	struct error *err;
	bool (*done)(const struct model *m, void *arg);
	void *done_arg;
};

/* collector.c */
int64_t collector_now(const struct collector *c);
void collector_put(struct collector *c, const struct record *r);
void collector_end(struct collector *c, int status);

/* collector_clock.c: records about the session and about time */
void collector_session_records(struct collector *c);
void collector_setting(struct collector *c, unsigned key, const char *name, const char *value);
void collector_set_interval(struct collector *c, double seconds);
void collector_clock(struct collector *c);
/* Read the clocks without a record. */
void collector_clock_sample(struct collector *c);
int64_t collector_wall(struct collector *c);
/* Say so when slots were missed by and by. */
void collector_busy(struct collector *c);
/* The collector itself did not run for so many ticks. */
void collector_slept(struct collector *c, int64_t from, int64_t missed);

/* collector_cut.c: the recording */
struct recording_header collector_header(struct collector *c);
void collector_cut(struct collector *c, bool tick);
void collector_rotate(struct collector *c);
void collector_close_recording(struct collector *c);
extern const struct writer_calls collector_writer_calls;

/* collector_names.c: at every tick */
void collector_names(struct collector *c);

/* collector_command.c */
extern const struct control_calls collector_control_calls;

#endif
