// SPDX-License-Identifier: GPL-2.0-or-later
// A neighbour or a router's tunnel in full. Every line is a row of a table: a label and what writes its text.
#include <stdio.h>

#include "view/panel.h"

static const struct model_bgp *neighbor_of(const struct frame *f)
{
	const struct view *v = f->v;

	return v->item_kind == ITEM_NEIGHBOR && v->item_key < f->m->nbgp ? &f->m->bgp[v->item_key] : NULL;
}

static const struct model_router_tunnel *tunnel_of(const struct frame *f)
{
	const struct view *v = f->v;

	return v->item_kind == ITEM_TUNNEL && v->item_key < f->m->nrouter_tunnels
		? &f->m->router_tunnels[v->item_key] : NULL;
}

static const struct model_router *router_selected(const struct frame *f)
{
	if (neighbor_of(f))
		return router_of(f->m, neighbor_of(f)->router);
	return tunnel_of(f) ? router_of(f->m, tunnel_of(f)->router) : NULL;
}

static void write_neighbor_state(const struct frame *f, const struct model_bgp *b, struct text *o)
{
	char said[NEIGHBOR_MAX], moment[FORMAT_MAX], age[16];

	if (neighbor_is_stale(f, b))
		text_say(o, "not known now; last told: %s", neighbor_said(f, b, said));
	else if (b->since_us != MODEL_NEVER)
		text_say(o, "%s since %s%s", neighbor_said(f, b, said), b->since_known ? "" : "before ",
			 format_moment(f, b->since_us, moment));
	// FRR says in other words why a session carries nothing
	if (b->state == BGP_STATE_ESTABLISHED && *model_name(f->m, b->word))
		text_say(o, "(%s)", model_name(f->m, b->word));
	if (b->admin)
		text_say(o, "shut down by the router's administrator");
	if (b->gone)
		text_say(o, "the router does not list it any more");
	if (neighbor_state(f, b) != ROW_UP && b->established_us != MODEL_NEVER)
		text_say(o, "was Established until %s", format_moment(f, b->established_us, moment));
	else if (neighbor_state(f, b) != ROW_UP)
		text_say(o, "never seen Established");
	if (b->message_us != MODEL_NEVER && !neighbor_is_stale(f, b))
		text_say(o, "last message %s ago", time_age(format_ago(f, b->message_us), age));
}

static void write_state(const struct frame *f, struct text *o)
{
	const struct model_router_tunnel *t = tunnel_of(f);
	char word[NEIGHBOR_MAX], since[FORMAT_MAX], traffic[200];

	if (neighbor_of(f))
		write_neighbor_state(f, neighbor_of(f), o);
	if (!t)
		return;
	text_say(o, "%s %s", router_tunnel_word(f, t, word), router_tunnel_since(f, t, since));
	router_tunnel_traffic(f, t, traffic, sizeof traffic);
	if (*traffic)
		text_say(o, "%s", traffic);
	if (t->has_sa)
		text_say(o, t->sa ? "SAs in both directions" : "no SA in one direction or in both");
}

static void write_reset(const struct frame *f, struct text *o)
{
	const struct model_bgp *b = neighbor_of(f);

	if (!b)
		return;
	if (*model_name(f->m, b->reset_reason))
		text_say(o, "last reset: %s", model_name(f->m, b->reset_reason));
	if (b->flaps)
		text_say(o, "%u flap%s since watching began", b->flaps, b->flaps == 1 ? "" : "s");
	if (b->drops >= 0)
		text_say(o, "the router counts %lld drop%s", (long long)b->drops, b->drops == 1 ? "" : "s");
}

static void write_prefixes(const struct frame *f, struct text *o)
{
	const struct model_bgp *b = neighbor_of(f);
	char text[FORMAT_MAX];

	if (!b)
		return;
	text_say(o, "AS %s", neighbor_as(b, text));
	if (*model_name(f->m, b->vrf))
		text_say(o, "VRF %s", model_name(f->m, b->vrf));
	if (neighbor_state(f, b) == ROW_UP && b->prefixes_received >= 0)
		text_say(o, "%lld prefixes received", (long long)b->prefixes_received);
	if (neighbor_state(f, b) == ROW_UP && b->prefixes_sent >= 0)
		text_say(o, "%lld sent", (long long)b->prefixes_sent);
}

static void write_row(const struct frame *f, struct text *o)
{
	const struct model_tunnel *t;
	char since[FORMAT_MAX];

	if (f->v->item_row == MODEL_NONE || f->v->item_row >= f->m->ntunnels) {
		text_say(o, "it belongs to no tunnel");
		return;
	}
	t = &f->m->tunnels[f->v->item_row];
	text_say(o, "%s %s %s", t->name, row_word(row_state(f, t)), row_since(f, t, since));
	if (!row_is_silent(f))
		text_say(o, "%s", t->reason);
}

static void write_router(const struct frame *f, struct text *o)
{
	const struct model_router *r = router_selected(f);
	char text[300];

	if (!r)
		return;
	text_say(o, "%s", model_name(f->m, r->router));
	if (*model_name(f->m, r->profile))
		text_say(o, "%s", model_name(f->m, r->profile));
	router_health(f, r, text, sizeof text);
	text_say(o, "%s", text);
	if (r->period_ms > 0)
		text_say(o, "asked every %g s", r->period_ms / 1000.0);
}

static void write_host(const struct frame *f, struct text *o)
{
	const struct model_router *r = router_selected(f);
	char text[200];

	if (!r)
		return;
	router_host(f, r, text, sizeof text);
	if (*text)
		text_say(o, "%s%s", router_is_stale(f, r->router) ? "then: " : "", text);
}

static const struct line {
	const char *label;
	void (*write)(const struct frame *f, struct text *o);
} lines[] = {
	{ "state", write_state }, { "reset", write_reset },   { "prefixes", write_prefixes },
	{ "row", write_row },     { "router", write_router }, { "", write_host },
};

static void put_strip(struct sheet *w, unsigned key)
{
	int cells = w->f->columns - LABEL - 2, y = sheet_next(w);
	char age[16];

	if (y < 0)
		return;
	cells = cells < 100 ? cells : 100;
	canvas_printf(w->f->c, 1, y, LABEL - 1, ROLE_DIM, "st %s",
		      time_age((int64_t)cells * view_zoom(w->f->v) * US_PER_S, age));
	strip_draw_bgp(w->f, LABEL + 1, y, cells, key);
}

static void put_lines(struct sheet *w)
{
	for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
		struct text o = { .pos = 0 };

		lines[i].write(w->f, &o);
		sheet_put(w, lines[i].label, o.s);
	}
	if (neighbor_of(w->f))
		put_strip(w, w->f->v->item_key);
}

static void put_heading(struct frame *f, int y)
{
	const struct model_bgp *b = neighbor_of(f);
	const struct model_router_tunnel *t = tunnel_of(f);
	char title[300], word[NEIGHBOR_MAX], since[FORMAT_MAX];

	snprintf(title, sizeof title, " %s at %s  %s %s  %s", model_name(f->m, b ? b->neighbor : t->name),
		 model_name(f->m, b ? b->router : t->router),
		 b ? neighbor_word(f, b, word) : router_tunnel_word(f, t, word),
		 b ? neighbor_since(f, b, since) : router_tunnel_since(f, t, since),
		 f->v->overlay == OVERLAY_DETAIL ? "(j k: neighbours, PgDn: scroll, Esc: back)" : "");
	panel_title(f, y, title);
}

int panel_router_detail_height(const struct frame *f)
{
	struct frame copy = *f;
	struct sheet w = { .f = &copy };

	if (!neighbor_of(f) && !tunnel_of(f))
		return 0;
	put_lines(&w);
	return 1 + (int)w.n;
}

void panel_router_detail(struct frame *f, int y, int height)
{
	struct sheet w = { .f = f, .draw = true, .y = y + 1, .height = height - 1 };

	if ((!neighbor_of(f) && !tunnel_of(f)) || height < 1)
		return;
	put_heading(f, y);
	put_lines(&w);
	if (f->v->overlay == OVERLAY_DETAIL)
		panel_lines_end(f, height - 1, w.n);
}
