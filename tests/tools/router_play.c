// SPDX-License-Identifier: GPL-2.0-or-later
// Plays a router that speaks as Yamaha's do, one session at a time, and checks what it is sent.
//   router_play [-s SCRIPT] [-r SEED] [-l LOG] [-u USER] [-p PASSWORD] [-g LINES] [-a 'COMMAND=FILE']... WHERE
// WHERE is ADDRESS:PORT (port 0: any; "listening on PORT" is printed), or - for a session on stdin and stdout, without
// telnet, on a terminal if they are one. SCRIPT: yamaha (default), yamaha-ja (in Shift_JIS), lost-first,
// wrong-password, error-password, silent, slow (a byte a second), garbage, eof-in-answer, confirm, asks-later,
// idle-close.
// It pages after -g lines (24; 0: never), knows no users without -u, and cuts what it says into random pieces, by SEED,
// which also makes up its answers (tests/lib/router_answers.h). -a: the answer to a command is what the file holds.
// LOG gets a line for whatever happens: "connect", "line TEXT", "fault TEXT", "close". It runs until SIGTERM or SIGINT
// (on stdin: to the end), and exits with 1 when there was a fault.
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "lib/router_script.h"

enum { FILES_MAX = 8, PIECE_MAX = 64, PAUSE_US = 4000, GARBAGE = 65536 };

static const struct { const char *name; enum router_trouble trouble; bool japanese, slow; } scripts[] = {
	{ "yamaha", ROUTER_WELL, false, false }, { "yamaha-ja", ROUTER_WELL, true, false },
	{ "lost-first", ROUTER_LOSES_FIRST, false, false }, { "wrong-password", ROUTER_WRONG_PASSWORD, false, false },
	{ "error-password", ROUTER_ERROR_PASSWORD, false, false }, { "silent", ROUTER_SILENT, false, false },
	{ "slow", ROUTER_WELL, false, true }, { "garbage", ROUTER_GARBAGE, false, false },
	{ "eof-in-answer", ROUTER_HANGS_UP, false, false }, { "confirm", ROUTER_CONFIRM, false, false },
	{ "asks-later", ROUTER_ASKS_LATER, false, false }, { "idle-close", ROUTER_IDLE_CLOSE, false, false },
};

struct play {
	size_t script;
	uint64_t seed, random;
	const char *user, *password, *files[FILES_MAX];
	size_t nfiles;
	unsigned page_lines;
	FILE *log;
	struct world world;
	struct router router;
	struct buf link;
	int in, out;
	int64_t next_us;
	bool faulty, answered;
};

static volatile sig_atomic_t ended;

static void end(int sig)
{
	(void)sig;
	ended = 1;
}

static int64_t now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * US_PER_S + ts.tv_nsec / NS_PER_US;
}

static void note(struct play *p, const char *what, const char *text)
{
	if (!p->log)
		return;
	fprintf(p->log, "%s%s%s\n", what, *text ? " " : "", text);
	fflush(p->log);
}

static bool from_file(const char *path, struct buf *out)
{
	char data[4096];
	size_t n;
	FILE *f = fopen(path, "r");

	if (!f)
		return false;
	while ((n = fread(data, 1, sizeof data, f)) > 0)
		buf_add(out, data, n);
	fclose(f);
	return true;
}

static bool answer(void *arg, const char *line, struct buf *out)
{
	struct play *p = arg;
	size_t n = strlen(line);

	p->answered = true;
	for (size_t i = 0; i < p->nfiles; i++)
		if (!strncmp(p->files[i], line, n) && p->files[i][n] == '=')
			return from_file(p->files[i] + n + 1, out);
	for (int i = 0; i < WORLD_ANSWERS; i++) {
		if (strcmp(line, world_commands[i]) != 0)
			continue;
		buf_add(out, p->world.text[i].data, p->world.text[i].len);
		return true;
	}
	return false;
}

static void received(void *arg, const char *line)
{
	note(arg, "line", line);
}

static void begin(struct play *p, bool telnet)
{
	static struct router_make bare;
	const struct router_make *make = scripts[p->script].japanese ? &yamaha_ja : &yamaha_en;

	if (!telnet) {
		bare = *make;
		bare.negotiation = "";
		make = &bare;
	}
	p->router = (struct router){
		.make = make, .trouble = scripts[p->script].trouble, .named = p->user, .user = p->user,
		.password = p->password, .page_lines = p->page_lines, .answer = answer, .received = received, .arg = p,
		.charset = "CP932",
	};
	p->answered = false;
	p->next_us = now_us();
	buf_clear(&p->link);
	router_start(&p->router, p->seed);
	note(p, "connect", "");
}

static void collect(struct play *p)
{
	buf_add(&p->link, p->router.out.data, p->router.out.len);
	buf_clear(&p->router.out);
	if (*p->router.fault) {
		note(p, "fault", p->router.fault);
		p->router.fault[0] = 0;
		p->faulty = true;
	}
	for (size_t i = p->link.len; p->router.garbage && i < GARBAGE; i++)
		buf_putc(&p->link, (char)world_random(&p->random, 256));
}

// False when the other end has gone.
static bool say(struct play *p)
{
	bool slow = scripts[p->script].slow;
	size_t n = slow ? 1 : p->router.garbage ? p->link.len : 1 + world_random(&p->random, PIECE_MAX);
	ssize_t done;

	if (!p->link.len || now_us() < p->next_us)
		return true;
	done = write(p->out, p->link.data, n < p->link.len ? n : p->link.len);
	if (done < 0)
		return errno == EAGAIN || errno == EINTR;
	buf_drop(&p->link, (size_t)done);
	p->next_us = now_us() + (slow ? US_PER_S : p->router.garbage ? 0 : world_random(&p->random, PAUSE_US));
	return true;
}

static bool hear(struct play *p)
{
	char data[4096];
	ssize_t n = read(p->in, data, sizeof data);

	if (n <= 0)
		return n < 0 && (errno == EAGAIN || errno == EINTR);
	p->router.undelivered = p->link.len;
	router_input(&p->router, data, (size_t)n);
	return true;
}

static void play(struct play *p, bool telnet)
{
	begin(p, telnet);
	while (!ended) {
		struct pollfd fds[] = { { p->in, POLLIN, 0 }, { p->out, POLLOUT, 0 } };
		int64_t wait = p->next_us - now_us();

		collect(p);
		if (p->router.trouble == ROUTER_IDLE_CLOSE && p->answered && p->router.mode == ROUTER_AT_PROMPT &&
		    !p->link.len)
			p->router.hung_up = poll(fds, 1, 1000) == 0;
		if (p->router.hung_up && !p->link.len)
			break;
		if (!p->link.len || wait > 0)
			fds[1].fd = -1;
		if (poll(fds, 2, p->link.len && wait > 0 ? (int)(wait / 1000) + 1 : 200) < 0 && errno != EINTR)
			break;
		if ((fds[0].revents && !hear(p)) || !say(p))
			break;
	}
	note(p, "close", "");
	router_free(&p->router);
}

static int listen_on(const char *where)
{
	struct sockaddr_in sa = { .sin_family = AF_INET };
	socklen_t len = sizeof sa;
	char address[64];
	const char *colon = strrchr(where, ':');
	int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (!colon || fd < 0)
		return -1;
	snprintf(address, sizeof address, "%.*s", (int)(colon - where), where);
	sa.sin_port = htons((uint16_t)atoi(colon + 1));
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	if (inet_pton(AF_INET, address, &sa.sin_addr) != 1 || bind(fd, (struct sockaddr *)&sa, sizeof sa) ||
	    listen(fd, 8) || getsockname(fd, (struct sockaddr *)&sa, &len))
		return -1;
	printf("listening on %d\n", ntohs(sa.sin_port));
	fflush(stdout);
	return fd;
}

static int serve(struct play *p, const char *where)
{
	int fd = listen_on(where);

	if (fd < 0) {
		fprintf(stderr, "router_play: %s: %s\n", where, strerror(errno));
		return 2;
	}
	while (!ended) {
		struct pollfd pfd = { fd, POLLIN, 0 };

		if (poll(&pfd, 1, 1000) <= 0)
			continue;
		p->in = p->out = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
		if (p->in < 0)
			continue;
		play(p, true);
		close(p->in);
	}
	close(fd);
	return p->faulty;
}

static int on_terminal(struct play *p)
{
	struct termios raw;

	p->in = STDIN_FILENO;
	p->out = STDOUT_FILENO;
	if (!tcgetattr(p->in, &raw)) {
		cfmakeraw(&raw);
		tcsetattr(p->in, TCSANOW, &raw);
	}
	play(p, false);
	return p->faulty;
}

static int usage(void)
{
	fprintf(stderr, "router_play [-s SCRIPT] [-r SEED] [-l LOG] [-u USER] [-p PASSWORD] [-g LINES] "
			"[-a COMMAND=FILE] ADDRESS:PORT|-\n");
	return 2;
}

static bool option(struct play *p, int c)
{
	switch (c) {
	case 's':
		for (p->script = 0; p->script < ARRAY_LEN(scripts) && strcmp(scripts[p->script].name, optarg) != 0;)
			p->script++;
		return p->script < ARRAY_LEN(scripts);
	case 'r': p->seed = strtoull(optarg, NULL, 10); return true;
	case 'l': p->log = fopen(optarg, "a"); return p->log;
	case 'u': p->user = optarg; return true;
	case 'p': p->password = optarg; return true;
	case 'g': p->page_lines = (unsigned)strtoul(optarg, NULL, 10); return true;
	case 'a':
		if (p->nfiles == FILES_MAX || !strchr(optarg, '='))
			return false;
		p->files[p->nfiles++] = optarg;
		return true;
	default: return false;
	}
}

int main(int argc, char **argv)
{
	struct sigaction sa = { .sa_handler = end };
	struct play p = { .password = "secret", .page_lines = 24 };
	int c, status;

	while ((c = getopt(argc, argv, "s:r:l:u:p:g:a:")) != -1)
		if (!option(&p, c))
			return usage();
	if (optind != argc - 1)
		return usage();
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGINT, &sa, NULL);
	signal(SIGPIPE, SIG_IGN);
	p.random = world_seed(p.seed);
	world_make(&p.world, p.seed, scripts[p.script].japanese);
	status = strcmp(argv[optind], "-") != 0 ? serve(&p, argv[optind]) : on_terminal(&p);
	world_free(&p.world);
	buf_free(&p.link);
	if (p.log)
		fclose(p.log);
	return status;
}
