/* SPDX-License-Identifier: GPL-2.0-or-later */
/* decoder: frames to records. Pure: it is handed payloads whose CRC is right and believes nothing in them. */
#ifndef RECORDING_DECODER_H
#define RECORDING_DECODER_H

#include "recording/header.h"

/* Prediction state of one (type, key). */
struct decoder_cell {
	uint32_t owner;           /* type << 16 | key */
	uint32_t at;              /* its positions' values, then its steps, from here on in decoder.values */
	uint32_t generation;      /* keyframe since which the values hold */
	uint32_t bad;             /* bit f: the value of field f means nothing */
	bool live;
};

/* An index entry counts only if the cell it names says that it is its owner: forgetting all cells costs nothing. (The
 * owner must not stand among the values: those are the file's, and could be made to look like one.) */
struct decoder {
	struct schema schema;
	struct decoder_cell *cells;
	size_t ncells, cells_cap;
	uint64_t *values;
	size_t nvalues, values_cap;
	uint32_t *index[TYPES];   /* key to number of its cell */
	size_t index_cap[TYPES];
	uint32_t generation;

	/* the frame being read */
	const uint8_t *p, *end;
	enum decoder_mode { DECODER_DATA, DECODER_KEYFRAME, DECODER_SALVAGE } mode;
	bool snapshot_out;        /* a keyframe's records are handed out */
	uint16_t key;
	bool has_key;
	int64_t t;                /* of the record before; in a keyframe its t */
	int64_t age;              /* in a keyframe: of the record before */
	uint32_t before[TYPES];   /* in a keyframe: 1 + cell of the type's record before, which predicts the next */
	uint64_t scratch[2 * POSITIONS];
	size_t vanish_at;
};

void decoder_init(struct decoder *d);
void decoder_free(struct decoder *d);
/* Forget all cells: another session, or a seek. */
void decoder_reset(struct decoder *d);
/* Begin a keyframe's records: t is its time. Continuations do not forget what the first part said. */
void decoder_open_keyframe(struct decoder *d, const uint8_t *p, size_t len, int64_t t, bool continued, bool out);
/* Begin a data frame. salvage: only what needs no prediction is handed out and no state is touched.
 * -EBADMSG when its time is not within [not_before, TIME_MAX]. */
int decoder_open_data(struct decoder *d, const uint8_t *p, size_t len, int64_t not_before, bool salvage);
/* 1: *ret is filled; 0: the frame is at its end; -EBADMSG: it is ill-formed. */
int decoder_next(struct decoder *d, struct record *ret);
/* After a keyframe that did not follow on what was delivered before: one by one, a remove record of each key that
 * was live and is not restated. False: no more. */
bool decoder_next_vanished(struct decoder *d, struct record *ret);
void decoder_begin_vanished(struct decoder *d);

#endif
