// SPDX-License-Identifier: GPL-2.0-or-later
// twr_gen [-s SEED] [-t SECONDS] [-n TUNNELS] [-a SAS] [-p PART_BYTES] -o NAME: write a made-up recording NAME.twr
// (and NAME.1.twr ... with -p), or a stream to stdout with -o -. A day of 32 tunnels: -t 86400 -n 32 -a 64.
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tunwatch/recording.h"
#include "workload.h"

struct generator {
	struct record_sink sink;
	struct encoder *encoder;
};

static void put(struct record_sink *sink, const struct record *r)
{
	struct generator *g = (struct generator *)(void *)sink;

	if (r->kind == RECORD_REMOVE)
		encoder_remove(g->encoder, (enum record_kind)r->v[0], r->key, r->t);
	else
		encoder_add(g->encoder, r);
}

static int fail(const struct error *err)
{
	fprintf(stderr, "twr_gen: %s\n", err->text);
	return 1;
}

static int run(struct workload *w, struct generator *g, struct store *st, int64_t seconds, uint64_t part_bytes)
{
	struct error err = {0};
	const uint8_t *bytes;
	unsigned part = 0;
	size_t len;

	for (int64_t i = 0; i < seconds; i++) {
		bool new_part = part_bytes && encoder_part_bytes(g->encoder) >= part_bytes;

		if (new_part)
			encoder_rotate(g->encoder, ++part);
		workload_tick(w);
		len = encoder_cut(g->encoder, w->t, INT64_C(1795000000000000) + w->t, &bytes);
		if (store_write(st, bytes, len, new_part, &err))
			return fail(&err);
	}
	len = encoder_end(g->encoder, &bytes);
	return store_write(st, bytes, len, false, &err) ? fail(&err) : 0;
}

int main(int argc, char **argv)
{
	struct recording_header header = {
		.session = "00112233445566778899aabbccddeeff", .version = "0.1", .host = "jump01", .zone = "UTC",
		.boot_id = "11111111-2222-3333-4444-555555555555", .start_us = INT64_C(1795000000000000),
		.interval_us = US_PER_S,
	};
	struct store_config config = { .dir_fd = AT_FDCWD, .fd = -1 };
	struct generator g = { .sink.put = put };
	long long seed = 1, seconds = 60, tunnels = 32, sas = 64, part_bytes = 0;
	struct error err = {0};
	struct workload w;
	struct store *st;
	int opt, r;

	while ((opt = getopt(argc, argv, "s:t:n:a:p:o:")) != -1) {
		switch (opt) {
		case 's': seed = atoll(optarg); break;
		case 't': seconds = atoll(optarg); break;
		case 'n': tunnels = atoll(optarg); break;
		case 'a': sas = atoll(optarg); break;
		case 'p': part_bytes = atoll(optarg); break;
		case 'o': config.name = optarg; break;
		default: return 64;
		}
	}
	if (!config.name || tunnels < 1 || sas < 0 || seconds < 1)
		return fprintf(stderr, "usage: twr_gen [-s SEED] [-t SECONDS] [-n TUNNELS] [-a SAS] -o NAME\n"), 64;
	config.dir_fd = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (!strcmp(config.name, "-"))
		config = (struct store_config){ .dir_fd = -1, .fd = STDOUT_FILENO };
	st = store_open(&config, &err);
	if (!st)
		return fail(&err);
	g.encoder = encoder_new(&header);
	workload_open(&w, (uint64_t)seed, (unsigned)tunnels, (unsigned)sas, &g.sink);
	r = run(&w, &g, st, seconds, (uint64_t)part_bytes);
	fprintf(stderr, "%llu records, %llu bytes, %.2f bytes a tunnel-second\n", (unsigned long long)w.records,
		(unsigned long long)store_bytes(st), (double)store_bytes(st) / (double)(seconds * tunnels));
	workload_close(&w);
	encoder_free(g.encoder);
	store_close(st);
	return r;
}
