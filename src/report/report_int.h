/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the three forms of a report share. */
#ifndef REPORT_INT_H
#define REPORT_INT_H

#include "tunwatch/report.h"

enum { REPORT_TEXT_MAX = 1100 };

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

/* The i-th outage of the row (MODEL_NONE: of any row) that touches the window, or NULL. */
const struct history_outage *report_outage(const struct report *r, unsigned tunnel, size_t i);
/* How long it lasted, or lasts at the end of the window. */
int64_t report_outage_us(const struct report *r, const struct history_outage *o);

#endif
