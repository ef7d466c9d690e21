// SPDX-License-Identifier: GPL-2.0-or-later
// Interfaces, addresses and routes: counters to rates, resets, events.
#include <string.h>

#include "model/model_int.h"

static const unsigned counter_field[COUNTERS] = {
	[COUNTER_RX_BYTES] = LINK_RX_BYTES, [COUNTER_TX_BYTES] = LINK_TX_BYTES,
	[COUNTER_RX_PACKETS] = LINK_RX_PACKETS, [COUNTER_TX_PACKETS] = LINK_TX_PACKETS,
	[COUNTER_RX_ERRORS] = LINK_RX_ERRORS, [COUNTER_TX_ERRORS] = LINK_TX_ERRORS,
	[COUNTER_RX_DROPPED] = LINK_RX_DROPPED, [COUNTER_TX_DROPPED] = LINK_TX_DROPPED,
};

void link_join_row(struct model *m, unsigned key)
{
	for (size_t i = 0; key < m->nlinks && i < m->ntunnels; i++)
		if (m->tunnels[i].used && m->tunnels[i].link == key)
			m->links[key].row = (uint16_t)i;
}

static struct model_link *link_at(struct model *m, unsigned key)
{
	struct model_link *l;

	if (key >= LINKS_MAX)
		return NULL;
	if (key >= m->nlinks) {
		array_grow(&m->links, &m->links_cap, key + 1, sizeof *m->links);
		m->nlinks = key + 1;
	}
	l = &m->links[key];
	if (!l->used) {
		l->used = true;
		l->ifname = l->outer_local = l->outer_remote = l->row = MODEL_NONE;
		link_join_row(m, key);
		l->counters_us = l->changed_us = l->rx_moved_us = l->tx_moved_us = MODEL_NEVER;
		l->rx_run_us = MODEL_NEVER;
		l->rate = (struct model_rate){ -1, -1, -1, -1 };
	}
	return l;
}

/* Increase of a counter; false when it was reset. A driver's 32 bit counter may wrap below us. */
static bool counter_step(uint64_t old, uint64_t new, uint64_t *ret)
{
	if (new >= old) {
		*ret = new - old;
		return true;
	}
	if (old <= UINT32_MAX && old - new > UINT64_C(1) << 31) {
		*ret = new + (UINT64_C(1) << 32) - old;
		return true;
	}
	if (old - new > UINT64_C(1) << 63) {
		*ret = new - old;
		return true;
	}
	return false;
}

/* Packets received that our own probes did not bring. */
static int64_t received(const struct model *m, const struct model_link *l)
{
	const struct model_target *in = l->row < m->ntunnels ? model_tunnel_inner(m, &m->tunnels[l->row]) : NULL;

	return (int64_t)(l->total[COUNTER_RX_PACKETS] - (in ? in->replies + in->large : 0));
}

static void note_reading(const struct model *m, struct model_link *l, int64_t t)
{
	/* one a second is enough, and 16 must reach back 10 s */
	if (l->recent_pos && t - l->recent_us[(l->recent_pos - 1) % 16] < 900 * US_PER_MS)
		return;
	l->recent_rx[l->recent_pos % 16] = received(m, l);
	l->recent_us[l->recent_pos % 16] = t;
	l->recent_pos++;
}

static double per_second(uint64_t step, int64_t dt)
{
	return dt > 0 ? (double)step * 1e6 / (double)dt : -1;
}

static void link_counters(const struct model *m, struct model_link *l, const struct record *r, bool same_device)
{
	uint64_t step[COUNTERS] = {0};
	int64_t dt = l->known_counters ? r->t - l->counters_us : 0;
	bool reset = !l->known_counters || !same_device;

	/* ticks without a reading found nothing moved: the step is of the time since the last of them */
	if (m->tick_us > l->counters_us && r->t - m->tick_us >= m->interval_us / 2 && l->known_counters)
		dt = r->t - m->tick_us;
	for (unsigned c = 0; c < COUNTERS && !reset; c++)
		reset = !counter_step(l->counter[c], (uint64_t)record_get(r, counter_field[c], 0), &step[c]);
	if (reset && l->known_counters && same_device)
		l->resets++;
	for (unsigned c = 0; c < COUNTERS; c++) {
		l->counter[c] = (uint64_t)record_get(r, counter_field[c], 0);
		l->total[c] += reset ? 0 : step[c];
	}
	if (reset) {
		l->rate = (struct model_rate){ -1, -1, -1, -1 };
	} else if (dt > 0) {
		l->rate.rx_bytes = per_second(step[COUNTER_RX_BYTES], dt);
		l->rate.tx_bytes = per_second(step[COUNTER_TX_BYTES], dt);
		l->rate.rx_packets = per_second(step[COUNTER_RX_PACKETS], dt);
		l->rate.tx_packets = per_second(step[COUNTER_TX_PACKETS], dt);
	}
	if (!reset && step[COUNTER_RX_PACKETS]) {
		if (l->rx_moved_us == MODEL_NEVER || r->t - l->rx_moved_us > m->interval_us + m->interval_us / 2)
			l->rx_run_us = r->t;
		l->rx_moved_us = r->t;
	}
	if (!reset && step[COUNTER_TX_PACKETS])
		l->tx_moved_us = r->t;
	l->known_counters = true;
	l->counters_us = r->t;
	note_reading(m, l, r->t);
}

int64_t link_received_since(const struct model *m, const struct model_link *l, int64_t from, unsigned *ret_steps)
{
	int64_t now = received(m, l), base, most;
	uint32_t n = 0;

	*ret_steps = 0;
	while (n < 16 && n < l->recent_pos && l->recent_us[(l->recent_pos - n - 1) % 16] > from)
		n++;
	if (!n)
		return 0;
	/* the oldest reading after from: what came before it may have come before from */
	base = most = l->recent_rx[(l->recent_pos - n) % 16];
	for (uint32_t i = 1; i <= n; i++) {
		int64_t rx = i < n ? l->recent_rx[(l->recent_pos - n + i) % 16] : now;

		*ret_steps += rx > most;
		most = rx > most ? rx : most;
	}
	return now - base;
}

static void link_event(struct model *m, const struct model_link *l, int dir, enum severity severity,
		       const char *text)
{
	unsigned row = l->row;

	m->changes++;
	if (row != MODEL_NONE)
		history_add_event(m, m->now, row, dir, severity, "LINK", "%s %s", model_name(m, l->ifname), text);
}

static void link_identity(struct model_link *l, const struct record *r)
{
	l->ifname = name_or_none(r, LINK_IFNAME);
	l->type = (enum tunnel_type)record_get(r, LINK_TYPE, TUNNEL_TYPE_OTHER);
	l->fallback = record_get(r, LINK_FALLBACK, 0) != 0;
	l->outer_local = name_or_none(r, LINK_OUTER_LOCAL);
	l->outer_remote = name_or_none(r, LINK_OUTER_REMOTE);
	l->gre_key = (uint32_t)record_get(r, LINK_KEY, 0);
	l->okey = (uint32_t)record_get(r, LINK_OKEY, 0);
	l->if_id = (uint32_t)record_get(r, LINK_IF_ID, 0);
	l->mark = (uint32_t)record_get(r, LINK_MARK, 0);
	l->has_key = record_has(r, LINK_KEY);
	l->has_okey = record_has(r, LINK_OKEY);
	l->has_if_id = record_has(r, LINK_IF_ID);
	l->has_mark = record_has(r, LINK_MARK);
	l->lower = (int32_t)record_get(r, LINK_LOWER, 0);
	l->master = (int32_t)record_get(r, LINK_MASTER, 0);
	l->checksum = record_get(r, LINK_CHECKSUM, 0) != 0;
	l->sequence = record_get(r, LINK_SEQUENCE, 0) != 0;
	l->encap_limit = record_get(r, LINK_ENCAP_LIMIT, 0) != 0;
	l->no_df = record_get(r, LINK_NO_DF, 0) != 0;
}

/* Everything of a link record but the counters, which change all the time. */
static uint64_t identity_hash(const struct record *r)
{
	int64_t v[LINK_NFIELDS - LINK_IFINDEX] = {0};

	for (unsigned f = LINK_IFINDEX; f < LINK_NFIELDS; f++)
		v[f - LINK_IFINDEX] = record_get(r, f, -1);
	return hash_bytes(1, v, sizeof v);
}

static void link_state(struct model *m, struct model_link *l, const struct record *r)
{
	bool gone = record_get(r, LINK_GONE, 0) != 0, up = record_get(r, LINK_UP, 0) != 0;
	bool carrier = record_get(r, LINK_CARRIER, 1) != 0, known = l->known_state && !r->snapshot;
	int32_t mtu = (int32_t)record_get(r, LINK_MTU, 0);
	char text[96];
	size_t pos = 0;

	if (known && (l->gone != gone || l->up != up || l->carrier != carrier))
		l->changed_us = r->t;
	else if (l->changed_us == MODEL_NEVER)
		l->changed_us = r->t;
	if (known && gone && !l->gone)
		link_event(m, l, -1, SEVERITY_WARNING, "deleted");
	else if (known && !gone && l->up && !up)
		link_event(m, l, -1, SEVERITY_WARNING, "shut down (admin)");
	else if (known && !gone && !l->gone && !l->up && up)
		link_event(m, l, 1, SEVERITY_INFO, "brought up (admin)");
	else if (known && !gone && !l->gone && l->carrier != carrier)
		link_event(m, l, carrier ? 1 : -1, carrier ? SEVERITY_INFO : SEVERITY_WARNING,
			   carrier ? "carrier" : "no carrier");
	if (known && !gone && !l->gone && mtu != l->mtu && l->mtu) {
		str_append(text, sizeof text, &pos, "mtu %d -> %d", l->mtu, mtu);
		link_event(m, l, 0, SEVERITY_INFO, text);
	}
	l->gone = gone;
	l->up = up;
	l->running = record_get(r, LINK_RUNNING, 1) != 0;
	l->carrier = carrier;
	l->mtu = mtu;
	l->known_state = true;
}

static void recreated(struct model *m, struct model_link *l, int32_t old, int32_t new)
{
	char text[96];
	size_t pos = 0;

	l->generations++;
	str_append(text, sizeof text, &pos, "re-created (ifindex %d -> %d)", old, new);
	link_event(m, l, 1, SEVERITY_INFO, text);
}

void link_apply(struct model *m, const struct record *r)
{
	struct model_link *l = link_at(m, r->key);
	int32_t ifindex = (int32_t)record_get(r, LINK_IFINDEX, 0);
	uint64_t identity = identity_hash(r);
	bool same;

	if (!l)
		return;
	same = l->ifindex == ifindex;
	if (identity != l->identity) {
		bool moved = l->known_state && !same && l->ifindex && ifindex && !r->snapshot;
		int32_t old = l->ifindex;

		m->topology++;
		l->identity = identity;
		link_identity(l, r);
		link_state(m, l, r);
		l->ifindex = ifindex;
		if (moved)
			recreated(m, l, old, ifindex);
		if (!r->snapshot)
			health_update(m, l->row);
	}
	if (record_has(r, LINK_RX_PACKETS) && !l->gone)
		link_counters(m, l, r, same);
}

/* A source that says nothing of a link's counters in an interval found them unmoved. */
void link_tick(struct model *m, int64_t last_tick)
{
	for (size_t i = 0; i < m->nlinks; i++) {
		struct model_link *l = &m->links[i];

		if (!l->used || !l->known_counters)
			continue;
		if (l->gone)
			l->rate = (struct model_rate){ -1, -1, -1, -1 };
		else if (l->counters_us <= last_tick && l->rate.rx_bytes >= 0)
			l->rate = (struct model_rate){ 0, 0, 0, 0 };
	}
}

void link_address_apply(struct model *m, const struct record *r)
{
	struct model_address *a;

	if (r->key >= m->naddresses) {
		array_grow(&m->addresses, &m->addresses_cap, r->key + 1u, sizeof *m->addresses);
		m->naddresses = r->key + 1u;
	}
	a = &m->addresses[r->key];
	a->used = !record_get(r, ADDRESS_GONE, 0);
	a->ifindex = (int32_t)record_get(r, ADDRESS_IFINDEX, 0);
	a->local = name_or_none(r, ADDRESS_LOCAL);
	a->peer = name_or_none(r, ADDRESS_PEER);
	a->prefix_len = (uint8_t)record_get(r, ADDRESS_PREFIX_LEN, 0);
	m->topology++;
}

static void route_text(const struct model *m, const struct model_route *t, char *out, size_t size)
{
	size_t pos = 0;

	out[0] = 0;
	if (t->oif == MODEL_NONE) {
		str_append(out, size, &pos, "no route");
		return;
	}
	str_append(out, size, &pos, "%s", model_name(m, t->oif));
	if (t->gateway != MODEL_NONE)
		str_append(out, size, &pos, " via %s", model_name(m, t->gateway));
	if (t->gateway_mac != MODEL_NONE)
		str_append(out, size, &pos, " (%s)", model_name(m, t->gateway_mac));
}

static bool same_way(const struct model_route *a, const struct model_route *b)
{
	return a->oif == b->oif && a->gateway == b->gateway && a->prefsrc == b->prefsrc && a->error == b->error &&
	       (a->gateway_mac == b->gateway_mac || a->gateway_mac == MODEL_NONE || b->gateway_mac == MODEL_NONE);
}

static void route_moved(struct model *m, unsigned key, const struct model_route *old, const struct model_route *new)
{
	char from[80], to[80];

	m->changes++;
	route_text(m, old, from, sizeof from);
	route_text(m, new, to, sizeof to);
	for (size_t i = 0; i < m->ntunnels; i++)
		if (m->tunnels[i].used && m->tunnels[i].route == key)
			history_add_event(m, m->now, (unsigned)i, new->oif == MODEL_NONE ? -1 : 0, SEVERITY_WARNING,
					  "ROUTE", "%s -> %s", from, to);
}

void link_join_route(const struct model *m, struct model_tunnel *t)
{
	t->route = MODEL_NONE;
	for (size_t k = 0; t->outer_remote != MODEL_NONE && k < m->nroutes; k++)
		if (m->routes[k].used && m->routes[k].outer_remote == t->outer_remote &&
		    (t->route == MODEL_NONE || m->routes[k].outer_local == t->outer_local))
			t->route = (uint16_t)k;
}

static void join_rows(struct model *m, uint16_t outer_remote)
{
	for (size_t i = 0; i < m->ntunnels; i++)
		if (m->tunnels[i].used && m->tunnels[i].outer_remote == outer_remote)
			link_join_route(m, &m->tunnels[i]);
}

void link_route_apply(struct model *m, const struct record *r)
{
	struct model_route new = {0}, old;
	bool had;

	if (r->key >= ROUTES_MAX)
		return;
	if (r->key >= m->nroutes) {
		array_grow(&m->routes, &m->routes_cap, r->key + 1u, sizeof *m->routes);
		m->nroutes = r->key + 1u;
	}
	old = m->routes[r->key];
	had = old.used;
	new.used = true;
	new.outer_remote = name_or_none(r, ROUTE_OUTER_REMOTE);
	new.outer_local = name_or_none(r, ROUTE_OUTER_LOCAL);
	new.oif = name_or_none(r, ROUTE_OIF);
	new.gateway = name_or_none(r, ROUTE_GATEWAY);
	new.gateway_mac = name_or_none(r, ROUTE_GATEWAY_MAC);
	new.prefsrc = name_or_none(r, ROUTE_PREFSRC);
	new.cached_mtu = (int32_t)record_get(r, ROUTE_CACHED_MTU, 0);
	new.error = (int32_t)record_get(r, ROUTE_ERRNO, 0);
	new.changed_us = had && same_way(&old, &new) ? old.changed_us : r->t;
	m->routes[r->key] = new;
	m->topology++;
	if (!had || old.outer_remote != new.outer_remote)
		join_rows(m, new.outer_remote);
	else if (!r->snapshot && !same_way(&old, &new))
		route_moved(m, r->key, &old, &new);
}
