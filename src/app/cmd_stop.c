// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "app/cmd_attach.h"

int cmd_stop(struct options *o)
{
	struct session_info info;
	struct error err = {0};
	int fd, r;

	if (o->nargs > 1)
		return die(EXIT_USAGE, "stop: one session at a time");
	fd = session_connect(o->nargs ? o->args[0] : NULL, &info, &err);
	if (fd < 0)
		return die(EXIT_UNAVAILABLE, "%s", err.text);
	if (privilege_drop(false, &err) < 0) {
		close(fd);
		return die(EXIT_UNAVAILABLE, "%s", err.text);
	}
	r = attach_stop(fd);
	close(fd);
	if (r == -EUSERS)
		return die(EXIT_UNAVAILABLE, "too many look at the session %s (pid %d) already: leave one of them "
			   "first, or send it SIGTERM", info.id, info.pid);
	if (r < 0)
		return die(EXIT_IO, "the session %s (pid %d) was asked to end but did not within 15 s; its disk may "
			   "hang", info.id, info.pid);
	printf("recording ended: %s\n", info.where);
	return EXIT_OK;
}
