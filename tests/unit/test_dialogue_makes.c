// SPDX-License-Identifier: GPL-2.0-or-later
// Dialogues one by one: the other makes, captured sessions, and what is rare. With the profiles that are
// installed.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/profile.h"
#include "lib/router_sim.h"
#include "lib/transcript.h"

// ---- other makes, their first command: a list of neighbours

static const char *const bgp_words[] = { "Idle", "Connect", "Active", "OpenSent" };
static const enum bgp_state bgp_states[] = { BGP_STATE_IDLE, BGP_STATE_CONNECT, BGP_STATE_ACTIVE, BGP_STATE_OPENSENT };

static void seen_states(struct buf *out, const struct router_seen *s)
{
	if (s->kind == ROUTER_SEEN_BGP)
		buf_printf(out, "%s %d %lld\n", s->bgp.neighbor, s->bgp.state, (long long)s->bgp.asn);
}

static void add_neighbour(struct world *w, const char *format, unsigned i)
{
	struct router_seen s = { .kind = ROUTER_SEEN_BGP };
	unsigned k = world_random(&w->random, ARRAY_LEN(bgp_words)), received = world_random(&w->random, 100000);

	snprintf(s.bgp.neighbor, sizeof s.bgp.neighbor, "192.0.2.%u", i);
	s.bgp.asn = 64512 + world_random(&w->random, 1000);
	s.bgp.state = bgp_states[k];
	buf_printf(&w->text[0], format, s.bgp.neighbor, (int)s.bgp.asn, received, bgp_words[k]);
	seen_states(&w->want[0], &s);
}

static void add_neighbours(struct sim *s, const char *head, const char *format, const char *tail)
{
	struct world *w = &s->world;
	unsigned n = 1 + world_random(&s->random, 40);

	world_free(w);
	w->random = s->random;
	buf_puts(&w->text[0], head);
	for (unsigned i = 1; i <= n; i++)
		add_neighbour(w, format, i);
	buf_puts(&w->text[0], tail);
}

static void cisco_begin_poll(struct sim *s, unsigned poll)
{
	(void)poll;
	add_neighbours(s, "For address family: IPv4 Unicast\nBGP router identifier 192.0.2.254, local AS number 65000\n"
			  "BGP table version is 1, main routing table version 1\n\n"
			  "Neighbor        V           AS MsgRcvd MsgSent   TblVer  InQ OutQ Up/Down  State/PfxRcd\n",
		       "%-15s 4 %12d %7u       0        1    0    0 never    %s\n", "");
}

static void junos_begin_poll(struct sim *s, unsigned poll)
{
	(void)poll;
	add_neighbours(s, "Groups: 1 Peers: 1 Down peers: 1\n"
			  "Peer                     AS      InPkt     OutPkt    OutQ   Flaps Last Up/Dwn State\n",
		       "%-20s %6d %10u          0       0       0     5:23:37 %s\n", "");
}

static void frr_begin_poll(struct sim *s, unsigned poll)
{
	(void)poll;
	add_neighbours(s, "{\n\"default\":{\n\"ipv4Unicast\":{\n  \"routerId\":\"192.0.2.254\",\n  \"peers\":{\n",
		       "    \"%s\":{\n      \"remoteAs\":%d,\n      \"msgRcvd\":%u,\n      \"state\":\"%s\"\n    },\n",
		       "");
	// JSON has no comma behind the last
	s->world.text[0].len -= 2;
	s->world.text[0].data[s->world.text[0].len] = 0;
	buf_puts(&s->world.text[0], "\n  }\n}\n}\n}\n");
}

static bool first_answer(void *arg, const char *line, struct buf *out)
{
	const struct sim *s = arg;

	if (strcmp(line, profile_command(s->profile, 0)->send) != 0)
		return false;
	buf_add(out, s->world.text[0].data, s->world.text[0].len);
	return true;
}

static const struct buf *first_want(struct sim *s, size_t command)
{
	return &s->world.want[command];
}

static const struct buf *first_said(struct sim *s, size_t command)
{
	return &s->world.text[command];
}

#define B9 "\b\b\b\b\b\b\b\b\b"
#define S10 "          "
static const char *const more[] = { " --More-- ", NULL };
static const char *const junos_more[] = { "---(more)---", "---(more 40%)---", NULL };
static const struct router_erase cisco_erasures[] = { { B9 "        " B9, 26 }, { B9 "\b" S10 B9 "\b", 30 } };
static const struct router_erase frr_erasures[] = { { B9 "\b" S10 B9 "\b\0", 31 } };
static const struct router_erase junos_erasures[] = { { "\r\0" S10 S10 S10 S10 "\r\0", 44 } };
static const char *const terminal_lines[] = { "terminal length 0", "exit", NULL };
static const char *const junos_lines[] = { "set cli screen-length 0", "set cli screen-width 0", "exit", NULL };
static const struct router_make cisco = {
	.negotiation = "\xff\xfb\x01\xff\xfb\x03\xff\xfd\x18\xff\xfd\x1f\r\n\r\nUser Access Verification\r\n",
	.ask_user = "Username: ", .ask_password = "Password: ", .banner = "\n", .prompt = "core-1.osaka>",
	.pagers = more, .erasures = cisco_erasures, .nerasures = 2, .lines = terminal_lines,
}, frr = {
	.negotiation = "\r\nHello, this is FRRouting (version 8.4.4).\r\n"
		       "\xff\xfb\x01\xff\xfb\x03\xff\xfe\x22\xff\xfd\x1f",
	.ask_password = "Password: ", .banner = "", .prompt = "rtr-a> ", .pagers = more, .erasures = frr_erasures,
	.nerasures = 1, .lines = terminal_lines,
}, junos = {
	.negotiation = "\xff\xfb\x01\xff\xfd\x18", .ask_user = "edge login: ", .ask_password = "Password:",
	.banner = "Last login: Mon Feb  5 09:49:50 from 192.0.2.9\n\n--- JUNOS 15.1F6.9 Kernel 64-bit\n{master}\n",
	.prompt = "monitor@edge> ", .pagers = junos_more, .erasures = junos_erasures, .nerasures = 1,
	.lines = junos_lines,
};

// A router that hangs up in the fourth answer is asked for three.
static void assert_make_end(const struct sim *s, const char *name, uint64_t seed)
{
	enum router_outcome outcome = ROUTER_OUTCOME_OK;
	unsigned polls = SIM_POLLS;

	if (s->r.trouble == ROUTER_WRONG_PASSWORD) {
		outcome = ROUTER_OUTCOME_AUTH;
		polls = 0;
	} else if (s->r.trouble == ROUTER_HANGS_UP && s->r.hang_up_answer < SIM_POLLS) {
		outcome = ROUTER_OUTCOME_LOST;
		polls = s->r.hang_up_answer;
	}
	if (s->outcome != outcome || s->polls != polls)
		fail_msg("%s, seed %llu: outcome %d after %u polls, %s", name, (unsigned long long)seed, s->outcome,
			 s->polls, s->reason);
}

enum { SEEDS = 200 };

// DIALOGUE_SEEDS=N: so many sessions.
static void run_make(const char *name, const struct router_make *make, void (*begin_poll)(struct sim *s, unsigned poll))
{
	static const enum router_trouble troubles[] = { ROUTER_WELL, ROUTER_WELL, ROUTER_WRONG_PASSWORD,
							   ROUTER_HANGS_UP };
	struct dialogue_config config = { .telnet = true };
	const char *seeds = getenv("DIALOGUE_SEEDS");
	uint64_t end = seeds ? strtoull(seeds, NULL, 10) : SEEDS;
	struct profile *p = load_profile(name);

	for (uint64_t seed = 0; seed < end; seed++) {
		struct sim s = { .profile = p, .password = "secret word", .pace = seed % SIM_A_BYTE_A_SECOND };


		s.r.make = make;
		s.r.trouble = troubles[seed / 4 % 4];
		s.r.named = make->ask_user;
		s.r.user = s.user = make->ask_user ? "monitor" : NULL;
		s.r.password = s.password;
		s.r.page_lines = seed % 3 * 12;
		s.r.answer = first_answer;
		s.r.arg = &s;
		s.commands = 1;
		s.begin_poll = begin_poll;
		s.want = first_want;
		s.said = first_said;
		s.seen = seen_states;
		s.polls_max = SIM_POLLS;
		if (*sim_run(&s, &config, seed))
			fail_msg("%s, seed %llu: %s", name, (unsigned long long)seed, s.fault);
		assert_make_end(&s, name, seed);
	}
	profile_free(p);
}

static void cisco_pages(void **state)
{
	(void)state;
	run_make("cisco-ios", &cisco, cisco_begin_poll);
}

static void frr_speaks_json(void **state)
{
	(void)state;
	run_make("frr-vty", &frr, frr_begin_poll);
}

static void junos_pages(void **state)
{
	(void)state;
	run_make("junos", &junos, junos_begin_poll);
}

// ---- one session, by hand

struct hand {
	struct profile *p;
	struct dialogue *d;
	int64_t now;
	struct buf log;          // "READY", "ANSWER 0 ok 'text' 'reason'", "POLLED", "FAILED outcome reason"
	const char *password;
};

static void hand_event(void *arg, const struct dialogue_event *ev)
{
	struct hand *h = arg;

	switch (ev->kind) {
	case DIALOGUE_READY:
		buf_puts(&h->log, "READY\n");
		break;
	case DIALOGUE_ANSWER:
		buf_printf(&h->log, "ANSWER %zu %d '%s' '%s'\n", ev->command, ev->outcome, ev->text, ev->reason);
		break;
	case DIALOGUE_POLLED:
		buf_puts(&h->log, "POLLED\n");
		break;
	case DIALOGUE_FAILED:
		buf_printf(&h->log, "FAILED %d %s\n", ev->outcome, ev->reason);
		break;
	}
}

static int hand_password(void *arg, char *buf, size_t size)
{
	const struct hand *h = arg;

	if (!h->password)
		return -ENOENT;
	snprintf(buf, size, "%s", h->password);
	return (int)strlen(h->password);
}

static struct hand *hand_new(const char *profile, const char *user, const char *password)
{
	struct hand *h = xcalloc(1, sizeof *h);
	struct dialogue_config c = { .user = user, .password = hand_password, .event = hand_event, .arg = h };

	h->p = load_profile(profile);
	h->now = US_PER_S;
	h->password = password;
	c.profile = h->p;
	h->d = dialogue_new(&c, h->now);
	return h;
}

static void hand_free(struct hand *h)
{
	dialogue_free(h->d);
	profile_free(h->p);
	buf_free(&h->log);
	free(h);
}

static void wait_ms(struct hand *h, int64_t ms)
{
	int64_t until = h->now + ms * US_PER_MS, at;

	while ((at = dialogue_deadline(h->d)) <= until) {
		h->now = at > h->now ? at : h->now;
		dialogue_time(h->d, h->now);
	}
	h->now = until;
	dialogue_time(h->d, h->now);
}

static void hears(struct hand *h, const char *text)
{
	dialogue_input(h->d, text, strlen(text), h->now);
	wait_ms(h, 250);
}

static void assert_says(struct hand *h, const char *text)
{
	struct buf *out = dialogue_out(h->d);

	assert_string_equal(out->data, text);
	buf_clear(out);
}

static void assert_log(struct hand *h, const char *text)
{
	assert_string_equal(h->log.data ? h->log.data : "", text);
	buf_clear(&h->log);
}

static struct hand *logged_in(void)
{
	struct hand *h = hand_new("yamaha-rtx", NULL, "secret");

	hears(h, "\r\nPassword: ");
	assert_says(h, "secret\r");
	hears(h, "\r\nRTX1200\r\n> ");
	assert_says(h, "\r");
	hears(h, "\r\n> ");
	assert_log(h, "READY\n");
	return h;
}

static void a_prompt_that_comes_late_is_no_answer(void **state)
{
	struct hand *h = logged_in();

	(void)state;
	dialogue_poll(h->d, 1, h->now);
	assert_says(h, "show status bgp neighbor\r");
	hears(h, "\r\n> ");
	assert_log(h, "");
	hears(h, "show status bgp neighbor\r\nBGP neighbor\r\n> ");
	assert_log(h, "ANSWER 0 0 'BGP neighbor\n' ''\nPOLLED\n");
	// nor is what came of an earlier line
	dialogue_poll(h->d, 4, h->now);
	assert_says(h, "show ipsec sa\r");
	hears(h, "late words\r\n> ");
	assert_log(h, "");
	hears(h, "show ipsec sa\r\nTotal:\r\n> ");
	assert_log(h, "ANSWER 2 0 'Total:\n' ''\nPOLLED\n");
	dialogue_poll(h->d, 2, h->now);
	assert_says(h, "show status tunnel\r");
	hears(h, "words of another answer\r\n> ");
	wait_ms(h, 3000);
	assert_log(h, "FAILED 4 what came does not belong to 'show status tunnel'\n");
	hand_free(h);
}

static void a_log_line_cut_behind_an_arrow_goes_on(void **state)
{
	struct hand *h = logged_in();

	(void)state;
	dialogue_poll(h->d, 16, h->now);
	assert_says(h, "show log reverse\r");
	hears(h, "show log reverse\r\n2026/01/02 01:02:03: UDP 192.0.2.1:500 > ");
	wait_ms(h, 20000);
	assert_log(h, "");
	hears(h, "198.51.100.7:500\r\n> ");
	assert_log(h, "ANSWER 4 0 '2026/01/02 01:02:03: UDP 192.0.2.1:500 > 198.51.100.7:500\n' ''\nPOLLED\n");
	hand_free(h);
}

static void an_error_is_an_answer(void **state)
{
	struct hand *h = logged_in();

	(void)state;
	dialogue_poll(h->d, 3, h->now);
	assert_says(h, "show status bgp neighbor\r");
	hears(h, "show status bgp neighbor\r\nError: Invalid command name\r\n> ");
	assert_says(h, "show status tunnel\r");
	hears(h, "show status tunnel\r\nTUNNEL[1]:\r\n> ");
	assert_log(h, "ANSWER 0 4 'Error: Invalid command name\n' 'Invalid command name'\n"
		      "ANSWER 1 0 'TUNNEL[1]:\n' ''\nPOLLED\n");
	hand_free(h);
}

// A profile's pattern may take up a line that the router echoed.
static void a_password_is_not_quoted(void **state)
{
	static const char text[] = "profile { name = loud }\n"
				   "login { ask-password = 'Password: \\z' ready = '> \\z' fail = 'bad password.*' }\n"
				   "command bgp { send = \"show bgp\" suspect = x\n"
				   " record = '^(?<peer>x) (?<state>y)' }\n";
	struct hand *h = xcalloc(1, sizeof *h);
	struct dialogue_config c = { .password = hand_password, .event = hand_event, .arg = h };
	struct error err;

	(void)state;
	h->p = profile_parse("loud", text, sizeof text - 1, &err);
	if (!h->p)
		fail_msg("%s", err.text);
	h->now = US_PER_S;
	h->password = "hunter 2";
	c.profile = h->p;
	h->d = dialogue_new(&c, h->now);
	hears(h, "Password: ");
	assert_says(h, "hunter 2\r");
	hears(h, "\r\nbad password hunter 2, hunter 2!\r\n");
	assert_log(h, "FAILED 3 bad password ********, ********!\n");
	hand_free(h);
}

static void pages_have_an_end(void **state)
{
	struct hand *h = logged_in();
	int pages;

	(void)state;
	dialogue_poll(h->d, 1, h->now);
	buf_clear(dialogue_out(h->d));
	for (pages = 0; !h->log.len && pages < 1000; pages++) {
		dialogue_input(h->d, "x\r\n---more---", 13, h->now);
		wait_ms(h, 25);
		if (!h->log.len)
			assert_says(h, " ");
	}
	assert_int_equal(pages, DIALOGUE_PAGES_MAX + 1);
	assert_log(h, "FAILED 4 'show status bgp neighbor': more than 200 pages\n");
	assert_says(h, "");
	hand_free(h);
}

static void a_late_timer_is_not_believed(void **state)
{
	struct hand *h = logged_in();

	(void)state;
	dialogue_poll(h->d, 16, h->now);
	buf_clear(dialogue_out(h->d));
	dialogue_input(h->d, "show log reverse\r\nx\r\n> ", 23, h->now);
	// nobody ran for a second; then the timer is served before what waits to be read
	h->now += US_PER_S;
	dialogue_time(h->d, h->now);
	dialogue_input(h->d, "y\r\n> ", 5, h->now);
	assert_log(h, "");
	wait_ms(h, 250);
	assert_log(h, "ANSWER 4 0 'x\n> y\n' ''\nPOLLED\n");
	hand_free(h);
}

static void who_asks_for_what_is_not_there_is_told_so(void **state)
{
	struct hand *h = hand_new("yamaha-rtx", NULL, NULL);

	(void)state;
	hears(h, "\r\nUsername: ");
	assert_log(h, "FAILED 3 it asks for a user name, and none is configured\n");
	hand_free(h);
	h = hand_new("yamaha-rtx", NULL, NULL);
	hears(h, "\r\nPassword: ");
	assert_log(h, "FAILED 3 no password: No such file or directory\n");
	hand_free(h);
	h = hand_new("yamaha-rtx", NULL, "two\rlines");
	hears(h, "\r\nPassword: ");
	assert_log(h, "FAILED 3 the password holds a line end or a NUL\n");
	assert_says(h, "");
	hand_free(h);
	// hung up instead of a prompt: not tried again and again
	h = hand_new("yamaha-rtx", NULL, "secret");
	hears(h, "\r\nPassword: ");
	assert_says(h, "secret\r");
	dialogue_eof(h->d, h->now);
	assert_log(h, "FAILED 3 hung up after the password: stopped after one try\n");
	hand_free(h);
}

static void enter_lines_that_are_refused(void **state)
{
	struct hand *h = hand_new("nec-ix", "monitor", "secret");

	(void)state;
	hears(h, "login: ");
	assert_says(h, "monitor\r");
	hears(h, "\r\nPassword: ");
	assert_says(h, "secret\r");
	hears(h, "\r\nRouter# ");
	while (!dialogue_idle(h->d)) { // whatever it sets up
		struct buf *out = dialogue_out(h->d), echo = {0};

		buf_add(&echo, out->data, out->len);
		buf_puts(&echo, "\nRouter# ");
		buf_clear(out);
		hears(h, echo.data);
		buf_free(&echo);
	}
	assert_log(h, "READY\n");
	dialogue_poll(h->d, 1, h->now);
	assert_says(h, "configure\r");
	hears(h, "configure\r\n% CONFIG process is occupied.\r\nRouter# ");
	assert_says(h, "");
	assert_log(h, "ANSWER 0 4 '' 'CONFIG process is occupied.'\nPOLLED\n");
	assert_true(dialogue_idle(h->d));
	hand_free(h);
}

// ---- captured sessions of FRR: what the server said, up to each thing it was sent


static void replay_bytes(void *arg, char side, const char *data, size_t len)
{
	struct hand *h = arg;

	if (side == 'C') {
		wait_ms(h, 250);
		buf_clear(dialogue_out(h->d));
		return;
	}
	dialogue_input(h->d, data, len, h->now);
}

static void captured_sessions(void **state)
{
	static const struct { const char *name, *log; } cases[] = {
		{ "frr84-telnet2605-bad-password", "FAILED 3 wrong credentials: stopped after one try\n" },
		{ "frr84-telnet2605-no-password-set", "FAILED 3 Vty password is not set.\n" },
		{ "frr84-telnet2605-access-class-deny", "FAILED 6 the router hung up before its prompt\n" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct hand *h = hand_new("frr-vty", NULL, "lab-vty");
		struct dialogue_config c = { .profile = h->p, .telnet = true, .password = hand_password, .arg = h };

		c.event = hand_event;
		dialogue_free(h->d);
		h->d = dialogue_new(&c, h->now);
		assert_true(transcript_each(cases[i].name, replay_bytes, h));
		dialogue_eof(h->d, h->now);
		assert_log(h, cases[i].log);
		hand_free(h);
	}
}

static void an_idle_session_is_told_why_it_ends(void **state)
{
	struct hand *h = hand_new("frr-vty", NULL, "lab-vty");

	(void)state;
	hears(h, "\r\nPassword: ");
	assert_says(h, "lab-vty\r\n");
	hears(h, "\r\nrtr-b> ");
	assert_says(h, "terminal length 0\r\n");
	hears(h, "terminal length 0\r\nrtr-b> ");
	assert_log(h, "READY\n");
	assert_int_equal(dialogue_deadline(h->d), INT64_MAX);
	hears(h, "\r\nVty connection is timed out.\r\n");
	dialogue_eof(h->d, h->now);
	assert_log(h, "FAILED 6 Vty connection is timed out.\n");
	hand_free(h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cisco_pages), cmocka_unit_test(frr_speaks_json), cmocka_unit_test(junos_pages),
		cmocka_unit_test(a_prompt_that_comes_late_is_no_answer),
		cmocka_unit_test(a_log_line_cut_behind_an_arrow_goes_on), cmocka_unit_test(an_error_is_an_answer),
		cmocka_unit_test(a_password_is_not_quoted),
		cmocka_unit_test(pages_have_an_end), cmocka_unit_test(a_late_timer_is_not_believed),
		cmocka_unit_test(who_asks_for_what_is_not_there_is_told_so),
		cmocka_unit_test(enter_lines_that_are_refused), cmocka_unit_test(captured_sessions),
		cmocka_unit_test(an_idle_session_is_told_why_it_ends),
	};

	return cmocka_run_group_tests_name("dialogue_makes", tests, NULL, NULL);
}
