// SPDX-License-Identifier: GPL-2.0-or-later
// The report for people: plain text and markdown.
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/report_int.h"

enum { WHEN_MAX = 64 };

/* 2026-11-20 14:05:30.1 in the zone of the recording. */
static const char *when(const struct report *r, int64_t t, char out[WHEN_MAX])
{
	int offset = r->utc ? 0 : r->m->utc_off_s;
	struct time_parts p;

	if (t == MODEL_NEVER) {
		snprintf(out, WHEN_MAX, "-");
	} else if (!r->m->has_clock) {
		snprintf(out, WHEN_MAX, "+%.1fs", (double)t / 1e6);
	} else {
		p = time_split(model_wall(r->m, t), offset);
		snprintf(out, WHEN_MAX, "%04d-%02d-%02d %02d:%02d:%02d.%d", p.year, p.month, p.day, p.hour, p.minute,
			 p.second, p.usec / 100000);
	}
	return out;
}

static const char *zone(const struct report *r, char out[WHEN_MAX])
{
	int offset = r->utc ? 0 : r->m->utc_off_s, minutes = abs(offset) / 60;

	if (!r->m->has_clock)
		snprintf(out, WHEN_MAX, "since the recording began");
	else if (!offset)
		snprintf(out, WHEN_MAX, "UTC");
	else
		snprintf(out, WHEN_MAX, "UTC%c%02d:%02d", offset < 0 ? '-' : '+', minutes / 60, minutes % 60);
	return out;
}

/* 5.2s below a minute, then as in the columns of the screen. */
static const char *lasted(int64_t us, char out[WHEN_MAX])
{
	if (us >= 60 * US_PER_S)
		return time_age(us, out);
	snprintf(out, WHEN_MAX, "%.1fs", (double)us / 1e6);
	return out;
}

static void milliseconds(struct buf *out, const char *label, int64_t us)
{
	if (us < 0)
		buf_printf(out, "%s-", label);
	else
		buf_printf(out, us < 10000 ? "%s%.3f" : "%s%.1f", label, (double)us / 1e3);
}

static void percent(struct buf *out, const char *label, double fraction)
{
	if (fraction < 0)
		buf_printf(out, "%s-", label);
	else
		buf_printf(out, "%s%.1f%%", label, fraction * 100);
}

static void availability(struct buf *out, const struct report_row *row)
{
	char down[WHEN_MAX];
	int64_t known = row->up_us + row->down_us;

	if (known <= 0)
		buf_puts(out, "-");
	else
		buf_printf(out, "%.3f%% (%s down)", 100.0 * (double)row->up_us / (double)known,
			   lasted(row->down_us, down));
}

static size_t count_outages(const struct report *r, unsigned key)
{
	size_t n = 0;

	for (size_t i = 0; i < history_outages(r->m); i++) {
		const struct history_outage *o = history_outage(r->m, i);

		n += o->tunnel == key && o->start <= r->to && (o->end == MODEL_NEVER || o->end >= r->from);
	}
	return n;
}

static void outage_line(struct buf *out, const struct report *r, const struct history_outage *o)
{
	char start[WHEN_MAX], end[WHEN_MAX], length[WHEN_MAX], cause[4 * sizeof o->cause];

	str_clean(cause, sizeof cause, o->cause, strlen(o->cause));
	buf_printf(out, "    %s%-22s %-22s %8s  %s\n", o->start_known ? " " : "<", when(r, o->start, start),
		   o->end == MODEL_NEVER ? "(still down)" : when(r, o->end, end),
		   lasted(report_outage_us(r, o), length), cause);
}

static void text_outages(struct buf *out, const struct report *r, const struct report_row *row)
{
	const struct history_outage *o;
	size_t n = count_outages(r, row->key);

	buf_printf(out, "  outages  %zu\n", n);
	if (n)
		buf_printf(out, "     %-22s %-22s %8s  %s\n", "start", "end", "duration", "cause");
	for (size_t i = 0; (o = report_outage(r, row->key, i)); i++)
		outage_line(out, r, o);
}

static void text_path(struct buf *out, const struct report_row *row)
{
	const struct { const char *label, *value; } parts[] = {
		{ "interface ", row->ifname }, { "peer ", row->peer }, { "outer ", row->outer_local },
		{ *row->outer_local ? "to " : "outer to ", row->outer_remote }, { "via ", row->via },
	};

	buf_puts(out, "  path     ");
	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		if (*parts[i].value)
			buf_printf(out, "%s%s  ", parts[i].label, parts[i].value);
	while (out->data[out->len - 1] == ' ')
		out->data[--out->len] = 0;
	buf_putc(out, '\n');
}

static void clean_name(const struct model *m, unsigned key, char *out, size_t size)
{
	const char *raw = model_name(m, key);

	str_clean(out, size, raw, strlen(raw));
}

static void bgp_line(struct buf *out, const struct report *r, const struct model_bgp *b, const char *lead)
{
	char state[REPORT_STATE_MAX], text[260], since[WHEN_MAX], age[WHEN_MAX];

	clean_name(r->m, b->neighbor, text, sizeof text);
	buf_printf(out, "%s%s", lead, text);
	if (b->asn >= 0)
		buf_printf(out, " AS %lld", (long long)b->asn);
	buf_printf(out, " %s%s", report_bgp_state(r->m, b, state), b->admin ? " (shut down by its administrator)" : "");
	if (b->since_known)
		buf_printf(out, " since %s (%s)", when(r, b->since_us, since), lasted(r->m->now - b->since_us, age));
	if (b->prefixes_received >= 0)
		buf_printf(out, ", %lld prefixes received", (long long)b->prefixes_received);
	if (b->prefixes_sent >= 0)
		buf_printf(out, ", %lld sent", (long long)b->prefixes_sent);
	if (b->flaps)
		buf_printf(out, ", %u flap%s", b->flaps, b->flaps == 1 ? "" : "s");
	clean_name(r->m, b->reset_reason, text, sizeof text);
	if (*text)
		buf_printf(out, ", last reset: %s", text);
	clean_name(r->m, b->router, text, sizeof text);
	if (*text)
		buf_printf(out, ", as %s says%s", text, report_bgp_stale(r->m, b) ? " (it does not answer now)" : "");
	buf_putc(out, '\n');
}

static void text_remote(struct buf *out, const struct report *r, const struct report_row *row)
{
	const struct model_router_tunnel *x = model_tunnel_remote(r->m, row->t);
	char router[260], name[260];
	unsigned key;

	for (unsigned i = 0; (key = model_tunnel_bgp(r->m, row->key, i)) != MODEL_NONE; i++)
		bgp_line(out, r, &r->m->bgp[key], i ? "           " : "  bgp      ");
	if (x) {
		clean_name(r->m, x->router, router, sizeof router);
		clean_name(r->m, x->name, name, sizeof name);
		buf_printf(out, "  router   %s: %s %s%s\n", router, name,
			   !x->has_up ? "unknown" : x->up ? "up" : "down",
			   x->has_sa && !x->sa ? ", no SA in one direction" : "");
	}
	if (row->t->rekeys)
		buf_printf(out, "  rekeys   %u\n", row->t->rekeys);
}

static void text_routers(struct buf *out, const struct report *r)
{
	const struct record_field *fields = record_kind_info(RECORD_ROUTER)->fields;
	bool any = false;

	for (size_t i = 0; i < r->m->nrouters; i++) {
		const struct model_router *x = &r->m->routers[i];
		char name[260], reason[1100], at[WHEN_MAX];

		if (!x->used)
			continue;
		buf_puts(out, any ? "" : "\nrouters\n");
		any = true;
		clean_name(r->m, x->router, name, sizeof name);
		clean_name(r->m, x->reason, reason, sizeof reason);
		buf_printf(out, "  %s  %s  %llu polls, %llu failed, last answer %s", name,
			   record_word(&fields[ROUTER_OUTCOME], x->outcome), (unsigned long long)x->polls,
			   (unsigned long long)x->failed, when(r, x->answered_us, at));
		if (x->took_ms > 0)
			buf_printf(out, ", took %d ms", x->took_ms);
		if (x->cpu_pct >= 0)
			buf_printf(out, ", CPU %d%%", x->cpu_pct);
		if (x->mem_pct >= 0)
			buf_printf(out, ", memory %d%%", x->mem_pct);
		if (x->not_understood)
			buf_printf(out, ", %d pieces not understood", x->not_understood);
		buf_printf(out, "%s%s\n", *reason ? ": " : "", reason);
	}
}

static void add_size(struct buf *out, const char *label, int value, bool known, const char *form)
{
	if (!known)
		return;
	buf_puts(out, label);
	buf_printf(out, form, value);
}

/* How the path MTU changed in the window. */
static void mtu_events(struct buf *out, const struct report *r, unsigned tunnel)
{
	size_t n = history_events(r->m);

	for (size_t i = 0; i < n; i++) {
		const struct history_event *e = history_event(r->m, i);
		char clean[4 * sizeof e->text], at[WHEN_MAX];

		if (e->tunnel != tunnel || strcmp(e->word, "MTU") || e->t < r->from || e->t > r->to)
			continue;
		str_clean(clean, sizeof clean, e->text, strlen(e->text));
		buf_printf(out, "           %s  %s\n", when(r, e->t, at), clean);
	}
}

static void text_mtu(struct buf *out, const struct report *r, const struct report_row *row)
{
	const struct model_mtu *u = &row->mtu;
	char clean[4 * sizeof u->text];

	str_clean(clean, sizeof clean, u->text, strlen(u->text));
	buf_puts(out, "  mtu    ");
	add_size(out, u->from_router ? "  router " : "  interface ", u->configured, u->configured > 0, "%d");
	add_size(out, "  path ", u->path_inner, u->path_inner > 0, "%d");
	add_size(out, "  gap ", u->gap, u->has_gap, "%+d");
	add_size(out, "  outer ", u->path_outer, u->path_outer > 0, "%d");
	add_size(out, "  drift ", u->drift, u->has_drift, "%+d");
	add_size(out, "  mss ", u->mss4, u->mss4 > 0, "%d");
	add_size(out, " and ", u->mss6, u->mss6 > 0, "%d (IPv6)");
	buf_puts(out, out->data[out->len - 1] == ' ' ? "  -\n" : "\n");
	if (*clean)
		buf_printf(out, "           %s: %s\n", mtu_verdict_word(u->verdict), clean);
	add_size(out, "           to configure: ", u->mtu, u->mtu > 0, "MTU %d\n");
	mtu_events(out, r, row->key);
}

static void text_row(struct buf *out, const struct report *r, const struct report_row *row)
{
	char since[WHEN_MAX], age[WHEN_MAX], state[16];
	size_t i = 0;

	for (; i < sizeof state - 1 && row->state[i]; i++)
		state[i] = (char)toupper((unsigned char)row->state[i]);
	state[i] = 0;
	buf_printf(out, "\n%s  %s  %s %s %s (%s)\n", row->name, row->type, state,
		   row->t->since_known ? "since" : "at least since", when(r, row->t->since_us, since),
		   row->t->since_us == MODEL_NEVER ? "-" : lasted(r->to - row->t->since_us, age));
	if (*row->reason)
		buf_printf(out, "  reason   %s\n", row->reason);
	text_path(out, row);
	buf_puts(out, "  up       ");
	availability(out, row);
	milliseconds(out, "\n  rtt ms   avg ", row->rtt_avg_us);
	milliseconds(out, "  p50 ", row->rtt_p50_us);
	milliseconds(out, "  p95 ", row->rtt_p95_us);
	milliseconds(out, "  max ", row->rtt_max_us);
	percent(out, "\n  loss     ", row->loss[LOSS_ALL]);
	buf_printf(out, " (%lld of %lld)", (long long)row->lost, (long long)row->sent);
	percent(out, ", outside outages ", row->loss[LOSS_UP]);
	buf_putc(out, '\n');
	text_mtu(out, r, row);
	text_remote(out, r, row);
	text_outages(out, r, row);
}

static void add_notes(struct buf *out, const struct report *r, const char *lead)
{
	for (size_t i = 0; i < r->nnotes; i++) {
		char clean[REPORT_TEXT_MAX];

		str_clean(clean, sizeof clean, r->notes[i], strlen(r->notes[i]));
		buf_printf(out, "%s%s\n", lead, clean);
	}
	if (!r->closed)
		buf_printf(out, "%sthe recording is not closed: it is still being written, or was cut off\n", lead);
}

static void header(struct buf *out, const struct report *r, const char *lead)
{
	char from[WHEN_MAX], to[WHEN_MAX], length[WHEN_MAX], name[WHEN_MAX], host[260];
	const char *known = model_name(r->m, r->m->host);

	str_clean(host, sizeof host, known, strlen(known));
	buf_printf(out, "%s%s, %s to %s (%s), %s\n", lead, *host ? host : "unknown host", when(r, r->from, from),
		   when(r, r->to, to), zone(r, name), lasted(r->to - r->from, length));
}

static void verdict(struct buf *out, const struct report *r, const char *lead)
{
	buf_printf(out, "%s%s: %zu down, %zu degraded, %zu up, %zu unknown\n", lead,
		   report_status_word(report_status(r->m)), report_count(r->m, HEALTH_DOWN),
		   report_count(r->m, HEALTH_DEGRADED), report_count(r->m, HEALTH_UP),
		   report_count(r->m, HEALTH_UNKNOWN));
}

static void add_marks(struct buf *out, const struct report *r, const char *lead)
{
	for (uint32_t i = 0; i < r->m->marks_count && i < ARRAY_LEN(r->m->marks); i++) {
		const struct model_mark *mark = &r->m->marks[i];
		char clean[4 * sizeof mark->text], at[WHEN_MAX];

		if (mark->t < r->from || mark->t > r->to)
			continue;
		str_clean(clean, sizeof clean, mark->text, strlen(mark->text));
		buf_printf(out, "%smark %c  %s  %s\n", lead, 'A' + (char)i, when(r, mark->t, at), clean);
	}
}

void report_text(struct buf *out, const struct report *r)
{
	struct report_row row;

	header(out, r, "");
	verdict(out, r, "");
	add_notes(out, r, "note: ");
	add_marks(out, r, "");
	for (unsigned key = 0; report_row(r, key, &row); key = row.key + 1)
		text_row(out, r, &row);
	text_routers(out, r);
}

/* Text in a cell of a markdown table. */
static void cell(struct buf *out, const char *s)
{
	buf_puts(out, "| ");
	for (; *s; s++) {
		if (strchr("|\\`*_<>[]#", *s))
			buf_putc(out, '\\');
		buf_putc(out, *s);
	}
	buf_putc(out, ' ');
}

static void markdown_row(struct buf *out, const struct report *r, const struct report_row *row)
{
	char since[WHEN_MAX];

	cell(out, row->name);
	cell(out, row->type);
	cell(out, row->state);
	cell(out, when(r, row->t->since_us, since));
	buf_puts(out, "| ");
	availability(out, row);
	buf_printf(out, " | %zu ", count_outages(r, row->key));
	percent(out, "| ", row->loss[LOSS_ALL]);
	percent(out, " | ", row->loss[LOSS_UP]);
	milliseconds(out, " | ", row->rtt_p50_us);
	milliseconds(out, " | ", row->rtt_p95_us);
	buf_putc(out, ' ');
	cell(out, row->reason);
	buf_puts(out, "|\n");
}

static void markdown_outages(struct buf *out, const struct report *r)
{
	const struct history_outage *o;

	if (!report_outage(r, MODEL_NONE, 0))
		return;
	buf_puts(out, "\n## Outages\n\n| tunnel | start | end | duration | cause |\n|---|---|---|---|---|\n");
	for (size_t i = 0; (o = report_outage(r, MODEL_NONE, i)); i++) {
		char text[WHEN_MAX], cause[4 * sizeof o->cause], name[4 * MODEL_NAME_MAX] = "";

		if (o->tunnel < r->m->ntunnels)
			str_clean(name, sizeof name, r->m->tunnels[o->tunnel].name,
				  strlen(r->m->tunnels[o->tunnel].name));
		str_clean(cause, sizeof cause, o->cause, strlen(o->cause));
		cell(out, name);
		cell(out, when(r, o->start, text));
		cell(out, o->end == MODEL_NEVER ? "still down" : when(r, o->end, text));
		cell(out, lasted(report_outage_us(r, o), text));
		cell(out, cause);
		buf_puts(out, "|\n");
	}
}

static void size_cell(struct buf *out, int value, bool known, const char *form)
{
	buf_puts(out, "| ");
	if (known)
		buf_printf(out, form, value);
	else
		buf_putc(out, '-');
	buf_putc(out, ' ');
}

static void markdown_mtu(struct buf *out, const struct report *r)
{
	bool any = false;
	struct report_row row;

	for (unsigned k = 0; report_row(r, k, &row); k = row.key + 1) {
		const struct model_mtu *u = &row.mtu;
		char clean[4 * sizeof u->text];

		if (!u->inner && !u->outer)
			continue;
		if (!any)
			buf_puts(out, "\n## Path MTU\n\n| tunnel | configured | path | outer | gap | drift | MSS | "
				      "verdict | evidence |\n|---|---|---|---|---|---|---|---|---|\n");
		any = true;
		cell(out, row.name);
		size_cell(out, u->configured, u->configured > 0, "%d");
		size_cell(out, u->path_inner, u->path_inner > 0, "%d");
		size_cell(out, u->path_outer, u->path_outer > 0, "%d");
		size_cell(out, u->gap, u->has_gap, "%+d");
		size_cell(out, u->drift, u->has_drift, "%+d");
		size_cell(out, u->mss4, u->mss4 > 0, "%d");
		cell(out, mtu_verdict_word(u->verdict));
		str_clean(clean, sizeof clean, u->text, strlen(u->text));
		cell(out, clean);
		buf_puts(out, "|\n");
	}
}

static void markdown_bgp(struct buf *out, const struct report *r)
{
	bool any = false;
	struct report_row row;
	unsigned key;

	for (unsigned k = 0; report_row(r, k, &row); k = row.key + 1)
		for (unsigned i = 0; (key = model_tunnel_bgp(r->m, row.key, i)) != MODEL_NONE; i++) {
			const struct model_bgp *b = &r->m->bgp[key];
			char text[REPORT_STATE_MAX > 260 ? REPORT_STATE_MAX : 260];

			if (!any)
				buf_puts(out, "\n## BGP\n\n| tunnel | neighbour | state | since | prefixes | flaps | "
					      "last reset | router |\n|---|---|---|---|---|---|---|---|\n");
			any = true;
			cell(out, row.name);
			clean_name(r->m, b->neighbor, text, sizeof text);
			cell(out, text);
			cell(out, report_bgp_state(r->m, b, text));
			cell(out, b->since_known ? when(r, b->since_us, text) : "-");
			if (b->prefixes_received >= 0)
				buf_printf(out, "| %lld ", (long long)b->prefixes_received);
			else
				buf_puts(out, "| - ");
			buf_printf(out, "| %u ", b->flaps);
			clean_name(r->m, b->reset_reason, text, sizeof text);
			cell(out, text);
			clean_name(r->m, b->router, text, sizeof text);
			cell(out, text);
			buf_puts(out, "|\n");
		}
}

void report_markdown(struct buf *out, const struct report *r)
{
	struct report_row row;

	header(out, r, "# Tunnels of ");
	verdict(out, r, "\n");
	add_notes(out, r, "\n- note: ");
	add_marks(out, r, "\n- ");
	buf_puts(out, "\n| tunnel | type | state | since | up | outages | loss | loss outside outages | rtt p50 ms | "
		      "rtt p95 ms | reason |\n|---|---|---|---|---|---|---|---|---|---|---|\n");
	for (unsigned key = 0; report_row(r, key, &row); key = row.key + 1)
		markdown_row(out, r, &row);
	markdown_mtu(out, r);
	markdown_bgp(out, r);
	markdown_outages(out, r);
}
