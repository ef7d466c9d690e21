/* SPDX-License-Identifier: GPL-2.0-or-later */
/* decoder: frames to records. Pure: it is handed payloads whose CRC is right and believes nothing in them. */
#ifndef RECORDING_DECODER_H
#define RECORDING_DECODER_H

#include "recording/header.h"

/* Prediction state is kept in cells, one a (type, key), in one array of words:
 * word 0: generation << 32 | CELL_LIVE | bitmap of fields whose value means nothing; word 1: who it belongs to;
 * then the positions' values, then the steps. A table entry counts only if its cell names it as owner, so that
 * forgetting everything costs nothing. */
struct decoder {
	struct schema schema;
	uint64_t *words;
	size_t nwords, words_cap;
	size_t ncells, nvalues;
	uint32_t *index[TYPES];   /* key to word number; allocated at first use */
	uint32_t generation;

	/* the frame being read */
	const uint8_t *p, *end;
	enum decoder_mode { DECODER_DATA, DECODER_KEYFRAME, DECODER_SALVAGE } mode;
	bool snapshot_out;        /* a keyframe's records are handed out */
	uint16_t key;
	bool has_key;
	int64_t t;                /* of the record before; in a keyframe its t */
	int64_t age;              /* in a keyframe: of the record before */
	uint32_t before[TYPES];   /* in a keyframe: cell of the type's record before, which predicts the next */
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
