// SPDX-License-Identifier: GPL-2.0-or-later
// The report as markdown: a table for each kind of thing.
#include <string.h>

#include "report/report_int.h"

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
	char since[REPORT_WHEN_MAX];

	cell(out, row->name);
	cell(out, row->type);
	cell(out, row->state);
	cell(out, report_when(r, row->t->since_us, since));
	buf_puts(out, "| ");
	report_availability(out, row);
	buf_printf(out, " | %zu ", report_outages(r, row->key));
	report_percent(out, "| ", row->loss[LOSS_ALL]);
	report_percent(out, " | ", row->loss[LOSS_UP]);
	report_milliseconds(out, " | ", row->rtt_p50_us);
	report_milliseconds(out, " | ", row->rtt_p95_us);
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
		char text[REPORT_WHEN_MAX], cause[4 * sizeof o->cause], name[4 * MODEL_NAME_MAX] = "";

		if (o->tunnel < r->m->ntunnels)
			str_clean(name, sizeof name, r->m->tunnels[o->tunnel].name,
				  strlen(r->m->tunnels[o->tunnel].name));
		str_clean(cause, sizeof cause, o->cause, strlen(o->cause));
		cell(out, name);
		cell(out, report_when(r, o->start, text));
		cell(out, o->end == MODEL_NEVER ? "still down" : report_when(r, o->end, text));
		cell(out, report_lasted(report_outage_us(r, o), text));
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

static void bgp_row(struct buf *out, const struct report *r, const char *tunnel, const struct model_bgp *b)
{
	char text[REPORT_STATE_MAX > 260 ? REPORT_STATE_MAX : 260];

	cell(out, tunnel);
	report_name(r->m, b->neighbor, text, sizeof text);
	cell(out, text);
	cell(out, report_bgp_state(r->m, b, text));
	cell(out, b->since_known ? report_when(r, b->since_us, text) : "-");
	if (b->prefixes_received >= 0)
		buf_printf(out, "| %lld ", (long long)b->prefixes_received);
	else
		buf_puts(out, "| - ");
	buf_printf(out, "| %u ", b->flaps);
	report_name(r->m, b->reset_reason, text, sizeof text);
	cell(out, text);
	report_name(r->m, b->router, text, sizeof text);
	cell(out, text);
	buf_puts(out, "|\n");
}

static void markdown_bgp(struct buf *out, const struct report *r)
{
	struct buf rows = {0};
	struct report_row row;
	unsigned key;

	for (unsigned k = 0; report_row(r, k, &row); k = row.key + 1)
		for (unsigned i = 0; (key = model_tunnel_bgp(r->m, row.key, i)) != MODEL_NONE; i++)
			bgp_row(&rows, r, row.name, &r->m->bgp[key]);
	for (key = 0; (key = report_bgp_alone(r->m, key)) != MODEL_NONE; key++)
		bgp_row(&rows, r, "-", &r->m->bgp[key]);
	if (rows.len)
		buf_printf(out, "\n## BGP\n\n| tunnel | neighbour | state | since | prefixes | flaps | last reset | "
			   "router |\n|---|---|---|---|---|---|---|---|\n%s", rows.data);
	buf_free(&rows);
}

static void percent_cell(struct buf *out, int32_t pct)
{
	if (pct < 0)
		buf_puts(out, "| - ");
	else
		buf_printf(out, "| %d%% ", pct);
}

static void markdown_routers(struct buf *out, const struct report *r)
{
	const struct record_field *outcome = &record_kind_info(RECORD_ROUTER)->fields[ROUTER_OUTCOME];
	bool any = false;

	for (size_t i = 0; i < r->m->nrouters; i++) {
		const struct model_router *x = &r->m->routers[i];
		char text[REPORT_TEXT_MAX];

		if (!x->used)
			continue;
		buf_puts(out, any ? "" : "\n## Routers\n\n| router | last poll | last answer | polls | failed | CPU | "
				      "memory | reason |\n|---|---|---|---|---|---|---|---|\n");
		any = true;
		report_name(r->m, x->router, text, sizeof text);
		cell(out, text);
		cell(out, record_word(outcome, x->outcome));
		cell(out, report_when(r, x->answered_us, text));
		buf_printf(out, "| %llu | %llu ", (unsigned long long)x->polls, (unsigned long long)x->failed);
		percent_cell(out, x->cpu_pct);
		percent_cell(out, x->mem_pct);
		report_name(r->m, x->reason, text, sizeof text);
		cell(out, text);
		buf_puts(out, "|\n");
	}
}

void report_markdown(struct buf *out, const struct report *r)
{
	struct report_row row;

	report_header(out, r, "# Tunnels of ");
	report_verdict(out, r, "\n");
	report_notes(out, r, "\n- note: ");
	report_marks(out, r, "\n- ");
	buf_puts(out, "\n| tunnel | type | state | since | up | outages | loss | loss outside outages | rtt p50 ms | "
		      "rtt p95 ms | reason |\n|---|---|---|---|---|---|---|---|---|---|---|\n");
	for (unsigned key = 0; report_row(r, key, &row); key = row.key + 1)
		markdown_row(out, r, &row);
	markdown_mtu(out, r);
	markdown_bgp(out, r);
	markdown_routers(out, r);
	markdown_outages(out, r);
}
