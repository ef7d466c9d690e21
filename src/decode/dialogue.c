// SPDX-License-Identifier: GPL-2.0-or-later
// One session with a router: what comes in, when the quiet behind it means something, and what goes out.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "decode/dialogue_int.h"

enum { PIECE = 4096, LATE_US = 20000 };

// A pager or a question stops a router's output: little quiet will do. A prompt cut out of a line by the network must
// not end an answer; and what cannot be true is only believed after long quiet.
static const int64_t quiet_us[] = {
	[LOOK_QUESTION] = DIALOGUE_QUIET_US / 10, [LOOK_PROMPT] = DIALOGUE_QUIET_US,
	[LOOK_DOUBT] = 10 * DIALOGUE_QUIET_US,
};

struct dialogue *dialogue_new(const struct dialogue_config *config, int64_t now_us)
{
	const struct profile_session *s = profile_session(config->profile);
	struct lines *lines = lines_new(config->charset ? config->charset : s->charset);
	struct dialogue *d;

	if (!lines)
		return NULL;
	d = xcalloc(1, sizeof *d);
	d->config = *config;
	d->session = s;
	d->lines = lines;
	telnet_init(&d->telnet, s->columns, s->rows);
	array_grow(&d->out.data, &d->out.cap, OUT_RESERVE, 1);
	d->look = LOOK_NEVER;
	d->limit_us = now_us + DIALOGUE_LOGIN_S * US_PER_S;
	return d;
}

static void clear_out(struct dialogue *d)
{
	if (d->secret)
		wipe(d->out.data, d->out.cap);
	d->secret = false;
	buf_clear(&d->out);
}

void dialogue_free(struct dialogue *d)
{
	if (!d)
		return;
	clear_out(d);
	lines_free(d->lines);
	buf_free(&d->out);
	buf_free(&d->text);
	free(d);
}

void dialogue_event(const struct dialogue *d, enum dialogue_event_kind kind)
{
	const struct dialogue_event ev = { .kind = kind };

	d->config.event(d->config.arg, &ev);
}

void dialogue_fail(struct dialogue *d, enum router_outcome outcome, const char *fmt, ...)
{
	char reason[ROUTER_WORDS_MAX];
	const struct dialogue_event ev = { .kind = DIALOGUE_FAILED, .outcome = outcome, .reason = reason };
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(reason, sizeof reason, fmt, ap);
	va_end(ap);
	d->state = DIALOGUE_OVER;
	clear_out(d);
	d->config.event(d->config.arg, &ev);
}

void dialogue_put(struct dialogue *d, const void *data, size_t len)
{
	if (d->config.telnet)
		telnet_output(data, len, &d->out);
	else
		buf_add(&d->out, data, len);
}

void dialogue_send(struct dialogue *d, const char *line, int64_t now_us)
{
	d->line = line;
	dialogue_put(d, line, strlen(line));
	dialogue_put(d, d->session->eol, strlen(d->session->eol));
	lines_drop_pending(d->lines, 0);
	buf_clear(&d->text);
	d->received = 0;
	d->pages = 0;
	d->look = LOOK_NEVER;
	d->limit_us = now_us + DIALOGUE_COMMAND_S * US_PER_S;
	dialogue_listing_begin(d);
}

bool dialogue_pending_is(struct dialogue *d, enum profile_pattern which)
{
	size_t len;
	const char *pending = lines_pending(d->lines, &len);

	return len > 0 && len < PROMPT_MAX && profile_match(d->config.profile, which, pending, len, NULL);
}

// How much to drop from the front so that a window is left. It begins with a line (patterns begin with ^), and never
// within a character.
static size_t before_window(const struct buf *text)
{
	size_t at = text->len > WINDOW ? text->len - WINDOW : 0;
	const char *lf = at ? memchr(text->data + at, '\n', text->len - at) : NULL;

	if (lf)
		return (size_t)(lf - text->data) + 1;
	while (at < text->len && at > 0 && ((uint8_t)text->data[at] & 0xc0) == 0x80)
		at++;
	return at;
}

bool dialogue_end_is(struct dialogue *d, enum profile_pattern which, char ret_text[ROUTER_WORDS_MAX])
{
	size_t pending_len, text_len = d->text.len, begin, len;
	const char *pending = lines_pending(d->lines, &pending_len);
	bool is;

	buf_add(&d->text, pending, pending_len < WINDOW ? pending_len : 0);
	begin = before_window(&d->text);
	len = d->text.len - begin;
	is = profile_match(d->config.profile, which, d->text.data + begin, len, ret_text);
	// a message stands at the end, too, when its line is finished
	while (len > 0 && d->text.data[begin + len - 1] == '\n')
		len--;
	if (!is && begin + len < d->text.len)
		is = profile_match(d->config.profile, which, d->text.data + begin, len, ret_text);
	d->text.len = text_len;
	return is;
}

void dialogue_learn(struct dialogue *d)
{
	size_t len;
	const char *pending = lines_pending(d->lines, &len);

	if (len < sizeof d->prompt) {
		memcpy(d->prompt, pending, len);
		d->prompt_len = len;
	}
}

// A password the caller has put out leaves nothing behind.
static void forget(struct dialogue *d)
{
	if (d->secret && d->out.len == 0)
		clear_out(d);
}

static bool too_much(struct dialogue *d)
{
	size_t most = d->listing == LISTING_WANTED ? DIALOGUE_REPLY_MAX : DROPPED_MAX;

	if (d->received <= most && d->text.len <= DIALOGUE_REPLY_MAX)
		return false;
	if (dialogue_listing_over(d))
		return true;
	dialogue_fail(d, ROUTER_OUTCOME_PARSE, "more than %d KiB, and no end", DIALOGUE_REPLY_MAX >> 10);
	return true;
}

static void take(struct dialogue *d, const char *data, size_t len, int64_t now_us)
{
	char filtered[PIECE];

	d->received += len;
	if (d->config.telnet) {
		len = telnet_input(&d->telnet, data, len, filtered, &d->out);
		data = filtered;
	}
	if (!len)
		return;
	lines_input(d->lines, data, len, &d->text);
	dialogue_listing_more(d, now_us);
	if (d->state == DIALOGUE_IDLE && d->text.len > WINDOW)
		buf_drop(&d->text, before_window(&d->text));
	d->last_us = now_us;
	d->look = LOOK_QUESTION;
	d->late = false;
}

void dialogue_input(struct dialogue *d, const void *data, size_t len, int64_t now_us)
{
	const char *p = data;

	forget(d);
	while (len > 0 && d->state != DIALOGUE_OVER) {
		size_t n = len < PIECE ? len : PIECE;

		take(d, p, n, now_us);
		if (too_much(d))
			return;
		p += n;
		len -= n;
	}
}

void dialogue_eof(struct dialogue *d, int64_t now_us)
{
	char text[ROUTER_WORDS_MAX];

	(void)now_us;
	if (d->state == DIALOGUE_OVER)
		return;
	if (d->state == DIALOGUE_LOGIN)
		dialogue_login_eof(d);
	else if (d->state == DIALOGUE_GOODBYE)
		dialogue_fail(d, ROUTER_OUTCOME_OK, "logged out");
	else if (dialogue_end_is(d, PROFILE_TIMEOUT_NOTICE, text))
		dialogue_fail(d, ROUTER_OUTCOME_LOST, "%s", text);
	else if (d->state == DIALOGUE_COMMAND)
		dialogue_fail(d, ROUTER_OUTCOME_LOST, "the router hung up in the middle of an answer");
	else
		dialogue_fail(d, ROUTER_OUTCOME_LOST, "the router hung up");
}

static void out_of_time(struct dialogue *d)
{
	if (dialogue_listing_over(d))
		return;
	switch (d->state) {
	case DIALOGUE_LOGIN:
	case DIALOGUE_WAKE:
		dialogue_fail(d, ROUTER_OUTCOME_TIMEOUT, "no prompt within %d s", DIALOGUE_LOGIN_S);
		break;
	case DIALOGUE_SETUP:
	case DIALOGUE_ENTER:
	case DIALOGUE_COMMAND:
	case DIALOGUE_LEAVE:
		dialogue_fail(d, ROUTER_OUTCOME_TIMEOUT, "'%s' was not answered within %d s", d->line,
			      DIALOGUE_COMMAND_S);
		break;
	case DIALOGUE_GOODBYE:
		dialogue_fail(d, ROUTER_OUTCOME_OK, "logged out");
		break;
	case DIALOGUE_IDLE:
	case DIALOGUE_OVER:
		break;
	}
}

static void look(struct dialogue *d, int64_t now_us)
{
	enum look now = d->look++;

	switch (d->state) {
	case DIALOGUE_LOGIN:
		if (now == LOOK_PROMPT)
			dialogue_login(d, now_us);
		break;
	case DIALOGUE_WAKE:
		if (now == LOOK_PROMPT)
			dialogue_wake(d, now_us);
		break;
	case DIALOGUE_SETUP:
	case DIALOGUE_ENTER:
	case DIALOGUE_COMMAND:
	case DIALOGUE_LEAVE:
		if (now == LOOK_QUESTION)
			dialogue_question(d, now_us);
		else
			dialogue_answered(d, now_us);
		break;
	case DIALOGUE_GOODBYE:
		if (now == LOOK_QUESTION)
			dialogue_question(d, now_us);
		break;
	case DIALOGUE_IDLE:
	case DIALOGUE_OVER:
		break;
	}
}

static int64_t look_us(const struct dialogue *d)
{
	if (d->look == LOOK_NEVER || d->state == DIALOGUE_IDLE)
		return INT64_MAX;
	return d->late ? d->late_us : d->last_us + quiet_us[d->look];
}

void dialogue_time(struct dialogue *d, int64_t now_us)
{
	int64_t due = look_us(d);

	forget(d);
	if (now_us < dialogue_deadline(d))
		return;
	if (d->state != DIALOGUE_IDLE && now_us >= d->limit_us) {
		out_of_time(d);
	} else if (now_us >= due) {
		// we were held up: what came meanwhile may not have been read
		if (!d->late && now_us - due > DIALOGUE_QUIET_US / 2) {
			d->late = true;
			d->late_us = now_us + LATE_US;
			return;
		}
		d->late = false;
		look(d, now_us);
	} else if (d->state == DIALOGUE_WAKE && now_us >= d->wake_us) {
		dialogue_wake_again(d, now_us);
	}
}

int64_t dialogue_deadline(const struct dialogue *d)
{
	int64_t at = look_us(d);

	if (d->state == DIALOGUE_OVER || d->state == DIALOGUE_IDLE)
		return INT64_MAX;
	if (d->limit_us < at)
		at = d->limit_us;
	if (d->state == DIALOGUE_WAKE && d->wake_us < at)
		at = d->wake_us;
	return at;
}

void dialogue_poll(struct dialogue *d, uint32_t commands, int64_t now_us)
{
	if (d->state == DIALOGUE_IDLE || d->state <= DIALOGUE_SETUP)
		d->wanted = commands;
	if (d->state == DIALOGUE_IDLE)
		dialogue_start_poll(d, now_us);
}

bool dialogue_idle(const struct dialogue *d)
{
	return d->state == DIALOGUE_IDLE;
}

void dialogue_leave(struct dialogue *d, int64_t now_us)
{
	if (d->state == DIALOGUE_OVER || d->state == DIALOGUE_GOODBYE)
		return;
	if (d->state != DIALOGUE_IDLE || !d->session->logout || !*d->session->logout) {
		dialogue_fail(d, ROUTER_OUTCOME_OK, "left");
		return;
	}
	d->state = DIALOGUE_GOODBYE;
	dialogue_send(d, d->session->logout, now_us);
	d->limit_us = now_us + GOODBYE_US;
}

struct buf *dialogue_out(struct dialogue *d)
{
	return &d->out;
}

bool dialogue_secret(const struct dialogue *d)
{
	return d->secret;
}
