// SPDX-License-Identifier: GPL-2.0-or-later
// Interfaces that come, go, change names and count; and that rows follow them.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/source_world.h"

/* ---- generations and names ---- */

static void test_made_again(void **state)
{
	struct world *w = world_new(NULL, 0);
	unsigned link, inner;

	(void)state;
	add_link(w, 5, "vti1", TUNNEL_TYPE_VTI, "192.0.2.1");
	add_address(w, 5, "169.254.1.2", 30, "");
	discover(w);
	link = row(w, "vti1")->link;
	inner = row(w, "vti1")->inner_target;
	link_table_gone(w->table, 5);
	discover(w);
	assert_int_equal(rows(w), 1);
	assert_true(row(w, "vti1")->gone);
	/* who was at the far end stays known */
	assert_string_equal(name(w, row(w, "vti1")->peer), "169.254.1.1");
	add_link(w, 9, "vti1", TUNNEL_TYPE_VTI, "192.0.2.1");
	add_address(w, 9, "169.254.1.2", 30, "");
	discover(w);
	assert_int_equal(rows(w), 1);
	assert_false(row(w, "vti1")->gone);
	assert_int_equal(row(w, "vti1")->link, link);
	assert_int_equal(row(w, "vti1")->inner_target, inner);
	assert_int_equal(w->env.model->links[link].ifindex, 9);
	world_free(w);
}

/* The event of the deletion was lost: the name alone tells. */
static void test_made_again_unseen(void **state)
{
	struct world *w = world_new(NULL, 0);

	(void)state;
	add_link(w, 5, "vti1", TUNNEL_TYPE_VTI, "192.0.2.1");
	add_link(w, 9, "vti1", TUNNEL_TYPE_VTI, "192.0.2.1");
	discover(w);
	assert_int_equal(rows(w), 1);
	assert_int_equal(w->env.model->links[row(w, "vti1")->link].ifindex, 9);
	/* the old one's late end does not take the new one with it */
	link_table_gone(w->table, 5);
	discover(w);
	assert_false(row(w, "vti1")->gone);
	world_free(w);
}

static void test_rename(void **state)
{
	struct world *w = world_new(NULL, 0);
	unsigned key, link;

	(void)state;
	add_link(w, 5, "tmp0", TUNNEL_TYPE_VTI, "192.0.2.1");
	discover(w);
	key = model_find_tunnel(w->env.model, "tmp0");
	link = row(w, "tmp0")->link;
	add_link(w, 5, "vti7", TUNNEL_TYPE_VTI, "192.0.2.1");
	discover(w);
	assert_int_equal(rows(w), 1);
	assert_int_equal(model_find_tunnel(w->env.model, "vti7"), key);
	assert_int_equal(row(w, "vti7")->link, link);
	assert_string_equal(name(w, row(w, "vti7")->ifname), "vti7");
	world_free(w);
}

/* Made under another name first, as some daemons do: the name's own row goes on. */
static void test_rename_onto_known(void **state)
{
	struct world *w = world_new(NULL, 0);
	unsigned link;

	(void)state;
	add_link(w, 5, "vti1", TUNNEL_TYPE_VTI, "192.0.2.1");
	discover(w);
	link = row(w, "vti1")->link;
	link_table_gone(w->table, 5);
	add_link(w, 6, "tmp0", TUNNEL_TYPE_VTI, "192.0.2.1");
	discover(w);
	assert_true(row(w, "vti1")->gone);
	add_link(w, 6, "vti1", TUNNEL_TYPE_VTI, "192.0.2.1");
	discover(w);
	assert_false(row(w, "vti1")->gone);
	assert_int_equal(row(w, "vti1")->link, link);
	assert_true(row(w, "tmp0")->gone);
	world_free(w);
}

static void test_names_swapped(void **state)
{
	struct world *w = world_new(NULL, 0);
	unsigned a, b;

	(void)state;
	add_link(w, 1, "a", TUNNEL_TYPE_GRE, "192.0.2.1");
	add_link(w, 2, "b", TUNNEL_TYPE_GRE, "192.0.2.2");
	a = model_find_link(w->env.model, "a");
	b = model_find_link(w->env.model, "b");
	add_link(w, 1, "tmp", TUNNEL_TYPE_GRE, "192.0.2.1");
	add_link(w, 2, "a", TUNNEL_TYPE_GRE, "192.0.2.2");
	add_link(w, 1, "b", TUNNEL_TYPE_GRE, "192.0.2.1");
	assert_int_equal(model_find_link(w->env.model, "a"), b);
	assert_int_equal(model_find_link(w->env.model, "b"), a);
	assert_int_equal(w->env.model->links[a].ifindex, 1);
	world_free(w);
}

static void test_missing_in_dump(void **state)
{
	struct world *w = world_new(NULL, 0);

	(void)state;
	add_link(w, 5, "vti1", TUNNEL_TYPE_VTI, "192.0.2.1");
	add_link(w, 6, "vti2", TUNNEL_TYPE_VTI, "192.0.2.2");
	add_address(w, 6, "169.254.2.2", 30, "");
	discover(w);
	link_table_begin(w->table);
	add_link(w, 6, "vti2", TUNNEL_TYPE_VTI, "192.0.2.2");
	link_table_end(w->table);
	discover(w);
	assert_true(row(w, "vti1")->gone);
	assert_false(row(w, "vti2")->gone);
	/* its address was not shown either; an address of another kind says that the peer is another one */
	assert_string_equal(name(w, row(w, "vti2")->peer), "169.254.2.1");
	add_address(w, 6, "10.0.0.1", 24, "");
	discover(w);
	assert_int_equal(row(w, "vti2")->peer, MODEL_NONE);
	assert_int_equal(row(w, "vti2")->inner_target, MODEL_NONE);
	assert_int_equal(link_table_count(w->table), 1);
	world_free(w);
}

/* ---- counters ---- */

static size_t flush(struct world *w, int ifindex, uint64_t rx)
{
	struct rtnl_stats s = { .ifindex = ifindex, .has_counters = true, .counters = { rx, 0, rx, 0, 0, 0, 0, 0 } };
	size_t n = w->nput;

	link_table_counters(w->table, &s);
	link_table_flush(w->table, source_now(&w->env));
	return w->nput - n;
}

static void test_counters(void **state)
{
	struct world *w = world_new(NULL, 0);

	(void)state;
	add_link(w, 5, "vti1", TUNNEL_TYPE_VTI, "192.0.2.1");
	assert_int_equal(flush(w, 5, 100), 1);
	assert_int_equal(flush(w, 5, 200), 1);
	assert_int_equal(w->put[w->nput - 1].v[LINK_RX_BYTES], 200);
	/* a keyframe restates the last record: it must be whole */
	assert_true(record_has(&w->put[w->nput - 1], LINK_IFNAME));
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(flush(w, 5, 200), 0);
	assert_int_equal(flush(w, 5, 200), 1);
	assert_int_equal(flush(w, 5, 200), 0);
	/* raw, whatever they do: a wrap at 64 bits, a reset */
	assert_int_equal(flush(w, 5, UINT64_MAX), 1);
	assert_int_equal((uint64_t)w->put[w->nput - 1].v[LINK_RX_BYTES], UINT64_MAX);
	assert_int_equal(flush(w, 5, 3), 1);
	assert_int_equal(w->put[w->nput - 1].v[LINK_RX_BYTES], 3);
	/* of an interface nobody knows, or one that is gone: nothing */
	assert_int_equal(flush(w, 77, 1), 0);
	link_table_gone(w->table, 5);
	assert_int_equal(flush(w, 5, 9), 0);
	world_free(w);
}

static void test_counters_in_key_order(void **state)
{
	struct world *w = world_new(NULL, 0);
	size_t n;

	(void)state;
	for (int i = 9; i > 0; i--) {
		char ifname[16];

		snprintf(ifname, sizeof ifname, "t%d", i);
		add_link(w, i, ifname, TUNNEL_TYPE_GRE, "192.0.2.1");
	}
	n = w->nput;
	for (int i = 1; i < 10; i++) {
		struct rtnl_stats s = { .ifindex = i, .has_counters = true, .counters = { 7 } };

		link_table_counters(w->table, &s);
	}
	link_table_flush(w->table, source_now(&w->env));
	assert_int_equal(w->nput - n, 9);
	for (unsigned k = 0; k < 9; k++)
		assert_int_equal(w->put[n + k].key, k);
	world_free(w);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_made_again), cmocka_unit_test(test_made_again_unseen),
		cmocka_unit_test(test_rename), cmocka_unit_test(test_rename_onto_known),
		cmocka_unit_test(test_names_swapped), cmocka_unit_test(test_missing_in_dump),
		cmocka_unit_test(test_counters), cmocka_unit_test(test_counters_in_key_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
