// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "app/collector_int.h"
#include "app/globs.h"
#include "app/inputs.h"
#include "app/privilege.h"
#include "app/process.h"

#define FOUND_US (2 * US_PER_S) /* by then all is found that was there at the start */
#define SLEPT_US US_PER_S /* shorter pauses of our own are not worth a gap record */

int64_t collector_now(const struct collector *c)
{
	return source_now(&c->env);
}

/* The funnel. Time never goes back, in the model as in the file. */
void collector_put(struct collector *c, const struct record *r)
{
	struct record raised;

	if (r->t < c->newest) {
		raised = *r;
		raised.t = c->newest;
		r = &raised;
	}
	c->newest = r->t;
	model_apply(c->model, r);
	if (!c->encoder)
		return;
	if (r->kind == RECORD_REMOVE)
		encoder_remove(c->encoder, (enum record_kind)r->v[0], r->key, r->t);
	else
		encoder_add(c->encoder, r);
}

static void sink_put(struct record_sink *sink, const struct record *r)
{
	collector_put((struct collector *)sink, r);
}

void collector_end(struct collector *c, int status)
{
	if (c->ending)
		return;
	c->ending = true;
	c->status = status;
	event_base_loopbreak(c->base);
}

/* ---- sources ---- */

/* Rows and names belong to what is watched, whatever is chosen. */
bool collector_source_chosen(const char *only, const char *name)
{
	size_t n = strlen(name);

	if (!only || !strcmp(name, "discover") || !strcmp(name, "resolve"))
		return true;
	for (const char *p = only; *p; p += strcspn(p, ","), p += *p == ',')
		if (!strncmp(p, name, n) && (!p[n] || p[n] == ','))
			return true;
	return false;
}

bool collector_sources_known(const char *only, struct error *err)
{
	for (const char *p = only; p && *p; p += strcspn(p, ","), p += *p == ',') {
		const struct source_ops *const *ops = source_table();
		size_t n = strcspn(p, ",");

		while (*ops && (strlen((*ops)->name) != n || strncmp((*ops)->name, p, n)))
			ops++;
		if (!*ops) {
			error_set(err, -EINVAL, "--only: there is no source %.*s", (int)(n > 40 ? 40 : n), p);
			return false;
		}
	}
	return true;
}

static void choose_sources(struct collector *c)
{
	for (const struct source_ops *const *ops = source_table(); *ops; ops++)
		if (c->nsources < COLLECTOR_SOURCES_MAX && collector_source_chosen(c->options->only, (*ops)->name))
			c->ops[c->nsources++] = *ops;
}

/* One source at a time, with a turn of the loop between them: one that starts slowly delays nobody's slot twice. */
static void on_start(evutil_socket_t fd, short what, void *arg)
{
	struct collector *c = arg;
	const struct timeval at_once = {0};

	(void)fd;
	(void)what;
	if (c->ending || c->nstarted == c->nsources)
		return;
	c->state[c->nstarted] = c->ops[c->nstarted]->start(&c->env);
	if (++c->nstarted < c->nsources)
		event_base_once(c->base, -1, EV_TIMEOUT, on_start, c, &at_once);
}

static void stop_sources(struct collector *c)
{
	while (c->nstarted) {
		c->nstarted--;
		if (c->ops[c->nstarted]->stop)
			c->ops[c->nstarted]->stop(c->state[c->nstarted]);
	}
}

/* ---- time ---- */

/* Once, when what there is has been found. */
static void say_troubles(struct collector *c)
{
	if (!c->warn)
		return;
	c->warn = false;
	if (!c->model->ntunnels)
		die(0, "warning: no tunnel was found, and none is configured; what appears will be recorded");
	for (size_t i = 0; i < c->model->nsources; i++) {
		const struct model_source *s = &c->model->sources[i];
		const char *instance = model_name(c->model, s->instance);

		if (s->used && s->state == SOURCE_STATE_DENIED)
			die(0, "warning: %s%s%s: %s", model_name(c->model, s->name), *instance ? " " : "", instance,
			    model_name(c->model, s->reason));
	}
}

static void tick(struct collector *c, int64_t due)
{
	struct record r;

	for (size_t i = 0; i < c->nstarted; i++)
		if (c->ops[i]->tick)
			c->ops[i]->tick(c->state[i], due);
	collector_clock(c);
	collector_busy(c);
	collector_names(c);
	c->ticks++;
	record_init(&r, RECORD_TICK, 0, collector_now(c));
	collector_put(c, &r);
	if (c->hashes) {
		fprintf(c->hashes, "%lld %016llx\n", (long long)c->newest,
			(unsigned long long)model_hash(c->model));
		fflush(c->hashes);
	}
	collector_cut(c, true);
	collector_rotate(c);
	if (c->due >= FOUND_US)
		say_troubles(c);
}

/* Ticks whose time has passed unserved are left out: what they would have said is not known any more. */
static void maybe_tick(struct collector *c)
{
	int64_t due = c->next_tick, missed;

	if (c->due < due)
		return;
	missed = (c->due - due) / c->watch.interval_us;
	if (missed && missed * c->watch.interval_us >= SLEPT_US)
		collector_slept(c, due - c->watch.interval_us, missed);
	due += missed * c->watch.interval_us;
	c->next_tick = due + c->watch.interval_us;
	tick(c, due);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct collector *c = arg;
	uint64_t passed;

	(void)what;
	if (read(fd, &passed, sizeof passed) != sizeof passed || !passed)
		return;
	c->slots += (int64_t)passed;
	c->missed_slots += (int64_t)passed - 1;
	c->due = c->slots * SLOT_US;
	for (size_t i = 0; i < c->nstarted; i++)
		if (c->ops[i]->slot)
			c->ops[i]->slot(c->state[i], c->due);
	maybe_tick(c);
	collector_cut(c, false);
	if ((c->end && c->due >= c->end) || (c->done && c->done(c->model, c->done_arg)))
		collector_end(c, EXIT_OK);
}

/* Slot n is at boot0 + n * 100 ms for ever; the kernel counts those we did not come for. */
static int start_timer(struct collector *c, struct error *err)
{
	int64_t first = c->env.boot0_ns + SLOT_US * NS_PER_US;
	const struct itimerspec spec = {
		.it_value = { .tv_sec = first / NS_PER_S, .tv_nsec = first % NS_PER_S },
		.it_interval = { .tv_nsec = SLOT_US * NS_PER_US },
	};

	c->timer_fd = timerfd_create(CLOCK_BOOTTIME, TFD_NONBLOCK | TFD_CLOEXEC);
	c->timer = event_new(c->base, c->timer_fd, EV_READ | EV_PERSIST, on_timer, c);
	if (c->timer_fd < 0 || timerfd_settime(c->timer_fd, TFD_TIMER_ABSTIME, &spec, NULL))
		return error_set(err, -errno, "cannot make a timer: %s", strerror(errno));
	return event_add(c->timer, NULL);
}

/* ---- the process ---- */

static void on_end(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	collector_end(arg, EXIT_OK);
}

/* A signal that was ignored when we began (nohup) stays ignored. */
static void catch_signals(struct collector *c)
{
	static const int signals[] = { SIGTERM, SIGINT, SIGHUP };
	struct sigaction old;

	for (size_t i = 0; i < ARRAY_LEN(signals); i++) {
		if (sigaction(signals[i], NULL, &old) || (c->foreground && old.sa_handler == SIG_IGN))
			continue;
		if (!c->foreground && signals[i] != SIGTERM) {
			signal(signals[i], SIG_IGN);
			continue;
		}
		c->signals[i] = evsignal_new(c->base, signals[i], on_end, c);
		event_add(c->signals[i], NULL);
	}
}

static int init(struct collector *c, struct options *o, struct error *err)
{
	struct event_config *config = event_config_new();
	struct timespec boot;

	event_config_set_flag(config, EVENT_BASE_FLAG_PRECISE_TIMER);
	c->base = event_base_new_with_config(config);
	event_config_free(config);
	if (!c->base)
		return error_set(err, -errno, "cannot make an event loop: %s", strerror(errno));
	clock_gettime(CLOCK_BOOTTIME, &boot);
	c->sink.put = sink_put;
	c->options = o;
	c->timer_fd = -1;
	c->model = model_new(false);
	c->intern = record_intern_new(&c->sink);
	c->watch = options_watch(o);
	c->env = (struct source_env){ .base = c->base, .sink = &c->sink, .intern = c->intern, .model = c->model,
				      .watch = &c->watch,
				      .boot0_ns = boot.tv_sec * NS_PER_S + boot.tv_nsec };
	c->writer_report = (struct source_report){ .key = SOURCE_KEY_WRITER, .name = "writer" };
	c->err = err;
	collector_set_interval(c, o->interval > 0 ? o->interval : 1);
	choose_sources(c);
	return 0;
}

static void release(struct collector *c)
{
	for (size_t i = 0; i < ARRAY_LEN(c->signals); i++)
		if (c->signals[i])
			event_free(c->signals[i]);
	if (c->linger)
		event_free(c->linger);
	if (c->timer)
		event_free(c->timer);
	if (c->timer_fd >= 0)
		close(c->timer_fd);
	control_free(c->control);
	writer_free(c->writer);
	if (c->encoder)
		encoder_free(c->encoder);
	if (c->intern)
		record_intern_free(c->intern);
	if (c->model)
		model_free(c->model);
	if (c->base)
		event_base_free(c->base);
}

static int loop(struct collector *c, struct error *err)
{
	const struct timeval at_once = {0};
	int r = start_timer(c, err);

	if (r < 0)
		return r;
	event_base_once(c->base, -1, EV_TIMEOUT, on_start, c, &at_once);
	event_base_dispatch(c->base);
	return 0;
}

static int start_writer(struct collector *c, const struct collector_config *config, struct error *err)
{
	const struct session *s = config->session;
	const struct writer_config writer = {
		.dir_fd = config->dir_fd, .name = config->name, .fd = config->fd,
		.total_cap = c->options->disk_cap, .state_fd = s ? s->state_fd : -1, .keep = s ? s->info.id : NULL,
	};

	c->writer = writer_new(&writer, err);
	if (!c->writer)
		return -EAGAIN;
	if (config->fd == 1)
		process_null_stdio(2); /* the reader of our output waits for the child to end, not for us */
	return 0;
}

/* The listening socket is the control's to close; the session keeps its name. */
static void start_control(struct collector *c, const struct collector_config *config)
{
	int listen_fd = config->session ? config->session->listen_fd : -1;

	c->linger = event_new(c->base, -1, 0, on_end, c);
	c->control = control_new(c->base, listen_fd, &config->asked_by, 1, &collector_control_calls, c);
	if (config->session)
		config->session->listen_fd = -1;
	if (config->viewer >= 0)
		control_adopt(c->control, config->viewer);
}

static void start_recording(struct collector *c)
{
	struct recording_header header;

	collector_clock_sample(c); /* for the header; said in a record below */
	header = collector_header(c);
	c->encoder = encoder_new(&header);
	c->part_new = true;
	collector_session_records(c);
	writer_attach(c->writer, c->base, &collector_writer_calls, c);
	source_report_put(&c->env, &c->writer_report, SOURCE_STATE_OK, 0, "");
	collector_cut(c, true);
}

/* A file that a person named, where we may make no second one: the oldest part can never be given up for the newest. */
static void say_single_part(struct collector *c, const struct collector_config *config)
{
	struct stat st;

	if (config->dir_fd >= 0 || config->fd < 0 || fstat(config->fd, &st) || !S_ISREG(st.st_mode))
		return;
	source_notice(&c->env, "writer", SEVERITY_WARNING, "%s.twr stays one file, and ends at the disk cap of "
		      "%lld MiB: make its directory writable for user %s", config->name,
		      (long long)(c->options->disk_cap >> 20), privilege_user().name);
}

/* One that does not exist yet may come. */
static void say_globs(struct collector *c)
{
	struct error err = {0};

	if (!globs_check(c->options, &err))
		return;
	source_notice(&c->env, "link", SEVERITY_WARNING, "%s", err.text);
	if (c->warn)
		die(0, "warning: %s", err.text);
}

int collector_run(const struct collector_config *config, struct error *err)
{
	struct collector c = {
		.foreground = config->foreground, .hashes = config->hashes,
		.warn = config->foreground && config->fd != STDOUT_FILENO,
	};
	struct options *o = config->options;

	/* before anything else is open, so that the child holds nothing of ours */
	c.options = o;
	if (start_writer(&c, config, err) < 0)
		return EXIT_UNAVAILABLE;
	if (init(&c, o, err) < 0) {
		c.status = EXIT_UNAVAILABLE;
		goto out;
	}
	c.end = o->for_s > 0 ? llround(o->for_s * 1e6) : 0;
	catch_signals(&c);
	start_control(&c, config);
	start_recording(&c);
	say_single_part(&c, config);
	say_globs(&c);
	if (loop(&c, err) < 0)
		c.status = EXIT_UNAVAILABLE;
	say_troubles(&c);
	c.ending = true;
	control_deaf(c.control);
	event_del(c.timer);
	stop_sources(&c);
	collector_close_recording(&c);
	if (config->session)
		session_close(config->session); /* who hears that we ended may begin another at once */
	control_bye(c.control);
out:
	release(&c);
	return c.status;
}

int collect_for(struct options *o, double seconds, bool (*done)(const struct model *m, void *arg), void *arg,
		struct model **ret, struct error *err)
{
	struct collector c = { .foreground = true, .done = done, .done_arg = arg };
	int r = inputs_open(o, err);

	if (r >= 0)
		r = privilege_drop(true, err);
	if (r < 0)
		return r;
	r = init(&c, o, err);
	if (r < 0)
		goto out;
	c.end = llround(seconds * 1e6);
	catch_signals(&c);
	collector_session_records(&c);
	r = loop(&c, err);
	stop_sources(&c);
	if (r < 0)
		goto out;
	*ret = c.model;
	c.model = NULL;
	r = 0;
out:
	release(&c);
	return r;
}
