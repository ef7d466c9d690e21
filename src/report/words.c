// SPDX-License-Identifier: GPL-2.0-or-later
// What the reports for people, plain text and markdown, say alike.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/report_int.h"

const char *report_when(const struct report *r, int64_t t, char out[REPORT_WHEN_MAX])
{
	int offset = r->utc ? 0 : r->m->utc_off_s;
	struct time_parts p;

	if (t == MODEL_NEVER) {
		snprintf(out, REPORT_WHEN_MAX, "-");
	} else if (!r->m->has_clock) {
		snprintf(out, REPORT_WHEN_MAX, "+%.1fs", (double)t / 1e6);
	} else {
		p = time_split(model_wall(r->m, t), offset);
		snprintf(out, REPORT_WHEN_MAX, "%04d-%02d-%02d %02d:%02d:%02d.%d", p.year, p.month, p.day, p.hour,
			 p.minute, p.second, p.usec / 100000);
	}
	return out;
}

static const char *zone(const struct report *r, char out[REPORT_WHEN_MAX])
{
	int offset = r->utc ? 0 : r->m->utc_off_s, minutes = abs(offset) / 60;

	if (!r->m->has_clock)
		snprintf(out, REPORT_WHEN_MAX, "since the recording began");
	else if (!offset)
		snprintf(out, REPORT_WHEN_MAX, "UTC");
	else
		snprintf(out, REPORT_WHEN_MAX, "UTC%c%02d:%02d", offset < 0 ? '-' : '+', minutes / 60, minutes % 60);
	return out;
}

const char *report_lasted(int64_t us, char out[REPORT_WHEN_MAX])
{
	if (us >= 60 * US_PER_S)
		return time_age(us, out);
	snprintf(out, REPORT_WHEN_MAX, "%.1fs", (double)us / 1e6);
	return out;
}

void report_milliseconds(struct buf *out, const char *label, int64_t us)
{
	if (us < 0)
		buf_printf(out, "%s-", label);
	else
		buf_printf(out, us < 10000 ? "%s%.3f" : "%s%.1f", label, (double)us / 1e3);
}

void report_percent(struct buf *out, const char *label, double fraction)
{
	if (fraction < 0)
		buf_printf(out, "%s-", label);
	else
		buf_printf(out, "%s%.1f%%", label, fraction * 100);
}

void report_availability(struct buf *out, const struct report_row *row)
{
	char down[REPORT_WHEN_MAX];
	int64_t known = row->up_us + row->down_us;

	if (known <= 0)
		buf_puts(out, "-");
	else
		buf_printf(out, "%.3f%% (%s down)", 100.0 * (double)row->up_us / (double)known,
			   report_lasted(row->down_us, down));
}

size_t report_outages(const struct report *r, unsigned key)
{
	size_t n = 0;

	for (size_t i = 0; i < history_outages(r->m); i++) {
		const struct history_outage *o = history_outage(r->m, i);

		n += o->tunnel == key && o->start <= r->to && (o->end == MODEL_NEVER || o->end >= r->from);
	}
	return n;
}

void report_name(const struct model *m, unsigned key, char *out, size_t size)
{
	const char *raw = model_name(m, key);

	str_clean(out, size, raw, strlen(raw));
}

void report_troubles(struct buf *out, const struct model *m)
{
	const struct record_field *fields = record_kind_info(RECORD_SOURCE)->fields;

	for (size_t i = 0; i < m->nsources; i++) {
		const struct model_source *s = &m->sources[i];

		if (s->used && s->state != SOURCE_STATE_OK)
			buf_printf(out, "; %s %s: %s", model_name(m, s->name),
				   record_word(&fields[SOURCE_STATE], s->state), model_name(m, s->reason));
	}
}

void report_notes(struct buf *out, const struct report *r, const char *lead)
{
	for (size_t i = 0; i < r->nnotes; i++) {
		char clean[REPORT_TEXT_MAX];

		str_clean(clean, sizeof clean, r->notes[i], strlen(r->notes[i]));
		buf_printf(out, "%s%s\n", lead, clean);
	}
	if (!r->closed)
		buf_printf(out, "%sthe recording is not closed: it is still being written, or was cut off\n", lead);
}

void report_header(struct buf *out, const struct report *r, const char *lead)
{
	char from[REPORT_WHEN_MAX], to[REPORT_WHEN_MAX], length[REPORT_WHEN_MAX], name[REPORT_WHEN_MAX], host[260];
	const char *known = model_name(r->m, r->m->host);

	str_clean(host, sizeof host, known, strlen(known));
	buf_printf(out, "%s%s, %s to %s (%s), %s\n", lead, *host ? host : "unknown host", report_when(r, r->from, from),
		   report_when(r, r->to, to), zone(r, name), report_lasted(r->to - r->from, length));
}

void report_verdict(struct buf *out, const struct report *r, const char *lead)
{
	buf_printf(out, "%s%s: %zu down, %zu degraded, %zu up, %zu unknown\n", lead,
		   report_status_word(report_status(r->m)), report_count(r->m, HEALTH_DOWN),
		   report_count(r->m, HEALTH_DEGRADED), report_count(r->m, HEALTH_UP),
		   report_count(r->m, HEALTH_UNKNOWN));
}

void report_marks(struct buf *out, const struct report *r, const char *lead)
{
	for (uint32_t i = 0; i < r->m->marks_count && i < ARRAY_LEN(r->m->marks); i++) {
		const struct model_mark *mark = &r->m->marks[i];
		char clean[4 * sizeof mark->text], at[REPORT_WHEN_MAX];

		if (mark->t < r->from || mark->t > r->to)
			continue;
		str_clean(clean, sizeof clean, mark->text, strlen(mark->text));
		buf_printf(out, "%smark %c  %s  %s\n", lead, 'A' + (char)i, report_when(r, mark->t, at), clean);
	}
}
