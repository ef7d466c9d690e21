// SPDX-License-Identifier: GPL-2.0-or-later
// Where recordings are kept: files and their rotation, full disks, streams; a reader beside a writer that is killed.
#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/wait.h>

#include "recording.h"

struct place {
	char path[64];
	int fd;
};

static void place_open(struct place *p)
{
	str_copy(p->path, sizeof p->path, "/tmp/tunwatch-test-XXXXXX");
	assert_non_null(mkdtemp(p->path));
	p->fd = open(p->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(p->fd >= 0);
}

static void place_close(struct place *p)
{
	static const char *const names[] = { "a.twr", "a.1.twr", "a.2.twr", "a.3.twr", "a.4.twr", "a.5.twr", "b.twr" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		unlinkat(p->fd, names[i], 0);
	close(p->fd);
	assert_int_equal(rmdir(p->path), 0);
}

static bool exists(const struct place *p, const char *name)
{
	return !faccessat(p->fd, name, F_OK, 0);
}

static const uint8_t some[1000] = { 1, 2, 3 };

static void test_rotation(void **state)
{
	struct place p;
	struct store_config config = { .name = "a.twr", .fd = -1, .total_cap = 3500 };
	struct error err = {0};
	struct store *st;
	struct stat s;
	int fd;

	(void)state;
	place_open(&p);
	config.dir_fd = p.fd;
	st = store_open(&config, &err);
	assert_non_null(st);
	assert_null(store_open(&config, &err)); /* never over an existing file */
	assert_non_null(strstr(err.text, "exists already"));
	for (int i = 0; i < 6; i++)
		assert_int_equal(store_write(st, some, sizeof some, i > 0, &err), 0);
	assert_string_equal(store_path(st), "a.5.twr");
	assert_true(store_bytes(st) == 3000);
	assert_false(exists(&p, "a.twr") || exists(&p, "a.1.twr") || exists(&p, "a.2.twr"));
	assert_true(exists(&p, "a.3.twr") && exists(&p, "a.4.twr") && exists(&p, "a.5.twr"));
	assert_int_equal(fstatat(p.fd, "a.5.twr", &s, 0), 0);
	assert_int_equal(s.st_mode & 0777, 0600);
	fd = store_reopen(st);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "x", 1), -1);
	close(fd);
	store_close(st);
	place_close(&p);
}

/* A part alone over the cap: nothing can go, so nothing more is written. */
static void test_cap(void **state)
{
	struct place p;
	struct store_config config = { .name = "a", .fd = -1, .total_cap = 1500 };
	struct error err = {0};
	struct store *st;

	(void)state;
	place_open(&p);
	config.dir_fd = p.fd;
	st = store_open(&config, &err);
	assert_int_equal(store_write(st, some, sizeof some, false, &err), 0);
	assert_int_equal(store_write(st, some, sizeof some, false, &err), -EDQUOT);
	assert_non_null(strstr(err.text, "size limit"));
	assert_int_equal(store_write(st, some, sizeof some, true, &err), 0); /* a new part: the old one goes */
	assert_true(store_bytes(st) == 1000);
	store_close(st);
	place_close(&p);
}

/* A new part cannot be made: the present one goes on, and somebody is told. */
static void test_rotation_fails(void **state)
{
	struct place p;
	struct store_config config = { .name = "a", .fd = -1 };
	struct error err = {0};
	struct store *st;

	(void)state;
	place_open(&p);
	config.dir_fd = p.fd;
	st = store_open(&config, &err);
	close(openat(p.fd, "a.1.twr", O_WRONLY | O_CREAT, 0600));
	assert_int_equal(store_write(st, some, sizeof some, false, &err), 0);
	assert_string_equal(err.text, "");
	assert_int_equal(store_write(st, some, sizeof some, true, &err), 0);
	assert_non_null(strstr(err.text, "a.1.twr"));
	assert_string_equal(store_path(st), "a.twr");
	assert_true(store_bytes(st) == 2000);
	store_close(st);
	place_close(&p);
}

static void test_refusals(void **state)
{
	struct place p;
	struct store_config config = { .name = "a", .fd = -1 };
	struct error err = {0};
	int tty = posix_openpt(O_RDWR | O_NOCTTY);

	(void)state;
	place_open(&p);
	config.dir_fd = p.fd;
	assert_int_equal(symlinkat("/dev/null", p.fd, "a.twr"), 0);
	assert_null(store_open(&config, &err));
	if (tty >= 0) {
		config.fd = tty;
		assert_null(store_open(&config, &err));
		assert_non_null(strstr(err.text, "terminal"));
		assert_null(spool_new(tty, 1 << 20, &err));
		close(tty);
	}
	place_close(&p);
}

/* Writes until the disk is full, frees space, goes on. Returns how many ticks are missing. */
static int fill_disk(int dir_fd, const char *ballast, struct way *way)
{
	struct store_config config = { .dir_fd = dir_fd, .name = "a", .fd = -1 };
	struct recorder rec;
	struct workload w;
	struct store *st = store_open(&config, NULL);
	int missing = 0;

	if (!st)
		return -1;
	recorder_open(&rec);
	workload_open(&w, 3, 8, 8, &rec.sink);
	for (int i = 0; i < 2000; i++) {
		const uint8_t *bytes;
		size_t len;

		workload_tick(&w);
		len = encoder_cut(rec.encoder, w.t, TEST_WALL + w.t, &bytes);
		if (store_write(st, bytes, len, false, NULL)) {
			encoder_resync(rec.encoder);
			if (++missing == 30)
				unlinkat(dir_fd, ballast, 0);
			if (missing > 200)
				break;
		}
	}
	{
		struct reader *rd = reader_new();

		if (reader_add(rd, store_reopen(st), NULL))
			return -1;
		way_walk(way, rd);
		reader_free(rd);
	}
	workload_close(&w);
	recorder_close(&rec);
	store_close(st);
	return missing;
}

/* In a mount namespace of its own: a small disk, full because of a file that is deleted later. 0, or what is wrong;
 * 77: this machine does not allow it. */
static int try_full_disk(const char *path)
{
	static const uint8_t zeroes[600 << 10];
	struct way way = {0};
	int dir_fd, fd, missing, result;

	if (unshare(CLONE_NEWNS) || mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) ||
	    mount("tunwatch-test", path, "tmpfs", 0, "size=768k"))
		return 77;
	dir_fd = open(path, O_RDONLY | O_DIRECTORY);
	fd = openat(dir_fd, "ballast", O_WRONLY | O_CREAT, 0600);
	if (write(fd, zeroes, sizeof zeroes) != sizeof zeroes)
		return 1;
	close(fd);
	missing = fill_disk(dir_fd, "ballast", &way);
	if (missing < 30 || missing > 200)
		return 2;
	/* every frame that was told to be written is there, and the last one is of the last tick */
	result = way.n > 1900 && way.point[way.n - 1].t == 2000 * US_PER_S ? 0 : 3;
	free(way.point);
	close(dir_fd);
	return result;
}

static void test_full_disk(void **state)
{
	struct place p;
	int status;
	pid_t pid;

	(void)state;
	if (geteuid()) {
		print_message("# not root: no file system of one's own\n");
		skip();
	}
	place_open(&p);
	pid = fork();
	if (!pid)
		_exit(try_full_disk(p.path));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	place_close(&p);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
		skip();
	assert_int_equal(status, 0);
}

static void test_free_space(void **state)
{
	struct place p;
	struct store_config config = { .name = "a", .fd = -1, .free_percent = 101 };
	struct store *st;

	(void)state;
	place_open(&p);
	config.dir_fd = p.fd;
	st = store_open(&config, NULL);
	assert_int_equal(store_write(st, some, sizeof some, false, NULL), -ENOSPC);
	store_close(st);
	place_close(&p);
}

/* Writes ticks until it is killed; says after each how many are written. */
static void write_until_killed(int dir_fd, int pipe_fd)
{
	struct store_config config = { .dir_fd = dir_fd, .name = "a", .fd = -1 };
	struct store *st = store_open(&config, NULL);
	struct recorder rec;
	struct workload w;

	recorder_open(&rec);
	workload_open(&w, 3, 16, 16, &rec.sink);
	for (uint32_t i = 1;; i++) {
		const uint8_t *bytes;
		size_t len;

		workload_tick(&w);
		len = encoder_cut(rec.encoder, w.t, w.t, &bytes);
		if (store_write(st, bytes, len, false, NULL) || write(pipe_fd, &i, sizeof i) != sizeof i)
			_exit(1);
	}
}

static unsigned count_ticks(struct reader *rd)
{
	enum reader_result result;
	struct record r;
	unsigned n = 0;

	while ((result = reader_next(rd, &r)) == READER_RECORD || result == READER_FRAME)
		n += result == READER_RECORD && r.kind == RECORD_TICK && !r.snapshot;
	assert_int_equal(result, READER_WAIT);
	return n;
}

static void kill_and_look(uint32_t after)
{
	const struct reader_damage *damage;
	struct reader *rd = reader_new();
	uint32_t written = 0, told = 0;
	unsigned followed = 0;
	struct place p;
	int pipe_fd[2];
	pid_t pid;

	place_open(&p);
	assert_int_equal(pipe(pipe_fd), 0);
	pid = fork();
	if (!pid) {
		close(pipe_fd[0]); /* or a test that fails would leave this child behind */
		write_until_killed(p.fd, pipe_fd[1]);
	}
	close(pipe_fd[1]);
	while (told < after) {
		assert_int_equal(read(pipe_fd[0], &told, sizeof told), sizeof told);
		if (told == 1)
			assert_int_equal(reader_add(rd, openat(p.fd, "a.twr", O_RDONLY), NULL), 0);
		followed += count_ticks(rd);
		assert_true(followed >= told);
	}
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	written = told;
	while (read(pipe_fd[0], &told, sizeof told) == sizeof told)
		written = told;
	followed += count_ticks(rd);
	assert_true(followed == written || followed == written + 1);
	assert_true(!reader_damage(rd, &damage) || damage->torn);
	close(pipe_fd[0]);
	reader_free(rd);
	place_close(&p);
}

static void test_killed(void **state)
{
	(void)state;
	for (uint32_t after = 1; after < 400; after = after * 2 + 17)
		kill_and_look(after);
}

/* A file that its writer cut back under the reader: what follows is read, nothing is called damaged. */
static void test_cut_back(void **state)
{
	const struct reader_damage *damage;
	struct recorder rec;
	struct workload w;
	struct reader *rd = reader_new();
	size_t good = 0, len;
	const uint8_t *bytes;
	int fd;

	(void)state;
	recorder_open(&rec);
	workload_open(&w, 3, 4, 4, &rec.sink);
	for (int i = 0; i < 20; i++) {
		good = rec.len;
		workload_tick(&w);
		recorder_cut(&rec, w.t);
	}
	fd = file_of(rec.bytes, rec.len);
	assert_int_equal(reader_add(rd, dup(fd), NULL), 0);
	assert_int_equal(count_ticks(rd), 20);
	assert_int_equal(ftruncate(fd, (off_t)good), 0);
	assert_int_equal(count_ticks(rd), 0);
	encoder_resync(rec.encoder);
	workload_tick(&w);
	len = encoder_cut(rec.encoder, w.t, w.t, &bytes);
	assert_int_equal(pwrite(fd, bytes, len, (off_t)good), (ssize_t)len);
	assert_int_equal(count_ticks(rd), 1);
	assert_int_equal(reader_damage(rd, &damage), 0);
	close(fd);
	reader_free(rd);
	workload_close(&w);
	recorder_close(&rec);
}

/* Push bytes through a pipe in pieces, moving and reading between. */
static uint64_t through_pipe(const struct recorder *rec, uint64_t cap, struct reader *rd, unsigned *ret_ticks)
{
	struct workload random = { .state = 77 };
	struct error err = {0};
	struct spool *sp;
	enum reader_result result = READER_WAIT;
	uint64_t hash = 0;
	int pipe_fd[2], more = 1;

	assert_int_equal(pipe(pipe_fd), 0);
	sp = spool_new(pipe_fd[0], cap, &err);
	assert_non_null(sp);
	for (size_t at = 0; more > 0;) {
		size_t n = (size_t)workload_below(&random, 8000);
		struct record r;

		n = n > rec->len - at ? rec->len - at : n;
		assert_int_equal(write(pipe_fd[1], rec->bytes + at, n), (ssize_t)n);
		at += n;
		if (at == rec->len && pipe_fd[1] >= 0) {
			close(pipe_fd[1]);
			pipe_fd[1] = -1;
		}
		more = spool_move(sp, rd, &err);
		assert_true(more >= 0);
		while (reader_header(rd) &&
		       ((result = reader_next(rd, &r)) == READER_RECORD || result == READER_FRAME)) {
			if (result == READER_FRAME || r.snapshot)
				continue;
			hash = record_hash(hash, &r);
			*ret_ticks += r.kind == RECORD_TICK;
		}
	}
	assert_int_equal(result, READER_END);
	spool_free(sp);
	close(pipe_fd[0]);
	return hash;
}

static void test_spool(void **state)
{
	struct recorder rec;
	struct reader *rd = reader_new();
	unsigned ticks = 0;
	uint64_t total, at;

	(void)state;
	recorder_fill(&rec, 4, 8, 8, 1500);
	assert_true(through_pipe(&rec, 1 << 20, rd, &ticks) == rec.hash);
	reader_free(rd);
	rd = reader_new();
	ticks = 0;
	assert_true(through_pipe(&rec, 128 << 10, rd, &ticks) == rec.hash); /* parts are dropped behind the reader */
	assert_int_equal(ticks, 1500);
	reader_progress(rd, &total, &at);
	assert_in_range(total, 64 << 10, 160 << 10);
	assert_int_equal(reader_seek(rd, 0), 0);
	ticks = 0;
	for (struct record r;;) {
		enum reader_result result = reader_next(rd, &r);

		if (result != READER_RECORD && result != READER_FRAME)
			break;
		ticks += result == READER_RECORD && r.kind == RECORD_TICK && !r.snapshot;
	}
	assert_in_range(ticks, 100, 1200);
	reader_free(rd);
	recorder_close(&rec);
}

static void test_spool_refuses(void **state)
{
	struct reader *rd = reader_new();
	struct error err = {0};
	struct spool *sp;
	int pipe_fd[2];

	(void)state;
	for (int i = 0; i < 2; i++) {
		assert_int_equal(pipe(pipe_fd), 0);
		sp = spool_new(pipe_fd[0], 1 << 20, &err);
		if (i)
			assert_int_equal(write(pipe_fd[1], "no recording at all", 19), 19);
		assert_int_equal(spool_move(sp, rd, &err), i ? -EINVAL : 1);
		close(pipe_fd[1]);
		if (!i)
			assert_int_equal(spool_move(sp, rd, &err), -ENODATA);
		spool_free(sp);
		close(pipe_fd[0]);
	}
	reader_free(rd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rotation),       cmocka_unit_test(test_cap),
		cmocka_unit_test(test_rotation_fails), cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_full_disk),      cmocka_unit_test(test_free_space),
		cmocka_unit_test(test_killed),         cmocka_unit_test(test_cut_back),
		cmocka_unit_test(test_spool),          cmocka_unit_test(test_spool_refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
