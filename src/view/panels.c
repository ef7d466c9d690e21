// SPDX-License-Identifier: GPL-2.0-or-later
// The panels, a row each.
#include <string.h>

#include "view/panel.h"

static void collect_tunnels(struct view *v, const struct model *m, const struct view_status *st)
{
	rows_collect(v, m, st, v->page && v->nrows > v->page);
	rows_select_nearest(v, m, st);
}

static size_t tunnels_count(const struct view *v)
{
	return v->nrows;
}

static size_t tunnels_page(const struct view *v)
{
	return v->page;
}

static void tunnels_select(struct view *v, const struct model *m, size_t at)
{
	(void)m;
	if (at >= v->nrows)
		return;
	v->selected = v->rows[at];
	v->chosen = true;
}

static bool tunnels_match(const struct view *v, const struct model *m, size_t at, const struct pattern *p)
{
	return rows_match(v, m, v->rows[at], p);
}

static void collect_routers(struct view *v, const struct model *m, const struct view_status *st)
{
	routers_collect(v, m, st, v->item_page && v->nitems > v->item_page);
}

static size_t routers_page(const struct view *v)
{
	return v->item_page;
}

static size_t events_index(const struct view *v)
{
	return v->event;
}

static size_t events_page(const struct view *v)
{
	return v->event_page;
}

static size_t sources_page(const struct view *v)
{
	return v->source_page;
}

static const struct panel panels[] = {
	{ PANEL_TUNNELS, "1", "tunnels", "tunnels", collect_tunnels, panel_tunnels, tunnels_count, rows_index,
	  tunnels_page, tunnels_select, tunnels_match, panel_detail },
	{ PANEL_MTU, "2", "MTU", "MTU", collect_tunnels, panel_mtu, tunnels_count, rows_index, tunnels_page,
	  tunnels_select, tunnels_match, panel_mtu_detail },
	{ PANEL_ROUTERS, "4", "BGP and routers", "BGP", collect_routers, panel_routers, routers_count, routers_index,
	  routers_page, routers_select, routers_match, panel_router_detail },
	{ PANEL_EVENTS, "6", "events", "events", events_collect, panel_events, events_count, events_index, events_page,
	  events_select, events_match, NULL },
	{ PANEL_SOURCES, "7", "sources", "sources", sources_collect, panel_sources, sources_count, sources_index,
	  sources_page, sources_select, sources_match, NULL },
};

const struct panel *panels_get(unsigned bit)
{
	for (size_t i = 0; i < ARRAY_LEN(panels); i++)
		if (panels[i].bit == bit)
			return &panels[i];
	return panels;
}

void panels_collect(struct view *v, const struct model *m, const struct view_status *st)
{
	mtu_collect(v, m, st);
	v->panel->collect(v, m, st);
}

bool view_lacks(struct view *v, const char *key)
{
	static const struct {
		const char *key, *name;
	} lacking[] = { { "3", "IPsec" }, { "5", "capture" } };

	for (size_t i = 0; i < ARRAY_LEN(lacking); i++) {
		if (strcmp(lacking[i].key, key) != 0)
			continue;
		view_say(v, "panel %s (%s) is not in this version", key, lacking[i].name);
		return true;
	}
	return false;
}
