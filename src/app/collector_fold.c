// SPDX-License-Identifier: GPL-2.0-or-later
// The model of a session that runs elsewhere.
#include <errno.h>
#include <unistd.h>

#include "app/cmd_attach.h"
#include "app/collector.h"

static int64_t fold(struct reader *rd, struct model *m)
{
	struct record r;

	for (;;) {
		switch (reader_next(rd, &r)) {
		case READER_RECORD:
			model_apply(m, &r);
			break;
		case READER_FRAME:
			break;
		case READER_WAIT:
		case READER_END:
			return 0;
		case READER_ERROR:
			return -EIO;
		}
	}
}

int session_fold(const char *id, struct model **ret, struct error *err)
{
	struct session_info info;
	struct model *m = NULL;
	struct attach a;
	int fd = session_connect(id, &info, err), r;

	if (fd < 0)
		return fd;
	r = privilege_drop(false, err);
	if (r < 0) {
		close(fd);
		return r;
	}
	r = attach_begin(&a, fd, &info, err);
	if (!r) {
		m = model_new(true);
		r = (int)fold(a.reader, m);
		if (r < 0)
			error_set(err, r, "cannot read the running session: %s", reader_error(a.reader));
	}
	attach_end(&a);
	if (!r)
		*ret = m;
	else if (m)
		model_free(m);
	return r;
}
