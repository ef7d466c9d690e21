// SPDX-License-Identifier: GPL-2.0-or-later
// Bytes of a terminal session to lines of UTF-8: a charset decoder, and what a terminal makes of CR, BS and blanks.
// So every vendor's way to erase its pager works, wherever the network cuts it.
#include <errno.h>
#include <iconv.h>
#include <stdlib.h>
#include <string.h>

#include "tunwatch/decode.h"

enum { LINE_MAX_BYTES = 65536, CHUNK = 1024, CHARACTER_MAX = 16, TAB = 8, SEQUENCE_MAX = 32, ESC = 0x1b };
// On longer lines writing in the middle is made cheap rather than right: no router has such.
enum { LINE_LONG = 4096 };
// Behind so many bytes a tab goes where it can: it must not cost more than it is worth.
enum { TABBED_MAX = 512 };
enum escape { ESCAPE_NONE, ESCAPE_BEGUN, ESCAPE_CSI };

struct lines {
	iconv_t cd;
	char rest[CHARACTER_MAX];  // the begin of a character whose end has not come
	size_t nrest;
	struct buf line;           // UTF-8, whole characters
	size_t cursor;             // byte where the next character goes, at most line.len
	unsigned swallow;          // blanks not to be written
	enum escape escape;
	unsigned escape_len;
};

struct lines *lines_new(const char *charset)
{
	iconv_t cd = iconv_open("UTF-8", charset);
	struct lines *ls;

	if (cd == (iconv_t)-1)
		return NULL;
	ls = xcalloc(1, sizeof *ls);
	ls->cd = cd;
	return ls;
}

void lines_free(struct lines *ls)
{
	if (!ls)
		return;
	iconv_close(ls->cd);
	buf_free(&ls->line);
	free(ls);
}

void lines_reset(struct lines *ls)
{
	iconv(ls->cd, NULL, NULL, NULL, NULL);
	ls->nrest = 0;
	ls->escape = ESCAPE_NONE;
	lines_drop_pending(ls, 0);
}

const char *lines_pending(struct lines *ls, size_t *ret_len)
{
	*ret_len = ls->line.len;
	return ls->line.data ? ls->line.data : "";
}

void lines_drop_pending(struct lines *ls, unsigned swallow_blanks)
{
	buf_clear(&ls->line);
	ls->cursor = 0;
	ls->swallow = swallow_blanks;
}

static size_t character_at(const struct lines *ls, size_t at)
{
	uint32_t c;

	return at < ls->line.len ? utf8_decode(ls->line.data + at, ls->line.len - at, &c) : 0;
}

// Write a character over what stands at the cursor.
static void put(struct lines *ls, const char *s, size_t n)
{
	size_t old = character_at(ls, ls->cursor), len = ls->line.len;

	if (len - old + n > LINE_MAX_BYTES)
		return;
	if (old && n != old && len > LINE_LONG) {
		len = ls->line.len = ls->cursor;
		old = 0;
	}
	if (n > old)
		buf_add(&ls->line, s, n - old); // room; what was added is overwritten
	if (n != old && ls->cursor + old < len)
		memmove(ls->line.data + ls->cursor + n, ls->line.data + ls->cursor + old, len - ls->cursor - old);
	memcpy(ls->line.data + ls->cursor, s, n);
	ls->line.len = len - old + n;
	ls->line.data[ls->line.len] = 0;
	ls->cursor += n;
}

static void back(struct lines *ls)
{
	while (ls->cursor > 0 && ((uint8_t)ls->line.data[--ls->cursor] & 0xc0) == 0x80)
		;
}

static void tab(struct lines *ls)
{
	size_t column = 0;

	for (size_t i = 0; i < ls->cursor && i < TABBED_MAX; i++)
		column += ((uint8_t)ls->line.data[i] & 0xc0) != 0x80;
	do {
		size_t n = character_at(ls, ls->cursor);

		if (n)
			ls->cursor += n;
		else
			put(ls, " ", 1);
	} while (++column % TAB);
}

static void finish(struct lines *ls, struct buf *done)
{
	size_t len = ls->line.len;

	while (len > 0 && ls->line.data[len - 1] == ' ')
		len--;
	if (len)
		buf_add(done, ls->line.data, len);
	buf_putc(done, '\n');
	lines_drop_pending(ls, 0);
}

// A terminal's control sequence, ECMA-48: readline and pagers colour, and erase to the end of the line. True while c
// belongs to it.
static bool escape(struct lines *ls, uint32_t c)
{
	if (ls->escape == ESCAPE_NONE)
		return false;
	if (c < 0x20 || c > 0x7e || ++ls->escape_len > SEQUENCE_MAX) {
		ls->escape = ESCAPE_NONE;
		return false;
	}
	if (ls->escape == ESCAPE_BEGUN) {
		if (c == '[')
			ls->escape = ESCAPE_CSI;
		else if (c >= 0x30)
			ls->escape = ESCAPE_NONE;
	} else if (c >= 0x40) {
		ls->escape = ESCAPE_NONE;
		if (c == 'K' && ls->escape_len == 2) {
			ls->line.len = ls->cursor;
			buf_add(&ls->line, "", 0);
		}
	}
	return true;
}

// True when c is not written.
static bool control(struct lines *ls, uint32_t c, struct buf *done)
{
	if (c >= 0x20 && c != 0x7f)
		return false;
	if (c == '\n')
		finish(ls, done);
	else if (c == '\r')
		ls->cursor = 0;
	else if (c == '\b')
		back(ls);
	else if (c == '\t')
		tab(ls);
	if (c == ESC) {
		ls->escape = ESCAPE_BEGUN;
		ls->escape_len = 0;
	}
	return true;
}

static void character(struct lines *ls, const char *s, size_t n, uint32_t c, struct buf *done)
{
	char clean[CHARACTER_MAX];

	if (c == 0 || escape(ls, c))
		return;
	if (c == ' ' && ls->swallow > 0) {
		ls->swallow--;
		return;
	}
	ls->swallow = 0;
	if (control(ls, c, done))
		return;
	if (c >= 0x7f && (str_clean(clean, sizeof clean, s, n) != n || memcmp(clean, s, n) != 0))
		put(ls, "\xef\xbf\xbd", 3);
	else
		put(ls, s, n);
}

static void text(struct lines *ls, const char *s, size_t len, struct buf *done)
{
	for (size_t i = 0; i < len;) {
		uint32_t c = 0xfffd;
		size_t n = utf8_decode(s + i, len - i, &c);

		if (!n) // not of this iconv
			n = 1, c = 0x7f;
		character(ls, s + i, n, c, done);
		i += n;
	}
}

// Decode n bytes; returns how many were used: all, but for the begin of a character at the end.
static size_t decode(struct lines *ls, char *data, size_t n, struct buf *done)
{
	char *in = data;
	size_t left = n;

	while (left > 0) {
		char utf8[4 * CHUNK], *out = utf8;
		size_t space = sizeof utf8, was = left;
		bool failed = iconv(ls->cd, &in, &left, &out, &space) == (size_t)-1;
		int e = failed ? errno : 0;

		text(ls, utf8, (size_t)(out - utf8), done);
		if (e == EINVAL)
			break;
		if (e == EILSEQ || (e && left == was && out == utf8)) {
			text(ls, "\xef\xbf\xbd", 3, done);
			in++;
			left--;
		}
	}
	return n - left;
}

void lines_input(struct lines *ls, const void *data, size_t len, struct buf *done)
{
	const char *p = data;

	while (len > 0) {
		char chunk[CHARACTER_MAX + CHUNK];
		size_t fresh = len < CHUNK ? len : CHUNK, n = ls->nrest + fresh, used;

		memcpy(chunk, ls->rest, ls->nrest);
		memcpy(chunk + ls->nrest, p, fresh);
		used = decode(ls, chunk, n, done);
		if (n - used > CHARACTER_MAX) // no charset's character is so long
			used = n;
		ls->nrest = n - used;
		memcpy(ls->rest, chunk + used, ls->nrest);
		p += fresh;
		len -= fresh;
	}
}
