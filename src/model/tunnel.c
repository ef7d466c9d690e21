// SPDX-License-Identifier: GPL-2.0-or-later
// Rows: what they are, what belongs to them, what an earlier part of the recording carried over.
#include <string.h>

#include "model/model_int.h"

#define CARRY_MOST_US (INT64_C(1) << 60)

static struct model_tunnel *tunnel_at(struct model *m, unsigned key)
{
	struct model_tunnel *t;

	if (key >= TUNNELS_MAX)
		return NULL;
	if (key >= m->ntunnels) {
		array_grow(&m->tunnels, &m->tunnels_cap, key + 1, sizeof *m->tunnels);
		m->ntunnels = key + 1;
	}
	t = &m->tunnels[key];
	if (!t->used) {
		uint16_t sas = t->sas;

		memset(t, 0, sizeof *t);
		t->used = true;
		t->sas = sas;
		t->first_us = t->since_us = t->accounted_us = m->now;
		t->oneway_us = t->base_us = t->error_us = t->error_from_us =
			MODEL_NEVER;
		t->degraded_until_us = MODEL_NEVER;
		t->route = t->bgp_first = t->router_tunnel = MODEL_NONE;
		t->log_down_us = t->log_up_us = MODEL_NEVER;
		for (unsigned i = 0; i < ARRAY_LEN(t->ike_us); i++)
			t->ike_us[i] = MODEL_NEVER;
		for (unsigned i = 0; i < ARRAY_LEN(t->over); i++)
			t->over[i].from = t->over[i].until = MODEL_NEVER;
		str_copy(t->reason, sizeof t->reason, "waiting for the first answer");
		for (unsigned i = 0; i < ARRAY_LEN(t->flap_us); i++)
			t->flap_us[i] = MODEL_NEVER;
	}
	return t;
}

static void set_text(struct model_tunnel *t, const struct record *r)
{
	char name[MODEL_NAME_MAX];

	str_clean(name, sizeof name, r->text ? r->text : "", r->text_len);
	memset(t->name, 0, sizeof t->name);
	str_copy(t->name, sizeof t->name, name);
}

static void set_numbers(struct model_tunnel *t, const struct record *r)
{
	int64_t type = record_get(r, TUNNEL_TYPE, TUNNEL_TYPE_OTHER);
	int64_t framing = record_get(r, TUNNEL_FRAMING, FRAMING_UNKNOWN);

	t->type = type < 0 || type >= TUNNEL_TYPE_COUNT ? TUNNEL_TYPE_OTHER : (enum tunnel_type)type;
	t->framing = framing < 0 || framing >= FRAMING_COUNT ? FRAMING_UNKNOWN : (enum framing)framing;
	t->origin = (enum origin)record_get(r, TUNNEL_ORIGIN, ORIGIN_DISCOVERED);
	t->expect = (enum expect)record_get(r, TUNNEL_EXPECT, EXPECT_ALWAYS);
	t->peer_from = (enum peer_from)record_get(r, TUNNEL_PEER_FROM, PEER_FROM_NONE);
	t->gone = record_get(r, TUNNEL_GONE, 0) != 0;
	t->ssh = record_get(r, TUNNEL_SSH, 0) != 0;
	t->want_mtu = (int32_t)record_get(r, TUNNEL_WANT_MTU, 0);
	t->want_mss = (int32_t)record_get(r, TUNNEL_WANT_MSS, 0);
	t->tos = (int32_t)record_get(r, TUNNEL_TOS, 0);
	t->gre_key = (uint32_t)record_get(r, TUNNEL_KEY, 0);
	t->okey = (uint32_t)record_get(r, TUNNEL_OKEY, 0);
	t->if_id = (uint32_t)record_get(r, TUNNEL_IF_ID, 0);
	t->mark = (uint32_t)record_get(r, TUNNEL_MARK, 0);
	t->probe_mark = (uint32_t)record_get(r, TUNNEL_PROBE_MARK, 0);
	t->has_key = record_has(r, TUNNEL_KEY);
	t->has_okey = record_has(r, TUNNEL_OKEY);
	t->has_if_id = record_has(r, TUNNEL_IF_ID);
	t->has_mark = record_has(r, TUNNEL_MARK);
	t->has_probe_mark = record_has(r, TUNNEL_PROBE_MARK);
}

static void set_names(struct model_tunnel *t, const struct record *r)
{
	t->ifname = name_or_none(r, TUNNEL_IFNAME);
	t->outer_local = name_or_none(r, TUNNEL_OUTER_LOCAL);
	t->outer_remote = name_or_none(r, TUNNEL_OUTER_REMOTE);
	t->peer = name_or_none(r, TUNNEL_PEER);
	t->group = name_or_none(r, TUNNEL_GROUP);
	t->source = name_or_none(r, TUNNEL_SOURCE);
	t->device = name_or_none(r, TUNNEL_DEVICE);
	t->bgp = name_or_none(r, TUNNEL_BGP);
	t->router = name_or_none(r, TUNNEL_ROUTER);
	t->remote_name = name_or_none(r, TUNNEL_REMOTE_NAME);
	t->link = name_or_none(r, TUNNEL_LINK);
	t->inner_target = name_or_none(r, TUNNEL_INNER_TARGET);
	t->outer_target = name_or_none(r, TUNNEL_OUTER_TARGET);
}

static void join_target(struct model *m, uint16_t key, enum path path, uint16_t address, uint16_t row)
{
	struct model_target *t;

	if (key == MODEL_NONE)
		return;
	t = probe_target(m, key);
	if (!t)
		return;
	t->path = path;
	if (address != MODEL_NONE && t->target != MODEL_NONE && t->target != address)
		pmtu_forget(m, key);
	if (address != MODEL_NONE)
		t->target = address;
	t->row = row;
}

void tunnel_apply(struct model *m, const struct record *r)
{
	struct model_tunnel *t = tunnel_at(m, r->key);
	uint16_t old_peer, old_remote;

	if (!t)
		return;
	old_peer = t->peer;
	old_remote = t->outer_remote;
	if (!r->snapshot && t->name[0] && record_has(r, TUNNEL_PEER) && old_peer != MODEL_NONE &&
	    old_peer != (uint16_t)r->v[TUNNEL_PEER])
		history_add_event(m, m->now, r->key, 0, SEVERITY_INFO, "PEER", "peer %s -> %s",
				  model_name(m, old_peer), model_name(m, (unsigned)r->v[TUNNEL_PEER]));
	if (!r->snapshot && t->name[0] && record_has(r, TUNNEL_OUTER_REMOTE) && old_remote != MODEL_NONE &&
	    old_remote != (uint16_t)r->v[TUNNEL_OUTER_REMOTE])
		history_add_event(m, m->now, r->key, 0, SEVERITY_INFO, "OUTER", "endpoint %s -> %s",
				  model_name(m, old_remote), model_name(m, (unsigned)r->v[TUNNEL_OUTER_REMOTE]));
	set_text(t, r);
	set_numbers(t, r);
	set_names(t, r);
	join_target(m, t->inner_target, PATH_INNER, t->peer, r->key);
	join_target(m, t->outer_target, PATH_OUTER, t->outer_remote, MODEL_NONE);
	link_join_route(m, t);
	if (t->link < m->nlinks && m->links[t->link].used)
		m->links[t->link].row = r->key;
	m->topology++;
	m->changes++;
	if (!r->snapshot)
		health_update(m, r->key);
}

void model_tunnel_times(const struct model *m, const struct model_tunnel *t, int64_t *ret_up, int64_t *ret_down)
{
	int64_t rest = m->now > t->accounted_us ? m->now - t->accounted_us : 0;

	*ret_up = t->up_us;
	*ret_down = t->down_us;
	if (t->state == HEALTH_UP || t->state == HEALTH_DEGRADED)
		*ret_up += rest;
	else if (t->state == HEALTH_DOWN)
		*ret_down += rest;
}

unsigned model_flaps(const struct model *m, const struct model_tunnel *t)
{
	unsigned n = 0;

	for (unsigned i = 0; i < ARRAY_LEN(t->flap_us); i++)
		n += t->flap_us[i] != MODEL_NEVER && t->flap_us[i] > m->now - 600 * US_PER_S;
	return n;
}

static size_t put_varint(uint8_t *p, uint64_t x)
{
	size_t n = 0;

	for (; x >= 128; x >>= 7)
		p[n++] = (uint8_t)(x | 128);
	p[n++] = (uint8_t)x;
	return n;
}

/* The histogram as pairs of varints: bucket number minus the one before, count. */
static size_t carry_histogram(const struct model_rtt *rtt, uint8_t *data)
{
	size_t n = 0;
	unsigned last = 0;

	for (unsigned b = 0; b < RTT_BUCKETS && n + 8 < RECORD_TEXT_MAX; b++) {
		if (!rtt->bucket[b])
			continue;
		n += put_varint(data + n, b - last);
		n += put_varint(data + n, rtt->bucket[b]);
		last = b;
	}
	return n;
}

void model_carry(const struct model *m, unsigned tunnel, struct record *r, uint8_t *data)
{
	const struct model_tunnel *t = &m->tunnels[tunnel];
	const struct model_target *in = model_tunnel_inner(m, t);
	int64_t up, down;

	model_tunnel_times(m, t, &up, &down);
	record_init(r, RECORD_CARRY, tunnel, m->now);
	record_set(r, CARRY_TUNNEL, tunnel);
	record_set(r, CARRY_STATE, t->state);
	record_set(r, CARRY_SINCE_US, t->since_us);
	record_set(r, CARRY_UP_US, up);
	record_set(r, CARRY_DOWN_US, down);
	record_set(r, CARRY_OUTAGES, t->outages);
	record_set(r, CARRY_REKEYS, t->rekeys);
	record_set(r, CARRY_BY_BGP, t->by_bgp);
	record_set(r, CARRY_BY_ROUTER, t->by_router);
	if (t->log_down_us != MODEL_NEVER)
		record_set(r, CARRY_LOG_DOWN_US, t->log_down_us);
	if (t->log_up_us != MODEL_NEVER)
		record_set(r, CARRY_LOG_UP_US, t->log_up_us);
	if (t->base_us != MODEL_NEVER)
		record_set(r, CARRY_BASE_US, t->base_us);
	if (t->base_rtt_us)
		record_set(r, CARRY_BASE_RTT_US, t->base_rtt_us);
	if (t->base_inner)
		record_set(r, CARRY_BASE_INNER, t->base_inner);
	if (t->base_outer)
		record_set(r, CARRY_BASE_OUTER, t->base_outer);
	if (!in)
		return;
	record_set(r, CARRY_SENT, in->sent);
	record_set(r, CARRY_LOST, in->lost);
	record_set(r, CARRY_SENT_UP, in->sent_up);
	record_set(r, CARRY_LOST_UP, in->lost_up);
	record_set(r, CARRY_RTT_COUNT, (int64_t)in->rtt.count);
	record_set(r, CARRY_RTT_SUM_US, in->rtt.sum_us);
	record_set(r, CARRY_RTT_MAX_US, in->rtt.max_us);
	r->text = (const char *)data;
	r->text_len = carry_histogram(&in->rtt, data);
}

static bool get_varint(const uint8_t *p, size_t len, size_t *pos, uint64_t *ret)
{
	uint64_t x = 0;

	for (unsigned shift = 0; shift < 63 && *pos < len; shift += 7) {
		uint8_t b = p[(*pos)++];

		x |= (uint64_t)(b & 127) << shift;
		if (b < 128) {
			*ret = x;
			return true;
		}
	}
	return false;
}

static void apply_histogram(struct model_rtt *rtt, const struct record *r)
{
	uint64_t step, count, bucket = 0;
	size_t pos = 0;

	while (get_varint((const uint8_t *)r->text, r->text_len, &pos, &step) &&
	       get_varint((const uint8_t *)r->text, r->text_len, &pos, &count)) {
		bucket += step;
		if (step >= RTT_BUCKETS || bucket >= RTT_BUCKETS || count > UINT32_MAX)
			return;
		rtt->bucket[bucket] = (uint32_t)count;
	}
}

static void carry_target(struct model_target *in, const struct record *r)
{
	in->sent = (uint32_t)record_get(r, CARRY_SENT, 0);
	in->lost = (uint32_t)record_get(r, CARRY_LOST, 0);
	in->sent_up = (uint32_t)record_get(r, CARRY_SENT_UP, 0);
	in->lost_up = (uint32_t)record_get(r, CARRY_LOST_UP, 0);
	in->rtt.count = (uint64_t)record_get(r, CARRY_RTT_COUNT, 0);
	in->rtt.sum_us = record_get(r, CARRY_RTT_SUM_US, 0);
	in->rtt.max_us = record_get(r, CARRY_RTT_MAX_US, -1);
	in->replies = in->rtt.count;
	apply_histogram(&in->rtt, r);
}

/* Session time of something that was: a hostile file may name any. */
static int64_t past(const struct record *r, unsigned field, int64_t otherwise)
{
	int64_t t = record_get(r, field, otherwise);

	return t > r->t || t < -CARRY_MOST_US ? otherwise : t;
}

static int64_t span(const struct record *r, unsigned field)
{
	int64_t us = record_get(r, field, 0);

	return us < 0 || us > CARRY_MOST_US ? 0 : us;
}

/* Only a model that began in the middle needs it: one that folded all parts knows better. */
void tunnel_carry_apply(struct model *m, const struct record *r)
{
	int64_t key = record_get(r, CARRY_TUNNEL, -1), state = record_get(r, CARRY_STATE, HEALTH_UNKNOWN);
	struct model_tunnel *t;

	if (!m->partial || key < 0 || (size_t)key >= m->ntunnels || !m->tunnels[key].used ||
	    state < 0 || state >= HEALTH_COUNT)
		return;
	t = &m->tunnels[key];
	t->state = (enum health)state;
	t->since_us = past(r, CARRY_SINCE_US, r->t);
	t->since_known = true;
	t->up_us = span(r, CARRY_UP_US);
	t->down_us = span(r, CARRY_DOWN_US);
	t->accounted_us = r->t;
	t->outages = (uint32_t)record_get(r, CARRY_OUTAGES, 0);
	t->rekeys = (uint32_t)record_get(r, CARRY_REKEYS, 0);
	t->by_bgp = record_get(r, CARRY_BY_BGP, 0) != 0;
	t->by_router = record_get(r, CARRY_BY_ROUTER, 0) != 0;
	t->log_down_us = past(r, CARRY_LOG_DOWN_US, MODEL_NEVER);
	t->log_up_us = past(r, CARRY_LOG_UP_US, MODEL_NEVER);
	t->base_us = past(r, CARRY_BASE_US, MODEL_NEVER);
	t->base_rtt_us = (int32_t)record_get(r, CARRY_BASE_RTT_US, 0);
	t->base_inner = pmtu_size(r, CARRY_BASE_INNER);
	t->base_outer = pmtu_size(r, CARRY_BASE_OUTER);
	t->base_told = t->base_inner || t->base_outer;
	if (t->inner_target < m->ntargets && m->targets[t->inner_target].used)
		carry_target(&m->targets[t->inner_target], r);
	if (t->state == HEALTH_DOWN)
		history_outage_open(m, (unsigned)key, t->since_us, true, "began in an earlier part");
}
