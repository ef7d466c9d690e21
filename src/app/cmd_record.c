// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "app/collector.h"
#include "app/collector_place.h"
#include "app/inputs.h"
#include "app/privilege.h"

static int refuse_second(const struct error *why)
{
	return die(EXIT_UNAVAILABLE, "%s; it probes these tunnels. Look at it with `" PROGRAM " attach`, keep a "
		   "recording under a name with `" PROGRAM " -w FILE` when none is running, or run a second one "
		   "beside it with --new", why->text);
}

static int check_output(const struct options *o)
{
	if (!o->output)
		return die(EXIT_USAGE, "record: say where the recording goes: -o FILE, or -o - for standard output");
	if (!strcmp(o->output, "-") && isatty(STDOUT_FILENO))
		return die(EXIT_USAGE, "record: a recording is not for a terminal: use -o FILE, or pipe the output "
			   "into `" PROGRAM " replay -`");
	return EXIT_OK;
}

static int open_hashes(const char *file, FILE **ret)
{
	int fd = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0)
		return die(EXIT_CANTCREAT, "cannot write %s: %s", file, strerror(errno));
	*ret = fdopen(fd, "w");
	return EXIT_OK;
}

/* Lock and file, with the rights of who started it. Not being able to register ends nothing, but nobody can attach. */
static int open_all(struct options *o, struct session *s, struct collector_place *place, bool *ret_registered,
		    struct error *err)
{
	int r = session_open(s, o->new_session, err);

	*ret_registered = r >= 0;
	if (r == -EBUSY)
		return refuse_second(err);
	if (r < 0)
		die(0, "warning: %s; `" PROGRAM " attach` will not find this recording", err->text);
	*place = (struct collector_place){ .path = "-", .name = "stdout", .dir_fd = -1, .fd = STDOUT_FILENO };
	if (strcmp(o->output, "-") && collector_place_file(place, o->output, err) < 0)
		return die(EXIT_CANTCREAT, "%s", err->text);
	return EXIT_OK;
}

static int collect(struct options *o, struct session *s, const struct collector_place *place, uid_t asked_by,
		   FILE *hashes)
{
	const struct collector_config config = {
		.options = o, .session = s, .viewer = -1, .dir_fd = place->dir_fd, .name = place->name,
		.fd = place->fd, .asked_by = asked_by, .foreground = true, .hashes = hashes,
	};
	struct error err = {0};
	int status;

	if (isatty(STDERR_FILENO) && place->fd != STDOUT_FILENO)
		fprintf(stderr, PROGRAM ": recording to %s; Ctrl-C ends it\n", place->path);
	status = collector_run(&config, &err);
	return err.text[0] ? die(status, "%s", err.text) : status;
}

int cmd_record(struct options *o)
{
	struct session s = { .state_fd = -1, .lock_fd = -1, .dir_fd = -1, .own_fd = -1, .listen_fd = -1 };
	struct collector_place place;
	const uid_t asked_by = privilege_asker();
	struct error err = {0};
	bool registered = false;
	FILE *hashes = NULL;
	int status = check_output(o);

	if (status == EXIT_OK && !collector_sources_known(o->only, &err))
		status = die(EXIT_USAGE, "%s", err.text);
	if (status == EXIT_OK && inputs_open(o, &err))
		status = die(EXIT_CONFIG, "%s", err.text);
	if (status == EXIT_OK)
		status = open_all(o, &s, &place, &registered, &err);
	if (status == EXIT_OK && o->hashes)
		status = open_hashes(o->hashes, &hashes);
	if (status == EXIT_OK && privilege_drop(true, &err) < 0)
		status = die(EXIT_UNAVAILABLE, "%s", err.text);
	if (status != EXIT_OK)
		goto out;
	collector_place_settle(&place);
	if (registered && session_create(&s, place.path, &err) < 0) {
		die(0, "warning: %s; `" PROGRAM " attach` will not find this recording", err.text);
		registered = false;
	}
	status = collect(o, registered ? &s : NULL, &place, asked_by, hashes);
out:
	session_close(&s);
	if (hashes)
		fclose(hashes);
	return status;
}
