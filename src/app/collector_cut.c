// SPDX-License-Identifier: GPL-2.0-or-later
// The recording as the collector sees it: cuts, parts, and what to do when they do not arrive.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "app/collector_int.h"

#define CAP_PARTS 4                /* parts of a recording that fit under its cap, at least */
#define PART_US (24 * 3600 * US_PER_S)
#define EARLY_US (250 * US_PER_MS) /* at most four cuts a second that are not ticks */

static void read_boot_id(char out[37])
{
	FILE *f = fopen("/proc/sys/kernel/random/boot_id", "re");

	if (!f)
		return;
	if (!fgets(out, 37, f))
		out[0] = 0;
	fclose(f);
}

struct recording_header collector_header(struct collector *c)
{
	struct recording_header h = { .interval_us = c->watch.interval_us };
	uint8_t random[16] = {0};
	struct utsname uts;
	struct tm tm = {0};
	time_t now;

	if (getrandom(random, sizeof random, 0) < 0)
		memset(random, 0, sizeof random);
	for (size_t i = 0; i < sizeof random; i++)
		snprintf(h.session + 2 * i, 3, "%02x", random[i]);
	str_copy(h.version, sizeof h.version, VERSION);
	if (!uname(&uts))
		str_clean(h.host, sizeof h.host, uts.nodename, strlen(uts.nodename));
	read_boot_id(h.boot_id);
	h.start_us = c->clock.wall_off_us;
	now = (time_t)(h.start_us / US_PER_S);
	localtime_r(&now, &tm);
	str_copy(h.zone, sizeof h.zone, tm.tm_zone ? tm.tm_zone : "UTC");
	h.zone_offset_s = (int)tm.tm_gmtoff;
	return h;
}

/* What a tunnel had behind it when this part began; the model takes it too, so that it stays what a reader has. */
static void put_carry(struct collector *c)
{
	uint8_t data[RECORD_TEXT_MAX];
	struct record r;

	for (unsigned i = 0; i < c->model->ntunnels; i++) {
		if (!c->model->tunnels[i].used)
			continue;
		model_carry(c->model, i, &r, data);
		collector_put(c, &r);
	}
}

/* The next cut begins this part: for the first time, or again after it failed. */
static void begin_part(struct collector *c)
{
	encoder_rotate(c->encoder, c->part);
	c->part_new = true;
	c->part_written = false;
	if (c->part)
		put_carry(c);
}

/* Only whole parts can be deleted: several must fit under the cap, or it would be reached for ever. */
static uint64_t part_bytes_max(const struct collector *c)
{
	int64_t share = c->options->disk_cap / CAP_PARTS;

	return (uint64_t)(c->options->rotate_size < share ? c->options->rotate_size : share);
}

void collector_rotate(struct collector *c)
{
	if (!c->encoder || c->gap.open || c->part_new || !c->part_written)
		return;
	if (encoder_part_bytes(c->encoder) < part_bytes_max(c) &&
	    collector_now(c) - c->part_start < PART_US)
		return;
	c->part++;
	c->part_start = collector_now(c);
	begin_part(c);
}

/* Everything since `from` is missing; what comes next must not build on it. */
static void open_gap(struct collector *c, int64_t from, int64_t ticks, enum gap_reason reason)
{
	if (!c->gap.open || from < c->gap.from)
		c->gap = (struct collector_gap){ true, from, ticks, reason };
	if (c->part_written)
		encoder_resync(c->encoder);
	else
		begin_part(c);
}

static struct record gap_record(const struct collector *c)
{
	int64_t ticks = c->ticks - c->gap.ticks - 1;
	struct record r;

	record_init(&r, RECORD_GAP, 0, c->newest);
	record_set(&r, GAP_FROM_US, c->gap.from);
	record_set(&r, GAP_TO_US, c->newest);
	record_set(&r, GAP_REASON, c->gap.reason);
	record_set(&r, GAP_TICKS, ticks > 0 ? ticks : 0);
	return r;
}

/* Hand over what was put since the last cut. While something is missing, each tick tries again, and says so to the
 * readers: our own model has seen everything. */
static void cut(struct collector *c)
{
	struct writer_cut head = { .epoch = c->epoch, .part = c->part, .t = c->newest, .ticks = c->ticks };
	struct record gap = {0};
	const uint8_t *bytes;
	size_t len;
	int r;

	if (c->gap.open) {
		gap = gap_record(c);
		encoder_add(c->encoder, &gap);
	}
	len = encoder_cut(c->encoder, c->newest, collector_wall(c), &bytes);
	if (!len)
		return;
	head.len = (uint32_t)len;
	head.flags = c->part_new ? WRITER_PART : 0;
	r = writer_put(c->writer, &head, bytes);
	if (r == -ENOBUFS) {
		open_gap(c, c->sent_t, c->sent_ticks, GAP_REASON_QUEUE);
		return;
	}
	c->part_new = false;
	c->sent_t = head.t;
	c->sent_ticks = head.ticks;
	c->gap.open = false;
}

void collector_cut(struct collector *c, bool tick)
{
	int64_t now = collector_now(c);

	if (!c->encoder || c->writer_gone)
		return;
	if (!tick && (c->gap.open || c->model->changes == c->changes || now - c->cut_us < EARLY_US))
		return;
	c->changes = c->model->changes;
	c->cut_us = now;
	cut(c);
}

/* A recording of a terminal tells it too; viewers cannot read it in the file. */
static void tell_paused(struct collector *c, const char *why)
{
	char text[300];

	snprintf(text, sizeof text, "paused %s", why);
	control_tell(c->control, text);
	if (c->foreground && !c->paused)
		die(0, "recording paused: %s; it goes on when there is room", why);
	c->paused = true;
}

static void on_failed(struct collector *c, const struct writer_status *status)
{
	const char *why = status->text[0] ? status->text : strerror(status->error);

	if (status->epoch != c->epoch)
		return;
	c->epoch++;
	open_gap(c, status->good_t, status->good_ticks, GAP_REASON_DISK);
	source_report_put(&c->env, &c->writer_report, SOURCE_STATE_LOST, status->error, why);
	tell_paused(c, why);
}

static void on_resumed(struct collector *c, const struct writer_status *status)
{
	if (status->epoch != c->epoch)
		return;
	source_report_put(&c->env, &c->writer_report, SOURCE_STATE_OK, 0, "");
	source_notice(&c->env, "writer", SEVERITY_WARNING, "the recording goes on");
	control_tell(c->control, "resumed");
	if (c->foreground)
		die(0, "the recording goes on");
	c->paused = false;
}

static void on_news(void *arg, const struct writer_status *status, int fd)
{
	struct collector *c = arg;

	switch ((enum writer_news)status->news) {
	case WRITER_NEWS_PART:
		c->part_written = c->part_written || status->part == c->part;
		if (fd >= 0)
			control_part(c->control, status->part, fd);
		else if (status->error == ESPIPE)
			control_stream(c->control);
		else
			source_notice(&c->env, "writer", SEVERITY_WARNING, "part %u of the recording cannot be shown "
				      "live: no descriptor is left", status->part);
		return;
	case WRITER_NEWS_CONTINUED:
		c->part_written = c->part_written || status->part == c->part;
		break;
	case WRITER_NEWS_FAILED:
		on_failed(c, status);
		break;
	case WRITER_NEWS_RESUMED:
		on_resumed(c, status);
		break;
	case WRITER_NEWS_FATAL:
		error_set(c->err, -status->error, "%s", status->text);
		collector_end(c, EXIT_CANTCREAT);
		break;
	case WRITER_NEWS_CLOSED:
		collector_end(c, EXIT_OK);
		break;
	case WRITER_NEWS_GONE:
		c->writer_gone = true;
		if (!c->ending)
			error_set(c->err, -EPIPE, "the writer process ended; the recording is whole up to then");
		collector_end(c, EXIT_IO);
		break;
	}
	if (fd >= 0)
		close(fd);
}

const struct writer_calls collector_writer_calls = { .news = on_news };

/* The clean end. The child ends by itself; wait for it, but not for ever: its disk may hang. */
void collector_close_recording(struct collector *c)
{
	struct writer_cut head = { .epoch = c->epoch, .part = c->part, .flags = WRITER_END };
	struct timeval patience = { .tv_sec = 10 };
	const uint8_t *bytes;

	if (c->writer_gone)
		return;
	cut(c);
	head.t = c->newest;
	head.ticks = c->ticks;
	head.len = (uint32_t)encoder_end(c->encoder, &bytes);
	writer_put(c->writer, &head, bytes);
	writer_finish(c->writer);
	event_base_loopexit(c->base, &patience);
	while (!c->writer_gone && !event_base_got_exit(c->base))
		if (event_base_loop(c->base, EVLOOP_ONCE))
			break;
	if (!c->paused || c->status != EXIT_OK)
		return;
	c->status = EXIT_IO;
	error_set(c->err, -EIO, "the end of the recording could not be written: there is no room");
}
