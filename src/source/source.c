// SPDX-License-Identifier: GPL-2.0-or-later
// source: the table of sources, and what all of them use.
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "source/sources.h"

/* Each sees what those before it have put within the same slot or tick: interfaces, then rows made of them, then
 * the ways to their remotes, then probes to what is known by now. */
static const struct source_ops *const table[] = {
	&link_source, &sa_source, &discover_source, &route_source, &bgp_source, &probe_source, &pmtu_source,
	&router_source, &log_source, NULL,
};

const struct source_ops *const *source_table(void)
{
	return table;
}

int64_t source_now(const struct source_env *env)
{
	struct timespec ts;

	clock_gettime(CLOCK_BOOTTIME, &ts);
	return ((int64_t)ts.tv_sec * NS_PER_S + ts.tv_nsec - env->boot0_ns) / NS_PER_US;
}

bool source_watches(const struct source_env *env, const char *ifname)
{
	const struct watch_config *w = env->watch;

	for (size_t i = 0; i < w->nglobs; i++)
		if (!fnmatch(w->globs[i], ifname, 0))
			return true;
	return !w->nglobs;
}

void source_report_put(struct source_env *env, struct source_report *rep, enum source_state state, int error,
		       const char *reason)
{
	int64_t t = source_now(env);
	struct record r;

	if (rep->put && rep->state == state && rep->error == error && !strcmp(rep->reason, reason))
		return;
	rep->put = true;
	rep->state = state;
	rep->error = error;
	str_copy(rep->reason, sizeof rep->reason, reason);
	record_init(&r, RECORD_SOURCE, rep->key, t);
	record_set(&r, SOURCE_NAME, record_intern_text(env->intern, rep->name, t));
	if (rep->instance)
		record_set(&r, SOURCE_INSTANCE, record_intern_text(env->intern, rep->instance, t));
	record_set(&r, SOURCE_STATE, state);
	if (error)
		record_set(&r, SOURCE_ERRNO, error);
	record_set(&r, SOURCE_PERIOD_MS, rep->period_ms);
	if (*rep->reason)
		record_set(&r, SOURCE_REASON, record_intern_text(env->intern, rep->reason, t));
	env->sink->put(env->sink, &r);
}

void source_notice(struct source_env *env, const char *source, enum severity level, const char *fmt, ...)
{
	int64_t t = source_now(env);
	char raw[512], clean[512];
	struct record r;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(raw, sizeof raw, fmt, ap);
	va_end(ap);
	str_clean(clean, sizeof clean, raw, strlen(raw));
	record_init(&r, RECORD_NOTICE, 0, t);
	record_set(&r, NOTICE_SOURCE, record_intern_text(env->intern, source, t));
	record_set(&r, NOTICE_LEVEL, level);
	record_text(&r, clean);
	env->sink->put(env->sink, &r);
}
