/* SPDX-License-Identifier: GPL-2.0-or-later */
/* secret: memory for what nobody may see: locked where that is allowed, not in core dumps, empty in children. */
#ifndef SECRET_H
#define SECRET_H

#include <stddef.h>

/* So many bytes (whole pages), zero. NULL when there is no memory. */
void *secret_map(size_t size);
/* Wipe it and give it back; p may be NULL. */
void secret_unmap(void *p, size_t size);

#endif
