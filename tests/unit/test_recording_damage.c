// SPDX-License-Identifier: GPL-2.0-or-later
// Torn, flipped and truncated files: what is lost is bounded, reported, and what is read is true.
#include "recording.h"

static void test_truncated_anywhere(void **state)
{
	struct recorder rec;
	struct reader *rd;
	struct way way;
	size_t next = 0;
	int fd;

	(void)state;
	recorder_fill(&rec, 6, 2, 2, 70);
	rd = reader_of(rec.bytes, rec.len);
	way_walk(&way, rd);
	reader_free(rd);
	fd = file_of(rec.bytes, rec.len);
	for (size_t len = rec.len; len-- > 0;) {
		const struct reader_damage *damage;
		uint64_t count;

		assert_int_equal(ftruncate(fd, (off_t)len), 0);
		rd = reader_new();
		if (reader_add(rd, dup(fd), NULL)) {
			assert_true(len < way.point[0].at);
			reader_free(rd);
			continue;
		}
		for (next = way.n; next && way.point[next - 1].at > len;)
			next--;
		read_all(rd, &count);
		assert_int_equal(count, next ? way.point[next - 1].count : 0);
		assert_true(reader_damage(rd, &damage) <= 1);
		assert_true(!reader_damage(rd, &damage) || damage->torn);
		reader_free(rd);
	}
	close(fd);
	free(way.point);
	recorder_close(&rec);
}

/* The file grows byte by byte under a reader that follows it. */
static void test_growing(void **state)
{
	struct recorder rec;
	struct reader *rd;
	const struct reader_damage *damage;
	uint64_t count, total = 0, hash = 0;
	int fd;

	(void)state;
	recorder_fill(&rec, 7, 2, 2, 40);
	rd = reader_new();
	fd = file_of(rec.bytes, 9000);
	assert_int_equal(reader_add(rd, dup(fd), NULL), 0);
	for (size_t len = 9000; len <= rec.len; len++) {
		struct record r;
		enum reader_result result;

		while ((result = reader_next(rd, &r)) == READER_RECORD || result == READER_FRAME) {
			if (result == READER_FRAME)
				continue;
			hash = record_hash(hash, &r);
			total++;
		}
		assert_int_equal(result, len == rec.len ? READER_END : READER_WAIT);
		if (len < rec.len)
			assert_int_equal(write(fd, rec.bytes + len, 1), 1);
	}
	assert_int_equal(total, rec.count);
	assert_true(hash == rec.hash);
	assert_int_equal(reader_damage(rd, &damage), 0);
	close(fd);
	reader_free(rd);
	rd = reader_of(rec.bytes, rec.len);
	assert_true(read_all(rd, &count) == hash);
	reader_free(rd);
	recorder_close(&rec);
}

struct losses {
	unsigned ticks, gaps, wrong;
	int64_t gap_us;
};

/* Read a damaged copy: every frame that is read must leave the state that it left in the whole file. */
static struct losses read_damaged(struct reader *rd, const struct way *way)
{
	struct losses got = {0};
	struct fold f = {0};
	enum reader_result result;
	struct record r;

	while ((result = reader_next(rd, &r)) == READER_RECORD || result == READER_FRAME) {
		const struct waypoint *p = result == READER_FRAME ? way_find(way, reader_at(rd)) : NULL;

		if (result == READER_FRAME) {
			got.wrong += !p || p->hash != fold_hash(&f);
			continue;
		}
		fold_apply(&f, &r);
		got.ticks += r.kind == RECORD_TICK && !r.snapshot;
		if (r.kind != RECORD_GAP)
			continue;
		assert_int_equal(r.v[GAP_REASON], GAP_REASON_DAMAGE);
		assert_true(r.v[GAP_FROM_US] <= r.v[GAP_TO_US]);
		got.gaps++;
		got.gap_us += r.v[GAP_TO_US] - r.v[GAP_FROM_US];
	}
	fold_clear(&f);
	return got;
}

static void check_flips(uint64_t seed, unsigned flips)
{
	enum { SECONDS = 1200 };
	struct workload random = { .state = seed * 7919 + 1 };
	const struct reader_damage *damage;
	struct recorder rec;
	struct losses got;
	struct reader *rd;
	struct way way;
	size_t n;

	recorder_fill(&rec, seed, 4, 8, SECONDS);
	rd = reader_of(rec.bytes, rec.len);
	way_walk(&way, rd);
	reader_free(rd);
	/* the first header is spared: 20 flips in so small a file often hit every copy of it */
	for (unsigned i = 0; i < flips; i++)
		rec.bytes[9000 + workload_below(&random, (int64_t)rec.len - 9000)] ^= 1u << workload_below(&random, 8);
	rd = reader_of(rec.bytes, rec.len);
	assert_non_null(rd);
	got = read_damaged(rd, &way);
	n = reader_damage(rd, &damage);
	assert_int_equal(got.wrong, 0);
	assert_true(got.ticks + 62 * flips >= SECONDS);
	assert_true(n >= 1 && n <= flips + 1);
	for (size_t i = 0; i < n; i++) {
		assert_true(damage[i].bytes > 0 && damage[i].offset + damage[i].bytes <= rec.len);
		assert_true(damage[i].from_us <= damage[i].to_us);
		assert_true(!i || damage[i - 1].offset < damage[i].offset);
	}
	/* what is missing is told as missing */
	if (damage[n - 1].to_us != INT64_MAX && damage[0].from_us)
		assert_true(got.gap_us / US_PER_S + 1 >= SECONDS - got.ticks);
	free(way.point);
	reader_free(rd);
	recorder_close(&rec);
}

static void test_flips(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 25; seed++)
		check_flips(seed, 20);
	for (uint64_t seed = 101; seed <= 125; seed++)
		check_flips(seed, 1);
}

/* One bit in the first header costs at most the first minute. */
static void test_first_header(void **state)
{
	struct recorder rec;
	struct reader *rd;
	uint64_t count;

	(void)state;
	recorder_fill(&rec, 3, 4, 8, 180);
	for (size_t at = 0; at < 1000; at += 13) {
		rec.bytes[at] ^= 4;
		rd = reader_of(rec.bytes, rec.len);
		assert_non_null(rd);
		read_all(rd, &count);
		assert_true(count * 3 >= rec.count * 2 - 100);
		reader_free(rd);
		rec.bytes[at] ^= 4;
	}
	recorder_close(&rec);
}

/* Events within a damaged minute are read all the same. */
static void test_salvage(void **state)
{
	struct recorder rec;
	struct reader *rd;
	struct record r;
	enum reader_result result;
	unsigned marks = 0;
	size_t broken = 0;

	(void)state;
	recorder_open(&rec);
	for (int64_t t = 1; t < 120; t++) {
		record_init(&r, RECORD_TICK, 0, t * US_PER_S);
		rec.sink.put(&rec.sink, &r);
		if (t == 20)
			broken = rec.len + FRAME_HEAD + 2;
		if (t == 30) {
			record_init(&r, RECORD_MARK, 0, t * US_PER_S);
			record_set(&r, MARK_LETTER, 1);
			record_text(&r, "moved the cable");
			rec.sink.put(&rec.sink, &r);
		}
		recorder_cut(&rec, t * US_PER_S);
	}
	rec.bytes[broken] ^= 1;
	rd = reader_of(rec.bytes, rec.len);
	while ((result = reader_next(rd, &r)) == READER_RECORD || result == READER_FRAME) {
		if (result == READER_FRAME || r.kind != RECORD_MARK)
			continue;
		marks++;
		assert_true(r.t == 30 * US_PER_S);
		assert_int_equal(r.v[MARK_LETTER], 1);
		assert_int_equal(r.text_len, 15);
		assert_memory_equal(r.text, "moved the cable", 15);
	}
	assert_int_equal(marks, 1);
	reader_free(rd);
	recorder_close(&rec);
}

static void add_frame(struct recorder *rec, char type, const char *payload)
{
	uint8_t bytes[100];
	size_t len = strlen(payload);

	memcpy(bytes + FRAME_HEAD, payload, len);
	frame_seal(bytes, type, (uint32_t)len);
	recorder_keep(rec, bytes, FRAME_HEAD + len);
}

/* Frames of a later version: small letters are passed over, capital ones are a loss. */
static void test_unknown_frames(void **state)
{
	const struct reader_damage *damage;
	struct recorder rec;
	struct reader *rd;
	uint64_t count;

	(void)state;
	for (int capital = 0; capital < 2; capital++) {
		struct workload w;

		recorder_open(&rec);
		workload_open(&w, 1, 2, 2, &rec.sink);
		for (int i = 0; i < 130; i++) {
			workload_tick(&w);
			recorder_cut(&rec, w.t);
			if (i == 30)
				add_frame(&rec, capital ? 'Z' : 'z', "from the future");
		}
		recorder_end(&rec);
		rd = reader_of(rec.bytes, rec.len);
		if (!capital)
			assert_true(read_all(rd, &count) == rec.hash);
		else
			read_all(rd, &count);
		assert_int_equal(reader_damage(rd, &damage), capital);
		assert_int_equal(*reader_error(rd) != 0, capital);
		assert_true(!capital || strstr(reader_error(rd), "newer tunwatch"));
		reader_free(rd);
		workload_close(&w);
		recorder_close(&rec);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_truncated_anywhere),
		cmocka_unit_test(test_growing),
		cmocka_unit_test(test_flips),
		cmocka_unit_test(test_first_header),
		cmocka_unit_test(test_salvage),
		cmocka_unit_test(test_unknown_frames),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
