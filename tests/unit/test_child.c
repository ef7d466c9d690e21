// SPDX-License-Identifier: GPL-2.0-or-later
// Children: what is heard of them, and that nothing they do keeps the loop or leaves a process behind.
#include <errno.h>
#include <event2/event.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "source/child.h"

struct run {
	struct event_base *base;
	struct child_pool *pool;
	struct child *child;
	bool done, eof;
	enum child_end end;
	int code;
	struct buf out, errors, stream;
};

static int64_t now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * US_PER_S + ts.tv_nsec / NS_PER_US;
}

static void on_done(void *arg, const struct child_result *result)
{
	struct run *run = arg;

	assert_false(run->done);
	run->done = true;
	run->end = result->end;
	run->code = result->code;
	buf_add(&run->out, result->out, result->out_len);
	buf_add(&run->errors, result->errors, result->errors_len);
}

static void on_output(void *arg, const void *data, size_t len)
{
	struct run *run = arg;

	assert_false(run->eof);
	run->eof = !len;
	buf_add(&run->stream, data, len);
}

static void open_run(struct run *run)
{
	signal(SIGPIPE, SIG_IGN); /* as the program does */
	*run = (struct run){ .base = event_base_new() };
	run->pool = child_pool_new(run->base);
}

static void close_run(struct run *run)
{
	child_pool_free(run->pool);
	event_base_free(run->base);
	buf_free(&run->out);
	buf_free(&run->errors);
	buf_free(&run->stream);
}

static void start(struct run *run, const struct child_config *config)
{
	struct child_config c = *config;

	c.done = on_done;
	c.arg = run;
	assert_int_equal(child_start(run->pool, &c, &run->child), 0);
}

static void shell(struct run *run, const char *script, const struct child_config *config)
{
	char sh[] = "/bin/sh", c[] = "-c", text[512];
	char *argv[] = { sh, c, text, NULL };
	struct child_config with = *config;

	str_copy(text, sizeof text, script);
	with.argv = argv;
	start(run, &with);
}

static void once(struct run *run)
{
	event_base_loop(run->base, EVLOOP_NONBLOCK);
	nanosleep(&(struct timespec){ .tv_nsec = 200000 }, NULL);
}

static void wait_done(struct run *run)
{
	for (int64_t end = now_us() + 20 * US_PER_S; !run->done && now_us() < end;)
		once(run);
	assert_true(run->done);
}

/* All we started was reaped. */
static void wait_childless(struct run *run)
{
	for (int64_t end = now_us() + 20 * US_PER_S; now_us() < end; once(run)) {
		if (waitid(P_ALL, 0, &(siginfo_t){0}, WEXITED | WNOHANG | WNOWAIT) < 0 && errno == ECHILD)
			return;
	}
	fail_msg("a child was not reaped");
}

/* A zombie is dead: when it is reaped is somebody else's business. */
static bool is_dead(pid_t pid)
{
	char path[64], line[512] = "";
	const char *state;
	FILE *f;

	snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
	f = fopen(path, "r");
	if (!f)
		return true;
	state = fgets(line, sizeof line, f) ? strrchr(line, ')') : NULL;
	fclose(f);
	return !state || state[2] == 'Z' || state[2] == 'X';
}

static void wait_dead(pid_t pid)
{
	for (int64_t end = now_us() + 20 * US_PER_S; now_us() < end;) {
		if (is_dead(pid))
			return;
		nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
	}
	fail_msg("process %d lives", (int)pid);
}

#define PLAIN (&(struct child_config){ .deadline_us = 10 * US_PER_S })

static void test_output_and_status(void **state)
{
	struct run run;
	char words[160];

	(void)state;
	open_run(&run);
	shell(&run, "echo out; echo err >&2; exit 3", PLAIN);
	wait_done(&run);
	assert_int_equal(run.end, CHILD_EXITED);
	assert_int_equal(run.code, 3);
	assert_string_equal(run.out.data, "out\n");
	assert_string_equal(run.errors.data, "err\n");
	child_words(&(struct child_result){ .end = run.end, .code = 3, .errors = run.errors.data,
					    .errors_len = run.errors.len }, words, sizeof words);
	assert_string_equal(words, "exit status 3: err");
	wait_childless(&run);
	close_run(&run);
}

static void test_signal(void **state)
{
	struct run run;

	(void)state;
	open_run(&run);
	shell(&run, "kill -TERM $$", PLAIN);
	wait_done(&run);
	assert_int_equal(run.end, CHILD_SIGNALLED);
	assert_int_equal(run.code, SIGTERM);
	close_run(&run);
}

static void test_no_program(void **state)
{
	char none[] = "/nonexistent/program";
	char *argv[] = { none, NULL };
	struct child_config config = { .argv = argv };
	struct run run;

	(void)state;
	for (int pty = 0; pty < 2; pty++) {
		open_run(&run);
		config.flags = pty ? CHILD_PTY : 0;
		start(&run, &config);
		wait_done(&run);
		assert_int_equal(run.end, CHILD_NOT_RUN);
		assert_int_equal(run.code, ENOENT);
		close_run(&run);
	}
}

/* Own group, no descriptors but three, no capability, environment as asked. */
static void test_what_it_inherits(void **state)
{
	static const char *const env[] = { "LC_ALL=C", "TUNWATCH_TEST=a=b", NULL };
	int leak = dup(2); /* not close-on-exec */
	char want[64];
	struct run run;
	pid_t pid;

	(void)state;
	open_run(&run);
	shell(&run, "for f in /proc/self/fd/*; do echo ${f##*/}; done | sort -n | tr '\\n' ' '; "
		    "echo $LC_ALL $TUNWATCH_TEST; grep -E '^(Cap(Inh|Prm|Eff|Amb)|NoNewPrivs)' /proc/self/status | "
		    "tr -d '\\n\\t'; echo; cut -d' ' -f5 /proc/self/stat",
	      &(struct child_config){ .env = env });
	pid = child_pid(run.child);
	wait_done(&run);
	snprintf(want, sizeof want, "\n%d\n", (int)pid);
	assert_non_null(run.out.data);
	/* the glob holds the directory itself open as 3 */
	assert_true(!strncmp(run.out.data, "0 1 2 3 C a=b\n", 14) || !strncmp(run.out.data, "0 1 2 C a=b\n", 12));
	assert_non_null(strstr(run.out.data, "CapInh:0000000000000000CapPrm:0000000000000000CapEff:0000000000000000"
			       "CapAmb:0000000000000000NoNewPrivs:1\n"));
	assert_non_null(strstr(run.out.data, want));
	close_run(&run);
	close(leak);
}

static void test_deadline(void **state)
{
	static const char *const scripts[] = {
		"sleep 600", "exec > /dev/null 2>&1; sleep 600", "trap '' TERM INT HUP; while :; do sleep 1; done",
		"kill -STOP $$",
	};
	struct run run;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(scripts); i++) {
		int64_t from = now_us();

		open_run(&run);
		shell(&run, scripts[i], &(struct child_config){ .deadline_us = 200 * US_PER_MS });
		wait_done(&run);
		assert_int_equal(run.end, CHILD_DEADLINE);
		assert_true(now_us() - from >= 150 * US_PER_MS); /* libevent looks at a coarse clock */
		wait_childless(&run);
		close_run(&run);
	}
}

/* Descendants go with it: at its end as when it is killed. One that left the group with our pipe is not waited for. */
static void test_descendants(void **state)
{
	static const char *const scripts[] = { "sleep 600 & echo $!", "sleep 600 & echo $!; wait" };
	struct run run;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(scripts); i++) {
		open_run(&run);
		shell(&run, scripts[i], &(struct child_config){ .deadline_us = 500 * US_PER_MS });
		wait_done(&run);
		assert_int_equal(run.end, i ? CHILD_DEADLINE : CHILD_EXITED);
		assert_true(atoi(run.out.data) > 1);
		wait_dead(atoi(run.out.data));
		close_run(&run);
	}
	open_run(&run);
	shell(&run, "setsid sleep 600 & echo $!; while [ \"$(cut -d' ' -f5 /proc/$!/stat)\" != $! ]; do :; done", PLAIN);
	wait_done(&run);
	assert_int_equal(run.end, CHILD_EXITED);
	kill(atoi(run.out.data), SIGKILL);
	close_run(&run);
}

static void test_too_much(void **state)
{
	struct run run;

	(void)state;
	open_run(&run);
	shell(&run, "cat /dev/zero", PLAIN);
	wait_done(&run);
	assert_int_equal(run.end, CHILD_TOO_MUCH);
	assert_true(run.out.len <= CHILD_OUTPUT_MAX);
	wait_childless(&run);
	close_run(&run);
	/* more errors than are kept do not stop it */
	open_run(&run);
	shell(&run, "head -c 1000000 /dev/zero >&2; echo end", PLAIN);
	wait_done(&run);
	assert_int_equal(run.end, CHILD_EXITED);
	assert_int_equal(run.errors.len, CHILD_ERRORS_MAX);
	assert_string_equal(run.out.data, "end\n");
	close_run(&run);
	open_run(&run);
	shell(&run, "head -c 5000 /dev/zero", &(struct child_config){ .flags = CHILD_SECRET });
	wait_done(&run);
	assert_int_equal(run.end, CHILD_TOO_MUCH);
	close_run(&run);
}

static void test_input(void **state)
{
	static char big[CHILD_INPUT_MAX];
	struct run run;

	(void)state;
	memset(big, 'x', sizeof big);
	open_run(&run);
	shell(&run, "sleep 0.1; wc -c", &(struct child_config){ .flags = CHILD_STDIN });
	assert_int_equal(child_write(run.child, big, sizeof big), 0);
	assert_int_equal(child_write(run.child, big, sizeof big), 0); /* 64 KiB in the pipe, 64 KiB wait */
	assert_int_equal(child_write(run.child, big, 1), -ENOBUFS);
	child_close_input(run.child);
	assert_int_equal(child_write(run.child, big, 1), -EPIPE);
	wait_done(&run);
	assert_int_equal(atoi(run.out.data), 2 * CHILD_INPUT_MAX);
	close_run(&run);
	/* it never reads, and ends */
	open_run(&run);
	shell(&run, "exec < /dev/null; echo; sleep 0.1", &(struct child_config){ .flags = CHILD_STDIN, .output = on_output });
	while (!run.stream.len)
		once(&run);
	child_write(run.child, big, 10);
	assert_int_equal(child_write(run.child, big, 10), -EPIPE);
	wait_done(&run);
	assert_int_equal(run.end, CHILD_EXITED);
	assert_true(run.eof);
	close_run(&run);
}

static void wait_stream(struct run *run, const char *text)
{
	for (int64_t end = now_us() + 20 * US_PER_S; now_us() < end; once(run))
		if (run->stream.data && strstr(run->stream.data, text))
			return;
	fail_msg("\"%s\" did not come, but \"%s\"", text, run->stream.data ? run->stream.data : "");
}

static void test_terminal(void **state)
{
	const struct child_config config = {
		.flags = CHILD_PTY, .output = on_output, .columns = 132, .rows = 50, .deadline_us = 20 * US_PER_S,
	};
	struct run run;

	(void)state;
	open_run(&run);
	shell(&run, "test -t 0 -a -t 1 -a -t 2 && stty size; printf 'Password: ' > /dev/tty; read p < /dev/tty; "
		    "echo got $p; read q; echo $q; exit 4", &config);
	wait_stream(&run, "50 132\nPassword: ");
	assert_int_equal(child_write(run.child, "secret\r", 7), 0);
	wait_stream(&run, "got secret\n");
	assert_int_equal(child_write(run.child, "q\n", 2), 0);
	wait_done(&run);
	/* typed text is not echoed */
	assert_string_equal(run.stream.data, "50 132\nPassword: got secret\nq\n");
	assert_int_equal(run.end, CHILD_EXITED);
	assert_int_equal(run.code, 4);
	wait_childless(&run);
	close_run(&run);
}

/* Its terminal hangs up, and its group is killed, when we let go of it. */
static void test_kill(void **state)
{
	const struct child_config config = { .flags = CHILD_PTY, .output = on_output };
	struct run run;
	pid_t pid;

	(void)state;
	open_run(&run);
	shell(&run, "trap '' HUP; sleep 600 & echo $!; wait", &config);
	wait_stream(&run, "\n");
	pid = child_pid(run.child);
	child_kill(run.child);
	wait_childless(&run);
	wait_dead(pid);
	wait_dead(atoi(run.stream.data));
	assert_false(run.done);
	close_run(&run);
	/* and with the whole pool */
	open_run(&run);
	shell(&run, "sleep 600 & echo $!; wait", &config);
	wait_stream(&run, "\n");
	pid = child_pid(run.child);
	child_pool_free(run.pool);
	wait_dead(pid);
	wait_dead(atoi(run.stream.data));
	run.pool = child_pool_new(run.base);
	close_run(&run);
}

/* One that never stops printing has the loop turn by turn only. */
static void test_endless(void **state)
{
	struct run run;
	unsigned turns = 0;

	(void)state;
	open_run(&run);
	shell(&run, "cat /dev/zero", &(struct child_config){ .output = on_output, .deadline_us = 300 * US_PER_MS });
	for (; !run.done; turns++) {
		once(&run);
		buf_clear(&run.stream);
	}
	assert_int_equal(run.end, CHILD_DEADLINE);
	assert_true(turns > 10);
	close_run(&run);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_output_and_status), cmocka_unit_test(test_signal),
		cmocka_unit_test(test_no_program), cmocka_unit_test(test_what_it_inherits),
		cmocka_unit_test(test_deadline), cmocka_unit_test(test_descendants), cmocka_unit_test(test_too_much),
		cmocka_unit_test(test_input), cmocka_unit_test(test_terminal), cmocka_unit_test(test_kill),
		cmocka_unit_test(test_endless),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
