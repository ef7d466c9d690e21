// SPDX-License-Identifier: GPL-2.0-or-later
// Runs the probe source alone on targets given as arguments and prints a line for each of its records.
//   probe_run [-t SECONDS] [-n INTERVAL] [-q] [-b SNDBUF] [-S AT_MS,FOR_MS] [-N] [-m MODE] TARGET...
//   TARGET: [inner:|outer:]ADDRESS[+COUNT][,device=IF][,source=ADDRESS][,mark=N][,tos=N]
// COUNT targets have consecutive addresses. -S stalls the loop once; -b shrinks the send buffers; -N: no model fold of
// probes (nothing is ever fast). -m: how the moment of sending is learnt, enum stamp_mode. At the end the targets go away and all fates are waited for; the last line sums up:
// holes and doubles are numbers without fate or with several.
#include <errno.h>
#include <event2/event.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "source/probe.h"
#include "source/sources.h"

enum { TARGETS_MAX = 8000, FATES_MAX = 4096, SETTLE_SLOTS = 45 };

struct run {
	struct record_sink sink;
	struct source_env env;
	struct watch_config watch;
	struct model *model;
	void *state;
	struct event_base *base;
	struct event *timer;
	bool quiet, no_fold;
	int mode;             /* -1: as it comes */
	int sndbuf;
	double seconds;
	int64_t stall_at_us, stall_for_us;
	int64_t next_us, end_us;
	int settle;
	unsigned ntargets;
	unsigned count[OUTCOME_COUNT], verdicts, stamped, sent_stamped, twisted;
	int64_t rtt_sum_ns;
	uint8_t *fates;       /* [target][seq] */
	uint32_t *top;        /* highest number with a fate, plus 1 */
	int64_t last_t;
};

/* Whether the kernel said when that probe left. */
static bool has_stamp(const struct run *run, unsigned key, uint32_t seq)
{
	struct prober *p = run->state;
	struct flight *f = prober_flight_find(&p->targets[p->by_key[key] - 1], seq);

	return f && f->tx_ns != FLIGHT_NO_STAMP;
}

static void tally(struct run *run, const struct record *r)
{
	enum outcome o = (enum outcome)r->v[PROBE_OUTCOME];
	int64_t seq = record_get(r, PROBE_SEQ, -1);

	run->count[o]++;
	if (record_has(r, PROBE_RTT_NS) && o == OUTCOME_REPLY) {
		run->stamped++;
		run->rtt_sum_ns += r->v[PROBE_RTT_NS];
		run->sent_stamped += has_stamp(run, r->key, (uint32_t)seq);
	}
	if (o == OUTCOME_LATE || o == OUTCOME_DUPLICATE || o == OUTCOME_FOREIGN)
		return;
	run->verdicts += record_get(r, PROBE_PURPOSE, 0) == PURPOSE_VERDICT;
	if (r->key >= run->ntargets || seq < 0 || seq >= FATES_MAX)
		return;
	run->fates[(size_t)r->key * FATES_MAX + (size_t)seq]++;
	if (seq >= run->top[r->key])
		run->top[r->key] = (uint32_t)seq + 1;
}

static void print_probe(struct run *run, const struct record *r)
{
	const struct record_kind_info *k = record_kind_info(r->kind);

	printf("%.3f %u", (double)r->t / 1e6, r->key);
	for (unsigned f = 0; f < k->nfields; f++) {
		if (!record_has(r, f))
			continue;
		if (k->fields[f].type == RECORD_TYPE_REF)
			printf(" %s=%s", k->fields[f].name, model_name(run->model, (unsigned)r->v[f]));
		else if (k->fields[f].type == RECORD_TYPE_ENUM)
			printf(" %s=%s", k->fields[f].name, record_word(&k->fields[f], r->v[f]));
		else
			printf(" %s=%lld", k->fields[f].name, (long long)r->v[f]);
	}
	printf("\n");
}

static void put(struct record_sink *sink, const struct record *r)
{
	struct run *run = (struct run *)sink;

	if (r->t < run->last_t)
		run->twisted++;
	run->last_t = r->t;
	if (r->kind != RECORD_PROBE || !run->no_fold)
		model_apply(run->model, r);
	if (r->kind == RECORD_PROBE)
		tally(run, r);
	if (r->kind == RECORD_SOURCE)
		printf("source %s %s\n", record_word(&record_kind_info(RECORD_SOURCE)->fields[SOURCE_STATE],
						     r->v[SOURCE_STATE]),
		       record_has(r, SOURCE_REASON) ? model_name(run->model, (unsigned)r->v[SOURCE_REASON]) : "");
	if (r->kind == RECORD_PROBE && !run->quiet)
		print_probe(run, r);
}

static void put_tunnel(struct run *run, unsigned key, bool outer, const struct addr *a, const char *options, bool gone)
{
	struct record_intern *in = run->env.intern;
	int64_t t = source_now(&run->env);
	char copy[256], name[32], *save = NULL;
	struct record r;

	record_init(&r, RECORD_TUNNEL, key, t);
	record_set(&r, TUNNEL_TYPE, TUNNEL_TYPE_REMOTE);
	record_set(&r, outer ? TUNNEL_OUTER_REMOTE : TUNNEL_PEER, record_intern_addr(in, a, t));
	record_set(&r, outer ? TUNNEL_OUTER_TARGET : TUNNEL_INNER_TARGET, key);
	record_set(&r, TUNNEL_GONE, gone);
	str_copy(copy, sizeof copy, options);
	for (char *o = strtok_r(copy, ",", &save); o; o = strtok_r(NULL, ",", &save)) {
		char *value = strchr(o, '=');

		if (!value)
			continue;
		*value++ = 0;
		if (!strcmp(o, "device"))
			record_set(&r, TUNNEL_DEVICE, record_intern_text(in, value, t));
		else if (!strcmp(o, "source"))
			record_set(&r, outer ? TUNNEL_OUTER_LOCAL : TUNNEL_SOURCE, record_intern_text(in, value, t));
		else if (!strcmp(o, "mark"))
			record_set(&r, TUNNEL_PROBE_MARK, strtol(value, NULL, 0));
		else if (!strcmp(o, "tos"))
			record_set(&r, TUNNEL_TOS, strtol(value, NULL, 0));
	}
	snprintf(name, sizeof name, "t%u", key);
	record_text(&r, name);
	run->sink.put(&run->sink, &r);
}

static bool add_targets(struct run *run, const char *arg, bool gone)
{
	bool outer = !strncmp(arg, "outer:", 6);
	const char *p = strncmp(arg, "inner:", 6) && !outer ? arg : arg + 6, *options;
	size_t len = strcspn(p, "+,");
	unsigned long count = p[len] == '+' ? strtoul(p + len + 1, NULL, 10) : 1;
	char text[ADDR_TEXT_MAX];
	struct addr a;

	if (len >= sizeof text)
		return false;
	memcpy(text, p, len);
	text[len] = 0;
	options = strchr(p, ',');
	if (!addr_parse(text, &a) || run->ntargets + count > TARGETS_MAX)
		return false;
	for (unsigned long i = 0; i < count; i++) {
		put_tunnel(run, run->ntargets++, outer, &a, options ? options + 1 : "", gone);
		for (unsigned b = addr_bits(&a) / 8; b-- > 0 && !++a.bytes[b];)
			;
	}
	return true;
}

/* Every row says that it is gone: the targets leave the schedule. */
static void withdraw(struct run *run)
{
	int64_t t = source_now(&run->env);

	for (unsigned i = 0; i < run->ntargets; i++) {
		struct record r;

		record_init(&r, RECORD_TUNNEL, i, t);
		record_set(&r, TUNNEL_GONE, 1);
		record_text(&r, "gone");
		run->sink.put(&run->sink, &r);
	}
}

static void shrink(struct run *run)
{
	struct prober *p = run->state;

	if (p->v4.icmp.fd >= 0)
		setsockopt(p->v4.icmp.fd, SOL_SOCKET, SO_SNDBUF, &run->sndbuf, sizeof run->sndbuf);
	if (p->v6.icmp.fd >= 0)
		setsockopt(p->v6.icmp.fd, SOL_SOCKET, SO_SNDBUF, &run->sndbuf, sizeof run->sndbuf);
}

static void set_mode(struct run *run)
{
	struct prober *p = run->state;

	for (size_t i = 0; i < p->ntargets; i++)
		p->targets[i].mode = (uint8_t)run->mode;
}

static void arm(struct run *run)
{
	int64_t wait = run->next_us - source_now(&run->env);
	struct timeval tv = {0};

	if (wait > 0)
		tv = (struct timeval){ wait / US_PER_S, wait % US_PER_S };
	event_add(run->timer, &tv);
}

static void on_slot(evutil_socket_t fd, short what, void *arg)
{
	struct run *run = arg;
	int64_t now = source_now(&run->env), due;

	(void)fd, (void)what;
	/* libevent counts from when it woke up: that little early the slot would be missed */
	if (now < run->next_us) {
		arm(run);
		return;
	}
	due = now - now % SLOT_US;
	if (run->stall_for_us && now >= run->stall_at_us) {
		usleep((useconds_t)run->stall_for_us);
		run->stall_for_us = 0;
	}
	probe_source.slot(run->state, due);
	if (run->sndbuf)
		shrink(run);
	if (run->mode >= 0)
		set_mode(run);
	if (run->end_us && now >= run->end_us && !run->settle) {
		withdraw(run);
		run->settle = 1;
	} else if (run->settle && run->settle++ > SETTLE_SLOTS) {
		event_base_loopbreak(run->base);
		return;
	}
	now = source_now(&run->env);
	run->next_us = now - now % SLOT_US + SLOT_US;
	arm(run);
}

static void on_signal(evutil_socket_t fd, short what, void *arg)
{
	struct run *run = arg;

	(void)fd, (void)what;
	run->end_us = 1;
}

static void sum_up(struct run *run)
{
	const struct record_field *f = &record_kind_info(RECORD_PROBE)->fields[PROBE_OUTCOME];
	unsigned holes = 0, doubles = 0;
	struct rusage ru;

	for (unsigned i = 0; i < run->ntargets; i++) {
		for (uint32_t s = 0; s < run->top[i]; s++) {
			holes += !run->fates[(size_t)i * FATES_MAX + s];
			doubles += run->fates[(size_t)i * FATES_MAX + s] > 1;
		}
	}
	getrusage(RUSAGE_SELF, &ru);
	printf("sum");
	for (unsigned o = 0; o < OUTCOME_COUNT; o++)
		printf(" %s=%u", record_word(f, o), run->count[o]);
	printf(" verdicts=%u stamped=%u sent_stamped=%u rtt_us=%.1f holes=%u doubles=%u twisted=%u counted_foreign=%llu cpu=%.4f "
	       "rss_kb=%ld\n", run->verdicts, run->stamped, run->sent_stamped,
	       run->stamped ? (double)run->rtt_sum_ns / 1e3 / run->stamped : 0.0, holes, doubles, run->twisted,
	       (unsigned long long)((struct prober *)run->state)->foreign,
	       (double)(ru.ru_utime.tv_sec + ru.ru_stime.tv_sec) +
	       (double)(ru.ru_utime.tv_usec + ru.ru_stime.tv_usec) * 1e-6, ru.ru_maxrss);
}

static int parse(struct run *run, int argc, char **argv)
{
	int c;

	while ((c = getopt(argc, argv, "t:n:qb:S:Nm:")) != -1) {
		char *comma;

		switch (c) {
		case 't':
			run->seconds = atof(optarg);
			break;
		case 'n':
			run->watch.interval_us = (int64_t)(atof(optarg) * 1e6);
			break;
		case 'q':
			run->quiet = true;
			break;
		case 'b':
			run->sndbuf = atoi(optarg);
			break;
		case 'S':
			run->stall_at_us = strtol(optarg, &comma, 10) * US_PER_MS;
			run->stall_for_us = *comma ? strtol(comma + 1, NULL, 10) * US_PER_MS : 0;
			break;
		case 'm':
			run->mode = atoi(optarg);
			break;
		case 'N':
			run->no_fold = true;
			break;
		default:
			return -1;
		}
	}
	return optind < argc ? 0 : -1;
}

static void begin(struct run *run)
{
	struct event_config *config = event_config_new();
	struct timespec ts;

	event_config_set_flag(config, EVENT_BASE_FLAG_PRECISE_TIMER);
	run->base = event_base_new_with_config(config);
	event_config_free(config);
	clock_gettime(CLOCK_BOOTTIME, &ts);
	run->model = model_new(false);
	run->sink.put = put;
	run->fates = xcalloc(TARGETS_MAX, FATES_MAX);
	run->top = xcalloc(TARGETS_MAX, sizeof *run->top);
	run->env = (struct source_env){
		.base = run->base, .sink = &run->sink, .intern = record_intern_new(&run->sink), .model = run->model,
		.watch = &run->watch, .boot0_ns = ts.tv_sec * NS_PER_S + ts.tv_nsec,
	};
	run->timer = evtimer_new(run->base, on_slot, run);
}

static void end(struct run *run)
{
	probe_source.stop(run->state);
	event_free(run->timer);
	event_base_free(run->base);
	record_intern_free(run->env.intern);
	model_free(run->model);
	free(run->fates);
	free(run->top);
}

int main(int argc, char **argv)
{
	struct run run = { .seconds = 5, .mode = -1, .watch.interval_us = US_PER_S };
	struct event *term;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (parse(&run, argc, argv)) {
		fprintf(stderr, "usage: probe_run [-t SECONDS] [-n INTERVAL] [-qN] [-b SNDBUF] [-S AT,FOR] [-m MODE] TARGET...\n");
		return 2;
	}
	begin(&run);
	for (int i = optind; i < argc; i++)
		if (!add_targets(&run, argv[i], false))
			return fprintf(stderr, "probe_run: bad target %s\n", argv[i]), 2;
	run.end_us = run.seconds > 0 ? (int64_t)(run.seconds * 1e6) : 0;
	run.state = probe_source.start(&run.env);
	term = evsignal_new(run.base, SIGTERM, on_signal, &run);
	event_add(term, NULL);
	run.next_us = source_now(&run.env) + SLOT_US;
	arm(&run);
	event_base_dispatch(run.base);
	sum_up(&run);
	event_free(term);
	end(&run);
	return 0;
}
