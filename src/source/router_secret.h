/* SPDX-License-Identifier: GPL-2.0-or-later */
/* router_secret: where a password is until it has been sent. */
#ifndef ROUTER_SECRET_H
#define ROUTER_SECRET_H

#include <stddef.h>

enum { ROUTER_SECRET_MAX = 512 };

/* A page of its own: locked where that is allowed, not in core dumps, empty in children. */
struct router_secret {
	char *page; /* NULL: none */
	size_t len;
};
/* Keep the first line of this text. 0, -ENODATA when it is empty, -E2BIG, -ENOMEM. */
int router_secret_keep(struct router_secret *s, const char *text, size_t len);
/* Keep what the file's first line says now. 0, or -errno as above and of pread. */
int router_secret_read(struct router_secret *s, int fd);
/* Wipe it. */
void router_secret_drop(struct router_secret *s);

#endif
