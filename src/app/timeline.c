// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "app/timeline.h"

#define PREROLL_US (300 * US_PER_S)
#define COPY_EVERY_US (600 * US_PER_S)
#define NEAR_US (60 * US_PER_S)
#define COPIES_BYTES (8u << 20)
enum { COPIES_MAX = 4096, OVERLAYS_MAX = 16, CHECK_EVERY = 256 };

// A fold and where it stands: so many records behind a keyframe.
struct cursor {
	struct model *m;
	struct reader_pos key;
	bool has_key;       // false: from the first record on
	bool partial;       // began in the middle
	uint64_t since_key;
	size_t overlays;    // applied
};

struct overlay {
	int64_t t;
	bool clear;
};

struct timeline {
	struct reader *rd;
	struct cursor head, own;
	struct cursor *active;        // where the reader stands; NULL: nowhere
	bool touched;                 // the reader has left its start
	bool has_first;               // the empty keyframe at the start: nothing comes before it
	struct reader_pos first;
	bool follows, arrived;        // arrived: the head has reached the end once
	bool has_pending;             // a record read that is later than what was asked for
	struct record pending;
	char text[RECORD_TEXT_MAX];
	struct cursor *copies;        // of the head, in order
	size_t ncopies, copies_cap;
	int64_t copy_every;
	struct cursor near;           // shortly before the time shown: stepping back is cheap
	struct overlay overlays[OVERLAYS_MAX];
	size_t noverlays;
	int64_t at, end;
	uint64_t total;               // bytes when the end was last looked for
	bool failed;
};

static void drop(struct cursor *c)
{
	model_free(c->m);
	memset(c, 0, sizeof *c);
}

static struct cursor copy_of(const struct cursor *c)
{
	struct cursor copy = *c;

	copy.m = model_copy(c->m);
	return copy;
}

static struct cursor fresh(void)
{
	return (struct cursor){ .m = model_new(true) };
}

struct timeline *timeline_new(struct reader *rd)
{
	struct timeline *tl = xcalloc(1, sizeof *tl);

	tl->rd = rd;
	tl->head = fresh();
	tl->own = fresh();
	tl->copy_every = COPY_EVERY_US;
	return tl;
}

void timeline_free(struct timeline *tl)
{
	if (!tl)
		return;
	drop(&tl->head);
	drop(&tl->own);
	drop(&tl->near);
	for (size_t i = 0; i < tl->ncopies; i++)
		drop(&tl->copies[i]);
	free(tl->copies);
	free(tl);
}

// ---- the reader ----

// The part that a cursor stood in is gone: begin with what is left.
static void begin_again(struct timeline *tl, struct cursor *c)
{
	drop(c);
	*c = fresh();
	c->partial = true;
	reader_seek(tl->rd, 0);
}

// Pass over what the cursor has folded already.
static void pass(struct timeline *tl, uint64_t n)
{
	struct record r;

	while (n) {
		enum reader_result result = reader_next(tl->rd, &r);

		if (result == READER_RECORD)
			n--;
		else if (result != READER_FRAME)
			return;
	}
}

static void enter(struct timeline *tl, struct cursor *c)
{
	if (tl->active == c)
		return;
	tl->has_pending = false;
	if (!c->has_key && tl->has_first)
		reader_seek_pos(tl->rd, &tl->first);
	else if (!c->has_key && tl->touched)
		reader_seek(tl->rd, 0);
	else if (c->has_key && reader_seek_pos(tl->rd, &c->key))
		begin_again(tl, c);
	pass(tl, c->since_key);
	tl->active = c;
	tl->touched = true;
}

static int64_t now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * US_PER_S + ts.tv_nsec / NS_PER_US;
}

static void apply_overlays(struct timeline *tl, struct cursor *c, int64_t before)
{
	while (c == &tl->own && c->overlays < tl->noverlays && tl->overlays[c->overlays].t < before) {
		const struct overlay *o = &tl->overlays[c->overlays++];
		struct record r;

		record_init(&r, RECORD_BASELINE, 0, o->t);
		if (o->clear)
			record_set(&r, BASELINE_CLEAR, 1);
		model_apply(c->m, &r);
	}
}

static void thin_copies(struct timeline *tl)
{
	size_t bytes = 0, kept = 0;

	for (size_t i = 0; i < tl->ncopies; i++)
		bytes += model_bytes(tl->copies[i].m);
	if (bytes <= COPIES_BYTES && tl->ncopies < COPIES_MAX)
		return;
	for (size_t i = 0; i < tl->ncopies; i++) {
		if (i % 2)
			tl->copies[kept++] = tl->copies[i];
		else
			drop(&tl->copies[i]);
	}
	tl->ncopies = kept;
	tl->copy_every *= 2;
}

static void keep_copy(struct timeline *tl)
{
	int64_t last = tl->ncopies ? tl->copies[tl->ncopies - 1].key.t : 0;

	if (tl->head.partial || tl->head.key.t - last < tl->copy_every)
		return;
	array_grow(&tl->copies, &tl->copies_cap, tl->ncopies + 1, sizeof *tl->copies);
	tl->copies[tl->ncopies++] = copy_of(&tl->head);
	thin_copies(tl);
}

static void keep_near(struct timeline *tl, int64_t to)
{
	if (tl->own.partial || to - tl->own.key.t < NEAR_US || to - tl->own.key.t > 3 * NEAR_US)
		return;
	drop(&tl->near);
	tl->near = copy_of(&tl->own);
}

static void on_frame(struct timeline *tl, struct cursor *c, int64_t to)
{
	if (!reader_at_keyframe(tl->rd, &c->key))
		return;
	if (!c->has_key && !c->since_key && !c->partial) {
		tl->has_first = true;
		tl->first = c->key;
	}
	c->has_key = true;
	c->since_key = 0;
	if (c == &tl->head)
		keep_copy(tl);
	else
		keep_near(tl, to);
}

// Keep a record for later; its text is the reader's.
static void hold(struct timeline *tl, const struct record *r)
{
	tl->pending = *r;
	if (r->text) {
		memcpy(tl->text, r->text, r->text_len);
		tl->pending.text = tl->text;
	}
	tl->has_pending = true;
}

static bool take(struct timeline *tl, struct cursor *c, const struct record *r, int64_t to)
{
	if (r->t > to) {
		if (r != &tl->pending)
			hold(tl, r);
		return false;
	}
	apply_overlays(tl, c, r->t);
	model_apply(c->m, r);
	c->since_key++;
	tl->has_pending = false;
	return true;
}

// Fold records up to time to. True: all there are; false: the deadline (0: none) came first.
static bool advance(struct timeline *tl, struct cursor *c, int64_t to, int64_t deadline)
{
	struct record r;

	if (!reader_header(tl->rd))
		return true;
	enter(tl, c);
	if (tl->has_pending && !take(tl, c, &tl->pending, to))
		return true;
	for (unsigned n = 1;; n++) {
		switch (reader_next(tl->rd, &r)) {
		case READER_RECORD:
			if (!take(tl, c, &r, to))
				return true;
			break;
		case READER_FRAME:
			on_frame(tl, c, to);
			break;
		case READER_ERROR:
			tl->failed = true;
			return true;
		case READER_WAIT:
		case READER_END:
			return true;
		}
		if (deadline && n % CHECK_EVERY == 0 && now_us() > deadline)
			return false;
	}
}

// ---- what is shown ----

static size_t overlays_until(const struct timeline *tl, int64_t t)
{
	size_t n = 0;

	while (n < tl->noverlays && tl->overlays[n].t < t)
		n++;
	return n;
}

// Whether the cursor stands at or before t, exactly, and nearer than best.
static bool is_better(const struct timeline *tl, const struct cursor *c, int64_t t, const struct cursor *best)
{
	return c->m && !c->partial && c->m->now <= t && c->overlays == overlays_until(tl, c->m->now) &&
	       (!best || c->m->now > best->m->now);
}

static const struct cursor *best_before(const struct timeline *tl, int64_t t)
{
	const struct cursor *best = NULL;

	for (size_t i = 0; i < tl->ncopies; i++)
		if (is_better(tl, &tl->copies[i], t, best))
			best = &tl->copies[i];
	if (is_better(tl, &tl->near, t, best))
		best = &tl->near;
	if (is_better(tl, &tl->head, t, best))
		best = &tl->head;
	if (is_better(tl, &tl->own, t, best))
		best = &tl->own;
	return best;
}

static void set_own(struct timeline *tl, struct cursor c)
{
	drop(&tl->own);
	tl->own = c;
	if (tl->active == &tl->own)
		tl->active = NULL;
}

static void show_exact(struct timeline *tl, int64_t t)
{
	const struct cursor *best = best_before(tl, t);

	if (!best)
		set_own(tl, fresh());
	else if (best != &tl->own)
		set_own(tl, copy_of(best));
	advance(tl, &tl->own, t, 0);
}

// The head has not been there yet: what 300 s before it tell.
static void show_partial(struct timeline *tl, int64_t t)
{
	struct cursor c = fresh();

	c.partial = true;
	set_own(tl, c);
	tl->has_pending = false;
	tl->touched = true;
	if (!reader_seek(tl->rd, t > PREROLL_US ? t - PREROLL_US : 0))
		tl->active = &tl->own;
	advance(tl, &tl->own, t, 0);
}

// Whether an exact fold to t costs no more than the way from a copy.
static bool is_covered(const struct timeline *tl, int64_t t)
{
	const struct cursor *best = best_before(tl, t);

	return tl->arrived || tl->head.m->now >= t || t - (best ? best->m->now : 0) <= PREROLL_US;
}

void timeline_seek(struct timeline *tl, int64_t t)
{
	int64_t end = timeline_end(tl);

	tl->follows = false;
	tl->at = t < 0 ? 0 : t > end ? end : t;
	if (is_covered(tl, tl->at))
		show_exact(tl, tl->at);
	else
		show_partial(tl, tl->at);
}

void timeline_play(struct timeline *tl, int64_t t)
{
	int64_t end = timeline_end(tl);

	t = t > end ? end : t;
	if (tl->follows || t < tl->at) {
		timeline_seek(tl, t);
		return;
	}
	tl->at = t;
	advance(tl, &tl->own, t, 0);
	apply_overlays(tl, &tl->own, t);
}

void timeline_follow(struct timeline *tl)
{
	tl->follows = true;
	if (!tl->arrived)
		show_partial(tl, timeline_end(tl));
	else if (tl->noverlays)
		show_exact(tl, timeline_end(tl));
}

bool timeline_follows(const struct timeline *tl)
{
	return tl->follows;
}

static void look_for_end(struct timeline *tl)
{
	uint64_t total = 0, read = 0;
	int64_t last;

	reader_progress(tl->rd, &total, &read);
	if (total == tl->total && tl->end)
		return;
	tl->total = total;
	// the head knows better
	if (tl->arrived)
		return;
	last = reader_last_time(tl->rd);
	if (last > tl->end)
		tl->end = last;
}

// The end was shown by a fold that began in the middle: from now on the head is shown.
static void arrive(struct timeline *tl)
{
	if (!tl->arrived && tl->follows && !tl->noverlays)
		set_own(tl, fresh());
	tl->arrived = true;
}

bool timeline_work(struct timeline *tl, int64_t budget_us)
{
	uint64_t before = tl->total;
	bool done, was_partial = tl->own.partial;

	if (!reader_header(tl->rd))
		return false;
	look_for_end(tl);
	if (tl->follows && (!tl->arrived || tl->noverlays))
		advance(tl, &tl->own, INT64_MAX, 0);
	// nothing new: leave the reader where it stands
	if (tl->arrived && tl->total == before && tl->active != &tl->head)
		return false;
	done = advance(tl, &tl->head, INT64_MAX, now_us() + budget_us);
	if (done)
		arrive(tl);
	if (tl->head.m->now > tl->end)
		tl->end = tl->head.m->now;
	if (!tl->follows && was_partial && is_covered(tl, tl->at))
		show_exact(tl, tl->at);
	return !done;
}

const struct model *timeline_model(const struct timeline *tl)
{
	return tl->follows && tl->arrived && !tl->noverlays ? tl->head.m : tl->own.m;
}

const struct model *timeline_newest(const struct timeline *tl)
{
	return tl->arrived || tl->head.m->now >= tl->own.m->now ? tl->head.m : tl->own.m;
}

int64_t timeline_at(const struct timeline *tl)
{
	return tl->follows ? timeline_model(tl)->now : tl->at;
}

int64_t timeline_end(const struct timeline *tl)
{
	return tl->end;
}

int timeline_percent(const struct timeline *tl)
{
	if (tl->arrived || tl->end <= 0)
		return 100;
	return (int)(tl->head.m->now < tl->end ? tl->head.m->now * 100 / tl->end : 99);
}

uint64_t timeline_bytes(const struct timeline *tl)
{
	return tl->total;
}

const char *timeline_error(const struct timeline *tl)
{
	return tl->failed ? reader_error(tl->rd) : NULL;
}

void timeline_baseline(struct timeline *tl, bool clear)
{
	size_t n = overlays_until(tl, tl->at);

	if (tl->follows)
		timeline_seek(tl, timeline_end(tl));
	if (n == OVERLAYS_MAX)
		return;
	tl->overlays[n] = (struct overlay){ .t = tl->at, .clear = clear };
	tl->noverlays = n + 1;
	drop(&tl->near);
	apply_overlays(tl, &tl->own, tl->at + 1);
}
