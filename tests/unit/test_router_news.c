// SPDX-License-Identifier: GPL-2.0-or-later
// Which lines of a log are new, and how a growing file is followed.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "source/log_tail.h"
#include "source/router_news.h"

struct taken {
	struct router_seen_sink sink;
	char text[65536];
	size_t pos;
};

static void take(struct router_seen_sink *sink, const struct router_seen *seen)
{
	struct taken *t = (struct taken *)sink;

	str_append(t->text, sizeof t->text, &t->pos, "%s%s", t->pos ? " " : "", seen->log.text);
	if (seen->log.repeated)
		str_append(t->text, sizeof t->text, &t->pos, "x%u", seen->log.repeated);
}

/* An answer: words, each a line; a digit behind @ is its time, a number behind x how often it was repeated. */
static void answer_of(struct router_news *rn, const char *words, bool cut, const char *want)
{
	struct taken t = { .sink.put = take };
	char copy[4096], *save = NULL;

	snprintf(copy, sizeof copy, "%s", words);
	router_news_begin(rn);
	for (char *w = strtok_r(copy, " ", &save); w; w = strtok_r(NULL, " ", &save)) {
		struct router_seen_log line = { .at_civil_us = 1 };
		char *at = strchr(w, '@'), *x = strchr(w, 'x');

		if (at)
			line.at_civil_us = atoi(at + 1);
		if (x)
			line.repeated = (unsigned)atoi(x + 1);
		snprintf(line.text, sizeof line.text, "%.*s", (int)strcspn(w, "x"), w);
		router_news_add(rn, &line);
	}
	router_news_end(rn, cut, &t.sink);
	assert_string_equal(t.text, want);
}

static void answer(struct router_news *rn, const char *words, const char *want)
{
	answer_of(rn, words, false, want);
}

static void test_news(void **state)
{
	struct router_news *rn = router_news_new();

	(void)state;
	answer(rn, "", "");
	answer(rn, "a b c", "a b c");
	answer(rn, "a b c", "");
	answer(rn, "a b c d", "d");
	answer(rn, "b c d d", "d");             /* equal lines, and the oldest fell out */
	answer(rn, "b c d d d d", "d d");
	answer(rn, "", "");                     /* an answer without a line says nothing */
	answer(rn, "d d d d", "");
	answer(rn, "d d d d e@0", "e@0");       /* the clock was set back */
	answer(rn, "e@0 f", "f");
	answer(rn, "p q r", "p q r");           /* all of it is new: it was cleared, or ran over */
	answer(rn, "q", "");                    /* only part of it is shown */
	router_news_free(rn);
}

static void test_repeated(void **state)
{
	struct router_news *rn = router_news_new();

	(void)state;
	answer(rn, "a bx2", "a bx2");
	answer(rn, "a bx2", "");
	answer(rn, "a bx5", "bx3");
	answer(rn, "a bx5 c", "c");
	answer(rn, "a bx5 c dx1", "dx1");
	/* the last lines are written over by others */
	answer(rn, "a bx5 c e f", "e f");
	answer(rn, "a bx5 c e g", "g");
	router_news_free(rn);
}

static void test_lost(void **state)
{
	struct router_news *rn = router_news_new();

	(void)state;
	answer(rn, "a b c d e f g h i j k l m n o p q r s t", "a b c d e f g h i j k l m n o p q r s t");
	/* nothing stands where it stood: what was told before is not told again */
	answer(rn, "c a z", "z");
	router_news_free(rn);
}

/* Answers that were cut: their oldest line may lack its end. */
static void test_cut(void **state)
{
	struct router_news *rn = router_news_new();

	(void)state;
	answer_of(rn, "c d e f", true, "d e f");
	answer_of(rn, "d- e f g", true, "g");
	answer_of(rn, "f- g", true, "");        /* what was told before stays known */
	answer_of(rn, "a b c d e f g h", false, "h");
	answer_of(rn, "g h i", true, "i");
	answer_of(rn, "x y z", true, "y z");    /* nothing known in it */
	answer_of(rn, "z", true, "");
	router_news_free(rn);
}

static bool enough(struct router_news *rn, int from, int to, bool end)
{
	struct taken t = { .sink.put = take };
	struct router_seen_log line = {0};

	router_news_begin(rn);
	for (int i = from; i <= to; i++) {
		snprintf(line.text, sizeof line.text, "%d", i);
		router_news_add(rn, &line);
	}
	if (end)
		router_news_end(rn, true, &t.sink);
	return !end && router_news_enough(rn);
}

static void test_enough(void **state)
{
	struct router_news *rn = router_news_new();

	(void)state;
	assert_false(enough(rn, 1, 1, false));
	assert_false(enough(rn, 1, 180, false));
	assert_true(enough(rn, 1, 181, false)); /* the first time */
	enough(rn, 800, 981, true);
	assert_false(enough(rn, 974, 981, false));
	assert_true(enough(rn, 973, 981, false));
	assert_false(enough(rn, 975, 983, false));
	assert_true(enough(rn, 972, 983, false));
	assert_false(enough(rn, 2000, 4999, false));
	assert_true(enough(rn, 2000, 5000, false)); /* of nothing that is known */
	enough(rn, 979, 983, true);
	assert_true(enough(rn, 900, 983, false));
	router_news_free(rn);
	rn = router_news_new();
	enough(rn, 1, 3, true);                 /* a short log is known as a whole */
	assert_false(enough(rn, 3, 4, false));
	assert_true(enough(rn, 1, 4, false));
	router_news_free(rn);
}

static void test_many(void **state)
{
	struct router_news *rn = router_news_new();
	struct taken *t = calloc(1, sizeof *t);
	struct router_seen_log line = {0};

	(void)state;
	t->sink.put = take;
	for (int round = 0; round < 2; round++) {
		router_news_begin(rn);
		for (int i = 0; i < 20000 + round; i++) {
			snprintf(line.text, sizeof line.text, "%d", i);
			router_news_add(rn, &line);
		}
		t->pos = 0;
		router_news_end(rn, false, &t->sink);
		assert_true(t->pos < sizeof t->text);
	}
	assert_string_equal(t->text, "20000");
	free(t);
	router_news_free(rn);
}

/* ---- files ---- */

struct file {
	char path[64];
	struct log_tail *tail;
	struct buf got;
};

static void on_line(void *arg, const char *text, size_t len)
{
	struct file *f = arg;

	buf_printf(&f->got, "%.*s|", (int)len, text);
}

static void add(const struct file *f, const char *text)
{
	FILE *out = fopen(f->path, "a");

	assert_non_null(out);
	fputs(text, out);
	fclose(out);
}

static void expect_lines(struct file *f, const char *want)
{
	buf_clear(&f->got);
	for (int i = 0; i < 4; i++)
		assert_int_equal(log_tail_read(f->tail, on_line, f), 0);
	assert_string_equal(f->got.data ? f->got.data : "", want);
}

static void test_tail(void **state)
{
	struct file f = { .path = "/tmp/test_tail.XXXXXX" };
	char old[80], *longer = malloc(10001);
	int fd = mkstemp(f.path);

	(void)state;
	close(fd);
	add(&f, "one\ntwo\nthr");
	f.tail = log_tail_new(f.path, -1);
	expect_lines(&f, "one|two|");
	add(&f, "ee\n\nfour\r\n");
	expect_lines(&f, "three||four\r|");
	/* renamed: what is still written into the old one counts */
	snprintf(old, sizeof old, "%s.1", f.path);
	assert_int_equal(rename(f.path, old), 0);
	expect_lines(&f, "");
	add(&f, "new\n");
	expect_lines(&f, "new|");
	/* cut */
	assert_int_equal(truncate(f.path, 0), 0);
	expect_lines(&f, "");
	add(&f, "cut\n");
	expect_lines(&f, "cut|");
	/* a line without end */
	memset(longer, 'x', 10000);
	longer[10000] = 0;
	add(&f, "short\n");
	add(&f, longer);
	expect_lines(&f, "short||");
	add(&f, "\nafter\n");
	expect_lines(&f, "after|");
	log_tail_free(f.tail);
	unlink(old);
	unlink(f.path);
	f.tail = log_tail_new(f.path, -1);
	assert_int_equal(log_tail_read(f.tail, on_line, &f), -2);
	log_tail_free(f.tail);
	f.tail = log_tail_new("/tmp", -1);
	assert_int_equal(log_tail_read(f.tail, on_line, &f), -22);
	log_tail_free(f.tail);
	buf_free(&f.got);
	free(longer);
}

static void test_tail_of_a_long_file(void **state)
{
	struct file f = { .path = "/tmp/test_tail.XXXXXX" };
	int fd = mkstemp(f.path);
	FILE *out = fdopen(fd, "w");

	(void)state;
	for (int i = 0; i < 100000; i++)
		fprintf(out, "line %d\n", i);
	fclose(out);
	f.tail = log_tail_new(f.path, -1);
	assert_int_equal(log_tail_read(f.tail, on_line, &f), 0);
	assert_true(f.got.len < 66000);
	assert_memory_equal(f.got.data, "line 9", 6);
	assert_string_equal(f.got.data + f.got.len - 11, "line 99999|");
	log_tail_free(f.tail);
	buf_free(&f.got);
	unlink(f.path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_news),
		cmocka_unit_test(test_repeated),
		cmocka_unit_test(test_lost),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_enough),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_tail),
		cmocka_unit_test(test_tail_of_a_long_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
