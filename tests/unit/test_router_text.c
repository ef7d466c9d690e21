// SPDX-License-Identifier: GPL-2.0-or-later
// What routers print, read by the profiles that are installed.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "decode/router_text.h"
#include "lib/profile.h"

enum { SEEN_MAX = 64 };

struct seen {
	struct router_seen_sink sink; /* first */
	struct router_seen items[SEEN_MAX];
	size_t n;
	struct router_answer answer;
};

static void put(struct router_seen_sink *sink, const struct router_seen *seen)
{
	struct seen *s = (struct seen *)sink;

	if (s->n < SEEN_MAX)
		s->items[s->n] = *seen;
	s->n++;
}

static char *read_file(const char *path, size_t *ret_len)
{
	FILE *f = fopen(path, "r");
	char *text = xcalloc(1, 65536);

	if (!f)
		fail_msg("cannot open %s", path);
	*ret_len = fread(text, 1, 65535, f);
	fclose(f);
	return text;
}

static void read_text(const char *profile, const char *command, const char *text, size_t len, struct seen *s)
{
	struct profile *p = load_profile(profile);
	size_t i = 0;

	while (strcmp(profile_command(p, i)->name, command))
		i++;
	memset(s, 0, sizeof *s);
	s->sink.put = put;
	profile_read(p, i, text, len, &s->sink, &s->answer);
	assert_int_equal(s->n, s->answer.seen);
	profile_free(p);
}

static void read_sample(const char *profile, const char *command, const char *name, struct seen *s)
{
	char path[200];
	size_t len;
	char *text;

	snprintf(path, sizeof path, "tests/data/routers/text/%s.txt", name);
	text = read_file(path, &len);
	read_text(profile, command, text, len, s);
	free(text);
}

#define SAY(profile, command, text, s) read_text(profile, command, text, strlen(text), s)

/* ---- values ---- */

#define DURATION(text) value_duration(text, strlen(text))
#define CIVIL(text) value_civil(text, strlen(text))
#define AS(text) value_as(text, strlen(text))

static void test_values(void **state)
{
	(void)state;
	assert_int_equal(DURATION("00:20:06"), 1206);
	assert_int_equal(DURATION("1:00"), 60);
	assert_int_equal(DURATION("56"), 56);
	assert_int_equal(DURATION("3w0d"), 1814400);
	assert_int_equal(DURATION("1d02h03m"), 93780);
	assert_int_equal(DURATION("01y02w3d"), 31536000 + 1209600 + 259200);
	assert_int_equal(DURATION("9w2d 5:23:37"), 65 * 86400 + 19417);
	assert_int_equal(DURATION("5days 21:12:17"), 508337);
	assert_int_equal(DURATION("5 hours 7 minutes 58 seconds "), 18478);
	assert_int_equal(DURATION("1 hour 1 second"), 3601);
	assert_int_equal(DURATION("2時間5分10秒"), 7510);
	assert_int_equal(DURATION("1日3秒"), 86403);
	assert_int_equal(DURATION("never"), -1);
	assert_int_equal(DURATION(""), -1);
	assert_int_equal(DURATION("3d3w"), -1);
	assert_int_equal(DURATION("1:60"), -1);
	assert_int_equal(DURATION("1:2:3:4"), -1);
	assert_int_equal(DURATION("5 parsecs"), -1);
	assert_int_equal(DURATION("99999999999999999999"), -1);
	assert_int_equal(value_duration(NULL, 0), -1);
	assert_int_equal(AS("65001"), 65001);
	assert_int_equal(AS("4294967295"), 4294967295);
	assert_int_equal(AS("64086.59913"), 64086LL * 65536 + 59913);
	assert_int_equal(AS("0.65012"), 65012);
	assert_int_equal(AS("4294967296"), -1);
	assert_int_equal(AS("65536.1"), -1);
	assert_int_equal(AS("1.65536"), -1);
	assert_int_equal(AS("1."), -1);
	assert_int_equal(AS("AS1"), -1);
	assert_int_equal(CIVIL("2012/02/11 02:08:35"), 1328926115 * US_PER_S);
	assert_int_equal(CIVIL("2012-02-11T02:08:35.123"), 1328926115 * US_PER_S);
	assert_int_equal(CIVIL("1980/01/01 09:00:05"), 315565205 * US_PER_S);
	assert_int_equal(CIVIL("2012/13/11 02:08:35"), INT64_MIN);
	assert_int_equal(CIVIL("2012/02/11 02:08"), INT64_MIN);
	assert_int_equal(CIVIL("2012/02/11 02:08:35x"), INT64_MIN);
	assert_int_equal(value_civil("2012/02\0001 02:08:35", 19), INT64_MIN);
	assert_int_equal(value_civil(NULL, 0), INT64_MIN);
}

/* ---- Yamaha ---- */

static void test_yamaha_bgp(void **state)
{
	struct seen s;

	(void)state;
	read_sample("yamaha-rtx", "bgp", "yamaha-bgp", &s);
	assert_int_equal(s.answer.outcome, ROUTER_OUTCOME_OK);
	assert_true(s.answer.listing);
	assert_int_equal(s.n, 2);
	assert_string_equal(s.items[0].bgp.neighbor, "192.0.2.1");
	assert_int_equal(s.items[0].bgp.state, BGP_STATE_ESTABLISHED);
	assert_int_equal(s.items[0].bgp.uptime_s, 3723);
	assert_int_equal(s.items[0].bgp.asn, 64500);
	assert_int_equal(s.items[0].bgp.drops, 1);
	assert_int_equal(s.items[0].bgp.messages_received, 376);
	assert_int_equal(s.items[0].bgp.prefixes_received, -1);
	assert_string_equal(s.items[1].bgp.neighbor, "198.51.100.5");
	assert_int_equal(s.items[1].bgp.state, BGP_STATE_ACTIVE);
	assert_string_equal(s.items[1].bgp.reset_reason, "");
	/* a state that nobody knows, one that is not there, and a line that looks like a neighbour */
	SAY("yamaha-rtx", "bgp", "BGP neighbor is 192.0.2.1, remote AS 64500, local AS 65000, external link\n"
	    "  BGP state = Waiting\n"
	    "BGP neighbor is 192.0.2.2, remote AS 64500, local AS 65000, external link\n"
	    "BGP neighbor ist 192.0.2.3\n", &s);
	assert_int_equal(s.n, 2);
	assert_int_equal(s.items[0].bgp.state, BGP_STATE_NOT_UNDERSTOOD);
	assert_string_equal(s.items[0].bgp.word, "Waiting");
	assert_int_equal(s.items[1].bgp.state, BGP_STATE_NOT_UNDERSTOOD);
	assert_int_equal(s.answer.outcome, ROUTER_OUTCOME_PARSE);
	assert_int_equal(s.answer.suspects, 1);
	assert_string_equal(s.answer.reason, "1 piece of the answer was not understood");
	assert_false(s.answer.listing);
}

static void test_yamaha_tunnel(void **state)
{
	static const char *const names[] = { "yamaha-tunnel-en", "yamaha-tunnel-ja" };
	struct seen s;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		read_sample("yamaha-rtx", "tunnel", names[i], &s);
		assert_int_equal(s.answer.outcome, ROUTER_OUTCOME_OK);
		assert_int_equal(s.n, 2);
		assert_string_equal(s.items[0].tunnel.name, "TUNNEL[1]");
		assert_int_equal(s.items[0].tunnel.up, 1);
		assert_int_equal(s.items[0].tunnel.up_for_s, i ? 7510 : 18478);
		assert_int_equal(s.items[0].tunnel.rx_packets, i ? 391 : 3935);
		assert_int_equal(s.items[0].tunnel.tx_packets, i ? 4964 : 1);
		assert_int_equal(s.items[0].tunnel.since_civil_us, CIVIL(i ? "2026/11/20 09:02:49" : "2026/11/20 18:19:45"));
		/* never up by a sentence that only begins like the positive one; never down by one nobody has seen */
		assert_string_equal(s.items[1].tunnel.name, "TUNNEL[2]");
		assert_int_equal(s.items[1].tunnel.up, -1);
		assert_string_equal(s.items[1].tunnel.word, i ? "接続されていません" : "Offline");
		assert_int_equal(s.items[1].tunnel.since_civil_us, INT64_MIN);
	}
}

static void test_yamaha_rest(void **state)
{
	struct seen s;

	(void)state;
	read_sample("yamaha-rtx", "sa", "yamaha-sa", &s);
	assert_int_equal(s.n, 4);
	assert_string_equal(s.items[2].sa.name, "TUNNEL[1]");
	assert_true(s.items[2].sa.out && !s.items[2].sa.in);
	assert_int_equal(s.items[2].sa.life_s, 28799);
	SAY("yamaha-rtx", "sa", "Total: isakmp:0 send:0 recv:0\n", &s);
	assert_int_equal(s.answer.outcome, ROUTER_OUTCOME_OK);
	assert_true(s.answer.listing);
	read_sample("yamaha-rtx", "environment", "yamaha-environment", &s);
	assert_int_equal(s.n, 1);
	assert_int_equal(s.items[0].environment.cpu_pct, 100);
	assert_int_equal(s.items[0].environment.mem_pct, 24);
	assert_int_equal(s.items[0].environment.boot_civil_us, CIVIL("2026/11/14 12:32:36"));
	assert_int_equal(s.items[0].environment.now_civil_us, CIVIL("2026/11/20 09:44:53"));
}

static void test_yamaha_log(void **state)
{
	static const enum log_meaning meanings[] = {
		LOG_MEANING_OTHER, LOG_MEANING_REKEY, LOG_MEANING_UP, LOG_MEANING_OTHER, LOG_MEANING_DOWN,
		LOG_MEANING_IKE_TRY, LOG_MEANING_OTHER,
	};
	struct seen s;

	(void)state;
	read_sample("yamaha-rtx", "log", "yamaha-log", &s);
	assert_int_equal(s.answer.outcome, ROUTER_OUTCOME_OK);
	assert_int_equal(s.n, ARRAY_LEN(meanings));
	for (size_t i = 0; i < s.n; i++) {
		assert_int_equal(s.items[i].log.meaning, meanings[i]);
		assert_true(!i || s.items[i].log.at_civil_us >= s.items[i - 1].log.at_civil_us);
	}
	assert_string_equal(s.items[2].log.name, "TUNNEL[1]");
	assert_string_equal(s.items[5].log.text, "[IKE] initiate ISAKMP phase to 203.0.113.7 (local address 192.168.100.1)");
	assert_int_equal(s.items[6].log.repeated, 2);
	/* in the other order, whatever the profile says; what only begins like a line does not hide the rest */
	SAY("yamaha-rtx", "log", "2026/11/20 02:08:05: IP Tunnel[1] Up\n2026/11/20 02:08:06: IP Tunnel[1] Down\n"
	    "2026/11/20 02:08:07 IP Tunnel[2] Down\n2026/13/20 02:08:07: IP Tunnel[2] Down\nrtx# \n", &s);
	assert_int_equal(s.n, 2);
	assert_int_equal(s.items[0].log.meaning, LOG_MEANING_UP);
	assert_int_equal(s.answer.suspects, 2);
	SAY("yamaha-rtx", "log", "2026/11/20 02:08:05: IP Tunnel[1] Upside\n", &s);
	assert_int_equal(s.items[0].log.meaning, LOG_MEANING_OTHER);
	SAY("yamaha-rtx", "log", "", &s);
	assert_int_equal(s.answer.outcome, ROUTER_OUTCOME_OK);
	SAY("yamaha-rtx", "log", "what?\n", &s);
	assert_int_equal(s.answer.outcome, ROUTER_OUTCOME_PARSE);
}

/* ---- others ---- */

static void test_cisco(void **state)
{
	struct seen s;

	(void)state;
	read_sample("cisco-ios", "bgp", "cisco-bgp", &s);
	assert_int_equal(s.answer.outcome, ROUTER_OUTCOME_OK);
	assert_int_equal(s.n, 7);
	/* of two families: one neighbour, with the prefixes of both */
	assert_string_equal(s.items[0].bgp.neighbor, "192.0.2.1");
	assert_int_equal(s.items[0].bgp.prefixes_received, 10);
	assert_int_equal(s.items[0].bgp.uptime_s, 1206);
	assert_string_equal(s.items[1].bgp.neighbor, "192.0.2.2");
	assert_int_equal(s.items[1].bgp.asn, 65636);
	assert_int_equal(s.items[2].bgp.state, BGP_STATE_IDLE);
	assert_int_equal(s.items[2].bgp.uptime_s, -1);
	assert_string_equal(s.items[2].bgp.word, "");
	assert_true(s.items[3].bgp.admin);
	assert_string_equal(s.items[3].bgp.word, "Idle (Admin)");
	assert_int_equal(s.items[4].bgp.state, BGP_STATE_IDLE);
	assert_string_equal(s.items[4].bgp.word, "Closing");
	assert_int_equal(s.items[5].bgp.state, BGP_STATE_NOT_UNDERSTOOD);
	assert_string_equal(s.items[5].bgp.word, "Dreaming");
	assert_string_equal(s.items[6].bgp.neighbor, "2001:DB8:192:168:0:1::1");
	SAY("cisco-ios", "bgp", "% BGP not active\n", &s);
	assert_int_equal(s.answer.outcome, ROUTER_OUTCOME_ABSENT);
	assert_string_equal(s.answer.reason, "BGP not active");
	SAY("cisco-ios", "bgp-detail", "BGP neighbor is 192.0.2.9,  vrf V,  remote AS 64500, external link\n"
	    " Administratively shut down\n  BGP state = Established, up for 01:00:00\n"
	    "  Last reset 00:00:12, due to BGP Notification sent\n", &s);
	assert_true(s.items[0].bgp.admin && s.items[0].bgp.partial);
	assert_int_equal(s.items[0].bgp.state, BGP_STATE_IDLE);
	assert_string_equal(s.items[0].bgp.vrf, "V");
	assert_string_equal(s.items[0].bgp.reset_reason, "BGP Notification sent");
	SAY("cisco-ios", "tunnel", "Vlan1 is up, line protocol is up \nTunnel1 is up, line protocol is up \n"
	    "Tunnel2 is administratively down, line protocol is down \nTunnel3 is up, line protocol is down\n", &s);
	assert_int_equal(s.n, 3);
	assert_int_equal(s.items[0].tunnel.up, 1);
	assert_int_equal(s.items[1].tunnel.up, 0);
	assert_string_equal(s.items[1].tunnel.word, "administratively down");
	assert_int_equal(s.items[2].tunnel.up, 0);
}

static void test_frr(void **state)
{
	struct seen s;

	(void)state;
	read_sample("frr-vty", "bgp", "frr84-show-bgp-summary-text-mixed", &s);
	assert_int_equal(s.n, 10);
	assert_string_equal(s.items[0].bgp.neighbor, "vu0");
	assert_int_equal(s.items[0].bgp.state, BGP_STATE_ESTABLISHED);
	assert_string_equal(s.items[0].bgp.word, "(Policy)");
	assert_int_equal(s.items[1].bgp.asn, 4200000009);
	assert_string_equal(s.items[6].bgp.word, "Idle (Admin)");
	assert_string_equal(s.items[9].bgp.neighbor, "fd99::2");
	assert_string_equal(s.items[9].bgp.word, "");
	assert_int_equal(s.items[9].bgp.prefixes_received, 0);
	read_sample("frr-vty", "bgp", "frr104-show-bgp-summary-text-as-notation-dotplus", &s);
	assert_int_equal(s.n, 2);
	assert_int_equal(s.items[1].bgp.asn, 64086LL * 65536 + 59913);
	read_sample("frr-vty", "bgp", "frr84-show-bgp-summary-text-maxprefix", &s);
	assert_string_equal(s.items[2].bgp.word, "Idle (PfxCt)");
	/* no pattern fits: that must not look like no neighbours */
	read_sample("frr-vty", "bgp", "frr84-show-bgp-summary-wide-text", &s);
	assert_int_equal(s.n, 0);
	assert_int_equal(s.answer.suspects, 11);
	assert_int_equal(s.answer.outcome, ROUTER_OUTCOME_PARSE);
	read_sample("frr-vty", "bgp", "frr84-show-bgp-summary-text-no-neighbors", &s);
	assert_int_equal(s.answer.outcome, ROUTER_OUTCOME_OK);
	assert_true(s.answer.listing);
	read_sample("frr-vty", "bgp", "frr84-show-bgp-summary-text-no-instance", &s);
	assert_int_equal(s.answer.outcome, ROUTER_OUTCOME_ABSENT);
	read_sample("frr-vty", "bgp", "frr84-vtysh-error-unknown-command", &s);
	assert_int_equal(s.answer.outcome, ROUTER_OUTCOME_PARSE);
	assert_non_null(strstr(s.answer.reason, "the router says: Unknown command"));
	read_sample("frr-vty", "bgp-detail", "frr84-show-bgp-neighbors-text-remote-shutdown", &s);
	assert_string_equal(s.items[0].bgp.reset_reason,
			    "Notification received (Cease/Administrative Shutdown/Hard Reset)");
	SAY("frr-vty", "bgp", "{\"default\":{\"ipv4Unicast\":{\"peers\":{\"192.0.2.1\":{\"remoteAs\":64500,"
	    "\"state\":\"Established\",\"pfxRcd\":3}}}}}", &s);
	assert_int_equal(s.n, 1);
	assert_int_equal(s.items[0].bgp.prefixes_received, 3);
	/* a heading without a VRF takes back the VRF of the heading before */
	SAY("frr-vty", "bgp", "IPv4 Unicast Summary (VRF blue):\n"
	    "192.0.2.1 4 64500 3 4 0 0 0 00:00:21 7 5 N/A\n"
	    "IPv6 Unicast Summary:\n"
	    "2001:db8::1 4 64500 3 4 0 0 0 00:00:21 7 5 N/A\n"
	    "Total number of neighbors 1\n", &s);
	assert_int_equal(s.n, 2);
	assert_string_equal(s.items[0].bgp.vrf, "blue");
	assert_string_equal(s.items[1].bgp.vrf, "");
	SAY("frr-vty", "bgp", "", &s);
	assert_string_equal(s.answer.reason, "unexpected answer: nothing");
	SAY("frr-vty", "bgp", "\n  hello\x1b[2J\xff\nyou\n", &s);
	assert_int_equal(s.answer.outcome, ROUTER_OUTCOME_PARSE);
	assert_non_null(strstr(s.answer.reason, "unexpected answer: hello\\x1b[2J"));
}

static void test_junos(void **state)
{
	struct seen s;

	(void)state;
	SAY("junos", "bgp", "Groups: 1 Peers: 3 Down peers: 1\n"
	    "192.0.2.1             64500          9         10       0       3 9w2d 5:23:37 Establ\n"
	    "  V.inet.0: 1/2/2/0\n"
	    "192.0.2.5             64500          8          9       0       0          56 0/1/1/0              0/0/0/0\n", &s);
	assert_int_equal(s.n, 2);
	assert_int_equal(s.items[0].bgp.state, BGP_STATE_ESTABLISHED);
	assert_string_equal(s.items[0].bgp.vrf, "V");
	assert_int_equal(s.items[0].bgp.prefixes_received, 2);
	assert_int_equal(s.items[0].bgp.drops, 3);
	assert_int_equal(s.items[1].bgp.state, BGP_STATE_ESTABLISHED);
	assert_int_equal(s.items[1].bgp.uptime_s, 56);
	assert_string_equal(s.items[1].bgp.vrf, "");
	/* it says there are three */
	assert_int_equal(s.answer.suspects, 1);
	assert_int_equal(s.answer.outcome, ROUTER_OUTCOME_PARSE);
}

/* A megabyte of what a hostile router may think of is read in a bounded time, with bounded memory. */
static void test_much(void **state)
{
	static const char *const lines[] = {
		"BGP neighbor is 192.0.2.1, remote AS 64500, local AS 65000, external link\n", "BGP neighbor\n",
		"2026/11/20 02:08:05: x\n", "1 1 1 tun[1]esp send 5 x\n", "TUNNEL[1]:\n", "\n", "        ", "x",
	};
	static const char *const commands[] = { "bgp", "tunnel", "sa", "environment", "log" };
	struct buf text = {0};
	struct seen *s = xcalloc(1, sizeof *s);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
		buf_clear(&text);
		while (text.len < 1 << 20)
			buf_puts(&text, lines[i]);
		for (size_t k = 0; k < ARRAY_LEN(commands); k++)
			read_text("yamaha-rtx", commands[k], text.data, text.len, s);
	}
	buf_free(&text);
	free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),        cmocka_unit_test(test_yamaha_bgp),
		cmocka_unit_test(test_yamaha_tunnel), cmocka_unit_test(test_yamaha_rest),
		cmocka_unit_test(test_yamaha_log),    cmocka_unit_test(test_cisco),
		cmocka_unit_test(test_frr),           cmocka_unit_test(test_junos),
		cmocka_unit_test(test_much),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
