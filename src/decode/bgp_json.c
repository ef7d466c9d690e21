// SPDX-License-Identifier: GPL-2.0-or-later
// What FRR prints as JSON: neighbours of a summary, with why those that are down were reset, and details of one.
#include <stdio.h>
#include <string.h>

#include "decode/json_documents.h"
#include "tunwatch/decode.h"

enum { FAMILIES_MAX = 32 };

struct reader {
	struct router_seen_sink *sink;
	struct router_answer *answer;
	const char *vrf;  /* of the detail */
	bool lists;       /* a document before listed neighbours with their states */
};

/* ---- values ---- */

static int64_t get_count(const json_t *o, const char *name)
{
	const json_t *v = json_object_get(o, name);

	return json_is_integer(v) && json_integer_value(v) >= 0 ? json_integer_value(v) : -1;
}

/* Cleaned; "" when it is no string. */
static void get_text(const json_t *o, const char *name, char *ret, size_t size)
{
	const json_t *v = json_object_get(o, name);

	if (json_is_string(v))
		str_clean(ret, size, json_string_value(v), json_string_length(v));
	else
		*ret = 0;
}

static int64_t get_seconds(const json_t *o, const char *name)
{
	int64_t ms = get_count(o, name);

	return ms < 0 ? -1 : ms / 1000;
}

/* RFC 5396: asplain, asdot and asdot+ (FRR's as-notation makes it a string). */
static int64_t get_asn(const json_t *o, const char *name)
{
	char text[32], *dot;
	int64_t high = 0, low;

	get_text(o, name, text, sizeof text);
	if (!*text)
		return get_count(o, name) > UINT32_MAX ? -1 : get_count(o, name);
	dot = strchr(text, '.');
	if (!dot)
		return str_to_int(text, 0, UINT32_MAX, &low) ? low : -1;
	*dot = 0;
	if (!str_to_int(text, 0, UINT16_MAX, &high) || !str_to_int(dot + 1, 0, UINT16_MAX, &low))
		return -1;
	return high << 16 | low;
}

/* ---- states ---- */

static const struct {
	const char *word;
	enum bgp_state state;
} states[] = {
	{ "Established", BGP_STATE_ESTABLISHED }, { "OpenConfirm", BGP_STATE_OPENCONFIRM },
	{ "OpenSent", BGP_STATE_OPENSENT }, { "Active", BGP_STATE_ACTIVE }, { "Connect", BGP_STATE_CONNECT },
	{ "Idle", BGP_STATE_IDLE },
	/* on their way to Idle (FRR's bgp_status_msg) */
	{ "Clearing", BGP_STATE_IDLE }, { "Deleted", BGP_STATE_IDLE },
};

static enum bgp_state state_of(const char *text)
{
	size_t len = strcspn(text, " (");

	for (size_t i = 0; i < ARRAY_LEN(states); i++)
		if (strlen(states[i].word) == len && !strncmp(states[i].word, text, len))
			return states[i].state;
	return BGP_STATE_NOT_UNDERSTOOD;
}

/* more: what FRR's text output would show in brackets: Policy, NoNeg (up, but no routes), Passive, Admin, PfxCt. */
static void set_state(struct router_seen_bgp *b, const char *text, const char *more)
{
	size_t pos = 0;

	b->state = state_of(text);
	b->admin = !strcmp(more, "Admin") || strstr(text, "(Admin)");
	if (b->state == BGP_STATE_NOT_UNDERSTOOD || strchr(text, '(') || !strcmp(text, "Clearing") ||
	    !strcmp(text, "Deleted"))
		str_copy(b->word, sizeof b->word, text);
	else if (b->state == BGP_STATE_ESTABLISHED && *more && strcmp(more, "OK"))
		str_append(b->word, sizeof b->word, &pos, "(%s)", more);
	else if (!strcmp(more, "Passive"))
		str_append(b->word, sizeof b->word, &pos, "%s (Passive)", text);
}

/* ---- neighbours ---- */

static struct router_seen_bgp seen_bgp(const char *neighbor, const char *vrf)
{
	struct router_seen_bgp b = {
		.asn = -1, .uptime_s = -1, .prefixes_received = -1, .prefixes_sent = -1, .drops = -1,
		.messages_received = -1,
	};

	str_clean(b.neighbor, sizeof b.neighbor, neighbor, strlen(neighbor));
	if (strcmp(vrf, "default"))
		str_clean(b.vrf, sizeof b.vrf, vrf, strlen(vrf));
	return b;
}

/* Whose notification it was, what it said, and the peer's own words (RFC 9003). */
static void get_reset(const json_t *o, char ret[ROUTER_WORDS_MAX])
{
	char due[ROUTER_WORDS_MAX], said[80], words[ROUTER_WORDS_MAX], raw[3 * ROUTER_WORDS_MAX];
	size_t pos = 0;

	get_text(o, "lastResetDueTo", due, sizeof due);
	get_text(o, "lastNotificationReason", said, sizeof said);
	get_text(o, "lastShutdownDescription", words, sizeof words);
	*raw = 0;
	str_append(raw, sizeof raw, &pos, "%s", due);
	/* FRR keeps them from an older reset when the newest one came without a notification */
	if (strstr(due, "Notification") && *said)
		str_append(raw, sizeof raw, &pos, ": %s%s%s", said, *words ? ": " : "", words);
	str_clean(ret, ROUTER_WORDS_MAX, raw, strlen(raw));
}

static void put(struct reader *r, const struct router_seen_bgp *b)
{
	const struct router_seen seen = { .kind = ROUTER_SEEN_BGP, .bgp = *b };

	r->sink->put(r->sink, &seen);
	r->answer->seen++;
}

static void suspect(struct reader *r, const char *name)
{
	json_documents_trouble(r->answer, ROUTER_OUTCOME_PARSE, "not understood", name, strlen(name));
}

/* ---- summary ---- */

/* One neighbour in one family. False: it does not read as one. */
static bool read_peer(const char *name, const char *vrf, const json_t *o, struct router_seen_bgp *ret)
{
	char state[ROUTER_NAME_MAX], more[40], since[24];

	*ret = seen_bgp(name, vrf);
	get_text(o, "state", state, sizeof state);
	get_text(o, "peerState", more, sizeof more);
	get_text(o, "peerUptime", since, sizeof since);
	if (!*state || !*ret->neighbor)
		return false;
	set_state(ret, state, more);
	ret->asn = get_asn(o, "remoteAs");
	if (strcmp(since, "never"))
		ret->uptime_s = get_seconds(o, "peerUptimeMsec");
	ret->prefixes_received = get_count(o, "pfxRcd");
	ret->prefixes_sent = get_count(o, "pfxSnt");
	ret->drops = get_count(o, "connectionsDropped");
	ret->messages_received = get_count(o, "msgRcvd");
	return true;
}

static int64_t sum(int64_t a, int64_t b)
{
	if (a < 0 || b < 0)
		return a < 0 ? b : a;
	return a > INT64_MAX - b ? INT64_MAX : a + b;
}

static int64_t larger(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* The same session carries both families; a state of one of them that is worse is what matters. */
static void merge(struct router_seen_bgp *b, const struct router_seen_bgp *other)
{
	if (other->state < b->state)
		str_copy(b->word, sizeof b->word, other->word);
	else if (other->state == b->state && !*other->word)
		*b->word = 0; /* "(Policy)" in a family that is on by default and not used says nothing */
	b->state = other->state < b->state ? other->state : b->state;
	b->admin = b->admin || other->admin;
	b->asn = larger(b->asn, other->asn);
	b->uptime_s = larger(b->uptime_s, other->uptime_s);
	b->prefixes_received = sum(b->prefixes_received, other->prefixes_received);
	b->prefixes_sent = sum(b->prefixes_sent, other->prefixes_sent);
	b->drops = larger(b->drops, other->drops);
	b->messages_received = larger(b->messages_received, other->messages_received);
}

static const json_t *peers_of(const json_t *family)
{
	const json_t *peers = json_object_get(family, "peers");

	return json_is_object(peers) ? peers : NULL;
}

/* jansson iterates over objects that it may change only. */
static json_t *mutable(const json_t *o)
{
	union {
		const json_t *in;
		json_t *out;
	} u = { .in = o };

	return u.out;
}

/* "summary failed" tells of those that are down why, and not in which state they are. */
static bool is_why(const json_t *peer)
{
	return !json_object_get(peer, "state") && json_object_get(peer, "lastResetDueTo");
}

static void read_why(struct reader *r, const char *vrf, const char *name, const json_t *o)
{
	struct router_seen_bgp b = seen_bgp(name, vrf);

	if (!*b.neighbor) {
		suspect(r, name);
		return;
	}
	b.partial = true;
	b.drops = get_count(o, "connectionsDropped");
	get_reset(o, b.reset_reason);
	put(r, &b);
}

/* Neighbours of the family at first, with what later families say of them; those of earlier ones are put already. */
static void read_family(struct reader *r, const char *vrf, const json_t *const *families, size_t n, size_t first)
{
	const char *name;
	json_t *peer;

	json_object_foreach(mutable(families[first]), name, peer) {
		struct router_seen_bgp b, other;
		bool before = false;

		for (size_t i = 0; i < first; i++)
			before = before || json_object_get(families[i], name);
		if (before)
			continue;
		if (r->lists && is_why(peer)) {
			read_why(r, vrf, name, peer);
			continue;
		}
		if (!read_peer(name, vrf, peer, &b)) {
			suspect(r, name);
			continue;
		}
		for (size_t i = first + 1; i < n; i++)
			if (read_peer(name, vrf, json_object_get(families[i], name), &other))
				merge(&b, &other);
		put(r, &b);
	}
}

/* A filter ("summary established") shows less than there is. "Failed" is asked beside the whole list. */
static bool shows_all(const struct reader *r, const json_t *family)
{
	const json_t *first = json_object_iter_value(json_object_iter(mutable(peers_of(family))));
	int64_t shown = get_count(family, "displayedPeers"), total = get_count(family, "totalPeers");

	return (r->lists && is_why(first)) || shown < 0 || total < 0 || shown >= total;
}

/* "summary failed" of a family in which none is. */
static bool none_failed(const struct reader *r, const json_t *family)
{
	return r->lists && json_is_integer(json_object_get(family, "failedPeersCount"));
}

/* The families in o, or o as one. False: there are none. */
static bool read_vrf(struct reader *r, const char *vrf, const json_t *o)
{
	const json_t *families[FAMILIES_MAX];
	char own[ROUTER_NAME_MAX] = "";
	bool understood = false;
	const char *name;
	json_t *family;
	size_t n = 0;

	if (peers_of(o)) {
		get_text(o, "vrfName", own, sizeof own);
		r->answer->listing = r->answer->listing && shows_all(r, o);
		families[n++] = peers_of(o);
	}
	json_object_foreach(mutable(o), name, family) {
		understood = understood || none_failed(r, family);
		if (n == FAMILIES_MAX || !peers_of(family))
			continue;
		if (!*own)
			get_text(family, "vrfName", own, sizeof own);
		r->answer->listing = r->answer->listing && shows_all(r, family);
		families[n++] = peers_of(family);
	}
	for (size_t i = 0; i < n; i++)
		read_family(r, *vrf ? vrf : own, families, n, i);
	return n || understood;
}

/* {"warning":"..."} and the like. */
static void read_message(struct reader *r, const json_t *doc)
{
	static const char *const names[] = { "warning", "error", "message", "bgpNoSuchNeighbor" };
	char text[ROUTER_WORDS_MAX] = "";
	const char *first = json_object_iter_key(json_object_iter(mutable(doc)));

	for (size_t i = 0; i < ARRAY_LEN(names) && !*text; i++)
		get_text(doc, names[i], text, sizeof text);
	if (strstr(text, "not found") || strstr(text, "No such"))
		json_documents_trouble(r->answer, ROUTER_OUTCOME_ABSENT, "no BGP instance", text, strlen(text));
	else
		suspect(r, *text ? text : first ? first : "");
}

static void read_vrfs(struct reader *r, const json_t *doc)
{
	const char *name;
	json_t *vrf;

	if (!json_object_size(doc)) {
		json_documents_trouble(r->answer, ROUTER_OUTCOME_ABSENT, "no BGP instance", "", 0);
		return;
	}
	if (read_vrf(r, "", doc))
		return;
	json_object_foreach(mutable(doc), name, vrf) {
		/* one with an instance and no neighbour is empty */
		if (!json_is_object(vrf) || (!read_vrf(r, name, vrf) && json_object_size(vrf))) {
			read_message(r, doc);
			return;
		}
	}
}

static void read_summary(void *arg, const json_t *doc)
{
	struct reader *r = arg;

	if (!r->lists)
		r->answer->listing = true;
	read_vrfs(r, doc);
	r->lists = true;
}

/* ---- detail ---- */

static void read_neighbor(struct reader *r, const char *vrf, const char *name, const json_t *o)
{
	struct router_seen_bgp b = seen_bgp(name, vrf);
	char state[ROUTER_NAME_MAX];

	get_text(o, "bgpState", state, sizeof state);
	if (!*state || !*b.neighbor) {
		suspect(r, name);
		return;
	}
	b.partial = true;
	set_state(&b, state, json_is_true(json_object_get(o, "adminShutDown")) ? "Admin" : "");
	b.asn = get_asn(o, "remoteAs");
	b.uptime_s = get_seconds(o, "bgpTimerUpMsec");
	b.drops = get_count(o, "connectionsDropped");
	b.messages_received = get_count(json_object_get(o, "messageStats"), "totalRecv");
	get_reset(o, b.reset_reason);
	put(r, &b);
}

static void read_detail(void *arg, const json_t *doc)
{
	struct reader *r = arg;
	const char *name, *inner;
	json_t *o, *peer;

	json_object_foreach(mutable(doc), name, o) {
		if (!json_is_object(o))
			continue; /* vrfId, vrfName, bgpNoSuchNeighbor */
		if (json_object_get(o, "bgpState")) {
			read_neighbor(r, r->vrf, name, o);
			continue;
		}
		json_object_foreach(o, inner, peer) /* "vrf all": a level more */
			if (json_is_object(peer))
				read_neighbor(r, name, inner, peer);
	}
}

void bgp_json_summary(const void *data, size_t len, struct router_seen_sink *sink, struct router_answer *ret)
{
	struct reader r = { .sink = sink, .answer = ret, .vrf = "" };

	json_documents_read(data, len, ret, read_summary, &r);
	if (ret->outcome == ROUTER_OUTCOME_PARSE)
		ret->listing = false;
}

void bgp_json_detail(const void *data, size_t len, const char *vrf, struct router_seen_sink *sink,
		     struct router_answer *ret)
{
	struct reader r = { .sink = sink, .answer = ret, .vrf = vrf };

	json_documents_read(data, len, ret, read_detail, &r);
}
