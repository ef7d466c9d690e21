// SPDX-License-Identifier: GPL-2.0-or-later
// What the groups of one record say.
#include "decode/router_text.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define ARGS(c, g) (c)->text[GROUP_##g], (c)->len[GROUP_##g]

static const char *const states[] = {
#define STATE_WORD(constant, word) word,
	BGP_STATE_WORDS(STATE_WORD)
};

static bool is_text(const char *s, size_t len, const char *word)
{
	return s && strlen(word) == len && !strncasecmp(s, word, len);
}

static bool is_number(const char *s, size_t len)
{
	return value_number(s, len) >= 0;
}

static enum bgp_state find_state(const struct profile *p, const char *s, size_t len)
{
	for (unsigned i = BGP_STATE_NOT_UNDERSTOOD + 1; i < BGP_STATE_COUNT; i++)
		if (is_text(s, len, states[i]) || value_is_word(&p->bgp[i], s, len))
			return i;
	return BGP_STATE_NOT_UNDERSTOOD;
}

/* The state, and its spelling where that says more than the state. */
static void read_state(const struct reading *rd, const struct captures *c, struct router_seen_bgp *b)
{
	const char *state = c->text[GROUP_STATE];
	size_t len = c->len[GROUP_STATE];
	char word[ROUTER_NAME_MAX], why[ROUTER_NAME_MAX], both[2 * ROUTER_NAME_MAX + 4];

	b->admin = c->text[GROUP_ADMIN] || is_text(ARGS(c, WHY), "Admin");
	if (!state && c->text[GROUP_PFX]) {
		b->state = BGP_STATE_ESTABLISHED;
	} else if (state && is_number(state, len)) {
		b->state = BGP_STATE_ESTABLISHED;
		b->prefixes_received = value_number(state, len);
	} else if (state) {
		b->state = find_state(rd->p, state, len);
		value_clean(word, sizeof word, state, len);
		value_clean(why, sizeof why, ARGS(c, WHY));
		if (*why)
			str_clean(b->word, sizeof b->word, both, snprintf(both, sizeof both, "%s (%s)", word, why));
		else if (b->state == BGP_STATE_NOT_UNDERSTOOD || strncasecmp(word, states[b->state], strlen(word)))
			str_copy(b->word, sizeof b->word, word);
	}
	/* it may stand beside the state the session had */
	if (b->admin && b->state != BGP_STATE_IDLE) {
		b->state = BGP_STATE_IDLE;
		b->uptime_s = -1;
	}
}

bool seen_bgp(struct reading *rd, const struct captures *c)
{
	const char *peer = c->text[GROUP_PEER];
	size_t dynamic = peer && c->len[GROUP_PEER] && *peer == '*';
	struct router_seen_bgp *b;

	if (!peer || c->len[GROUP_PEER] == dynamic)
		return false;
	b = &reading_keep(rd, ROUTER_SEEN_BGP, c->text[GROUP_AF] ? hash_bytes(0, ARGS(c, AF)) : 0)->bgp;
	value_clean(b->neighbor, sizeof b->neighbor, peer + dynamic, c->len[GROUP_PEER] - dynamic);
	if (!is_text(ARGS(c, VRF), "default"))
		value_clean(b->vrf, sizeof b->vrf, ARGS(c, VRF));
	b->asn = value_as(ARGS(c, ASN));
	b->uptime_s = value_duration(ARGS(c, UPTIME));
	b->prefixes_received = value_number(ARGS(c, PFX));
	b->prefixes_sent = value_number(ARGS(c, PFXSNT));
	b->drops = value_number(ARGS(c, DROPS));
	b->messages_received = value_number(ARGS(c, RX));
	b->partial = rd->c->detail;
	read_state(rd, c, b);
	if (!is_text(ARGS(c, RESET), "never"))
		value_clean(b->reset_reason, sizeof b->reset_reason, ARGS(c, RESET));
	return true;
}

void seen_tunnel_name(const struct profile *p, const struct captures *c, char out[ROUTER_NAME_MAX])
{
	const char *star = p->tunnel_name ? strchr(p->tunnel_name, '*') : NULL;
	int64_t number = value_number(ARGS(c, TUN));

	*out = 0;
	if (star && number >= 0)
		snprintf(out, ROUTER_NAME_MAX, "%.*s%lld%s", (int)(star - p->tunnel_name), p->tunnel_name,
			 (long long)number, star + 1);
	else
		value_clean(out, ROUTER_NAME_MAX, ARGS(c, NAME));
}

/* Of IPv4 and IPv6 together. */
static int64_t sum(int64_t a, int64_t b)
{
	return a < 0 ? b : b < 0 ? a : a + b;
}

bool seen_tunnel(struct reading *rd, const struct captures *c)
{
	struct router_seen seen = { .kind = ROUTER_SEEN_TUNNEL };
	struct router_seen_tunnel *t = &seen.tunnel;
	const char *state = c->text[GROUP_STATE];

	seen_tunnel_name(rd->p, c, t->name);
	if (!*t->name)
		return false;
	t->up = -1;
	if (c->text[GROUP_ADMIN] || (state && value_is_word(&rd->p->tunnel[TUNNEL_WORD_DOWN], ARGS(c, STATE))))
		t->up = 0;
	else if (state && value_is_word(&rd->p->tunnel[TUNNEL_WORD_UP], ARGS(c, STATE)))
		t->up = 1;
	if (c->text[GROUP_ADMIN])
		value_clean(t->word, sizeof t->word, ARGS(c, ADMIN));
	else if (t->up < 0)
		value_clean(t->word, sizeof t->word, ARGS(c, STATE));
	t->since_civil_us = value_civil(ARGS(c, SINCE));
	t->up_for_s = value_duration(ARGS(c, UPTIME));
	t->rx_packets = sum(value_number(ARGS(c, RX)), value_number(ARGS(c, RX6)));
	t->tx_packets = sum(value_number(ARGS(c, TX)), value_number(ARGS(c, TX6)));
	reading_put(rd, &seen);
	return true;
}

/* Those of no tunnel (of IKE itself), and those without life, are understood, but nothing to tell. */
bool seen_sa(struct reading *rd, const struct captures *c)
{
	struct router_seen seen = { .kind = ROUTER_SEEN_SA };

	seen_tunnel_name(rd->p, c, seen.sa.name);
	seen.sa.in = c->text[GROUP_IN];
	seen.sa.out = c->text[GROUP_OUT];
	seen.sa.life_s = value_number(ARGS(c, LIFE));
	if (*seen.sa.name && (seen.sa.in || seen.sa.out) && seen.sa.life_s > 0)
		reading_put(rd, &seen);
	return seen.sa.life_s >= 0;
}

bool seen_environment(struct reading *rd, const struct captures *c)
{
	struct router_seen seen = { .kind = ROUTER_SEEN_ENVIRONMENT };
	struct router_seen_environment *e = &seen.environment;

	e->cpu_pct = value_number(ARGS(c, CPU));
	e->mem_pct = value_number(ARGS(c, MEM));
	e->boot_civil_us = value_civil(ARGS(c, BOOT));
	e->now_civil_us = value_civil(ARGS(c, NOW));
	if (e->cpu_pct > 100 || e->mem_pct > 100)
		return false;
	if (e->cpu_pct < 0 && e->mem_pct < 0 && e->boot_civil_us == INT64_MIN && e->now_civil_us == INT64_MIN)
		return false;
	reading_put(rd, &seen);
	return true;
}
