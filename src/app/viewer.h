// SPDX-License-Identifier: GPL-2.0-or-later
// What the files of the viewer share.
#ifndef VIEWER_H
#define VIEWER_H

#include <event2/event.h>

#include "app/app.h"
#include "app/timeline.h"
#include "tunwatch/term.h"
#include "tunwatch/view.h"

enum { VIEWER_EVENTS = 12 };

struct viewer {
	const struct viewer_config *config;
	struct timeline *tl;
	struct view *view;
	struct canvas *canvas;
	struct term *term;          // NULL: no terminal
	struct event_base *base;
	struct event *events[VIEWER_EVENTS];
	size_t nevents;
	struct event *writable, *escape, *control;
	const char *file;           // name of the recording

	unsigned mode;
	bool paused;
	double speed;
	int64_t played_us;          // when replay was last moved on
	int64_t event_us, event_at_us; // the event gone to, and the time then shown
	bool connected, ended;      // to the collector; it said that it ends
	int64_t seen_end, seen_us;  // newest time of the recording, and when it was seen
	char trouble[120];

	bool dirty;                 // a key or the size asks for a drawing
	bool idle;                  // nothing to read at once
	int64_t drawn_us;
	int64_t debt;               // bytes sent faster than a slow line takes them
	int64_t drawn_at, drawn_second, drawn_ticks;
	uint64_t drawn_changes;

	bool done, print;
	enum viewer_exit result;
};

int64_t viewer_now(void);
struct view_status viewer_status(const struct viewer *vw);
void viewer_leave(struct viewer *vw, enum viewer_exit result);
void viewer_draw(struct viewer *vw);

// viewer_keys.c
void viewer_key(struct viewer *vw, const char *key);
// Press the keys of a script: characters, and names in <>, as <Enter>.
void viewer_script(struct viewer *vw, const char *keys);
// The next key of a script; false at its end.
bool viewer_script_next(const char **keys, char ret[TERM_KEY_MAX]);

// viewer_live.c: the connection to the collector, and whether it still lives
void viewer_control(struct viewer *vw);
void viewer_watch(struct viewer *vw);
bool viewer_is_silent(const struct viewer *vw);

// viewer_out.c
void viewer_save_screen(struct viewer *vw);
void viewer_print_last(struct viewer *vw, int fd);
int viewer_text(struct viewer *vw, struct error *err);

#endif
