/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a router could say of a random state of affairs, and what is to be understood of it. */
#ifndef TESTS_ROUTER_ANSWERS_H
#define TESTS_ROUTER_ANSWERS_H

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "tunwatch/decode.h"

/* In the order of the yamaha-rtx profile. */
enum { WORLD_BGP, WORLD_TUNNEL, WORLD_SA, WORLD_ENVIRONMENT, WORLD_LOG, WORLD_ANSWERS };
static const char *const world_commands[WORLD_ANSWERS] = {
	"show status bgp neighbor", "show status tunnel", "show ipsec sa", "show environment", "show log reverse",
};

struct world {
	uint64_t random;
	bool japanese;
	unsigned log_lines;             /* 0: some */
	struct buf text[WORLD_ANSWERS]; /* UTF-8, LF */
	struct buf want[WORLD_ANSWERS]; /* a line for each record: world_seen */
};

static inline uint32_t world_random(uint64_t *state, uint32_t below)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return (uint32_t)(*state >> 20) % below;
}

static inline uint64_t world_seed(uint64_t seed)
{
	return (seed + 1) * UINT64_C(0x9e3779b97f4a7c15) | 1;
}

/* One record as one line. */
static inline void world_seen(struct buf *out, const struct router_seen *s)
{
	switch (s->kind) {
	case ROUTER_SEEN_BGP:
		buf_printf(out, "bgp %s %d '%s' as %" PRId64 " up %" PRId64 " pfx %" PRId64 " drops %" PRId64
			   " rx %" PRId64 " reset '%s'\n", s->bgp.neighbor, s->bgp.state, s->bgp.word, s->bgp.asn,
			   s->bgp.uptime_s, s->bgp.prefixes_received, s->bgp.drops, s->bgp.messages_received,
			   s->bgp.reset_reason);
		break;
	case ROUTER_SEEN_TUNNEL:
		buf_printf(out, "tunnel %s %d '%s' since %" PRId64 " for %" PRId64 " rx %" PRId64 " tx %" PRId64 "\n",
			   s->tunnel.name, s->tunnel.up, s->tunnel.word, s->tunnel.since_civil_us, s->tunnel.up_for_s,
			   s->tunnel.rx_packets, s->tunnel.tx_packets);
		break;
	case ROUTER_SEEN_SA:
		buf_printf(out, "sa %s %d %d life %" PRId64 "\n", s->sa.name, s->sa.in, s->sa.out, s->sa.life_s);
		break;
	case ROUTER_SEEN_ENVIRONMENT:
		buf_printf(out, "environment cpu %" PRId64 " mem %" PRId64 " boot %" PRId64 " now %" PRId64 "\n",
			   s->environment.cpu_pct, s->environment.mem_pct, s->environment.boot_civil_us,
			   s->environment.now_civil_us);
		break;
	case ROUTER_SEEN_LOG:
		buf_printf(out, "log %" PRId64 " %d '%s' x%u '%s'\n", s->log.at_civil_us, s->log.meaning, s->log.name,
			   s->log.repeated, s->log.text);
		break;
	}
}

static inline int64_t world_time(struct world *w, char text[32])
{
	struct time_parts p = { 2026, 1 + (int)world_random(&w->random, 12), 1 + (int)world_random(&w->random, 28),
				(int)world_random(&w->random, 24), (int)world_random(&w->random, 60),
				(int)world_random(&w->random, 60), 0 };

	snprintf(text, 32, "%04d/%02d/%02d %02d:%02d:%02d", p.year, p.month, p.day, p.hour, p.minute, p.second);
	return time_join(&p, 0);
}

/* "Established, up for": a guess of how it is spelled; "Hibernate" is no state at all. */
static inline void world_bgp(struct world *w, unsigned i)
{
	static const char *const words[] = { "Active", "Idle", "Connect", "OpenSent", "OpenConfirm", "Established",
					     "Hibernate" };
	static const enum bgp_state states[] = { BGP_STATE_ACTIVE, BGP_STATE_IDLE, BGP_STATE_CONNECT,
						 BGP_STATE_OPENSENT, BGP_STATE_OPENCONFIRM, BGP_STATE_ESTABLISHED,
						 BGP_STATE_NOT_UNDERSTOOD };
	struct router_seen s = { .kind = ROUTER_SEEN_BGP };
	struct buf *t = &w->text[WORLD_BGP];
	unsigned k = world_random(&w->random, ARRAY_LEN(words)), up = world_random(&w->random, 86400);

	s.bgp.state = states[k];
	s.bgp.asn = world_random(&w->random, 4) ? 64512 + world_random(&w->random, 1000) : 4200000000u + i;
	s.bgp.uptime_s = s.bgp.prefixes_received = -1;
	s.bgp.drops = world_random(&w->random, 50);
	s.bgp.messages_received = world_random(&w->random, 100000);
	snprintf(s.bgp.neighbor, sizeof s.bgp.neighbor, "169.254.%u.1", i);
	buf_printf(t, "BGP neighbor is %s, remote AS %" PRId64 ", local AS 65000, external link\n", s.bgp.neighbor,
		   s.bgp.asn);
	buf_printf(t, "  BGP version 4, remote router ID 192.0.2.%u\n  BGP state = %s", i, words[k]);
	if (s.bgp.state == BGP_STATE_ESTABLISHED) {
		buf_printf(t, ", up for %02u:%02u:%02u", up / 3600, up / 60 % 60, up % 60);
		s.bgp.uptime_s = up;
	} else if (s.bgp.state == BGP_STATE_NOT_UNDERSTOOD) {
		snprintf(s.bgp.word, sizeof s.bgp.word, "%s", words[k]);
	}
	buf_puts(t, "\n  Last read 00:00:12, hold time is 30, keepalive interval is 10 seconds\n");
	buf_printf(t, "  Received %" PRId64 " messages, 0 notifications, 0 in queue\n", s.bgp.messages_received);
	buf_puts(t, "  Sent 4711 messages, 0 notifications, 0 in queue\n");
	buf_printf(t, "  Connection established %" PRId64 "; dropped %" PRId64 "\n", s.bgp.drops + 1, s.bgp.drops);
	if (world_random(&w->random, 2)) {
		buf_puts(t, "  Last reset never\n");
	} else {
		snprintf(s.bgp.reset_reason, sizeof s.bgp.reset_reason, "00:%02u:11, due to notification", i);
		buf_printf(t, "  Last reset %s\n", s.bgp.reset_reason);
	}
	buf_printf(t, "Local host: unspecified\nForeign host: %s, Foreign port: 0\n\n", s.bgp.neighbor);
	world_seen(&w->want[WORLD_BGP], &s);
}

static inline void world_tunnel_words(struct world *w, const struct router_seen_tunnel *t, const char *since)
{
	unsigned for_s = (unsigned)t->up_for_s, h = for_s / 3600, m = for_s / 60 % 60, s = for_s % 60;
	struct buf *b = &w->text[WORLD_TUNNEL];

	if (w->japanese) {
		buf_printf(b, "%s:\n説明: 支店\n  インタフェースの種類: IPsec\n  トンネルインタフェースは%s\n", t->name,
			   t->up == 1 ? "接続されています" : t->word);
		buf_printf(b, "  開始: %s\n  通信時間: %u時間%u分%u秒\n", since, h, m, s);
		buf_printf(b, "  受信: (IPv4) %" PRId64 " パケット [23172 オクテット]\n        (IPv6) 1 パケット [60 オクテット]\n",
			   t->rx_packets - 1);
		buf_printf(b, "  送信: (IPv4) %" PRId64 " パケット [477836 オクテット]\n        (IPv6) 0 パケット [0 オクテット]\n",
			   t->tx_packets);
		return;
	}
	buf_printf(b, "%s:\nDescription: branch\n  Interface type: IPsec\n  Current status is %s.\n", t->name,
		   t->up == 1 ? "Online" : t->word);
	buf_printf(b, "  from %s.\n  %u hours %u minutes %u seconds  connection.\n", since, h, m, s);
	buf_printf(b, "  Received:    (IPv4) %" PRId64 " packets [1 octet]\n"
		      "               (IPv6) 1 packet [60 octets]\n", t->rx_packets - 1);
	buf_printf(b, "  Transmitted: (IPv4) %" PRId64 " packets [1 octet]\n               (IPv6) 0 packet [0 octet]\n",
		   t->tx_packets);
}

/* How a router calls a tunnel that is down is not known: these words begin as those of one that is up. */
static inline void world_tunnel(struct world *w, unsigned i)
{
	struct router_seen s = { .kind = ROUTER_SEEN_TUNNEL };
	char since[32];

	snprintf(s.tunnel.name, sizeof s.tunnel.name, "TUNNEL[%u]", i);
	s.tunnel.up = world_random(&w->random, 3) ? 1 : -1;
	if (s.tunnel.up < 0)
		snprintf(s.tunnel.word, sizeof s.tunnel.word, "%s", w->japanese ? "接続されていません" : "Online soon");
	s.tunnel.since_civil_us = world_time(w, since);
	s.tunnel.up_for_s = world_random(&w->random, 86400);
	s.tunnel.rx_packets = 1 + world_random(&w->random, 100000);
	s.tunnel.tx_packets = world_random(&w->random, 100000);
	world_tunnel_words(w, &s.tunnel, since);
	world_seen(&w->want[WORLD_TUNNEL], &s);
}

static inline void world_sas(struct world *w, unsigned tunnels)
{
	struct buf *t = &w->text[WORLD_SA];

	buf_printf(t, "Total: isakmp:1 send:%u recv:%u\n\nsa    sgw isakmp connection    dir  life[s] remote-id\n",
		   tunnels, tunnels);
	for (int i = 0; i < 76; i++)
		buf_putc(t, '-');
	buf_puts(t, "\n1     1    -     isakmp        -    21398   198.51.100.7\n");
	for (unsigned i = 0; i < 2 * tunnels; i++) {
		struct router_seen s = { .kind = ROUTER_SEEN_SA };

		snprintf(s.sa.name, sizeof s.sa.name, "TUNNEL[%u]", i / 2 + 1);
		s.sa.out = i % 2 == 0;
		s.sa.in = !s.sa.out;
		s.sa.life_s = world_random(&w->random, 28800);
		buf_printf(t, "%-5u %-4u 1     tun[%04u]esp  %s %-7" PRId64 " 198.51.100.7\n", i + 2, i / 2 + 1,
			   i / 2 + 1, s.sa.out ? "send" : "recv", s.sa.life_s);
		if (s.sa.life_s > 0) // else it is over
			world_seen(&w->want[WORLD_SA], &s);
	}
	buf_puts(t, "\n");
}

static inline void world_environment(struct world *w)
{
	struct router_seen s = { .kind = ROUTER_SEEN_ENVIRONMENT };
	struct buf *t = &w->text[WORLD_ENVIRONMENT];
	char boot[32], now[32];

	s.environment.cpu_pct = world_random(&w->random, 101);
	s.environment.mem_pct = world_random(&w->random, 101);
	s.environment.boot_civil_us = world_time(w, boot);
	s.environment.now_civil_us = world_time(w, now);
	buf_puts(t, "RTX1200 BootROM Ver.1.01\nRTX1200 Rev.10.01.71 (Thu Sep 29 15:08:40 2016)\n");
	buf_puts(t, "  main:  RTX1200 ver=c0 serial=D00000000 MAC-Address=00:a0:de:00:53:01 MAC-Addr\n"
		    "ess=00:a0:de:00:53:02 MAC-Address=00:a0:de:00:53:03\n");
	buf_printf(t, "CPU: %3" PRId64 "%%(5sec)   2%%(1min)   3%%(5min)    Memory: %" PRId64 "%% used\n",
		   s.environment.cpu_pct, s.environment.mem_pct);
	buf_printf(t, "Firmware: exec1  Config. file: config1\nBoot time: %s +09:00\nCurrent time: %s +09:00\n", boot,
		   now);
	buf_puts(t, "Security Class: 1, FORGET: ON, TELNET: OFF\nInside Temperature(C.): 36\n");
	world_seen(&w->want[WORLD_ENVIRONMENT], &s);
}

/* Newest first on the screen, oldest first when understood. */
static inline void world_log(struct world *w, unsigned lines)
{
	static const struct {
		const char *text; enum log_meaning meaning; const char *name; unsigned repeated;
	} kinds[] = {
		{ "IP Tunnel[1] Up", LOG_MEANING_UP, "TUNNEL[1]", 0 },
		{ "IP Tunnel[2] Down", LOG_MEANING_DOWN, "TUNNEL[2]", 0 },
		{ "PP[01] IP Commencing: UDP 192.0.2.1:500 > 198.51.100.7:500", LOG_MEANING_OTHER, "", 0 },
		{ "[IKE] initiate ISAKMP phase to 198.51.100.7 (local address 192.0.2.1)", LOG_MEANING_IKE_TRY, "", 0 },
		{ "[IKE] respond IPsec phase to 198.51.100.7", LOG_MEANING_REKEY, "", 0 },
		{ "same message repeated 7 times", LOG_MEANING_OTHER, "", 7 },
		{ "Login succeeded for TELNET: 192.0.2.9", LOG_MEANING_OTHER, "", 0 },
		{ "> # ---more---", LOG_MEANING_OTHER, "", 0 },
	};
	int64_t at = INT64_C(1767323045) * US_PER_S;
	struct buf old = {0};

	for (unsigned i = 0; i < lines; i++) {
		struct router_seen s = { .kind = ROUTER_SEEN_LOG };
		struct time_parts p;
		struct buf all = {0};
		unsigned k = world_random(&w->random, ARRAY_LEN(kinds));

		at += world_random(&w->random, 100) * US_PER_S + US_PER_S;
		p = time_split(at, 0);
		s.log.at_civil_us = at;
		s.log.meaning = kinds[k].meaning;
		s.log.repeated = kinds[k].repeated;
		snprintf(s.log.name, sizeof s.log.name, "%s", kinds[k].name);
		snprintf(s.log.text, sizeof s.log.text, "%s", kinds[k].text);
		world_seen(&w->want[WORLD_LOG], &s);
		buf_printf(&all, "%04d/%02d/%02d %02d:%02d:%02d: %s\n", p.year, p.month, p.day, p.hour, p.minute,
			   p.second, kinds[k].text);
		buf_add(&all, old.data, old.len);
		buf_free(&old);
		old = all;
	}
	w->text[WORLD_LOG] = old;
}

static inline void world_free(struct world *w)
{
	for (int i = 0; i < WORLD_ANSWERS; i++) {
		buf_free(&w->text[i]);
		buf_free(&w->want[i]);
	}
}

/* Another state of affairs. */
static inline void world_make(struct world *w, uint64_t seed, bool japanese)
{
	unsigned tunnels, neighbours;

	world_free(w);
	w->random = world_seed(seed);
	w->japanese = japanese;
	tunnels = 1 + world_random(&w->random, 4);
	neighbours = 1 + world_random(&w->random, 5);
	for (unsigned i = 1; i <= neighbours; i++)
		world_bgp(w, i);
	for (unsigned i = 1; i <= tunnels; i++)
		world_tunnel(w, i);
	world_sas(w, tunnels);
	world_environment(w);
	world_log(w, w->log_lines ? w->log_lines : 1 + world_random(&w->random, 60));
}

#endif
