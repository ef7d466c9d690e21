/* SPDX-License-Identifier: GPL-2.0-or-later */
/* view: what a person has chosen to look at, and the panels that draw a model into a canvas. It never changes the
 * model and reads no clock; the same model, status and keys give the same canvas. */
#ifndef TUNWATCH_VIEW_H
#define TUNWATCH_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tunwatch/base.h"
#include "tunwatch/canvas.h"
#include "tunwatch/model.h"
#include "tunwatch/table.h"

/* What the viewer knows and the model does not. Times are session time in us. */
struct view_status {
	unsigned mode;        /* MODE_LIVE or MODE_REPLAY */
	bool paused;          /* the time shown stands still */
	bool connecting;      /* nothing to show yet */
	bool over;            /* the recording ends here and does not grow */
	bool silent;          /* no frame for 3 intervals, or the collector has gone */
	int64_t silent_us;    /* for how long */
	int64_t at;           /* time shown */
	int64_t end;          /* newest time of the recording */
	uint64_t bytes;       /* its size; 0: not known */
	double speed;         /* of replay */
	int scan_percent;     /* how much of the past has been read, 0..100 */
	const char *file;     /* name to show, or NULL */
	const char *trouble;  /* what a person must know at once, or NULL */
};

struct view;

/* ascii: only ASCII glyphs. utc: clock in UTC, else in the recording's zone. */
struct view *view_new(bool ascii, bool utc);
void view_free(struct view *v);

/* Draw all of it; the canvas keeps its size. */
void view_draw(struct view *v, struct canvas *c, const struct model *m, const struct view_status *st);

/* Carry out an action that concerns only the view. Returns false when the action is the caller's. */
bool view_do(struct view *v, enum action action, const struct model *m, const struct view_status *st);

/* Says so when the key is that of a panel which this version does not have; returns whether it is. */
bool view_lacks(struct view *v, const char *key);

/* Seconds in a cell of the strip. */
int view_zoom(const struct view *v);
/* Key of the selected row, in panels that show rows or what belongs to one; else MODEL_NONE. */
unsigned view_row(const struct view *v);
/* Events to step through: of all rows (MODEL_NONE) or of one. */
unsigned view_events_of(const struct view *v);
/* The event under the cursor when keys go to the events: its time in *ret. */
bool view_event_time(struct view *v, const struct model *m, const struct view_status *st, int64_t *ret);

/* A line shown instead of the footer until the next key. "" removes it. */
void view_say(struct view *v, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* ... and only until the recording's end gets to that time. */
void view_say_until(struct view *v, int64_t until, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* Questions, asked in the last line. */
enum view_question {
	ASK_NOTHING, ASK_FILTER, ASK_SEARCH, ASK_TIME, ASK_MARK, ASK_GOTO, ASK_BASELINE, ASK_INTERVAL, ASK_QUIT,
};
void view_ask(struct view *v, enum view_question which);
enum view_question view_asking(const struct view *v);
/* A key while a question is open. Returns the question that it answers, with the text in *ret (until the next call),
 * or ASK_NOTHING. Filter and search are answered to the view itself. */
enum view_question view_answer(struct view *v, const char *key, const struct model *m, const struct view_status *st,
			       const char **ret);

/* The outages of all rows as text, oldest first. */
void view_outages(const struct model *m, bool utc, struct buf *out);

#endif
