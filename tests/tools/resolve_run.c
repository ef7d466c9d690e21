// SPDX-License-Identifier: GPL-2.0-or-later
// Runs the resolver: prints "NAME ADDRESS|none" for each change, until its standard input ends. A line "again" says
// that an address of this host has changed.
//   resolve_run NAME...
#include <errno.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "tunwatch/source.h"

enum { NAMES_MAX = 300 };

struct run {
	struct record_sink sink;
	struct source_env env;
	struct watch_config watch;
	struct model *model;
	struct resolver *resolver;
	char **names;
	int n, changed;
	struct addr last[NAMES_MAX];
	int status[NAMES_MAX];
};

static void put(struct record_sink *sink, const struct record *r)
{
	struct run *run = (struct run *)sink;

	model_apply(run->model, r);
	if (r->kind == RECORD_SOURCE)
		printf("source %s\n", record_word(&record_kind_info(RECORD_SOURCE)->fields[SOURCE_STATE],
						  r->v[SOURCE_STATE]));
}

static void look(evutil_socket_t fd, short what, void *arg)
{
	struct run *run = arg;

	(void)fd, (void)what;
	for (int i = 0; i < run->n; i++) {
		char text[ADDR_TEXT_MAX];
		struct addr a = {0};
		int r = resolver_get(run->resolver, run->names[i], &a);

		if (r == -EAGAIN || (r == run->status[i] && addr_equal(&a, &run->last[i])))
			continue;
		run->status[i] = r;
		run->last[i] = a;
		printf("%s %s\n", run->names[i], r ? "none" : addr_format(&a, text));
	}
}

/* Another address of this host. */
static void move_host(struct run *run)
{
	int64_t t = source_now(&run->env);
	struct record r;
	struct addr a;

	run->changed++;
	a = addr_make(AF_INET, (uint8_t[]){ 192, 0, 2, (uint8_t)run->changed });
	record_init(&r, RECORD_ADDRESS, 0, t);
	record_set(&r, ADDRESS_IFINDEX, 1);
	record_set(&r, ADDRESS_LOCAL, record_intern_addr(run->env.intern, &a, t));
	record_set(&r, ADDRESS_PREFIX_LEN, 24);
	put(&run->sink, &r);
}

static void on_input(evutil_socket_t fd, short what, void *arg)
{
	struct run *run = arg;
	char text[64];

	(void)what;
	if (read(fd, text, sizeof text) <= 0)
		event_base_loopbreak(run->env.base);
	else
		move_host(run);
}

int main(int argc, char **argv)
{
	const struct timeval often = { .tv_usec = 20000 };
	struct run run = { .sink.put = put, .watch.interval_us = US_PER_S, .names = argv + 1, .n = argc - 1 };
	struct event *timer, *input;
	struct timespec ts;

	if (run.n < 1 || run.n > NAMES_MAX)
		return fprintf(stderr, "usage: resolve_run NAME...\n"), 2;
	setvbuf(stdout, NULL, _IOLBF, 0);
	clock_gettime(CLOCK_BOOTTIME, &ts);
	run.model = model_new(false);
	run.env = (struct source_env){
		.base = event_base_new(), .sink = &run.sink, .intern = record_intern_new(&run.sink),
		.model = run.model, .watch = &run.watch, .boot0_ns = ts.tv_sec * NS_PER_S + ts.tv_nsec,
	};
	for (int i = 0; i < run.n; i++)
		run.status[i] = 1;
	run.resolver = resolver_new(&run.env);
	timer = event_new(run.env.base, -1, EV_PERSIST, look, &run);
	event_add(timer, &often);
	input = event_new(run.env.base, STDIN_FILENO, EV_READ | EV_PERSIST, on_input, &run);
	event_add(input, NULL);
	event_base_dispatch(run.env.base);
	resolver_free(run.resolver);
	event_free(timer);
	event_free(input);
	event_base_free(run.env.base);
	record_intern_free(run.env.intern);
	model_free(run.model);
	return 0;
}
