// SPDX-License-Identifier: GPL-2.0-or-later
// One path-MTU search, and what to configure. Exit statuses: 0 found, 1 not (unreachable, too lossy, unstable, or less
// than every path must carry), 2 a black hole: routers do not tell senders.
#include <errno.h>
#include <jansson.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "app/app.h"

enum { MTU_FOUND = 0, MTU_NONE = 1, MTU_BLACK_HOLE = 2 };
enum { HEADERS4 = 40, HEADERS6 = 60 }; /* IP and TCP, without options */

struct query {
	const struct options *o;
	const char *host;
	struct addr target;
	unsigned scope;
	char address[ADDR_TEXT_MAX];
	struct pmtu_found found;
	struct pmtu_placed placed;
	struct pmtu_way way;
	bool progress; /* a line of progress stands on the terminal */
	int said;      /* the number printed; 0: none yet */
};

static int resolve(struct query *q, struct error *err)
{
	struct addrinfo hints = { .ai_socktype = SOCK_DGRAM, .ai_flags = AI_ADDRCONFIG }, *list;
	int e;

	hints.ai_family = q->o->ipv4 ? AF_INET : q->o->ipv6 ? AF_INET6 : AF_UNSPEC;
	if (strchr(q->host, ':') || addr_parse(q->host, &q->target))
		hints.ai_flags = 0;
	e = getaddrinfo(q->host, NULL, &hints, &list);
	if (e)
		return error_set(err, -ENOENT, "cannot find %s%s: %s", q->host,
				 q->o->ipv4 ? " in IPv4" : q->o->ipv6 ? " in IPv6" : "",
				 e == EAI_SYSTEM ? strerror(errno) : gai_strerror(e));
	if (list->ai_family == AF_INET) {
		q->target = addr_make(AF_INET, &((struct sockaddr_in *)(void *)list->ai_addr)->sin_addr);
	} else {
		struct sockaddr_in6 *a = (struct sockaddr_in6 *)(void *)list->ai_addr;

		q->target = addr_make(AF_INET6, &a->sin6_addr);
		q->scope = a->sin6_scope_id;
	}
	freeaddrinfo(list);
	addr_format(&q->target, q->address);
	if (!addr_is_set(&q->target))
		return error_set(err, -EINVAL, "%s is nobody's address", q->address);
	if (addr_is_group(&q->target))
		return error_set(err, -EINVAL, "%s is a group of hosts: mtu takes one", q->address);
	return 0;
}

/* ---- words ---- */

static int mss_of(const struct query *q)
{
	return q->found.mtu - (q->target.family == AF_INET ? HEADERS4 : HEADERS6);
}

/* What every path must carry: a smaller number is no path MTU. */
static int least_of(const struct query *q)
{
	return q->target.family == AF_INET ? 576 : 1280;
}

static const char *how_of(const struct pmtu_found *f)
{
	switch (f->cause) {
	case PMTU_CAUSE_NONE:
		return "interface";
	case PMTU_CAUSE_LOCAL:
		return "local";
	case PMTU_CAUSE_PTB:
		return "frag-needed";
	case PMTU_CAUSE_SILENT:
		return "silence";
	case PMTU_CAUSE_PENDING:
	case PMTU_CAUSE_COUNT:
		break;
	}
	return NULL;
}

static const char *state_of(const struct pmtu_found *f)
{
	const struct record_field *field = &record_kind_info(RECORD_PMTU)->fields[PMTU_STATE];

	return record_word(field, f->state);
}

static void clear_progress(struct query *q)
{
	if (q->progress)
		fputs("\r                                                                      \r", stderr);
	q->progress = false;
}

static void say_number(struct query *q, const struct pmtu_found *f)
{
	const char *as = strcmp(q->host, q->address) ? q->address : "";

	if (q->said == f->mtu || q->o->json)
		return;
	q->said = f->mtu;
	printf("path MTU to %s%s%s%s: %d bytes (%u probes, %.2f s)\n", q->host, *as ? " (" : "", as, *as ? ")" : "",
	       f->mtu, f->probes, (double)f->took_us / US_PER_S);
	fflush(stdout);
}

/* The search goes on. */
static void tell(void *arg, const struct pmtu_found *f)
{
	struct query *q = arg;

	if (f->state == PMTU_STATE_COMPLETE && f->mtu) {
		clear_progress(q);
		say_number(q, f);
	}
	if (!isatty(STDERR_FILENO))
		return;
	clear_progress(q);
	if (f->state == PMTU_STATE_SEARCHING)
		fprintf(stderr, "searching: %d bytes pass, %d not yet; %u probes, %.1f s", f->low, f->high, f->probes,
			(double)f->took_us / US_PER_S);
	else if (f->state == PMTU_STATE_COMPLETE && f->cause == PMTU_CAUSE_PENDING)
		fputs("waiting whether a router says so", stderr);
	else if (f->state == PMTU_STATE_COMPLETE && f->cause == PMTU_CAUSE_SILENT)
		fputs("a black hole: finding which way loses, and where", stderr);
	else
		return;
	fflush(stderr);
	q->progress = true;
}

/* "hop 3 of 7 (192.0.2.3)" */
static void say_hop(const struct pmtu_placed *p, int hop, const struct addr *from)
{
	char text[ADDR_TEXT_MAX];

	printf("hop %d", hop);
	if (p->hops)
		printf(" of %d", p->hops);
	printf(" (%s)", addr_format(from, text));
}

static void say_place(const struct pmtu_placed *p)
{
	if (p->hops == 1) {
		puts("  there is no router on the way: it is the link to it");
		return;
	}
	if (p->hop) {
		fputs("  ", stdout);
		say_hop(p, p->hop, &p->hop_from);
		fputs(p->direction == DIRECTION_FORWARD ? " is the last to get them" : " gets them", stdout);
	}
	if (p->next) {
		fputs(p->hop ? "; " : "  ", stdout);
		say_hop(p, p->next, &p->next_from);
		fputs(" does not", stdout);
	}
	if (p->hop || p->next)
		putchar('\n');
}

static void say_direction(const struct pmtu_placed *p)
{
	if (p->direction == DIRECTION_FORWARD)
		puts("  they are lost on the way there");
	else if (p->direction == DIRECTION_REVERSE)
		puts("  they get there: their answers, as large, are lost on the way back");
	else if (p->why == PMTU_PLACE_DEAF)
		puts("  which way loses them is not known: nothing answers that would tell");
	else if (p->why == PMTU_PLACE_LOSSY)
		puts("  which way loses them is not known: there is too much other loss");
	else
		puts("  which way loses them is not known: the path changed meanwhile");
	say_place(p);
}

static void say_cause(const struct query *q)
{
	const struct pmtu_found *f = &q->found;
	char from[ADDR_TEXT_MAX];

	addr_format(&f->from, from);
	switch (f->cause) {
	case PMTU_CAUSE_NONE:
		printf("  as large as interface %s allows\n", q->way.ifname);
		break;
	case PMTU_CAUSE_LOCAL:
		printf("  this host itself refuses larger packets (interface %s has %d)\n", q->way.ifname, q->way.mtu);
		break;
	case PMTU_CAUSE_PTB:
		printf("  %s says so (frag-needed)\n", from);
		break;
	case PMTU_CAUSE_SILENT:
		printf("  black hole: larger packets vanish, and no router says so (frag-needed)\n");
		say_direction(&q->placed);
		break;
	case PMTU_CAUSE_PENDING:
	case PMTU_CAUSE_COUNT:
		break;
	}
	if (q->placed.back)
		printf("  answers come in fragments of %d bytes: the way back is smaller\n", q->placed.back);
	if (!f->mtu && f->named > 0 && f->named < least_of(q))
		printf("  a router names %d, less than %d (%s)\n", f->named, least_of(q),
		       q->target.family == AF_INET ? "RFC 791" : "RFC 8200");
	else if (f->named >= 0)
		printf("  a router names %d, which is wrong\n", f->named);
}

static void say_cache(const struct query *q)
{
	bool avoidable = !q->way.raw && q->target.family == AF_INET;

	if (q->way.cached_mtu)
		printf("  (this host's cache of path MTUs now says %d, for %d s%s)\n", q->way.cached_mtu,
		       q->way.cached_s, avoidable ? ": without CAP_NET_RAW it cannot be avoided" : "");
}

static void say_advice(const struct query *q)
{
	const struct pmtu_found *f = &q->found;

	printf("  TCP MSS that fits: %d\n", mss_of(q));
	if (f->cause == PMTU_CAUSE_NONE)
		return;
	printf("\nto configure, where the tunnel or line begins:\n"
	       "  Linux    ip link set dev %s mtu %d\n", q->way.ifname[0] ? q->way.ifname : "IFNAME", f->mtu);
	if (q->target.family == AF_INET)
		printf("  Yamaha   ip tunnel mtu %d\n           ip tunnel tcp mss limit %d\n", f->mtu, mss_of(q));
	printf("  other    MTU %d, TCP MSS %d\n", f->mtu, mss_of(q));
}

static void say_text(struct query *q)
{
	const struct pmtu_found *f = &q->found;
	char from[ADDR_TEXT_MAX];

	addr_format(&f->from, from);
	if (f->state == PMTU_STATE_UNREACHABLE && f->error)
		printf("no path to %s: %s%s%s (%u probes)\n", q->host, from, *from ? " says: " : "", strerror(f->error),
		       f->probes);
	else if (f->state == PMTU_STATE_UNREACHABLE)
		printf("no answer from %s (%u probes, %.1f s): it may not answer ping\n", q->host, f->probes,
		       (double)f->took_us / US_PER_S);
	else if (f->state == PMTU_STATE_TOO_LOSSY)
		printf("too much loss on the way to %s to tell its MTU: %d bytes pass (%u probes)\n", q->host, f->low,
		       f->probes);
	else if (f->state != PMTU_STATE_COMPLETE)
		printf("the way to %s changes all the time: %d bytes passed once (%u probes)\n", q->host, f->low,
		       f->probes);
	else if (!f->mtu)
		printf("not even %d bytes get to %s, which every path must carry; small packets do\n", f->high,
		       q->host);
	else
		say_number(q, f);
	if (f->state == PMTU_STATE_COMPLETE)
		say_cause(q);
	say_cache(q);
	if (f->state == PMTU_STATE_COMPLETE && f->mtu)
		say_advice(q);
}

/* ---- JSON ---- */

static json_t *number(int value)
{
	return value > 0 ? json_integer(value) : json_null();
}

static json_t *text(const char *s)
{
	return s && *s ? json_string(s) : json_null();
}

static void add_place(json_t *o, const struct query *q)
{
	const struct pmtu_placed *p = &q->placed;
	const struct record_field *field = &record_kind_info(RECORD_PMTU)->fields[PMTU_DIRECTION];
	bool hole = q->found.state == PMTU_STATE_COMPLETE && q->found.cause == PMTU_CAUSE_SILENT;
	char from[ADDR_TEXT_MAX];

	json_object_set_new(o, "direction", hole ? text(record_word(field, p->direction)) : json_null());
	json_object_set_new(o, "hop", number(p->hop));
	json_object_set_new(o, "hop_from", text(addr_format(&p->hop_from, from)));
	json_object_set_new(o, "next_hop", number(p->next));
	json_object_set_new(o, "next_hop_from", text(addr_format(&p->next_from, from)));
	json_object_set_new(o, "hops", number(p->hops));
	json_object_set_new(o, "back_fragment", number(p->back));
}

/* why: nothing was searched; else NULL. */
static int say_json(const struct query *q, const char *why)
{
	const struct pmtu_found *f = &q->found;
	char from[ADDR_TEXT_MAX];
	json_t *o = json_object();
	int r;

	json_object_set_new(o, "target", text(q->address));
	json_object_set_new(o, "state", text(why ? NULL : state_of(f)));
	json_object_set_new(o, "mtu", number(f->mtu));
	json_object_set_new(o, "how", f->state == PMTU_STATE_COMPLETE ? text(how_of(f)) : json_null());
	json_object_set_new(o, "from", text(addr_format(&f->from, from)));
	json_object_set_new(o, "probes", json_integer(f->probes));
	json_object_set_new(o, "took_ms", json_integer(f->took_us / US_PER_MS));
	json_object_set_new(o, "mss", f->mtu ? json_integer(mss_of(q)) : json_null());
	json_object_set_new(o, "low", number(f->low));
	json_object_set_new(o, "high", number(f->high));
	json_object_set_new(o, "named_wrong", f->named >= 0 ? json_integer(f->named) : json_null());
	json_object_set_new(o, "error", text(why ? why : f->error ? strerror(f->error) : NULL));
	json_object_set_new(o, "interface", text(q->way.ifname));
	json_object_set_new(o, "interface_mtu", number(q->way.mtu));
	json_object_set_new(o, "cached_mtu", number(q->way.cached_mtu));
	add_place(o, q);
	r = json_dumpf(o, stdout, JSON_COMPACT | JSON_ENSURE_ASCII);
	json_decref(o);
	return r || putchar('\n') == EOF ? -EIO : 0;
}

static int status_of(const struct pmtu_found *f)
{
	if (f->state == PMTU_STATE_COMPLETE && f->cause == PMTU_CAUSE_SILENT)
		return MTU_BLACK_HOLE;
	return f->state == PMTU_STATE_COMPLETE && f->mtu ? MTU_FOUND : MTU_NONE;
}

/* Nothing was searched. */
static int fail(const struct query *q, int status, const struct error *err)
{
	if (q->o->json && (say_json(q, err->text) || fflush(stdout)))
		return die(EXIT_IO, "cannot write the result");
	return die(status, "%s", err->text);
}

static int run(struct query *q, struct pmtu_runner *runner)
{
	struct error err = { "" };
	int r;

	/* the sockets are open: from here on nothing is special about this process, and names may be asked for */
	if (privilege_drop(false, &err))
		return fail(q, EXIT_UNAVAILABLE, &err);
	r = resolve(q, &err);
	if (r)
		return fail(q, r == -EINVAL ? EXIT_USAGE : EXIT_UNAVAILABLE, &err);
	r = pmtu_runner_search(runner, &q->target, q->scope, tell, q, &q->found, &q->placed, &q->way, &err);
	clear_progress(q);
	if (r)
		return fail(q, EXIT_UNAVAILABLE, &err);
	if (q->o->json)
		r = say_json(q, NULL);
	else
		say_text(q);
	return r || fflush(stdout) ? die(EXIT_IO, "cannot write the result") : status_of(&q->found);
}

int cmd_mtu(struct options *o)
{
	struct query q = { .o = o, .found.named = -1 };
	struct error err = { "" };
	struct pmtu_runner *runner;
	int status;

	if (o->nargs != 1)
		return die(EXIT_USAGE, "mtu takes one host: " PROGRAM " mtu HOST");
	if (o->ipv4 && o->ipv6)
		return die(EXIT_USAGE, "-4 and -6 exclude each other");
	q.host = o->args[0];
	if (privilege_drop(true, &err))
		return fail(&q, EXIT_UNAVAILABLE, &err);
	runner = pmtu_runner_open(o->device, &err);
	if (!runner)
		return fail(&q, EXIT_UNAVAILABLE, &err);
	status = run(&q, runner);
	pmtu_runner_free(runner);
	return status;
}
