/* SPDX-License-Identifier: GPL-2.0-or-later */
/* router_io: the bytes of a session with a router, over TCP or a program on a terminal of its own. */
#ifndef ROUTER_IO_H
#define ROUTER_IO_H

#include "source/child.h"
#include "tunwatch/base.h"
#include "tunwatch/record.h"

struct event_base;

struct router_io_calls {
	void (*connected)(void *arg);
	void (*data)(void *arg, const void *data, size_t len);
	/* Once, and nothing after it: it ended by itself, or could not begin. outcome LOST: an end of file after
	 * connected. The owner closes; within the call it may. */
	void (*end)(void *arg, enum router_outcome outcome, const char *reason);
	void (*writable)(void *arg); /* more may be written */
};

struct router_io;
/* Connect; end says TIMEOUT, REFUSED or LOST when nothing comes of it. Never NULL. */
struct router_io *router_io_connect(struct event_base *base, const struct addr *address, int port,
				    const struct router_io_calls *calls, void *arg);
/* Run a program on a terminal; it is connected at once. NULL and -errno in *ret. */
struct router_io *router_io_run(struct child_pool *pool, char *const *argv, unsigned columns, unsigned rows,
				const struct router_io_calls *calls, void *arg, int *ret);
/* Of len bytes as many as are taken now; the rest after writable. 0 when it ended. */
size_t router_io_write(struct router_io *io, const void *data, size_t len);
/* Once a slot: so much may be read again. */
void router_io_slot(struct router_io *io);
/* Close, whatever is under way. NULL is allowed. */
void router_io_close(struct router_io *io);

#endif
