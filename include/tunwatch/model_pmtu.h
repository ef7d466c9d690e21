/* SPDX-License-Identifier: GPL-2.0-or-later */
/* model: path MTUs, security associations, and what tunnels cost. Sizes are whole IP packets in bytes, IP header
 * included; 0 means unknown. */
#ifndef TUNWATCH_MODEL_PMTU_H
#define TUNWATCH_MODEL_PMTU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tunwatch/base.h"
#include "tunwatch/record.h"

struct model;
struct model_tunnel;

/* What became of probes of one size since the newest search began. */
struct model_pmtu_size {
	int32_t size;
	uint16_t answered, lost, refused; /* refused: by a PTB or by this host */
};

/* The path MTU to one probed address. Key: that of its probe records. */
enum { MODEL_PMTU_SIZES = 16 };
struct model_pmtu {
	bool used;
	enum path path;
	enum pmtu_state state;      /* of the newest search; SEARCHING: mtu is what was known before */
	enum pmtu_cause cause;
	enum pmtu_cause settled;    /* the newest one that was not PENDING */
	enum direction direction;   /* of a black hole: FORWARD, REVERSE, or UNKNOWN */
	uint16_t target;            /* name key */
	uint16_t from;              /* who named the MTU, or MODEL_NONE */
	uint16_t hop_from;          /* last hop that still answers, or MODEL_NONE */
	int32_t mtu;                /* newest number that a search proved */
	int32_t before;             /* what it was before it last changed */
	int32_t low, high;          /* largest size answered; smallest believed not to pass */
	int32_t limit;              /* largest size this host would send there */
	int32_t named;              /* MTU that a PTB named and that is wrong; -1: none */
	int32_t near_mtu;           /* MTU that this host's own next hop named: mtu, or more; 0: none */
	int32_t hop;                /* its distance */
	int32_t cached_mtu, cached_s; /* what the kernel believes, and how much longer (0: for good) */
	int32_t probes, took_ms, error;
	bool stale;                 /* the newest search that ended found no number: mtu and cause are of before */
	bool near;                  /* the PTB came from this host's own next hop */
	int64_t since_us;           /* when mtu became that; MODEL_NEVER */
	int64_t searched_us;        /* when the newest search ended; MODEL_NEVER */
	int64_t proved_us;          /* when a probe of mtu bytes was last answered; MODEL_NEVER */
	int64_t cached_us;          /* when it did; MODEL_NEVER */
	int64_t told_us;            /* the change told of at that time has no cause yet; MODEL_NEVER */
	uint64_t recent_lost;       /* bits: the newest probes of mtu bytes while small ones were answered, 1 lost */
	uint32_t recent;            /* how many of them */
	uint32_t refusals;          /* probes that were refused, in all; an interface may count each as an error */
	struct model_pmtu_size sizes[MODEL_PMTU_SIZES]; /* ascending; the most telling ones */
	uint32_t nsizes;
	struct model_pmtu_aside {
		int64_t from_us, until_us; /* MODEL_NEVER: none */
		int64_t most_us;           /* no later than that */
	} aside[2];                 /* the newest stretches of searching, see model_pmtu_aside */
};

/* A security association. Key: the sa records' key. */
struct model_sa {
	bool used, gone;
	enum sa_mode mode;               /* SA_MODE_COUNT: another, as IPTFS */
	enum direction dir;              /* IN, OUT or UNKNOWN: as told, else by its endpoints */
	bool told_dir;
	uint16_t src, dst, enc, auth;    /* name keys or MODEL_NONE */
	uint16_t row;                    /* tunnel it belongs to, or MODEL_NONE */
	uint16_t next;                   /* of that tunnel's: key plus one, or 0 */
	uint32_t spi, if_id, mark;
	int32_t proto, reqid, encap;     /* encap: UDP port of NAT-T */
	int32_t icv_bits;                /* length of the integrity value; 0: unknown */
	int64_t since_us;                /* when it was first seen */
};

/* ---- overhead.c: what a tunnel adds to a packet; pure ---- */
struct overhead {
	enum tunnel_type type;   /* LINE and REMOTE: nothing is known of them */
	int outer_family;        /* AF_INET or AF_INET6; of no meaning with PPPoE, which is in Ethernet itself */
	int inner_family;
	bool has_key, has_sequence, has_checksum; /* GRE */
	bool encap_limit;        /* ip6tnl, ip6gre: the option that Linux adds unless told otherwise */
	enum framing framing;    /* TUN, PPP, L2TP, OTHER: their kinds do not tell */
	int device_mtu;          /* WireGuard pads no further than this; 0: whatever fits is its MTU */
	bool esp;                /* an SA carries it: the next five count */
	enum sa_mode mode;
	bool natt;
	const char *enc, *auth;  /* kernel's names, as "cbc(aes)", "hmac(sha1)", "rfc4106(gcm(aes))"; NULL: none */
	int icv_bits;            /* truncated length of the integrity value; 0: the usual one of that algorithm */
};
/* Largest inner packet that fits into outer bytes; 0 when the kind or an algorithm is not known, or nothing fits.
 * RFC 4303 (ESP), 3948 (NAT-T), 2784 and 2890 (GRE), 2473 (ip6tnl), 7348 (VXLAN), 8926 (Geneve), 3931 and 2661 (L2TP),
 * 2516 (PPPoE); WireGuard's as in the kernel's drivers/net/wireguard/send.c. */
int overhead_inner(const struct overhead *o, int outer);
/* Outer packet that an inner one of so many bytes becomes; 0 as above. */
int overhead_outer(const struct overhead *o, int inner);
/* In words: "ESP tunnel cbc(aes) hmac(sha1)", "GRE with key". Returns text. */
char *overhead_name(const struct overhead *o, char *text, size_t size);
/* What the model knows of a row's. False when nothing. Names stay valid until the next model_apply. */
bool model_overhead(const struct model *m, const struct model_tunnel *t, struct overhead *ret);

/* ---- mtu.c: what follows for a row ---- */
enum mtu_verdict {
	MTU_VERDICT_UNKNOWN,         /* nothing is measured (yet) */
	MTU_VERDICT_OK,
	MTU_VERDICT_TIGHT,           /* it fits, and not 32 bytes more would */
	MTU_VERDICT_UNDER_UTILISED,  /* 32 bytes or more could be added to what is configured */
	MTU_VERDICT_OVERSIZED,       /* configured MTU above the path MTU, and routers say so */
	MTU_VERDICT_FRAGMENTS,       /* what is configured passes only because outer packets are fragmented */
	MTU_VERDICT_BLACK_HOLE,      /* larger packets than the path MTU vanish, and no router says so */
	MTU_VERDICT_TOO_LOSSY, MTU_VERDICT_UNSTABLE, MTU_VERDICT_COUNT
};
struct model_mtu {
	enum mtu_verdict verdict;
	const struct model_pmtu *inner, *outer; /* or NULL */
	int configured;      /* interface's MTU, or what the near router enforces; 0: unknown */
	bool from_router;    /* configured was named by a PTB of the near router */
	int path_inner, path_outer;
	int gap;             /* path_inner minus configured; has_gap */
	int drift;           /* path_inner (else path_outer) minus its baseline; has_drift */
	bool has_gap, has_drift;
	int ceiling;         /* largest inner packet the outer path MTU leaves room for; 0: unknown */
	int mtu;             /* to configure; 0: unknown, or as it is */
	int mss4, mss6;      /* TCP MSS that fits path_inner (RFC 9293 3.7.1: minus 40, minus 60); where that is not
			      * known, or passes only in fragments: what the outer path leaves room for */
	bool least_ipv6;     /* less would fit than IPv6 can do with: mtu is its least, or 0 when that is configured */
	char text[160];      /* one sentence: the verdict with its evidence */
};
/* Never fails: what is not known is 0 or MTU_VERDICT_UNKNOWN. */
void model_mtu(const struct model *m, unsigned tunnel, struct model_mtu *ret);
/* Whether the row is up, and the first search for one of its path MTUs has not ended. */
bool model_mtu_searching(const struct model *m, unsigned tunnel);
/* "ok", "tight", "under-utilised", "oversized", "fragments outside", "black hole", "too lossy", "unstable", "?" */
const char *mtu_verdict_word(enum mtu_verdict v);
/* The target's path MTU, or NULL. */
const struct model_pmtu *model_find_pmtu(const struct model *m, unsigned target_key);
/* Whether the target's path was searched at that time: where somebody limits the rate of echoes, small packets are lost
 * for it, and say nothing of the path. True for at most 30 s in a row, and for a third of a long time. */
bool model_pmtu_aside(const struct model *m, unsigned target_key, int64_t sent_us);
/* An SA of the row in that direction that is in use (ESP's before others, the newest), or NULL. */
const struct model_sa *model_tunnel_sa(const struct model *m, unsigned tunnel, enum direction dir);

/* ---- history: the path MTU over time, as steps ---- */
struct history_step {
	int64_t t;           /* from then on */
	int32_t mtu;         /* 0: not known */
};
/* The newest steps of a target, the oldest first, at most n (64 are kept). Returns how many. */
size_t history_steps(const struct model *m, unsigned target_key, struct history_step *ret, size_t n);

#endif
