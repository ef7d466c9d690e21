/* SPDX-License-Identifier: GPL-2.0-or-later */
/* recording: records to bytes and back; nothing about what they mean. The format is tunwatch-recording(5).
 * The encoder and the decoder are pure; only the reader touches descriptors (it never writes). */
#ifndef TUNWATCH_RECORDING_H
#define TUNWATCH_RECORDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tunwatch/base.h"
#include "tunwatch/record.h"

#define RECORDING_FORMAT 1

/* What a file's header says. Texts are cleaned. */
struct recording_header {
	char session[33];    /* 32 hex digits, random; parts of one recording share it */
	char version[64];    /* of the program that wrote it */
	char host[256];
	char boot_id[37];
	char zone[64];       /* name of the local zone */
	int zone_offset_s;   /* seconds east of UTC */
	int64_t start_us;    /* wall time of t = 0, us since 1970 */
	int64_t interval_us;
	unsigned part;       /* 0, 1, ... */
};

/* ---- encoder: one per recording, in the collector ---- */
struct encoder;
struct encoder *encoder_new(const struct recording_header *header);
void encoder_free(struct encoder *e);
/* Add a record to the frame being built. Times must not go back (an earlier one is raised to the last). */
void encoder_add(struct encoder *e, const struct record *r);
/* Forget what is known of a key (it may then be reused). */
void encoder_remove(struct encoder *e, enum record_kind kind, unsigned key, int64_t t);
/* Finish the frame at session time t; wall is the wall time then. Returns the bytes to write with one write(2):
 * the first time H and an empty K; then D, followed by K when 60 s have passed or encoder_resync was called,
 * and H every 60th K. The bytes are borrowed until the next call. Length 0 when there is nothing to say. */
size_t encoder_cut(struct encoder *e, int64_t t, int64_t wall_us, const uint8_t **ret_bytes);
/* The last cut (or any since) did not reach the file: drop what is being built and begin the next cut with K. */
void encoder_resync(struct encoder *e);
/* Begin part n: the next cut starts with H and K of a new file. Call it right after a cut. */
void encoder_rotate(struct encoder *e, unsigned part);
/* The clean end: E frame. Borrowed as above. Cut first: records that are not cut yet are dropped. */
size_t encoder_end(struct encoder *e, const uint8_t **ret_bytes);
/* Set the bits of the name keys that the present states refer to. False when some states were not kept (more than
 * 262,144 keys): what they refer to is not known. */
bool encoder_names(const struct encoder *e, uint8_t used[RECORD_KEY_MAX / 8 + 1]);
/* Bytes handed out since the last H of a new part: what the caller rotates by. */
uint64_t encoder_part_bytes(const struct encoder *e);

/* ---- reader: follows one recording, in one or more parts ---- */
struct reader;

enum reader_result {
	READER_RECORD,  /* *ret is the next record (its text is borrowed until the next call) */
	READER_FRAME,   /* a frame ended here: what came before it was written together */
	READER_WAIT,    /* nothing more now: the file may still grow */
	READER_END,     /* clean end (E) of the last part */
	READER_ERROR,   /* not a recording, or it cannot be read: reader_error says why */
};

/* Where a keyframe stands; reader_seek_pos goes back to it. */
struct reader_pos {
	uint32_t part;
	uint64_t offset;
	int64_t t;
};

/* One stretch that could not be read. */
struct reader_damage {
	uint32_t part;
	uint64_t offset, bytes;
	int64_t from_us, to_us; /* session time around it; to_us = INT64_MAX when nothing good follows */
	bool torn;              /* the end of the file, in the middle of a frame: normal while it grows */
};

struct reader *reader_new(void);
void reader_free(struct reader *rd);
/* Add a part. Until something is read, the parts of one session may come in any order. The reader owns fd from now on
 * (regular file or memfd; never written). A fd of a pipe is refused with -ESPIPE: spool it first. -EINVAL: not a
 * recording (err says what it is); -ENODATA: nothing is in it yet; -EPROTONOSUPPORT: of another format version. On
 * failure fd is closed. */
int reader_add(struct reader *rd, int fd, struct error *err);
/* Header of the first part (or of the part being read); NULL before reader_add succeeded. */
const struct recording_header *reader_header(const struct reader *rd);
/* The next record in order. After damage a GAP record (reason damaged; cut when a part is missing) is made up, then the
 * next keyframe's state is delivered as snapshot records, and a remove for every key that it no longer has. The first
 * keyframe read is delivered as snapshot records too, as is one before which the writer had lost something.
 * A removed key: kind RECORD_REMOVE, v[0] is the kind, known bit 0. Another session's header starts over: reader_time
 * goes back to it, and reader_header is another one. */
enum reader_result reader_next(struct reader *rd, struct record *ret);
/* The keyframe most recently passed at READER_FRAME; false when that frame was not one. */
bool reader_at_keyframe(const struct reader *rd, struct reader_pos *ret);
/* Bisect to the last keyframe at or before session time t (or the first one), within the session being read. The next
 * records are that keyframe's, as snapshots: for an empty model. Returns 0, -ENOENT when there is no keyframe. */
int reader_seek(struct reader *rd, int64_t t);
/* Go back to a keyframe whose state the caller already holds: its snapshots are not delivered. */
int reader_seek_pos(struct reader *rd, const struct reader_pos *pos);
/* Session time of the last record or keyframe delivered; wall time by the last clock record is the model's business. */
int64_t reader_time(const struct reader *rd);
/* Session time of the last whole frame in the file now (reads the tail), or -ENOENT. */
int64_t reader_last_time(struct reader *rd);
/* Damage found so far, in order. */
size_t reader_damage(const struct reader *rd, const struct reader_damage **ret);
/* Bytes of all parts now, and of those already read: for progress. */
void reader_progress(const struct reader *rd, uint64_t *ret_total, uint64_t *ret_read);
const char *reader_error(const struct reader *rd);
/* The file's own schema: its kind and field names, also those this program does not know. Text of the header. */
const char *reader_header_text(const struct reader *rd);

/* ---- spool: a stream from a pipe kept in a memory file, for reader_add ---- */
struct spool;
/* fd is not owned. cap bytes at most: when full the oldest parts are dropped. */
struct spool *spool_new(int fd, uint64_t cap, struct error *err);
void spool_free(struct spool *sp);
/* Move what the pipe holds now, without blocking. 1 more may come, 0 end of stream, -errno (-EINVAL: not a recording,
 * -ENODATA: it was empty). Adds parts to rd, which must have no others. */
int spool_move(struct spool *sp, struct reader *rd, struct error *err);

/* ---- store: the files of a recording, used by the writer child ---- */
struct store;
struct store_config {
	int dir_fd;             /* directory of the parts, or -1 for a stream (fd) */
	const char *name;       /* base name: NAME.twr, NAME.1.twr, ... */
	int fd;                 /* an already open first file or stream, or -1 */
	uint64_t total_cap;     /* bytes of all parts together; the oldest are deleted */
	unsigned free_percent;  /* stop below so much free space (5) */
};
struct store *store_open(const struct store_config *config, struct error *err);
void store_close(struct store *st);
/* Write one cut. new_part: this cut begins part n (rotation). Returns 0, or -errno after having cut the file back to
 * its last whole frame: the caller must then have the encoder resync. Regular files only: -ENOSPC below free_percent,
 * -EDQUOT when total_cap is reached and no older part is left to delete. When a new part cannot be created the cut goes
 * to the present file: 0, and err (which is emptied first) says why. A stream is waited for; ignore SIGPIPE. */
int store_write(struct store *st, const uint8_t *bytes, size_t len, bool new_part, struct error *err);
/* A read-only descriptor of the part being written (caller owns), or -errno. */
int store_reopen(const struct store *st);
/* Sum of the parts' sizes; path text of the current part for messages. */
uint64_t store_bytes(const struct store *st);
const char *store_path(const struct store *st);

#endif
