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

/* ---- a part alone: what it says of MTUs is what all parts say ---- */

enum { ROWS = 8, OUTER = 100, PATHS = 2 * ROWS };

struct paths {
	struct workload w;
	int64_t mtu[PATHS]; /* newest number of each path */
};

static unsigned path_key(unsigned path)
{
	return path < ROWS ? path : OUTER + path - ROWS;
}

static void put_outer(struct paths *p, unsigned row)
{
	struct record r;
	char name[32];

	snprintf(name, sizeof name, "site%02u", row);
	record_init(&r, RECORD_TUNNEL, row, p->w.t);
	record_set(&r, TUNNEL_TYPE, row % 2 ? TUNNEL_TYPE_VTI : TUNNEL_TYPE_GRE);
	record_set(&r, TUNNEL_LINK, row);
	record_set(&r, TUNNEL_PEER, workload_name(&p->w, "10.0.%u.1", row));
	record_set(&r, TUNNEL_OUTER_REMOTE, workload_name(&p->w, "198.51.100.%u", row));
	record_set(&r, TUNNEL_INNER_TARGET, row);
	record_set(&r, TUNNEL_OUTER_TARGET, path_key(row + ROWS));
	record_text(&r, name);
	workload_put(&p->w, &r);
}

static void put_sa(struct paths *p, unsigned row, unsigned nth)
{
	static const char *const ciphers[] = { "cbc(aes)", "rfc4106(gcm(aes))", "unheard(of)" };
	struct record r;

	record_init(&r, RECORD_SA, 100 + 2 * row + nth, p->w.t);
	record_set(&r, SA_EVENT, workload_below(&p->w, 5) ? SA_EVENT_NEW : SA_EVENT_DELETE);
	record_set(&r, SA_SPI, workload_random(&p->w));
	record_set(&r, SA_SRC, workload_name(&p->w, nth ? "198.51.100.%u" : "203.0.113.1", row));
	record_set(&r, SA_DST, workload_name(&p->w, nth ? "203.0.113.1" : "198.51.100.%u", row));
	record_set(&r, SA_PROTO, 50);
	record_set(&r, SA_MODE, row % 2 ? SA_MODE_TUNNEL : SA_MODE_TRANSPORT);
	record_set(&r, SA_ENC, workload_name(&p->w, ciphers[workload_below(&p->w, 3)], 0));
	record_set(&r, SA_ICV_BITS, 96);
	workload_put(&p->w, &r);
}

static void put_found(struct paths *p, unsigned path, enum pmtu_state state)
{
	struct record r;

	record_init(&r, RECORD_PMTU, path_key(path), p->w.t);
	record_set(&r, PMTU_PATH, path < ROWS ? PATH_INNER : PATH_OUTER);
	record_set(&r, PMTU_TARGET, workload_name(&p->w, path < ROWS ? "10.0.%u.1" : "198.51.100.%u", path % ROWS));
	record_set(&r, PMTU_STATE, state);
	if (state == PMTU_STATE_COMPLETE) {
		p->mtu[path] = 1300 + workload_below(&p->w, path < ROWS ? 120 : 200);
		record_set(&r, PMTU_CAUSE, workload_below(&p->w, PMTU_CAUSE_COUNT));
		record_set(&r, PMTU_FROM, workload_name(&p->w, "192.0.2.%u", path));
		record_set(&r, PMTU_HIGH, p->mtu[path] + 1);
	}
	if (p->mtu[path] && (state == PMTU_STATE_COMPLETE || state == PMTU_STATE_SEARCHING))
		record_set(&r, PMTU_MTU, p->mtu[path]);
	workload_put(&p->w, &r);
}

/* Searches begin and end, and SAs change, whenever they like. */
static void put_paths(struct paths *p)
{
	for (unsigned path = 0; path < PATHS; path++) {
		bool ends = workload_below(&p->w, 3) != 0;

		if (workload_below(&p->w, 12))
			continue;
		put_found(p, path, PMTU_STATE_SEARCHING);
		if (ends)
			put_found(p, path, workload_below(&p->w, 4) ? PMTU_STATE_COMPLETE :
				  (enum pmtu_state)(1 + workload_below(&p->w, PMTU_STATE_COUNT - 1)));
	}
	if (!workload_below(&p->w, 5))
		put_sa(p, (unsigned)workload_below(&p->w, ROWS), (unsigned)workload_below(&p->w, 2));
	if (!workload_below(&p->w, 40)) {
		struct record r;

		record_init(&r, RECORD_BASELINE, 0, p->w.t);
		workload_put(&p->w, &r);
	}
}

/* What a person is told of a row's MTUs; 0 while a search goes on that began before the part did: its cause is told
 * by records before it, and so is what it was, of a path without a number. */
static uint64_t told(const struct model *m, unsigned row, int64_t since)
{
	struct model_mtu u;
	int64_t numbers[11];

	model_mtu(m, row, &u);
	if ((u.inner && u.inner->state == PMTU_STATE_SEARCHING && u.inner->searched_us < since) ||
	    (u.outer && u.outer->state == PMTU_STATE_SEARCHING && u.outer->searched_us < since))
		return 0;
	memcpy(numbers, (int64_t[]){ u.verdict, u.configured, u.path_inner, u.path_outer, u.gap, u.drift, u.ceiling,
				     u.mtu, u.mss4, u.mss6, u.has_gap * 2 + u.has_drift }, sizeof numbers);
	if ((u.inner && u.inner->stale) || (u.outer && u.outer->stale))
		u.text[0] = 0;
	return hash_bytes(hash_bytes(1, numbers, sizeof numbers), u.text, strlen(u.text));
}

/* What rows are told at every cut of the part. */
struct tale {
	uint64_t (*told)[ROWS];
	size_t n, cap;
};

static void tale_add(struct tale *t, const struct model *m, int64_t since)
{
	array_grow(&t->told, &t->cap, t->n + 1, sizeof *t->told);
	for (unsigned row = 0; row < ROWS; row++)
		t->told[t->n][row] = told(m, row, since);
	t->n++;
}

static void put_carries(struct pair *p)
{
	uint8_t data[RECORD_TEXT_MAX];
	struct record r;

	for (unsigned row = 0; row < ROWS; row++) {
		model_carry(p->live, row, &r, data);
		put_both(&p->rec.sink, &r);
	}
}

/* Two parts of a recording; what is left in it is the second. */
static void second_part(struct pair *p, struct tale *t, uint64_t seed, int *ret_known)
{
	enum { SECONDS = 120 };
	struct paths paths = {0};
	int64_t since = 0;

	*p = (struct pair){0};
	recorder_open(&p->rec);
	p->rec.sink.put = put_both;
	p->live = model_new(false);
	workload_open(&paths.w, seed, ROWS, 16, &p->rec.sink);
	for (unsigned row = 0; row < ROWS; row++)
		put_outer(&paths, row);
	for (int i = 0; i < 2 * SECONDS; i++) {
		if (i == SECONDS) {
			since = paths.w.t;
			p->rec.len = 0;
			encoder_rotate(p->rec.encoder, 1);
			put_carries(p);
		}
		put_paths(&paths);
		workload_tick(&paths.w);
		/* how soon silence is believed depends on losses before it, which a part does not tell */
		for (unsigned row = 0; row < ROWS; row++)
			paths.w.tunnel[row].down_left = 0;
		recorder_cut(&p->rec, paths.w.t);
		if (i >= SECONDS)
			tale_add(t, p->live, since);
	}
	for (unsigned row = 0; row < ROWS; row++)
		*ret_known += t->told[t->n - 1][row] != 0;
	workload_close(&paths.w);
	recorder_end(&p->rec);
}

static void check_tale(const struct pair *p, const struct tale *t)
{
	struct reader *rd = reader_of(p->rec.bytes, p->rec.len);
	struct model *m = model_new(true);
	enum reader_result result;
	struct reader_pos pos;
	struct record r;
	size_t i = 0;

	while ((result = reader_next(rd, &r)) == READER_RECORD || result == READER_FRAME) {
		if (result == READER_RECORD) {
			model_apply(m, &r);
			continue;
		}
		if (reader_at_keyframe(rd, &pos))
			continue;
		assert_true(i < t->n && m->partial);
		for (unsigned row = 0; row < ROWS; row++) {
			struct model_mtu u;

			if (!t->told[i][row] || t->told[i][row] == told(m, row, INT64_MIN))
				continue;
			model_mtu(m, row, &u);
			fail_msg("cut %zu, row %u: %s", i, row, u.text);
		}
		i++;
	}
	assert_int_equal(i, t->n);
	model_free(m);
	reader_free(rd);
}

static void test_part_alone_tells_mtus(void **state)
{
	int known = 0;

	(void)state;
	for (uint64_t seed = 1; seed <= 20; seed++) {
		struct tale t = {0};
		struct pair p;

		second_part(&p, &t, seed, &known);
		check_tale(&p, &t);
		free(t.told);
		pair_free(&p);
	}
	assert_true(known > 60);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_live_is_replay),
		cmocka_unit_test(test_copy_and_seek),
		cmocka_unit_test(test_part_alone_tells_mtus),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
