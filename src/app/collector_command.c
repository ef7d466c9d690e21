// SPDX-License-Identifier: GPL-2.0-or-later
// What the people who watch may ask of the collector.
#include <string.h>

#include "app/collector_int.h"

#define RELEASE_US (15 * 60 * US_PER_S)

static void put_mark(struct collector *c, const char *text)
{
	struct record r;

	record_init(&r, RECORD_MARK, 0, collector_now(c));
	record_set(&r, MARK_LETTER, c->model->marks_count % 26);
	record_text(&r, text);
	collector_put(c, &r);
}

static void put_baseline(struct collector *c, int field, int64_t value)
{
	struct record r;

	record_init(&r, RECORD_BASELINE, 0, collector_now(c));
	if (field >= 0)
		record_set(&r, (unsigned)field, value);
	collector_put(c, &r);
}

/* The argument when text is this word, else NULL. */
static const char *argument(const char *text, const char *word)
{
	size_t n = strlen(word);

	if (strncmp(text, word, n) || (text[n] && text[n] != ' '))
		return NULL;
	return text[n] ? text + n + 1 : text + n;
}

static void on_baseline(struct collector *c, const char *arg)
{
	int64_t at;

	if (!strcmp(arg, "clear"))
		put_baseline(c, BASELINE_CLEAR, 1);
	else if (!*arg)
		put_baseline(c, -1, 0);
	else if (str_to_int(arg, 0, collector_now(c), &at))
		put_baseline(c, BASELINE_AT_US, at);
}

/* A person needs a router's only session, or has finished with it. A time that is over already asks for it again. */
static void on_release(struct collector *c, bool release)
{
	c->watch.released_us = collector_now(c) + (release ? RELEASE_US : 0);
	source_notice(&c->env, "router", SEVERITY_INFO, release ?
		      "sessions with routers are closed for 15 minutes: somebody asked for them" :
		      "routers are logged in to again");
}

/* Search the path MTUs of a row, or of all, now. A name too long is no row's. */
static void on_sweep(struct collector *c, const char *row)
{
	if (str_copy(c->watch.sweep, sizeof c->watch.sweep, row))
		c->watch.sweeps++;
}

static void on_command(void *data, const char *text)
{
	struct collector *c = data;
	const char *arg;
	double seconds;

	if (c->ending)
		return;
	if ((arg = argument(text, "mark")))
		put_mark(c, arg);
	else if ((arg = argument(text, "baseline")))
		on_baseline(c, arg);
	else if (!strcmp(text, "reset"))
		put_baseline(c, BASELINE_RESET, 1);
	else if ((arg = argument(text, "interval")) && str_to_double(arg, 0.1, 60, &seconds))
		collector_set_interval(c, seconds);
	else if (!strcmp(text, "release") || !strcmp(text, "take"))
		on_release(c, *text == 'r');
	else if ((arg = argument(text, "sweep")))
		on_sweep(c, arg);
	else if (!strcmp(text, "stop"))
		collector_end(c, EXIT_OK);
}

/* A session that nobody looks at ends after a while; one of a terminal does not. */
static void on_count(void *data, size_t connections)
{
	struct collector *c = data;
	struct timeval after = { .tv_sec = c->options->linger_s };

	if (c->foreground || !c->linger)
		return;
	if (connections)
		event_del(c->linger);
	else
		event_add(c->linger, &after);
}

const struct control_calls collector_control_calls = { .command = on_command, .count = on_count };
