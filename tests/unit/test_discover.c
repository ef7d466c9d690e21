// SPDX-License-Identifier: GPL-2.0-or-later
// Rows: what interfaces, addresses, ways and the configuration make of them.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/source_world.h"

/* ---- captured ---- */

static void test_captured_rows(void **state)
{
	static const struct {
		const char *name, *peer;
		enum peer_from from;
	} want[] = {
		{ "gre-a", "10.7.0.2", PEER_FROM_PTP }, { "gre-io", "", PEER_FROM_NONE },
		{ "gre-multi", "", PEER_FROM_NONE }, { "gre-bare", "", PEER_FROM_NONE },
		{ "gt-a", "10.5.0.2", PEER_FROM_SUBNET }, { "gt-ext", "", PEER_FROM_NONE },
		{ "g6-a", "", PEER_FROM_NONE }, { "gt6-a", "", PEER_FROM_NONE }, { "ipip-a", "", PEER_FROM_NONE },
		{ "sit-a", "", PEER_FROM_NONE }, { "sit-6to4", "", PEER_FROM_NONE },
		{ "vti-a", "169.254.252.1", PEER_FROM_SUBNET }, { "vti-b", "", PEER_FROM_NONE },
		{ "vti6-a", "", PEER_FROM_NONE }, { "dslite", "fd00::2", PEER_FROM_SUBNET },
		{ "six", "", PEER_FROM_NONE }, { "vx-a", "", PEER_FROM_NONE }, { "vx-m", "", PEER_FROM_NONE },
		{ "vx-x", "", PEER_FROM_NONE }, { "ge-a", "", PEER_FROM_NONE }, { "ge-6", "", PEER_FROM_NONE },
		{ "tun-a", "", PEER_FROM_NONE }, { "tap-a", "", PEER_FROM_NONE },
	};
	struct world *w = world_new(NULL, 0);

	(void)state;
	feed(w, "uml-link");
	feed(w, "uml-addr");
	discover(w);
	for (size_t i = 0; i < ARRAY_LEN(want); i++) {
		const struct model_tunnel *t = row(w, want[i].name);

		if (!t)
			fail_msg("no row %s", want[i].name);
		assert_string_equal(name(w, t->peer), want[i].peer);
		assert_int_equal(t->peer_from, want[i].from);
		assert_int_equal(t->inner_target != MODEL_NONE, want[i].from != PEER_FROM_NONE);
	}
	assert_int_equal(rows(w), ARRAY_LEN(want));
	/* one path, one outer target; another remote, another one; a group has none */
	assert_int_equal(row(w, "gre-a")->outer_target, row(w, "vti-a")->outer_target);
	assert_int_equal(row(w, "gre-a")->outer_target, row(w, "vx-a")->outer_target);
	assert_int_not_equal(row(w, "gre-a")->outer_target, row(w, "gre-io")->outer_target);
	assert_string_equal(name(w, row(w, "vx-m")->outer_remote), "239.1.1.1");
	assert_int_equal(row(w, "vx-m")->outer_target, MODEL_NONE);
	assert_true(row(w, "gre-a")->has_key && !row(w, "gre-a")->has_okey);
	assert_true(row(w, "gre-io")->has_okey && row(w, "gre-io")->okey == 2);
	world_free(w);
}

static void test_captured_sit0(void **state)
{
	struct world *w = world_new(NULL, 0);

	(void)state;
	feed(w, "sit0-link");
	discover(w);
	assert_int_equal(rows(w), 1);
	assert_int_equal(row(w, "sit0")->type, TUNNEL_TYPE_IP6TNL);
	assert_string_equal(name(w, row(w, "sit0")->outer_remote), "2001:db8:2::1");
	world_free(w);
}

/* A fallback device that the configuration names is wanted after all. */
static void test_configured_fallback(void **state)
{
	static const struct tunnel_config config[] = { { .name = "six", .ifname = "sit9", .peer = "fd00::9" } };
	struct world *w = world_new(config, 1);

	(void)state;
	feed(w, "sit0-link");
	discover(w);
	assert_int_equal(rows(w), 2);
	assert_int_equal(row(w, "six")->type, TUNNEL_TYPE_SIT);
	assert_false(row(w, "six")->gone);
	world_free(w);
}

/* ---- peers ---- */

static void test_ipv6_only(void **state)
{
	struct world *w = world_new(NULL, 0);
	const struct model_tunnel *t;

	(void)state;
	add_link(w, 5, "gre6", TUNNEL_TYPE_IP6GRE, "2001:db8::1");
	add_address(w, 5, "fe80::1", 128, "fe80::2");
	discover(w);
	t = row(w, "gre6");
	assert_string_equal(name(w, t->peer), "fe80::2");
	assert_int_equal(t->peer_from, PEER_FROM_PTP);
	assert_string_equal(name(w, t->device), "gre6");
	add_address(w, 5, "2001:db8:5::1", 127, "");
	discover(w);
	/* a way that is believed more stays, whatever else there is */
	assert_string_equal(name(w, row(w, "gre6")->peer), "fe80::2");
	world_free(w);
}

static void test_subnets(void **state)
{
	static const struct {
		const char *local;
		unsigned prefix_len;
		const char *peer;
	} cases[] = {
		{ "10.0.0.1", 30, "10.0.0.2" }, { "10.0.0.2", 30, "10.0.0.1" }, { "10.0.0.4", 31, "10.0.0.5" },
		{ "10.0.0.1", 29, "" }, { "10.0.0.1", 32, "" }, { "10.0.0.3", 30, "" },
		{ "fd00::1", 126, "fd00::2" }, { "fd00::", 127, "fd00::1" }, { "fd00::1", 64, "" },
		{ "fe80::1", 64, "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct world *w = world_new(NULL, 0);

		add_link(w, 5, "t", TUNNEL_TYPE_GRE, "192.0.2.1");
		add_address(w, 5, cases[i].local, cases[i].prefix_len, "");
		discover(w);
		assert_string_equal(name(w, row(w, "t")->peer), cases[i].peer);
		world_free(w);
	}
}

/* The tunnel joins a bridge after all is up; then the bridge's subnet tells. */
static void test_bridge(void **state)
{
	struct world *w = world_new(NULL, 0);
	struct rtnl_link l = link_of(6, "vx0", TUNNEL_TYPE_VXLAN, "192.0.2.1");

	(void)state;
	add_link(w, 5, "br0", TUNNEL_TYPE_OTHER, "");
	add_address(w, 5, "10.9.0.2", 30, "");
	link_table_put(w->table, &l);
	discover(w);
	assert_int_equal(row(w, "vx0")->peer, MODEL_NONE);
	l.master = 5;
	link_table_put(w->table, &l);
	discover(w);
	assert_string_equal(name(w, row(w, "vx0")->peer), "10.9.0.1");
	assert_int_equal(row(w, "vx0")->device, MODEL_NONE);
	assert_int_equal(rows(w), 1);
	/* a VRF is a master as well, but the addresses are the tunnel's own */
	add_address(w, 6, "10.9.1.2", 30, "");
	discover(w);
	assert_string_equal(name(w, row(w, "vx0")->peer), "10.9.1.1");
	assert_string_equal(name(w, row(w, "vx0")->device), "vx0");
	world_free(w);
}

static void tell_neighbour(struct world *w, unsigned key, const char *neighbor, bool gone)
{
	struct record r;

	record_init(&r, RECORD_BGP, key, 1);
	record_set(&r, BGP_ROUTER, record_intern_text(w->env.intern, "frr", 1));
	record_set(&r, BGP_NEIGHBOR, record_intern_text(w->env.intern, neighbor, 1));
	record_set(&r, BGP_GONE, gone);
	if (!gone)
		record_set(&r, BGP_STATE, BGP_STATE_ACTIVE);
	put(&w->sink, &r);
}

/* Where many hosts share the tunnel's subnet, one that BGP is spoken with is the peer. */
static void test_bgp_neighbours(void **state)
{
	static const struct {
		const char *local;
		unsigned prefix_len;
		const char *neighbour, *peer;
	} cases[] = {
		{ "10.0.0.1", 24, "10.0.0.9", "10.0.0.9" }, { "10.0.0.1", 24, "10.0.1.9", "" },
		{ "10.0.0.1", 24, "10.0.0.1", "" }, { "10.0.0.1", 24, "t", "" }, { "10.0.0.1", 24, "fd00::9", "" },
		{ "fd00::1", 64, "fd00::9", "fd00::9" }, { "fe80::1", 64, "fe80::9", "" }, { "10.0.0.1", 32, "10.0.0.9", "" },
		{ "10.0.0.1", 0, "10.0.0.9", "" }, { "10.0.0.1", 30, "10.0.0.9", "10.0.0.2" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct world *w = world_new(NULL, 0);

		add_link(w, 5, "t", TUNNEL_TYPE_GRE, "192.0.2.1");
		add_address(w, 5, cases[i].local, cases[i].prefix_len, "");
		discover(w);
		tell_neighbour(w, 0, cases[i].neighbour, false);
		discover(w);
		assert_string_equal(name(w, row(w, "t")->peer), cases[i].peer);
		if (!strcmp(cases[i].peer, cases[i].neighbour))
			assert_int_equal(row(w, "t")->peer_from, PEER_FROM_BGP);
		/* of two the first stays, listed or not */
		tell_neighbour(w, 1, "10.0.0.8", false);
		tell_neighbour(w, 0, cases[i].neighbour, true);
		discover(w);
		if (!strcmp(cases[i].peer, cases[i].neighbour))
			assert_string_equal(name(w, row(w, "t")->peer), cases[i].peer);
		world_free(w);
	}
}

/* ---- configuration ---- */

static void test_config(void **state)
{
	static const struct tunnel_config config[] = {
		{ .name = "aws-1", .ifname = "vti1", .group = "aws" },
		{ .name = "far", .peer = "10.1.2.3", .outer = "192.0.2.77", .router = "rtx" },
		{ .name = "uplink", .peer = "203.0.113.1", .is_line = true },
		{ .name = "later", .ifname = "ppp7", .peer = "10.3.0.1", .expect = EXPECT_ON_DEMAND,
		  .framing = FRAMING_L2TPV2 },
	};
	struct world *w = world_new(config, ARRAY_LEN(config));

	(void)state;
	add_link(w, 5, "vti1", TUNNEL_TYPE_VTI, "192.0.2.1");
	add_address(w, 5, "169.254.1.2", 30, "");
	discover(w);
	assert_int_equal(rows(w), 4);
	assert_null(row(w, "vti1"));
	assert_int_equal(row(w, "aws-1")->type, TUNNEL_TYPE_VTI);
	assert_int_equal(row(w, "aws-1")->origin, ORIGIN_CONFIG);
	assert_string_equal(name(w, row(w, "aws-1")->peer), "169.254.1.1");
	assert_string_equal(name(w, row(w, "aws-1")->group), "aws");
	assert_int_equal(row(w, "far")->type, TUNNEL_TYPE_REMOTE);
	assert_false(row(w, "far")->gone);
	assert_int_equal(row(w, "far")->peer_from, PEER_FROM_CONFIG);
	assert_int_not_equal(row(w, "far")->outer_target, MODEL_NONE);
	assert_int_equal(row(w, "uplink")->type, TUNNEL_TYPE_LINE);
	assert_int_equal(row(w, "uplink")->outer_target, MODEL_NONE);
	assert_int_not_equal(row(w, "uplink")->inner_target, MODEL_NONE);
	assert_true(row(w, "later")->gone);
	add_link(w, 8, "ppp7", TUNNEL_TYPE_PPP, "");
	discover(w);
	assert_false(row(w, "later")->gone);
	assert_int_equal(row(w, "later")->type, TUNNEL_TYPE_PPP);
	assert_int_equal(row(w, "later")->framing, FRAMING_L2TPV2);
	assert_int_equal(row(w, "aws-1")->framing, FRAMING_UNKNOWN);
	assert_int_equal(rows(w), 4);
	world_free(w);
}

static void put_route(struct world *w, unsigned key, const char *remote, const char *oif, const char *gateway)
{
	struct record r;

	record_init(&r, RECORD_ROUTE, key, source_now(&w->env));
	record_set(&r, ROUTE_OUTER_REMOTE, record_intern_text(w->env.intern, remote, r.t));
	record_set(&r, ROUTE_OIF, record_intern_text(w->env.intern, oif, r.t));
	if (*gateway)
		record_set(&r, ROUTE_GATEWAY, record_intern_text(w->env.intern, gateway, r.t));
	put(&w->sink, &r);
}

static void test_gateway(void **state)
{
	static const struct tunnel_config config[] = { { .name = "uplink", .peer = "gateway", .is_line = true } };
	struct world *w = world_new(config, 1);

	(void)state;
	discover(w);
	assert_int_equal(row(w, "uplink")->peer, MODEL_NONE);
	assert_int_equal(row(w, "uplink")->peer_from, PEER_FROM_CONFIG);
	put_route(w, 0, "::", "eth0", "fe80::1");
	discover(w);
	assert_string_equal(name(w, row(w, "uplink")->peer), "fe80::1");
	put_route(w, 1, "0.0.0.0", "eth0", "192.0.2.254");
	discover(w);
	assert_string_equal(name(w, row(w, "uplink")->peer), "192.0.2.254");
	world_free(w);
}

static void test_ssh(void **state)
{
	struct world *w = world_new(NULL, 0);

	(void)state;
	w->watch.ssh_client = address("198.51.100.9");
	add_link(w, 5, "vti1", TUNNEL_TYPE_VTI, "192.0.2.1");
	add_link(w, 6, "vti2", TUNNEL_TYPE_VTI, "192.0.2.2");
	discover(w);
	assert_false(row(w, "vti1")->ssh || row(w, "vti2")->ssh);
	put_route(w, 0, "198.51.100.9", "vti2", "");
	discover(w);
	assert_true(row(w, "vti2")->ssh && !row(w, "vti1")->ssh);
	put_route(w, 0, "198.51.100.9", "vti1", "");
	discover(w);
	assert_true(row(w, "vti1")->ssh && !row(w, "vti2")->ssh);
	world_free(w);
}

static void test_globs(void **state)
{
	static const char *const globs[] = { "vti*", "gre[12]" };
	struct world *w = world_new(NULL, 0);

	(void)state;
	w->watch.globs = globs;
	w->watch.nglobs = ARRAY_LEN(globs);
	add_link(w, 5, "vti1", TUNNEL_TYPE_VTI, "192.0.2.1");
	add_link(w, 6, "gre3", TUNNEL_TYPE_GRE, "192.0.2.2");
	add_link(w, 7, "gre2", TUNNEL_TYPE_GRE, "192.0.2.2");
	discover(w);
	assert_int_equal(rows(w), 2);
	assert_null(row(w, "gre3"));
	assert_int_equal(model_find_link(w->env.model, "gre3"), MODEL_NONE);
	world_free(w);
}

/* Nothing changed: nothing is said. */
static void test_only_changes(void **state)
{
	struct world *w = world_new(NULL, 0);
	size_t n;

	(void)state;
	feed(w, "uml-link");
	feed(w, "uml-addr");
	discover(w);
	n = w->nput;
	feed(w, "uml-link");
	feed(w, "uml-addr");
	discover(w);
	assert_int_equal(w->nput, n);
	world_free(w);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_captured_rows), cmocka_unit_test(test_captured_sit0),
		cmocka_unit_test(test_configured_fallback), cmocka_unit_test(test_ipv6_only),
		cmocka_unit_test(test_subnets), cmocka_unit_test(test_bridge), cmocka_unit_test(test_config),
		cmocka_unit_test(test_gateway), cmocka_unit_test(test_ssh), cmocka_unit_test(test_globs),
		cmocka_unit_test(test_only_changes), cmocka_unit_test(test_bgp_neighbours),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
