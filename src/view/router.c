// SPDX-License-Identifier: GPL-2.0-or-later
// What a router says of itself and of its tunnels, and how well it can be asked.
#include <stdio.h>
#include <stdlib.h>

#include "view/panel.h"

#define SECONDS_MAX INT64_C(10000000000) /* three centuries */

const struct model_router *router_of(const struct model *m, uint16_t name)
{
	return name == MODEL_NONE ? NULL : model_find_router(m, name);
}

bool router_is_stale(const struct frame *f, uint16_t name)
{
	const struct model_router *r = router_of(f->m, name);

	return row_is_silent(f) || (r && model_router_stale(f->m, r));
}

// Seconds that a router gave, within bounds.
static int64_t seconds(int64_t s)
{
	return (s < -SECONDS_MAX ? -SECONDS_MAX : s > SECONDS_MAX ? SECONDS_MAX : s) * US_PER_S;
}

// What it does instead of answering.
static const char *failing_word(enum router_outcome outcome)
{
	switch (outcome) {
	case ROUTER_OUTCOME_OK:
	case ROUTER_OUTCOME_COUNT:
		break;
	case ROUTER_OUTCOME_TIMEOUT:
		return "polls time out";
	case ROUTER_OUTCOME_REFUSED:
		return "cannot be reached";
	case ROUTER_OUTCOME_AUTH:
		return "refuses the login";
	case ROUTER_OUTCOME_PARSE:
		return "answers are not understood";
	case ROUTER_OUTCOME_ABSENT:
		return "not there";
	case ROUTER_OUTCOME_LOST:
		return "breaks off";
	case ROUTER_OUTCOME_RELEASED:
		return "left alone";
	}
	return "no poll";
}

static void say_failing(const struct frame *f, const struct model_router *r, char *out, size_t size, size_t *pos)
{
	const char *reason = model_name(f->m, r->reason);
	char age[16];

	str_append(out, size, pos, "%s", failing_word(r->outcome));
	if (r->answered_us == MODEL_NEVER)
		str_append(out, size, pos, ", no answer so far");
	else
		str_append(out, size, pos, " for %s", time_age(format_ago(f, r->answered_us), age));
	if (r->outcome == ROUTER_OUTCOME_RELEASED)
		str_append(out, size, pos, "%s", f->st->mode & MODE_LIVE ? " (L asks it again)" : "");
	else if (*reason)
		str_append(out, size, pos, ": %s", reason);
}

static void say_well(const struct frame *f, const struct model_router *r, char *out, size_t size, size_t *pos)
{
	char age[16];

	str_append(out, size, pos, "last answer %s ago", time_age(format_ago(f, r->answered_us), age));
	if (r->took_ms > 0)
		str_append(out, size, pos, ", took %d ms", r->took_ms);
	if (r->not_understood > 0)
		str_append(out, size, pos, ", %d piece%s not understood", r->not_understood,
			   r->not_understood == 1 ? "" : "s");
}

enum role router_health(const struct frame *f, const struct model_router *r, char *out, size_t size)
{
	bool stale = row_is_silent(f) || model_router_stale(f->m, r);
	char age[16];
	size_t pos = 0;

	*out = 0;
	if (row_is_silent(f))
		str_append(out, size, &pos, "not known: nothing from the collector for %s",
			   time_age(f->st->silent_us, age));
	else if (r->polled_us == MODEL_NEVER)
		str_append(out, size, &pos, "not asked yet");
	else if (r->outcome != ROUTER_OUTCOME_OK || stale || r->answered_us == MODEL_NEVER)
		say_failing(f, r, out, size, &pos);
	else
		say_well(f, r, out, size, &pos);
	if (r->polled_us == MODEL_NEVER || row_is_silent(f))
		return ROLE_DIM;
	if (r->outcome == ROUTER_OUTCOME_RELEASED)
		return ROLE_NOTE;
	if (r->outcome != ROUTER_OUTCOME_OK || stale)
		return stale ? ROLE_DOWN : ROLE_DEGRADED;
	return r->not_understood > 0 ? ROLE_DEGRADED : ROLE_PLAIN;
}

// When a time that stands in a router's own words was.
static void say_boot(const struct frame *f, int64_t wall_us, char *out, size_t size, size_t *pos)
{
	struct time_parts p = time_split(wall_us, format_offset(f));
	int64_t now = model_wall(f->m, f->st->at);
	char age[16];

	str_append(out, size, pos, "%sbooted %04d-%02d-%02d %02d:%02d", *pos ? "  " : "", p.year, p.month, p.day,
		   p.hour, p.minute);
	if (f->m->has_clock && wall_us <= now)
		str_append(out, size, pos, " (%s ago)", time_age(now - wall_us, age));
}

void router_host(const struct frame *f, const struct model_router *r, char *out, size_t size)
{
	size_t pos = 0;
	char age[16];

	*out = 0;
	if (r->cpu_pct >= 0)
		str_append(out, size, &pos, "CPU %d %%", r->cpu_pct);
	if (r->mem_pct >= 0)
		str_append(out, size, &pos, "%smemory %d %%", pos ? "  " : "", r->mem_pct);
	if (r->boot_at > 0 && r->boot_at < seconds(SECONDS_MAX))
		say_boot(f, r->boot_at, out, size, &pos);
	if (r->has_clock_offset && r->clock_offset_s)
		str_append(out, size, &pos, "%sclock %s %s", pos ? "  " : "",
			   time_age(llabs(seconds(r->clock_offset_s)), age),
			   r->clock_offset_s > 0 ? "ahead" : "behind");
	else if (r->has_clock_offset)
		str_append(out, size, &pos, "%sclock right", pos ? "  " : "");
}

// ---- its tunnels ----

enum row_state router_tunnel_state(const struct frame *f, const struct model_router_tunnel *t)
{
	if (router_is_stale(f, t->router))
		return ROW_UNKNOWN;
	if (t->gone)
		return ROW_DOWN;
	if (t->has_up)
		return t->up ? ROW_UP : ROW_DOWN;
	if (t->has_sa)
		return t->sa ? ROW_UP : ROW_DOWN;
	return *model_name(f->m, t->word) ? ROW_DEGRADED : ROW_UNKNOWN;
}

const char *router_tunnel_word(const struct frame *f, const struct model_router_tunnel *t, char out[NEIGHBOR_MAX])
{
	const char *word = model_name(f->m, t->word);

	if (router_is_stale(f, t->router))
		str_copy(out, NEIGHBOR_MAX, "stale");
	else if (t->gone)
		str_copy(out, NEIGHBOR_MAX, "!gone");
	else if (t->has_up && *word)
		snprintf(out, NEIGHBOR_MAX, "%s%.50s", t->up ? "" : "!", word);
	else if (t->has_up)
		str_copy(out, NEIGHBOR_MAX, t->up ? "up" : "!down");
	else if (*word)
		snprintf(out, NEIGHBOR_MAX, "!not understood: %.50s", word);
	else if (t->has_sa)
		str_copy(out, NEIGHBOR_MAX, t->sa ? "has SAs" : "!no SA");
	else
		str_copy(out, NEIGHBOR_MAX, "?");
	return out;
}

const char *router_tunnel_since(const struct frame *f, const struct model_router_tunnel *t, char out[FORMAT_MAX])
{
	const struct model_router *r = router_of(f->m, t->router);
	int64_t now = model_wall(f->m, f->st->at), us = -1;
	char age[16];

	if (router_is_stale(f, t->router))
		us = format_ago(f, r && r->answered_us != MODEL_NEVER ? r->answered_us : t->seen_us);
	else if (t->since > 0 && f->m->has_clock && t->since <= now)
		us = now - t->since;
	else if (t->up_us != MODEL_NEVER && t->has_up)
		return format_since(f, t->up_us, false, out);
	snprintf(out, FORMAT_MAX, "%s", us >= 0 ? time_age(us, age) : "-");
	return out;
}

void router_tunnel_traffic(const struct frame *f, const struct model_router_tunnel *t, char *out, size_t size)
{
	size_t pos = 0;
	char age[16], rx[FORMAT_MAX], tx[FORMAT_MAX];

	*out = 0;
	if (router_is_stale(f, t->router) || t->gone)
		return;
	if (t->has_sa && !t->sa)
		str_append(out, size, &pos, "no SA");
	else if (t->sa_life_s >= 0)
		str_append(out, size, &pos, "SA life %s", time_age(seconds(t->sa_life_s), age));
	if (t->rekeys)
		str_append(out, size, &pos, "%s%u rekey%s", pos ? "  " : "", t->rekeys, t->rekeys == 1 ? "" : "s");
	if (t->has_packets)
		str_append(out, size, &pos, "%s%s%s %s%s packets", pos ? "  " : "", panel_glyphs(f->v)->rx,
			   format_bytes(t->rx_packets, rx), panel_glyphs(f->v)->tx, format_bytes(t->tx_packets, tx));
}
