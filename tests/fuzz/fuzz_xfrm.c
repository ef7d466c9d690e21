// SPDX-License-Identifier: GPL-2.0-or-later
// Messages about security associations from anybody.
#include <stdlib.h>
#include <string.h>

#include "tunwatch/decode.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_text(const char *s)
{
	size_t n = strnlen(s, XFRM_NAME_MAX);

	if (n == XFRM_NAME_MAX)
		abort();
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)s[i] < 0x20 || s[i] == 0x7f)
			abort();
}

static void check(const struct xfrm_message *m)
{
	bool is_sa = m->what >= XFRM_SA_NEW && m->what <= XFRM_SA_HARD;

	check_text(m->sa.enc);
	check_text(m->sa.auth);
	if (m->sa.mode >= SA_MODE_COUNT || m->sa.dir > DIRECTION_OUT || m->sa.proto > 255 || m->sa.encap > 65535 ||
	    m->sa.icv_bits > 4096 || m->error < 0)
		abort();
	if (is_sa != !!m->sa.dst.family || (*m->sa.enc && !m->sa.keyed) || (*m->sa.auth && !m->sa.keyed))
		abort();
	if (m->what == XFRM_OTHER && m->sa.spi)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t left = size;

	for (struct xfrm_message m; xfrm_next(&data, &left, &m);)
		check(&m);
	return 0;
}
