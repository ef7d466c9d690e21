/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the three forms of a report share. */
#ifndef REPORT_INT_H
#define REPORT_INT_H

#include "tunwatch/report.h"

enum { REPORT_TEXT_MAX = 1100, REPORT_WHEN_MAX = 64 };

/* A row with its texts cleaned and its numbers worked out. "" and negative: unknown. */
struct report_row {
	unsigned key;
	const struct model_tunnel *t;
	char name[4 * MODEL_NAME_MAX], reason[4 * MODEL_REASON_MAX], via[400];
	char ifname[80], peer[260], outer_local[260], outer_remote[260], group[260];
	const char *type, *state;
	int64_t rtt_last_us, rtt_avg_us, rtt_p50_us, rtt_p95_us, rtt_max_us;
	double loss[LOSS_UP + 1]; /* by enum model_loss */
	int64_t sent, lost;
	int64_t up_us, down_us;   /* in the window */
	int interface_mtu;        /* 0: unknown */
	struct model_mtu mtu;
};
/* The first row at or after key; false when there is none. */
bool report_row(const struct report *r, unsigned key, struct report_row *ret);

/* The state of a neighbour as RFC 4271 spells it, or as its router does where that says more. */
enum { REPORT_STATE_MAX = 4 * 64 };
const char *report_bgp_state(const struct model *m, const struct model_bgp *b, char out[REPORT_STATE_MAX]);
/* Nothing is heard of its router any more: what is known of it may not be so. */
bool report_bgp_stale(const struct model *m, const struct model_bgp *b);

/* The first neighbour at or after key that belongs to no row and is listed by its router, or MODEL_NONE. */
unsigned report_bgp_alone(const struct model *m, unsigned key);

/* The i-th outage of the row (MODEL_NONE: of any row) that touches the window, or NULL. */
const struct history_outage *report_outage(const struct report *r, unsigned tunnel, size_t i);
/* How long it lasted, or lasts at the end of the window. */
int64_t report_outage_us(const struct report *r, const struct history_outage *o);

/* ---- words.c: for people ---- */
/* 2026-11-20 14:05:30.1 in the zone of the recording. Returns out. */
const char *report_when(const struct report *r, int64_t t, char out[REPORT_WHEN_MAX]);
/* 5.2s below a minute, then as in the columns of the screen. Returns out. */
const char *report_lasted(int64_t us, char out[REPORT_WHEN_MAX]);
/* A text that the name key stands for, cleaned. */
void report_name(const struct model *m, unsigned key, char *out, size_t size);
/* How many outages of a row touch the window. */
size_t report_outages(const struct report *r, unsigned key);
/* Append label and value; "-" for what is unknown. */
void report_milliseconds(struct buf *out, const char *label, int64_t us);
void report_percent(struct buf *out, const char *label, double fraction);
void report_availability(struct buf *out, const struct report_row *row);
/* Append lines, each after lead: what the reader should know of the file, whose it is, the verdict, the marks. */
void report_notes(struct buf *out, const struct report *r, const char *lead);
void report_header(struct buf *out, const struct report *r, const char *lead);
void report_verdict(struct buf *out, const struct report *r, const char *lead);
void report_marks(struct buf *out, const struct report *r, const char *lead);

#endif
