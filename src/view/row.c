// SPDX-License-Identifier: GPL-2.0-or-later
// What one row says: its state, its kind, since when, and what of it is stale.
#include <stdio.h>

#include "view/panel.h"

static bool is_admin_down(const struct model *m, const struct model_tunnel *t)
{
	const struct model_link *l = model_tunnel_link(m, t);

	return l && !l->gone && !l->up;
}

// What was seen at a moment in the past stays true when the collector falls silent later.
bool row_is_silent(const struct frame *f)
{
	return f->st->silent && !f->st->paused;
}

enum row_state row_state(const struct frame *f, const struct model_tunnel *t)
{
	if (row_is_silent(f))
		return ROW_UNKNOWN;
	if (is_admin_down(f->m, t))
		return ROW_ADMIN;
	switch (t->state) {
	case HEALTH_UNKNOWN:
	case HEALTH_COUNT:
		return ROW_UNKNOWN;
	case HEALTH_UP:
		return ROW_UP;
	case HEALTH_DEGRADED:
		return ROW_DEGRADED;
	case HEALTH_DOWN:
		return ROW_DOWN;
	}
	return ROW_UNKNOWN;
}

const char *row_word(enum row_state state)
{
	switch (state) {
	case ROW_UP:
		return "UP";
	case ROW_DEGRADED:
		return "DEGR";
	case ROW_DOWN:
		return "DOWN";
	case ROW_ADMIN:
		return "ADMIN";
	case ROW_UNKNOWN:
		break;
	}
	return "?";
}

enum role row_role(enum row_state state)
{
	switch (state) {
	case ROW_UP:
		return ROLE_UP;
	case ROW_DEGRADED:
		return ROLE_DEGRADED;
	case ROW_DOWN:
		return ROLE_DOWN;
	case ROW_ADMIN:
	case ROW_UNKNOWN:
		break;
	}
	return ROLE_DIM;
}

const char *row_kind(const struct model_tunnel *t, bool wide)
{
	static const char *const brief[] = {
		[TUNNEL_TYPE_OTHER] = "other",   [TUNNEL_TYPE_GRE] = "gre",     [TUNNEL_TYPE_GRETAP] = "gretap",
		[TUNNEL_TYPE_IP6GRE] = "ip6gre", [TUNNEL_TYPE_IP6GRETAP] = "6gretp", [TUNNEL_TYPE_IPIP] = "ipip",
		[TUNNEL_TYPE_SIT] = "sit",       [TUNNEL_TYPE_IP6TNL] = "ip6tnl", [TUNNEL_TYPE_VTI] = "vti",
		[TUNNEL_TYPE_VTI6] = "vti6",     [TUNNEL_TYPE_XFRM] = "xfrm",   [TUNNEL_TYPE_WIREGUARD] = "wg",
		[TUNNEL_TYPE_TUN] = "tun",       [TUNNEL_TYPE_PPP] = "ppp",     [TUNNEL_TYPE_L2TP] = "l2tp",
		[TUNNEL_TYPE_VXLAN] = "vxlan",   [TUNNEL_TYPE_GENEVE] = "geneve", [TUNNEL_TYPE_IPSEC] = "ipsec",
		[TUNNEL_TYPE_REMOTE] = "remote", [TUNNEL_TYPE_LINE] = "line",
		[TUNNEL_TYPE_ERSPAN] = "erspan",
	};

	// a file may hold any number here
	if ((size_t)t->type >= ARRAY_LEN(brief))
		return "?";
	if (!wide)
		return brief[t->type];
	return t->type == TUNNEL_TYPE_WIREGUARD ? "wireguard" : t->type == TUNNEL_TYPE_IP6GRETAP ? "ip6gretap"
												  : brief[t->type];
}

bool row_is_line(const struct model_tunnel *t)
{
	return t->type == TUNNEL_TYPE_LINE;
}

const struct model_target *row_target(const struct model *m, const struct model_tunnel *t)
{
	const struct model_target *inner = model_tunnel_inner(m, t);

	if (inner)
		return inner;
	return row_is_line(t) ? model_tunnel_outer(m, t) : NULL;
}

static bool is_older(const struct frame *f, int64_t then, int64_t than_us)
{
	return then == MODEL_NEVER || f->m->now - then > than_us;
}

static int64_t interval_of(const struct frame *f)
{
	return f->m->interval_us > 0 ? f->m->interval_us : US_PER_S;
}

bool row_probes_stale(const struct frame *f, const struct model_target *t)
{
	return row_is_silent(f) || is_older(f, t->last_us, 3 * interval_of(f) + model_timeout(t));
}

bool row_counters_stale(const struct frame *f, const struct model_link *l)
{
	return row_is_silent(f) || !l->known_counters || is_older(f, l->counters_us, 3 * interval_of(f));
}

const char *row_since(const struct frame *f, const struct model_tunnel *t, char out[FORMAT_MAX])
{
	char age[16];

	if (!row_is_silent(f))
		return format_since(f, t->since_us,
				    t->since_known && !(f->m->partial && t->since_us <= f->m->started_us), out);
	snprintf(out, FORMAT_MAX, "%s", time_age(f->st->silent_us, age));
	return out;
}
