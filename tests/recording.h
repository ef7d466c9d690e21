/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the tests of recordings share: a recorder into a memory file, a plain fold, files from bytes. */
#ifndef TESTS_RECORDING_H
#define TESTS_RECORDING_H

#include <fcntl.h>
#include <stdarg.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "recording/format.h"
#include "tunwatch/recording.h"
#include "workload.h"

#define TEST_WALL INT64_C(1795000000000000)

static inline struct recording_header some_header(void)
{
	return (struct recording_header){
		.session = "00112233445566778899aabbccddeeff", .version = "0.1", .host = "jump01",
		.boot_id = "11111111-2222-3333-4444-555555555555", .zone = "Asia/Tokyo", .zone_offset_s = 32400,
		.start_us = TEST_WALL, .interval_us = US_PER_S,
	};
}

/* ---- the last value of every (kind, key): the simplest model there is ---- */

struct folded {
	bool used;
	struct record r;
	char *text;
};

struct fold {
	struct folded *cell[RECORD_KINDS];
	size_t n[RECORD_KINDS];
	uint64_t events;
};

static inline bool fold_is_state(enum record_kind kind)
{
	enum record_shape shape = record_kind_info(kind)->shape;

	return shape == RECORD_SHAPE_STATE || shape == RECORD_SHAPE_NAMED;
}

static inline void fold_remove(struct fold *f, enum record_kind kind, unsigned key)
{
	if (key < f->n[kind])
		f->cell[kind][key].used = false;
}

static inline void fold_apply(struct fold *f, const struct record *r)
{
	struct folded *c;

	if (r->kind == RECORD_REMOVE) {
		fold_remove(f, (enum record_kind)r->v[0], r->key);
		return;
	}
	f->events += !fold_is_state(r->kind);
	if (!fold_is_state(r->kind))
		return;
	array_grow(&f->cell[r->kind], &f->n[r->kind], r->key + 1u, sizeof *c);
	c = &f->cell[r->kind][r->key];
	free(c->text);
	*c = (struct folded){ .used = true, .r = *r, .text = xcalloc(1, r->text_len + 1) };
	if (r->text_len)
		memcpy(c->text, r->text, r->text_len);
}

static inline uint64_t fold_hash(const struct fold *f)
{
	uint64_t h = 1;

	for (int k = 1; k < RECORD_KINDS; k++) {
		for (size_t i = 0; i < f->n[k]; i++) {
			const struct folded *c = &f->cell[k][i];
			int64_t head[] = { k, (int64_t)i, c->r.t, c->r.known };

			if (!c->used)
				continue;
			h = hash_bytes(h, head, sizeof head);
			for (unsigned v = 0; v < RECORD_FIELDS_MAX; v++)
				if (record_has(&c->r, v))
					h = hash_bytes(h, &c->r.v[v], 8);
			h = hash_bytes(h, c->text, c->r.text_len);
		}
	}
	return h;
}

static inline void fold_clear(struct fold *f)
{
	for (int k = 1; k < RECORD_KINDS; k++) {
		for (size_t i = 0; i < f->n[k]; i++)
			free(f->cell[k][i].text);
		free(f->cell[k]);
	}
	*f = (struct fold){0};
}

static inline uint64_t record_hash(uint64_t h, const struct record *r)
{
	int64_t head[] = { (int64_t)r->kind, r->key, r->t, r->known, (int64_t)r->text_len };

	h = hash_bytes(h, head, sizeof head);
	for (unsigned v = 0; v < RECORD_FIELDS_MAX; v++)
		if (record_has(r, v))
			h = hash_bytes(h, &r->v[v], 8);
	return hash_bytes(h, r->text_len ? r->text : "", r->text_len);
}

/* ---- a recorder: what is put into it, as bytes ---- */

struct recorder {
	struct record_sink sink;
	struct encoder *encoder;
	uint8_t *bytes;
	size_t len, cap;
	uint64_t hash, count; /* of all records put */
};

static inline void recorder_put(struct record_sink *sink, const struct record *r)
{
	struct recorder *rec = (struct recorder *)(void *)sink;

	rec->hash = record_hash(rec->hash, r);
	rec->count++;
	if (r->kind == RECORD_REMOVE)
		encoder_remove(rec->encoder, (enum record_kind)r->v[0], r->key, r->t);
	else
		encoder_add(rec->encoder, r);
}

static inline void recorder_open_as(struct recorder *rec, const char *session)
{
	struct recording_header h = some_header();

	str_copy(h.session, sizeof h.session, session);
	*rec = (struct recorder){ .sink.put = recorder_put, .encoder = encoder_new(&h) };
}

static inline void recorder_open(struct recorder *rec)
{
	recorder_open_as(rec, some_header().session);
}

static inline void recorder_keep(struct recorder *rec, const uint8_t *bytes, size_t len)
{
	array_grow(&rec->bytes, &rec->cap, rec->len + len, 1);
	if (len)
		memcpy(rec->bytes + rec->len, bytes, len);
	rec->len += len;
}

static inline void recorder_cut(struct recorder *rec, int64_t t)
{
	const uint8_t *bytes;
	size_t len = encoder_cut(rec->encoder, t, TEST_WALL + t, &bytes);

	recorder_keep(rec, bytes, len);
}

static inline void recorder_end(struct recorder *rec)
{
	const uint8_t *bytes;
	size_t len = encoder_end(rec->encoder, &bytes);

	recorder_keep(rec, bytes, len);
}

static inline void recorder_close(struct recorder *rec)
{
	encoder_free(rec->encoder);
	free(rec->bytes);
}

/* A workload of so many seconds, ended cleanly. */
static inline void recorder_fill(struct recorder *rec, uint64_t seed, unsigned tunnels, unsigned sas, int seconds)
{
	struct workload w;

	recorder_open(rec);
	workload_open(&w, seed, tunnels, sas, &rec->sink);
	for (int i = 0; i < seconds; i++) {
		workload_tick(&w);
		recorder_cut(rec, w.t);
	}
	workload_close(&w);
	recorder_end(rec);
}

/* ---- reading ---- */

static inline int file_of(const void *bytes, size_t len)
{
	int fd = memfd_create("test", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, len), (ssize_t)len);
	return fd;
}

static inline struct reader *reader_of(const void *bytes, size_t len)
{
	struct reader *rd = reader_new();
	struct error err = {0};

	if (reader_add(rd, file_of(bytes, len), &err)) {
		reader_free(rd);
		return NULL;
	}
	return rd;
}

/* Hash and number of all records up to the end; snapshots are left out. */
static inline uint64_t read_all(struct reader *rd, uint64_t *ret_count)
{
	enum reader_result result;
	struct record r;
	uint64_t h = 0;

	*ret_count = 0;
	while ((result = reader_next(rd, &r)) == READER_RECORD || result == READER_FRAME) {
		if (result == READER_FRAME || r.snapshot)
			continue;
		h = record_hash(h, &r);
		(*ret_count)++;
	}
	return h;
}

/* What stands at every frame of a file: place behind it, records so far, the fold. */
struct waypoint {
	uint64_t at, count, hash;
	int64_t t;
};

struct way {
	struct waypoint *point;
	size_t n, cap;
};

static inline uint64_t reader_at(const struct reader *rd)
{
	uint64_t total, at;

	reader_progress(rd, &total, &at);
	return at;
}

static inline void way_walk(struct way *w, struct reader *rd)
{
	struct fold f = {0};
	uint64_t count = 0;
	enum reader_result result;
	struct record r;

	*w = (struct way){0};
	while ((result = reader_next(rd, &r)) == READER_RECORD || result == READER_FRAME) {
		if (result == READER_RECORD) {
			fold_apply(&f, &r);
			count += !r.snapshot;
			continue;
		}
		array_grow(&w->point, &w->cap, w->n + 1, sizeof *w->point);
		w->point[w->n++] =
			(struct waypoint){ reader_at(rd), count, fold_hash(&f), reader_time(rd) };
	}
	fold_clear(&f);
}

static inline const struct waypoint *way_find(const struct way *w, uint64_t at)
{
	size_t low = 0, high = w->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (w->point[middle].at < at)
			low = middle + 1;
		else
			high = middle;
	}
	return low < w->n && w->point[low].at == at ? &w->point[low] : NULL;
}

#endif
