// SPDX-License-Identifier: GPL-2.0-or-later
// twr_bench FILE...: how fast a recording is read, sought and how dense it is. Best of five runs.
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "tunwatch/recording.h"

enum { RUNS = 5, SEEKS = 1000 };

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static struct reader *open_parts(char **files, int n)
{
	struct reader *rd = reader_new();
	struct error err;

	for (int i = 0; i < n; i++) {
		int fd = open(files[i], O_RDONLY | O_CLOEXEC);

		if (fd < 0 || reader_add(rd, fd, &err)) {
			fprintf(stderr, "twr_bench: %s: %s\n", files[i], fd < 0 ? "cannot open" : err.text);
			exit(1);
		}
	}
	return rd;
}

static uint64_t scan(struct reader *rd, uint64_t *ret_probes, int64_t *ret_last)
{
	uint64_t n = 0;
	enum reader_result result;
	struct record r;

	*ret_probes = 0;
	while ((result = reader_next(rd, &r)) == READER_RECORD || result == READER_FRAME) {
		if (result == READER_FRAME)
			continue;
		n++;
		*ret_probes += r.kind == RECORD_LINK;
		*ret_last = r.t;
	}
	return n;
}

int main(int argc, char **argv)
{
	double best = 1e9, worst = 0, sum = 0;
	uint64_t records = 0, links = 0, total, done;
	int64_t last = 0;
	struct reader *rd;

	if (argc < 2)
		return 64;
	for (int i = 0; i < RUNS; i++) {
		double start = now();

		rd = open_parts(argv + 1, argc - 1);
		records = scan(rd, &links, &last);
		if (now() - start < best)
			best = now() - start;
		reader_progress(rd, &total, &done);
		reader_free(rd);
	}
	rd = open_parts(argv + 1, argc - 1);
	srand(1);
	for (int i = 0; i < SEEKS; i++) {
		int64_t t = (int64_t)((double)rand() / RAND_MAX * (double)last);
		double start = now(), took;

		if (reader_seek(rd, t))
			return 1;
		took = now() - start;
		sum += took;
		worst = took > worst ? took : worst;
	}
	reader_free(rd);
	printf("records %llu\nbytes %llu\nbytes_per_record %.2f\nbytes_per_link_second %.2f\nread_s %.4f\n"
	       "records_per_s %.0f\nseek_avg_ms %.4f\nseek_max_ms %.4f\n",
	       (unsigned long long)records, (unsigned long long)total, (double)total / (double)records,
	       links ? (double)total / (double)links : 0.0, best, (double)records / best, sum / SEEKS * 1e3,
	       worst * 1e3);
	return 0;
}
