/* SPDX-License-Identifier: GPL-2.0-or-later */
/* source: what watches the world and turns it into records. Sources run inside the collector's event loop and never
 * block: every descriptor is non-blocking and every child has a deadline. A source that cannot work says so with
 * a source record (denied, absent, ...) and tries again; it never ends the program. */
#ifndef TUNWATCH_SOURCE_H
#define TUNWATCH_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "tunwatch/base.h"
#include "tunwatch/model.h"
#include "tunwatch/record.h"

struct event_base;

#define SLOT_US (100 * US_PER_MS) /* step in which probes are spread and answers drained */

/* A row named by the configuration. All strings may be NULL (absent); owned by the configuration. */
struct tunnel_config {
	const char *name;
	const char *ifname, *peer, *outer, *bgp, *router, *remote_name, *group;
	const char *source, *device; /* source address, device of inner probes */
	enum expect expect;
	enum framing framing;        /* of tun, ppp, l2tp and kinds that are not known; FRAMING_UNKNOWN: not given */
	int mtu, mss;                /* 0: not given */
	uint32_t mark;               /* fwmark of inner probes; 0: none */
	int tos;                     /* TOS or traffic class of inner probes, 0..255 */
	bool is_line;                /* a line: peer is its target (an address, a name, or "gateway") */
};

/* A router to ask. Strings may be NULL; owned by the configuration. */
enum router_transport { ROUTER_VTYSH, ROUTER_TELNET, ROUTER_EXEC };
struct router_config {
	const char *name;
	enum router_transport transport;
	const struct profile *profile;   /* NULL with ROUTER_VTYSH */
	const char *host;                /* TELNET: address or name */
	int port;                        /* TELNET; 0: the profile's */
	char *const *run;                /* EXEC: program and arguments, NULL-terminated; VTYSH: further arguments */
	size_t nrun;
	const char *user;
	const char *charset;             /* instead of the profile's */
	int password_fd;                 /* of the password file, opened with the user's own rights; -1: none */
	char *password;                  /* from the environment, in locked memory; NULL: none */
	char *const *password_run;       /* a program that prints it, NULL-terminated; NULL: none */
	size_t npassword_run;
	int64_t poll_us;                 /* from 0.1 s */
	bool has_zone;
	int zone_s;                      /* of the router's clock, seconds east of UTC */
};

/* A router's log that arrives here: a file that grows, or syslog datagrams. */
struct log_config {
	const char *name;
	const char *router;              /* whose log it is: its tunnels' names are meant; NULL: name */
	const struct profile *profile;   /* how its lines read */
	const char *file;                /* path, for messages; its descriptor is fd */
	const char *listen;              /* "ADDRESS:PORT", for messages; the bound datagram socket is fd */
	struct addr address;             /* the same; unset: not given */
	int port;
	struct addr from;                /* take datagrams of this sender only; unset: of any */
	const char *charset;
	int fd;
	bool has_zone;
	int zone_s;
};

/* What to watch. Owned by the application; constant while sources run, except interval_us. */
struct watch_config {
	const struct tunnel_config *tunnels;
	size_t ntunnels;
	const char *const *globs; /* -i: only interfaces whose name matches one; none: all */
	size_t nglobs;
	int64_t interval_us;      /* period of counters, probes and ticks */
	struct addr ssh_client;   /* the watcher's own ssh client, or unset */
	const struct router_config *routers;
	size_t nrouters;
	const struct log_config *logs;
	size_t nlogs;
	int64_t released_us;      /* no router session before this session time (a person asked for it); 0 */
	int64_t mtu_period_us;    /* between two looks at each path MTU; 0: path MTUs are not looked at */
	char sweep[MODEL_NAME_MAX]; /* row whose path MTUs a person asked for; "": all */
	uint64_t sweeps;          /* counts such wishes */
};

/* What every source is given. */
struct source_env {
	struct event_base *base;
	struct record_sink *sink;      /* the collector's funnel: model, then recording */
	struct record_intern *intern;
	const struct model *model;     /* folded up to the last record put */
	const struct watch_config *watch;
	int64_t boot0_ns;              /* CLOCK_BOOTTIME at t = 0 */
	struct router_keys *router_keys; /* private to router_put.c; NULL at first */
};

/* Session time now, in us (CLOCK_BOOTTIME minus boot0). The only clock that stamps records. */
int64_t source_now(const struct source_env *env);

/* One source. A row of the table in source.c. The collector calls start once, then slot every 100 ms and tick every
 * interval (tick after slot, when both fall together), and stop at the end. */
struct source_ops {
	const char *name;
	void *(*start)(struct source_env *env);  /* never fails: troubles become source records */
	void (*slot)(void *state, int64_t due);  /* may be NULL; due: session time this slot was planned for */
	void (*tick)(void *state, int64_t due);  /* may be NULL */
	void (*stop)(void *state);
};

/* All sources in the order in which they are called; NULL-terminated. */
const struct source_ops *const *source_table(void);

/* Report how a source fares: a source record when anything changed since the last call for this key, else nothing.
 * key: one per (source, instance); the table below hands out the bases. reason may be "". */
struct source_report {
	uint16_t key;
	const char *name, *instance;
	int period_ms;
	/* private to source_report_put */
	bool put;
	enum source_state state;
	int error;
	char reason[160];
};
void source_report_put(struct source_env *env, struct source_report *rep, enum source_state state, int error,
		       const char *reason);
/* A notice record. */
void source_notice(struct source_env *env, const char *source, enum severity level, const char *fmt, ...)
	PRINTF_LIKE(4, 5);

/* The datagram socket a log listens on: before privileges go, and again when that failed. A descriptor or -errno. */
int log_listen(const struct log_config *log);

/* First source-record key of each source. */
enum source_key {
	SOURCE_KEY_LINK = 0, SOURCE_KEY_ROUTE = 1, SOURCE_KEY_DISCOVER = 2, SOURCE_KEY_PROBE4 = 4,
	SOURCE_KEY_PROBE6 = 5,
	SOURCE_KEY_RESOLVE = 6, SOURCE_KEY_WRITER = 7, SOURCE_KEY_XFRM = 8, SOURCE_KEY_PMTU = 16, SOURCE_KEY_BGP = 32,
	SOURCE_KEY_ROUTER = 64, SOURCE_KEY_CAPTURE = 128, SOURCE_KEY_LOG = 256,
};

/* ---- pmtu_run.c: one path-MTU search for a command: it blocks, and has sockets of its own ---- */
struct pmtu_found {
	enum pmtu_state state;  /* COMPLETE: mtu is right; its cause may still be PENDING */
	enum pmtu_cause cause;
	int mtu;                /* 0: none found, or less than the least there may be (high: that least) */
	int low, high;          /* largest size answered; smallest believed not to pass */
	struct addr from;       /* who sent the PTB, or said unreachable; unset: nobody */
	int error;              /* UNREACHABLE: errno that from stands for; 0: silence */
	int named;              /* MTU that a PTB named and that is wrong; -1: none */
	unsigned probes;        /* until the number was known, as ... */
	int64_t took_us;
};
/* Where a black hole loses packets: pmtu_place.h. */
enum pmtu_place_kind { PMTU_PLACE_ECHO, PMTU_PLACE_TIMESTAMP, PMTU_PLACE_UDP, PMTU_PLACE_KINDS };
enum pmtu_place_why {           /* why the direction is unknown */
	PMTU_PLACE_KNOWN,
	PMTU_PLACE_DEAF,        /* the target answers no kind of probe that would tell */
	PMTU_PLACE_LOSSY,       /* too much loss, or not enough time */
	PMTU_PLACE_CHANGED,     /* the size passes now, or answers contradict each other */
};
struct pmtu_placed {
	enum direction direction;      /* FORWARD, REVERSE or UNKNOWN */
	enum pmtu_place_why why;
	enum pmtu_place_kind by;       /* which probes told; ECHO: the hops did */
	int hop;                       /* last hop that still answers probes of the size that vanishes; 0: unknown,
					* or none does (next tells) */
	struct addr hop_from;          /* ... its address */
	int next;                      /* first hop behind it that answers small ones only; 0: none answers either */
	struct addr next_from;
	int hops;                      /* distance of the target; 0: unknown */
	int back;                      /* size of the fragments that answers came in: the way back is about so small;
					* 0: they came whole */
	unsigned probes;               /* spent on it, in ... */
	int64_t took_us;
};
struct pmtu_way {               /* how probes leave this host */
	char ifname[16];        /* "": not known */
	int mtu;                /* of that interface */
	bool raw;               /* false: by a ping socket, which leaves traces in the kernel's cache of path MTUs */
	int cached_mtu, cached_s; /* the trace that the search left there, and how long it stays; 0: none */
};
struct pmtu_runner;
/* Open sockets while privileges are there: raw ones, else ping sockets. device: interface to send through, or NULL.
 * NULL and err when this host allows neither. */
struct pmtu_runner *pmtu_runner_open(const char *device, struct error *err);
void pmtu_runner_free(struct pmtu_runner *r);
/* Search the path to an address (scope: index of the interface of a link-local one, or 0), and where a black hole is:
 * of others placed has back alone. tell (or NULL) is called some times a second, and at once when the number is known.
 * 0, or -errno and err. */
int pmtu_runner_search(struct pmtu_runner *r, const struct addr *target, unsigned scope,
		       void (*tell)(void *arg, const struct pmtu_found *f), void *arg, struct pmtu_found *ret,
		       struct pmtu_placed *ret_placed, struct pmtu_way *ret_way, struct error *err);

/* Names to addresses, in a child of its own (getaddrinfo blocks); asked again when addresses of this host change and
 * every 60 s. */
struct resolver;
struct resolver *resolver_new(struct source_env *env);
void resolver_free(struct resolver *rs);
/* The address of host (numeric text is parsed at once). 0 and *ret; -EAGAIN while not known yet; -ENOENT when the
 * name does not resolve now. Asking keeps the name watched. */
int resolver_get(struct resolver *rs, const char *host, struct addr *ret);
/* Counts changes of answers, so that a caller may look again only then. */
uint64_t resolver_changes(const struct resolver *rs);

#endif
