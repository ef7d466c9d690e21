// SPDX-License-Identifier: GPL-2.0-or-later
// Whose records are exported under a tunnel's name: those of its probes and path MTUs, and its SAs.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "app/export.h"
#include "lib/mtu_world.h"

static unsigned find_one(struct export_join *j, const struct sim *s, enum record_kind kind, unsigned key)
{
	uint16_t rows[EXPORT_TUNNELS_MAX];
	struct record r;

	record_init(&r, kind, key, s->t);
	switch (export_join_find(j, s->m, &r, rows)) {
	case 0:
		return MODEL_NONE;
	case 1:
		return rows[0];
	}
	fail_msg("several rows");
	return 0;
}

static void belongs(void **state)
{
	const struct mtu_row rows[] = {
		{ .type = TUNNEL_TYPE_VTI, .peer = "10.77.0.2", .local = "203.0.113.10", .remote = "192.0.2.2" },
		{ .type = TUNNEL_TYPE_VTI6, .peer = "fd00::2", .local = "2001:db8::10", .remote = "2001:db8::2" },
	};
	struct export_join *j = export_join_new();
	struct sim s;

	(void)state;
	sim_start(&s, 1, 1);
	for (unsigned i = 0; i < 2; i++) {
		mtu_put_row(&s, i, &rows[i]);
		mtu_put_sa(&s, 4 + i, &(struct mtu_sa){ .src = rows[i].local, .dst = rows[i].remote,
							.mode = SA_MODE_TUNNEL, .spi = i + 1 });
	}
	mtu_put_sa(&s, 6, &(struct mtu_sa){ .src = "192.0.2.7", .dst = "192.0.2.8", .mode = SA_MODE_TUNNEL, .spi = 9 });
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(find_one(j, &s, RECORD_PMTU, 2 * i), i);
		assert_int_equal(find_one(j, &s, RECORD_PMTU, 2 * i + 1), i);
		assert_int_equal(find_one(j, &s, RECORD_SA, 4 + i), i);
		assert_int_equal(find_one(j, &s, RECORD_SA_COUNTERS, 4 + i), i);
	}
	assert_int_equal(find_one(j, &s, RECORD_SA, 6), MODEL_NONE);
	assert_int_equal(find_one(j, &s, RECORD_SA, 60000), MODEL_NONE);
	assert_int_equal(find_one(j, &s, RECORD_PMTU, 77), MODEL_NONE);
	export_join_free(j);
	sim_end(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(belongs) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
