// SPDX-License-Identifier: GPL-2.0-or-later
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "report/report_int.h"

static json_t *text(const char *s)
{
	return *s ? json_string(s) : json_null();
}

static json_t *number(int64_t x, bool known)
{
	return known ? json_integer(x) : json_null();
}

/* Six digits are more than loss can mean, and 0.1 should not print as 0.10000000000000001. */
static json_t *fraction(double x)
{
	return x < 0 ? json_null() : json_real((double)(int64_t)(x * 1e6 + 0.5) / 1e6);
}

static json_t *moment(const struct model *m, int64_t t)
{
	char out[TIME_TEXT_MAX];

	if (!m->has_clock || t == MODEL_NEVER)
		return json_null();
	return json_string(time_rfc3339(model_wall(m, t), out));
}

static json_t *rtt(const struct report_row *row)
{
	json_t *o = json_object();

	json_object_set_new(o, "last", number(row->rtt_last_us, row->rtt_last_us >= 0));
	json_object_set_new(o, "avg", number(row->rtt_avg_us, row->rtt_avg_us >= 0));
	json_object_set_new(o, "p50", number(row->rtt_p50_us, row->rtt_p50_us >= 0));
	json_object_set_new(o, "p95", number(row->rtt_p95_us, row->rtt_p95_us >= 0));
	json_object_set_new(o, "max", number(row->rtt_max_us, row->rtt_max_us >= 0));
	return o;
}

static json_t *loss(const struct report_row *row)
{
	json_t *o = json_object();

	json_object_set_new(o, "1m", fraction(row->loss[LOSS_1M]));
	json_object_set_new(o, "10m", fraction(row->loss[LOSS_10M]));
	json_object_set_new(o, "all", fraction(row->loss[LOSS_ALL]));
	json_object_set_new(o, "up", fraction(row->loss[LOSS_UP]));
	return o;
}

static json_t *name(const struct model *m, unsigned key)
{
	const char *raw = model_name(m, key);
	char clean[4 * 256];

	str_clean(clean, sizeof clean, raw, strlen(raw));
	return text(clean);
}

/* ---- path MTU ---- */

/* The path that the row's own numbers are of: the inner one where there is one. */
static const struct model_pmtu *told_path(const struct model_mtu *u)
{
	return u->inner ? u->inner : u->outer;
}

static json_t *sizes(const struct model_pmtu *p)
{
	json_t *list = json_array();

	for (uint32_t i = 0; p && i < p->nsizes; i++)
		json_array_append_new(list, json_pack("{s:i, s:i, s:i, s:i}", "size", p->sizes[i].size, "answered",
						      p->sizes[i].answered, "lost", p->sizes[i].lost, "refused",
						      p->sizes[i].refused));
	return list;
}

/* How the number came about. */
static void add_evidence(json_t *o, const struct model *m, const struct model_pmtu *p)
{
	static const char *const unknown[] = { "state", "cause", "from", "named", "direction", "hop", "hop_from",
					       "cached_mtu", "since", "proved" };
	const struct record_field *fields = record_kind_info(RECORD_PMTU)->fields;
	bool searched;

	for (size_t i = 0; i < ARRAY_LEN(unknown); i++)
		json_object_set_new(o, unknown[i], json_null());
	json_object_set_new(o, "sizes", sizes(p));
	if (!p)
		return;
	searched = p->searched_us != MODEL_NEVER && !p->stale;
	json_object_set_new(o, "state", json_string(record_word(&fields[PMTU_STATE], p->state)));
	json_object_set_new(o, "from", name(m, p->from));
	json_object_set_new(o, "cached_mtu", number(p->cached_mtu, p->cached_mtu > 0));
	json_object_set_new(o, "since", moment(m, p->since_us));
	json_object_set_new(o, "proved", moment(m, p->proved_us));
	if (!searched)
		return;
	json_object_set_new(o, "cause", json_string(record_word(&fields[PMTU_CAUSE], p->cause)));
	json_object_set_new(o, "named", number(p->named, p->named >= 0));
	if (p->direction != DIRECTION_UNKNOWN)
		json_object_set_new(o, "direction", json_string(record_word(&fields[PMTU_DIRECTION], p->direction)));
	json_object_set_new(o, "hop", number(p->hop, p->hop > 0));
	json_object_set_new(o, "hop_from", name(m, p->hop_from));
}

static json_t *mtu(const struct model *m, const struct report_row *row)
{
	const struct model_mtu *u = &row->mtu;
	int base = u->path_inner || row->t->base_inner ? row->t->base_inner : row->t->base_outer;
	char clean[4 * sizeof u->text];
	json_t *o = json_object();

	str_clean(clean, sizeof clean, u->text, strlen(u->text));
	json_object_set_new(o, "interface", number(row->interface_mtu, row->interface_mtu > 0));
	json_object_set_new(o, "configured", number(u->configured, u->configured > 0));
	json_object_set_new(o, "path_inner", number(u->path_inner, u->path_inner > 0));
	json_object_set_new(o, "path_outer", number(u->path_outer, u->path_outer > 0));
	json_object_set_new(o, "ceiling", number(u->ceiling, u->ceiling > 0));
	json_object_set_new(o, "gap", number(u->gap, u->has_gap));
	json_object_set_new(o, "baseline", number(base, base > 0));
	json_object_set_new(o, "drift", number(u->drift, u->has_drift));
	json_object_set_new(o, "mss4", number(u->mss4, u->mss4 > 0));
	json_object_set_new(o, "mss6", number(u->mss6, u->mss6 > 0));
	json_object_set_new(o, "verdict", u->verdict == MTU_VERDICT_UNKNOWN ? json_null() :
			    json_string(mtu_verdict_word(u->verdict)));
	json_object_set_new(o, "mtu", number(u->mtu, u->mtu > 0));
	json_object_set_new(o, "text", text(clean));
	json_object_set_new(o, "searching", json_boolean(model_mtu_searching(m, row->key)));
	add_evidence(o, m, told_path(u));
	return o;
}

/* ---- BGP and routers ---- */

static json_t *neighbour(const struct model *m, const struct model_bgp *b)
{
	char state[REPORT_STATE_MAX];
	json_t *o = json_object();

	json_object_set_new(o, "neighbor", name(m, b->neighbor));
	json_object_set_new(o, "asn", number(b->asn, b->asn >= 0));
	json_object_set_new(o, "state", json_string(report_bgp_state(m, b, state)));
	json_object_set_new(o, "admin", json_boolean(b->admin));
	json_object_set_new(o, "since", b->since_known ? moment(m, b->since_us) : json_null());
	json_object_set_new(o, "prefixes_received", number(b->prefixes_received, b->prefixes_received >= 0));
	json_object_set_new(o, "prefixes_sent", number(b->prefixes_sent, b->prefixes_sent >= 0));
	json_object_set_new(o, "flaps", json_integer(b->flaps));
	json_object_set_new(o, "reset_reason", name(m, b->reset_reason));
	json_object_set_new(o, "router", name(m, b->router));
	json_object_set_new(o, "vrf", name(m, b->vrf));
	json_object_set_new(o, "stale", json_boolean(report_bgp_stale(m, b)));
	return o;
}

static json_t *neighbours(const struct model *m, unsigned tunnel)
{
	json_t *list = json_array();
	unsigned key;

	for (unsigned i = 0; (key = model_tunnel_bgp(m, tunnel, i)) != MODEL_NONE; i++)
		json_array_append_new(list, neighbour(m, &m->bgp[key]));
	return list;
}

static json_t *alone(const struct model *m)
{
	json_t *list = json_array();

	for (unsigned key = 0; (key = report_bgp_alone(m, key)) != MODEL_NONE; key++)
		json_array_append_new(list, neighbour(m, &m->bgp[key]));
	return list;
}

static json_t *router(const struct model *m, const struct model_router *r)
{
	const struct record_field *fields = record_kind_info(RECORD_ROUTER)->fields;
	char boot[TIME_TEXT_MAX];
	json_t *o = json_object();

	json_object_set_new(o, "name", name(m, r->router));
	json_object_set_new(o, "profile", name(m, r->profile));
	json_object_set_new(o, "outcome", json_string(record_word(&fields[ROUTER_OUTCOME], r->outcome)));
	json_object_set_new(o, "reason", name(m, r->reason));
	json_object_set_new(o, "polled", moment(m, r->polled_us));
	json_object_set_new(o, "answered", moment(m, r->answered_us));
	json_object_set_new(o, "stale", json_boolean(model_router_stale(m, r)));
	json_object_set_new(o, "polls", json_integer((json_int_t)r->polls));
	json_object_set_new(o, "failed", json_integer((json_int_t)r->failed));
	json_object_set_new(o, "failures", json_integer(r->failures));
	json_object_set_new(o, "took_ms", number(r->took_ms, r->took_ms > 0));
	json_object_set_new(o, "not_understood", json_integer(r->not_understood));
	json_object_set_new(o, "cpu_pct", number(r->cpu_pct, r->cpu_pct >= 0));
	json_object_set_new(o, "mem_pct", number(r->mem_pct, r->mem_pct >= 0));
	json_object_set_new(o, "boot_at", r->boot_at == MODEL_NEVER ? json_null() :
			    json_string(time_rfc3339(r->boot_at, boot)));
	json_object_set_new(o, "clock_offset_s", number(r->clock_offset_s, r->has_clock_offset));
	return o;
}

static json_t *routers(const struct model *m)
{
	json_t *list = json_array();

	for (size_t i = 0; i < m->nrouters; i++)
		if (m->routers[i].used)
			json_array_append_new(list, router(m, &m->routers[i]));
	return list;
}

/* What its router says of the row. */
static json_t *remote(const struct model *m, const struct model_tunnel *t)
{
	const struct model_router_tunnel *x = model_tunnel_remote(m, t);
	json_t *o;

	if (!x)
		return json_null();
	o = json_object();
	json_object_set_new(o, "router", name(m, x->router));
	json_object_set_new(o, "name", name(m, x->name));
	json_object_set_new(o, "up", x->has_up ? json_boolean(x->up) : json_null());
	json_object_set_new(o, "sa", x->has_sa ? json_boolean(x->sa) : json_null());
	json_object_set_new(o, "sa_life_s", number(x->sa_life_s, x->sa_life_s >= 0));
	return o;
}

static json_t *capture(void)
{
	return json_pack("{s:n, s:n, s:n}", "fragments", "ptb", "mss_max");
}

static json_t *outages(const struct report *r, unsigned key)
{
	json_t *list = json_array();
	const struct history_outage *outage;

	for (size_t i = 0; (outage = report_outage(r, key, i)); i++) {
		json_t *o = json_object();
		char cause[4 * sizeof outage->cause];

		str_clean(cause, sizeof cause, outage->cause, strlen(outage->cause));
		json_object_set_new(o, "start", moment(r->m, outage->start));
		json_object_set_new(o, "start_known", json_boolean(outage->start_known));
		json_object_set_new(o, "end", moment(r->m, outage->end));
		json_object_set_new(o, "duration_ms", json_integer(report_outage_us(r, outage) / US_PER_MS));
		json_object_set_new(o, "cause", text(cause));
		json_array_append_new(list, o);
	}
	return list;
}

static json_t *tunnel(const struct report *r, const struct report_row *row)
{
	json_t *o = json_object();

	json_object_set_new(o, "name", json_string(row->name));
	json_object_set_new(o, "type", json_string(row->type));
	json_object_set_new(o, "ifname", text(row->ifname));
	json_object_set_new(o, "peer", text(row->peer));
	json_object_set_new(o, "outer_local", text(row->outer_local));
	json_object_set_new(o, "outer_remote", text(row->outer_remote));
	json_object_set_new(o, "via", text(row->via));
	json_object_set_new(o, "group", text(row->group));
	json_object_set_new(o, "state", json_string(row->state));
	json_object_set_new(o, "since", moment(r->m, row->t->since_us));
	json_object_set_new(o, "since_known", json_boolean(row->t->since_known));
	json_object_set_new(o, "reason", text(row->reason));
	json_object_set_new(o, "up_ms", json_integer(row->up_us / US_PER_MS));
	json_object_set_new(o, "down_ms", json_integer(row->down_us / US_PER_MS));
	json_object_set_new(o, "sent", json_integer(row->sent));
	json_object_set_new(o, "lost", json_integer(row->lost));
	json_object_set_new(o, "rtt_us", rtt(row));
	json_object_set_new(o, "loss", loss(row));
	json_object_set_new(o, "mtu", mtu(r->m, row));
	json_object_set_new(o, "bgp", neighbours(r->m, row->key));
	json_object_set_new(o, "remote", remote(r->m, row->t));
	json_object_set_new(o, "sa", json_array());
	json_object_set_new(o, "rekeys", number(row->t->rekeys, row->t->rekeys > 0));
	json_object_set_new(o, "capture", capture());
	json_object_set_new(o, "outages", outages(r, row->key));
	json_object_set_new(o, "diagnoses", json_array());
	return o;
}

static json_t *notes(const struct report *r)
{
	json_t *list = json_array();

	for (size_t i = 0; i < r->nnotes; i++) {
		char clean[REPORT_TEXT_MAX];

		str_clean(clean, sizeof clean, r->notes[i], strlen(r->notes[i]));
		json_array_append_new(list, json_string(clean));
	}
	return list;
}

static int add_bytes(const char *bytes, size_t len, void *out)
{
	buf_add(out, bytes, len);
	return 0;
}

void report_json(struct buf *out, const struct report *r)
{
	json_t *o = json_object(), *tunnels = json_array();
	struct report_row row;

	for (unsigned key = 0; report_row(r, key, &row); key = row.key + 1)
		json_array_append_new(tunnels, tunnel(r, &row));
	json_object_set_new(o, "status", json_string(report_status_word(report_status(r->m))));
	json_object_set_new(o, "time", moment(r->m, r->to));
	json_object_set_new(o, "from", moment(r->m, r->from));
	json_object_set_new(o, "closed", json_boolean(r->closed));
	json_object_set_new(o, "notes", notes(r));
	json_object_set_new(o, "tunnels", tunnels);
	json_object_set_new(o, "bgp", alone(r->m));
	json_object_set_new(o, "routers", routers(r->m));
	json_dump_callback(o, add_bytes, out, JSON_INDENT(1) | JSON_REAL_PRECISION(9));
	buf_putc(out, '\n');
	json_decref(o);
}
