// SPDX-License-Identifier: GPL-2.0-or-later
// The collector of a session: a process of its own, with neither terminal nor parent.
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "app/collector.h"
#include "app/collector_place.h"
#include "app/control.h"
#include "app/inputs.h"
#include "app/privilege.h"
#include "app/process.h"

#define START_MS 10000

/* In the collector, with the rights of who started it. */
static int settle(struct options *o, struct session *s, struct collector_place *place, struct error *err)
{
	int r = session_open(s, o->new_session, err);

	if (r >= 0 && o->write_file)
		r = collector_place_file(place, o->write_file, err);
	if (r >= 0)
		r = inputs_open(o, err);
	if (r >= 0)
		r = privilege_drop(true, err);
	if (r >= 0)
		r = session_create(s, o->write_file ? place->path : NULL, err);
	if (r < 0)
		return r;
	if (o->write_file)
		collector_place_settle(place);
	return chdir("/") ? error_set(err, -errno, "cannot enter /: %s", strerror(errno)) : 0;
}

static int session_collector(struct options *o, int viewer, uid_t asked_by)
{
	struct collector_place place = { .dir_fd = -1, .fd = -1 };
	struct error err = {0};
	struct session s;
	int r = settle(o, &s, &place, &err), status;
	struct collector_config config = { .options = o, .session = &s, .viewer = viewer, .fd = place.fd,
					   .dir_fd = place.dir_fd, .name = place.name, .asked_by = asked_by };

	if (r < 0) {
		control_send(viewer, -1, "fail %d %s", -r, err.text);
		session_close(&s);
		return EXIT_UNAVAILABLE;
	}
	if (!o->write_file) {
		config.dir_fd = s.dir_fd;
		config.name = SESSION_RECORDING;
	}
	control_send(viewer, -1, "session %d %s", s.info.pid, s.info.dir);
	control_send(viewer, -1, "where %s", s.info.where);
	status = collector_run(&config, &err);
	session_close(&s);
	return status;
}

/* Forked twice: not a session's leader, it can never get a terminal; not our child, it leaves no zombie. */
static void detach(struct options *o, int viewer)
{
	const uid_t asked_by = privilege_asker();
	pid_t pid;

	setsid();
	pid = fork();
	if (pid)
		_exit(pid < 0);
	process_close_others(&viewer, 1);
	process_null_stdio(7);
	_exit(session_collector(o, viewer, asked_by));
}

/* What the collector says of itself, before anything else. */
static int hear(int fd, struct session_info *ret, struct error *err)
{
	struct session_info info = {0};
	char text[CONTROL_TEXT_MAX];
	int n, passed = -1, at = 0, code = 0;

	while (!info.where[0]) {
		n = control_wait(fd, text, sizeof text, &passed, START_MS);
		if (n <= 0)
			return error_set(err, -EIO, "the collector did not start");
		if (sscanf(text, "fail %d %n", &code, &at) == 1 && at)
			return error_set(err, code > 0 ? -code : -EIO, "%s", text + at);
		if (sscanf(text, "session %d %n", &info.pid, &at) == 1 && at)
			str_copy(info.dir, sizeof info.dir, text + at);
		else if (!strncmp(text, "where ", 6))
			str_copy(info.where, sizeof info.where, text + 6);
	}
	*ret = info;
	return 0;
}

int collector_spawn(struct options *o, struct session_info *ret, struct error *err)
{
	int pair[2], status = 0, r;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		return error_set(err, -errno, "cannot make a socket pair: %s", strerror(errno));
	pid = fork();
	if (!pid)
		detach(o, pair[1]);
	close(pair[1]);
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	r = pid < 0 || status ? error_set(err, -ENOMEM, "cannot start the collector: no more processes allowed")
		: hear(pair[0], ret, err);
	if (!r)
		return pair[0];
	close(pair[0]);
	return r;
}
