// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#define uthash_fatal(msg) abort()
#include <uthash.h>

#include "tunwatch/base.h"
#include "tunwatch/record.h"

enum { NAMES_MAX = 60000, NAME_LEN_MAX = 255 };

struct name {
	UT_hash_handle hh;
	uint16_t key;
	int64_t asked; /* session time at which somebody asked for it last */
	char text[];
};

struct record_intern {
	struct record_sink *sink;
	struct name *names;
	unsigned count;     /* of names */
	unsigned next;      /* first key never given out */
	uint16_t *returned; /* keys to be given out again, the last one first */
	size_t nreturned, returned_cap;
};

struct record_intern *record_intern_new(struct record_sink *sink)
{
	struct record_intern *in = xcalloc(1, sizeof *in);

	in->sink = sink;
	return in;
}

void record_intern_free(struct record_intern *in)
{
	struct name *n, *next;

	if (!in)
		return;
	HASH_ITER(hh, in->names, n, next) {
		HASH_DEL(in->names, n);
		free(n);
	}
	free(in->returned);
	free(in);
}

static uint16_t add(struct record_intern *in, const char *text, size_t len, int64_t t)
{
	struct name *n = xcalloc(1, sizeof *n + len + 1);
	struct record r;

	memcpy(n->text, text, len);
	n->key = in->nreturned ? in->returned[--in->nreturned] : (uint16_t)in->next++;
	n->asked = t;
	in->count++;
	HASH_ADD_KEYPTR(hh, in->names, n->text, len, n);
	record_init(&r, RECORD_NAME, n->key, t);
	record_text(&r, n->text);
	in->sink->put(in->sink, &r);
	return n->key;
}

uint16_t record_intern_text(struct record_intern *in, const char *text, int64_t t)
{
	char clean[NAME_LEN_MAX + 1];
	size_t len = str_clean(clean, sizeof clean, text, strlen(text));
	struct name *n;

	HASH_FIND(hh, in->names, clean, len, n);
	if (n) {
		n->asked = t;
		return n->key;
	}
	if (in->count < NAMES_MAX)
		return add(in, clean, len, t);
	len = str_clean(clean, sizeof clean, "(too many names)", 16);
	HASH_FIND(hh, in->names, clean, len, n);
	return n ? n->key : add(in, clean, len, t);
}

uint16_t record_intern_addr(struct record_intern *in, const struct addr *a, int64_t t)
{
	char text[ADDR_TEXT_MAX];

	return record_intern_text(in, addr_format(a, text), t);
}

unsigned record_intern_count(const struct record_intern *in)
{
	return in->count;
}

unsigned record_intern_sweep(struct record_intern *in, const uint8_t used[RECORD_KEY_MAX / 8 + 1], int64_t before,
			     int64_t t)
{
	struct name *n, *next;
	unsigned dropped = 0;

	HASH_ITER(hh, in->names, n, next) {
		struct record r;

		if (n->asked >= before || used[n->key / 8] >> n->key % 8 & 1)
			continue;
		record_init(&r, RECORD_REMOVE, n->key, t);
		r.v[0] = RECORD_NAME;
		in->sink->put(in->sink, &r);
		array_grow(&in->returned, &in->returned_cap, in->nreturned + 1, sizeof *in->returned);
		in->returned[in->nreturned++] = n->key;
		in->count--;
		dropped++;
		HASH_DEL(in->names, n);
		free(n);
	}
	return dropped;
}
