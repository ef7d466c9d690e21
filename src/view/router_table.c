// SPDX-License-Identifier: GPL-2.0-or-later
// The panel of routers: how well each can be asked, its BGP neighbours and its tunnels.
#include <stdio.h>
#include <string.h>

#include "view/panel.h"

enum column_id {
	COLUMN_NAME, COLUMN_VRF, COLUMN_AS, COLUMN_STATE, COLUMN_SINCE, COLUMN_STRIP, COLUMN_PREFIXES, COLUMN_FLAPS,
	COLUMN_ROW, COLUMN_RESET, COLUMN_COUNT
};

enum { STRIP_MIN = 8, STRIP_WIDE = 20, RESET_MIN = 20, WIDE = 110, NAME_MIN = 6, STATE_WIDTH = 13, NAME_MAX_NARROW = 15,
       NAME_MAX_WIDE = 39, ROW_MAX_NARROW = 8, ROW_MAX_WIDE = 16, VRF_MAX = 8, CPU_FULL = 95 };

struct column {
	int x, width; // width 0: not shown
};

struct place {
	struct frame *f;
	const struct column *columns;
	int y;
	bool selected, stale;
};

// ---- layout: by what is there, not by the state it is in ----

static const char *row_name(const struct frame *f, unsigned row)
{
	return row < f->m->ntunnels && f->m->tunnels[row].used ? f->m->tunnels[row].name : "-";
}

static void widen(int *width, const char *text, int most)
{
	int n = canvas_text_width(text);

	n = n < most ? n : most;
	*width = n > *width ? n : *width;
}

static void fit(const struct frame *f, struct column c[COLUMN_COUNT])
{
	bool wide = f->columns >= WIDE;
	int name_max = wide ? NAME_MAX_WIDE : NAME_MAX_NARROW, row_max = wide ? ROW_MAX_WIDE : ROW_MAX_NARROW;
	char text[FORMAT_MAX];

	c[COLUMN_NAME].width = 8;
	c[COLUMN_AS].width = 2;
	c[COLUMN_ROW].width = 3;
	for (size_t i = 0; i < f->v->nitems; i++) {
		const struct item *item = &f->v->items[i];

		if (item->kind == ITEM_NEIGHBOR) {
			const struct model_bgp *b = &f->m->bgp[item->key];

			widen(&c[COLUMN_NAME].width, model_name(f->m, b->neighbor), name_max);
			widen(&c[COLUMN_VRF].width, neighbor_vrf(f, b), VRF_MAX);
			widen(&c[COLUMN_AS].width, neighbor_as(b, text), 10);
			widen(&c[COLUMN_ROW].width, row_name(f, b->row), row_max);
		} else if (item->kind == ITEM_TUNNEL) {
			const struct model_router_tunnel *t = &f->m->router_tunnels[item->key];

			widen(&c[COLUMN_NAME].width, model_name(f->m, t->name), name_max);
			widen(&c[COLUMN_ROW].width, row_name(f, t->row), row_max);
		}
	}
	c[COLUMN_STATE].width = STATE_WIDTH;
	c[COLUMN_SINCE].width = 6;
	c[COLUMN_PREFIXES].width = 10;
	c[COLUMN_FLAPS].width = 5;
}

static int rest_of(const struct column c[COLUMN_COUNT], int total)
{
	int used = 1;

	for (int i = 0; i < COLUMN_COUNT; i++)
		if (c[i].width && i != COLUMN_STRIP)
			used += c[i].width + 1;
	return total - used;
}

// Where even the least does not fit, names and then states are cut.
static void squeeze(struct column c[COLUMN_COUNT], int total)
{
	int over = -rest_of(c, total) - 1;

	if (over <= 0)
		return;
	c[COLUMN_NAME].width = c[COLUMN_NAME].width - over > NAME_MIN ? c[COLUMN_NAME].width - over : NAME_MIN;
	over = -rest_of(c, total) - 1;
	if (over > 0)
		c[COLUMN_STATE].width = over < STATE_WIDTH ? STATE_WIDTH - over : 1;
}

static void lay_out(const struct frame *f, struct column c[COLUMN_COUNT])
{
	static const enum column_id order[] = { COLUMN_FLAPS, COLUMN_AS, COLUMN_VRF, COLUMN_ROW, COLUMN_PREFIXES,
						COLUMN_SINCE };
	int x = 1, rest;

	memset(c, 0, COLUMN_COUNT * sizeof *c);
	fit(f, c);
	for (size_t i = 0; i < ARRAY_LEN(order) && rest_of(c, f->columns) < STRIP_MIN; i++)
		c[order[i]].width = 0;
	squeeze(c, f->columns);
	rest = rest_of(c, f->columns);
	if (f->columns >= WIDE && rest > STRIP_WIDE + RESET_MIN) {
		c[COLUMN_STRIP].width = STRIP_WIDE + (rest - STRIP_WIDE - RESET_MIN) / 3;
		c[COLUMN_RESET].width = rest - c[COLUMN_STRIP].width - 1;
	} else {
		c[COLUMN_STRIP].width = rest > 0 ? rest : 0;
	}
	for (int i = 0; i < COLUMN_COUNT; i++) {
		c[i].x = x;
		x += c[i].width ? c[i].width + 1 : 0;
	}
}

// ---- lines ----

static void put_left(const struct place *p, enum column_id id, enum role role, const char *text)
{
	const struct column *c = &p->columns[id];

	if (c->width)
		canvas_put(p->f->c, c->x, p->y, c->width, role, text);
}

static void put_right(const struct place *p, enum column_id id, enum role role, const char *text)
{
	const struct column *c = &p->columns[id];
	int n = canvas_text_width(text);

	if (c->width)
		canvas_put(p->f->c, c->x + (n < c->width ? c->width - n : 0), p->y, c->width, role, text);
}

static void put_titles(struct frame *f, const struct column *columns, int y)
{
	const struct place p = { .f = f, .columns = columns, .y = y };

	canvas_fill(f->c, 0, y, f->columns, ROLE_BAR);
	put_left(&p, COLUMN_NAME, ROLE_BAR, columns[COLUMN_NAME].width < 15 ? "NEIGHBOR" : "NEIGHBOR/TUNNEL");
	put_left(&p, COLUMN_VRF, ROLE_BAR, "VRF");
	put_right(&p, COLUMN_AS, ROLE_BAR, "AS");
	put_left(&p, COLUMN_STATE, ROLE_BAR, "STATE");
	put_right(&p, COLUMN_SINCE, ROLE_BAR, "SINCE");
	if (columns[COLUMN_STRIP].width)
		strip_title(f, columns[COLUMN_STRIP].x, y, columns[COLUMN_STRIP].width);
	put_right(&p, COLUMN_PREFIXES, ROLE_BAR, "PFX in/out");
	put_right(&p, COLUMN_FLAPS, ROLE_BAR, "FLAPS");
	put_left(&p, COLUMN_ROW, ROLE_BAR, "ROW");
	put_left(&p, COLUMN_RESET, ROLE_BAR, "LAST RESET");
}

// A state in many words reaches over what stands to its right.
static void put_state(const struct place *p, enum role role, const char *word)
{
	const struct column *state = &p->columns[COLUMN_STATE], *strip = &p->columns[COLUMN_STRIP];
	int n = canvas_text_width(word), most = strip->x + strip->width - state->x;

	if (n > state->width && most > state->width) {
		n = n < most ? n : most;
		// no half of a time, and a gap before the strip
		canvas_fill(p->f->c, state->x, p->y, strip->x - state->x, ROLE_PLAIN);
		canvas_fill(p->f->c, state->x, p->y, n < most ? n + 1 : n, ROLE_PLAIN);
		canvas_put(p->f->c, state->x, p->y, n, role, word);
	} else {
		canvas_put(p->f->c, state->x, p->y, state->width, role, word);
	}
}

static void put_name(const struct place *p, const char *name)
{
	const struct column *c = &p->columns[COLUMN_NAME];
	char text[160];

	if (p->selected)
		canvas_put(p->f->c, 0, p->y, 1, ROLE_STRONG, ">");
	put_left(p, COLUMN_NAME, p->stale ? ROLE_DIM : p->selected ? ROLE_STRONG : ROLE_PLAIN,
		 format_name(p->f, name, c->width, text));
}

static void put_row_name(const struct place *p, unsigned row)
{
	const char *name = row_name(p->f, row);
	char text[160];

	put_left(p, COLUMN_ROW, p->stale || row == MODEL_NONE ? ROLE_DIM : ROLE_PLAIN,
		 format_name(p->f, name, p->columns[COLUMN_ROW].width, text));
}

static void put_neighbor(struct place *p, unsigned key)
{
	const struct frame *f = p->f;
	const struct model_bgp *b = &f->m->bgp[key];
	enum role plain = neighbor_is_stale(f, b) ? ROLE_DIM : ROLE_PLAIN;
	char text[FORMAT_MAX], word[NEIGHBOR_MAX];

	p->stale = plain == ROLE_DIM;
	put_name(p, model_name(f->m, b->neighbor));
	put_left(p, COLUMN_VRF, plain, neighbor_vrf(f, b));
	put_right(p, COLUMN_AS, plain, neighbor_as(b, text));
	put_right(p, COLUMN_SINCE, plain, neighbor_since(f, b, text));
	strip_draw_bgp(p->f, p->columns[COLUMN_STRIP].x, p->y, p->columns[COLUMN_STRIP].width, key);
	put_state(p, row_role(neighbor_state(f, b)), neighbor_word(f, b, word));
	put_right(p, COLUMN_PREFIXES, plain, neighbor_prefixes(f, b, text));
	snprintf(text, sizeof text, "%u", b->flaps);
	put_right(p, COLUMN_FLAPS, b->flaps ? plain : ROLE_DIM, text);
	put_row_name(p, b->row);
	put_left(p, COLUMN_RESET, neighbor_state(f, b) == ROW_DOWN ? ROLE_PLAIN : ROLE_DIM,
		 model_name(f->m, b->reset_reason));
}

// Whole pieces, which two blanks part, that fit.
static void cut_pieces(char *text, int width)
{
	while (*text && canvas_text_width(text) > width) {
		char *last = NULL;

		for (char *at = strstr(text, "  "); at; at = strstr(at + 1, "  "))
			last = at;
		*(last ? last : text) = 0;
	}
}

static void put_tunnel(struct place *p, unsigned key)
{
	const struct frame *f = p->f;
	const struct model_router_tunnel *t = &f->m->router_tunnels[key];
	const struct column *strip = &p->columns[COLUMN_STRIP], *row = &p->columns[COLUMN_ROW];
	enum row_state state = router_tunnel_state(f, t);
	char text[200], word[NEIGHBOR_MAX], since[FORMAT_MAX];

	p->stale = router_is_stale(f, t->router);
	put_name(p, model_name(f->m, t->name));
	put_right(p, COLUMN_SINCE, p->stale ? ROLE_DIM : ROLE_PLAIN, router_tunnel_since(f, t, since));
	router_tunnel_traffic(f, t, text, sizeof text);
	cut_pieces(text, (row->width ? row->x - 1 : f->columns) - strip->x);
	canvas_put(f->c, strip->x, p->y, -1, t->has_sa && !t->sa ? ROLE_DEGRADED : ROLE_PLAIN, text);
	put_state(p, row_role(state), router_tunnel_word(f, t, word));
	put_row_name(p, t->row);
}

static void put_router(const struct frame *f, int y, uint16_t name)
{
	const struct model_router *r = router_of(f->m, name);
	char text[300];
	enum role role;
	int x = 1;

	x += canvas_put(f->c, x, y, -1, ROLE_STRONG, *model_name(f->m, name) ? model_name(f->m, name) : "?") + 2;
	if (!r) {
		canvas_put(f->c, x, y, -1, ROLE_DIM, "not asked any more");
		return;
	}
	if (*model_name(f->m, r->profile))
		x += canvas_put(f->c, x, y, -1, ROLE_DIM, model_name(f->m, r->profile)) + 2;
	role = router_health(f, r, text, sizeof text);
	canvas_put(f->c, x, y, -1, role, text);
}

static void put_host(const struct frame *f, int y, uint16_t name)
{
	const struct model_router *r = router_of(f->m, name);
	bool stale = router_is_stale(f, name);
	char text[200];

	if (!r)
		return;
	router_host(f, r, text, sizeof text);
	canvas_put(f->c, 3, y, -1, stale ? ROLE_DIM : r->cpu_pct >= CPU_FULL ? ROLE_DEGRADED : ROLE_PLAIN, text);
}

static void put_item(struct frame *f, const struct column *columns, int y, const struct item *item)
{
	struct place p = { .f = f, .columns = columns, .y = y };

	p.selected = item->kind == f->v->item_kind && item->key == f->v->item_key;
	switch ((enum item_kind)item->kind) {
	case ITEM_ROUTER:
		put_router(f, y, item->key);
		break;
	case ITEM_HOST:
		put_host(f, y, item->key);
		break;
	case ITEM_NOTHING:
		canvas_put(f->c, 3, y, -1, ROLE_DIM, "it has no BGP neighbour, and tells of no tunnel");
		break;
	case ITEM_NEIGHBOR:
		put_neighbor(&p, item->key);
		break;
	case ITEM_TUNNEL:
		put_tunnel(&p, item->key);
		break;
	}
}

// ---- the list ----

static enum row_state state_of(const struct frame *f, const struct item *item)
{
	return item->kind == ITEM_NEIGHBOR ? neighbor_state(f, &f->m->bgp[item->key])
					   : router_tunnel_state(f, &f->m->router_tunnels[item->key]);
}

// What is out of sight: "+37 up not shown".
static void put_rest(struct frame *f, int y, size_t from, size_t to)
{
	static const enum row_state order[] = { ROW_DOWN, ROW_DEGRADED, ROW_UNKNOWN, ROW_UP, ROW_ADMIN };
	static const char *const words[] = { "down", "not understood", "stale", "up", "admin-down" };
	size_t count[ARRAY_LEN(order)] = { 0 }, pos = 0;
	char text[200] = "";

	for (size_t i = 0; i < f->v->nitems; i++)
		for (size_t k = 0; k < ARRAY_LEN(order) && (i < from || i >= to); k++)
			count[k] += routers_can_select(&f->v->items[i]) && state_of(f, &f->v->items[i]) == order[k];
	for (size_t k = 0; k < ARRAY_LEN(order); k++)
		if (count[k])
			str_append(text, sizeof text, &pos, "%s+%zu %s", pos ? " " : "", count[k], words[k]);
	canvas_printf(f->c, 1, y, -1, count[0] || count[1] ? ROLE_DEGRADED : ROLE_DIM, "%s not shown",
		      pos ? text : "more");
}

static size_t selected_line(const struct view *v)
{
	for (size_t i = 0; i < v->nitems; i++)
		if (v->items[i].kind == v->item_kind && v->items[i].key == v->item_key)
			return i;
	return 0;
}

// The selected line, with the head of its router where that stands right above.
static void keep_in_sight(struct view *v, size_t page)
{
	size_t at = selected_line(v), first = at;

	while (first && !routers_can_select(&v->items[first - 1]) && at - first + 1 < page)
		first--;
	if (first < v->item_top)
		v->item_top = first;
	if (at >= v->item_top + page)
		v->item_top = at + 1 - page;
	if (v->item_top + page > v->nitems)
		v->item_top = v->nitems > page ? v->nitems - page : 0;
}

static void put_list(struct frame *f, int y, int height)
{
	struct column columns[COLUMN_COUNT];
	struct view *v = f->v;
	int end = y + height;
	size_t page;

	lay_out(f, columns);
	if (height >= 2)
		put_titles(f, columns, y++);
	if (end - y < 1)
		return;
	page = (size_t)(end - y);
	if (v->nitems > page && page > 1)
		page--;
	v->item_page = page;
	keep_in_sight(v, page);
	for (size_t i = v->item_top; i < v->nitems && i < v->item_top + page; i++)
		put_item(f, columns, y++, &v->items[i]);
	if (v->nitems > page && y < end)
		put_rest(f, y, v->item_top, v->item_top + page);
	else if (!v->nitems && y < end)
		canvas_put(f->c, 1, y, -1, ROLE_NOTE, "nothing matches (Esc clears the filter, ! shows what is up)");
}

static void say_troubles(const struct frame *f, int *y, int end)
{
	for (size_t i = 0; i < f->m->nsources && *y < end; i++) {
		const struct model_source *s = &f->m->sources[i];
		const char *name = model_name(f->m, s->name);

		if (!s->used || (strcmp(name, "bgp") != 0 && strcmp(name, "router") != 0))
			continue;
		canvas_printf(f->c, 1, (*y)++, -1, ROLE_NOTE, "%s %s: %s", name, model_name(f->m, s->instance),
			      model_name(f->m, s->reason));
	}
}

static void put_nothing(const struct frame *f, int y, int height)
{
	static const char *const text[] = {
		"",
		"One on this host (FRR), or one that can be logged in to, is named in the",
		"configuration (~/.config/tunwatch.conf or /etc/tunwatch.conf):",
		"",
		"  router frr { profile = \"vtysh\" }",
		"  router office {",
		"    profile       = \"yamaha-rtx\"      # or cisco-ios, frr-vty",
		"    transport     = telnet",
		"    host          = \"192.168.100.1\"",
		"    password-file = \"/etc/tunwatch/office.pass\"",
		"  }",
		"  tunnel office-2 {",
		"    peer   = \"10.255.0.2\"",
		"    router = \"office\"                # whose view of it counts too",
		"    remote-name = \"TUNNEL[1]\"        # the router's name for it",
		"  }",
	};
	int end = y + height;

	canvas_put(f->c, 1, y++, -1, ROLE_NOTE,
		   f->st->mode & MODE_REPLAY ? "No router had been asked up to here." : "No router is asked.");
	say_troubles(f, &y, end);
	for (size_t i = 0; i < ARRAY_LEN(text) && y < end; i++)
		canvas_put(f->c, 1, y++, -1, ROLE_PLAIN, text[i]);
}

// The list first; what is left holds what is selected in short, and the events of its row.
void panel_routers(struct frame *f, int y, int height)
{
	struct view *v = f->v;
	int detail, list;

	if (!v->ngroups && !v->hidden) {
		put_nothing(f, y, height);
		return;
	}
	detail = panel_detail_share(f, height, v->nitems, panel_router_detail_height(f));
	list = height - (detail ? detail + 1 : 0);
	routers_collect(v, f->m, f->st, 1 + (int)v->nitems > list);
	if (1 + (int)v->nitems < list)
		list = 1 + (int)v->nitems > 2 ? 1 + (int)v->nitems : 2;
	put_list(f, y, list);
	y += list + 1;
	height -= list + 1;
	if (!detail)
		return;
	panel_router_detail(f, y, detail);
	if (height - detail - 1 >= 3)
		panel_events(f, y + detail + 1, height - detail - 1);
}
