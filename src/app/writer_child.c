// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/app.h"
#include "app/privilege.h"
#include "app/process.h"
#include "app/session.h"
#include "app/writer.h"

#define CUT_MAX (64u << 20)
#define READ_SIZE 65536
#define FREE_PERCENT 5

struct child {
	const struct writer_config *config;
	int data_fd, status_fd;
	struct store *store;
	struct buf in;
	uint32_t want_epoch;   /* cuts of earlier ones are thrown away */
	bool failing, told;    /* between failed and resumed; this part's descriptor was handed over */
	unsigned begun;        /* the part whose file the store was last asked to begin */
	struct stat file;      /* the one handed over last */
	int64_t good_t, good_ticks;
};

/* Poll returns at once when the parent dies; the data of its socket may have no end while other children of it live. */
static void on_orphaned(int sig)
{
	(void)sig;
}

static void tell(struct child *c, struct writer_status *status, const struct error *err, int fd)
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(int))];
	} space = {0};
	struct iovec iov = { .iov_base = status, .iov_len = sizeof *status };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };

	status->good_t = c->good_t;
	status->good_ticks = c->good_ticks;
	if (err)
		str_copy(status->text, sizeof status->text, err->text);
	if (fd >= 0) {
		msg.msg_control = &space;
		msg.msg_controllen = sizeof space;
		space.header = (struct cmsghdr){ .cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET,
						 .cmsg_type = SCM_RIGHTS };
		memcpy(CMSG_DATA(&space.header), &fd, sizeof fd);
	}
	while (sendmsg(c->status_fd, &msg, MSG_NOSIGNAL) < 0 && errno == EINTR)
		;
}

static void tell_part(struct child *c, unsigned part)
{
	struct writer_status status = { .news = WRITER_NEWS_PART, .part = part };
	int fd = store_reopen(c->store);
	struct stat st = {0};

	if (fd >= 0 && !fstat(fd, &st) && st.st_ino == c->file.st_ino && st.st_dev == c->file.st_dev) {
		status.news = WRITER_NEWS_CONTINUED;
		close(fd);
		fd = -1;
	}
	c->file = st;
	status.error = fd == -ESPIPE ? ESPIPE : 0;
	tell(c, &status, NULL, fd);
	if (fd >= 0)
		close(fd);
	c->told = true;
}

/* Room for a part that begins; the rest of the cap belongs to what is there. */
static void prune(struct child *c)
{
	if (c->config->state_fd >= 0)
		session_prune(c->config->state_fd, c->config->keep,
			      c->config->total_cap - (int64_t)store_bytes(c->store));
}

/* False when nothing more can ever be written. */
static bool write_cut(struct child *c, const struct writer_cut *cut, const uint8_t *bytes)
{
	struct writer_status status = { .epoch = cut->epoch, .part = cut->part };
	struct error err = {0};
	bool begins = cut->flags & WRITER_PART && cut->part != c->begun;
	int r;

	if (cut->epoch < c->want_epoch)
		return true;
	if (cut->flags & WRITER_PART) {
		prune(c);
		c->told = false;
	}
	c->begun = begins ? cut->part : c->begun;
	r = store_write(c->store, bytes, cut->len, begins, &err); /* once: a second try goes to the file of the first */
	if (r < 0) {
		status.news = r == -EPIPE ? WRITER_NEWS_CLOSED : WRITER_NEWS_FAILED;
		status.error = -r;
		tell(c, &status, &err, -1);
		c->want_epoch = cut->epoch + 1;
		c->failing = true;
		return r != -EPIPE;
	}
	c->good_t = cut->t;
	c->good_ticks = cut->ticks;
	if (!c->told)
		tell_part(c, cut->part);
	if (c->failing) {
		status.news = WRITER_NEWS_RESUMED;
		tell(c, &status, NULL, -1);
		c->failing = false;
	}
	return true;
}

/* Write the whole cuts among what was read. */
static bool write_all(struct child *c)
{
	struct writer_cut cut;
	size_t at = 0;
	bool go_on = true;

	while (go_on && c->in.len - at >= sizeof cut) {
		memcpy(&cut, c->in.data + at, sizeof cut);
		if (cut.len > CUT_MAX)
			return false;
		if (c->in.len - at - sizeof cut < cut.len)
			break;
		go_on = write_cut(c, &cut, (const uint8_t *)c->in.data + at + sizeof cut);
		at += sizeof cut + cut.len;
		go_on = go_on && !(cut.flags & WRITER_END);
	}
	buf_drop(&c->in, at);
	return go_on;
}

/* Read what is there: 1 something, 0 nothing now, -1 end. */
static int read_some(struct child *c)
{
	char data[READ_SIZE];
	ssize_t n = recv(c->data_fd, data, sizeof data, MSG_DONTWAIT);

	if (n > 0) {
		buf_add(&c->in, data, (size_t)n);
		return 1;
	}
	return n < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : -1;
}

static void run(struct child *c, pid_t parent)
{
	struct pollfd wait = { .fd = c->data_fd, .events = POLLIN };
	sigset_t none;
	int r;

	sigemptyset(&none);
	for (;;) {
		r = read_some(c);
		if (r > 0 && !write_all(c))
			return;
		if (r < 0 || (!r && getppid() != parent))
			return;
		if (!r)
			ppoll(&wait, 1, NULL, &none);
	}
}

/* Keys of the terminal and the end of the login are the collector's to judge. SIGUSR1 comes when it dies; it is
 * blocked but in ppoll, so that none is missed. */
static void set_signals(pid_t parent)
{
	const struct sigaction orphaned = { .sa_handler = on_orphaned };
	static const int ignored[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE, SIGTSTP };
	sigset_t block;

	for (size_t i = 0; i < ARRAY_LEN(ignored); i++)
		signal(ignored[i], SIG_IGN);
	sigemptyset(&block);
	sigaddset(&block, SIGUSR1);
	sigprocmask(SIG_BLOCK, &block, NULL);
	sigaction(SIGUSR1, &orphaned, NULL);
	prctl(PR_SET_PDEATHSIG, SIGUSR1);
	if (getppid() != parent)
		raise(SIGUSR1);
}

int writer_child(const struct writer_config *config, int data_fd, int status_fd, pid_t parent)
{
	const struct store_config files = { .dir_fd = config->dir_fd, .name = config->name, .fd = config->fd,
					    .total_cap = (uint64_t)config->total_cap,
					    .free_percent = FREE_PERCENT };
	struct child c = { .config = config, .data_fd = data_fd, .status_fd = status_fd };
	const int keep[] = { config->dir_fd, config->fd, config->state_fd, data_fd, status_fd };
	struct writer_status fatal = { .news = WRITER_NEWS_FATAL };
	struct error err = {0};

	process_close_others(keep, ARRAY_LEN(keep));
	process_null_stdio(config->fd == 1 ? 5 : 7);
	if (privilege_drop(false, &err) < 0) {
		fatal.error = EPERM;
		tell(&c, &fatal, &err, -1);
		return EXIT_UNAVAILABLE;
	}
	privilege_no_sockets();
	set_signals(parent);
	c.store = store_open(&files, &err);
	if (!c.store) {
		fatal.error = EIO;
		tell(&c, &fatal, &err, -1);
		return EXIT_CANTCREAT;
	}
	run(&c, parent);
	store_close(c.store);
	buf_free(&c.in);
	return EXIT_OK;
}
