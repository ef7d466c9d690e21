// SPDX-License-Identifier: GPL-2.0-or-later
// Logging in: each question is answered once, and the prompt is learned.
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "decode/dialogue_int.h"

static void answer_line(struct dialogue *d, const char *data, size_t len, const char *eol)
{
	dialogue_put(d, data, len);
	dialogue_put(d, eol, strlen(eol));
	lines_drop_pending(d->lines, 0);
	buf_clear(&d->text);
	d->look = LOOK_NEVER;
}

static void answer_user(struct dialogue *d)
{
	const char *user = d->config.user;

	if (d->user_given) {
		dialogue_fail(d, ROUTER_OUTCOME_AUTH, "wrong credentials: stopped after one try");
	} else if (!user) {
		dialogue_fail(d, ROUTER_OUTCOME_AUTH, "it asks for a user name, and none is configured");
	} else if (strpbrk(user, "\r\n")) {
		dialogue_fail(d, ROUTER_OUTCOME_AUTH, "the user name holds a line end");
	} else {
		d->user_given = true;
		answer_line(d, user, strlen(user), d->session->eol);
	}
}

static bool one_line(const char *s, size_t len)
{
	return !memchr(s, '\r', len) && !memchr(s, '\n', len) && !memchr(s, 0, len);
}

static void answer_password(struct dialogue *d)
{
	char password[PASSWORD_MAX];
	int n;

	if (d->password_given) {
		dialogue_fail(d, ROUTER_OUTCOME_AUTH, "wrong credentials: stopped after one try");
		return;
	}
	if (!d->config.password) {
		dialogue_fail(d, ROUTER_OUTCOME_AUTH, "it asks for a password, and none is configured");
		return;
	}
	n = d->config.password(d->config.arg, password, sizeof password);
	if (n < 0 || (size_t)n > sizeof password) {
		dialogue_fail(d, ROUTER_OUTCOME_AUTH, "no password: %s", strerror(n < 0 ? -n : ENAMETOOLONG));
	} else if (!one_line(password, (size_t)n)) {
		dialogue_fail(d, ROUTER_OUTCOME_AUTH, "the password holds a line end or a NUL");
	} else {
		d->password_given = true;
		d->secret = true;
		d->password_len = (size_t)n;
		d->password_hash = hash_bytes(1, password, (size_t)n);
		answer_line(d, password, (size_t)n, d->session->eol);
	}
	wipe(password, sizeof password);
}

// Its words are recorded; where it echoes, the password may stand among them.
static void refused(struct dialogue *d, char *text)
{
	size_t len = strlen(text);

	for (size_t i = 0; d->password_len && i + d->password_len <= len; i++)
		if (hash_bytes(1, text + i, d->password_len) == d->password_hash)
			memset(text + i, '*', d->password_len);
	dialogue_fail(d, ROUTER_OUTCOME_AUTH, "%s", text);
}

static void say(struct dialogue *d)
{
	if (d->said) {
		dialogue_fail(d, ROUTER_OUTCOME_PARSE, "no prompt after '%s'", d->session->say);
		return;
	}
	d->said = true;
	answer_line(d, d->session->say, strlen(d->session->say), d->session->eol);
}

static void logged_in(struct dialogue *d, int64_t now_us)
{
	dialogue_learn(d);
	d->password_hash = d->password_len = 0;
	if (!d->session->wake) {
		dialogue_start(d, now_us);
		return;
	}
	d->state = DIALOGUE_WAKE;
	dialogue_wake_again(d, now_us);
	d->limit_us = now_us + DIALOGUE_LOGIN_S * US_PER_S;
}

// The rules, in their order, on what came since the last answer. All but the first are about the unfinished line.
void dialogue_login(struct dialogue *d, int64_t now_us)
{
	char text[ROUTER_WORDS_MAX];

	if (dialogue_end_is(d, PROFILE_FAIL, text))
		refused(d, text);
	else if (dialogue_pending_is(d, PROFILE_ASK_USER))
		answer_user(d);
	else if (dialogue_pending_is(d, PROFILE_ASK_PASSWORD))
		answer_password(d);
	else if (d->session->say && *d->session->say && dialogue_pending_is(d, PROFILE_SAY))
		say(d);
	else if (dialogue_pending_is(d, PROFILE_READY))
		logged_in(d, now_us);
	if (d->state == DIALOGUE_LOGIN && d->look == LOOK_NEVER) // answered
		d->limit_us = now_us + DIALOGUE_LOGIN_S * US_PER_S;
}

void dialogue_login_eof(struct dialogue *d)
{
	char text[ROUTER_WORDS_MAX];

	if (dialogue_end_is(d, PROFILE_FAIL, text))
		refused(d, text);
	else if (d->password_given)
		dialogue_fail(d, ROUTER_OUTCOME_AUTH, "hung up after the password: stopped after one try");
	else
		dialogue_fail(d, ROUTER_OUTCOME_LOST, "the router hung up before its prompt");
}

// The first line after login may get lost, and the first prompt may have been a piece of the banner: then the login is
// still to come, and an empty line would be taken for a name or a password.
void dialogue_wake_again(struct dialogue *d, int64_t now_us)
{
	size_t len;

	d->wake_us = now_us + WAKE_US;
	lines_pending(d->lines, &len);
	if (len && !dialogue_pending_is(d, PROFILE_READY))
		return;
	if (d->wakes++ >= WAKES_MAX) {
		d->wake_us = INT64_MAX;
		return;
	}
	answer_line(d, "", 0, d->session->eol);
}

void dialogue_wake(struct dialogue *d, int64_t now_us)
{
	size_t len;
	const char *pending = lines_pending(d->lines, &len);
	bool same = len == d->prompt_len && !memcmp(pending, d->prompt, len);

	if (dialogue_pending_is(d, PROFILE_ASK_USER) || dialogue_pending_is(d, PROFILE_ASK_PASSWORD)) {
		d->state = DIALOGUE_LOGIN;
		dialogue_login(d, now_us);
		return;
	}
	if (!dialogue_pending_is(d, PROFILE_READY))
		return;
	dialogue_learn(d);
	if (same)
		dialogue_start(d, now_us);
	else
		dialogue_wake_again(d, now_us);
}
