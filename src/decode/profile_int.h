/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files that read profiles share with those that read a router's text by them. */
#ifndef PROFILE_INT_H
#define PROFILE_INT_H

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "tunwatch/decode.h"

enum {
	PROFILE_COMMANDS_MAX = 8,
	PROFILE_PATTERN_MAX = 4096, /* bytes of one pattern */
	PROFILE_LIST_MAX = 64,      /* patterns or words of one key */
	PROFILE_GROUPS_MAX = 48,    /* groups of one pattern */
	PROFILE_VALUE_MAX = 256,    /* bytes of any other value */
};

/* Names of groups are what a pattern tells the program: G(CONSTANT, name, where it may stand). */
#define GROUP_TABLE(G) \
	G(TEXT, "text", IN_SESSION | IN_ALL) \
	G(PEER, "peer", IN_BGP) G(VRF, "vrf", IN_BGP) G(AF, "af", IN_BGP) G(ASN, "asn", IN_BGP) \
	G(STATE, "state", IN_BGP | IN_TUNNEL) G(WHY, "why", IN_BGP | IN_TUNNEL) G(ADMIN, "admin", IN_BGP | IN_TUNNEL) \
	G(UPTIME, "uptime", IN_BGP | IN_TUNNEL) G(PFX, "pfx", IN_BGP) G(PFXSNT, "pfxsnt", IN_BGP) \
	G(EST, "est", IN_BGP) G(DROPS, "drops", IN_BGP) G(RESET, "reset", IN_BGP) \
	G(RX, "rx", IN_BGP | IN_TUNNEL) G(TX, "tx", IN_TUNNEL) G(RX6, "rx6", IN_TUNNEL) G(TX6, "tx6", IN_TUNNEL) \
	G(TUN, "tun", IN_TUNNEL | IN_SA | IN_LOG) G(NAME, "name", IN_TUNNEL | IN_SA | IN_LOG) \
	G(SINCE, "since", IN_TUNNEL) G(LIFE, "life", IN_SA) G(IN, "in", IN_SA) G(OUT, "out", IN_SA) \
	G(CPU, "cpu", IN_ENVIRONMENT) G(MEM, "mem", IN_ENVIRONMENT) G(BOOT, "boot", IN_ENVIRONMENT) \
	G(NOW, "now", IN_ENVIRONMENT) \
	G(TS, "ts", IN_LOG) G(MSG, "msg", IN_LOG) G(UP, "up", IN_LOG) G(DOWN, "down", IN_LOG) \
	G(REKEY, "rekey", IN_LOG) G(TRY, "try", IN_LOG) G(REPEAT, "repeat", IN_LOG) \
	G(COUNT, "count", IN_BGP | IN_TUNNEL | IN_SA)

enum {
	IN_BGP = 1 << ROUTER_SEEN_BGP, IN_TUNNEL = 1 << ROUTER_SEEN_TUNNEL, IN_SA = 1 << ROUTER_SEEN_SA,
	IN_ENVIRONMENT = 1 << ROUTER_SEEN_ENVIRONMENT, IN_LOG = 1 << ROUTER_SEEN_LOG,
	IN_ALL = IN_BGP | IN_TUNNEL | IN_SA | IN_ENVIRONMENT | IN_LOG, IN_SESSION = IN_ALL + 1,
};

#define GROUP_CONSTANT(constant, name, where) GROUP_##constant,
enum group { GROUP_TABLE(GROUP_CONSTANT) GROUPS, GROUP_NONE = GROUPS };
#undef GROUP_CONSTANT

struct pattern {
	pcre2_code *code;
	uint8_t groups[PROFILE_GROUPS_MAX + 1]; /* by number of the group: enum group */
	uint64_t has;                           /* bits 1 << enum group */
	int line;
};
struct pattern_list {
	struct pattern *items;
	size_t n, cap;
};

/* What the patterns of a command are for. */
enum pattern_use {
	USE_RECORD,   /* every match begins a record */
	USE_FIELD,    /* first match within the record */
	USE_LOCAL,    /* a line that applies to the records behind it */
	USE_TOTAL,    /* tells that there is an answer, and how many records (count) */
	USE_EVENT,    /* on msg of a log record */
	USE_SUSPECT,  /* looks like a record */
	USE_NONE,     /* says that there is nothing to list */
	USE_ABSENT,   /* says that the thing asked for does not run */
	USES
};

struct rules {
	struct profile_command shown;
	enum router_seen_kind kind;
	bool json, detail;
	int line;
	struct pattern_list uses[USES];
};

struct words {
	char **items;
	size_t n, cap;
};
enum tunnel_word { TUNNEL_WORD_UP, TUNNEL_WORD_DOWN, TUNNEL_WORDS };

struct profile {
	struct words owned;                /* every string below */
	char *name, *tunnel_name;          /* tunnel_name: "TUNNEL[*]", or NULL: as group name says */
	bool experimental;
	struct profile_session session;
	struct words setup, enter, leave;  /* NULL-terminated once checked */
	struct pattern_list sessions[PROFILE_PATTERNS];
	struct rules commands[PROFILE_COMMANDS_MAX];
	size_t ncommands;
	struct words bgp[BGP_STATE_COUNT], tunnel[TUNNEL_WORDS];
	pcre2_match_data *match;
	pcre2_match_context *limits;
};

/* What a match captured; NULL where a group did not take part. */
struct captures {
	const char *text[GROUPS];
	size_t len[GROUPS];
};

/* ---- profile_pattern.c ---- */
/* where: bits IN_x whose groups it may name. 0, or -EINVAL and err (without path and line). */
int pattern_add(struct pattern_list *list, const char *text, unsigned where, int line, struct error *err);
void pattern_list_free(struct pattern_list *list);
void pattern_list_jit(struct pattern_list *list);
uint64_t pattern_list_has(const struct pattern_list *list);
/* Find it in text (UTF-8) from offset on, a character's start. 1 and where it matches, 0, or -1: it took too long. */
int pattern_find(const struct profile *p, const struct pattern *pt, const char *text, size_t len, size_t offset,
		 size_t *ret_start, size_t *ret_end);
/* Add what the newest match of pattern_find captured to c; what c holds already stays unless replace. */
void pattern_captures(const struct profile *p, const struct pattern *pt, const char *text, bool replace,
		      struct captures *c);
const char *group_name(enum group g); /* NULL behind the last */
/* The text itself, or where it is no UTF-8 a copy of it in copy in which bad bytes are U+FFFD. */
const char *text_valid(const char *text, size_t *len, struct buf *copy);

/* ---- profile_key.c ---- */
struct key_place {
	struct profile *p;
	const char *title; /* of the section, or NULL */
	int line;
	struct error *err; /* may be used for what is returned */
};
struct profile_key {
	const char *section, *name;
	const char *(*store)(const struct profile_key *key, const struct key_place *at, const char *value);
	bool list;         /* { a, b } may stand */
	int arg;           /* what store needs */
};
const struct profile_key *profile_key(size_t i); /* NULL behind the last */
/* A value of it: NULL, or what is wrong with it. In section command the newest command is meant. */
const char *profile_key_store(const struct profile_key *key, const struct key_place *at, const char *value);

/* ---- profile_check.c ---- */
/* Whether a router may be sent the line: "show ..." (command), or one of a few that touch the session only. NULL, or
 * what is wrong with it. */
enum line_use { LINE_COMMAND, LINE_SETUP, LINE_ENTER, LINE_LEAVE, LINE_SAY, LINE_LOGOUT };
const char *line_refused(const char *line, enum line_use use);
/* The whole of a profile that was read. 0, or -EINVAL and err with path and line. */
int profile_check(const struct profile *p, const char *path, struct error *err);

#endif
