// SPDX-License-Identifier: GPL-2.0-or-later
// The collector at the other end: its messages, and its silence.
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "app/viewer.h"

#define SLACK_US (400 * US_PER_MS) /* the file is looked at every 100 ms */
#define FIRST_US (5 * US_PER_S)

static void take_part(struct viewer *vw, int fd)
{
	struct error err = { "" };

	if (fd < 0)
		return;
	if (reader_add(vw->config->reader, fd, &err))
		view_say(vw->view, "a part of the recording cannot be read: %s", err.text);
}

static void take_message(struct viewer *vw, const char *text, int fd)
{
	if (!strncmp(text, "part ", 5)) {
		take_part(vw, fd);
		return;
	}
	if (fd >= 0)
		close(fd);
	if (!strcmp(text, "bye"))
		vw->ended = true;
	else if (!strncmp(text, "paused ", 7))
		snprintf(vw->trouble, sizeof vw->trouble, "NOT RECORDED: %.90s", text + 7);
	else if (!strcmp(text, "resumed"))
		vw->trouble[0] = 0;
	else if (!strncmp(text, "error ", 6))
		view_say(vw->view, "%s", text + 6);
	vw->dirty = true;
}

void viewer_control(struct viewer *vw)
{
	char raw[512], text[512];

	while (vw->connected) {
		int fd = -1, n = control_receive(vw->config->control, raw, sizeof raw, &fd);

		if (n == -EAGAIN)
			return;
		if (n > 0) {
			str_clean(text, sizeof text, raw, strlen(raw));
			take_message(vw, text, fd);
			continue;
		}
		vw->connected = false;
		vw->dirty = true;
		if (vw->control)
			event_del(vw->control);
	}
}

// Note when the recording last grew.
void viewer_watch(struct viewer *vw)
{
	int64_t end = timeline_end(vw->tl);

	if (end != vw->seen_end) {
		vw->seen_end = end;
		vw->seen_us = viewer_now();
	}
}

bool viewer_is_silent(const struct viewer *vw)
{
	const struct model *m = timeline_newest(vw->tl);
	int64_t limit = vw->seen_end ? 3 * m->interval_us + SLACK_US : FIRST_US;

	if (!(vw->mode & MODE_LIVE))
		return false;
	return !vw->connected || viewer_now() - vw->seen_us > limit;
}
