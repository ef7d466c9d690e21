// SPDX-License-Identifier: GPL-2.0-or-later
// FRR's JSON of its summary and, behind it, of those neighbours that failed.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/bgp_caught.h"

/* The summary and why those failed that did, of one vtysh: reasons are beside what is listed, and list nothing. */
static void test_failed(void **state)
{
	static const struct {
		const char *file, *neighbor, *vrf, *reason;
		size_t listed, why;
		int64_t drops;
	} want[] = {
		{ "frr84-show-bgp-vrf-all-summary-and-failed-none", NULL, "", "", 1, 0, 0 },
		{ "frr84-show-bgp-vrf-all-summary-and-failed-clear", "192.0.2.2", "", "User reset", 1, 1, 1 },
		{ "frr84-show-bgp-vrf-all-summary-and-failed-remote-shutdown", "192.0.2.2", "",
		  "BGP Notification received: Cease/Administrative Shutdown: maintenance window 42", 1, 1, 2 },
		{ "frr84-show-bgp-vrf-all-summary-and-failed-vrfs", "192.0.2.2", "", "Peer closed the session",
		  3, 3, 5 },
		{ "frr84-show-bgp-vrf-all-summary-and-failed-vrfs", "10.1.1.1", "red", "No AFI/SAFI activated for peer",
		  3, 3, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(want); i++) {
		size_t why = 0, found = 0;

		read_summary(want[i].file);
		assert_int_equal(caught.answer.outcome, ROUTER_OUTCOME_OK);
		assert_true(caught.answer.listing);
		for (size_t k = 0; k < caught.n; k++) {
			const struct router_seen_bgp *b = &caught.seen[k];

			why += b->partial;
			if (!b->partial || !want[i].neighbor || strcmp(b->neighbor, want[i].neighbor))
				continue;
			found++;
			assert_string_equal(b->vrf, want[i].vrf);
			assert_string_equal(b->reset_reason, want[i].reason);
			assert_int_equal(b->drops, want[i].drops);
			assert_int_equal(b->uptime_s, -1);
			assert_false(b->admin);
		}
		assert_int_equal(why, want[i].why);
		assert_int_equal(caught.n - why, want[i].listed);
		assert_int_equal(found, want[i].neighbor != NULL);
	}
}

/* Without a list before it, or when the list is one of some, it cannot say that nothing else is there. */
static void test_failed_alone(void **state)
{
	(void)state;
	text("{\"ipv4Unicast\":{\"failedPeersCount\":0}}");
	assert_int_equal(caught.answer.outcome, ROUTER_OUTCOME_PARSE);
	assert_false(caught.answer.listing);
	text("{\"ipv4Unicast\":{\"peers\":{\"::1\":{\"state\":\"Idle\"}},\"displayedPeers\":1,\"totalPeers\":2}}"
	     "{\"ipv4Unicast\":{\"peers\":{\"::1\":{\"lastResetDueTo\":\"x\"}},"
	     "\"displayedPeers\":2,\"totalPeers\":2}}");
	assert_int_equal(caught.answer.outcome, ROUTER_OUTCOME_OK);
	assert_int_equal(caught.n, 2);
	assert_false(caught.answer.listing);
	/* FRR that counts them rightly */
	text("{\"ipv4Unicast\":{\"peers\":{\"::1\":{\"state\":\"Idle\"}},\"displayedPeers\":2,\"totalPeers\":2}}"
	     "{\"ipv4Unicast\":{\"peers\":{\"::1\":{\"lastResetDueTo\":\"x\"}},"
	     "\"displayedPeers\":1,\"totalPeers\":2}}");
	assert_true(caught.answer.listing);
	/* one that does not know the command: what was listed stands, but the answer is not what was asked for */
	text("{\"ipv4Unicast\":{\"peers\":{\"::1\":{\"state\":\"Idle\"}}}}\n% Unknown command: show bgp vrf all\n");
	assert_int_equal(caught.answer.outcome, ROUTER_OUTCOME_PARSE);
	assert_int_equal(caught.n, 1);
	assert_false(caught.answer.listing);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_failed), cmocka_unit_test(test_failed_alone) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
