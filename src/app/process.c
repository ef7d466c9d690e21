// SPDX-License-Identifier: GPL-2.0-or-later
#include <assert.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "app/process.h"

static int ascending(const void *a, const void *b)
{
	const int *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

void process_close_others(const int *keep, size_t n)
{
	int sorted[16];
	unsigned from = 3;

	assert(n <= 16);
	for (size_t i = 0; i < n; i++)
		sorted[i] = keep[i];
	qsort(sorted, n, sizeof *sorted, ascending);
	for (size_t i = 0; i < n; i++) {
		if (sorted[i] < (int)from)
			continue;
		if ((unsigned)sorted[i] > from)
			close_range(from, (unsigned)sorted[i] - 1, 0);
		from = (unsigned)sorted[i] + 1;
	}
	close_range(from, ~0u, 0);
}

void process_null_stdio(unsigned which)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (int fd = 0; fd <= 2; fd++)
		if (null >= 0 && which >> fd & 1)
			dup2(null, fd);
	if (null > 2)
		close(null);
}
