/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A router as a script: what it is sent in, what it says out. It checks all that it is sent, byte by byte: whatever is
 * neither an answer it asked for nor a line it is told to allow is a fault. */
#ifndef TESTS_ROUTER_SCRIPT_H
#define TESTS_ROUTER_SCRIPT_H

#include <assert.h>
#include <iconv.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/router_answers.h"

/* What one make looks like. */
struct router_make {
	const char *negotiation;            /* of its begin; no NUL in it */
	const char *ask_user, *ask_password;/* ask_user NULL: it knows none */
	const char *banner;                 /* LF for CR LF; stands behind the login */
	const char *prompt;
	const char *const *pagers;          /* UTF-8, NULL-terminated: one of them, at random */
	const struct router_erase { const char *bytes; size_t len; } *erasures;
	size_t nerasures;
	const char *const *lines;           /* allowed besides the commands it has answers for */
};

enum router_trouble {
	ROUTER_WELL,
	ROUTER_LOSES_FIRST,    /* the first line behind the banner is lost */
	ROUTER_SILENT,
	ROUTER_WRONG_PASSWORD, /* whatever is given: it asks again */
	ROUTER_ERROR_PASSWORD, /* it complains and hangs up */
	ROUTER_HANGS_UP,       /* in the middle of an answer */
	ROUTER_GARBAGE,        /* random bytes without end for an answer */
	ROUTER_CONFIRM,        /* asks before a prompt whether to save, and before it lets one go */
	ROUTER_ASKS_LATER,     /* asks for a password instead of answering */
	ROUTER_IDLE_CLOSE,     /* says that it was idle, and hangs up, after the first poll */
	ROUTER_TROUBLES
};

/* What key q does at the pager. */
enum router_quit { ROUTER_QUITS, ROUTER_QUIT_IGNORED, ROUTER_QUIT_PAGES };

enum router_mode {
	ROUTER_ASKS_USER, ROUTER_ASKS_PASSWORD, ROUTER_AT_PROMPT, ROUTER_PAGES, ROUTER_CONFIRMS, ROUTER_DEAF,
};

struct router {
	const struct router_make *make;
	enum router_trouble trouble;
	bool named;
	const char *user, *password, *prompt, *charset;
	unsigned page_lines;                /* 0: it does not page */
	enum router_quit quit;
	uint64_t random;
	/* The answer to a command, UTF-8 and LF, to be added to out. False: no such command. */
	bool (*answer)(void *arg, const char *line, struct buf *out);
	void *arg;
	void (*received)(void *arg, const char *line); /* told of each line; may be NULL */

	enum router_mode mode;
	struct buf out;                     /* what it says, raw; the link takes it */
	struct buf line, paged;             /* a line as far as it came; the answer's rest */
	size_t undelivered;                 /* bytes on the way: told by the link */
	unsigned iac, tries, answers, confirms, lost, hang_up_answer, keys, quits;
	bool may_quit;                      /* q may come */
	bool hung_up, garbage, leaving, after_cr, ready;
	char fault[300];                    /* the first thing it should not have been sent; "" */
};

static inline void router_fault(struct router *r, const char *fmt, ...) PRINTF_LIKE(2, 3);
static inline void router_fault(struct router *r, const char *fmt, ...)
{
	va_list ap;

	if (*r->fault)
		return;
	va_start(ap, fmt);
	vsnprintf(r->fault, sizeof r->fault, fmt, ap);
	va_end(ap);
}

/* Say UTF-8 text in the router's charset, LF as CR LF. */
static inline void router_say(struct router *r, const char *text, size_t len)
{
	iconv_t cd = iconv_open(r->charset, "UTF-8");

	assert(cd != (iconv_t)-1);
	for (size_t at = 0; at < len;) {
		const char *lf = memchr(text + at, '\n', len - at);
		size_t n = lf ? (size_t)(lf - text) - at : len - at, left = n, space;
		char bytes[4096], *in = (char *)(uintptr_t)(text + at), *out = bytes;

		space = sizeof bytes;
		assert(iconv(cd, &in, &left, &out, &space) != (size_t)-1);
		buf_add(&r->out, bytes, (size_t)(out - bytes));
		if (lf)
			buf_puts(&r->out, "\r\n");
		at += n + (lf != NULL);
	}
	iconv_close(cd);
}

static inline void router_says(struct router *r, const char *text)
{
	router_say(r, text, strlen(text));
}

/* The login's first question, or the prompt where there is none. */
static inline void router_start(struct router *r, uint64_t seed)
{
	r->random = world_seed(seed ^ 0x526f7574);
	if (!r->charset)
		r->charset = "UTF-8";
	if (!r->prompt)
		r->prompt = r->make->prompt;
	if (r->trouble == ROUTER_HANGS_UP || r->trouble == ROUTER_GARBAGE || r->trouble == ROUTER_ASKS_LATER)
		r->hang_up_answer = world_random(&r->random, 4);
	r->mode = ROUTER_DEAF;
	if (r->trouble == ROUTER_SILENT)
		return;
	buf_puts(&r->out, r->make->negotiation);
	router_says(r, "\n");
	r->mode = r->named ? ROUTER_ASKS_USER : ROUTER_ASKS_PASSWORD;
	router_says(r, r->named ? r->make->ask_user : r->make->ask_password);
}

static inline void router_prompt(struct router *r)
{
	r->mode = ROUTER_AT_PROMPT;
	router_says(r, r->prompt);
}

/* A page of what is left; behind the last the prompt. */
static inline void router_page(struct router *r)
{
	const char *text = r->paged.data ? r->paged.data : "";
	size_t end = 0;
	unsigned lines = 0;

	while (end < r->paged.len && (!r->page_lines || lines < r->page_lines)) {
		const char *lf = memchr(text + end, '\n', r->paged.len - end);

		end = lf ? (size_t)(lf - text) + 1 : r->paged.len;
		lines++;
	}
	router_say(r, text, end);
	buf_drop(&r->paged, end);
	if (r->paged.len) {
		unsigned n = 0;

		while (r->make->pagers[n])
			n++;
		router_says(r, r->make->pagers[world_random(&r->random, n)]);
		r->mode = ROUTER_PAGES;
	} else if (r->trouble == ROUTER_CONFIRM && r->confirms == 0) {
		router_says(r, "Save new configuration ? (Y/N)");
		r->mode = ROUTER_CONFIRMS;
	} else {
		router_prompt(r);
	}
}

static inline void router_login(struct router *r, const char *line)
{
	if (r->mode == ROUTER_ASKS_USER) {
		if (!r->user || strcmp(line, r->user) != 0)
			router_fault(r, "user '%s'", line);
		router_says(r, line);
		router_says(r, "\n");
		router_says(r, r->make->ask_password);
		r->mode = ROUTER_ASKS_PASSWORD;
		return;
	}
	if (r->tries++)
		router_fault(r, "a second password");
	if (r->trouble == ROUTER_WRONG_PASSWORD) {
		router_says(r, "\n");
		router_says(r, r->named ? r->make->ask_user : r->make->ask_password);
		r->mode = r->named ? ROUTER_ASKS_USER : ROUTER_ASKS_PASSWORD;
		if (r->named)
			r->user = NULL;
		return;
	}
	if (r->trouble == ROUTER_ERROR_PASSWORD) {
		router_says(r, "\nError: Login access is restricted.\n");
		r->mode = ROUTER_DEAF;
		r->hung_up = true;
		return;
	}
	if (!r->password || strcmp(line, r->password) != 0)
		router_fault(r, "another password than asked for");
	router_says(r, "\n");
	router_says(r, r->make->banner);
	r->ready = true;
	router_prompt(r);
}

/* The answer that something happens to. True: it did. */
static inline bool router_spoil(struct router *r, struct buf *text)
{
	if (r->answers++ != r->hang_up_answer)
		return false;
	if (r->trouble == ROUTER_HANGS_UP) {
		text->len = world_random(&r->random, (uint32_t)text->len);
		while (text->len && ((uint8_t)text->data[text->len] & 0xc0) == 0x80)
			text->len--;
		router_say(r, text->data, text->len);
		r->hung_up = true;
	} else if (r->trouble == ROUTER_GARBAGE) {
		r->garbage = true;
	} else if (r->trouble == ROUTER_ASKS_LATER) {
		router_says(r, r->make->ask_password);
	} else {
		return false;
	}
	r->mode = ROUTER_DEAF;
	return true;
}

static inline bool router_allows(const struct router *r, const char *line)
{
	for (const char *const *l = r->make->lines; *l; l++)
		if (!strcmp(*l, line))
			return true;
	return false;
}

static inline void router_command(struct router *r, const char *line)
{
	struct buf text = {0};

	r->quits = 0;
	if (r->trouble == ROUTER_LOSES_FIRST && !r->lost) {
		r->lost = 1;
		return;
	}
	router_says(r, line);
	router_says(r, "\n");
	if (!*line) {
		router_prompt(r);
	} else if (!strcmp(line, "exit") && router_allows(r, line)) {
		r->leaving = true;
		if (r->trouble == ROUTER_CONFIRM) {
			router_says(r, "Save new configuration ? (Y/N)");
			r->mode = ROUTER_CONFIRMS;
		} else {
			r->hung_up = true;
			r->mode = ROUTER_DEAF;
		}
	} else if (r->answer(r->arg, line, &text)) {
		if (!router_spoil(r, &text)) {
			buf_clear(&r->paged);
			buf_add(&r->paged, text.data, text.len);
			router_page(r);
		}
	} else {
		if (!router_allows(r, line))
			router_fault(r, "line '%s'", line);
		router_prompt(r);
	}
	buf_free(&text);
}

static inline void router_key(struct router *r, char c)
{
	const struct router_erase *e = &r->make->erasures[world_random(&r->random, (uint32_t)r->make->nerasures)];

	if (r->mode == ROUTER_PAGES) {
		if (c != ' ' && (c != 'q' || !r->may_quit))
			router_fault(r, "key %d at the pager", c);
		r->keys++;
		if (c == 'q' && r->quits++)
			router_fault(r, "two times q");
		if (c == 'q' && r->quit == ROUTER_QUIT_IGNORED)
			return;
		if (c == 'q' && r->quit == ROUTER_QUITS)
			buf_clear(&r->paged);
		buf_add(&r->out, e->bytes, e->len);
		router_page(r);
		return;
	}
	if (c != 'N')
		router_fault(r, "key %d where Y or N was asked for", c);
	r->confirms++;
	router_says(r, "N\n");
	if (r->leaving) {
		r->hung_up = true;
		r->mode = ROUTER_DEAF;
	} else {
		router_prompt(r);
	}
}

static inline void router_line(struct router *r)
{
	const char *line = r->line.data ? r->line.data : "";

	if (r->received)
		r->received(r->arg, r->mode == ROUTER_ASKS_PASSWORD ? "(a password)" : line);
	if (r->mode == ROUTER_ASKS_USER || r->mode == ROUTER_ASKS_PASSWORD)
		router_login(r, line);
	else if (r->mode == ROUTER_AT_PROMPT)
		router_command(r, line);
	else if (*line || r->ready)
		router_fault(r, "line '%s' when it asked for none", line);
	buf_clear(&r->line);
}

/* True while c belongs to a telnet command (RFC 854). */
static inline bool router_telnet(struct router *r, uint8_t c)
{
	enum { NONE, IAC, VERB, SB, SB_IAC };

	switch (r->iac) {
	case NONE:
		r->iac = c == 255 ? IAC : NONE;
		return c == 255;
	case IAC:
		r->iac = c == 250 ? SB : c >= 251 && c <= 254 ? VERB : NONE;
		return c != 255;
	case SB:
		r->iac = c == 255 ? SB_IAC : SB;
		return true;
	case SB_IAC:
		r->iac = c == 240 ? NONE : SB;
		return true;
	default:
		r->iac = NONE;
		return true;
	}
}

static inline void router_input(struct router *r, const char *data, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		char c = data[i];
		bool after_cr = r->after_cr;

		if (r->make->negotiation[0] && router_telnet(r, (uint8_t)c))
			continue;
		r->after_cr = c == '\r';
		if (after_cr && (c == '\n' || c == 0))
			continue;
		// before its prompt has arrived only an empty line, that asks for another one, may come; a pager's last
		// blank need not be waited for
		if (r->undelivered > (r->mode == ROUTER_PAGES) && r->mode != ROUTER_DEAF && c != '\r' && c != '\n')
			router_fault(r, "byte %d before its prompt had come (%zu bytes away)", c, r->undelivered);
		if (r->mode == ROUTER_PAGES || r->mode == ROUTER_CONFIRMS)
			router_key(r, c);
		else if (c == '\r' || c == '\n')
			router_line(r);
		else if (r->line.len < 1000)
			buf_putc(&r->line, c);
	}
}

static inline void router_free(struct router *r)
{
	buf_free(&r->out);
	buf_free(&r->line);
	buf_free(&r->paged);
}

/* ---- Yamaha ---- */

static const struct router_erase yamaha_erasures[] = {
	{ "\r            \r", 14 }, { "            ", 12 }, { "            \r", 13 },
	{ "\b\b\b\b\b\b\b\b\b\b\b\b            \b\b\b\b\b\b\b\b\b\b\b\b", 36 },
};
static const char *const yamaha_pagers_en[] = { "---more---", NULL }, *const yamaha_pagers_ja[] = { "---つづく---", NULL };
static const char *const yamaha_lines[] = { "exit", NULL };
#define YAMAHA_MAKE(pager_words) { \
	.negotiation = "\xff\xfb\x01\xff\xfb\x03\xff\xfd\x18\xff\xfd\x1f", \
	.ask_user = "Username: ", .ask_password = "Password: ", \
	.banner = "\nRTX1200 Rev.10.01.71 (Thu Sep 29 15:08:40 2016)\n" \
		  "Copyright (c) 1994-2016 Yamaha Corporation. All Rights Reserved.\n" \
		  "To display the software copyright statement, use 'show copyright' command.\n" \
		  "00:a0:de:00:53:01, 00:a0:de:00:53:02, 00:a0:de:00:53:03\n" \
		  "Memory 128Mbytes, 3LAN, 1BRI\n\n" \
		  "The login password is factory default setting. Please request an administrator to change the " \
		  "password by the 'login password' command.\n", \
	.prompt = "> ", .pagers = pager_words, .erasures = yamaha_erasures, .nerasures = ARRAY_LEN(yamaha_erasures), \
	.lines = yamaha_lines }
static const struct router_make yamaha_en = YAMAHA_MAKE(yamaha_pagers_en), yamaha_ja = YAMAHA_MAKE(yamaha_pagers_ja);

#endif
