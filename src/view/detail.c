// SPDX-License-Identifier: GPL-2.0-or-later
// One row in full. Every line is a row of a table: a label and what writes its text.
#include <stdio.h>
#include <string.h>

#include "view/panel.h"

static const char *or_dash(const char *s)
{
	return *s ? s : "-";
}

static void write_why(const struct frame *f, const struct model_tunnel *t, struct text *o)
{
	char age[16], since[FORMAT_MAX];

	if (row_is_silent(f)) {
		text_say(o, "not known: nothing from the collector for %s (it said: %s)",
		    time_age(f->st->silent_us, age), t->reason);
		return;
	}
	if (row_state(f, t) == ROW_ADMIN)
		text_say(o, "shut down by an administrator (ip link set dev %s up)", model_name(f->m, t->ifname));
	text_say(o, "%s", t->reason);
	if (t->since_known)
		text_say(o, "since %s", format_moment(f, t->since_us, since));
}

static void write_outer(const struct frame *f, const struct model_tunnel *t, struct text *o)
{
	const struct model *m = f->m;

	if (row_is_line(t))
		return;
	text_say(o, "%s %s %s", or_dash(model_name(m, t->outer_local)), panel_glyphs(f->v)->arrow,
	    or_dash(model_name(m, t->outer_remote)));
	if (*model_name(m, t->ifname))
		text_say(o, "%s", model_name(m, t->ifname));
	if (t->has_key && (t->type == TUNNEL_TYPE_VXLAN || t->type == TUNNEL_TYPE_GENEVE))
		text_say(o, "VNI %u", t->gre_key);
	else if (t->has_key)
		text_say(o, "key 0x%x", t->gre_key);
	if (t->has_okey)
		text_say(o, "okey 0x%x", t->okey);
	if (t->has_if_id)
		text_say(o, "if_id 0x%x", t->if_id);
	if (t->has_mark)
		text_say(o, "mark 0x%x", t->mark);
	if (*model_name(m, t->group))
		text_say(o, "group %s", model_name(m, t->group));
	if (t->ssh)
		text_say(o, "@ carries your ssh session");
}

static void write_via(const struct frame *f, const struct model_tunnel *t, struct text *o)
{
	const struct model *m = f->m;
	const struct model_route *r = model_tunnel_route(m, t);

	if (!r)
		return;
	if (r->error) {
		text_say(o, "no route (%s)", strerrordesc_np(r->error) ? strerrordesc_np(r->error) : "unknown error");
		return;
	}
	text_say(o, "%s", or_dash(model_name(m, r->oif)));
	if (r->gateway != MODEL_NONE && *model_name(m, r->gateway))
		text_say(o, "gateway %s", model_name(m, r->gateway));
	else
		text_say(o, "on the link");
	if (*model_name(m, r->gateway_mac))
		text_say(o, "%s", model_name(m, r->gateway_mac));
	if (*model_name(m, r->prefsrc))
		text_say(o, "source %s", model_name(m, r->prefsrc));
	if (r->cached_mtu)
		text_say(o, "kernel's path MTU %d", r->cached_mtu);
}

// With its sign, where there is a number.
static const char *percent(const struct frame *f, const struct model_target *t, enum model_loss which,
			   char out[FORMAT_MAX])
{
	size_t pos;

	format_loss(model_loss(f->m, t, which), out);
	pos = strlen(out);
	if (*out != '-' && out[pos - 1] != '%')
		str_append(out, FORMAT_MAX, &pos, "%%");
	return out;
}

static void write_target(const struct frame *f, const char *path, const struct model_target *t, struct text *o)
{
	char rtt[FORMAT_MAX], loss[FORMAT_MAX], clock[FORMAT_MAX];

	if (!t)
		return;
	text_say(o, "%s %s", path, or_dash(model_name(f->m, t->target)));
	if (row_probes_stale(f, t))
		text_say(o, "stale");
	else if (t->lost_run)
		text_say(o, "lost %u in a row (down at %u)", t->lost_run, t->need_lost);
	else if (t->rtt.last_us >= 0)
		text_say(o, "rtt %s ms loss %s", format_rtt(t->rtt.last_us, rtt), percent(f, t, LOSS_1M, loss));
	if (t->answered_us != MODEL_NEVER && (t->lost_run || t->silent))
		text_say(o, "last answer %s", format_moment(f, t->answered_us, clock));
	else if (t->answered_us == MODEL_NEVER)
		text_say(o, "never answered");
	if (t->late || t->duplicate || t->foreign)
		text_say(o, "late %u duplicate %u foreign %u", t->late, t->duplicate, t->foreign);
}

static void write_probe(const struct frame *f, const struct model_tunnel *t, struct text *o)
{
	const struct model_target *inner = model_tunnel_inner(f->m, t), *outer = model_tunnel_outer(f->m, t);

	write_target(f, row_is_line(t) ? "target" : "inner", inner, o);
	if (outer != inner)
		write_target(f, row_is_line(t) ? "target" : "outer", outer, o);
	if (!inner && !row_is_line(t))
		text_say(o, "no inner peer known: name one with peer = \"ADDRESS\" in the configuration");
}

static void write_rtt(const struct frame *f, const struct model_tunnel *t, struct text *o)
{
	const struct model_target *target = row_target(f->m, t);
	char a[FORMAT_MAX], b[FORMAT_MAX], c[FORMAT_MAX], d[FORMAT_MAX], e[FORMAT_MAX], j[FORMAT_MAX];

	if (!target || !target->rtt.count)
		return;
	text_say(o, "%slast %s avg %s p50 %s p95 %s max %s jitter %s ms", f->m->partial ? "~" : "",
	    format_rtt(target->lost_run ? -1 : target->rtt.last_us, a), format_rtt(model_rtt_avg(&target->rtt), b),
	    format_rtt(model_rtt_percentile(&target->rtt, 0.5), c),
	    format_rtt(model_rtt_percentile(&target->rtt, 0.95), d), format_rtt(target->rtt.max_us, e),
	    format_rtt(target->rtt.jitter_us, j));
	if (t->base_rtt_us > 0)
		text_say(o, "baseline %s", format_rtt(t->base_rtt_us, a));
}

static void write_loss(const struct frame *f, const struct model_tunnel *t, struct text *o)
{
	static const char *const words[] = { "1m", "10m", "all", "outside outages" };
	const struct model_target *target = row_target(f->m, t);
	char text[FORMAT_MAX];

	if (!target)
		return;
	for (unsigned i = 0; i < ARRAY_LEN(words); i++)
		text_say(o, "%s%s %s", f->m->partial && i > LOSS_10M ? "~" : "", words[i],
		    percent(f, target, (enum model_loss)i, text));
	text_say(o, "(lost %u of %u)", target->lost, target->sent);
}

static void say_size(struct text *o, const char *name, int size)
{
	if (size > 0)
		text_say(o, "%s %d", name, size);
	else
		text_say(o, "%s ?", name);
}

// What got through before it changed, or before the path fell silent.
static void say_was(const struct frame *f, const struct model_target *target, struct text *o)
{
	const struct model_pmtu *p = target ? model_find_pmtu(f->m, (unsigned)(target - f->m->targets)) : NULL;
	char at[FORMAT_MAX];

	if (!p || p->mtu <= 0)
		return;
	if ((target->silent || p->stale || row_is_silent(f)) && p->proved_us != MODEL_NEVER)
		text_say(o, "(was %d at %s)", p->mtu, format_moment(f, p->proved_us, at));
	else if (!target->silent && !p->stale && p->before > 0 && p->since_us != MODEL_NEVER)
		text_say(o, "(was %d until %s)", p->before, format_moment(f, p->since_us, at));
}

static void write_mtu(const struct frame *f, const struct model_tunnel *t, struct text *o)
{
	struct mtu u = mtu_of(f->v, f->v->selected);
	char word[FORMAT_MAX];

	if (u.configured > 0)
		text_say(o, "configured %d", u.configured);
	if (t->want_mtu)
		text_say(o, "wanted %d", t->want_mtu);
	if (t->want_mss)
		text_say(o, "wanted MSS %d", t->want_mss);
	say_size(o, "path", u.path);
	say_was(f, row_target(f->m, t), o);
	if (u.outer > 0)
		text_say(o, "outer %d", u.outer);
	if (u.has_gap || !row_is_line(t))
		text_say(o, !u.has_gap ? "gap ?" : u.gap ? "gap %+d" : "gap 0", u.gap);
	text_say(o, !u.has_drift ? "drift -" : u.drift ? "drift %+d" : "drift 0", u.drift);
	if (u.verdict != MTU_VERDICT_UNKNOWN || u.searching)
		text_say(o, "%s (2 says why)", mtu_word(&u, word));
}

static void write_traffic(const struct frame *f, const struct model_tunnel *t, struct text *o)
{
	const struct model_link *l = model_tunnel_link(f->m, t);
	const struct glyphs *g = panel_glyphs(f->v);
	char rx[FORMAT_MAX], tx[FORMAT_MAX], age[16];

	if (!l)
		return;
	if (l->gone) {
		text_say(o, "the interface is gone");
		return;
	}
	if (row_counters_stale(f, l))
		text_say(o, "counters stale");
	else
		text_say(o, "%s%s %s%s %s/s", g->rx, format_rate(f->v, l->rate.rx_bytes, rx), g->tx,
		    format_rate(f->v, l->rate.tx_bytes, tx), f->v->bits ? "bit" : "B");
	text_say(o, "received %s", format_bytes(l->total[COUNTER_RX_BYTES], rx));
	text_say(o, "sent %s", format_bytes(l->total[COUNTER_TX_BYTES], tx));
	text_say(o, "errors %llu/%llu dropped %llu/%llu", (unsigned long long)l->total[COUNTER_RX_ERRORS],
	    (unsigned long long)l->total[COUNTER_TX_ERRORS], (unsigned long long)l->total[COUNTER_RX_DROPPED],
	    (unsigned long long)l->total[COUNTER_TX_DROPPED]);
	if (t->oneway_us != MODEL_NEVER && l->rx_moved_us != MODEL_NEVER)
		text_say(o, "nothing comes back for %s", time_age(f->m->now - l->rx_moved_us, age));
	else if (t->oneway_us != MODEL_NEVER)
		text_say(o, "nothing ever came back");
	text_say(o, "%s%s%s", l->up ? "UP" : "not UP", l->running ? ",RUNNING" : "", l->carrier ? ",LOWER_UP" : "");
	if (l->resets || l->generations > 1)
		text_say(o, "resets %u, made anew %u", l->resets, l->generations ? l->generations - 1 : 0);
}

static void write_neighbor(const struct frame *f, const struct model_bgp *b, struct text *o)
{
	char word[NEIGHBOR_MAX], said[NEIGHBOR_MAX], text[FORMAT_MAX], moment[FORMAT_MAX];
	const char *vrf = neighbor_vrf(f, b), *reset = model_name(f->m, b->reset_reason);
	enum row_state state = neighbor_state(f, b);

	text_line(o);
	text_say(o, "%s%s%s AS%s %s %s", or_dash(model_name(f->m, b->neighbor)), *vrf ? " vrf " : "", vrf,
		 neighbor_as(b, text), neighbor_word(f, b, word), neighbor_since(f, b, moment));
	if (state == ROW_UNKNOWN)
		text_say(o, "last seen %s", neighbor_said(f, b, said));
	if (state == ROW_UP)
		text_say(o, "prefixes %s", neighbor_prefixes(f, b, text));
	else if (b->established_us != MODEL_NEVER)
		text_say(o, "was Established until %s", format_moment(f, b->established_us, moment));
	if (b->flaps)
		text_say(o, "%u flap%s", b->flaps, b->flaps == 1 ? "" : "s");
	if (*reset)
		text_say(o, "last reset: %s", reset);
	text_say(o, "(%s)", or_dash(model_name(f->m, b->router)));
}

static void write_bgp(const struct frame *f, const struct model_tunnel *t, struct text *o)
{
	unsigned tunnel = (unsigned)(t - f->m->tunnels), key;

	for (unsigned i = 0; (key = model_tunnel_bgp(f->m, tunnel, i)) < f->m->nbgp; i++)
		write_neighbor(f, &f->m->bgp[key], o);
	if (!o->pos && t->bgp != MODEL_NONE && *model_name(f->m, t->bgp))
		text_say(o, "%s: no router has told of it", model_name(f->m, t->bgp));
}

// What the router at the other end of the table says of the row.
static void write_router(const struct frame *f, const struct model_tunnel *t, struct text *o)
{
	const struct model_router_tunnel *remote = model_tunnel_remote(f->m, t);
	const struct model_router *r = router_of(f->m, t->router);
	char text[200], since[FORMAT_MAX], word[NEIGHBOR_MAX];

	if (t->router == MODEL_NONE || !*model_name(f->m, t->router))
		return;
	text_say(o, "%s", model_name(f->m, t->router));
	if (remote) {
		text_say(o, "%s %s %s", or_dash(model_name(f->m, remote->name)), router_tunnel_word(f, remote, word),
			 router_tunnel_since(f, remote, since));
		router_tunnel_traffic(f, remote, text, sizeof text);
		if (*text)
			text_say(o, "%s", text);
	} else if (*model_name(f->m, t->remote_name)) {
		text_say(o, "it has told nothing of %s", model_name(f->m, t->remote_name));
	}
	if (t->log_down_us != MODEL_NEVER)
		text_say(o, "its log: down since %s", format_moment(f, t->log_down_us, since));
	if (!r) {
		text_say(o, "not asked");
		return;
	}
	router_health(f, r, text, sizeof text);
	text_say(o, "%s", text);
}

static void write_availability(const struct frame *f, const struct model_tunnel *t, struct text *o)
{
	unsigned flaps = model_flaps(f->m, t);
	int64_t up, down;
	char age[16];

	model_tunnel_times(f->m, t, &up, &down);
	text_say(o, "%s%u outage%s", f->m->partial ? "~" : "", t->outages, t->outages == 1 ? "" : "s");
	text_say(o, "down %s", time_age(down, age));
	if (up + down > 0)
		text_say(o, "up %.2f%%", 100.0 * (double)up / (double)(up + down));
	if (flaps)
		text_say(o, "%u%s in 10 min", flaps, flaps == ARRAY_LEN(t->flap_us) ? " or more" : "");
}

static void outage_text(const struct frame *f, const struct history_outage *h, bool cause, struct text *o)
{
	char from[FORMAT_MAX], to[FORMAT_MAX] = "", age[16];

	if (h->end != MODEL_NEVER)
		format_moment(f, h->end, to);
	time_age((h->end == MODEL_NEVER ? f->st->at : h->end) - h->start, age);
	text_say(o, "%s%s-%s %s%s%s", h->start_known ? "" : "<", format_moment(f, h->start, from), to, age,
	    cause ? "  " : "", cause ? h->cause : "");
}

static void write_outages(const struct frame *f, const struct model_tunnel *t, struct text *o)
{
	size_t n = history_outages(f->m);
	unsigned key = (unsigned)(t - f->m->tunnels);

	for (int shown = 0; n-- && shown < 4;) {
		const struct history_outage *h = history_outage(f->m, n);

		if (h->tunnel != key)
			continue;
		outage_text(f, h, false, o);
		shown++;
	}
}

static void write_sources(const struct frame *f, const struct model_tunnel *t, struct text *o)
{
	(void)t;
	for (size_t i = 0; i < f->m->nsources; i++) {
		const struct model_source *s = &f->m->sources[i];
		static const char *const words[] = { "ok", "denied", "absent", "stale", "lost" };

		// what is not on this host is no trouble of the row
		if (!s->used || s->state == SOURCE_STATE_OK || s->state == SOURCE_STATE_ABSENT)
			continue;
		text_say(o, "%s%s%s %s: %s", model_name(f->m, s->name), *model_name(f->m, s->instance) ? " " : "",
		    model_name(f->m, s->instance), (size_t)s->state < ARRAY_LEN(words) ? words[s->state] : "?",
		    model_name(f->m, s->reason));
	}
}

static const struct line {
	const char *label;
	void (*write)(const struct frame *f, const struct model_tunnel *t, struct text *o);
} lines[] = {
	{ "why", write_why },       { "outer", write_outer },   { "via", write_via },
	{ "probe", write_probe },   { "rtt ms", write_rtt },    { "loss", write_loss },
	{ "mtu", write_mtu },       { "traffic", write_traffic }, { "bgp", write_bgp },
	{ "router", write_router }, { "avail", write_availability }, { "outages", write_outages },
	{ "sources", write_sources },
};

static void put_strips(struct sheet *w, unsigned key)
{
	static const enum display which[] = { DISPLAY_STATES, DISPLAY_RTT };

	for (size_t i = 0; i < ARRAY_LEN(which); i++) {
		int cells = w->f->columns - LABEL - 2, y = sheet_next(w), s = strip_seconds[w->f->v->zoom[which[i]]];
		char age[16];

		if (y < 0)
			continue;
		cells = cells < 100 ? cells : 100;
		canvas_printf(w->f->c, 1, y, LABEL - 1, ROLE_DIM, "%s %s", i ? "rtt" : "st",
			      time_age((int64_t)cells * s * US_PER_S, age));
		strip_draw(w->f, LABEL + 1, y, cells, key, which[i]);
	}
}

static void put_all_outages(struct sheet *w, unsigned key)
{
	size_t n = history_outages(w->f->m);

	while (n--) {
		const struct history_outage *h = history_outage(w->f->m, n);
		struct text o = { .pos = 0 };

		if (h->tunnel != key)
			continue;
		outage_text(w->f, h, true, &o);
		sheet_put(w, "outage", o.s);
	}
}

static void put_lines(struct sheet *w, bool all)
{
	unsigned key = w->f->v->selected;
	const struct model_tunnel *t = &w->f->m->tunnels[key];

	for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
		struct text o = { .pos = 0 };

		if (all && lines[i].write == write_outages)
			continue;
		lines[i].write(w->f, t, &o);
		sheet_put(w, lines[i].label, o.s);
	}
	put_strips(w, key);
	if (all)
		put_all_outages(w, key);
}

static bool has_selected(const struct frame *f)
{
	return f->v->selected < f->m->ntunnels && f->m->tunnels[f->v->selected].used;
}

int panel_detail_height(const struct frame *f)
{
	struct frame copy = *f;
	struct sheet w = { .f = &copy };

	if (!has_selected(f))
		return 0;
	put_lines(&w, false);
	return 1 + (int)w.n;
}

static void put_heading(struct frame *f, int y, const struct model_tunnel *t)
{
	enum row_state state = row_state(f, t);
	char title[200], since[FORMAT_MAX];

	snprintf(title, sizeof title, " %s  %s  %s %s  %s", t->name, row_kind(t, true), row_word(state),
		 row_since(f, t, since), f->v->overlay == OVERLAY_DETAIL ? "(j k: rows, PgDn: scroll, Esc: back)" : "");
	panel_title(f, y, title);
}

void panel_detail(struct frame *f, int y, int height)
{
	bool all = f->v->overlay == OVERLAY_DETAIL;
	struct sheet w = { .f = f, .draw = true, .y = y + 1, .height = height - 1 };

	if (!has_selected(f) || height < 1)
		return;
	put_heading(f, y, &f->m->tunnels[f->v->selected]);
	put_lines(&w, all);
	if (all)
		panel_lines_end(f, height - 1, w.n);
}
