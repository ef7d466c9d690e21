// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tunwatch/decode.h"

#define LOGIN "login { ready = '>\\z' }\n"
#define NAME "profile { name = x }\n"
#define BGP "command bgp {\n send = \"show b\"\n suspect = a\n record = '(?<peer>a)(?<state>b)'\n}\n"

static struct profile *parse(const char *text, struct error *err)
{
	err->text[0] = 0;
	return profile_parse("F", text, strlen(text), err);
}

/* The text is refused at this line, with a message that holds what and, behind it, how to mend it. */
static void expect_error(const char *text, int line, const char *what, const char *how)
{
	struct error err;
	struct profile *p = parse(text, &err);
	char lead[32];
	const char *at;

	if (p)
		fail_msg("accepted: %s", text);
	snprintf(lead, sizeof lead, "F:%d: ", line);
	if (strncmp(err.text, lead, strlen(lead)))
		fail_msg("'%s' does not begin with '%s'", err.text, lead);
	at = strstr(err.text, what);
	if (!at || !strstr(at, how))
		fail_msg("'%s' does not hold '%s' and then '%s'", err.text, what, how);
}

static void test_whole(void **state)
{
	static const char text[] =
		"# a comment\n"
		"profile { name = x-1  experimental = true  port = 2605  charset = EUC-JP  eol = crlf  naws = 512x0 }\n"
		"login { ask-user = '(?i)^user:\\h*\\z'  ask-password = '^Password:\\z'  ready = { '>\\z', '#\\z' }\n"
		"  fail = '^% (?<text>[^\\n]+)'  wake = true  say = '%\\z'  say-answer = cli }\n"
		"session { pager = 'more\\z'  pager-key = enter  pager-quit = q  pager-blanks = 12  setup = { \"terminal length 0\", restrict }\n"
		"  enter = configure  leave = exit  logout = quit  confirm = save  confirm-answer = N  idle-close = 60 }\n"
		BGP
		"command bgp-detail { send = \"show b | include a\"  on-trouble = true  suspect = a\n"
		"  record = '(?<peer>a)(?<pfx>b)' }\n";
	const struct profile_session *s;
	struct error err;
	struct profile *p = parse(text, &err);
	char words[ROUTER_WORDS_MAX];

	(void)state;
	if (!p)
		fail_msg("%s", err.text);
	assert_string_equal(profile_name(p), "x-1");
	assert_true(profile_experimental(p));
	s = profile_session(p);
	assert_int_equal(s->port, 2605);
	assert_string_equal(s->charset, "EUC-JP");
	assert_string_equal(s->eol, "\r\n");
	assert_int_equal(s->columns, 512);
	assert_int_equal(s->rows, 0);
	assert_string_equal(s->pager_key, "\r");
	assert_string_equal(s->pager_quit, "q");
	assert_int_equal(s->pager_blanks, 12);
	assert_string_equal(s->setup[1], "restrict");
	assert_null(s->setup[2]);
	assert_string_equal(s->enter[0], "configure");
	assert_string_equal(s->leave[0], "exit");
	assert_string_equal(s->logout, "quit");
	assert_string_equal(s->say, "cli");
	assert_string_equal(s->confirm, "N");
	assert_true(s->wake);
	assert_int_equal(s->idle_close_s, 60);
	assert_int_equal(profile_commands(p), 2);
	assert_string_equal(profile_command(p, 1)->name, "bgp-detail");
	assert_string_equal(profile_command(p, 1)->send, "show b | include a");
	assert_true(profile_command(p, 1)->on_trouble);
	assert_false(profile_command(p, 0)->on_trouble);
	assert_true(profile_match(p, PROFILE_ASK_USER, "hello\nUSER: ", 12, NULL));
	assert_false(profile_match(p, PROFILE_ASK_USER, "User: x", 7, NULL));
	assert_true(profile_match(p, PROFILE_READY, "r#", 2, NULL));
	assert_true(profile_match(p, PROFILE_FAIL, "a\n% bad\x1b luck\n", 14, words));
	assert_string_equal(words, "bad\\x1b luck");
	/* bytes that are no UTF-8 do not hide what is around them */
	assert_true(profile_match(p, PROFILE_READY, "\xff\xc0r>", 4, words));
	assert_false(profile_match(p, PROFILE_READY, "", 0, NULL));
	assert_false(profile_match(p, PROFILE_TIMEOUT_NOTICE, "x", 1, NULL));
	profile_free(p);
}

static void test_defaults(void **state)
{
	struct error err;
	struct profile *p = parse(NAME LOGIN BGP, &err);

	(void)state;
	assert_non_null(p);
	assert_string_equal(profile_session(p)->charset, "UTF-8");
	assert_string_equal(profile_session(p)->eol, "\r");
	assert_int_equal(profile_session(p)->port, 0);
	assert_null(profile_session(p)->logout);
	assert_null(profile_session(p)->setup);
	profile_free(p);
	profile_free(NULL);
}

static void test_errors(void **state)
{
	struct error err = { "" };

	(void)state;
	expect_error("", 1, "no name", "add profile { name");
	expect_error(NAME, 1, "no prompt", "login { ready");
	expect_error(NAME LOGIN, 1, "no command", "add command bgp");
	expect_error("profil { }", 1, "no such section 'profil'", "profile login session");
	expect_error("profile {\n nam = x\n}", 2, "no such key 'nam'", "did you mean name?");
	expect_error("profile {\n name = 'a b'\n}", 2, "name must be", "letters");
	expect_error("profile { name = a\n name = b\n}", 2, "name is given twice", "remove one");
	expect_error("profile { name = a\n", 2, "profile is not closed", "add }");
	expect_error("profile { eol = tab }", 1, "eol must be", "cr, lf");
	expect_error("profile { port = 0 }", 1, "port must be", "65535");
	expect_error("profile { naws = 80 }", 1, "naws must be", "512x0");
	expect_error("profile { experimental = yes }", 1, "must be true or false", "");
	expect_error("profile { charset = 'a/b' }", 1, "charset must be", "iconv");
	expect_error("profile { tunnel-name = 'T' }", 1, "tunnel-name must hold", "*");
	expect_error("login {\n\n ready = { 'a', '(b' }\n}", 3, "ready is no pattern", "parenthesis");
	expect_error("login { ready = '(?<peer>a)' }", 1, "group 'peer'", "text");
	expect_error("login { ready = '' }", 1, "ready is empty", "");
	expect_error("session { pager-quit = space }", 1, "pager-quit must be", "q");
	expect_error("session { pager-key = q }", 1, "pager-key must be", "space");
	expect_error("session { confirm-answer = Y }", 1, "must be N", "nothing is ever confirmed");
	expect_error(NAME LOGIN "session {\n pager = x\n}\n" BGP, 4, "pager has no pager-key", "add");
	expect_error("command bpg { send = \"show x\" }", 1, "no such command 'bpg'", "bgp");
	expect_error("command bgp { }\ncommand bgp { }", 2, "duplicate title", "");
	expect_error(NAME LOGIN "command bgp {\n record = '(?<peer>.)'\n suspect = a\n}", 4, "no send", "add send");
	expect_error(NAME LOGIN "command bgp {\n send = \"show x\"\n}", 4, "no record", "add");
	expect_error(NAME LOGIN "command bgp { send = \"show x\"\n record = '(?<peer>.)(?<state>.)'\n}", 3, "no suspect",
		     "add a loose pattern");
	expect_error(NAME LOGIN "command bgp { send = \"show x\"\n suspect = a\n record = '(?<state>.)'\n}", 5,
		     "record needs the group 'peer'", "(?<");
	expect_error(NAME LOGIN "command tunnel { send = \"show x\"\n suspect = a\n record = '(?<tun>.)(?<state>.)'\n}", 5,
		     "'tun' is a number", "tunnel-name");
	expect_error("states tunnel { idle = x }", 1, "idle is no state", "");
	expect_error("states ospf { }", 1, "no such states 'ospf'", "bgp tunnel");
	expect_error("/* open", 1, "not closed", "*/");
	assert_null(profile_parse("F", "a\0b", 3, &err));
	assert_non_null(strstr(err.text, "NUL"));
}

/* A profile is a data file, and must not become a way to change a router. */
static void test_reads_only(void **state)
{
	static const char *const sends[] = {
		"reload", "Show x", "show", " show x", "show x; reload", "show x && y", "show x > flash", "show x `y`",
		"show x $y", "show x?", "show x | redirect tftp", "show x | tee f", "show x | append f", "show x | save f",
		"show running-config", "show  run", "show configuration", "show startup-config", "show conf",
		"show tech-support", "show x\\nreload", "show x\\treload", "show x | include a | redirect b",
		"show x \xc3\xa9", "enable", "configure", "",
	};
	static const char *const setups[] = {
		"console lines infinity", "terminal length 0 x", "terminal length", "terminal monitor", "enable",
		"set cli screen-length 0; x", "svintr-config", "show x",
	};
	char text[400];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(sends); i++) {
		snprintf(text, sizeof text, NAME LOGIN "command bgp {\n send = \"%s\"\n}\n", sends[i]);
		expect_error(text, 4, "send ", "");
	}
	for (size_t i = 0; i < ARRAY_LEN(setups); i++) {
		snprintf(text, sizeof text, "session { setup = \"%s\" }\n", setups[i]);
		expect_error(text, 1, "setup must be", "");
	}
	expect_error("session { enter = svintr-config }", 1, "enter must be", "configure");
	expect_error("session { leave = commit }", 1, "leave must be", "exit");
	expect_error("session { logout = reload }", 1, "logout must be", "exit");
	expect_error("login { say-answer = \"start shell\" }", 1, "say-answer must be", "cli");
}

/* A pattern that never ends is given up, and the answer says so. */
static void put(struct router_seen_sink *sink, const struct router_seen *seen)
{
	(void)sink, (void)seen;
}

static void test_runaway_pattern(void **state)
{
	struct error err;
	struct profile *p = parse(NAME "login { ready = '^(a+)+$' }\ncommand bgp { send = \"show b\"\n suspect = '^(a+)+$'\n"
				  " record = '^(?<peer>a+)+(?<state>b)$' }", &err);
	struct router_seen_sink sink = { put };
	struct router_answer answer;
	char text[201];

	(void)state;
	assert_non_null(p);
	memset(text, 'a', 200);
	text[200] = 'c';
	assert_false(profile_match(p, PROFILE_READY, text, sizeof text, NULL));
	profile_read(p, 0, text, sizeof text, &sink, &answer);
	assert_int_equal(answer.outcome, ROUTER_OUTCOME_PARSE);
	assert_non_null(strstr(answer.reason, "too odd"));
	assert_false(answer.listing);
	profile_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole),      cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_errors),     cmocka_unit_test(test_reads_only),
		cmocka_unit_test(test_runaway_pattern),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
