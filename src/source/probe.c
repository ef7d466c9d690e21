// SPDX-License-Identifier: GPL-2.0-or-later
// The probe source: ICMP echo to inner peers and outer remotes, spread over the slots of the interval.
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>

#include <event2/event.h>

#include "source/probe.h"
#include "source/sources.h"

enum { LOOKS_MAX = 3 };

static int64_t read_clock(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return ts.tv_sec * NS_PER_S + ts.tv_nsec;
}

void prober_look(struct prober *p)
{
	const int64_t close_ns = 200000;
	int64_t boot = read_clock(CLOCK_BOOTTIME), real = 0;

	/* both clocks at one moment: again when something came between */
	for (int i = 0; i < LOOKS_MAX; i++) {
		int64_t before = boot;

		real = read_clock(CLOCK_REALTIME);
		boot = read_clock(CLOCK_BOOTTIME);
		if (boot - before < close_ns)
			break;
	}
	prober_clock_update(&p->clock, boot, real);
	p->now = source_now(p->env);
}

struct prober_socket *prober_socket_of(struct prober *p, int family)
{
	return family == AF_INET ? &p->v4 : &p->v6;
}

size_t prober_size(int family)
{
	return (family == AF_INET ? 20 : 40) + 8 + PROBER_DATA;
}

static struct prober_socket closed_socket(int family, uint16_t key, const char *instance)
{
	return (struct prober_socket){
		.icmp = { .fd = -1, .family = family },
		.report = { .key = key, .name = "probe", .instance = instance },
	};
}

/* The probe of this slot: now, or at the target's own moment. */
static void plan(struct prober *p, uint32_t i, enum purpose purpose, int64_t due)
{
	struct target *t = &p->targets[i];

	if (t->apart_us <= 0) {
		prober_send(p, i, purpose, due);
		return;
	}
	t->leaves_us = due + t->apart_us;
	t->leaves_as = (uint8_t)purpose;
}

/* Its moment has come: what missed it by a slot is left out. */
static void leave(struct prober *p, uint32_t i)
{
	struct target *t = &p->targets[i];
	int64_t planned = t->leaves_us;

	t->leaves_us = PROBER_NEVER;
	if (p->now - planned < SLOT_US)
		prober_send(p, i, t->leaves_as, planned);
}

/* A scheduled probe whose slot was missed is left out: its next one comes in the same phase. */
static void send_scheduled(struct prober *p, uint32_t i, int64_t due, bool stalled)
{
	struct target *t = &p->targets[i];
	int64_t planned = t->due_us, late = due - planned;

	t->due_us += (late / p->interval_us + 1) * p->interval_us;
	if (stalled)
		return;
	if (t->deferred)
		prober_send(p, i, PURPOSE_SCHEDULE, planned + (t->apart_us > 0 ? t->apart_us : 0));
	else if (late < SLOT_US)
		plan(p, i, PURPOSE_SCHEDULE, due);
}

static void flush(struct prober *p)
{
	prober_flush(p, &p->v4);
	prober_flush(p, &p->v6);
	p->v4.full = p->v6.full = false;
	prober_drain_stamps(p, &p->v4);
	prober_drain_stamps(p, &p->v6);
}

static void wait_moment(struct prober *p)
{
	int64_t left = p->moment_us - source_now(p->env);

	event_add(p->timer, &(struct timeval){ .tv_usec = left < 0 ? 0 : left });
}

static void set_timer(struct prober *p)
{
	p->moment_us = PROBER_NEVER;
	for (size_t i = 0; i < p->ntargets; i++)
		if (p->targets[i].leaves_us < p->moment_us)
			p->moment_us = p->targets[i].leaves_us;
	if (p->moment_us == PROBER_NEVER)
		event_del(p->timer);
	else
		wait_moment(p);
}

static void drain_replies(struct prober *p)
{
	prober_drain_replies(p, &p->v4);
	prober_drain_replies(p, &p->v6);
	prober_look(p);
}

/* Those whose moment has come, or went by. What one waited for since its last moment ends in this one, too. */
static void leave_until(struct prober *p, int64_t us)
{
	for (uint32_t i = 0; i < p->ntargets; i++) {
		if (p->targets[i].leaves_us > us)
			continue;
		if (p->targets[i].deadline_us <= p->now)
			prober_flight_expire(p, &p->targets[i]);
		leave(p, i);
	}
	flush(p);
}

static void on_moment(evutil_socket_t fd, short what, void *arg)
{
	struct prober *p = arg;

	(void)fd;
	(void)what;
	prober_look(p);
	/* libevent counts from when it woke up: that little early */
	if (p->now < p->moment_us) {
		wait_moment(p);
		return;
	}
	drain_replies(p);
	leave_until(p, p->moment_us);
	set_timer(p);
}

static void *start(struct source_env *env)
{
	struct prober *p = xcalloc(1, sizeof *p);

	p->env = env;
	p->io = xcalloc(1, sizeof *p->io);
	p->v4 = closed_socket(AF_INET, SOURCE_KEY_PROBE4, "ipv4");
	p->v6 = closed_socket(AF_INET6, SOURCE_KEY_PROBE6, "ipv6");
	prober_look(p);
	if (getrandom(&p->nonce, sizeof p->nonce, 0) != (ssize_t)sizeof p->nonce)
		p->nonce = (uint64_t)p->clock.boot_ns;
	p->interval_us = env->watch->interval_us;
	p->moment_us = PROBER_NEVER;
	p->timer = evtimer_new(env->base, on_moment, p);
	prober_open(p, &p->v4);
	return p;
}

static void send_fast(struct prober *p, uint32_t i, int64_t due)
{
	struct target *t = &p->targets[i];
	int64_t planned = t->planned_us - t->planned_us % SLOT_US;

	if (due - planned < PROBER_FAST_US || t->due_us - due < PROBER_FAST_US || p->fast_left <= 0)
		return;
	t->fast = model_wants_fast(p->env->model, t->key);
	if (!t->fast)
		return;
	p->fast_left--;
	plan(p, i, PURPOSE_VERDICT, due);
}

/* Another target is the first every time: where a queue has room for some only, they must not be always the same. */
static uint32_t first_of(const struct prober *p, int64_t due)
{
	uint32_t mixed = (uint32_t)(due / SLOT_US) * UINT32_C(2654435761); /* Knuth's multiplier */

	return p->ntargets ? (mixed >> 16) % p->ntargets : 0;
}

/* Once over all targets: what has waited too long, and what is due. */
static void pass(struct prober *p, int64_t due)
{
	bool stalled = p->now - due >= SLOT_US;
	uint32_t first = first_of(p, due);

	p->fast_left = PROBER_FAST_PER_S * SLOT_US / US_PER_S;
	for (uint32_t n = 0; n < p->ntargets; n++) {
		uint32_t i = first + n < p->ntargets ? first + n : first + n - p->ntargets;

		if (p->targets[i].deadline_us <= p->now)
			prober_flight_expire(p, &p->targets[i]);
		if (p->targets[i].due_us <= due)
			send_scheduled(p, i, due, stalled);
		else if (p->targets[i].fast && !stalled)
			send_fast(p, i, due);
	}
	flush(p);
	set_timer(p);
}

static void open_wanted(struct prober *p)
{
	if (p->v4.icmp.fd < 0 && p->v4.wanted)
		prober_open(p, &p->v4);
	if (p->v6.icmp.fd < 0 && p->v6.wanted)
		prober_open(p, &p->v6);
}

static void slot(void *state, int64_t due)
{
	struct prober *p = state;

	prober_look(p);
	prober_targets_update(p, due);
	open_wanted(p);
	drain_replies(p);
	if (p->moment_us <= due)
		leave_until(p, due);
	pass(p, due);
}

static void stop(void *state)
{
	struct prober *p = state;

	event_free(p->timer);
	prober_close(&p->v4);
	prober_close(&p->v6);
	for (size_t i = 0; i < p->ntargets; i++)
		free(p->targets[i].ring);
	free(p->targets);
	free(p->by_addr);
	free(p->v4.stamps);
	free(p->v6.stamps);
	free(p->io);
	free(p);
}

const struct source_ops probe_source = { .name = "probe", .start = start, .slot = slot, .stop = stop };
