// SPDX-License-Identifier: GPL-2.0-or-later
// The MTUs of a row in full. Every line is a row of a table: a label and what writes its text.
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "view/panel.h"

// What all lines speak of.
struct subject {
	const struct frame *f;
	const struct model_tunnel *t;
	unsigned key;
	struct mtu now;            // as the table shows it
	struct model_mtu mtu;
	struct way {
		const char *name;
		const struct model_target *target;
		const struct model_pmtu *pmtu;
	} ways[2];
};

static struct way way_to(const struct model *m, const char *name, const struct model_target *target)
{
	struct way w = { name, target, NULL };

	if (target)
		w.pmtu = model_find_pmtu(m, (unsigned)(target - m->targets));
	return w;
}

static struct subject subject_of(const struct frame *f)
{
	struct subject s = { .f = f, .key = f->v->selected };
	const struct model_target *inner, *outer;

	s.t = &f->m->tunnels[s.key];
	s.now = mtu_of(f->v, s.key);
	model_mtu(f->m, s.key, &s.mtu);
	inner = model_tunnel_inner(f->m, s.t);
	outer = model_tunnel_outer(f->m, s.t);
	s.ways[0] = way_to(f->m, row_is_line(s.t) ? "path" : "inner", inner);
	s.ways[1] = way_to(f->m, row_is_line(s.t) ? "path" : "outer", outer != inner ? outer : NULL);
	return s;
}

// ---- lines ----

static void write_verdict(const struct subject *s, struct text *o)
{
	char word[FORMAT_MAX], age[16];

	if (row_is_silent(s->f)) {
		text_say(o, "not known: nothing from the collector for %s", time_age(s->f->st->silent_us, age));
		return;
	}
	text_say(o, "%s", mtu_word(&s->now, word));
	if (!s->ways[0].target && !s->ways[1].target)
		text_say(o, "no address is known that could be asked (peer = \"ADDRESS\" in the configuration)");
	else if (*s->mtu.text)
		text_say(o, "%s", s->mtu.text);
	else if (s->now.verdict == MTU_VERDICT_UNKNOWN && !s->now.searching)
		text_say(o, "nothing is measured yet");
}

static void write_configured(const struct subject *s, struct text *o)
{
	if (s->mtu.configured > 0)
		text_say(o, s->mtu.from_router ? "configured %d (its router enforces it)" : "configured %d",
			 s->mtu.configured);
	if (s->t->want_mtu > 0)
		text_say(o, "wanted %d", s->t->want_mtu);
	if (s->t->want_mss > 0)
		text_say(o, "wanted MSS %d", s->t->want_mss);
	if (s->now.has_gap)
		text_say(o, s->now.gap ? "gap %+d" : "gap %d", s->now.gap);
	if (s->now.has_drift)
		text_say(o, s->now.drift ? "drift %+d" : "drift %d", s->now.drift);
	else if (s->t->base_inner > 0)
		text_say(o, "%d at the baseline", s->t->base_inner);
}

static void say_number(const struct frame *f, const struct model_pmtu *p, bool dead, struct text *o)
{
	char since[FORMAT_MAX], age[16];

	if (p->mtu <= 0) {
		text_say(o, "?");
		return;
	}
	if (p->since_us != MODEL_NEVER)
		text_say(o, "%s%d since %s", dead ? "was " : "", p->mtu, format_moment(f, p->since_us, since));
	else
		text_say(o, "%s%d", dead ? "was " : "", p->mtu);
	if (p->before > 0)
		text_say(o, "%d before", p->before);
	if (p->proved_us != MODEL_NEVER)
		text_say(o, "proved %s ago", time_age(format_ago(f, p->proved_us), age));
}

static void say_state(const struct model_pmtu *p, struct text *o)
{
	switch (p->state) {
	case PMTU_STATE_SEARCHING:
		text_say(o, "searching");
		break;
	case PMTU_STATE_UNREACHABLE:
		text_say(o, "the search had no answer");
		if (p->error > 0)
			text_say(o, "(%s)", strerrordesc_np(p->error) ? strerrordesc_np(p->error) : "unknown error");
		break;
	case PMTU_STATE_TOO_LOSSY:
		text_say(o, "too much loss to tell");
		break;
	case PMTU_STATE_UNSTABLE:
		text_say(o, "it changes all the time");
		break;
	case PMTU_STATE_COMPLETE:
	case PMTU_STATE_COUNT:
		return;
	}
	if (p->low > 0)
		text_say(o, "%d passes", p->low);
	if (p->high > p->low)
		text_say(o, "%d not%s", p->high, p->state == PMTU_STATE_SEARCHING ? " yet" : "");
}

static void write_way(const struct subject *s, const struct way *w, struct text *o)
{
	bool dead = row_is_silent(s->f) || (w->target && w->target->silent) || (w->pmtu && w->pmtu->stale);

	if (!w->target)
		return;
	text_say(o, "%s", model_name(s->f->m, w->target->target));
	if (!w->pmtu) {
		text_say(o, "not searched yet");
		return;
	}
	say_number(s->f, w->pmtu, dead, o);
	say_state(w->pmtu, o);
	if (w->pmtu->limit > 0)
		text_say(o, "this host sends at most %d there", w->pmtu->limit);
}

static void write_inner(const struct subject *s, struct text *o)
{
	write_way(s, &s->ways[0], o);
}

static void write_outer(const struct subject *s, struct text *o)
{
	write_way(s, &s->ways[1], o);
}

static void say_fate(struct text *o, const char *word, unsigned n, bool first)
{
	if (n)
		str_append(o->s, sizeof o->s, &o->pos, n == 1 && first ? " %s" : " %s x%u", word, n);
}

static void say_sizes(const struct model_pmtu *p, struct text *o)
{
	for (size_t i = 0; i < p->nsizes && i < MODEL_PMTU_SIZES; i++) {
		const struct model_pmtu_size *z = &p->sizes[i];

		text_say(o, "%d", z->size);
		say_fate(o, "ok", z->answered, true);
		say_fate(o, "lost", z->lost, true);
		say_fate(o, "refused", z->refused, true);
	}
}

// "inner 1390 ok x14  1391 lost x6", a line a path.
static void write_sizes(const struct subject *s, struct text *o)
{
	for (size_t i = 0; i < ARRAY_LEN(s->ways); i++) {
		if (!s->ways[i].pmtu || !s->ways[i].pmtu->nsizes)
			continue;
		text_line(o);
		text_say(o, "%s", s->ways[i].name);
		say_sizes(s->ways[i].pmtu, o);
	}
}

static void say_who(const struct frame *f, const struct model_pmtu *p, struct text *o)
{
	const char *who = model_name(f->m, p->from);

	text_say(o, "%s%s says frag-needed", *who ? who : "a router", p->near ? " (this host's next hop)" : "");
	// a wrong number has a text of its own
	if (p->named < 0)
		str_append(o->s, sizeof o->s, &o->pos, " with %d", p->mtu);
}

static void say_cause(const struct frame *f, const struct model_pmtu *p, struct text *o)
{
	switch (p->cause) {
	case PMTU_CAUSE_NONE:
		text_say(o, "as large as this host's interface allows");
		break;
	case PMTU_CAUSE_LOCAL:
		text_say(o, "this host itself refuses larger packets");
		break;
	case PMTU_CAUSE_PTB:
		say_who(f, p, o);
		break;
	case PMTU_CAUSE_SILENT:
		text_say(o, "black hole: larger packets vanish, and no router says so");
		break;
	case PMTU_CAUSE_PENDING:
		text_say(o, "waiting whether a router says so");
		break;
	case PMTU_CAUSE_COUNT:
		break;
	}
	if (p->named >= 0)
		text_say(o, "a router names %d, which is wrong", p->named);
}

static void write_cause(const struct subject *s, struct text *o)
{
	for (size_t i = 0; i < ARRAY_LEN(s->ways); i++) {
		if (!s->ways[i].pmtu || s->ways[i].pmtu->mtu <= 0 || s->ways[i].pmtu->stale)
			continue;
		text_line(o);
		text_say(o, "%s", s->ways[i].name);
		say_cause(s->f, s->ways[i].pmtu, o);
	}
}

static void say_place(const struct frame *f, const struct model_pmtu *p, struct text *o)
{
	static const char *const words[] = {
		[DIRECTION_FORWARD] = "lost on the way there",
		[DIRECTION_REVERSE] = "lost on the way back",
	};
	bool known = p->direction == DIRECTION_FORWARD || p->direction == DIRECTION_REVERSE;
	const char *who = model_name(f->m, p->hop_from);

	text_say(o, "%s", known ? words[p->direction] : "which way loses them is not known");
	if (p->hop > 0 && *who)
		text_say(o, "hop %d (%s) still answers, none after it", p->hop, who);
	else if (p->hop > 0)
		text_say(o, "hop %d still answers, none after it", p->hop);
}

static void write_place(const struct subject *s, struct text *o)
{
	for (size_t i = 0; i < ARRAY_LEN(s->ways); i++) {
		if (!s->ways[i].pmtu || s->ways[i].pmtu->cause != PMTU_CAUSE_SILENT || s->ways[i].pmtu->stale)
			continue;
		text_line(o);
		text_say(o, "%s", s->ways[i].name);
		say_place(s->f, s->ways[i].pmtu, o);
	}
}

// What the kernel would use, beside what is true.
static void say_belief(const struct subject *s, const struct way *w, struct text *o)
{
	const struct model_pmtu *p = w->pmtu;
	char text[FORMAT_MAX];
	int64_t until;

	text_line(o);
	text_say(o, "%s", w->name);
	if (p->cached_s > 0 && p->cached_us != MODEL_NEVER &&
	    !__builtin_add_overflow(p->cached_us, (int64_t)p->cached_s * US_PER_S, &until))
		text_say(o, "this host believes %d until %s", p->cached_mtu, format_moment(s->f, until, text));
	else
		text_say(o, "this host believes %d", p->cached_mtu);
	if (p->mtu > 0)
		text_say(o, p->cached_mtu == p->mtu ? "which is true" : "%d is true", p->mtu);
}

static void write_kernel(const struct subject *s, struct text *o)
{
	for (size_t i = 0; i < ARRAY_LEN(s->ways) && !row_is_silent(s->f); i++)
		if (s->ways[i].pmtu && s->ways[i].pmtu->cached_mtu > 0)
			say_belief(s, &s->ways[i], o);
}

static bool has_family(const struct subject *s, int family)
{
	for (size_t i = 0; i < ARRAY_LEN(s->ways); i++)
		if (s->ways[i].target && model_addr(s->f->m, s->ways[i].target->target).family == family)
			return true;
	return false;
}

// What is not as it should be with searching: who may not, or who leaves traces in the kernel.
static void write_source(const struct subject *s, struct text *o)
{
	const struct model *m = s->f->m;

	for (size_t i = 0; i < m->nsources; i++) {
		const struct model_source *x = &m->sources[i];
		const char *instance = model_name(m, x->instance);

		if (!x->used || strcmp(model_name(m, x->name), "pmtu") != 0 || !*model_name(m, x->reason) ||
		    !has_family(s, strcmp(instance, "ipv6") ? AF_INET : AF_INET6))
			continue;
		text_line(o);
		text_say(o, "%s: %s", instance, model_name(m, x->reason));
	}
}

static void write_overhead(const struct subject *s, struct text *o)
{
	struct overhead how;
	char name[160];

	if (!model_overhead(s->f->m, s->t, &how))
		return;
	text_say(o, "%s", overhead_name(&how, name, sizeof name));
	if (s->mtu.path_outer > 0 && s->mtu.ceiling > 0)
		text_say(o, "outer %d leaves %d inside", s->mtu.path_outer, s->mtu.ceiling);
	if (s->mtu.configured > 0 && s->mtu.ceiling > 0)
		text_say(o, "interface says %d", s->mtu.configured);
}

static bool has_ipv6(const struct subject *s)
{
	const struct model_target *target = row_target(s->f->m, s->t);

	return target && model_addr(s->f->m, target->target).family == AF_INET6;
}

// A line's is the one that leads there; "": a router's tunnel has none here.
static const char *ifname_of(const struct subject *s)
{
	const struct model_route *r = row_is_line(s->t) ? model_tunnel_route(s->f->m, s->t) : NULL;

	return model_name(s->f->m, r ? r->oif : s->t->ifname);
}

static void write_configure(const struct subject *s, struct text *o)
{
	const struct model_mtu *x = &s->mtu;
	int mss4 = x->mtu > 0 ? x->mtu - 40 : x->mss4, mss6 = x->mtu > 0 ? x->mtu - 60 : x->mss6;

	if (row_is_silent(s->f) || mss4 <= 0 || mss6 <= 0)
		return;
	text_say(o, x->mtu > 0 ? "MTU %d" : "the MTU as it is", x->mtu);
	text_say(o, "TCP MSS %d (IPv6 %d)", mss4, mss6);
	if (x->mtu <= 0)
		return;
	if (!x->from_router && *ifname_of(s)) {
		text_line(o);
		text_say(o, "Linux    ip link set dev %s mtu %d", ifname_of(s), x->mtu);
	}
	if (has_ipv6(s))
		return;
	text_line(o);
	text_say(o, "Yamaha   ip tunnel mtu %d", x->mtu);
	text_line(o);
	text_say(o, "Yamaha   ip tunnel tcp mss limit %d", mss4);
}

static void write_search(const struct subject *s, struct text *o)
{
	for (size_t i = 0; i < ARRAY_LEN(s->ways); i++) {
		const struct model_pmtu *p = s->ways[i].pmtu;
		char at[FORMAT_MAX];

		if (!p || p->searched_us == MODEL_NEVER)
			continue;
		text_line(o);
		text_say(o, "%s %s: %d probes in %d ms", s->ways[i].name, format_moment(s->f, p->searched_us, at),
			 p->probes, p->took_ms);
	}
	if (s->f->st->mode & MODE_LIVE && (s->ways[0].target || s->ways[1].target))
		text_say(o, o->pos ? "(R searches now)" : "none yet (R searches now)");
}

static const struct line {
	const char *label;
	void (*write)(const struct subject *s, struct text *o);
} lines[] = {
	{ "verdict", write_verdict }, { "mtu", write_configured }, { "inner", write_inner },
	{ "outer", write_outer },     { "sizes", write_sizes },    { "cause", write_cause },
	{ "place", write_place },     { "kernel", write_kernel },  { "overhead", write_overhead },
	{ "to set", write_configure }, { "search", write_search }, { "source", write_source },
};

static void put_chart(struct sheet *w, const struct way *way, const char *label, int want)
{
	int cells = w->f->columns - LABEL - 2, y;
	char age[16];

	if (!way->target)
		return;
	y = sheet_next(w);
	if (y < 0)
		return;
	cells = cells < 100 ? cells : 100;
	time_age((int64_t)cells * view_zoom(w->f->v) * US_PER_S, age);
	canvas_printf(w->f->c, 1, y, LABEL - 1, ROLE_DIM, strlen(label) > 2 ? "%s" : "%s %s", label, age);
	mtu_chart(w->f, LABEL + 1, y, cells, (unsigned)(way->target - w->f->m->targets), want);
}

static void put_lines(struct sheet *w)
{
	struct subject s = subject_of(w->f);

	for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
		struct text o = { .pos = 0 };
		const char *label = lines[i].label;

		lines[i].write(&s, &o);
		if (row_is_line(s.t) && (lines[i].write == write_inner || lines[i].write == write_outer))
			label = "path";
		sheet_put(w, label, o.s);
	}
	put_chart(w, &s.ways[0], row_is_line(s.t) ? "p" : "in", s.mtu.configured);
	put_chart(w, &s.ways[1], row_is_line(s.t) ? "p" : "out", 0);
}

static bool has_selected(const struct frame *f)
{
	return f->v->selected < f->m->ntunnels && f->m->tunnels[f->v->selected].used;
}

int panel_mtu_detail_height(const struct frame *f)
{
	struct frame copy = *f;
	struct sheet w = { .f = &copy };

	if (!has_selected(f))
		return 0;
	put_lines(&w);
	return 1 + (int)w.n;
}

static void put_heading(struct frame *f, int y)
{
	const struct model_tunnel *t = &f->m->tunnels[f->v->selected];
	struct mtu u = mtu_of(f->v, f->v->selected);
	char title[200], word[FORMAT_MAX], mtus[FORMAT_MAX];

	snprintf(title, sizeof title, " %s  %s  %s  %s  %s", t->name, row_kind(t, true), format_mtus(&u, 11, mtus),
		 mtu_word(&u, word), f->v->overlay == OVERLAY_DETAIL ? "(j k: rows, PgDn: scroll, Esc: back)" : "");
	panel_title(f, y, title);
}

void panel_mtu_detail(struct frame *f, int y, int height)
{
	struct sheet w = { .f = f, .draw = true, .y = y + 1, .height = height - 1 };

	if (!has_selected(f) || height < 1)
		return;
	put_heading(f, y);
	put_lines(&w);
	if (f->v->overlay == OVERLAY_DETAIL)
		panel_lines_end(f, height - 1, w.n);
}
