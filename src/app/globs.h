/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef APP_GLOBS_H
#define APP_GLOBS_H

#include "app/app.h"

/* Whether -i names an interface that exists (or is absent): 0, or -ENODEV with what there is in err. */
int globs_check(const struct options *o, struct error *err);
/* Whether -i (or its absence) lets this interface through. */
bool globs_match(const struct options *o, const char *ifname);

#endif
