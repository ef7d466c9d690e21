/* SPDX-License-Identifier: GPL-2.0-or-later */
/* link_reading: counters of the recorded interfaces, apart from all else that is known of them: with a thousand of
 * them, what every interval touches should lie together. Readings are numbered by link key. */
#ifndef LINK_READING_H
#define LINK_READING_H

#include "tunwatch/decode.h"

struct reading {
	uint64_t now[8], told[8];
	int ifindex;   /* 0: no such interface now */
	bool fresh;    /* now came in this interval */
	bool known;    /* told is what was recorded last */
	uint8_t quiet; /* intervals without a record */
};

struct reading_place {
	int ifindex;
	unsigned key;
};

/* Zero-initialise; free with readings_free. */
struct readings {
	struct reading *at;
	size_t n, cap;
	struct reading_place *places; /* in order of ifindex */
	size_t nplaces, places_cap;
	size_t next;                  /* place whose counters are expected next */
	bool moved;                   /* places are out of date */
};

void readings_free(struct readings *rs);
/* The key counts that interface from now on (0: none). */
void readings_place(struct readings *rs, unsigned key, int ifindex);
/* A row with these counters was recorded (NULL: without any). */
void readings_told(struct readings *rs, unsigned key, const uint64_t counters[8]);
/* Counters as they came; of interfaces that are not recorded they are dropped. */
void readings_take(struct readings *rs, const struct rtnl_stats *s);
/* The counters to record for the key in this interval, or NULL: none came, or they did not move lately. */
const uint64_t *readings_due(struct readings *rs, unsigned key);

#endif
