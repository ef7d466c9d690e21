// SPDX-License-Identifier: GPL-2.0-or-later
// Of which neighbours detail is asked for: not of all at every poll, and nothing odd ends up in a command.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "source/bgp_peers.h"

static struct bgp_peers *ps;
static const char *names[BGP_PEERS_ASK_MAX], *vrf;

static int set_up(void **state)
{
	(void)state;
	ps = bgp_peers_new();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	bgp_peers_free(ps);
	return 0;
}

static void see(const char *neighbor, const char *in, enum bgp_state state, int64_t drops)
{
	struct router_seen_bgp b = { .state = state, .drops = drops };

	str_copy(b.neighbor, sizeof b.neighbor, neighbor);
	str_copy(b.vrf, sizeof b.vrf, in);
	bgp_peers_see(ps, &b);
}

/* A summary with this neighbour alone. */
static void only(const char *neighbor, enum bgp_state state, int64_t drops)
{
	bgp_peers_begin(ps);
	see(neighbor, "", state, drops);
	bgp_peers_end(ps);
}

static size_t due(int64_t s)
{
	return bgp_peers_due(ps, s * US_PER_S, &vrf, names);
}

static void test_when(void **state)
{
	(void)state;
	only("192.0.2.1", BGP_STATE_ESTABLISHED, 3);
	assert_int_equal(due(0), 0);
	only("192.0.2.1", BGP_STATE_IDLE, 4);
	assert_int_equal(due(1), 1);
	assert_string_equal(names[0], "192.0.2.1");
	assert_string_equal(vrf, "default");
	assert_int_equal(due(1), 0);
	/* on its way back: every 10 s */
	only("192.0.2.1", BGP_STATE_CONNECT, 4);
	assert_int_equal(due(2), 0);
	only("192.0.2.1", BGP_STATE_ACTIVE, 4);
	assert_int_equal(due(10), 0);
	assert_int_equal(due(11), 1);
	only("192.0.2.1", BGP_STATE_ESTABLISHED, 4);
	assert_int_equal(due(30), 0);
	/* it dropped between two polls, and is back */
	only("192.0.2.1", BGP_STATE_ESTABLISHED, 5);
	assert_int_equal(due(31), 1);
	assert_int_equal(due(60), 0);
	/* down from the start */
	only("192.0.2.2", BGP_STATE_ACTIVE, 0);
	assert_int_equal(due(61), 1);
	assert_string_equal(names[0], "192.0.2.2");
	/* not listed any more */
	bgp_peers_begin(ps);
	bgp_peers_end(ps);
	assert_int_equal(due(99), 0);
}

static void told(const char *neighbor, int64_t drops, int64_t s)
{
	struct router_seen_bgp b = { .drops = drops, .partial = true };

	str_copy(b.neighbor, sizeof b.neighbor, neighbor);
	bgp_peers_told(ps, &b, s * US_PER_S);
}

/* Whose reason came beside the summary is not asked for again, unless it dropped once more in between. */
static void test_told(void **state)
{
	(void)state;
	only("192.0.2.1", BGP_STATE_ESTABLISHED, 3);
	only("192.0.2.1", BGP_STATE_IDLE, 4);
	told("192.0.2.1", 4, 1);
	assert_int_equal(due(1), 0);
	assert_int_equal(due(10), 0);
	told("192.0.2.1", 4, 10);
	assert_int_equal(due(19), 0);
	assert_int_equal(due(20), 1);
	only("192.0.2.1", BGP_STATE_ESTABLISHED, 5);
	told("192.0.2.1", 6, 21);
	assert_int_equal(due(21), 1);
	told("192.0.2.99", 0, 22);
	assert_int_equal(due(22), 0);
}

/* One VRF and a handful at a time; all have their turn. */
static void test_turns(void **state)
{
	size_t red = 0, standard = 0;
	char name[32];

	(void)state;
	bgp_peers_begin(ps);
	for (int i = 0; i < 40; i++) {
		snprintf(name, sizeof name, "192.0.2.%d", i);
		see(name, i % 2 ? "red" : "", BGP_STATE_IDLE, 0);
	}
	bgp_peers_end(ps);
	for (size_t n; (n = due(1)) > 0;) {
		assert_true(n <= BGP_PEERS_ASK_MAX);
		*(strcmp(vrf, "red") ? &standard : &red) += n;
	}
	assert_int_equal(red, 20);
	assert_int_equal(standard, 20);
}

static void test_odd_names(void **state)
{
	static const char *const odd[] = {
		"192.0.2.1 json\nclear bgp *", "a b", "$(x)", "", "-c", "a;b", "\xc3\xa4", "a|b", "a\tb", "\\x0a",
	};
	static const char *const plain[] = { "192.0.2.1", "fe80::1%eth0", "eth0.100", "vu-0", "wg_1", "a@b" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(odd); i++) {
		only(odd[i], BGP_STATE_IDLE, 0);
		assert_int_equal(due(1), 0);
		bgp_peers_begin(ps);
		if (*odd[i]) /* none is the default one */
			see("192.0.2.1", odd[i], BGP_STATE_IDLE, 0);
		assert_int_equal(due(1), 0);
	}
	for (size_t i = 0; i < ARRAY_LEN(plain); i++) {
		only(plain[i], BGP_STATE_IDLE, 0);
		assert_int_equal(due(1), 1);
		assert_string_equal(names[0], plain[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_when, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_told, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_turns, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_odd_names, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
