/* SPDX-License-Identifier: GPL-2.0-or-later */
/* inputs: what the configuration names and only the user's own rights can open: profiles, passwords, logs. */
#ifndef APP_INPUTS_H
#define APP_INPUTS_H

#include "app/app.h"

enum input_kind {
	INPUT_PROFILE, INPUT_LOG_PROFILE, INPUT_PASSWORD_FILE, INPUT_PASSWORD_ENV, INPUT_LOG_FILE, INPUT_LOG_LISTEN,
};

struct input {
	enum input_kind kind;
	size_t index; /* of the router or log */
	int line;     /* of the configuration file, for messages */
	char *name;   /* profile, path, variable */
};

/* Once, when the configuration was read, by every command: passwords leave the environment. collects: the command
 * asks routers; profiles are read then, passwords kept, else forgotten. 0, or -EINVAL and err. */
int inputs_load(struct options *o, bool collects, struct error *err);
/* In the process that collects, before privileges go and before it has children: open what the chosen sources
 * (--only) need. What is refused for safety ends the start; a log that cannot be had now is the source's to tell. 0, or
 * -EINVAL and err. */
int inputs_open(struct options *o, struct error *err);
/* Forget passwords: another process collects. */
void inputs_forget(struct options *o);
void inputs_free(struct options *o);

#endif
