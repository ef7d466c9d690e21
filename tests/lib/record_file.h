/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A recording that a test tool writes: records put into its sink go to a file, frame by frame. */
#ifndef TESTS_RECORD_FILE_H
#define TESTS_RECORD_FILE_H

#include <stdio.h>

#include "tunwatch/recording.h"

struct record_file {
	struct record_sink sink;
	struct encoder *encoder;
	int64_t wall_off_us; /* wall time minus session time */
	FILE *f;
};

static inline void record_file_put(struct record_sink *sink, const struct record *r)
{
	encoder_add(((struct record_file *)(void *)sink)->encoder, r);
}

/* End a frame at session time t. */
static inline void record_file_cut(struct record_file *to, int64_t t)
{
	const uint8_t *bytes;
	size_t n = encoder_cut(to->encoder, t, to->wall_off_us + t, &bytes);

	fwrite(bytes, 1, n, to->f);
	fflush(to->f);
}

#endif
