// SPDX-License-Identifier: GPL-2.0-or-later
#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tunwatch/base.h"
#include "tunwatch/record.h"

enum { NAME_MAX_LEN = 23, TEXTS = 60000 };

/* A sink that keeps the last record and its text. */
struct last {
	struct record_sink sink;
	unsigned count;
	struct record record;
	char text[RECORD_TEXT_MAX + 1];
};

static void keep(struct record_sink *sink, const struct record *r)
{
	struct last *last = (struct last *)sink;

	last->count++;
	last->record = *r;
	if (r->text_len)
		memcpy(last->text, r->text, r->text_len);
	last->text[r->text_len] = 0;
}

static void check_name(const char *name, char joint)
{
	assert_in_range(strlen(name), 1, NAME_MAX_LEN);
	for (const char *s = name; *s; s++)
		if (!islower((unsigned char)*s) && !isdigit((unsigned char)*s) && *s != joint)
			fail_msg("odd name %s", name);
}

static void test_kinds_are_whole(void **state)
{
	(void)state;
	for (int k = 1; k < RECORD_KINDS; k++) {
		const struct record_kind_info *info = record_kind_info((enum record_kind)k);

		check_name(info->name, '-');
		assert_int_equal(record_kind_find(info->name), k);
		assert_true(info->what && *info->what);
		assert_true(info->nfields <= RECORD_FIELDS_MAX);
		for (unsigned f = 0; f < info->nfields; f++) {
			const struct record_field *field = &info->fields[f];

			check_name(field->name, '_');
			assert_true(field->what && *field->what);
			assert_int_equal(field->type == RECORD_TYPE_ENUM, field->words != NULL);
			for (unsigned other = 0; other < f; other++)
				assert_string_not_equal(field->name, info->fields[other].name);
		}
	}
	assert_int_equal(record_kind_find("nothing"), 0);
	assert_int_equal(record_kind_find(""), 0);
}

static void test_words(void **state)
{
	(void)state;
	for (int k = 1; k < RECORD_KINDS; k++) {
		const struct record_kind_info *info = record_kind_info((enum record_kind)k);

		for (unsigned f = 0; f < info->nfields; f++) {
			const struct record_field *field = &info->fields[f];
			int64_t n = 0;

			for (; field->words && field->words[n]; n++) {
				assert_string_equal(record_word(field, n), field->words[n]);
				assert_int_equal(record_word_find(field, field->words[n]), n);
			}
			assert_string_equal(record_word(field, n), "?");
			assert_string_equal(record_word(field, -1), "?");
			assert_int_equal(record_word_find(field, "no such word"), -1);
		}
	}
}

static void test_fields(void **state)
{
	struct record r;

	(void)state;
	memset(&r, 0xa5, sizeof r);
	record_init(&r, RECORD_LINK, RECORD_KEY_MAX, -5);
	assert_int_equal(r.kind, RECORD_LINK);
	assert_int_equal(r.key, RECORD_KEY_MAX);
	assert_int_equal(r.t, -5);
	assert_int_equal(r.known, 0);
	assert_false(r.snapshot);
	for (unsigned f = 0; f < RECORD_FIELDS_MAX; f++)
		assert_int_equal(r.v[f], 0);
	assert_int_equal(record_get(&r, LINK_MTU, 77), 77);
	record_set(&r, LINK_MTU, 0);
	assert_true(record_has(&r, LINK_MTU));
	assert_false(record_has(&r, LINK_UP));
	assert_int_equal(record_get(&r, LINK_MTU, 77), 0);
	record_set(&r, RECORD_FIELDS_MAX - 1, INT64_MIN);
	assert_true(record_get(&r, RECORD_FIELDS_MAX - 1, 0) == INT64_MIN);
}

static void test_text_is_cut(void **state)
{
	static char text[RECORD_TEXT_MAX * 2];
	struct record r;

	(void)state;
	record_init(&r, RECORD_MARK, 0, 0);
	record_text(&r, "before move");
	assert_int_equal(r.text_len, 11);
	memset(text, 'x', sizeof text - 1);
	record_text(&r, text);
	assert_int_equal(r.text_len, RECORD_TEXT_MAX);
}

static void test_intern(void **state)
{
	struct last last = { .sink.put = keep };
	struct record_intern *in = record_intern_new(&last.sink);
	uint16_t a = record_intern_text(in, "vti1", 5), b;

	(void)state;
	assert_int_equal(last.count, 1);
	assert_int_equal(last.record.kind, RECORD_NAME);
	assert_int_equal(last.record.key, a);
	assert_int_equal(last.record.t, 5);
	assert_string_equal(last.text, "vti1");
	assert_int_equal(record_intern_text(in, "vti1", 6), a);
	assert_int_equal(last.count, 1);
	b = record_intern_text(in, "vti", 7);
	assert_int_not_equal(b, a);
	assert_int_equal(last.count, 2);
	record_intern_free(in);
	record_intern_free(NULL);
}

/* Tunnels come and go with new addresses for a long time: what states refer to keeps its key and text, the rest is
 * given back. */
static void test_intern_sweep(void **state)
{
	struct last last = { .sink.put = keep };
	struct record_intern *in = record_intern_new(&last.sink);
	uint16_t kept = record_intern_text(in, "kept", 0), lately;
	uint8_t used[RECORD_KEY_MAX / 8 + 1] = {0};
	char text[32];

	(void)state;
	used[kept / 8] |= (uint8_t)(1 << kept % 8);
	for (int i = 0; i < 200000; i++) {
		snprintf(text, sizeof text, "address %d", i);
		record_intern_text(in, text, i);
		if (i % 30000 == 29999)
			assert_int_equal(record_intern_sweep(in, used, i, i), i == 29999 ? 29999 : 30000);
		assert_in_range(record_intern_count(in), 1, 30002);
	}
	lately = record_intern_text(in, "lately", 300000);
	record_intern_sweep(in, used, 300000, 300001);
	assert_int_equal(record_intern_count(in), 2);
	assert_int_equal(last.record.kind, RECORD_REMOVE);
	assert_int_equal(record_intern_text(in, "kept", 300002), kept);
	assert_int_equal(record_intern_text(in, "lately", 300002), lately);
	assert_int_not_equal(record_intern_text(in, "new", 300003), kept);
	assert_int_not_equal(record_intern_text(in, "new", 300003), lately);
	record_intern_free(in);
}

static void test_intern_cleans(void **state)
{
	struct last last = { .sink.put = keep };
	struct record_intern *in = record_intern_new(&last.sink);
	uint16_t key = record_intern_text(in, "eth\033[2J", 0);
	char text[600];

	(void)state;
	assert_string_equal(last.text, "eth\\x1b[2J");
	/* the clean form is the same text */
	assert_int_equal(record_intern_text(in, "eth\\x1b[2J", 0), key);
	memset(text, 'y', sizeof text - 1);
	text[sizeof text - 1] = 0;
	key = record_intern_text(in, text, 0);
	assert_int_equal(strlen(last.text), 255);
	text[300] = 0;
	assert_int_equal(record_intern_text(in, text, 0), key);
	record_intern_free(in);
}

static void test_intern_addr(void **state)
{
	struct last last = { .sink.put = keep };
	struct record_intern *in = record_intern_new(&last.sink);
	struct addr a, none = {0};
	uint16_t key;

	(void)state;
	assert_true(addr_parse("2001:db8::1", &a));
	key = record_intern_addr(in, &a, 0);
	assert_string_equal(last.text, "2001:db8::1");
	assert_int_equal(record_intern_text(in, "2001:db8::1", 0), key);
	key = record_intern_addr(in, &none, 0);
	assert_string_equal(last.text, "");
	assert_int_equal(record_intern_text(in, "", 0), key);
	record_intern_free(in);
}

static void test_intern_is_bounded(void **state)
{
	struct last last = { .sink.put = keep };
	struct record_intern *in = record_intern_new(&last.sink);
	uint16_t first, full;
	char text[32];

	(void)state;
	first = record_intern_text(in, "name 0", 0);
	for (unsigned i = 1; i < TEXTS; i++) {
		snprintf(text, sizeof text, "name %u", i);
		record_intern_text(in, text, 0);
	}
	assert_int_equal(last.count, TEXTS);
	full = record_intern_text(in, "one too many", 0);
	assert_string_equal(last.text, "(too many names)");
	assert_int_equal(record_intern_text(in, "another", 0), full);
	assert_int_equal(record_intern_text(in, "name 0", 0), first);
	assert_int_equal(last.count, TEXTS + 1);
	record_intern_free(in);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kinds_are_whole),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_text_is_cut),
		cmocka_unit_test(test_intern),
		cmocka_unit_test(test_intern_sweep),
		cmocka_unit_test(test_intern_cleans),
		cmocka_unit_test(test_intern_addr),
		cmocka_unit_test(test_intern_is_bounded),
	};

	return cmocka_run_group_tests_name("record", tests, NULL, NULL);
}
