// SPDX-License-Identifier: GPL-2.0-or-later
// What the collector says about the session and about time.
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>

#include "app/collector_int.h"

#define STEP_US (20 * US_PER_MS)      /* the wall clock moved */
#define SUSPEND_US (100 * US_PER_MS)  /* the host slept */
#define BUSY_EVERY_US (60 * US_PER_S)
#define BUSY_SLOTS 6                  /* of 600 */
#define CLOCK_SPREAD_NS 200000        /* readings further apart are taken again */

enum setting_key { SETTING_KEY_INTERVAL, SETTING_KEY_INTERFACES, SETTING_KEY_ONLY, SETTING_KEY_MTU_PERIOD };

static int64_t read_ns(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return (int64_t)ts.tv_sec * NS_PER_S + ts.tv_nsec;
}

/* How far clock id is ahead of CLOCK_BOOTTIME, in us. */
static int64_t offset_us(clockid_t id)
{
	int64_t before, other, after;

	for (int i = 0;; i++) {
		before = read_ns(CLOCK_BOOTTIME);
		other = read_ns(id);
		after = read_ns(CLOCK_BOOTTIME);
		if (after - before < CLOCK_SPREAD_NS || i == 5)
			return (other - (before + after) / 2) / NS_PER_US;
	}
}

static int64_t wall_offset(const struct collector *c)
{
	return offset_us(CLOCK_REALTIME) + c->env.boot0_ns / NS_PER_US;
}

int64_t collector_wall(struct collector *c)
{
	return c->clock.wall_off_us + collector_now(c);
}

static int zone_offset(int64_t wall_us)
{
	time_t t = (time_t)(wall_us / US_PER_S);
	struct tm tm = {0};

	tzset(); /* the host's zone may have been changed */
	localtime_r(&t, &tm);
	return (int)tm.tm_gmtoff;
}

static void put_clock(struct collector *c, enum clock_reason reason, int64_t step_us)
{
	struct record r;

	record_init(&r, RECORD_CLOCK, 0, collector_now(c));
	record_set(&r, CLOCK_WALL_OFF_US, c->clock.wall_off_us);
	record_set(&r, CLOCK_UTC_OFF_S, c->clock.utc_off_s);
	record_set(&r, CLOCK_SUSPENDED_US, c->clock.suspended_us);
	record_set(&r, CLOCK_REASON, reason);
	if (step_us)
		record_set(&r, CLOCK_STEP_MS, step_us / US_PER_MS);
	collector_put(c, &r);
}

void collector_clock_sample(struct collector *c)
{
	c->clock.wall_off_us = wall_offset(c);
	c->clock.utc_off_s = zone_offset(c->clock.wall_off_us + collector_now(c));
	c->clock.suspended_us = -offset_us(CLOCK_MONOTONIC); /* before the session: what it counts from */
}

void collector_clock(struct collector *c)
{
	int64_t wall_off = wall_offset(c), slept = -offset_us(CLOCK_MONOTONIC), step;
	int zone = zone_offset(wall_off + collector_now(c));

	if (!c->clock.known) {
		c->clock.known = true;
		collector_clock_sample(c);
		put_clock(c, CLOCK_REASON_START, 0);
		return;
	}
	step = wall_off - c->clock.wall_off_us;
	if (llabs(step) > STEP_US) {
		c->clock.wall_off_us = wall_off;
		put_clock(c, CLOCK_REASON_STEP, step);
	}
	if (zone != c->clock.utc_off_s) {
		c->clock.utc_off_s = zone;
		put_clock(c, CLOCK_REASON_ZONE, 0);
	}
	if (slept - c->clock.suspended_us > SUSPEND_US) {
		c->clock.suspended_us = slept;
		put_clock(c, CLOCK_REASON_RESUME, 0);
	}
}

void collector_busy(struct collector *c)
{
	int64_t missed = c->missed_slots - c->missed_told;

	if (c->due - c->busy_us < BUSY_EVERY_US)
		return;
	if (missed >= BUSY_SLOTS)
		source_notice(&c->env, "collector", SEVERITY_WARNING,
			      "%" PRId64 " of %" PRId64 " slots of 100 ms were missed: this host is too busy or stalls",
			      missed, (c->due - c->busy_us) / SLOT_US);
	c->missed_told = c->missed_slots;
	c->busy_us = c->due;
}

void collector_slept(struct collector *c, int64_t from, int64_t missed)
{
	int64_t now = collector_now(c);
	struct record r;

	record_init(&r, RECORD_GAP, 0, now);
	record_set(&r, GAP_FROM_US, from);
	record_set(&r, GAP_TO_US, now);
	record_set(&r, GAP_REASON, GAP_REASON_SUSPEND);
	record_set(&r, GAP_TICKS, missed);
	collector_put(c, &r);
	c->missed_told = c->missed_slots;
}

static void put_session(struct collector *c)
{
	int64_t t = collector_now(c);
	struct utsname uts;
	struct record r;

	record_init(&r, RECORD_SESSION, 0, t);
	record_set(&r, SESSION_FORMAT, RECORDING_FORMAT);
	record_set(&r, SESSION_PROGRAM, record_intern_text(c->intern, PROGRAM " " VERSION, t));
	if (!uname(&uts)) {
		record_set(&r, SESSION_HOST, record_intern_text(c->intern, uts.nodename, t));
		record_set(&r, SESSION_KERNEL, record_intern_text(c->intern, uts.release, t));
	}
	record_set(&r, SESSION_INTERVAL_MS, c->watch.interval_us / US_PER_MS);
	collector_put(c, &r);
}

void collector_setting(struct collector *c, unsigned key, const char *name, const char *value)
{
	int64_t t = collector_now(c);
	struct record r;

	record_init(&r, RECORD_SETTING, key, t);
	record_set(&r, SETTING_NAME, record_intern_text(c->intern, name, t));
	record_set(&r, SETTING_VALUE, record_intern_text(c->intern, value, t));
	collector_put(c, &r);
}

static void put_interval(struct collector *c)
{
	char text[32];

	snprintf(text, sizeof text, "%g", (double)c->watch.interval_us / 1e6);
	collector_setting(c, SETTING_KEY_INTERVAL, "interval", text);
}

static void put_mtu_period(struct collector *c)
{
	char text[32];

	snprintf(text, sizeof text, "%" PRId64, c->watch.mtu_period_us / US_PER_S);
	collector_setting(c, SETTING_KEY_MTU_PERIOD, "mtu-period", text);
}

void collector_session_records(struct collector *c)
{
	struct buf globs = {0};

	collector_clock(c);
	put_session(c);
	put_interval(c);
	put_mtu_period(c);
	for (size_t i = 0; i < c->watch.nglobs; i++)
		buf_printf(&globs, "%s%s", i ? " " : "", c->watch.globs[i]);
	if (globs.len)
		collector_setting(c, SETTING_KEY_INTERFACES, "interfaces", globs.data);
	if (c->options->only)
		collector_setting(c, SETTING_KEY_ONLY, "only", c->options->only);
	buf_free(&globs);
}

/* Ticks fall on slots. */
void collector_set_interval(struct collector *c, double seconds)
{
	int64_t slots = llround(seconds * 1e6 / (double)SLOT_US);

	slots = slots < 1 ? 1 : slots > 600 ? 600 : slots;
	c->watch.interval_us = slots * SLOT_US;
	c->next_tick = c->due + c->watch.interval_us;
	if (!c->clock.known)
		return;
	put_session(c);
	put_interval(c);
}
