// SPDX-License-Identifier: GPL-2.0-or-later
// Any moment of a recording: what is shown equals a fold from the start.
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "app/timeline.h"
#include "lib/story.h"

enum { LONG_SECONDS = 4000 };

// A recording in a memory file that can grow.
struct tape {
	struct record_sink sink;
	struct encoder *encoder;
	struct story story;
	int fd;
};

static void put(struct record_sink *sink, const struct record *r)
{
	encoder_add(((struct tape *)(void *)sink)->encoder, r);
}

static void cut(struct tape *tape)
{
	const uint8_t *bytes;
	size_t n = encoder_cut(tape->encoder, tape->story.t, tape->story.t, &bytes);

	assert_int_equal(write(tape->fd, bytes, n), n);
}

static void grow(struct tape *tape, int seconds)
{
	for (int i = 0; i < seconds; i++) {
		story_second(&tape->story);
		cut(tape);
	}
}

static void begin(struct tape *tape, int seconds)
{
	struct recording_header header = { .session = "00112233445566778899aabbccddeeff", .version = "t", .host = "h",
					   .boot_id = "0", .zone = "UTC", .interval_us = US_PER_S };

	memset(tape, 0, sizeof *tape);
	tape->sink.put = put;
	tape->fd = memfd_create("tape", MFD_CLOEXEC);
	tape->encoder = encoder_new(&header);
	story_start(&tape->story, &tape->sink, 0);
	cut(tape);
	grow(tape, seconds);
}

static struct reader *reader_of(const struct tape *tape)
{
	struct reader *rd = reader_new();
	struct error err;
	char path[64];

	snprintf(path, sizeof path, "/proc/self/fd/%d", tape->fd);
	assert_int_equal(reader_add(rd, open(path, O_RDONLY | O_CLOEXEC), &err), 0);
	return rd;
}

static void end(struct tape *tape)
{
	story_end(&tape->story);
	encoder_free(tape->encoder);
	close(tape->fd);
}

// The long way: all records up to t.
static struct model *fold(const struct tape *tape, int64_t t)
{
	struct model *m = model_new(true);
	struct reader *rd = reader_of(tape);
	struct record r;

	for (;;) {
		enum reader_result result = reader_next(rd, &r);

		if (result == READER_FRAME)
			continue;
		if (result != READER_RECORD || r.t > t)
			break;
		model_apply(m, &r);
	}
	reader_free(rd);
	return m;
}

static void assert_model(const struct tape *tape, const struct timeline *tl, int64_t t)
{
	const struct model *got = timeline_model(tl);
	struct model *want = fold(tape, t);

	assert_int_equal(got->now, want->now);
	if (model_hash(got) != model_hash(want))
		fail_msg("another model at %.1f s", (double)t / 1e6);
	assert_int_equal(history_events(got), history_events(want));
	model_free(want);
}

static void read_all(struct timeline *tl)
{
	while (timeline_work(tl, US_PER_S))
		;
}

static void seeks_are_exact(void **state)
{
	uint64_t random = 88172645463325252u;
	struct tape tape;
	struct reader *rd;
	struct timeline *tl;

	(void)state;
	begin(&tape, LONG_SECONDS);
	rd = reader_of(&tape);
	tl = timeline_new(rd);
	read_all(tl);
	assert_int_equal(timeline_end(tl), LONG_SECONDS * US_PER_S);
	for (int i = 0; i < 60; i++) {
		int64_t t;

		random = random * 6364136223846793005u + 1442695040888963407u;
		t = (int64_t)(random >> 33) % (LONG_SECONDS * US_PER_S);
		timeline_seek(tl, t);
		assert_int_equal(timeline_at(tl), t);
		assert_model(&tape, tl, t);
		// step back, step on, play
		timeline_seek(tl, t - US_PER_S);
		timeline_play(tl, t + 3 * US_PER_S);
		assert_model(&tape, tl, timeline_at(tl));
	}
	timeline_seek(tl, -5);
	assert_model(&tape, tl, 0);
	timeline_seek(tl, INT64_MAX);
	assert_model(&tape, tl, INT64_MAX);
	timeline_free(tl);
	reader_free(rd);
	end(&tape);
}

// Before the head has been everywhere: marked as partial, then exact without being asked.
static void partial_becomes_exact(void **state)
{
	int64_t t = (LONG_SECONDS - 500) * US_PER_S;
	struct tape tape;
	struct reader *rd;
	struct timeline *tl;

	(void)state;
	begin(&tape, LONG_SECONDS);
	rd = reader_of(&tape);
	tl = timeline_new(rd);
	timeline_work(tl, -1);
	timeline_seek(tl, t);
	assert_true(timeline_model(tl)->partial);
	assert_true(timeline_model(tl)->now > t - 2 * US_PER_S);
	assert_true(timeline_percent(tl) < 100);
	read_all(tl);
	assert_false(timeline_model(tl)->partial);
	assert_model(&tape, tl, t);
	timeline_free(tl);
	reader_free(rd);
	end(&tape);
}

static void follows_and_holds(void **state)
{
	struct tape tape;
	struct reader *rd;
	struct timeline *tl;
	int64_t held;

	(void)state;
	begin(&tape, 900);
	rd = reader_of(&tape);
	tl = timeline_new(rd);
	timeline_work(tl, -1);
	timeline_follow(tl);
	assert_int_equal(timeline_at(tl), 900 * US_PER_S);
	grow(&tape, 5);
	timeline_work(tl, -1);
	assert_int_equal(timeline_at(tl), 905 * US_PER_S);
	read_all(tl);
	assert_model(&tape, tl, INT64_MAX);
	held = timeline_at(tl);
	timeline_seek(tl, held);
	grow(&tape, 70);
	read_all(tl);
	assert_int_equal(timeline_at(tl), held);
	assert_int_equal(timeline_end(tl), 975 * US_PER_S);
	assert_model(&tape, tl, held);
	timeline_play(tl, held + 10 * US_PER_S);
	assert_model(&tape, tl, held + 10 * US_PER_S);
	timeline_follow(tl);
	assert_model(&tape, tl, INT64_MAX);
	timeline_free(tl);
	reader_free(rd);
	end(&tape);
}

// A baseline set in replay holds from its moment on, and not before.
static void baseline_over_the_recording(void **state)
{
	struct tape tape;
	struct reader *rd;
	struct timeline *tl;

	(void)state;
	begin(&tape, 1200);
	rd = reader_of(&tape);
	tl = timeline_new(rd);
	read_all(tl);
	timeline_seek(tl, 700 * US_PER_S);
	assert_int_equal(timeline_model(tl)->baseline_us, 300 * US_PER_S);
	timeline_baseline(tl, false);
	assert_int_equal(timeline_model(tl)->baseline_us, 700 * US_PER_S);
	timeline_seek(tl, 650 * US_PER_S);
	assert_int_equal(timeline_model(tl)->baseline_us, 300 * US_PER_S);
	timeline_seek(tl, 1100 * US_PER_S);
	assert_int_equal(timeline_model(tl)->baseline_us, 700 * US_PER_S);
	timeline_baseline(tl, true);
	assert_int_equal(timeline_model(tl)->baseline_us, MODEL_NEVER);
	timeline_follow(tl);
	read_all(tl);
	assert_int_equal(timeline_model(tl)->baseline_us, MODEL_NEVER);
	timeline_free(tl);
	reader_free(rd);
	end(&tape);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(seeks_are_exact),
		cmocka_unit_test(partial_becomes_exact),
		cmocka_unit_test(follows_and_holds),
		cmocka_unit_test(baseline_over_the_recording),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
