// SPDX-License-Identifier: GPL-2.0-or-later
// The telnet filter: accepts the four options a router wants of a terminal, refuses all others, never asks first.
#include <assert.h>
#include <string.h>

#include "tunwatch/decode.h"

enum { SE = 240, SB = 250, WILL = 251, WONT = 252, DO = 253, DONT = 254, IAC = 255 };
enum { STATE_DATA, STATE_CR, STATE_IAC, STATE_VERB, STATE_SB, STATE_SB_IAC };
enum { TTYPE_IS = 0, TTYPE_SEND = 1 };
// Enough for every real server; ends a quarrel with one that contradicts each answer.
enum { ANSWERS_MAX = 512 };
enum option { OPTION_ECHO, OPTION_SGA, OPTION_TTYPE, OPTION_NAWS, OPTION_UNKNOWN };

static const uint8_t option_codes[] = { [OPTION_ECHO] = 1, [OPTION_SGA] = 3, [OPTION_TTYPE] = 24, [OPTION_NAWS] = 31 };

static enum option find_option(uint8_t code)
{
	for (size_t i = 0; i < ARRAY_LEN(option_codes); i++)
		if (option_codes[i] == code)
			return (enum option)i;
	return OPTION_UNKNOWN;
}

void telnet_init(struct telnet *t, unsigned columns, unsigned rows)
{
	*t = (struct telnet){
		.columns = columns < UINT16_MAX ? (uint16_t)columns : UINT16_MAX,
		.rows = rows < UINT16_MAX ? (uint16_t)rows : UINT16_MAX,
	};
}

static bool may_answer(struct telnet *t)
{
	if (t->answers >= ANSWERS_MAX)
		return false;
	t->answers++;
	return true;
}

static void answer(struct telnet *t, uint8_t verb, uint8_t code, struct buf *reply)
{
	const uint8_t bytes[] = { IAC, verb, code };

	if (may_answer(t))
		buf_add(reply, bytes, sizeof bytes);
}

static void answer_sub(struct telnet *t, uint8_t code, const uint8_t *data, size_t len, struct buf *reply)
{
	const uint8_t head[] = { IAC, SB, code }, tail[] = { IAC, SE };

	if (!may_answer(t))
		return;
	buf_add(reply, head, sizeof head);
	telnet_output(data, len, reply);
	buf_add(reply, tail, sizeof tail);
}

static bool wanted_of_them(enum option o)
{
	return o == OPTION_ECHO || o == OPTION_SGA;
}

static bool wanted_of_us(const struct telnet *t, enum option o)
{
	return o == OPTION_SGA || o == OPTION_TTYPE || (o == OPTION_NAWS && (t->columns || t->rows));
}

static void offer(struct telnet *t, enum option o, struct buf *reply)
{
	if (o == OPTION_UNKNOWN || !wanted_of_them(o)) {
		answer(t, DONT, t->option, reply);
	} else if (!t->them[o]) {
		t->them[o] = 1;
		answer(t, DO, t->option, reply);
	}
}

static void demand(struct telnet *t, enum option o, struct buf *reply)
{
	if (o == OPTION_UNKNOWN || !wanted_of_us(t, o)) {
		answer(t, WONT, t->option, reply);
	} else if (!t->us[o]) {
		const uint8_t size[] = { (uint8_t)(t->columns >> 8), (uint8_t)t->columns,
					 (uint8_t)(t->rows >> 8), (uint8_t)t->rows };

		t->us[o] = 1;
		answer(t, WILL, t->option, reply);
		if (o == OPTION_NAWS)
			answer_sub(t, t->option, size, sizeof size, reply);
	}
}

// RFC 1143: what is off already is not confirmed again, or two such ends never stop.
static void negotiate(struct telnet *t, struct buf *reply)
{
	enum option o = find_option(t->option);

	switch (t->verb) {
	case WILL:
		offer(t, o, reply);
		break;
	case DO:
		demand(t, o, reply);
		break;
	case WONT:
		if (o != OPTION_UNKNOWN && t->them[o]) {
			t->them[o] = 0;
			answer(t, DONT, t->option, reply);
		}
		break;
	case DONT:
		if (o != OPTION_UNKNOWN && t->us[o]) {
			t->us[o] = 0;
			answer(t, WONT, t->option, reply);
		}
		break;
	}
}

static void end_sub(struct telnet *t, struct buf *reply)
{
	static const uint8_t type[] = { TTYPE_IS, 'V', 'T', '1', '0', '0' };

	if (!t->sub_overflow && t->us[OPTION_TTYPE] && t->sub_len == 2 &&
	    t->sub[0] == option_codes[OPTION_TTYPE] && t->sub[1] == TTYPE_SEND)
		answer_sub(t, t->sub[0], type, sizeof type, reply);
}

static void add_sub(struct telnet *t, uint8_t c)
{
	if (t->sub_len < sizeof t->sub)
		t->sub[t->sub_len++] = c;
	else
		t->sub_overflow = true;
}

// The byte behind IAC. True when it is data.
static bool command(struct telnet *t, uint8_t c)
{
	t->state = STATE_DATA;
	if (c == SB) {
		t->state = STATE_SB;
		t->sub_len = 0;
		t->sub_overflow = false;
	} else if (c >= WILL && c <= DONT) {
		t->state = STATE_VERB;
		t->verb = c;
	}
	return c == IAC;
}

// True when c is data.
static bool step(struct telnet *t, uint8_t c, struct buf *reply)
{
	switch (t->state) {
	case STATE_DATA:
	case STATE_CR:
		if (c == IAC) {
			t->state = STATE_IAC;
			return false;
		}
		if (t->state == STATE_CR && c == 0) {
			t->state = STATE_DATA;
			return false;
		}
		t->state = c == '\r' ? STATE_CR : STATE_DATA;
		return true;
	case STATE_IAC:
		return command(t, c);
	case STATE_VERB:
		t->state = STATE_DATA;
		t->option = c;
		negotiate(t, reply);
		return false;
	case STATE_SB:
		if (c == IAC)
			t->state = STATE_SB_IAC;
		else
			add_sub(t, c);
		return false;
	case STATE_SB_IAC:
		if (c == IAC) {
			t->state = STATE_SB;
			add_sub(t, c);
			return false;
		}
		if (c != SE) // the end got lost: this is the next command
			return command(t, c);
		t->state = STATE_DATA;
		end_sub(t, reply);
		return false;
	}
	assert(false);
	return false;
}

size_t telnet_input(struct telnet *t, const void *data, size_t len, void *out, struct buf *reply)
{
	const uint8_t *p = data;
	uint8_t *o = out;
	size_t n = 0;

	for (size_t i = 0; i < len; i++)
		if (step(t, p[i], reply))
			o[n++] = p[i];
	return n;
}

void telnet_output(const void *data, size_t len, struct buf *out)
{
	const uint8_t *p = data;

	for (size_t i = 0; i < len; i++) {
		if (p[i] == IAC)
			buf_putc(out, (char)IAC);
		buf_putc(out, (char)p[i]);
	}
}
