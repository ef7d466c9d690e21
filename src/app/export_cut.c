// SPDX-License-Identifier: GPL-2.0-or-later
// A window of a recording as a recording: what was known when it begins stands in its first keyframe.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/export.h"

/* The newest record of a (kind, key) before the window. */
struct known {
	struct record r;
	char *text;
	bool used;
};

struct export_cut {
	struct store *store;
	struct encoder *encoder;
	int64_t from;
	bool begun;               /* the window has: no longer collecting */
	bool retold;              /* snapshots within the window: state after damage */
	int64_t t, wall_off;      /* of the newest record */
	struct known *known[RECORD_KINDS];
	size_t n[RECORD_KINDS];
};

/* Another recording, not another part of the same: its session must differ, and be the same for the same cut. */
static void derive_session(struct recording_header *h, int64_t from)
{
	uint64_t a = hash_bytes((uint64_t)from, h->session, strlen(h->session));
	uint64_t b = hash_bytes(a + 1, h->session, strlen(h->session));

	snprintf(h->session, sizeof h->session, "%016llx%016llx", (unsigned long long)a, (unsigned long long)b);
	h->part = 0;
}

struct export_cut *export_cut_new(struct store *store, const struct recording_header *header, int64_t from)
{
	struct export_cut *c = xcalloc(1, sizeof *c);
	struct recording_header h = *header;

	derive_session(&h, from);
	c->store = store;
	c->encoder = encoder_new(&h);
	c->from = from;
	c->wall_off = h.start_us;
	return c;
}

static void forget(struct export_cut *c)
{
	for (int k = 1; k < RECORD_KINDS; k++) {
		for (size_t i = 0; i < c->n[k]; i++)
			free(c->known[k][i].text);
		free(c->known[k]);
		c->known[k] = NULL;
		c->n[k] = 0;
	}
}

void export_cut_free(struct export_cut *c)
{
	if (!c)
		return;
	forget(c);
	encoder_free(c->encoder);
	free(c);
}

static void add(struct export_cut *c, const struct record *r)
{
	if (r->kind == RECORD_REMOVE)
		encoder_remove(c->encoder, (enum record_kind)r->v[0], r->key, r->t);
	else
		encoder_add(c->encoder, r);
}

static void collect(struct export_cut *c, const struct record *r)
{
	enum record_kind kind = r->kind == RECORD_REMOVE ? (enum record_kind)r->v[0] : r->kind;
	enum record_shape shape = record_kind_info(kind)->shape;
	struct known *k;

	if (shape != RECORD_SHAPE_STATE && shape != RECORD_SHAPE_NAMED)
		return;
	array_grow(&c->known[kind], &c->n[kind], r->key + 1u, sizeof *k);
	k = &c->known[kind][r->key];
	free(k->text);
	*k = (struct known){ .r = *r, .used = r->kind != RECORD_REMOVE };
	if (r->text_len) {
		k->text = xcalloc(1, r->text_len);
		memcpy(k->text, r->text, r->text_len);
	}
	k->r.text = k->text;
}

static int by_time(const void *a, const void *b)
{
	const struct record *x = *(const struct record *const *)a, *y = *(const struct record *const *)b;

	if (x->t != y->t)
		return x->t < y->t ? -1 : 1;
	return x->kind != y->kind ? (int)x->kind - (int)y->kind : x->key - y->key;
}

/* What is known goes through the encoder and is dropped: the next cut begins with a keyframe that states it. In order
 * of time, so that each keeps the time at which it was seen. */
static void begin(struct export_cut *c)
{
	const struct record **list = NULL;
	size_t n = 0, cap = 0;

	for (int k = 1; k < RECORD_KINDS; k++) {
		for (size_t i = 0; i < c->n[k]; i++) {
			if (!c->known[k][i].used)
				continue;
			array_grow(&list, &cap, n + 1, sizeof *list);
			list[n++] = &c->known[k][i].r;
		}
	}
	if (n)
		qsort(list, n, sizeof *list, by_time);
	for (size_t i = 0; i < n; i++)
		add(c, list[i]);
	encoder_resync(c->encoder);
	free(list);
	forget(c);
	c->begun = true;
}

static int write_cut(struct export_cut *c, struct error *err)
{
	const uint8_t *bytes;
	size_t len = encoder_cut(c->encoder, c->t, c->t + c->wall_off, &bytes);

	return len ? store_write(c->store, bytes, len, false, err) : 0;
}

int export_cut_record(struct export_cut *c, const struct record *r, int64_t wall_off, struct error *err)
{
	int status = 0;

	c->wall_off = wall_off;
	if (!c->begun && (r->t < c->from || r->snapshot)) {
		collect(c, r);
		return 0;
	}
	if (!c->begun)
		begin(c);
	if (r->snapshot && !c->retold) {
		/* after damage the state is told anew: that is for a keyframe, not news */
		status = write_cut(c, err);
		c->retold = true;
	}
	c->t = r->t > c->t ? r->t : c->t;
	add(c, r);
	return status;
}

int export_cut_frame(struct export_cut *c, struct error *err)
{
	if (!c->begun)
		return 0;
	if (c->retold)
		encoder_resync(c->encoder);
	c->retold = false;
	return write_cut(c, err);
}

int export_cut_end(struct export_cut *c, struct error *err)
{
	const uint8_t *bytes;
	size_t len;
	int r;

	if (!c->begun)
		begin(c);
	r = write_cut(c, err);
	len = encoder_end(c->encoder, &bytes);
	return r ? r : store_write(c->store, bytes, len, false, err);
}
