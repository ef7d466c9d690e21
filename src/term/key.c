// SPDX-License-Identifier: GPL-2.0-or-later
// Bytes of a keyboard into names of keys. All terminals in use send one of these; terminfo knows no more.
#include <stdio.h>
#include <string.h>

#include "tunwatch/term.h"

enum { ESCAPE = 0x1b, SEQUENCE_MAX = 16 };

static const struct {
	char last;
	const char *name;
} letters[] = {
	{ 'A', "Up" }, { 'B', "Down" }, { 'C', "Right" }, { 'D', "Left" }, { 'H', "Home" }, { 'F', "End" },
	{ 'P', "F1" }, { 'Q', "F2" },   { 'R', "F3" },    { 'S', "F4" },   { 'Z', "Tab" },  { 'M', "Enter" },
};

// CSI number ~
static const struct {
	int number;
	const char *name;
} numbers[] = {
	{ 1, "Home" }, { 2, "Ins" }, { 3, "Del" }, { 4, "End" }, { 5, "PgUp" }, { 6, "PgDn" }, { 7, "Home" },
	{ 8, "End" },  { 11, "F1" }, { 12, "F2" }, { 13, "F3" }, { 14, "F4" },  { 15, "F5" },  { 17, "F6" },
	{ 18, "F7" },  { 19, "F8" }, { 20, "F9" }, { 21, "F10" }, { 23, "F11" }, { 24, "F12" },
};

static void name_of(char last, int number, char ret[TERM_KEY_MAX])
{
	*ret = 0;
	if (last == '~') {
		for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
			if (numbers[i].number == number)
				str_copy(ret, TERM_KEY_MAX, numbers[i].name);
		return;
	}
	for (size_t i = 0; i < ARRAY_LEN(letters); i++)
		if (letters[i].last == last)
			str_copy(ret, TERM_KEY_MAX, letters[i].name);
}

// ESC [ digits ; digits final; the console sends ESC [ [ A for F1
static size_t parse_csi(const char *s, size_t len, bool final, char ret[TERM_KEY_MAX])
{
	int number = 0;
	bool first = true;

	if (len > 2 && s[2] == '[') {
		if (len > 3 && s[3] >= 'A' && s[3] <= 'E')
			snprintf(ret, TERM_KEY_MAX, "F%d", s[3] - 'A' + 1);
		return len > 3 ? 4 : final ? len : 0;
	}
	for (size_t i = 2; i < len && i < SEQUENCE_MAX; i++) {
		if (s[i] >= '0' && s[i] <= '9') {
			number = first && number < 1000 ? number * 10 + (s[i] - '0') : number;
			continue;
		}
		first = false;
		if (s[i] >= 0x40 && s[i] <= 0x7e) {
			name_of(s[i], number, ret);
			return i + 1;
		}
		if (s[i] < 0x20 || s[i] > 0x3f)
			return i;
	}
	return len >= SEQUENCE_MAX || final ? (len < SEQUENCE_MAX ? len : SEQUENCE_MAX) : 0;
}

static size_t parse_escape(const char *s, size_t len, bool final, char ret[TERM_KEY_MAX])
{
	if (len == 1 || (s[1] != '[' && s[1] != 'O')) {
		if (len == 1 && !final)
			return 0;
		str_copy(ret, TERM_KEY_MAX, "Esc");
		return 1;
	}
	if (s[1] == '[')
		return parse_csi(s, len, final, ret);
	if (len == 2)
		return final ? 2 : 0;
	name_of(s[2], 0, ret);
	return 3;
}

static size_t parse_char(const char *s, size_t len, bool final, char ret[TERM_KEY_MAX])
{
	uint32_t c;
	size_t n = utf8_decode(s, len < 4 ? len : 4, &c);

	if (!n)
		return len < 4 && !final && (uint8_t)*s >= 0xc2 && (uint8_t)*s <= 0xf4 ? 0 : 1;
	if (c >= 0x80 && c < 0xa0)
		return n;
	memcpy(ret, s, n);
	ret[n] = 0;
	return n;
}

size_t term_parse_key(const char *s, size_t len, bool final, char ret[TERM_KEY_MAX])
{
	*ret = 0;
	if (!len)
		return 0;
	switch (*s) {
	case ESCAPE:
		return parse_escape(s, len, final, ret);
	case '\r':
	case '\n':
		str_copy(ret, TERM_KEY_MAX, "Enter");
		return 1;
	case '\t':
		str_copy(ret, TERM_KEY_MAX, "Tab");
		return 1;
	case ' ':
		str_copy(ret, TERM_KEY_MAX, "Space");
		return 1;
	case 0x7f:
	case '\b':
		str_copy(ret, TERM_KEY_MAX, "Backspace");
		return 1;
	case 0:
		return 1;
	}
	if ((uint8_t)*s < 0x20) {
		snprintf(ret, TERM_KEY_MAX, "^%c", *s + '@');
		return 1;
	}
	return parse_char(s, len, final, ret);
}
