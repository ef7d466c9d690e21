// SPDX-License-Identifier: GPL-2.0-or-later
// FRR's JSON, as captured and as it might come.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/bgp_caught.h"

/* ---- captured ---- */

static void test_mixed(void **state)
{
	static const struct {
		const char *neighbor;
		enum bgp_state state;
		const char *word;
		bool admin;
		int64_t asn, uptime_s;
	} want[] = {
		{ "vu0", BGP_STATE_ESTABLISHED, "(Policy)", false, 65002, 21 },
		{ "10.98.0.9", BGP_STATE_ACTIVE, "", false, 4200000009, -1 },
		{ "10.99.0.2", BGP_STATE_ESTABLISHED, "", false, 65002, 21 },
		{ "10.99.0.11", BGP_STATE_ACTIVE, "", false, 65011, -1 },
		{ "10.99.0.12", BGP_STATE_OPENSENT, "", false, 65012, -1 },
		{ "10.99.0.13", BGP_STATE_OPENCONFIRM, "", false, 65013, -1 },
		{ "10.99.0.14", BGP_STATE_IDLE, "Idle (Admin)", true, 65014, -1 },
		{ "10.99.0.20", BGP_STATE_ACTIVE, "", false, 65020, -1 },
		{ "10.99.0.21", BGP_STATE_ACTIVE, "Active (Passive)", false, 65021, -1 },
		/* in both families, in one of them without policy */
		{ "fd99::2", BGP_STATE_ESTABLISHED, "", false, 65002, 21 },
	};
	static const char *const files[] = { "frr84-show-bgp-vrf-all-summary-json", "frr84-show-bgp-summary-json-mixed" };

	(void)state;
	for (size_t f = 0; f < ARRAY_LEN(files); f++) {
		read_summary(files[f]);
		assert_int_equal(caught.answer.outcome, ROUTER_OUTCOME_OK);
		assert_string_equal(caught.answer.reason, "");
		assert_true(caught.answer.listing);
		assert_int_equal(caught.answer.suspects, 0);
		assert_int_equal(caught.n, ARRAY_LEN(want));
		for (size_t i = 0; i < ARRAY_LEN(want); i++) {
			const struct router_seen_bgp *b = peer(want[i].neighbor);

			assert_int_equal(b->state, want[i].state);
			assert_string_equal(b->word, want[i].word);
			assert_int_equal(b->admin, want[i].admin);
			assert_int_equal(b->asn, want[i].asn);
			assert_int_equal(b->uptime_s, want[i].uptime_s);
			assert_string_equal(b->vrf, "");
			assert_int_equal(b->drops, 0);
			assert_false(b->partial);
		}
	}
	assert_int_equal(peer("10.99.0.2")->messages_received, 12);
}

/* The later version. */
static void test_frr_10(void **state)
{
	(void)state;
	read_summary("frr104-show-bgp-vrf-all-summary-json");
	assert_int_equal(caught.answer.outcome, ROUTER_OUTCOME_OK);
	assert_int_equal(caught.n, 8);
	assert_int_equal(peer("10.99.0.1")->prefixes_received, 3);
	assert_int_equal(peer("10.99.0.1")->prefixes_sent, 4);
	assert_int_equal(peer("fd99::1")->state, BGP_STATE_ESTABLISHED);
	assert_int_equal(peer("fd99::1")->messages_received, 15);
	read_summary("frr104-show-bgp-summary-json-as-notation-dotplus");
	assert_int_equal(caught.n, 2);
	assert_int_equal(peer("10.99.0.12")->asn, 65012);
	assert_int_equal(peer("10.99.0.13")->asn, 64086LL * 65536 + 59913);
	assert_int_equal(peer("10.99.0.13")->state, BGP_STATE_IDLE);
}

static void test_captured_summaries(void **state)
{
	static const struct {
		const char *file;
		size_t n;
		bool listing;
	} want[] = {
		{ "frr84-show-bgp-summary-established-json", 3, false },
		{ "frr104-show-bgp-summary-json-mixed", 8, true },
		{ "frr84-show-bgp-summary-json-after-holdtimer", 10, true },
		{ "frr84-show-bgp-summary-json-long-ipv6", 11, true },
		{ "frr84-show-bgp-summary-json-maxprefix", 10, true },
		{ "frr84-show-bgp-summary-json-on-shutdown-side", 3, true }, { "frr84-vtysh-frrvty-group", 3, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(want); i++) {
		read_summary(want[i].file);
		if (caught.n != want[i].n || caught.answer.listing != want[i].listing || caught.answer.outcome)
			fail_msg("%s: %zu neighbours, %s %s", want[i].file, caught.n,
				 caught.answer.listing ? "all" : "some", caught.answer.reason);
	}
	read_summary("frr84-show-bgp-summary-json-maxprefix");
	assert_int_equal(peer("10.99.0.2")->state, BGP_STATE_IDLE);
	assert_string_equal(peer("10.99.0.2")->word, "Idle (PfxCt)");
	assert_false(peer("10.99.0.2")->admin);
}

/* This answer names neighbours but not their states: not what was asked for, and not "no neighbours". */
static void test_other_answer(void **state)
{
	(void)state;
	read_summary("frr84-show-bgp-summary-failed-json");
	assert_int_equal(caught.answer.outcome, ROUTER_OUTCOME_PARSE);
	assert_int_equal(caught.answer.suspects, 7);
	assert_int_equal(caught.n, 0);
	assert_false(caught.answer.listing);
	assert_string_equal(caught.answer.reason, "not understood: 10.98.0.9");
}

/* One description in Shift_JIS does not hide the others. */
static void test_invalid_utf8(void **state)
{
	struct buf b = captured("frr84-show-bgp-summary-json-invalid-utf8-desc");
	uint32_t ignored;
	size_t bad = 0;

	(void)state;
	for (size_t i = 0; i < b.len;) {
		size_t n = utf8_decode(b.data + i, b.len - i, &ignored);

		bad += !n;
		i += n ? n : 1;
	}
	assert_true(bad > 0);
	summary(b.data, b.len);
	assert_int_equal(caught.answer.outcome, ROUTER_OUTCOME_OK);
	assert_true(caught.n >= 10);
	buf_free(&b);
}

static void test_details(void **state)
{
	static const struct {
		const char *file, *neighbor, *reason;
		int64_t drops;
	} want[] = {
		{ "frr84-show-bgp-neighbors-json-after-holdtimer", "10.99.0.2",
		  "BGP Notification send: Hold Timer Expired", 2 },
		{ "frr84-show-bgp-neighbors-json-maxprefix", "10.99.0.2",
		  "BGP Notification send: Cease/Maximum Number of Prefixes Reached", 6 },
		{ "frr84-show-bgp-neighbors-json-remote-shutdown", "10.99.0.2",
		  "BGP Notification received: Cease/Administrative Shutdown: maintenance window 42", 3 },
		{ "frr84-show-bgp-neighbors-json-remote-killed", "10.99.0.2", "Peer closed the session", 4 },
		{ "frr84-show-bgp-neighbors-json-on-shutdown-side", "10.99.0.1", "Admin. shutdown", 3 },
		{ "frr84-show-bgp-neighbors-json-mixed", "10.98.0.9", "Waiting for NHT", 0 },
		{ "frr104-show-bgp-neighbors-json-mixed", "10.98.0.9", "No path to specified Neighbor", 0 },
		{ "frr104-show-bgp-neighbors-json-mixed", "fd99::1", "", 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(want); i++) {
		read_detail(want[i].file);
		assert_int_equal(caught.answer.outcome, ROUTER_OUTCOME_OK);
		assert_false(caught.answer.listing);
		assert_string_equal(peer(want[i].neighbor)->reset_reason, want[i].reason);
		assert_int_equal(peer(want[i].neighbor)->drops, want[i].drops);
		assert_true(peer(want[i].neighbor)->partial);
	}
	read_detail("frr84-show-bgp-neighbors-json-on-shutdown-side");
	assert_true(peer("10.99.0.1")->admin);
	read_detail("frr84-show-bgp-neighbors-json-maxprefix");
	assert_int_equal(peer("10.99.0.2")->messages_received, 84);
}

static void test_nothing_there(void **state)
{
	(void)state;
	read_summary("frr84-show-bgp-summary-json-no-instance");
	assert_int_equal(caught.answer.outcome, ROUTER_OUTCOME_ABSENT);
	assert_string_equal(caught.answer.reason, "no BGP instance");
	read_summary("frr84-show-bgp-summary-json-no-neighbors");
	assert_int_equal(caught.answer.outcome, ROUTER_OUTCOME_ABSENT);
	assert_true(caught.answer.listing);
	text("{\"default\":{\n}}");
	assert_int_equal(caught.answer.outcome, ROUTER_OUTCOME_OK);
	assert_true(caught.answer.listing);
	read_summary("frr84-vtysh-error-unknown-command");
	assert_int_equal(caught.answer.outcome, ROUTER_OUTCOME_PARSE);
	assert_string_equal(caught.answer.reason, "the answer is not JSON: % Unknown command: show bgp frobnicate json");
	assert_false(caught.answer.listing);
	read_detail("frr84-vtysh-error-no-such-neighbor");
	assert_int_equal(caught.answer.outcome, ROUTER_OUTCOME_OK);
	assert_int_equal(caught.n, 0);
	/* another command's answer */
	read_summary("frr84-show-bgp-vrfs-json");
	assert_int_equal(caught.answer.outcome, ROUTER_OUTCOME_PARSE);
	assert_false(caught.answer.listing);
	summary("", 0);
	assert_int_equal(caught.answer.outcome, ROUTER_OUTCOME_PARSE);
	summary(" \n", 2);
	assert_int_equal(caught.answer.outcome, ROUTER_OUTCOME_PARSE);
}

static void test_two_documents(void **state)
{
	struct buf b = captured("frr84-vtysh-two-commands");

	(void)state;
	detail(b.data, b.len, "");
	assert_int_equal(peer("fd99::2")->uptime_s, 267);
	buf_free(&b);
	text("{\"ipv4Unicast\":{\"peers\":{\"192.0.2.1\":{\"state\":\"Idle\"}}}}\n"
		"{\"ipv6Unicast\":{\"peers\":{\"2001:db8::1\":{\"state\":\"Active\"}}}}\n");
	assert_int_equal(caught.answer.outcome, ROUTER_OUTCOME_OK);
	assert_int_equal(caught.n, 2);
	/* the second command failed */
	text("{\"ipv4Unicast\":{\"peers\":{}}}\n% Unknown command: x\n");
	assert_int_equal(caught.answer.outcome, ROUTER_OUTCOME_PARSE);
	assert_string_equal(caught.answer.reason, "the answer is not JSON: % Unknown command: x ");
}

/* ---- made up ---- */

static void test_two_vrfs(void **state)
{
	(void)state;
	text("{\"default\":{\"ipv4Unicast\":{\"peers\":{\"192.0.2.1\":{\"state\":\"Idle\",\"remoteAs\":1}}}},"
	     "\"red\":{\"ipv4Unicast\":{\"peers\":{\"192.0.2.1\":{\"state\":\"Established\",\"pfxRcd\":3}}},"
	     "\"ipv6Unicast\":{\"peers\":{\"192.0.2.1\":{\"state\":\"Connect\",\"pfxRcd\":4,\"pfxSnt\":1}}}},"
	     "\"blue\":{}}");
	assert_int_equal(caught.answer.outcome, ROUTER_OUTCOME_OK);
	assert_true(caught.answer.listing);
	assert_int_equal(caught.n, 2);
	assert_string_equal(caught.seen[0].vrf, "");
	assert_int_equal(caught.seen[0].prefixes_received, -1);
	assert_string_equal(caught.seen[1].vrf, "red");
	assert_int_equal(caught.seen[1].state, BGP_STATE_CONNECT);
	assert_int_equal(caught.seen[1].prefixes_received, 7);
	assert_int_equal(caught.seen[1].prefixes_sent, 1);
	text("{\"ipv4Unicast\":{\"vrfName\":\"green\",\"peers\":{\"192.0.2.1\":{\"state\":\"Idle\"}}}}");
	assert_string_equal(caught.seen[0].vrf, "green");
}

static void test_spellings(void **state)
{
	static const struct {
		const char *state, *more, *word;
		enum bgp_state want;
		bool admin;
	} want[] = {
		{ "Established", "OK", "", BGP_STATE_ESTABLISHED, false },
		{ "Established", "NoNeg", "(NoNeg)", BGP_STATE_ESTABLISHED, false },
		{ "Clearing", "OK", "Clearing", BGP_STATE_IDLE, false },
		{ "Deleted", "OK", "Deleted", BGP_STATE_IDLE, false },
		{ "Idle (Admin)", "Admin", "Idle (Admin)", BGP_STATE_IDLE, true },
		{ "Idle", "Admin", "", BGP_STATE_IDLE, true },
		{ "Idle (PfxCt)", "PfxCt", "Idle (PfxCt)", BGP_STATE_IDLE, false },
		{ "Dreaming", "OK", "Dreaming", BGP_STATE_NOT_UNDERSTOOD, false },
		{ "Establishe", "OK", "Establishe", BGP_STATE_NOT_UNDERSTOOD, false },
		{ "Up\\u001b[2J\\u0000", "OK", "Up\\x1b[2J\\x00", BGP_STATE_NOT_UNDERSTOOD, false },
	};
	char json[256];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(want); i++) {
		snprintf(json, sizeof json, "{\"ipv4Unicast\":{\"peers\":{\"p\":{\"state\":\"%s\",\"peerState\":\"%s\"}}}}",
			 want[i].state, want[i].more);
		text(json);
		assert_int_equal(caught.n, 1);
		assert_int_equal(caught.seen[0].state, want[i].want);
		assert_string_equal(caught.seen[0].word, want[i].word);
		assert_int_equal(caught.seen[0].admin, want[i].admin);
	}
}

static void test_numbers(void **state)
{
	static const struct {
		const char *asn;
		int64_t want;
	} want[] = {
		{ "65000", 65000 }, { "4294967295", 4294967295 }, { "4294967296", -1 }, { "-1", -1 }, { "1.5", -1 },
		{ "\"65000\"", 65000 }, { "\"1.1\"", 65537 }, { "\"65535.65535\"", 4294967295 }, { "\"65536.0\"", -1 },
		{ "\"1.\"", -1 }, { "\".1\"", -1 }, { "\"1.2.3\"", -1 }, { "\"x\"", -1 }, { "\"\"", -1 }, { "null", -1 },
		{ "{}", -1 }, { "9223372036854775807", -1 },
	};
	char json[256];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(want); i++) {
		snprintf(json, sizeof json, "{\"i\":{\"peers\":{\"p\":{\"state\":\"Idle\",\"remoteAs\":%s}}}}", want[i].asn);
		text(json);
		assert_int_equal(caught.n, 1);
		assert_int_equal(caught.seen[0].asn, want[i].want);
	}
	text("{\"i\":{\"peers\":{\"p\":{\"state\":\"Idle\",\"pfxRcd\":9223372036854775807}}},"
	     "\"j\":{\"peers\":{\"p\":{\"state\":\"Idle\",\"pfxRcd\":9223372036854775807,\"msgRcvd\":\"7\"}}}}");
	assert_true(caught.seen[0].prefixes_received == INT64_MAX);
	assert_int_equal(caught.seen[0].messages_received, -1);
}

/* What does not read as a neighbour is counted, and never taken for "no neighbour". */
static void test_suspects(void **state)
{
	static const char *const wrong[] = {
		"{\"ipv4Unicast\":{\"peers\":{\"a\":{\"state\":\"Idle\"},\"b\":{\"condition\":\"Idle\"}}}}",
		"{\"ipv4Unicast\":{\"peers\":{\"a\":{\"state\":\"Idle\"},\"b\":7}}}",
		"{\"ipv4Unicast\":{\"peers\":{\"a\":{\"state\":\"Idle\"},\"b\":{\"state\":3}}}}",
		"{\"default\":{\"ipv4Unicast\":{\"peers\":{\"a\":{\"state\":\"Idle\"}}}},\"red\":{\"x\":1}}",
		"{\"default\":{\"ipv4Unicast\":{\"peers\":{\"a\":{\"state\":\"Idle\"}}}},\"red\":1}",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		text(wrong[i]);
		assert_int_equal(caught.n, 1);
		assert_int_equal(caught.answer.suspects, 1);
		assert_int_equal(caught.answer.outcome, ROUTER_OUTCOME_PARSE);
		assert_false(caught.answer.listing);
		assert_true(*caught.answer.reason);
	}
	text("{\"warning\":\"Default BGP instance not found\"}");
	assert_int_equal(caught.answer.outcome, ROUTER_OUTCOME_ABSENT);
	text("{\"warning\":\"out of memory\"}");
	assert_int_equal(caught.answer.outcome, ROUTER_OUTCOME_PARSE);
	assert_string_equal(caught.answer.reason, "not understood: out of memory");
}

static void test_caps(void **state)
{
	size_t len = (4 << 20) + 1;
	char *big = malloc(len);
	struct buf b = {0};

	(void)state;
	assert_non_null(big);
	memset(big, ' ', len);
	summary(big, len);
	assert_int_equal(caught.answer.outcome, ROUTER_OUTCOME_PARSE);
	assert_string_equal(caught.answer.reason, "the answer is too long");
	memset(big, '[', len - 1);
	memcpy(big, "{\"a\":", 5);
	summary(big, len - 1);
	assert_string_equal(caught.answer.reason, "the answer is nested too deeply");
	/* brackets in strings are none */
	buf_puts(&b, "{\"i\":{\"peers\":{\"p\":{\"state\":\"Idle\",\"desc\":\"\\\"");
	buf_add(&b, big + 5, 1000);
	buf_puts(&b, "\"}}}}");
	summary(b.data, b.len);
	assert_int_equal(caught.answer.outcome, ROUTER_OUTCOME_OK);
	assert_int_equal(caught.n, 1);
	buf_free(&b);
	free(big);
}

/* Cut anywhere it is not understood, lists nothing, and reads no byte behind its end. */
static void test_cut(void **state)
{
	static const struct {
		const char *file;
		size_t step;
	} files[] = {
		{ "frr84-show-bgp-vrf-all-summary-json", 1 }, { "frr104-show-bgp-summary-json-as-notation-dotplus", 1 },
		{ "frr84-show-bgp-summary-json-invalid-utf8-desc", 1 }, { "frr84-show-bgp-neighbors-json-mixed", 37 },
	};

	(void)state;
	for (size_t f = 0; f < ARRAY_LEN(files); f++) {
		struct buf b = captured(files[f].file);
		size_t end = b.len;

		while (end && strchr(" \n", b.data[end - 1]))
			end--;
		for (size_t len = 0; len < end; len += files[f].step) {
			char *exact = malloc(len + !len);

			assert_non_null(exact);
			memcpy(exact, b.data, len);
			summary(exact, len);
			assert_int_equal(caught.answer.outcome, ROUTER_OUTCOME_PARSE);
			assert_false(caught.answer.listing);
			assert_int_equal(caught.n, 0);
			if (files[f].step > 1)
				detail(exact, len, "");
			free(exact);
		}
		buf_free(&b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mixed), cmocka_unit_test(test_frr_10), cmocka_unit_test(test_captured_summaries),
		cmocka_unit_test(test_other_answer),
		cmocka_unit_test(test_invalid_utf8), cmocka_unit_test(test_details), cmocka_unit_test(test_nothing_there),
		cmocka_unit_test(test_two_documents), cmocka_unit_test(test_two_vrfs), cmocka_unit_test(test_spellings),
		cmocka_unit_test(test_numbers), cmocka_unit_test(test_suspects), cmocka_unit_test(test_caps),
		cmocka_unit_test(test_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
