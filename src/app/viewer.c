// SPDX-License-Identifier: GPL-2.0-or-later
// The viewer: a recording's model on a terminal. It holds no privilege, and nothing it does reaches the collector but
// through the control connection.
#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "app/viewer.h"

#define POLL_US (100 * US_PER_MS)   /* how often the file is looked at */
#define SOON_US (250 * US_PER_MS)   /* drawings for keys and early frames keep this distance */
#define WORK_US (40 * US_PER_MS)    /* reading at once, before keys have their turn */
#define STORM_BYTES 1500            /* a second: no early frames where screens take more */
#define ESCAPE_US (60 * US_PER_MS)  /* a lone escape byte is the Esc key after this */

int64_t viewer_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * US_PER_S + ts.tv_nsec / NS_PER_US;
}

static bool is_playing(const struct viewer *vw)
{
	return vw->mode & MODE_REPLAY && !vw->paused && !timeline_follows(vw->tl);
}

struct view_status viewer_status(const struct viewer *vw)
{
	struct view_status st = {
		.mode = vw->mode, .paused = vw->paused, .silent = viewer_is_silent(vw), .at = timeline_at(vw->tl),
		.end = timeline_end(vw->tl), .bytes = timeline_bytes(vw->tl), .speed = vw->speed,
		.scan_percent = timeline_percent(vw->tl), .file = vw->file,
		.trouble = *vw->trouble ? vw->trouble : vw->ended ? "SESSION ENDED" : NULL,
	};

	st.over = st.at >= st.end && (!vw->term || viewer_now() - vw->seen_us > 3 * US_PER_S);
	st.connecting = vw->mode & MODE_LIVE && !st.end && vw->connected;
	if (!st.silent)
		return st;
	st.silent_us = viewer_now() - vw->seen_us;
	if (!vw->paused)
		st.at += st.silent_us;
	return st;
}

void viewer_leave(struct viewer *vw, enum viewer_exit result)
{
	vw->result = result;
	vw->done = true;
	if (vw->base)
		event_base_loopbreak(vw->base);
}

// ---- drawing ----

static void want_writable(struct viewer *vw, int r)
{
	if (r == -EAGAIN)
		event_add(vw->writable, NULL);
	else if (r < 0)
		viewer_leave(vw, VIEWER_HANGUP);
}

// Bytes sent faster than STORM_BYTES a second, after so long.
static int64_t debt_left(const struct viewer *vw, int64_t since_us)
{
	int64_t paid = since_us / US_PER_MS * STORM_BYTES / 1000;

	return vw->debt > paid ? vw->debt - paid : 0;
}

static void draw_on_terminal(struct viewer *vw, int64_t since_us)
{
	int r = term_draw(vw->term, vw->canvas);

	vw->debt = debt_left(vw, since_us) + (int64_t)term_cost(vw->term);
	// a whole screen is drawn at most now and then
	if (vw->debt > 2 * STORM_BYTES)
		vw->debt = 2 * STORM_BYTES;
	want_writable(vw, r);
}

void viewer_draw(struct viewer *vw)
{
	int64_t now = viewer_now(), since = now - vw->drawn_us;
	struct view_status st = viewer_status(vw);
	const struct model *m = timeline_model(vw->tl);
	int columns = vw->config->columns, rows = vw->config->rows;

	if (vw->term)
		term_size(vw->term, &columns, &rows);
	if (!vw->term || columns != canvas_columns(vw->canvas) || rows != canvas_rows(vw->canvas))
		canvas_resize(vw->canvas, columns, rows);
	view_draw(vw->view, vw->canvas, m, &st);
	vw->dirty = false;
	vw->drawn_us = now;
	vw->drawn_at = timeline_at(vw->tl);
	vw->drawn_second = st.end / US_PER_S;
	vw->drawn_ticks = m->ticks;
	vw->drawn_changes = m->changes;
	if (vw->term)
		draw_on_terminal(vw, since);
}

// A drawing costs a burst on somebody's slow line: one an interval, and early ones for what cannot wait.
static bool is_due(const struct viewer *vw, int64_t now)
{
	const struct model *m = timeline_model(vw->tl);
	int64_t since = now - vw->drawn_us, interval = m->interval_us > SOON_US ? m->interval_us : SOON_US;

	if (term_is_plain(vw->term) && since < US_PER_S)
		return false;
	if (since < SOON_US)
		return timeline_follows(vw->tl) && m->ticks != vw->drawn_ticks && since >= interval / 2 && !vw->dirty;
	if (vw->dirty)
		return true;
	// in a storm the screen of the interval has to do
	if (m->changes != vw->drawn_changes && !debt_left(vw, since))
		return true;
	if (timeline_follows(vw->tl) && m->ticks != vw->drawn_ticks)
		return true;
	if (is_playing(vw) && vw->speed <= 1)
		return timeline_at(vw->tl) / interval != vw->drawn_at / interval;
	if (is_playing(vw) || viewer_is_silent(vw))
		return since >= US_PER_S - POLL_US;
	return timeline_end(vw->tl) / US_PER_S != vw->drawn_second && since >= interval - POLL_US;
}

static void draw_if_due(struct viewer *vw)
{
	// what is pending must be out first: then the newest state is drawn, not one that has passed
	if (!vw->done && !term_pending(vw->term) && is_due(vw, viewer_now()))
		viewer_draw(vw);
}

// ---- what happens ----

static void play(struct viewer *vw)
{
	int64_t now = viewer_now(), by = now - vw->played_us;

	vw->played_us = now;
	if (!is_playing(vw))
		return;
	timeline_play(vw->tl, timeline_at(vw->tl) + (int64_t)((double)by * vw->speed));
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct viewer *vw = arg;
	struct error err = { "" };

	(void)fd;
	(void)what;
	if (vw->config->spool && spool_move(vw->config->spool, vw->config->reader, &err) < 0)
		view_say(vw->view, "%s", err.text);
	vw->idle = !timeline_work(vw->tl, WORK_US);
	viewer_watch(vw);
	play(vw);
	draw_if_due(vw);
}

static void take_keys(struct viewer *vw, bool final)
{
	const struct timeval wait = { 0, ESCAPE_US };
	char key[TERM_KEY_MAX];

	while (!vw->done && term_key(vw->term, final, key))
		viewer_key(vw, key);
	if (term_key_waits(vw->term))
		event_add(vw->escape, &wait);
	draw_if_due(vw);
}

static void on_tty(evutil_socket_t fd, short what, void *arg)
{
	struct viewer *vw = arg;
	int r = term_read(vw->term);

	(void)fd;
	(void)what;
	if (!r)
		take_keys(vw, false);
	else if (r != -EAGAIN)
		viewer_leave(vw, VIEWER_HANGUP);
}

static void on_escape(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	take_keys(arg, true);
}

static void on_writable(evutil_socket_t fd, short what, void *arg)
{
	struct viewer *vw = arg;

	(void)fd;
	(void)what;
	want_writable(vw, term_flush(vw->term));
	draw_if_due(vw);
}

static void on_control(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	viewer_control(arg);
}

static void stop_for_a_while(struct viewer *vw)
{
	term_suspend(vw->term);
	raise(SIGSTOP);
	term_resume(vw->term);
	vw->dirty = true;
}

static void on_signal(evutil_socket_t number, short what, void *arg)
{
	struct viewer *vw = arg;

	(void)what;
	switch (number) {
	case SIGWINCH:
		term_resized(vw->term);
		vw->dirty = true;
		break;
	case SIGINT:
		viewer_leave(vw, VIEWER_LEAVE);
		break;
	case SIGTSTP:
		stop_for_a_while(vw);
		break;
	case SIGUSR1:
		viewer_save_screen(vw);
		vw->dirty = true;
		break;
	default:
		viewer_leave(vw, VIEWER_HANGUP);
	}
}

// ---- setting up ----

static struct event *add_event(struct viewer *vw, evutil_socket_t fd, short what, event_callback_fn call,
			       const struct timeval *timeout, bool now)
{
	struct event *ev = event_new(vw->base, fd, what, call, vw);

	vw->events[vw->nevents++] = ev;
	if (now)
		event_add(ev, timeout);
	return ev;
}

static int open_loop(struct viewer *vw, struct error *err)
{
	static const int signals[] = { SIGWINCH, SIGINT, SIGTERM, SIGHUP, SIGTSTP, SIGUSR1 };
	const struct timeval period = { 0, POLL_US };
	int tty = vw->config->tty;

	vw->base = event_base_new();
	if (!vw->base)
		return error_set(err, -ENOMEM, "cannot start the event loop");
	for (size_t i = 0; i < ARRAY_LEN(signals); i++)
		add_event(vw, signals[i], EV_SIGNAL | EV_PERSIST, on_signal, NULL, true);
	add_event(vw, tty, EV_READ | EV_PERSIST, on_tty, NULL, true);
	add_event(vw, -1, EV_PERSIST, on_timer, &period, true);
	vw->writable = add_event(vw, tty, EV_WRITE, on_writable, NULL, false);
	vw->escape = add_event(vw, -1, 0, on_escape, NULL, false);
	if (vw->connected)
		vw->control = add_event(vw, vw->config->control, EV_READ | EV_PERSIST, on_control, NULL, true);
	return 0;
}

static void close_loop(struct viewer *vw)
{
	for (size_t i = 0; i < vw->nevents; i++)
		event_free(vw->events[i]);
	if (vw->base)
		event_base_free(vw->base);
}

// All characters that the screen uses and that some terminals draw two columns wide.
static bool can_utf8(void)
{
	return canvas_locale_draws("█▄×·│▲▼↓↑→●Δ±▁▂▃▄▅▆▇…");
}

static bool choose_ascii(const struct viewer_config *config)
{
	setlocale(LC_CTYPE, "");
	if (config->ascii)
		return true;
	if (config->utf8 && strcmp(nl_langinfo(CODESET), "UTF-8") != 0)
		setlocale(LC_CTYPE, "C.UTF-8");
	return config->utf8 ? false : !can_utf8();
}

static bool choose_color(const struct viewer_config *config)
{
	const char *no = getenv("NO_COLOR");

	return !config->no_color && !(no && *no);
}

static const char *base_name(const char *path)
{
	const char *slash = path ? strrchr(path, '/') : NULL;

	return slash ? slash + 1 : path;
}

static void set_up(struct viewer *vw, const struct viewer_config *config)
{
	bool ascii = choose_ascii(config);

	vw->config = config;
	vw->mode = config->control >= 0 ? MODE_LIVE : MODE_REPLAY;
	vw->connected = config->control >= 0;
	vw->speed = 1;
	vw->file = base_name(config->where);
	vw->tl = timeline_new(config->reader);
	vw->view = view_new(ascii, config->utc);
	vw->canvas = canvas_new(ascii);
	vw->event_at_us = MODEL_NEVER;
	vw->seen_us = vw->played_us = viewer_now();
}

static void tear_down(struct viewer *vw)
{
	canvas_free(vw->canvas);
	view_free(vw->view);
	timeline_free(vw->tl);
}

static void loop(struct viewer *vw)
{
	viewer_control(vw);
	timeline_work(vw->tl, WORK_US);
	if (vw->config->follow)
		timeline_follow(vw->tl);
	else
		timeline_seek(vw->tl, 0);
	viewer_watch(vw);
	viewer_draw(vw);
	if (vw->config->keys)
		viewer_script(vw, vw->config->keys);
	while (!vw->done) {
		// while there is more to read, between the keys
		if (event_base_loop(vw->base, vw->idle ? EVLOOP_ONCE : EVLOOP_NONBLOCK) < 0)
			viewer_leave(vw, VIEWER_ERROR);
		if (!vw->idle && !vw->done)
			on_timer(-1, 0, vw);
	}
}

static int run_terminal(struct viewer *vw, struct error *err)
{
	int r;

	vw->term = term_new(vw->config->tty, choose_color(vw->config), err);
	if (!vw->term)
		return -EIO;
	r = open_loop(vw, err);
	if (!r)
		loop(vw);
	close_loop(vw);
	term_free(vw->term);
	vw->term = NULL;
	if (!r && vw->print && vw->result != VIEWER_HANGUP)
		viewer_print_last(vw, vw->config->tty);
	return r;
}

enum viewer_exit viewer_run(const struct viewer_config *config, struct error *err)
{
	struct viewer vw = { .result = VIEWER_LEAVE };
	int r;

	set_up(&vw, config);
	r = config->columns ? viewer_text(&vw, err) : run_terminal(&vw, err);
	tear_down(&vw);
	return r ? VIEWER_ERROR : vw.result;
}
