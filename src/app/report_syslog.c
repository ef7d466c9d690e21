// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/report_syslog.h"

#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define DAY_US (86400 * US_PER_S)

int log_zone(struct log_zone *z, int64_t at_us)
{
	time_t t = (time_t)(at_us / US_PER_S);
	struct tm tm = {0};

	if (!z->known) {
		localtime_r(&t, &tm);
		*z = (struct log_zone){ true, (int)tm.tm_gmtoff };
	}
	return z->s;
}

int64_t log_written(int fd)
{
	struct stat st;

	if (!fstat(fd, &st) && S_ISREG(st.st_mode))
		return (int64_t)st.st_mtime * US_PER_S;
	return (int64_t)time(NULL) * US_PER_S;
}

/* Some years before it would be read as of another one. */
static bool has_no_year(const struct profile *p, size_t command, const char *line, size_t len, int64_t about_us,
			const struct router_seen_log *seen)
{
	struct syslog_header h = syslog_read(line, len, about_us - 1000 * DAY_US);
	struct router_seen_log then;

	return !h.has_zone && syslog_read_log(p, command, line, len, &h, h.stamp_us, &then) &&
	       then.at_civil_us != seen->at_civil_us;
}

int log_read_syslog(const struct profile *p, size_t command, const struct buf *text, int64_t written_us,
		    struct log_zone *zone, struct router_seen_sink *sink)
{
	/* no line is younger than the file (but for its zone): of a year that is told around half a year before */
	const int64_t about_us = written_us - 182 * DAY_US;
	struct router_seen seen = { .kind = ROUTER_SEEN_LOG };
	bool any = false;
	int year = 0;

	for (size_t at = 0, len; at < text->len; at += len + 1) {
		const char *line = text->data + at, *lf = memchr(line, '\n', text->len - at);
		struct syslog_header h;
		int64_t civil;

		len = lf ? (size_t)(lf - line) : text->len - at;
		h = syslog_read(line, len, about_us);
		civil = h.stamp_us + (h.has_zone ? log_zone(zone, h.stamp_us) * US_PER_S : 0);
		if (!h.has_stamp || !syslog_read_log(p, command, line, len, &h, civil, &seen.log))
			continue;
		if (!any && has_no_year(p, command, line, len, about_us, &seen.log))
			year = time_split(seen.log.at_civil_us, 0).year;
		any = true;
		sink->put(sink, &seen);
	}
	return year;
}
