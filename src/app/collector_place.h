/* SPDX-License-Identifier: GPL-2.0-or-later */
// Where a recording goes that a person has named.
#ifndef COLLECTOR_PLACE_H
#define COLLECTOR_PLACE_H

#include "tunwatch/base.h"

struct collector_place {
	char path[512];  /* absolute where it can be told */
	char name[256];  /* base name of the parts: without .twr */
	int dir_fd;      /* its directory; -1: no further parts can be made there */
	int fd;          /* the file, new and empty */
};

/* Make the file with the present rights, and give it to the user we are going to be. -errno. */
int collector_place_file(struct collector_place *place, const char *file, struct error *err);
/* After privileges went: whether more parts can be made beside it. */
void collector_place_settle(struct collector_place *place);

#endif
