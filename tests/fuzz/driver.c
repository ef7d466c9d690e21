// SPDX-License-Identifier: GPL-2.0-or-later
// Runs a fuzz target without a fuzzer: over files (the corpus), or over seeded random mutations of them.
//   TARGET FILE...                        each file once
//   TARGET -r SEED -n COUNT FILE...       COUNT inputs: the files mutated, spliced, cut, or random bytes
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { INPUT_MAX = 65536 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
	uint8_t *data;
	size_t len;
};

static uint64_t state;

static uint32_t random32(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)(state >> 16);
}

static uint32_t below(size_t n)
{
	return n ? random32() % (uint32_t)n : 0;
}

static int load(const char *path, struct input *ret)
{
	FILE *f = fopen(path, "rb");

	if (!f)
		return -1;
	ret->data = calloc(1, INPUT_MAX);
	ret->len = ret->data ? fread(ret->data, 1, INPUT_MAX, f) : 0;
	fclose(f);
	return ret->data ? 0 : -1;
}

static void mutate(uint8_t *buf, size_t *len)
{
	static const uint8_t odd[] = { 0, 1, 0x7f, 0x80, 0xff, '\n', '\\', '"', 0x1b };
	size_t n = *len, at = below(n), span = below(16) + 1;

	switch (below(7)) {
	case 0:
		if (n)
			buf[at] ^= (uint8_t)(1u << below(8));
		break;
	case 1:
		if (n)
			buf[at] = odd[below(sizeof odd)];
		break;
	case 2:
		*len = at;
		break;
	case 3:
		if (n + span < INPUT_MAX) {
			memmove(buf + at + span, buf + at, n - at);
			*len = n + span;
		}
		break;
	case 4:
		if (at + span < n) {
			memmove(buf + at, buf + at + span, n - at - span);
			*len = n - span;
		}
		break;
	case 5:
		if (n)
			buf[at] = (uint8_t)random32();
		break;
	case 6:
		if (n >= 4 && at + 4 <= n) {
			uint32_t x = random32() % 3 ? below(64) : random32();

			memcpy(buf + at, &x, 4);
		}
		break;
	}
}

static void one(const struct input *in, size_t nin)
{
	uint8_t *buf = malloc(INPUT_MAX + 64), *exact;
	size_t len = 0;

	if (!buf)
		abort();
	if (nin && random32() % 16) {
		const struct input *a = &in[below(nin)], *b = &in[below(nin)];

		len = a->len;
		memcpy(buf, a->data, len);
		if (random32() % 8 == 0 && b->len) {
			size_t cut = below(len + 1), from = below(b->len), n = b->len - from;

			if (cut + n > INPUT_MAX)
				n = INPUT_MAX - cut;
			memcpy(buf + cut, b->data + from, n);
			len = cut + n;
		}
	} else {
		len = below(300);
		for (size_t i = 0; i < len; i++)
			buf[i] = (uint8_t)random32();
	}
	for (uint32_t k = below(6) + 1; k; k--)
		mutate(buf, &len);
	/* an allocation of the exact length, so that a sanitizer sees the first byte too many */
	exact = malloc(len ? len : 1);
	if (!exact)
		abort();
	memcpy(exact, buf, len);
	LLVMFuzzerTestOneInput(exact, len);
	free(exact);
	free(buf);
}

int main(int argc, char **argv)
{
	struct input *in = calloc((size_t)argc, sizeof *in);
	uint64_t seed = 0, count = 0;
	size_t nin = 0;

	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "-r") && i + 1 < argc)
			seed = strtoull(argv[++i], NULL, 10);
		else if (!strcmp(argv[i], "-n") && i + 1 < argc)
			count = strtoull(argv[++i], NULL, 10);
		else if (!in || load(argv[i], &in[nin++]))
			return fprintf(stderr, "%s: cannot read %s\n", argv[0], argv[i]), 1;
	}
	for (size_t i = 0; i < nin; i++) {
		uint8_t *exact = malloc(in[i].len ? in[i].len : 1);

		if (!exact)
			abort();
		memcpy(exact, in[i].data, in[i].len);
		LLVMFuzzerTestOneInput(exact, in[i].len);
		free(exact);
	}
	state = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
	for (uint64_t i = 0; i < count; i++)
		one(in, nin);
	printf("%zu files, %llu random inputs from seed %llu\n", nin, (unsigned long long)count,
	       (unsigned long long)seed);
	for (size_t i = 0; i < nin; i++)
		free(in[i].data);
	free(in);
	return 0;
}
