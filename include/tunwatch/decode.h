/* SPDX-License-Identifier: GPL-2.0-or-later */
/* decode: bytes from outside into plain values. Pure: no descriptors, no clocks, no allocation per record, every read
 * bounded. Whatever comes in is hostile. */
#ifndef TUNWATCH_DECODE_H
#define TUNWATCH_DECODE_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tunwatch/base.h"
#include "tunwatch/record.h"

/* ---- rtnl.c, rtnl_link.c: rtnetlink ---- */
#define IFNAME_TEXT_MAX 64 /* an interface name of 15 bytes, cleaned: every byte may become \xNN */

/* One interface (RTM_NEWLINK, RTM_DELLINK). Addresses are unset when absent or the any address. */
struct rtnl_link {
	int ifindex;
	char name[IFNAME_TEXT_MAX];  /* cleaned; "" when the message had none */
	bool up, running, carrier;
	bool bridge;                 /* is one itself */
	bool kindless_ethernet;      /* a network card, or an l2tpeth device: those have no kind */
	bool fallback;               /* of a kind whose module makes one by itself, and without endpoints or key */
	bool external;               /* endpoints are set for each packet (collect_md) */
	enum tunnel_type type;       /* TUNNEL_TYPE_OTHER: not a tunnel */
	int mtu, lower, master;      /* 0: none or unknown; lower: device it is bound to, in this namespace */
	struct addr local, remote;   /* outer endpoints; a vxlan's remote may be a multicast group */
	bool has_key, has_okey, has_if_id, has_mark;
	bool checksum, sequence;     /* of the GRE packets it sends */
	bool encap_limit;            /* its IPv6 packets carry that option (RFC 2473) */
	bool no_df;                  /* its packets may be cut into fragments on the way, whatever is in them */
	uint32_t key, okey, if_id, mark;
	bool has_counters;
	uint64_t counters[8];        /* raw, in the order of the link record's first fields */
};

struct rtnl_address {
	int ifindex;
	unsigned prefix_len;
	struct addr local, peer;     /* peer: only of a point-to-point address */
};

/* An answer to RTM_GETROUTE, or a route of a dump. Of several next hops the first. */
struct rtnl_route {
	unsigned family, dst_len, table;
	int oif;                     /* 0: none */
	int error;                   /* errno of an unreachable, blackhole or prohibit route; 0: a way */
	struct addr dst, gateway, prefsrc;
	uint32_t mtu, priority;      /* 0: none */
	int expires_s;               /* of an exception that the kernel learnt; 0: none */
};

struct rtnl_neighbour {
	int ifindex;
	struct addr dst;
	char mac[64];                /* aa:bb:..., any link layer up to 20 bytes; "" when not known now */
};

struct rtnl_stats {
	int ifindex;
	bool has_counters;
	uint64_t counters[8];
};

enum rtnl_what {
	RTNL_OTHER, /* nothing we read; bridge ports' notes of AF_BRIDGE among them */
	RTNL_LINK, RTNL_LINK_GONE, RTNL_ADDRESS, RTNL_ADDRESS_GONE, RTNL_ROUTE, RTNL_ROUTE_GONE,
	RTNL_NEIGHBOUR, RTNL_NEIGHBOUR_GONE, RTNL_STATS, RTNL_RULE, RTNL_DONE, RTNL_ERROR, RTNL_OVERRUN,
};

struct rtnl_message {
	enum rtnl_what what;
	uint32_t seq;
	bool interrupted; /* NLM_F_DUMP_INTR: the dump it belongs to is not one moment's picture */
	int error;        /* errno of ERROR (0: an acknowledgement) and DONE */
	union {
		struct rtnl_link link;
		struct rtnl_address address;
		struct rtnl_route route;
		struct rtnl_neighbour neighbour;
		struct rtnl_stats stats;
	};
};

/* Read the message at *data (*left bytes) and step over it. False at the end or where the length is impossible.
 * A message whose body is too short for its type is RTNL_OTHER; of a cut one the whole attributes are read. */
bool rtnl_next(const uint8_t **data, size_t *left, struct rtnl_message *ret);
/* Type and length of the message only; for events whose body does not matter. */
bool rtnl_peek(const uint8_t *data, size_t left, enum rtnl_what *ret);

/* ---- xfrm.c: the kernel's security associations (linux/xfrm.h) ---- */
#define XFRM_NAME_MAX 64

/* Keys come with them, and are not read: what is here was never next to one. 0 where the message does not say. */
struct xfrm_sa {
	uint32_t spi;
	struct addr src, dst;
	unsigned proto;              /* IP protocol */
	bool has_mode;               /* one that we have a word for */
	enum sa_mode mode;
	enum direction dir;          /* IN or OUT where whoever made it said so (Linux 6.10), else UNKNOWN */
	uint32_t reqid, if_id, mark, mark_mask;
	unsigned encap;              /* UDP port at the destination, NAT-T */
	bool keyed;                  /* has algorithms. Else the message is no whole one, or IKE has not finished it */
	char enc[XFRM_NAME_MAX], auth[XFRM_NAME_MAX]; /* the kernel's names, cleaned; enc: cipher or AEAD */
	unsigned icv_bits;           /* of the integrity value in a packet */
	uint32_t soft_s, hard_s;     /* lifetimes; 0: none */
	uint64_t made_s;             /* wall time */
};

enum xfrm_what {
	XFRM_OTHER, XFRM_SA_NEW, XFRM_SA_UPDATED, XFRM_SA_GONE, XFRM_SA_SOFT, XFRM_SA_HARD, /* ... lifetime is over */
	XFRM_SA_FLUSHED /* all of sa.proto; 0, 255: all */, XFRM_DONE, XFRM_ERROR, XFRM_OVERRUN,
};
struct xfrm_message {
	enum xfrm_what what;
	uint32_t seq;
	bool interrupted;
	int error;
	struct xfrm_sa sa; /* GONE: spi, dst, proto and mark; SOFT, HARD: all but encap and algorithms */
};
/* As rtnl_next. */
bool xfrm_next(const uint8_t **data, size_t *left, struct xfrm_message *ret);

/* icmp.c: probes and what comes back */
#include "tunwatch/decode_icmp.h"

/* ---- what routers say of themselves: the same whether it came as JSON or as text ---- */
#define ROUTER_NAME_MAX 64   /* a neighbour, a VRF, a router's name for a tunnel; with its NUL */
#define ROUTER_WORDS_MAX 160 /* a reason, a log line's text; with its NUL */

/* Texts are cleaned UTF-8; numbers -1 where the router does not say. Civil times are the router's own clock read as if
 * it were UTC, in us since 1970; MODEL_NEVER's value (INT64_MIN) where it does not say. */
enum router_seen_kind {
	ROUTER_SEEN_BGP, ROUTER_SEEN_TUNNEL, ROUTER_SEEN_SA, ROUTER_SEEN_ENVIRONMENT, ROUTER_SEEN_LOG,
};
struct router_seen_bgp {
	char neighbor[ROUTER_NAME_MAX], vrf[ROUTER_NAME_MAX]; /* vrf "": the default one */
	enum bgp_state state;      /* NOT_UNDERSTOOD: word is what it said */
	char word[ROUTER_NAME_MAX];/* the spelling where it says more than the state: "Idle (PfxCt)" */
	bool admin;                /* shut down by the router's administrator */
	int64_t asn, uptime_s, prefixes_received, prefixes_sent, drops, messages_received;
	char reset_reason[ROUTER_WORDS_MAX];
	bool partial;              /* detail of a neighbour listed before: its state and absent numbers say nothing */
};
struct router_seen_tunnel {
	char name[ROUTER_NAME_MAX]; /* "TUNNEL[1]" */
	int up;                     /* 1 up, 0 down, -1 not said or not understood: then word is what it said */
	char word[ROUTER_NAME_MAX];
	int64_t since_civil_us, up_for_s;
	int64_t rx_packets, tx_packets;
};
struct router_seen_sa {
	char name[ROUTER_NAME_MAX]; /* the tunnel's name as in router_seen_tunnel */
	bool in, out;               /* which direction this SA is for */
	int64_t life_s;             /* remaining */
};
struct router_seen_environment {
	int64_t cpu_pct, mem_pct;
	int64_t boot_civil_us, now_civil_us;
};
struct router_seen_log {
	int64_t at_civil_us;
	enum log_meaning meaning;
	char name[ROUTER_NAME_MAX]; /* the tunnel it speaks of, or "" */
	unsigned repeated;          /* "same message repeated N times": N times the line before it in time */
	char text[ROUTER_WORDS_MAX];
};
struct router_seen {
	enum router_seen_kind kind;
	union {
		struct router_seen_bgp bgp;
		struct router_seen_tunnel tunnel;
		struct router_seen_sa sa;
		struct router_seen_environment environment;
		struct router_seen_log log;
	};
};
/* Where things seen go, in the order of the text; what put is given is valid during the call only. */
struct router_seen_sink {
	void (*put)(struct router_seen_sink *sink, const struct router_seen *seen);
};

/* What came of reading one answer. */
struct router_answer {
	enum router_outcome outcome; /* OK, PARSE (not understood), or ABSENT (no daemon, no instance) */
	unsigned seen;               /* records made of it */
	unsigned suspects;           /* pieces that look like a record and are none: outcome is PARSE when > 0 */
	bool listing;                /* it lists everything there is: what it does not name is gone */
	char reason[ROUTER_WORDS_MAX];
};

/* ---- bgp_json.c: what FRR's vtysh and vty print for "show bgp vrf all summary json" and "show bgp neighbors json".
 * data may be any bytes (descriptions are not always UTF-8) of at most 4 MiB; documents may follow each other: one of
 * "show bgp vrf all summary failed json" behind a summary adds reset reasons, as partial ones ---- */
void bgp_json_summary(const void *data, size_t len, struct router_seen_sink *sink, struct router_answer *ret);
/* Detail of neighbours (only reset reasons, hold times and the like: the state is the summary's). */
void bgp_json_detail(const void *data, size_t len, const char *vrf, struct router_seen_sink *sink,
		     struct router_answer *ret);

/* ---- conf_text.c: text for libconfuse (tunwatch.conf and profiles) ---- */
/* libconfuse accepts an unclosed section at the end of the text: a key of our own behind it tells. */
#define CONF_END_KEY "-end-of-file-"
/* The text as libconfuse should get it, in ret: without comments, whose lines version 3.3 counts three times, and with
 * CONF_END_KEY at its end. 0, or -EINVAL with "path:line: what; how to mend it" and ret empty. */
int conf_prepare(const char *path, const char *text, size_t len, struct buf *ret, struct error *err);
/* A message of libconfuse's as text: cleaned, and with what to do about it, or else the manual page. Returns text. */
char *conf_message(char *text, size_t size, const char *fmt, va_list ap, const char *page);

/* ---- profile.c: how to talk to one make of router, as data (tunwatch-profile(5)) ---- */
struct profile;
/* Read and check a profile: every pattern compiles, every group is known, every command only reads. path is for
 * errors: "path:line: what; how to mend it". NULL and err. */
struct profile *profile_parse(const char *path, const char *text, size_t len, struct error *err);
void profile_free(struct profile *p);
const char *profile_name(const struct profile *p);
bool profile_experimental(const struct profile *p); /* nobody has tried it on a real router */
size_t profile_commands(const struct profile *p);

struct profile_command {
	const char *name;   /* bgp, bgp-detail, tunnel, sa, environment, log */
	const char *send;   /* the line to send, without its end */
	bool on_trouble;    /* asked only when a neighbour is not Established */
	bool newest_first;  /* a log that need be read only as far as it is new */
};
const struct profile_command *profile_command(const struct profile *p, size_t i);
/* Read the answer (UTF-8, LF, echo and prompt removed) to a command. */
void profile_read(const struct profile *p, size_t command, const char *text, size_t len,
		  struct router_seen_sink *sink, struct router_answer *ret);
/* The same, and where the first max pieces begin that were not understood. Returns how many. */
size_t profile_read_odd(const struct profile *p, size_t command, const char *text, size_t len,
			struct router_seen_sink *sink, struct router_answer *ret, size_t *offsets, size_t max);

/* What a dialogue needs of it. Patterns are opaque: profile_match. NULL or "" where a profile has none. */
enum profile_pattern {
	PROFILE_ASK_USER, PROFILE_ASK_PASSWORD, PROFILE_SAY, PROFILE_READY, PROFILE_FAIL, PROFILE_PAGER, PROFILE_ERROR,
	PROFILE_TIMEOUT_NOTICE, PROFILE_CONFIRM, PROFILE_PATTERNS
};
struct profile_session {
	const char *charset;        /* for iconv */
	const char *eol;            /* sent after a line */
	const char *pager_key;      /* sent for one more page */
	const char *pager_quit;     /* sent for no more of it */
	unsigned pager_blanks;      /* blanks at most that erase the pager without a CR */
	unsigned columns, rows;     /* told to who asks (NAWS); 0, 0: the option is refused */
	int port;                   /* TCP; 0: no default */
	const char *say;            /* the answer to PROFILE_SAY */
	const char *const *setup, *const *enter, *const *leave; /* NULL-terminated; sent after login, before and after
								 * the commands of each poll */
	const char *logout;
	const char *confirm;        /* the answer to PROFILE_CONFIRM ("N"): a question of its own */
	bool wake;                  /* an empty line after login: the first command may be lost */
	unsigned idle_close_s;      /* leave after a poll when polls come more seldom; 0: keep the session */
};
const struct profile_session *profile_session(const struct profile *p);
/* Whether the text matches any of the patterns of that sort. ret_text (may be NULL): its group "text", cleaned, else
 * the whole match. */
bool profile_match(const struct profile *p, enum profile_pattern which, const char *text, size_t len,
		   char ret_text[ROUTER_WORDS_MAX]);

/* ---- syslog.c: what stands before a message that came by syslog, or in a file of a syslog daemon's ---- */
struct syslog_header {
	size_t message;     /* where the message begins */
	size_t host;        /* where what looks like the sender's name does; == message: nothing does */
	bool has_stamp, has_zone;
	int64_t stamp_us;   /* has_zone: wall time, us since 1970; else the sender's civil time as if it were UTC */
};
/* <PRI>, the headers of RFC 3164 and RFC 5424, and those of rsyslog's files; any of it may be missing. now_us: wall
 * time (a stamp of RFC 3164 has no year). */
struct syslog_header syslog_read(const char *text, size_t len, int64_t now_us);
/* A line of a router's log, read by the profile's command (its log) as it stands, else behind its header h, with the
 * time civil_us as the router's clock would show it. False: it is not understood. */
bool syslog_read_log(const struct profile *p, size_t command, const char *text, size_t len,
		     const struct syslog_header *h, int64_t civil_us, struct router_seen_log *ret);

/* ---- telnet.c: the telnet filter (RFC 854, 855, 1143; options ECHO 857, SGA 858, TTYPE 1091, NAWS 1073) ---- */
struct telnet {
	uint8_t state, verb, option; /* parser */
	uint8_t us[8], them[8];      /* which of the options we know are on, by index */
	uint16_t columns, rows;      /* NAWS; 0, 0: refuse it */
	uint8_t sub[64];
	uint8_t sub_len;
	bool sub_overflow;
	uint16_t answers;            /* given so far: after 512 it stays silent; 0 allows as many again */
};
void telnet_init(struct telnet *t, unsigned columns, unsigned rows);
/* Filter what came. out (len bytes are enough) gets the data, returns how many; replies to negotiation are added to
 * reply, which stays bounded whatever comes. */
size_t telnet_input(struct telnet *t, const void *data, size_t len, void *out, struct buf *reply);
/* Data to send, with 255 doubled. */
void telnet_output(const void *data, size_t len, struct buf *out);

/* ---- lines.c: a charset decoder and a line assembler with a cursor (what terminals make of CR and BS) ---- */
struct lines;
/* charset as iconv names it. NULL when there is no such charset. */
struct lines *lines_new(const char *charset);
void lines_free(struct lines *ls);
void lines_reset(struct lines *ls);
/* Feed bytes. Finished lines are added to done (each with its LF), cleaned. Lines longer than 64 KiB are cut. */
void lines_input(struct lines *ls, const void *data, size_t len, struct buf *done);
/* The line that is not finished: *ret_len bytes of UTF-8, valid until the next call. */
const char *lines_pending(struct lines *ls, size_t *ret_len);
/* Drop it: cursor to column 0; of what follows directly, at most so many blanks are swallowed. */
void lines_drop_pending(struct lines *ls, unsigned swallow_blanks);

/* ---- dialogue.c: one session with a router: login, prompt, commands, pager. Bytes and times in, bytes out ---- */
struct dialogue;
enum dialogue_event_kind {
	DIALOGUE_READY,   /* logged in; the prompt is known */
	DIALOGUE_ANSWER,  /* command is answered: text */
	DIALOGUE_POLLED,  /* all commands of a poll are answered */
	DIALOGUE_FAILED,  /* it is over: outcome and reason; the caller closes. Ok without dialogue_leave: a listing
			   * that was cut did not end; commands not answered were not asked */
};
struct dialogue_event {
	enum dialogue_event_kind kind;
	size_t command;             /* ANSWER: index in the profile */
	const char *text;           /* ANSWER: UTF-8, LF; valid during the call */
	size_t text_len;
	enum router_outcome outcome;/* FAILED: timeout, auth, lost, parse, or ok after dialogue_leave; ANSWER: ok, or
				     * parse when the router says that it is an error (the poll goes on) */
	const char *reason;         /* FAILED: why; ANSWER: the error, or a remark, or "" */
	bool cut;                   /* ANSWER: it went on (dialogue_config.enough); its last record may lack its end */
};
struct dialogue_config {
	const struct profile *profile;
	const char *charset;        /* instead of the profile's; or NULL */
	const char *user;           /* or NULL */
	bool telnet;                /* the transport is telnet: filter it */
	/* Writes the password into buf, returns its length or -errno. The dialogue wipes what it wrote. NULL: none */
	int (*password)(void *arg, char *buf, size_t size);
	void (*event)(void *arg, const struct dialogue_event *ev);
	/* Whether the rest of a listing with its newest lines first need not be read: text is what came of it, and
	 * perhaps the echo. Asked now and then. NULL: long ones are cut all the same. */
	bool (*enough)(void *arg, size_t command, const char *text, size_t len);
	void *arg;
};
enum { DIALOGUE_REPLY_MAX = 1 << 20, DIALOGUE_COMMAND_S = 30, DIALOGUE_LOGIN_S = 10, DIALOGUE_PAGES_MAX = 200,
       DIALOGUE_QUIET_US = 200000 };
/* NULL when there is no such charset. The callbacks may poll and leave, but not free. */
struct dialogue *dialogue_new(const struct dialogue_config *config, int64_t now_us);
void dialogue_free(struct dialogue *d);
void dialogue_input(struct dialogue *d, const void *data, size_t len, int64_t now_us);
void dialogue_eof(struct dialogue *d, int64_t now_us);
/* Time passed; call it at the latest at dialogue_deadline (INT64_MAX: nothing is waited for). */
void dialogue_time(struct dialogue *d, int64_t now_us);
int64_t dialogue_deadline(const struct dialogue *d);
/* Ask the commands whose bits are set (bit i: command i of the profile), as soon as logged in. Only when idle. */
void dialogue_poll(struct dialogue *d, uint32_t commands, int64_t now_us);
bool dialogue_idle(const struct dialogue *d); /* logged in and nothing asked */
/* Say goodbye (the profile's logout), where it is idle; FAILED with ok follows, at once where it is not. */
void dialogue_leave(struct dialogue *d, int64_t now_us);
/* Bytes to send; the caller drains it, and wipes it when dialogue_secret was true. */
struct buf *dialogue_out(struct dialogue *d);
bool dialogue_secret(const struct dialogue *d);

#endif
