// SPDX-License-Identifier: GPL-2.0-or-later
// What both readers of libconfuse's syntax need around it (tunwatch.conf and router profiles).
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "tunwatch/decode.h"

/* What to do about a message of libconfuse's, or NULL. */
static const char *find_advice(const char *message)
{
	static const struct { const char *part, *advice; } advice[] = {
		{ "missing equal sign", "write key = value" },
		{ "missing opening brace", "write NAME { key = value }" },
		{ "missing title", "give it a name: tunnel NAME { ... }" },
		{ "premature end", "a value, a quote or a } is missing" },
		{ "unterminated", "close the quote" },
		{ "duplicate title", "give every section its own name" },
		{ "closing brace", "remove the } or open its section" },
		{ "append", "use = instead of +=" },
		{ "octal", "use '...' quotes, which take a backslash as it is" },
		{ "escape", "use '...' quotes, which take a backslash as it is" },
		{ "unexpected token", "write key = value; quote a value that holds blanks or signs" },
	};

	for (size_t i = 0; i < ARRAY_LEN(advice); i++)
		if (strstr(message, advice[i].part))
			return advice[i].advice;
	return NULL;
}

char *conf_message(char *text, size_t size, const char *fmt, va_list ap, const char *page)
{
	char raw[300], clean[300];
	const char *advice;

	vsnprintf(raw, sizeof raw, fmt, ap);
	str_clean(clean, sizeof clean, raw, strlen(raw));
	advice = find_advice(clean);
	snprintf(text, size, "%s; %s%s", clean, advice ? advice : "see ", advice ? "" : page);
	return text;
}

/* The end of the quoted string at s, behind its closing quote; s + len when there is none. */
static size_t skip_quoted(const char *s, size_t len)
{
	size_t i = 1;

	while (i < len && s[i] != s[0])
		i += s[i] == '\\' ? 2 : 1;
	return i < len ? i + 1 : len;
}

/* Overwrite a comment with blanks, keeping its newlines. Returns how long it is; 0: it has no end. */
static size_t blank_comment(char *s, size_t len)
{
	bool line = s[0] == '#' || s[1] == '/';
	const char *end = line ? memchr(s, '\n', len) : memmem(s + 2, len - 2, "*/", 2);
	size_t n = end ? (size_t)(end - s) + (line ? 0 : 2) : len;

	for (size_t i = 0; i < n; i++)
		if (s[i] != '\n')
			s[i] = ' ';
	return end || line ? n : 0;
}

/* libconfuse 3.3 counts the line of a comment three times, so it gets to see none. Returns the line of a comment
 * that is not closed, or 0. */
static int blank_comments(char *s, size_t len)
{
	int line = 1;
	bool fresh = true; /* at the start of a token: only there / begins a comment */

	for (size_t i = 0; i < len;) {
		size_t n = 1;

		if (s[i] == '"' || s[i] == '\'')
			n = skip_quoted(s + i, len - i);
		else if (s[i] == '#' || (fresh && s[i] == '/' && i + 1 < len && (s[i + 1] == '/' || s[i + 1] == '*')))
			n = blank_comment(s + i, len - i);
		if (!n)
			return line;
		fresh = n > 1 || strchr(" \t\r\n={}()+,*", s[i]);
		for (size_t end = i + n; i < end; i++)
			line += s[i] == '\n';
	}
	return 0;
}

int conf_prepare(const char *path, const char *text, size_t len, struct buf *ret, struct error *err)
{
	int line;

	if (memchr(text, 0, len))
		return error_set(err, -EINVAL, "%s:1: holds a NUL byte; it must be text", path);
	buf_add(ret, text, len);
	line = blank_comments(ret->data, ret->len);
	if (line) {
		buf_free(ret);
		return error_set(err, -EINVAL, "%s:%d: a comment that begins here is not closed; add */", path, line);
	}
	buf_printf(ret, "%s" CONF_END_KEY " = 1\n", len && text[len - 1] == '\n' ? "" : "\n");
	return 0;
}
