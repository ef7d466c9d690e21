/* SPDX-License-Identifier: GPL-2.0-or-later */
/* export: what the files of tunwatch export share. */
#ifndef APP_EXPORT_H
#define APP_EXPORT_H

#include "tunwatch/base.h"
#include "tunwatch/model.h"
#include "tunwatch/record.h"
#include "tunwatch/recording.h"

enum { EXPORT_TUNNELS_MAX = 64 };

/* ---- export_join.c: which tunnels a record belongs to ---- */
struct export_join;
struct export_join *export_join_new(void);
void export_join_free(struct export_join *j);
/* Keys of the tunnels that r belongs to; m has folded r already. How many: an outer target may be shared. */
size_t export_join_find(struct export_join *j, const struct model *m, const struct record *r,
			uint16_t ret[EXPORT_TUNNELS_MAX]);

/* ---- export_text.c: a record as a line ---- */
struct export_line {
	const struct model *m;      /* resolves references */
	const struct record *r;
	int64_t wall_us;
	const uint16_t *tunnels;    /* keys */
	size_t ntunnels;
};
void export_json(struct buf *out, const struct export_line *line);
void export_csv_head(struct buf *out, enum record_kind kind);
void export_csv(struct buf *out, const struct export_line *line);

/* ---- export_cut.c: a window as a recording of its own ---- */
struct export_cut;
/* Writes through store (borrowed). from: where the window begins. */
struct export_cut *export_cut_new(struct store *store, const struct recording_header *header, int64_t from);
void export_cut_free(struct export_cut *c);
/* The next record, also of before the window and snapshots: they are its state. wall_off: wall minus session time.
 * 0 or -errno. */
int export_cut_record(struct export_cut *c, const struct record *r, int64_t wall_off, struct error *err);
/* A frame ended. */
int export_cut_frame(struct export_cut *c, struct error *err);
int export_cut_end(struct export_cut *c, struct error *err);

#endif
