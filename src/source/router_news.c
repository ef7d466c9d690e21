// SPDX-License-Identifier: GPL-2.0-or-later
// The newest lines of the answer before are looked for in this one: what stands behind them is new. Times tell nothing:
// clocks are set, and many lines may share a second.
#include <stdlib.h>
#include <string.h>

#include "source/router_news.h"

/* The newest ones of an answer; how many lines at its end may have been written over since it was given. */
enum { LINES_MAX = 4096, CHANGED_MAX = 16 };
/* Of an answer that need not be read to its end: so many lines are taken the first time (some pages), or later, when
 * none of them is known; and so many known ones in a row tell that the rest is. */
enum { FIRST_LINES = 180, LATER_LINES = 3000, KNOWN_LINES = 8 };

/* What a line is known by. */
struct mark {
	uint64_t hash;
	unsigned repeated;
};

struct router_news {
	struct router_seen_log *lines; /* of this answer; from LINES_MAX on a ring that begins at first */
	size_t nlines, cap, first;
	struct mark *marks, *old;      /* the newest first: of this answer, and of what was told before */
	size_t nmarks, nold;
};

struct router_news *router_news_new(void)
{
	struct router_news *rn = xcalloc(1, sizeof *rn);

	rn->marks = xcalloc(LINES_MAX, sizeof *rn->marks);
	rn->old = xcalloc(LINES_MAX, sizeof *rn->old);
	return rn;
}

void router_news_free(struct router_news *rn)
{
	if (!rn)
		return;
	free(rn->lines);
	free(rn->marks);
	free(rn->old);
	free(rn);
}

void router_news_begin(struct router_news *rn)
{
	rn->nlines = rn->first = 0;
}

void router_news_add(struct router_news *rn, const struct router_seen_log *line)
{
	if (rn->nlines < LINES_MAX) {
		array_grow(&rn->lines, &rn->cap, rn->nlines + 1, sizeof *rn->lines);
		rn->lines[rn->nlines++] = *line;
		return;
	}
	rn->lines[rn->first] = *line;
	rn->first = (rn->first + 1) % LINES_MAX;
}

/* Line i of this answer, the newest being 0. */
static const struct router_seen_log *line_at(const struct router_news *rn, size_t i)
{
	return &rn->lines[(rn->first + rn->nlines - 1 - i) % rn->nlines];
}

/* A line that counts is written over by the router when it happens again: it is known by its place alone. */
static struct mark mark_of(const struct router_seen_log *line)
{
	struct mark m = { .repeated = line->repeated };

	if (!line->repeated) {
		m.hash = hash_bytes(1, &line->at_civil_us, sizeof line->at_civil_us);
		m.hash = hash_bytes(m.hash, line->name, strlen(line->name));
		m.hash = hash_bytes(m.hash, line->text, strlen(line->text));
	}
	return m;
}

static size_t overlap(const struct router_news *rn, size_t k, size_t j)
{
	return rn->nmarks - k < rn->nold - j ? rn->nmarks - k : rn->nold - j;
}

/* Whether what was told, from its line j on, stands here from line k on. */
static bool goes_on(const struct router_news *rn, size_t k, size_t j)
{
	size_t n = overlap(rn, k, j);

	for (size_t i = 0; i < n; i++)
		if (rn->marks[k + i].hash != rn->old[j + i].hash)
			return false;
	return true;
}

/* How many lines are new. *ret_j: so many of the told ones are gone from its end. SIZE_MAX: nothing of what was told
 * stands there any more. */
static size_t count_new(const struct router_news *rn, size_t *ret_j)
{
	for (size_t j = 0; j < CHANGED_MAX && j < rn->nold; j++)
		for (size_t k = 0; k < rn->nmarks; k++)
			if (goes_on(rn, k, j)) {
				*ret_j = j;
				return k;
			}
	return SIZE_MAX;
}

static bool was_told(const struct router_news *rn, const struct mark *m)
{
	for (size_t i = 0; i < rn->nold && !m->repeated; i++)
		if (rn->old[i].hash == m->hash)
			return true;
	return false;
}

static void put(struct router_seen_sink *sink, const struct router_seen_log *line, unsigned repeated)
{
	struct router_seen seen = { .kind = ROUTER_SEEN_LOG, .log = *line };

	seen.log.repeated = repeated;
	sink->put(sink, &seen);
}

/* The last line told may count higher by now. */
static void put_repeats(const struct router_news *rn, size_t k, size_t j, struct router_seen_sink *sink)
{
	unsigned now = rn->marks[k].repeated, before = rn->old[j].repeated;

	if (before && now > before)
		put(sink, line_at(rn, k), now - before);
}

static void mark_lines(struct router_news *rn, bool cut)
{
	rn->nmarks = cut && rn->nlines ? rn->nlines - 1 : rn->nlines;
	for (size_t i = 0; i < rn->nmarks; i++)
		rn->marks[i] = mark_of(line_at(rn, i));
}

bool router_news_enough(struct router_news *rn)
{
	size_t k, j = 0;

	mark_lines(rn, true);
	if (!rn->nold)
		return rn->nmarks >= FIRST_LINES;
	if (rn->nmarks >= LATER_LINES)
		return true;
	k = count_new(rn, &j);
	return k != SIZE_MAX && (overlap(rn, k, j) >= KNOWN_LINES || overlap(rn, k, j) == rn->nold - j);
}

/* What was not shown this time was told all the same. */
static void keep_rest(struct router_news *rn, size_t from)
{
	while (from < rn->nold && rn->nmarks < LINES_MAX)
		rn->marks[rn->nmarks++] = rn->old[from++];
}

void router_news_end(struct router_news *rn, bool cut, struct router_seen_sink *sink)
{
	size_t fresh, j = 0, n;
	struct mark *told = rn->marks;

	mark_lines(rn, cut);
	n = rn->nmarks;
	if (!n)
		return;
	fresh = rn->nold ? count_new(rn, &j) : n;
	if (fresh < n)
		put_repeats(rn, fresh, j, sink);
	for (size_t i = fresh < n ? fresh : n; i-- > 0;)
		if (fresh != SIZE_MAX || !was_told(rn, &rn->marks[i]))
			put(sink, line_at(rn, i), rn->marks[i].repeated);
	if (cut && fresh < n)
		keep_rest(rn, j + n - fresh);
	rn->marks = rn->old;
	rn->old = told;
	rn->nold = rn->nmarks;
}
