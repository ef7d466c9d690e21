/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The profiles of contrib/profiles, for unit tests; include cmocka.h before. */
#ifndef TESTS_PROFILE_H
#define TESTS_PROFILE_H

#include <stdio.h>

#include "tunwatch/decode.h"

/* The profile of that name; the test fails when it does not load. The caller frees it. */
static inline struct profile *load_profile(const char *name)
{
	static char text[65536];
	char path[100];
	struct error err;
	struct profile *p;
	FILE *f;

	snprintf(path, sizeof path, "contrib/profiles/%s.conf", name);
	f = fopen(path, "r");
	assert_non_null(f);
	p = profile_parse(path, text, fread(text, 1, sizeof text, f), &err);
	fclose(f);
	if (!p)
		fail_msg("%s", err.text);
	return p;
}

#endif
