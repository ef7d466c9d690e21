// SPDX-License-Identifier: GPL-2.0-or-later
// What a BGP neighbour says: its state, since when, how many prefixes. What its router does not tell any more is stale.
#include <stdio.h>
#include <string.h>

#include "view/panel.h"

#define LOADING_US (5 * US_PER_S) /* prefixes come a moment after the session */

// Its router says that it has no BGP running: that is an answer, and nothing is Established.
static const struct model_router *absent_router(const struct frame *f, const struct model_bgp *b)
{
	const struct model_router *r = router_of(f->m, b->router);
	int64_t period;

	if (!r || r->absent_us == MODEL_NEVER || b->gone || row_is_silent(f))
		return NULL;
	period = (r->period_ms > 1000 ? r->period_ms : 1000) * US_PER_MS;
	return f->m->now - r->polled_us <= 3 * period ? r : NULL;
}

bool neighbor_is_stale(const struct frame *f, const struct model_bgp *b)
{
	return !absent_router(f, b) && router_is_stale(f, b->router);
}

// Taken out of the router's configuration by somebody, when nobody had said that it should be there.
static bool is_missed(const struct model *m, const struct model_bgp *b)
{
	return b->established_us != MODEL_NEVER || (b->row < m->ntunnels && m->tunnels[b->row].bgp != MODEL_NONE);
}

enum row_state neighbor_state(const struct frame *f, const struct model_bgp *b)
{
	if (neighbor_is_stale(f, b))
		return ROW_UNKNOWN;
	if (b->gone)
		return is_missed(f->m, b) && !b->admin ? ROW_DOWN : ROW_ADMIN;
	if (b->admin)
		return ROW_ADMIN;
	if (absent_router(f, b))
		return ROW_DOWN;
	switch (b->state) {
	case BGP_STATE_ESTABLISHED:
		return ROW_UP;
	case BGP_STATE_NOT_UNDERSTOOD:
	case BGP_STATE_COUNT:
		return ROW_DEGRADED;
	case BGP_STATE_IDLE:
	case BGP_STATE_CONNECT:
	case BGP_STATE_ACTIVE:
	case BGP_STATE_OPENSENT:
	case BGP_STATE_OPENCONFIRM:
		return ROW_DOWN;
	}
	// a file may hold any number here
	return ROW_DEGRADED;
}

static const char *state_name(enum bgp_state state)
{
	switch (state) {
	case BGP_STATE_NOT_UNDERSTOOD:
	case BGP_STATE_COUNT:
		break;
	case BGP_STATE_IDLE:
		return "Idle";
	case BGP_STATE_CONNECT:
		return "Connect";
	case BGP_STATE_ACTIVE:
		return "Active";
	case BGP_STATE_OPENSENT:
		return "OpenSent";
	case BGP_STATE_OPENCONFIRM:
		return "OpenConfirm";
	case BGP_STATE_ESTABLISHED:
		return "Established";
	}
	return NULL;
}

// "Active" reads like good news, so that a mark stands before all but the one good state.
const char *neighbor_said(const struct frame *f, const struct model_bgp *b, char out[NEIGHBOR_MAX])
{
	const char *name = state_name(b->state), *word = model_name(f->m, b->word);

	if (b->gone)
		str_copy(out, NEIGHBOR_MAX, "!gone");
	else if (b->admin)
		str_copy(out, NEIGHBOR_MAX, "!Idle (Admin)");
	else if (absent_router(f, b))
		str_copy(out, NEIGHBOR_MAX, "!no BGP");
	else if (!name)
		snprintf(out, NEIGHBOR_MAX, "!not understood%s%.50s", *word ? ": " : "", word);
	else if (b->state == BGP_STATE_ESTABLISHED)
		str_copy(out, NEIGHBOR_MAX, name);
	else
		snprintf(out, NEIGHBOR_MAX, "!%.50s", *word ? word : name);
	return out;
}

const char *neighbor_word(const struct frame *f, const struct model_bgp *b, char out[NEIGHBOR_MAX])
{
	if (!neighbor_is_stale(f, b))
		return neighbor_said(f, b, out);
	str_copy(out, NEIGHBOR_MAX, "stale");
	return out;
}

// Since when the router has told nothing.
static const char *stale_since(const struct frame *f, const struct model_bgp *b, char out[FORMAT_MAX])
{
	const struct model_router *r = router_of(f->m, b->router);
	int64_t told = r && r->answered_us != MODEL_NEVER ? r->answered_us : b->seen_us;
	char age[16];

	snprintf(out, FORMAT_MAX, "%s", time_age(format_ago(f, told), age));
	return out;
}

const char *neighbor_since(const struct frame *f, const struct model_bgp *b, char out[FORMAT_MAX])
{
	if (neighbor_is_stale(f, b))
		return stale_since(f, b, out);
	if (absent_router(f, b) && b->state == BGP_STATE_ESTABLISHED)
		return format_since(f, absent_router(f, b)->absent_us, true, out);
	return format_since(f, b->since_us, b->since_known, out);
}

// Just after the session came up, before the first prefixes have.
static bool is_loading(const struct frame *f, const struct model_bgp *b)
{
	return b->prefixes_received <= 0 && b->since_known && format_ago(f, b->since_us) < LOADING_US;
}

static const char *count_text(int64_t n, char out[FORMAT_MAX])
{
	if (n >= 0)
		return format_bytes((uint64_t)n, out);
	str_copy(out, FORMAT_MAX, "?");
	return out;
}

const char *neighbor_prefixes(const struct frame *f, const struct model_bgp *b, char out[FORMAT_MAX])
{
	char received[FORMAT_MAX], sent[FORMAT_MAX];

	if (neighbor_is_stale(f, b))
		str_copy(out, FORMAT_MAX, "?");
	else if (neighbor_state(f, b) != ROW_UP)
		str_copy(out, FORMAT_MAX, "-");
	else if (is_loading(f, b))
		str_copy(out, FORMAT_MAX, "loading");
	else
		snprintf(out, FORMAT_MAX, "%.8s/%.8s", count_text(b->prefixes_received, received),
			 count_text(b->prefixes_sent, sent));
	return out;
}

const char *neighbor_as(const struct model_bgp *b, char out[FORMAT_MAX])
{
	if (b->asn < 0)
		str_copy(out, FORMAT_MAX, "?");
	else
		snprintf(out, FORMAT_MAX, "%lld", (long long)b->asn);
	return out;
}

const char *neighbor_vrf(const struct frame *f, const struct model_bgp *b)
{
	const char *vrf = model_name(f->m, b->vrf);

	return strcmp(vrf, "default") != 0 ? vrf : "";
}

// ---- a row's neighbours in a column ----

static void put_established(const struct frame *f, const struct model_bgp *b, int64_t prefixes, int width,
			    char out[FORMAT_MAX])
{
	const char *word = width >= 9 ? "Est" : "E";
	char n[FORMAT_MAX];

	if (width <= 2 || prefixes < 0)
		str_copy(out, FORMAT_MAX, word);
	else if (is_loading(f, b))
		snprintf(out, FORMAT_MAX, "%s ..", word);
	else
		snprintf(out, FORMAT_MAX, "%s %.8s", word, format_bytes((uint64_t)prefixes, n));
}

static void put_other(const struct frame *f, const struct model_bgp *b, int width, char out[FORMAT_MAX])
{
	char said[NEIGHBOR_MAX];

	neighbor_said(f, b, said);
	if (neighbor_state(f, b) == ROW_DEGRADED)
		str_copy(out, FORMAT_MAX, "!?");
	else if (neighbor_state(f, b) == ROW_ADMIN)
		str_copy(out, FORMAT_MAX, width <= 2 ? "!a" : "!Admin");
	else
		snprintf(out, FORMAT_MAX, "%.*s", width <= 2 ? 2 : FORMAT_MAX - 1, said);
}

enum role neighbor_brief(const struct frame *f, unsigned tunnel, int width, char out[FORMAT_MAX])
{
	const struct model_bgp *worst = NULL;
	enum row_state state = ROW_UP;
	int64_t prefixes = 0;
	unsigned key;

	for (unsigned i = 0; (key = model_tunnel_bgp(f->m, tunnel, i)) < f->m->nbgp; i++) {
		const struct model_bgp *b = &f->m->bgp[key];

		if (!worst || rows_rank(neighbor_state(f, b)) < rows_rank(state)) {
			worst = b;
			state = neighbor_state(f, b);
		}
		prefixes = prefixes < 0 || b->prefixes_received < 0 ? -1 : prefixes + b->prefixes_received;
	}
	if (!worst)
		str_copy(out, FORMAT_MAX, f->m->tunnels[tunnel].bgp == MODEL_NONE ? "-" : "?");
	else if (state == ROW_UNKNOWN)
		str_copy(out, FORMAT_MAX, "?");
	else if (state == ROW_UP)
		put_established(f, worst, prefixes, width, out);
	else
		put_other(f, worst, width, out);
	return worst ? row_role(state) : ROLE_DIM;
}

void neighbor_count(const struct frame *f, struct neighbor_tally *ret)
{
	struct neighbor_tally n = { 0 };

	for (size_t i = 0; i < f->m->nbgp; i++) {
		const struct model_bgp *b = &f->m->bgp[i];
		enum row_state state;

		if (!b->used)
			continue;
		state = neighbor_state(f, b);
		n.admin += state == ROW_ADMIN;
		n.all += state != ROW_ADMIN;
		n.established += state == ROW_UP;
		n.stale += state == ROW_UNKNOWN;
	}
	*ret = n;
}
