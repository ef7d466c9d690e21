// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "source/router_secret.h"
#include "source/secret.h"
#include "tunwatch/base.h"

enum { PAGE_SIZE = 4096 };

int router_secret_keep(struct router_secret *s, const char *text, size_t len)
{
	const char *lf = memchr(text, '\n', len);
	size_t n = lf ? (size_t)(lf - text) : len;
	char *page;

	if (n && text[n - 1] == '\r')
		n--;
	if (!n)
		return -ENODATA;
	if (n > ROUTER_SECRET_MAX)
		return -E2BIG;
	router_secret_drop(s);
	page = secret_map(PAGE_SIZE);
	if (!page)
		return -ENOMEM;
	memcpy(page, text, n);
	s->page = page;
	s->len = n;
	return 0;
}

int router_secret_read(struct router_secret *s, int fd)
{
	char text[ROUTER_SECRET_MAX + 3]; /* a line end, and one byte too many */
	ssize_t n = pread(fd, text, sizeof text, 0);
	int r = n < 0 ? -errno : router_secret_keep(s, text, (size_t)n);

	wipe(text, sizeof text);
	return r;
}

void router_secret_drop(struct router_secret *s)
{
	secret_unmap(s->page, PAGE_SIZE);
	*s = (struct router_secret){0};
}
