// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "report/report_int.h"
#include "tunwatch/record.h"

size_t report_count(const struct model *m, enum health state)
{
	size_t n = 0;

	for (size_t i = 0; i < m->ntunnels; i++)
		n += m->tunnels[i].used && m->tunnels[i].state == state;
	return n;
}

size_t report_rows(const struct model *m)
{
	size_t n = 0;

	for (size_t i = 0; i < m->ntunnels; i++)
		n += m->tunnels[i].used;
	return n;
}

enum report_status report_status(const struct model *m)
{
	if (report_count(m, HEALTH_DOWN))
		return REPORT_CRITICAL;
	if (report_count(m, HEALTH_DEGRADED))
		return REPORT_WARNING;
	return report_count(m, HEALTH_UP) ? REPORT_OK : REPORT_UNKNOWN;
}

const char *report_status_word(enum report_status status)
{
	static const char *const words[] = { "OK", "WARNING", "CRITICAL", "UNKNOWN" };

	return words[status];
}

static void clean(char *dst, size_t size, const char *src)
{
	str_clean(dst, size, src, strlen(src));
}

static void fill_via(const struct model *m, struct report_row *row)
{
	const struct model_route *route = model_tunnel_route(m, row->t);
	size_t n = 0;
	char text[128];

	*row->via = 0;
	if (!route || route->error || !*model_name(m, route->oif))
		return;
	clean(text, sizeof text, model_name(m, route->oif));
	str_append(row->via, sizeof row->via, &n, "%s", text);
	clean(text, sizeof text, model_name(m, route->gateway));
	if (*text)
		str_append(row->via, sizeof row->via, &n, " gateway %s", text);
	clean(text, sizeof text, model_name(m, route->prefsrc));
	if (*text)
		str_append(row->via, sizeof row->via, &n, " source %s", text);
}

static void fill_texts(const struct model *m, struct report_row *row)
{
	const struct model_tunnel *t = row->t;
	const struct record_field *fields = record_kind_info(RECORD_TUNNEL)->fields;
	const struct record_field *carry = record_kind_info(RECORD_CARRY)->fields;

	clean(row->name, sizeof row->name, t->name);
	clean(row->reason, sizeof row->reason, t->reason);
	clean(row->ifname, sizeof row->ifname, model_name(m, t->ifname));
	clean(row->peer, sizeof row->peer, model_name(m, t->peer));
	clean(row->outer_local, sizeof row->outer_local, model_name(m, t->outer_local));
	clean(row->outer_remote, sizeof row->outer_remote, model_name(m, t->outer_remote));
	clean(row->group, sizeof row->group, model_name(m, t->group));
	row->type = record_word(&fields[TUNNEL_TYPE], t->type);
	row->state = record_word(&carry[CARRY_STATE], t->state);
	fill_via(m, row);
}

static void fill_statistics(const struct report *r, struct report_row *row)
{
	const struct model *m = r->stats ? r->stats : r->m;
	const struct model_target *target = model_tunnel_inner(m, &m->tunnels[row->key]);
	const struct model_rtt *rtt = target ? &target->rtt : NULL;

	row->rtt_last_us = rtt ? rtt->last_us : -1;
	row->rtt_avg_us = rtt ? model_rtt_avg(rtt) : -1;
	row->rtt_p50_us = rtt ? model_rtt_percentile(rtt, 0.5) : -1;
	row->rtt_p95_us = rtt ? model_rtt_percentile(rtt, 0.95) : -1;
	row->rtt_max_us = rtt ? rtt->max_us : -1;
	for (int k = 0; k <= LOSS_UP; k++)
		row->loss[k] = target ? model_loss(m, target, (enum model_loss)k) : -1;
	row->sent = target ? target->sent : 0;
	row->lost = target ? target->lost : 0;
}

static void fill_numbers(const struct report *r, struct report_row *row)
{
	const struct model *m = r->m, *before = r->before;
	const struct model_link *link = model_tunnel_link(m, row->t);

	fill_statistics(r, row);
	row->interface_mtu = link ? link->mtu : 0;
	model_mtu(m, row->key, &row->mtu);
	model_tunnel_times(m, row->t, &row->up_us, &row->down_us);
	if (before && row->key < before->ntunnels && before->tunnels[row->key].used) {
		int64_t up, down;

		model_tunnel_times(before, &before->tunnels[row->key], &up, &down);
		row->up_us = row->up_us > up ? row->up_us - up : 0;
		row->down_us = row->down_us > down ? row->down_us - down : 0;
	}
}

bool report_row(const struct report *r, unsigned key, struct report_row *ret)
{
	while (key < r->m->ntunnels && !r->m->tunnels[key].used)
		key++;
	if (key >= r->m->ntunnels)
		return false;
	*ret = (struct report_row){ .key = key, .t = &r->m->tunnels[key] };
	fill_texts(r->m, ret);
	fill_numbers(r, ret);
	return true;
}

const char *report_bgp_state(const struct model *m, const struct model_bgp *b, char out[REPORT_STATE_MAX])
{
	const struct record_field *fields = record_kind_info(RECORD_BGP)->fields;

	clean(out, REPORT_STATE_MAX, model_name(m, b->word));
	if (b->gone)
		str_copy(out, REPORT_STATE_MAX, "not listed");
	else if (!*out || b->state == BGP_STATE_NOT_UNDERSTOOD)
		str_copy(out, REPORT_STATE_MAX, record_word(&fields[BGP_STATE], b->state));
	return out;
}

bool report_bgp_stale(const struct model *m, const struct model_bgp *b)
{
	const struct model_router *router = model_find_router(m, b->router);

	return router && model_router_stale(m, router);
}

unsigned report_bgp_alone(const struct model *m, unsigned key)
{
	for (; key < m->nbgp; key++)
		if (m->bgp[key].used && !m->bgp[key].gone && m->bgp[key].row == MODEL_NONE)
			return key;
	return MODEL_NONE;
}

const struct history_outage *report_outage(const struct report *r, unsigned tunnel, size_t i)
{
	size_t n = history_outages(r->m);

	for (size_t k = 0; k < n; k++) {
		const struct history_outage *o = history_outage(r->m, k);

		if (tunnel != MODEL_NONE && o->tunnel != tunnel)
			continue;
		if (o->start > r->to || (o->end != MODEL_NEVER && o->end < r->from))
			continue;
		if (!i--)
			return o;
	}
	return NULL;
}

int64_t report_outage_us(const struct report *r, const struct history_outage *o)
{
	int64_t end = o->end == MODEL_NEVER ? r->to : o->end;

	return end > o->start ? end - o->start : 0;
}

/* "2 of 5 down: a (why), b (why)" for one state; at most a dozen names. */
static void name_rows(struct buf *out, const struct report *r, enum health state, const char *word)
{
	struct report_row row;
	unsigned named = 0;
	size_t n = report_count(r->m, state);

	if (!n)
		return;
	buf_printf(out, "%s%zu of %zu %s: ", out->data[out->len - 1] == ' ' ? "" : "; ", n, report_rows(r->m), word);
	for (unsigned key = 0; report_row(r, key, &row); key = row.key + 1) {
		if (row.t->state != state)
			continue;
		if (named == 12) {
			buf_printf(out, " and %zu more", n - named);
			return;
		}
		buf_printf(out, named++ ? ", %s" : "%s", row.name);
		if (*row.reason)
			buf_printf(out, " (%s)", row.reason);
	}
}

/* Rows that are up, though what is configured passes only in fragments; at most a dozen names. */
static void name_fragments(struct buf *out, const struct report *r)
{
	struct report_row row;
	unsigned named = 0;

	for (unsigned key = 0; report_row(r, key, &row); key = row.key + 1) {
		if (row.t->state != HEALTH_UP || row.mtu.verdict != MTU_VERDICT_FRAGMENTS)
			continue;
		if (++named > 12)
			continue;
		buf_printf(out, named == 1 ? "; fragments outside: %s" : ", %s", row.name);
	}
	if (named > 12)
		buf_printf(out, " and %u more", named - 12);
}

static void count_searching(struct buf *out, const struct model *m)
{
	size_t n = 0;

	for (unsigned key = 0; key < m->ntunnels; key++)
		n += model_mtu_searching(m, key);
	if (n)
		buf_printf(out, "; path MTU of %zu of %zu still being searched", n, report_rows(m));
}

/* Text before the bar must not hold one; labels must not hold quotes or equal signs. */
static void replace(char *s, const char *these, char with)
{
	for (s += strcspn(s, these); *s; s += strcspn(s, these))
		*s = with;
}

/* What a graph of the present shows: nothing while replies are missing, not the time of the last that came. */
static int64_t rtt_now(const struct model *m, unsigned key)
{
	const struct model_target *t = model_tunnel_inner(m, &m->tunnels[key]);

	return !t || t->lost_run || t->silent ? -1 : t->rtt.last_us;
}

static void add_performance(struct buf *out, const struct report *r)
{
	struct report_row row;
	const char *separator = " | ";

	for (unsigned key = 0; report_row(r, key, &row); key = row.key + 1) {
		int64_t rtt = rtt_now(r->m, row.key);

		replace(row.name, "'=|\"", '_');
		if (rtt < 0)
			buf_printf(out, "%s'%s_rtt'=U", separator, row.name);
		else
			buf_printf(out, "%s'%s_rtt'=%.3fms;;;0", separator, row.name, (double)rtt / 1e3);
		if (row.loss[LOSS_1M] < 0)
			buf_printf(out, " '%s_loss'=U", row.name);
		else
			buf_printf(out, " '%s_loss'=%.1f%%;3;;0;100", row.name, row.loss[LOSS_1M] * 100);
		separator = " ";
	}
}

void report_summary(struct buf *out, const struct model *m, const char *remark)
{
	const struct report r = { .m = m };
	enum report_status status = report_status(m);
	size_t start = out->len, rows = report_rows(m), up = report_count(m, HEALTH_UP);

	buf_printf(out, "TUNWATCH %s - ", report_status_word(status));
	name_rows(out, &r, HEALTH_DOWN, "down");
	name_rows(out, &r, HEALTH_DEGRADED, "degraded");
	name_rows(out, &r, HEALTH_UNKNOWN, "unknown");
	if (up)
		buf_printf(out, up == rows ? "%zu up" : "; %zu up", up);
	if (!rows)
		buf_puts(out, "no tunnels");
	name_fragments(out, &r);
	count_searching(out, m);
	buf_puts(out, remark);
	replace(out->data + start, "|\n", '/');
	add_performance(out, &r);
}
