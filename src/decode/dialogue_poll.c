// SPDX-License-Identifier: GPL-2.0-or-later
// Lines sent one by one, and where the answer to each begins and ends.
#include <stdio.h>
#include <string.h>

#include "decode/dialogue_int.h"

enum { ECHO_LINES = 3, ECHO_WORD_MIN = 3, LINE_COMPARED = 512 };

static const char *const no_lines[] = { NULL };

static const char *const *list(const struct dialogue *d)
{
	const char *const *l = d->state == DIALOGUE_SETUP ? d->session->setup :
			       d->state == DIALOGUE_ENTER ? d->session->enter : d->session->leave;

	return l ? l : no_lines;
}

static void deliver(struct dialogue *d, enum router_outcome outcome, const char *text, size_t len)
{
	struct dialogue_event ev = {
		.kind = DIALOGUE_ANSWER, .command = d->at, .text = text, .text_len = len, .outcome = outcome,
		.reason = d->note, .cut = d->listing != LISTING_WANTED,
	};

	d->config.event(d->config.arg, &ev);
}

static void idle(struct dialogue *d, enum dialogue_event_kind why)
{
	d->state = DIALOGUE_IDLE;
	d->look = LOOK_NEVER;
	d->received = 0;
	buf_clear(&d->text);
	dialogue_event(d, why);
}

static void next_command(struct dialogue *d, int64_t now_us);

// The next line of the present list; behind the last what comes after the list.
static void next_line(struct dialogue *d, int64_t now_us)
{
	const char *line = list(d)[d->at];

	if (line) {
		d->at++;
		dialogue_send(d, line, now_us);
	} else if (d->state == DIALOGUE_ENTER) {
		d->state = DIALOGUE_COMMAND;
		next_command(d, now_us);
	} else if (d->state == DIALOGUE_LEAVE) {
		idle(d, DIALOGUE_POLLED);
	} else {
		idle(d, DIALOGUE_READY);
		if (d->state == DIALOGUE_IDLE && d->wanted)
			dialogue_start_poll(d, now_us);
	}
}

static void begin_list(struct dialogue *d, enum dialogue_state state, int64_t now_us)
{
	d->state = state;
	d->at = 0;
	next_line(d, now_us);
}

void dialogue_start(struct dialogue *d, int64_t now_us)
{
	begin_list(d, DIALOGUE_SETUP, now_us);
}

void dialogue_start_poll(struct dialogue *d, int64_t now_us)
{
	size_t n = profile_commands(d->config.profile);

	d->telnet.answers = 0;
	d->entered[0] = 0;
	if (n < 32)
		d->wanted &= (UINT32_C(1) << n) - 1;
	begin_list(d, DIALOGUE_ENTER, now_us);
}

// Where the enter lines were refused the commands would be refused, too, and the leave lines might log out.
static void refuse_all(struct dialogue *d)
{
	for (d->at = 0; d->wanted && d->state != DIALOGUE_OVER; d->at++) {
		if (!(d->wanted >> d->at & 1))
			continue;
		d->wanted &= ~(UINT32_C(1) << d->at);
		str_copy(d->note, sizeof d->note, d->entered);
		deliver(d, ROUTER_OUTCOME_PARSE, "", 0);
	}
	if (d->state != DIALOGUE_OVER)
		idle(d, DIALOGUE_POLLED);
}

static void next_command(struct dialogue *d, int64_t now_us)
{
	d->note[0] = 0;
	if (!d->wanted) {
		begin_list(d, DIALOGUE_LEAVE, now_us);
		return;
	}
	d->at = (size_t)__builtin_ctz(d->wanted);
	d->wanted &= d->wanted - 1;
	dialogue_send(d, profile_command(d->config.profile, d->at)->send, now_us);
}

static size_t without_blanks(const char *s, size_t len, char out[LINE_COMPARED])
{
	size_t n = 0;

	for (size_t i = 0; i < len && n < LINE_COMPARED; i++)
		if (s[i] != ' ' && s[i] != '\n')
			out[n++] = s[i];
	return n;
}

// Offset behind the lines that together hold the whole command; 0: there are none. A long one is wrapped.
static size_t echo_whole(const char *text, size_t len, const char *line)
{
	char want[LINE_COMPARED], got[LINE_COMPARED];
	size_t nwant = without_blanks(line, strlen(line), want), end = 0;

	for (int i = 0; i < ECHO_LINES && end < len; i++) {
		const char *lf = memchr(text + end, '\n', len - end);

		end = lf ? (size_t)(lf - text) + 1 : len;
		if (memmem(got, without_blanks(text, end, got), want, nwant))
			return end;
	}
	return 0;
}

// An earlier answer's rest may stand before it: then the prompt does, too.
static size_t echo_behind_prompt(const struct dialogue *d, const char *text, size_t len)
{
	size_t nline = strlen(d->line), n = d->prompt_len + nline;

	for (size_t at = 0; d->prompt_len && at < len;) {
		const char *lf = memchr(text + at, '\n', len - at);
		size_t end = lf ? (size_t)(lf - text) : len;

		if (end - at == n && !memcmp(text + at, d->prompt, d->prompt_len) &&
		    !memcmp(text + at + d->prompt_len, d->line, nline))
			return end < len ? end + 1 : len;
		at = end + 1;
	}
	return 0;
}

// Some routers complete or rewrite what was typed: the last word stays.
static size_t echo_word(const char *text, size_t len, const char *line)
{
	const char *space = strrchr(line, ' '), *word = space ? space + 1 : line, *lf;
	size_t begin = 0, end;

	while (begin < len && text[begin] == '\n')
		begin++;
	lf = memchr(text + begin, '\n', len - begin);
	end = lf ? (size_t)(lf - text) + 1 : len;
	if (strlen(word) < ECHO_WORD_MIN || !memmem(text + begin, end - begin, word, strlen(word)))
		return 0;
	return end;
}

static size_t find_echo(const struct dialogue *d, const char *text, size_t len)
{
	size_t end = echo_whole(text, len, d->line);

	if (!end)
		end = echo_behind_prompt(d, text, len);
	return end ? end : echo_word(text, len, d->line);
}

static bool is_blank(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (text[i] != ' ' && text[i] != '\n')
			return false;
	return true;
}

// Errors stand at the beginning: whole lines of it are looked at.
static bool is_error(const struct dialogue *d, const char *text, size_t len, char ret_text[ROUTER_WORDS_MAX])
{
	char error[ROUTER_WORDS_MAX];

	if (len > WINDOW)
		for (len = WINDOW; len > 0 && text[len - 1] != '\n';)
			len--;
	if (!profile_match(d->config.profile, PROFILE_ERROR, text, len, error))
		return false;
	str_copy(ret_text, ROUTER_WORDS_MAX, error);
	return true;
}

static void answered(struct dialogue *d, const char *text, size_t len, int64_t now_us)
{
	if (d->state == DIALOGUE_COMMAND) {
		bool error = is_error(d, text, len, d->note);

		deliver(d, error ? ROUTER_OUTCOME_PARSE : ROUTER_OUTCOME_OK, text, len);
		if (d->state == DIALOGUE_COMMAND)
			next_command(d, now_us);
		return;
	}
	dialogue_learn(d);
	if (d->state == DIALOGUE_ENTER && is_error(d, text, len, d->entered))
		refuse_all(d);
	else
		next_line(d, now_us);
}

static bool at_prompt(struct dialogue *d)
{
	size_t len;
	const char *pending = lines_pending(d->lines, &len);

	if (d->listing == LISTING_QUIT) // what erased the pager may go on behind it
		while (len > d->prompt_len && pending[len - 1] == ' ')
			len--;
	if (len && len == d->prompt_len && !memcmp(pending, d->prompt, len))
		return true;
	// lines of the profile may change the prompt; commands do not
	return d->state != DIALOGUE_COMMAND && dialogue_pending_is(d, PROFILE_READY);
}

void dialogue_answered(struct dialogue *d, int64_t now_us)
{
	bool doubt = d->look > LOOK_DOUBT; // the quiet was long already
	const char *text = d->text.data ? d->text.data : "";
	size_t echo, len = d->text.len;

	if (!at_prompt(d)) {
		if (doubt && (dialogue_pending_is(d, PROFILE_ASK_PASSWORD) ||
			      dialogue_pending_is(d, PROFILE_ASK_USER)))
			dialogue_fail(d, ROUTER_OUTCOME_PARSE, "'%s' is answered with a login question", d->line);
		return;
	}
	echo = find_echo(d, text, len);
	if (echo) {
		d->echoes = true;
	} else if (is_blank(text, len)) {
		// a prompt that came late, for an earlier line, or nothing to say
		if (!doubt || d->echoes)
			return;
	} else if (d->echoes) {
		if (doubt)
			dialogue_fail(d, ROUTER_OUTCOME_PARSE, "what came does not belong to '%s'", d->line);
		return;
	}
	answered(d, text + echo, len - echo, now_us);
}

void dialogue_cut(struct dialogue *d)
{
	const char *text = d->text.data ? d->text.data : "";
	size_t len = d->kept, echo = find_echo(d, text, len);

	if (!echo && d->echoes) {
		dialogue_fail(d, ROUTER_OUTCOME_PARSE, "what came does not belong to '%s'", d->line);
		return;
	}
	deliver(d, ROUTER_OUTCOME_OK, text + echo, len - echo);
	if (d->state != DIALOGUE_OVER)
		dialogue_fail(d, ROUTER_OUTCOME_OK, "left in the middle of '%s'", d->line);
}

static void page(struct dialogue *d, int64_t now_us)
{
	const char *key = d->session->pager_key;

	if (dialogue_listing_page(d, now_us))
		return;
	if (++d->pages > DIALOGUE_PAGES_MAX) {
		dialogue_fail(d, ROUTER_OUTCOME_PARSE, "'%s': more than %d pages", d->line, DIALOGUE_PAGES_MAX);
		return;
	}
	lines_drop_pending(d->lines, d->session->pager_blanks);
	d->look = LOOK_NEVER;
	dialogue_put(d, key, strlen(key));
}

static void confirm(struct dialogue *d)
{
	size_t len;
	const char *answer = d->session->confirm, *pending = lines_pending(d->lines, &len);
	char question[ROUTER_WORDS_MAX / 2];

	if (++d->confirms > CONFIRMS_MAX) {
		dialogue_fail(d, ROUTER_OUTCOME_PARSE, "it asks again and again for a confirmation");
		return;
	}
	str_clean(question, sizeof question, pending, len);
	snprintf(d->note, sizeof d->note, "it asked '%s': answered %s", question, answer);
	lines_drop_pending(d->lines, 0);
	d->look = LOOK_NEVER;
	dialogue_put(d, answer, strlen(answer));
}

void dialogue_question(struct dialogue *d, int64_t now_us)
{
	const struct profile_session *s = d->session;

	if (d->state != DIALOGUE_GOODBYE && s->pager_key && *s->pager_key && dialogue_pending_is(d, PROFILE_PAGER))
		page(d, now_us);
	else if (s->confirm && *s->confirm && dialogue_pending_is(d, PROFILE_CONFIRM))
		confirm(d);
}
