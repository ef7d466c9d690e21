/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files that read tunwatch.conf share:
 *   config.c         libconfuse, values, tunnels and lines
 *   config_router.c  routers and their logs
 *   config_file.c    finding and reading the file */
#ifndef APP_CONFIG_INT_H
#define APP_CONFIG_INT_H

#include <confuse.h>

#include "app/app.h"
#include "app/config.h"
#include "app/inputs.h"
#include "tunwatch/options.h"

#define CONFIG_SEEN (1 << 30) /* our bit in cfg_opt_t.flags: this key was given */

struct config_load {
	const char *path;
	struct options *o;
	struct error *err;
	bool failed, ended;
	size_t rows, tunnels_cap, routers_cap, logs_cap, inputs_cap;
	struct buf notices;
	int key_lines[CONFIG_KEYS]; /* where a key of the section being read stood last */
	int *router_lines;          /* by tunnel: where its router was named */
	size_t nlines;
	int log_lines[64];          /* by log: the same */
};

/* The first error counts: "path:line: text". Returns -1. */
int config_fail(struct config_load *l, int line, const char *fmt, ...) PRINTF_LIKE(3, 4);
#define CONFIG_SHOWN(text) config_shown((char[64]){0}, text)
const char *config_shown(char out[64], const char *text);
bool config_given(cfg_t *sec, const char *key);

/* A section that ended. 0 or -1. */
int config_router_section(struct config_load *l, cfg_t *cfg, cfg_t *sec);
int config_log_section(struct config_load *l, cfg_t *cfg, cfg_t *sec);
/* At the end of the file: whether the routers that are named exist. 0 or -1. */
int config_routers_check(struct config_load *l);

#endif
