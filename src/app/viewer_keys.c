// SPDX-License-Identifier: GPL-2.0-or-later
// Keys that concern time, the collector and the program; the others are the view's.
#include <errno.h>
#include <string.h>

#include "app/viewer.h"

#define VERDICT_US (60 * US_PER_S) /* longer than any verdict takes */

static const struct model *model_of(const struct viewer *vw)
{
	return timeline_model(vw->tl);
}

// ---- time ----

static void pause_at(struct viewer *vw, int64_t t)
{
	vw->paused = true;
	timeline_seek(vw->tl, t);
}

// To a time that a person named: replay goes on from there.
static void go_to(struct viewer *vw, int64_t t)
{
	if (vw->mode & MODE_LIVE || vw->paused) {
		pause_at(vw, t);
		return;
	}
	timeline_seek(vw->tl, t);
	vw->played_us = viewer_now();
}

static void go_live(struct viewer *vw)
{
	bool was_live = timeline_follows(vw->tl) && !vw->paused;

	if (vw->mode & MODE_LIVE && was_live) {
		view_say(vw->view, "live already; p holds the view");
		return;
	}
	vw->paused = false;
	if (vw->mode & MODE_LIVE)
		timeline_follow(vw->tl);
	else
		timeline_seek(vw->tl, timeline_end(vw->tl));
}

static void toggle_pause(struct viewer *vw)
{
	if (vw->mode & MODE_LIVE && vw->paused) {
		go_live(vw);
	} else if (vw->mode & MODE_REPLAY) {
		vw->paused = !vw->paused;
		vw->played_us = viewer_now();
	} else {
		pause_at(vw, timeline_at(vw->tl));
	}
}

static void step(struct viewer *vw, int64_t us)
{
	pause_at(vw, timeline_at(vw->tl) + us);
}

static bool is_wanted(const struct viewer *vw, const struct history_event *e)
{
	unsigned only = view_events_of(vw->view);

	return only == MODEL_NONE || e->tunnel == only || e->tunnel == MODEL_NONE;
}

static bool knows(const struct model *m, int64_t t)
{
	for (size_t i = history_events(m); i--;)
		if (history_event(m, i)->t == t)
			return true;
	return false;
}

// An outage is dated at the first lost probe, before it could be known: go on to where the screen shows it.
static void pause_at_event(struct viewer *vw, int64_t t)
{
	int64_t us = model_of(vw)->interval_us, to = t + VERDICT_US;

	pause_at(vw, t);
	for (int64_t at = t + us; at <= to && !knows(model_of(vw), t); at += us)
		timeline_play(vw->tl, at);
	vw->event_us = t;
	vw->event_at_us = timeline_at(vw->tl);
}

// The model that has seen most knows the events that are still to come.
static void go_event(struct viewer *vw, bool on)
{
	const struct model *m = on ? timeline_newest(vw->tl) : model_of(vw);
	int64_t at = timeline_at(vw->tl), found = -1;

	if (vw->paused && at == vw->event_at_us)
		at = vw->event_us;
	for (size_t i = 0; i < history_events(m); i++) {
		const struct history_event *e = history_event(m, i);
		bool is_nearer = on ? e->t > at && (found < 0 || e->t < found) : e->t < at && e->t > found;

		if (is_nearer && is_wanted(vw, e))
			found = e->t;
	}
	if (found < 0)
		view_say(vw->view, on ? "no event after this" : "no event before this");
	else
		pause_at_event(vw, found);
}

static void go_time(struct viewer *vw, const char *text)
{
	struct error err = { "" };
	int64_t t;

	if (!*text)
		return;
	if (time_spec_parse(text, timeline_newest(vw->tl), timeline_at(vw->tl), &t, &err)) {
		view_say(vw->view, "%s", err.text);
		return;
	}
	go_to(vw, t);
	if (t < timeline_newest(vw->tl)->started_us)
		view_say(vw->view, "%s is before the recording: this is its start", text);
	else if (t > timeline_end(vw->tl))
		view_say(vw->view, "%s is after the recording: this is its end", text);
}

static void go_mark(struct viewer *vw, const char *text)
{
	const struct model *m = timeline_newest(vw->tl);
	unsigned i = *text >= 'a' && *text <= 'z' ? (unsigned)(*text - 'a') : (unsigned)(*text - 'A');

	if (i < ARRAY_LEN(m->marks) && i < m->marks_count)
		go_to(vw, m->marks[i].t);
	else
		view_say(vw->view, "no mark %s", text);
}

static void change_speed(struct viewer *vw, double factor)
{
	double to = vw->speed * factor;

	if (to >= 0.25 && to <= 64)
		vw->speed = to;
}

static void rewind_all(struct viewer *vw)
{
	timeline_seek(vw->tl, 0);
	vw->played_us = viewer_now();
}

// ---- the collector ----

static void tell(struct viewer *vw, const char *text)
{
	int r = vw->connected ? control_send(vw->config->control, -1, "%s", text) : -ENOTCONN;

	if (r)
		view_say(vw->view, "the collector does not take it: %s", strerror(-r));
}

static void tell_text(struct viewer *vw, const char *verb, const char *text)
{
	char line[160];
	size_t pos = 0;

	str_append(line, sizeof line, &pos, "%s%s%s", verb, *text ? " " : "", text);
	tell(vw, line);
}

static void tell_interval(struct viewer *vw, const char *text)
{
	double s;

	if (!str_to_double(text, 0.1, 60, &s))
		view_say(vw->view, "an interval is 0.1 to 60 seconds");
	else
		tell_text(vw, "interval", text);
}

static void set_baseline(struct viewer *vw)
{
	char line[64];
	size_t pos = 0;

	if (vw->mode & MODE_REPLAY) {
		timeline_baseline(vw->tl, false);
		return;
	}
	str_append(line, sizeof line, &pos, "baseline");
	if (vw->paused)
		str_append(line, sizeof line, &pos, " %lld", (long long)timeline_at(vw->tl));
	tell(vw, line);
}

static void clear_baseline(struct viewer *vw)
{
	if (vw->mode & MODE_REPLAY)
		timeline_baseline(vw->tl, true);
	else
		tell(vw, "baseline clear");
}

// An operator may need the only session that a router gives.
static void release(struct viewer *vw)
{
	const struct model *m = timeline_newest(vw->tl);
	bool asked = false, released = false, session = false;

	for (size_t i = 0; i < m->nrouters; i++) {
		const struct model_router *r = &m->routers[i];

		asked |= r->used;
		session |= r->used && strcmp(model_name(m, r->profile), "vtysh") != 0;
		released |= r->used && r->outcome == ROUTER_OUTCOME_RELEASED;
	}
	if (vw->mode & MODE_REPLAY) {
		view_say(vw->view, "L works live only: here no router is asked");
		return;
	}
	if (!asked) {
		view_say(vw->view, "no router is asked: panel 4 says how to name one");
		return;
	}
	if (!session) {
		view_say(vw->view, "no router has a session to leave: vtysh runs on this host");
		return;
	}
	view_say(vw->view, released ? "asking the routers again"
				    : "leaving the routers alone for 15 minutes; L asks them again");
	tell(vw, released ? "take" : "release");
}

// What a search would send its packets to.
static bool can_be_probed(const struct model *m, unsigned row)
{
	const struct model_tunnel *t = row < m->ntunnels ? &m->tunnels[row] : NULL;

	return t && t->used && (model_tunnel_inner(m, t) || model_tunnel_outer(m, t));
}

static void sweep(struct viewer *vw, bool all)
{
	const struct model *m = model_of(vw);
	unsigned row = view_row(vw->view);
	bool is_there = row < m->ntunnels && m->tunnels[row].used;
	int64_t until = timeline_end(vw->tl) + 5 * US_PER_S;

	if (vw->mode & MODE_REPLAY) {
		view_say(vw->view, "%s works live only: replay sends no packet", all ? "f" : "R");
	} else if (all) {
		view_say_until(vw->view, until, "searching the path MTUs of all rows");
		tell(vw, "sweep");
	} else if (!is_there) {
		view_say(vw->view, "no row is selected");
	} else if (!can_be_probed(m, row)) {
		view_say(vw->view, "no address of %s is known that could be asked", m->tunnels[row].name);
	} else {
		view_say_until(vw->view, until, "searching the path MTU of %s", m->tunnels[row].name);
		tell_text(vw, "sweep", m->tunnels[row].name);
	}
}

// ---- leaving ----

static bool has_open_outage(const struct model *m)
{
	for (size_t i = 0; i < history_outages(m); i++)
		if (history_outage(m, i)->end == MODEL_NEVER)
			return true;
	return false;
}

static void leave(struct viewer *vw, bool print)
{
	const struct model *m = timeline_newest(vw->tl);

	vw->print = print;
	if (vw->mode & MODE_LIVE && vw->connected && (m->marks_count || has_open_outage(m)))
		view_ask(vw->view, ASK_QUIT);
	else
		viewer_leave(vw, VIEWER_LEAVE);
}

static void answer_quit(struct viewer *vw, const char *text)
{
	if (!strcmp(text, "s"))
		viewer_leave(vw, VIEWER_STOP);
	else if (!strcmp(text, "k") || !strcmp(text, "q") || !strcmp(text, "Q") || !*text)
		viewer_leave(vw, VIEWER_LEAVE);
}

// ---- keys ----

static void answer(struct viewer *vw, enum view_question which, const char *text)
{
	switch (which) {
	case ASK_TIME:
		go_time(vw, text);
		break;
	case ASK_MARK:
		tell_text(vw, "mark", text);
		break;
	case ASK_GOTO:
		go_mark(vw, text);
		break;
	case ASK_BASELINE:
		if (!strcmp(text, "s"))
			set_baseline(vw);
		else if (!strcmp(text, "c"))
			clear_baseline(vw);
		break;
	case ASK_INTERVAL:
		tell_interval(vw, text);
		break;
	case ASK_QUIT:
		answer_quit(vw, text);
		break;
	case ASK_NOTHING:
	case ASK_FILTER:
	case ASK_SEARCH:
		break;
	}
}

static void open_event(struct viewer *vw)
{
	struct view_status st = viewer_status(vw);
	int64_t t;

	if (view_event_time(vw->view, model_of(vw), &st, &t))
		pause_at_event(vw, t);
}

static bool do_time(struct viewer *vw, enum action action)
{
	int64_t interval = model_of(vw)->interval_us, cell = view_zoom(vw->view) * US_PER_S;

	if (action == ACTION_PAUSE)
		toggle_pause(vw);
	else if (action == ACTION_STEP || action == ACTION_STEP_BACK)
		step(vw, action == ACTION_STEP ? interval : -interval);
	else if (action == ACTION_CELL || action == ACTION_CELL_BACK)
		step(vw, action == ACTION_CELL ? cell : -cell);
	else if (action == ACTION_EVENT || action == ACTION_EVENT_BACK)
		go_event(vw, action == ACTION_EVENT);
	else if (action == ACTION_LIVE)
		go_live(vw);
	else if (action == ACTION_REWIND)
		rewind_all(vw);
	else if (action == ACTION_SLOWER || action == ACTION_FASTER)
		change_speed(vw, action == ACTION_FASTER ? 2 : 0.5);
	else if (action == ACTION_SPEED_1)
		vw->speed = 1;
	else if (action == ACTION_OPEN)
		open_event(vw);
	else
		return false;
	return true;
}

static bool do_ask(struct viewer *vw, enum action action)
{
	if (action == ACTION_BRANCH)
		view_ask(vw->view, ASK_TIME);
	else if (action == ACTION_GOTO_MARK)
		view_ask(vw->view, ASK_GOTO);
	else if (action == ACTION_MARK)
		view_ask(vw->view, ASK_MARK);
	else if (action == ACTION_INTERVAL)
		view_ask(vw->view, ASK_INTERVAL);
	else if (action == ACTION_BASELINE && model_of(vw)->baseline_us != MODEL_NEVER)
		view_ask(vw->view, ASK_BASELINE);
	else
		return false;
	return true;
}

static void do_rest(struct viewer *vw, enum action action)
{
	if (action == ACTION_BASELINE)
		set_baseline(vw);
	else if (action == ACTION_RESET)
		tell(vw, "reset");
	else if (action == ACTION_RELEASE)
		release(vw);
	else if (action == ACTION_SWEEP || action == ACTION_SWEEP_ALL)
		sweep(vw, action == ACTION_SWEEP_ALL);
	else if (action == ACTION_COLOR && vw->term)
		term_set_color(vw->term, !term_has_color(vw->term));
	else if (action == ACTION_REDRAW && vw->term)
		term_redraw(vw->term);
	else if (action == ACTION_SAVE_SCREEN)
		viewer_save_screen(vw);
	else if (action == ACTION_QUIT || action == ACTION_QUIT_PRINT)
		leave(vw, action == ACTION_QUIT_PRINT);
}

void viewer_key(struct viewer *vw, const char *key)
{
	struct view_status st = viewer_status(vw);
	enum action action;

	vw->dirty = true;
	if (view_asking(vw->view) != ASK_NOTHING) {
		const char *text;
		enum view_question which = view_answer(vw->view, key, model_of(vw), &st, &text);

		if (which != ASK_NOTHING)
			answer(vw, which, text);
		return;
	}
	action = action_find(key, vw->mode);
	if (action == ACTION_NONE) {
		if (!view_lacks(vw->view, key))
			view_say(vw->view, "%s does nothing here; ? lists the keys", key);
		return;
	}
	if (!view_do(vw->view, action, model_of(vw), &st) && !do_time(vw, action) && !do_ask(vw, action))
		do_rest(vw, action);
}

// ---- scripts ----

static bool is_key_name(const char *s)
{
	static const char *const names[] = { "Enter", "Esc", "Tab", "Space", "Backspace", "Up", "Down", "Left", "Right",
					     "PgUp", "PgDn", "Home", "End", "Ins", "Del" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (!strcmp(s, names[i]))
			return true;
	return (s[0] == '^' && s[1] && !s[2]) || (s[0] == 'F' && s[1] >= '1' && s[1] <= '9');
}

static bool named_key(const char **keys, char ret[TERM_KEY_MAX])
{
	const char *end = **keys == '<' ? strchr(*keys, '>') : NULL;
	size_t n = end ? (size_t)(end - *keys - 1) : 0;

	if (!n || n >= TERM_KEY_MAX)
		return false;
	memcpy(ret, *keys + 1, n);
	ret[n] = 0;
	if (!is_key_name(ret))
		return false;
	*keys = end + 1;
	return true;
}

bool viewer_script_next(const char **keys, char ret[TERM_KEY_MAX])
{
	while (**keys) {
		if (named_key(keys, ret))
			return true;
		*keys += term_parse_key(*keys, strlen(*keys), true, ret);
		if (*ret)
			return true;
	}
	return false;
}

void viewer_script(struct viewer *vw, const char *keys)
{
	char key[TERM_KEY_MAX];

	while (!vw->done && viewer_script_next(&keys, key)) {
		viewer_key(vw, key);
		// what is drawn decides how far a page goes
		if (!vw->term)
			viewer_draw(vw);
	}
}
