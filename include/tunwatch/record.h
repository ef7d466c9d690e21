/* SPDX-License-Identifier: GPL-2.0-or-later */
/* record: one observation, and the one table that says which kinds and fields there are.
 * The table (record_table.h) is read by the codec, the JSON export, the model's switch and the man page. */
#ifndef TUNWATCH_RECORD_H
#define TUNWATCH_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tunwatch/record_table.h"

#define RECORD_FIELDS_MAX 31   /* the codec adds one hidden field, the bitmap of known ones */
#define RECORD_KEY_MAX 65535   /* keys are 0..65535, chosen by the source, reused after a remove */
#define RECORD_TEXT_MAX 1024   /* bytes of text or data in one record */

/* How a kind is kept. */
enum record_shape {
	RECORD_SHAPE_STATE, /* '-': numbers; the last one of each key is restated in keyframes */
	RECORD_SHAPE_NAMED, /* 'n': numbers and a text; restated */
	RECORD_SHAPE_EVENT, /* 's': numbers and a text; never restated */
	RECORD_SHAPE_BYTES, /* 'b': numbers and bytes; never restated */
};

enum record_type {
	RECORD_TYPE_INT,  /* signed 64 bit */
	RECORD_TYPE_U64,  /* unsigned 64 bit, bit-cast */
	RECORD_TYPE_HEX,  /* unsigned 32 bit, shown 0x%08x */
	RECORD_TYPE_BOOL, /* 0, 1 */
	RECORD_TYPE_REF,  /* key of a name record: an interned text; see record_intern.h */
	RECORD_TYPE_ENUM, /* index into words */
};

struct record_field {
	const char *name; /* [a-z0-9_]{1,23}, unit in the name */
	enum record_type type;
	const char *const *words; /* ENUM: NULL-terminated; else NULL */
	bool steady;              /* predicted as last value plus last step */
	const char *what;         /* one phrase for the man page */
};

struct record_kind_info {
	const char *name; /* [a-z0-9-]{1,23} */
	enum record_shape shape;
	unsigned nfields;
	const struct record_field *fields;
	const char *what;
};

/* The row of a kind; kind must be in 1..RECORD_KINDS-1. */
const struct record_kind_info *record_kind_info(enum record_kind kind);
/* The kind of that name, or 0. */
enum record_kind record_kind_find(const char *name);
/* The word of an ENUM field's value, or "?" when out of range. */
const char *record_word(const struct record_field *field, int64_t value);
/* The value of a word of an ENUM field, or -1. */
int64_t record_word_find(const struct record_field *field, const char *word);

/* One observation. Only v[0..nfields) of its kind mean anything, and of those only the known ones.
 * Of kind RECORD_REMOVE: key ends, and v[0] says of which kind it was. */
struct record {
	enum record_kind kind;
	bool snapshot;     /* restated by a keyframe: a state, not an observation */
	uint16_t key;
	uint32_t known;    /* bit f: v[f] is present; absent is not zero */
	int64_t t;         /* us of CLOCK_BOOTTIME since the session began; when the record was made */
	const char *text;  /* NAMED, EVENT: UTF-8, not terminated; BYTES: raw. Borrowed from the maker */
	size_t text_len;   /* <= RECORD_TEXT_MAX */
	int64_t v[RECORD_FIELDS_MAX];
};

/* Start a record: everything zero, nothing known. */
void record_init(struct record *r, enum record_kind kind, unsigned key, int64_t t);

static inline void record_set(struct record *r, unsigned field, int64_t value)
{
	r->v[field] = value;
	r->known |= 1u << field;
}

static inline bool record_has(const struct record *r, unsigned field)
{
	return r->known >> field & 1;
}

/* The value, or otherwise when it is not known. */
static inline int64_t record_get(const struct record *r, unsigned field, int64_t otherwise)
{
	return record_has(r, field) ? r->v[field] : otherwise;
}

/* Attach text (cut to RECORD_TEXT_MAX); the caller keeps it alive while the record is used. */
void record_text(struct record *r, const char *text);

/* Where records go: the collector's funnel, a test's array, an exporter. put must copy what it keeps. */
struct record_sink {
	void (*put)(struct record_sink *sink, const struct record *r);
};

/* Interned texts: addresses, interface names, reasons. One per collector; keys are those of name records.
 * A text seen for the first time is announced through sink before its key is used. */
struct record_intern;
struct record_intern *record_intern_new(struct record_sink *sink);
void record_intern_free(struct record_intern *in);
/* The key of text (cleaned with str_clean, cut to 255 bytes), announced at time t when new. When 60,000
 * texts are held, answers the key of "(too many names)". */
uint16_t record_intern_text(struct record_intern *in, const char *text, int64_t t);
/* How many texts are held. */
unsigned record_intern_count(const struct record_intern *in);
/* Give back the texts that nobody asked for since session time before and that no state refers to any more (bit key of
 * used is clear: see encoder_names). Their keys are announced as removed at time t, and given out again for others.
 * Returns how many. */
unsigned record_intern_sweep(struct record_intern *in, const uint8_t used[RECORD_KEY_MAX / 8 + 1], int64_t before,
			     int64_t t);
struct addr;
/* Same for an address in text form; key of "" for an unset one. */
uint16_t record_intern_addr(struct record_intern *in, const struct addr *a, int64_t t);

#endif
