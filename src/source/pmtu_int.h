/* SPDX-License-Identifier: GPL-2.0-or-later */
// What the files of the pmtu source share: path MTUs in a running collector.
//   pmtu.c         the source: which paths, what is due
//   pmtu_side.c    sockets
//   pmtu_path.c    one path: a search, or the probes of a period, under way
//   pmtu_signs.c   what the model knows of a path that matters for its MTU
//   pmtu_locate.c  where a black hole is
//   pmtu_record.c  records
//   pmtu_belief.c  what the kernel believes
//   pmtu_sched.c   when; pure
// A search runs by a timer of its own and by what its socket receives; the two probes of a period go out and their
// answers are read in slots, which costs less.
#ifndef SOURCE_PMTU_INT_H
#define SOURCE_PMTU_INT_H

#include "source/pmtu_place.h"
#include "source/pmtu_sched.h"
#include "source/pmtu_search.h"
#include "source/pmtu_socket.h"
#include "source/probe_way.h"
#include "tunwatch/source.h"

struct event;
struct pmtu_locate;
struct pmtu_look;

enum pmtu_doing { PMTU_IDLE, PMTU_PERIOD, PMTU_CONFIRM, PMTU_SEARCH };

/* What the kernel would use now. */
struct pmtu_belief {
	bool known;
	int oif, mtu, expires_s;  /* 0: none; 0: for good */
	struct addr gateway;      /* unset: none */
};

struct pmtu_path {
	bool on, wanted;
	struct probe_way at;
	uint16_t name;            /* of its address, interned */
	enum pmtu_doing doing;
	struct pmtu_sched sched;
	struct pmtu_search *search; /* while one is under way */
	struct pmtu_watch *watch; /* while a period is under way */
	struct pmtu_steady steady; /* once the MTU is known: steady.mtu */
	uint32_t next, told;      /* number of the next probe; all before this one have had their record */
	size_t index;             /* among the paths */
	int64_t wake_us;          /* when to go on with what is under way */
	struct pmtu_probe held;   /* one that waits for its turn: see pmtu_bucket */
	bool has_held;
	int mtu, before;          /* newest one proved; the one before it; 0: none */
	bool dropped;             /* mtu does not pass any more */
	int named;                /* by the PTB that the steady state saw, 0: none */
	int near_mtu;             /* by this host's own next hop since the newest search began, 0: none */
	struct addr not_near;     /* newest sender of a PTB that is another: not looked up again */
	int limit;                /* largest size this host would send */
	unsigned missed;          /* periods in a row without the PTB that there was */
	unsigned dark;            /* periods in a row whose probes were lost in such a way that nothing is known */
	uint32_t sent, lost;      /* scheduled probes told to the watch as controls */
	struct pmtu_belief belief;
	struct pmtu_found said;   /* the newest record; all zero: none */
	struct record record;     /* the same, as it was put */
	unsigned proofs;          /* periods since then that found nothing new and put no record */
	bool odd;                 /* this period found something else: see pmtu_record_proof */
	bool wants_place;         /* it is a black hole, and nobody knows yet where: */
	struct pmtu_place_config place;
};

struct pmtu_side {                /* one family */
	struct pmtu_socket socket;
	bool wanted;
	int64_t retry_us;
	struct source_report report;
	struct event *readable;   /* added while a search is under way */
	struct pmtu_locate *locate; /* NULL: no black hole is being located */
};

struct pmtu_source {
	struct source_env *env;
	struct pmtu_side v4, v6;
	struct pmtu_path **paths;
	size_t npaths, paths_cap;
	int64_t *due;             /* by path: when it is to be looked at in a slot */
	size_t due_cap;
	uint32_t by_key[RECORD_KEY_MAX + 1]; /* index into paths plus 1; 0: none */
	uint32_t *by_addr;        /* indices in order of their addresses */
	size_t nby_addr, by_addr_cap;
	struct pmtu_path **active;/* with a search or a confirmation under way */
	size_t nactive, active_cap;
	size_t turn;              /* whose turn it is among them */
	bool locate_first, v6_first; /* before them; before IPv4's: who did not send last */
	struct event *timer;
	struct pmtu_bucket bucket;
	struct pmtu_look *look;
	unsigned places;          /* paths that want one */
	unsigned waiting;         /* periods under way: answers are to be read */
	uint64_t topology, changes; /* of the model, when last looked at */
	bool read_once;
	int64_t started_us;
	uint64_t sweeps;
	int route_fd;             /* netlink; -1: none */
	uint32_t route_seq;
};

/* ---- pmtu_side.c ---- */
struct pmtu_side *pmtu_side_of(struct pmtu_source *s, int family);
struct pmtu_side pmtu_side_closed(int family, uint16_t key, const char *instance);
/* Open the socket where it is wanted, or try again after a while; reports how it went. */
void pmtu_side_open(struct pmtu_source *s, struct pmtu_side *side, int64_t now_us);
void pmtu_side_close(struct pmtu_side *side);
/* Whether what arrives makes pmtu_run run. */
void pmtu_side_listen(struct pmtu_source *s, bool on);
/* Read the sockets: all news go to their paths. */
void pmtu_read(struct pmtu_source *s);

/* ---- pmtu.c ---- */
/* Go on with all that runs by the timer, where its time has come. */
void pmtu_run(struct pmtu_source *s);
/* A path joins or leaves those that run by the timer. */
void pmtu_activate(struct pmtu_source *s, struct pmtu_path *p);
void pmtu_deactivate(struct pmtu_source *s, struct pmtu_path *p);
int64_t pmtu_period(const struct pmtu_source *s);

/* ---- pmtu_path.c ---- */
/* Whether the target answers small probes, as far as the model knows. */
bool pmtu_path_answers(const struct pmtu_source *s, const struct pmtu_path *p);
void pmtu_path_search(struct pmtu_source *s, struct pmtu_path *p, int64_t now_us);
void pmtu_path_period(struct pmtu_source *s, struct pmtu_path *p, int64_t now_us);
/* Go on with what is under way. Returns when to do so again; PMTU_SCHED_NEVER when it is over. */
int64_t pmtu_path_go(struct pmtu_source *s, struct pmtu_path *p, int64_t now_us);
void pmtu_path_news(struct pmtu_source *s, struct pmtu_path *p, const struct pmtu_news *n, int64_t now_us);
/* Give up what is under way, without a result. */
void pmtu_path_stop(struct pmtu_source *s, struct pmtu_path *p);
/* Whether a probe with a number that ends so is waiting for its fate: *ret. */
bool pmtu_path_find16(struct pmtu_path *p, uint16_t number16, uint32_t *ret);

/* ---- pmtu_signs.c ---- */
/* A look at a model: what would be searched for again and again. */
struct pmtu_look {
	const struct model *m;
	uint16_t links[RECORD_KEY_MAX + 1]; /* key of the link plus 1 by key of its name; 0: none */
	struct {
		uint64_t sign;              /* of the newest SA that sends; 0: none */
		int64_t since_us;
	} *sa;                              /* by row */
	size_t nsa, sa_cap;
};
void pmtu_look_begin(struct pmtu_look *k, const struct model *m);
void pmtu_look_free(struct pmtu_look *k);
void pmtu_signs(const struct pmtu_look *k, const struct pmtu_path *p, uint64_t ret[PMTU_SIGNS]);
/* What the MTU may well be, best first, into the configuration of a search. */
void pmtu_candidates(const struct model *m, const struct pmtu_path *p, struct pmtu_config *c);

/* ---- pmtu_record.c ---- */
/* The state of the search as a pmtu record, if it says anything new. */
void pmtu_record_found(struct pmtu_source *s, struct pmtu_path *p, const struct pmtu_found *f);
/* The newest record again, with the place of the black hole. */
void pmtu_record_place(struct pmtu_source *s, struct pmtu_path *p, const struct pmtu_placed *at);
/* A probe that helped to find that. */
void pmtu_record_located(struct pmtu_source *s, const struct pmtu_path *p, int size, int64_t sent_us,
			 enum outcome outcome, const struct addr *from);
/* A period is over in which the number passed. One record stands for six that found all as it was; when the kernel
 * believes something else it is put at once. */
void pmtu_record_proof(struct pmtu_source *s, struct pmtu_path *p);
/* The fate of a probe; nothing of one in a period that did what it did before. from: who told it, or NULL; mtu: named,
 * 0: none. */
void pmtu_record_fate(struct pmtu_source *s, struct pmtu_path *p, const struct pmtu_probe *q,
		      enum outcome outcome, const struct addr *from, int mtu, int error);

/* ---- pmtu_locate.c ---- */
/* A search ended with a black hole: its place is wanted. */
void pmtu_locate_want(struct pmtu_source *s, struct pmtu_path *p, const struct pmtu_search *q);
/* Begin with what is wanted, one of each family at a time. */
void pmtu_locate_begin(struct pmtu_source *s, int64_t now_us);
/* Returns when to go on; PMTU_SCHED_NEVER when nothing is under way (any more). */
int64_t pmtu_locate_go(struct pmtu_source *s, struct pmtu_side *side);
/* It is not wanted any more. */
void pmtu_locate_stop(struct pmtu_source *s, struct pmtu_path *p);

/* ---- pmtu_belief.c ---- */
void pmtu_belief_open(struct pmtu_source *s);
/* Ask the kernel: it answers in the call. */
struct pmtu_belief pmtu_belief_ask(struct pmtu_source *s, const struct icmp_way *way);
/* Whether a PTB's sender is this host's own next hop on the way to the path's target. */
bool pmtu_belief_is_near(struct pmtu_source *s, const struct pmtu_path *p, const struct addr *from);

#endif
