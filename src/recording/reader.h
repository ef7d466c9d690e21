/* SPDX-License-Identifier: GPL-2.0-or-later */
/* reader: what reader.c, damage.c and seek.c share. */
#ifndef RECORDING_READER_H
#define RECORDING_READER_H

#include "recording/decoder.h"
#include "recording/window.h"

enum { READ_CHUNK = 256 << 10, PROBE_CHUNK = 32 << 10, HEADER_SEARCH = 16 << 20, DAMAGE_MAX = 4096 };

struct part {
	int fd;            /* -1: dropped */
	uint32_t tag;      /* of the session its first header names; 0: none read yet */
	unsigned number;   /* its part number, by that header */
	uint64_t header;   /* where that header is */
	int64_t first_t;   /* of its first keyframe; -1: not looked for yet */
};

/* Where a session begins. */
struct session_start {
	uint32_t part, tag;
	uint64_t header;   /* of its H frame */
};

struct reader {
	struct part *parts;
	size_t nparts, parts_cap;
	struct session_start *origins;
	size_t norigins, origins_cap, origin; /* origin: of the session being read */
	struct recording_header header;
	struct buf raw, text;   /* the header in force: as it stands in the file, and cleaned */
	uint32_t tag;
	bool any_part;          /* after a jump: the next header's part number is not compared */
	struct decoder dec;
	struct window win, probe;

	uint32_t part;          /* the next frame */
	uint64_t off;
	enum reader_stage {
		STAGE_FRAME,    /* look at the next frame */
		STAGE_GAP,      /* hand out a GAP, then the records */
		STAGE_RECORDS,
		STAGE_VANISHED, /* hand out what a keyframe no longer has */
	} stage;
	char frame;             /* type of the frame being read; 's': a D without synchronism */
	uint64_t frame_off;
	bool synced;            /* a keyframe was read and every frame since */
	bool more;              /* a k frame must come next */
	bool deliver;           /* the keyframe being read is handed out */
	bool silent;            /* the next keyframe is not: its reader holds that state */
	bool follows;           /* something was delivered before */
	bool ended;             /* the frame before was E */
	bool at_keyframe;
	struct reader_pos keyframe;
	int64_t time;           /* of the newest record of a synced frame, or keyframe */
	uint8_t gap_reason;
	bool gap_due;
	int64_t gap_from;

	struct reader_damage *damage;
	size_t ndamage, damage_cap, damage_at;
	bool damage_open;       /* number damage_at still goes on */
	bool torn;              /* number damage_at is the torn end of the file */
	uint64_t tail_off, tail_size; /* an unfinished frame behind which no whole one was found */
	uint64_t spent;         /* bytes checksummed in vain */
	struct error error;
};

/* Bytes of a part now; 0 when it was dropped. */
uint64_t reader_part_size(const struct reader *rd, size_t part);
/* Bytes that may still be checksummed in vain. */
int64_t reader_budget(const struct reader *rd);

/* damage.c */
void reader_hurt(struct reader *rd, uint64_t off);
void reader_heal(struct reader *rd, int64_t t);
void reader_lose(struct reader *rd, uint64_t bytes);
void reader_tear(struct reader *rd, uint64_t size);
void reader_untear(struct reader *rd);
/* From a frame that is bad to the next good one. FRAME_OK: rd->off stands at it; else as window_sync. */
enum frame_result reader_skip_damage(struct reader *rd);
/* The file ends inside the frame at rd->off. True when whole frames follow all the same: its length is wrong. */
bool reader_length_is_wrong(struct reader *rd);

/* Read the header frame of a part (at its place, else further on). -EINVAL, -ENODATA, -EPROTONOSUPPORT, -errno. */
int reader_find_header(struct reader *rd, struct part *part, struct frame *ret, struct error *err);
/* Put a header in force. 0 or -errno; on failure the one before stays. */
int reader_take_header(struct reader *rd, uint32_t part, uint64_t off, const uint8_t *text, size_t len);
/* As reader_add, but what is added stays last. */
int reader_append(struct reader *rd, int fd, struct error *err);
/* A spool drops its oldest part. */
void reader_drop_part(struct reader *rd, uint32_t part);

#endif
