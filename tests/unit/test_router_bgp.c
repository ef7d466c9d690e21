// SPDX-License-Identifier: GPL-2.0-or-later
// Why a neighbour's session was reset, as lists and details tell it one after the other.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "source/router_bgp.h"
#include "source/router_keys.h"

struct world {
	struct record_sink sink;
	struct source_env env;
	struct model *model;
	struct router_bgp *bgp;
	struct record last; /* of a neighbour */
};

static struct world w;

static void sink_put(struct record_sink *sink, const struct record *r)
{
	(void)sink;
	model_apply(w.model, r);
	if (r->kind == RECORD_BGP)
		w.last = *r;
}

static int set_up(void **state)
{
	struct timespec ts;

	(void)state;
	memset(&w, 0, sizeof w);
	w.sink.put = sink_put;
	w.model = model_new(false);
	clock_gettime(CLOCK_BOOTTIME, &ts);
	w.env = (struct source_env){ .sink = &w.sink, .model = w.model, .boot0_ns = ts.tv_sec * NS_PER_S + ts.tv_nsec };
	w.env.intern = record_intern_new(&w.sink);
	router_keys_hold(&w.env);
	w.bgp = router_bgp_new(&w.env, "r");
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	router_bgp_free(w.bgp);
	router_keys_release(&w.env);
	record_intern_free(w.env.intern);
	model_free(w.model);
	return 0;
}

/* A list in which it is in this state with this drops counter, and why it was reset ("": not said). */
static const char *reason_after(enum bgp_state state, int64_t drops, int64_t told_drops, const char *why)
{
	struct router_seen_bgp b = {
		.neighbor = "192.0.2.1", .state = state, .asn = 65000, .uptime_s = 7, .prefixes_received = 2,
		.prefixes_sent = -1, .drops = drops, .messages_received = -1,
	};

	router_bgp_begin(w.bgp);
	assert_true(router_bgp_see(w.bgp, &b));
	if (*why) {
		b.partial = true;
		b.drops = told_drops;
		str_copy(b.reset_reason, sizeof b.reset_reason, why);
		assert_true(router_bgp_see(w.bgp, &b));
	}
	router_bgp_answer(w.bgp, true);
	assert_int_equal(w.last.v[BGP_STATE], state);
	/* of the list, not of what was told a moment after it */
	assert_int_equal(record_has(&w.last, BGP_DROPS), drops >= 0 || told_drops >= 0);
	if (drops >= 0)
		assert_int_equal(w.last.v[BGP_DROPS], drops);
	if (!record_has(&w.last, BGP_RESET_REASON))
		return "";
	return model_name(w.model, (unsigned)w.last.v[BGP_RESET_REASON]);
}

/* The best that was said of one drop stays, until the next one. */
static void test_reasons(void **state)
{
	static const char wait[] = "No AFI/SAFI activated for peer", open[] = "Waiting for peer OPEN";
	static const char shut[] = "BGP Notification received: Cease/Administrative Shutdown: window 42";
	static const struct {
		enum bgp_state state;
		int64_t drops, told_drops;
		const char *why, *want;
	} steps[] = {
		/* what it waits for is all there is to say */
		{ BGP_STATE_IDLE, 0, 0, wait, wait }, { BGP_STATE_ACTIVE, 0, 0, open, open },
		{ BGP_STATE_ESTABLISHED, 0, 0, "", "" }, { BGP_STATE_ESTABLISHED, 0, 0, open, "" },
		/* and replaces no reason */
		{ BGP_STATE_IDLE, 1, 1, "User reset", "User reset" }, { BGP_STATE_ACTIVE, 1, 1, wait, "User reset" },
		{ BGP_STATE_CONNECT, 1, -1, open, "User reset" }, { BGP_STATE_ESTABLISHED, 1, 1, wait, "User reset" },
		/* shorter words of the same reset */
		{ BGP_STATE_IDLE, 2, 2, shut, shut }, { BGP_STATE_IDLE, 2, 2, "BGP Notification received", shut },
		{ BGP_STATE_IDLE, 2, 2, "", shut },
		/* a new one in the same time of trouble */
		{ BGP_STATE_IDLE, 2, 2, "BGP Notification send: OPEN Message Error/Bad Peer AS",
		  "BGP Notification send: OPEN Message Error/Bad Peer AS" },
		{ BGP_STATE_ESTABLISHED, 2, 2, "", "BGP Notification send: OPEN Message Error/Bad Peer AS" },
		/* the next drop, whose reason came too late: none is better than that of another */
		{ BGP_STATE_IDLE, 3, 3, "", "" }, { BGP_STATE_IDLE, 3, 3, wait, wait },
		{ BGP_STATE_IDLE, 3, 3, "Interface down", "Interface down" },
		{ BGP_STATE_ESTABLISHED, 3, 3, "", "Interface down" },
		/* between two polls */
		{ BGP_STATE_ESTABLISHED, 4, 4, "", "" }, { BGP_STATE_ESTABLISHED, 4, 4, "User reset", "User reset" },
		/* told with a list that was still of the time before */
		{ BGP_STATE_ESTABLISHED, 4, 5, "Hold Timer Expired", "Hold Timer Expired" },
		{ BGP_STATE_IDLE, 5, 5, "", "Hold Timer Expired" },
		{ BGP_STATE_ESTABLISHED, 5, 5, "", "Hold Timer Expired" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
		const char *is = reason_after(steps[i].state, steps[i].drops, steps[i].told_drops, steps[i].why);

		if (strcmp(is, steps[i].want) != 0)
			fail_msg("step %zu: \"%s\", want \"%s\"", i, is, steps[i].want);
	}
}

/* A router that does not count drops: a fall is seen as one. */
static void test_reasons_uncounted(void **state)
{
	(void)state;
	assert_string_equal(reason_after(BGP_STATE_IDLE, -1, -1, "Hold Timer Expired"), "Hold Timer Expired");
	assert_string_equal(reason_after(BGP_STATE_IDLE, -1, -1, "Waiting for NHT"), "Hold Timer Expired");
	assert_string_equal(reason_after(BGP_STATE_ESTABLISHED, -1, -1, ""), "Hold Timer Expired");
	assert_string_equal(reason_after(BGP_STATE_IDLE, -1, -1, ""), "");
	assert_string_equal(reason_after(BGP_STATE_IDLE, -1, -1, "User reset"), "User reset");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_reasons, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_reasons_uncounted, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
