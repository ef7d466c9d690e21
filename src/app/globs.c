// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fnmatch.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include "app/globs.h"

static void name_all(const struct if_nameindex *list, char *out, size_t size)
{
	size_t n = 0;

	*out = 0;
	for (const struct if_nameindex *i = list; i->if_name; i++) {
		char clean[4 * IF_NAMESIZE];

		str_clean(clean, sizeof clean, i->if_name, strlen(i->if_name));
		str_append(out, size, &n, "%s%s", n ? ", " : "", clean);
	}
}

static bool matches_any(const char *glob, const struct if_nameindex *list)
{
	for (; list->if_name; list++)
		if (!fnmatch(glob, list->if_name, 0))
			return true;
	return false;
}

int globs_check(const struct options *o, struct error *err)
{
	struct if_nameindex *list = o->nglobs ? if_nameindex() : NULL;
	char names[300], glob[80];
	int r = 0;

	for (size_t i = 0; list && !r && i < o->nglobs; i++) {
		if (matches_any(o->globs[i], list))
			continue;
		name_all(list, names, sizeof names);
		str_clean(glob, sizeof glob, o->globs[i], strlen(o->globs[i]));
		r = error_set(err, -ENODEV, "no interface matches -i %s; there are: %s", glob, names);
	}
	if (list)
		if_freenameindex(list);
	return r;
}

bool globs_match(const struct options *o, const char *ifname)
{
	for (size_t i = 0; i < o->nglobs; i++)
		if (!fnmatch(o->globs[i], ifname, 0))
			return true;
	return !o->nglobs;
}
