/* SPDX-License-Identifier: GPL-2.0-or-later */
/* header: the text of an H frame: who recorded, when, and the schema of the file. */
#ifndef RECORDING_HEADER_H
#define RECORDING_HEADER_H

#include "recording/format.h"
#include "tunwatch/base.h"
#include "tunwatch/record.h"
#include "tunwatch/recording.h"

/* One record type of a file, and what of it this program knows. A position is 0 for the bitmap of known fields,
 * f + 1 for field f; a type without fields has none. */
struct schema_type {
	bool used;
	bool same;                 /* our kind's fields, in our order, with our words */
	enum record_shape shape;
	enum record_kind kind;     /* ours of that name and shape, or 0: skip its records */
	uint8_t npos, nsteps;
	uint32_t steady;           /* positions that are predicted with their step */
	uint32_t checked;          /* positions of which not every value means something */
	uint8_t step[POSITIONS];   /* number of a steady position's step */
	int8_t ours[POSITIONS];    /* our field, or -1 */
	int64_t limit[POSITIONS];  /* a checked position's values are 0..limit-1 */
	uint32_t words[POSITIONS]; /* first of its words in schema.words; an ENUM of another order */
};

struct schema {
	struct schema_type type[TYPES];
	int16_t *words;            /* our number of a file's word, or -1 */
	size_t nwords, words_cap;
};

/* Append the header's text with this program's schema. */
void header_write(struct buf *out, const struct recording_header *h);
/* Read it. 0, -EINVAL (ill-formed), -EPROTONOSUPPORT (another version). On failure schema is unusable. */
int header_parse(const uint8_t *text, size_t len, struct recording_header *ret, struct schema *schema);
/* Only its session and part: cheap, for parts that are merely added. */
int header_peek(const uint8_t *text, size_t len, struct recording_header *ret);
/* schema.c: one "type" line, without that word. */
int schema_parse_type(struct schema *s, char *line);
void schema_write(struct buf *out);
/* Where the schema begins in a header's text: two headers with one schema are equal from there. */
size_t header_schema_at(const char *text, size_t len);

#endif
