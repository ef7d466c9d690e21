/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What tests in a world with a router look at. After <cmocka.h>. */
#ifndef TESTS_ROUTER_CHECK_H
#define TESTS_ROUTER_CHECK_H

#include "lib/check.h"
#include "lib/router_world.h"

static inline const struct model_tunnel *row(const struct router_world *w)
{
	return &w->s.m->tunnels[0];
}

#endif
