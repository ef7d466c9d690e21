/* SPDX-License-Identifier: GPL-2.0-or-later */
// session: what a collector keeps on disk beside its recording. Listing and connecting are in app.h.
//
// STATE/lock.NETNS          held (fcntl) by the collector of that network namespace
// STATE/START-PID/lock      held by that session's collector; says "PID NETNS" and where the recording is
// STATE/START-PID/control   its socket
// STATE/START-PID/NAME.twr  the recording, unless it was asked for elsewhere
//
// Locks are of the fcntl kind: children do not inherit them, so that none of them outlives the collector.
// As root, STATE is /var/lib/tunwatch/USER and the first lock stands in /var/lib/tunwatch.
#ifndef SESSION_H
#define SESSION_H

#include "app/app.h"

#define SESSION_RECORDING "recording" /* base name of its parts */

struct session {
	int state_fd;  /* STATE */
	int lock_fd;   /* lock.NETNS, or -1: forced */
	int dir_fd;    /* the session's directory, or -1 */
	int own_fd;    /* its lock */
	int listen_fd; /* its control socket */
	char state[512];
	struct session_info info;
};

/* Find or make the state directory (as root also the user's part of it) and take this network namespace's lock
 * unless forced. -EBUSY: another session is running (err says which). Call before privilege_drop. */
int session_open(struct session *s, bool forced, struct error *err);
/* Make the session's directory, its lock and its control socket. where: path of the recording, or NULL: within.
 * Call after privilege_drop, in the process that is to hold the locks. */
int session_create(struct session *s, const char *where, struct error *err);
/* Leave: the socket goes, and the directory too when no recording is in it. Again does nothing. */
void session_close(struct session *s);
/* The inode of this network namespace. */
int session_netns(uint64_t *ret);
/* Delete the oldest finished sessions in a state directory until all of it takes at most cap bytes. Sessions without
 * a recording go as well. keep: a session never deleted, or NULL. Never call this in a process that holds the lock of
 * a session: looking at the lock would lose it. */
void session_prune(int state_fd, const char *keep, int64_t cap);

/* session_scan.c */
struct session_scan {
	struct session_info *items;
	size_t n, cap;
};
/* Append the sessions in a state directory. all: also those that run in another network namespace. */
void session_scan_dir(struct session_scan *scan, int state_fd, const char *state, bool all);
/* Size of all parts in a session's directory. */
int64_t session_bytes(int dir_fd);
/* The process that holds the fcntl lock of a file, or 0. */
int session_lock_holder(int fd);
/* Where the sessions of a user other than root are; false when there is no such place. */
bool session_home(char *out, size_t size);
#define SESSION_ROOT_DIR "/var/lib/tunwatch"

#endif
