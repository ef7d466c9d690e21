// SPDX-License-Identifier: GPL-2.0-or-later
// What a router, or who wrote its profile, may do to us: questions where none are expected, lines that no screen holds,
// rows that differ from those known. With the profiles that are installed.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "lib/profile.h"
#include "tunwatch/decode.h"

// ---- a banner that looks like a prompt

struct session {
	struct dialogue *d;
	int64_t now;
	bool failed;
	enum router_outcome outcome;
};

static void on_event(void *arg, const struct dialogue_event *ev)
{
	struct session *s = arg;

	s->failed |= ev->kind == DIALOGUE_FAILED;
	s->outcome = ev->outcome;
}

static int password(void *arg, char *out, size_t size)
{
	(void)arg;
	return snprintf(out, size, "secret");
}

static void wait_us(struct session *s, int64_t us)
{
	for (int64_t end = s->now + us, at; (at = dialogue_deadline(s->d)) <= end && !s->failed; s->now = at) {
		s->now = at;
		dialogue_time(s->d, s->now);
	}
	s->now += us / 10;
}

static void says(struct session *s, const char *want)
{
	struct buf *out = dialogue_out(s->d);

	assert_string_equal(out->len ? out->data : "", want);
	buf_clear(out);
}

static void hears(struct session *s, const char *text)
{
	dialogue_input(s->d, text, strlen(text), s->now);
	wait_us(s, 500 * US_PER_MS);
}

static void a_banner_is_no_login(void **state)
{
	struct profile *p = load_profile("yamaha-rtx");
	struct session s = {0};
	struct dialogue_config c = { .profile = p, .user = "monitor", .password = password, .event = on_event,
				     .arg = &s };

	(void)state;
	s.d = dialogue_new(&c, 0);
	hears(&s, "\r\n<authorized users only>");
	says(&s, "\r");
	// half a question, for long: an empty line would be the answer to it
	hears(&s, "\r\n\r\nUsern");
	wait_us(&s, 3 * US_PER_S);
	says(&s, "");
	hears(&s, "ame: ");
	says(&s, "monitor\r");
	hears(&s, "monitor\r\nPassword: ");
	says(&s, "secret\r");
	hears(&s, "\r\n> ");
	says(&s, "\r");
	// nor is a password given twice, or an empty one
	hears(&s, "\r\nPassword: ");
	says(&s, "");
	assert_true(s.failed);
	assert_int_equal(s.outcome, ROUTER_OUTCOME_AUTH);
	dialogue_free(s.d);
	profile_free(p);
}

// ---- rows that differ

struct seen {
	struct router_seen_sink sink;
	struct buf out;
};

static void put(struct router_seen_sink *sink, const struct router_seen *seen)
{
	struct seen *s = (struct seen *)(void *)sink;

	if (seen->kind == ROUTER_SEEN_BGP)
		buf_printf(&s->out, "%s %d;", seen->bgp.neighbor, seen->bgp.state == BGP_STATE_ESTABLISHED);
	else if (seen->kind == ROUTER_SEEN_TUNNEL)
		buf_printf(&s->out, "%s %d %lld;", seen->tunnel.name, seen->tunnel.up, (long long)seen->tunnel.rx_packets);
	else
		buf_printf(&s->out, "%s;", seen->log.text);
}

static void expect(const char *profile, const char *command, const char *text, const char *want, unsigned suspects)
{
	struct profile *p = load_profile(profile);
	struct seen s = { .sink.put = put };
	struct router_answer answer;
	size_t i = 0;

	while (strcmp(profile_command(p, i)->name, command))
		i++;
	profile_read(p, i, text, strlen(text), &s.sink, &answer);
	assert_string_equal(s.out.len ? s.out.data : "", want);
	assert_int_equal(answer.suspects, suspects);
	buf_free(&s.out);
	profile_free(p);
}

#define COLUMNS "4 65002 10 11 5 0 0 "
static void no_neighbour_is_lost(void **state)
{
	(void)state;
	// the session is up, and this family not agreed on
	expect("cisco-ios", "bgp", "192.0.2.1 " COLUMNS "00:10:11 (NoNeg)\n", "192.0.2.1 1;", 0);
	expect("cisco-ios", "bgp", "FE80::1%Gi0/1\n  " COLUMNS "never Active\n", "FE80::1%Gi0/1 0;", 0);
	expect("cisco-ios", "bgp", "FE80::1@odd " COLUMNS "never Active\n", "", 1);
	expect("junos", "bgp", "fe80::1%ge-0/0/0.0 65002 1 1 0 3 1:00 Active\n", "fe80::1%ge-0/0/0.0 0;", 0);
	expect("junos", "bgp", "fe80::1@odd 65002 1 1 0 3 1:00 Active\n", "", 1);
	// wrapped at 80 columns
	expect("yamaha-rtx", "bgp", "BGP neighbor is 192.0.2.1, remote AS 4200000000, local AS 4200000001, external li\n"
	       "nk\n  BGP state = Active\n", "192.0.2.1 0;", 0);
	expect("yamaha-rtx", "bgp", "BGP neighbor is 2001:db8:1111:2222:3333:4444:5555:6666, remote AS 65001, local AS 65\n"
	       "000, external link\n  BGP state = Established, up for 00:01:02\n",
	       "2001:db8:1111:2222:3333:4444:5555:6666 1;", 0);
	// that it knows IPv4 only is no reason to count nothing
	expect("yamaha-rtx", "tunnel", "TUNNEL[1]:\n  Current status is Online.\n  Received:    (IPv4) 7 packets [1 octet]\n"
	       "  Transmitted: (IPv4) 1 packet [1 octet]\n", "TUNNEL[1] 1 7;", 0);
	expect("yamaha-rtx", "log", "2012/02/30 02:08:35: x\n2012/02/29 02:08:35: y\n", "y;", 1);
}

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void long_lines_take_no_time(void **state)
{
	struct lines *ls = lines_new("UTF-8");
	struct buf text = {0}, out = {0};
	double begun = seconds();

	(void)state;
	for (int i = 0; i < 15; i++) {
		buf_puts(&text, "BGP neighbor is 192.0.2.1, remote AS 1, local AS ");
		for (int k = 0; k < 60000; k++)
			buf_putc(&text, '1');
		buf_putc(&text, '\n');
	}
	expect("frr-vty", "bgp-detail", text.data, "", 15);
	expect("cisco-ios", "bgp-detail", text.data, "", 15);
	buf_clear(&text);
	for (int i = 0; i < 1000000; i++)
		buf_putc(&text, '\t');
	lines_input(ls, text.data, text.len, &out);
	// a sanitizer on a busy machine takes a while, what is quadratic minutes
	assert_true(seconds() - begun < 20);
	lines_free(ls);
	buf_free(&text);
	buf_free(&out);
}

// ---- profiles of others

static void refused(const char *send, const char *want)
{
	struct error err = { .text = "" };
	char text[500];

	snprintf(text, sizeof text, "profile { name = x }\nlogin { ready = '>' }\ncommand bgp {\n send = %s\n suspect = a\n"
		 " record = '(?<peer>a)(?<state>b)'\n}\n", send);
	assert_null(profile_parse("x.conf", text, strlen(text), &err));
	if (!strstr(err.text, want) || !strstr(err.text, "x.conf:4:"))
		fail_msg("%s: %s", send, err.text);
}

static void a_profile_tells_no_secrets(void **state)
{
	static const char *const lines[] = {
		"'show ru'", "'show runn'", "'show co'", "'show startup-config'", "'show star'", "'show tec'",
		"'show archive config'", "'show derived-config'", "'show  full-Configuration'", "'show key chain'",
		"'show crypto isakmp key'", "'show c'", "'show all running-config'",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(lines); i++)
		refused(lines[i], "they hold passwords");
	refused("\"show ${HOME}\"", "from the environment");
	refused("\"show it's ${HOME}'\"", "from the environment");
	refused("show${HOME}", "from the environment");
	refused("'show ${HOME}'", "must be of letters");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_banner_is_no_login), cmocka_unit_test(no_neighbour_is_lost),
		cmocka_unit_test(long_lines_take_no_time), cmocka_unit_test(a_profile_tells_no_secrets),
	};

	return cmocka_run_group_tests_name("router_hostile", tests, NULL, NULL);
}
