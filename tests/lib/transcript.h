/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Captured telnet sessions of tests/data/telnet: lines `TIME S> b'...'` (the server's bytes) and `TIME C> b'...'`. */
#ifndef TESTS_TRANSCRIPT_H
#define TESTS_TRANSCRIPT_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tunwatch/base.h"

/* The bytes of a literal in Python's notation, from its first quote on. */
static inline void transcript_bytes(const char *s, struct buf *out)
{
	char quote = *s++;

	for (; *s && *s != quote; s++) {
		if (*s != '\\') {
			buf_putc(out, *s);
			continue;
		}
		switch (*++s) {
		case 'r': buf_putc(out, '\r'); break;
		case 'n': buf_putc(out, '\n'); break;
		case 't': buf_putc(out, '\t'); break;
		case 'x': {
			char hex[3] = { s[1], s[2], 0 };

			buf_putc(out, (char)strtol(hex, NULL, 16));
			s += 2;
			break;
		}
		default: buf_putc(out, *s); break;
		}
	}
}

/* Calls back for each line of bytes, in order. False when there is no such file. */
static inline bool transcript_each(const char *name, void (*bytes)(void *arg, char side, const char *data, size_t len),
				   void *arg)
{
	char path[200], line[8192];
	FILE *f;

	snprintf(path, sizeof path, "tests/data/telnet/%s.txt", name);
	f = fopen(path, "r");
	if (!f)
		return false;
	while (fgets(line, sizeof line, f)) {
		const char *at = strstr(line, "> b");
		struct buf b = {0};

		if (*line == '#' || !at || at == line)
			continue;
		transcript_bytes(at + 3, &b);
		bytes(arg, at[-1], b.data ? b.data : "", b.len);
		buf_free(&b);
	}
	fclose(f);
	return true;
}

static inline void transcript_add_server(void *arg, char side, const char *data, size_t len)
{
	if (side == 'S')
		buf_add(arg, data, len);
}

static inline struct buf transcript_server(const char *name)
{
	struct buf b = {0};

	if (!transcript_each(name, transcript_add_server, &b))
		abort();
	return b;
}

#endif
