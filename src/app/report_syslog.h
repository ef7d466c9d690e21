/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A router's log in a file that a syslog daemon wrote: each line behind a header of its own. */
#ifndef APP_REPORT_SYSLOG_H
#define APP_REPORT_SYSLOG_H

#include "tunwatch/decode.h"

/* Seconds east of UTC. */
struct log_zone {
	bool known;
	int s;
};
/* The zone of times about then (us since 1970): where none is known yet that of this host. */
int log_zone(struct log_zone *z, int64_t at_us);

/* When the file was written last; a stream now. Wall time. */
int64_t log_written(int fd);
/* Lines of the text that the profile's command understands, to sink; all others are none of ours. Returns the year that
 * the first line's time was taken to be of, 0 when it says so itself, or there is none. */
int log_read_syslog(const struct profile *p, size_t command, const struct buf *text, int64_t written_us,
		    struct log_zone *zone, struct router_seen_sink *sink);

#endif
