/* SPDX-License-Identifier: GPL-2.0-or-later */
/* report: what a model says, as text, markdown or JSON. Reads the model only; nothing is written anywhere. */
#ifndef TUNWATCH_REPORT_H
#define TUNWATCH_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tunwatch/base.h"
#include "tunwatch/model.h"

/* The verdict on all rows, numbered as monitoring plugins exit. */
enum report_status { REPORT_OK, REPORT_WARNING, REPORT_CRITICAL, REPORT_UNKNOWN };

/* What is told. */
struct report {
	const struct model *m;      /* at the end of the window; with history, or no outages are told */
	const struct model *stats;  /* the same, but its statistics count from the start of the window; NULL: m */
	const struct model *before; /* at its start, for times spent up and down; NULL: it began with the recording */
	int64_t from, to;           /* session time */
	bool utc;                   /* text and markdown: times in UTC instead of the recording's zone */
	bool closed;                /* the recording has an end; false: it was still being written, or was cut off */
	const char *const *notes;   /* what the reader should know of the file: damage and the like; UTF-8 */
	size_t nnotes;
};

/* Any row down: CRITICAL; else any degraded: WARNING; else any up: OK; else (or without rows) UNKNOWN. */
enum report_status report_status(const struct model *m);
const char *report_status_word(enum report_status status); /* OK, WARNING, CRITICAL, UNKNOWN */
/* Rows there are, and rows in that state of health. */
size_t report_rows(const struct model *m);
size_t report_count(const struct model *m, enum health state);

/* One line without a newline: the verdict, who is not up and why, the remark, and performance data behind a bar. */
void report_summary(struct buf *out, const struct model *m, const char *remark);
/* Sources that do not work, and why: "; NAME INSTANCE: STATE: REASON" each; nothing when all do. */
void report_troubles(struct buf *out, const struct model *m);
void report_text(struct buf *out, const struct report *r);
void report_markdown(struct buf *out, const struct report *r);
/* The JSON object promised to other programs; ends with a newline. */
void report_json(struct buf *out, const struct report *r);

#endif
