/* SPDX-License-Identifier: GPL-2.0-or-later */
// attach: the viewer's way to a collector.
#ifndef CMD_ATTACH_H
#define CMD_ATTACH_H

#include "app/app.h"

struct attach {
	int control;              /* the connection */
	struct reader *reader;    /* the parts received */
	struct session_info info; /* of the session */
};

/* Ask for the recording over a connection (owned from now on) and take its parts. 0 or -errno; attach_end is needed
 * either way. To be called after privilege_drop: this reads what the collector wrote. */
int attach_begin(struct attach *a, int control, const struct session_info *info, struct error *err);
void attach_end(struct attach *a);
/* Ask the collector to end and wait until it did. -ETIMEDOUT: it did not, within 15 s; -EUSERS: it listens to too many
 * others. */
int attach_stop(int control);
/* The screen on it, until the person leaves; says where the recording is. Returns an exit status. */
int attach_view(struct attach *a, const struct options *o, int tty);
/* The terminal, or -1 after having said why. */
int attach_terminal(void);

#endif
