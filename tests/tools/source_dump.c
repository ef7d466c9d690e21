// SPDX-License-Identifier: GPL-2.0-or-later
// source_dump: run sources in an event loop and print each record as a line of text, for tests.
//   source_dump [-o NAME,...] [-i GLOB] [-n SECONDS] [-t SECONDS] [-s SSH-CLIENT] [-q] [ROW...]
//   ROW: a configured row, as name=aws-1,ifname=vti1,peer=169.254.1.1,outer=1.2.3.4,source=..,device=..,line=1
// A line: session time in us, kind, key, fields (REFs as text), text. Runs until -t has passed (default: for ever) or
// a signal; -q prints nothing but the last line: records put, CPU seconds used by slots and ticks, ticks.
#include <arpa/inet.h>
#include <event2/event.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tunwatch/source.h"

enum { ROWS_MAX = 64, SOURCES_MAX = 16 };

struct dump {
	struct record_sink sink;
	struct source_env env;
	struct watch_config watch;
	struct tunnel_config rows[ROWS_MAX];
	struct model *model;
	const char *only;
	const struct source_ops *ops[SOURCES_MAX];
	void *state[SOURCES_MAX];
	size_t nsources;
	int64_t next_slot, next_tick, end_us;
	uint64_t records, ticks;
	double cpu;
	bool quiet;
};

static void print_field(const struct dump *d, const struct record *r, const struct record_field *f, int64_t v)
{
	printf(" %s=", f->name);
	switch (f->type) {
	case RECORD_TYPE_REF:
		printf("%s", model_name(d->model, (unsigned)v));
		break;
	case RECORD_TYPE_ENUM:
		printf("%s", record_word(f, v));
		break;
	case RECORD_TYPE_HEX:
		printf("0x%x", (unsigned)v);
		break;
	case RECORD_TYPE_U64:
		printf("%" PRIu64, (uint64_t)v);
		break;
	case RECORD_TYPE_INT:
	case RECORD_TYPE_BOOL:
		printf("%" PRId64, v);
		break;
	}
	(void)r;
}

static void print_record(const struct dump *d, const struct record *r)
{
	const struct record_kind_info *k;

	if (r->kind == RECORD_REMOVE) {
		printf("%" PRId64 " remove %u kind=%s\n", r->t, r->key, record_kind_info((enum record_kind)r->v[0])->name);
		return;
	}
	k = record_kind_info(r->kind);
	printf("%" PRId64 " %s %u", r->t, k->name, r->key);
	for (unsigned f = 0; f < k->nfields; f++)
		if (record_has(r, f))
			print_field(d, r, &k->fields[f], r->v[f]);
	if (r->text)
		printf(" \"%.*s\"", (int)r->text_len, r->text);
	printf("\n");
}

static void put(struct record_sink *sink, const struct record *r)
{
	struct dump *d = (struct dump *)sink;

	model_apply(d->model, r);
	d->records++;
	if (!d->quiet && r->kind != RECORD_NAME)
		print_record(d, r);
}

static double cpu_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9;
}

static void call(struct dump *d, bool tick, int64_t due)
{
	for (size_t i = 0; i < d->nsources; i++) {
		void (*fn)(void *, int64_t) = tick ? d->ops[i]->tick : d->ops[i]->slot;

		if (fn)
			fn(d->state[i], due);
	}
}

static void put_tick(struct dump *d)
{
	struct record r;

	record_init(&r, RECORD_TICK, 0, source_now(&d->env));
	model_apply(d->model, &r);
	d->ticks++;
}

static void on_slot(evutil_socket_t fd, short what, void *arg)
{
	struct dump *d = arg;
	int64_t now = source_now(&d->env);
	double cpu = cpu_now();

	(void)fd;
	(void)what;
	call(d, false, d->next_slot);
	d->next_slot = now + SLOT_US;
	if (now >= d->next_tick) {
		call(d, true, d->next_tick);
		d->next_tick += d->watch.interval_us;
		put_tick(d);
	}
	d->cpu += cpu_now() - cpu;
	fflush(stdout);
	if (d->end_us && now >= d->end_us)
		event_base_loopbreak(d->env.base);
}

static void on_signal(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	event_base_loopbreak(arg);
}

static void set_row(struct tunnel_config *c, char *text)
{
	for (char *key = strtok(text, ","); key; key = strtok(NULL, ",")) {
		char *value = strchr(key, '=');

		if (!value)
			continue;
		*value++ = 0;
		if (!strcmp(key, "name"))
			c->name = value;
		else if (!strcmp(key, "ifname"))
			c->ifname = value;
		else if (!strcmp(key, "peer"))
			c->peer = value;
		else if (!strcmp(key, "outer"))
			c->outer = value;
		else if (!strcmp(key, "source"))
			c->source = value;
		else if (!strcmp(key, "device"))
			c->device = value;
		else if (!strcmp(key, "line"))
			c->is_line = true;
	}
}

static bool is_chosen(const char *only, const char *name)
{
	size_t n = strlen(name);

	for (const char *p = only; p; p = strchr(p, ',') ? strchr(p, ',') + 1 : NULL)
		if (!strncmp(p, name, n) && (!p[n] || p[n] == ','))
			return true;
	return !only;
}

static void start(struct dump *d)
{
	for (const struct source_ops *const *o = source_table(); *o; o++) {
		if (!is_chosen(d->only, (*o)->name))
			continue;
		d->ops[d->nsources] = *o;
		d->state[d->nsources] = (*o)->start(&d->env);
		d->nsources++;
	}
}

static void loop(struct dump *d)
{
	static const int signals[] = { SIGTERM, SIGINT };
	struct timeval slot = { 0, SLOT_US };
	struct event *timer = event_new(d->env.base, -1, EV_PERSIST, on_slot, d), *on[2];

	for (size_t i = 0; i < 2; i++) {
		on[i] = evsignal_new(d->env.base, signals[i], on_signal, d->env.base);
		event_add(on[i], NULL);
	}
	event_add(timer, &slot);
	event_base_dispatch(d->env.base);
	event_free(timer);
	for (size_t i = 0; i < 2; i++)
		event_free(on[i]);
}

static int options(struct dump *d, int argc, char **argv, const char **globs, double *seconds)
{
	int o;

	while ((o = getopt(argc, argv, "o:i:n:t:s:q")) != -1) {
		if (o == 'o')
			d->only = optarg;
		else if (o == 'i')
			globs[d->watch.nglobs++ % 8] = optarg;
		else if (o == 'n')
			d->watch.interval_us = (int64_t)(atof(optarg) * 1e6);
		else if (o == 't')
			*seconds = atof(optarg);
		else if (o == 's')
			addr_parse(optarg, &d->watch.ssh_client);
		else if (o == 'q')
			d->quiet = true;
		else
			return -1;
	}
	for (; optind < argc && d->watch.ntunnels < ROWS_MAX; optind++)
		set_row(&d->rows[d->watch.ntunnels++], argv[optind]);
	return 0;
}

int main(int argc, char **argv)
{
	static struct dump d;
	const char *globs[8] = {0};
	double seconds = 0;
	struct timespec ts;

	d.watch.interval_us = US_PER_S;
	if (options(&d, argc, argv, globs, &seconds) < 0)
		return 64;
	clock_gettime(CLOCK_BOOTTIME, &ts);
	d.sink.put = put;
	d.watch.globs = globs;
	d.watch.tunnels = d.rows;
	d.model = model_new(false);
	d.env = (struct source_env){ .base = event_base_new(), .sink = &d.sink, .model = d.model, .watch = &d.watch,
				     .boot0_ns = ts.tv_sec * NS_PER_S + ts.tv_nsec };
	d.env.intern = record_intern_new(&d.sink);
	d.next_slot = d.next_tick = SLOT_US;
	d.end_us = (int64_t)(seconds * 1e6);
	start(&d);
	if (!d.quiet)
		fflush(stdout);
	loop(&d);
	for (size_t i = 0; i < d.nsources; i++)
		d.ops[i]->stop(d.state[i]);
	printf("%" PRIu64 " records, %.6f s CPU in %" PRIu64 " ticks\n", d.records, d.cpu, d.ticks);
	record_intern_free(d.env.intern);
	event_base_free(d.env.base);
	model_free(d.model);
	return 0;
}
