/* SPDX-License-Identifier: GPL-2.0-or-later */
// collector: the process that runs the sources and hands what they see to the recording.
#ifndef COLLECTOR_H
#define COLLECTOR_H

#include <stdio.h>
#include <sys/types.h>

#include "app/app.h"
#include "app/session.h"

struct collector_config {
	struct options *options;
	struct session *session;  /* its lock, directory and socket; NULL: not registered */
	int viewer;               /* connection of the first viewer, or -1 */
	int dir_fd;               /* where parts of the recording are made; -1: a stream */
	const char *name;         /* base name of the parts */
	int fd;                   /* the first file when it is open already; 1: standard output; or -1 */
	FILE *hashes;             /* where the model's hash goes at every tick, or NULL; the caller's */
	uid_t asked_by;           /* who may use the control socket beside root */
	bool foreground;          /* of a terminal: INT and HUP end it; no linger */
};

/* Collect until told to end. Privileges were dropped by the caller. Returns an exit status; err says why. */
int collector_run(const struct collector_config *config, struct error *err);

/* Whether every name of a comma-separated list is a source's. */
bool collector_sources_known(const char *only, struct error *err);
/* Whether the list (NULL: all) names that source, or it belongs to every choice. */
bool collector_source_chosen(const char *only, const char *name);

/* Run the sources in this process, without a recording, until done says so or the time is over. Drops privileges.
 * *ret is the model (caller frees). 0 or -errno. */
int collect_for(struct options *o, double seconds, bool (*done)(const struct model *m, void *arg), void *arg,
		struct model **ret, struct error *err);
/* The model of a running session (NULL: the newest), folded up to now; privileges are dropped once connected.
 * -ENOENT: none is running, and privileges are still there. */
int session_fold(const char *id, struct model **ret, struct error *err);

/* Fork a session's collector, connected to us. Returns our end of the connection and what the session is, or -errno:
 * -EBUSY when another one is running. */
int collector_spawn(struct options *o, struct session_info *ret, struct error *err);

#endif
