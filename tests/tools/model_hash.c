// SPDX-License-Identifier: GPL-2.0-or-later
// The model's hash at every tick of a recording: model_hash FILE... To compare with `record --hashes`.
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>

#include "tunwatch/model.h"
#include "tunwatch/recording.h"

int main(int argc, char **argv)
{
	struct reader *rd = reader_new();
	struct model *m = model_new(false);
	enum reader_result res;
	struct error err = {0};
	struct record r;

	for (int i = 1; i < argc; i++) {
		int fd = open(argv[i], O_RDONLY | O_CLOEXEC);

		if (fd < 0 || reader_add(rd, fd, &err) < 0)
			return fprintf(stderr, "model_hash: %s: %s\n", argv[i], err.text), 66;
	}
	while ((res = reader_next(rd, &r)) == READER_RECORD || res == READER_FRAME) {
		if (res == READER_FRAME)
			continue;
		model_apply(m, &r);
		if (r.kind == RECORD_TICK && !r.snapshot)
			printf("%" PRId64 " %016" PRIx64 "\n", r.t, model_hash(m));
	}
	model_free(m);
	reader_free(rd);
	return res == READER_ERROR;
}
