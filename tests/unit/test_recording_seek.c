// SPDX-License-Identifier: GPL-2.0-or-later
// Seeking: a keyframe and what follows give the same state as everything from the start, whatever happened between.
#include <errno.h>

#include "recording.h"

enum { PARTS_MAX = 8 };

struct parts {
	struct recorder rec;        /* bytes of the part being written */
	uint8_t *bytes[PARTS_MAX];
	size_t len[PARTS_MAX], n;
};

static void parts_take(struct parts *p)
{
	assert_true(p->n < PARTS_MAX);
	p->bytes[p->n] = p->rec.bytes;
	p->len[p->n++] = p->rec.len;
	p->rec.bytes = NULL;
	p->rec.len = p->rec.cap = 0;
}

/* A workload with rotations, and with cuts that do not reach the file. */
static void parts_make(struct parts *p, uint64_t seed, int seconds, bool loss)
{
	struct workload w;

	*p = (struct parts){0};
	recorder_open(&p->rec);
	workload_open(&w, seed, 6, 12, &p->rec.sink);
	for (int i = 0; i < seconds; i++) {
		size_t before = p->rec.len;

		if (i && i % (seconds / 4) == 0) {
			parts_take(p);
			encoder_rotate(p->rec.encoder, (unsigned)p->n);
			before = 0;
		}
		workload_tick(&w);
		recorder_cut(&p->rec, w.t);
		if (loss && !workload_below(&w, 40)) {
			p->rec.len = before;
			encoder_resync(p->rec.encoder);
		}
	}
	recorder_end(&p->rec);
	parts_take(p);
	workload_close(&w);
}

static struct reader *parts_open(const struct parts *p)
{
	struct reader *rd = reader_new();

	for (size_t i = 0; i < p->n; i++)
		assert_int_equal(reader_add(rd, file_of(p->bytes[i], p->len[i]), NULL), 0);
	return rd;
}

static void parts_close(struct parts *p)
{
	for (size_t i = 0; i < p->n; i++)
		free(p->bytes[i]);
	recorder_close(&p->rec);
}

/* From where the reader stands: at every frame the fold must be what it was when all was read. */
static unsigned check_from(struct reader *rd, const struct way *way, unsigned frames)
{
	struct fold f = {0};
	enum reader_result result;
	struct record r;
	unsigned wrong = 0;

	while (frames && ((result = reader_next(rd, &r)) == READER_RECORD || result == READER_FRAME)) {
		const struct waypoint *p;

		if (result == READER_RECORD) {
			fold_apply(&f, &r);
			continue;
		}
		p = way_find(way, reader_at(rd));
		wrong += !p || p->hash != fold_hash(&f) || p->t != reader_time(rd);
		frames--;
	}
	fold_clear(&f);
	return wrong;
}

static void check_seeks(uint64_t seed, bool loss)
{
	enum { SECONDS = 1200 };
	struct workload random = { .state = seed + 99 };
	struct parts p;
	struct reader *rd;
	struct way way;
	unsigned wrong = 0;

	parts_make(&p, seed, SECONDS, loss);
	rd = parts_open(&p);
	way_walk(&way, rd);
	assert_true(way.n > SECONDS);
	for (int i = 0; i < 150; i++) {
		assert_int_equal(reader_seek(rd, workload_below(&random, SECONDS * US_PER_S)), 0);
		wrong += check_from(rd, &way, 1 + (unsigned)workload_below(&random, 90));
	}
	assert_int_equal(wrong, 0);
	free(way.point);
	reader_free(rd);
	parts_close(&p);
}

static void test_seek_is_fold(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 4; seed++)
		check_seeks(seed, false);
}

static void test_seek_is_fold_with_loss(void **state)
{
	(void)state;
	for (uint64_t seed = 11; seed <= 14; seed++)
		check_seeks(seed, true);
}

/* Keyframes in the order of the file. */
static size_t list_keyframes(const struct recorder *rec, struct reader_pos *out, size_t max)
{
	size_t n = 0;
	struct frame f;

	for (size_t at = 0; at < rec->len && n < max; at += FRAME_HEAD + f.len) {
		assert_true(frame_parse(rec->bytes + at, &f));
		if (f.type == 'K')
			out[n++] = (struct reader_pos){ 0, at, (int64_t)get_u64(rec->bytes + at + FRAME_HEAD) };
	}
	return n;
}

static void test_seek_exact(void **state)
{
	enum { SECONDS = 7200, SEEKS = 5000 };
	struct workload random = { .state = 5 };
	static struct reader_pos keyframes[1000];
	struct recorder rec;
	struct reader *rd;
	unsigned wrong = 0;
	size_t n;

	(void)state;
	recorder_fill(&rec, 2, 16, 32, SECONDS);
	n = list_keyframes(&rec, keyframes, ARRAY_LEN(keyframes));
	rd = reader_of(rec.bytes, rec.len);
	for (int i = 0; i < SEEKS; i++) {
		int64_t t = workload_below(&random, (SECONDS + 60) * US_PER_S);
		struct reader_pos pos;
		enum reader_result result;
		struct record r;
		size_t want = 0;

		while (want + 1 < n && keyframes[want + 1].t <= t)
			want++;
		assert_int_equal(reader_seek(rd, t), 0);
		while ((result = reader_next(rd, &r)) == READER_RECORD)
			assert_true(r.snapshot);
		assert_int_equal(result, READER_FRAME);
		assert_true(reader_at_keyframe(rd, &pos));
		wrong += pos.offset != keyframes[want].offset;
	}
	assert_int_equal(wrong, 0);
	assert_int_equal(reader_seek(rd, INT64_MIN), 0);
	reader_free(rd);
	recorder_close(&rec);
}

/* Going back to a keyframe whose state is kept: nothing is told twice. */
static void test_seek_pos(void **state)
{
	struct recorder rec;
	struct reader *rd;
	struct reader_pos pos = {0};
	struct way way;
	struct fold f = {0};
	enum reader_result result;
	struct record r;

	(void)state;
	recorder_fill(&rec, 4, 4, 8, 400);
	rd = reader_of(rec.bytes, rec.len);
	way_walk(&way, rd);
	assert_int_equal(reader_seek(rd, 0), 0);
	while (pos.t < 180 * US_PER_S) {
		if (reader_next(rd, &r) == READER_RECORD)
			fold_apply(&f, &r);
		else
			reader_at_keyframe(rd, &pos);
	}
	while (reader_next(rd, &r) != READER_END)
		;
	assert_int_equal(reader_seek_pos(rd, &pos), 0);
	for (bool first = true; (result = reader_next(rd, &r)) != READER_END; first = false) {
		assert_true(first ? result == READER_FRAME : !r.snapshot || result == READER_FRAME);
		if (result == READER_RECORD)
			fold_apply(&f, &r);
	}
	assert_true(reader_time(rd) == way.point[way.n - 1].t);
	pos.offset++;
	assert_int_equal(reader_seek_pos(rd, &pos), -ENOENT);
	pos.part = 7;
	assert_int_equal(reader_seek_pos(rd, &pos), -ENOENT);
	fold_clear(&f);
	free(way.point);
	reader_free(rd);
	recorder_close(&rec);
}

static void test_last_time(void **state)
{
	struct recorder rec;
	struct reader *rd;

	(void)state;
	recorder_fill(&rec, 4, 4, 8, 100);
	rd = reader_of(rec.bytes, rec.len);
	assert_true(reader_last_time(rd) == 100 * US_PER_S);
	reader_free(rd);
	rd = reader_of(rec.bytes, rec.len - 25); /* without E, and the last D torn */
	assert_in_range(reader_last_time(rd), 98 * US_PER_S, 99 * US_PER_S);
	reader_free(rd);
	recorder_close(&rec);
}

/* A part that is missing: a gap, and the state anew. */
static void test_missing_part(void **state)
{
	struct parts p;
	struct reader *rd;
	enum reader_result result;
	struct record r;
	unsigned gaps = 0, wrong = 0;
	struct fold f = {0};
	struct way way;

	(void)state;
	parts_make(&p, 21, 800, false);
	rd = parts_open(&p);
	way_walk(&way, rd);
	reader_free(rd);
	rd = reader_new();
	for (size_t i = 0; i < p.n; i++)
		if (i != 1)
			assert_int_equal(reader_add(rd, file_of(p.bytes[i], p.len[i]), NULL), 0);
	while ((result = reader_next(rd, &r)) != READER_END) {
		const struct waypoint *w = way_find(&way, reader_at(rd) + (gaps ? p.len[1] : 0));

		if (result == READER_FRAME) {
			wrong += !w || w->hash != fold_hash(&f);
			continue;
		}
		fold_apply(&f, &r);
		if (r.kind != RECORD_GAP)
			continue;
		gaps++;
		assert_int_equal(r.v[GAP_REASON], GAP_REASON_CUT);
		assert_in_range(r.v[GAP_FROM_US], 199 * US_PER_S, 201 * US_PER_S);
		assert_in_range(r.v[GAP_TO_US], 399 * US_PER_S, 401 * US_PER_S);
	}
	assert_int_equal(gaps, 1);
	assert_int_equal(wrong, 0);
	fold_clear(&f);
	free(way.point);
	reader_free(rd);
	parts_close(&p);
}

/* A shell names them as x.1.twr, x.10.twr, x.2.twr, x.twr. */
static void test_any_order(void **state)
{
	static const unsigned orders[][4] = { { 1, 2, 3, 0 }, { 3, 2, 1, 0 }, { 2, 0, 3, 1 } };
	struct way way, other;
	struct parts p;

	(void)state;
	parts_make(&p, 27, 800, false);
	assert_int_equal(p.n, 4);
	for (size_t k = 0; k < ARRAY_LEN(orders); k++) {
		const struct reader_damage *damage;
		struct reader *rd = parts_open(&p);

		way_walk(&way, rd);
		reader_free(rd);
		rd = reader_new();
		for (size_t i = 0; i < p.n; i++) {
			unsigned n = orders[k][i];

			assert_int_equal(reader_add(rd, file_of(p.bytes[n], p.len[n]), NULL), 0);
		}
		assert_int_equal(reader_header(rd)->part, 0);
		way_walk(&other, rd);
		assert_int_equal(reader_damage(rd, &damage), 0);
		assert_int_equal(other.n, way.n);
		assert_memory_equal(other.point, way.point, way.n * sizeof *way.point);
		reader_free(rd);
		free(way.point);
		free(other.point);
	}
	parts_close(&p);
}

/* Two recordings in one file: the second starts over, and seeks stay within the one being read. */
static void test_concatenated(void **state)
{
	struct recorder a, b;
	struct reader *rd;
	enum reader_result result;
	struct record r;
	unsigned sessions = 0;
	int64_t last = 0;
	bool restarted = false;

	(void)state;
	recorder_fill(&a, 1, 3, 6, 200);
	recorder_open_as(&b, "ffeeddccbbaa99887766554433221100");
	record_init(&r, RECORD_SESSION, 0, 0);
	record_set(&r, SESSION_FORMAT, 1);
	b.sink.put(&b.sink, &r);
	for (int64_t t = 1; t < 100; t++) {
		record_init(&r, RECORD_TICK, 0, t * US_PER_S);
		b.sink.put(&b.sink, &r);
		recorder_cut(&b, t * US_PER_S);
	}
	recorder_end(&b);
	recorder_keep(&a, b.bytes, b.len);
	rd = reader_of(a.bytes, a.len);
	while ((result = reader_next(rd, &r)) != READER_END) {
		restarted = restarted || reader_time(rd) < last;
		last = reader_time(rd);
		if (result == READER_RECORD)
			sessions += r.kind == RECORD_SESSION && !r.snapshot;
	}
	assert_int_equal(sessions, 2);
	assert_true(restarted);
	assert_true(last == 99 * US_PER_S);
	assert_string_equal(reader_header(rd)->session, "ffeeddccbbaa99887766554433221100");
	assert_int_equal(reader_seek(rd, 70 * US_PER_S), 0);
	while (reader_next(rd, &r) == READER_RECORD)
		assert_true(r.kind == RECORD_SESSION || r.kind == RECORD_TICK);
	assert_in_range(reader_time(rd), 60 * US_PER_S, 70 * US_PER_S);
	reader_free(rd);
	recorder_close(&a);
	recorder_close(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_seek_is_fold),
		cmocka_unit_test(test_seek_is_fold_with_loss),
		cmocka_unit_test(test_seek_exact),
		cmocka_unit_test(test_seek_pos),
		cmocka_unit_test(test_last_time),
		cmocka_unit_test(test_missing_part),
		cmocka_unit_test(test_any_order),
		cmocka_unit_test(test_concatenated),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
