// SPDX-License-Identifier: GPL-2.0-or-later
// Live is replay: the model of the records and the model of the recording are one, at every tick.
#include "recording.h"
#include "tunwatch/model.h"

struct pair {
	struct recorder rec;   /* first: its sink is handed out */
	struct model *live;
	uint64_t *hashes;      /* of the live model, at every cut */
	size_t n, cap;
};

static void put_both(struct record_sink *sink, const struct record *r)
{
	struct pair *p = (struct pair *)(void *)sink;

	recorder_put(sink, r);
	model_apply(p->live, r);
}

static void pair_make(struct pair *p, uint64_t seed, int seconds)
{
	struct workload w;

	*p = (struct pair){0};
	recorder_open(&p->rec);
	p->rec.sink.put = put_both;
	p->live = model_new(false);
	workload_open(&w, seed, 8, 16, &p->rec.sink);
	workload_add_routers(&w);
	for (int i = 0; i < seconds; i++) {
		workload_tick(&w);
		if (i == seconds / 2)
			assert_int_equal(p->live->bgp[103].row, 3);
		recorder_cut(&p->rec, w.t);
		array_grow(&p->hashes, &p->cap, p->n + 1, sizeof *p->hashes);
		p->hashes[p->n++] = model_hash(p->live);
	}
	workload_close(&w);
	recorder_end(&p->rec);
}

static void pair_free(struct pair *p)
{
	model_free(p->live);
	free(p->hashes);
	recorder_close(&p->rec);
}

/* Folds to the end; wrong hashes at data frames from number i on. */
static unsigned fold_rest(struct reader *rd, struct model *m, const struct pair *p, size_t i)
{
	enum reader_result result;
	struct reader_pos pos;
	struct record r;
	unsigned wrong = 0;

	while ((result = reader_next(rd, &r)) == READER_RECORD || result == READER_FRAME) {
		if (result == READER_RECORD)
			model_apply(m, &r);
		else if (!reader_at_keyframe(rd, &pos))
			wrong += i >= p->n || p->hashes[i++] != model_hash(m);
	}
	return wrong + (i != p->n);
}

static void test_live_is_replay(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 3; seed++) {
		struct pair p;
		struct model *m = model_new(false);
		struct reader *rd;

		pair_make(&p, seed, 400);
		rd = reader_of(p.rec.bytes, p.rec.len);
		assert_int_equal(fold_rest(rd, m, &p, 0), 0);
		model_free(m);
		reader_free(rd);
		pair_free(&p);
	}
}

/* A copy of the model at a keyframe, taken up again later, leads to the same end. */
static void test_copy_and_seek(void **state)
{
	struct pair p;
	struct model *m = model_new(false), *copy = NULL;
	struct reader *rd;
	struct reader_pos pos = {0}, here;
	enum reader_result result;
	struct record r;
	size_t frames = 0;

	(void)state;
	pair_make(&p, 9, 400);
	rd = reader_of(p.rec.bytes, p.rec.len);
	while (!copy && ((result = reader_next(rd, &r)) == READER_RECORD || result == READER_FRAME)) {
		if (result == READER_RECORD) {
			model_apply(m, &r);
		} else if (!reader_at_keyframe(rd, &here)) {
			frames++;
		} else if (here.t >= 170 * US_PER_S) {
			copy = model_copy(m);
			pos = here;
		}
	}
	assert_int_equal(fold_rest(rd, m, &p, frames), 0);
	assert_int_equal(reader_seek_pos(rd, &pos), 0);
	assert_int_equal(fold_rest(rd, copy, &p, frames), 0);
	model_free(m);
	model_free(copy);
	reader_free(rd);
	pair_free(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_live_is_replay),
		cmocka_unit_test(test_copy_and_seek),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
