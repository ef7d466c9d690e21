/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Values of options and configuration keys: one reader for both. */
#ifndef APP_VALUE_H
#define APP_VALUE_H

#include "tunwatch/base.h"
#include "tunwatch/options.h"

/* What is asked of a value. */
struct value_rule {
	enum value_type type;
	const char *words; /* CHOICE */
	double min, max;
};

/* Read text by the rule. out points to the member the type names in options.h (strings are allocated, what was there
 * is freed) or is NULL to check only. 0, or -EINVAL with "must be ..., not '...'" in err. LIST only checks. */
int value_read(const struct value_rule *rule, const char *text, void *out, struct error *err);
/* The word of words closest to word, when close enough to be what was meant; else NULL. out holds it. */
const char *value_nearest(const char *words, const char *word, char out[64]);

enum { SYSLOG_PORT = 514 };
/* An address and a UDP port as a VALUE_LISTEN says it; without a port that of syslog. False when ill-formed. */
bool value_listen(const char *text, struct addr *ret, int *ret_port);

struct options;
/* Give an option (OPTION_x) this value. 0, or -EINVAL as above. */
int option_set(struct options *o, unsigned id, const char *text, struct error *err);

#endif
