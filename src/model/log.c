// SPDX-License-Identifier: GPL-2.0-or-later
// Lines of routers' logs.
#include <string.h>

#include "model/model_int.h"

void log_apply(struct model *m, const struct record *r)
{
	(void)m;
	(void)r;
}
