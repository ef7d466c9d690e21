// SPDX-License-Identifier: GPL-2.0-or-later
// timeline: the model at any moment of a recording. The head folds the file from its start and keeps copies on its
// way; what is shown is the head, or a fold of its own that stands or plays at some time. One reader serves both.
#ifndef TIMELINE_H
#define TIMELINE_H

#include "tunwatch/model.h"
#include "tunwatch/recording.h"

struct timeline;

// The reader is borrowed and must stay where timeline put it. It may get further parts at any time.
struct timeline *timeline_new(struct reader *rd);
void timeline_free(struct timeline *tl);

// Show the end from now on. Before the head is there: a fold of the last 300 s (model->partial).
void timeline_follow(struct timeline *tl);
bool timeline_follows(const struct timeline *tl);
// Show session time t, as near as the recording comes; exact as soon as the head has passed it.
void timeline_seek(struct timeline *tl, int64_t t);
// Go on to t (never back); stops following.
void timeline_play(struct timeline *tl, int64_t t);
// Read what there is, for at most budget_us. True: there is more to do at once.
bool timeline_work(struct timeline *tl, int64_t budget_us);

// The model shown, and the one that has seen most. Valid until the next call of any of the above.
const struct model *timeline_model(const struct timeline *tl);
const struct model *timeline_newest(const struct timeline *tl);
int64_t timeline_at(const struct timeline *tl);
int64_t timeline_end(const struct timeline *tl); // newest time of the recording
int timeline_percent(const struct timeline *tl); // of the past that the head has read
uint64_t timeline_bytes(const struct timeline *tl);
// NULL, or why reading ended.
const char *timeline_error(const struct timeline *tl);

// A baseline (or its removal) at the time shown that is not in the recording.
void timeline_baseline(struct timeline *tl, bool clear);

#endif
