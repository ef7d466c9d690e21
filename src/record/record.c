// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "tunwatch/base.h"
#include "tunwatch/record.h"

#define WORD(constant, word) word,
#define WORDS(name, prefix) static const char *const record_words_##name[] = { prefix##_WORDS(WORD) NULL };
RECORD_WORDS_TABLE(WORDS)

#define FIELD(constant, name, type, words, steady, what) \
	{ name, RECORD_TYPE_##type, words, steady, what },
#define FIELDS(kind, name, shape, what) \
	static const struct record_field kind##_fields[] = { \
		kind##_FIELDS(FIELD) { NULL, RECORD_TYPE_INT, NULL, false, NULL } \
	}; \
	_Static_assert(kind##_NFIELDS <= RECORD_FIELDS_MAX, "too many fields");
RECORD_KIND_TABLE(FIELDS)

#define KIND(kind, name, shape, what) \
	[RECORD_##kind] = { name, RECORD_SHAPE_##shape, kind##_NFIELDS, kind##_fields, what },
static const struct record_kind_info kinds[RECORD_KINDS] = { RECORD_KIND_TABLE(KIND) };

const struct record_kind_info *record_kind_info(enum record_kind kind)
{
	return &kinds[kind];
}

enum record_kind record_kind_find(const char *name)
{
	for (int k = 1; k < RECORD_KINDS; k++)
		if (!strcmp(kinds[k].name, name))
			return (enum record_kind)k;
	return RECORD_REMOVE;
}

const char *record_word(const struct record_field *field, int64_t value)
{
	for (int64_t i = 0; field->words && field->words[i]; i++)
		if (i == value)
			return field->words[i];
	return "?";
}

int64_t record_word_find(const struct record_field *field, const char *word)
{
	for (int64_t i = 0; field->words && field->words[i]; i++)
		if (!strcmp(field->words[i], word))
			return i;
	return -1;
}

void record_init(struct record *r, enum record_kind kind, unsigned key, int64_t t)
{
	*r = (struct record){ .kind = kind, .key = (uint16_t)key, .t = t };
}

void record_text(struct record *r, const char *text)
{
	r->text = text;
	r->text_len = strnlen(text, RECORD_TEXT_MAX);
}
