/* SPDX-License-Identifier: GPL-2.0-or-later */
// control: the collector's end of its control connections. Sending and receiving one message are in app.h.
#ifndef CONTROL_H
#define CONTROL_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define CONTROL_TEXT_MAX 1200 /* one message, its NUL included */

struct event_base;

struct control_calls {
	void (*command)(void *arg, const char *text); /* anything but hello; text is clean UTF-8 */
	void (*count)(void *arg, size_t connections);  /* a connection came or went */
};

/* One message, waiting at most so long: as control_receive, -ETIMEDOUT when none came. */
int control_wait(int fd, char *text, size_t size, int *ret_fd, int timeout_ms);

struct control;
/* listen_fd is owned from now on; -1: none. Peers must be root or one of these users. */
struct control *control_new(struct event_base *base, int listen_fd, const uid_t *users, size_t nusers,
			    const struct control_calls *calls, void *arg);
void control_free(struct control *c);
/* Take over a connection that somebody trusted made. */
void control_adopt(struct control *c, int fd);
/* A part of the recording, in order; fd is owned from now on. Everybody who said hello gets all of them. Parts whose
 * files were deleted meanwhile are given up. */
void control_part(struct control *c, unsigned part, int fd);
/* There is no file to give: who says hello is told so. */
void control_stream(struct control *c);
/* Tell everybody who said hello; a peer that does not read loses it. */
void control_tell(struct control *c, const char *text);
/* Take no more connections. */
void control_deaf(struct control *c);
/* Say bye and close all of them. */
void control_bye(struct control *c);

#endif
