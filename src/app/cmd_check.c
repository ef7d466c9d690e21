// SPDX-License-Identifier: GPL-2.0-or-later
// One verdict for scripts. Exit statuses are those of monitoring plugins: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN.
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "app/app.h"
#include "app/collector.h"
#include "app/globs.h"
#include "tunwatch/report.h"

/* Seven seconds of collecting see a peer that does not answer and leave a second of eight for the rest. */
static const double default_for_s = 7;
enum { SETTLED_REPLIES = 3, SETTLED_TICKS = 3 };

/* Nobody said yet whether it is a black hole, and nothing else speaks against the row. */
static bool is_cause_open(const struct model *m, const struct model_tunnel *t, unsigned key)
{
	const struct model_pmtu *p = model_find_pmtu(m, key);

	return p && t->state == HEALTH_UP && p->state == PMTU_STATE_COMPLETE && p->cause == PMTU_CAUSE_PENDING;
}

static bool is_mtu_settled(const struct model *m, const struct model_tunnel *t)
{
	return !model_mtu_searching(m, (unsigned)(t - m->tunnels)) && !is_cause_open(m, t, t->inner_target) &&
	       !is_cause_open(m, t, t->outer_target);
}

/* Whether more probes could still change what is said of this row. */
static bool is_settled(const struct model *m, const struct model_tunnel *t)
{
	const struct model_target *target = model_tunnel_inner(m, t);

	switch (t->state) {
	case HEALTH_DOWN:
		return true;
	case HEALTH_UP:
	case HEALTH_DEGRADED:
		return (target ? target->replies >= SETTLED_REPLIES : m->ticks > SETTLED_TICKS) &&
		       is_mtu_settled(m, t);
	case HEALTH_UNKNOWN:
		return !target && m->ticks > SETTLED_TICKS;
	case HEALTH_COUNT:
		break;
	}
	return false;
}

static bool all_settled(const struct model *m, void *arg)
{
	const struct options *o = arg;
	size_t configured = 0;

	for (size_t i = 0; i < m->ntunnels; i++) {
		const struct model_tunnel *t = &m->tunnels[i];

		if (t->used && !is_settled(m, t))
			return false;
		configured += t->used && t->origin == ORIGIN_CONFIG;
	}
	return configured >= o->ntunnels && m->ticks > (report_rows(m) ? 0 : 1);
}

static int unknown(const struct options *o, const char *why)
{
	if (o->json) {
		struct model *m = model_new(false);
		const struct report r = { .m = m, .closed = true, .notes = &why, .nnotes = 1 };
		struct buf out = {0};

		report_json(&out, &r);
		fputs(out.data, stdout);
		buf_free(&out);
		model_free(m);
	} else {
		printf("TUNWATCH UNKNOWN - %s\n", why);
	}
	return REPORT_UNKNOWN;
}

/* The session's own -i may be wider than ours. */
static void keep_matching(const struct options *o, struct model *m)
{
	for (size_t i = 0; i < m->ntunnels; i++) {
		struct model_tunnel *t = &m->tunnels[i];

		if (t->used && o->nglobs && !globs_match(o, model_name(m, t->ifname)))
			t->used = false;
	}
}

/* A session whose collector hangs must not be believed. */
static bool is_fresh(const struct model *m, char why[160])
{
	struct timespec now;
	int64_t age;

	clock_gettime(CLOCK_REALTIME, &now);
	age = now.tv_sec * US_PER_S + now.tv_nsec / NS_PER_US - model_wall(m, m->now);
	if (!m->has_clock || age < 3 * m->interval_us + 5 * US_PER_S)
		return true;
	snprintf(why, 160, "the running session has been silent for %lld s; end it (" PROGRAM " stop) or look at it ("
		 PROGRAM " attach)", (long long)(age / US_PER_S));
	return false;
}

static int say_nothing_found(const struct options *o, const struct model *m)
{
	struct buf why = {0};
	int r;

	buf_printf(&why, "no tunnels%s: no interface of a tunnel kind (gre, ipip, sit, vti, xfrm, wireguard, tun, "
		   "ppp, vxlan, ...) was found, and %s names none; name one in tunwatch.conf: "
		   "tunnel NAME { peer = ADDRESS }",
		   o->nglobs ? " match -i" : "", o->config_file ? o->config_file : "the configuration");
	report_troubles(&why, m);
	r = unknown(o, why.data);
	buf_free(&why);
	return r;
}

static int say(const struct options *o, const struct model *m)
{
	enum report_status status = report_status(m);
	struct buf out = {0}, troubles = {0};

	buf_puts(&troubles, "");
	if (report_count(m, HEALTH_UNKNOWN))
		report_troubles(&troubles, m);
	if (o->json) {
		const char *note = troubles.data + (troubles.len ? 2 : 0); /* without the "; " */
		const struct report r = {
			.m = m, .from = m->started_us, .to = m->now, .utc = true, .closed = true,
			.notes = &note, .nnotes = troubles.len > 0,
		};

		report_json(&out, &r);
	} else {
		report_summary(&out, m, troubles.data);
		buf_putc(&out, '\n');
	}
	fputs(out.data, stdout);
	buf_free(&out);
	buf_free(&troubles);
	return fflush(stdout) ? die(EXIT_IO, "cannot write the verdict") : (int)status;
}

/* What is wrong with a row is looked for at ticks, and much was heard since the last one. */
static void look_again(struct model *m)
{
	struct record r;

	record_init(&r, RECORD_TICK, 0, m->now);
	model_apply(m, &r);
}

/* A session knows more than a few seconds can tell; a configuration named on the command line is another question. */
static int obtain(struct options *o, struct model **ret, bool *ret_session, struct error *err)
{
	int r = o->config_file ? -ENOENT : session_fold(NULL, ret, err);

	*ret_session = r == 0;
	if (r != -ENOENT)
		return r;
	r = collect_for(o, o->for_s > 0 ? o->for_s : default_for_s, all_settled, o, ret, err);
	if (!r)
		look_again(*ret);
	return r;
}

int cmd_check(struct options *o)
{
	struct model *m = NULL;
	struct error err = { "" };
	char why[160];
	bool session;
	int status;

	if (o->nargs)
		return die(EXIT_USAGE, "check takes no arguments; choose tunnels with -i GLOB or a configuration file");
	if (globs_check(o, &err))
		return unknown(o, err.text);
	if (obtain(o, &m, &session, &err))
		return unknown(o, err.text);
	keep_matching(o, m);
	if (session && !is_fresh(m, why))
		status = unknown(o, why);
	else if (!report_rows(m))
		status = say_nothing_found(o, m);
	else
		status = say(o, m);
	model_free(m);
	return status;
}
