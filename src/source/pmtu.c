// SPDX-License-Identifier: GPL-2.0-or-later
// The pmtu source: the path MTU to every target, kept up to date.
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "source/pmtu_int.h"
#include "source/sources.h"

#define STALE_US (2 * US_PER_MS)       /* since the sockets were read */
#define START_US (50 * US_PER_MS)      /* first searches begin so far apart, and all within ... */
#define START_MOST_US (10 * US_PER_S)
#define OUTER_FIRST_US (500 * US_PER_MS)
#define STARTED_US (5 * US_PER_S)      /* by then all is seen that was there at the start */
enum { SEARCHES_MAX = 16 };            /* at once, those that wait for PTBs left out */

int64_t pmtu_period(const struct pmtu_source *s)
{
	return s->env->watch->mtu_period_us;
}

/* ---- what runs by the timer ---- */

void pmtu_activate(struct pmtu_source *s, struct pmtu_path *p)
{
	array_grow(&s->active, &s->active_cap, s->nactive + 1, sizeof *s->active);
	s->active[s->nactive++] = p;
	if (s->nactive == 1)
		pmtu_side_listen(s, true);
}

void pmtu_deactivate(struct pmtu_source *s, struct pmtu_path *p)
{
	size_t i = 0;

	while (i < s->nactive && s->active[i] != p)
		i++;
	if (i == s->nactive)
		return;
	s->active[i] = s->active[--s->nactive];
	if (!s->nactive)
		pmtu_side_listen(s, false);
}

static int64_t sooner(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static void set_timer(struct pmtu_source *s, int64_t wake)
{
	int64_t left;

	for (size_t i = 0; i < s->nactive; i++)
		wake = sooner(wake, s->active[i]->wake_us);
	if (wake == PMTU_SCHED_NEVER) {
		event_del(s->timer);
		return;
	}
	left = wake - source_now(s->env);
	if (left < 0)
		left = 0;
	event_add(s->timer, &(struct timeval){ .tv_sec = left / US_PER_S, .tv_usec = left % US_PER_S });
}

/* Each whose time has come, beginning with another one every time: packets may be scarce. */
static void run_paths(struct pmtu_source *s)
{
	int64_t read_us = source_now(s->env);

	for (size_t n = s->nactive; n > 0 && s->nactive; n--) {
		struct pmtu_path *p = s->active[(s->turn + n) % s->nactive];
		int64_t now = source_now(s->env);

		if (now - read_us > STALE_US) {
			pmtu_read(s);
			read_us = now;
		}
		if (p->wake_us <= now && pmtu_path_go(s, p, now) == PMTU_SCHED_NEVER)
			s->due[p->index] = now;
	}
}

static int64_t run_locates(struct pmtu_source *s)
{
	bool v6_first = s->v6_first;
	int64_t first = pmtu_locate_go(s, v6_first ? &s->v6 : &s->v4);

	return sooner(first, pmtu_locate_go(s, v6_first ? &s->v4 : &s->v6));
}

/* Where a black hole is may be asked while many search: packets are shared half and half, then. */
void pmtu_run(struct pmtu_source *s)
{
	bool locate_first = s->locate_first;
	int64_t wake = PMTU_SCHED_NEVER;

	/* what has arrived counts before anything times out, also when this process had to wait for a processor */
	pmtu_read(s);
	s->turn++;
	if (locate_first)
		wake = run_locates(s);
	run_paths(s);
	if (!locate_first)
		wake = run_locates(s);
	set_timer(s, wake);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	pmtu_run(arg);
}

static bool may_begin(const struct pmtu_source *s)
{
	unsigned n = 0;

	for (size_t i = 0; i < s->nactive; i++)
		n += !s->active[i]->search || s->active[i]->search->phase != PMTU_PHASE_CAUSE;
	return n < SEARCHES_MAX;
}

/* ---- which paths ---- */

static struct pmtu_path *find_or_add(struct pmtu_source *s, unsigned key)
{
	size_t cap = s->paths_cap;
	struct pmtu_path *p;

	if (s->by_key[key])
		return s->paths[s->by_key[key] - 1];
	array_grow(&s->paths, &cap, s->npaths + 1, sizeof *s->paths);
	s->paths_cap = cap;
	array_grow(&s->due, &s->due_cap, s->npaths + 1, sizeof *s->due);
	p = xcalloc(1, sizeof *p);
	p->index = s->npaths;
	p->wake_us = PMTU_SCHED_NEVER;
	s->due[s->npaths] = PMTU_SCHED_NEVER;
	s->paths[s->npaths++] = p;
	s->by_key[key] = (uint32_t)s->npaths;
	return p;
}

/* All that was known is known of another address. */
static void forget(struct pmtu_source *s, struct pmtu_path *p)
{
	pmtu_path_stop(s, p);
	pmtu_locate_stop(s, p);
	p->steady = (struct pmtu_steady){0};
	p->mtu = p->before = p->named = p->limit = 0;
	p->dropped = p->on = false;
	memset(&p->said, 0, sizeof p->said);
}

static bool is_same_way(const struct icmp_way *a, const struct icmp_way *b)
{
	return addr_equal(&a->source, &b->source) && a->ifindex == b->ifindex && a->mark == b->mark && a->tos == b->tos;
}

/* Packets leave another way from now on, or none at all: what is under way would be of two paths. */
static void turn(struct pmtu_source *s, struct pmtu_path *p)
{
	pmtu_locate_stop(s, p);
	if (p->doing == PMTU_SEARCH)
		pmtu_sched_event(&p->sched);
	pmtu_path_stop(s, p);
	s->due[p->index] = source_now(s->env);
}

static void want(void *arg, const struct probe_way *w)
{
	struct pmtu_source *s = arg;
	struct pmtu_path *p = find_or_add(s, w->key);

	if (p->wanted)
		return;
	p->wanted = true;
	if (!addr_equal(&p->at.way.target, &w->way.target)) {
		forget(s, p);
		p->name = record_intern_addr(s->env->intern, &w->way.target, source_now(s->env));
	} else if (p->on && !is_same_way(&p->at.way, &w->way)) {
		turn(s, p);
	}
	p->at = *w;
}

static int compare_addr(const void *a, const void *b, void *arg)
{
	const struct pmtu_source *s = arg;
	const uint32_t *x = a, *y = b;

	return memcmp(&s->paths[*x]->at.way.target, &s->paths[*y]->at.way.target, sizeof(struct addr));
}

/* Whether it leads through a tunnel: the path outside, which is searched first, tells what may fit. */
static bool has_outer(const struct model *m, const struct pmtu_path *p)
{
	return p->at.path == PATH_INNER && m->tunnels[p->at.row].outer_target != MODEL_NONE;
}

static void switch_paths(struct pmtu_source *s, int64_t now_us)
{
	/* what appears later is a network in motion */
	bool later = now_us - s->started_us > STARTED_US;
	int64_t period = pmtu_period(s), delay = later ? PMTU_SCHED_HOLD_US : 0, start;

	s->v4.wanted = s->v6.wanted = false;
	s->nby_addr = 0;
	array_grow(&s->by_addr, &s->by_addr_cap, s->npaths, sizeof *s->by_addr);
	for (size_t i = 0; i < s->npaths; i++) {
		struct pmtu_path *p = s->paths[i];

		if (!p->wanted) {
			forget(s, p);
			s->due[i] = PMTU_SCHED_NEVER;
			continue;
		}
		pmtu_side_of(s, p->at.way.target.family)->wanted = true;
		s->by_addr[s->nby_addr++] = (uint32_t)i;
		if (p->on)
			continue;
		p->on = true;
		start = delay + (has_outer(s->env->model, p) ? OUTER_FIRST_US : 0);
		pmtu_sched_start(&p->sched, now_us, period, pmtu_sched_phase((unsigned)i, period), start);
		s->due[i] = now_us + start;
		delay += delay < START_MOST_US ? START_US : 0;
	}
	qsort_r(s->by_addr, s->nby_addr, sizeof *s->by_addr, compare_addr, s);
}

static void read_model(struct pmtu_source *s, int64_t now_us)
{
	for (size_t i = 0; i < s->npaths; i++)
		s->paths[i]->wanted = false;
	probe_ways(s->env->model, want, s);
	switch_paths(s, now_us);
}

/* What has changed may have changed an MTU. A search in the midst of that would be one of two paths. */
static void look_at_signs(struct pmtu_source *s, int64_t now_us)
{
	uint64_t signs[PMTU_SIGNS];
	int64_t later = 0;

	pmtu_look_begin(s->look, s->env->model);
	for (size_t i = 0; i < s->npaths; i++) {
		struct pmtu_path *p = s->paths[i];

		if (!p->on || p->at.row >= s->env->model->ntunnels)
			continue;
		pmtu_signs(s->look, p, signs);
		if (pmtu_sched_look(&p->sched, now_us + later, signs)) {
			/* what changes all at once may share a line that is slow */
			later += later < START_MOST_US ? START_US : 0;
			pmtu_locate_stop(s, p);
			if (p->doing == PMTU_SEARCH) {
				pmtu_path_stop(s, p);
				pmtu_sched_event(&p->sched);
			}
		}
		if (p->doing == PMTU_IDLE && p->sched.wanted)
			s->due[i] = now_us;
	}
}

static void look_at_model(struct pmtu_source *s, int64_t now_us)
{
	const struct model *m = s->env->model;

	if (s->read_once && s->topology == m->topology && s->changes == m->changes)
		return;
	if (!s->read_once || s->topology != m->topology) {
		s->topology = m->topology;
		s->read_once = true;
		read_model(s, now_us);
	}
	s->changes = m->changes;
	look_at_signs(s, now_us);
}

/* ---- what a person asks for ---- */

static void sweep(struct pmtu_source *s, int64_t now_us)
{
	const struct watch_config *w = s->env->watch;
	const struct model *m = s->env->model;
	unsigned row = w->sweep[0] ? model_find_tunnel(m, w->sweep) : MODEL_NONE;
	const struct model_tunnel *t = row != MODEL_NONE ? &m->tunnels[row] : NULL;

	if (s->sweeps == w->sweeps)
		return;
	s->sweeps = w->sweeps;
	for (size_t i = 0; i < s->npaths; i++) {
		struct pmtu_path *p = s->paths[i];

		bool meant = !w->sweep[0] || (t && (p->at.key == t->inner_target || p->at.key == t->outer_target));

		if (!p->on || !meant || p->doing == PMTU_SEARCH)
			continue;
		pmtu_sched_ask(&p->sched);
		if (p->doing == PMTU_IDLE)
			s->due[i] = now_us;
	}
}

/* ---- slots ---- */

static bool can_send(struct pmtu_source *s, const struct pmtu_path *p)
{
	const struct icmp_socket *icmp = &pmtu_side_of(s, p->at.way.target.family)->socket.icmp;

	return icmp->fd >= 0 && (icmp->raw || !p->at.way.mark) && !p->at.absent;
}

/* A search was given up, and nobody is there for another one: what goes on no longer is not told of as if it did. */
static void say_gone(struct pmtu_source *s, struct pmtu_path *p)
{
	const struct pmtu_found f = { .state = PMTU_STATE_UNREACHABLE, .named = -1 };

	if (p->said.state == PMTU_STATE_SEARCHING && p->said.cause == PMTU_CAUSE_PENDING)
		pmtu_record_found(s, p, &f);
}

/* Something may be due for an idle path. Returns when to look again. */
static int64_t look_at_path(struct pmtu_source *s, struct pmtu_path *p, int64_t now_us)
{
	int64_t wake = PMTU_SCHED_NEVER;
	bool answers;

	if (!p->on)
		return PMTU_SCHED_NEVER;
	if (!can_send(s, p)) {
		say_gone(s, p);
		return now_us + US_PER_S;
	}
	answers = pmtu_path_answers(s, p);
	switch (pmtu_sched_next(&p->sched, now_us, answers, p->steady.mtu && !p->dropped, &wake)) {
	case PMTU_ACT_NONE:
		if (!answers && now_us >= p->sched.hold_us)
			say_gone(s, p);
		return wake;
	case PMTU_ACT_SEARCH:
		if (!may_begin(s))
			return now_us + SLOT_US;
		pmtu_path_search(s, p, now_us);
		return PMTU_SCHED_NEVER;
	case PMTU_ACT_PERIOD:
		pmtu_path_period(s, p, now_us);
		return now_us;
	}
	return wake;
}

static void pass(struct pmtu_source *s)
{
	int64_t now = source_now(s->env);

	for (size_t i = 0; i < s->npaths; i++) {
		struct pmtu_path *p = s->paths[i];

		if (s->due[i] > now)
			continue;
		if (p->doing == PMTU_IDLE)
			s->due[i] = look_at_path(s, p, now);
		if (p->doing == PMTU_PERIOD) {
			s->due[i] = pmtu_path_go(s, p, now);
			/* its next period, or the search that it calls for, in the next slot */
			if (p->doing == PMTU_IDLE)
				s->due[i] = now;
		}
		if (p->doing == PMTU_SEARCH || p->doing == PMTU_CONFIRM)
			s->due[i] = PMTU_SCHED_NEVER;
	}
}

static void slot(void *state, int64_t due)
{
	struct pmtu_source *s = state;
	int64_t now = source_now(s->env);

	(void)due;
	look_at_model(s, now);
	sweep(s, now);
	pmtu_side_open(s, &s->v4, now);
	pmtu_side_open(s, &s->v6, now);
	if (s->waiting)
		pmtu_read(s);
	pass(s);
	pmtu_locate_begin(s, now);
	if (s->nactive || s->v4.locate || s->v6.locate)
		pmtu_run(s);
}

static void *start(struct source_env *env)
{
	struct pmtu_source *s = xcalloc(1, sizeof *s);

	s->env = env;
	s->v4 = pmtu_side_closed(AF_INET, SOURCE_KEY_PMTU, "ipv4");
	s->v6 = pmtu_side_closed(AF_INET6, SOURCE_KEY_PMTU + 1, "ipv6");
	s->look = xcalloc(1, sizeof *s->look);
	s->timer = evtimer_new(env->base, on_timer, s);
	s->sweeps = env->watch->sweeps;
	s->started_us = source_now(env);
	pmtu_belief_open(s);
	return s;
}

static void stop(void *state)
{
	struct pmtu_source *s = state;

	for (size_t i = 0; i < s->npaths; i++) {
		forget(s, s->paths[i]);
		free(s->paths[i]);
	}
	event_free(s->timer);
	pmtu_side_close(&s->v4);
	pmtu_side_close(&s->v6);
	if (s->route_fd >= 0)
		close(s->route_fd);
	pmtu_look_free(s->look);
	free(s->paths);
	free(s->due);
	free(s->by_addr);
	free(s->active);
	free(s);
}

const struct source_ops pmtu_source = { .name = "pmtu", .start = start, .slot = slot, .stop = stop };
