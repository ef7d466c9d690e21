// SPDX-License-Identifier: GPL-2.0-or-later
// What goes into a recording comes out of it: the encoder against the reader.
#include "recording.h"

enum { RANDOM_RECORDS = 60000 };

static int64_t random_value(struct workload *w, const struct record_field *f)
{
	int64_t x = (int64_t)((uint64_t)workload_random(w) << 32 | workload_random(w));

	switch (f->type) {
	case RECORD_TYPE_INT:
	case RECORD_TYPE_U64:
		return x >> workload_below(w, 64);
	case RECORD_TYPE_HEX:
		return workload_random(w);
	case RECORD_TYPE_BOOL:
		return x & 1;
	case RECORD_TYPE_REF:
		return x & RECORD_KEY_MAX;
	case RECORD_TYPE_ENUM:
		break;
	}
	for (x = 0; f->words[x];)
		x++;
	return workload_below(w, x);
}

/* A record of any kind with any values. */
static void random_record(struct workload *w, char *text)
{
	enum record_kind kind = (enum record_kind)(1 + workload_below(w, RECORD_KINDS - 1));
	const struct record_kind_info *info = record_kind_info(kind);
	bool far = !workload_below(w, 50);
	struct record r;

	record_init(&r, kind, (unsigned)workload_below(w, far ? 65536 : 20), w->t + workload_below(w, 5) *
		    workload_below(w, 400000));
	for (unsigned f = 0; f < info->nfields; f++)
		if (workload_below(w, 4))
			record_set(&r, f, random_value(w, &info->fields[f]));
	if (info->shape != RECORD_SHAPE_STATE) {
		r.text_len = (size_t)workload_below(w, workload_below(w, 10) ? 20 : RECORD_TEXT_MAX + 1);
		for (size_t i = 0; i < r.text_len; i++)
			text[i] = (char)workload_random(w);
		r.text = text;
	}
	workload_put(w, &r);
	if (!workload_below(w, 30) && fold_is_state(kind)) {
		unsigned key = r.key;

		record_init(&r, RECORD_REMOVE, key, w->t);
		record_set(&r, 0, kind);
		workload_put(w, &r);
	}
}

static void test_lossless_random(void **state)
{
	static char text[RECORD_TEXT_MAX + 1];
	struct recorder rec;
	struct workload w = { .state = 42 };
	struct reader *rd;
	uint64_t count;

	(void)state;
	recorder_open(&rec);
	w.sink = &rec.sink;
	for (int i = 0; i < RANDOM_RECORDS; i++) {
		random_record(&w, text);
		if (!workload_below(&w, 40))
			recorder_cut(&rec, w.t);
	}
	recorder_cut(&rec, w.t);
	recorder_end(&rec);
	rd = reader_of(rec.bytes, rec.len);
	assert_true(read_all(rd, &count) == rec.hash);
	assert_int_equal(count, rec.count);
	reader_free(rd);
	recorder_close(&rec);
}

static void test_lossless_workload(void **state)
{
	struct recorder rec;
	struct reader *rd;
	const struct reader_damage *damage;
	struct record r;
	uint64_t count;

	(void)state;
	recorder_fill(&rec, 3, 32, 64, 1800);
	rd = reader_of(rec.bytes, rec.len);
	assert_true(read_all(rd, &count) == rec.hash);
	assert_int_equal(count, rec.count);
	assert_int_equal(reader_next(rd, &r), READER_END);
	assert_int_equal(reader_damage(rd, &damage), 0);
	assert_string_equal(reader_header(rd)->host, "jump01");
	assert_non_null(strstr(reader_header_text(rd), " link rx_bytes:u64 "));
	reader_free(rd);
	recorder_close(&rec);
}

static void test_size(void **state)
{
	enum { TUNNELS = 32, SECONDS = 3600 };
	struct recorder rec;
	double density;

	(void)state;
	recorder_fill(&rec, 1, TUNNELS, 32, SECONDS);
	density = (double)rec.len / (TUNNELS * SECONDS);
	print_message("# %.2f bytes a tunnel-second\n", density);
	assert_true(density <= 25.0);
	recorder_close(&rec);
}

static void test_deterministic(void **state)
{
	struct recorder a, b;

	(void)state;
	recorder_fill(&a, 9, 8, 16, 200);
	recorder_fill(&b, 9, 8, 16, 200);
	assert_int_equal(a.len, b.len);
	assert_memory_equal(a.bytes, b.bytes, a.len);
	recorder_close(&a);
	recorder_close(&b);
}

/* More state than one frame holds: the keyframe goes on in k frames. */
static void test_large_keyframe(void **state)
{
	struct recorder rec;
	struct fold f = {0};
	enum reader_result result;
	struct record r;
	struct reader *rd;
	uint64_t before;

	(void)state;
	recorder_fill(&rec, 5, 1000, 10000, 130);
	assert_non_null(memmem(rec.bytes, rec.len, FRAME_MAGIC, 4));
	rd = reader_of(rec.bytes, rec.len);
	while ((result = reader_next(rd, &r)) != READER_END)
		if (result == READER_RECORD)
			fold_apply(&f, &r);
	before = fold_hash(&f);
	fold_clear(&f);
	assert_int_equal(reader_seek(rd, 125 * US_PER_S), 0);
	while ((result = reader_next(rd, &r)) != READER_END)
		if (result == READER_RECORD)
			fold_apply(&f, &r);
	assert_true(fold_hash(&f) == before);
	fold_clear(&f);
	reader_free(rd);
	recorder_close(&rec);
}

/* The frames of a file, as letters. */
static void frame_letters(const struct recorder *rec, char *out, size_t size)
{
	size_t n = 0;
	struct frame f;

	for (size_t at = 0; at < rec->len && n + 1 < size; at += FRAME_HEAD + f.len) {
		assert_true(frame_parse(rec->bytes + at, &f));
		assert_true(frame_verify(rec->bytes + at, f.len));
		out[n++] = (char)f.type;
	}
	out[n] = 0;
}

static void put_tick(struct recorder *rec, int64_t t)
{
	struct record r;

	record_init(&r, RECORD_TICK, 0, t);
	rec->sink.put(&rec->sink, &r);
}

static void test_cuts(void **state)
{
	struct recorder rec;
	char letters[64];
	const uint8_t *bytes;

	(void)state;
	recorder_open(&rec);
	recorder_cut(&rec, 0);
	assert_int_equal(encoder_cut(rec.encoder, 0, TEST_WALL, &bytes), 0);
	for (int64_t t = 30; t <= 150; t += 30) {
		put_tick(&rec, t * US_PER_S);
		recorder_cut(&rec, t * US_PER_S);
	}
	recorder_end(&rec);
	frame_letters(&rec, letters, sizeof letters);
	assert_string_equal(letters, "HKDDHKDDKDE");
	recorder_close(&rec);
}

/* A keyframe follows a step of the clock at once, and says the new wall time. */
static void test_clock_step(void **state)
{
	struct recorder rec;
	char letters[64];
	const uint8_t *bytes;
	struct frame f;
	struct record r;
	size_t len, at;

	(void)state;
	recorder_open(&rec);
	put_tick(&rec, US_PER_S);
	recorder_cut(&rec, US_PER_S);
	record_init(&r, RECORD_CLOCK, 0, 2 * US_PER_S);
	record_set(&r, CLOCK_WALL_OFF_US, TEST_WALL - 3600 * US_PER_S);
	record_set(&r, CLOCK_REASON, CLOCK_REASON_STEP);
	rec.sink.put(&rec.sink, &r);
	at = rec.len;
	len = encoder_cut(rec.encoder, 2 * US_PER_S, TEST_WALL - 3598 * US_PER_S, &bytes);
	recorder_keep(&rec, bytes, len);
	frame_letters(&rec, letters, sizeof letters);
	assert_string_equal(letters, "HKDDHK");
	for (; frame_parse(rec.bytes + at, &f) && f.type != 'K'; at += FRAME_HEAD + f.len)
		;
	assert_true((int64_t)get_u64(rec.bytes + at + FRAME_HEAD) == 2 * US_PER_S);
	assert_true((int64_t)get_u64(rec.bytes + at + FRAME_HEAD + 8) == TEST_WALL - 3598 * US_PER_S);
	recorder_close(&rec);
}

/* Times that go back are raised, not written as they are. */
static void test_time_going_back(void **state)
{
	struct recorder rec;
	struct reader *rd;
	struct record r;

	(void)state;
	recorder_open(&rec);
	put_tick(&rec, 5 * US_PER_S);
	put_tick(&rec, 3 * US_PER_S);
	recorder_cut(&rec, 5 * US_PER_S);
	rd = reader_of(rec.bytes, rec.len);
	while (reader_next(rd, &r) == READER_FRAME)
		;
	assert_true(r.t == 5 * US_PER_S);
	assert_int_equal(reader_next(rd, &r), READER_RECORD);
	assert_true(r.t == 5 * US_PER_S);
	reader_free(rd);
	recorder_close(&rec);
}

static bool is_named(const struct encoder *e, unsigned key)
{
	uint8_t used[RECORD_KEY_MAX / 8 + 1] = {0};

	assert_true(encoder_names(e, used));
	return used[key / 8] >> key % 8 & 1;
}

/* The names that present states refer to, and no others. */
static void test_names_in_use(void **state)
{
	const struct recording_header header = { .session = "0123456789abcdef0123456789abcdef" };
	struct encoder *e = encoder_new(&header);
	struct record r;

	(void)state;
	record_init(&r, RECORD_LINK, 3, 1);
	record_set(&r, LINK_IFNAME, RECORD_KEY_MAX);
	record_set(&r, LINK_OUTER_REMOTE, 9);
	record_set(&r, LINK_MTU, 77);
	encoder_add(e, &r);
	assert_true(is_named(e, RECORD_KEY_MAX));
	assert_true(is_named(e, 9));
	assert_false(is_named(e, 77));
	record_init(&r, RECORD_LINK, 3, 2);
	record_set(&r, LINK_IFNAME, 10);
	encoder_add(e, &r);
	assert_false(is_named(e, 9));
	assert_true(is_named(e, 10));
	encoder_remove(e, RECORD_LINK, 3, 3);
	assert_false(is_named(e, 10));
	encoder_free(e);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lossless_random),
		cmocka_unit_test(test_lossless_workload),
		cmocka_unit_test(test_size),
		cmocka_unit_test(test_deterministic),
		cmocka_unit_test(test_large_keyframe),
		cmocka_unit_test(test_cuts),
		cmocka_unit_test(test_clock_step),
		cmocka_unit_test(test_time_going_back),
		cmocka_unit_test(test_names_in_use),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
