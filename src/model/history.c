// SPDX-License-Identifier: GPL-2.0-or-later
// What views draw of the past: cells of three lengths, events, outages.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/model_int.h"

const struct history_ring history_ring[HISTORY_RINGS] = { { 1, 300, 0 }, { 10, 360, 300 }, { 300, 288, 660 } };

enum { AMEND_MAX = 64, LATE_MAX = 256 };

static struct history_row *row_at(struct history *h, unsigned tunnel)
{
	if (tunnel >= TUNNELS_MAX)
		return NULL;
	if (tunnel >= h->nrows) {
		array_grow(&h->rows, &h->rows_cap, tunnel + 1, sizeof(void *));
		h->nrows = tunnel + 1;
	}
	if (!h->rows[tunnel]) {
		h->rows[tunnel] = xcalloc(1, sizeof **h->rows);
		for (unsigned i = 0; i < HISTORY_RINGS; i++)
			h->rows[tunnel]->newest[i] = -1;
	}
	return h->rows[tunnel];
}

/* The cell of a bucket, cleared when it is new; NULL when it has left the ring. */
static struct history_cell *cell_at(struct history_row *row, unsigned r, int64_t bucket)
{
	int64_t n = history_ring[r].cells;

	if (bucket < 0 || bucket <= row->newest[r] - n)
		return NULL;
	if (bucket > row->newest[r]) {
		int64_t from = row->newest[r] + 1;

		if (bucket - from >= n)
			from = bucket - n + 1;
		for (; from <= bucket; from++)
			memset(&row->cell[history_ring[r].first + from % n], 0, sizeof *row->cell);
		row->newest[r] = bucket;
	}
	return &row->cell[history_ring[r].first + bucket % n];
}

static const struct history_cell *cell_get(const struct history_row *row, unsigned r, int64_t bucket)
{
	if (bucket < 0 || bucket > row->newest[r] || bucket <= row->newest[r] - history_ring[r].cells)
		return NULL;
	return &row->cell[history_ring[r].first + bucket % history_ring[r].cells];
}

/* unknown < up < degraded < down, as enum health orders them */
static void cell_worst(struct history_cell *c, enum health health)
{
	if (!c->seen || health > c->health)
		c->health = (uint8_t)health;
	c->seen = 1;
}

void history_mark(struct model *m, unsigned tunnel, int64_t from, int64_t to, enum health health)
{
	struct history_row *row = m->history ? row_at(m->history, tunnel) : NULL;

	if (!row || to < from || from < 0)
		return;
	for (unsigned r = 0; r < HISTORY_RINGS; r++) {
		int64_t len = history_ring[r].len_s * US_PER_S, last = to / len, b = from / len;

		if (b < last - history_ring[r].cells)
			b = last - history_ring[r].cells;
		for (; b <= last; b++) {
			struct history_cell *c = cell_at(row, r, b);

			if (c)
				cell_worst(c, health);
		}
	}
}

void history_rewrite(struct model *m, unsigned tunnel, int64_t from, enum health health)
{
	struct history_row *row = m->history ? row_at(m->history, tunnel) : NULL;

	if (!row || from < 0)
		return;
	for (unsigned r = 0; r < HISTORY_RINGS; r++) {
		int64_t len = history_ring[r].len_s * US_PER_S;

		for (int64_t b = (from + len - 1) / len; b <= row->newest[r]; b++) {
			struct history_cell *c = cell_at(row, r, b);

			if (c && c->seen)
				c->health = (uint8_t)health;
		}
	}
}

void history_probe(struct model *m, unsigned tunnel, int64_t sent, bool lost, int64_t rtt_us)
{
	struct history_row *row = m->history ? row_at(m->history, tunnel) : NULL;

	for (unsigned r = 0; row && r < HISTORY_RINGS; r++) {
		struct history_cell *c = cell_at(row, r, sent / (history_ring[r].len_s * US_PER_S));
		unsigned replies;

		if (!c || c->sent == UINT8_MAX)
			continue;
		c->sent++;
		c->lost += lost;
		replies = c->sent - c->lost;
		if (!lost)
			c->rtt_us += (uint32_t)((int32_t)((int64_t)rtt_us - c->rtt_us) / (int32_t)replies);
	}
}

static void merge(struct history_cell *to, const struct history_cell *c)
{
	unsigned old = to->sent - to->lost, new = c->sent - c->lost;

	if (c->seen)
		cell_worst(to, (enum health)c->health);
	if (new)
		to->rtt_us = (uint32_t)(((uint64_t)to->rtt_us * old + (uint64_t)c->rtt_us * new) / (old + new));
	to->sent = (uint8_t)(to->sent + c->sent > UINT8_MAX ? UINT8_MAX : to->sent + c->sent);
	to->lost = (uint8_t)(to->lost + c->lost > to->sent ? to->sent : to->lost + c->lost);
}

bool history_cells(const struct model *m, unsigned tunnel, int cell_s, int64_t to, struct history_cell *ret, size_t n)
{
	const struct history *h = m->history;
	unsigned r = cell_s < 10 ? 0 : cell_s < 300 ? 1 : 2;
	int64_t per = cell_s / history_ring[r].len_s, last = to / (cell_s * US_PER_S);

	memset(ret, 0, n * sizeof *ret);
	if (!h)
		return false;
	if (tunnel >= h->nrows || !h->rows[tunnel] || per < 1)
		return true;
	for (size_t i = 0; i < n; i++) {
		int64_t bucket = last - (int64_t)(n - 1 - i);

		for (int64_t k = 0; k < per && bucket >= 0; k++) {
			const struct history_cell *c = cell_get(h->rows[tunnel], r, bucket * per + k);

			if (c)
				merge(&ret[i], c);
		}
	}
	return true;
}

static struct history_event *event_at(struct history *h, size_t i)
{
	return &h->events[(h->events_first + i) % EVENTS_MAX];
}

/* A place for one of time t: behind those of the same time, before those that are younger. What is told of far too late
 * moves a bounded number of them. */
static struct history_event *event_new(struct history *h, int64_t t)
{
	size_t at;

	if (h->events_n < EVENTS_MAX) {
		array_grow(&h->events, &h->events_cap, h->events_n + 1, sizeof *h->events);
		h->events_n++;
	} else {
		h->events_first = (h->events_first + 1) % EVENTS_MAX;
	}
	at = h->events_n - 1;
	for (unsigned n = 0; at > 0 && n < LATE_MAX && event_at(h, at - 1)->t > t; n++, at--)
		*event_at(h, at) = *event_at(h, at - 1);
	return event_at(h, at);
}

void history_add_event(struct model *m, int64_t t, unsigned tunnel, int dir, enum severity severity,
		       const char *word, const char *fmt, ...)
{
	struct history *h = m->history;
	struct history_event *e;
	va_list ap;

	if (!h)
		return;
	e = event_new(h, t);
	memset(e, 0, sizeof *e);
	e->t = t;
	e->tunnel = (uint16_t)tunnel;
	e->dir = (int8_t)dir;
	e->severity = (uint8_t)severity;
	str_copy(e->word, sizeof e->word, word);
	va_start(ap, fmt);
	vsnprintf(e->text, sizeof e->text, fmt, ap);
	va_end(ap);
}

void history_amend_event(struct model *m, int64_t t, unsigned tunnel, const char *word, const char *old,
			 const char *new)
{
	struct history *h = m->history;

	for (size_t i = h ? h->events_n : 0, n = 0; i-- > 0 && n < AMEND_MAX; n++) {
		struct history_event *e = event_at(h, i);
		size_t len = strlen(e->text), end = strlen(old);

		if (e->t != t || e->tunnel != tunnel || strcmp(e->word, word) || len < end ||
		    strcmp(e->text + len - end, old))
			continue;
		len -= end;
		memset(e->text + len, 0, sizeof e->text - len);
		str_copy(e->text + len, sizeof e->text - len, new);
		return;
	}
}

void history_drop_events(struct model *m, unsigned tunnel, const char *word, int64_t from)
{
	struct history *h = m->history;
	size_t oldest = h && h->events_n > LATE_MAX ? h->events_n - LATE_MAX : 0, kept = oldest;

	for (size_t i = oldest; h && i < h->events_n; i++) {
		const struct history_event *e = event_at(h, i);

		if (e->t < from || e->tunnel != tunnel || strcmp(e->word, word))
			*event_at(h, kept++) = *e;
	}
	if (h)
		h->events_n = kept;
}

size_t history_events(const struct model *m)
{
	return m->history ? m->history->events_n : 0;
}

const struct history_event *history_event(const struct model *m, size_t i)
{
	const struct history *h = m->history;

	return &h->events[(h->events_first + i) % EVENTS_MAX];
}

static struct history_outage *outage_at(struct history *h, size_t i)
{
	return &h->outages[(h->outages_first + i) % OUTAGES_MAX];
}

/* In order of their start: one is dated back when it is known, or told of when it is over. */
static void add_outage(struct history *h, unsigned tunnel, int64_t start, int64_t end, bool known, const char *cause)
{
	struct history_outage *o;
	size_t at;

	if (h->outages_n < OUTAGES_MAX) {
		array_grow(&h->outages, &h->outages_cap, h->outages_n + 1, sizeof *h->outages);
		h->outages_n++;
	} else {
		h->outages_first = (h->outages_first + 1) % OUTAGES_MAX;
	}
	at = h->outages_n - 1;
	for (unsigned n = 0; at > 0 && n < LATE_MAX && outage_at(h, at - 1)->start > start; n++, at--)
		*outage_at(h, at) = *outage_at(h, at - 1);
	o = outage_at(h, at);
	memset(o, 0, sizeof *o);
	o->start = start;
	o->end = end;
	o->tunnel = (uint16_t)tunnel;
	o->start_known = known;
	str_copy(o->cause, sizeof o->cause, cause);
}

void history_outage_open(struct model *m, unsigned tunnel, int64_t start, bool known, const char *cause)
{
	if (m->history)
		add_outage(m->history, tunnel, start, MODEL_NEVER, known, cause);
}

void history_outage_past(struct model *m, unsigned tunnel, int64_t start, int64_t end, const char *cause)
{
	if (m->history)
		add_outage(m->history, tunnel, start, end, true, cause);
}

/* What the outage that goes on turned out to be. */
void history_outage_explain(struct model *m, unsigned tunnel, const char *cause)
{
	struct history *h = m->history;

	for (size_t i = h ? h->outages_n : 0; i-- > 0;) {
		struct history_outage *o = outage_at(h, i);

		if (o->tunnel != tunnel || o->end != MODEL_NEVER)
			continue;
		memset(o->cause, 0, sizeof o->cause);
		str_copy(o->cause, sizeof o->cause, cause);
		return;
	}
}

void history_outage_close(struct model *m, unsigned tunnel, int64_t end)
{
	struct history *h = m->history;

	for (size_t i = h ? h->outages_n : 0; i-- > 0;) {
		struct history_outage *o = outage_at(h, i);

		if (o->tunnel != tunnel || o->end != MODEL_NEVER)
			continue;
		o->end = end;
		return;
	}
}

size_t history_outages(const struct model *m)
{
	return m->history ? m->history->outages_n : 0;
}

const struct history_outage *history_outage(const struct model *m, size_t i)
{
	return &m->history->outages[(m->history->outages_first + i) % OUTAGES_MAX];
}

void history_free(struct history *h)
{
	if (!h)
		return;
	for (size_t i = 0; i < h->nrows; i++)
		free(h->rows[i]);
	free(h->rows);
	for (size_t i = 0; i < HISTORY_BGP_MAX; i++)
		free(h->bgp[i]);
	for (size_t i = 0; i < h->npaths; i++)
		free(h->paths[i]);
	free(h->paths);
	free(h->events);
	free(h->outages);
	free(h);
}

static void *copy(const void *p, size_t n, size_t size)
{
	void *q = n ? xrealloc(NULL, n, size) : NULL;

	if (n)
		memcpy(q, p, n * size);
	return q;
}

struct history *history_copy(const struct history *h)
{
	struct history *c = copy(h, 1, sizeof *h);

	c->rows = copy(h->rows, h->nrows, sizeof *h->rows);
	c->rows_cap = h->nrows;
	for (size_t i = 0; i < h->nrows; i++)
		c->rows[i] = h->rows[i] ? copy(h->rows[i], 1, sizeof *h->rows[i]) : NULL;
	for (size_t i = 0; i < HISTORY_BGP_MAX; i++)
		c->bgp[i] = h->bgp[i] ? copy(h->bgp[i], 1, sizeof *h->bgp[i]) : NULL;
	c->paths = copy(h->paths, h->npaths, sizeof *h->paths);
	c->paths_cap = h->npaths;
	for (size_t i = 0; i < h->npaths; i++)
		c->paths[i] = h->paths[i] ? copy(h->paths[i], 1, history_path_bytes(h->paths[i])) : NULL;
	c->events = copy(h->events, h->events_n, sizeof *h->events);
	c->events_cap = h->events_n;
	c->outages = copy(h->outages, h->outages_n, sizeof *h->outages);
	c->outages_cap = h->outages_n;
	return c;
}

size_t history_bytes(const struct history *h)
{
	size_t n = sizeof *h + h->nrows * sizeof *h->rows;

	for (size_t i = 0; i < h->nrows; i++)
		n += h->rows[i] ? sizeof *h->rows[i] : 0;
	for (size_t i = 0; i < HISTORY_BGP_MAX; i++)
		n += h->bgp[i] ? sizeof *h->bgp[i] : 0;
	for (size_t i = 0; i < h->npaths; i++)
		n += sizeof *h->paths + (h->paths[i] ? history_path_bytes(h->paths[i]) : 0);
	return n + h->events_n * sizeof *h->events + h->outages_n * sizeof *h->outages;
}
