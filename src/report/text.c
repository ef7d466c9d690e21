// SPDX-License-Identifier: GPL-2.0-or-later
// The report as plain text.
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "report/report_int.h"

static void outage_line(struct buf *out, const struct report *r, const struct history_outage *o)
{
	char start[REPORT_WHEN_MAX], end[REPORT_WHEN_MAX], length[REPORT_WHEN_MAX], cause[4 * sizeof o->cause];

	str_clean(cause, sizeof cause, o->cause, strlen(o->cause));
	buf_printf(out, "    %s%-22s %-22s %8s  %s\n", o->start_known ? " " : "<", report_when(r, o->start, start),
		   o->end == MODEL_NEVER ? "(still down)" : report_when(r, o->end, end),
		   report_lasted(report_outage_us(r, o), length), cause);
}

static void text_outages(struct buf *out, const struct report *r, const struct report_row *row)
{
	const struct history_outage *o;
	size_t n = report_outages(r, row->key);

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

static void bgp_line(struct buf *out, const struct report *r, const struct model_bgp *b, const char *lead)
{
	char state[REPORT_STATE_MAX], text[260], since[REPORT_WHEN_MAX], age[REPORT_WHEN_MAX];

	report_name(r->m, b->neighbor, text, sizeof text);
	buf_printf(out, "%s%s", lead, text);
	if (b->asn >= 0)
		buf_printf(out, " AS %lld", (long long)b->asn);
	buf_printf(out, " %s%s", report_bgp_state(r->m, b, state), b->admin ? " (shut down by its administrator)" : "");
	if (b->since_known)
		buf_printf(out, " since %s (%s)", report_when(r, b->since_us, since),
			   report_lasted(r->m->now - b->since_us, age));
	if (b->prefixes_received >= 0)
		buf_printf(out, ", %lld prefixes received", (long long)b->prefixes_received);
	if (b->prefixes_sent >= 0)
		buf_printf(out, ", %lld sent", (long long)b->prefixes_sent);
	if (b->flaps)
		buf_printf(out, ", %u flap%s", b->flaps, b->flaps == 1 ? "" : "s");
	report_name(r->m, b->reset_reason, text, sizeof text);
	if (*text)
		buf_printf(out, ", last reset: %s", text);
	report_name(r->m, b->router, text, sizeof text);
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
		report_name(r->m, x->router, router, sizeof router);
		report_name(r->m, x->name, name, sizeof name);
		buf_printf(out, "  router   %s: %s %s%s\n", router, name,
			   !x->has_up ? "unknown" : x->up ? "up" : "down",
			   x->has_sa && !x->sa ? ", no SA in one direction" : "");
	}
	if (row->t->rekeys)
		buf_printf(out, "  rekeys   %u\n", row->t->rekeys);
}

/* Nobody who reads of no trouble should believe that all neighbours were looked at. */
static void text_alone(struct buf *out, const struct report *r)
{
	unsigned key = report_bgp_alone(r->m, 0);

	buf_puts(out, key == MODEL_NONE ? "" : "\nBGP neighbours of no tunnel\n");
	for (; key != MODEL_NONE; key = report_bgp_alone(r->m, key + 1))
		bgp_line(out, r, &r->m->bgp[key], "  ");
}

static void text_routers(struct buf *out, const struct report *r)
{
	const struct record_field *fields = record_kind_info(RECORD_ROUTER)->fields;
	bool any = false;

	for (size_t i = 0; i < r->m->nrouters; i++) {
		const struct model_router *x = &r->m->routers[i];
		char name[260], reason[1100], at[REPORT_WHEN_MAX];

		if (!x->used)
			continue;
		buf_puts(out, any ? "" : "\nrouters\n");
		any = true;
		report_name(r->m, x->router, name, sizeof name);
		report_name(r->m, x->reason, reason, sizeof reason);
		buf_printf(out, "  %s  %s  %llu polls, %llu failed, last answer %s", name,
			   record_word(&fields[ROUTER_OUTCOME], x->outcome), (unsigned long long)x->polls,
			   (unsigned long long)x->failed, report_when(r, x->answered_us, at));
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
		char clean[4 * sizeof e->text], at[REPORT_WHEN_MAX];

		if (e->tunnel != tunnel || strcmp(e->word, "MTU") || e->t < r->from || e->t > r->to)
			continue;
		str_clean(clean, sizeof clean, e->text, strlen(e->text));
		buf_printf(out, "           %s  %s\n", report_when(r, e->t, at), clean);
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
	char since[REPORT_WHEN_MAX], age[REPORT_WHEN_MAX], state[16];
	size_t i = 0;

	for (; i < sizeof state - 1 && row->state[i]; i++)
		state[i] = (char)toupper((unsigned char)row->state[i]);
	state[i] = 0;
	buf_printf(out, "\n%s  %s  %s %s %s (%s)\n", row->name, row->type, state,
		   row->t->since_known ? "since" : "at least since", report_when(r, row->t->since_us, since),
		   row->t->since_us == MODEL_NEVER ? "-" : report_lasted(r->to - row->t->since_us, age));
	if (*row->reason)
		buf_printf(out, "  reason   %s\n", row->reason);
	text_path(out, row);
	buf_puts(out, "  up       ");
	report_availability(out, row);
	report_milliseconds(out, "\n  rtt ms   avg ", row->rtt_avg_us);
	report_milliseconds(out, "  p50 ", row->rtt_p50_us);
	report_milliseconds(out, "  p95 ", row->rtt_p95_us);
	report_milliseconds(out, "  max ", row->rtt_max_us);
	report_percent(out, "\n  loss     ", row->loss[LOSS_ALL]);
	buf_printf(out, " (%lld of %lld)", (long long)row->lost, (long long)row->sent);
	report_percent(out, ", outside outages ", row->loss[LOSS_UP]);
	buf_putc(out, '\n');
	text_mtu(out, r, row);
	text_remote(out, r, row);
	text_outages(out, r, row);
}

void report_text(struct buf *out, const struct report *r)
{
	struct report_row row;

	report_header(out, r, "");
	report_verdict(out, r, "");
	report_notes(out, r, "note: ");
	report_marks(out, r, "");
	for (unsigned key = 0; report_row(r, key, &row); key = row.key + 1)
		text_row(out, r, &row);
	text_alone(out, r);
	text_routers(out, r);
}
