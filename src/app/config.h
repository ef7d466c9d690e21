/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef APP_CONFIG_H
#define APP_CONFIG_H

#include "app/app.h"

/* Read the text of a configuration file into o; path is for messages. 0, or -EINVAL with "path:line: what; how to
 * mend it" in err. What is accepted but not used is told in ret_notices (may be NULL), a line each.
 * Not reentrant: libconfuse is not. */
int config_parse(struct options *o, const char *path, const char *text, size_t len, struct buf *ret_notices,
		 struct error *err);

#endif
