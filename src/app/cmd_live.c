// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "app/cmd_attach.h"
#include "app/collector.h"
#include "app/inputs.h"

#define TRIES 100
#define TRY_MS 100

/* The running session, or one that is begun now. */
static int find_or_begin(struct options *o, struct session_info *info, bool *ret_begun, struct error *err)
{
	int fd = o->new_session ? -ENOENT : session_connect(NULL, info, err);

	*ret_begun = fd == -ENOENT;
	if (fd == -ENOENT)
		return collector_spawn(o, info, err);
	if (fd < 0 || !o->write_file)
		return fd;
	close(fd);
	return error_set(err, -EALREADY, "a session is running already (pid %d) and records to %s: end it with `"
			 PROGRAM " stop`, or begin another beside it with --new", info->pid, info->where);
}

/* One that is ending, or that somebody else is beginning, is neither found nor out of the way for a moment. */
static int connect_any(struct options *o, struct session_info *info, bool *ret_begun, struct error *err)
{
	int fd = -EBUSY;

	for (int i = 0; i < TRIES && fd == -EBUSY; i++) {
		if (i)
			poll(NULL, 0, TRY_MS);
		fd = find_or_begin(o, info, ret_begun, err);
	}
	return fd;
}

static int refusal(int error)
{
	if (error == -EBUSY || error == -EALREADY)
		return EXIT_UNAVAILABLE;
	return error == -EINVAL ? EXIT_CONFIG : EXIT_CANTCREAT;
}

int cmd_live(struct options *o)
{
	struct attach a = { .control = -1 };
	struct session_info info = {0};
	struct error err = {0};
	int tty, fd, status;
	bool begun;

	if (o->nargs)
		return die(EXIT_USAGE, "there is no command %s; `" PROGRAM " help` lists them", o->args[0]);
	tty = attach_terminal();
	if (tty < 0)
		return EXIT_UNAVAILABLE;
	fd = connect_any(o, &info, &begun, &err);
	inputs_forget(o);
	if (fd < 0)
		status = die(refusal(fd), "%s", err.text);
	else if (privilege_drop(false, &err) < 0 || attach_begin(&a, fd, &info, &err) < 0)
		status = die(EXIT_UNAVAILABLE, "%s", err.text);
	else
		status = attach_view(&a, o, tty);
	if (status == EXIT_UNAVAILABLE && fd >= 0 && begun)
		attach_stop(fd); /* nobody has seen that it runs */
	attach_end(&a);
	close(tty);
	return status;
}
