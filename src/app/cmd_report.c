// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/app.h"
#include "app/profile_file.h"
#include "app/report_log.h"
#include "tunwatch/options.h"
#include "tunwatch/report.h"

enum { NOTES_MAX = 20 };
static const uint64_t stream_cap = UINT64_C(1) << 30;

struct job {
	struct options *o;
	struct error err;
	struct reader *reader;
	struct spool *spool;   /* of standard input, or NULL */
	struct log_file *log;  /* --log, or NULL: alone it is the recording */
	int *fds;              /* of the files, until the reader has them */
	int out;               /* where the report goes */
	struct profile *profile; /* of the log */
	int log_fd, status;
	struct model *m, *before, *stats; /* at the end and the start of the window; with its statistics */
	int64_t from, to;
	bool closed;
	char *notes[NOTES_MAX];
	size_t nnotes;
};

static void add_note(struct job *j, const char *text)
{
	if (j->nnotes < NOTES_MAX)
		j->notes[j->nnotes++] = xstrdup(text);
}

/* Read a stream to its end into memory. */
static int read_stream(struct job *j)
{
	int r;

	if (!j->spool)
		j->spool = spool_new(STDIN_FILENO, stream_cap, &j->err);
	if (!j->spool)
		return EXIT_NOINPUT;
	while ((r = spool_move(j->spool, j->reader, &j->err)) > 0) {
		struct pollfd p = { .fd = STDIN_FILENO, .events = POLLIN };

		poll(&p, 1, -1);
	}
	return r ? EXIT_DATA : 0;
}

static int open_log(struct job *j)
{
	const struct options *o = j->o;

	j->profile = profile_find(o->profile, &j->err);
	if (!j->profile)
		return j->status = EXIT_CONFIG;
	j->log_fd = strcmp(o->log, "-") ? open(o->log, O_RDONLY | O_CLOEXEC | O_NOCTTY) : dup(STDIN_FILENO);
	if (j->log_fd >= 0)
		return 0;
	error_set(&j->err, 0, "cannot open %.200s: %s", o->log, strerror(errno));
	return j->status = EXIT_NOINPUT;
}

/* What the person who asks may open is opened with that person's rights; a recording is read with none. */
static int open_files(struct job *j)
{
	const struct options *o = j->o;

	for (size_t i = 0; i < o->nargs; i++) {
		bool stream = !strcmp(o->args[i], "-");

		j->fds[i] = stream ? -1 : open(o->args[i], O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
		if (j->fds[i] < 0 && !stream) {
			error_set(&j->err, 0, "cannot open %.200s: %s", o->args[i], strerror(errno));
			return EXIT_NOINPUT;
		}
	}
	if (o->log && open_log(j))
		return j->status;
	if (o->output && strcmp(o->output, "-"))
		j->out = open(o->output, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY, 0600);
	if (j->out < 0) {
		error_set(&j->err, 0, "cannot create %.200s: %s", o->output, strerror(errno));
		return EXIT_CANTCREAT;
	}
	return privilege_drop(false, &j->err) ? EXIT_UNAVAILABLE : 0;
}

/* What the router wrote is read with no rights either. */
static int read_log(struct job *j)
{
	const struct options *o = j->o;
	bool zone = o->given >> OPTION_ZONE & 1;
	int fd = j->log_fd;

	j->log_fd = -1;
	if (!o->log)
		return 0;
	j->log = log_file_read(fd, o->log, j->profile, zone ? &o->zone_s : NULL, &j->err);
	for (size_t i = 0; j->log && log_file_note(j->log, i); i++)
		add_note(j, log_file_note(j->log, i));
	return j->log ? 0 : EXIT_DATA;
}

static int add_files(struct job *j)
{
	struct error why;
	int r = 0;

	j->reader = reader_new();
	for (size_t i = 0; !r && i < j->o->nargs; i++) {
		int fd = j->fds[i];

		j->fds[i] = -1;
		if (fd < 0) {
			r = read_stream(j);
		} else if (reader_add(j->reader, fd, &why)) {
			error_set(&j->err, 0, "%.200s: %s", j->o->args[i], why.text);
			r = EXIT_DATA;
		}
	}
	return r;
}

static void reset_statistics(struct model *m, int64_t t)
{
	struct record r;

	record_init(&r, RECORD_BASELINE, 0, t);
	record_set(&r, BASELINE_RESET, 1);
	record_text(&r, "");
	model_apply(m, &r);
}

/* The window begins: what comes from here on counts. */
static void begin_window(struct job *j)
{
	j->before = model_copy(j->m);
	j->stats = model_copy(j->m);
	reset_statistics(j->stats, j->from > j->m->now ? j->from : j->m->now);
}

/* A person's own reset must not shorten the report: the window says what counts. */
static bool is_reset(const struct record *r)
{
	return r->kind == RECORD_BASELINE && record_get(r, BASELINE_RESET, 0);
}

/* A log without a recording is one. */
static enum reader_result next_record(struct job *j, struct record *ret)
{
	if (j->o->nargs)
		return reader_next(j->reader, ret);
	return log_file_next(j->log, ret) ? READER_RECORD : READER_END;
}

/* Fold records up to j->to, INT64_MAX for all; statistics count from j->from, INT64_MIN for all. */
static int fold(struct job *j)
{
	enum reader_result result;
	struct record r;

	while ((result = next_record(j, &r)) == READER_RECORD || result == READER_FRAME) {
		if (result == READER_FRAME || is_reset(&r))
			continue;
		if (r.t > j->to)
			return 0;
		if (!j->before && j->from != INT64_MIN && r.t > j->from)
			begin_window(j);
		if (j->log && j->o->nargs)
			log_file_join(j->log, j->m, j->stats, r.t);
		model_apply(j->m, &r);
		if (j->stats)
			model_apply(j->stats, &r);
	}
	j->closed = result == READER_END;
	if (result != READER_ERROR)
		return 0;
	error_set(&j->err, 0, "%s", reader_error(j->reader));
	return EXIT_DATA;
}

static void span_text(const struct model *m, int64_t t, char out[TIME_TEXT_MAX])
{
	if (m->has_clock)
		time_rfc3339(model_wall(m, t), out);
	else
		snprintf(out, TIME_TEXT_MAX, "%.3f s", (double)t / 1e6);
}

static void note_damage(struct job *j, const struct reader_damage *d)
{
	char text[400], from[TIME_TEXT_MAX], to[TIME_TEXT_MAX] = "its end";

	span_text(j->m, d->from_us, from);
	if (d->to_us != INT64_MAX)
		span_text(j->m, d->to_us, to);
	if (d->torn)
		snprintf(text, sizeof text, "the last %llu bytes of part %u are half a frame, as of a file that is "
			 "being written or was cut off", (unsigned long long)d->bytes, d->part);
	else
		snprintf(text, sizeof text, "damaged: %llu bytes at offset %llu of part %u cannot be read; what "
			 "happened %s %s%s%s is unknown", (unsigned long long)d->bytes,
			 (unsigned long long)d->offset, d->part,
			 d->from_us == d->to_us ? "at" : "between", from, d->from_us == d->to_us ? "" : " and ",
			 d->from_us == d->to_us ? "" : to);
	add_note(j, text);
}

static void note_all(struct job *j)
{
	const struct reader_damage *damage;
	size_t n = reader_damage(j->reader, &damage);

	for (size_t i = 0; i < n; i++) {
		if (i == NOTES_MAX - 2 && n > i + 1) {
			add_note(j, "there is more damage");
			break;
		}
		note_damage(j, &damage[i]);
	}
}

static void note_strangers(struct job *j)
{
	char text[400];

	if (j->log && j->o->nargs && log_file_strangers(j->log, j->m, text, sizeof text))
		add_note(j, text);
}

static int parse_window(struct job *j)
{
	const struct options *o = j->o;
	int64_t end = j->m->now;

	j->to = end;
	if (o->from && time_spec_parse(o->from, j->m, end, &j->from, &j->err))
		return EXIT_USAGE;
	if (o->to && time_spec_parse(o->to, j->m, end, &j->to, &j->err))
		return EXIT_USAGE;
	if (j->from != INT64_MIN && j->from >= j->to) {
		error_set(&j->err, 0, "--from is not before --to");
		return EXIT_USAGE;
	}
	if (j->to < j->m->started_us || j->from > end) {
		char first[TIME_TEXT_MAX], last[TIME_TEXT_MAX];

		span_text(j->m, j->m->started_us, first);
		span_text(j->m, end, last);
		error_set(&j->err, 0, "nothing was recorded then; the recording goes from %s to %s", first, last);
		return EXIT_USAGE;
	}
	return 0;
}

/* The first fold learns how far the recording goes; a window needs a second one. */
static int read_all(struct job *j)
{
	int64_t start;
	bool closed;
	int r;

	j->from = INT64_MIN;
	j->to = INT64_MAX;
	j->m = model_new(true);
	r = add_files(j);
	if (!r)
		r = fold(j);
	if (r)
		return r;
	note_all(j);
	note_strangers(j);
	closed = j->closed;
	r = parse_window(j);
	if (r || (!j->o->from && !j->o->to))
		return r;
	start = j->m->started_us;
	model_free(j->m);
	j->m = model_new(true);
	if (j->log)
		log_file_rewind(j->log);
	if (j->o->nargs && reader_seek(j->reader, start)) {
		error_set(&j->err, 0, "the recording has no point to start from; ask for a report without --from "
			  "and --to");
		return EXIT_DATA;
	}
	r = fold(j);
	j->closed = closed;
	return r;
}

static int write_all(int fd, const struct buf *out)
{
	size_t done = 0;

	while (done < out->len) {
		ssize_t n = write(fd, out->data + done, out->len - done);

		if (n < 0 && errno != EINTR)
			return -errno;
		done += n > 0 ? (size_t)n : 0;
	}
	return 0;
}

static int print(int fd, const struct buf *out)
{
	struct stat st;
	int r = 0;

	/* what was in the file goes only now that there is something to put there */
	if (fd != STDOUT_FILENO && !fstat(fd, &st) && S_ISREG(st.st_mode) && ftruncate(fd, 0))
		r = -errno;
	if (!r)
		r = write_all(fd, out);
	if (fd != STDOUT_FILENO && close(fd) && !r)
		r = -errno;
	if (r == -EPIPE)
		return EXIT_OK;
	return r ? die(EXIT_IO, "cannot write the report: %s", strerror(-r)) : EXIT_OK;
}

/* Rows of which nothing is known, or none at all: why that may be. */
static void note_troubles(struct job *j)
{
	struct buf out = {0};

	if (!report_rows(j->m))
		buf_puts(&out, "; no tunnel was found, and none was configured");
	if (!report_rows(j->m) || report_count(j->m, HEALTH_UNKNOWN))
		report_troubles(&out, j->m);
	if (out.len)
		add_note(j, out.data + 2);
	buf_free(&out);
}

static int print_report(const struct job *j)
{
	struct report r = {
		.m = j->m,
		.before = j->before,
		.stats = j->stats,
		.from = j->from > j->m->started_us ? j->from : j->m->started_us,
		.to = j->to < j->m->now ? j->to : j->m->now,
		.utc = j->o->utc,
		.closed = j->closed,
		.notes = (const char *const *)j->notes,
		.nnotes = j->nnotes,
	};
	struct buf out = {0};
	int status;

	if (!strcmp(j->o->format, "json"))
		report_json(&out, &r);
	else if (!strcmp(j->o->format, "md"))
		report_markdown(&out, &r);
	else
		report_text(&out, &r);
	status = print(j->out, &out);
	buf_free(&out);
	return status;
}

static void job_free(struct job *j)
{
	for (size_t i = 0; j->fds && i < j->o->nargs; i++)
		if (j->fds[i] >= 0)
			close(j->fds[i]);
	for (size_t i = 0; i < j->nnotes; i++)
		free(j->notes[i]);
	free(j->fds);
	if (j->log_fd >= 0)
		close(j->log_fd);
	log_file_free(j->log);
	profile_free(j->profile);
	model_free(j->before);
	model_free(j->stats);
	model_free(j->m);
	reader_free(j->reader);
	spool_free(j->spool);
}

int cmd_report(struct options *o)
{
	struct job j = { .o = o, .out = STDOUT_FILENO, .log_fd = -1 };
	int status;

	if (!o->nargs && !o->log)
		return die(EXIT_USAGE, "report needs a recording: " PROGRAM
			   " report FILE, or a router's log: --log FILE");
	j.fds = xcalloc(o->nargs + 1, sizeof *j.fds);
	for (size_t i = 0; i < o->nargs; i++)
		j.fds[i] = -1;
	status = open_files(&j);
	if (!status)
		status = read_log(&j);
	if (!status)
		status = read_all(&j);
	if (!status && !o->log)
		note_troubles(&j);
	status = status ? die(status, "%s", j.err.text) : print_report(&j);
	job_free(&j);
	return status;
}
