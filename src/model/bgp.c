// SPDX-License-Identifier: GPL-2.0-or-later
// BGP neighbours as routers tell of them: since when, flaps that no poll saw, prefixes, why a connection was reset.
#include <string.h>

#include "model/model_int.h"

enum { LOADING_S = 5, SLACK_S = 3, DAY_S = 86400, REASON_LATE_S = 30, ROUTER_WORDS = 170 };

static struct model_bgp *bgp_at(struct model *m, unsigned key)
{
	if (key >= BGP_MAX)
		return NULL;
	if (key >= m->nbgp) {
		array_grow(&m->bgp, &m->bgp_cap, key + 1, sizeof *m->bgp);
		m->nbgp = key + 1;
	}
	return &m->bgp[key];
}

bool bgp_is_up(const struct model_bgp *b)
{
	return b->used && !b->gone && b->state == BGP_STATE_ESTABLISHED;
}

void bgp_state_text(const struct model *m, const struct model_bgp *b, char *text, size_t size)
{
	const struct record_field *field = &record_kind_info(RECORD_BGP)->fields[BGP_STATE];
	const char *word = model_name(m, b->word);
	size_t pos = 0;

	text[0] = 0;
	if (b->state == BGP_STATE_NOT_UNDERSTOOD)
		str_append(text, size, &pos, *word ? "in a state that is not understood (\"%.24s\")" :
			   "in a state that is not understood", word);
	else if (b->admin)
		str_append(text, size, &pos, "shut down (admin)");
	else
		str_append(text, size, &pos, "%.24s", *word ? word : record_word(field, b->state));
}

/* ---- what happened since the record before ---- */

/* Since when the router says that the state is as it is; MODEL_NEVER when it does not say. */
static int64_t dated(const struct record *r)
{
	int64_t uptime = record_get(r, BGP_UPTIME_S, -1);

	return uptime < 0 || uptime > INT64_C(1) << 35 ? MODEL_NEVER : r->t - uptime * US_PER_S;
}

/* Both polls say Established, but it was not all the time: a connection was dropped, or it is younger than the poll
 * before. Above a day routers tell their uptime in hours or weeks. */
static bool has_flapped(const struct model_bgp *b, const struct record *r)
{
	int64_t drops = record_get(r, BGP_DROPS, -1), uptime = record_get(r, BGP_UPTIME_S, -1);

	if (drops >= 0 && b->drops >= 0 && drops > b->drops)
		return true;
	if (uptime < 0 || b->uptime_s < 0)
		return false;
	return uptime < b->uptime_s || (uptime < DAY_S && dated(r) > b->since_us + SLACK_S * US_PER_S &&
					b->since_known);
}

/* prefix of an event: whose neighbour it is, where no row says so */
static void name_neighbor(const struct model *m, const struct model_bgp *b, char *text, size_t size, size_t *pos)
{
	if (b->row == MODEL_NONE && b->router != MODEL_NONE)
		str_append(text, size, pos, "%.20s: ", model_name(m, b->router));
	str_append(text, size, pos, "%.46s", model_name(m, b->neighbor));
	if (b->vrf != MODEL_NONE && *model_name(m, b->vrf) && strcmp(model_name(m, b->vrf), "default"))
		str_append(text, size, pos, " (vrf %.20s)", model_name(m, b->vrf));
}

static void event(struct model *m, const struct model_bgp *b, int64_t t, int dir, const char *what)
{
	char name[112];
	size_t pos = 0;

	name[0] = 0;
	name_neighbor(m, b, name, sizeof name, &pos);
	m->changes++;
	history_add_event(m, t, b->row, dir, dir < 0 ? SEVERITY_WARNING : SEVERITY_INFO, "BGP", "%s %s", name, what);
}

/* " (hold timer)", or nothing */
static void reason_text(const struct model *m, const struct model_bgp *b, char text[ROUTER_WORDS])
{
	const char *why = model_name(m, b->reset_reason);
	size_t pos = 0;

	text[0] = 0;
	if (*why)
		str_append(text, ROUTER_WORDS, &pos, " (%s)", why);
}

static void tell_change(struct model *m, const struct model_bgp *old, const struct model_bgp *b)
{
	char from[64], to[64], why[ROUTER_WORDS], what[300];
	bool was = bgp_is_up(old), is = bgp_is_up(b);
	size_t pos = 0;

	bgp_state_text(m, old, from, sizeof from);
	bgp_state_text(m, b, to, sizeof to);
	if (was == is && strcmp(from, to) == 0)
		return;
	/* between attempts Idle, Connect and Active follow each other for ever */
	if (was == is && old->admin == b->admin && (old->state == BGP_STATE_NOT_UNDERSTOOD) ==
	    (b->state == BGP_STATE_NOT_UNDERSTOOD) && (old->word == MODEL_NONE) == (b->word == MODEL_NONE))
		return;
	what[0] = 0;
	reason_text(m, b, why);
	str_append(what, sizeof what, &pos, "%s -> %s%s", from, to, was ? why : "");
	event(m, b, was == is ? m->now : b->since_us, is ? 1 : was ? -1 : 0, what);
}

/* The router was asked for the reason only after it had said that the connection is gone. */
static void tell_reason(struct model *m, const struct model_bgp *old, const struct model_bgp *b)
{
	char was[ROUTER_WORDS], is[ROUTER_WORDS];

	if (bgp_is_up(old) || bgp_is_up(b) || b->reset_reason == old->reset_reason ||
	    b->since_us < m->now - REASON_LATE_S * US_PER_S)
		return;
	reason_text(m, old, was);
	reason_text(m, b, is);
	history_amend_event(m, b->since_us, b->row, "BGP", was, is);
}

static void tell_prefixes(struct model *m, const struct model_bgp *old, const struct model_bgp *b)
{
	char what[80];
	size_t pos = 0;

	if (!bgp_is_up(old) || !bgp_is_up(b) || old->prefixes_received <= 0 || b->prefixes_received < 0 ||
	    b->prefixes_received * 2 >= old->prefixes_received || m->now - b->since_us <= LOADING_S * US_PER_S)
		return;
	what[0] = 0;
	str_append(what, sizeof what, &pos, "prefixes received %lld -> %lld", (long long)old->prefixes_received,
		   (long long)b->prefixes_received);
	event(m, b, m->now, -1, what);
}

static void tell_flap(struct model *m, const struct model_bgp *b, unsigned key)
{
	event(m, b, b->since_us, -1, "flapped between polls, Established again");
	history_bgp_mark(m, key, b->since_us, b->since_us, HEALTH_DOWN);
}

static void tell(struct model *m, const struct model_bgp *old, const struct model_bgp *b, bool flapped, unsigned key)
{
	if (b->gone != old->gone) {
		event(m, b, m->now, b->gone ? -1 : 0, b->gone ? "is no longer listed by its router" :
		      "is listed by its router again");
		return;
	}
	if (flapped)
		tell_flap(m, b, key);
	tell_change(m, old, b);
	tell_reason(m, old, b);
	tell_prefixes(m, old, b);
}

/* ---- the fold ---- */

static void set_identity(struct model *m, struct model_bgp *b, const struct record *r)
{
	uint16_t router = name_or_none(r, BGP_ROUTER), neighbor = name_or_none(r, BGP_NEIGHBOR);
	uint16_t vrf = name_or_none(r, BGP_VRF), next = b->next;

	if (b->used && b->router == router && b->neighbor == neighbor && b->vrf == vrf)
		return;
	history_bgp_forget(m, r->key);
	memset(b, 0, sizeof *b);
	/* others of the row it was joined to come behind it */
	b->next = next;
	b->router = router;
	b->neighbor = neighbor;
	b->vrf = vrf;
	b->row = b->word = b->reset_reason = MODEL_NONE;
	b->asn = b->prefixes_received = b->prefixes_sent = b->drops = b->messages_received = b->uptime_s = -1;
	b->message_us = b->established_us = b->since_us = b->seen_us = MODEL_NEVER;
	b->first_us = m->now;
	m->topology++;
	m->changes++;
}

static void set_numbers(struct model_bgp *b, const struct record *r)
{
	int64_t state = record_get(r, BGP_STATE, BGP_STATE_NOT_UNDERSTOOD);
	int64_t messages = record_get(r, BGP_MESSAGES, -1);

	b->gone = record_get(r, BGP_GONE, 0) != 0;
	/* what is no longer listed was last as it was */
	if (b->gone)
		return;
	b->admin = record_get(r, BGP_ADMIN, 0) != 0;
	b->state = state < 0 || state >= BGP_STATE_COUNT ? BGP_STATE_NOT_UNDERSTOOD : (enum bgp_state)state;
	b->word = name_or_none(r, BGP_WORD);
	b->reset_reason = name_or_none(r, BGP_RESET_REASON);
	b->asn = record_get(r, BGP_ASN, -1);
	b->prefixes_received = record_get(r, BGP_PREFIXES_RECEIVED, -1);
	b->prefixes_sent = record_get(r, BGP_PREFIXES_SENT, -1);
	b->drops = record_get(r, BGP_DROPS, -1);
	b->uptime_s = record_get(r, BGP_UPTIME_S, -1);
	if (messages > b->messages_received && b->messages_received >= 0)
		b->message_us = r->t;
	b->messages_received = messages;
}

/* b is as the record has it, old as it was before. */
static void set_since(struct model_bgp *b, const struct model_bgp *old, const struct record *r, bool flapped)
{
	int64_t t = dated(r);

	if (!old->used) {
		b->since_us = t == MODEL_NEVER ? r->t : t;
		b->since_known = t != MODEL_NEVER;
	} else if (bgp_is_up(old) != bgp_is_up(b) || flapped) {
		/* after the poll that still saw it otherwise; a whole second is as exact as routers are */
		b->since_us = t == MODEL_NEVER || t > r->t ? r->t : max_time(t, old->seen_us);
		b->since_known = true;
	} else if (!old->since_known && t != MODEL_NEVER) {
		b->since_us = t;
		b->since_known = true;
	}
	if (bgp_is_up(old) && (flapped || !bgp_is_up(b)))
		b->flaps++;
	if (bgp_is_up(b))
		b->established_us = r->t;
}

void bgp_apply(struct model *m, const struct record *r)
{
	struct model_bgp *b = bgp_at(m, r->key), old;
	bool flapped, grew;

	if (!b)
		return;
	set_identity(m, b, r);
	old = *b;
	flapped = bgp_is_up(&old) && !r->snapshot && !record_get(r, BGP_GONE, 0) &&
		  record_get(r, BGP_STATE, -1) == BGP_STATE_ESTABLISHED && has_flapped(&old, r);
	b->used = true;
	set_numbers(b, r);
	set_since(b, &old, r, flapped);
	b->seen_us = r->t;
	if (r->snapshot)
		return;
	if (old.used)
		tell(m, &old, b, flapped, r->key);
	if (bgp_is_up(&old) && !bgp_is_up(b))
		history_bgp_mark(m, r->key, b->since_us, m->now, HEALTH_DOWN);
	grew = b->message_us == r->t;
	if (b->row != MODEL_NONE && (bgp_is_up(&old) != bgp_is_up(b) || old.admin != b->admin || old.gone != b->gone ||
				     flapped || (grew && m->tunnels[b->row].state == HEALTH_DOWN)))
		health_update(m, b->row);
}

/* ---- looking ---- */

/* Its router lists it no longer: no fault, unless it was up before, or the user said that it should be there. */
static bool is_missed(const struct model_tunnel *t, const struct model_bgp *b)
{
	return !b->admin && (b->established_us != MODEL_NEVER || t->bgp != MODEL_NONE);
}

enum bgp_worth bgp_worth(const struct model *m, const struct model_tunnel *t, const struct model_bgp *b)
{
	const struct model_router *router = model_find_router(m, b->router);

	if (!b->used || (b->gone && !is_missed(t, b)))
		return BGP_WORTH_GONE;
	if (b->admin)
		return BGP_WORTH_ADMIN;
	if (router && router_is_absent(m, router))
		return BGP_WORTH_DOWN;
	if (router && model_router_stale(m, router))
		return BGP_WORTH_STALE;
	if (b->gone)
		return BGP_WORTH_DOWN;
	if (b->state == BGP_STATE_NOT_UNDERSTOOD)
		return BGP_WORTH_UNKNOWN;
	return b->state == BGP_STATE_ESTABLISHED ? BGP_WORTH_UP : BGP_WORTH_DOWN;
}

unsigned model_tunnel_bgp(const struct model *m, unsigned tunnel, unsigned i)
{
	const struct model_tunnel *t = tunnel < m->ntunnels ? &m->tunnels[tunnel] : NULL;
	struct { unsigned worth, key; } list[ROW_BGP_MAX];
	unsigned n = 0;

	if (!t || !t->used)
		return MODEL_NONE;
	for (unsigned k = t->bgp_first; k < m->nbgp && n < ROW_BGP_MAX; k = m->bgp[k].next) {
		unsigned worth, at = n;

		if (!m->bgp[k].used || m->bgp[k].row != tunnel)
			continue;
		worth = bgp_worth(m, t, &m->bgp[k]);
		for (; at && list[at - 1].worth > worth; at--)
			list[at] = list[at - 1];
		list[at].worth = worth;
		list[at].key = k;
		n++;
	}
	return i < n ? list[i].key : MODEL_NONE;
}
