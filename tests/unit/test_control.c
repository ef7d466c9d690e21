// SPDX-License-Identifier: GPL-2.0-or-later
// The control connection: messages, descriptors, and what a hostile or slow peer can do to the collector.
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "app/app.h"
#include "app/cmd_attach.h"
#include "app/control.h"

struct world {
	struct event_base *base;
	struct control *control;
	char command[CONTROL_TEXT_MAX];
	size_t commands, connections;
};

static void on_command(void *arg, const char *text)
{
	struct world *w = arg;

	w->commands++;
	str_copy(w->command, sizeof w->command, text);
}

static void on_count(void *arg, size_t n)
{
	((struct world *)arg)->connections = n;
}

static const struct control_calls calls = { on_command, on_count };

static void set_up(struct world *w)
{
	*w = (struct world){ .base = event_base_new() };
	w->control = control_new(w->base, -1, NULL, 0, &calls, w);
}

static void tear_down(struct world *w)
{
	control_free(w->control);
	event_base_free(w->base);
}

static void turn(const struct world *w)
{
	for (int i = 0; i < 50; i++)
		event_base_loop(w->base, EVLOOP_NONBLOCK);
}

static int join(struct world *w)
{
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	control_adopt(w->control, pair[1]);
	return pair[0];
}

static int part_file(char mark)
{
	int fd = memfd_create("part", MFD_CLOEXEC);

	assert_int_equal(write(fd, &mark, 1), 1);
	return fd;
}

/* The next message is text; its descriptor, when there is one, begins with mark. */
static void expect(int fd, const char *text, char mark)
{
	char got[CONTROL_TEXT_MAX], first = 0;
	int passed = -1, n = control_receive(fd, got, sizeof got, &passed);

	assert_int_equal(n, (int)strlen(text));
	assert_string_equal(got, text);
	assert_int_equal(passed >= 0, mark != 0);
	if (!mark)
		return;
	assert_int_equal(pread(passed, &first, 1, 0), 1);
	assert_int_equal(first, mark);
	close(passed);
}

static void expect_nothing(int fd)
{
	char got[CONTROL_TEXT_MAX];
	int passed;

	assert_int_equal(control_receive(fd, got, sizeof got, &passed), -EAGAIN);
}

static void test_parts(void **state)
{
	struct world w;
	int early, late;

	(void)state;
	set_up(&w);
	early = join(&w);
	assert_int_equal(w.connections, 1);
	control_send(early, -1, "hello");
	turn(&w);
	expect_nothing(early); /* there is no part yet */
	control_part(w.control, 0, part_file('a'));
	expect(early, "part 0", 'a');
	expect(early, "live", 0);
	control_part(w.control, 1, part_file('b'));
	expect(early, "part 1", 'b');
	late = join(&w);
	turn(&w);
	expect_nothing(late); /* it did not ask */
	control_send(late, -1, "hello");
	turn(&w);
	expect(late, "part 1", 'b'); /* a memfd has no name: as if the file of part 0 had been deleted */
	expect(late, "live", 0);
	close(late);
	close(early);
	turn(&w);
	assert_int_equal(w.connections, 0);
	tear_down(&w);
}

static void test_commands_are_cleaned(void **state)
{
	struct world w;
	int fd;

	(void)state;
	set_up(&w);
	fd = join(&w);
	assert_int_equal(send(fd, "mark \033[2J\xff", 10, 0), 10);
	turn(&w);
	assert_int_equal(w.commands, 1);
	assert_string_equal(w.command, "mark \\x1b[2J\\xff");
	close(fd);
	tear_down(&w);
}

static int open_descriptors(void)
{
	int n = 0;

	for (int fd = 0; fd < 256; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

/* A peer that passes descriptors to us makes us hold none. */
static void test_passed_descriptors(void **state)
{
	struct world w;
	int fd, before;

	(void)state;
	set_up(&w);
	fd = join(&w);
	before = open_descriptors();
	for (int i = 0; i < 20; i++) {
		control_send(fd, fd, "baseline");
		turn(&w);
	}
	assert_int_equal(w.commands, 20);
	assert_int_equal(open_descriptors(), before);
	close(fd);
	tear_down(&w);
}

static void test_too_many(void **state)
{
	struct world w;
	int fds[33], pair[2];

	(void)state;
	set_up(&w);
	for (size_t i = 0; i < ARRAY_LEN(fds); i++)
		fds[i] = join(&w);
	assert_int_equal(w.connections, 32);
	expect(fds[32], "full", 0);
	/* who has said something already is told so, too, and does not take it for the end of the session */
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	control_send(pair[0], -1, "hello");
	control_adopt(w.control, pair[1]);
	assert_int_equal(attach_stop(pair[0]), -EUSERS);
	close(pair[0]);
	for (size_t i = 0; i < ARRAY_LEN(fds); i++)
		close(fds[i]);
	turn(&w);
	assert_int_equal(w.connections, 0);
	tear_down(&w);
}

static void run_for(const struct world *w, int ms)
{
	const struct timeval time = { .tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000 };

	event_base_loopexit(w->base, &time);
	event_base_dispatch(w->base);
}

/* Who waits when no descriptor is left is heard later, and costs nothing until then. */
static void test_no_descriptor_left(void **state)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int listen_fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int peer = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0), last;
	socklen_t len = sizeof sun;
	struct rlimit limit, none;
	const uid_t user = getuid();
	const char *preload = getenv("LD_PRELOAD");
	struct world w = {0};
	clock_t began;

	(void)state;
	/* valgrind has a limit of its own */
	if (preload && strstr(preload, "vgpreload"))
		skip();
	w.base = event_base_new();
	assert_int_equal(bind(listen_fd, (const struct sockaddr *)&sun, sizeof sun.sun_family), 0);
	assert_int_equal(listen(listen_fd, 1), 0);
	assert_int_equal(getsockname(listen_fd, (struct sockaddr *)&sun, &len), 0);
	assert_int_equal(connect(peer, (const struct sockaddr *)&sun, len), 0);
	w.control = control_new(w.base, listen_fd, &user, 1, &calls, &w);
	last = dup(peer);
	close(last);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	none = (struct rlimit){ (rlim_t)last, limit.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	began = clock();
	run_for(&w, 300);
	assert_true(clock() - began < CLOCKS_PER_SEC / 10);
	assert_int_equal(w.connections, 0);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	for (int i = 0; i < 20 && !w.connections; i++)
		run_for(&w, 200);
	assert_int_equal(w.connections, 1);
	close(peer);
	tear_down(&w);
}

/* A viewer that never reads: we neither wait nor grow, and it gets what is owed when it reads at last. */
static void test_slow_peer(void **state)
{
	char got[CONTROL_TEXT_MAX];
	struct world w;
	int fd, passed, parts = 0;

	(void)state;
	set_up(&w);
	fd = join(&w);
	control_send(fd, -1, "hello");
	turn(&w);
	for (int i = 0; i < 5000; i++)
		control_tell(w.control, "resumed");
	control_part(w.control, 7, part_file('x'));
	assert_int_equal(w.connections, 1);
	for (;;) {
		passed = -1;
		if (control_receive(fd, got, sizeof got, &passed) <= 0)
			break;
		parts += !strcmp(got, "part 7");
		if (passed >= 0)
			close(passed);
		turn(&w);
	}
	assert_int_equal(parts, 1);
	close(fd);
	tear_down(&w);
}

static void test_bye(void **state)
{
	struct world w;
	int fd, passed;
	char got[CONTROL_TEXT_MAX];

	(void)state;
	set_up(&w);
	fd = join(&w);
	control_stream(w.control);
	control_send(fd, -1, "hello");
	turn(&w);
	expect(fd, "stream", 0);
	control_bye(w.control);
	expect(fd, "bye", 0);
	assert_int_equal(control_receive(fd, got, sizeof got, &passed), 0);
	close(fd);
	tear_down(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parts), cmocka_unit_test(test_commands_are_cleaned),
		cmocka_unit_test(test_passed_descriptors), cmocka_unit_test(test_too_many),
		cmocka_unit_test(test_slow_peer), cmocka_unit_test(test_no_descriptor_left),
		cmocka_unit_test(test_bye),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
