// SPDX-License-Identifier: GPL-2.0-or-later
// twr_bench [-t SECONDS] [-n TUNNELS] [-a SAS] | twr_bench FILE...
// How dense recordings are and how fast they are written, read, folded and sought: of a made-up day of 32 tunnels, or
// of a file's; beside it the same records as JSON lines. Best of three runs, a figure a line.
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "app/export.h"
#include "workload.h"

enum { RUNS = 3, SEEKS = 1000, JSON_RECORDS = 500000 };

struct bench {
	struct record_sink sink;
	struct encoder *encoder; /* NULL: the records are only made */
	long long seconds, tunnels, sas;
	int fd;
	uint64_t bytes;
};

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void put(struct record_sink *sink, const struct record *r)
{
	struct bench *b = (struct bench *)(void *)sink;

	if (!b->encoder)
		return;
	if (r->kind == RECORD_REMOVE)
		encoder_remove(b->encoder, (enum record_kind)r->v[0], r->key, r->t);
	else
		encoder_add(b->encoder, r);
}

/* Seconds it takes to make the records, and with an encoder to write them. */
static double make(struct bench *b)
{
	double start = now();
	struct workload w;

	workload_open(&w, 1, (unsigned)b->tunnels, (unsigned)b->sas, &b->sink);
	for (long long i = 0; i < b->seconds; i++) {
		const uint8_t *bytes;
		size_t len = 0;

		workload_tick(&w);
		if (b->encoder)
			len = encoder_cut(b->encoder, w.t, INT64_C(1795000000000000) + w.t, &bytes);
		if (len && write(b->fd, bytes, len) != (ssize_t)len)
			exit(74);
		b->bytes += len;
	}
	workload_close(&w);
	return now() - start;
}

static int make_file(struct bench *b)
{
	struct recording_header h = { .session = "00112233445566778899aabbccddeeff", .interval_us = US_PER_S };
	double alone, with;

	b->fd = memfd_create("bench", MFD_CLOEXEC);
	alone = make(b);
	b->encoder = encoder_new(&h);
	with = make(b);
	encoder_free(b->encoder);
	printf("bytes_per_tunnel_second %.2f\nwrite_us_per_tick %.2f\n",
	       (double)b->bytes / (double)(b->seconds * b->tunnels), (with - alone) * 1e6 / (double)b->seconds);
	return b->fd;
}

static struct reader *open_parts(const int *fds, int n)
{
	struct reader *rd = reader_new();
	struct error err;

	for (int i = 0; i < n; i++) {
		if (reader_add(rd, dup(fds[i]), &err)) {
			fprintf(stderr, "twr_bench: %s\n", err.text);
			exit(65);
		}
	}
	return rd;
}

/* Reads all, and folds into m unless that is NULL. Records a second. */
static double scan(const int *fds, int n, struct model *m, uint64_t *ret_records, int64_t *ret_last)
{
	struct reader *rd = open_parts(fds, n);
	double start = now(), took;
	enum reader_result result;
	uint64_t records = 0;
	struct record r;

	while ((result = reader_next(rd, &r)) == READER_RECORD || result == READER_FRAME) {
		if (result == READER_FRAME)
			continue;
		records++;
		if (m)
			model_apply(m, &r);
	}
	took = now() - start;
	*ret_last = reader_time(rd);
	*ret_records = records;
	reader_free(rd);
	return (double)records / took;
}

static void bench_read(const int *fds, int n, int64_t *ret_last)
{
	double decode = 0, fold = 0;
	uint64_t records = 0, total, done;
	struct reader *rd = open_parts(fds, n);

	for (int i = 0; i < RUNS; i++) {
		struct model *m = model_new(true);
		double a = scan(fds, n, NULL, &records, ret_last), b = scan(fds, n, m, &records, ret_last);

		decode = a > decode ? a : decode;
		fold = b > fold ? b : fold;
		model_free(m);
	}
	reader_progress(rd, &total, &done);
	reader_free(rd);
	printf("records %llu\nbytes %llu\nbytes_per_record %.2f\ndecode_records_per_s %.0f\nfold_records_per_s %.0f\n",
	       (unsigned long long)records, (unsigned long long)total, (double)total / (double)records, decode, fold);
}

static void bench_seek(const int *fds, int n, int64_t last)
{
	struct reader *rd = open_parts(fds, n);
	double sum = 0, worst = 0;

	srand(1);
	for (int i = 0; i < SEEKS; i++) {
		double start = now(), took;

		if (reader_seek(rd, (int64_t)((double)rand() / RAND_MAX * (double)last)))
			exit(65);
		took = now() - start;
		sum += took;
		worst = took > worst ? took : worst;
	}
	reader_free(rd);
	printf("seek_avg_ms %.4f\nseek_max_ms %.4f\n", sum / SEEKS * 1e3, worst * 1e3);
}

static void bench_json(const int *fds, int n)
{
	struct reader *rd = open_parts(fds, n);
	struct model *m = model_new(false);
	struct export_join *join = export_join_new();
	double start = now();
	uint64_t records = 0, bytes = 0;
	enum reader_result result;
	struct buf out = {0};
	struct record r;

	while (records < JSON_RECORDS &&
	       ((result = reader_next(rd, &r)) == READER_RECORD || result == READER_FRAME)) {
		uint16_t tunnels[EXPORT_TUNNELS_MAX];
		struct export_line line = { .m = m, .r = &r, .wall_us = r.t, .tunnels = tunnels };

		if (result == READER_FRAME || r.kind == RECORD_REMOVE)
			continue;
		model_apply(m, &r);
		line.ntunnels = export_join_find(join, m, &r, tunnels);
		export_json(&out, &line);
		records++;
		bytes += out.len;
		buf_clear(&out);
	}
	printf("json_bytes_per_record %.2f\njson_records_per_s %.0f\n", (double)bytes / (double)records,
	       (double)records / (now() - start));
	buf_free(&out);
	export_join_free(join);
	model_free(m);
	reader_free(rd);
}

int main(int argc, char **argv)
{
	struct bench b = { .sink.put = put, .seconds = 86400, .tunnels = 32, .sas = 32 };
	int opt, n, *fds;
	int64_t last;

	while ((opt = getopt(argc, argv, "t:n:a:")) != -1) {
		switch (opt) {
		case 't': b.seconds = atoll(optarg); break;
		case 'n': b.tunnels = atoll(optarg); break;
		case 'a': b.sas = atoll(optarg); break;
		default: return 64;
		}
	}
	n = argc > optind ? argc - optind : 1;
	fds = xcalloc((size_t)n, sizeof *fds);
	if (argc == optind)
		fds[0] = make_file(&b);
	for (int i = 0; optind + i < argc; i++)
		fds[i] = open(argv[optind + i], O_RDONLY | O_CLOEXEC);
	bench_read(fds, n, &last);
	bench_seek(fds, n, last);
	bench_json(fds, n);
	free(fds);
	return 0;
}
