// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "app/app.h"
#include "app/export.h"

enum { OUT_CHUNK = 1 << 16, MATCH_LIMIT = 100000 };
static const uint64_t stream_cap = UINT64_C(1) << 30;

enum format { FORMAT_JSONL, FORMAT_CSV, FORMAT_TWR };

/* Whether a tunnel's name matches, found out once a name. */
struct verdict {
	char name[MODEL_NAME_MAX];
	bool known, matches;
};

struct export {
	struct options *o;
	struct error err;
	enum format format;
	bool kinds[RECORD_KINDS];
	unsigned nkinds;           /* named by --kind */
	pcre2_code *pattern;       /* --tunnel, or NULL */
	pcre2_match_data *match;
	pcre2_match_context *limits;
	struct verdict *verdicts;
	size_t nverdicts;

	int *fds, out;
	bool out_is_file;
	struct reader *reader;
	struct spool *spool;
	bool stream_ended;
	struct model *m;
	char session[33];          /* of the records read last */
	struct export_join *join;
	struct store *store;
	struct export_cut *cut;
	int64_t from, to;
	struct buf text;
	bool csv_head;
};

/* ---- what is asked for */

static int parse_format(struct export *x)
{
	static const char *const names[] = { "jsonl", "csv", "twr" };
	const char *format = x->o->format ? x->o->format : "jsonl";

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (strcmp(format, names[i]))
			continue;
		x->format = (enum format)i;
		return 0;
	}
	if (!strcmp(format, "pcapng"))
		return die(EXIT_USAGE, "this version does not export pcapng; packets are in jsonl as base64: "
			   "--format jsonl --kind packet");
	return die(EXIT_USAGE, "no such format %.40s; there are jsonl, csv and twr", format);
}

static int unknown_kind(const char *word)
{
	const char *nearest = NULL;
	unsigned best = 4;

	for (int k = 1; k < RECORD_KINDS; k++) {
		const char *name = record_kind_info((enum record_kind)k)->name;

		if (str_distance(word, name) < best) {
			best = str_distance(word, name);
			nearest = name;
		}
	}
	if (nearest)
		return die(EXIT_USAGE, "no such kind of record %.40s; did you mean %s?", word, nearest);
	return die(EXIT_USAGE, "no such kind of record %.40s; tunwatch-recording(5) lists them", word);
}

/* --kind a,b. Without it all but the texts that only records refer to. */
static int parse_kinds(struct export *x)
{
	char list[512], *save, *word;

	for (int k = 1; k < RECORD_KINDS; k++)
		x->kinds[k] = !x->o->kind && k != RECORD_NAME;
	if (!x->o->kind)
		return 0;
	if (!str_copy(list, sizeof list, x->o->kind))
		return die(EXIT_USAGE, "--kind is too long");
	for (word = strtok_r(list, ", ", &save); word; word = strtok_r(NULL, ", ", &save)) {
		enum record_kind kind = record_kind_find(word);

		if (!kind)
			return unknown_kind(word);
		x->nkinds += !x->kinds[kind];
		x->kinds[kind] = true;
	}
	return x->nkinds ? 0 : die(EXIT_USAGE, "--kind names no kind of record");
}

static int parse_pattern(struct export *x)
{
	PCRE2_UCHAR why[200];
	PCRE2_SIZE at;
	int code;

	if (!x->o->tunnel)
		return 0;
	x->pattern = pcre2_compile((PCRE2_SPTR)x->o->tunnel, PCRE2_ZERO_TERMINATED, PCRE2_NEVER_BACKSLASH_C, &code,
				   &at, NULL);
	if (!x->pattern) {
		pcre2_get_error_message(code, why, sizeof why);
		return die(EXIT_USAGE, "--tunnel: %s, at character %zu", (const char *)why, (size_t)at + 1);
	}
	pcre2_jit_compile(x->pattern, PCRE2_JIT_COMPLETE);
	x->match = pcre2_match_data_create_from_pattern(x->pattern, NULL);
	x->limits = pcre2_match_context_create(NULL);
	pcre2_set_match_limit(x->limits, MATCH_LIMIT);
	return 0;
}

static int parse_options(struct export *x)
{
	int status;

	if (!x->o->nargs)
		return die(EXIT_USAGE, "export needs a recording: " PROGRAM " export FILE");
	status = parse_format(x);
	if (!status)
		status = parse_kinds(x);
	if (!status)
		status = parse_pattern(x);
	if (!status && x->format == FORMAT_CSV && x->nkinds != 1)
		return die(EXIT_USAGE, "a CSV file has the columns of one kind of record: say which with --kind");
	if (!status && x->format == FORMAT_TWR && (x->o->kind || x->o->tunnel))
		return die(EXIT_USAGE, "--format twr keeps all records of the window: leave out --kind and --tunnel");
	return status;
}

/* ---- files */

static bool same_file(int a, int b)
{
	struct stat x, y;

	return a >= 0 && b >= 0 && !fstat(a, &x) && !fstat(b, &y) && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

static int open_output(struct export *x)
{
	const char *name = x->o->output;
	int excl = x->format == FORMAT_TWR ? O_EXCL : 0;

	if (!name || !strcmp(name, "-"))
		return 0;
	x->out = open(name, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | excl, 0600);
	if (x->out < 0 && errno == EEXIST)
		return die(EXIT_CANTCREAT, "%.200s exists already: a recording never overwrites", name);
	if (x->out < 0)
		return die(EXIT_CANTCREAT, "cannot create %.200s: %s", name, strerror(errno));
	x->out_is_file = true;
	for (size_t i = 0; i < x->o->nargs; i++)
		if (same_file(x->out, x->fds[i]))
			return die(EXIT_USAGE, "%.200s is the recording itself: name another output", name);
	if (ftruncate(x->out, 0) && errno != EINVAL)
		return die(EXIT_CANTCREAT, "cannot write %.200s: %s", name, strerror(errno));
	return 0;
}

/* Opened with the rights of the person who asks; read with none. */
static int open_files(struct export *x)
{
	int status;

	for (size_t i = 0; i < x->o->nargs; i++) {
		const char *name = x->o->args[i];

		if (!strcmp(name, "-"))
			continue;
		x->fds[i] = open(name, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
		if (x->fds[i] < 0)
			return die(EXIT_NOINPUT, "cannot open %.200s: %s", name, strerror(errno));
	}
	status = open_output(x);
	if (!status && privilege_drop(false, &x->err))
		status = die(EXIT_UNAVAILABLE, "%s", x->err.text);
	return status;
}

static int add_stream(struct export *x)
{
	if (x->o->nargs > 1)
		return die(EXIT_USAGE, "- (a stream) does not go together with files");
	x->spool = spool_new(STDIN_FILENO, stream_cap, &x->err);
	return x->spool ? 0 : die(EXIT_NOINPUT, "%s", x->err.text);
}

static int add_files(struct export *x)
{
	x->reader = reader_new();
	for (size_t i = 0; i < x->o->nargs; i++) {
		int fd = x->fds[i];

		if (fd < 0)
			return add_stream(x);
		x->fds[i] = -1;
		if (reader_add(x->reader, fd, &x->err))
			return die(EXIT_DATA, "%.200s: %s", x->o->args[i], x->err.text);
	}
	return 0;
}

/* Wait for more of the stream. 1 there may be more to read, 0 it has ended, or a negative errno. */
static int more_stream(struct export *x)
{
	struct pollfd p = { .fd = STDIN_FILENO, .events = POLLIN };
	int r;

	if (!x->spool || x->stream_ended)
		return 0;
	poll(&p, 1, -1);
	r = spool_move(x->spool, x->reader, &x->err);
	x->stream_ended = !r;
	return r < 0 ? r : 1;
}

/* The next record. 1, 0 at the end, or an exit status negated. Frames' ends are told by *ret_frame. */
static int next(struct export *x, struct record *r, bool *ret_frame)
{
	for (;;) {
		enum reader_result result = reader_header(x->reader) ? reader_next(x->reader, r) : READER_WAIT;
		int more;

		*ret_frame = result == READER_FRAME;
		if (result == READER_RECORD || result == READER_FRAME)
			return 1;
		if (result == READER_ERROR)
			return -die(EXIT_DATA, "%s", reader_error(x->reader));
		more = more_stream(x);
		if (more < 0)
			return -die(EXIT_DATA, "%s", x->err.text);
		if (!more)
			return 0;
	}
}

/* ---- output */

static int flush(struct export *x)
{
	size_t done = 0;

	while (done < x->text.len) {
		ssize_t n = write(x->out, x->text.data + done, x->text.len - done);

		if (n < 0 && errno != EINTR)
			return -errno;
		done += n > 0 ? (size_t)n : 0;
	}
	buf_clear(&x->text);
	return 0;
}

static bool name_matches(struct export *x, uint16_t tunnel)
{
	const char *name = x->m->tunnels[tunnel].name;
	struct verdict *v;

	array_grow(&x->verdicts, &x->nverdicts, tunnel + 1u, sizeof *x->verdicts);
	v = &x->verdicts[tunnel];
	if (!v->known || strcmp(v->name, name)) {
		str_copy(v->name, sizeof v->name, name);
		v->known = true;
		v->matches = pcre2_match(x->pattern, (PCRE2_SPTR)name, strlen(name), 0, 0, x->match, x->limits) >= 0;
	}
	return v->matches;
}

static bool is_wanted(struct export *x, const uint16_t *tunnels, size_t n)
{
	for (size_t i = 0; x->pattern && i < n; i++)
		if (name_matches(x, tunnels[i]))
			return true;
	return !x->pattern;
}

static int64_t wall_offset(const struct export *x)
{
	return x->m->has_clock ? x->m->wall_off_us : reader_header(x->reader)->start_us;
}

static void print(struct export *x, const struct record *r)
{
	uint16_t tunnels[EXPORT_TUNNELS_MAX];
	struct export_line line = { .m = x->m, .r = r, .wall_us = r->t + wall_offset(x), .tunnels = tunnels };

	if (r->snapshot || r->kind == RECORD_REMOVE || !x->kinds[r->kind] || r->t < x->from)
		return;
	line.ntunnels = export_join_find(x->join, x->m, r, tunnels);
	if (!is_wanted(x, tunnels, line.ntunnels))
		return;
	if (x->format == FORMAT_JSONL) {
		export_json(&x->text, &line);
		return;
	}
	if (!x->csv_head)
		export_csv_head(&x->text, r->kind);
	x->csv_head = true;
	export_csv(&x->text, &line);
}

/* Another session begins: nothing of what was folded holds. */
static int begin_session(struct export *x)
{
	const struct recording_header *h = reader_header(x->reader);
	int r = 0;

	if (!strcmp(x->session, h->session))
		return 0;
	str_copy(x->session, sizeof x->session, h->session);
	model_free(x->m);
	x->m = model_new(false);
	export_join_free(x->join);
	x->join = export_join_new();
	if (x->format != FORMAT_TWR)
		return 0;
	if (x->cut)
		r = export_cut_end(x->cut, &x->err);
	export_cut_free(x->cut);
	x->cut = export_cut_new(x->store, h, x->from);
	return r;
}

static int take(struct export *x, const struct record *r, bool frame)
{
	int status = begin_session(x);

	if (status)
		return status;
	if (frame && x->cut)
		return export_cut_frame(x->cut, &x->err);
	if (frame)
		return x->text.len >= OUT_CHUNK ? flush(x) : 0;
	model_apply(x->m, r);
	if (x->cut)
		return export_cut_record(x->cut, r, wall_offset(x), &x->err);
	print(x, r);
	return 0;
}

/* ---- the window */

/* Marks and the end are known only when all was read once. */
static int find_window(struct export *x)
{
	const struct options *o = x->o;
	struct model *m = model_new(false);
	struct record r;
	bool frame;
	int got;

	while ((got = next(x, &r, &frame)) > 0)
		if (!frame)
			model_apply(m, &r);
	if (!got && o->from && time_spec_parse(o->from, m, m->now, &x->from, &x->err))
		got = -die(EXIT_USAGE, "--from: %s", x->err.text);
	if (!got && o->to && time_spec_parse(o->to, m, m->now, &x->to, &x->err))
		got = -die(EXIT_USAGE, "--to: %s", x->err.text);
	if (!got && x->from > x->to)
		got = -die(EXIT_USAGE, "--from is after --to");
	if (!got && (x->to < m->started_us || x->from > m->now))
		got = -die(EXIT_USAGE, "nothing was recorded then");
	model_free(m);
	if (!got && reader_seek(x->reader, x->from))
		got = -die(EXIT_DATA, "the recording has no point to start from");
	return -got;
}

static int write_failed(struct export *x, int r)
{
	if (r == -EPIPE)
		return EXIT_OK; /* whoever reads has enough */
	return die(EXIT_IO, "cannot write: %s", *x->err.text ? x->err.text : strerror(-r));
}

static void tell_damage(const struct export *x)
{
	const struct reader_damage *damage;
	size_t n = reader_damage(x->reader, &damage);
	unsigned long long bytes = 0, stretches = 0;

	for (size_t i = 0; i < n; i++) {
		bytes += damage[i].bytes * !damage[i].torn;
		stretches += !damage[i].torn;
	}
	if (stretches)
		fprintf(stderr, PROGRAM ": %llu damaged stretches were passed over, %llu bytes in all; "
			"records of kind gap say when\n", stretches, bytes);
	if (*reader_error(x->reader))
		fprintf(stderr, PROGRAM ": %s\n", reader_error(x->reader));
}

static int run(struct export *x)
{
	struct record r;
	bool frame;
	int got, status = x->o->from || x->o->to ? find_window(x) : 0;

	if (status)
		return status;
	while ((got = next(x, &r, &frame)) > 0 && !status) {
		if (!frame && r.t > x->to && !r.snapshot)
			break;
		status = take(x, &r, frame);
	}
	if (got < 0)
		return -got;
	if (!status && x->cut)
		status = export_cut_end(x->cut, &x->err);
	if (!status && x->format == FORMAT_CSV && !x->csv_head)
		for (int k = 1; k < RECORD_KINDS; k++)
			if (x->kinds[k])
				export_csv_head(&x->text, (enum record_kind)k);
	if (!status)
		status = flush(x);
	if (status)
		return write_failed(x, status);
	tell_damage(x);
	return EXIT_OK;
}

static int open_store(struct export *x)
{
	const struct store_config config = { .dir_fd = -1, .fd = x->out };

	if (x->format != FORMAT_TWR)
		return 0;
	x->store = store_open(&config, &x->err);
	return x->store ? 0 : die(EXIT_USAGE, "%s", x->err.text);
}

static void finish(struct export *x)
{
	for (size_t i = 0; x->fds && i < x->o->nargs; i++)
		if (x->fds[i] >= 0)
			close(x->fds[i]);
	if (x->out_is_file)
		close(x->out);
	free(x->fds);
	free(x->verdicts);
	buf_free(&x->text);
	export_cut_free(x->cut);
	export_join_free(x->join);
	store_close(x->store);
	model_free(x->m);
	reader_free(x->reader);
	spool_free(x->spool);
	pcre2_match_data_free(x->match);
	pcre2_match_context_free(x->limits);
	pcre2_code_free(x->pattern);
}

int cmd_export(struct options *o)
{
	struct export x = { .o = o, .out = STDOUT_FILENO, .from = 0, .to = INT64_MAX };
	int status = parse_options(&x);

	x.fds = xcalloc(o->nargs, sizeof *x.fds);
	for (size_t i = 0; i < o->nargs; i++)
		x.fds[i] = -1;
	if (!status)
		status = open_files(&x);
	if (!status)
		status = open_store(&x);
	if (!status)
		status = add_files(&x);
	if (!status)
		status = run(&x);
	finish(&x);
	return status;
}
