/* SPDX-License-Identifier: GPL-2.0-or-later */
// process: small things every child does.
#ifndef PROCESS_H
#define PROCESS_H

#include <stddef.h>

/* Close all descriptors above 2 but those in keep (negative ones are ignored); n <= 16. */
void process_close_others(const int *keep, size_t n);
/* Point these of 0, 1, 2 at /dev/null: bit 0 for 0 and so on. */
void process_null_stdio(unsigned which);

#endif
