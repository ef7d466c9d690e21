// SPDX-License-Identifier: GPL-2.0-or-later
#include <sys/mman.h>

#include "source/secret.h"
#include "tunwatch/base.h"

void *secret_map(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return NULL;
	mlock(p, size);
	madvise(p, size, MADV_DONTDUMP);
	madvise(p, size, MADV_WIPEONFORK);
	return p;
}

void secret_unmap(void *p, size_t size)
{
	if (!p)
		return;
	wipe(p, size);
	munmap(p, size);
}
