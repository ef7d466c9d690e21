// SPDX-License-Identifier: GPL-2.0-or-later
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/app.h"

/* A descriptor of ours must never land on 0, 1 or 2, where somebody prints. */
static bool stdio_open(void)
{
	for (int fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", fd ? O_WRONLY : O_RDONLY) != fd)
			return false;
	return true;
}

/* Each part of a recording is a descriptor, in the collector as in the viewer. */
static void allow_descriptors(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur >= limit.rlim_max)
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

int main(int argc, char **argv)
{
	const struct command *command;
	struct options o = {0};
	struct error err = {0};
	int status = EXIT_OK;

	if (!stdio_open())
		return EXIT_IO;
	if (getuid() != geteuid() || getgid() != getegid())
		return die(EXIT_UNAVAILABLE, "must not be set-uid or set-gid; instead: "
			   "setcap cap_net_raw,cap_net_admin+p %s", argc ? argv[0] : PROGRAM);
	setlocale(LC_CTYPE, "");
	umask(077);
	allow_descriptors();
	signal(SIGPIPE, SIG_IGN);
	command = options_parse(&o, argc, argv, &status, &err);
	if (!command) {
		if (err.text[0])
			die(status, "%s", err.text);
		options_free(&o);
		return status;
	}
	status = config_load(&o, &err);
	status = status ? die(status, "%s", err.text) : command->run(&o);
	options_free(&o);
	return status;
}
